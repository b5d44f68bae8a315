"""Clients that come over a Unix socket (BEHAVIOUR: Unix sockets): the file, who may connect, what is said of them."""
import json
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time

import pytest
from harness import LIMIT, CutShort, full_socket, http, ingress, run_program, tcp

NOBODY = 65534


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "x.sock")


def test_a_request_over_it(lab, path):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port, listen=f"unix:{path}"))
    assert f"http://unix:{path}\n" in proxy.err.text
    response = lab.client(path).get("/a", X_Forwarded_For="9.9.9.9", Forwarded="for=9.9.9.9", X_Forwarded_Port="1")
    assert response.body == b"hello"
    request = backend.request
    names = [name for name in ("x-forwarded-for", "forwarded", "x-forwarded-port") if request.all(name)]
    assert names == [], "a client without an address adds none, and what it claims is dropped"
    assert request.all("x-forwarded-proto") == ["http"] and request.all("x-forwarded-host") == ["test.localhost"]
    proxy.log.wait_for(r"GET /a 200 5B")


def test_a_trusted_one_keeps_what_it_says(lab, path):
    backend = lab.backend()
    lab.proxy(http("/", backend.port, listen=f"unix:{path}"), settings={"trusted_proxies": ["unix:"]})
    lab.client(path).get("/", X_Forwarded_For="9.9.9.9", Forwarded="for=9.9.9.9", X_Forwarded_Port="443")
    request = backend.request
    assert request.all("x-forwarded-for") == ["9.9.9.9"] and request.all("x-forwarded-port") == ["443"]
    assert request.all("forwarded") == ['for=9.9.9.9, for=unknown;host="test.localhost";proto=http']


def test_networks_do_not_trust_it(lab, path):
    backend = lab.backend()
    lab.proxy(http("/", backend.port, listen=f"unix:{path}"), settings={"trusted_proxies": ["0.0.0.0/0", "::/0"]})
    lab.client(path).get("/", X_Forwarded_For="9.9.9.9")
    assert not backend.request.all("x-forwarded-for")


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_curl_reaches_it(lab, tmp_path):
    backend = lab.backend()
    folder = tmp_path / "a b ü"
    folder.mkdir()
    (folder / "x.yaml").write_text(ingress(http("/", backend.port, listen="unix:./s ö.sock")))
    lab.proxy_of(folder)
    done = subprocess.run(["curl", "-s", "--unix-socket", str(folder / "s ö.sock"), "http://localhost/"],
                          capture_output=True, timeout=LIMIT, check=True)
    assert done.stdout == b"hello"


def test_the_log_as_json(lab, path):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port, listen=f"unix:{path}"), settings={"access_log": "json"})
    lab.client(path).get("/")
    line = json.loads(proxy.log.wait_for(r"^\{.*").group(0))
    assert line["client"] == "unix:" and line["port"] == 0 and line["socket"] == path


def test_both_listeners_tell_themselves_apart_in_the_log(lab, path):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port, listen=f"unix:{path}"), http("/", backend.port))
    lab.client(path).get("/a")
    proxy.log.wait_for(rf"GET unix:{path}:/a 200")
    lab.client(proxy).get("/b")
    proxy.log.wait_for(rf"GET :{proxy.port}/b 200")


def test_a_tcp_session_from_socket_to_socket(lab, path, tmp_path):
    target = str(tmp_path / "echo.sock")
    lab.tcp_backend(port=target)
    proxy = lab.proxy(tcp(f"unix:{target}", listen=f"unix:{path}"))
    client = lab.client(path)
    body = os.urandom(1 << 20) * 16
    got = []
    reader = threading.Thread(target=lambda: got.append(client.read_exact(len(body))), daemon=True)
    reader.start()
    client.send(body)
    client.shutdown()
    reader.join(LIMIT * 3)
    assert got == [body] and client.read_some() == b""
    proxy.log.wait_for(rf"TCP unix:{path} 16\.0MiB↑ 16\.0MiB↓ .* → unix:{target} — closed by client")


def send_until_stuck(client):
    """Sends until nothing goes for a while; how many bytes went."""
    sent = 0
    client.sock.settimeout(0.5)
    while True:
        try:
            sent += client.sock.send(b"x" * 4096)
        except TimeoutError:
            return sent


def test_what_a_client_has_sent_before_it_closed_is_not_lost(lab, path):
    """To the system a closed Unix socket has hung up, like a reset TCP connection; what waits of it still counts."""
    go_on, got = threading.Event(), []

    def script(connection):
        assert go_on.wait(LIMIT * 2)
        got.append(connection.read_to_end())
    backend = lab.tcp_backend(script, narrow=True)
    proxy = lab.proxy(tcp(backend.port, listen=f"unix:{path}"))
    client = lab.client(path)
    backend.wait_connections(1)
    sent = send_until_stuck(client)
    client.close()
    proxy.wait_asleep()
    time.sleep(2.5)  # it has looked by now whether the client is still there, twice
    go_on.set()
    assert backend.connections[0].ended.wait(LIMIT * 2) and [len(each) for each in got] == [sent]
    proxy.log.wait_for("closed by client")


def test_a_client_that_leaves_a_held_upload_is_noticed(lab, path):
    proxy = lab.proxy(http("/", f"unix:{path}.none", listen=f"unix:{path}", hold="30s"), settings={"half_close": "1s"})
    client = lab.client(path)
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n")
    proxy.err.wait_for("its clients wait")
    send_until_stuck(client)
    client.close()
    proxy.log.wait_for(r"POST / 499 ")


def test_a_tunnel_from_socket_to_socket(lab, path, tmp_path):
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        while piece := connection.read_some():
            connection.send(piece)
        connection.shutdown()
    target = str(tmp_path / "app.sock")
    lab.backend(script, port=target)
    lab.proxy(http("/", f"unix:{target}", listen=f"unix:{path}"))
    client = lab.client(path)
    assert client.ask(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").status == 101
    for size in (1, 1000, 100000):
        client.send(b"x" * size)
        assert client.read_exact(size) == b"x" * size
    client.shutdown()
    assert client.read_some() == b""


def test_pipelined_requests_are_answered_in_order(lab, path):
    backend = lab.backend(reply=lambda request: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + request.target.encode())
    lab.proxy(http("/", backend.port, listen=f"unix:{path}"))
    client = lab.client(path)
    client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(5)))
    assert [client.response().body for _ in range(5)] == [b"/%d" % number for number in range(5)]


def test_a_client_that_leaves_is_noticed(lab, path):
    backend = lab.backend(lambda connection: (connection.request(), connection.wait_end()))
    proxy = lab.proxy(http("/", backend.port, listen=f"unix:{path}"), settings={"half_close": "0s"})
    client = lab.client(path)
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    backend.wait_requests(1)
    client.close()
    assert backend.connections[0].ended.wait(LIMIT)
    proxy.log.wait_for(r"GET / 499 ")


def test_a_cut_answer_never_looks_whole(lab, path):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    backend = lab.backend(script)
    lab.proxy(http("/", backend.port, listen=f"unix:{path}"))
    with pytest.raises((CutShort, OSError)):
        lab.client(path).get("/")


# --- the file ---


def test_it_is_this_users_alone_and_goes_at_the_end(lab, path):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port, listen=f"unix:{path}"))
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    proxy.stop()
    assert not os.path.lexists(path)


def test_one_of_a_killed_one_is_replaced(lab, path):
    backend = lab.backend()
    first = lab.proxy(http("/", backend.port, listen=f"unix:{path}"))
    first.kill()
    assert os.path.lexists(path)
    with pytest.raises(ConnectionRefusedError):
        lab.client(path)
    lab.proxy(http("/", backend.port, listen=f"unix:{path}"))
    assert lab.client(path).get("/").status == 200


def test_one_of_a_living_one_is_not(lab, path, tmp_path):
    backend = lab.backend()
    first = lab.proxy(http("/", backend.port, listen=f"unix:{path}"))
    (tmp_path / "again.yaml").write_text(ingress(http("/", backend.port, listen=f"unix:{path}")))
    done = run_program("--config", tmp_path / "again.yaml")
    assert done.returncode == 1
    assert f"cannot listen on unix:{path}: liteginx (process {first.pid}) listens there already; stop it or change `listen:`" \
        in done.stderr
    assert lab.client(path).get("/").status == 200


def test_two_spellings_of_one_path_are_one_listener(lab, tmp_path):
    """Each file names it from its own folder."""
    backend = lab.backend()
    folders = [tmp_path / name for name in ("one", "two")]
    for folder, listen in zip(folders, ("unix:./m.sock", "unix:../one/m.sock")):
        folder.mkdir()
        (folder / "a.yaml").write_text(ingress(http(f"/{folder.name}", backend.port, listen=listen)))
    lab.proxy_of(pathlib.Path("one"), args=["--config", "two"], cwd=tmp_path)
    for name in ("one", "two"):
        assert lab.client(str(tmp_path / "one/m.sock")).get(f"/{name}").status == 200


def test_nor_one_whose_queue_is_full(path, tmp_path):
    busy, fillers = full_socket(path)
    (tmp_path / "a.yaml").write_text(ingress(http("/", 1, listen=f"unix:{path}")))
    done = run_program("--config", tmp_path / "a.yaml")
    assert done.returncode == 1 and "listens there already" in done.stderr
    assert os.path.lexists(path)
    for sock in [busy, *fillers]:
        sock.close()


def test_of_two_that_start_at_once_one_serves(lab, path, tmp_path):
    """Over the file of a dead one: neither takes the other's for it."""
    backend = lab.backend()
    for turn in range(5):
        dead = socket.socket(socket.AF_UNIX)
        dead.bind(path)
        dead.close()
        both = [lab.proxy(http("/", backend.port, listen=f"unix:{path}"), wait=False) for _ in range(2)]
        ready = []
        for proxy in both:
            try:
                proxy.wait_ready()
                ready.append(proxy)
            except AssertionError:
                assert proxy.wait_exit(LIMIT) == 1 and "listens there already" in proxy.err.text
        assert len(ready) == 1 and lab.client(path).get("/").status == 200
        ready[0].stop()
        assert not os.path.lexists(path)


@pytest.mark.parametrize("what, said", [
    ("file", "a file of that name is there, and it is no socket"),
    ("folder", "a file of that name is there, and it is no socket"),
    ("no folder", "there is no such folder"),
])
def test_what_is_in_the_way_is_told_and_stays(tmp_path, what, said):
    path = tmp_path / "none" / "x.sock" if what == "no folder" else tmp_path / "x.sock"
    if what == "file":
        path.write_text("precious")
    if what == "folder":
        path.mkdir()
    (tmp_path / "a.yaml").write_text(ingress(http("/", 1, listen=f"unix:{path}")))
    done = run_program("--config", tmp_path / "a.yaml")
    assert done.returncode == 1 and f"a.yaml:4:13: error: cannot listen on unix:{path}: {said}" in done.stderr
    assert what != "file" or path.read_text() == "precious"


def test_a_folder_that_may_not_be_written_to_is_told():
    root = os.getuid() == 0
    with tempfile.TemporaryDirectory() as name:  # where another user gets in
        folder = pathlib.Path(name)
        (folder / "a.yaml").write_text(ingress(http("/", 1, listen="unix:./x.sock")))
        folder.chmod(0o555)
        done = run_program("--config", folder / "a.yaml", **({"user": NOBODY} if root else {}))
        folder.chmod(0o755)
    assert done.returncode == 1 and "this user may not make a file in that folder" in done.stderr


def test_a_path_that_is_too_long_is_told_at_load(tmp_path):
    path = "/tmp/" + "x" * 103
    (tmp_path / "a.yaml").write_text(ingress(http("/", f"unix:{path}", listen=f"unix:{path}")))
    done = run_program("check", tmp_path / "a.yaml")
    assert done.returncode == 1
    assert done.stderr.count("must be a path of at most 107 bytes") == 2
    assert done.stderr.count("(it has 108: the system takes no longer ones for sockets)") == 2


def test_a_failed_start_leaves_no_file(lab, path, tmp_path):
    backend = lab.backend()
    text = ingress(http("/", backend.port, listen=f"unix:{path}"), http("/", backend.port, listen="192.0.2.1:1"))
    (tmp_path / "a.yaml").write_text(text)
    done = run_program("--config", tmp_path / "a.yaml")
    assert done.returncode == 1 and "this machine has no such address" in done.stderr
    assert not os.path.lexists(path)


def test_a_drain_serves_who_has_come(lab, path):
    """What waits in the queue when it stops was in time; the file is gone at once, so that a next one can take its place."""
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port, listen=f"unix:{path}"))
    with proxy.paused():
        clients = [lab.client(path) for _ in range(3)]
        for client in clients:
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        proxy.signal(signal.SIGTERM)
    assert [client.response().status for client in clients] == [200] * 3
    assert proxy.wait_exit() == 0 and not os.path.lexists(path)


# --- several workers ---


def test_two_workers_share_it(lab, path):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port, listen=f"unix:{path}"), workers=2)
    clients = [lab.client(path) for _ in range(40)]
    for client in clients:
        assert client.get("/").status == 200
    threads = [threading.Thread(target=lambda c=client: [c.get("/") for _ in range(50)], daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT * 3)
    for client in clients:
        assert client.get("/").status == 200
    proxy.stop()
    assert not os.path.lexists(path)


def test_the_limit_of_connections_holds(lab, path):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port, listen=f"unix:{path}"), settings={"max_connections": 2}, workers=2)
    first, second = lab.client(path), lab.client(path)
    assert first.get("/").status == 200 and second.get("/").status == 200
    third = lab.client(path)
    third.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert third.is_silent(0.2)
    first.close()
    assert third.response().status == 200
    proxy.check_alive()
