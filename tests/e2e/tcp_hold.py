"""TCP clients that come while the target is down wait for it; a reset when it never comes (BEHAVIOUR: Hold)."""
import time

from harness import blackhole, refusing_port, tcp


def test_client_waits_and_is_served(lab):
    backend = lab.tcp_backend(listening=False)
    proxy = lab.proxy(tcp(backend.port, hold="10s"))
    clients = [lab.client(proxy) for _ in range(3)]
    for number, client in enumerate(clients):
        client.send(b"early %d" % number)
    proxy.wait_held(backend.port)
    assert all(client.is_silent(0.1) for client in clients)
    backend.start()
    for number, client in enumerate(clients):
        assert client.read_exact(7) == b"early %d" % number
        client.send(b"later")
        assert client.read_exact(5) == b"later"


def test_half_close_while_on_hold_is_handed_on(lab):
    backend = lab.tcp_backend(lambda connection: connection.send(b"got " + connection.read_to_end()), listening=False)
    proxy = lab.proxy(tcp(backend.port, hold="10s"))
    client = lab.client(proxy)
    client.send(b"question")
    client.shutdown()
    proxy.wait_held(backend.port)
    backend.start()
    assert client.read_to_end() == b"got question"


def test_hold_runs_out_with_a_reset(lab):
    proxy = lab.proxy(tcp(lab.keep(refusing_port()).port, hold="500ms"))
    client = lab.client(proxy)
    started = time.monotonic()
    client.expect_reset()
    assert 0.4 < time.monotonic() - started < 8
    proxy.log.wait_for("TCP")


def test_without_hold_reset_at_once(lab):
    proxy = lab.proxy(tcp(lab.keep(refusing_port()).port, hold="0s"))
    client = lab.client(proxy)
    started = time.monotonic()
    client.expect_reset()
    assert time.monotonic() - started < 8


def test_refusing_target_is_passed_over(lab):
    backend = lab.tcp_backend()
    proxy = lab.proxy(tcp([lab.keep(refusing_port()).port, backend.port], hold="10s"))
    for _ in range(4):
        client = lab.client(proxy)
        client.send(b"x")
        assert client.read_exact(1) == b"x"


def test_connect_timeout_goes_to_the_next_target_and_all_timed_out_is_a_reset(lab):
    backend = lab.tcp_backend()
    hole = lab.keep(blackhole())
    proxy = lab.proxy(tcp([hole.port, backend.port], timeouts={"connect": "300ms"}))
    client = lab.client(proxy)
    client.send(b"x")
    assert client.read_exact(1) == b"x"

    proxy = lab.proxy(tcp(hole.port, timeouts={"connect": "300ms"}, hold="20s"))
    started = time.monotonic()
    lab.client(proxy).expect_reset()
    assert time.monotonic() - started < 3


def test_client_that_leaves_while_on_hold_is_forgotten(lab):
    backend = lab.tcp_backend(listening=False)
    proxy = lab.proxy(tcp(backend.port, hold="10s"))
    gone = lab.client(proxy)
    proxy.wait_held(backend.port)
    gone.reset()
    proxy.log.wait_for("TCP")
    backend.start()
    client = lab.client(proxy)
    client.send(b"x")
    assert client.read_exact(1) == b"x"


def test_no_target_that_may_be_tried(lab):
    proxy = lab.proxy(tcp(("127.0.0.1", 1, 0)))
    lab.client(proxy).expect_reset()
    proxy.log.wait_for("TCP .*no target of test-ingress may be tried, all weights are 0")
