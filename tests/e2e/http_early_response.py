"""A response that comes before the request body has ended (BEHAVIOUR: Bodies)."""
import signal
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
        connection.wait_end()
    _, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 4\r\n\r\nab")
    assert client.read_response_head().start == "HTTP/1.1 200 OK"
    assert client.read_exact(2) == b"wx"
    client.send(b"cd")
    assert client.read_exact(2) == b"yz"


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


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_upload_behind_the_response_goes_up_to_its_end(lab, framing):
    """The target accepts from the head alone, as a job queue does, and reads what comes."""
    def script(connection):
        while True:
            head = connection.request_head()
            connection.send(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok")
            backend.record(connection.read_body(head))
    backend, client = served(lab, script)
    fields = b"Content-Length: 500000" if framing == "length" else b"Transfer-Encoding: chunked"
    client.send(b"POST /job HTTP/1.1\r\n" + HOST + fields + b"\r\n\r\n")
    response = client.response()
    assert (response.status, response.body) == (202, b"ok")
    assert "Connection" not in response
    for number in range(10):
        piece = bytes([number]) * 50000
        client.send(piece if framing == "length" else b"c350\r\n" + piece + b"\r\n")
        time.sleep(0.01)  # the upload comes late, piece by piece
    if framing == "chunked":
        client.send(b"0\r\n\r\n")
    assert client.request("POST", "/next", body=b"abc").status == 202
    # An early response is the last one of its connection (see http_surplus.py): two are read side by side.
    bodies = sorted((request.body for request in backend.wait_requests(4) if request.body), key=len)
    assert bodies == [b"abc", b"".join(bytes([number]) * 50000 for number in range(10))]
    assert len(backend.connections) == 2


def test_slow_target_gets_the_whole_upload_behind_its_response(lab):
    """What it has not taken when the upload ends waits here, and is not lost."""
    go, size = threading.Event(), 4 * MIB

    def script(connection):
        head = connection.request_head()
        connection.send(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok")
        assert go.wait(LIMIT)
        backend.record(connection.read_body(head))
    backend = lab.backend(script, narrow=True)
    client = lab.client(lab.proxy(http("/", backend.port)))
    client.send(b"POST /slow HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size)
    assert client.response().body == b"ok"
    sender = threading.Thread(target=client.send, args=(b"x" * size,), daemon=True)
    sender.start()
    assert client.is_silent(0.1)
    go.set()
    sender.join(LIMIT)
    assert len(backend.wait_requests(2)[1].body) == size


@pytest.mark.parametrize("surplus", [5, 70000, 300000])
def test_surplus_behind_the_response_does_not_cost_the_upload(lab, surplus):
    """More than may wait here: bytes left unread would make the close a reset, with half of the upload not taken yet."""
    go, size = threading.Event(), 300000

    def script(connection):
        head = connection.request_head()
        connection.send(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok" + b"y" * surplus)
        assert go.wait(LIMIT)
        backend.record(connection.read_body(head))
    backend = lab.backend(script, narrow=True)
    client = lab.client(lab.proxy(http("/", backend.port)))
    client.send(b"POST /slow HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size)
    assert client.response().body == b"ok"
    sender = threading.Thread(target=client.send, args=(b"x" * size,), daemon=True)
    sender.start()
    sender.join(LIMIT)
    go.set()
    assert len(backend.wait_requests(2)[1].body) == size


def test_client_that_leaves_behind_the_response_is_cut_upstream(lab):
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok")
        connection.wait_end()
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy)
    client.send(b"POST /gone HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\nx")
    assert client.response().body == b"ok"
    client.shutdown()
    client.expect_end()
    assert backend.connections[0].ended.wait(LIMIT)
    assert "the client left first" in proxy.log.wait_for("/gone").string


def test_bad_chunk_behind_the_response_ends_both_sides(lab):
    """The client has its whole answer; the target sees no end of the request."""
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 202 Accepted\r\nContent-Length: 200000\r\n\r\n" + b"y" * 200000)
        connection.wait_end()
    backend, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
    assert len(client.response().body) == 200000
    client.send(b"bad\x00\r\nmore and more")
    client.expect_end()
    assert backend.connections[0].ended.wait(LIMIT)
    assert backend.connections[0].received_body == b"1\r\na\r\n"


def test_target_that_breaks_behind_its_response_is_told(lab):
    """It takes no more: the rest is read here, the connection lives, and the log says what was lost."""
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok")
        if connection.number == 1:
            connection.reset()
        else:
            connection.wait_end()
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy)
    client.send(b"POST /lost HTTP/1.1\r\n" + HOST + b"Content-Length: 100000\r\n\r\n")
    assert client.response().body == b"ok"
    assert backend.connections[0].ended.wait(LIMIT)
    client.send(b"x" * 100000)
    assert client.request("POST", "/again", body=b"y").status == 202
    assert "without taking the whole request" in proxy.log.wait_for("/lost").string


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
    b"HTTP/1.0 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
    b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n",
], ids=["close", "http10", "204"])
def test_rest_of_a_small_upload_is_drained_and_the_connection_lives(lab, answer):
    """The connection to the target cannot be kept, and so the rest of the upload is not for it."""
    def script(connection):
        connection.request_head()
        connection.send(answer)
        connection.wait_end()
    backend, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 100000\r\n\r\n")
    response = client.response()
    status = int(answer.split()[1])
    assert (response.status, response.body) == (status, b"" if status == 204 else b"no") and "Connection" not in response
    client.send(b"x" * 100000)
    response = client.request("POST", "/again", body=b"y")
    assert response.status == status
    assert len(backend.connections) == 2  # the first one's request never ended


def test_endless_upload_ends_with_the_connection(lab):
    """More than 1 MiB still to come that the target does not want: the client has its answer, and has been told that the
    connection ends, which it does within seconds."""
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
        connection.wait_end()
    _, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % (1 << 40))
    response = client.response()
    assert (response.status, response.body, response.get("Connection")) == (413, b"no", "close")
    started = time.monotonic()
    with pytest.raises(OSError):
        while time.monotonic() - started < LIMIT:
            client.send(b"x" * 65536)


@pytest.mark.parametrize("kib, next_is_served", [(900, True), (3000, False)])
def test_upload_is_read_on_for_one_mebibyte(lab, kib, next_is_served):
    """A little more is worth the connection; what is longer than that ends it, though the message ends in time."""
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
        connection.wait_end()
    _, client = served(lab, script)
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % (kib << 10))
    response = client.response()
    assert (response.body, response.get("Connection")) == (b"ok", None if next_is_served else "close")
    client.send(b"x" * (kib << 10))
    if next_is_served:
        assert client.get("/next").body == b"ok"
    else:
        client.expect_end()


def test_upload_that_stalls_after_the_answer_ends_within_seconds(lab):
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
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
    response = client.response()
    assert (response.status, response.get("Connection")) == (404, "close")
    assert backend.connections == []


def test_late_bytes_behind_a_closing_request_do_not_cost_its_answer(lab):
    """A CRLF behind a POST, as old browsers send it, comes when the answer has been written and not read."""
    size = 200000
    backend = lab.backend(reply=b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy)
    client.send(b"POST /late HTTP/1.1\r\n" + HOST + b"Connection: close\r\nContent-Length: 3\r\n\r\nabc")
    proxy.log.wait_for("/late")  # all of it is in the system's hands
    for _ in range(3):
        client.send(b"\r\n")
        time.sleep(0.003)  # they are late: that is the matter
    response = client.response()
    assert len(response.body) == size and response.get("Connection") == "close"
    client.expect_end()


@pytest.mark.parametrize("end", ["drain", "stop"])
def test_no_close_costs_an_answer_that_is_on_its_way(lab, end):
    """However the connection comes to its end: by its upload, which is not wanted and stalls, or by the proxy's."""
    size = 200000
    field = b"Connection: close\r\n" if end == "drain" else b""
    answer = b"HTTP/1.1 200 OK\r\n" + field + b"Content-Length: %d\r\n\r\n" % size + b"x" * size

    def script(connection):
        connection.request_head()
        connection.send(answer)
        connection.wait_end()
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy)
    length = b"Content-Length: 10\r\n" if end == "drain" else b""
    client.send(b"POST /late HTTP/1.1\r\n" + HOST + length + b"\r\n")
    proxy.log.wait_for("/late")
    if end == "drain":
        time.sleep(2.2)  # the rest of the upload has had its time
        client.send(b"abc")
    else:
        proxy.signal(signal.SIGTERM)
        time.sleep(0.05)
        client.send(b"GET /next HTTP/1.1\r\n")
    assert len(client.response().body) == size
    client.close()
    if end == "stop":
        assert proxy.wait_exit() == 0


@pytest.mark.parametrize("framing", [b"Content-Length: 300000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n493e0\r\n"])
def test_what_comes_late_does_not_cost_a_cut_answer(lab, framing):
    """What there is of an answer that the target cuts short is the client's, and the end behind it; a line end that comes late
    from the client makes no reset of that."""
    backend = lab.backend(lambda connection: (connection.request(), connection.send(b"HTTP/1.1 200 OK\r\n" + framing + b"y" * 200000)))
    client = lab.client(lab.proxy(http("/", backend.port)), receive_buffer=4096)
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    client.read_until(b"\r\n\r\n")
    backend.connections[0].ended.wait(LIMIT)
    client.send(b"\r\n")
    assert client.read_to_end().count(b"y") == 200000
