"""Random requests as they should be, whose upstream says too much, too early or nothing, and some of whose clients leave:
everybody gets the own answer and nobody else's, and uploads arrive (BEHAVIOUR: Bodies, Reuse of upstream connections, Clients
that left, Retry). What is judged, and how, is told in harness/rude.py; this file says what is asked, how often.

LITEGINX_ABUSE_REQUESTS: how many (default 20000), LITEGINX_ABUSE_SEED: another sequence.
"""
import os
import random
import sys
import time

import pytest
from harness import SANITIZED, http
from harness.rude import Case, Piece, Rude
from harness.rude_plan import CERTAIN, FILLING, LATE, Plan, Request

COUNT = int(os.environ.get("LITEGINX_ABUSE_REQUESTS") or (5000 if SANITIZED else 20000))
SEED = int(os.environ.get("LITEGINX_ABUSE_SEED") or 1)

# One of 1,000, each as often as its number says.
SIZES = [size for sizes, times in [((0, 1, 5), 140), ((4095, 4096, 4097), 80), ((FILLING, 16383, 16384, 16385), 45),
                                   ((65535, 65536, 65537), 14), ((262143, 262144, 262145), 5)] for size in sizes * times]
SIZES += [7] * (1000 - len(SIZES) - 3) + [1 << 20] * 3
LONGEST_UPLOAD = 700000  # what nobody wants is read on up to 1 MiB only
METHODS = [b"GET"] * 45 + [b"HEAD"] * 8 + [b"POST"] * 30 + [b"PUT"] * 17
FRAMINGS = [b"length"] * 50 + [b"chunked"] * 32 + [b"end"] * 8 + [b"none"] * 6 + [b"same"] * 4
SURPLUS = [b"no"] * 76 + [b"evil"] * 6 + [b"text", b"line", b"half"] * 2 + [b"late-text", b"late-line", b"late-408", b"late-end"] * 3
MANNERS = [b"plain"] * 92 + [b"close"] * 4 + [b"drop"] * 3 + [b"cut"]
UPLOAD_MANNERS = [b"early"] * 20 + [b"early-close"] * 4 + MANNERS
PARTINGS = ["close"] * 40 + ["end"] * 35 + ["half"] * 8 + ["stray"] * 7 + ["leave"] * 5 + ["reset"] * 5
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what of a connection has arrived")


class Maker:
    """Makes cases, one after the other, out of one sequence of random numbers."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.number = 0

    def cases(self, count):
        number = 0
        while self.number < count:
            number += 1
            yield self.case(number)

    def one_of(self, choices):
        return choices[int(self.random.random() * len(choices))]

    def below(self, limit):
        return int(self.random.random() * limit)

    def plan(self, method):
        framing, manner = self.one_of(FRAMINGS), self.one_of(MANNERS if method in (b"GET", b"HEAD") else UPLOAD_MANNERS)
        if method == b"HEAD" and framing == b"end":
            framing = b"length"
        certain = framing != b"end" and manner in (b"plain", b"early")
        return Plan(framing, self.one_of(SIZES), self.one_of(SURPLUS) if certain else b"no", manner,
                    max(0, self.below(14) - 11), 1 + self.below(3))

    def request(self, last):
        method = self.one_of(METHODS)
        plan = self.plan(method)
        self.number += 1
        close = self.below(100) < (15 if last else 1)
        if method in (b"GET", b"HEAD"):
            return Request(self.number, method, 0, None, plan, close)
        upload = self.one_of(SIZES) if self.below(50) else self.below(300000)
        return Request(self.number, method, min(upload, LONGEST_UPLOAD), self.below(2) == 1, plan, close)

    def case(self, number):
        count, parting = 1 + self.below(4), self.one_of(PARTINGS)
        requests = [self.request(index + 1 == count) for index in range(count)]
        last, sip = requests[-1], self.one_of([262144] * 8 + [16384, 4096])
        if parting == "stray":
            last.close, last.plan = True, last.plan._replace(size=self.one_of((5, 4096, 65536, 262144)))
        pieces = self.pieces(requests)
        if parting == "stray":
            pieces.append(Piece(b"\r\n", 0, 1 + self.below(6)))
        deaf = count == 1 and all(piece.answers == 0 for piece in pieces) and self.below(2) == 1
        return Case(number, requests, pieces, parting, self.below(40), sip, deaf)

    def pieces(self, requests):
        """In one write, in two, or each request when the one before is answered; the body of one that is answered early comes
        in several, the last of them perhaps behind the whole answer."""
        way, answers, pieces = self.one_of("111122233"), 0, []
        for index, request in enumerate(requests):
            head, body = request.data()
            if way == "3":
                answers = index
            if request.early and len(body) > 1:
                first, second = sorted((self.below(len(body)), self.below(len(body))))
                self.add(pieces, head + body[:first], answers)
                self.add(pieces, body[first:second], answers, True)
                answers += self.below(2) * (index + 1 - answers)
                self.add(pieces, body[second:], answers, True)
            else:
                self.add(pieces, head + body, answers)
        if way == "2":
            self.split(pieces)
        return pieces

    def add(self, pieces, data, answers, apart=False):
        if pieces and pieces[-1].answers == answers and not apart:
            pieces[-1] = Piece(pieces[-1].data + data, *pieces[-1][1:])
        elif data:
            pieces.append(Piece(data, answers, 1 + self.below(8)))

    def split(self, pieces):
        at = self.below(len(pieces))
        data, answers, turns = pieces[at]
        cut = self.below(len(data))
        if cut:
            pieces[at:at + 1] = [Piece(data[:cut], answers, turns), Piece(data[cut:], answers, 1 + self.below(8))]


@pytest.fixture
def rude():
    made = Rude()
    yield made
    made.close()


def run(lab, rude, count, seed, workers=None):
    """Returns what was seen."""
    proxy = lab.proxy(http("/", rude.port), settings={"access_log": "off"}, workers=workers)
    start = time.monotonic()
    try:
        rude.run(proxy.port, Maker(seed).cases(count))
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, {error}") from None
    finally:
        proxy.check_alive()
    proxy.stop()
    rude.finish()
    rude.seen["seconds"] = round(time.monotonic() - start)
    return rude.seen


def check_wild(seen):
    """Each kind of event is there often enough for the test to mean something; and what cannot be judged is rare."""
    requests = seen["requests"]
    for one_in, names in {3: ["arrivals", "answers", "reused"], 100: ["early"], 200: ["stray", "leave", "reset", "evil"],
                          400: [kind.decode() for kind in CERTAIN], 1000: ["dropped"], 2000: [kind.decode() for kind in LATE]}.items():
        for name in names:
            assert seen[name] > requests // one_in, f"only {seen[name]} times {name}: {dict(seen)}"
    assert seen["crossed"] < requests // 100, f"too much crosses: {dict(seen)}"
    assert seen["given up"] < requests // 100, f"too many uploads came too late: {dict(seen)}"


def report(seen, record_property):
    figures = ", ".join(f"{seen[name]} {name}" for name in sorted(seen))
    print(figures)
    record_property("seen", figures)


@pytest.mark.timeout(300 + COUNT // 500)
def test_everybody_gets_the_own_answer(lab, rude, record_property):
    seen = run(lab, rude, COUNT, SEED)
    report(seen, record_property)
    check_wild(seen)


@pytest.mark.timeout(300 + COUNT // 5000)
def test_everybody_gets_the_own_answer_from_two_workers(lab, rude, record_property):
    seen = run(lab, rude, COUNT // 5, SEED + 1000, workers=2)
    report(seen, record_property)
    check_wild(seen)
