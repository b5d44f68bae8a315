"""Pages of other origins (BEHAVIOUR: "cors")."""
import pytest
from harness import http, ingress, refusing_port

NEAR, FAR = "http://localhost:5173", "https://example.com"
PREFLIGHT = (b"OPTIONS /x HTTP/1.1\r\nHost: shop.localhost\r\nOrigin: %s\r\nAccess-Control-Request-Method: PUT\r\n"
             b"Access-Control-Request-Headers: x-token, content-type\r\n\r\n")


@pytest.fixture
def api(lab):
    backend = lab.backend()
    return backend, lab.client(lab.proxy(http("/", backend.port, cors=True)))


def test_a_preflight_is_answered_here(api):
    backend, client = api
    answer = client.ask(PREFLIGHT % NEAR.encode(), "OPTIONS")
    assert (answer.status, answer.body) == (204, b"") and "Content-Length" not in answer
    assert answer.get("Access-Control-Allow-Origin") == NEAR and answer.get("Access-Control-Allow-Credentials") == "true"
    assert answer.get("Access-Control-Allow-Methods") == "PUT" and answer.get("Access-Control-Allow-Headers") == "x-token, content-type"
    assert "Origin" in answer.get("Vary") and not backend.requests
    assert client.get("/").status == 200  # the connection goes on


def test_a_far_page_gets_what_anybody_gets(api):
    _, client = api
    answer = client.ask(PREFLIGHT % FAR.encode(), "OPTIONS")
    assert answer.get("Access-Control-Allow-Origin") == "*" and "Access-Control-Allow-Credentials" not in answer


def test_an_options_that_is_no_preflight_goes_up(api):
    backend, client = api
    client.ask(b"OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: http://localhost\r\n\r\n", "OPTIONS")
    client.ask(b"OPTIONS / HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Method: PUT\r\n\r\n", "OPTIONS")
    assert [request.method for request in backend.requests] == ["OPTIONS"] * 2


def test_answers_say_so(api):
    _, client = api
    answer = client.request("GET", "/", Origin=NEAR)
    assert answer.get("Access-Control-Allow-Origin") == NEAR and answer.get("Vary") == "Origin"
    assert "Content-Length" in answer.get("Access-Control-Expose-Headers")  # to who sends cookies * names none
    assert client.request("GET", "/", Origin=FAR).get("Access-Control-Expose-Headers") == "*"
    plain = client.get("/")
    assert "Access-Control-Allow-Origin" not in plain and plain.get("Vary") == "Origin"  # a cache must not take it for another's


def test_the_routes_own_fields_go_before(lab):
    backend = lab.backend(reply=lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nAccess-Control-Allow-Origin: https://wrong.example\r\n\r\n")
    def start(response):
        return lab.client(lab.proxy(http("/", backend.port, cors=True, headers={"response": response})))
    asked = start({"set": {"Access-Control-Allow-Origin": "https://a.example"}}).request("GET", "/", Origin=NEAR)
    assert asked.all("Access-Control-Allow-Origin") == ["https://a.example"]
    asked = start({"remove": ["Access-Control-Allow-Origin"]}).request("GET", "/", Origin=NEAR)
    assert asked.all("Access-Control-Allow-Origin") == [NEAR]


def test_what_the_route_says_holds_for_refusals_and_preflights(lab):
    nobody = refusing_port()
    client = lab.client(lab.proxy(http("/", nobody.port, cors=True, hold="0s", headers={"response": {"set": {"Access-Control-Allow-Origin": "https://a.example"}}})))
    answer = client.request("GET", "/", Origin=NEAR)
    asked = client.ask(PREFLIGHT % NEAR.encode(), "OPTIONS")
    nobody.close()
    assert (answer.status, answer.all("Access-Control-Allow-Origin")) == (502, ["https://a.example"])
    assert (asked.status, asked.all("Access-Control-Allow-Origin")) == (204, ["https://a.example"])


def test_the_fields_that_go_are_named(lab):
    """To a page that sends cookies `*` names none (Fetch: "HTTP new-header syntax")."""
    fields = b"Server: x\r\nX-Total: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    backend = lab.backend(reply=lambda request: b"HTTP/1.1 200 OK\r\n" + fields + (b"zz\r\nbad" if request.target == "/bad" else b"0\r\n\r\n"))
    client = lab.client(lab.proxy(http("/", backend.port, cors=True, headers={"response": {"set": {"X-Own": "1"}, "remove": ["Server"]}}),
                                  http("/own", respond={"body": "x"}, cors=True)))
    named = [client.request("GET", path, Origin=NEAR).get("Access-Control-Expose-Headers") for path in ("/", "/own", "/bad")]
    assert named[0] == "X-Total, Date, X-Own" and set(named[1].split(", ")) == {"Date", "Content-Type", "Content-Length"}
    assert "Content-Type" in named[2] and "X-Total" not in named[2]


def test_a_target_that_says_it_itself_is_believed(lab):
    backend = lab.backend(reply=lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\naccess-control-allow-origin: https://one.example\r\n\r\n")
    client = lab.client(lab.proxy(http("/", backend.port, cors=True)))
    answer = client.request("GET", "/", Origin=NEAR)
    assert answer.all("Access-Control-Allow-Origin") == ["https://one.example"] and "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize("keys, status", [({"hold": "0s"}, 502), ({"respond": {"status": 418}}, 418), ({"redirect": "/b"}, 307)])
def test_own_answers_say_so_too(lab, keys, status):
    nobody = refusing_port()
    client = lab.client(lab.proxy(http("/", nobody.port if "hold" in keys else None, cors=True, **keys)))
    answer = client.request("GET", "/", Origin=NEAR)
    nobody.close()
    assert (answer.status, answer.get("Access-Control-Allow-Origin")) == (status, NEAR)


def test_a_body_that_is_refused_says_so(lab):
    backend = lab.backend()
    proxy = lab.proxy(config=ingress(http("/", backend.port, cors=True), settings={"max_body_bytes": 10}))
    client = lab.client(proxy)
    answer = client.ask(b"POST / HTTP/1.1\r\nHost: a\r\nOrigin: http://localhost:1\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n" + b"x" * 32 + b"\r\n0\r\n\r\n", "POST")
    assert (answer.status, answer.get("Access-Control-Allow-Origin")) == (413, "http://localhost:1")
    client = lab.client(proxy)
    answer = client.ask(b"POST / HTTP/1.1\r\nHost: a\r\nOrigin: http://localhost:1\r\nContent-Length: 11\r\n\r\n", "POST")
    assert (answer.status, answer.get("Access-Control-Allow-Origin")) == (413, "http://localhost:1")


def test_without_it_nothing_is_said(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", backend.port)))
    assert "Access-Control-Allow-Origin" not in client.request("GET", "/", Origin=NEAR)
    client.ask(PREFLIGHT % NEAR.encode(), "OPTIONS")
    assert backend.requests[-1].method == "OPTIONS"


def test_the_log_names_it(lab):
    backend = lab.backend()
    proxy = lab.proxy(config=ingress(http("/", backend.port, cors=True), settings={"access_log": "json"}))
    lab.client(proxy).ask(PREFLIGHT % NEAR.encode(), "OPTIONS")
    assert '"ending":"preflight"' in proxy.log.wait_for("/x").string
