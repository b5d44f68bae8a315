"""The example everyone starts with lives on fixed ports: one test at a time may have them, on the whole machine."""
import contextlib
import fcntl
import os
import pathlib
import subprocess
import tempfile
import threading
import time

from .backend import _bound
from .proxy import Lines
from .settings import LIMIT

EXAMPLE_PORTS = (3000, 4000, 4001, 5000)


@contextlib.contextmanager
def example_ports(wait_s=60):
    """Holds the example's ports: a lock among tests, then a wait until nobody else has them either."""
    path = pathlib.Path(tempfile.gettempdir()) / f"liteginx-example-ports-{os.getuid()}.lock"
    with open(path, "w", encoding="ascii") as lock:
        deadline = time.monotonic() + wait_s
        pause = threading.Event()
        while True:  # not a blocking flock: the test's own time limit should find us in Python
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for port in EXAMPLE_PORTS:
                    for host in ("127.0.0.1", "::1"):
                        _bound(host, port).close()
                break
            except OSError as error:
                assert time.monotonic() < deadline, f"the ports {EXAMPLE_PORTS} do not become free: {error}"
                pause.wait(0.1)
        yield


class Process:
    """Another program that a test needs (an upstream): started, waited for by a line, ended."""

    def __init__(self, command, ready, cwd=None, env=None, timeout=LIMIT):
        self.process = subprocess.Popen([str(word) for word in command], cwd=cwd, env={**os.environ, **(env or {})},
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.out = Lines(self.process.stdout)
        try:
            self.out.wait_for(ready, timeout=timeout)
        except BaseException:
            self.close()
            raise

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(LIMIT)
