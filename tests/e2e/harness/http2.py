"""A client of HTTP/2 that sends exactly the frames a test says, right or wrong, and reads what comes (RFC 9113)."""
import struct

from hpack import Decoder, Encoder, NeverIndexedHeaderTuple

from .client import Client
from .wire import CutShort

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 1
END_HEADERS = 4
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR = range(4)
STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR = range(5, 10)
ENHANCE_YOUR_CALM = 11
MAX_STREAMS, INITIAL_WINDOW, MAX_FRAME, MAX_HEADER_LIST, CONNECT_PROTOCOL = 3, 4, 5, 6, 8


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


class Frame:
    def __init__(self, kind, flags, stream, payload):
        self.kind, self.flags, self.stream, self.payload = kind, flags, stream, payload

    def __repr__(self):
        return f"<frame {self.kind} flags {self.flags:#x} stream {self.stream}: {self.payload[:40]!r}>"


class Answer:
    """What has come over one stream."""

    def __init__(self):
        self.interim, self.fields, self.body, self.trailers, self.ended, self.reset = [], None, b"", None, False, None

    @property
    def status(self):
        return int(self.get(":status"))

    def all(self, name):
        return [value for key, value in self.fields if key == name]

    def get(self, name):
        return (self.all(name) or [None])[0]


class Http2(Client):
    """`window`: what streams may bring before the client says more; `still`: it never says more by itself."""

    alpn = ("h2",)

    def __init__(self, port, window=1 << 24, still=False, settings=(), begin=True, **more):
        super().__init__(port, **more)
        self.encoder, self.decoder, self.still = Encoder(), Decoder(), still
        self.decoder.max_header_list_size = 1 << 26
        self.answers, self.settings, self.pings, self.goaways = {}, {}, [], []
        self.last = -1
        self.block = b""
        if begin:
            pairs = [(INITIAL_WINDOW, window), *settings]
            self.send(PREFACE + frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs)))
            if not still:
                self.send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", (1 << 31) - 1 - 65535)))

    # --- sending ---

    def frame(self, kind, flags=0, stream=0, payload=b""):
        self.send(frame(kind, flags, stream, payload))

    def next_stream(self):
        self.last += 2
        return self.last

    def packed(self, fields):
        # Never by reference: so a test can send one block twice.
        return self.encoder.encode([NeverIndexedHeaderTuple(name, value) for name, value in fields])

    def headers(self, fields, end=True, stream=None):
        stream = stream or self.next_stream()
        self.frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, self.packed(fields))
        return stream

    def request(self, method="GET", path="/", body=None, end=True, host="test.localhost", fields=(), scheme="http"):
        head = [(":method", method), (":scheme", scheme), (":authority", host), (":path", path), *fields]
        stream = self.headers(head, end and body is None)
        if body is not None:
            self.data(stream, body, end)
        return stream

    def data(self, stream, body, end=False):
        pieces = [body[at:at + 16384] for at in range(0, len(body), 16384)] or [b""]
        for piece in pieces[:-1]:
            self.frame(DATA, 0, stream, piece)
        self.frame(DATA, END_STREAM if end else 0, stream, pieces[-1])

    def rst(self, stream, code=CANCEL):
        self.frame(RST_STREAM, 0, stream, struct.pack(">I", code))

    def window(self, stream, more):
        self.frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", more))

    # --- reading ---

    def read_frame(self):
        head = self.read_exact(9)
        length = int.from_bytes(head[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", head[3:])
        got = Frame(kind, flags, stream & 0x7fffffff, self.read_exact(length) if length else b"")
        self._note(got)
        return got

    def _note(self, got):
        answer = self.answers.setdefault(got.stream, Answer()) if got.stream else None
        if got.kind == SETTINGS and not got.flags & ACK:
            self.settings.update(struct.unpack(">HI", got.payload[at:at + 6]) for at in range(0, len(got.payload), 6))
            self._may_send(frame(SETTINGS, ACK, 0))
        elif got.kind == PING:
            self.pings.append(got)
            if not got.flags & ACK:
                self._may_send(frame(PING, ACK, 0, got.payload))
        elif got.kind == GOAWAY:
            self.goaways.append((*struct.unpack(">II", got.payload[:8]), got.payload[8:]))
        elif got.kind == RST_STREAM:
            answer.reset = int.from_bytes(got.payload, "big")
        elif got.kind in (HEADERS, CONTINUATION):
            self._note_fields(got, answer)
        elif got.kind == DATA:
            assert answer.fields is not None and not answer.ended, got
            answer.body += got.payload
            answer.ended = bool(got.flags & END_STREAM)
            if got.payload and not self.still and not answer.ended:
                self._may_send(frame(WINDOW_UPDATE, 0, got.stream, struct.pack(">I", len(got.payload))))
            if got.payload and not self.still:
                self._may_send(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", len(got.payload))))

    def _note_fields(self, got, answer):
        assert not answer.ended, got
        self.block = (self.block if got.kind == CONTINUATION else b"") + got.payload
        if got.kind == HEADERS:
            self.block_ends = bool(got.flags & END_STREAM)
        if not got.flags & END_HEADERS:
            return
        fields = [(str(name), str(value)) for name, value in self.decoder.decode(self.block)]
        for name, _ in fields:
            assert name == name.lower(), f"capitals in {name}"
            assert name not in ("connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection"), name
        if answer.fields is not None:
            answer.trailers = fields
            assert self.block_ends
        elif fields[0][1].startswith("1"):
            answer.interim.append(fields)
            assert not self.block_ends
        else:
            answer.fields = fields
        answer.ended = self.block_ends

    def _may_send(self, raw):
        try:
            self.send(raw)
        except OSError:
            pass  # it has closed: reading tells what it said before

    def answer(self, stream, head_only=False):
        """Reads until this stream has ended, or was reset."""
        while True:
            answer = self.answers.setdefault(stream, Answer())
            if answer.ended or answer.reset is not None or (head_only and answer.fields is not None):
                return answer
            self.read_frame()

    def ask(self, *args, **more):
        return self.answer(self.request(*args, **more))

    def until(self, what):
        """Reads frames until `what` is true of one; returns that."""
        while True:
            got = self.read_frame()
            if what(got):
                return got

    def until_end(self):
        """Reads to the end of the connection."""
        try:
            while True:
                self.read_frame()
        except (CutShort, OSError):
            return self.goaways

    def alive(self):
        """Is a PING answered?"""
        self.frame(PING, 0, 0, b"12345678")
        return self.until(lambda got: got.kind == PING and got.flags & ACK)
