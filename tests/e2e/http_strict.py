"""Ambiguous framing never passes (BEHAVIOUR: HTTP/1.1): 400 or 501, connection closed, upstream sees nothing.

All cases share one proxy and backend; after each a well-formed probe on a new connection shows what upstream saw.
"""
import threading

import pytest
from harness import LIMIT, CutShort, http

H = b"Host: x\r\n"
END = b"\r\n"
SMUGGLED = b"GET /evil HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.fixture(scope="module")
def site(shared_lab):
    backend = shared_lab.backend()
    return shared_lab.proxy(http("/", backend.port)), backend


def seen_upstream(site, lab, before):
    """Targets of the requests that came since, found with the help of a probe."""
    proxy, backend = site
    client = lab.client(proxy)
    assert client.get("/probe").status == 200
    client.close()
    return [request.target for request in backend.requests[before:]]


HEADS = {
    "length and chunked": (400, b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 3\r\n" + CHUNKED + END + b"0\r\n\r\n"),
    "chunked and length": (400, b"POST / HTTP/1.1\r\n" + H + CHUNKED + b"Content-Length: 3\r\n" + END + b"0\r\n\r\n"),
    "two lengths": (400, b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 3\r\nContent-Length: 4\r\n" + END + b"abcd"),
    "two equal lengths": (400, b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 3\r\nContent-Length: 3\r\n" + END + b"abc"),
    "list of lengths": (400, b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 3, 3\r\n" + END + b"abc"),
    "signed length": (400, b"POST / HTTP/1.1\r\n" + H + b"Content-Length: +3\r\n" + END + b"abc"),
    "negative length": (400, b"POST / HTTP/1.1\r\n" + H + b"Content-Length: -3\r\n" + END + b"abc"),
    "hex length": (400, b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 0x3\r\n" + END + b"abc"),
    "length with words": (400, b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 3 4\r\n" + END + b"abc"),
    "empty length": (400, b"POST / HTTP/1.1\r\n" + H + b"Content-Length:\r\n" + END),
    "overflowing length": (400, b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 18446744073709551619\r\n" + END + b"abc"),
    "last coding not chunked": (400, b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked, gzip\r\n" + END),
    "coding gzip alone": (400, b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: gzip\r\n" + END),
    "coding identity": (400, b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: identity\r\n" + END),
    "coding xchunked": (400, b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: xchunked\r\n" + END + b"0\r\n\r\n"),
    "coding chunkedx": (400, b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunkedx\r\n" + END + b"0\r\n\r\n"),
    "coding quoted": (400, b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: \"chunked\"\r\n" + END + b"0\r\n\r\n"),
    "coding empty": (400, b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding:\r\n" + END),
    "chunked twice": (400, b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked, chunked\r\n" + END + b"0\r\n\r\n"),
    "chunked in two lines": (400, b"POST / HTTP/1.1\r\n" + H + CHUNKED + CHUNKED + END + b"0\r\n\r\n"),
    "chunked with parameter": (400, b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: chunked;q=1\r\n" + END + b"0\r\n\r\n"),
    "vertical tab before chunked": (400, b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: \x0bchunked\r\n" + END + b"0\r\n\r\n"),
    "gzip before chunked": (501, b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: gzip, chunked\r\n" + END + b"0\r\n\r\n"),
    "gzip and chunked lines": (501, b"POST / HTTP/1.1\r\n" + H + b"Transfer-Encoding: gzip\r\n" + CHUNKED + END + b"0\r\n\r\n"),
    "chunked in 1.0": (400, b"POST / HTTP/1.0\r\n" + H + CHUNKED + END + b"0\r\n\r\n"),
    "bare lf after line": (400, b"GET / HTTP/1.1\nHost: x\r\n\r\n"),
    "bare lf after field": (400, b"GET / HTTP/1.1\r\nHost: x\nA: 1\r\n\r\n"),
    "bare lf everywhere": (400, b"GET / HTTP/1.1\nHost: x\n\n"),
    "bare lf at the end": (400, b"GET / HTTP/1.1\r\nHost: x\r\n\n"),
    "bare cr after field": (400, b"GET / HTTP/1.1\r\nHost: x\rA: 1\r\n\r\n"),
    "bare cr in value": (400, b"GET / HTTP/1.1\r\nHost: x\r\nA: 1\r2\r\n\r\n"),
    "bare cr in line": (400, b"GET /\r HTTP/1.1\r\nHost: x\r\n\r\n"),
    "double cr": (400, b"GET / HTTP/1.1\r\nHost: x\r\r\n\r\n"),
    "space before colon": (400, b"GET / HTTP/1.1\r\nHost: x\r\nA : 1\r\n\r\n"),
    "tab before colon": (400, b"GET / HTTP/1.1\r\nHost: x\r\nA\t: 1\r\n\r\n"),
    "space before colon of length": (400, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc"),
    "folded line": (400, b"GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\n 2\r\n\r\n"),
    "folded with tab": (400, b"GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\n\t2\r\n\r\n"),
    "space before first field": (400, b"GET / HTTP/1.1\r\n Host: x\r\nA: 1\r\n\r\n"),
    "nul in value": (400, b"GET / HTTP/1.1\r\nHost: x\r\nA: 1\x002\r\n\r\n"),
    "nul in name": (400, b"GET / HTTP/1.1\r\nHost: x\r\nA\x00: 1\r\n\r\n"),
    "nul in target": (400, b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n"),
    "control in value": (400, b"GET / HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n"),
    "empty field name": (400, b"GET / HTTP/1.1\r\nHost: x\r\n: 1\r\n\r\n"),
    "line without colon": (400, b"GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n"),
    "bracket in name": (400, b"GET / HTTP/1.1\r\nHost: x\r\nA[b]: 1\r\n\r\n"),
    "latin name": (400, b"GET / HTTP/1.1\r\nHost: x\r\n\xe4: 1\r\n\r\n"),
    "no host": (400, b"GET / HTTP/1.1\r\nA: 1\r\n\r\n"),
    "two hosts": (400, b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"),
    "two equal hosts": (400, b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"),
    "empty host": (400, b"GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    "host with path": (400, b"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n"),
    "host with user": (400, b"GET / HTTP/1.1\r\nHost: u@x\r\n\r\n"),
    "host with space": (400, b"GET / HTTP/1.1\r\nHost: x y\r\n\r\n"),
    "host with comma": (400, b"GET / HTTP/1.1\r\nHost: x,\"y\r\n\r\n"),
    "host port of words": (400, b"GET / HTTP/1.1\r\nHost: x:a\r\n\r\n"),
    "host port too large": (400, b"GET / HTTP/1.1\r\nHost: x:65536\r\n\r\n"),
    "host bad bracket": (400, b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
    "host in absolute form repeated": (400, b"GET http://y/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"),
    "absolute form without host": (400, b"GET http://y/ HTTP/1.1\r\n\r\n"),
    "two spaces": (400, b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "two spaces later": (400, b"GET /  HTTP/1.1\r\nHost: x\r\n\r\n"),
    "space at line end": (400, b"GET / HTTP/1.1 \r\nHost: x\r\n\r\n"),
    "tab for space": (400, b"GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n"),
    "space in target": (400, b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"),
    "space before method": (400, b" GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "no version": (400, b"GET /\r\nHost: x\r\n\r\n"),
    "lower-case version": (400, b"GET / http/1.1\r\nHost: x\r\n\r\n"),
    "rtsp": (400, b"OPTIONS * RTSP/1.0\r\nHost: x\r\n\r\n"),
    "icecast": (400, b"SOURCE /x ICE/1.0\r\nHost: x\r\n\r\n"),
    "long version": (400, b"GET / HTTP/1.10\r\nHost: x\r\n\r\n"),
    "version 1": (400, b"GET / HTTP/1\r\nHost: x\r\n\r\n"),
    "method not a token": (400, b"GE(T / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "tls hello": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32 + b"\r\n\r\n"),
}


@pytest.mark.parametrize("name", HEADS)
def test_ambiguous_head(site, shared_lab, name):
    status, raw = HEADS[name]
    proxy, backend = site
    before = len(backend.requests)
    client = shared_lab.client(proxy)
    client.send(raw + SMUGGLED)
    response = client.response()
    assert (response.status, response.get("Connection")) == (status, "close")
    assert client.expect_closed() == b"", "the connection must end after the one answer"
    assert seen_upstream(site, shared_lab, before) == ["/probe"]


BODIES = {
    "size of words": b"xyz\r\nabc\r\n0\r\n\r\n",
    "size with 0x": b"0x3\r\nabc\r\n0\r\n\r\n",
    "size with sign": b"+3\r\nabc\r\n0\r\n\r\n",
    "size with space before": b" 3\r\nabc\r\n0\r\n\r\n",
    "empty size": b"\r\nabc\r\n0\r\n\r\n",
    "size overflow": b"10000000000000003\r\nabc\r\n0\r\n\r\n",
    "size far overflow": b"fffffffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "bare lf after size": b"3\nabc\r\n0\r\n\r\n",
    "bare cr after size": b"3\rabc\r\n0\r\n\r\n",
    "bare lf after piece": b"3\r\nabc\n0\r\n\r\n",
    "no crlf after piece": b"3\r\nabc0\r\n\r\n",
    "piece too long": b"3\r\nabcdef\r\n0\r\n\r\n",
    "extension with lf": b"3;a\nb\r\nabc\r\n0\r\n\r\n",
    "extension with cr": b"3;a\rb\r\nabc\r\n0\r\n\r\n",
    "extension with nul": b"3;\0\r\nabc\r\n0\r\n\r\n",
    "bare lf at the end": b"3\r\nabc\r\n0\r\n\n",
    "bare lf after last": b"3\r\nabc\r\n0\n\r\n",
    "space in trailer name": b"3\r\nabc\r\n0\r\nA : 1\r\n\r\n",
    "folded trailer": b"3\r\nabc\r\n0\r\nA: 1\r\n 2\r\n\r\n",
    "trailer with length": b"3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n",
    "trailer with nul": b"3\r\nabc\r\n0\r\nA: \0\r\n\r\n",
}


@pytest.mark.parametrize("good", [b"", b"5\r\nfirst\r\n"], ids=["first chunk", "later chunk"])
@pytest.mark.parametrize("name", BODIES)
def test_fault_inside_a_body(site, shared_lab, name, good):
    """Upstream may have begun to read: it must never see the end of the message."""
    proxy, backend = site
    before = len(backend.requests)
    connections = len(backend.connections)
    client = shared_lab.client(proxy)
    client.send(b"POST / HTTP/1.1\r\n" + H + CHUNKED + END + good + BODIES[name] + SMUGGLED)
    response = client.response()
    assert (response.status, response.get("Connection")) == (400, "close")
    assert client.expect_closed() == b""
    assert seen_upstream(site, shared_lab, before) == ["/probe"]
    for connection in backend.connections[connections:-1]:
        assert b"0\r\n\r\n" not in connection.received_body and b"evil" not in connection.received


def test_fault_inside_a_body_after_the_response_began_cuts_the_connection(lab):
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
        connection.wait_end()
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port)))
    client.send(b"POST / HTTP/1.1\r\n" + H + CHUNKED + END + b"1\r\na\r\n")
    assert client.read_response_head().start == "HTTP/1.1 200 OK"
    client.send(b"zz\r\n")
    rest = client.expect_closed()
    assert len(rest) <= 5 and b"HTTP/1.1 400" not in rest
    assert backend.connections[0].ended.wait(LIMIT)
    assert b"0\r\n\r\n" not in backend.connections[0].received_body


RESPONSES = {
    "length and chunked": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "bad length": b"HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nab",
    "last coding not chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked twice": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "bare cr in a field": b"HTTP/1.1 200 OK\r\nA: 1\r2\r\nContent-Length: 0\r\n\r\n",
    "space before colon": b"HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n",
    "folded line": b"HTTP/1.1 200 OK\r\nA: 1\r\n 2\r\nContent-Length: 0\r\n\r\n",
    "nul": b"HTTP/1.1 200 OK\r\nA: \0\r\nContent-Length: 0\r\n\r\n",
    "status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    "status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "status below 100": b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
    "version 2": b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "not http": b"SSH-2.0-OpenSSH_9\r\n",
    "html": b"<html>hello</html>\r\n\r\n",
    "chunked in 1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "101 without upgrade": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
}


@pytest.mark.parametrize("name", RESPONSES)
def test_ambiguous_response_is_502(lab, name):
    def script(connection):
        connection.request()
        connection.send(RESPONSES[name])
        connection.wait_end()
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port)))
    response = client.get("/")
    assert response.status == 502
    assert client.get("/").status == 502  # and the client's connection lives
    assert len(backend.requests) == 2, "nonsense is not worth a retry"


def test_reader_of_the_tests_sees_a_cut(lab):
    """The reverse of the above: a body that breaks once its head was passed on is cut, never completed."""
    client_has_head = threading.Event()

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        client_has_head.wait(LIMIT)
        connection.send(b"+1\r\nx\r\n0\r\n\r\n")
        connection.wait_end()
    client = lab.client(lab.proxy(http("/", lab.backend(script).port)))
    client.send(b"GET / HTTP/1.1\r\nHost: t.localhost\r\n\r\n")
    head = client.read_response_head()
    assert head.start.startswith("HTTP/1.1 200 ")
    client_has_head.set()
    with pytest.raises((CutShort, ConnectionResetError)):
        client.read_body(head)


def test_body_that_is_broken_from_its_first_bytes_gets_an_answer(lab):
    """Nothing was passed on yet, so the client is told, by a 502."""
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\nx\r\n0\r\n\r\n")
        connection.wait_end()
    client = lab.client(lab.proxy(http("/", lab.backend(script).port)))
    assert client.get("/").status == 502
