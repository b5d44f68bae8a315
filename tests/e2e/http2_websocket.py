"""WebSockets over HTTP/2 (RFC 8441): an extended CONNECT goes up as HTTP/1.1 asks for one."""
import base64
import hashlib
import threading

import pytest
from harness import LIMIT, http
from harness.http2 import CANCEL, DATA, END_STREAM, Http2

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept(key):
    return base64.b64encode(hashlib.sha1(key.encode() + GUID).digest())


@pytest.fixture
def served(lab):
    def make(script=None, **more):
        backend = lab.backend(script)
        proxy = lab.proxy(http("/", backend.port, **more))
        lab.clients.append(Http2(proxy.port))
        return backend, lab.clients[-1], proxy
    return make


def connect(client, *fields, protocol="websocket", end=False):
    return client.headers([(":method", "CONNECT"), (":protocol", protocol), (":scheme", "http"), (":path", "/chat?x"),
                           (":authority", "test.localhost"), ("sec-websocket-version", "13"), *fields], end)


def switch(connection, more=b""):
    request = connection.request()
    connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    b"Sec-WebSocket-Accept: " + accept(request.get("Sec-WebSocket-Key")) + b"\r\n" + more + b"\r\n")
    return request


def echo(connection):
    switch(connection, b"Sec-WebSocket-Protocol: soap\r\n")
    while piece := connection.read_some():
        connection.send(piece)
    connection.shutdown()


def test_bytes_flow_both_ways(served):
    backend, client, proxy = served(echo)
    stream = connect(client, ("sec-websocket-protocol", "soap"), ("sec-websocket-key", "mine"), ("origin", "http://a"))
    answer = client.answer(stream, head_only=True)
    assert answer.status == 200 and answer.get("sec-websocket-protocol") == "soap"
    assert answer.get("sec-websocket-accept") is None and answer.get("content-length") is None
    request = backend.request
    assert (request.method, request.target) == ("GET", "/chat?x")
    assert request.get("Upgrade") == "websocket" and request.get("Connection") == "upgrade"
    assert len(base64.b64decode(request.get("Sec-WebSocket-Key"))) == 16 and len(request.all("Sec-WebSocket-Key")) == 1
    assert request.get("Sec-WebSocket-Version") == "13" and request.get("origin") == "http://a"
    for piece in (b"a", b"bc", b"x" * 100_000):
        before = len(answer.body)
        client.data(stream, piece) if len(piece) < 60_000 else [client.data(stream, piece[:50_000]), client.data(stream, piece[50_000:60_000])]
        length = len(piece) if len(piece) < 60_000 else 60_000
        while len(answer.body) < before + length:
            client.read_frame()
    client.frame(DATA, END_STREAM, stream)
    assert client.answer(stream).ended
    assert answer.body == b"abc" + b"x" * 60_000 and answer.reset is None
    proxy.log.wait_for(r"GET /chat\?x 101 ")
    assert client.alive()


def test_keys_differ(served):
    backend, client, _ = served(echo)
    for _ in range(3):
        assert client.answer(connect(client), head_only=True).status == 200
    assert len({request.get("Sec-WebSocket-Key") for request in backend.wait_requests(3)}) == 3


def test_content_before_the_answer_waits(served):
    backend, client, _ = served(echo)
    stream = connect(client)
    client.data(stream, b"early", True)
    answer = client.answer(stream)
    assert (answer.status, answer.body, answer.ended) == (200, b"early", True)


def test_end_with_the_request(served):
    _, client, _ = served(echo)
    answer = client.answer(connect(client, end=True))
    assert (answer.status, answer.body, answer.ended) == (200, b"", True)


def test_reset_ends_the_tunnel(served):
    ended = threading.Event()

    def script(connection):
        switch(connection)
        connection.wait_end()
        ended.set()
    _, client, _ = served(script)
    stream = connect(client)
    assert client.answer(stream, head_only=True).status == 200
    client.rst(stream)
    assert ended.wait(LIMIT)


def test_target_that_ends(served):
    def script(connection):
        switch(connection)
        connection.send(b"bye")
        connection.shutdown()
        connection.wait_end()
    _, client, _ = served(script)
    stream = connect(client)
    while not client.answers.get(stream) or not client.answers[stream].ended:
        client.read_frame()
    assert client.answers[stream].body == b"bye"
    client.frame(DATA, END_STREAM, stream)
    assert client.alive()


@pytest.mark.parametrize("said", [b"", b"Sec-WebSocket-Accept: x\r\n",
                                  b"Sec-WebSocket-Accept: " + accept("dGhlIHNhbXBsZSBub25jZQ==") + b"\r\n"])
def test_accept_of_another_key_is_refused(served, said):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + said + b"\r\n")
        connection.wait_end()
    _, client, proxy = served(script)
    assert client.answer(connect(client)).status == 502
    proxy.log.wait_for("it switches to a WebSocket that was not asked for")


def test_answer_of_a_target_that_knows_none(served):
    _, client, proxy = served()
    assert client.answer(connect(client)).status == 502
    proxy.log.wait_for("answers as if there were none")


@pytest.mark.parametrize("status", [301, 400, 403, 404, 426, 500])
def test_refusal_passes(served, status):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 %d No\r\nContent-Length: 2\r\n\r\nno" % status)
    _, client, _ = served(script)
    answer = client.answer(connect(client))
    assert (answer.status, answer.body) == (status, b"no")


def test_other_protocols_are_not_allowed(served):
    backend, client, _ = served()
    assert client.answer(connect(client, protocol="connect-udp")).status == 405
    assert backend.requests == []


def test_tunnels_are_cut_at_the_drain(lab):
    import signal
    backend = lab.backend(echo)
    proxy = lab.proxy(http("/", backend.port), settings={"drain_tunnels": "100ms"})
    client = Http2(proxy.port)
    lab.clients.append(client)
    stream = connect(client)
    assert client.answer(stream, head_only=True).status == 200
    proxy.signal(signal.SIGTERM)
    assert client.answer(stream).reset == CANCEL
    client.until_end()
    proxy.process.wait(LIMIT)
