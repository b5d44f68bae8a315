"""Idle upstream connections: kept, reused, bounded, dropped when they may not be used again (BEHAVIOUR: settings)."""
import threading

from harness import LIMIT, http

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_connections_are_shared_by_clients(lab):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), workers=1)  # each worker has idle connections of its own
    for _ in range(10):
        client = lab.client(proxy)
        assert client.get("/").status == 200
        client.close()
    assert len(backend.connections) == 1


def test_as_many_as_run_at_once(lab):
    all_here = threading.Barrier(4, timeout=LIMIT)

    def reply(request):
        if request.target == "/together":
            all_here.wait()
        return OK
    backend = lab.backend(reply=reply)
    proxy = lab.proxy(http("/", backend.port))
    clients = [lab.client(proxy) for _ in range(4)]
    for _ in range(3):
        for client in clients:
            client.send(b"GET /together HTTP/1.1\r\nHost: x\r\n\r\n")
        assert [client.response().status for client in clients] == [200] * 4
    assert len(backend.connections) == 4


def test_no_more_stay_idle_than_allowed(lab):
    all_here = threading.Barrier(4, timeout=LIMIT)

    def script(connection):
        while True:
            request = connection.request()
            if request.target == "/together":
                all_here.wait()
            connection.send(OK)
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port), settings={"upstream_idle": 2}, workers=1)  # each may keep two
    clients = [lab.client(proxy) for _ in range(4)]
    for client in clients:
        client.send(b"GET /together HTTP/1.1\r\nHost: x\r\n\r\n")
    assert [client.response().status for client in clients] == [200] * 4
    deadline = threading.Event()
    for _ in range(200):
        if sum(connection.ended.is_set() for connection in backend.connections) == 2:
            break
        deadline.wait(0.01)
    assert sum(connection.ended.is_set() for connection in backend.connections) == 2
    assert [client.get("/").status for client in clients] == [200] * 4
    assert len(backend.connections) == 4


def test_none_stay_idle_when_that_is_asked_for(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", backend.port), settings={"upstream_idle": 0}))
    assert [client.get("/").status for _ in range(3)] == [200] * 3
    assert len(backend.connections) == 3
    for connection in backend.connections:
        assert connection.ended.wait(LIMIT)


def test_idle_connection_ends_after_its_time(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", backend.port), settings={"upstream_keep_alive": "300ms"}))
    assert client.get("/").status == 200
    assert backend.connections[0].ended.wait(LIMIT)
    assert client.get("/").status == 200
    assert len(backend.connections) == 2


def test_idle_connection_that_upstream_closes_is_not_used(lab):
    """Even for a POST: the close was seen before the request came."""
    def script(connection):
        connection.request()
        connection.send(OK)
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port)))
    for number in range(5):
        assert client.request("POST", "/", body=b"x").status == 200
        backend.connections[number].ended.wait(LIMIT)
        client.is_silent(0.05)  # the end of stream is on its way
    assert len(backend.connections) == 5


def test_idle_connection_that_speaks_unasked_is_not_used(lab):
    spoken = threading.Event()

    def script(connection):
        connection.request()
        connection.send(OK)
        if connection.number == 1:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
            spoken.set()
        connection.wait_end()
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port)))
    assert client.get("/").body == b"ok"
    assert spoken.wait(LIMIT)
    assert backend.connections[0].ended.wait(LIMIT)
    assert client.request("POST", "/", body=b"x").body == b"ok"
    assert len(backend.connections) == 2


def test_routes_to_one_address_share_its_pool(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/one", backend.port), http("/two", backend.port, rewrite="/")))
    assert [client.get(target).status for target in ("/one", "/two", "/one")] == [200] * 3
    assert len(backend.connections) == 1


def test_http10_upstream_is_not_kept(lab):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.wait_end()
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port)))
    assert [client.get("/").body for _ in range(2)] == [b"ok", b"ok"]
    assert len(backend.connections) == 2


def test_head_and_bodyless_answers_leave_a_good_connection(lab):
    answers = {"/204": b"HTTP/1.1 204 No Content\r\n\r\n", "/304": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
               "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
               "/head": b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "/empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
               "/interim": b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}
    backend = lab.backend(reply=lambda request: answers[request.target])
    client = lab.client(lab.proxy(http("/", backend.port)))
    for target in answers:
        client.request("HEAD" if target == "/head" else "GET", target)
    assert len(backend.connections) == 1
