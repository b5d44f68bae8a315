"""HTTP/1.0 clients: served, one request a connection (BEHAVIOUR: Connections)."""
import pytest
from harness import http


def served(lab, reply=None, **spec):
    backend = lab.backend(**({"reply": reply} if reply else {}))
    return backend, lab.client(lab.proxy(http("/", backend.port, **spec)))


def closing(reply):
    """A script: one request, this reply, end of connection."""
    def script(connection):
        connection.request()
        connection.send(reply)
    return script


def test_served_without_host_and_closed(lab):
    backend, client = served(lab)
    response = client.ask(b"GET /a HTTP/1.0\r\n\r\n")
    assert (response.head.start, response.body, response.get("Connection")) == ("HTTP/1.1 200 OK", b"hello", "close")
    client.expect_end()
    head = backend.request.head
    assert (head.start, head.get("Host"), head.get("Via")) == ("GET /a HTTP/1.1", f"127.0.0.1:{backend.port}", "1.0 liteginx")


def test_host_is_used_where_it_is_given(lab):
    backend, client = served(lab, host="shop.localhost")
    assert client.ask(b"GET /a HTTP/1.0\r\nHost: shop.localhost\r\n\r\n").status == 200
    assert backend.request.get("Host") == "shop.localhost"


def test_without_host_routes_with_host_are_out_of_reach(lab):
    backend, client = served(lab, host="*.localhost")
    assert client.ask(b"GET /a HTTP/1.0\r\n\r\n").status == 404
    client.expect_end()
    assert backend.connections == []


@pytest.mark.parametrize("ask", [b"", b"Connection: keep-alive\r\n"])
def test_one_request_a_connection(lab, ask):
    backend, client = served(lab)
    client.send(b"GET /1 HTTP/1.0\r\n" + ask + b"\r\nGET /2 HTTP/1.0\r\n" + ask + b"\r\n")
    assert client.response().get("Connection") == "close"
    assert client.expect_closed() == b""
    assert [request.target for request in backend.requests] == ["/1"]


def test_post_with_length(lab):
    backend, client = served(lab)
    assert client.ask(b"POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc").status == 200
    assert backend.request.body == b"abc"


@pytest.mark.parametrize("reply", [
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX: 1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\nabcde",
])
def test_body_without_length_ends_with_the_connection(lab, reply):
    backend = lab.backend(closing(reply))
    response = lab.client(lab.proxy(http("/", backend.port))).ask(b"GET / HTTP/1.0\r\n\r\n")
    assert (response.body, response.framing) == (b"abcde", "close")
    assert "Transfer-Encoding" not in response and "Trailer" not in response


def test_cut_body_ends_with_a_reset_as_nothing_else_could_show_it(lab):
    backend = lab.backend(closing(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"))
    client = lab.client(lab.proxy(http("/", backend.port)))
    client.send(b"GET / HTTP/1.0\r\n\r\n")
    client.expect_reset()


def test_interim_responses_do_not_pass(lab):
    _, client = served(lab, b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert client.ask(b"GET / HTTP/1.0\r\n\r\n").body == b"ok"
    assert client.interim == []


def test_own_answer(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/here", backend.port)))
    response = client.ask(b"GET /nowhere HTTP/1.0\r\n\r\n")
    assert (response.status, response.get("Connection")) == (404, "close") and b"/nowhere" in response.body
    client.expect_end()


def test_head(lab):
    _, client = served(lab, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    response = client.ask(b"HEAD / HTTP/1.0\r\n\r\n")
    assert (response.status, response.get("Content-Length")) == (200, "5")
    client.expect_end()


def test_half_close_right_after_the_request(lab):
    _, client = served(lab)
    client.send(b"GET / HTTP/1.0\r\n\r\n")
    client.shutdown()
    assert client.response().body == b"hello"
