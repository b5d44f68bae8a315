"""A client that leaves: what upstream sees of it, and what the log says (BEHAVIOUR: Half-close; 499)."""
import threading

from harness import LIMIT, http

HOST = b"Host: t.localhost\r\n"


def served(lab, script, **spec):
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port, **spec))
    return backend, proxy, lab.client(proxy)


def test_reset_while_waiting_closes_upstream_and_is_logged_as_499(lab):
    backend, proxy, client = served(lab, lambda connection: (connection.request(), connection.wait_end()))
    client.send(b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n")
    backend.wait_requests(1)
    client.reset()
    assert backend.connections[0].ended.wait(LIMIT)
    assert " 499 " in proxy.log.wait_for("/slow").string


def test_reset_during_the_response_closes_upstream(lab):
    stopped = threading.Event()

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        try:
            while True:
                connection.send(b"x" * 65536)
        except OSError:
            stopped.set()
    backend, proxy, client = served(lab, script)
    client.send(b"GET /big HTTP/1.1\r\n" + HOST + b"\r\n")
    client.read_exact(200000)
    client.reset()
    assert stopped.wait(LIMIT)
    line = proxy.log.wait_for("/big").string
    assert " 200 " in line and "the client left first" in line, "it was told 200 before it left"


def test_end_inside_a_body_never_looks_complete_upstream(lab):
    backend, proxy, client = served(lab, lambda connection: connection.request())
    client.send(b"POST /up HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\nabc")
    backend.wait_connections(1)
    client.shutdown()
    assert backend.connections[0].ended.wait(LIMIT)
    assert backend.requests == []
    assert " 499 " in proxy.log.wait_for("/up").string
    client.expect_closed()


def test_end_inside_a_chunked_body_never_looks_complete_upstream(lab):
    backend, _, client = served(lab, lambda connection: connection.request())
    client.send(b"POST /up HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    backend.wait_connections(1)
    client.shutdown()
    assert backend.connections[0].ended.wait(LIMIT)
    assert backend.requests == [] and b"0\r\n\r\n" not in backend.connections[0].received_body


def test_end_inside_a_head_is_silent(lab):
    backend, _, client = served(lab, None)
    client.send(b"GET / HTTP/1.1\r\nHo")
    client.shutdown()
    client.expect_end()
    assert backend.connections == []


def test_half_close_while_upstream_is_slow_is_answered(lab):
    go = threading.Event()

    def script(connection):
        connection.request()
        assert go.wait(LIMIT)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    backend, proxy, client = served(lab, script)
    client.send(b"POST /half HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc")
    client.shutdown()
    assert backend.wait_requests(1)[0].body == b"abc"
    go.set()
    assert client.response().body == b"ok"
    client.expect_end()
    assert " 200 " in proxy.log.wait_for("/half").string


def test_reset_while_on_hold_is_forgotten(lab):
    backend = lab.backend(listening=False)
    proxy = lab.proxy(http("/", backend.port, hold="30s"))
    gone, stays = lab.client(proxy), lab.client(proxy)
    gone.send(b"GET /gone HTTP/1.1\r\n" + HOST + b"\r\n")
    proxy.wait_held(backend.port)
    gone.reset()
    assert " 499 " in proxy.log.wait_for("/gone").string
    stays.send(b"GET /stays HTTP/1.1\r\n" + HOST + b"\r\n")
    backend.start()
    assert stays.response().status == 200
    assert [request.target for request in backend.requests] == ["/stays"]
