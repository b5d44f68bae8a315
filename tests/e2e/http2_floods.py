"""What costs a client nothing and a server much has its bound, and its line in the log; what honest clients do stays below
(BEHAVIOUR: HTTP/2)."""
import struct
import threading

import pytest
from harness import LIMIT, CutShort, http
from harness.http2 import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS, INITIAL_WINDOW, PING,
                           PRIORITY, PROTOCOL_ERROR, SETTINGS, WINDOW_UPDATE, Http2, frame)

GET = [(":method", "GET"), (":scheme", "http"), (":authority", "test.localhost"), (":path", "/")]


@pytest.fixture
def served(lab):
    def make(script=None, settings=None, client=None, **more):
        backend = lab.backend(script)
        proxy = lab.proxy(http("/", backend.port, **more), settings=settings)
        lab.clients.append(Http2(proxy.port, **(client or {})))
        return backend, lab.clients[-1], proxy
    return make


def flood(client, pieces):
    """Sends until it is not wanted any more; reads meanwhile."""
    reader = threading.Thread(target=client.until_end, daemon=True)
    reader.start()
    try:
        for piece in pieces:
            client.send(piece)
    except OSError:
        pass
    reader.join(LIMIT)
    assert not reader.is_alive(), "the connection was not ended"
    return client.goaways


def assert_ended(client, proxy, words, pieces):
    goaways = flood(client, pieces)
    assert goaways and goaways[-1][1] == ENHANCE_YOUR_CALM
    proxy.log.wait_for(r"PRI \* 0 .* — .*" + words)


def resets(client, count, between=b""):
    block = client.packed(GET)
    for _ in range(count):
        stream = client.next_stream()
        yield frame(HEADERS, END_HEADERS | END_STREAM, stream, block) + between + frame(3, 0, stream, struct.pack(">I", 8))


def test_rapid_reset(served):
    """CVE-2023-44487."""
    backend, client, proxy = served(lambda connection: connection.wait_end())
    assert_ended(client, proxy, "rapid reset", resets(client, 5000))
    assert len(backend.requests) < 1200


def test_resets_of_a_browser_are_none(served):
    _, client, _ = served()
    for piece in resets(client, 500):
        client.send(piece)
    assert client.ask().status == 200


@pytest.mark.parametrize("breach", ["window", "data", "field"])
def test_requests_that_we_have_to_reset(served, breach):
    """CVE-2025-8671, "MadeYouReset"."""
    _, client, proxy = served(lambda connection: connection.wait_end())

    def breaches():
        block = client.packed(GET)
        for _ in range(5000):
            stream = client.next_stream()
            if breach == "field":
                yield frame(HEADERS, END_HEADERS | END_STREAM, stream, block + b"\x10\x01X\x01y")
            elif breach == "window":
                yield frame(HEADERS, END_HEADERS | END_STREAM, stream, block) + frame(WINDOW_UPDATE, 0, stream, b"\x7f\xff\xff\xff")
            else:
                yield frame(HEADERS, END_HEADERS, stream, block + b"\x10\x0econtent-length\x011") + frame(DATA, 1, stream, b"ab")
    try:
        for number, piece in enumerate(breaches()):
            client.send(piece)
            if number % 50 == 49:
                client.alive()  # no more than may run at a time
    except (CutShort, OSError):
        pass
    assert client.goaways[-1][1] == ENHANCE_YOUR_CALM
    proxy.log.wait_for(r"PRI \* 0 .* — .*rapid reset")


@pytest.mark.parametrize("size", [0, 1, 100])
def test_continuation(served, size):
    _, client, proxy = served()
    client._may_send = lambda raw: None  # nothing else may stand in between
    client.frame(HEADERS, END_STREAM, client.next_stream(), client.packed(GET))
    name = b"\x10\x01x\x7f" + bytes([0]) + b"y" * 127
    pieces = (frame(CONTINUATION, 0, 1, (name * 20)[:size]) for _ in range(5000))
    assert_ended(client, proxy, "CONTINUATION flood", pieces)


def test_head_that_never_ends(served):
    """With fields in full frames: they count, too."""
    _, client, proxy = served()
    client._may_send = lambda raw: None  # nothing else may stand in between
    client.frame(HEADERS, END_STREAM, client.next_stream(), client.packed(GET))
    field = b"\x10\x01x\x7f\x01" + b"y" * 128
    pieces = (frame(CONTINUATION, 0, 1, field * 100) for _ in range(5000))
    assert_ended(client, proxy, "(CONTINUATION flood|HPACK bomb)", pieces)


def test_hpack_bomb(served):
    """A field of 4 KiB, and thousands of references to it of one byte each."""
    _, client, proxy = served()
    value = b"y" * 3900
    big = b"\x40\x01x\x7f" + bytes([(len(value) - 127) % 128 | 128, (len(value) - 127) // 128]) + value
    head = client.packed(GET)

    def bombs():
        yield frame(HEADERS, END_HEADERS | END_STREAM, client.next_stream(), head + big)
        for _ in range(100):
            yield frame(HEADERS, END_HEADERS | END_STREAM, client.next_stream(), head + b"\xbe" * 16000)
    assert_ended(client, proxy, "HPACK bomb", bombs())


def test_large_head_is_refused_once_and_no_flood(served):
    _, client, _ = served()
    block = client.packed([*GET, *((f"x{number}", "y" * 1000) for number in range(100))])
    stream = client.next_stream()
    parts = [block[at:at + 16384] for at in range(0, len(block), 16384)]
    client.frame(HEADERS, END_STREAM, stream, parts[0])
    for part in parts[1:-1]:
        client.frame(CONTINUATION, 0, stream, part)
    client.frame(CONTINUATION, END_HEADERS, stream, parts[-1])
    assert client.answer(stream).status == 431
    assert client.ask().status == 200


@pytest.mark.parametrize("words, piece", [
    pytest.param("very many SETTINGS", frame(SETTINGS, 0, 0), id="settings"),
    pytest.param("very many SETTINGS", frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW, 1000)), id="settings that change"),
    pytest.param("very many PINGs", frame(PING, 0, 0, bytes(8)), id="ping"),
    pytest.param("very many PRIORITY frames", frame(PRIORITY, 0, 3, struct.pack(">IB", 1, 1)), id="priority"),
    pytest.param("very many WINDOW_UPDATEs", frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)), id="window"),
    pytest.param("MiB that mean nothing", frame(77, 0, 0, bytes(16384)), id="unknown"),
    pytest.param("MiB that mean nothing", frame(16, 0, 0, struct.pack(">I", 1) + bytes(16000)), id="priority update"),
])
def test_frames_of_no_use(served, words, piece):
    _, client, proxy = served(client={"still": True})
    assert_ended(client, proxy, words, (piece * 10 for _ in range(1000)))


def test_empty_data(served):
    backend, client, proxy = served(lambda connection: connection.wait_end())
    stream = client.request("POST", end=False)
    assert_ended(client, proxy, "empty DATA or HEADERS", (frame(DATA, 0, stream) * 10 for _ in range(1000)))


def test_padding_alone(served):
    backend, client, proxy = served(lambda connection: connection.wait_end())
    stream = client.request("POST", end=False)
    assert_ended(client, proxy, "empty DATA or HEADERS", (frame(DATA, 8, stream, b"\x03\0\0\0") * 10 for _ in range(1000)))


def test_empty_headers(served):
    _, client, proxy = served()

    def pieces():
        for _ in range(3000):
            yield frame(HEADERS, END_HEADERS | END_STREAM, client.next_stream())
    assert flood(client, pieces())[-1][1] in (ENHANCE_YOUR_CALM, PROTOCOL_ERROR)
    proxy.log.wait_for(r"PRI \* 0 .* — .*(empty DATA or HEADERS|rapid reset|breaks the rules)")


def test_window_updates_by_one(served):
    """Content byte by byte."""
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + bytes(100000))
        connection.wait_end()
    _, client, proxy = served(script, client={"window": 0, "still": True})
    stream = client.request()
    assert client.answer(stream, head_only=True).status == 200
    assert_ended(client, proxy, "WINDOW_UPDATEs", (frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", 1)) for _ in range(100000)))


def test_acknowledgements_that_nobody_reads(served):
    """Whoever reads nothing gets no endless queue."""
    _, client, proxy = served(client={"still": True, "receive_buffer": 4096})
    try:
        for _ in range(3000):
            client.send(frame(PING, 0, 0, bytes(8)) * 10)
    except OSError:
        pass
    proxy.log.wait_for(r"PRI \* 0 .* — .*(PINGs|acknowledgements)")


def test_pings_that_come_with_content(served):
    """As gRPC does, which measures the line."""
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    _, client, _ = served(script)
    stream = client.request("POST", end=False)
    for _ in range(1500):
        client.data(stream, bytes(2048))
        client.frame(PING, 0, 0, bytes(8))
        client.until(lambda got: got.kind == PING and got.flags & ACK)
    client.data(stream, b"", True)
    assert client.answer(stream).status == 200
