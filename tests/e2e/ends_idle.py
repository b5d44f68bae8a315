"""No state in which nothing moves burns processor time: ends that were seen, resets that nobody reads yet, full buffers,
targets that are waited for, listeners that rest. Every state has a program of its own, all are measured in one second."""
import signal
import time

from harness import LIMIT, http, quiet, refusing_port, tcp

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
IDLE_MS = 20


def nothing_open(lab):
    return lab.proxy(http("/", lab.backend().port))


def idle_connections_on_both_sides(lab):
    proxy = lab.proxy(http("/", lab.backend(reply=OK).port))
    for _ in range(20):
        assert lab.client(proxy).get("/").status == 200
    return proxy


def waiting(lab, ask=GET, drain="100ms"):
    """A request whose target says nothing, and does nothing by itself."""
    backend = lab.backend(lambda connection: (connection.request_head(), connection.wait_test()))
    proxy = lab.proxy(http("/", backend.port), settings={"drain": drain})
    client = lab.client(proxy)
    client.send(ask)
    backend.wait_requests(1)
    return proxy, client, backend.connections[0]


def half_closed_client(lab):
    proxy, client, _ = waiting(lab)
    client.shutdown()
    return proxy


def full(send):
    """Sends until nothing is taken any more."""
    try:
        while True:
            send(b"x" * 65536)
    except TimeoutError:
        pass


def slow_reader(lab, how):
    """Its answer is stuck on the way, and its target has ended meanwhile."""
    proxy, _, target = waiting(lab)
    target.sock.settimeout(0.3)
    target.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    full(target.sock.send)
    target.reset() if how == "reset" else target.shutdown() if how == "end" else None
    return proxy


def stuck_upload(lab, how):
    proxy, client, _ = waiting(lab, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
    client.sock.settimeout(0.3)
    full(client.sock.send)
    client.reset() if how == "reset" else client.shutdown() if how == "end" else None
    return proxy


def held_for_a_target_that_refuses(lab):
    port = lab.keep(refusing_port()).port
    proxy = lab.proxy(http("/", port, hold="20s"), settings={"drain": "100ms"})
    for _ in range(20):
        lab.client(proxy).send(GET)
    proxy.wait_held(port)
    return proxy


def tunnel(lab, side):
    proxy, client, target = waiting(lab, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
    target.send(SWITCH)
    assert client.response().status == 101
    (client if side == "client" else target).shutdown()
    return proxy


def tcp_session(lab, side):
    backend = lab.tcp_backend(lambda connection: connection.wait_test())
    proxy = lab.proxy(tcp(backend.port), settings={"drain": "100ms"})
    client = lab.client(proxy)
    target = backend.wait_connections(1)[0]
    (client if side == "client" else target).shutdown()
    return proxy


def no_room(lab):
    """As many connections as there may be, more in the queue."""
    proxy = lab.proxy(http("/", lab.backend(reply=OK).port), settings={"max_connections": 4})
    for number in range(8):
        client = lab.client(proxy)
        if number < 4:
            assert client.get("/").status == 200
    return proxy


def draining(lab):
    proxy, client, target = waiting(lab, drain="20s")
    proxy.signal(signal.SIGTERM)
    proxy.err.wait_for("stopping")
    return proxy, lambda: (target.send(OK), client.response(), client.close())


def test_nothing_that_rests_burns_processor_time(lab):
    states = {state.__name__: state(lab) for state in (nothing_open, idle_connections_on_both_sides, half_closed_client,
                                                       held_for_a_target_that_refuses, no_room)}
    for how in ("none", "end", "reset"):
        states[f"slow_reader, {how}"] = slow_reader(lab, how)
        states[f"stuck_upload, {how}"] = stuck_upload(lab, how)
    for side in ("client", "target"):
        states[f"tunnel, {side} ended"] = tunnel(lab, side)
        states[f"tcp_session, {side} ended"] = tcp_session(lab, side)
    states["draining"], finish = draining(lab)
    quiet(lambda: [round(proxy.cpu_ms() / IDLE_MS) for proxy in states.values()], 0.2, LIMIT / 2)
    before = {name: proxy.cpu_ms() for name, proxy in states.items()}
    time.sleep(1)  # what is measured
    burnt = {name: round(proxy.cpu_ms() - before[name], 1) for name, proxy in states.items()}
    finish()
    assert states["draining"].wait_exit() == 0
    assert {name: ms for name, ms in burnt.items() if ms >= IDLE_MS} == {}
