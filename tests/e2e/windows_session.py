"""The end of a session on Windows: requests in flight may end within what the system grants. To be run alone: all liteginx in this
wine prefix are told to end."""
import os
import subprocess
import threading

from harness import LIMIT, http
from harness.settings import ROOT

WINE = ROOT / "tests" / "wine" / "wine.sh"


class LoggingOff:
    """Whatever of ours runs is told once; the program under test once it has its window (tests/wine/log_off.c)."""

    def __init__(self):
        program = os.path.join(os.environ["LITEGINX_WINE"], "tests", "wine", "log_off.exe")
        self.process = subprocess.Popen([WINE, program], stdin=subprocess.DEVNULL)

    def close(self):
        self.process.kill()
        self.process.wait()


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
    lab.keep(LoggingOff())
    proxy.err.wait_for("stopping: 1 open connection may end within 4 s")
    release.set()
    assert client.response().text == "late"
    assert proxy.wait_exit() == 0
