"""Our own answers: status, fields, JSON or HTML, and that they say what to do (BEHAVIOUR: Own answers, the table)."""
import email.utils
import json
import time

import pytest
from harness import LIMIT, blackhole, http, refusing_port


def details(response):
    """Checks the form of a JSON answer and returns its text."""
    assert response.get("Content-Type") == "application/json"
    assert response.framing == "length"
    assert abs(email.utils.parsedate_to_datetime(response.get("Date")).timestamp() - time.time()) < 5
    document = json.loads(response.body)
    assert list(document) == ["detail"] and isinstance(document["detail"], str) and document["detail"]
    return document["detail"]


@pytest.fixture(scope="module")
def site(shared_lab):
    return shared_lab.proxy(http("/here", shared_lab.backend().port))


@pytest.fixture
def client(site, shared_lab):
    client = shared_lab.client(site)
    yield client
    client.reset()


def test_not_found(client):
    response = client.get("/nowhere")
    assert response.head.start == "HTTP/1.1 404 Not Found" and response.body.endswith(b"\n")
    assert details(response) == "not found: no route of this port takes /nowhere of host test.localhost"


@pytest.mark.parametrize("raw, status", [
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"CONNECT x.localhost:80 HTTP/1.1\r\nHost: x.localhost:80\r\n\r\n", 405),
    (b"G(T /here HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"G\xe4T /here HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"PRI /here HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    (b"PRI * HTTP/2.0\r\n\r\nSm\r\n\r\n", 400),
    (b"GET /here HTTP/2.0\r\nHost: x\r\n\r\n", 505),
    (b"GET /here HTTP/1.2\r\nHost: x\r\n\r\n", 505),
    (b"GET /here HTTP/0.9\r\nHost: x\r\n\r\n", 505),
    (b"GET /here HTTP/3.1\r\nHost: x\r\n\r\n", 505),
])
def test_status_of_refused_requests(client, raw, status):
    client.send(raw)
    response = client.response()
    assert response.status == status
    details(response)
    if status == 405:
        assert "GET" in response.get("Allow").split(", ")
    if status == 505 or b"Host" not in raw:  # a bad path alone leaves the framing clear
        assert response.get("Connection") == "close"
        client.expect_closed()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "MKCOL", "REPORT",
                                    "PURGE", "M-SEARCH", "SEARCH", "LOCK", "QUERY", "LIST", "BAN", "BREW", "get", "Get", "GETT", "X",
                                    "SOURCE", "DESCRIBE", "PLAY", "FLUSH", "connect", "head", "!#$%&'*+-.^_`|~9", "A" * 500])
def test_every_token_is_a_method(lab, method):
    """RFC 9110 §9.1: its case counts, and what it means is upstream's to know."""
    backend = lab.backend(reply=b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    client = lab.client(lab.proxy(http("/", backend.port)))
    body = None if method in ("HEAD", "TRACE") else b"x" * 10
    for _ in range(2):
        response = client.request(method, "/", body=body)
        assert (response.status, response.body) == (200, b"" if method == "HEAD" else b"ok")
    assert [(request.method, request.body) for request in backend.requests] == [(method, body or b"")] * 2


@pytest.mark.parametrize("method", ["BAN", "get", "SOURCE"])
def test_chunked_body_of_a_method_that_nobody_knows(lab, method):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", backend.port)))
    client.send(f"{method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n".encode()
                + b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
    assert [client.response(method).status, client.response().status] == [200, 200]
    assert [(request.method, request.body) for request in backend.requests] == [(method, b"abc"), ("GET", b"")]


def test_head_has_no_body(client):
    response = client.request("HEAD", "/nowhere")
    assert (response.status, response.get("Content-Type")) == (404, "application/json")
    assert response.get("Content-Length") == str(len(client.get("/nowhere").body))
    assert client.get("/here").status == 200


@pytest.mark.parametrize("accept, html", [
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True), ("text/html", True),
    ("TEXT/HTML", True), ("application/json;q=0.5, text/html;q=0.6", True),
    ("*/*", False), ("application/json", False), ("application/json, text/html;q=0.9", False), ("text/html;q=0", False),
    ("text/plain", False), ("text/html;q=0.5, application/json;q=0.6", False), ("", False), ("nonsense;;q=", False),
])
def test_html_when_the_client_prefers_it(client, accept, html):
    response = client.get("/nowhere", Accept=accept)
    assert response.status == 404
    if html:
        assert response.get("Content-Type").startswith("text/html")
        assert "<html" in response.text.lower() and "not found" in response.text and "404" in response.text
    else:
        assert details(response).startswith("not found: ")


def test_not_found_message_is_ours_to_choose_and_escaped(lab):
    message = 'nothing <here> & "there" \\ \u00e4'
    client = lab.client(lab.proxy(http("/here", lab.backend().port), settings={"not_found_message": message}))
    assert details(client.get("/nowhere")) == message + ": no route of this port takes /nowhere of host test.localhost"
    page = client.get("/nowhere", Accept="text/html").text
    assert "<here>" not in page and "&lt;here&gt; &amp;" in page


def test_a_page_lists_the_routes_of_its_port(lab):
    """A browser gets somewhere to go; only what leads somewhere as it stands is a link, and many are a number."""
    port = lab.backend().port
    routes = [http("/here", port), http("/u/{id}", port), http("/x", port, host="shop.localhost"), http('/a&"b', port)]
    page = lab.client(lab.proxy(*routes)).get("/nowhere", Accept="text/html").text
    listed = [line for line in page.split("\n") if line.startswith("<li>")]
    assert listed == ['<li><a href="/here">/here</a></li>', "<li>/u/{id}</li>", "<li>shop.localhost/x</li>",
                      '<li><a href="/a&amp;&quot;b">/a&amp;&quot;b</a></li>']
    many = lab.client(lab.proxy(*[http(f"/{number}", port) for number in range(100)])).get("/nowhere", Accept="text/html").text
    assert many.count("<li>") == 41 and "<li>and 60 more</li>" in many and len(many) < 4000


def test_other_pages_list_no_routes(client):
    assert "<li>" not in client.get("/here%", Accept="text/html").text


def test_refused_says_which_target_and_what_to_do(lab):
    port = lab.keep(refusing_port()).port
    client = lab.client(lab.proxy(http("/", port, hold="0s")))
    response = client.get("/")
    assert response.status == 502
    text = details(response)
    assert f"127.0.0.1:{port}" in text and "refused" in text
    html = client.get("/", Accept="text/html")
    assert html.status == 502 and f"127.0.0.1:{port}" in html.text


def test_no_target_may_be_tried(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", {"host": "127.0.0.1", "port": backend.port, "weight": 0})))
    response = client.get("/")
    assert response.status == 503
    assert "weight" in details(response)
    assert backend.connections == []


def test_connect_timeout(lab):
    hole = lab.keep(blackhole())
    client = lab.client(lab.proxy(http("/", hole.port, timeouts={"connect": "300ms"})))
    started = time.monotonic()
    response = client.get("/")
    assert response.status == 504
    assert 0.2 < time.monotonic() - started < 3
    assert f"127.0.0.1:{hole.port}" in details(response)


def test_response_timeout(lab):
    backend = lab.backend(lambda connection: (connection.request(), connection.wait_end()))
    client = lab.client(lab.proxy(http("/", backend.port, timeouts={"response": "300ms"})))
    response = client.get("/")
    assert response.status == 504
    assert f"127.0.0.1:{backend.port}" in details(response)
    assert backend.connections[0].ended.wait(LIMIT)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nA: 1", b"HTTP/1.1 200", b"HTTP/1.1 103 Early\r\n\r\n", b"garbage\r\n\r\n"])
def test_upstream_breaks_off_before_its_head(lab, answer):
    def script(connection):
        connection.request()
        connection.send(answer)
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port)))
    response = client.request("POST", "/", body=b"x")
    assert response.status == 502
    assert f"127.0.0.1:{backend.port}" in details(response)
    assert len(backend.requests) == 1


def test_a_fault_that_comes_with_the_head_is_a_502(lab):
    """Nothing of the answer is passed on yet: there is still time for an honest one."""
    backend = lab.backend(reply=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
    assert lab.client(lab.proxy(http("/", backend.port))).get("/").status == 502
