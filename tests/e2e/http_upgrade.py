"""Upgrade and the tunnel after a 101 (BEHAVIOUR: Upgrade)."""
import asyncio
import threading

import pytest
import websockets
from harness import LIMIT, http

ASK = b"GET /chat HTTP/1.1\r\nHost: t.localhost\r\nConnection: Upgrade\r\nUpgrade: echo/1, other\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n"


def echo(connection):
    connection.request()
    connection.send(SWITCH)
    while piece := connection.read_some():
        connection.send(piece)
    connection.send(b"bye")


def served(lab, script, **spec):
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port, **spec))
    return backend, proxy, lab.client(proxy)


def test_tunnel_runs_both_ways_and_half_closes(lab):
    backend, proxy, client = served(lab, echo)
    response = client.ask(ASK)
    assert (response.status, response.get("Upgrade"), response.get("Connection").lower()) == (101, "echo/1", "upgrade")
    head = backend.request.head
    assert (head.get("Upgrade"), head.get("Connection").lower()) == ("echo/1, other", "upgrade")
    for piece in (b"\x00\xff not HTTP", b"GET / HTTP/1.1\r\n\r\n"):
        client.send(piece)
        assert client.read_exact(len(piece)) == piece
    client.shutdown()
    assert client.read_to_end() == b"bye"
    assert backend.connections[0].ended.wait(LIMIT)
    assert " 101 " in proxy.log.wait_for("/chat").string


def test_bytes_right_behind_the_request_and_the_101(lab):
    def script(connection):
        connection.request()
        connection.send(SWITCH + b"early")
        assert connection.read_exact(7) == b"pipelin"
        connection.send(b"late")
    _, _, client = served(lab, script)
    client.send(ASK + b"pipelin")
    assert client.response().status == 101
    assert client.read_to_end() == b"earlylate"


def test_large_transfer_through_the_tunnel(lab):
    _, _, client = served(lab, echo)
    assert client.ask(ASK).status == 101
    payload = bytes(range(256)) * 16384  # 4 MiB
    sender = threading.Thread(target=client.send, args=(payload,), daemon=True)
    sender.start()
    assert client.read_exact(len(payload)) == payload
    sender.join(LIMIT)


def test_end_by_the_upstream_half_closes_the_client(lab):
    def script(connection):
        connection.request()
        connection.send(SWITCH + b"x")
        connection.shutdown()
        assert connection.read_exact(4) == b"last"
    backend, _, client = served(lab, script)
    assert client.ask(ASK).status == 101
    assert client.read_to_end() == b"x"
    client.send(b"last")
    client.shutdown()
    assert backend.connections[0].ended.wait(LIMIT)


@pytest.mark.parametrize("who", ["client", "upstream"])
def test_reset_ends_the_other_side(lab, who):
    go = threading.Event()

    def script(connection):
        connection.request()
        connection.send(SWITCH)
        if who == "upstream":
            assert go.wait(LIMIT)
            connection.reset()
        else:
            connection.expect_reset()
    backend, _, client = served(lab, script)
    assert client.ask(ASK).status == 101
    if who == "client":
        client.reset()
        assert backend.connections[0].ended.wait(LIMIT)
    else:
        go.set()
        client.expect_reset()


def test_refused_upgrade_is_an_ordinary_answer(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", backend.port)))
    response = client.ask(ASK)
    assert (response.status, response.body) == (200, b"hello")
    assert "Upgrade" not in response
    assert client.get("/next").status == 200
    assert [request.target for request in backend.requests] == ["/chat", "/next"]


def test_426_passes(lab):
    backend = lab.backend(reply=b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno")
    client = lab.client(lab.proxy(http("/", backend.port)))
    assert (client.ask(ASK).status, client.get("/").status) == (426, 426)


@pytest.mark.parametrize("request_head", [
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: echo/1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: H2\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: HTTP/2.0, TLS/1.0\r\n\r\n",
    b"GET / HTTP/1.0\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n\r\n",
])
def test_upgrades_that_do_not_pass(lab, request_head):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", backend.port)))
    assert client.ask(request_head).status == 200
    assert "Upgrade" not in backend.request.head and "Connection" not in backend.request.head


def test_h2c_is_left_out_of_a_list(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", backend.port)))
    client.ask(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c, websocket, H2C\r\n\r\n")
    assert backend.request.get("Upgrade") == "websocket"


def test_http_by_another_name_is_left_out_of_a_list(lab):
    """A switch to it, which only a token that went up may open, would carry requests past every route and check."""
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", backend.port)))
    client.ask(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2, HTTP/2.0, echo/1, http/3, h3, TLS/1.2, IRC/6.9\r\n\r\n")
    assert backend.request.get("Upgrade") == "echo/1, IRC/6.9"


@pytest.mark.parametrize("asked, answer", [
    (b"", b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n"),
    (b"Connection: Upgrade\r\nUpgrade: websocket\r\n", b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\n"),
    (b"Connection: Upgrade\r\nUpgrade: websocket\r\n", b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    (b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"),
    (b"Connection: Upgrade\r\nUpgrade: h2, x\r\n", b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2\r\n\r\n"),
])
def test_101_that_nobody_asked_for_is_502(lab, asked, answer):
    def script(connection):
        connection.request()
        connection.send(answer)
        connection.wait_end()
    backend, _, client = served(lab, script)
    assert client.ask(b"GET / HTTP/1.1\r\nHost: x\r\n" + asked + b"\r\n").status == 502
    assert backend.connections[0].ended.wait(LIMIT)


def test_tunnel_ends_as_idle_only_where_the_route_says_so(lab):
    backend, proxy, client = served(lab, echo, timeouts={"idle": "300ms"})
    assert client.ask(ASK).status == 101
    client.expect_closed()
    assert backend.connections[0].ended.wait(LIMIT)


def test_tunnel_without_idle_stays(lab):
    backend = lab.backend(echo)
    client = lab.client(lab.proxy(http("/", backend.port), settings={"keep_alive": "200ms", "header_timeout": "200ms"}))
    assert client.ask(ASK).status == 101
    assert client.is_silent(0.7)
    client.send(b"still here")
    assert client.read_exact(10) == b"still here"


def test_websocket_client_and_server(lab):
    """A real client and a real server: text, binary, ping, a large fragmented message, the closing handshake."""
    async def serve(socket, path):
        async for message in socket:
            await socket.send(message if isinstance(message, bytes) else f"{path}: {message}")
        closed.set()

    async def talk():
        async with websockets.serve(serve, "127.0.0.1", 0, max_size=None) as server:
            port = server.sockets[0].getsockname()[1]
            proxy = await asyncio.get_running_loop().run_in_executor(
                None, lambda: lab.proxy(http("/ws", port, rewrite="/")))
            async with websockets.connect(f"ws://127.0.0.1:{proxy.port}/ws/room", max_size=None) as socket:
                await socket.send("hi")
                assert await socket.recv() == "/room: hi"
                await (await socket.ping())
                for size in (0, 125, 126, 65535, 65536, 3 << 20):
                    await socket.send(b"\x01" * size)
                    assert await socket.recv() == b"\x01" * size
                await socket.send(part for part in ["a", "b", "c"])
                assert await socket.recv() == "/room: abc"
            await asyncio.wait_for(closed.wait(), LIMIT)
            assert socket.close_code == 1000
            return proxy

    async def main():
        nonlocal closed
        closed = asyncio.Event()
        return await talk()

    closed = None
    asyncio.run(main())
