"""TCP sessions whose bytes never pass through the program (Linux, splice): what is true of copied ones is true of them
(BEHAVIOUR: TCP; docs/PERFORMANCE.md says when it pays)."""
import sys
import threading

import pytest
from harness import LIMIT, SANITIZED, quiet, tcp
from harness.bulk import BLOCK, MIB, Background, bulk, digest, pipes, read_digest, send_bulk, spliced, wait_in_pipes

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="only Linux has splice"), pytest.mark.timeout(90)]


def counting_source(size, sent, then=None):
    """A target that sends, then half-closes and waits; `sent` grows by what it has sent."""
    def script(connection):
        for piece in bulk(size):
            connection.send(piece)
            sent[0] += len(piece)
        connection.shutdown()
        if then:
            then(connection)
        connection.wait_end()
    return script


def test_much_is_moved_and_little_is_not(lab):
    size, sent = 32 * MIB, [0]
    proxy = lab.proxy(tcp(lab.tcp_backend(counting_source(size, sent)).port))
    client = lab.client(proxy, timeout=LIMIT * 4)

    def download():
        quiet(lambda: sent[0])  # so that much waits, however slow this target is
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
    size, got = 48 * MIB, []

    def script(connection):
        sender = Background(lambda: (send_bulk(connection, size), connection.shutdown()))
        got.append(read_digest(connection))
        sender.result()
    backend = lab.tcp_backend(script)
    proxy = lab.proxy(tcp(backend.port), **({"descriptors": descriptors} if descriptors else {}))
    # Of 64 descriptors half of the upstream side's are left to connections: with these few idle sessions no pipe is.
    idle = [lab.client(proxy) for _ in range(4)] if descriptors else []
    backend.wait_connections(len(idle))
    own = pipes(proxy)
    client = lab.client(proxy, timeout=LIMIT * 4)
    most = [own]
    sender = Background(lambda: (send_bulk(client, size), client.shutdown()))

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
    assert got[-1] == (digest(size), size)
    assert (most[0] == own) == bool(descriptors)


def paused(lab, proxy, sent):
    """A client that reads nothing, once all that fits on the way is on it: some of it waits in a pipe."""
    own = pipes(proxy)
    client = lab.client(proxy, receive_buffer=16384, timeout=LIMIT * 4)
    while not sent[0]:
        client.is_silent(0.01)
    wait_in_pipes(proxy, own, 1, [client], lambda: sent[0])
    return client


def test_the_end_comes_behind_what_waits_in_a_pipe(lab):
    """The target half-closes while its reader takes nothing; the other direction stays open."""
    size, sent, answer = 8 * MIB, [0], []
    backend = lab.tcp_backend(counting_source(size, sent, lambda c: answer.append(c.read_exact(5))))
    proxy = lab.proxy(tcp(backend.port))
    own = pipes(proxy)
    client = paused(lab, proxy, sent)
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
        sent[0] = 1
        try:
            while True:
                connection.send(BLOCK)
                sent[0] += 1
        except ConnectionResetError:
            ends.append("reset")
        except BrokenPipeError:
            ends.append("reset")
    sent = [0]
    backend = lab.tcp_backend(script)
    proxy = lab.proxy(tcp(backend.port))
    own = pipes(proxy)
    paused(lab, proxy, sent).reset()
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
    readers, size, sent = 16, 48 * MIB, [0]
    proxy = lab.proxy(tcp(lab.tcp_backend(counting_source(size, sent)).port))
    warm = lab.client(proxy)
    warm.read_exact(8 * MIB)
    warm.reset()
    proxy.log.wait_for("reset by client")
    before, own = proxy.resident_kib(), pipes(proxy)
    clients = [lab.client(proxy, receive_buffer=16384, timeout=LIMIT * 8) for _ in range(readers)]
    wait_in_pipes(proxy, own, readers - 4, clients, lambda: sent[0], still=0.6)
    grown = proxy.resident_kib() - before
    assert SANITIZED or grown <= 1536, f"{grown} KiB more with {readers} paused readers"
    for client in clients[:2]:
        assert read_digest(client) == (digest(size), size)


def test_all_workers_together_have_so_many_pipes(lab):
    """More paused readers than pipes, with two workers: half of what the system grants a user is left to his other programs.
    Who gets none is served all the same."""
    readers, most, size, sent = 44, 32, 16 * MIB, [0]
    proxy = lab.proxy(tcp(lab.tcp_backend(counting_source(size, sent)).port), workers=2)
    own = pipes(proxy)
    clients = [lab.client(proxy, receive_buffer=16384, timeout=LIMIT * 8) for _ in range(readers)]
    wait_in_pipes(proxy, own, most, clients, lambda: sent[0])
    assert all(proxy.dealt(clients))
    assert pipes(proxy) == own + most
    for client in clients:
        assert read_digest(client) == (digest(size), size)
        client.shutdown()
    proxy.log.wait_for("closed by target", count=readers)
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
    size, sent, most = 32 * MIB, [0], 32

    def script(connection):
        what = connection.read_exact(1)
        if what == b"e":
            while piece := connection.read_some():
                connection.send(piece)
            return
        counting_source(size, sent)(connection)
    backend = lab.tcp_backend(script)
    proxy = lab.proxy(tcp(backend.port), descriptors=128)
    own = pipes(proxy)
    readers = [lab.client(proxy, receive_buffer=16384, timeout=LIMIT * 4) for _ in range(4)]
    for reader in readers:
        reader.send(b"s")
    while not sent[0]:
        readers[0].is_silent(0.01)
    wait_in_pipes(proxy, own, 3, readers, lambda: sent[0])
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
    go, count, sent, got = threading.Event(), 16, [0], []

    def script(connection):
        assert go.wait(LIMIT * 4)
        if connection.number == 1:
            got.append(read_digest(connection))
    size = 48 * MIB
    backend = lab.tcp_backend(script)
    proxy = lab.proxy(tcp(backend.port))
    before, own = proxy.resident_kib(), pipes(proxy)
    clients = [lab.client(proxy, timeout=LIMIT * 8) for _ in range(count)]
    backend.wait_connections(count)

    def send(client):
        try:
            for piece in bulk(size):
                client.send(piece)
                sent[0] += len(piece)
            client.shutdown()
        except OSError:
            pass
    senders = [Background(lambda client=client: send(client)) for client in clients]
    wait_in_pipes(proxy, own, count - 4, backend.connections, lambda: sent[0], still=0.6)
    grown = proxy.resident_kib() - before
    assert SANITIZED or grown <= 1536, f"{grown} KiB more with {count} slow targets"
    go.set()
    for sender in senders:
        sender.result()
    quiet(lambda: len(got))
    assert got == [(digest(size), size)]
