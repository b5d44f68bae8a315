"""A paused reader stops the sender, in both directions, and costs little memory (issue 2, sections 6 and 8)."""
import threading

from harness import LIMIT, SANITIZED, http, quiet

MIB = 1 << 20
HOST = b"Host: t.localhost\r\n"


def test_slow_client_stops_upstream(lab):
    sent = [0]

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 * MIB))
        while sent[0] < 64 * MIB:
            connection.send(b"x" * 65536)
            sent[0] += 65536
        connection.wait_end()
    proxy = lab.proxy(http("/", lab.backend(script).port))
    before = proxy.resident_kib()
    client = lab.client(proxy, receive_buffer=16384)
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert client.read_response_head().get("Content-Length") == str(64 * MIB)
    assert quiet(lambda: sent[0]) < 64 * MIB
    assert SANITIZED or proxy.resident_kib() - before < 2048
    left = 64 * MIB
    while left:
        left -= len(client.read_some())
    assert client.is_silent(0.05)


def test_slow_chunked_answers_to_many_cost_little(lab):
    """16 clients that do not read: with chunks there is framing to hold too."""
    sent = [0] * 16

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            sent[connection.number - 1] += 4096
    proxy = lab.proxy(http("/", lab.backend(script).port))
    before = proxy.resident_kib()
    clients = [lab.client(proxy, receive_buffer=16384) for _ in sent]
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    for client in clients:
        client.read_exact(100000)
    quiet(lambda: sum(sent))
    assert SANITIZED or proxy.resident_kib() - before < 12 * 1024


def test_slow_upstream_stops_the_client(lab):
    go, sent = threading.Event(), [0]

    def script(connection):
        head = connection.request_head()
        assert go.wait(LIMIT * 2)
        left = int(head.get("Content-Length"))
        while left:
            left -= len(connection.read_some())
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.wait_end()
    proxy = lab.proxy(http("/", lab.backend(script).port))
    before = proxy.resident_kib()
    client = lab.client(proxy, timeout=LIMIT * 2)

    def send():
        client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % (64 * MIB))
        while sent[0] < 64 * MIB:
            client.send(b"x" * 65536)
            sent[0] += 65536
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    assert quiet(lambda: sent[0]) < 64 * MIB
    assert SANITIZED or proxy.resident_kib() - before < 2048
    go.set()
    assert client.response().body == b"ok"
    sender.join(LIMIT)


def test_others_are_served_while_bulk_runs(lab):
    """One loop, one endless download at full speed: small requests still get their turn."""
    stop = threading.Event()

    def bulk(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while not stop.is_set():
            connection.send(b"x" * 262144)
    proxy = lab.proxy(http("/bulk", lab.backend(bulk).port), http("/small", lab.backend().port))
    loader, client = lab.client(proxy), lab.client(proxy)
    loader.send(b"GET /bulk HTTP/1.1\r\n" + HOST + b"\r\n")
    loader.read_response_head()

    def drain():
        try:
            while not stop.is_set() and loader.read_some():
                loader.received.clear()
        except OSError:
            pass
    reader = threading.Thread(target=drain, daemon=True)
    reader.start()
    try:
        assert [client.get("/small").status for _ in range(100)] == [200] * 100
    finally:
        stop.set()
        reader.join(LIMIT)


def test_idle_connections_cost_little(lab):
    """Under 2 KiB resident each, once they have been used."""
    proxy = lab.proxy(http("/", lab.backend().port))
    lab.client(proxy).get("/")
    before = proxy.resident_kib()
    clients = [lab.client(proxy) for _ in range(1000)]
    assert {client.get("/").status for client in clients} == {200}
    grown = proxy.resident_kib() - before
    assert SANITIZED or grown < 2 * len(clients), f"{grown} KiB for {len(clients)} idle connections"


def test_the_end_of_an_answer_waits_for_its_reader(lab):
    """The target has sent all of it, and is free again; the client's next request is served behind it."""
    body, sent = b"0123456789" * 12000, threading.Event()

    def script(connection):
        while True:
            answer = body if connection.request().target == "/large" else b"ok"
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
            connection.wait_taken()
            sent.set()
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port), workers=1)
    client = lab.client(proxy, receive_buffer=4096, segment=1000)
    client.send(b"GET /large HTTP/1.1\r\n" + HOST + b"\r\n" + b"GET /next HTTP/1.1\r\n" + HOST + b"\r\n")
    assert sent.wait(LIMIT)
    proxy.wait_asleep()
    assert lab.client(proxy).get("/other").body == b"ok"
    assert [line for line in proxy.log.lines if "/large" in line] == []
    assert len(backend.connections) == 1, "the connection of an answer that was received is used again"
    assert client.response().body == body
    assert client.response().body == b"ok"
    assert [request.target for request in backend.requests] == ["/large", "/other", "/next"]
    proxy.log.wait_for(r"GET /large 200 117.2KiB")
