"""What Linux knows of a TCP connection. Also imported by crowd.py, a program of its own: so nothing of this package here."""
import socket
import struct

# Places in struct tcp_info.
SND_MSS, UNACKED, LAST_DATA_RECV, NOTSENT_BYTES, SND_WND = 16, 24, 52, 144, 228


def since_data_s(sock):
    """Seconds since the last bytes came in, read or not. Still known after a reset."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LAST_DATA_RECV + 4)
    return struct.unpack_from("I", info, LAST_DATA_RECV)[0] / 1000


def goes_at_once(sock, size):
    """Would so many bytes leave as one packet now, with all that was sent before having arrived?"""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, SND_WND + 4)
    if len(info) < SND_WND + 4:
        return False  # a kernel before 5.4 does not tell
    packet, unacked, unsent, window = (struct.unpack_from("I", info, at)[0] for at in (SND_MSS, UNACKED, NOTSENT_BYTES, SND_WND))
    return unacked == unsent == 0 and size <= min(packet, window)
