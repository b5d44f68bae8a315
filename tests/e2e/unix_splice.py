"""Large bodies go from socket to socket unread where one of them, or both, is a Unix socket (Linux, splice)."""
import sys

import pytest
from harness import LIMIT, http
from harness.bulk import MIB, digest, read_digest, send_bulk, spliced, wait_at_rest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has splice")

SIZE = 32 * MIB
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("ends", ["to the client", "from the app", "both"])
def test_a_large_body_is_moved(lab, tmp_path, ends):
    listen = f"unix:{tmp_path}/x.sock" if ends != "from the app" else 0
    port = str(tmp_path / "app.sock") if ends != "to the client" else 0
    sent = []

    def script(connection):
        connection.request()
        connection.sock.settimeout(LIMIT * 8)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
        send_bulk(connection, SIZE)
        sent.append(SIZE)
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.wait_end()
    backend = lab.backend(script, port=port)
    proxy = lab.proxy(http("/", f"unix:{port}" if port else backend.port, listen=listen))
    client = lab.client(f"{tmp_path}/x.sock" if listen else proxy.port, timeout=LIMIT * 4)

    def run():
        client.send(GET)
        assert client.read_response_head().get("Content-Length") == str(SIZE)
        # A reader that is ahead would have it copied in small pieces, by design.
        assert read_digest(client, SIZE, lambda: wait_at_rest(proxy, backend.connections, lambda: bool(sent))) == (
            digest(SIZE), SIZE)
    moved = spliced(lab, proxy, run)
    assert SIZE * 0.5 < moved <= SIZE
    assert client.get("/").body == b"ok", "nothing behind the body was moved with it"
