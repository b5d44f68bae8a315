"""Bytes and the end that follows them reach the program in one event, before or after what the client does: each end
keeps its meaning. (The program stands still while the others act, so every run sees the same.)"""
import pytest
from harness import CutShort, http, tcp
from harness.failing import CHUNKED, ENDLESS_UPLOAD, GET, LENGTH, OK, OLD_GET, UNTIL_CLOSE


def begin(lab, ask):
    """A request that has reached its target, which does nothing by itself."""
    backend = lab.backend(lambda connection: (connection.request_head(), connection.wait_test()))
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy)
    client.send(ask)
    backend.wait_requests(1)
    return backend.connections[0], proxy, client


def end(target, how):
    target.reset() if how == "reset" else target.shutdown()


def outcome(client, method="GET"):
    try:
        return client.response(method)
    except (CutShort, ConnectionResetError):
        return None


@pytest.mark.parametrize("ask", [GET, OLD_GET], ids=["http11", "http10"])
@pytest.mark.parametrize("raw", [LENGTH, CHUNKED, UNTIL_CLOSE], ids=["length", "chunked", "close_delimited"])
def test_bytes_and_a_reset(lab, raw, ask):
    target, proxy, client = begin(lab, ask)
    with proxy.paused():
        target.send(raw)
        target.reset()
    seen = outcome(client)
    assert seen is None or seen.status == 502
    assert proxy.log.wait_for("/bad").string.find("broke off") > 0 or seen


def test_bytes_and_an_end(lab):
    """The same with a proper end is a whole answer."""
    target, proxy, client = begin(lab, GET)
    with proxy.paused():
        target.send(UNTIL_CLOSE)
        target.shutdown()
    assert client.response().body == b"hello"


@pytest.mark.parametrize("first", ["client", "target"])
def test_reset_that_a_write_notices_first(lab, first):
    """The upload runs into the reset; what the target had sent before, without a length, must not look complete."""
    target, proxy, client = begin(lab, ENDLESS_UPLOAD)
    with proxy.paused():
        if first == "client":
            client.send(b"5\r\nhello\r\n")
        target.send(UNTIL_CLOSE)
        target.reset()
        if first == "target":
            client.send(b"5\r\nhello\r\n")
    seen = outcome(client, "POST")
    assert seen is None or seen.status == 502


@pytest.mark.parametrize("first", ["client", "target"])
@pytest.mark.parametrize("how", ["close", "reset"])
def test_early_answer_survives_the_end_of_its_target(lab, how, first):
    """A whole answer, then the end, while the upload runs on: the client gets the answer."""
    target, proxy, client = begin(lab, ENDLESS_UPLOAD)
    with proxy.paused():
        if first == "client":
            client.send(b"5\r\nhello\r\n")
        target.send(OK)
        end(target, how)
        if first == "target":
            client.send(b"5\r\nhello\r\n")
    response = client.response("POST")
    assert (response.status, response.body) == (200, b"good")


@pytest.mark.parametrize("how", ["close", "reset"])
def test_pooled_connection_that_ends_as_it_is_reused(lab, how):
    """GET is sent again on a fresh connection; POST, and what has a body, is sent on a fresh one in the first place; each
    is executed once."""
    def script(connection):
        served = None
        while served != "/warm":
            served = connection.request().target
            connection.send(OK)
        connection.wait_test()
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy)
    for number, (method, body) in enumerate([("GET", ""), ("POST", ""), ("GET", ""), ("POST", "body"), ("PUT", "body")]):
        assert client.get("/warm").status == 200
        with proxy.paused():
            client.send(f"{method} /{number} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}")
            end(backend.connections[-1], how)
        assert client.response(method).status == 200
    assert [request.target for request in backend.requests if request.target != "/warm"] == ["/0", "/1", "/2", "/3", "/4"]


@pytest.mark.parametrize("who", ["target", "client"])
def test_tcp_bytes_and_a_reset(lab, who):
    """A reset is handed on as one, though bytes came with it."""
    backend = lab.tcp_backend(lambda connection: (connection.read_exact(1), connection.wait_test()))
    proxy = lab.proxy(tcp(backend.port))
    client = lab.client(proxy)
    client.send(b"x")
    target = backend.wait_connections(1)[0]
    target.wait_received(1)
    leaves, stays = (target, client) if who == "target" else (client, target)
    with proxy.paused():
        leaves.send(b"hello")
        leaves.reset()
    stays.expect_reset()
    assert proxy.log.wait_for("TCP").string.endswith(f"reset by {who}")


@pytest.mark.parametrize("first", ["client", "target"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_words_that_nobody_asked_for_are_no_answer(lab, method, first):
    """A target that gives up an idle connection with a 408 just as it is reused: it did not see this request yet."""
    stale = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    def script(connection):
        served = None
        while served != "/warm":
            served = connection.request().target
            connection.send(OK)
        connection.wait_test()
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy)
    assert client.get("/warm").status == 200
    ask = f"{method} /next HTTP/1.1\r\nHost: x\r\n\r\n"
    with proxy.paused():
        if first == "client":
            client.send(ask)
        backend.connections[-1].send(stale)
        if first == "target":
            client.send(ask)
    assert client.response(method).body == b"good"
