"""Thousands of slow clients at once: others are served as before, each costs little, each is ended by its deadline
(issue 3, section 3). They live in processes of their own: harness/crowd.py.

LITEGINX_ABUSE_CLIENTS: how many of each kind at once (default: 5000; fewer where descriptors are short),
LITEGINX_ABUSE_RUNS: how many crowds of each kind come one after the other (default: 5).
"""
import contextlib
import json
import os
import pathlib
import select
import socket
import statistics
import subprocess
import sys
import time

import pytest
from harness import DESCRIPTORS, LIMIT, SANITIZED, http, quiet

CROWD = pathlib.Path(__file__).parent / "harness" / "crowd.py"
COUNT = min(int(os.environ.get("LITEGINX_ABUSE_CLIENTS") or (500 if SANITIZED else 5000)), (DESCRIPTORS - 200) // 2)
RUNS = int(os.environ.get("LITEGINX_ABUSE_RUNS") or (1 if SANITIZED else 5))
REQUESTS = 1000
HEADER_TIMEOUT_S, IDLE_S, LATE_S = 3, 1, 3 if SANITIZED else 1
EARLY_S = 0.1  # it looks at the clock once a turn, which with thousands of events takes its time
GAPS = 3  # how many of its own longest gaps the crowd forgives: of a quiet machine they are milliseconds
TRIES = 3
POOLED = 8  # idle upstream connections: more than these few may be left of nothing
REQUEST = b"GET /small HTTP/1.1\r\nHost: t.localhost\r\n\r\n"
pytestmark = pytest.mark.timeout(300 + 60 * RUNS)


class Program:
    """One of crowd.py's programs."""

    def __init__(self, *args):
        self.process = subprocess.Popen([sys.executable, "-B", str(CROWD), *map(str, args)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self):
        line = self.process.stdout.readline()
        assert line, "crowd.py has ended"
        return line.strip()

    def speaks_within(self, seconds):
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def tell(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def close(self):
        self.process.kill()
        self.process.wait(LIMIT)
        self.process.stdin.close()
        self.process.stdout.close()


@contextlib.contextmanager
def program(*args):
    made = Program(*args)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def site(lab):
    """A proxy with a backend for the slow ones and one for the others."""
    with program("sink") as slow, program("sink") as small:
        port = [int(each.read().split()[1]) for each in (slow, small)]
        specs = http("/small", port[1]), http("/", port[0], timeouts={"idle": f"{IDLE_S}s"})
        settings = {"header_timeout": f"{HEADER_TIMEOUT_S}s", "access_log": "off"}
        proxy = lab.proxy(*specs, settings=settings, stdout=subprocess.DEVNULL)
        for _ in range(3):
            latency_ms(proxy)
        yield proxy


def latency_ms(proxy):
    """The 99th percentile of one client's requests, one after the other."""
    took = []
    with socket.create_connection(("127.0.0.1", proxy.port), LIMIT) as sock:
        for _ in range(REQUESTS):
            begun = time.perf_counter()
            sock.sendall(REQUEST)
            answer = sock.recv(4096)
            took.append((time.perf_counter() - begun) * 1000)
            assert answer.endswith(b"\r\n\r\nok")
    return sorted(took)[REQUESTS * 99 // 100 - 1]


def sockets(proxy):
    return proxy.descriptors().count("socket")


def wait_until(reached):
    deadline = time.monotonic() + LIMIT
    while not (done := reached()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return done


class Figures:
    """Of all crowds of a test."""

    def __init__(self, proxy):
        self.proxy, self.before_kib, self.rows = proxy, proxy.resident_kib(), []

    def each_kib(self):
        return (self.proxy.resident_kib() - self.before_kib) / COUNT

    def judge(self, limit_kib, record):
        alone_ms, beside_ms, each_kib, first_s, last_s = zip(*self.rows)
        ratio = statistics.median(beside / alone for alone, beside in zip(alone_ms, beside_ms))
        figures = (f"{COUNT} clients, {len(self.rows)} times: p99 {statistics.median(alone_ms):.2f} ms without, "
                   f"{statistics.median(beside_ms):.2f} ms beside them (x{ratio:.1f}; worst {max(beside_ms):.2f} ms), "
                   f"{max(each_kib):.1f} KiB each, ended {min(first_s):.2f} to {max(last_s):.2f} s after the last move")
        record("figures", figures)
        print(figures)
        assert SANITIZED or ratio <= 3 or statistics.median(beside_ms) < 20, figures
        assert SANITIZED or max(each_kib) <= limit_kib, figures


class TooSlow(Exception):
    """The crowd itself was, and some ran into their deadline meanwhile: that says nothing about the proxy."""


def crowds(proxy, kind, figures, per_client, deadline_s):
    """RUNS crowds, each from beginning to end; yields how the connections of each ended."""
    for _ in range(RUNS):
        for tries_left in reversed(range(TRIES)):
            try:
                yield crowd(proxy, kind, figures, per_client, deadline_s)
                break
            except TooSlow:
                assert tries_left, f"in {TRIES} tries this machine could not keep so many clients busy"
        latency_ms(proxy)


def crowd(proxy, kind, figures, per_client, deadline_s):
    # Whether a reader takes what the system holds for it shows only at a look, one in each quarter.
    latest_s = deadline_s * (1.25 if kind == "reader" else 1) + LATE_S
    base = quiet(lambda: sockets(proxy))
    alone_ms = latency_ms(proxy)
    begun = time.monotonic()
    with program(kind, proxy.port, COUNT) as slow:
        assert slow.read() == "up"
        beside_ms = latency_ms(proxy)
        each_kib = figures.each_kib()
        held = sockets(proxy)
        assembled_s = time.monotonic() - begun
        slow.tell()
        if not slow.speaks_within(latest_s + LIMIT):
            slow.tell()
        told = json.loads(slow.read())
    whole = held >= base + per_client * COUNT and told["first_s"] >= deadline_s - EARLY_S
    slowest_s = told["gap_s"] if deadline_s == IDLE_S else assembled_s
    if not whole and slowest_s > deadline_s * 0.8:
        raise TooSlow
    assert whole, f"some were ended before their time, {held} of {base + per_client * COUNT} sockets: {told}"
    # Where the machine did not come round to the crowd itself for a while, it did not come round to the proxy either.
    assert told["last_s"] <= latest_s + GAPS * told["gap_s"], told
    assert wait_until(lambda: sockets(proxy) <= base + POOLED), f"{sockets(proxy)} sockets are left, {base} were there"
    figures.rows.append((alone_ms, beside_ms, each_kib, told["first_s"], told["last_s"]))
    return told["ends"]


@pytest.mark.parametrize("kind, limit_kib, end", [("silent", 8, "closed"), ("head", 8, "408, closed")])
def test_slow_heads_end_by_header_timeout(site, kind, limit_kib, end, record_property):
    """Connections without a byte are closed in silence, half a head gets a 408."""
    figures = Figures(site)
    for ends in crowds(site, kind, figures, per_client=1, deadline_s=HEADER_TIMEOUT_S):
        assert ends == {end: COUNT}
    figures.judge(limit_kib, record_property)


@pytest.mark.parametrize("kind, limit_kib, end", [("body", 24, "408, closed"), ("reader", 512, "200, reset")])
def test_slow_bodies_and_readers_end_when_idle(site, kind, limit_kib, end, record_property):
    """What a reader does not take is taken back: it sees a reset."""
    figures = Figures(site)
    for ends in crowds(site, kind, figures, per_client=2, deadline_s=IDLE_S):
        assert ends == {end: COUNT}
    figures.judge(limit_kib, record_property)
