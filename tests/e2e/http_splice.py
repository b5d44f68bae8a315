"""Bodies of known length that never pass through the program (Linux, splice): exactly they, not a byte of what follows, and
cut they stay cut (BEHAVIOUR: HTTP, bodies; docs/PERFORMANCE.md says from which length it pays)."""
import json
import os
import resource
import sys
import threading

import pytest
from harness import LIMIT, SANITIZED, CutShort, http
from harness.bulk import (BLOCK, MIB, Background, bulk, digest, pipes, read_digest, send_bulk, spliced, wait_at_rest,
                          wait_in_pipes)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has splice")

SIZE = 64 * MIB
HOST = b"Host: t.localhost\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def head(size):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size


def post(size):
    return b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % size


class Pace:
    """Has the reader of a body wait before each MiB until its sender is stuck, or has sent it all.

    A sender that gets no processor hands on little at a time, which is copied, by design. How much is moved must not depend on
    what else the machine does."""

    def __init__(self):
        self.proxy, self.senders, self.sent = None, (), False

    def send(self, sender, start, size):
        self.sent = False
        sender.sock.settimeout(LIMIT * 8)
        sender.send(start)
        send_bulk(sender, size)
        self.sent = True

    def wait(self):
        wait_at_rest(self.proxy, self.senders, lambda: self.sent)


def download(*sizes, pace=None):
    """A target that answers its requests with bodies of these sizes, one after the other, and then with small ones."""
    def script(connection):
        for size in sizes:
            connection.request()
            (pace or Pace()).send(connection, head(size), size)
        while True:
            connection.request()
            connection.send(OK)
    return script


def upload(got, *sizes, pace=None):
    """A target that takes request bodies and says how many bytes came, and which."""
    def script(connection):
        for _ in sizes:
            size = int(connection.request_head().get("Content-Length"))
            got.append(read_digest(connection, size, pace and pace.wait))
            connection.send(OK)
        while True:
            connection.request()
            connection.send(OK)
    return script


def body_is(client, size, pace=None):
    assert client.read_response_head().get("Content-Length") == str(size)
    assert read_digest(client, size, pace and pace.wait) == (digest(size), size)


def test_long_bodies_are_moved_and_short_ones_are_not(lab):
    """And never more than the body: by what the kernel counted."""
    pace = Pace()
    backend = lab.backend(download(SIZE, pace=pace))
    proxy = lab.proxy(http("/", backend.port))
    pace.proxy, pace.senders = proxy, backend.connections
    client = lab.client(proxy, timeout=LIMIT * 4)

    def long():
        client.send(GET)
        body_is(client, SIZE, pace)
    assert SIZE * 0.9 < spliced(lab, proxy, long) <= SIZE

    small = lab.client(lab.proxy(http("/", lab.backend(download(*[200_000] * 20)).port)))

    def short():
        for _ in range(20):
            small.send(GET)
            body_is(small, 200_000)
    assert spliced(lab, lab.proxies[-1], short) == 0


def scarce(lab, proxy):
    """From now on it gets no further descriptor."""
    most = max(int(name) for name in os.listdir(f"/proc/{proxy.pid}/fd")) + 1
    resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, (most, most))


@pytest.mark.parametrize("pipes_are", ["to be had", "refused"])
def test_down_and_the_next_request_on_both_connections(lab, pipes_are):
    sizes, pace = (SIZE, 3 * MIB, 5 * MIB + 1), Pace()
    backend = lab.backend(download(0, *sizes, pace=pace))
    proxy = lab.proxy(http("/", backend.port), settings={"access_log": "json"})
    pace.proxy, pace.senders = proxy, backend.connections
    client = lab.client(proxy, timeout=LIMIT * 4)
    client.send(GET)
    body_is(client, 0)
    if pipes_are == "refused":
        scarce(lab, proxy)

    def run():
        for size in sizes:
            client.send(GET)
            body_is(client, size, pace)
    moved = spliced(lab, proxy, run)
    assert moved == 0 if pipes_are == "refused" else SIZE / 2 < moved <= sum(sizes)
    assert client.get("/").body == b"ok"
    assert len(backend.connections) == 1
    proxy.log.wait_for('"ending"', count=5)
    assert [json.loads(line)["bytes_out"] for line in proxy.log.text.splitlines()] == [0, *sizes, 2]


@pytest.mark.parametrize("pipes_are", ["to be had", "refused"])
def test_up_and_the_next_request_on_both_connections(lab, pipes_are):
    got, sizes, pace = [], (0, SIZE, 3 * MIB, 5 * MIB + 1), Pace()
    backend = lab.backend(upload(got, *sizes, pace=pace))
    proxy = lab.proxy(http("/", backend.port), settings={"access_log": "json"})
    client = lab.client(proxy, timeout=LIMIT * 4)
    pace.proxy, pace.senders = proxy, [client]
    client.send(post(0))
    assert client.response().body == b"ok"
    if pipes_are == "refused":
        scarce(lab, proxy)

    def run():
        for size in sizes[1:]:
            pace.send(client, post(size), size)
            assert client.response().body == b"ok"
    moved = spliced(lab, proxy, run)
    assert moved == 0 if pipes_are == "refused" else SIZE / 2 < moved <= sum(sizes)
    assert client.get("/").body == b"ok"
    assert len(backend.connections) == 1
    assert got == [(digest(size), size) for size in sizes]
    proxy.log.wait_for('"ending"', count=5)
    assert [json.loads(line)["bytes_in"] for line in proxy.log.text.splitlines()] == [*sizes, 0]


def test_what_is_pipelined_behind_a_body_is_the_next_request(lab):
    """All in one go: a long body, a request, a long body, a request."""
    got, size = [], 6 * MIB
    backend = lab.backend(upload(got, size, size))
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy, timeout=LIMIT * 4)

    def send():
        for _ in range(2):
            client.send(post(size))
            send_bulk(client, size)
        client.send(GET)
    sender = Background(send)
    assert [client.response().body for _ in range(3)] == [b"ok"] * 3
    sender.result()
    assert got == [(digest(size), size)] * 2
    assert [request.method for request in backend.requests] == ["POST", "POST", "GET"]


def test_both_directions_at_once(lab):
    """A target that answers while it still reads."""
    got, size = [], 32 * MIB

    def script(connection):
        connection.request_head()
        reader = Background(lambda: got.append(read_digest(connection, size)))
        connection.send(head(size + 4))
        send_bulk(connection, size)
        reader.result()
        connection.send(b"done")
        connection.wait_end()
    proxy = lab.proxy(http("/", lab.backend(script).port))
    client = lab.client(proxy, timeout=LIMIT * 4)
    client.send(post(size))
    sender = Background(lambda: send_bulk(client, size))
    client.read_response_head()
    assert read_digest(client, size) == (digest(size), size)
    assert client.read_exact(4) == b"done"
    sender.result()
    assert got == [(digest(size), size)]


@pytest.mark.parametrize("how", ["end", "reset"])
def test_a_cut_answer_stays_cut(lab, how):
    """The target leaves in the middle: all that it has sent comes (after an end), nothing more, and the connection ends."""
    sent, client_has_all = 20 * MIB, threading.Event()

    def script(connection):
        connection.request()
        connection.send(head(SIZE))
        for piece in bulk(sent):
            connection.send(piece)
        if how == "reset":
            assert client_has_all.wait(LIMIT)
            connection.reset()
        else:
            connection.shutdown()
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy, timeout=LIMIT * 4)
    client.send(GET)
    client.read_response_head()
    assert read_digest(client, sent) == (digest(sent), sent)
    client_has_all.set()
    assert client.expect_closed() == b""
    proxy.log.wait_for("broke off in the middle of its answer")


def test_a_cut_upload_is_no_whole_one(lab):
    sent, got = 20 * MIB, []

    def script(connection):
        connection.request_head()
        got.append(read_digest(connection, SIZE))
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy)
    client.send(post(SIZE))
    send_bulk(client, sent)
    client.shutdown()
    assert backend.connections[0].ended.wait(LIMIT * 2)
    assert got == [(digest(sent), sent)]
    proxy.log.wait_for(" 499 ")


def test_an_answer_in_the_middle_of_an_upload(lab):
    """The target answers and reads no further: the client gets the answer, and the rest of its body is no request."""
    def script(connection):
        connection.request_head()
        read_digest(connection, 8 * MIB)
        connection.send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
        connection.sock.settimeout(0.5)
        connection.wait_test()
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy, timeout=LIMIT * 4)

    def send():
        try:
            client.send(post(SIZE))
            send_bulk(client, SIZE)
        except OSError:
            pass
    sender = Background(send)
    response = client.response()
    assert (response.status, response.body) == (413, b"big")
    client.expect_closed()
    sender.result()
    assert len(backend.requests) == 1
    proxy.log.wait_for(" 413 ")


def test_paused_readers_cost_next_to_nothing(lab):
    readers = 16

    def script(connection):
        connection.sock.settimeout(LIMIT * 8)
        connection.request()
        connection.send(head(SIZE))
        send_bulk(connection, SIZE)
        connection.wait_end()
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port))
    before, own = proxy.resident_kib(), pipes(proxy)
    clients = [lab.client(proxy, receive_buffer=16384, timeout=LIMIT * 8) for _ in range(readers)]
    for client in clients:
        client.send(GET)
        client.read_response_head()
    wait_in_pipes(proxy, readers - 4, clients, backend.connections)
    grown = proxy.resident_kib() - before
    assert SANITIZED or grown <= 1536, f"{grown} KiB more with {readers} paused readers"
    assert read_digest(clients[0], SIZE) == (digest(SIZE), SIZE)
    for client in clients[1:]:
        client.reset()
    proxy.log.wait_for(" 200 ", count=readers)
    assert pipes(proxy) <= own + 4


def test_a_stalled_body_is_idle_and_a_slow_one_is_not(lab):
    size = 20 * MIB

    def script(connection):
        connection.request()
        connection.send(head(size + 10 * MIB))
        send_bulk(connection, size)
        for _ in range(5):
            if connection.backend.closing.wait(0.25):
                return
            connection.send(BLOCK[:MIB])
        connection.wait_end()
    proxy = lab.proxy(http("/", lab.backend(script).port, timeouts={"idle": "700ms"}))
    client = lab.client(proxy)
    client.send(GET)
    client.read_response_head()
    client.read_exact(size + 5 * MIB)
    client.expect_closed()
    proxy.log.wait_for("idle")


def test_a_tunnel_is_moved_too(lab):
    size, got = 24 * MIB, []

    def script(connection):
        connection.sock.settimeout(LIMIT * 8)
        connection.request()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: bulk\r\n\r\n")
        send_bulk(connection, size)
        connection.shutdown()
        got.append(read_digest(connection))
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy, timeout=LIMIT * 4)

    def run():
        client.send(b"GET / HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: bulk\r\n\r\n")
        assert client.response().status == 101
        wait_at_rest(proxy, backend.connections)  # so that much waits, however slow this target is
        assert read_digest(client) == (digest(size), size)
        send_bulk(client, size)
        client.shutdown()
        assert backend.connections[0].ended.wait(LIMIT)
    assert spliced(lab, proxy, run) > 2 * MIB
    assert got == [(digest(size), size)]
