"""Out of descriptors: connections beyond them wait or are refused, the program neither spins nor dies, and recovers;
upstream connections and the log always have some in reserve (issue 3, section 3)."""
import contextlib
import re
import resource
import selectors
import socket
import threading
import time

import pytest
from harness import LIMIT, blackhole, http, refusing_port, tcp

FEW = 64
HOST = b"Host: t.localhost\r\n"
REQUEST = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"


def connect_many(lab, proxy, count):
    return [lab.client(proxy) for _ in range(count)]


def served(clients):
    """How many of these have an answer once no further one comes; the others wait."""
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.sock, selectors.EVENT_READ, client)
        answered = []
        while ready := selector.select(0.5):
            for key, _ in ready:
                selector.unregister(key.fileobj)
                answered.append(key.data)
    assert {client.response().status for client in answered} == {200}
    return len(answered)


def as_they_answer(clients):
    """Each client once something came for it. Which of those that wait are served next is not promised: each worker has
    a queue of its own."""
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.sock, selectors.EVENT_READ, client)
        for _ in clients:
            ready = selector.select(LIMIT)
            assert ready, f"{len(selector.get_map())} wait in vain"
            selector.unregister(ready[0][0].fileobj)
            yield ready[0][0].data


def wait_until(reached):
    deadline = time.monotonic() + LIMIT
    while not reached():
        assert time.monotonic() < deadline, "in vain"
        time.sleep(0.01)


@pytest.mark.parametrize("first", [b"", b"GET / HT"], ids=["silent", "half a head"])
def test_connections_beyond_them_wait_and_are_served_later(lab, first):
    """A hundred connections, none of which ends by itself."""
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), descriptors=FEW)
    idle = connect_many(lab, proxy, 100)
    for client in idle:
        client.send(first)
    late = lab.client(proxy)
    late.send(REQUEST)
    before = proxy.cpu_ms()
    assert late.is_silent(1.0)
    assert proxy.cpu_ms() - before < 300, "it spins"
    assert len(proxy.descriptors()) < FEW
    for client in idle:
        client.reset()
    assert late.response().status == 200
    assert lab.client(proxy).get("/").status == 200


def test_every_accepted_connection_reaches_its_upstream(lab):
    """All that are accepted have a request under way, so each has an upstream connection too."""
    go = threading.Event()

    def script(connection):
        while True:
            connection.request()
            go.wait(LIMIT)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port), descriptors=FEW)
    clients = connect_many(lab, proxy, 60)
    for client in clients:
        client.send(REQUEST)
    backend.wait_requests(8)
    go.set()
    for client in as_they_answer(clients):
        assert client.response().status == 200
        client.close()
    proxy.log.wait_for(" 200 ", count=60)


def test_tcp_sessions_reach_their_upstream(lab):
    backend = lab.tcp_backend()
    proxy = lab.proxy(tcp(backend.port), descriptors=FEW)
    for client in (clients := connect_many(lab, proxy, 60)):
        client.send(b"abc")
    for client in as_they_answer(clients):
        assert client.read_exact(3) == b"abc"
        client.close()
    proxy.log.wait_for("closed", count=60)


def test_idle_upstream_connections_do_not_use_them_up(lab):
    """Twenty targets, four idle connections to each, would be more than there are."""
    ready = threading.Barrier(4)

    def script(connection):
        while True:
            connection.request()
            ready.wait(LIMIT)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    backends = [lab.backend(script) for _ in range(20)]
    proxy = lab.proxy(*[http(f"/{number}", backend.port) for number, backend in enumerate(backends)], descriptors=FEW)
    clients = connect_many(lab, proxy, 4)
    for number in range(20):
        for client in clients:
            client.send(b"GET /%d HTTP/1.1\r\n" % number + HOST + b"\r\n")
        assert [client.response().status for client in clients] == [200] * 4, f"target {number}"
    assert lab.client(proxy).get("/nowhere").status == 404


@pytest.mark.parametrize("listeners, warns", [(6, False), (14, True)])
def test_many_listeners_leave_some_for_connections(lab, listeners, warns):
    """Each bare port is two sockets."""
    backend = lab.backend()
    proxy = lab.proxy(*[http("/", backend.port, listen=port) for port in free_ports(listeners)], descriptors=FEW)
    assert ("open files (`ulimit -n`) are enough" in proxy.err.text) == warns
    clients = [lab.client(port, host=host) for _, _, port in proxy.urls for host in ("127.0.0.1", "::1") * 3]
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n")
    for client in clients:
        assert client.response().status == 200
        client.expect_end()


def free_ports(count):
    """Ports that were free a moment ago, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def test_more_connections_than_descriptors_asked_for(lab):
    """max_connections beyond what is possible is said, and bounded by what is."""
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), settings={"max_connections": 1000}, descriptors=FEW)
    assert "max_connections is 1000" in proxy.err.text
    clients = connect_many(lab, proxy, 100)
    for client in clients:
        client.send(REQUEST)
    before = proxy.cpu_ms()
    assert served(clients) >= 8
    assert proxy.cpu_ms() - before < 500, "it spins"
    for client in clients:
        client.reset()
    assert lab.client(proxy).get("/").status == 200


def test_slow_dials_leave_some(lab):
    """Connects that get no answer hold a descriptor each, for two addresses two of them."""
    silent = lab.keep(blackhole())
    backend = lab.backend()
    proxy = lab.proxy(http("/silent", [("localhost", silent.port)], timeouts={"connect": "1s"}),
                      http("/", backend.port), descriptors=FEW)
    waiting = connect_many(lab, proxy, 7)
    for client in waiting:
        client.send(b"GET /silent HTTP/1.1\r\n" + HOST + b"\r\n")
    assert lab.client(proxy).get("/").status == 200
    assert {client.response().status for client in waiting} == {504}


@pytest.fixture
def named(lab):
    """A backend whose name the program has to look up, as it does all but localhost: (name, port)."""
    for name in (socket.gethostname(), "ip6-localhost", "ip6-loopback"):
        if name.partition(".")[0].lower() == "localhost":
            continue
        with contextlib.suppress(OSError):
            address = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)[0][4][0]
            return name, lab.backend(host=address).port
    pytest.skip("this machine knows no name of its own")


def take_all_places(lab, proxy, count):
    """`count` connections, each of which has been served, and twenty more for which there is no place."""
    taken = connect_many(lab, proxy, count)
    for client in taken:
        assert client.get("/").status == 200
    waiting = connect_many(lab, proxy, 20)
    for client in waiting:
        client.send(REQUEST)
    assert waiting[0].is_silent(0.3)
    return taken, waiting


@pytest.mark.parametrize("workers, descriptors, places", [(1, FEW, 8), (1, 32, 4), (1, 24, 2), (4, FEW, 8), (6, FEW, 3)])
def test_names_are_looked_up_while_all_places_are_taken(lab, named, workers, descriptors, places):
    """By each worker for itself, at the same time, with idle connections to another target in the way."""
    proxy = lab.proxy(http("/named", named), http("/", lab.backend().port), workers=workers, descriptors=descriptors)
    taken, waiting = take_all_places(lab, proxy, places)
    for client in taken:
        client.send(b"GET /named HTTP/1.1\r\n" + HOST + b"\r\n")
    assert [client.response().status for client in taken] == [200] * places
    proxy.log.wait_for(f"GET /named 200 .* {re.escape(named[0])}:{named[1]}", count=places)
    assert len(proxy.descriptors()) < descriptors
    assert all(client.is_silent(0.01) for client in waiting)
    for client in taken:
        client.close()
    for client in as_they_answer(waiting):
        assert client.response().status == 200
        client.close()


@pytest.mark.parametrize("workers", [1, 3])
def test_log_goes_on_while_all_places_are_taken(lab, named, workers):
    """What was served goes to a file, what the program has to say to a pipe; neither waits for a place."""
    written = lab.folder / "access.log"
    with written.open("wb") as log:
        proxy = lab.proxy(http("/named", named), http("/down", lab.keep(refusing_port()).port), http("/", lab.backend().port),
                          workers=workers, descriptors=FEW, stdout=log)
    taken, waiting = take_all_places(lab, proxy, 8)
    for number, client in enumerate(taken[1:]):
        assert client.get(f"/named/{number}").status == 200
        wait_until(lambda: f"GET /named/{number} 200" in written.read_text())
    taken[0].send(b"GET /down HTTP/1.1\r\n" + HOST + b"\r\n")
    proxy.err.wait_for("is down .*its clients wait for it")
    assert all(client.is_silent(0.01) for client in waiting)
    taken[0].reset()
    wait_until(lambda: "GET /down 499" in written.read_text())


@pytest.mark.parametrize("workers", [1, 4])
def test_descriptors_that_others_take(lab, named, workers):
    """Planning does not help where there really are none any more, as when the whole system is out of them: what is open
    goes on, what is new waits until there are some again."""
    proxy = lab.proxy(http("/named", named), http("/", lab.backend().port), workers=workers, descriptors=FEW)
    client, other = connect_many(lab, proxy, 2)
    assert [each.get("/").status for each in (client, other)] == [200, 200]
    resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, (len(proxy.descriptors()), FEW))
    newcomers, before = connect_many(lab, proxy, 5), proxy.cpu_ms()
    for newcomer in newcomers:
        newcomer.send(REQUEST)
    for number in range(5):
        assert client.get(f"/{number}").status == 200
        proxy.log.wait_for(f"GET /{number} 200")
    other.send(b"GET /named HTTP/1.1\r\n" + HOST + b"\r\n")
    proxy.err.wait_for(f"{re.escape(named[0])}:{named[1]} is down")
    assert all(newcomer.is_silent(0.1) for newcomer in newcomers)
    assert proxy.cpu_ms() - before < 300, "it spins"
    resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, (FEW, FEW))
    assert [each.response().status for each in (other, *newcomers)] == [200] * 6


def test_storms_without_descriptors_stop_no_worker(lab):
    """Four workers meet the limit at the same time, again and again; each goes on with the connections that it has."""
    proxy = lab.proxy(http("/", lab.backend().port), workers=4, descriptors=256)
    clients = connect_many(lab, proxy, 12)
    assert [client.get("/").status for client in clients] == [200] * 12
    resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, (len(proxy.descriptors()) + 1, 256))
    for _ in range(8):
        with contextlib.ExitStack() as storm:
            for _ in range(300):
                sock = storm.enter_context(socket.socket())
                sock.setblocking(False)
                sock.connect_ex(("127.0.0.1", proxy.port))
            assert [client.get("/").status for client in clients] == [200] * 12
        assert [client.get("/").status for client in clients] == [200] * 12
    resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, (256, 256))
    assert [lab.client(proxy).get("/").status for _ in range(12)] == [200] * 12
