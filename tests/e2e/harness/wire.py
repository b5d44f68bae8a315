"""A byte stream that remembers all it received, and a strict reader of HTTP/1.1 messages on it (RFC 9112).

Strict on purpose: what a lenient reader would forgive is a fault of the proxy that a test should see.
"""
import fcntl
import re
import select
import socket
import struct
import termios
import time

from .settings import LIMIT

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
FIELD = re.compile(rb"(%s):[ \t]*([^\r\n\0]*?)[ \t]*" % TOKEN)
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-9][0-9][0-9]) ([^\r\n\0]*)")
REQUEST_LINE = re.compile(rb"(%s) ([!-~]+) HTTP/1\.1" % TOKEN)


class CutShort(Exception):
    """The stream ended inside a message."""


class Head:
    """A start line and its fields; names keep their case and order, lookups ignore case."""

    def __init__(self, raw):
        self.raw = bytes(raw)
        lines = self.raw[:-4].split(b"\r\n")
        for line in lines:
            assert b"\r" not in line and b"\n" not in line, f"bare CR or LF in {self.raw!r}"
        self.start = lines[0].decode("latin-1")
        self.fields = parse_fields(lines[1:])

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        assert len(values) <= 1, f"{name} more than once in {self.raw!r}"
        return values[0] if values else None

    def __contains__(self, name):
        return bool(self.all(name))

    def __repr__(self):
        return self.raw.decode("latin-1")


def parse_fields(lines):
    fields = []
    for line in lines:
        match = FIELD.fullmatch(line)
        assert match, f"not a field line: {line!r}"
        fields.append((match[1].decode("latin-1"), match[2].decode("latin-1")))
    return fields


class Message:
    """A request or response: `head`, `body` (without framing), `trailers`, `framing`: none, length, chunked, close."""

    def __init__(self, head, body=b"", trailers=(), framing="none", chunks=()):
        self.head, self.body, self.trailers = head, body, list(trailers)
        self.framing, self.chunks = framing, list(chunks)

    @property
    def status(self):
        return int(self.head.start.split(" ")[1])

    @property
    def method(self):
        return self.head.start.split(" ")[0]

    @property
    def target(self):
        return self.head.start.split(" ")[1]

    @property
    def text(self):
        return self.body.decode()

    def get(self, name):
        return self.head.get(name)

    def all(self, name):
        return self.head.all(name)

    def __contains__(self, name):
        return name in self.head

    def __repr__(self):
        return f"<{self.head.start!r} {self.framing} body={self.body[:200]!r} fields={self.head.fields}>"


class Stream:
    """A connected socket. Reads wait at most `timeout` seconds; `received` holds every byte that ever came."""

    def __init__(self, sock, timeout=LIMIT):
        self.sock, self.received, self._unread = sock, bytearray(), bytearray()
        sock.settimeout(timeout)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            pass  # the peer has gone already: reading tells how

    def send(self, data):
        self.sock.sendall(data if isinstance(data, (bytes, bytearray, memoryview)) else data.encode("latin-1"))

    def _fill(self):
        piece = self.sock.recv(65536)
        self.received += piece
        self._unread += piece
        return len(piece)

    def _take(self, count):
        taken = bytes(self._unread[:count])
        del self._unread[:count]
        return taken

    def read_exact(self, count):
        while len(self._unread) < count:
            if not self._fill():
                raise CutShort(f"end of stream after {bytes(self._unread)!r:.500}, {count} bytes were due")
        return self._take(count)

    def read_until(self, end):
        start = 0
        while (found := self._unread.find(end, start)) < 0:
            start = max(0, len(self._unread) - len(end) + 1)
            if not self._fill():
                raise CutShort(f"end of stream after {bytes(self._unread)!r:.500}, {end!r} was due")
        return self._take(found + len(end))

    def read_some(self):
        """At least one byte; b"" is the end of the stream."""
        if not self._unread:
            self._fill()
        return self._take(len(self._unread))

    def read_to_end(self):
        """Everything up to the end of the stream."""
        while self._fill():
            pass
        return self._take(len(self._unread))

    def expect_end(self):
        """The next thing to come is the end of the stream, a clean one."""
        rest = self.read_to_end()
        assert rest == b"", f"more bytes before the end of stream: {rest!r:.500}"

    def expect_reset(self):
        """The peer aborts; returns what came before."""
        try:
            while self._fill():
                pass
        except ConnectionResetError:
            return self._take(len(self._unread))
        raise AssertionError(f"a clean end of stream, a reset was due; before it: {bytes(self._unread)!r:.300}")

    def wait_reset(self):
        """The peer aborts; what came before is not read, nor is what comes."""
        poll = select.poll()
        poll.register(self.sock, 0)  # errors are told always
        assert poll.poll(LIMIT * 1000), "there was no reset"

    def expect_closed(self):
        """The peer ends the connection, cleanly or not; returns what came before."""
        try:
            return self.read_to_end()
        except ConnectionResetError:
            return self._take(len(self._unread))

    def is_silent(self, seconds):
        """Nothing comes, no end either, for that long."""
        if self._unread:
            return False
        before = self.sock.gettimeout()
        self.sock.settimeout(seconds)
        try:
            self._fill()
            return False
        except TimeoutError:
            return True
        finally:
            self.sock.settimeout(before)

    def wait_taken(self):
        """Waits until the peer's system has all that was sent."""
        deadline = time.monotonic() + LIMIT
        while struct.unpack("i", fcntl.ioctl(self.sock, termios.TIOCOUTQ, bytes(4)))[0]:
            assert time.monotonic() < deadline, "it is not taken"
            time.sleep(0.001)

    def shutdown(self):
        """Half-close: no more bytes from here."""
        self.sock.shutdown(socket.SHUT_WR)

    def wake(self):
        """Ends both directions; a thread that is blocked in recv goes on."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self):
        self.wake()
        self.sock.close()

    def reset(self):
        """Abort: the peer gets a reset."""
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.sock.close()

    # HTTP messages

    def read_head(self):
        return Head(self.read_until(b"\r\n\r\n"))

    def read_chunked(self):
        body, chunks = bytearray(), []
        while True:
            line = self.read_until(b"\r\n")[:-2]
            assert re.fullmatch(rb"[0-9A-Fa-f]{1,16}", line), f"not a chunk size: {line!r}"
            size = int(line, 16)
            if size == 0:
                break
            piece = self.read_exact(size)
            assert self.read_exact(2) == b"\r\n", "no CRLF after the chunk"
            body += piece
            chunks.append(piece)
        lines = []
        while (line := self.read_until(b"\r\n")[:-2]) != b"":
            lines.append(line)
        return bytes(body), parse_fields(lines), chunks

    def read_body(self, head, bodyless=False, to_end=False):
        """The body that belongs to `head`. to_end: without length or chunks it runs to the end of the stream."""
        coding, length = head.get("Transfer-Encoding"), head.get("Content-Length")
        if bodyless:
            return Message(head)
        if coding is not None:
            assert coding.lower() == "chunked" and length is None, f"ambiguous framing in {head.raw!r}"
            body, trailers, chunks = self.read_chunked()
            return Message(head, body, trailers, "chunked", chunks)
        if length is not None:
            assert re.fullmatch(r"[0-9]+", length), f"bad Content-Length in {head.raw!r}"
            return Message(head, self.read_exact(int(length)), framing="length")
        if to_end:
            return Message(head, self.read_to_end(), framing="close")
        return Message(head)

    def read_request(self):
        head = self.read_head()
        assert REQUEST_LINE.fullmatch(head.start.encode("latin-1")), f"not a request line: {head.start!r}"
        return self.read_body(head)

    def read_response_head(self):
        head = self.read_head()
        assert STATUS_LINE.fullmatch(head.start.encode("latin-1")), f"not a status line: {head.start!r}"
        return head

    def read_response(self, method="GET"):
        """The next response, an interim one (1xx) too."""
        head = self.read_response_head()
        status = int(head.start.split(" ")[1])
        bodyless = method == "HEAD" or status < 200 or status in (204, 304)
        if status < 200 or status == 204:
            assert "Transfer-Encoding" not in head and "Content-Length" not in head, f"framing in {head.raw!r}"
        return self.read_body(head, bodyless, to_end=True)
