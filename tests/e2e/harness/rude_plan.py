"""What rude.py sends and expects: requests with a number each, the plan that their paths tell of how upstream is to answer, and
the bytes of all bodies, which come from the numbers. Knows nothing of connections; what a request has been through is noted in
it by those who do."""
import random
import typing

# Bodies are cut out of it.
SPAN = 1 << 20
PATTERN = random.Random(0).randbytes(2 * SPAN + 4096)
UPLOAD, ANSWER = 0, SPAN // 2

CERTAIN = {  # stands right behind the answer, in the packet of its end
    b"evil": b"HTTP/1.1 200 OK\r\nX-Id: evil\r\nContent-Length: 5\r\n\r\nEVIL!",
    b"text": b"fatal: too many cooks\n",
    b"line": b"\r\n",
    b"half": b"HTTP/1.1 200 OK\r\nX-Id: ev",
}
LATE = {  # some turns behind it
    b"late-text": b"fatal: idle for too long\n",
    b"late-line": b"\r\n",
    b"late-408": b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    b"late-end": None,
}
STATUS = {b"none": b"204 No Content", b"same": b"304 Not Modified"}
# A body of this size has a head of 512 bytes: the proxy's first read is filled by both, and does not tell that more is there.
FILLING = 16384 - 512


class Plan(typing.NamedTuple):
    """How a request is to be answered. `framing`: length, chunked, end (of the connection), none (204), same (304).
    `surplus`: one of CERTAIN, of LATE, or no. `manner`: plain; early, from the head alone; early-close, the same with
    `Connection: close`; close; drop, without an answer on a connection that was used before; cut, the same from the head
    alone. `pieces`: in how many turns the answer is sent."""

    framing: bytes
    size: int
    surplus: bytes
    manner: bytes
    interims: int
    pieces: int

    def path(self, number):
        return b"/%d/%s/%d/%s/%s/%d/%d" % (number, *self)


def read_path(path):
    _, number, framing, size, surplus, manner, interims, pieces = path.split(b"/")
    return int(number), Plan(framing, int(size), surplus, manner, int(interims), int(pieces))


def cut_out(number, way, size):
    place = (number * 7919 + way) % SPAN
    return PATTERN[place:place + size]


def chunked(number, data):
    """In one to four chunks, and a small one."""
    step, pieces = len(data) // (1 + number % 4) + 1, []
    for at in range(0, len(data), step):
        piece = data[at:at + step]
        pieces.append(b"%x\r\n%s\r\n" % (len(piece), piece))
    return b"".join(pieces) + b"0\r\n\r\n"


def read_head(text):
    """The start line, and the fields by their names in lower case."""
    lines = text.split(b"\r\n")
    fields = {}
    for line in lines[1:]:
        name, colon, value = line.partition(b": ")
        assert colon, f"no field: {line!r}"
        fields[name.lower()] = value
    assert len(fields) == len(lines) - 1, "a field twice"
    return lines[0], fields


class Body:
    """Reads one in either framing; asserts that it is what is cut out for that number. `number` None: any one."""

    def __init__(self, number, way, size, in_chunks):
        self.number, self.size, self.in_chunks = number, size, in_chunks
        self.place = 0 if number is None else (number * 7919 + way) % SPAN
        self.got, self.left, self.whole = 0, 0 if in_chunks else size, False

    def feed(self, data, at):
        """Takes what is its own from `at` on; returns where that ends. What stands there if it is not whole by then is to be
        fed again with more."""
        while not self.whole:
            if self.left:
                at = self._take(data, at)
                if self.left:
                    break
            if self.in_chunks:
                after = self._read_size(data, at)
                if after == at:
                    break
                at = after
            else:
                self.whole = True
        return at

    def _take(self, data, at):
        piece = data[at:at + self.left]
        assert self.number is None or PATTERN.startswith(piece, self.place + self.got), \
            f"another body, from byte {self.got} of {self.size} on: {piece[:200]!r}"
        self.got += len(piece)
        self.left -= len(piece)
        return at + len(piece)

    def _read_size(self, data, at):
        """With the line end of the chunk before it; behind the last one also the end of the trailers, which are none."""
        start = at + 2 if self.got else at
        end = data.find(b"\r\n", start)
        if end < 0:
            return at
        self.left = int(data[start:end], 16)
        if self.left:
            assert self.got + self.left <= self.size, f"a body of {self.got + self.left} bytes or more, not {self.size}"
            return end + 2
        if len(data) < end + 4:
            return at
        assert self.got == self.size, f"a body of {self.got} bytes, not {self.size}"
        assert data.startswith(b"\r\n", end + 2), "trailers"
        self.whole = True
        return end + 4


class Request:
    """`upload`: how many bytes of body; `in_chunks`: their framing, None if there are none. `close`: it says so."""

    def __init__(self, number, method, upload, in_chunks, plan, close=False):
        self.number, self.method, self.upload, self.in_chunks, self.plan, self.close = \
            number, method, upload, in_chunks, plan, close
        self.case = None
        self.arrivals = self.drops = self.crossed = 0
        self.whole = self.answered = self.failed = self.left = self.beyond = False

    def data(self):
        """What the client sends: head, body."""
        head = b"%s %s HTTP/1.1\r\nHost: t.localhost\r\n" % (self.method, self.plan.path(self.number))
        if self.close:
            head += b"Connection: close\r\n"
        if self.in_chunks is None:
            return head + b"\r\n", b""
        body = cut_out(self.number, UPLOAD, self.upload)
        if self.in_chunks:
            return head + b"Transfer-Encoding: chunked\r\n\r\n", chunked(self.number, body)
        return head + b"Content-Length: %d\r\n\r\n" % self.upload, body

    @property
    def tries(self):
        """How often it may come up; more than once only where the times before got no answer."""
        return 1 if self.method == b"POST" else 2

    @property
    def early(self):
        return self.plan.manner in (b"early", b"early-close")

    @property
    def excused(self):
        """Nobody needs the rest of its body: upstream has said that it will close."""
        return self.plan.manner == b"early-close" or self.plan.manner == b"early" and self.plan.framing == b"end"

    def reply(self):
        """What upstream says."""
        plan, ident = self.plan, b"X-Id: %d\r\n" % self.number
        interims = (b"HTTP/1.1 103 Early Hints\r\n%s\r\n" % ident) * plan.interims
        head = b"%sHTTP/1.1 %s\r\n%s" % (interims, STATUS.get(plan.framing, b"200 OK"), ident)
        if plan.manner in (b"close", b"early-close"):
            head += b"Connection: close\r\n"
        if plan.framing in (b"length", b"same"):
            head += b"Content-Length: %d\r\n" % plan.size
        elif plan.framing == b"chunked":
            head += b"Transfer-Encoding: chunked\r\n"
        if self.method == b"HEAD" or plan.framing in STATUS:
            return head + b"\r\n"
        body = cut_out(self.number, ANSWER, plan.size)
        if plan.size == FILLING:
            head += b"X-Pad: %s\r\n" % (b"x" * (512 - len(head) - len(b"X-Pad: \r\n\r\n")))
        return b"%s\r\n%s" % (head, chunked(self.number, body) if plan.framing == b"chunked" else body)

    def read_reply(self, status, fields):
        """The body that is to come behind this head for the client; None: none."""
        plan = self.plan
        wanted = STATUS.get(plan.framing, b"200")[:3]
        assert status == wanted, f"status {status!r}, not {wanted!r}"
        length, coding = fields.get(b"content-length"), fields.get(b"transfer-encoding")
        if plan.framing in (b"length", b"same"):
            assert length == b"%d" % plan.size and coding is None, f"another framing: {fields}"
        elif plan.framing == b"none":
            assert length is None and coding is None, f"another framing: {fields}"
        elif self.method != b"HEAD":
            assert length is None and coding == b"chunked", f"another framing: {fields}"
        if self.method == b"HEAD" or plan.framing in STATUS:
            return None
        return Body(self.number, ANSWER, plan.size, plan.framing != b"length")

    def __repr__(self):
        state = [name for name in ("arrivals", "drops", "crossed", "whole", "answered", "failed", "left") if getattr(self, name)]
        body = {None: "", False: f" +{self.upload}", True: f" +{self.upload} in chunks"}[self.in_chunks]
        return f"{self.method.decode()} {self.plan.path(self.number).decode()}{body}{' close' * self.close} ({', '.join(state)})"
