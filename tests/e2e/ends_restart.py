"""Ports are free at once after every kind of end, with clients and targets still connected."""
import signal
import threading

import pytest
from harness import LIMIT, free_port, http, tcp

ASK = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"


def serving(lab, port, tcp_port):
    """A proxy on fixed ports in the middle of its work: idle connections, a request in flight, a TCP session."""
    def reply(request):
        if request.target == "/slow":
            assert go.wait(LIMIT)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    go = threading.Event()
    backend, echo = lab.backend(reply=reply), lab.tcp_backend()
    specs = http("/", backend.port, listen=port), tcp(echo.port, listen=tcp_port)
    proxy = lab.proxy(*specs)
    idle, busy, session = lab.client(port), lab.client(port), lab.client(tcp_port)
    assert idle.get("/").status == 200
    busy.send(ASK)
    backend.wait_requests(2)
    session.send(b"x")
    assert session.read_exact(1) == b"x"
    return proxy, specs, go, (idle, busy, session)


def serves(lab, port, tcp_port):
    assert lab.client(port).get("/").status == 200
    session = lab.client(tcp_port)
    session.send(b"again")
    return session.read_exact(5) == b"again"


def test_killed_and_started_again_at_once(lab):
    ports = free_port(), free_port()
    for _ in range(5):
        proxy, specs, go, clients = serving(lab, *ports)
        proxy.kill()
        again = lab.proxy(*specs)
        go.set()
        assert serves(lab, *ports)
        for client in clients:
            client.expect_closed()
        again.kill()


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT], [signal.SIGTERM, signal.SIGTERM]], ids=["term", "int", "twice"])
def test_stopped_and_started_again_at_once(lab, signals):
    ports = free_port(), free_port()
    proxy, specs, go, clients = serving(lab, *ports)
    if len(signals) == 1:
        go.set()
        for client in clients:
            client.reset()
    for number in signals:
        proxy.signal(number)
        if len(signals) > 1:
            proxy.err.wait_for("stopping")  # or both would be one to the system
    assert proxy.wait_exit() == (0 if len(signals) == 1 else 130)
    go.set()
    lab.proxy(*specs)
    assert serves(lab, *ports)


def test_the_next_one_serves_while_this_one_drains(lab):
    """A drain gives the ports free first: a restart needs not wait for the last download."""
    ports = free_port(), free_port()
    proxy, specs, go, (idle, busy, session) = serving(lab, *ports)
    proxy.signal(signal.SIGTERM)
    proxy.err.wait_for("stopping")
    lab.proxy(*specs)
    assert serves(lab, *ports)
    idle.expect_end()
    session.send(b"old")
    assert session.read_exact(3) == b"old"
    session.shutdown()
    session.expect_end()
    go.set()
    assert busy.response().text == "ok"
    busy.expect_end()
    busy.close()
    assert proxy.wait_exit() == 0
