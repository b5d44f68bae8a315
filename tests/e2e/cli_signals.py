"""How it stops: drain, the second signal, SIGHUP (BEHAVIOUR: Command line)."""
import os
import signal
import threading
import time

import pytest
from harness import LIMIT, free_port, http, tcp
from harness.settings import STANDS_IN

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ASK = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"


def slow(lab):
    """A backend that answers when it is told to."""
    go = threading.Event()

    def reply(request):
        assert go.wait(LIMIT)
        return OK
    return lab.backend(reply=reply), go


def wait_refused(lab, port):
    """Until the listener is closed: that is the first thing a drain does."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        try:
            lab.client(port).close()
        except ConnectionRefusedError:
            return
        except OSError:
            pass
        time.sleep(0.01)  # asking without pause would itself be the load that keeps it from stopping
    raise AssertionError("it still accepts")


STOPS = [signal.SIGTERM, signal.SIGINT] + ([signal.SIGQUIT] if STANDS_IN else [])  # Ctrl-Break, by tests/wine/liteginx


@pytest.mark.parametrize("number", STOPS)
def test_request_in_flight_finishes(lab, number):
    backend, go = slow(lab)
    proxy = lab.proxy(http("/", backend.port))
    client, idle, fresh = lab.client(proxy), lab.client(proxy), lab.client(proxy)
    go.set()
    assert idle.ask(ASK).status == 200
    go.clear()
    client.send(ASK)
    backend.wait_requests(2)
    proxy.signal(number)
    idle.expect_end()
    fresh.expect_end()
    wait_refused(lab, proxy.port)
    assert proxy.process.poll() is None
    go.set()
    response = client.response()
    assert (response.body, response.get("Connection")) == (b"ok", "close")
    client.expect_end()
    assert proxy.wait_exit() == 0
    proxy.log.wait_for("/a", count=2)


def test_nothing_open_stops_at_once(lab):
    proxy = lab.proxy(http("/", lab.backend().port))
    started = time.monotonic()
    proxy.signal(signal.SIGTERM)
    assert proxy.wait_exit() == 0
    assert time.monotonic() - started < 8


def test_what_is_left_after_drain_is_cut(lab):
    backend, go = slow(lab)
    echo = lab.tcp_backend()
    port = free_port()
    proxy = lab.proxy(http("/", backend.port), tcp(echo.port, listen=port), settings={"drain": "500ms"})
    client, session = lab.client(proxy), lab.client(port)
    client.send(ASK)
    backend.wait_requests(1)
    session.send(b"x")
    assert session.read_exact(1) == b"x"
    started = time.monotonic()
    proxy.signal(signal.SIGTERM)
    assert proxy.wait_exit() == 0
    assert 0.4 < time.monotonic() - started < 8
    client.expect_closed()
    session.expect_closed()
    go.set()


def test_tcp_session_and_tunnel_may_end_during_drain(lab):
    echo = lab.tcp_backend()

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        while piece := connection.read_some():
            connection.send(piece)
    tunnel_backend = lab.backend(script)
    port = free_port()
    proxy = lab.proxy(http("/", tunnel_backend.port), tcp(echo.port, listen=port))
    tunnel, session = lab.client(proxy), lab.client(port)
    assert tunnel.ask(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n").status == 101
    session.send(b"1")
    assert session.read_exact(1) == b"1"
    proxy.signal(signal.SIGTERM)
    wait_refused(lab, port)
    for client in (tunnel, session):
        client.send(b"still here")
        assert client.read_exact(10) == b"still here"
        client.shutdown()
        client.expect_end()
    assert proxy.wait_exit() == 0


@pytest.mark.parametrize("first, second", [(signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGINT)])
def test_second_signal_stops_at_once_with_130(lab, first, second):
    backend, go = slow(lab)
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy)
    client.send(ASK)
    backend.wait_requests(1)
    proxy.signal(first)
    wait_refused(lab, proxy.port)
    started = time.monotonic()
    proxy.signal(second)
    assert proxy.wait_exit() == 130
    assert time.monotonic() - started < 8
    go.set()


def test_requests_on_hold_end_with_drain(lab):
    backend = lab.backend(listening=False)
    proxy = lab.proxy(http("/", backend.port, hold="60s"), settings={"drain": "400ms"})
    client = lab.client(proxy)
    client.send(ASK)
    proxy.wait_held(backend.port)
    proxy.signal(signal.SIGTERM)
    assert proxy.wait_exit() == 0
    client.expect_closed()


def test_hangup_prints_one_line_and_changes_nothing(lab):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy)
    assert client.get("/").status == 200
    before = len(proxy.err.lines)
    proxy.signal(signal.SIGHUP)
    assert "reload" in proxy.err.wait_for(r"(?i)reload", seen=before).string.lower()
    assert client.get("/").status == 200
    proxy.stop()
    lines = [line for line in proxy.err.lines[before:] if "reload" in line.lower()]
    assert len(lines) == 1


def piped(lab):
    """A proxy whose stdout is a pipe in the test's hands."""
    reader, writer = os.pipe()
    try:
        return reader, lab.proxy(http("/", lab.backend().port), stdout=writer)
    finally:
        os.close(writer)


def test_broken_pipe_never_kills(lab):
    """stdout's reader is gone: the access log goes nowhere, requests are answered."""
    reader, proxy = piped(lab)
    client = lab.client(proxy)
    assert client.get("/").status == 200
    os.close(reader)
    assert [client.get("/").status for _ in range(50)] == [200] * 50


def test_log_that_nobody_reads_never_stops_traffic(lab):
    reader, proxy = piped(lab)
    try:
        client = lab.client(proxy)
        target = "/" + "x" * 2000
        for _ in range(300):  # far more than a pipe holds
            assert client.get(target).status == 200
        assert len(os.read(reader, 1 << 20)) > 0
        proxy.stop()  # and it does not keep it from stopping
    finally:
        os.close(reader)
