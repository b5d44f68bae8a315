"""Many raw clients against one backend through the proxy, in one thread: each case has a source address of its own
(127.x.y.z), which the proxy tells upstream in X-Forwarded-For; so whatever arrives there is known to be whose.

What comes of a case is judged at the moment it comes, in whatever order: the system does not promise that what the proxy did
on two connections is seen in the same one. A packet that the loopback interface drops, as it does under load, is sent again
200 ms later, and what the client's connection told may have been seen long before.
"""
import collections
import contextlib
import ctypes
import itertools
import re
import select
import socket
import struct
import time

from .settings import LIMIT
from .strict import Reader

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ANSWER_TO_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
# Linux: the port is chosen at connect; a program says which packets arrive, where it may load a random number.
BIND_ADDRESS_NO_PORT, ATTACH_FILTER, RANDOM = 24, 26, 0xFFFFF000 + 56
REMEMBERED = 10000  # how many cases whose client has gone upstream may still hear of


class Case:
    """`pieces` are sent one after the other, each in a turn of the loop of its own, then the sending side is closed, as soon as
    the judge lets it."""

    def __init__(self, pieces, number=0):
        self.pieces, self.number, self.sent, self.offset, self.half_closed = pieces, number, 0, 0, False
        self.received = bytearray()
        self.sock = self.address = self.deadline = None

    @property
    def data(self):
        return b"".join(self.pieces)


class _Upstream:
    def __init__(self, sock):
        self.sock, self.buffer, self.deadline = sock, bytearray(), None


class Duel:
    """Tells `judge` of each case: `begins(case)` once its address is known; `may_end(case)` asks whether its client, which has
    sent everything, may close its sending side; `whole(case, request)` as soon as upstream has got a
    request of it; `broken_off(case, request)` when upstream's connection has ended inside one; `ended(case)` when the client's
    connection has, which returns true if upstream may still get something. Whatever raises in there ends the run.

    run() returns when every client's connection has ended, finish() when every upstream connection has, for which the proxy must
    have been stopped. `backend_port` is known before the proxy is started."""

    def __init__(self, judge, window=64):
        self.judge, self.window = judge, window
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.listener.setblocking(False)
        self.backend_port = self.listener.getsockname()[1]
        self.poll = select.epoll()
        self.poll.register(self.listener, select.EPOLLIN)
        self.clients, self.upstreams, self.by_address = {}, {}, {}
        self.gone = collections.deque()
        self.addresses = itertools.cycle(range(1 << 16, 1 << 23))

    def close(self):
        for thing in [self.listener, self.poll, *(case.sock for case in self.clients.values()),
                      *(upstream.sock for upstream in self.upstreams.values())]:
            thing.close()

    def lose_packets(self, one_in):
        """Upstream's connections lose packets from now on: a filter program drops those whose random number is the largest.
        Nobody sends a reset a second time: so these connections ask each second whether the proxy's end is still there.
        PermissionError: newer kernels let root only attach a filter to a TCP socket."""
        program = [(0x20, 0, 0, RANDOM), (0x35, 0, 1, 2**32 - 2**32 // one_in), (0x06, 0, 0, 0), (0x06, 0, 0, 2**32 - 1)]
        code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *instruction) for instruction in program))
        self.listener.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("HL", len(program), ctypes.addressof(code)))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        self.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)

    def run(self, port, cases):
        cases, sending, more = iter(cases), [], True
        while more or self.clients:
            while more and len(self.clients) < self.window:
                case = next(cases, None)
                if case is None:
                    more = False
                    break
                self._connect(case, port)
                sending.append(case)
            self._turn(0 if sending else LIMIT / 10)
            sending = [case for case in sending if self._send(case)]
            self._check_stuck()

    def finish(self):
        deadline = time.monotonic() + LIMIT
        while self.upstreams:
            assert time.monotonic() < deadline, f"upstream connections outlive the proxy: {len(self.upstreams)}"
            self._turn(LIMIT / 10)

    def _connect(self, case, port):
        number = next(self.addresses)
        case.address = "127.%d.%d.%d" % (number >> 16, number >> 8 & 255, number & 255)
        case.sock = socket.socket()
        case.sock.setsockopt(socket.SOL_IP, BIND_ADDRESS_NO_PORT, 1)
        case.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        case.sock.bind((case.address, 0))
        case.sock.settimeout(LIMIT)
        case.sock.connect(("127.0.0.1", port))
        case.sock.setblocking(False)
        case.deadline = time.monotonic() + LIMIT
        self.clients[case.sock.fileno()] = case
        self.by_address[case.address] = case
        self.poll.register(case.sock, select.EPOLLIN)
        self.judge.begins(case)
        self._send(case)

    def _send(self, case):
        """What is taken of the next piece; true: there is more."""
        if case.sock.fileno() < 0:
            return False
        try:
            if case.sent < len(case.pieces):
                piece = memoryview(case.pieces[case.sent])[case.offset:]
                case.offset += case.sock.send(piece) if piece else 0
                if case.offset == len(case.pieces[case.sent]):
                    case.sent, case.offset = case.sent + 1, 0
            self._end(case)
        except BlockingIOError:
            pass
        except OSError:
            return False  # it has been ended: reading tells
        return case.sent < len(case.pieces)

    def _end(self, case):
        if case.sent == len(case.pieces) and not case.half_closed and self.judge.may_end(case):
            case.half_closed = True
            case.sock.shutdown(socket.SHUT_WR)

    def _turn(self, wait):
        for descriptor, _ in self.poll.poll(wait):
            if descriptor in self.clients:
                self._read_client(self.clients[descriptor])
            elif descriptor in self.upstreams:
                self._read_upstream(self.upstreams[descriptor])
            else:
                self._accept()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except BlockingIOError:
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.upstreams[sock.fileno()] = _Upstream(sock)
            self.poll.register(sock, select.EPOLLIN)
            self._read_upstream(self.upstreams[sock.fileno()])

    def _read_client(self, case):
        try:
            piece = case.sock.recv(65536)
        except ConnectionResetError:
            piece = b""
        case.received += piece
        if not piece:
            del self.clients[case.sock.fileno()]
            case.sock.close()
            self._client_gone(case)
        elif not case.half_closed:
            with contextlib.suppress(OSError):  # it has been ended: reading tells
                self._end(case)

    def _client_gone(self, case):
        if not self.judge.ended(case):
            del self.by_address[case.address]
            return
        self.gone.append(case)
        if len(self.gone) > REMEMBERED:
            del self.by_address[self.gone.popleft().address]

    def _read_upstream(self, upstream):
        piece = b""
        try:
            while piece := upstream.sock.recv(262144):
                upstream.buffer += piece
        except BlockingIOError:
            piece = None
        except ConnectionResetError:
            pass
        over = piece is not None
        if upstream.buffer:
            self._take_requests(upstream, over)
        if over:
            del self.upstreams[upstream.sock.fileno()]
            upstream.sock.close()

    def _take_requests(self, upstream, over):
        reader = Reader(bytes(upstream.buffer)).read_all()
        assert reader.end != "refused", f"the proxy sent upstream what is no HTTP/1.1 ({reader.why}): {bytes(upstream.buffer)!r}"
        for request in reader.requests:
            if request.whole:
                self.judge.whole(self._case_of(request), request)
                upstream.sock.sendall(ANSWER_TO_HEAD if request.method == b"HEAD" else ANSWER)
            elif over:
                self.judge.broken_off(self._case_of(request), request)
        if reader.whole_until:
            upstream.deadline = None
        del upstream.buffer[:reader.whole_until]
        if upstream.buffer and not upstream.deadline:
            upstream.deadline = time.monotonic() + 2 * LIMIT
        half_head = upstream.buffer and (not reader.requests or reader.requests[-1].whole)
        assert not over or not half_head, f"half a head went upstream: {bytes(upstream.buffer)!r}"

    def _case_of(self, request):
        addresses = request.all(b"x-forwarded-for")
        assert len(addresses) == 1, f"not one X-Forwarded-For: {request.fields}"
        case = self.by_address.get(addresses[0].decode("latin-1"))
        assert case, f"upstream got a request of nobody, or of a client whose connection has ended: {vars(request)}"
        return case

    def _check_stuck(self):
        now = time.monotonic()
        for case in self.clients.values():
            assert now < case.deadline, \
                f"stuck: {case.data!r:.3000} (split at {len(case.pieces[0])}), got {bytes(case.received)!r}"
        for upstream in self.upstreams.values():
            assert not upstream.buffer or now < upstream.deadline, \
                f"half a request stays upstream: {bytes(upstream.buffer)!r:.3000}"


FINAL = re.compile(rb"(?:^|\n|ok|})HTTP/1\.1 [2-5]")


def final_responses(data):
    """How many have begun, at least."""
    return len(FINAL.findall(data))


RESPONSE_HEAD = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [^\r\n\0]*\r\n((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\r\n\0]*\r\n)*)\r\n")


def statuses(data, methods):
    """Statuses of the final responses in `data`, which answers requests with these methods; asserts that it is nothing but
    whole responses."""
    found, at, methods = [], 0, list(methods)
    while at < len(data):
        head = RESPONSE_HEAD.match(data, at)
        assert head, f"no response: {data[at:at + 300]!r}"
        status, at = int(head[1]), head.end()
        length = re.search(rb"(?im)^content-length: *([0-9]+)\r$", head[2])
        method = methods[len(found)] if len(found) < len(methods) else b""
        # A refusal may be one of a HEAD.
        bodyless = status in (204, 304) or method == b"HEAD" or (not method and at == len(data))
        if not bodyless:
            assert length, f"no length: {head[0]!r}"
            at += int(length[1])
            assert at <= len(data), f"cut body: {data!r}"
        found.append(status)
    return found
