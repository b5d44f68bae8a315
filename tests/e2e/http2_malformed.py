"""What HTTP/1 cannot carry never becomes a request (RFC 9113 §8): the stream is reset, the target sees nothing, the connection
goes on. What HTTP/1 refuses with a sentence is refused so here, too."""
import pytest
from harness import http
from harness.http2 import END_HEADERS, HEADERS, PROTOCOL_ERROR, Http2

METHOD, SCHEME, AUTHORITY, PATH = (":method", "GET"), (":scheme", "http"), (":authority", "test.localhost"), (":path", "/")
GET = [METHOD, SCHEME, AUTHORITY, PATH]


def post(*fields):
    return [(":method", "POST"), SCHEME, AUTHORITY, PATH, *fields]


MALFORMED = {
    "carriage return in a value": [*GET, ("x", "a\rb")],
    "line feed in a value": [*GET, ("x", "a\nb")],
    "request in a value": [*GET, ("x", "a\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")],
    "NUL in a value": [*GET, ("x", "a\0b")],
    "blank before a value": [*GET, ("x", " a")],
    "blank behind a value": [*GET, ("x", "a ")],
    "tab behind a value": [*GET, ("x", "a\t")],
    "line feed in a name": [*GET, ("x\ny", "a")],
    "carriage return and line feed in a name": [*GET, ("x\r\ny", "a")],
    "NUL in a name": [*GET, ("x\0", "a")],
    "blank in a name": [*GET, ("x y", "a")],
    "colon in a name": [*GET, ("x:y", "a")],
    "empty name": [*GET, ("", "a")],
    "name beyond ASCII": [*GET, ("x\u00e9", "a")],
    "capital in a name": [*GET, ("X-a", "a")],
    "capitals alone": [*GET, ("CONTENT-LENGTH", "5")],
    "connection": [*GET, ("connection", "close")],
    "connection upgrade": [*GET, ("connection", "upgrade"), ("upgrade", "x")],
    "transfer-encoding": post(("transfer-encoding", "chunked")),
    "transfer-encoding identity": post(("transfer-encoding", "identity")),
    "upgrade": [*GET, ("upgrade", "h2c")],
    "keep-alive": [*GET, ("keep-alive", "timeout=5")],
    "proxy-connection": [*GET, ("proxy-connection", "close")],
    "te gzip": [*GET, ("te", "gzip")],
    "te trailers and more": [*GET, ("te", "trailers, gzip")],
    "two lengths": post(("content-length", "0"), ("content-length", "0")),
    "length that is a list": post(("content-length", "0, 0")),
    "negative length": post(("content-length", "-1")),
    "length with a plus": post(("content-length", "+0")),
    "length of words": post(("content-length", "zero")),
    "length that is too large": post(("content-length", "9223372036854775808")),
    "length without content": post(("content-length", "1")),
    "length without content of GET": [*GET, ("content-length", "5")],
    "two hosts": [METHOD, SCHEME, PATH, ("host", "a"), ("host", "b")],
    "host that is not the authority": [*GET, ("host", "other.localhost")],
    "path without slash": [METHOD, SCHEME, AUTHORITY, (":path", "x")],
    "path that is an address": [METHOD, SCHEME, AUTHORITY, (":path", "http://other.localhost/")],
    "empty path": [METHOD, SCHEME, AUTHORITY, (":path", "")],
    "blank in the path": [METHOD, SCHEME, AUTHORITY, (":path", "/a b")],
    "request line in the path": [METHOD, SCHEME, AUTHORITY, (":path", "/ HTTP/1.1\r\nX: y")],
    "line feed in the path": [METHOD, SCHEME, AUTHORITY, (":path", "/\n")],
    "tab in the path": [METHOD, SCHEME, AUTHORITY, (":path", "/\t")],
    "NUL in the path": [METHOD, SCHEME, AUTHORITY, (":path", "/\0")],
    "asterisk of GET": [METHOD, SCHEME, AUTHORITY, (":path", "*")],
    "request line in the method": [(":method", "GET / HTTP/1.1\r\nX:"), SCHEME, AUTHORITY, PATH],
    "blank in the method": [(":method", "GET /a"), SCHEME, AUTHORITY, PATH],
    "line feed in the method": [(":method", "GET\n"), SCHEME, AUTHORITY, PATH],
    "empty method": [(":method", ""), SCHEME, AUTHORITY, PATH],
    "line feed in the authority": [METHOD, SCHEME, (":authority", "a\r\nx: y"), PATH],
    "blank in the authority": [METHOD, SCHEME, (":authority", "a b"), PATH],
    "blank in the scheme": [METHOD, (":scheme", "http x"), AUTHORITY, PATH],
    "line feed in the scheme": [METHOD, (":scheme", "http\n"), AUTHORITY, PATH],
    "no method": [SCHEME, AUTHORITY, PATH],
    "no scheme": [METHOD, AUTHORITY, PATH],
    "no path": [METHOD, SCHEME, AUTHORITY],
    "neither authority nor host": [METHOD, SCHEME, PATH],
    "two methods": [METHOD, *GET],
    "two paths": [*GET, PATH],
    "two schemes": [*GET, SCHEME],
    "two authorities": [*GET, AUTHORITY],
    "unknown pseudo-field": [*GET, (":unknown", "x")],
    "pseudo-field of answers": [*GET, (":status", "200")],
    "pseudo-field behind a field": [METHOD, SCHEME, AUTHORITY, ("x", "y"), PATH],
    "protocol without CONNECT": [*GET, (":protocol", "websocket")],
    "CONNECT with a path": [(":method", "CONNECT"), AUTHORITY, PATH],
    "CONNECT with a scheme": [(":method", "CONNECT"), SCHEME, AUTHORITY],
    "CONNECT without authority": [(":method", "CONNECT")],
    "extended CONNECT without path": [(":method", "CONNECT"), SCHEME, AUTHORITY, (":protocol", "websocket")],
}


@pytest.fixture(scope="module")
def world(shared_lab):
    backend = shared_lab.backend()
    proxy = shared_lab.proxy(http("/", backend.port), settings={"max_header_bytes": "8KiB", "max_header_fields": 20})
    return backend, proxy


@pytest.fixture
def client(world, shared_lab):
    world[0].requests.clear()
    client = Http2(world[1].port)
    shared_lab.clients.append(client)
    return client


def raw(fields):
    """Literals that no library has looked at: names and values as they are."""
    def text(value):
        value = value.encode("latin-1")
        return (bytes([len(value)]) if len(value) < 127 else bytes([127, len(value) - 127])) + value
    return b"".join(b"\x10" + text(name) + text(value) for name, value in fields)


@pytest.mark.parametrize("what", MALFORMED)
def test_malformed(world, client, what):
    seen = len(world[1].log.lines)
    stream = client.next_stream()
    client.frame(HEADERS, END_HEADERS | 1, stream, raw(MALFORMED[what]))
    answer = client.answer(stream)
    assert (answer.reset, answer.fields) == (PROTOCOL_ERROR, None)
    assert client.ask(path="/behind").status == 200
    assert [request.target for request in world[0].requests] == ["/behind"]
    world[1].log.wait_for(r" — (the request is malformed|Host says|the field|the Content-Length)", seen=seen)


@pytest.mark.parametrize("content, length", [(b"abc", 5), (b"abc", 2), (b"abc", 0), (b"", 1)])
def test_length_that_differs_from_the_data(world, client, content, length):
    stream = client.request("POST", end=False, fields=[("content-length", str(length))])
    client.data(stream, content, True)
    assert client.answer(stream).reset == PROTOCOL_ERROR
    assert client.ask(path="/behind").status == 200
    assert [request.target for request in world[0].requests] == ["/behind"]  # none that came whole, that is


def test_length_that_is_exceeded_later(world, client):
    """The last byte that was announced goes up with the end alone."""
    stream = client.request("POST", end=False, body=b"abc", fields=[("content-length", "3")])
    assert client.alive()
    client.data(stream, b"d", True)
    assert client.answer(stream).reset == PROTOCOL_ERROR
    assert client.ask(path="/behind").status == 200
    assert [request.target for request in world[0].requests] == ["/behind"]


@pytest.mark.parametrize("content", [b"", b"abc"])
def test_end_that_comes_alone(world, client, content):
    stream = client.request("POST", end=False, body=content or None, fields=[("content-length", str(len(content)))])
    assert client.alive()
    client.data(stream, b"", True)
    assert client.answer(stream).status == 200
    assert [(request.get("Content-Length"), request.body) for request in world[0].requests] == [(str(len(content)), content)]


@pytest.mark.parametrize("fields", [[(":path", "/x")], [("connection", "close")], [("x", "a\nb")], [("X", "y")], [(":status", "200")],
                                    [("transfer-encoding", "chunked")]])
def test_malformed_trailers(world, client, fields):
    stream = client.request("POST", body=b"abc", end=False)
    client.frame(HEADERS, END_HEADERS | 1, stream, raw(fields))
    assert client.answer(stream).reset == PROTOCOL_ERROR
    assert client.ask(path="/behind").status == 200
    assert [request.target for request in world[0].requests] == ["/behind"]


def test_trailers_without_the_end(world, client):
    stream = client.request("POST", body=b"abc", end=False)
    client.frame(HEADERS, END_HEADERS, stream, raw([("x", "y")]))
    answer = client.answer(stream)
    assert answer.reset == PROTOCOL_ERROR and world[0].requests == []


@pytest.mark.parametrize("fields, status, words", [
    ([METHOD, SCHEME, AUTHORITY, (":path", "/%zz")], 400, b"is no % with two hexadecimal digits"),
    ([METHOD, SCHEME, AUTHORITY, (":path", "/%00")], 400, b"%00 stands in the path"),
    ([METHOD, SCHEME, AUTHORITY, (":path", "/../..")], 400, b"climbs above its root"),
    ([METHOD, SCHEME, AUTHORITY, (":path", "/a#b")], 400, b"a # stands in the request target"),
    ([METHOD, SCHEME, (":authority", "u@h"), PATH], 400, b"the Host 'u@h' is not valid"),
    ([METHOD, SCHEME, (":authority", "a:99999"), PATH], 400, b"is not valid"),
    ([(":method", "CONNECT"), (":authority", "a:1")], 405, b"CONNECT is not allowed"),
    ([*GET, ("max-forwards", "x"), ], 200, b"hello"),
    ([*GET, *((f"x{number}", "y") for number in range(21))], 431, b"there are more than 20 fields"),
    ([*GET, ("x", "y" * 9000)], 431, b"its field 'x' alone"),
    ([*GET, ("x", "y" * 5000), ("z", "y" * 5000)], 431, b"the head is larger than 8 KiB"),
    ([METHOD, SCHEME, AUTHORITY, (":path", "/" + "x" * 9000)], 414, b"too long for a head of 8 KiB"),
])
def test_what_http1_refuses_with_a_sentence(world, client, fields, status, words):
    answer = client.answer(client.headers(fields))
    assert answer.status == status and words in answer.body, answer.body
    assert client.ask(path="/behind").status == 200
    assert all(request.target == "/behind" or status == 200 for request in world[0].requests)


def test_body_that_is_too_large(lab):
    backend = lab.backend(lambda connection: connection.wait_end())
    client = Http2(lab.proxy(http("/", backend.port), settings={"max_body_bytes": 10}).port)
    lab.clients.append(client)
    stream = client.request("POST", end=False, fields=[("content-length", "11")])
    assert client.answer(stream).status == 413
    stream = client.request("POST", body=b"x" * 11, end=False)
    assert client.answer(stream).status == 413


def test_head_in_many_frames(world, client):
    """Cut at each byte: HEADERS with CONTINUATION behind it."""
    block = client.packed([*GET, ("x", "y")])
    for cut in range(len(block) + 1):
        stream = client.next_stream()
        client.frame(HEADERS, 1, stream, block[:cut])
        client.frame(9, END_HEADERS, stream, block[cut:])
        assert client.answer(stream).status == 200
