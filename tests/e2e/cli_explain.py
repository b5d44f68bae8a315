"""The verb `explain`: what becomes of a request, without traffic (BEHAVIOUR: Command line)."""
import itertools
import json
import random
import re

import pytest
from harness import free_port, http, ingress, run_program, tcp
from harness.settings import HAS_UNIX_SOCKETS

ROUTES = """\
name: shop
spec:
  - {kind: http, listen: 5000, host: shop.localhost, path: "/users/{id}", rewrite: "/accounts/{id}", targets: ["localhost:3000", {host: localhost, port: 3001, weight: 2}]}
  - {kind: http, listen: 5000, path: /users, targets: [3002]}
  - {kind: http, listen: 5000, path: "/{any}", targets: [3003]}
  - {kind: http, listen: "*:5001", path: /, targets: [3003]}
  - {kind: tcp, listen: 4001, targets: [5432]}
  - {kind: http, listen: "127.0.0.2:5002", path: /, targets: [3004]}
  - {kind: http, listen: "127.0.0.3:5002", path: /, targets: [3005]}
  - {kind: http, listen: "unix:./a.sock", path: /, targets: [3006]}
  - {kind: http, listen: "unix:./a.sock2", path: /, targets: [3007]}
  - {kind: http, listen: 5003, path: /, cors: true, targets: [3008]}
---
settings: {max_body_bytes: 10B, trusted_proxies: [10.0.0.0/8]}
"""
if not HAS_UNIX_SOCKETS:
    ROUTES = re.sub("(?m)^.*unix:.*$", "  #", ROUTES)


@pytest.fixture
def explain(tmp_path):
    (tmp_path / "shop.yaml").write_text(ROUTES)
    return lambda *words: run_program("explain", "-c", "shop.yaml", *words, cwd=tmp_path)


def test_text(explain):
    done = explain("http://shop.localhost:5000/users/7/posts?q=1", "-H", "X-Id: 5")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.sub("(?<=X-Request-Id: ).*", "(made)", done.stdout) == """\
listener  5000 (shop.yaml:3)
route     shop.localhost/users/{id} (shop.yaml:3) of shop
not       /users (shop.yaml:4): its host is less exact
          /{any} (shop.yaml:5): its host is less exact
path      /users/7/posts → /accounts/7/posts?q=1
targets   localhost:3000, localhost:3001 weight 2
turns     localhost:3001, localhost:3000, localhost:3001, and again
head      GET /accounts/7/posts?q=1 HTTP/1.1
          Host: shop.localhost:5000
          X-Id: 5
          X-Forwarded-For: 127.0.0.1
          X-Forwarded-Proto: http
          X-Forwarded-Host: shop.localhost:5000
          X-Forwarded-Port: 5000
          X-Request-Id: (made)
          Via: 1.1 liteginx
"""


@pytest.mark.parametrize("url, line", [
    (":5000/users", "/{any} (shop.yaml:5): in segment 1 '{any}' is less specific than 'users'"),
    (":5000/users", "shop.localhost/users/{id} (shop.yaml:3): its host is another one"),
    (":5000/x", "/users (shop.yaml:4): its path does not match"),
    ("localhost:5000/users", "route     /users (shop.yaml:4) of shop"),
    ("/users", "route     /users (shop.yaml:4) of shop"),
    ("http://127.0.0.1:5001", "path      / → /"),
    ("ws://localhost:5001?q#x", "head      GET /?q HTTP/1.1"),
    ("tcp://localhost:4001", "targets   localhost:5432"),
    ("HTTP://localhost:5001", "path      / → /"),
    ("http://10.0.0.1:5001", "path      / → /"),
    ("[::1]:5000/x", "targets   localhost:3003"),
    ("localhost:5002", "targets   localhost:3004"),
    ("127.0.0.3:5002", "targets   localhost:3005"),
    ("0.0.0.0:5002", "targets   localhost:3004"),
    ("unix:./a.sock", "targets   localhost:3006"),
    ("unix:./a.sock/x?y", "head      GET /x?y HTTP/1.1"),
    ("unix:./a.sock2/x", "targets   localhost:3007"),
])
def test_what_it_says(explain, url, line):
    done = explain(url)
    assert done.returncode == 0 and line in done.stdout, (done.stdout, done.stderr)


@pytest.mark.parametrize("words, status, answer", [
    (["shop.localhost:5000/"], 1, "404: no route of this port takes / of host shop.localhost:5000\n"
     "step      route (does a route take host and path?)\nnearest   /users (shop.yaml:4)\n"),
    (["CONNECT", ":5000/x"], 1, "405: "),
    (["POST", ":5000/x", "-H", "Content-Length: 11"], 1, "413: "),
    ([":5000/../x"], 1, "400: "),
    ([":5000/x", "-H", "A\udce4: b"], 1, r"400: the field name 'A\xe4' holds"),
    ([":5000/x", "-H", "A : b"], 1, "400: a blank stands before the colon of the field 'A'"),
    ([":5000/x", "-H", "Host:"], 1, "400: "),
    (["OPTIONS", ":5000/x", "-H", "Max-Forwards: 0"], 0, "204: answered here\n"),
    (["OPTIONS", ":5003/x", "-H", "Origin: http://a", "-H", "Access-Control-Request-Method: PUT"], 0,
     "204: a preflight, answered here\n"),
])
def test_an_answer_of_its_own(explain, words, status, answer):
    done = explain(*words)
    assert done.returncode == status and f"answer    {answer}" in done.stdout, (done.stdout, done.stderr)


@pytest.mark.parametrize("words, error", [
    ([], "explain needs a URL"),
    (["GET", "/x", "/y"], "unexpected argument"),
    ([":4002"], "nothing listens on port 4002; there is 5000, *:5001, 4001 (TCP), "),
    (["10.0.0.1:5000"], "nothing listens on port 5000 of 10.0.0.1; there is 5000, "),
    (["[::1]:5002"], "nothing listens on port 5002 of [::1]; there is 5000, "),
    (["ftp://a"], "'ftp://' is not served"),
    (["me:secret@localhost:5000"], "leave the user out of the URL"),
    (["/", "-H", "A: b\r\nC: d"], "are one line"),
    (["/", "-H", "A: b\nC: d"], "are one line"),
    (["GET", "/\nX: y"], "are one line"),
    ([":x"], "'x' is no port"),
    (["https://localhost:5000"], "5000 speaks no TLS: ask for http://"),
    (["/", "--from", "me"], "'me' is no address of a client"),
    (["/", "--expect", "x"], "not both"),
    (["/", "--jsn"], "did you mean --json?"),
])
def test_wrong_usage(explain, words, error):
    done = explain(*words)
    assert done.returncode == 2 and error in done.stderr and done.stdout == "", (done.stdout, done.stderr)


ALLOW = "listener  %s (shop.yaml:%u)\nanswer    204: answered here\n"


@pytest.mark.parametrize("words, status, said", [
    (["OPTIONS", "*"], 0, ALLOW % ("5000", 3)),
    (["OPTIONS", ":5001*"], 0, ALLOW % ("*:5001", 6)),
    (["OPTIONS", "http://127.0.0.3:5002*"], 0, ALLOW % ("127.0.0.3:5002", 9)),
    (["OPTIONS", "unix:./a.sock2*"], 0, ALLOW % ("unix:./a.sock2", 11)),
    (["OPTIONS", "*", "-H", "Host: other", "--from", "10.1.1.1"], 0, ALLOW % ("5000", 3)),
    (["OPTIONS", "*", "-H", "Host: a b"], 1, "answer    400: "),
    (["OPTIONS", "*", "-H", "Connection: host"], 1, "answer    400: "),
    (["OPTIONS", "*?q"], 1, "answer    400: "),
    (["GET", "*"], 1, "answer    400: the request target * is for OPTIONS alone\nstep      target ("),
    (["OPTIONS", "*", "-H", "Max-Forwards: 0"], 0, "step      forwards ("),
    (["OPTIONS", ":5000/*"], 0, "head      OPTIONS /* HTTP/1.1\n"),
])
def test_the_asterisk(explain, words, status, said):
    done = explain(*words)
    assert (done.returncode, done.stderr) == (status, "") and said in done.stdout, (done.stdout, done.stderr)


def test_who_asks(explain):
    words = ["/users", "-H", "X-Forwarded-For: 1.2.3.4"]
    assert "X-Forwarded-For: 1.2.3.4, 10.1.1.1\n" in explain(*words, "--from", "10.1.1.1").stdout
    assert "X-Forwarded-For: 11.1.1.1\n" in explain(*words, "--from=11.1.1.1").stdout
    assert "X-Forwarded-For: ::1\n" in explain(*words, "--from", "::1").stdout


def test_json(explain):
    said = json.loads(explain("--json", "shop.localhost:5000/users/7?q").stdout)
    assert (said["kind"], said["path"], said["upstream_path"], said["query"]) == ("http", "/users/7", "/accounts/7", "?q")
    assert said["listener"] == {"address": "5000", "place": "shop.yaml:3:26"}
    assert said["route"]["place"] == "shop.yaml:3:5" and said["head"][0] == "GET /accounts/7?q HTTP/1.1"
    assert [(loser["rule"], loser["route"]["path"]) for loser in said["losers"]] == [("host", "/users"), ("host", "/{any}")]
    assert said["turns"] == ["localhost:3001", "localhost:3000", "localhost:3001"]
    refused = json.loads(explain("--json", ":5000/%00\"").stdout)
    assert (refused["status"], refused["step"], refused["ending"], refused["cause"]) == (400, "path", "bad-path", "percent-nul")
    assert "losers" not in refused and "head" not in refused


EXPECTED = """\
- {url: "http://shop.localhost:5000/users/7?q", route: shop, target: localhost:3001, path: /accounts/7?q}
- {url: ":5000/users", headers: ["Host: shop.localhost"], path: /users}
- {url: "shop.localhost:5000/", status: 404}
- {url: ":5000/x", method: CONNECT, status: 405}
- {url: "tcp://:4001", target: localhost:5432}
- {url: ":5000*", method: OPTIONS, status: 204}
"""


def test_expected_ones(explain, tmp_path):
    (tmp_path / "routes.yaml").write_text(EXPECTED)
    done = explain("--expect", "routes.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (0, "6 requests: each goes where it should\n", "")


@pytest.mark.parametrize("text, error", [
    ('- {url: ":5000/users", path: /x}', "routes.yaml:1:30: error: path: expected '/x', got '/users'"),
    ('- {url: ":5000/users", status: 404}', "routes.yaml:1:32: error: status: expected '404', got none"),
    ('- {url: ":5000/users", target: "localhost:1"}', "1:32: error: target: expected 'localhost:1', got 'localhost:3002'"),
    ('- {url: ":5000/users", route: a}', "1:31: error: route: expected 'a', got 'shop'"),
    ('- {url: "shop.localhost:5000/", path: /}', "path: expected '/', got none"),
    ('- {url: ":4002", path: /}', "1:9: error: this cannot be asked for: 'nothing listens on port 4002"),
    ('- {url: ":5000/users", paht: /x}', "unknown key 'paht', did you mean 'path'?"),
    ('- {url: ":5000/users"}', "nothing is expected"),
    ("- {path: /}", "missing key 'url'"),
    ("- x", "a mapping with 'url' was expected"),
    ("a: b", "a list of requests was expected"),
    ('- {url: ":5000", headers: x, path: /}', "a list of 'Name: value' was expected"),
    ("- {url: [", "error"),
    ('- {url: ":5000/a\\0b", path: /a}', "are one line"),
    ('- {url: ":5000/a", headers: ["A: b\\0c"], path: /a}', "are one line"),
    ("", "there is nothing in it"),
])
def test_unexpected_ones(explain, tmp_path, text, error):
    (tmp_path / "routes.yaml").write_text(text)
    done = explain("--expect", "routes.yaml")
    assert done.returncode == 1 and error in done.stderr, (done.stdout, done.stderr)
    assert explain("--expect", "nowhere.yaml").returncode == 1


HOSTS = ["a.localhost", "b.localhost", "*.b.localhost", "x.c.localhost", None, None]
PARTS = ["a", "b", "ab", "{p}", "a{p}", "{p}b", "%7Ec"]
SENT = ["a", "b", "ab", "axb", "%61", "%2F", "~c", "..", ".", "", "%zz", "\"", "\xe4", "%2e%2E", "x"]


def _random_routes(random_, ports, target):
    for number in range(60):
        segments = [random_.choice(PARTS).replace("{p}", f"{{p{at}}}") for at in range(random_.randrange(4))]
        if random_.random() < 0.2:
            segments.append("{*rest}")
        path, more = "/" + "/".join(segments), {}
        names = [segment[segment.index("{") + 1:segment.index("}")].lstrip("*") for segment in segments if "{" in segment]
        if random_.random() < 0.5:
            more["rewrite"] = random_.choice(["/", f"/r{number}", *(f"/r/{{{name}}}" for name in names)])
        if (host := random_.choice(HOSTS)):
            more["host"] = host
        if random_.random() < 0.3:
            more["match"] = "exact"
        yield http(path, target, listen=random_.choice(ports), **more)


def _random_request(random_, ports):
    method = random_.choice(["GET", "GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "BAN"])
    path = "".join("/" + random_.choice(SENT) for _ in range(random_.randrange(1, 4)))
    host = random_.choice(["a.localhost", "b.localhost", "y.b.localhost", "x.c.localhost", "other", "127.0.0.1"])
    fields = random_.choice([[], [], [], ["Max-Forwards: 0"], ["Max-Forwards: 7"], ["Connection: x-a, close", "X-A: 1"], ["Connection: host"],
                             ["Upgrade: x", "Connection: upgrade"], ["TE: trailers", "Connection: TE"], ["X-Forwarded-For: 6.6.6.6"]])
    return method, f"{host}:{random_.choice(ports)}", path + random_.choice(["", "?q=1", "?"]), fields


def without_id(lines):
    """Ids of ours, which are never the same, made so; a client's own is not touched."""
    return [re.sub(r"^X-Request-Id: [0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$", "X-Request-Id: 0", line) for line in lines]


def test_random_requests_go_where_it_says(lab, tmp_path):
    """The same thousands of requests, served and explained: paths, heads and refusals are the same."""
    random_, ports = random.Random(5), [free_port(), free_port()]
    backend = lab.backend(reply=lambda request: b"HTTP/1.1 200 OK\r\nConnection: close\r\nX-Seen: 1\r\nContent-Length: %d\r\n\r\n%s" % (
        0 if request.method == "HEAD" else len(request.head.raw), b"" if request.method == "HEAD" else request.head.raw))
    config = ingress(*_random_routes(random_, ports, backend.port), settings={"access_log": "off", "trusted_proxies": ["10.0.0.0/8"]})
    proxy = lab.proxy(config=config)
    expected, heads = [], []
    for _ in range(10000):
        method, authority, target, fields = _random_request(random_, ports)
        entry = {"url": f"http://{authority}{target}", "method": method, "headers": fields}
        raw = "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {authority}", *fields, "", ""]).encode()
        client = lab.client(int(authority.rpartition(":")[2]))
        answer = client.ask(raw)
        client.close()
        lab.clients.remove(client)
        if answer.get("X-Seen"):
            seen = backend.requests[-1]
            expected.append({**entry, "path": seen.target, "target": f"127.0.0.1:{backend.port}"})
            heads.append((entry, seen.head.raw.decode().split("\r\n")[:-2]))
        else:
            expected.append({**entry, "status": answer.status})
    proxy.stop()
    assert min(len(heads), len(expected) - len(heads)) > 2000
    for at in range(0, len(expected), 5000):  # a file may have 1 MiB
        (tmp_path / "routes.yaml").write_text("\n".join("- " + json.dumps(entry) for entry in expected[at:at + 5000]))
        done = run_program("explain", "-c", proxy.folder, "--expect", tmp_path / "routes.yaml")
        assert (done.returncode, done.stdout) == (0, "5000 requests: each goes where it should\n"), done.stderr[-3000:]
    for entry, head in random_.sample(heads, 100):
        options = itertools.chain.from_iterable(("-H", field) for field in entry["headers"])
        said = json.loads(run_program("explain", "-c", proxy.folder, "--json", entry["method"], entry["url"], *options).stdout)
        assert without_id(said["head"]) == without_id(head), entry
