"""The strict reader of the differential tests, on its own: its verdicts follow the RFCs or a promise in docs/HTTP.md."""
import pytest
from harness import strict
from harness.strict import Reader

H = b"Host: a\r\n"
GET = b"GET / HTTP/1.1\r\n" + H
POST = b"POST / HTTP/1.1\r\n" + H
OPTIONS = b"OPTIONS / HTTP/1.1\r\n" + H
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
END = b"\r\n"


@pytest.mark.parametrize("data, requests", [
    (b"", 0),
    (b"\r\n\r\n" + GET + END, 1),
    (GET + END + GET + END, 2),
    (b"GET / HTTP/1.0\r\n\r\n" + GET + END, 1),
    (GET + b"Connection: close\r\n\r\n" + GET + END, 1),
    (POST + b"Content-Length: 2\r\n\r\nhi", 1),
    (POST + b"Content-Length:\t 2 \t\r\n\r\nhi", 1),
    (POST + b"Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n", 1),
    (CHUNKED + b"2;a=\"b\"\r\nhi\r\n0\r\nA: 1\r\n\r\n" + GET + END, 2),
    (OPTIONS + b"Max-Forwards: 99999999999999999999\r\n\r\n", 1),
    (GET + b"Max-Forwards: x\r\nMax-Forwards: y\r\n\r\n", 1),
])
def test_clean(data, requests):
    reader = Reader(data).read_all()
    assert (reader.end, reader.why, len(reader.requests), reader.whole_until) == ("clean", "", requests, reader.at)
    assert all(request.whole for request in reader.requests)


@pytest.mark.parametrize("data, requests, body", [
    (b"GET / HT", 0, None),
    (GET, 0, None),
    (GET + END + GET + b"A: 1", 1, b""),
    (POST + b"Content-Length: 5\r\n\r\nhel", 1, b"hel"),
    (CHUNKED + b"5\r\nhel", 1, b"hel"),
    (CHUNKED + b"5\r\nhello\r", 1, b"hello"),
    (CHUNKED + b"5\r\nhello\r\n0\r\n", 1, b"hello"),
    (POST + b"Content-Length:\t\r\n\r", 0, None),  # that it is no length shows at the end of the head
])
def test_incomplete(data, requests, body):
    reader = Reader(data).read_all()
    assert (reader.end, len(reader.requests)) == ("incomplete", requests)
    assert body is None or reader.requests[-1].body == body


@pytest.mark.parametrize("data, why", [
    (b"GET / HTTP/1.1\n", "bare LF"),
    (GET + b"A: 1\rB: 2\r\n", "bare CR"),
    (b"GET  / HTTP/1.1\r\n", "not three words in the request line"),
    (GET + b"A : 1\r\n", "not a field name"),
    (GET + b"A: 1\r\n 2\r\n", "not a field name"),
    (GET + H + END, "no Host, or several"),
    (POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n", "several lengths"),
    (POST + b"Content-Length:\t\r\n\r\n", "length"),
    (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", "codings"),
    (CHUNKED + b"5\r\nhelloX0\r\n\r\n", "no CRLF behind a chunk"),
    (CHUNKED + b"0\r\nContent-Length: 3\r\n\r\n", "framing in trailers"),
    (OPTIONS + b"Max-Forwards: 1\r\nMax-Forwards: 1\r\n\r\n", "Max-Forwards is not one number"),
    (OPTIONS + b"Max-Forwards: -1\r\n\r\n", "Max-Forwards is not one number"),
])
def test_refused(data, why):
    reader = Reader(data).read_all()
    assert (reader.end, reader.why) == ("refused", why)


@pytest.mark.parametrize("value, sent", [(b"0", None), (b"1", b"0"), (b"18446744073709551616", b"18446744073709551614")])
def test_max_forwards(value, sent):
    request = Reader(OPTIONS + b"Max-Forwards: " + value + b"\r\n\r\n").read_all().requests[0]
    assert strict.own_answer(request) == (None if sent else 204)
    if sent:
        assert (b"Max-Forwards", sent) in strict.forwarded_head(request, b"127.0.0.1", 80, b"b:81")[1]


def test_upgrade_names_no_http():
    request = Reader(GET + b"Connection: upgrade\r\nUpgrade: h2c, H2, HTTP/2.0, x/1, @\r\nUpgrade: y\r\n\r\n").read_all().requests[0]
    assert strict.upgrade_tokens(request) == [b"x/1", b"y"]
