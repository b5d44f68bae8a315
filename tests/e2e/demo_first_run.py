"""`liteginx demo --config config/`: the first curl works with nothing else installed (issue 2, section 1)."""
import json
import re
import shlex
import signal
import socket
import urllib.parse

import pytest
from harness import example_ports, free_port, http, ingress, run_program
from harness.settings import ROOT, STANDS_IN


@pytest.fixture
def ports():
    with example_ports():
        yield


@pytest.fixture
def lab(ports, lab):
    """The lab is closed before the ports are given back."""
    return lab


def test_both_upstreams_are_built_in(lab):
    proxy = lab.proxy_of(ROOT / "config", verb=["demo"])
    client = lab.client(5000)
    for target, message in (("/one", "one"), ("/two", "two"), ("/two/", "two"), ("/two?x=1", "two")):
        response = client.get(target)
        assert (response.status, json.loads(response.body)) == (200, {"message": message})
        assert response.get("Content-Type") == "application/json"
    assert b"no route of this port takes /three" in client.get("/three").body
    assert client.get("/two/x").status == 404
    session = lab.client(4001)
    session.send(b"hello\nworld\r\n")
    assert session.read_until(b"\n").rstrip() == b"Echo: hello"
    assert session.read_until(b"\n").rstrip() == b"Echo: world"
    session.close()
    direct = lab.client(3000)
    assert json.loads(direct.get("/one").body) == {"message": "one"}
    assert proxy.err.wait_for(r"curl(\.exe)? .*(localhost|127\.0\.0\.1):5000/one")


def test_without_a_configuration_it_brings_its_own(lab, tmp_path):
    """The README's routes, whatever lies where a configuration is usually found; and what is served can be seen and saved."""
    (tmp_path / "liteginx.yaml").write_text("name: not for a demo")
    proxy = lab.proxy_of(None, verb=["demo"], cwd=tmp_path, env={"HOME": str(tmp_path)})
    client = lab.client(5000)
    for target, message in (("/one", "one"), ("/two", "two")):
        assert json.loads(client.get(target).body) == {"message": message}
    session = lab.client(4001)
    session.send(b"hello\n")
    assert session.read_until(b"\n").rstrip() == b"Echo: hello"
    session.close()
    shown = proxy.err.lines
    saved = "\n".join(shown[shown.index("name: demo"):shown.index("", shown.index("name: demo"))])
    (tmp_path / "demo.yaml").write_text(saved)
    done = run_program("check", tmp_path / "demo.yaml")
    assert (done.stdout, done.stderr) == ("2 listeners, 3 routes, 3 targets: configuration is fine\n", "")


def test_what_it_says_to_try_reaches_its_route(lab, tmp_path):
    """As a shell takes it apart; but for what no quotes of Windows' shells keep."""
    paths = ["/it's", "/[x]", "/{id}/<ü>/{{x}}"] + ([] if STANDS_IN else ["/$metadata"])
    file = tmp_path / "odd.yaml"
    file.write_text(ingress(*(http(path, listen=free_port(), respond={"body": path}) for path in paths)))
    proxy = lab.proxy_of(file, verb=["demo"])
    tries = [shlex.split(line) for line in proxy.err.lines if re.match(r"  curl(\.exe)? ", line)]
    assert len(tries) == len(paths), proxy.err.text
    for words, path in zip(tries, paths):
        url = urllib.parse.urlsplit(words[-1])
        assert lab.client(url.port).get(url.path).text == path
        assert ("-g" in words) == ("[" in path)


def test_it_says_what_to_try_and_stops_as_asked(lab):
    proxy = lab.proxy_of(ROOT / "config", verb=["demo"])
    for what in (r"5000/one", r"5000/two", r"4001"):
        proxy.err.wait_for(what)
    proxy.signal(signal.SIGINT)
    assert proxy.wait_exit() == 0


def test_server_that_is_there_already_is_used(lab):
    backend = lab.backend(reply=b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nown", port=3000)
    proxy = lab.proxy_of(ROOT / "config", verb=["demo"])
    proxy.err.wait_for(r"3000.*(already|used|there)|(already|uses).*3000")
    assert lab.client(5000).get("/one").body == b"own"
    assert [request.target for request in backend.requests if request.target == "/one"] == ["/one"]
    session = lab.client(4001)
    session.send(b"hello\n")
    assert session.read_until(b"\n").rstrip() == b"Echo: hello"


def test_keep_alive_pipelining_and_head_of_the_built_in_server(lab):
    lab.proxy_of(ROOT / "config", verb=["demo"])
    direct = lab.client(3000)
    direct.send(b"GET /one HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert [json.loads(direct.response().body)["message"] for _ in range(2)] == ["one", "two"]
    assert direct.request("HEAD", "/one").status == 200
    assert lab.client(5000).request("HEAD", "/one").status == 200


def test_what_the_built_in_http_server_refuses(lab):
    lab.proxy_of(ROOT / "config", verb=["demo"])
    direct = lab.client(3000)
    assert (direct.get("/none").status, direct.request("POST", "/one", body=b"hello").get("Allow")) == (404, "GET, HEAD")
    direct.send(b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
    assert direct.read_response().status == 100
    assert direct.ask(b"2\r\nab\r\n0\r\n\r\n", "PUT").status == 405
    assert direct.ask(b"GET / HTTP/1.1\r\n\r\n").status == 400
    for bad in (b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"):
        direct = lab.client(3000)
        assert (direct.ask(bad, "GET").status, direct.send(b"more")) == (400, None)
        direct.expect_closed()
    old = lab.client(3000)
    assert old.ask(b"GET /one HTTP/1.0\r\n\r\n").get("Connection") == "close"
    old.expect_closed()
    lab.client(3000).close()


def test_the_built_in_servers_wait_for_a_slow_reader(lab):
    """Everything is sent before anything is read, and nothing is lost."""
    lab.proxy_of(ROOT / "config", verb=["demo"])
    direct = lab.client(3000, receive_buffer=4096, segment=1000)
    direct.send(b"GET /one HTTP/1.1\r\nHost: x\r\n\r\n" * 3000)
    session = lab.client(4000, receive_buffer=4096, segment=1000)
    session.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    lines = [b"%d " % number + b"x" * 3000 for number in range(100)] + [b"x" * 60000]
    session.send(b"\n".join(lines))
    session.shutdown()
    assert {direct.response().body for _ in range(3000)} == {b'{"message":"one"}'}
    assert session.read_to_end() == b"".join(b"Echo: " + line + b"\n" for line in lines)


def test_line_ends_of_the_built_in_echo(lab):
    lab.proxy_of(ROOT / "config", verb=["demo"])
    session = lab.client(4000)
    session.send(b"a\r")
    assert session.is_silent(0.05)
    session.send(b"\n\nb\rc\r\n")
    assert session.read_exact(25) == b"Echo: a\nEcho: \nEcho: b\rc\n"
    session.send(b"x" * 100000 + b"\n")  # a longer one than is waited for comes in pieces
    assert session.read_until(b"\n").startswith(b"Echo: xxx")
