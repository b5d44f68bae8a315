"""The example everyone starts with: config/ and the upstreams in examples/, exactly as a user runs them (issue 2, section 2).

uvicorn with the FastAPI app on 3000, the Go line echo on 4000; the proxy listens on 5000 (http) and 4001 (tcp).
"""
import json
import os
import subprocess
import sys
import threading

import pytest
from harness import LIMIT, Lab, Process, example_ports, free_port, http, ingress
from harness.settings import ROOT


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """Both upstreams and the proxy, for all tests of this file."""
    folder = tmp_path_factory.mktemp("example")
    echo = folder / "tcp-echo"
    subprocess.run(["go", "build", "-o", str(echo), "."], cwd=ROOT / "examples/tcp-echo", check=True, timeout=200,
                   env={**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOCACHE": str(folder / "go-cache"),
                        "GOPATH": str(folder / "go-path")})
    lab = Lab(folder)
    with example_ports():
        try:
            lab.keep(Process([sys.executable, "-B", "-m", "uvicorn", "app:app", "--port", "3000"], "running on http",
                             cwd=ROOT / "examples/fastapi", timeout=100))
            lab.keep(Process([echo], "echoing lines on"))
            lab.proxy_of(ROOT / "config")
            yield lab
        finally:
            lab.close()


def test_banner_names_both_listeners(example):
    assert {("http", 5000), ("tcp", 4001)} <= {(kind, port) for kind, _, port in example.proxies[0].urls}


@pytest.mark.parametrize("target, message", [
    ("/one", "one"), ("/two", "two"), ("/two/", "two"), ("/two?x=1", "two"), ("/one?x=1", "one"),
])
def test_http(example, target, message):
    response = example.client(5000).get(target, host="localhost:5000")
    assert (response.status, json.loads(response.body)) == (200, {"message": message})


def test_the_rest_of_the_path_follows_the_rewrite(example):
    """/two/x is /x upstream, which the app does not know: its 404, not ours."""
    response = example.client(5000).get("/two/x")
    assert (response.status, json.loads(response.body), response.get("Server")) == (404, {"detail": "Not Found"}, "uvicorn")


@pytest.mark.parametrize("target", ["/three", "/", "/onex"])
def test_our_own_404(example, target):
    response = example.client(5000).get(target)
    assert (response.status, response.get("Server")) == (404, None) and f"takes {target} of" in response.text


def test_kept_alive_connection_asks_both(example):
    client = example.client(5000)
    for _ in range(3):
        assert [json.loads(client.get(target).body)["message"] for target in ("/one", "/two")] == ["one", "two"]


def test_localhost_by_ipv6(example):
    assert json.loads(example.client(5000, host="::1").get("/one").body) == {"message": "one"}


def test_two_tcp_clients_at_once(example):
    clients = [example.client(4001) for _ in range(2)]
    for _ in range(3):
        for number, client in enumerate(clients):
            client.send(b"hello %d\n" % number)
        assert [client.read_until(b"\n") for client in clients] == [b"Echo: hello 0\n", b"Echo: hello 1\n"]


def test_telnet_like_client_with_crlf(example):
    client = example.client(4001)
    client.send(b"hello\r\n")
    assert client.read_until(b"\n") in (b"Echo: hello\n", b"Echo: hello\r\n")


def test_half_closed_client_gets_its_last_answer(example):
    client = example.client(4001)
    client.send(b"last")
    client.shutdown()
    assert client.read_to_end().strip() == b"Echo: last"


def test_close_of_the_client_closes_upstream(example):
    """Seen in the log: the session has ended on both sides."""
    proxy = example.proxies[0]
    client = example.client(4001)
    client.send(b"bye\n")
    client.read_until(b"\n")
    seen = len(proxy.log.lines)
    client.close()
    assert "tcptest-ingress" in proxy.log.wait_for(r"TCP :4001", seen=seen).string


def test_many_at_once(example):
    failures = []

    def ask(target, message):
        client = example.client(5000)
        for _ in range(20):
            if json.loads(client.get(target).body) != {"message": message}:
                failures.append(target)
        client.close()
    threads = [threading.Thread(target=ask, args=pair, daemon=True) for pair in [("/one", "one"), ("/two", "two")] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT * 2)
    assert failures == [] and not any(thread.is_alive() for thread in threads)


def test_two_specs_in_one_file(example, lab):
    """The same upstream by one file with both routes."""
    port = free_port()
    lab.proxy(config=ingress(http("/one", ("localhost", 3000), listen=port),
                             http("/two", ("localhost", 3000), listen=port, rewrite="/"), name="both-ingress"))
    client = lab.client(port)
    assert [json.loads(client.get(target).body)["message"] for target in ("/one", "/two")] == ["one", "two"]
