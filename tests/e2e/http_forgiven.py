"""What responses are forgiven, since each is written anew (BEHAVIOUR: Forgiven in responses): the client gets it as if it had been
right, and the log says it once for each target. Requests are forgiven nothing (http_strict.py)."""
import pytest
from harness import http

LINE_FEED = "lines that end in a bare line feed: forgiven; end them in a carriage return and a line feed"
LENGTHS = "the same Content-Length more than once: forgiven; send it once"
BLANKS = "blanks around the size of a chunk: forgiven; send the size alone"
STATUS = "a status above 599: forgiven; clients may take it for a 500, and HTTP has none above 599"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def answering(raw, cuts):
    """Each answer in two pieces, cut elsewhere (parser_test.c cuts at every byte)."""
    def script(connection):
        for at in cuts:
            connection.request()
            for piece in (raw[:at], raw[at:]):
                connection.send(piece)
    return script


# name: what the target sends, start line, body and trailers as the client gets them, what the log says
FORGIVEN = {
    "head of bare line feeds": (b"HTTP/1.1 200 Fine\nServer: cgi\nContent-Length: 2\n\nok", "HTTP/1.1 200 Fine", b"ok", [], [LINE_FEED]),
    "one bare line feed": (OK + b"Server: cgi\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK", b"ok", [], [LINE_FEED]),
    "empty line of a bare line feed": (OK + b"Server: cgi\r\nContent-Length: 2\r\n\nok", "HTTP/1.1 200 OK", b"ok", [], [LINE_FEED]),
    "body that begins with line ends": (b"HTTP/1.1 200 OK\nServer: cgi\nContent-Length: 4\n\n\n\r\n\n", "HTTP/1.1 200 OK", b"\n\r\n\n", [],
                                        [LINE_FEED]),
    "chunks and trailers of bare line feeds": (b"HTTP/1.1 200 OK\nServer: cgi\nTransfer-Encoding: chunked\n\n2\nok\n1;x=y\n\n\n0\nX-Sum: 1\n\n",
                                               "HTTP/1.1 200 OK", b"ok\n", [("X-Sum", "1")], [LINE_FEED]),
    "chunk size before a bare line feed": (OK + b"Server: cgi\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n", "HTTP/1.1 200 OK",
                                           b"ok", [], [LINE_FEED]),
    "length twice": (OK + b"Server: cgi\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK", b"ok", [], [LENGTHS]),
    "length thrice in a list": (OK + b"Server: cgi\r\nContent-Length: 2, 2,02\r\n\r\nok", "HTTP/1.1 200 OK", b"ok", [], [LENGTHS]),
    "blanks around chunk sizes": (OK + b"Server: cgi\r\nTransfer-Encoding: chunked\r\n\r\n2  \r\nok\r\n 1\t\r\n!\r\n0 \r\nX-Sum: 1\r\n\r\n",
                                  "HTTP/1.1 200 OK", b"ok!", [("X-Sum", "1")], [BLANKS]),
    "status 999": (b"HTTP/1.1 999 Request denied\r\nServer: cgi\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 999 Request denied", b"ok", [],
                   [STATUS]),
    "status 600 in chunks": (b"HTTP/1.1 600 x\r\nServer: cgi\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "HTTP/1.1 600 x", b"ok",
                             [], [STATUS]),
    "all at once": (b"HTTP/1.1 777 x\nServer: cgi\nTransfer-Encoding: chunked\n\n 2\nok\n0\n\n", "HTTP/1.1 777 x", b"ok", [],
                    [LINE_FEED, BLANKS, STATUS]),
}


@pytest.mark.parametrize("name", FORGIVEN)
def test_response_comes_as_if_it_had_been_right(lab, name):
    raw, start, body, trailers, said = FORGIVEN[name]
    cuts = range(0, len(raw), 9)
    backend = lab.backend(answering(raw, cuts))
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy)
    for _ in cuts:
        response = client.get("/")
        assert (response.head.start, response.body, response.trailers) == (start, body, trailers)
        framing = ("Transfer-Encoding", "chunked") if b"chunked" in raw else ("Content-Length", str(len(body)))
        assert sorted(field for field in response.head.fields if field[0] != "Date") == sorted([("Server", "cgi"), framing])
    client.close()
    assert len(backend.connections) == 1, "what is forgiven is clear: the connection serves again"
    proxy.stop()
    lines = [line.split(" sends ")[1] for line in proxy.err.text.splitlines() if ": forgiven; " in line]
    assert sorted(lines) == sorted(said)


def test_each_is_told_once_for_each_target(lab):
    first = lab.backend(reply=b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok")
    second = lab.backend(reply=b"HTTP/1.1 999 OK\nContent-Length: 2, 2\n\nok")
    proxy = lab.proxy(http("/", [first.port, second.port]), workers=2)
    for _ in range(6):
        client = lab.client(proxy)
        assert [client.get("/").body for _ in range(3)] == [b"ok"] * 3
        client.close()
    proxy.stop()
    lines = [line.split(" ", 1)[1] for line in proxy.err.text.splitlines() if ": forgiven; " in line]
    assert sorted(lines) == sorted([f"liteginx: 127.0.0.1:{first.port} sends {LINE_FEED}", f"liteginx: 127.0.0.1:{second.port} sends {LINE_FEED}",
                                    f"liteginx: 127.0.0.1:{second.port} sends {LENGTHS}", f"liteginx: 127.0.0.1:{second.port} sends {STATUS}"])


def test_what_is_forgiven_in_a_stream_is_told_while_it_runs(lab):
    def script(connection):
        connection.request()
        connection.send(CHUNKED + b"2 \r\nok\r\n")
        connection.wait_end()
    proxy = lab.proxy(http("/", lab.backend(script).port))
    client = lab.client(proxy)
    client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    client.read_response_head()
    proxy.err.wait_for("sends blanks around the size of a chunk")


def test_interim_responses_are_forgiven_too(lab):
    backend = lab.backend(reply=b"HTTP/1.1 103 Early Hints\nLink: </x>\n\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy)
    assert client.get("/").body == b"ok"
    assert [message.head.fields for message in client.interim] == [[("Link", "</x>")]]
    proxy.err.wait_for("sends lines that end in a bare line feed")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_right_responses_have_nothing_told_about_them(lab, method):
    proxy = lab.proxy(http("/", lab.backend(reply=CHUNKED + (b"" if method == "HEAD" else b"2;x=y\r\nok\r\n0\r\n\r\n")).port))
    client = lab.client(proxy)
    assert client.request(method, "/").status == 200
    client.close()
    proxy.stop()
    assert "forgiven" not in proxy.err.text


# What stays a 502, each with what was forgiven beside it
@pytest.mark.parametrize("raw", [
    b"HTTP/1.1 200 OK\nContent-Length: 2\nTransfer-Encoding: chunked\n\n0\n\n",
    b"HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3\n\nabc", b"HTTP/1.1 200 OK\nContent-Length: 2, 3\n\nabc",
    b"HTTP/1.1 200 OK\nContent-Length: 2,\n\nab", b"HTTP/1.1 200 OK\nContent-Length: 2 2\n\nab",
    b"HTTP/1.1 200 OK\nA: 1\n 2\nContent-Length: 0\n\n", b"HTTP/1.1 200 OK\nA : 1\nContent-Length: 0\n\n",
    b"HTTP/1.1 200 OK\nA: 1\r2\nContent-Length: 0\n\n", b"HTTP/1.1 200 OK\nA: \0\nContent-Length: 0\n\n",
    b"HTTP/1.1 200 OK\nContent-Length: 5, 5\nTransfer-Encoding: chunked\n\n0\n\n",
    b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked, chunked\n\n0\n\n", b"HTTP/1.0 999 x\nTransfer-Encoding: chunked\n\n0\n\n",
    b"HTTP/1.1 099 x\nContent-Length: 0\n\n", b"HTTP/1.1 1000 x\nContent-Length: 0\n\n", b"\nHTTP/1.1 200 OK\nContent-Length: 0\n\n",
    CHUNKED + b"2 2\r\nok\r\n0\r\n\r\n", CHUNKED + b"\n0\r\n\r\n", CHUNKED + b" \r\n0\r\n\r\n", CHUNKED + b"0\rx\n\r\n"])
def test_what_could_be_read_in_two_ways_stays_nonsense(lab, raw):
    def script(connection):
        connection.request()
        connection.send(raw)
        connection.wait_end()
    client = lab.client(lab.proxy(http("/", lab.backend(script).port)))
    assert client.get("/").status == 502
