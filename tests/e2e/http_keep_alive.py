"""How long a client's connection lives (BEHAVIOUR: Connections; settings keep_alive, header_timeout)."""
import threading
import time

from harness import LIMIT, http


def served(lab, script=None, settings=None, workers=None, **more):
    backend = lab.backend(script, **more)
    return backend, lab.proxy(http("/", backend.port), settings=settings, workers=workers)


def test_many_requests_on_one_connection_use_one_upstream_connection(lab):
    backend, proxy = served(lab)
    client = lab.client(proxy)
    for number in range(50):
        response = client.get(f"/{number}")
        assert (response.status, response.get("Connection")) == (200, None)
    assert [request.target for request in backend.requests] == [f"/{number}" for number in range(50)]
    assert len(backend.connections) == 1


def test_connection_close_is_honoured_and_said(lab):
    backend, proxy = served(lab, workers=1)  # each has idle connections of its own
    client = lab.client(proxy)
    response = client.get("/", Connection="close")
    assert (response.status, response.get("Connection")) == (200, "close")
    client.expect_end()
    client = lab.client(proxy)
    assert client.get("/", Connection="Keep-Alive, Close").get("Connection") == "close"
    client.expect_end()
    assert len(backend.connections) == 1  # the client's wish is not upstream's


def test_own_answers_keep_the_connection(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/here", backend.port)))
    assert [client.get(path).status for path in ("/nowhere", "/here", "/nowhere", "/here")] == [404, 200, 404, 200]


def test_own_answer_to_a_request_with_body_keeps_the_framing(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/here", backend.port)))
    assert client.request("POST", "/nowhere", body=b"GET /evil HTTP/1.1\r\nHost: x\r\n\r\n").status == 404
    assert client.get("/here").status == 200
    assert [request.target for request in backend.requests] == ["/here"]


def test_close_of_upstream_does_not_close_the_client(lab):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
    backend, proxy = served(lab, script)
    client = lab.client(proxy)
    for _ in range(3):
        response = client.get("/")
        assert (response.body, response.get("Connection")) == (b"ok", None)
    assert len(backend.connections) == 3


def test_upstream_that_says_close_is_not_used_again_even_if_it_stays_open(lab):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
        connection.wait_end()
    backend, proxy = served(lab, script)
    client = lab.client(proxy)
    assert [client.get("/").body for _ in range(2)] == [b"ok", b"ok"]
    assert len(backend.connections) == 2


def test_idle_connection_is_closed_in_silence(lab):
    _, proxy = served(lab, settings={"keep_alive": "300ms", "header_timeout": "30s"})
    client = lab.client(proxy)
    assert client.get("/").status == 200
    started = time.monotonic()
    client.expect_end()
    assert 0.2 < time.monotonic() - started < 10


def test_activity_puts_the_idle_end_off(lab):
    _, proxy = served(lab, settings={"keep_alive": "1s"})
    client = lab.client(proxy)
    for _ in range(3):
        assert client.is_silent(0.5)
        assert client.get("/").status == 200


def test_connection_that_never_speaks_is_closed_in_silence(lab):
    _, proxy = served(lab, settings={"header_timeout": "300ms", "keep_alive": "30s"})
    lab.client(proxy).expect_end()


def test_slow_head_gets_408(lab):
    """The first head's time runs from accept, later ones' from their first byte."""
    backend, proxy = served(lab, settings={"header_timeout": "300ms", "keep_alive": "30s"})
    client = lab.client(proxy)
    client.send(b"GET / HT")
    response = client.response()
    assert (response.status, response.get("Connection")) == (408, "close")
    client.expect_end()

    client = lab.client(proxy)
    assert client.get("/").status == 200
    assert client.is_silent(0.6)  # idle, not a slow head
    client.send(b"G")
    assert client.response().status == 408
    client.expect_end()
    assert len(backend.requests) == 1


def test_dripping_does_not_extend_the_head_time(lab):
    _, proxy = served(lab, settings={"header_timeout": "500ms"})
    client = lab.client(proxy)
    client.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
    started = time.monotonic()
    drops = 0
    while client.is_silent(0.05):
        client.send(b"A: 1\r\n")
        drops += 1
        assert time.monotonic() - started < 10, "the head's time is put off by each byte"
    assert client.response().status == 408
    assert drops > 2


def test_empty_lines_before_a_request_are_ignored(lab):
    """RFC 9112 §2.2: a server should ignore at least one empty line before the request line."""
    backend, proxy = served(lab)
    client = lab.client(proxy)
    assert client.ask(b"\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n", "GET").status == 200
    assert client.ask(b"\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n", "GET").status == 200
    assert [request.target for request in backend.requests] == ["/a", "/b"]


def test_half_close_after_a_whole_request_is_answered(lab):
    left = threading.Event()

    def script(connection):
        connection.request()
        assert left.wait(LIMIT)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    _, proxy = served(lab, script)
    client = lab.client(proxy)
    client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    client.shutdown()
    left.set()
    response = client.response()
    assert (response.body, response.get("Connection")) == (b"hello", "close")
    client.expect_end()


def test_idle_client_that_closes_is_forgotten(lab):
    backend, proxy = served(lab)
    client = lab.client(proxy)
    client.get("/")
    client.shutdown()
    client.expect_end()
    assert len(backend.connections) == 1 and not backend.connections[0].ended.is_set()


def test_more_requests_at_once_than_room_is_kept_for(lab):
    """The memory of 256 exchanges is kept for later ones; what is beyond goes back, and nobody notices."""
    count = 300
    together = threading.Barrier(count)

    def script(connection):
        while True:
            request = connection.request()
            together.wait(LIMIT * 3)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(request.target), request.target.encode()))
    proxy = lab.proxy(http("/", lab.backend(script, backlog=count).port))
    clients = [lab.client(proxy) for _ in range(count)]
    for again in range(2):
        for number, client in enumerate(clients):
            client.send(b"GET /%d/%d HTTP/1.1\r\nHost: x\r\n\r\n" % (again, number))
        assert [client.response().text for client in clients] == [f"/{again}/{number}" for number in range(count)]


def test_the_first_head_has_its_time_from_the_connect_on(lab):
    _, proxy = served(lab, settings={"header_timeout": "4s"})
    started = time.monotonic()
    client = lab.client(proxy)
    time.sleep(3.5)
    client.send(b"GET / HTTP/1.1\r\n")
    assert client.response().status == 408
    assert 3.9 < time.monotonic() - started < 7
