"""A client that leaves: what upstream sees of it, and what the log says (BEHAVIOUR: Clients that left)."""
import contextlib
import threading
import time

import pytest
from harness import DESCRIPTORS, LIMIT, free_port, http, tcp

HOST = b"Host: t.localhost\r\n"


def served(lab, script, **spec):
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port, **spec))
    return backend, proxy, lab.client(proxy)


def test_reset_while_waiting_closes_upstream_and_is_logged_as_499(lab):
    backend, proxy, client = served(lab, lambda connection: (connection.request(), connection.wait_end()))
    client.send(b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n")
    backend.wait_requests(1)
    client.reset()
    assert backend.connections[0].ended.wait(LIMIT)
    assert " 499 " in proxy.log.wait_for("/slow").string


def test_reset_before_it_was_accepted_asks_for_nothing(lab):
    """The system still hands its bytes over, but nobody can tell any more whose they were."""
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port))
    assert lab.client(proxy).get("/before").status == 200  # there is an idle connection
    with proxy.paused():
        client = lab.client(proxy)
        client.send(b"POST /gone HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc")
        client.reset()
    assert lab.client(proxy).get("/after").status == 200
    assert [request.target for request in backend.requests] == ["/before", "/after"]


def test_reset_during_the_response_closes_upstream(lab):
    stopped = threading.Event()

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        try:
            while True:
                connection.send(b"x" * 65536)
        except OSError:
            stopped.set()
    backend, proxy, client = served(lab, script)
    client.send(b"GET /big HTTP/1.1\r\n" + HOST + b"\r\n")
    client.read_exact(200000)
    client.reset()
    assert stopped.wait(LIMIT)
    line = proxy.log.wait_for("/big").string
    assert " 200 " in line and "the client left first" in line, "it was told 200 before it left"


def test_end_inside_a_body_never_looks_complete_upstream(lab):
    backend, proxy, client = served(lab, lambda connection: connection.request())
    client.send(b"POST /up HTTP/1.1\r\n" + HOST + b"Content-Length: 10\r\n\r\nabc")
    backend.wait_connections(1)
    client.shutdown()
    assert backend.connections[0].ended.wait(LIMIT)
    assert backend.requests == []
    assert " 499 " in proxy.log.wait_for("/up").string
    client.expect_closed()


def test_end_inside_a_chunked_body_never_looks_complete_upstream(lab):
    backend, _, client = served(lab, lambda connection: connection.request())
    client.send(b"POST /up HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    backend.wait_connections(1)
    client.shutdown()
    assert backend.connections[0].ended.wait(LIMIT)
    assert backend.requests == [] and b"0\r\n\r\n" not in backend.connections[0].received_body


def test_end_inside_a_head_is_silent(lab):
    backend, _, client = served(lab, None)
    client.send(b"GET / HTTP/1.1\r\nHo")
    client.shutdown()
    client.expect_end()
    assert backend.connections == []


def test_half_close_while_upstream_is_slow_is_answered(lab):
    go = threading.Event()

    def script(connection):
        connection.request()
        assert go.wait(LIMIT)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    backend, proxy, client = served(lab, script)
    client.send(b"POST /half HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc")
    client.shutdown()
    assert backend.wait_requests(1)[0].body == b"abc"
    go.set()
    assert client.response().body == b"ok"
    client.expect_end()
    assert " 200 " in proxy.log.wait_for("/half").string


def test_reset_while_on_hold_is_forgotten(lab):
    backend = lab.backend(listening=False)
    proxy = lab.proxy(http("/", backend.port, hold="30s"))
    gone, stays = lab.client(proxy), lab.client(proxy)
    gone.send(b"GET /gone HTTP/1.1\r\n" + HOST + b"\r\n")
    proxy.wait_held(backend.port)
    gone.reset()
    assert " 499 " in proxy.log.wait_for("/gone").string
    stays.send(b"GET /stays HTTP/1.1\r\n" + HOST + b"\r\n")
    backend.start()
    assert stays.response().status == 200
    assert [request.target for request in backend.requests] == ["/stays"]


def silent(connection):
    """Takes a request, and never answers it."""
    connection.request()
    connection.wait_end()


def event_stream(connection):
    """Says that events will come, and none does."""
    connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n")
    connection.wait_end()


def left(lab, script, request, **settings):
    """A client that has asked and ended its side; the target has the request. `settings` as keywords."""
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port), settings=settings or None)
    client = lab.client(proxy)
    client.send(request)
    backend.wait_requests(1)
    client.shutdown()
    return backend, proxy, client


def test_half_closed_client_waits_for_an_answer_to_begin(lab):
    backend, proxy, client = left(lab, silent, b"GET /poll HTTP/1.1\r\n" + HOST + b"\r\n", half_close="300ms")
    started = time.monotonic()
    client.expect_end()
    assert 0.29 < time.monotonic() - started < LIMIT
    assert backend.connections[0].ended.wait(LIMIT)
    assert " 499 " in proxy.log.wait_for("/poll").string


def test_half_closed_client_waits_for_nothing_if_so_set(lab):
    backend, proxy, client = left(lab, silent, b"GET /poll HTTP/1.1\r\n" + HOST + b"\r\n", half_close="0s")
    client.expect_end()
    assert backend.connections[0].ended.wait(LIMIT)
    assert " 499 " in proxy.log.wait_for("/poll").string


def test_answer_that_has_begun_runs_on(lab):
    """Its last byte comes long after half_close is over."""
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na")
        go.wait(LIMIT)
        connection.send(b"b")
    go = threading.Event()
    _, proxy, client = left(lab, script, b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n", half_close="100ms")
    head = client.read_response_head()
    assert client.is_silent(0.01) is False  # the first byte
    time.sleep(0.3)
    go.set()
    assert client.read_body(head).body == b"ab"
    client.expect_end()
    assert " 200 " in proxy.log.wait_for("/slow").string


def test_each_pipelined_request_of_a_half_closed_client_has_its_time(lab):
    def script(connection):
        while True:
            connection.request()
            time.sleep(0.2)  # each takes more than half of what the client waits
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    backend, _, client = left(lab, script, (b"GET / HTTP/1.1\r\n" + HOST + b"\r\n") * 3, half_close="350ms")
    assert [client.response().body for _ in range(3)] == [b"ok"] * 3
    client.expect_end()
    assert len(backend.requests) == 3


def test_end_of_the_client_ends_an_event_stream_at_once(lab):
    backend, proxy, client = left(lab, event_stream, b"GET /events HTTP/1.1\r\n" + HOST + b"\r\n", half_close="30s")
    assert backend.connections[0].ended.wait(LIMIT)
    assert "the client left first" in proxy.log.wait_for("/events").string


def test_event_stream_for_a_client_that_has_ended_is_not_begun(lab):
    def script(connection):
        connection.request()
        assert go.wait(LIMIT)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream\r\n\r\n")
        connection.wait_end()
    go = threading.Event()
    backend, proxy, client = left(lab, script, b"GET /events HTTP/1.1\r\n" + HOST + b"\r\n", half_close="30s")
    go.set()
    assert backend.connections[0].ended.wait(LIMIT)
    assert "the client left first" in proxy.log.wait_for("/events").string


UPGRADE = b"GET /socket HTTP/1.1\r\n" + HOST + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n"


def test_end_of_the_client_ends_an_upgrade_at_once(lab):
    backend, proxy, client = left(lab, silent, UPGRADE, half_close="30s")
    client.expect_end()
    assert backend.connections[0].ended.wait(LIMIT)
    assert " 499 " in proxy.log.wait_for("/socket").string


def test_upgrade_whose_client_has_left_is_not_tried_again(lab):
    """The app is restarted: its connections break, and the next process gets no handshake of a tab that is closed."""
    backend, proxy, client = left(lab, lambda connection: (connection.request(), connection.wait_end()), UPGRADE)
    assert backend.connections[0].ended.wait(LIMIT)
    backend.stop()
    backend.start()
    proxy.log.wait_for("/socket")
    assert lab.client(proxy).send(b"GET /next HTTP/1.1\r\n" + HOST + b"\r\n") is None
    assert [request.target for request in backend.wait_requests(2)] == ["/socket", "/next"]


def test_held_upgrade_whose_client_has_left_is_forgotten(lab):
    backend = lab.backend(listening=False)
    proxy = lab.proxy(http("/", backend.port, hold="30s"), settings={"half_close": "30s"})
    client = lab.client(proxy)
    client.send(UPGRADE)
    proxy.wait_held(backend.port)
    client.shutdown()
    client.expect_end()
    assert " 499 " in proxy.log.wait_for("/socket").string


@pytest.mark.parametrize("request_, at_once", [
    (b"GET /held HTTP/1.1\r\n" + HOST + b"\r\n", False),
    (b"POST /held HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc", False),
    (b"POST /held HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nab", True),  # the rest will never come
], ids=["GET", "whole POST", "cut POST"])
def test_held_request_whose_client_has_left_is_forgotten(lab, request_, at_once):
    backend = lab.backend(listening=False)
    proxy = lab.proxy(http("/", backend.port, hold="30s"), settings={"half_close": "400ms"})
    client = lab.client(proxy)
    client.send(request_)
    proxy.wait_held(backend.port)
    started = time.monotonic()
    client.shutdown()
    client.expect_end()
    assert at_once or time.monotonic() - started > 0.39
    assert " 499 " in proxy.log.wait_for("/held").string


@pytest.mark.parametrize("script", [silent, event_stream], ids=["silence", "event stream"])
def test_a_thousand_tabs_leave_nothing(lab, script):
    """Opened and closed against a target that says nothing: no connection is left, downstream or upstream, 6 s later."""
    count = 1000
    if DESCRIPTORS < 2 * count + 200:
        pytest.skip(f"takes {2 * count + 200} descriptors, there are {DESCRIPTORS}")
    backend = lab.backend(script, backlog=count)
    proxy = lab.proxy(http("/", backend.port), workers=1)
    quiet = proxy.descriptors()
    for _ in range(count // 100):
        tabs = [lab.client(proxy) for _ in range(100)]
        for tab in tabs:
            tab.send(b"GET /events HTTP/1.1\r\n" + HOST + b"Accept: text/event-stream\r\n\r\n")
        for tab in tabs:
            tab.close()
    backend.wait_requests(count)
    closed = time.monotonic()
    for connection in backend.connections:
        assert connection.ended.wait(max(0.01, closed + 6 - time.monotonic())), "an upstream connection is left"
    while len(proxy.descriptors()) > len(quiet):
        assert time.monotonic() < closed + 6, "a connection of a client is left"
        time.sleep(0.01)


UNREAD = 300 << 10  # more than liteginx keeps of what nobody wants (64 KiB), less than the system has room for


def upgraded(connection):
    connection.request_head()
    connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
    connection.wait_test()


def _send_all(client, size):
    """As much of it as anybody takes."""
    client.sock.settimeout(0.5)
    with contextlib.suppress(TimeoutError):
        client.sock.sendall(b"x" * size)


@pytest.mark.parametrize("kind, script, request_", [
    ("held", None, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % UNREAD),
    ("pipelined", silent, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("event stream", event_stream, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("upload", lambda connection: (connection.request_head(), connection.wait_test()),
     b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n"),
    ("tunnel", upgraded, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    ("tcp", lambda connection: connection.wait_test(), b""),
])
def test_reset_behind_bytes_that_nobody_reads(lab, kind, script, request_):
    """A client that resets its connection is gone within a second or two, whatever of it was not read: what it has asked for
    is cut, or never begun."""
    backend = lab.backend(script, listening=script is not None, narrow=True)
    port = free_port()
    proxy = lab.proxy((tcp if kind == "tcp" else http)(to=backend.port, hold="60s", listen=port))
    sockets = proxy.descriptors().count("socket")
    client = lab.client(port)
    client.send(request_)
    if script:
        backend.wait_connections(1)
    else:
        proxy.wait_held(backend.port)
    _send_all(client, UNREAD if kind in ("held", "pipelined", "event stream") else 20000000)
    client.reset()
    proxy.log.wait_for("the client left first|reset by client", timeout=6)
    deadline = time.monotonic() + LIMIT
    while script and proxy.descriptors().count("socket") > sockets:
        assert time.monotonic() < deadline, "the target's connection is still there"
        time.sleep(0.01)
    if not script:
        backend.start()
        assert lab.client(port).get("/next").status == 200
        assert [request.target for request in backend.requests] == ["/next"]


def test_half_closed_client_waits_while_its_upload_moves(lab):
    """A target that is slow to take the upload has the time that it needs; `half_close` is for one that does nothing."""
    size = 3 << 20

    def script(connection):
        connection.request_head()
        for _ in range(30):
            connection.read_exact(size // 30)
            time.sleep(0.1)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow")
    proxy = lab.proxy(http("/", lab.backend(script, narrow=True).port), settings={"half_close": "500ms"})
    client = lab.client(proxy)
    client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
    client.send(b"x" * size)
    client.shutdown()
    assert client.response().body == b"slow"
