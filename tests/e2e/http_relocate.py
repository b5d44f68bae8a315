"""Addresses that a target behind a rewrite says come back as the client sees them (BEHAVIOUR: "Addresses behind a rewrite")."""
import sys

import pytest
from harness import Process, free_port, http


def answer_of(lab, fields, target="/two/x", host="shop.localhost:5000", **keys):
    backend = lab.backend(reply=lambda _: b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
                          + b"".join(field.replace("PORT", str(backend.port)).encode() + b"\r\n" for field in fields) + b"\r\n")
    keys = {key: value for key, value in {"path": "/two", "rewrite": "/", **keys}.items() if value is not None}
    client = lab.client(lab.proxy(http(keys.pop("path"), backend.port, **keys)))
    return client.get(target, host=host)


@pytest.mark.parametrize("said, seen", [
    ("/login?next=/x", "/two/login?next=/x"),
    ("/two/login", "/two/login"),
    ("login", "login"),
    ("http://shop.localhost:5000/x", "http://shop.localhost:5000/two/x"),
    ("http://127.0.0.1:PORT/x", "http://shop.localhost:5000/two/x"),
    ("http://localhost:PORT/x/", "http://shop.localhost:5000/two/x/"),
    ("http://shop.localhost:PORT/x/", "http://shop.localhost:5000/two/x/"),
    ("https://example.com/x", "https://example.com/x"),
])
def test_location(lab, said, seen):
    assert answer_of(lab, [f"Location: {said}"]).get("Location") == seen


def test_all_fields_that_hold_one(lab):
    answer = answer_of(lab, ["Content-Location: /a", "Refresh: 0; url=/b", "Set-Cookie: a=1; Path=/; HttpOnly", "Set-Cookie: b=2; path=/c",
                             "Set-Cookie: c=3", "Link: </d>"])
    assert (answer.get("Content-Location"), answer.get("Refresh"), answer.get("Link")) == ("/two/a", "0; url=/two/b", "</d>")
    assert answer.all("Set-Cookie") == ["a=1; Path=/two; HttpOnly", "b=2; path=/two/c", "c=3"]


@pytest.mark.parametrize("keys, target, said, seen", [
    ({"path": "/api", "rewrite": "/v2"}, "/api/x", "/v2/y", "/api/y"),
    ({"path": "/api", "rewrite": "/v2"}, "/api/x", "/other", "/other"),
    ({"path": "/", "rewrite": "/app"}, "/x", "/app/y", "/y"),
    ({"path": "/u/{id}", "rewrite": "/v/{id}"}, "/u/7/x", "/v/7/y", "/u/7/y"),
    ({"path": "/old/{*rest}", "rewrite": "/new/{rest}"}, "/old/a/b", "/new/c", "/old/c"),
    ({"path": "/one", "rewrite": "/x", "match": "exact"}, "/one", "/x?again", "/one?again"),
    ({"path": "/one", "rewrite": "/x", "match": "exact"}, "/one", "/x/y", "/x/y"),
    ({"path": "/two", "rewrite": "/", "rewrite_response": False}, "/two/x", "/y", "/y"),
    ({"path": "/two", "rewrite": None}, "/two/x", "/y", "/y"),
])
def test_other_rewrites(lab, keys, target, said, seen):
    keys = {key: value for key, value in keys.items() if value is not None}
    backend = lab.backend(reply=lambda _: b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n" % said.encode())
    client = lab.client(lab.proxy(http(keys.pop("path"), backend.port, **keys)))
    assert client.get(target).get("Location") == seen


@pytest.mark.parametrize("trusted, scheme", [(["127.0.0.1"], "https"), ([], "http")])
def test_a_client_that_came_by_https_stays_there(lab, trusted, scheme):
    backend = lab.backend(reply=lambda _: b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:%d/v2/x\r\n\r\n" % backend.port)
    client = lab.client(lab.proxy(http("/p", backend.port, rewrite="/v2"), settings={"trusted_proxies": trusted}))
    answer = client.request("GET", "/p", host="shop.example", X_Forwarded_Proto="https")
    assert answer.get("Location") == f"{scheme}://shop.example/p/x"


def test_a_told_name_comes_back_with_the_targets_port_as_well(lab):
    """nginx makes its redirects of the Host that it was told and its own port."""
    answer = answer_of(lab, ["Location: http://app.example:PORT/x"], host_header="app.example")
    assert answer.get("Location") == "http://shop.localhost:5000/two/x"


def test_a_client_without_host_gets_paths_alone(lab):
    backend = lab.backend(reply=lambda _: b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /x\r\nContent-Location: http://127.0.0.1:%d/x\r\n\r\n" % backend.port)
    client = lab.client(lab.proxy(http("/two", backend.port, rewrite="/")))
    answer = client.ask(b"GET /two HTTP/1.0\r\n\r\n")
    assert (answer.get("Location"), answer.get("Content-Location")) == ("/two/x", f"http://127.0.0.1:{backend.port}/x")


def test_over_a_unix_socket_there_is_no_other_name(lab, tmp_path):
    backend = lab.backend(port=str(tmp_path / "s"), reply=lambda _: b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://a/x\r\n\r\n")
    client = lab.client(lab.proxy(http("/two", {"unix": backend.port}, rewrite="/")))
    assert client.get("/two", host="a").get("Location") == "http://a/two/x"


@pytest.mark.parametrize("path, rewrite", [("/", "/app"), ("/{*rest}", "/app/{rest}")])
@pytest.mark.parametrize("said", ["/app//evil.example", "/app/\\evil.example", "/app/\t/evil.example", "/app///evil.example"])
def test_no_path_becomes_a_host(lab, path, rewrite, said):
    backend = lab.backend(reply=lambda _: b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s\r\nRefresh: 0; url=%s\r\n\r\n" % (said.encode(), said.encode()))
    answer = lab.client(lab.proxy(http(path, backend.port, rewrite=rewrite))).get("/x")
    assert (answer.get("Location"), answer.get("Refresh")) == ("/evil.example", "0; url=/evil.example")


def test_long_beginnings_cost_only_where_an_address_is(lab):
    """A client's long path is no reason to refuse an answer of many fields."""
    backend = lab.backend(reply=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + b"".join(b"X-%d: 1\r\n" % i for i in range(100)) + b"\r\n")
    assert lab.client(lab.proxy(http("/u/{id}", backend.port, rewrite="/v/{id}"))).get("/u/" + "a" * 60000).status == 200


@pytest.mark.parametrize("keys, said, seen", [
    ({"host_header": "api.example.com"}, "http://api.example.com/x", "http://shop.localhost:5000/x"),
    ({"host_header": "api.example.com", "rewrite": "/"}, "http://api.example.com/x", "http://shop.localhost:5000/two/x"),
    ({"host_header": "target"}, "http://127.0.0.1:PORT/x", "http://shop.localhost:5000/x"),
    ({"host_header": "target", "rewrite_response": False}, "http://other.example/x", "http://other.example/x"),
    ({}, "http://localhost:1/x", "http://localhost:1/x"),
])
def test_a_target_that_was_told_another_name(lab, keys, said, seen):
    assert answer_of(lab, [f"Location: {said}"], rewrite=keys.pop("rewrite", None), **keys).get("Location") == seen


def test_interim_answers_stay_as_they_are(lab):
    backend = lab.backend(lambda connection: (connection.request(), connection.send(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Location: /a\r\n\r\n")))
    client = lab.client(lab.proxy(http("/two", backend.port, rewrite="/")))
    answer = client.get("/two")
    assert [message.get("Link") for message in client.interim] == ["</a>"] and answer.get("Content-Location") == "/two/a"


# Servers as people run them

APP = """
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
app = FastAPI()
@app.get("/login")
def login():
    answer = RedirectResponse("/home", status_code=303)
    answer.set_cookie("sid", "1")
    return answer
@app.get("/items/")
def items():
    return []
"""


@pytest.fixture
def program(lab, tmp_path):
    """program(COMMAND…, ready=PATTERN) -> client of /two, behind which that server is; {port} is its port."""
    started = []
    def start(*command, ready):
        port = free_port()
        started.append(Process([word.format(port=port) for word in command], ready, cwd=tmp_path, env={"PYTHONUNBUFFERED": "1"}))
        return lab.client(lab.proxy(http("/two", port, rewrite="/"))), port
    yield start
    for process in started:
        process.close()


def test_python_http_server(program, tmp_path):
    (tmp_path / "dir").mkdir()
    client, _ = program(sys.executable, "-m", "http.server", "{port}", "--bind", "127.0.0.1", ready="Serving")
    assert (client.get("/two/dir").status, client.get("/two/dir").get("Location")) == (301, "/two/dir/")
    assert client.get("/two/dir/").status == 200


def test_fastapi_in_uvicorn(program, tmp_path):
    (tmp_path / "app.py").write_text(APP)
    client, _ = program(sys.executable, "-m", "uvicorn", "app:app", "--port", "{port}", ready="Uvicorn running")
    login = client.get("/two/login", host="shop.localhost:5000")
    assert (login.status, login.get("Location")) == (303, "/two/home") and "Path=/two;" in login.get("Set-Cookie")
    assert client.get("/two/items", host="shop.localhost:5000").get("Location") == "http://shop.localhost:5000/two/items/"
