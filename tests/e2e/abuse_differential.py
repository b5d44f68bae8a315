"""Random and mutated requests, judged twice: by the program and by the strict reader in harness/strict.py. What the
reader accepts has to reach upstream as it prescribes; of what it refuses, upstream must see nothing (issue 3, section 3).

LITEGINX_ABUSE_REQUESTS: how many (default 20000), LITEGINX_ABUSE_SEED: another sequence.
"""
import contextlib
import itertools
import os
import random
import re
import time

import pytest
from harness import SANITIZED, http
from harness import strict
from harness.duel import Case, Duel, final_responses, statuses
from harness.strict import Reader

COUNT = int(os.environ.get("LITEGINX_ABUSE_REQUESTS") or (5000 if SANITIZED else 20000))
SEED = int(os.environ.get("LITEGINX_ABUSE_SEED") or 1)

H = b"Host: a.localhost\r\n"
C = b"Transfer-Encoding: chunked\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: last.localhost\r\nConnection: close\r\n\r\n"

# The chosen ones: each is sent split at every byte, too, and is what mutations begin with.
CHOSEN = [
    b"GET / HTTP/1.1\r\n" + H + b"\r\n",
    b"\r\n\r\nGET /x?y=1&z HTTP/1.1\r\n" + H + b"Accept: */*\r\nX-Empty:\r\nX-Tab:\tv \t\r\n\r\n",
    b"HEAD /head HTTP/1.1\r\n" + H + b"\r\n",
    b"GET /one HTTP/1.0\r\n\r\n",
    b"GET /one HTTP/1.0\r\n" + H + b"Connection: keep-alive\r\n\r\n",
    b"GET /a HTTP/1.1\r\n" + H + b"\r\nGET /b HTTP/1.1\r\n" + H + b"\r\n",
    b"POST /p HTTP/1.1\r\n" + H + b"Content-Length: 5\r\n\r\nhello",
    b"POST /p HTTP/1.1\r\n" + H + b"Content-Length: 005\r\n\r\nhelloGET /b HTTP/1.1\r\n" + H + b"\r\n",
    b"PUT /p HTTP/1.1\r\n" + H + b"Content-Length: 0\r\n\r\n",
    b"POST /c HTTP/1.1\r\n" + H + C + b"\r\n5\r\nhello\r\n0\r\n\r\n",
    b"POST /c HTTP/1.1\r\n" + H + C + b"\r\n5\r\nhello\r\n0\r\n\r\nGET /b HTTP/1.1\r\n" + H + b"\r\n",
    b"POST /c HTTP/1.1\r\n" + H + C + b"\r\n00a;x=y\r\n0123456789\r\nA;q=\"z\\\"\"\r\nabcdefghij\r\n000\r\n\r\n",
    b"POST /c HTTP/1.1\r\n" + H + b"TE: trailers\r\nTrailer: X-T\r\n" + C + b"\r\n2\r\nhi\r\n0\r\nX-T: v\r\nHost: evil\r\n\r\n",
    b"POST /c HTTP/1.1\r\n" + H + C + b"\r\n2\r\nhi\r\n0\r\nContent-Length: 3\r\n\r\n",
    b"POST /c HTTP/1.1\r\n" + H + b"Content-Length: 5\r\n" + C + b"\r\n0\r\n\r\n",
    b"POST /c HTTP/1.1\r\n" + H + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /c HTTP/1.1\r\n" + H + b"Content-Length:\t\r\n\r\n",
    b"POST /c HTTP/1.1\r\n" + H + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST /c HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    b"POST /c HTTP/1.1\r\n" + H + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    b"POST /c HTTP/1.0\r\n" + H + C + b"\r\n0\r\n\r\n",
    b"POST /c HTTP/1.1\r\n" + H + C + b"\r\n5\r\nhelloX0\r\n\r\n",
    b"POST /c HTTP/1.1\r\n" + H + C + b"\r\n5\nhello\r\n0\r\n\r\n",
    b"POST /c HTTP/1.1\r\n" + H + C + b"\r\n10000000000000005\r\nhello\r\n0\r\n\r\n",
    b"GET /f HTTP/1.1\r\n" + H + b"A: 1\r\n 2\r\n\r\n",
    b"GET /f HTTP/1.1\r\n" + H + b"A : 1\r\n\r\n",
    b"GET /f HTTP/1.1\r\n" + H + b"A: 1\rB: 2\r\n\r\n",
    b"GET /f HTTP/1.1\nHost: a\n\n",
    b"GET /f HTTP/1.1\r\n" + H + b"A: \x00\r\n\r\n",
    b"GET /f HTTP/1.1\r\n" + H + b"A: \xe4\xff\x80\r\n\r\n",
    b"GET  /f HTTP/1.1\r\n" + H + b"\r\n",
    b"GET /f HTTP/1.1\r\n\r\n",
    b"GET /f HTTP/1.1\r\n" + H + b"Host: b\r\n\r\n",
    b"GET /f HTTP/1.1\r\nhOsT: [::ffff:1.2.3.4]:81\r\n\r\n",
    b"GET /f HTTP/1.1\r\nHost: u@x\r\n\r\n",
    b"GET http://b.localhost:80/x/../y HTTP/1.1\r\n" + H + b"\r\n",
    b"GET http://b.localhost?q HTTP/1.1\r\n" + H + b"\r\n",
    b"GET ftp://b/ HTTP/1.1\r\n" + H + b"\r\n",
    b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n",
    b"OPTIONS http://b.localhost HTTP/1.1\r\n" + H + b"\r\n",
    b"TRACE /t HTTP/1.1\r\n" + H + b"Max-Forwards: 5\r\n\r\nOPTIONS / HTTP/1.1\r\n" + H + b"Max-Forwards: 0\r\n\r\n",
    b"OPTIONS /m HTTP/1.1\r\n" + H + b"Max-Forwards: 1\r\nMax-Forwards: 1\r\n\r\n",
    b"OPTIONS /m HTTP/1.1\r\n" + H + b"Max-Forwards: 18446744073709551616\r\n\r\n",
    b"OPTIONS /../m HTTP/1.1\r\n" + H + b"Max-Forwards: 0\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nGET /b HTTP/1.1\r\n" + H + b"\r\n",
    b"GET /a/./b/%2e%2E/%7e%2f//c/.. HTTP/1.1\r\n" + H + b"\r\n",
    b"GET /../x HTTP/1.1\r\n" + H + b"\r\n",
    b"GET /%zz HTTP/1.1\r\n" + H + b"\r\n",
    b"GET /\"<>\\^`{|}\xe4?\"<>\\^`{|}\xe4%zz HTTP/1.1\r\n" + H + b"\r\n",
    b"GET /x#y HTTP/1.1\r\n" + H + b"\r\n",
    b"GET /u HTTP/1.1\r\n" + H + b"Connection: Upgrade, X-Hop, TE\r\nUpgrade: websocket, HTTP/2.0, x/1\r\nX-Hop: 1\r\nTE: trailers\r\n\r\n",
    b"GET /h HTTP/1.1\r\n" + H + b"Connection: host\r\n\r\n",
    b"GET /x HTTP/1.1\r\n" + H + b"X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\n"
    b"x-forwarded-proto: https\r\nX-Forwarded-Anything: 1\r\nVia: 1.0 x\r\n\r\n",
    b"FLY /x HTTP/1.1\r\n" + H + b"\r\n",
    b"GET / HTTP/1.2\r\n" + H + b"\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSm\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"POST /e HTTP/1.1\r\n" + H + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
]

WORDS = [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b";", b",", b"\"", b"\\", b"%", b"%2e", b"%2F", b"%00",
         b"/..", b"/./", b"//", b"?", b"#", b"\x7f", b"\x80", b"\xff", b"\xc2\x85", b"\x0b", b"\x0c", b"0\r\n\r\n", b"1\r\na\r\n",
         b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"GET", b"POST", b"get", b"*", b"http://c.localhost", b"[::1]", b"@",
         b"Content-Length: 3\r\n", b"Content-Length: 0\r\n", b"content-length:5\r\n", b"Content-Length: +5\r\n",
         b"Content-Length: 3\t\r\n", b"Content-Length: 5, 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: Chunked\r\n",
         b"transfer-encoding:\tchunked \r\n", b"Transfer-Encoding: chunked, \r\n", b"Transfer-Encoding: x\r\n",
         b"Transfer-Encoding : chunked\r\n", b"Connection: close\r\n", b"Connection: content-length\r\n", b"Connection: via\r\n",
         b"Connection: x-forwarded-for, x-a\r\n", b"X-A: b\r\n", b"Host: b.localhost\r\n", b"Host:\r\n", b"TE: trailers\r\n",
         b"Upgrade: h2c\r\n", b"Upgrade: websocket\r\n", b"Max-Forwards: 1\r\n", b"X-Forwarded-For: 6.6.6.6\r\n",
         b"Forwarded: for=6.6.6.6\r\n", b" folded\r\n", b"\tfolded\r\n", b"ffffffffffffffff", b"00000000000000000000"]


def mutate(random_, data):
    """One small change."""
    at = random_.randrange(len(data) + 1)
    until = min(len(data), at + random_.choice((1, 1, 1, 2, 4, 16)))
    kind = random_.randrange(8)
    if kind == 0:
        return data[:at] + bytes([random_.randrange(256)]) + data[at + 1:]
    if kind == 1:
        return data[:at] + random_.choice(WORDS) + data[at:]
    if kind == 2:
        return data[:at] + random_.choice(WORDS) + data[until:]
    if kind == 3:
        return data[:at] + data[until:]
    if kind == 4:
        return data[:until] + data[at:]
    if kind == 5:  # a line more
        lines = data.split(b"\r\n")
        lines.insert(random_.randrange(len(lines) + 1), random_.choice(WORDS).rstrip(b"\r\n"))
        return b"\r\n".join(lines)
    if kind == 6:  # lines change places
        lines = data.split(b"\r\n")
        one, two = random_.randrange(len(lines)), random_.randrange(len(lines))
        lines[one], lines[two] = lines[two], lines[one]
        return b"\r\n".join(lines)
    other = random_.choice(CHOSEN)
    return data[:at] + other[random_.randrange(len(other)):]


UUID_V7 = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

PATHS = [b"/", b"/a", b"/a/b.c", b"/..", b"/.", b"/%2e", b"/%7E", b"/%c3%a4", b"/;x=1", b"/a%2fb", b"//", b"/[x]", b"/@:!$&'()*+,=",
         b"/{a}^|`", b"/\xe4\xb6"]
NAMES = [b"X-A", b"x-b", b"Accept", b"Cookie", b"Te", b"Via", b"Date", b"Upgrade", b"Connection", b"Keep-Alive", b"Forwarded",
         b"X-Real-Ip", b"X-Forwarded-For", b"X-Forwarded-Host", b"Proxy-Authorization", b"Max-Forwards", b"Expect", b"Trailer",
         b"X-Request-Id", b"X_Request_Id", b"X_Forwarded_For", b"Content_Length", b"!#$%&'*+-.^_`|~0"]
VERSIONS = [b" HTTP/1.1"] * 9 + [b" HTTP/1.0"]
SPACES = [b"", b"", b"", b" ", b"\t"]
VALUES = [b"", b"1", b"a, b", b"close, x-a", b"keep-alive", b"upgrade", b"websocket", b"x-b,, te", b"trailers", b"\xe4\x80", b"a\tb  c",
          b"\"q;,\\\"\"", b"127.0.0.1", b"h2c, foo/2", b"100-continue", b"host", b"X-A, Trailer", b"close", b"7", b"Upgrade, TE"]


def text(random_, count):
    """Bytes that do not flood the report of a failure."""
    return (random_.choice((b"abc", b"\r\n", b"0\r\n\r\n", b"GET ", b"\0\xff")) * count)[:count]


def valid_request(random_):
    """Valid by construction, mostly."""
    choice, chance = random_.choice, random_.random
    path = b"".join(choice(PATHS) for _ in range(random_.randrange(1, 5)))
    query = b"?" + choice(VALUES).replace(b" ", b"").replace(b"\t", b"") if chance() < 0.3 else b""
    start = choice([b"", b"", b"", b"http://b.localhost:080", b"HTTP://[::1]:8"]) if path[0:2] != b"//" else b""
    method = choice([b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"M-SEARCH", b"DELETE", b"TRACE", b"QUERY"])
    lines = [method + b" " + start + path + query + choice(VERSIONS)]
    lines += [choice(NAMES) + b":" + choice([b"", b" ", b"\t "]) + choice(VALUES) for _ in range(random_.randrange(4))]
    host = choice([b"Host: a.localhost", b"host:a:1", b"HOST: [::1]", b"Host:A.B%2d_~:065535"])
    lines.insert(random_.randrange(1, len(lines) + 1), host)
    body = b""
    if (kind := random_.randrange(3)) == 1:
        body = text(random_, choice([0, 1, 7, 300, 40000]))
        lines.append(b"Content-Length: %d" % len(body) + choice(SPACES))
    elif kind == 2:
        lines.append(b"Transfer-Encoding: chunked" + choice(SPACES))
        for _ in range(random_.randrange(4)):
            piece = text(random_, choice([1, 2, 15, 16, 4096]))
            body += choice([b"%x", b"%X", b"0%x"]) % len(piece) + choice([b"", b"", b";a", b";a=\"b\""]) + b"\r\n" + piece + b"\r\n"
        body += choice([b"0", b"0000", b"0;x=y"]) + b"\r\n"
        body += b"".join(choice(NAMES) + b": " + choice(VALUES) + b"\r\n" for _ in range(random_.randrange(3))) + b"\r\n"
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def random_case(random_, number):
    kind = random_.random()
    if kind < 0.01:
        data = random_.randbytes(random_.randrange(1, 200))
    elif kind < 0.5:
        data = random_.choice(CHOSEN)
        for _ in range(random_.choice((0, 1, 1, 1, 2, 2, 3, 5))):
            data = mutate(random_, data)
    else:
        data = b"".join(valid_request(random_) for _ in range(random_.choice((1, 1, 1, 2, 4))))
        for _ in range(random_.choice((0, 0, 1, 1, 2))):
            data = mutate(random_, data)
    if random_.random() < 0.4:
        data += LAST
    elif random_.random() < 0.2:
        data = data[:random_.randrange(len(data) + 1)]
    at = random_.randrange(len(data) + 1)
    return Case([data[:at], data[at:]], number)


class Verdict:
    """What the strict reader makes of a case: `whole`, the requests that upstream has to get; `partial`, one that it may get a
    part of; `answers`, the statuses that the client has to get before it is refused, if it is."""

    def __init__(self, data):
        self.reader = Reader(data).read_all()
        self.whole, self.partial, self.answers = [], None, []
        self.arrived, self.partial_arrived = 0, False
        # Who asks for an upgrade and ends its side has left, and what it asked for is forgotten: so it waits for its answers.
        self.patient = any(strict.upgrade_tokens(request) for request in self.reader.requests)
        for request in self.reader.requests:
            own = strict.own_answer(request)
            if own:
                self.answers.append(own)
            elif request.whole:
                self.whole.append(request)
                self.answers.append(200)
            else:
                self.partial = request


class Judge:
    """Compares, as it comes, what upstream and the client get with the verdict."""

    def __init__(self):
        self.port = self.target = None
        self.accepted = self.refused = self.incomplete = 0

    def begins(self, case):
        case.verdict = Verdict(case.data)

    def may_end(self, case):
        verdict = case.verdict
        return not verdict.patient or final_responses(case.received) >= len(verdict.answers)

    def whole(self, case, request):
        verdict = case.verdict
        with told(case):
            assert verdict.arrived < len(verdict.whole), f"upstream got a whole message too many: {vars(request)}"
            wanted = verdict.whole[verdict.arrived]
            assert self._got(request) == self._wanted(wanted, case), "upstream got another message than the strict reader"
            assert request.body == wanted.body and request.trailers == strict.forwarded_trailers(wanted), \
                f"upstream got another body than the strict reader: {vars(request)}"
        verdict.arrived += 1

    def broken_off(self, case, request):
        partial = case.verdict.partial
        with told(case):
            assert partial and not case.verdict.partial_arrived, \
                f"upstream got a part of a message that is whole, or refused: {vars(request)}"
            assert self._got(request) == self._wanted(partial, case), "upstream got the head of another message"
            assert partial.body.startswith(request.body), f"upstream got another body than the strict reader: {vars(request)}"
        case.verdict.partial_arrived = True

    @staticmethod
    def _got(request):
        fields = [(name, strict.MADE if name == b"X-Request-Id" and UUID_V7.fullmatch(value) else value) for name, value in request.fields]
        return b"%s %s HTTP/1.1" % (request.method, request.target), fields

    def _wanted(self, request, case):
        return strict.forwarded_head(request, case.address.encode(), self.port, self.target)

    def ended(self, case):
        verdict = case.verdict
        with told(case):
            # Upstream answers, so what the client has got an answer to has arrived there before.
            assert verdict.arrived == len(verdict.whole), f"upstream got {verdict.arrived} of {len(verdict.whole)} messages"
            self._check_answers(case, verdict)
        return verdict.partial and not verdict.partial_arrived

    def _check_answers(self, case, verdict):
        """One answer for each request, then at most one refusal."""
        reader, answers = verdict.reader, verdict.answers
        found = statuses(bytes(case.received), [request.method for request in reader.requests])
        assert found[:len(answers)] == answers, f"answers {found}, wanted {answers}"
        rest = found[len(answers):]
        if reader.end == "clean":
            self.accepted += 1
            assert not rest, f"answers to nothing: {rest}"
        else:
            self.refused += reader.end == "refused"
            self.incomplete += reader.end == "incomplete"
            # A cut request may look wrong before it is seen to be cut.
            assert len(rest) <= 1 and all(400 <= status < 600 for status in rest), f"too many answers: {found}"
            last = reader.requests[-1] if reader.requests else None
            answered = last and not last.whole and strict.own_answer(last)  # before its body was seen to be broken
            assert rest or answered or reader.end == "incomplete", f"refused in silence ({reader.why})"


@contextlib.contextmanager
def told(case):
    """Which case it was."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f"{error}\ncase {case.number}, split at {len(case.pieces[0])}: {case.data!r:.3000}\n"
                             f"answered: {bytes(case.received)!r}") from None


@pytest.fixture
def arena(lab):
    judge = Judge()
    duel = Duel(judge)
    proxy = lab.proxy(http("/", duel.backend_port), settings={"access_log": "off"})
    judge.port, judge.target = proxy.port, b"127.0.0.1:%d" % duel.backend_port
    yield duel, proxy, judge
    duel.close()


def run(arena, cases):
    duel, proxy, _ = arena
    try:
        duel.run(proxy.port, cases)
    finally:
        proxy.check_alive()
    proxy.stop()
    duel.finish()


@pytest.mark.timeout(300 + COUNT // 500)
def test_random_requests(arena, record_property):
    random_ = random.Random(SEED)
    start = time.monotonic()
    run(arena, (random_case(random_, number) for number in range(COUNT)))
    judge = arena[2]
    figures = f"{COUNT} requests, seed {SEED}: {judge.accepted} accepted, {judge.refused} refused, {judge.incomplete} incomplete"
    figures += f", {time.monotonic() - start:.0f} s"
    print(figures)
    record_property("judged", figures)
    assert min(judge.accepted, judge.refused, judge.incomplete) > COUNT // 20, "the mutations are too wild or too tame"


def test_every_short_chunk_extension(arena):
    head = b"POST / HTTP/1.1\r\n" + H + C + b"\r\n1"
    extensions = [b"".join(bytes_) for count in range(5) for bytes_ in itertools.product((b";", b"=", b"a", b'"', b" ", b"\\"), repeat=count)]
    places = (b";%s", b";a%s", b";a=%s", b";a=b%s", b';a="%s"', b';a="\\%s"', b';a="b"%s')
    extensions += [place.replace(b"%s", bytes([byte])) for place in places for byte in range(256)]
    run(arena, (Case([head + extension + b"\r\nx\r\n0\r\n\r\n"]) for extension in extensions))


def test_chosen_requests_split_at_every_byte(arena):
    whole = [data + LAST for data in CHOSEN]
    step = 5 if SANITIZED else 1
    run(arena, (Case([data[:at], data[at:]], at) for data in whole for at in range(1, len(data) - len(LAST) + 1, step)))


def test_chosen_requests_byte_by_byte(arena):
    run(arena, (Case([data[at:at + 1] for at in range(len(data))]) for data in CHOSEN))


def test_packets_that_get_lost(arena):
    """What upstream gets only after it was sent again, long after the client has gone, is judged like all else."""
    random_ = random.Random(SEED)
    try:
        arena[0].lose_packets(30)
    except PermissionError:
        pytest.skip("only root may make a TCP connection lose packets on this kernel")
    run(arena, (random_case(random_, number) for number in range(COUNT // 10)))
