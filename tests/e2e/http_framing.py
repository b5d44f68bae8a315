"""Every framing of a body in both directions, HEAD, 204, 304, 1xx, Expect, trailers (BEHAVIOUR: Bodies)."""
import hashlib
import json
import threading

import pytest
from harness import LIMIT, CutShort, http

HOST = b"Host: t.localhost\r\n"


def served(lab, script=None, **more):
    """A backend, and a client of a proxy that has it as its only target."""
    backend = lab.backend(script, **more)
    return backend, lab.client(lab.proxy(http("/", backend.port)))


def answering(raw):
    """A script: one request, these bytes, end of connection."""
    def script(connection):
        connection.request()
        connection.send(raw)
    return script


def pattern(size):
    return (hashlib.sha256(b"liteginx").digest() * (size // 32 + 1))[:size]


# Requests

@pytest.mark.parametrize("raw, body, framing, length", [
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc", b"abc", "length", "3"),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n", b"", "length", "0"),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", b"abc", "chunked", None),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: CHUNKED\r\n\r\n0003;x=\"y\"\r\nabc\r\n000\r\n\r\n", b"abc", "chunked", None),
    (b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"", "chunked", None),
    (b"GET / HTTP/1.1\r\n" + HOST + b"\r\n", b"", "none", None),
    (b"DELETE / HTTP/1.1\r\n" + HOST + b"\r\n", b"", "none", None),
    (b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\nhi", b"hi", "length", "2"),
])
@pytest.mark.parametrize("pieces", ["whole", "bytewise"])
def test_request_body(lab, raw, body, framing, length, pieces):
    backend, client = served(lab)
    for at in range(len(raw)) if pieces == "bytewise" else [slice(None)]:
        client.send(raw[at:at + 1] if pieces == "bytewise" else raw)
    assert client.response().body == b"hello"
    request = backend.request
    assert (request.body, request.framing, request.get("Content-Length")) == (body, framing, length)
    assert client.get("/next").body == b"hello"  # the message ended where it ended


def test_request_chunks_arrive_as_they_come(lab):
    """The first byte of a body is at upstream before the second was sent; so is a chunk's first part."""
    seen = threading.Semaphore(0)

    def script(connection):
        connection.request_head()
        for byte in b"xyz":
            assert connection.read_until(b"%c\r\n" % byte).endswith(b"1\r\n%c\r\n" % byte)
            seen.release()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    _, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
    for part in (b"2\r\nx", b"y\r\n", b"1\r\nz\r\n"):
        client.send(part)
        assert seen.acquire(timeout=LIMIT)
    client.send(b"0\r\n\r\n")
    assert client.response().status == 200


def test_request_length_body_arrives_as_it_comes(lab):
    seen = threading.Semaphore(0)

    def script(connection):
        connection.request_head()
        for _ in range(3):
            connection.read_exact(1)
            seen.release()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    _, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\n")
    for byte in (b"a", b"b", b"c"):
        client.send(byte)
        assert seen.acquire(timeout=LIMIT)
    assert client.response().status == 200


def test_request_head_arrives_before_any_body(lab):
    head_seen = threading.Event()

    def script(connection):
        connection.request_head()
        head_seen.set()
        connection.read_exact(1)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    _, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\n\r\n")
    assert head_seen.wait(LIMIT)
    client.send(b"a")
    assert client.response().status == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_large_request_and_response_are_byte_exact(lab, chunked):
    body = pattern(6 << 20)

    def reply(request):
        if not chunked:
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(request.body) + request.body
        pieces, at, size = [], 0, 1
        while at < len(request.body):
            piece = request.body[at:at + size]
            pieces.append(b"%x\r\n%s\r\n" % (len(piece), piece))
            at, size = at + size, size * 3 % 100003 + 1
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(pieces) + b"0\r\n\r\n"
    _, client = served(lab, reply=reply)
    head = b"POST / HTTP/1.1\r\n" + HOST
    if chunked:
        raw = head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(
            b"%x\r\n%s\r\n" % (len(body[at:at + 70000]), body[at:at + 70000]) for at in range(0, len(body), 70000)) + b"0\r\n\r\n"
    else:
        raw = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    sender = threading.Thread(target=client.send, args=(raw,), daemon=True)
    sender.start()
    response = client.response()
    sender.join(LIMIT)
    assert hashlib.sha256(response.body).digest() == hashlib.sha256(body).digest()
    assert response.framing == ("chunked" if chunked else "length")
    assert client.get("/").status == 200


def test_request_trailers_pass_but_not_the_forbidden_ones(lab):
    backend, client = served(lab)
    client.ask(b"POST / HTTP/1.1\r\n" + HOST + b"TE: trailers\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n"
               b"3\r\nabc\r\n0\r\nX-Sum: 1\r\nAuthorization: x\r\nHost: evil\r\nX-After: 2\r\n\r\n")
    assert (backend.request.body, backend.request.trailers) == (b"abc", [("X-Sum", "1"), ("X-After", "2")])


@pytest.mark.parametrize("name", ["Content-Length: 3", "Transfer-Encoding: chunked"])
def test_request_trailers_with_framing_are_a_fault(lab, name):
    ended = threading.Event()

    def script(connection):
        try:
            connection.request()
        finally:
            ended.set()
    backend, client = served(lab, script)
    response = client.ask(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
                          + name.encode() + b"\r\n\r\n")
    assert response.status == 400
    client.expect_end()
    for connection in backend.connections:
        assert ended.wait(LIMIT) and b"0\r\n\r\n" not in connection.received_body
    assert backend.requests == []


# Expect: 100-continue

def test_expect_continue_waits_for_upstreams_word(lab):
    def script(connection):
        head = connection.request_head()
        assert head.get("Expect") == "100-continue"
        assert connection.is_silent(0.05)
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert connection.read_exact(3) == b"abc"
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.wait_end()
    _, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    assert client.read_response().head.start == "HTTP/1.1 100 Continue"
    client.send(b"abc")
    assert client.response().body == b"ok"


def test_expect_continue_refused_by_upstream(lab):
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno")
    _, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    response = client.response()
    assert (response.status, response.body, client.interim) == (417, b"no", [])


def test_expect_continue_answered_without_100(lab):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.wait_end()
    _, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc")
    assert client.response().body == b"ok"


# Responses

@pytest.mark.parametrize("raw, body, framing, length", [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", b"abc", "length", "3"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"", "length", "0"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;ext\r\na\r\n02\r\nbc\r\n0\r\n\r\n", b"abc", "chunked", None),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"", "chunked", None),
    (b"HTTP/1.1 200 OK\r\n\r\nabc", b"abc", "chunked", None),
    (b"HTTP/1.1 200 OK\r\n\r\n", b"", "chunked", None),
    (b"HTTP/1.0 200 OK\r\n\r\nabc", b"abc", "chunked", None),
    (b"HTTP/1.1 204 No Content\r\n\r\n", b"", "none", None),
    (b"HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", b"", "none", None),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", b"", "none", "99"),
    (b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na", b"a", "length", "1"),
    (b"HTTP/1.1 599 \r\nContent-Length: 1\r\n\r\na", b"a", "length", "1"),
])
@pytest.mark.parametrize("pieces", ["whole", "bytewise"])
def test_response_body(lab, raw, body, framing, length, pieces):
    def script(connection):
        connection.request()
        for at in range(len(raw)) if pieces == "bytewise" else [0]:
            connection.send(raw[at:at + 1] if pieces == "bytewise" else raw)
    _, client = served(lab, script)
    for _ in range(2):  # the client's connection lives on, whatever upstream's did
        response = client.get("/")
        assert response.status == int(raw.split()[1])
        assert (response.body, response.framing, response.get("Content-Length")) == (body, framing, length)


@pytest.mark.parametrize("raw, length", [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "1000"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", None),
    (b"HTTP/1.1 200 OK\r\nX: 1\r\n\r\n", None),
])
def test_head_has_no_body(lab, raw, length):
    backend, client = served(lab, reply=raw)
    for _ in range(2):
        response = client.request("HEAD", "/")
        assert (response.status, response.get("Content-Length")) == (200, length)
    assert [request.method for request in backend.requests] == ["HEAD", "HEAD"]


def test_response_streams_byte_by_byte(lab):
    more = threading.Semaphore(0)

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in (b"2\r\na", b"b\r\n", b"1\r\nc\r\n"):
            assert more.acquire(timeout=LIMIT)
            connection.send(piece)
        assert more.acquire(timeout=LIMIT)
        connection.send(b"0\r\n\r\n")
    _, client = served(lab, script)
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert client.read_response_head().get("Transfer-Encoding") == "chunked"
    for byte in (b"a", b"b", b"c"):
        more.release()
        assert client.read_exact(6) == b"1\r\n" + byte + b"\r\n"
    more.release()
    assert client.read_exact(5) == b"0\r\n\r\n"


def test_close_delimited_response_streams(lab):
    more = threading.Event()

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\na")
        assert more.wait(LIMIT)
        connection.send(b"b")
    _, client = served(lab, script)
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    client.read_response_head()
    assert client.read_exact(6) == b"1\r\na\r\n"
    more.set()
    assert client.read_exact(11) == b"1\r\nb\r\n0\r\n\r\n"


def test_interim_responses_pass(lab):
    _, client = served(lab, answering(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
    assert client.get("/").body == b"ok"
    assert [message.head.start for message in client.interim] == ["HTTP/1.1 103 Early Hints", "HTTP/1.1 102 Processing"]
    assert client.interim[0].get("Link") == "</a>; rel=preload"


def test_interim_response_is_passed_on_at_once(lab):
    go = threading.Event()

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        assert go.wait(LIMIT)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    _, client = served(lab, script)
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert client.read_response().status == 103
    go.set()
    assert client.response().status == 200


def test_response_trailers_pass_but_not_the_forbidden_ones(lab):
    _, client = served(lab, answering(b"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
                                      b"X-Sum: 1\r\nWWW-Authenticate: x\r\nHost: evil\r\nX-After: 2\r\n\r\n"))
    response = client.get("/", TE="trailers")
    assert (response.body, response.trailers) == (b"abc", [("X-Sum", "1"), ("X-After", "2")])


# What upstream cuts short never looks complete

@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("raw", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\nzz\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\nContent-Length: 3\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\nX: " + b"x" * 70000 + b"\r\n\r\n",
])
def test_cut_response_is_visibly_cut(lab, raw, end):
    client_has_it = threading.Event()

    def script(connection):
        connection.request()
        connection.send(raw)
        client_has_it.wait(LIMIT)  # a reset may discard what was not read yet
        if end == "reset":
            connection.reset()
    _, client = served(lab, script)
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    head = client.read_response_head()
    client_has_it.set()
    if head.start.split(" ")[1] == "502":  # the fault was seen before anything was passed on
        assert json.loads(client.read_body(head).body)["detail"]
    else:
        assert head.start == "HTTP/1.1 200 OK"
        assert b"0\r\n\r\n" not in client.expect_closed()


def test_close_delimited_response_cut_by_reset_is_visibly_cut(lab):
    client_has_it = threading.Event()

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\nabc")
        client_has_it.wait(LIMIT)
        connection.reset()
    _, client = served(lab, script)
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    client.read_response_head()
    assert client.read_exact(8) == b"3\r\nabc\r\n"
    client_has_it.set()
    assert client.expect_closed() == b""


def test_bytes_after_the_response_are_dropped_with_their_connection(lab):
    backend, client = served(lab, answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"))
    assert client.get("/").body == b"ok"
    assert client.get("/").body == b"ok"
    assert len(backend.connections) == 2


def test_client_that_reads_slowly_gets_everything(lab):
    """Backpressure: the whole answer does not fit into any buffer on its way."""
    body = pattern(24 << 20)
    _, client = served(lab, answering(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body))
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert client.read_response_head().get("Content-Length") == str(len(body))
    first = client.read_exact(10)
    assert first + client.read_exact(len(body) - 10) == body
