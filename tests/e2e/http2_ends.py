"""How streams and connections of HTTP/2 end: resets both ways, a client that leaves, time that is over, a drain."""
import signal
import struct
import threading
import time

import pytest
from harness import LIMIT, http
from harness.http2 import (ACK, CANCEL, DATA, END_STREAM, GOAWAY, HEADERS, INTERNAL_ERROR, NO_ERROR, PING, PROTOCOL_ERROR,
                           REFUSED_STREAM, RST_STREAM, SETTINGS, Http2, frame)


@pytest.fixture
def served(lab):
    def make(script=None, settings=None, client=None, **more):
        backend = lab.backend(script)
        proxy = lab.proxy(http("/", backend.port, **more), settings=settings)
        lab.clients.append(Http2(proxy.port, **(client or {})))
        return backend, lab.clients[-1], proxy
    return make


def test_reset_by_the_client_ends_the_request(served):
    left = threading.Event()

    def script(connection):
        connection.request()
        connection.wait_end()
        left.set()
    backend, client, proxy = served(script)
    stream = client.request()
    backend.wait_requests(1)
    client.rst(stream)
    assert left.wait(LIMIT)
    proxy.log.wait_for(r"GET / 499 .* the client left first")
    assert client.alive()


def test_reset_in_the_middle_of_an_upload(served):
    ends = []

    def script(connection):
        connection.request_head()
        connection.wait_end()
        ends.append(connection.received_body)
    backend, client, proxy = served(script)
    stream = client.request("POST", body=b"abc", end=False)
    backend.wait_requests(1)
    backend.connections[0].wait_received(len(b"POST / HTTP/1.1") + 10)
    client.rst(stream)
    proxy.log.wait_for(r"POST / 499 ")
    backend.connections[0].ended.wait(LIMIT)
    assert b"0\r\n\r\n" not in ends[0]


def test_cut_answer_is_a_reset(served):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
    _, client, proxy = served(script)
    answer = client.ask()
    assert (answer.status, answer.body, answer.ended, answer.reset) == (200, b"abc", False, INTERNAL_ERROR)
    proxy.log.wait_for("broke off in the middle of its answer")
    assert client.alive()


def test_nonsense_in_place_of_content_is_an_answer(served):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")
    _, client, _ = served(script)
    answer = client.ask()
    assert answer.status == 502 and answer.ended


def test_client_that_leaves_ends_all(served):
    backend, client, proxy = served(lambda connection: connection.request() and connection.wait_end())
    for _ in range(5):
        client.request()
    backend.wait_requests(5)
    client.reset()
    proxy.log.wait_for(r"GET / 499 ", count=5)


def test_end_of_the_clients_side_ends_all(served):
    backend, client, proxy = served(lambda connection: connection.request() and connection.wait_end())
    client.request()
    backend.wait_requests(1)
    client.shutdown()
    proxy.log.wait_for(r"GET / 499 ")
    client.until_end()


def test_slow_stream_holds_up_nobody(served):
    """Its upload stops behind its window; others pass."""
    release = threading.Event()

    def script(connection):
        head = connection.request_head()
        if "/slow" in head.start:
            release.wait(LIMIT)
            connection.wait_end()
        else:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            connection.wait_end()
    backend, client, _ = served(script)
    slow = client.request("POST", "/slow", end=False)
    client.until(lambda got: got.kind == SETTINGS and got.flags & ACK)
    backend.wait_requests(1)
    sent = 0
    room = 64 * 1024
    while sent < 64 << 20:
        while room >= 16384:
            client.frame(DATA, 0, slow, bytes(16384))
            room -= 16384
            sent += 16384
        client.frame(PING, 0, 0, b"progress")
        while True:
            got = client.read_frame()
            if got.kind == 8 and got.stream == slow:
                room += int.from_bytes(got.payload, "big")
            if got.kind == PING:
                break
        if room < 16384:
            time.sleep(0.2)
            client.frame(PING, 0, 0, b"progress")
            before = room
            while (got := client.read_frame()).kind != PING:
                if got.kind == 8 and got.stream == slow:
                    room += int.from_bytes(got.payload, "big")
            if room == before:
                break
    assert sent < 64 << 20, "the window never closed"
    assert client.ask(path="/quick").status == 200
    release.set()


def test_reader_that_stops_holds_up_nobody(served):
    big = b"x" * (8 << 20)

    def script(connection):
        head = connection.request()
        body = big if head.target == "/big" else b"ok"
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    _, client, _ = served(script, client={"window": 65535, "still": True})
    client.window(0, 1 << 24)
    stream = client.request(path="/big")
    while len(client.answers.get(stream).body if stream in client.answers else b"") < 65535:
        client.read_frame()
    assert client.ask(path="/quick").body == b"ok"
    client.still = False
    client.window(stream, 1 << 24)
    assert client.answer(stream).body == big


def test_window_of_nothing_ends_by_idle(served):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
        connection.wait_end()
    _, client, proxy = served(script, client={"window": 0, "still": True}, timeouts={"idle": "1s"})
    answer = client.ask()
    assert answer.status == 200 and answer.reset == CANCEL and answer.body == b""
    proxy.log.wait_for("no byte moved in either direction for 1 s")
    assert client.alive()


def test_settings_change_windows_of_running_streams(served):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
        connection.wait_end()
    _, client, _ = served(script, client={"window": 0, "still": True})
    stream = client.request()
    assert client.answer(stream, head_only=True).status == 200
    client.frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 2))
    client.until(lambda got: got.kind == DATA)
    assert client.answers[stream].body == b"ab"
    client.window(stream, 1)
    assert client.answer(stream).body == b"abc"


def test_head_that_does_not_end(served):
    _, client, proxy = served(settings={"header_timeout": "300ms"})
    assert client.ask().status == 200
    client.frame(HEADERS, END_STREAM, client.next_stream(), client.packed([(":method", "GET")]))
    client.until_end()
    proxy.log.wait_for("the request head was not whole after 300 ms")


def test_no_request_at_all(served):
    started = time.monotonic()
    _, client, _ = served(settings={"header_timeout": "300ms"})
    client.until_end()
    assert time.monotonic() - started >= 0.3


def test_connection_that_rests_is_ended(served):
    _, client, _ = served(settings={"keep_alive": "300ms"})
    assert client.ask().status == 200
    goaways = client.until_end()
    assert [code for _, code, _ in goaways] == [NO_ERROR, NO_ERROR]
    assert [last for last, _, _ in goaways] == [(1 << 31) - 1, 1]


def test_connection_with_a_stream_does_not_rest(served):
    release = threading.Event()

    def script(connection):
        connection.request()
        release.wait(LIMIT)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    backend, client, _ = served(script, settings={"keep_alive": "200ms"})
    stream = client.request()
    backend.wait_requests(1)
    assert client.alive()
    time.sleep(0.6)
    release.set()
    assert client.answer(stream).body == b"ok"


def test_drain_is_told_in_two_steps(served):
    release = threading.Event()

    def script(connection):
        connection.request()
        release.wait(LIMIT)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    backend, client, proxy = served(script)
    client.still = True
    first = client.request()
    backend.wait_requests(1)
    client.until(lambda got: got.kind == SETTINGS and got.flags & ACK)
    answer_pings = client._may_send
    client._may_send = lambda raw: None if raw[3] == PING else answer_pings(raw)
    proxy.signal(signal.SIGTERM)
    client.until(lambda got: got.kind == GOAWAY)
    assert client.goaways[0][:2] == ((1 << 31) - 1, NO_ERROR)
    second = client.request()  # it has not heard of that yet
    backend.wait_requests(2)
    client.until(lambda got: got.kind == GOAWAY)
    assert client.goaways[1][:2] == (second, NO_ERROR)
    third = client.request()
    release.set()
    assert client.answer(first).body == b"ok" and client.answer(second).body == b"ok"
    client.until_end()
    assert third not in client.answers or client.answers[third].fields is None
    assert len(backend.requests) == 2
    proxy.process.wait(LIMIT)


def test_drain_of_a_connection_that_rests(served):
    _, client, proxy = served()
    assert client.ask().status == 200
    proxy.signal(signal.SIGTERM)
    started = time.monotonic()
    assert len(client.until_end()) == 2
    assert time.monotonic() - started < 3
    proxy.process.wait(LIMIT)


def test_event_streams_are_cut_at_the_drain(served):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        connection.wait_end()
    _, client, proxy = served(script, settings={"drain_tunnels": "100ms"})
    stream = client.request()
    client.until(lambda got: got.kind == DATA)
    proxy.signal(signal.SIGTERM)
    assert client.answer(stream).reset == CANCEL
    client.until_end()
    proxy.process.wait(LIMIT)


@pytest.mark.parametrize("raw", [
    frame(DATA, 0, 0, b"x"), frame(HEADERS, 4, 2, b"\x82"), frame(SETTINGS, 0, 1), frame(SETTINGS, 0, 0, b"x"),
    frame(PING, 0, 0, b"x"), frame(8, 0, 0, b"\0\0\0\0"), frame(8, 0, 0, struct.pack(">I", (1 << 31) - 1)),
    frame(9, 4, 1), frame(RST_STREAM, 0, 1, struct.pack(">I", 8)), frame(HEADERS, 4, 1, b"\xff\xff\xff\xff"),
    frame(SETTINGS, 0, 0, struct.pack(">HI", 4, 1 << 31)), frame(DATA, 0, 1, b"x"), b"\xff" * 64,
])
def test_broken_rules_end_the_connection(served, raw):
    _, client, proxy = served()
    client.until(lambda got: got.kind == SETTINGS and got.flags & ACK)
    client.send(raw)
    goaways = client.until_end()
    assert goaways and goaways[-1][1] != NO_ERROR
    proxy.log.wait_for(r"PRI \* 0 .* the client breaks the rules of HTTP/2")


def test_overflow_of_a_streams_window_is_a_reset(served):
    backend, client, _ = served(lambda connection: connection.request() and connection.wait_end())
    stream = client.request()
    backend.wait_requests(1)
    client.window(stream, (1 << 31) - 1)
    assert client.answer(stream).reset == 3
    assert client.alive()


def test_too_many_streams(served):
    """Before the client has heard of the bound they are refused; behind that it breaks a rule."""
    backend, client, proxy = served(lambda connection: connection.request() and connection.wait_end())
    client._may_send = lambda raw: None
    streams = [client.request() for _ in range(130)]
    assert client.answer(streams[129]).reset == REFUSED_STREAM
    backend.wait_requests(128)
    client.send(frame(SETTINGS, ACK, 0))
    client.request()
    assert client.until_end()[-1][1] == PROTOCOL_ERROR
    proxy.log.wait_for(r"PRI \* 0 .* the client breaks the rules of HTTP/2")
    assert len(backend.requests) == 128
