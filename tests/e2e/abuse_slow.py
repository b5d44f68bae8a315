"""Thousands of slow clients at once: others are served as before, each costs little, each is ended by its deadline (issue
3, section 3). They live in processes of their own: harness/crowd.py.

LITEGINX_ABUSE_CLIENTS: how many (default: 5000, readers 1000; fewer where descriptors are short), LITEGINX_ABUSE_RUNS: how
many crowds are compared (default: one, looked at five times).
"""
import contextlib
import json
import os
import pathlib
import resource
import socket
import statistics
import subprocess
import sys
import time

import pytest
from harness import LIMIT, SANITIZED, http, quiet

CROWD = pathlib.Path(__file__).parent / "harness" / "crowd.py"
DESCRIPTORS = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
ASKED = int(os.environ.get("LITEGINX_ABUSE_CLIENTS") or 0)
COUNT = min(ASKED or (500 if SANITIZED else 5000), (DESCRIPTORS - 200) // 2)
READERS = COUNT if ASKED else min(COUNT, 1000)
RUNS = int(os.environ.get("LITEGINX_ABUSE_RUNS") or 1)
REQUESTS, LOOKS = 200, 5
HEADER_TIMEOUT_S, IDLE_S, LATE_S = 6, 1, 3 if SANITIZED else 2
PROBES_S = 4  # what a reader took last is seen only when its deadline is looked at, or when the system probes its window
POOLED = 8  # idle upstream connections: more than these few may be left of nothing
LINGER_S = 2  # how long a client may take to read its last answer
REQUEST = b"GET /small HTTP/1.1\r\nHost: t.localhost\r\n\r\n"
pytestmark = pytest.mark.timeout(60 + 60 * RUNS)


class Program:
    """One of crowd.py's programs."""

    def __init__(self, *args):
        self.process = subprocess.Popen([sys.executable, "-B", str(CROWD), *map(str, args)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self):
        line = self.process.stdout.readline()
        assert line, "crowd.py has ended"
        return line.strip()

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
        proxy = lab.proxy(http("/small", port[1]), http("/", port[0], timeouts={"idle": f"{IDLE_S}s"}), stdout=subprocess.DEVNULL,
                          settings={"header_timeout": f"{HEADER_TIMEOUT_S}s", "access_log": "off"})
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


def wait_sockets(proxy, reached, seconds):
    """Waits until `reached(count)`; returns when it was."""
    deadline = time.monotonic() + seconds
    while not reached(sockets(proxy)):
        assert time.monotonic() < deadline, f"still {sockets(proxy)} sockets"
        time.sleep(0.02)
    return time.monotonic()


class Figures:
    """Of all crowds of a test."""

    def __init__(self, proxy, count):
        self.count, self.before_kib = count, proxy.resident_kib()
        self.without_ms, self.with_ms, self.bytes_each = [], [], []

    def judge(self, limit_kib, record):
        pairs = list(zip(self.without_ms, self.with_ms))
        ratio = statistics.median(loaded / alone for alone, loaded in pairs)
        loaded_ms = statistics.median(self.with_ms)
        each = max(self.bytes_each)
        figures = (f"{self.count} clients: p99 {statistics.median(self.without_ms):.2f} ms without, {loaded_ms:.2f} ms with them, "
                   f"{each / 1024:.1f} KiB each")
        record("figures", figures)
        print(figures)
        assert SANITIZED or ratio <= 3 or loaded_ms < 20, f"the others wait: {pairs}"
        assert SANITIZED or each <= limit_kib * 1024, figures


class TooSlow(Exception):
    """The crowd itself was: what was seen says nothing about the proxy."""


def crowd(proxy, kind, figures, **more):
    for _ in range(2):
        with contextlib.suppress(TooSlow):
            return one_crowd(proxy, kind, figures, **more)
    return one_crowd(proxy, kind, figures, **more)


def one_crowd(proxy, kind, figures, per_client, deadline_s, since_assembly, more_s=0):
    """One crowd from beginning to end; returns how its connections ended. `more_s`: how much later than at the deadline they
    may be gone."""
    base = quiet(lambda: sockets(proxy))
    without_ms = [latency_ms(proxy) for _ in range(LOOKS)]
    begun = time.monotonic()
    with program(kind, proxy.port, figures.count) as slow:
        assert slow.read() == "up"
        up = time.monotonic()
        with_ms = [latency_ms(proxy) for _ in range(LOOKS)]
        bytes_each = (proxy.resident_kib() - figures.before_kib) * 1024 / figures.count
        whole = sockets(proxy) >= base + per_client * figures.count
        slow.tell()
        at_rest = time.monotonic()
        full = base + per_client * figures.count
        first = wait_sockets(proxy, lambda count: count < full - 2, deadline_s + LATE_S)
        last = wait_sockets(proxy, lambda count: count <= base + POOLED, deadline_s + more_s + LATE_S)
        slow.tell()
        told = json.loads(slow.read())
    earliest, latest = (begun, up) if since_assembly else (at_rest - told["gap_s"], at_rest)
    if told["gap_s"] > IDLE_S * 0.8 or at_rest - begun > HEADER_TIMEOUT_S * 0.9:
        raise TooSlow
    assert whole, "some were ended before their time"
    assert first >= earliest + deadline_s - 0.1, f"ended {first - earliest:.1f} s after they came, {deadline_s} s are theirs"
    assert last <= latest + deadline_s + more_s + LATE_S, f"ended {last - latest:.1f} s after they came, {deadline_s} s are theirs"
    figures.without_ms += without_ms
    figures.with_ms += with_ms
    figures.bytes_each.append(bytes_each)
    return told["ends"]


@pytest.mark.parametrize("kind, limit_kib", [("silent", 8), ("head", 8)])
def test_slow_heads_end_by_header_timeout(site, kind, limit_kib, record_property):
    """Connections without a byte are closed in silence, half a head gets a 408."""
    figures = Figures(site, COUNT)
    for _ in range(RUNS):
        more_s = LINGER_S if kind == "head" else 0
        ends = crowd(site, kind, figures, per_client=1, deadline_s=HEADER_TIMEOUT_S, since_assembly=True, more_s=more_s)
        assert ends == {"nothing, closed" if kind == "silent" else "408, closed": figures.count}
        latency_ms(site)
    figures.judge(limit_kib, record_property)


@pytest.mark.parametrize("kind, limit_kib", [("body", 24), ("reader", 512)])
def test_slow_bodies_end_when_idle(site, kind, limit_kib, record_property):
    figures = Figures(site, READERS if kind == "reader" else COUNT)
    for _ in range(RUNS):
        more_s = LINGER_S if kind == "body" else PROBES_S
        ends = crowd(site, kind, figures, per_client=2, deadline_s=IDLE_S, since_assembly=False, more_s=more_s)
        assert ends and not any(end.endswith("open") for end in ends), ends
        latency_ms(site)
    figures.judge(limit_kib, record_property)
