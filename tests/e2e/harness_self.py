"""The harness itself, without the program: a client and a backend that talk directly."""
import socket

import pytest
from harness import CutShort, blackhole, ingress, http, refusing_port


def test_request_and_response_byte_for_byte(lab):
    backend = lab.backend()
    client = lab.client(backend)
    response = client.ask(b"GET /a?q=1 HTTP/1.1\r\nHost: x\r\nA: 1\r\na:2 \r\n\r\n")
    assert (response.status, response.body, response.framing) == (200, b"hello", "length")
    assert backend.request.head.raw == b"GET /a?q=1 HTTP/1.1\r\nHost: x\r\nA: 1\r\na:2 \r\n\r\n"
    assert backend.request.head.all("A") == ["1", "2"]
    client.get("/again")
    assert [request.target for request in backend.wait_requests(2)] == ["/a?q=1", "/again"]
    assert len(backend.connections) == 1


@pytest.mark.parametrize("raw, body, framing", [
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nT: 1\r\n\r\n", b"abc", "chunked"),
    (b"HTTP/1.1 200 OK\r\n\r\nto the end", b"to the end", "close"),
    (b"HTTP/1.1 204 No Content\r\n\r\n", b"", "none"),
    (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", b"", "none"),
])
def test_response_framings(lab, raw, body, framing):
    def script(connection):
        connection.request()
        connection.send(raw)
    response = lab.client(lab.backend(script)).get()
    assert (response.body, response.framing) == (body, framing)


@pytest.mark.parametrize("raw, error", [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", CutShort),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", CutShort),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\n\r\n", AssertionError),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", AssertionError),
    (b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", AssertionError),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", AssertionError),
    (b"HTTP/1.1 200 OK\r\nA : 1\r\n\r\n", AssertionError),
])
def test_reader_is_strict(lab, raw, error):
    def script(connection):
        connection.request()
        connection.send(raw)
    with pytest.raises(error):
        lab.client(lab.backend(script)).get()


def test_reset_and_end_are_told_apart(lab):
    lab.client(lab.backend(lambda connection: connection.close())).expect_end()
    lab.client(lab.backend(lambda connection: connection.reset())).expect_reset()
    client = lab.client(lab.tcp_backend())
    client.send(b"abc")
    client.shutdown()
    assert client.read_to_end() == b"abc"


def test_stopped_backend_refuses_and_starts_again(lab):
    backend = lab.backend()
    client = lab.client(backend)
    backend.wait_connections(1)
    backend.stop()
    client.expect_end()
    with pytest.raises(ConnectionRefusedError):
        lab.client(backend)
    backend.start()
    assert lab.client(backend).get().status == 200


def test_refusing_port_and_blackhole(lab):
    with pytest.raises(ConnectionRefusedError):
        lab.client(lab.keep(refusing_port()).port)
    hole = lab.keep(blackhole())
    with socket.socket() as sock:
        sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            sock.connect(("127.0.0.1", hole.port))


def test_configuration_text():
    assert ingress(http("/a", 3000, rewrite="/"), settings={"drain": "1s"}) == (
        'name: test-ingress\nspec:\n  - kind: "http"\n    listen: 0\n    path: "/a"\n    rewrite: "/"\n'
        '    targets:\n      - {"host": "127.0.0.1", "port": 3000}\n---\nsettings:\n  drain: "1s"\n')
