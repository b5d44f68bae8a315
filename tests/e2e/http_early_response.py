"""A response that comes before the request body has ended (BEHAVIOUR: Bodies)."""
import threading
import time

import pytest
from harness import LIMIT, http

HOST = b"Host: t.localhost\r\n"
MIB = 1 << 20


def served(lab, script):
    backend = lab.backend(script)
    return backend, lab.client(lab.proxy(http("/", backend.port)))


def test_both_directions_run_on(lab):
    """The response's head and first bytes pass while the upload runs, and the upload goes on afterwards."""
    def script(connection):
        connection.request_head()
        assert connection.read_exact(2) == b"ab"
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwx")
        assert connection.read_exact(2) == b"cd"
        connection.send(b"yz")
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    backend, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\n\r\nab")
    assert client.read_response_head().start == "HTTP/1.1 200 OK"
    assert client.read_exact(2) == b"wx"
    client.send(b"cd")
    assert client.read_exact(2) == b"yz"
    assert client.get("/next").body == b"ok"
    assert len(backend.connections) == 1  # both messages ended exactly: the connection is good


def test_echo_while_uploading(lab):
    """Chunk by chunk: each is answered before the next is sent."""
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            size = connection.read_until(b"\r\n")
            piece = connection.read_exact(int(size, 16) + 2)
            connection.send(size + piece)
            if size == b"0\r\n":
                return
    _, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
    client.read_response_head()
    for byte in b"abcdef":
        chunk = b"1\r\n%c\r\n" % byte
        client.send(chunk)
        assert client.read_exact(len(chunk)) == chunk
    client.send(b"0\r\n\r\n")
    assert client.read_exact(5) == b"0\r\n\r\n"


def test_rest_of_a_small_upload_is_drained_and_the_connection_lives(lab):
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        connection.wait_end()
    backend, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 100000\r\n\r\n")
    assert client.response().body == b"no"
    client.send(b"x" * 100000)
    response = client.request("POST", "/again", body=b"y")
    assert response.status == 403
    assert len(backend.connections) == 2  # the first one's request never ended


def test_endless_upload_ends_with_the_connection(lab):
    """More than 1 MiB still to come: the client has its answer, then the connection ends within seconds."""
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        connection.wait_end()
    _, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % (1 << 40))
    response = client.response()
    assert (response.status, response.body) == (413, b"no")
    started = time.monotonic()
    with pytest.raises(OSError):
        while time.monotonic() - started < LIMIT:
            client.send(b"x" * 65536)


@pytest.mark.parametrize("kib, next_is_served", [(900, True), (3000, False)])
def test_upload_is_read_on_for_one_mebibyte(lab, kib, next_is_served):
    """A little more is worth the connection; what is longer than that ends it, though the message ends in time."""
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.wait_end()
    _, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % (kib << 10))
    assert client.response().body == b"ok"
    client.send(b"x" * (kib << 10))
    if next_is_served:
        assert client.get("/next").body == b"ok"
    else:
        client.expect_end()


def test_upload_that_stalls_after_the_answer_ends_within_seconds(lab):
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        connection.wait_end()
    _, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\nx")
    assert client.response().status == 403
    client.expect_closed()  # 2 s


def test_upstream_answers_and_closes_without_reading(lab):
    """The upload is large, upstream closes: the client still sees the whole answer, not a broken pipe."""
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
        connection.shutdown()
        connection.wait_end()
    _, client = served(lab, script)
    body = b"x" * (8 * MIB)
    failed = []

    def upload():
        try:
            client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        except OSError as error:
            failed.append(error)
    sender = threading.Thread(target=upload, daemon=True)
    sender.start()
    response = client.response()
    assert (response.status, response.body) == (413, b"no")
    sender.join(LIMIT)


def test_own_answer_to_a_large_upload_is_seen(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/here", backend.port)))
    client.send(b"POST /nowhere HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % (1 << 40) + b"x" * 65536)
    assert client.response().status == 404
    assert backend.connections == []
