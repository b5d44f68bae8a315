"""TCP sessions whose bytes never pass through the program (Linux, splice): what is true of copied ones is true of them
(BEHAVIOUR: TCP; docs/PERFORMANCE.md says when it pays)."""
import sys
import threading

import pytest
from harness import LIMIT, SANITIZED, tcp
from harness.bulk import (BLOCK, MIB, Background, bulk, digest, pipes, read_digest, send_bulk, spliced, wait_at_rest,
                          wait_in_pipes)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has splice")


def source(size, then=None):
    """A target that sends, however long nobody reads, then half-closes and waits."""
    def script(connection):
        connection.sock.settimeout(LIMIT * 8)
        send_bulk(connection, size)
        connection.shutdown()
        if then:
            then(connection)
        connection.wait_end()
    return script


def test_much_is_moved_and_little_is_not(lab):
    size = 32 * MIB
    backend = lab.tcp_backend(source(size))
    proxy = lab.proxy(tcp(backend.port))
    client = lab.client(proxy, timeout=LIMIT * 4)

    def download():
        wait_at_rest(proxy, backend.connections)  # so that much waits, however slow this target is
        assert read_digest(client) == (digest(size), size)
    assert spliced(lab, proxy, download) > 2 * MIB

    echo = lab.proxy(tcp(lab.tcp_backend().port))
    other = lab.client(echo)

    def talk():
        for _ in range(200):
            other.send(BLOCK[:2000])
            assert other.read_exact(2000) == BLOCK[:2000]
    assert spliced(lab, echo, talk) == 0


@pytest.mark.parametrize("descriptors", [None, 64], ids=["spliced", "too few descriptors for pipes"])
def test_much_both_ways_at_once(lab, descriptors):
    """Both readers begin once all that fits on the way is on it, both ways: no slowness of theirs makes it little."""
    size, got, go = 48 * MIB, [], threading.Event()

    def script(connection):
        connection.sock.settimeout(LIMIT * 8)
        sender = Background(lambda: (send_bulk(connection, size), connection.shutdown()))
        assert go.wait(LIMIT * 4)
        got.append(read_digest(connection))
        sender.result()
    backend = lab.tcp_backend(script)
    proxy = lab.proxy(tcp(backend.port), **({"descriptors": descriptors} if descriptors else {}))
    # Of 64 descriptors half of the upstream side's are left to connections: with these few idle sessions no pipe is.
    idle = [lab.client(proxy) for _ in range(4)] if descriptors else []
    backend.wait_connections(len(idle))
    own = pipes(proxy)
    client = lab.client(proxy, timeout=LIMIT * 4)
    sender = Background(lambda: (send_bulk(client, size), client.shutdown()))
    target = backend.wait_connections(len(idle) + 1)[-1]
    if descriptors:
        wait_at_rest(proxy, [client, *backend.connections])
    else:
        wait_in_pipes(proxy, 2, [client, target], [client, target])
    go.set()
    most = [pipes(proxy)]

    def watch():
        while not stop.is_set():
            most[0] = max(most[0], pipes(proxy))
            stop.wait(0.005)
    stop = threading.Event()
    watcher = Background(watch)
    assert read_digest(client) == (digest(size), size)
    sender.result()
    stop.set()
    watcher.result()
    proxy.log.wait_for(r"48.0MiB↑ 48.0MiB↓")
    assert target.ended.wait(LIMIT * 4)
    assert got[-1] == (digest(size), size)
    assert (most[0] == own) == bool(descriptors)


def paused(lab, proxy, backend):
    """A client that reads nothing, once all that fits on the way is on it: some of it waits in a pipe."""
    client = lab.client(proxy, receive_buffer=16384, timeout=LIMIT * 4)
    wait_in_pipes(proxy, 1, [client], backend.connections)
    return client


def test_the_end_comes_behind_what_waits_in_a_pipe(lab):
    """The target half-closes while its reader takes nothing; the other direction stays open."""
    size, answer = 8 * MIB, []
    backend = lab.tcp_backend(source(size, lambda c: answer.append(c.read_exact(5))))
    proxy = lab.proxy(tcp(backend.port))
    own = pipes(proxy)
    client = paused(lab, proxy, backend)
    assert read_digest(client) == (digest(size), size)
    client.send(b"still")
    client.shutdown()
    assert backend.connections[0].ended.wait(LIMIT)
    assert answer == [b"still"]
    proxy.log.wait_for("closed by target")
    assert pipes(proxy) <= own + 4, "more than a few spare ones are left"


def test_a_reset_by_a_paused_reader_is_handed_on(lab):
    ends = []

    def script(connection):
        connection.sock.settimeout(LIMIT * 8)
        try:
            while True:
                connection.send(BLOCK)
        except ConnectionResetError:
            ends.append("reset")
        except BrokenPipeError:
            ends.append("reset")
    backend = lab.tcp_backend(script)
    proxy = lab.proxy(tcp(backend.port))
    own = pipes(proxy)
    paused(lab, proxy, backend).reset()
    assert backend.connections[0].ended.wait(LIMIT)
    assert ends == ["reset"]
    proxy.log.wait_for("reset by client")
    assert pipes(proxy) <= own + 4


@pytest.mark.parametrize("who", ["client", "target"])
def test_a_reset_in_the_middle_is_handed_on(lab, who):
    """The sender aborts in full flight: what came before is right, and no end follows it."""
    def script(connection):
        if who == "target":
            for piece in bulk(24 * MIB):
                connection.send(piece)
            connection.sock.settimeout(LIMIT * 4)
            connection.read_exact(1)
            connection.reset()
            return
        got = bytearray()
        try:
            while piece := connection.read_some():
                got += piece
                connection.received.clear()
                if len(got) >= 20 * MIB:
                    reached.set()
            ends.append("end")
        except ConnectionResetError:
            ends.append("reset")
        assert bytes(got) == (BLOCK * 30)[:len(got)]
    reached, ends = threading.Event(), []
    backend = lab.tcp_backend(script)
    proxy = lab.proxy(tcp(backend.port))
    client = lab.client(proxy, timeout=LIMIT * 4)
    if who == "client":
        send_bulk(client, 24 * MIB)
        assert reached.wait(LIMIT * 4)
        client.reset()
        assert backend.connections[0].ended.wait(LIMIT * 4)
        assert ends == ["reset"]
    else:
        assert read_digest(client, 24 * MIB) == (digest(24 * MIB), 24 * MIB)
        client.send(b"x")
        assert client.expect_reset() == b""
    proxy.log.wait_for(f"reset by {who}")


def test_paused_readers_cost_next_to_nothing(lab):
    """Sixteen of them, with a MiB each in the kernel, and none in the program; then all read on to the end."""
    readers, size = 16, 48 * MIB
    backend = lab.tcp_backend(source(size))
    proxy = lab.proxy(tcp(backend.port))
    warm = lab.client(proxy)
    warm.read_exact(8 * MIB)
    warm.reset()
    proxy.log.wait_for("reset by client")
    before = proxy.resident_kib()
    clients = [lab.client(proxy, receive_buffer=16384, timeout=LIMIT * 8) for _ in range(readers)]
    backend.wait_connections(1 + readers)
    wait_in_pipes(proxy, readers - 4, clients, backend.connections[1:])
    grown = proxy.resident_kib() - before
    assert SANITIZED or grown <= 1536, f"{grown} KiB more with {readers} paused readers"
    for client in clients[:2]:
        assert read_digest(client) == (digest(size), size)


def test_all_workers_together_have_so_many_pipes(lab):
    """More paused readers than pipes, with two workers: half of what the system grants a user is left to his other programs.
    Who gets none is served all the same."""
    readers, most, size = 44, 32, 16 * MIB
    backend = lab.tcp_backend(source(size))
    proxy = lab.proxy(tcp(backend.port), workers=2)
    own = pipes(proxy)
    clients = [lab.client(proxy, receive_buffer=16384, timeout=LIMIT * 8) for _ in range(readers)]
    wait_in_pipes(proxy, most, clients, backend.connections)
    assert all(proxy.dealt(clients))
    assert pipes(proxy) == own + most
    for client in clients[4:-4]:
        client.reset()
    for client in clients[:4] + clients[-4:]:
        assert read_digest(client) == (digest(size), size)
        client.shutdown()
    proxy.log.wait_for("reset by client", count=readers - 8)
    proxy.log.wait_for("closed by target", count=8)
    assert pipes(proxy) <= own + 2 * 4, "more than each worker's spare ones are left"


def test_a_slow_flow_is_not_idle_and_a_stopped_one_is(lab):
    """Bytes that pass unseen count as moving all the same."""
    def script(connection):
        for piece in bulk(16 * MIB):
            connection.send(piece)
        for _ in range(6):
            if stop.wait(0.25):
                return
            connection.send(BLOCK[:MIB])
        connection.wait_end()
    stop = threading.Event()
    proxy = lab.proxy(tcp(lab.tcp_backend(script).port, timeouts={"idle": "700ms"}))
    client = lab.client(proxy)
    client.read_exact(22 * MIB)
    client.expect_closed()
    proxy.log.wait_for("idle")
    stop.set()


def test_small_talk_after_much(lab):
    """A session that was spliced answers single bytes again, and holds no pipe for it."""
    size = 24 * MIB

    def script(connection):
        send_bulk(connection, size)
        while piece := connection.read_some():
            connection.send(piece)
    proxy = lab.proxy(tcp(lab.tcp_backend(script).port))
    own = pipes(proxy)
    client = lab.client(proxy)
    assert read_digest(client, size) == (digest(size), size)
    for number in range(100):
        client.send(b"%03d" % number)
        assert client.read_exact(3) == b"%03d" % number
    assert pipes(proxy) <= own + 4


def test_connections_come_before_pipes(lab):
    """Of 128 descriptors the program may use 32 for targets: paused readers get pipes out of the first half of them, and lose
    them as soon as connections need the room. Not a byte is lost with them."""
    size, most = 32 * MIB, 32

    def script(connection):
        what = connection.read_exact(1)
        if what == b"e":
            while piece := connection.read_some():
                connection.send(piece)
            return
        source(size)(connection)
    backend = lab.tcp_backend(script)
    proxy = lab.proxy(tcp(backend.port), descriptors=128)
    own = pipes(proxy)
    readers = [lab.client(proxy, receive_buffer=16384, timeout=LIMIT * 4) for _ in range(4)]
    for reader in readers:
        reader.send(b"s")
    wait_in_pipes(proxy, 3, readers, backend.connections)
    others = [lab.client(proxy) for _ in range(most - len(readers))]
    for client in others:
        client.send(b"echo")
        assert client.read_exact(3) == b"cho"
    assert pipes(proxy) == own, "pipes keep descriptors that connections could need"
    assert len(backend.connections) == most
    for reader in readers:
        assert read_digest(reader) == (digest(size), size)


def test_a_slow_target_costs_next_to_nothing(lab):
    """The other direction: sixteen targets that take nothing of what their clients send."""
    go, count, got = threading.Event(), 16, []

    def script(connection):
        assert go.wait(LIMIT * 4)
        if connection.number == 1:
            got.append(read_digest(connection))
    size = 48 * MIB
    backend = lab.tcp_backend(script)
    proxy = lab.proxy(tcp(backend.port))
    before = proxy.resident_kib()
    clients = [lab.client(proxy, timeout=LIMIT * 8) for _ in range(count)]
    backend.wait_connections(count)

    def send(client):
        try:
            send_bulk(client, size)
            client.shutdown()
        except OSError:
            pass
    senders = [Background(lambda client=client: send(client)) for client in clients]
    wait_in_pipes(proxy, count - 4, backend.connections, clients)
    grown = proxy.resident_kib() - before
    assert SANITIZED or grown <= 1536, f"{grown} KiB more with {count} slow targets"
    go.set()
    for sender in senders:
        sender.result()
    assert backend.connections[0].ended.wait(LIMIT * 4)
    assert got == [(digest(size), size)]
