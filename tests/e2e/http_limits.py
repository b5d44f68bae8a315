"""What a peer can grow has its bound (BEHAVIOUR: settings max_*, the answers 413, 414, 431, 408, 502)."""
import threading

import pytest
from harness import LIMIT, http

HOST = b"Host: t.localhost\r\n"


def served(lab, script=None, settings=None, **more):
    backend = lab.backend(script, **more)
    return backend, lab.client(lab.proxy(http("/", backend.port), settings=settings))


def expect_refused(client, backend, status):
    response = client.response()
    assert (response.status, response.get("Connection")) == (status, "close")
    client.expect_closed()
    assert backend.requests == []


def test_request_line_over_the_limit(lab):
    backend, client = served(lab, settings={"max_header_bytes": "1KiB"})
    client.send(b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\n" + HOST + b"\r\n")
    expect_refused(client, backend, 414)


def test_request_line_over_the_limit_that_never_ends(lab):
    backend, client = served(lab, settings={"max_header_bytes": "1KiB"})
    client.send(b"GET /" + b"a" * 1500)
    expect_refused(client, backend, 414)


@pytest.mark.parametrize("field", [b"A: " + b"a" * 2000, b"a" * 2000 + b": 1", b"\r\n".join([b"A: 1"] * 300)])
def test_fields_over_the_limit(lab, field):
    backend, client = served(lab, settings={"max_header_bytes": "1KiB", "max_header_fields": 1000})
    client.send(b"GET / HTTP/1.1\r\n" + HOST + field + b"\r\n\r\n")
    expect_refused(client, backend, 431)


def test_default_limit_of_the_head(lab):
    backend, client = served(lab)
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"a" * 66000 + b"\r\n\r\n")
    expect_refused(client, backend, 431)


@pytest.mark.parametrize("count, status", [(20, 200), (21, 431)])
def test_number_of_fields(lab, count, status):
    _, client = served(lab, settings={"max_header_fields": 20})
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"A: 1\r\n" * (count - 1) + b"\r\n")
    assert client.response().status == status


@pytest.mark.parametrize("size, status", [(1000, 200), (1001, 413)])
def test_body_by_length(lab, size, status):
    backend, client = served(lab, settings={"max_body_bytes": 1000})
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size + b"x" * size)
    response = client.response()
    assert (response.status, response.get("Connection")) == (status, None if status == 200 else "close")
    assert [len(request.body) for request in backend.requests] == ([1000] if status == 200 else [])


@pytest.mark.parametrize("chunks, status", [([400, 600], 200), ([400, 601], 413), ([1001], 413)])
def test_body_by_chunks(lab, chunks, status):
    backend, client = served(lab, settings={"max_body_bytes": 1000})
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
                + b"".join(b"%x\r\n%s\r\n" % (size, b"x" * size) for size in chunks) + b"0\r\n\r\n")
    assert client.response().status == status
    if status == 413:
        client.expect_closed()
        for connection in backend.connections:
            assert connection.ended.wait(LIMIT) and b"0\r\n\r\n" not in connection.received_body
        assert backend.requests == []


def test_body_over_the_limit_with_expect_is_refused_before_it_is_sent(lab):
    backend, client = served(lab, settings={"max_body_bytes": 10})
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 11\r\n\r\n")
    assert client.response().status == 413
    assert backend.requests == []


def test_request_trailers_over_the_limit(lab):
    backend, client = served(lab, settings={"max_header_bytes": "1KiB"})
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: " + b"x" * 2000 + b"\r\n\r\n")
    assert client.response().status == 400
    client.expect_closed()
    assert backend.requests == []


def test_chunk_extensions_over_the_limit(lab):
    backend, client = served(lab, settings={"max_header_bytes": "1KiB"})
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3;" + b"x" * 2000 + b"\r\nabc\r\n0\r\n\r\n")
    assert client.response().status == 400
    client.expect_closed()
    assert backend.requests == []


@pytest.mark.parametrize("head", [b"X: " + b"x" * 2000, b"\r\n".join([b"A: 1"] * 30)])
def test_response_head_over_the_limit(lab, head):
    _, client = served(lab, settings={"max_header_bytes": "1KiB", "max_header_fields": 20},
                       reply=b"HTTP/1.1 200 OK\r\n" + head + b"\r\nContent-Length: 0\r\n\r\n")
    assert client.get("/").status == 502


@pytest.mark.parametrize("in_trailers", [False, True], ids=["head", "trailers"])
def test_long_fields_pass_to_who_takes_little(lab, in_trailers):
    """What the settings allow passes, though the client's system takes little of it at a time."""
    fields = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 60_000) for number in range(80))
    reply = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n" + fields + b"\r\n" if in_trailers else
             b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + fields + b"\r\nok")
    proxy = lab.proxy(http("/", lab.backend(reply=reply).port), settings={"max_header_bytes": "8MiB"})
    client = lab.client(proxy, receive_buffer=4096, segment=1000)
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"TE: trailers\r\n\r\n")
    response = client.response()
    assert (response.status, response.body) == (200, b"ok")
    assert ("X-79", "x" * 60_000) in (response.trailers if in_trailers else response.head.fields)


def test_response_head_that_never_ends(lab):
    stop = threading.Event()

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\n")
        while not stop.is_set():
            connection.send(b"X: " + b"x" * 1000 + b"\r\n")
    _, client = served(lab, script)
    assert client.get("/").status == 502
    stop.set()


def test_endless_interim_responses_end(lab):
    """1xx without end must not keep a request for ever at no cost to the one who sends them."""
    def script(connection):
        connection.request()
        for _ in range(20):
            connection.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    _, client = served(lab, script)
    assert client.get("/").body == b"ok"
    assert len(client.interim) == 20


def test_max_connections_makes_others_wait(lab):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), settings={"max_connections": 2})
    first, second = lab.client(proxy), lab.client(proxy)
    assert first.get("/").status == 200 and second.get("/").status == 200
    third = lab.client(proxy)  # the system's queue takes it
    third.send(b"GET /third HTTP/1.1\r\n" + HOST + b"\r\n")
    assert third.is_silent(0.3)
    assert first.get("/").status == 200
    first.close()
    assert third.response().status == 200
    assert second.get("/").status == 200


def test_limit_of_connections_is_told_once_and_once_when_it_is_over(lab):
    """What holds them, and the way out; then that there is room again. (BEHAVIOUR: Limits under load)"""
    def script(connection):
        head = connection.request()
        if head.target == "/events":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        connection.wait_end()
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port), settings={"max_connections": 4})
    clients = [lab.client(proxy) for _ in range(4)]
    clients[0].send(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    clients[0].read_response_head()
    clients[1].send(b"GET /silent HTTP/1.1\r\nHost: x\r\n\r\n")
    backend.wait_requests(2)
    assert "all 4 connections" not in proxy.err.text
    waiting = [lab.client(proxy) for _ in range(3)]
    line = proxy.err.wait_for("all 4 connections that there may be are taken").string
    assert "(2 idle, 1 with a request, 1 tunnels, event streams and TCP sessions)" in line
    assert line.endswith("raise max_connections in the settings")
    for client in clients + waiting:
        client.close()
    proxy.err.wait_for(r"there is room for connections again, after \d+\.\d s")
    assert proxy.err.text.count("all 4 connections") == 1
    assert proxy.err.text.count("room for connections again") == 1


def test_limit_that_comes_from_descriptors_names_them(lab):
    proxy = lab.proxy(http("/", lab.backend().port), descriptors=64)
    clients = [lab.client(proxy) for _ in range(40)]
    line = proxy.err.wait_for("connections that there may be are taken").string
    assert line.endswith("allow more open files (`ulimit -n`) than 64, two for each connection")
    for client in clients:
        client.close()
    proxy.err.wait_for("there is room for connections again")


@pytest.mark.parametrize("path, rewrite", [("/a", "/"), ("/a/{*rest}", "/b/{rest}"), ("/a", "/b")])
def test_a_path_that_triples_passes(lab, path, rewrite):
    """Each of its bytes is percent-encoded: the longest request line makes three times as much at each station."""
    backend = lab.backend()
    client = lab.client(lab.proxy(http(path, backend.port, rewrite=rewrite)))
    client.send(b"GET /a/" + b"\xe4" * 65000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert client.response().status == 200
    assert backend.request.target == ("/" if rewrite == "/" else "/b/") + "%E4" * 65000


def test_the_bound_of_one_exchange_is_named(lab):
    """A rewrite that repeats its parameter can always make more of a path than fits."""
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/{a}", backend.port, rewrite="/" + "{a}" * 8)))
    client.send(b"GET /" + b"\xe4" * 65000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    response = client.response()
    assert response.status == 503 and "more memory than one may" in response.text and "max_header_bytes" in response.text
    assert backend.requests == []
