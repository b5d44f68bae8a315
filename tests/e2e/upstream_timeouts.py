"""connect, response, idle: what each counts and what it ends in (BEHAVIOUR: Timeouts)."""
import contextlib
import errno
import select
import socket
import threading
import time

from harness import LIMIT, CutShort, blackhole, http, since_data_s

import pytest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HOST = b"Host: t.localhost\r\n"


def test_connect_timeout_goes_to_the_next_target(lab):
    hole, backend = lab.keep(blackhole()), lab.backend(reply=OK)
    client = lab.client(lab.proxy(http("/", [hole.port, backend.port], timeouts={"connect": "300ms"})))
    started = time.monotonic()
    assert client.request("POST", "/", body=b"x").status == 200
    assert 0.2 < time.monotonic() - started < 3
    started = time.monotonic()
    assert [client.get("/").status for _ in range(20)] == [200] * 20  # 3 s if every second one tried it again
    assert time.monotonic() - started < 2, "the timeout has to rest the target"


def test_all_tries_timed_out_is_504_without_hold(lab):
    holes = [lab.keep(blackhole()) for _ in range(2)]
    client = lab.client(lab.proxy(http("/", [hole.port for hole in holes], timeouts={"connect": "300ms"}, hold="20s")))
    started = time.monotonic()
    assert client.get("/").status == 504
    assert time.monotonic() - started < 3


def test_response_timeout_counts_from_the_last_request_byte(lab):
    """The upload takes longer than `response`; only then does the clock start."""
    def script(connection):
        connection.request()
        connection.send(OK)
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port, timeouts={"response": "600ms"})))
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\n")
    for _ in range(5):
        assert client.is_silent(0.2)
        client.send(b"x")
    assert client.response().status == 200


def test_response_timeout_ends_with_the_head(lab):
    go = threading.Event()

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        assert go.wait(LIMIT)
        connection.send(b"ok")
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port, timeouts={"response": "300ms"})))
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert client.read_response_head().start == "HTTP/1.1 200 OK"
    assert client.is_silent(0.7)
    go.set()
    assert client.read_exact(2) == b"ok"


def test_response_timeout_needs_the_whole_head(lab):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-")
        connection.wait_end()
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port, timeouts={"response": "300ms"})))
    assert client.get("/").status == 504
    assert backend.connections[0].ended.wait(LIMIT)


def test_no_retry_after_a_response_timeout(lab):
    backend = lab.backend(lambda connection: (connection.request(), connection.wait_end()))
    client = lab.client(lab.proxy(http("/", backend.port, timeouts={"response": "200ms"})))
    assert client.get("/").status == 504
    assert len(backend.requests) == 1


def test_response_never_times_out_by_default(lab):
    go = threading.Event()

    def reply(request):
        assert go.wait(LIMIT)
        return OK
    backend = lab.backend(reply=reply)
    client = lab.client(lab.proxy(http("/", backend.port), settings={"header_timeout": "200ms", "keep_alive": "200ms",
                                                                     "upstream_keep_alive": "200ms"}))
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert client.is_silent(0.8)
    go.set()
    assert client.response().status == 200


def test_idle_response_body_is_cut(lab):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
        connection.wait_end()
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port, timeouts={"idle": "300ms"}))
    with pytest.raises((CutShort, ConnectionResetError)):
        lab.client(proxy).get("/idle")
    assert backend.connections[0].ended.wait(LIMIT)
    proxy.log.wait_for("/idle")


def test_moving_body_is_not_idle(lab):
    pause = threading.Event()

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        for byte in b"hello":
            assert not pause.wait(0.2)
            connection.send(bytes([byte]))
    backend = lab.backend(script)
    assert lab.client(lab.proxy(http("/", backend.port, timeouts={"idle": "500ms"}))).get("/").body == b"hello"


def test_idle_request_body_ends_the_exchange(lab):
    backend = lab.backend(lambda connection: connection.request())
    proxy = lab.proxy(http("/", backend.port, timeouts={"idle": "300ms"}))
    client = lab.client(proxy)
    client.send(b"POST /stall HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nab")
    client.expect_closed()
    assert backend.connections[0].ended.wait(LIMIT)
    assert backend.requests == []


BIG = 16 << 20


def big_answers(connection):
    connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BIG)
    connection.send(b"x" * BIG)
    connection.wait_end()


def test_slow_but_steady_reader_is_not_idle(lab):
    """What the proxy holds for it may take longer than `idle` to leave, as long as some of it does."""
    proxy = lab.proxy(http("/", lab.backend(big_answers).port, timeouts={"idle": "300ms"}))
    client = lab.client(proxy, receive_buffer=16384)
    client.send(b"GET / HTTP/1.1\r\nHost: t.localhost\r\n\r\n")
    client.read_response_head()
    left, slow_until = BIG, time.monotonic() + 2
    while left:
        piece = client.read_some()
        assert piece, f"cut with {left} bytes to come"
        left -= len(piece)
        if time.monotonic() < slow_until:
            time.sleep(0.03)  # the pace under test
    assert client.is_silent(0.05)


def test_reader_that_stops_is_idle_at_the_end_too(lab):
    """All of the answer is here and its connection given back, but nobody takes the rest."""
    proxy = lab.proxy(http("/", lab.backend(big_answers).port, timeouts={"idle": "300ms"}))
    client = lab.client(proxy, receive_buffer=16384)
    client.send(b"GET /stops HTTP/1.1\r\nHost: t.localhost\r\n\r\n")
    client.read_response_head()
    proxy.log.wait_for("/stops .*idle")
    client.wait_reset()  # or the system would keep for minutes what this client does not take


def endless(connection):
    connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    with contextlib.suppress(OSError):
        while True:
            connection.send(b"8000\r\n" + b"x" * 32768 + b"\r\n")


@pytest.mark.parametrize("script", [big_answers, endless])
def test_reader_that_stops_is_reset(lab, script):
    """Behind what it does not take it would never see an end, and the system would offer it that for minutes."""
    proxy = lab.proxy(http("/", lab.backend(script).port, timeouts={"idle": "300ms"}))
    client = lab.client(proxy, receive_buffer=16384)
    client.send(b"GET /stops HTTP/1.1\r\nHost: t.localhost\r\n\r\n")
    client.read_response_head()
    poll = select.poll()
    poll.register(client.sock, 0)
    assert poll.poll(LIMIT * 1000), "no end is seen without reading on"
    assert client.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNRESET


def test_reader_that_stops_late_is_ended_a_quarter_late_at_most(lab):
    """What it takes of that which the system holds is seen only by looking."""
    proxy = lab.proxy(http("/", lab.backend(endless).port, timeouts={"idle": "2s"}), settings={"access_log": "json"})
    client = lab.client(proxy, receive_buffer=16384)
    client.send(b"GET /late HTTP/1.1\r\nHost: t.localhost\r\n\r\n")
    begun, poll = time.monotonic(), select.poll()
    poll.register(client.sock, 0)
    while time.monotonic() < begun + 2.1:  # just too late for who looks but once in each `idle`
        client.read_some()
        assert not poll.poll(100)
    assert poll.poll(LIMIT * 1000)
    assert 1.9 < since_data_s(client.sock) < 3.9


def test_target_that_stops_reading_the_request_is_504(lab):
    """`idle` again, but it is not the client who is idle: its bytes wait for the target."""
    backend = lab.backend(lambda connection: (connection.request_head(), connection.wait_reset()))
    proxy = lab.proxy(http("/", backend.port, timeouts={"idle": "300ms"}), settings={"access_log": "json"})
    client = lab.client(proxy)
    client.send(b"POST /stuck HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000000\r\n\r\n")

    def upload():
        try:
            while True:
                client.send(b"x" * 65536)
        except OSError:
            pass  # it was told, then closed
    thread = threading.Thread(target=upload, daemon=True)
    thread.start()
    response = client.response("POST")
    assert response.status == 504 and f"127.0.0.1:{backend.port} of test-ingress took nothing of the request for 300 ms" in response.text
    assert '"ending":"upstream-stalled"' in proxy.log.wait_for("/stuck").string
    thread.join(LIMIT)
    assert not thread.is_alive()
    assert backend.connections[0].ended.wait(LIMIT)  # the target that reads nothing sees a reset


def test_idle_upload_is_answered_and_ends_the_connection(lab):
    """Where in the body the client stopped nobody knows: no next request can be told."""
    backend = lab.backend(lambda connection: (connection.request_head(), connection.wait_end()))
    client = lab.client(lab.proxy(http("/", backend.port, timeouts={"idle": "300ms"})))
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx")
    response = client.response()
    assert (response.status, response.get("Connection")) == (408, "close")
    client.expect_end()


def test_idle_answer_is_cut_without_a_reset(lab):
    """All that came is with the client already: it may read it, and see that the end is missing."""
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        connection.wait_end()
    client = lab.client(lab.proxy(http("/", lab.backend(script).port, timeouts={"idle": "300ms"})))
    client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert client.read_response_head().get("Content-Length") == "10"
    assert client.read_to_end() == b"half"


def test_each_interim_response_gives_the_response_its_time_anew(lab):
    def script(connection):
        connection.request()
        for _ in range(4):
            time.sleep(0.2)
            connection.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        if connection.number == 1:
            time.sleep(0.2)
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.wait_end()
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port, timeouts={"response": "350ms"}))
    assert lab.client(proxy).get("/").body == b"ok"
    for connection in backend.connections:
        connection.wake()
    started = time.monotonic()
    client = lab.client(proxy)
    assert client.get("/").status == 504 and len(client.interim) == 4
    assert time.monotonic() - started > 1.1
