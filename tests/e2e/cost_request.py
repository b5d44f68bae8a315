"""What one more request costs on a warm connection: system calls and allocations, counted. It must not grow unnoticed
(docs/PERFORMANCE.md; instructions and time are measured there, they differ from machine to machine)."""
import collections
import re
import shutil
import signal
import subprocess

import pytest
from harness import LIMIT, SANITIZED, Allocations, http, quiet, tcp

pytestmark = pytest.mark.skipif(SANITIZED, reason="sanitizers allocate and call for themselves")

REQUESTS = 1000
# The wheel of deadlines turns now and then, also while nothing is due.
BY_THE_WAY = REQUESTS // 50
CALL = re.compile(r"^(?:\d+ +)?(\w+)\(", re.M)
ALIKE = {"recvfrom": "read", "recvmsg": "read", "readv": "read", "sendto": "write", "sendmsg": "write", "writev": "write",
         "epoll_pwait": "epoll_wait", "epoll_pwait2": "epoll_wait"}
# Read and written once on either side; the loop is asked what is next before each of the two reads.
GOAL = {"read": 2, "write": 2, "epoll_wait": 2}
# What may not be repeated is not sent into a connection that has ended in this very turn: it is looked at first.
LOOK = {"POST": {"look": 1}, "chunked POST": {"look": 1}}

GET = b"GET /one?x=1 HTTP/1.1\r\nHost: test.localhost\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n"
POST = b"POST /one HTTP/1.1\r\nHost: test.localhost\r\nContent-Length: 200\r\n\r\n" + b"x" * 200
CHUNKS = (b"POST /one HTTP/1.1\r\nHost: test.localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
          b"64\r\n" + b"x" * 100 + b"\r\n64\r\n" + b"y" * 100 + b"\r\n0\r\n\r\n")
REWRITTEN = GET.replace(b"/one?", b"/two/a/b?")


def _served(lab, kind, **more):
    """A warm connection, as a function that does one round trip on it."""
    settings = {"access_log": more.pop("access_log", "off")}
    if kind == "tcp":
        proxy = lab.proxy(tcp(lab.tcp_backend().port), settings=settings, workers=1, **more)
        client = lab.client(proxy)
        return proxy, lambda: (client.send(b"x"), client.read_exact(1))
    backend = lab.backend()
    proxy = lab.proxy(http("/one", backend.port), http("/two", backend.port, rewrite="/"), settings=settings, workers=1,
                      **more)
    client = lab.client(proxy)
    request = {"GET": GET, "rewritten GET": REWRITTEN, "POST": POST, "chunked POST": CHUNKS}[kind]

    def ask():
        client.send(request)
        assert client.response().status == 200
    return proxy, ask


def _times(count, ask):
    for _ in range(count):
        ask()


KINDS = ["GET", "rewritten GET", "POST", "chunked POST", "tcp"]


@pytest.mark.skipif(not shutil.which("strace"), reason="there is no strace")
@pytest.mark.parametrize("kind", KINDS)
def test_system_calls_of_one_more_request(lab, kind):
    proxy, ask = _served(lab, kind)
    _times(20, ask)
    calls = _traced(lab.folder / "calls", proxy, lambda: _times(REQUESTS, ask))
    for name, goal in {**GOAL, **LOOK.get(kind, {})}.items():
        assert abs(calls[name] - goal * REQUESTS) <= BY_THE_WAY, calls
        del calls[name]
    assert sum(calls.values()) <= BY_THE_WAY, calls


def _traced(path, proxy, run):
    """Counts of the calls that all threads make meanwhile, by name."""
    strace = subprocess.Popen(["strace", "-f", "-e", "signal=none", "-o", str(path), "-p", str(proxy.pid)],
                              stderr=subprocess.PIPE, text=True)
    try:
        said = strace.stderr.readline()
        if "attached" not in said:
            pytest.skip(f"strace may not: {said.strip()}")
        run()
        quiet(lambda: path.stat().st_size, 0.2, LIMIT)
    finally:
        strace.send_signal(signal.SIGINT)
        strace.communicate(timeout=LIMIT)
    return collections.Counter("look" if "MSG_PEEK" in line else ALIKE.get(name, name)
                               for line in path.read_text().splitlines() for name in CALL.findall(line))


@pytest.mark.skipif(not Allocations.exist, reason="this build has no counter of allocations")
@pytest.mark.parametrize("kind, log", [(kind, "off") for kind in KINDS] +
                         [("GET", "text"), ("GET", "json"), ("tcp", "text")])
def test_nothing_is_allocated_for_one_more_request(lab, kind, log):
    counter = Allocations(lab.folder)
    proxy, ask = _served(lab, kind, access_log=log, env=counter.env)
    assert counter.asked > 0
    _times(20, ask)
    before = counter.asked
    _times(REQUESTS, ask)
    assert counter.asked == before
