"""On a terminal: colour, local time, and what happens when the terminal goes away (BEHAVIOUR: Command line, Access log)."""
import os
import re
import select
import signal
import subprocess

import pytest
from harness import LIMIT, blackhole, free_port, http, ingress, refusing_port, tcp
from harness.proxy import READY, URL, Lines, control_terminal, environment
from harness.settings import BINARY


class Terminal:
    """The program on a pseudo terminal of its own, which controls it as a real one would."""

    def __init__(self, folder, config, args=(), env=None):
        (folder / "a.yaml").write_text(config)
        self.master, slave = os.openpty()
        self.process = subprocess.Popen(
            [str(BINARY), "--config", str(folder), *args], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env=environment({"TERM": "xterm", **(env or {})}), preexec_fn=control_terminal)
        os.close(slave)
        self.wake, self.wake_up = os.pipe()
        self.out = Lines(self._pieces())
        self.out.wait_for(READY)
        self.port = int(URL.search(re.sub(r"\x1b\[[0-9;]*m", "", self.out.text))[3])

    def _pieces(self):
        rest = b""
        while self.wake not in select.select([self.master, self.wake], [], [])[0]:
            try:
                piece = os.read(self.master, 65536)
            except OSError:  # the program has gone
                return
            *lines, rest = (rest + piece).split(b"\n")
            yield from (line.rstrip(b"\r") + b"\n" for line in lines)

    def hang_up(self):
        """The terminal goes away: nobody may be reading from it then."""
        if self.master is not None:
            os.write(self.wake_up, b"x")
            self.out.thread.join(LIMIT)
            for descriptor in (self.master, self.wake, self.wake_up):
                os.close(descriptor)
            self.master = None

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.hang_up()
        assert status == 0, self.out.text


@pytest.fixture
def terminal(lab, tmp_path):
    opened = []

    def start(**more):
        opened.append(Terminal(tmp_path, ingress(http("/", lab.backend().port)), **more))
        return opened[-1]
    yield start
    for each in opened:
        for client in lab.clients:
            client.reset()
        each.close()


def test_colour_and_local_time_on_a_terminal(lab, terminal):
    shown = terminal(env={"TZ": "TST-11:22"})
    assert lab.client(shown.port).get("/seen").status == 200
    line = shown.out.wait_for("/seen").string
    assert "\x1b[1mhttp://" in shown.out.text and "\x1b[32m200\x1b[0m" in line
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3} GET /seen 200 5B ", re.sub(r"\x1b\[[0-9;]*m", "", line)), ascii(line)


def test_what_has_no_end_is_told_when_it_begins(lab, tmp_path):
    """A tunnel, an event stream and a TCP session, each while it runs; elsewhere than on a terminal they are not."""
    def script(connection):
        request = connection.request()
        if request.get("Upgrade"):
            connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        else:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        connection.wait_end()
    port = free_port()
    config = ingress(http("/", lab.backend(script).port), tcp(lab.tcp_backend().port, listen=port))
    shown, proxy = Terminal(tmp_path, config, args=["--color=never"]), None
    try:
        clients = [lab.client(shown.port), lab.client(shown.port), lab.client(port)]
        clients[0].send(b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        shown.out.wait_for(r" GET :\d+/ws 101 test-ingress → \S+ — the tunnel begins$")
        clients[1].send(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        shown.out.wait_for(r" GET :\d+/events 200 test-ingress → \S+ — the event stream begins$")
        clients[2].send(b"x")
        shown.out.wait_for(rf" TCP :{port} test-ingress → \S+ — begins$")
    finally:
        for client in lab.clients:
            client.close()
        shown.close()
    (tmp_path / "a.yaml").unlink()
    proxy = lab.proxy(config=config)
    client = lab.client(proxy.urls[0][2])
    client.send(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    client.read_until(b"data: 1")
    client.close()
    proxy.stop()
    assert "begins" not in proxy.log.text


def test_which_targets_answer(lab, tmp_path):
    """Each is tried once behind the banner; one that is silent delays nothing, not even the end."""
    here, gone, silent = lab.backend(), lab.keep(refusing_port()).port, lab.keep(blackhole()).port
    config = ingress(http("/", [here.port, gone]), http("/twice", here.port), http("/silent", silent))
    shown = Terminal(tmp_path, config, args=["--color=never"])
    try:
        shown.out.wait_for(r"^liteginx \S+ ready in \d+ ms, Ctrl-C stops it$")
        shown.out.wait_for(rf"^✓ 127\.0\.0\.1:{here.port} answers$")
        shown.out.wait_for(rf"^✗ 127\.0\.0\.1:{gone} does not answer: connection refused$")
        assert shown.out.text.count("✓") == 1 and f":{silent} " not in shown.out.text.split("ready in")[1]
        assert lab.client(shown.port).get("/twice").status == 200
    finally:
        for client in lab.clients:
            client.close()
        shown.close()


def test_only_some_of_many_targets_are_tried(lab, tmp_path):
    backend = lab.backend()
    shown = Terminal(tmp_path, ingress(*(http(f"/{number}", [{"host": f"127.0.1.{number}", "port": backend.port}]) for number in range(1, 31))))
    try:
        shown.out.wait_for(r"^… 10 more targets are not tried$")
        shown.out.wait_for("✗", count=20)
    finally:
        shown.close()


def test_nobody_is_tried_without_a_terminal(lab):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port))
    assert lab.client(proxy).get("/").status == 200
    proxy.stop()
    assert len(backend.connections) == 1 and "✓" not in proxy.err.text


@pytest.mark.parametrize("more", [{"env": {"NO_COLOR": "1"}}, {"args": ["--color=never"]}, {"env": {"TERM": "dumb"}}])
def test_no_colour_where_it_is_not_wanted(lab, terminal, more):
    shown = terminal(**more)
    assert lab.client(shown.port).get("/seen").status == 200
    shown.out.wait_for("/seen")
    assert "\x1b" not in shown.out.text


def test_colour_by_force(lab):
    proxy = lab.proxy(http("/", lab.backend().port), args=["--color=always"], env={"NO_COLOR": "1"})
    assert "\x1b[" in proxy.err.text


def test_interrupt_key_stops_it(terminal):
    shown = terminal()
    os.write(shown.master, b"\x03")
    assert shown.process.wait(LIMIT) == 0


def test_terminal_that_goes_away_stops_it(lab, terminal):
    """SIGHUP without a terminal is not a wish to reload."""
    shown = terminal()
    client = lab.client(shown.port)
    assert client.get("/").status == 200
    shown.hang_up()
    assert shown.process.wait(LIMIT) == 0
    client.expect_closed()
