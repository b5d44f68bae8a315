"""Output that cannot be written: a full disk, a closed stdout or stderr, a reader that is gone, a terminal that went away
with a request in flight. Traffic goes on, no processor time is burnt, and the program stops as it should."""
import os
import signal
import subprocess
import threading
import time

import pytest
from harness import LIMIT, Proxy, http, ingress
from harness.proxy import READY, URL, Lines, control_terminal, environment
from harness.settings import BINARY

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
IDLE_MS = 20  # of processor time in a second without work


def idles(proxy, seconds=1.0):
    """Burns next to nothing while nothing happens. (A measurement: it takes its time.)"""
    before = proxy.cpu_ms()
    time.sleep(seconds)
    burnt = proxy.cpu_ms() - before
    assert burnt < IDLE_MS * seconds, f"{burnt:.1f} ms in {seconds} s"


def works(lab, proxy, requests=50):
    client = lab.client(proxy.port)
    assert [client.get("/" + "x" * 500).status for _ in range(requests)] == [200] * requests
    client.close()


def test_full_disk_behind_stdout(lab):
    with open("/dev/full", "wb") as full:
        proxy = lab.proxy(http("/", lab.backend(reply=OK).port), stdout=full)
    works(lab, proxy)
    proxy.err.wait_for("no space left on device")
    idles(proxy)
    works(lab, proxy)
    proxy.stop()
    assert len([line for line in proxy.err.lines if "no space left" in line]) == 1, "said once, not for each line"


@pytest.mark.parametrize("closed", ["stdout", "stderr", "stdin", "all"])
def test_closed_from_the_start(lab, tmp_path, closed):
    """As `liteginx >&-`: what the program opens must not land in the place of a stream."""
    redirect = {"stdout": ">&-", "stderr": "2>&-", "stdin": "<&-", "all": "<&- >&- 2>&-"}[closed]
    port_backend, held = lab.backend(reply=OK), lab.proxy(http("/", lab.backend().port))
    port = held.port
    held.stop()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.yaml").write_text(ingress(http("/", port_backend.port, listen=port)))
    process = subprocess.Popen(["sh", "-c", f'exec "$0" --config "$1" {redirect}', BINARY, tmp_path / "own"],
                               env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                client = lab.client(port)
                break
            except ConnectionRefusedError:
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.005)
        assert [client.get("/").status for _ in range(20)] == [200] * 20
        client.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT) == 0
    finally:
        process.kill()
        process.wait()


def test_reader_of_both_streams_is_gone(lab, tmp_path):
    reader, writer = os.pipe()
    proxy = lab.proxy(http("/", lab.backend(reply=OK).port), stdout=writer)
    os.close(writer)
    os.close(reader)
    works(lab, proxy)
    idles(proxy)
    works(lab, proxy)


def test_pipe_that_nobody_reads(lab):
    reader, writer = os.pipe()
    try:
        proxy = lab.proxy(http("/", lab.backend(reply=OK).port), stdout=writer)
        os.close(writer)
        works(lab, proxy, 400)  # 200 KB: more than it holds
        idles(proxy)
        started = time.monotonic()
        proxy.stop()
        assert time.monotonic() - started < 8
    finally:
        os.close(reader)


class Terminal:
    """The program on a pseudo terminal that controls it; `hang_up` takes it away."""

    def __init__(self, lab, folder, **spec):
        (folder / "a.yaml").write_text(ingress(http("/", **spec)))
        self.master, slave = os.openpty()
        read, write = os.pipe()
        self.process = subprocess.Popen(
            [BINARY, "--config", folder], stdin=slave, stdout=slave, stderr=write, start_new_session=True,
            env=environment({"TERM": "xterm"}), preexec_fn=control_terminal)
        os.close(slave)
        os.close(write)
        self.err = Lines(os.fdopen(read, "rb"))
        self.err.wait_for(READY)
        self.port = int(URL.search(self.err.text)[3])
        self.pid = self.process.pid

    cpu_ms = Proxy.cpu_ms

    def hang_up(self):
        os.close(self.master)
        self.master = None

    def close(self):
        if self.master is not None:
            self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(LIMIT)


@pytest.fixture
def terminal(lab, tmp_path):
    opened = []

    def start(**spec):
        opened.append(Terminal(lab, tmp_path, **spec))
        return opened[-1]
    yield start
    for each in opened:
        each.close()


def test_terminal_goes_away_with_a_request_in_flight(lab, terminal):
    """It drains: the request ends, meanwhile no processor time is burnt on a terminal that is gone, then all is over."""
    go = threading.Event()

    def reply(request):
        assert go.wait(LIMIT)
        return OK
    backend = lab.backend(reply=reply)
    shown = terminal(to=backend.port)
    client = lab.client(shown.port)
    client.send(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    backend.wait_requests(1)
    shown.hang_up()
    shown.err.wait_for("stopping")
    idles(shown)
    go.set()
    assert client.response().text == "ok"
    client.expect_end()
    client.close()
    assert shown.process.wait(LIMIT) == 0
    assert lab.proxy(http("/", backend.port, listen=shown.port)).port == shown.port
