"""What Linux knows of a TCP connection. Also imported by crowd.py, a program of its own: so nothing of this package here."""
import socket
import struct

LAST_DATA_RECV = 52  # its place in struct tcp_info


def since_data_s(sock):
    """Seconds since the last bytes came in, read or not. Still known after a reset."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LAST_DATA_RECV + 4)
    return struct.unpack_from("I", info, LAST_DATA_RECV)[0] / 1000
