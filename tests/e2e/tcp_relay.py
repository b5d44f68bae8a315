"""TCP sessions: bytes both ways, half-close and reset handed on, bounded memory (BEHAVIOUR: TCP; issue 2, section 5)."""
import contextlib
import hashlib
import socket
import statistics
import threading
import time

import pytest
from harness import LIMIT, SANITIZED, quiet, tcp

MIB = 1 << 20


def served(lab, script=None, **spec):
    backend = lab.tcp_backend(script)
    proxy = lab.proxy(tcp(backend.port, **spec))
    return backend, proxy


def test_echo_of_any_bytes(lab):
    _, proxy = served(lab)
    client = lab.client(proxy)
    for piece in (b"hello", bytes(range(256)), b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
        client.send(piece)
        assert client.read_exact(len(piece)) == piece


def test_server_speaks_first(lab):
    _, proxy = served(lab, lambda connection: (connection.send(b"220 ready\r\n"), connection.wait_end()))
    assert lab.client(proxy).read_exact(11) == b"220 ready\r\n"


def test_connect_comes_first(lab):
    """A client that says nothing is connected to the target at once."""
    backend, proxy = served(lab)
    lab.client(proxy)
    backend.wait_connections(1)


def test_two_clients_at_once_each_get_their_own(lab):
    _, proxy = served(lab)
    clients = [lab.client(proxy) for _ in range(2)]
    for number, client in enumerate(clients):
        client.send(b"%d" % number * 1000)
    assert [client.read_exact(1000) for client in clients] == [b"0" * 1000, b"1" * 1000]


def test_half_close_by_the_client(lab):
    """The classic `printf | nc`: the answer comes after the end of the question."""
    def script(connection):
        question = connection.read_to_end()
        connection.send(b"you said " + question)
    _, proxy = served(lab, script)
    client = lab.client(proxy)
    client.send(b"hello")
    client.shutdown()
    assert client.read_to_end() == b"you said hello"


def test_half_close_by_the_target(lab):
    got = []

    def script(connection):
        connection.send(b"greeting")
        connection.shutdown()
        got.append(connection.read_to_end())
    backend, proxy = served(lab, script)
    client = lab.client(proxy)
    assert client.read_to_end() == b"greeting"
    client.send(b"still talking")
    client.shutdown()
    assert backend.connections[0].ended.wait(LIMIT)
    assert got == [b"still talking"]


def test_close_by_the_client_closes_the_target(lab):
    backend, proxy = served(lab, lambda connection: connection.wait_end())
    client = lab.client(proxy)
    client.send(b"x")
    backend.wait_connections(1)
    client.close()
    assert backend.connections[0].ended.wait(LIMIT)


def test_reset_by_the_client_is_handed_on(lab):
    ends, here = [], threading.Event()

    def script(connection):
        connection.read_exact(1)
        here.set()
        try:
            connection.read_to_end()
            ends.append("end")
        except ConnectionResetError:
            ends.append("reset")
    backend, proxy = served(lab, script)
    client = lab.client(proxy)
    client.send(b"x")
    assert here.wait(LIMIT)
    client.reset()
    assert backend.connections[0].ended.wait(LIMIT)
    assert ends == ["reset"]
    proxy.log.wait_for("reset by client")


def test_reset_by_the_target_is_handed_on(lab):
    go = threading.Event()

    def script(connection):
        connection.read_exact(1)
        assert go.wait(LIMIT)
        connection.reset()
    _, proxy = served(lab, script)
    client = lab.client(proxy)
    client.send(b"x")
    go.set()
    assert client.expect_reset() == b""
    proxy.log.wait_for("reset by target")


@pytest.mark.parametrize("who", ["client", "target"])
def test_reset_after_a_half_close_is_noticed(lab, who):
    """After an end of stream nothing is read any more; the abort shows at the next write, and ends the session."""
    half, ended = threading.Event(), threading.Event()

    def script(connection):
        if who == "target":
            connection.shutdown()
            half.wait(LIMIT)
            connection.reset()
            return
        try:
            connection.read_to_end()
            half.set()
            while True:
                connection.send(b"x" * 65536)
        except OSError:
            ended.set()
    _, proxy = served(lab, script)
    client = lab.client(proxy)
    if who == "client":
        client.shutdown()
        assert half.wait(LIMIT)
        client.read_exact(1)
        client.reset()
        assert ended.wait(LIMIT)
    else:
        client.expect_end()
        half.set()
        with pytest.raises(OSError):
            for _ in range(10000):
                client.send(b"x" * 65536)


def test_everything_sent_before_the_end_arrives(lab):
    """End of stream directly behind a lot of data, in both directions, to readers that do not keep up."""
    up, down = bytes(range(256)) * (24 << 12), bytes(range(255, -1, -1)) * (24 << 12)  # 24 MiB each
    digest = {}

    def script(connection):
        sender = threading.Thread(target=lambda: (connection.send(down), connection.shutdown()), daemon=True)
        sender.start()
        digest["up"] = hashlib.sha256(connection.read_to_end()).hexdigest()
        sender.join(LIMIT)
    backend, proxy = served(lab, script)
    client = lab.client(proxy)
    sender = threading.Thread(target=lambda: (client.send(up), client.shutdown()), daemon=True)
    sender.start()
    digest["down"] = hashlib.sha256(client.read_to_end()).hexdigest()
    sender.join(LIMIT)
    assert backend.connections[0].ended.wait(LIMIT)
    assert digest == {"up": hashlib.sha256(up).hexdigest(), "down": hashlib.sha256(down).hexdigest()}


def test_an_upload_that_waits_goes_on_behind_the_ends_of_both_sides(lab):
    """To the system such a connection has hung up, as one that was reset has; what waits of it still counts."""
    go_on, got = threading.Event(), []

    def script(connection):
        connection.shutdown()
        assert go_on.wait(LIMIT * 2)
        got.append(len(connection.read_to_end()))
    backend = lab.tcp_backend(script, narrow=True)
    proxy = lab.proxy(tcp(backend.port))
    taken = send_until_stuck(lab, proxy)
    client = lab.client(proxy)
    client.expect_end()
    client.send(b"x" * (taken - 65536))  # all of it has arrived, and so the end behind it has, too
    client.shutdown()
    time.sleep(2.5)  # it has looked by now whether the client is still there, twice
    go_on.set()
    assert backend.connections[1].ended.wait(LIMIT * 2) and taken - 65536 in got


def send_until_stuck(lab, proxy):
    """How much a session takes of which the target reads nothing."""
    client, sent = lab.client(proxy), 0
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    client.sock.settimeout(0.5)
    with contextlib.suppress(TimeoutError):
        while True:
            sent += client.sock.send(b"x" * 4096)
    return sent


def test_idle_session_is_ended_where_the_spec_says_so(lab):
    backend, proxy = served(lab, timeouts={"idle": "300ms"})
    client = lab.client(proxy)
    client.expect_closed()
    assert backend.connections[0].ended.wait(LIMIT)


def test_session_is_never_idle_by_default(lab):
    _, proxy = served(lab)
    client = lab.client(proxy)
    assert client.is_silent(0.7)
    client.send(b"x")
    assert client.read_exact(1) == b"x"


def test_listener_on_both_families(lab):
    _, proxy = served(lab)
    for host in ("127.0.0.1", "::1"):
        client = lab.client(proxy, host=host)
        client.send(b"x")
        assert client.read_exact(1) == b"x"


def test_slow_readers_cost_little_memory(lab):
    """16 readers of 64 MiB each that do not keep up: the target is stopped, resident memory stays."""
    readers, size = 16, 64 * MIB
    sent = [0] * readers
    block = bytes(range(256)) * 256  # 64 KiB

    def script(connection):
        while sent[connection.number - 1] < size:
            connection.send(block)
            sent[connection.number - 1] += len(block)
        connection.shutdown()
        connection.wait_end()
    backend, proxy = served(lab, script)
    warm = lab.client(proxy)
    warm.read_exact(1 * MIB)
    warm.reset()
    assert backend.connections[0].ended.wait(LIMIT)
    sent[:] = [0] * readers
    backend.connections.clear()
    before = proxy.resident_kib()
    clients = [lab.client(proxy, receive_buffer=16384, timeout=LIMIT * 2) for _ in range(readers)]
    backend.wait_connections(readers)
    peak = 0
    for _ in range(3):
        quiet(lambda: sum(sent))
        peak = max(peak, proxy.resident_kib())
        for client in clients:
            client.read_exact(1 * MIB)
            client.received.clear()
        peak = max(peak, proxy.resident_kib())
    assert sum(sent) < readers * size, "nothing stopped the targets"
    assert SANITIZED or peak - before < 12 * 1024, f"{peak - before} KiB more with {readers} slow readers"
    # One of them reads on to the end: nothing is missing and nothing is out of order.
    digest, left = hashlib.sha256(), size - 3 * MIB
    while piece := clients[0].read_some():
        digest.update(piece)
        left -= len(piece)
        clients[0].received.clear()
    assert left == 0
    assert digest.digest() == hashlib.sha256(block * ((size - 3 * MIB) // len(block))).digest()


def test_slow_target_stops_the_client(lab):
    """The other direction: a target that does not read."""
    go = threading.Event()
    total = []

    def script(connection):
        assert go.wait(LIMIT * 2)
        total.append(len(connection.read_to_end()))
    backend, proxy = served(lab, script)
    client = lab.client(proxy, timeout=LIMIT * 2)
    sent = [0]

    def send():
        while sent[0] < 64 * MIB:
            client.send(b"x" * 65536)
            sent[0] += 65536
        client.shutdown()
    before = proxy.resident_kib()
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    stopped_at = quiet(lambda: sent[0])
    assert stopped_at < 64 * MIB
    assert SANITIZED or proxy.resident_kib() - before < 2048
    go.set()
    sender.join(LIMIT * 2)
    assert backend.connections[0].ended.wait(LIMIT)
    assert total == [64 * MIB]


def test_small_pieces_are_not_held_back(lab):
    """With Nagle's algorithm the second would wait until the peer acknowledges the first, which takes 40 ms."""
    def script(connection):
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            connection.read_exact(1)
            connection.send(b"a")
            time.sleep(0.003)  # so that they come one by one
            connection.send(b"b")
    _, proxy = served(lab, script)
    client, took = lab.client(proxy), []
    for _ in range(21):
        started = time.monotonic()
        client.send(b"?")
        assert client.read_exact(2) == b"ab"
        took.append(time.monotonic() - started)
    assert statistics.median(took) < 0.03
