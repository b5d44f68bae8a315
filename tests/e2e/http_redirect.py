"""Routes that send their clients elsewhere (BEHAVIOUR: Routing, "Redirects")."""
import json

import pytest
from harness import http, ingress, run_program

OLD = http("/old/{*rest}", redirect={"to": "/new/{rest}", "status": 308})


@pytest.mark.parametrize("path, to, target, location", [
    ("/old", "/new", "/old", "/new"),
    ("/old", "/new", "/old/x/y", "/new"),  # nothing is joined behind it
    ("/old", "/new", "/old?a=1&b=%20", "/new?a=1&b=%20"),
    ("/old", "/new?x=1", "/old?a=1", "/new?x=1"),
    ("/old", "/new#part", "/old?a=1", "/new?a=1#part"),
    ("/old/{*rest}", "/new/{rest}", "/old/a/b?q", "/new/a/b?q"),
    ("/u/{id}", "https://a.example:8443/user/{id}", "/u/7?q", "https://a.example:8443/user/7?q"),
    ("/u/{id}", "/s?id={id}", "/u/a&b=c+d;e?q", "/s?id=a%26b%3Dc%2Bd%3Be"),
    ("/u/{id}", "/s?id={id}", "/u/a%26b", "/s?id=a%26b"),
    ("/old", "/caf\u00e9 \u20ac", "/old", "/caf%C3%A9%20%E2%82%AC"),
    ("/old", "/{{x}}", "/old", "/%7Bx%7D"),
    ("/old", "/new", "/old?<\">", "/new?%3C%22%3E"),
    ("/{*rest}", "/{rest}", "//evil.example/x", "/evil.example/x"),
    ("/{*rest}", "/{rest}", "/////evil.example", "/evil.example"),
    ("/{*rest}", "/{rest}", "/%5Cevil.example", "/%5Cevil.example"),
    ("/{*rest}", "/{rest}", "/\\evil.example", "/%5Cevil.example"),
    ("/{*rest}", "/{rest}", "/%0d%0aX:%20y", "/%0D%0AX:%20y"),
    ("/{*rest}", "/x/{rest}", "//evil.example", "/x//evil.example"),
])
def test_where_to(lab, path, to, target, location):
    client = lab.client(lab.proxy(http(path, redirect=to)))
    answer = client.get(target)
    assert (answer.status, answer.get("Location"), answer.body) == (307, location, b"")
    assert answer.get("Content-Length") == "0" and answer.get("Date") and "Content-Type" not in answer


@pytest.mark.parametrize("status, phrase", [(301, "Moved Permanently"), (302, "Found"), (303, "See Other"),
                                            (307, "Temporary Redirect"), (308, "Permanent Redirect")])
def test_status(lab, status, phrase):
    client = lab.client(lab.proxy(http("/old", redirect={"to": "/new", "status": status})))
    assert client.get("/old").head.start == f"HTTP/1.1 {status} {phrase}"


def test_on_one_connection(lab):
    """HEAD, a POST whose body nobody wants, pipelined ones, and a proxied one behind them."""
    backend = lab.backend()
    client = lab.client(lab.proxy(OLD, http("/", backend.port)))
    assert client.request("HEAD", "/old/a").get("Location") == "/new/a"
    assert client.request("POST", "/old/a", body=b"x" * 5000).status == 308
    assert client.ask(b"POST /old/b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").status == 308
    client.send(b"".join(b"GET /old/%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(50)))
    assert [client.response().get("Location") for _ in range(50)] == [f"/new/{number}" for number in range(50)]
    assert client.get("/x").status == 200
    assert [request.target for request in backend.requests] == ["/x"]


def test_connection_ends(lab):
    proxy = lab.proxy(OLD)
    client = lab.client(proxy)
    assert client.get("/old/a", Connection="close").get("Connection") == "close"
    client.expect_end()
    client = lab.client(proxy)
    answer = client.ask(b"GET /old/a HTTP/1.0\r\n\r\n")
    assert (answer.status, answer.get("Location")) == (308, "/new/a")
    client.expect_end()


def test_log(lab):
    proxy = lab.proxy(OLD)
    client = lab.client(proxy)
    client.get("/old/a?q=1")
    proxy.log.wait_for(r" GET /old/a\?q=1 308 0B \S+ test-ingress → redirect to /new/a\?q=1$")
    proxy = lab.proxy(OLD, settings={"access_log": "json"})
    lab.client(proxy).request("POST", "/old/a", body=b"xyz")
    line = json.loads(proxy.log.wait_for("/old/a").string)
    assert {key: line[key] for key in ("status", "bytes_out", "route", "target", "upstream_path", "action", "location", "ending")} == {
        "status": 308, "bytes_out": 0, "route": "test-ingress", "target": "", "upstream_path": "", "action": "redirect",
        "location": "/new/a", "ending": "complete"}


def test_banner_and_check(lab, tmp_path):
    proxy = lab.proxy(OLD, http("/", lab.backend().port))
    assert "  /old/{*rest} → 308 to /new/{rest}  · test-ingress\n" in proxy.err.text
    (tmp_path / "a.yaml").write_text(ingress(OLD, http("/a", redirect="/b"), http("/b", 1)))
    assert run_program("check", tmp_path).stdout == "1 listener, 3 routes, 1 target, 2 redirects: configuration is fine\n"


def test_explain(tmp_path):
    (tmp_path / "a.yaml").write_text(ingress({**OLD, "listen": 5000}, http("/", 3000, listen=5000)))

    def explain(*words):
        return run_program("explain", "-c", "a.yaml", *words, cwd=tmp_path)

    assert explain(":5000/old/x?y").stdout == """\
listener  5000 (a.yaml:4)
answer    308: to /new/x?y
step      action (does its route send it to a target?)
route     /old/{*rest} (a.yaml:3) of test-ingress
not       / (a.yaml:7): in segment 1 the rest of a prefix is less specific than 'old'
action    redirect: 308 to /new/{rest}
"""
    done = explain("--json", ":5000/old/x")
    said = json.loads(done.stdout)
    assert (said["status"], said["action"], said["location"], said["bytes"], said["step"]) == (308, "redirect", "/new/x", 0, "action")
    assert "targets" not in said and "reason" not in said
    (tmp_path / "e.yml").write_text("- {url: ':5000/old/x?y', status: 308, location: /new/x?y, route: test-ingress}\n"
                                    "- {url: ':5000/x', target: '127.0.0.1:3000'}\n")
    assert explain("--expect", "e.yml").stdout == "2 requests: each goes where it should\n"
    (tmp_path / "e.yml").write_text("- {url: ':5000/old/x', location: /x}\n- {url: ':5000/x', location: /x}\n"
                                    "- {url: ':5000/old/x', target: 'a:1', path: /x}\n")
    done = explain("--expect", "e.yml")
    assert "e.yml:1:34: error: location: expected '/x', got '/new/x'" in done.stderr
    assert "e.yml:2:30: error: location: expected '/x', got none" in done.stderr
    assert "target: expected 'a:1', got none" in done.stderr and "path: expected '/x', got none" in done.stderr


@pytest.mark.parametrize("rest, message", [
    ("redirect: '//a.example/'", "what follows '//' is a host for browsers: write https:// in front of one"),
    ("redirect: 'https://{id}.example/'", "a parameter cannot be a part of the host"),
    ("redirect: {to: /x, status: 304}", "'status' must be 301, 302, 303, 307 or 308, got '304'"),
    ("redirect: /x, targets: [1]", "'targets' does not go with 'redirect' (one of 'targets', 'redirect' or 'respond')"),
    ("redirect: /x, rewrite: /", "'rewrite' does not go with 'redirect' (it is for 'targets')"),
    ("redirect: /x, hold: 1s", "'hold' does not go with 'redirect' (it is for 'targets')"),
    ("redir: /x", "unknown key 'redir' (write 'redirect: /new', or 'redirect: {to: https://shop.example, status: 308}')"),
    ("match: exact", "missing key 'targets', 'redirect' or 'respond'"),
])
def test_wrong_ones(tmp_path, rest, message):
    (tmp_path / "a.yaml").write_text("name: a\nspec:\n  - {kind: http, listen: 1, path: '/u/{id}', %s}\n" % rest)
    done = run_program("check", "a.yaml", cwd=tmp_path)
    assert done.returncode == 1 and "a.yaml:3:" in done.stderr and message in done.stderr


def test_a_circle_is_told(tmp_path):
    (tmp_path / "a.yaml").write_text(ingress(http("/a", redirect="/a/b")))
    done = run_program("check", tmp_path)
    assert done.returncode == 0 and "warning: this redirect leads back to itself" in done.stderr
