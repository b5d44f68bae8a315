"""Fields that a route changes on the way up and back, and the Host that targets are told (BEHAVIOUR: "Fields of a route")."""
import json

import pytest
from harness import http, ingress, refusing_port, run_program


def fields_of(backend, name):
    return [value for key, value in backend.requests[-1].head.fields if key.lower() == name.lower()]


def reply_with(*fields):
    return lambda request: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\nok"


@pytest.fixture
def route(lab):
    """route(KEYS…) -> backend, client of a route /u/{id} with these keys."""
    def start(*fields, path="/u/{id}", **keys):
        backend = lab.backend(reply=reply_with(*fields))
        return backend, lab.client(lab.proxy(http(path, backend.port, **keys)))
    return start


def test_set_takes_the_place_of_all_by_that_name(route):
    backend, client = route(headers={"request": {"set": {"X-Who": "me"}}})
    client.ask(b"GET /u/7 HTTP/1.1\r\nHost: a\r\nx-who: one\r\nX-WHO: two\r\nX-Other: 3\r\n\r\n")
    assert fields_of(backend, "x-who") == ["me"] and fields_of(backend, "x-other") == ["3"]
    client.ask(b"GET /u/7 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert fields_of(backend, "x-who") == ["me"]


def test_add_stands_beside_them(route):
    backend, client = route(headers={"request": {"add": {"X-Who": "me"}}})
    client.ask(b"GET /u/7 HTTP/1.1\r\nHost: a\r\nx-who: one\r\n\r\n")
    assert fields_of(backend, "x-who") == ["one", "me"]


def test_remove_leaves_them_out(route):
    backend, client = route(headers={"request": {"remove": ["Cookie", "x-a"]}})
    client.ask(b"GET /u/7 HTTP/1.1\r\nHost: a\r\ncookie: a\r\nCOOKIE: b\r\nX-A: 1\r\nX-B: 2\r\n\r\n")
    assert not fields_of(backend, "cookie") and not fields_of(backend, "x-a") and fields_of(backend, "x-b") == ["2"]


@pytest.mark.parametrize("name, value", [("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "10.0.0.1"), ("X-Request-Id", "mine"),
                                         ("X-Forwarded-Port", "443"), ("X-Forwarded-Host", "shop.example")])
def test_what_is_set_goes_before_what_is_ours(route, name, value):
    backend, client = route(headers={"request": {"set": {name: value}}})
    client.ask(b"GET /u/7 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert fields_of(backend, name) == [value]


def test_what_is_removed_is_not_made_again(route):
    backend, client = route(headers={"request": {"remove": ["X-Forwarded-For", "X-Request-Id"]}})
    client.ask(b"GET /u/7 HTTP/1.1\r\nHost: a\r\nX-Request-Id: 5\r\n\r\n")
    assert not fields_of(backend, "X-Forwarded-For") and not fields_of(backend, "X-Request-Id")
    assert fields_of(backend, "X-Forwarded-Proto") == ["http"]


@pytest.mark.parametrize("name", ["X-User", "x_user", "X_USER"])
def test_a_client_cannot_say_it_under_another_spelling(route, name):
    """Behind CGI and its heirs `_` is `-`."""
    backend, client = route(headers={"request": {"set": {"X-User": "{client_ip}"}, "remove": ["X-Internal"]}})
    client.ask(b"GET /u/7 HTTP/1.1\r\nHost: a\r\n%s: admin\r\nX_Internal: 1\r\n\r\n" % name.encode())
    names = [key.lower().replace("_", "-") for key, _ in backend.requests[-1].head.fields]
    assert names.count("x-user") == 1 and "x-internal" not in names and fields_of(backend, "X-User") == ["127.0.0.1"]


def test_what_is_removed_is_no_trailer_either(lab):
    backend = lab.backend(reply=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T, X-U\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n")
    client = lab.client(lab.proxy(http("/", backend.port, headers={"request": {"remove": ["X-S"]}, "response": {"remove": ["x-t"]}})))
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-S: 1\r\nX-V: 2\r\n\r\n")
    answer = client.response("POST")
    assert answer.get("Trailer") == "X-U" and [name for name, _ in answer.trailers] == ["X-U"]
    assert [name for name, _ in backend.requests[-1].trailers] == ["X-V"]


def test_nor_under_another_spelling(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", backend.port, headers={"request": {"set": {"X-Api-Key": "ours"}, "remove": ["X-Gone"]}})))
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X_Api_Key, X_Gone, X-V\r\n\r\n0\r\n"
                b"X_Api_Key: evil\r\nX_Gone: 1\r\nX-V: 2\r\n\r\n")
    assert client.response("POST").status == 200
    assert [name for name, _ in backend.requests[-1].trailers] == ["X-V"] and fields_of(backend, "Trailer") == ["X-V"]


def test_without_host_the_target_is_named(lab):
    """The one that is asked, and no path of a socket."""
    nobody, backend = refusing_port(), lab.backend()
    client = lab.client(lab.proxy(http("/", targets=[f"localhost:{nobody.port}", f"127.0.0.1:{backend.port}"])))
    client.ask(b"GET / HTTP/1.0\r\n\r\n")
    nobody.close()
    assert fields_of(backend, "Host") == [f"127.0.0.1:{backend.port}"]


def test_a_value_that_finds_no_memory_is_no_empty_value(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", backend.port, headers={"request": {"set": {"X-P": "{path}" * 30}}})))
    path = "/" + "a" * 40000
    assert client.get(path).status == 503 and not backend.requests


def test_values_are_filled_in(route):
    backend, client = route(headers={"request": {"set": {"X-All": "{id} of {client_ip} at {host}{path} {{x}}"}}})
    client.ask(b"GET /u/%37a/b?q HTTP/1.1\r\nHost: Shop.localhost:5000\r\n\r\n")
    assert fields_of(backend, "X-All") == ["7a of 127.0.0.1 at Shop.localhost:5000/u/7a/b {x}"]


@pytest.mark.parametrize("path", [b"/u/x%0d%0aX-Evil:1", b"/u/x%0aX-Evil:%201"])
def test_no_parameter_becomes_a_field(route, path):
    backend, client = route(headers={"request": {"set": {"X-All": "{id}"}}, "response": {"set": {"X-Back": "{id}"}}})
    answer = client.ask(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert "X-Evil" not in answer and not fields_of(backend, "X-Evil") and answer.get("X-Back").startswith("x%0")


def test_answers_of_targets_change_too(route):
    _, client = route(b"Server: x/1", b"X-Powered-By: y", b"Cache-Control: public", b"Set-Cookie: a=1",
                      headers={"response": {"set": {"Cache-Control": "no-store"}, "add": {"Set-Cookie": "b=2"},
                                            "remove": ["server", "X-Powered-By"]}})
    answer = client.get("/u/7")
    assert answer.body == b"ok" and "Server" not in answer and "X-Powered-By" not in answer
    assert answer.all("Cache-Control") == ["no-store"] and answer.all("Set-Cookie") == ["a=1", "b=2"]


def test_a_date_may_be_set(route):
    _, client = route(headers={"response": {"set": {"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}}})
    assert client.get("/u/7").all("Date") == ["Thu, 01 Jan 1970 00:00:00 GMT"]


@pytest.mark.parametrize("keys", [{"redirect": "/new"}, {"respond": {"body": "hello"}}])
def test_answers_of_actions_change_too(lab, keys):
    client = lab.client(lab.proxy(http("/u/{id}", headers={"response": {"set": {"X-Id": "{id}", "Cache-Control": "no-store"}}}, **keys)))
    answer = client.get("/u/7")
    assert (answer.get("X-Id"), answer.get("Cache-Control")) == ("7", "no-store")


def test_refusals_do_not(lab, route):
    _, client = route(headers={"response": {"set": {"X-Back": "1"}}})
    assert "X-Back" not in client.get("/elsewhere")


def test_fields_of_a_tunnel_change_too(lab):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\nServer: x\r\n\r\n")
        connection.send(b"hi")
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port, headers={"response": {"remove": ["Server"]}})))
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
    answer = client.response()
    assert answer.status == 101 and "Server" not in answer and client.read_exact(2) == b"hi"


def test_a_retry_says_the_same(lab):
    """The head is written anew for each connection."""
    seen = []
    def script(connection):
        request = connection.request()
        seen.append([value for key, value in request.head.fields if key == "X-Who"])
        if len(seen) > 1:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port, headers={"request": {"set": {"X-Who": "{host}"}}})))
    assert client.get("/", host="me").status == 200 and seen == [["me"], ["me"]]


# Host

def test_host_is_the_clients_unless_told(route):
    backend, client = route()
    client.ask(b"GET /u/7 HTTP/1.1\r\nHost: shop.localhost:5000\r\n\r\n")
    assert fields_of(backend, "Host") == ["shop.localhost:5000"]


def test_host_of_the_target(route):
    backend, client = route(host_header="target")
    client.ask(b"GET /u/7 HTTP/1.1\r\nX-A: 1\r\nHost: shop.localhost\r\n\r\n")
    assert fields_of(backend, "Host") == [f"127.0.0.1:{backend.port}"] and fields_of(backend, "X-Forwarded-Host") == ["shop.localhost"]
    client.ask(b"GET /u/7 HTTP/1.0\r\n\r\n")
    assert fields_of(backend, "Host") == [f"127.0.0.1:{backend.port}"] and not fields_of(backend, "X-Forwarded-Host")


def test_host_of_whichever_target(lab):
    backends = [lab.backend(), lab.backend()]
    client = lab.client(lab.proxy(http("/", [backend.port for backend in backends], host_header="target")))
    for _ in range(4):
        assert client.get("/").status == 200
    for backend in backends:
        assert {value for request in backend.requests for key, value in request.head.fields if key == "Host"} == {f"127.0.0.1:{backend.port}"}


def test_host_of_ones_own(route):
    backend, client = route(host_header="Api.example.com:8443")
    client.ask(b"GET /u/7 HTTP/1.1\r\nHost: shop.localhost\r\n\r\n")
    assert fields_of(backend, "Host") == ["Api.example.com:8443"]


def test_explain_shows_them(tmp_path):
    (tmp_path / "a.yaml").write_text(ingress(http("/u/{id}", 3000, host_header="target",
                                                  headers={"request": {"set": {"X-Who": "{id}"}, "remove": ["X-Request-Id"]}})))
    done = run_program("explain", "-c", "a.yaml", "--json", "/u/7", cwd=tmp_path)
    head = json.loads(done.stdout)["head"]
    assert "Host: 127.0.0.1:3000" in head and "X-Who: 7" in head and not [line for line in head if line.startswith("X-Request-Id")], head
