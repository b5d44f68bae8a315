"""The end of a session on Windows: requests in flight may end within what the system grants. To be run alone: everything that
runs in this wine prefix is told to end."""
import subprocess
import threading
import time

from harness import LIMIT, http
from harness.settings import ROOT

WINE = ROOT / "tests" / "wine" / "wine.sh"


def log_off():
    return subprocess.Popen([WINE, "wineboot", "--end-session"], stdin=subprocess.DEVNULL)


def test_requests_in_flight_may_end(lab):
    release = threading.Event()

    def late(connection):
        connection.request()
        release.wait(LIMIT)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate")

    backend = lab.backend(late)
    # Under wine a console goes first, and takes its programs along.
    proxy = lab.proxy(http("/", backend.port), env={"LITEGINX_NO_CONSOLE": "1"})
    client = lab.client(proxy)
    client.send(b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
    backend.wait_requests()
    ending, deadline = log_off(), time.monotonic() + LIMIT
    while "stopping: 1 open connection may end within 4 s" not in proxy.err.text:
        # Until the program has its window wine finds nobody to tell, and has done at once.
        if ending.poll() is not None:
            ending = log_off()
        assert time.monotonic() < deadline, proxy.err.text
        time.sleep(0.05)
    release.set()
    assert client.response().text == "late"
    assert proxy.wait_exit() == 0
    ending.wait(LIMIT * 3)
