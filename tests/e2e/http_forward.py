"""Which fields and which target go up, which come back (BEHAVIOUR: HTTP/1.1, "To upstream", "From upstream")."""
import pytest
from harness import http, ingress

ADDED = ("Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port")


def own(head):
    """The fields but those that the proxy adds."""
    return [field for field in head.fields if field[0] not in (*ADDED, "X-Request-Id")]


def joined(head, name):
    return ", ".join(head.all(name))


@pytest.fixture
def direct(lab):
    """A route `/` to one backend, and a client of it."""
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port))
    return backend, proxy, lab.client(proxy)


def test_head_goes_up_in_order_and_case(direct):
    backend, proxy, client = direct
    response = client.ask(b"GET /a/b?q=1&r HTTP/1.1\r\nHost: shop.localhost\r\naccept: */*\r\nX-Mixed-CASE: one\r\n"
                          b"Cookie: a=1; b=2\r\nX-Mixed-CASE: two\r\nEmpty:\r\nLatin: \xe4\xff\r\n\r\n")
    assert response.body == b"hello"
    head = backend.request.head
    assert head.start == "GET /a/b?q=1&r HTTP/1.1"
    assert own(head) == [("Host", "shop.localhost"), ("accept", "*/*"), ("X-Mixed-CASE", "one"), ("Cookie", "a=1; b=2"),
                         ("X-Mixed-CASE", "two"), ("Empty", ""), ("Latin", "\xe4\xff")]
    assert {name: head.get(name) for name in ADDED} == {
        "Via": "1.1 liteginx", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "shop.localhost", "X-Forwarded-Port": str(proxy.port)}


def test_host_keeps_its_port_and_case(direct):
    backend, _, client = direct
    client.get("/", host="Shop.LocalHost:5000")
    assert backend.request.get("Host") == "Shop.LocalHost:5000"


def test_client_on_ipv6_is_named_without_brackets(lab):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port))
    lab.client(proxy, host="::1").get("/")
    assert backend.request.get("X-Forwarded-For") == "::1"


@pytest.mark.parametrize("lines, gone", [
    (["Connection: keep-alive"], ["Connection"]),
    (["Connection: X-Hop, x-other", "X-Hop: 1", "X-Other: 2"], ["Connection", "X-Hop", "X-Other"]),
    (["Connection: x-a", "Connection: x-b", "X-A: 1", "X-B: 2"], ["Connection", "X-A", "X-B"]),
    (["Keep-Alive: timeout=5"], ["Keep-Alive"]),
    (["Proxy-Connection: keep-alive"], ["Proxy-Connection"]),
    (["Proxy-Authenticate: Basic"], ["Proxy-Authenticate"]),
    (["Proxy-Authorization: Basic eA=="], ["Proxy-Authorization"]),
    (["Proxy-Authentication-Info: x"], ["Proxy-Authentication-Info"]),
    (["TE: gzip"], ["TE", "Connection"]),
    (["Upgrade: websocket"], ["Upgrade", "Connection"]),
    (["Connection: upgrade", "Upgrade: h2c", "HTTP2-Settings: AA"], ["Upgrade", "Connection"]),
    (["Forwarded: for=1.2.3.4"], ["Forwarded"]),
    (["X-Real-IP: 1.2.3.4"], ["X-Real-IP"]),
    (["X-Forwarded-Prefix: /evil"], ["X-Forwarded-Prefix"]),
    (["X-Forwarded-Server: evil", "X-FORWARDED-anything: evil"], ["X-Forwarded-Server", "X-Forwarded-Anything"]),
])
def test_fields_that_do_not_go_up(direct, lines, gone):
    backend, _, client = direct
    client.ask("\r\n".join(["GET / HTTP/1.1", "Host: x", "Before: 1", *lines, "After: 2"]) + "\r\n\r\n")
    head = backend.request.head
    assert [name for name in gone if name in head] == []
    assert (head.get("Before"), head.get("After")) == ("1", "2")


def test_forwarded_fields_of_an_untrusted_peer_are_replaced(direct):
    backend, proxy, client = direct
    client.get("/", host="real.localhost", X_Forwarded_For="6.6.6.6", X_Forwarded_Proto="https",
               X_Forwarded_Host="evil", X_Forwarded_Port="1")
    head = backend.request.head
    assert [head.get(name) for name in ADDED[1:]] == ["127.0.0.1", "http", "real.localhost", str(proxy.port)]


@pytest.mark.parametrize("named", ["Host", "content-length", "close, host", "Transfer-Encoding, Host"])
def test_connection_must_not_name_length_or_host(direct, named):
    backend, _, client = direct
    assert client.get("/", Connection=named).status == 400
    client.expect_end()
    assert backend.requests == []


@pytest.mark.parametrize("named", ["Transfer-Encoding", "keep-alive, transfer-encoding", "TRANSFER-ENCODING, x-hop"])
def test_connection_that_names_transfer_encoding_changes_nothing(direct, named):
    """RFC 9110 §7.6.1 asks senders for it; each side is framed by itself anyway."""
    backend, _, client = direct
    for _ in range(2):
        response = client.ask(f"POST / HTTP/1.1\r\nHost: a\r\nConnection: {named}\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "5\r\nhello\r\n6\r\n there\r\n0\r\n\r\n".encode())
        assert (response.status, response.body) == (200, b"hello")
    request = backend.requests[-1]
    assert (request.body, request.head.all("Transfer-Encoding")) == (b"hello there", ["chunked"])
    assert "Connection" not in request.head and len(backend.connections) == 1


@pytest.mark.parametrize("te", ["trailers", "gzip, Trailers", "trailers;q=0.5"])
def test_te_trailers_goes_up_with_its_connection(direct, te):
    backend, _, client = direct
    client.get("/", TE=te, Connection="TE")
    assert (backend.request.get("TE"), backend.request.get("Connection")) == ("trailers", "TE")


@pytest.mark.parametrize("trusted", ["127.0.0.1", "127.0.0.0/8"])
def test_trusted_peer_is_extended_and_kept(lab, trusted):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), settings={"trusted_proxies": ["10.0.0.0/8", trusted]})
    lab.client(proxy).ask(
        b"GET / HTTP/1.1\r\nHost: inner.localhost\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n"
        b"Forwarded: for=1.2.3.4;proto=https\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: outer.example\r\n"
        b"X-Forwarded-Port: 443\r\nX-Real-IP: 1.2.3.4\r\nX-Forwarded-Prefix: /outer\r\n\r\n")
    head = backend.request.head
    assert joined(head, "X-Forwarded-For") == "1.2.3.4, 5.6.7.8, 127.0.0.1"
    forwarded = joined(head, "Forwarded")
    assert forwarded.startswith("for=1.2.3.4;proto=https, ") and "for=127.0.0.1" in forwarded
    assert [head.get("X-Forwarded-" + name) for name in ("Proto", "Host", "Port", "Prefix")] == [
        "https", "outer.example", "443", "/outer"]
    assert head.get("X-Real-IP") == "1.2.3.4"


def test_trusted_peer_without_fields_gets_them_set(lab):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), settings={"trusted_proxies": ["127.0.0.1"]})
    lab.client(proxy).get("/", host="a.localhost", X_Forwarded_Proto="https")
    head = backend.request.head
    assert [head.get(name) for name in ADDED[1:]] == ["127.0.0.1", "https", "a.localhost", str(proxy.port)]


def test_network_that_does_not_hold_the_peer_is_not_trust(lab):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), settings={"trusted_proxies": ["10.0.0.0/8", "::1"]})
    lab.client(proxy).get("/", X_Forwarded_For="6.6.6.6")
    assert backend.request.get("X-Forwarded-For") == "127.0.0.1"


@pytest.mark.parametrize("rewrite, prefix", [("/", "/two"), ("/other", None), (None, None)])
def test_prefix_is_told_when_it_was_cut_off(lab, rewrite, prefix):
    backend = lab.backend()
    spec = http("/two", backend.port, **({"rewrite": rewrite} if rewrite else {}))
    lab.client(lab.proxy(spec)).get("/two/x")
    assert backend.request.get("X-Forwarded-Prefix") == prefix


def test_via_is_extended(direct):
    backend, _, client = direct
    client.get("/", Via="1.0 fred")
    assert joined(backend.request.head, "Via") == "1.0 fred, 1.1 liteginx"


@pytest.mark.parametrize("target, seen, host", [
    ("http://other.localhost/p?q=1", "/p?q=1", "other.localhost"),
    ("HTTP://other.localhost:81/p", "/p", "other.localhost:81"),
    ("http://other.localhost", "/", "other.localhost"),
    ("http://other.localhost?q", "/?q", "other.localhost"),
])
def test_absolute_form(direct, target, seen, host):
    backend, _, client = direct
    assert client.get(target, host="first.localhost").status == 200
    assert (backend.request.target, backend.request.get("Host")) == (seen, host)


@pytest.mark.parametrize("target", ["https://x.localhost/", "ftp://x.localhost/", "http://u@x.localhost/",
                                    "http://u:p@x.localhost/", "http:///path", "x.localhost:80", "*", "path"])
def test_targets_that_are_no_form_of_ours(direct, target):
    backend, _, client = direct
    assert client.get(target).status == 400
    client.expect_end()
    assert backend.requests == []


@pytest.mark.parametrize("target", ["*", "http://x.localhost"])
def test_options_for_the_server_is_answered_here(direct, target):
    backend, _, client = direct
    response = client.request("OPTIONS", target)
    assert (response.status, response.framing) == (204, "none")
    assert "Allow" in response and "Date" in response and "Content-Type" not in response
    assert client.get("/").status == 200
    assert [request.method for request in backend.requests] == ["GET"]


def test_options_with_path_or_query_goes_up(direct):
    backend, _, client = direct
    client.request("OPTIONS", "/a")
    client.request("OPTIONS", "http://x.localhost?q")
    assert [request.target for request in backend.wait_requests(2)] == ["/a", "/?q"]


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
def test_max_forwards_counts_down(direct, method):
    backend, _, client = direct
    client.request(method, "/a", Max_Forwards="10")
    assert backend.request.get("Max-Forwards") == "9"


def test_max_forwards_of_other_methods_is_left_alone(direct):
    backend, _, client = direct
    client.get("/a", Max_Forwards="0")
    assert backend.request.get("Max-Forwards") == "0"


@pytest.mark.parametrize("method, status", [("OPTIONS", 204), ("TRACE", 405)])
def test_max_forwards_zero_is_answered_here_before_routing(lab, method, status):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/only", backend.port)))
    for target in ("/only", "/nowhere"):
        response = client.request(method, target, Max_Forwards="0")
        assert response.status == status and "Allow" in response
    assert backend.requests == []


def test_response_fields_come_back_in_order_and_case(lab):
    date = "Tue, 15 Nov 1994 08:12:31 GMT"
    backend = lab.backend(reply=(
        f"HTTP/1.1 299 Odd Reason\r\nserver: Thing/1\r\nSet-Cookie: a=1\r\nX-aBc: \xe4\r\nSet-Cookie: b=2\r\nDate: {date}\r\n"
        f"Via: 1.1 inner\r\nContent-Length: 2\r\n\r\nok").encode("latin-1"))
    response = lab.client(lab.proxy(http("/", backend.port))).get("/")
    assert response.head.raw.decode("latin-1") == (
        f"HTTP/1.1 299 Odd Reason\r\nserver: Thing/1\r\nSet-Cookie: a=1\r\nX-aBc: \xe4\r\nSet-Cookie: b=2\r\nDate: {date}\r\n"
        f"Via: 1.1 inner\r\nContent-Length: 2\r\n\r\n")
    assert response.body == b"ok"


@pytest.mark.parametrize("lines, gone", [
    (["Connection: X-Hop", "X-Hop: 1"], ["Connection", "X-Hop"]),
    (["Connection: keep-alive", "Keep-Alive: timeout=5"], ["Connection", "Keep-Alive"]),
    (["Proxy-Connection: keep-alive"], ["Proxy-Connection"]),
    (["Proxy-Authenticate: Basic"], ["Proxy-Authenticate"]),
    (["Proxy-Authentication-Info: x"], ["Proxy-Authentication-Info"]),
    (["Upgrade: h2c", "Connection: upgrade"], ["Upgrade", "Connection"]),
    (["TE: trailers"], ["TE"]),
])
def test_fields_that_do_not_come_back(lab, lines, gone):
    head = "\r\n".join(["HTTP/1.1 200 OK", "Before: 1", *lines, "After: 2", "Content-Length: 0"])
    backend = lab.backend(reply=head.encode() + b"\r\n\r\n")
    response = lab.client(lab.proxy(http("/", backend.port))).get("/")
    assert [name for name in gone if name in response] == []
    assert (response.get("Before"), response.get("After")) == ("1", "2")


@pytest.mark.parametrize("named", ["Content-Length", "transfer-encoding, content-length"])
def test_response_whose_connection_names_its_length_is_nonsense(lab, named):
    backend = lab.backend(reply=f"HTTP/1.1 200 OK\r\nConnection: {named}\r\nContent-Length: 2\r\n\r\nok".encode())
    response = lab.client(lab.proxy(http("/", backend.port))).get("/")
    assert response.status == 502 and response.body != b"ok"


@pytest.mark.parametrize("named", ["Transfer-Encoding", "keep-alive, transfer-encoding", "transfer-encoding, x-hop"])
def test_response_whose_connection_names_transfer_encoding_comes_back(lab, named):
    backend = lab.backend(reply=(f"HTTP/1.1 200 OK\r\nConnection: {named}\r\nTransfer-Encoding: chunked\r\nX-Hop: 1\r\n\r\n"
                                 "2\r\nok\r\n0\r\n\r\n").encode())
    client = lab.client(lab.proxy(http("/", backend.port)))
    for _ in range(2):
        response = client.get("/")
        assert (response.status, response.body, response.all("Transfer-Encoding")) == (200, b"ok", ["chunked"])
        assert "Connection" not in response and ("X-Hop" in response) == ("x-hop" not in named)
    assert len(backend.connections) == 1


def test_date_is_added_and_no_via(direct):
    _, _, client = direct
    response = client.get("/")
    assert response.get("Date").endswith(" GMT") and "Via" not in response


def test_version_is_our_own(lab):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.0 200 Fine\r\nContent-Length: 2\r\n\r\nok")
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port)))
    response = client.get("/")
    assert (response.head.start, response.body) == ("HTTP/1.1 200 Fine", b"ok")
    assert client.get("/").status == 200  # an HTTP/1.0 upstream does not end the client's connection


def test_head_near_the_limit_goes_up_whole(direct):
    backend, _, client = direct
    values = [f"{number:04}" * 250 for number in range(60)]
    lines = [f"X-{number}: {value}" for number, value in enumerate(values)]
    assert client.ask("\r\n".join(["GET / HTTP/1.1", "Host: x", *lines]) + "\r\n\r\n").status == 200
    assert [backend.request.get(f"X-{number}") for number in range(60)] == values


def test_every_request_of_a_connection_is_routed_by_itself(lab):
    one, two = lab.backend(), lab.backend()
    proxy = lab.proxy(config=ingress(http("/one", one.port), name="a") + "---\n" +
                      ingress(http("/two", two.port, rewrite="/"), name="b"))
    client = lab.client(proxy)
    for target in ("/one/a", "/two/b", "/one"):
        assert client.get(target).status == 200
    assert [request.target for request in one.wait_requests(2)] == ["/one/a", "/one"]
    assert [request.target for request in two.wait_requests(1)] == ["/b"]
