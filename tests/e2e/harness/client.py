"""A client that sends exactly the bytes a test says and reads responses strictly."""
import socket

from .settings import LIMIT, fresh_loopback
from .tls import TlsSocket, client_context, test_authority
from .wire import Stream

# Where TLS is spoken because all tests are to run over it (settings.OVER_TLS).
TLS_PORTS = set()


class Client(Stream):
    """One connection, to a port, or to the path of a Unix socket. `interim` collects the 1xx responses that came before the last response(). A small `segment` keeps
    what the system holds of unread answers small: on loopback it counts in segments, of 64 KiB. `tls`: a context to speak it by, to
    a server of that name."""

    alpn = ("http/1.1",)

    def __init__(self, port, host="127.0.0.1", timeout=LIMIT, receive_buffer=None, segment=None, tls=None, name="localhost", session=None):
        local = isinstance(port, str)
        family = socket.AF_UNIX if local else socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if segment:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment)
            if host == "127.0.0.1":
                sock.bind((fresh_loopback(), 0))
        sock.settimeout(timeout)
        self.was_reset = False
        try:
            sock.connect(port if local else (host, port))
        except ConnectionResetError:  # accepted and reset before connect() looked: for a test that is a reset like any other
            self.was_reset = True
        except BaseException:
            sock.close()
            raise
        super().__init__(sock, timeout)
        if tls is None and port in TLS_PORTS:
            tls = client_context(test_authority()[0], alpn=self.alpn)
        if tls and not self.was_reset:
            self.sock = TlsSocket(sock, tls, name, session)
        self.interim = []

    def _fill(self):
        if self.was_reset:
            raise ConnectionResetError("reset right after the connection was accepted")
        return super()._fill()

    def response(self, method="GET"):
        """The next final response (101 counts as final)."""
        while True:
            message = self.read_response(method)
            if message.status >= 200 or message.status == 101:
                return message
            self.interim.append(message)

    def ask(self, raw, method=None):
        """Send these bytes, read one final response."""
        raw = raw.encode("latin-1") if isinstance(raw, str) else raw
        self.send(raw)
        return self.response(method or raw.split(b" ", 1)[0].decode("latin-1"))

    def get(self, target="/", host="test.localhost", **fields):
        return self.request("GET", target, host, **fields)

    def request(self, method, target="/", host="test.localhost", body=None, **fields):
        """A well-formed request; keywords are fields, `_` for `-`. A body is sent with its length."""
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        return self.ask("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""), method)
