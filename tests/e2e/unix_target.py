"""Apps that listen on a Unix socket (BEHAVIOUR: Unix sockets): dialled, held, retried, spliced and logged as any other."""
import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from harness import LIMIT, CutShort, Proxy, full_socket, http, run_program, tcp

GET = b"GET %s HTTP/1.1\r\nHost: test.localhost\r\n\r\n"


def unix(path):
    return f"unix:{path}"


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "app.sock")


def test_request_and_answer_pass(lab, path):
    backend = lab.backend(port=path)
    proxy = lab.proxy(http("/", unix(path)))
    client = lab.client(proxy)
    assert client.get("/a?b=c").body == b"hello" and client.request("POST", "/", body=b"x" * 100).body == b"hello"
    first = backend.wait_requests(2)[0]
    assert first.target == "/a?b=c" and first.all("x-forwarded-for") == ["127.0.0.1"]
    assert len(backend.connections) == 1, "the connection is used again"
    proxy.log.wait_for(rf"GET /a\?b=c 200 5B .* → unix:{path}$")


def test_both_forms_relative_to_the_file_with_blanks_and_letters(lab, tmp_path):
    folder = tmp_path / "conf é"
    folder.mkdir()
    lab.backend(port=str(folder / "a b ü.sock"))
    (folder / "x.yaml").write_text(
        "name: x\nspec:\n  - {kind: http, listen: 0, path: /long, targets: [{unix: ./a b ü.sock, weight: 3}]}\n"
        "  - {kind: http, listen: 0, path: /short, targets: ['unix:a b ü.sock']}\n")
    proxy = lab.proxy_of(folder)
    assert "→ unix:" in proxy.err.text and "a b ü.sock ×3" in proxy.err.text
    assert lab.client(proxy).get("/long").status == 200 and lab.client(proxy).get("/short").status == 200
    done = run_program("check", folder)
    assert done.returncode == 0 and "2 targets" in done.stdout


def test_relative_to_the_working_directory_of_a_relative_file(lab, tmp_path):
    lab.backend(port=str(tmp_path / "app.sock"))
    (tmp_path / "x.yaml").write_text("name: x\nspec: [{kind: http, listen: 0, path: /, targets: ['unix:app.sock']}]\n")
    proxy = Proxy(None, args=["--config", "x.yaml"], cwd=tmp_path)
    lab.proxies.append(proxy)
    assert lab.client(proxy).get("/").status == 200
    proxy.log.wait_for(r"→ unix:app\.sock$")


@pytest.mark.parametrize("left", ["nothing", "a file of a dead app", "a listener that refuses"])
def test_requests_wait_while_the_app_restarts(lab, path, left):
    backend = lab.backend(port=path)
    proxy = lab.proxy(http("/", unix(path), hold="10s"))
    client = lab.client(proxy)
    assert client.get("/").status == 200
    backend.stop()
    if left == "nothing":
        os.unlink(path)
    waiting = [lab.client(proxy) for _ in range(3)]
    for number, each in enumerate(waiting):
        each.send(GET % b"/%d" % number)
    why = "no such file" if left == "nothing" else "connection refused"
    proxy.err.wait_for(rf"unix:{path} is down \({why}.*: its clients wait")
    backend.start()
    assert [each.response().status for each in waiting] == [200] * 3
    proxy.err.wait_for(rf"unix:{path} is up after")
    proxy.log.wait_for(r"GET /0 200 .* held \d")


def test_hold_runs_out(lab, path):
    proxy = lab.proxy(http("/", unix(path), hold="300ms"))
    response = lab.client(proxy).get("/")
    assert response.status == 502 and f"unix:{path}" in response.text and "no such file or directory" in response.text


def test_what_is_no_socket_is_said_so(lab, path):
    open(path, "w").close()
    response = lab.client(lab.proxy(http("/", unix(path), hold="0s"))).get("/")
    assert response.status == 502 and "non-socket" in response.text


@pytest.mark.skipif(os.getuid() == 0, reason="root may all")
def test_no_permission_is_said_so(lab, path):
    lab.backend(port=path)
    os.chmod(path, 0)
    response = lab.client(lab.proxy(http("/", unix(path), hold="0s"))).get("/")
    assert response.status == 502 and "permission denied" in response.text


def test_the_next_target_serves_where_one_is_not_there(lab, path):
    backend = lab.backend()
    proxy = lab.proxy(http("/", [unix(path), backend.port]))
    client = lab.client(proxy)
    assert [client.get("/").status for _ in range(4)] == [200] * 4


def test_a_get_is_repeated_where_the_app_dies_before_its_answer(lab, path):
    def script(connection):
        connection.request()
        if connection.number > 1:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            connection.wait_end()
    backend = lab.backend(script, port=path)
    client = lab.client(lab.proxy(http("/", unix(path))))
    assert client.get("/").body == b"ok" and len(backend.connections) == 2


def test_an_idle_connection_that_has_ended_serves_nobody(lab, path):
    backend = lab.backend(port=path)
    client = lab.client(lab.proxy(http("/", unix(path))))
    for _ in range(3):
        assert client.request("POST", "/", body=b"x").status == 200
        backend.connections[-1].close()
    assert len(backend.wait_requests(3)) == 3


def test_a_cut_answer_is_cut(lab, path):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
    lab.backend(script, port=path)
    proxy = lab.proxy(http("/", unix(path)))
    with pytest.raises((CutShort, OSError)):
        lab.client(proxy).get("/")
    proxy.log.wait_for(r"GET / 200 .* — ")


BODY = os.urandom(1 << 20) * 24


def test_a_large_body_comes_down_whole(lab, path):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY)
    lab.backend(port=path, reply=lambda request: head + BODY)
    proxy = lab.proxy(http("/", unix(path)))
    for _ in range(2):
        assert hashlib.sha256(lab.client(proxy).get("/").body).digest() == hashlib.sha256(BODY).digest()


def test_a_large_body_goes_up_whole(lab, path):
    backend = lab.backend(port=path)
    client = lab.client(lab.proxy(http("/", unix(path))))
    client.sock.settimeout(LIMIT * 2)
    assert client.request("POST", "/", body=BODY).status == 200
    assert backend.request.body == BODY


def test_a_slow_reader_holds_the_app_back(lab, path):
    sent = []

    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY))
        for at in range(0, len(BODY), 1 << 16):
            connection.send(BODY[at:at + (1 << 16)])
            sent.append(at)
    lab.backend(script, port=path)
    proxy = lab.proxy(http("/", unix(path)))
    client = lab.client(proxy, receive_buffer=4096, segment=1000)
    client.send(GET % b"/")
    deadline = time.monotonic() + LIMIT
    before = -1
    while before != len(sent) or not sent:  # until it stands still
        assert time.monotonic() < deadline
        before = len(sent)
        time.sleep(0.3)
    assert len(sent) << 16 < len(BODY) // 2
    assert client.response().body == BODY


def test_upgraded_it_is_a_tunnel(lab, path):
    def script(connection):
        head = connection.request_head()
        assert head.all("upgrade") == ["websocket"]
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nfirst")
        while piece := connection.read_some():
            connection.send(piece.upper())
        connection.shutdown()
    lab.backend(script, port=path)
    proxy = lab.proxy(http("/", unix(path)))
    client = lab.client(proxy)
    response = client.ask(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert response.status == 101 and client.read_exact(5) == b"first"
    client.send(b"ping")
    assert client.read_exact(4) == b"PING"
    client.shutdown()
    assert client.read_some() == b""


def test_bytes_and_half_closes_pass_in_a_tcp_session(lab, path):
    lab.tcp_backend(port=path)
    proxy = lab.proxy(tcp(unix(path)))
    client = lab.client(proxy)
    got = []
    reader = threading.Thread(target=lambda: got.append(client.read_exact(len(BODY))), daemon=True)
    reader.start()
    client.send(BODY)
    client.shutdown()
    reader.join(LIMIT * 3)
    assert got == [BODY] and client.read_some() == b""
    proxy.log.wait_for(rf"TCP :\d+ 24\.0MiB↑ 24\.0MiB↓ .* → unix:{path} — closed by client")


def test_a_client_that_left_cuts_what_it_asked_for(lab, path):
    backend = lab.backend(lambda connection: (connection.request(), connection.wait_end()), port=path)
    proxy = lab.proxy(http("/", unix(path)))
    client = lab.client(proxy)
    client.send(GET % b"/")
    backend.wait_requests(1)
    client.reset()
    assert backend.connections[0].ended.wait(LIMIT)
    proxy.log.wait_for(r"GET / 499 ")


def test_a_full_queue_is_waited_for(lab, path):
    """The system refuses at once where nobody accepts fast enough; nginx makes it a 502."""
    listener, fillers = full_socket(path)
    proxy = lab.proxy(http("/", unix(path), hold="0s"))
    client = lab.client(proxy)
    client.send(GET % b"/")
    assert client.is_silent(0.3)
    for filler in fillers:
        filler.close()
    listener.settimeout(LIMIT)
    while True:
        sock, _ = listener.accept()
        sock.settimeout(LIMIT)
        if sock.recv(65536):
            break
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert client.response().status == 200
    sock.close()
    listener.close()


def test_a_killed_app_is_an_end(lab, path):
    """Its connections end with it, and its file stays, which refuses."""
    code = ("import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1])\ns.listen()\n"
            "print('up', flush=True)\nc, _ = s.accept()\nc.recv(65536)\n"
            "c.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 10\\r\\n\\r\\n12345')\nprint('sent', flush=True)\ns.accept()\n")
    app = subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE)
    try:
        assert app.stdout.readline() == b"up\n"
        proxy = lab.proxy(http("/", unix(path), hold="0s"))
        client = lab.client(proxy)
        client.send(GET % b"/")
        assert app.stdout.readline() == b"sent\n"
        app.send_signal(signal.SIGKILL)
        with pytest.raises((CutShort, OSError)):
            client.response()
        response = lab.client(proxy).get("/")
        assert response.status == 502 and "connection refused" in response.text
    finally:
        app.kill()
        app.wait()
        app.stdout.close()
