"""The ways in which a target fails, each once: what it does, what a client may see of it, what the log calls it.

`/good` is always answered; everything else fails. The same table is asked once (failure_answers) and a thousand times
(failure_leaks_*).
"""
import dataclasses
import threading

from .backend import Backend, blackhole, refusing_port
from .client import Client
from .descriptors import DESCRIPTORS
from .measure import Allocations, Leaks
from .names import Names
from .settings import LIMIT, SANITIZED, fresh_loopback
from .wire import CutShort
from .yaml import http

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"
LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nhello"
GET = b"GET /bad HTTP/1.1\r\nHost: t.localhost\r\n\r\n"
OLD_GET = b"GET /bad HTTP/1.0\r\n\r\n"
HEAD = b"HEAD /bad HTTP/1.1\r\nHost: t.localhost\r\n\r\n"
POST = b"POST /bad HTTP/1.1\r\nHost: t.localhost\r\nContent-Length: 1\r\n\r\nx"
UPLOAD = b"POST /bad HTTP/1.1\r\nHost: t.localhost\r\nContent-Length: 1000000\r\n\r\nx"
BIG_UPLOAD = b"POST /bad HTTP/1.1\r\nHost: t.localhost\r\nContent-Length: 1200000\r\n\r\n" + bytes(1000000)
ENDLESS_UPLOAD = b"POST /bad HTTP/1.1\r\nHost: t.localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
CUT = "cut"  # the client saw a message that is visibly not whole


def sends(*pieces, then="close", read_body=True):
    """A target that reads the request, sends these bytes and then closes, resets, or says nothing more."""
    def fail(connection, head):
        if read_body:
            connection.backend.record(connection.read_body(head))
        for piece in pieces:
            connection.send(piece)
        end(connection, then)
    return fail


def end(connection, then):
    if then == "reset":
        connection.reset()
    elif then == "silence":
        connection.wait_end()


def resets_once_seen(*pieces):
    """As sends(then="reset"), but only when the client has the bytes: a reset may take with it what was not read yet."""
    def fail(connection, head):
        connection.backend.record(connection.read_body(head))
        for piece in pieces:
            connection.send(piece)
        connection.backend.seen.acquire(timeout=LIMIT)
        connection.reset()
    return fail


def reads_no_more(*pieces):
    """A target that reads the head, sends these bytes and reads nothing of the body, until the program gives it up."""
    def fail(connection, head):
        for piece in pieces:
            connection.send(piece)
        connection.wait_reset()
    return fail


def vanishing():
    """Marks the target that was there with its name once, and is gone with it now."""


@dataclasses.dataclass
class Failure:
    name: str
    fail: object  # f(connection, head of the request) or a function that makes a held port
    sees: set     # statuses, or CUT: what the client may see
    ends: set     # labels of the log's endings
    says: str = ""  # what the text log says; "": the request is an ordinary one
    ask: bytes = GET
    tries: set = dataclasses.field(default_factory=lambda: {1})  # how often the request reaches the target
    timeouts: dict = dataclasses.field(default_factory=dict)
    narrow: bool = False  # the target's end takes little of a body that is not read
    watched: bool = False  # the target waits until the client has seen its bytes
    host: str = "127.0.0.1"

    @property
    def method(self):
        return self.ask.split(b" ", 1)[0].decode()

    @property
    def silent(self):
        """A time limit ends it."""
        return self.sees in ({504}, {408}) or "idle" in self.ends

    @property
    def at_once(self):
        """How many clients meet it at a time when it is repeated: fewer where descriptors are scarce. Three times as many warm
        up, each with a descriptor on either side here, and with as many in the program, which then still has room."""
        # Those who ask at once share one lookup, which may be slow; those who fill the system's buffers need memory.
        wanted = 500 if self.name == "name_gone" else 50 if self.narrow else 200
        return min(wanted, (DESCRIPTORS - 200) // 6)

    def __str__(self):
        return self.name


def _failures():
    left, cut, nonsense, idle = {"upstream-left"}, {"upstream-cut"}, {"upstream-nonsense"}, {"idle"}
    closed, broken = "(closed the connection after .* without a byte|broke off after .* in the middle of a head|broke before an answer|provisional answer)", "broke off in the middle"
    response, silent = {"response": "60ms"}, {"idle": "60ms"}

    def before(name, fail, ask=POST, tries=1, ends=left, says=closed):
        return Failure(name, fail, {502}, ends, says, ask, {tries})

    def within(name, fail, ask=GET, watched=False):
        # What breaks off at once may be known before anything of it was passed on.
        sees, ends = ({CUT}, cut) if watched else ({CUT, 502}, cut | left | nonsense)
        return Failure(name, fail, sees, ends, broken if watched else "(broke off|closed|middle of|broke before|answered wrongly)", ask,
                       watched=watched)

    yield Failure("refused", refusing_port, {502}, {"refused"}, r"cannot be reached \(connection refused\)", tries={0})
    yield Failure("unreachable", refusing_port, {502}, {"refused"}, r"cannot be reached \((network is unreachable|permission denied)\)",
                  tries={0}, host="255.255.255.255")
    yield Failure("name_gone", refusing_port, {502}, {"refused"}, r"has no address \((unknown node or service|temporary failure)\)",
                  tries={0}, host="no-such-name.invalid")
    yield Failure("name_vanished", vanishing, {502}, {"refused"}, r"cannot be reached \(connection refused\)", tries={0}, host="vanishing.test")
    yield Failure("silent_connect", blackhole, {504}, {"connect-timeout"}, "did not accept a connection within 60 ms .timeouts: connect.", tries={0},
                  timeouts={"connect": "60ms"})

    yield before("closed_before_the_head", sends())
    yield before("reset_before_the_head", sends(then="reset"))
    yield before("closed_before_the_head_twice", sends(), ask=GET, tries=2)
    yield before("reset_before_the_head_twice", sends(then="reset"), ask=GET, tries=2)
    yield before("closed_within_the_head", sends(b"HTTP/1.1 200 OK\r\nContent-"), ask=GET)
    yield before("reset_within_the_head", sends(b"HTTP/1.1 200 OK\r\nContent-", then="reset"))
    yield before("closed_after_a_1xx", sends(b"HTTP/1.1 103 Early Hints\r\n\r\n"), ask=GET)

    for name, raw in (("length", LENGTH), ("chunked", CHUNKED)):
        yield within(f"closed_within_{name}", sends(raw))
        yield within(f"reset_within_{name}", sends(raw, then="reset"))
        yield within(f"reset_within_{name}_once_seen", resets_once_seen(raw), watched=True)
        yield within(f"closed_within_{name}_for_http10", sends(raw), ask=OLD_GET)
    yield within("closed_within_a_chunk", sends(CHUNKED + b"5\r\nhel"))
    yield within("closed_within_the_trailers", sends(CHUNKED + b"0\r\nX-Sum: 1\r\n"))
    yield within("nonsense_within_chunked", sends(CHUNKED + b"nonsense\r\n", then="silence"))
    yield within("reset_within_close_delimited", sends(UNTIL_CLOSE, then="reset"))
    yield within("reset_within_close_delimited_once_seen", resets_once_seen(UNTIL_CLOSE), watched=True)
    yield within("reset_within_close_delimited_for_http10", resets_once_seen(UNTIL_CLOSE), ask=OLD_GET, watched=True)

    for name, raw, says in (
            ("nonsense", b"nonsense\r\n\r\n", "is no HTTP and begins with 'nonsense"),
            ("tls_alert", b"\x15\x03\x01\x00\x02\x02\x46", "answers in TLS"),
            ("nonsense_status", b"HTTP/1.1 99999 OK\r\n\r\n", "'HTTP/1.1 99999 OK' is no status line"),
            ("two_lengths", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "Content-Length says two lengths that differ"),
            ("switch_nobody_asked_for", b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
             "switches to a protocol that was not asked for"),
            ("head_too_large", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70000 + b"\r\n\r\n", "larger than 64 KiB.*'X'.*max_header_bytes"),
            ("too_many_fields", b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 300 + b"\r\n", "more than 200 fields.*max_header_fields"),
            ("status_line_without_end", b"HTTP/1.1 200 " + b"x" * 70000, "the status line is too long for a head of 64 KiB.*max_header_bytes")):
        yield Failure(name, sends(raw, then="silence"), {502}, nonsense, says, timeouts={"response": "30s"})
    yield Failure("hundred_1xx", sends(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100 + OK), {200}, {"complete"})

    yield Failure("silence_before_the_head", sends(then="silence"), {504}, {"response-timeout"}, "did not answer within 60 ms", timeouts=response)
    yield Failure("silence_within_the_head", sends(b"HTTP/1.1 200 OK\r\n", then="silence"), {504}, {"response-timeout"},
                  "did not answer within 60 ms", timeouts=response)
    yield Failure("silence_after_a_1xx", sends(b"HTTP/1.1 103 Early Hints\r\n\r\n", then="silence"), {504}, {"response-timeout"},
                  "did not answer within 60 ms", timeouts=response)
    for name, raw in (("length", LENGTH), ("chunked", CHUNKED), ("close_delimited", UNTIL_CLOSE)):
        yield Failure(f"silence_within_{name}", sends(raw, then="silence"), {CUT}, idle, "no byte moved in either direction for 60 ms", timeouts=silent)
    yield Failure("silence_while_the_client_uploads", sends(then="silence", read_body=False), {408}, idle, "no byte moved in either direction for 60 ms",
                  ask=UPLOAD, tries={0}, timeouts=silent)
    yield Failure("reads_no_more", reads_no_more(), {504}, {"upstream-stalled"}, "took nothing of the request for 100 ms", ask=BIG_UPLOAD,
                  tries={0}, timeouts={"idle": "100ms"}, narrow=True, host=fresh_loopback())
    # Where it answers late, nothing was passed on yet.
    yield Failure("reads_no_more_once_it_answers", reads_no_more(LENGTH), {CUT, 504}, idle | {"upstream-stalled"},
                  "(no byte moved|took nothing of the request)", ask=BIG_UPLOAD, tries={0}, timeouts={"idle": "100ms"},
                  narrow=True, host=fresh_loopback())

    yield Failure("early_answer_then_close", sends(OK, read_body=False), {200}, {"unread"}, ask=ENDLESS_UPLOAD, tries={0})
    yield Failure("early_answer_cut", sends(LENGTH, read_body=False), {CUT, 502}, cut | left | nonsense, "(broke off|closed|middle of|broke before)",
                  ask=ENDLESS_UPLOAD, tries={0})
    yield Failure("head_with_a_body", sends(LENGTH, then="silence"), {200}, {"complete"}, ask=HEAD)


FAILURES = list(_failures())


class Failing:
    """The target of one failure: `/good` is answered, all else fails as the table says."""

    def __init__(self, lab, failure):
        self.failure, self.lab, self.backend, self.env = failure, lab, None, {}
        if failure.fail is vanishing:
            self.names = Names(lab.folder, **{failure.host: "127.0.0.1"})
            self.env = self.names.env
        if failure.fail in (refusing_port, blackhole):
            self.port = lab.keep(failure.fail()).port
        else:
            host = failure.host if failure.narrow else "127.0.0.1"
            self.backend = lab.backend(self._script, host=host, backlog=1024, narrow=failure.narrow)
            self.backend.seen = threading.Semaphore(0)
            self.port = self.backend.port

    def _script(self, connection):
        while True:
            head = connection.read_head()
            if head.start.split(" ")[1] == "/good":
                connection.send(OK)
                continue
            self.failure.fail(connection, head)
            return

    def proxy(self, *before, env=None, **more):
        """The program with this target's route behind others, ready to be asked for `/bad`."""
        target, env = {"host": self.failure.host, "port": self.port}, env or {}
        libraries = ":".join(each["LD_PRELOAD"] for each in (env, self.env) if each)
        if libraries:
            env = {**env, **self.env, "LD_PRELOAD": libraries}
        proxy = self.lab.proxy(*before, http("/", [target], timeouts=self.failure.timeouts, hold="0s"), env=env, **more)
        if self.failure.fail is vanishing:
            self._vanish(proxy)
        return proxy

    def _vanish(self, proxy):
        client = self.lab.client(proxy)
        assert client.get("/good").body == b"good"
        client.reset()
        self.names.tell({})
        self.backend.stop()
        self.lab.keep(refusing_port(port=self.port))
        self.backend = None

    def tries(self):
        return len([request for request in self.backend.requests if request.target == "/bad"]) if self.backend else 0

    def outcome(self, client):
        """Sends the request; returns the status of a whole answer, or CUT."""
        return self.outcomes([client])[0]

    def outcomes(self, clients):
        for client in clients:
            client.send(self.failure.ask)
        heads = [self._attempt(client.read_response_head) for client in clients] if self.failure.watched else clients
        if self.failure.watched:
            self.backend.seen.release(len(clients))
        return [self._attempt(lambda: self._status(client, head)) for client, head in zip(clients, heads)]

    def _status(self, client, head):
        if head is client:
            return client.response(self.failure.method).status
        return client.read_body(head, to_end=True).status if head != CUT else CUT

    @staticmethod
    def _attempt(read):
        try:
            return read()
        except (CutShort, ConnectionResetError):
            return CUT

    def ask(self, port, count=1):
        """From `count` clients at once; returns what each saw."""
        clients = []
        try:
            for _ in range(count):
                clients.append(Client(port))
            return self.outcomes(clients)
        finally:
            for client in clients:
                client.reset()


def nothing_leaks(lab, failure, times=1000, workers=1):
    """A thousand times the failure: as many descriptors and as much memory as before."""
    at_once = failure.at_once
    failing, leaks = Failing(lab, failure), Leaks(lab.folder)
    # The log's ring is filled by and by.
    proxy = failing.proxy(settings={"access_log": "off"}, workers=workers, env=leaks.env)
    leaks.watch(proxy, workers)
    # A lookup may take longer than connects may; and of fifty who each send a megabyte one may itself have paused for too long.
    sees = failure.sees | ({504} if failure.name == "name_gone" else {408} if failure.name.startswith("reads_no_more") else set())

    def ask(count):
        seen = set(failing.ask(proxy.port, count))
        assert seen <= sees, seen

    def over_and_over():
        for _ in range(max(1, times // at_once if not SANITIZED else times // at_once // 10)):
            ask(at_once)

    if Allocations.exist:  # each worker keeps memory for as many as it once had at a time: more than it has later
        ask(3 * at_once)
        over_and_over()
    else:
        ask(at_once)
    leaks.none(over_and_over)
