"""Duties of RFC 9110, 9112, 6455 and tricks that no other file shows; docs/HTTP.md says which row is shown by which test."""
import re
import threading

import pytest
from harness import LIMIT, SANITIZED, free_port, http
from harness.bulk import wait_at_rest

HOST = b"Host: t.localhost\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def direct(lab):
    """A route `/` to one backend, and a client of it."""
    backend = lab.backend()
    return backend, lab.client(lab.proxy(http("/", backend.port)))


def served(lab, script=None, settings=None, **more):
    backend = lab.backend(script, **more)
    return backend, lab.client(lab.proxy(http("/", backend.port), settings=settings))


def answering(raw):
    """A script: every request gets these bytes; the connection stays."""
    def script(connection):
        while True:
            connection.request()
            connection.send(raw)
    return script


def without_id(received):
    """Our own ids, which are never the same, made so."""
    return re.sub(rb"(X-Request-Id: )[0-9a-f-]{36}\r\n", rb"\g<1>0\r\n", bytes(received))


# Exactly what is sent upstream

def test_upstream_gets_these_bytes_and_no_other(lab):
    """No byte before the request line, behind the body, around a value; one version; one Host."""
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy)
    client.ask(b"POST /a?b HTTP/1.0\r\nHost: t.localhost\r\nA:  \t1 \t\r\nContent-Length: 3\r\n\r\nabc")
    ours = (f"X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: t.localhost\r\nX-Forwarded-Port: {proxy.port}\r\n"
            "X-Request-Id: 0\r\nVia: {} liteginx\r\n").encode()
    first = (b"POST /a?b HTTP/1.1\r\nHost: t.localhost\r\nA: 1\r\nContent-Length: 3\r\n" + ours.replace(b"{}", b"1.0") + b"\r\nabc")
    assert without_id(backend.connections[0].received) == first
    client = lab.client(proxy)
    client.ask(b"\r\nPOST /c HTTP/1.1\r\nHost: t.localhost\r\nTransfer-Encoding: chunked\r\n\r\n03;x=y\r\nabc\r\n0\r\n\r\n", "POST")
    second = b"POST /c HTTP/1.1\r\nHost: t.localhost\r\n" + ours.replace(b"{}", b"1.1") + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    assert without_id(backend.connections[-1].received) == (first + second if len(backend.connections) == 1 else second)


@pytest.mark.parametrize("field, body", [("Content-Length: 3", b"abc"), ("Transfer-Encoding: chunked", b"3\r\nabc\r\n0\r\n\r\n")])
def test_tab_behind_a_length_or_coding_is_no_part_of_it(lab, field, body):
    """Nor is it one to the parser below, which by itself takes only spaces there."""
    message = f"{field} \t\r\n\r\n".encode() + body
    backend = lab.backend(lambda connection: (connection.request(), connection.send(b"HTTP/1.1 200 OK\r\n" + message)))
    response = lab.client(lab.proxy(http("/", backend.port))).ask(b"POST / HTTP/1.1\r\n" + HOST + message, "POST")
    assert (response.status, response.body) == (200, b"abc")
    assert backend.request.body == b"abc"


def test_nothing_of_a_request_goes_up_before_its_head_is_whole(lab):
    backend, client = served(lab)
    client.send(b"GET /a HTTP/1.1\r\n" + HOST + b"A: 1\r\n")
    assert client.is_silent(0.2)
    assert backend.connections == []
    client.send(b"\r\n")
    assert client.response().status == 200


def test_request_line_of_8000_octets(direct):
    backend, client = direct
    target = "/" + "a" * 7980
    assert client.get(target).status == 200
    assert backend.request.target == target


REQUEST_FIELDS = [
    ("Authorization", "Digest a=\"b\", c=d"), ("If-Match", '"x", W/"y"'), ("If-None-Match", "*"), ("If-Modified-Since", "nonsense"),
    ("If-Unmodified-Since", "Tue, 15 Nov 1994 08:12:31 GMT"), ("If-Range", '"x"'), ("Range", "bytes=0-1,5-"), ("Accept-Encoding", "gzip;q=0"),
    ("Referer", "http://t.localhost/x"), ("User-Agent", "x/1 (y)"), ("From", "a@b"), ("Date", "yesterday"), ("Content-Location", "/x"),
    ("Cache-Control", "no-transform"), ("X-Unknown", "1"), ("access_token", "2"), ("Cookie", "a=\"b\""), ("Content-Type", "message/http"),
    ("Expect", "x-other"), ("Trailer", "X-Sum"), ("Priority", "u=1"), ("Sec-Fetch-Mode", "cors"), ("X-Unknown", "3")]


def test_end_to_end_fields_of_a_request_go_up_untouched(direct):
    """Known or not, conditions and ranges included, in their order."""
    backend, client = direct
    client.ask("\r\n".join(["GET / HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in REQUEST_FIELDS)]) + "\r\n\r\n")
    names = {name for name, _ in REQUEST_FIELDS}
    assert [field for field in backend.request.head.fields if field[0] in names] == REQUEST_FIELDS


RESPONSE_FIELDS = [
    ("WWW-Authenticate", 'Basic realm="a", Digest b=c'), ("WWW-Authenticate", "X"), ("Allow", "GET, BREW"), ("Vary", "*"), ("ETag", 'W/"x"'),
    ("Last-Modified", "nonsense"), ("Location", "http://elsewhere/#x"), ("Content-Encoding", "x-gzip"), ("Content-Range", "bytes 0-1/*"),
    ("Retry-After", "3"), ("Server", "app/1"), ("Cache-Control", "no-transform"), ("Age", "1"), ("Content-Type", "message/http"), ("X-Unknown", ""),
    ("Date", "Tue, 15 Nov 1994 08:12:31 GMT"), ("Set-Cookie", "a=b"), ("Set-Cookie", "c=d"), ("Accept-Ranges", "bytes"), ("Via", "1.1 inner")]


@pytest.mark.parametrize("status", [200, 206, 304, 401, 405, 416, 421, 503])
def test_end_to_end_fields_of_a_response_come_back_untouched(lab, status):
    """And the content with them, folded lines of a message/http body included."""
    body = b"" if status == 304 else b"GET / HTTP/1.1\r\nA: 1\r\n 2\r\nB: \x00\r\r\n\n"
    head = "\r\n".join([f"HTTP/1.1 {status} Some Reason", *(f"{name}: {value}" for name, value in RESPONSE_FIELDS)])
    _, client = served(lab, reply=head.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    response = client.get("/")
    assert (response.head.start, response.body) == (f"HTTP/1.1 {status} Some Reason", body)
    assert response.head.fields == RESPONSE_FIELDS + [("Content-Length", str(len(body)))]


def test_obs_text_in_a_reason_phrase_is_opaque(lab):
    _, client = served(lab, reply=b"HTTP/1.1 200 \xe4\tx\r\nContent-Length: 2\r\n\r\nok")
    assert client.get("/").head.start == "HTTP/1.1 200 \xe4\tx"


# Host

@pytest.mark.parametrize("host", ["a", "A.b-c_d", "127.0.0.1:80", "[::1]", "[::ffff:1.2.3.4]:65535", "a%20b", "a,b", "xn--4ca", "a.:1"])
def test_valid_hosts_pass_as_they_are(direct, host):
    backend, client = direct
    assert client.get("/", host=host).status == 200
    assert backend.request.get("Host") == host


@pytest.mark.parametrize("host", ["", ":", "x:65536", "[v1.a]"])
def test_hosts_that_the_grammar_allows_but_nobody_needs_are_refused(direct, host):
    backend, client = direct
    assert client.get("/", host=host).status == 400
    assert backend.requests == []


@pytest.mark.parametrize("line, host", [("/x", "a.example:"), ("http://a.example:/x", "other"), ("http://a.example:/x", "other:")])
def test_empty_port_goes_up_without_its_colon(lab, line, host):
    """RFC 3986 §3.2.3 allows it, §6.2.3 says how it should be written."""
    backend, other = lab.backend(), lab.backend()
    client = lab.client(lab.proxy(http("/", backend.port, host="a.example"), http("/", other.port)))
    assert client.get(line, host=host).status == 200
    request = backend.request
    assert (request.target, request.get("Host"), request.get("X-Forwarded-Host")) == ("/x", "a.example", "a.example")
    assert other.requests == []


def test_empty_port_of_an_address_goes_up_without_its_colon(direct):
    backend, client = direct
    assert client.get("/", host="[::1]:").status == 200
    assert (backend.request.get("Host"), backend.request.get("X-Forwarded-Host")) == ("[::1]", "[::1]")


@pytest.mark.parametrize("host", ["a b", "a/b", "a\\b", "a?b", "a#b", "a@b", "a:b:c", "a:-1", "a:+1", "a: 1", "a:80x", "[::1", "::1", "[::1]x", "[:::1]",
                                  "[1.2.3.4]", "a\xe4", "a\"b", "a<b", "a^b", "a`b", "a{b", "a|b", "a%2", "a%zz", "[fe80::1%25eth0]"])
def test_invalid_hosts_are_refused_in_field_and_target(direct, host):
    backend, client = direct
    assert client.get("/", host=host).status == 400
    client.expect_end()
    assert backend.requests == []


# Lists, expectations, methods

def test_empty_list_elements_are_ignored(direct):
    backend, client = direct
    assert client.ask(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: , ,X-Hop,,\r\nX-Hop: 1\r\nTE: ,trailers,\r\n\r\n").status == 200
    assert "X-Hop" not in backend.request.head and backend.request.get("TE") == "trailers"


def test_empty_elements_beside_the_coding_are_refused(direct):
    """The one list in which we do not forgive them: two readers that count its elements differently are an attack."""
    backend, client = direct
    assert client.ask(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: , chunked\r\n\r\n0\r\n\r\n").status == 400
    assert backend.requests == []


def test_expectation_of_http10_is_ignored(direct):
    backend, client = direct
    assert client.ask(b"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi").status == 200
    assert "Expect" not in backend.request.head and client.interim == []


@pytest.mark.parametrize("value", [b"x", b"100-continue, x", b"y 100-continue", b"100-CONTINUE"])
def test_other_expectations_are_upstreams_to_judge(lab, value):
    """The body's framing does not depend on them."""
    backend, client = served(lab, reply=b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno")
    body = b"GET /evil HTTP/1.1\r\nHost: x\r\n\r\n"
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Expect: " + value + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert client.response().status == 417
    assert client.get("/next").status == 417
    assert [(request.target, request.body) for request in backend.requests] == [("/", body), ("/next", b"")]


@pytest.mark.parametrize("method", [b"GET", b"HEAD"])
def test_expectation_without_a_body_waits_for_nothing(direct, method):
    backend, client = direct
    client.send(method + b" /a HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\n\r\nGET /b HTTP/1.1\r\n" + HOST + b"\r\n")
    assert client.response(method.decode()).status == 200
    assert client.response().status == 200
    assert [request.target for request in backend.requests] == ["/a", "/b"]


@pytest.mark.parametrize("lines", [b"Content-Length: 3\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"])
def test_trace_with_a_body_is_refused(direct, lines):
    backend, client = direct
    assert client.ask(b"TRACE / HTTP/1.1\r\n" + HOST + lines).status == 400
    client.expect_closed()
    assert backend.requests == []


def test_connect_ends_the_connection_and_what_is_behind_it(direct):
    backend, client = direct
    client.send(b"CONNECT t.localhost:80 HTTP/1.1\r\nHost: t.localhost:80\r\n\r\nGET /evil HTTP/1.1\r\n" + HOST + b"\r\n")
    response = client.response()
    assert (response.status, response.get("Connection")) == (405, "close")
    assert client.expect_closed() == b""
    assert backend.connections == []


@pytest.mark.parametrize("target", [b"", b"t.localhost", b"t.localhost:", b"t.localhost:0x50", b":80"])
def test_connect_with_a_bad_port_is_refused(direct, target):
    backend, client = direct
    client.send(b"CONNECT " + target + b" HTTP/1.1\r\n" + HOST + b"\r\n")
    assert client.response().status in (400, 405)
    assert client.expect_closed() == b"" and backend.connections == []


@pytest.mark.parametrize("sent, seen", [("1", "0"), ("18446744073709551615", "18446744073709551614"), ("9" * 40, "18446744073709551614")])
def test_max_forwards_counts_down_from_any_number(direct, sent, seen):
    backend, client = direct
    assert client.request("OPTIONS", "/a", Max_Forwards=sent).status == 200
    assert backend.request.get("Max-Forwards") == seen


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "1, 2"])
def test_max_forwards_that_is_no_number_is_refused(direct, value):
    backend, client = direct
    assert client.request("OPTIONS", "/a", Max_Forwards=value).status == 400
    assert backend.requests == []


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
@pytest.mark.parametrize("second", ["0", "5", "x"])
def test_max_forwards_on_two_lines_is_refused(direct, method, second):
    """As two numbers on one line are: who comes next may take the other one."""
    backend, client = direct
    raw = f"{method} /a HTTP/1.1\r\nHost: x\r\nMax-Forwards: 5\r\nMax-Forwards: {second}\r\n\r\n"
    assert client.ask(raw).status == 400
    assert backend.requests == []


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/..", "/%zz", "/a%00"])
def test_max_forwards_zero_does_not_excuse_a_path_that_is_none(direct, method, path):
    """RFC 9112 §3: an invalid request line is a 400, here as on the way to upstream."""
    _, client = direct
    assert client.request(method, path, Max_Forwards="0").status == 400


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "TRACE"])
def test_max_forwards_is_never_invented(direct, method):
    backend, client = direct
    client.request(method, "/a")
    assert "Max-Forwards" not in backend.request.head


# Circles

def test_request_in_a_circle_ends(lab):
    """The target is the proxy itself."""
    port = free_port()
    proxy = lab.proxy(http("/", port, listen=port))
    response = lab.client(port).get("/")
    assert response.status == 508 and "point back to this port" in response.text
    assert len([line for line in proxy.log.wait_for(" 508 ", count=11) and proxy.log.lines if " 508 " in line]) == 11


@pytest.mark.parametrize("lines, status", [
    (["1.1 liteginx"] * 9, 200), (["1.1 liteginx"] * 10, 508), ([", ".join(["1.1 liteginx"] * 10)], 508), (["1.1 other"] * 30, 200)])
def test_number_of_passes_is_told_by_via(direct, lines, status):
    backend, client = direct
    raw = "".join(f"Via: {line}\r\n" for line in lines)
    assert client.ask(f"GET / HTTP/1.1\r\nHost: x\r\n{raw}\r\n").status == status
    assert len(backend.requests) == (status == 200)


# Fields that would be taken for others

@pytest.mark.parametrize("name", ["X_Forwarded_For", "x-forwarded_for", "X_Forwarded_Proto", "X_FORWARDED_ANYTHING_LONGER_THAN_ANY_NAME", "X_Real_IP",
                                  "Content_Length", "Transfer_Encoding", "Proxy_Authorization", "Keep_Alive", "Max_Forwards"])
def test_underscores_do_not_forge_a_field(direct, name):
    backend, client = direct
    assert client.ask(f"GET / HTTP/1.1\r\nHost: x\r\n{name}: 1\r\nmy_own: 2\r\n\r\n").status == 200
    assert name not in backend.request.head and backend.request.get("my_own") == "2"


@pytest.mark.parametrize("named", ["X-Forwarded-For", "X-Forwarded-Host, X-Forwarded-Proto", "Via", "Forwarded"])
def test_connection_cannot_take_away_what_we_say(direct, named):
    backend, client = direct
    assert client.get("/", Connection=named, X_Forwarded_For="6.6.6.6").status == 200
    assert backend.request.get("X-Forwarded-For") == "127.0.0.1"
    assert backend.request.get("X-Forwarded-Host") == "test.localhost" and backend.request.get("Via") == "1.1 liteginx"


def test_connection_cannot_take_away_what_we_say_about_a_trusted_peer(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", backend.port), settings={"trusted_proxies": ["127.0.0.1"]}))
    client.get("/", Connection="X-Forwarded-For", X_Forwarded_For="6.6.6.6")
    assert backend.request.get("X-Forwarded-For") == "127.0.0.1"


# Trailers

HEAD_ONLY = ["Content-Type", "content-encoding", "Content-Range", "Cache-Control", "If-Match", "If-None-Match", "Range", "Location", "Expires", "Vary",
             "Authorization", "Cookie", "Set-Cookie", "WWW-Authenticate", "Host", "Connection", "Date", "Expect", "X-Forwarded-For", "Via", "TE", "Upgrade"]


def test_trailers_that_belong_into_heads_do_not_go_up(direct):
    backend, client = direct
    lines = "".join(f"{name}: evil\r\n" for name in [*HEAD_ONLY, "X-Hop"])
    client.ask(f"POST / HTTP/1.1\r\nHost: x\r\nConnection: X-Hop\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n{lines}\r\n")
    assert backend.request.trailers == [("X-Sum", "1")]
    assert b"evil" not in backend.connections[0].received


def test_trailers_that_belong_into_heads_do_not_come_back(lab):
    lines = "".join(f"{name}: evil\r\n" for name in [*HEAD_ONLY, "X-Hop"])
    _, client = served(lab, reply=f"HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n{lines}\r\n".encode())
    response = client.get("/")
    assert response.trailers == [("X-Sum", "1")] and "X-Sum" not in response


@pytest.mark.parametrize("trailer, announced", [
    ("X-Sum, Content-Length", "X-Sum"), ("Transfer-Encoding,X-Sum,Host,X-Two", "X-Sum, X-Two"), ("content-length", None),
    ("X-Sum,X-Two", "X-Sum,X-Two"), ("Set-Cookie", None), ("X-Hop, X-Sum", "X-Sum"), ("", None)])
def test_trailer_announces_only_what_may_come(direct, trailer, announced):
    """Who believes an announced Content-Length drops that of the head, or takes the one behind the body."""
    backend, client = direct
    client.ask(f"POST / HTTP/1.1\r\nHost: x\r\nConnection: X-Hop\r\nTrailer: {trailer}\r\nTransfer-Encoding: chunked\r\n\r\n"
               "0\r\nX-Sum: 1\r\n\r\n")
    assert backend.request.get("Trailer") == announced
    assert backend.request.trailers == [("X-Sum", "1")]


def test_trailer_of_a_response_announces_only_what_may_come(lab):
    _, client = served(lab, reply=b"HTTP/1.1 200 OK\r\nTrailer: X-Sum, Content-Length\r\nTrailer: Transfer-Encoding\r\n"
                       b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n\r\n")
    response = client.get("/")
    assert response.all("Trailer") == ["X-Sum"] and response.trailers == [("X-Sum", "1")]


# Chunks

@pytest.mark.parametrize("line", [b"3 ", b"3\t", b"3 ;a", b"3; a", b"3;a =b", b";a", b"3;a=\"b"])
def test_bad_whitespace_and_halves_in_a_chunk_line_are_refused(direct, line):
    backend, client = direct
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + line + b"\r\nabc\r\n0\r\n\r\n")
    assert client.response().status == 400
    client.expect_closed()
    assert backend.requests == []


@pytest.mark.parametrize("size", [b"ffffffffffffffff", b"7fffffffffffffff", b"fffffffffffffffe"])
def test_largest_chunk_sizes_neither_wrap_nor_end(direct, size):
    backend, client = direct
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\nabc")
    backend.wait_connections(1)
    assert client.is_silent(0.1)
    client.send(b"\r\n0\r\n\r\nGET /evil HTTP/1.1\r\n" + HOST + b"\r\n")
    assert client.is_silent(0.1)
    assert backend.requests == []


def test_largest_content_length_does_not_wrap(direct):
    backend, client = direct
    client.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 9223372036854775807\r\n\r\nabcGET /evil HTTP/1.1\r\n" + HOST + b"\r\n")
    backend.wait_connections(1)
    assert client.is_silent(0.2)
    assert backend.requests == []


@pytest.mark.parametrize("length", ["9223372036854775808", "18446744073709551615", "18446744073709551616"])
def test_larger_content_length_is_refused_in_both_directions(lab, length):
    """Above 2^63-1 a program that counts in signed numbers makes less than nothing of it."""
    backend, client = served(lab, answering(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nabc".encode()))
    response = client.get("/")
    assert response.status == 502 and length in response.text
    client.send(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nabc".encode())
    response = client.response()
    assert response.status == 400 and length in response.text
    client.expect_closed()
    assert len(backend.requests) == 1


@pytest.mark.parametrize("idle, said", [(0, "close"), (1, None)])
def test_connection_that_will_not_be_used_again_is_said_to_close(lab, idle, said):
    backend, client = served(lab, settings={"upstream_idle": idle})
    assert client.get("/").get("Connection") is None  # nothing of the client's business
    assert backend.request.get("Connection") == said


# Responses

@pytest.mark.parametrize("raw, status, reused", [
    (b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nevil", 204, False),
    (b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n", 204, False),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil", 304, False),
    (b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", 304, True),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\r\n", 200, False),
])
def test_bytes_behind_a_response_never_become_the_next_one(lab, raw, status, reused):
    backend, client = served(lab, answering(raw))
    for _ in range(3):
        response = client.get("/")
        assert response.status == status and b"evil" not in client.received
        client.is_silent(0.05)
    assert (len(backend.connections) == 1) == reused


@pytest.mark.parametrize("line", [b"HTTP/1.1 000 X", b"HTTP/1.1 1000 X", b"HTTP/1.1 2x0 X", b"HTTP/1.1  200 OK", b"HTTP/1.1 200OK",
                                  b"HTTP/1.1\t200 OK", b"HTTP/1.2 200 OK", b"http/1.1 200 OK", b"HTTP/1.1 200 O\rK", b"\r\nHTTP/1.1 200 OK", b" HTTP/1.1 200 OK"])
def test_status_lines_that_are_none(lab, line):
    backend, client = served(lab, answering(line + b"\r\nContent-Length: 0\r\n\r\n"))
    assert client.get("/").status == 502
    assert len(backend.requests) == 1


@pytest.mark.parametrize("lines", [
    b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: gzip", b"Transfer-Encoding: identity", b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding : chunked", b"Transfer-Encoding:\r\n chunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Content-Length: 0, 1", b"Content-Length: +0", b"Content-Length:", b"Content-Length: 0\r\nContent-Length: 1", b"Content-Length: 0,", b"Content-Length: 99999999999999999999",
    b"A\t: 1", b"A: \x01", b"A: \x7f", b": 1", b"nonsense", b"A\xe4: 1"])
def test_framing_and_fields_that_two_could_read_differently_are_no_response(lab, lines):
    backend, client = served(lab, answering(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n\r\n0\r\n\r\n"))
    assert client.get("/").status == 502
    assert backend.connections[0].ended.wait(LIMIT)


def test_connection_that_carried_an_invalid_response_is_closed(lab):
    backend, client = served(lab, answering(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc"))
    assert [client.get("/").status for _ in range(2)] == [502, 502]
    assert len(backend.connections) == 2


def test_interim_responses_lose_the_fields_of_the_connection_too(lab):
    _, client = served(lab, reply=b"HTTP/1.1 103 Early Hints\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 1\r\nTransfer-Encoding: chunked\r\n"
                                  b"Link: </x>\r\n\r\n" + OK)
    assert client.get("/").body == b"ok"
    assert [message.head.fields for message in client.interim] == [[("Link", "</x>")]]


def test_hundred_interim_responses_pass(lab):
    _, client = served(lab, reply=b"HTTP/1.1 102 Processing\r\n\r\n" * 100 + OK)
    assert client.get("/").body == b"ok" and len(client.interim) == 100


def test_any_number_of_interim_responses_passes(lab):
    """Each is forgotten once it is passed on: their sum is many times what one exchange may hold."""
    def script(connection):
        connection.request()
        for _ in range(200):
            connection.send(b"HTTP/1.1 102 Processing\r\nA: 1\r\n\r\n" * 100)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.wait_end()
    _, client = served(lab, script, settings={"max_header_bytes": "1KiB"})
    assert client.get("/").body == b"ok"
    assert len(client.interim) == 20000


def test_interim_responses_wait_for_the_client(lab):
    """Who does not read them stops upstream, and not the memory."""
    def script(connection):
        connection.request()
        while not enough.is_set():
            connection.send(interim)
            sent.append(len(interim))
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.wait_end()
    enough, sent = threading.Event(), []
    interim = (b"HTTP/1.1 103 Early Hints\r\nLink: " + b"x" * 400 + b"\r\n\r\n") * 20
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port))
    client = lab.client(proxy, receive_buffer=4096, segment=536)
    before = proxy.resident_kib()
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    backend.wait_requests(1)
    wait_at_rest(proxy, backend.connections)
    assert SANITIZED or proxy.resident_kib() - before < 4096
    count = len(sent)
    enough.set()
    assert client.response().body == b"ok"
    assert len(client.interim) >= 20 * count


def test_interim_responses_during_a_long_upload(lab):
    def script(connection):
        head = connection.request_head()
        for _ in range(600):
            connection.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        body = connection.read_body(head).body
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (b"ok" if body == b"x" * 600 else b"no"))
        connection.wait_end()
    _, client = served(lab, script, settings={"max_header_bytes": "1KiB"})
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 600\r\n\r\n")
    for _ in range(600):
        client.send(b"x")
    assert client.response().body == b"ok"
    assert len(client.interim) == 600


def test_426_says_to_what_to_upgrade(lab):
    raw = b"HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: h2c, x/2\r\nContent-Length: 2\r\n\r\nno"
    _, client = served(lab, reply=raw)
    response = client.get("/")
    assert (response.status, response.get("Upgrade"), response.get("Connection")) == (426, "x/2", "upgrade")
    response = client.get("/", Connection="close")
    assert (response.get("Upgrade"), response.get("Connection")) == ("x/2", "upgrade, close")
    client.expect_end()


def test_426_to_http10_offers_nothing(lab):
    _, client = served(lab, reply=b"HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: x/2\r\nContent-Length: 2\r\n\r\nno")
    response = client.ask(b"GET / HTTP/1.0\r\n\r\n")
    assert (response.status, response.get("Upgrade"), response.get("Connection")) == (426, None, "close")


def test_unasked_empty_line_on_an_idle_connection_ends_it(lab):
    said = threading.Event()

    def script(connection):
        connection.request()
        connection.send(OK)
        if connection.number == 1:
            connection.send(b"\r\n")
            said.set()
        connection.wait_end()
    backend, client = served(lab, script)
    assert client.get("/").body == b"ok"
    assert said.wait(LIMIT) and backend.connections[0].ended.wait(LIMIT)
    assert client.get("/").body == b"ok"


# Own answers

def test_own_answer_depends_on_accept_and_says_so(lab):
    client = lab.client(lab.proxy(http("/here", lab.backend().port)))
    assert [client.get("/nowhere", Accept=accept).get("Vary") for accept in ("text/html", "*/*")] == ["Accept", "Accept"]


def test_own_answer_to_another_version_says_which_are_spoken(direct):
    _, client = direct
    response = client.ask(b"GET / HTTP/2.0\r\n" + HOST + b"\r\n")
    assert response.status == 505 and "HTTP/1.1" in response.text


def test_own_answers_ignore_conditions_and_ranges(lab):
    client = lab.client(lab.proxy(http("/here", lab.backend().port)))
    response = client.get("/nowhere", If_None_Match="*", If_Match='"x"', Range="bytes=0-0")
    assert (response.status, response.framing) == (404, "length") and b"not found: no route of this port takes /nowhere" in response.body


@pytest.mark.parametrize("target", ["/x%0d%0aX-Evil:%201", "/x%0d%0a%0d%0aHTTP/1.1%20200%20OK", "/x?%0d%0aX-Evil:1", "/\xc4\x8d\xc4\x8aX-Evil:1"])
def test_own_answer_cannot_be_split(lab, target):
    client = lab.client(lab.proxy(http("/here", lab.backend().port)))
    response = client.get(target)
    assert response.status == 404 and not response.get("X-Evil") and client.received.count(b"\r\n\r\n") == 1
    assert client.get("/here").status == 200


# Splitting by a path or parameter

@pytest.mark.parametrize("target, seen", [
    ("/u/a%0d%0aX-Evil:%201", "/v/a%0D%0AX-Evil:%201/w"), ("/u/a%20HTTP%2F1.1%0d%0a%0d%0aGET%20%2Fevil", "/v/a%20HTTP%2F1.1%0D%0A%0D%0AGET%20%2Fevil/w"),
    ("/u/a%3Fb", "/v/a%3Fb/w"), ("/u/a%23b", "/v/a%23b/w"), ("/u/a%2525", "/v/a%2525/w"), ("/u/%252e%252e", "/v/%252e%252e/w"), ("/u/\xc4\x8a", "/v/%C4%8A/w")])
def test_parameter_cannot_split_the_rewritten_request(lab, target, seen):
    """What a parameter brings stays encoded, and is never decoded twice."""
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/u/{x}", backend.port, rewrite="/v/{x}/w")))
    assert client.get(target).status == 200
    assert backend.request.target == seen and "X-Evil" not in backend.request.head
    assert bytes(backend.connections[0].received).count(b"\r\n\r\n") == 1


# RFC 6455

def websocket(*lines, method=b"GET", version=b"1.1"):
    return (method + b" /ws HTTP/" + version + b"\r\nHost: t.localhost\r\nOrigin: http://t.localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: a, b\r\n"
            b"Sec-WebSocket-Extensions: permessage-deflate\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n")


ACCEPT = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
          b"Sec-WebSocket-Protocol: b\r\n\r\n")


def test_websocket_handshake_passes_unchanged(lab):
    def script(connection):
        connection.request()
        connection.send(ACCEPT)
        connection.wait_end()
    backend, client = served(lab, script)
    response = client.ask(websocket())
    head = backend.request.head
    assert (head.get("Upgrade"), head.get("Connection")) == ("WebSocket", "upgrade")
    assert [head.get(name) for name in ("Origin", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions")] == [
        "http://t.localhost", "dGhlIHNhbXBsZSBub25jZQ==", "13", "a, b", "permessage-deflate"]
    assert (response.status, response.get("Upgrade"), response.get("Connection")) == (101, "websocket", "upgrade")
    assert (response.get("Sec-WebSocket-Accept"), response.get("Sec-WebSocket-Protocol")) == ("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "b")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0\r\n\r\n",
                                    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"])
def test_websocket_handshake_that_is_refused_opens_no_tunnel(lab, answer):
    """What follows is a request like any other: routed, rewritten, checked."""
    backend, client = served(lab, answering(answer))
    client.send(websocket() + b"GET /../evil HTTP/1.1\r\n" + HOST + b"\r\n")
    assert client.response().status == int(answer.split()[1])
    assert client.response().status == 400
    assert [request.target for request in backend.requests] == ["/ws"]


def test_bytes_behind_the_handshake_wait_for_its_answer(lab):
    go = threading.Event()

    def script(connection):
        connection.request()
        assert connection.is_silent(0.2), "nothing may go up before the protocol is switched"
        go.set()
        connection.send(ACCEPT)
        assert connection.read_exact(5) == b"frame"
        connection.send(b"fine")
        connection.wait_end()
    _, client = served(lab, script)
    client.send(websocket() + b"frame")
    assert client.response().status == 101 and go.is_set()
    assert client.read_exact(4) == b"fine"


def test_expect_and_upgrade_100_comes_before_101(lab):
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert connection.read_exact(2) == b"hi"
        connection.send(ACCEPT)
        connection.wait_end()
    _, client = served(lab, script)
    client.send(websocket(b"Expect: 100-continue", b"Content-Length: 2", method=b"POST"))
    assert client.read_response().status == 100
    client.send(b"hi")
    assert client.response().status == 101


def test_101_before_the_request_has_ended_is_502(lab):
    """The rest of a body must not become the first bytes of the new protocol."""
    def script(connection):
        connection.request_head()
        connection.send(ACCEPT)
        connection.wait_end()
    _, client = served(lab, script)
    client.send(websocket(b"Content-Length: 10", method=b"POST") + b"abc")
    assert client.response().status == 502


def test_101_without_connection_is_completed(lab):
    """What it switches to was asked for, so it is meant; the client must find `upgrade` in Connection."""
    def script(connection):
        connection.request()
        connection.send(ACCEPT.replace(b"Connection: Upgrade\r\n", b""))
        connection.wait_end()
    _, client = served(lab, script)
    response = client.ask(websocket())
    assert (response.status, response.get("Connection")) == (101, "upgrade")
