"""Clients whose requests are as they should be, some of which leave, and an upstream without manners, in one thread and with
the proxy between them. Owns all their sockets and what may come over them; what is asked, and how it is to be answered, is
the test's choice: the path of a request says it, and upstream does as the path says.

Each client has a source address of its own (127.x.y.z), each request a number; the bytes of both its bodies come from that
number. So whatever arrives, on either side, is known to be whose, and is judged when it arrives: anything that belongs to
another one, comes twice, is cut, is missing or never ends raises AssertionError with the case it happened to. The system does
not promise that what the proxy did on two connections is seen in the same order; what may be seen first and be understood
later is remembered as owed, and is judged at the end at the latest.

The one thing that is not known: what upstream says, or ends, some time after its answer may cross the next request on that
connection. Such a request is `crossed`: upstream drops it unanswered, and the proxy may have to give up what is not
repeatable.
"""
import collections
import itertools
import select
import socket
import struct
import time
import typing

from .rude_plan import CERTAIN, FILLING, LATE, UPLOAD, Body, read_head, read_path
from .settings import LIMIT
from .tcp_info import goes_at_once

BIND_ADDRESS_NO_PORT = 24  # Linux: the port is chosen at connect
REMEMBERED = 10000  # how many requests whose client has left upstream may still hear of
TAIL_BYTES = 4096  # of an answer, at most, go together with what certainly stands behind it; of a FILLING one all
# On a machine that stands still a client may be given up: 2 s are given to an upload that nobody wants, 5 s (half_close) to the
# answer of one that has ended its side.
DRAIN_S, HALF_CLOSE_S = 1.9, 4.9
LOOK_TURNS = 256
LATE_TRIES = 3
SIPS = 262144, 262144, 262144, 16384, 4096  # how much upstream reads at once, by the connection
RESET = struct.pack("ii", 1, 0)

REPEATABLE = (b"GET", b"HEAD")


class Piece(typing.NamedTuple):
    """Sent once so many answers are whole, and so many turns later."""

    data: bytes
    answers: int
    turns: int


class Case:
    """A client. `parting`: close, once it has all answers; end, the same, but it waits for the proxy to close; half, it closes
    its sending side behind its last request; stray, a late line end is sent behind the last request, which says `close`;
    leave and reset, after `leaves_in` turns whatever has come. `sip`: how much it reads at once, at most. `deaf`: nothing,
    before it has sent everything."""

    def __init__(self, number, requests, pieces, parting, leaves_in=0, sip=262144, deaf=False):
        self.number, self.requests, self.pieces, self.parting = number, requests, collections.deque(pieces), parting
        self.leaves_in, self.sip, self.deaf = leaves_in, sip, deaf
        closing = [index for index, request in enumerate(requests) if request.close]
        self.expected = closing[0] + 1 if closing else len(requests)
        # What comes behind a request that says `close` may meet a connection that is closed, but costs no answer.
        self.sends_behind = self.parting == "stray" or self.expected < len(requests)
        self.answers, self.offset, self.planned, self.half_closed, self.over = 0, 0, False, False, False
        self.left, self.body, self.buffer, self.last, self.patience = False, None, b"", b"", None
        self.interims = 0
        self.rude = self.sock = self.address = self.deadline = None

    def start(self, rude, address, port):
        self.rude, self.address, self.deadline = rude, address, time.monotonic() + LIMIT
        for index, request in enumerate(self.requests):
            request.case, request.beyond = self, index >= self.expected
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_IP, BIND_ADDRESS_NO_PORT, 1)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.bind((address, 0))
        self.sock.settimeout(LIMIT)
        self.sock.connect(("127.0.0.1", port))
        self.sock.setblocking(False)
        if self.parting in ("leave", "reset"):
            rude.later(self.leaves_in, self.leave)
        self.write()

    # --- sending ---

    def write(self):
        """As much of the next piece as is taken."""
        self.planned = False
        if self.over or not self.pieces:
            return
        data = self.pieces[0].data
        try:
            self.offset += self.sock.send(memoryview(data)[self.offset:])
        except BlockingIOError:
            pass
        except OSError:
            self.pieces.clear()  # it has been ended: reading tells
            return
        if self.offset < len(data):
            self._plan(1)
            return
        self.offset = 0
        self.pieces.popleft()
        self.rude.seen["stray"] += self.parting == "stray" and not self.pieces
        self.go_on()

    def _plan(self, turns):
        self.planned = True
        self.rude.later(turns, self.write)

    def go_on(self):
        """After each piece, and after each answer."""
        complete = self.answers == self.expected
        if self.pieces:
            if not self.planned and self.answers >= self.pieces[0].answers:
                self._plan(self.pieces[0].turns)
        elif self.parting == "close" and complete:
            self.end()
        elif self.parting == "half" or self.parting == "end" and complete:
            self._half_close()

    def _half_close(self):
        if self.half_closed:
            return
        self.half_closed, self.patience = True, time.monotonic() + HALF_CLOSE_S
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has been ended: reading tells

    # --- receiving ---

    def read(self):
        if self.deaf and self.pieces:
            return
        try:
            piece = self.sock.recv(self.sip)
        except BlockingIOError:
            return
        except ConnectionResetError:
            assert self.answers == self.expected and self.sends_behind, "the connection was reset"
            piece = b""
        if not piece:
            self._ended()
            return
        self.last = data = self.buffer + piece if self.buffer else piece
        self.buffer = data[self._take(data):]

    def _take(self, data):
        at = 0
        while at < len(data):
            if not self.body:
                end = data.find(b"\r\n\r\n", at)
                if end < 0:
                    break
                self._head(data[at:end])
                at = end + 4
            if self.body:
                at = self.body.feed(data, at)
                if not self.body.whole:
                    break
                self._answered()
        return at

    def _head(self, text):
        assert self.answers < self.expected, "an answer to nothing"
        request = self.requests[self.answers]
        start, fields = read_head(text)
        mine, status = fields.get(b"x-id"), start[9:12]
        assert start.startswith(b"HTTP/1.1 ") and (mine is None or mine == b"%d" % request.number), \
            f"an answer to request {mine!r}, not to {request.number}"
        if status == b"103":
            assert mine, "an interim response of nobody"
            self.interims += 1
            return
        closes = fields.get(b"connection") == b"close"
        last = self.answers + 1 == self.expected
        assert closes == request.close or closes and last and self.half_closed, f"Connection: {fields.get(b'connection')}"
        if mine:
            assert self.interims == request.plan.interims, f"{self.interims} interim responses"
            self.body = request.read_reply(status, fields)
        else:
            self.body = self._own(request, status, fields)
        if request.failed or request.excused:
            self.patience = time.monotonic() + DRAIN_S
        if not self.body:
            self._answered()

    def _own(self, request, status, fields):
        """An answer of the proxy's own: to what cannot be repeated, and which upstream has dropped, or will be seen to have."""
        assert status == b"502" and request.method not in REPEATABLE, f"an answer of its own: {status!r}"
        request.failed = True
        self.rude.seen["502"] += 1
        return Body(None, 0, int(fields[b"content-length"]), False)

    def _answered(self):
        request, self.body, self.interims = self.requests[self.answers], None, 0
        self.answers += 1
        request.answered = True
        self.rude.seen["answers"] += 1
        self.rude.settle(request)
        self.go_on()

    # --- ends ---

    def _ended(self):
        if self.answers < self.expected and self.patience and time.monotonic() > self.patience:
            self.parting = "given up"
            self.leave()
            return
        assert not self.buffer and self.answers == self.expected, f"the connection ended with {self.answers} answers"
        self.end()

    def leave(self):
        if self.over:
            return
        self.left = True
        self.rude.seen[self.parting] += 1
        if self.parting == "reset":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.end()

    def end(self):
        self.over = True
        self.rude.forget(self)

    def __str__(self):
        return f"case {self.number} of {self.address}, {self.parting}, {self.answers} of {self.expected} answered: {self.requests}\n" \
               f"last received: {self.last[:2000]!r}"


class Upstream:
    """A connection to upstream."""

    def __init__(self, rude, sock):
        self.rude, self.sock, self.buffer, self.last, self.out = rude, sock, b"", b"", collections.deque()
        self.request = self.body = self.spoiled = None
        self.served, self.closed, self.sip = 0, False, SIPS[rude.seen["connections"] % len(SIPS)]
        rude.seen["connections"] += 1
        self.asked = self.answered = True  # the request has arrived as a whole, the answer was sent as a whole

    # --- receiving ---

    def read(self):
        try:
            piece = self.sock.recv(self.sip)
        except BlockingIOError:
            return
        except ConnectionResetError:
            piece = b""
        if not piece:
            self._ended()
            return
        self.last = data = self.buffer + piece if self.buffer else piece
        self.buffer = data[self._take(data):]

    def _take(self, data):
        at = 0
        while at < len(data) and not self.closed:
            if not self.body:
                end = data.find(b"\r\n\r\n", at)
                if end < 0:
                    break
                self._begin(data[at:end])
                at = end + 4
            if self.body:
                at = self.body.feed(data, at)
                if not self.body.whole:
                    break
                self.body = None
                self._asked()
        return at

    def _begin(self, text):
        start, fields = read_head(text)
        method, path, _ = start.split(b" ")
        number, plan = read_path(path)
        request = self.rude.requests.get(number)
        assert self.asked and self.answered, f"a request before the end of the one before: {start!r}"
        assert self.spoiled not in CERTAIN, f"a connection was used again behind surplus ({self.spoiled.decode()}): {start!r}"
        if self.spoiled:
            self._crossed(request)
            return
        self._check(request, method, plan, fields)
        self.request, self.asked, self.answered = request, False, False
        dropped = self.served and not request.arrivals and plan.manner
        request.arrivals += 1
        self.rude.seen["arrivals"] += 1
        self.rude.seen["reused"] += self.served > 0
        if dropped == b"cut":
            self._drop()
            return
        if request.in_chunks is not None:
            self.body = Body(number, UPLOAD, request.upload, request.in_chunks)
        if request.early:
            self._answer()
        if not self.body:
            self._asked()

    @staticmethod
    def _check(request, method, plan, fields):
        assert request, "a request of nobody, or once more"
        assert (method, plan) == (request.method, request.plan) and not request.beyond, f"another request than {request}"
        assert fields.get(b"x-forwarded-for") == request.case.address.encode(), f"of {fields.get(b'x-forwarded-for')}"
        framing = fields.get(b"content-length"), fields.get(b"transfer-encoding")
        wanted = {None: (None, None), False: (b"%d" % request.upload, None), True: (None, b"chunked")}[request.in_chunks]
        assert framing == wanted, f"another framing: {framing}"
        assert request.arrivals == request.drops and request.arrivals + request.crossed < request.tries, f"once more: {request}"

    def _asked(self):
        """The request is here as a whole."""
        request = self.request
        self.asked = request.whole = True
        if request.plan.manner == b"drop" and self.served and request.arrivals == 1:
            self._drop()
            return
        if not request.early:
            self._answer()
        elif self.answered:
            self.rude.seen["early"] += 1
        self._go_on()

    def _drop(self):
        self.request.drops += 1
        self.rude.seen["dropped"] += 1
        self.close()
        self.rude.settle(self.request)

    def _crossed(self, request):
        """Upstream spoke before it was asked: nobody can tell whether the proxy had heard of it."""
        self.rude.seen["crossed"] += 1
        if request:
            request.crossed += 1
            assert request.arrivals + request.crossed <= request.tries, f"once more: {request}"
            self.rude.settle(request)
        self.close()

    # --- answering ---

    def _answer(self):
        request = self.request
        data, number, surplus = request.reply(), request.number, CERTAIN.get(request.plan.surplus)
        tail = max(0, len(data) - 1 - number * 13 % TAIL_BYTES) if surplus else len(data)
        if surplus and request.plan.size == FILLING:
            tail = 0
        cuts = sorted(number * factor % (tail + 1) for factor in (31, 57)[:request.plan.pieces - 1])
        for start, stop in zip([0, *cuts], [*cuts, tail]):
            if start < stop:
                self.out.append((data[start:stop], None))
        if surplus:
            self.out.append((data[tail:] + surplus, request.plan.surplus))
        self.write()

    def write(self):
        """One piece a turn, as much of it as is taken."""
        if self.closed:
            return
        data, surplus = self.out[0]
        if surplus and not goes_at_once(self.sock, len(data)):
            self.rude.later(1, self.write)
            return
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return  # it has been ended: reading tells
        if surplus:
            assert sent == len(data)
            self.spoiled = surplus
            self.rude.seen[surplus.decode()] += 1
        if sent < len(data):
            self.out[0] = memoryview(data)[sent:], None
        else:
            self.out.popleft()
        if self.out:
            self.rude.later(1, self.write)
            return
        self.answered = True
        self._go_on()

    def _go_on(self):
        """Both messages may have ended."""
        plan = self.request.plan
        closes = plan.framing == b"end" or plan.manner in (b"close", b"early-close")
        if self.asked and self.answered:
            self.served += 1
            self.rude.settle(self.request)
            if closes:
                self.close()
            elif plan.surplus in LATE:
                self._plan_late(plan.surplus, LATE_TRIES)
        elif self.answered and plan.framing == b"end":
            self._half_close()  # the rest of the request may still come

    def _plan_late(self, kind, tries):
        self.rude.later(1 + self.request.number % 4, lambda: self._speak_late(kind, tries))

    def _speak_late(self, kind, tries):
        """Once it is idle, as far as that can be known."""
        if self.closed or self.spoiled:
            return
        if not (self.asked and self.answered) or self._has_more():
            if tries > 1:
                self._plan_late(kind, tries - 1)
            return
        self.spoiled = kind
        self.rude.seen[kind.decode()] += 1
        if LATE[kind]:
            try:
                self.sock.send(LATE[kind])
            except OSError:
                pass  # it has been ended: reading tells
        else:
            self._half_close()

    def _has_more(self):
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True

    def _half_close(self):
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    # --- ends ---

    def _ended(self):
        """Idle, or in a request that nobody waits for."""
        if self.asked and self.answered:
            assert not self.buffer, f"half a head went upstream: {self.buffer!r}"
        else:
            assert self.request.left or self.request.excused, \
                f"cut, with {self.body.got if self.body else 'all'} bytes of the request, {len(self.out)} pieces unsent"
        self.close()

    def close(self):
        if not self.closed:
            self.closed = True
            self.rude.drop(self.sock)

    def __str__(self):
        return f"upstream, after {self.served} requests, with {self.request}\nlast received: {self.last[:2000]!r}\n" \
               f"of {self.request and self.request.case}"


class Rude:
    """Runs `window` cases at once. run() returns when every client's connection has ended, finish() when every upstream
    connection has, for which the proxy must have been stopped. `seen` counts what has happened, by name. `port` is known
    before the proxy is started."""

    def __init__(self, window=64):
        self.window, self.seen = window, collections.Counter()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.poll = select.epoll()
        self.poll.register(self.listener, select.EPOLLIN)
        self.things = {self.listener.fileno(): self}
        self.cases, self.requests = set(), {}
        self.owed, self.gone = {}, collections.deque()
        self.addresses = itertools.cycle(range(1 << 16, 1 << 23))
        self.turns, self.agenda = 0, collections.defaultdict(list)

    def close(self):
        """Behind a failure nobody may seem to wait for answers."""
        for thing in self.things.values():
            if thing is not self:
                thing.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                thing.sock.close()
        self.listener.close()
        self.poll.close()

    def run(self, port, cases):
        cases = iter(cases)
        case = next(cases, None)
        while case or self.cases:
            while case and len(self.cases) < self.window:
                self._start(case, port)
                case = next(cases, None)
            self._turn()

    def finish(self):
        """With the proxy stopped nothing may be left that is owed to anybody."""
        deadline = time.monotonic() + LIMIT
        while len(self.things) > 1:
            assert time.monotonic() < deadline, f"upstream connections outlive the proxy: {len(self.things) - 1}"
            self._turn()
        owed = [request for request in self.requests.values() if not request.left]
        assert not owed, f"never came to an end: {owed[:10]}"

    def _start(self, case, port):
        number = next(self.addresses)
        self.cases.add(case)
        for request in case.requests:
            self.requests[request.number] = request
        self._do(case, lambda: case.start(self, "127.%d.%d.%d" % (number >> 16, number >> 8 & 255, number & 255), port))
        if not case.over:
            self.watch(case)

    def watch(self, thing):
        self.things[thing.sock.fileno()] = thing
        self.poll.register(thing.sock, select.EPOLLIN)

    def drop(self, sock):
        del self.things[sock.fileno()]
        sock.close()

    def later(self, turns, act):
        self.agenda[self.turns + max(turns, 1)].append(act)

    def _turn(self):
        self.turns += 1
        for act in self.agenda.pop(self.turns, ()):
            self._do(getattr(act, "__self__", None), act)
        for descriptor, _ in self.poll.poll(0.001 if self.agenda else LIMIT / 10):
            thing = self.things.get(descriptor)
            if thing:
                self._do(thing, thing.read)
        if self.turns % LOOK_TURNS == 0 or not self.agenda:
            self._check_stuck()

    @staticmethod
    def _do(thing, act):
        try:
            act()
        except (AssertionError, ValueError) as error:
            raise AssertionError(f"{error}\n{thing}") from error

    def read(self):
        """Accepts."""
        while True:
            try:
                sock, _ = self.listener.accept()
            except BlockingIOError:
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            upstream = Upstream(self, sock)
            self.watch(upstream)
            self._do(upstream, upstream.read)

    # --- who is owed what ---

    def settle(self, request):
        """Forgets it once its client has its answer and all of it has come up, or need not."""
        if not request.answered:
            return
        if request.drops or request.crossed if request.failed else request.whole or request.excused:
            self.requests.pop(request.number, None)
            self.owed.pop(request.number, None)

    def forget(self, case):
        """Its connection has ended."""
        self.cases.discard(case)
        if self.things.get(case.sock.fileno()) is case:
            self.drop(case.sock)
        else:
            case.sock.close()
        self.seen["requests"] += case.expected
        for request in case.requests:
            request.left = case.left or request.beyond
            if request.left:
                self.gone.append(request)
            elif request.number in self.requests:
                self.owed[request.number] = time.monotonic() + LIMIT
        while len(self.gone) > REMEMBERED:
            self.requests.pop(self.gone.popleft().number, None)

    def _check_stuck(self):
        now = time.monotonic()
        for case in self.cases:
            assert now < case.deadline, f"stuck: {case}"
        for number, deadline in self.owed.items():
            assert now < deadline, f"its upload never arrived, or its 502 has no cause: {self.requests[number]}"
            break  # the others are younger
