"""Requests over HTTP/2, by prior knowledge, to targets that speak HTTP/1.1 (BEHAVIOUR: HTTP/2)."""
import hashlib
import shutil
import subprocess
import threading

import pytest
from harness import LIMIT, http
from harness.backend import OK
from harness.http2 import (CONNECT_PROTOCOL, DATA, END_STREAM, HEADERS, INITIAL_WINDOW, MAX_HEADER_LIST, MAX_STREAMS, NO_ERROR, RST_STREAM,
                           SETTINGS, Http2)

MIB = 1 << 20


@pytest.fixture
def served(lab):
    def make(script=None, settings=None, **more):
        backend = lab.backend(script, **({"reply": OK} if script is None else {}))
        proxy = lab.proxy(http("/", backend.port, **more), settings=settings)
        client = Http2(proxy.port)
        lab.clients.append(client)
        return backend, client, proxy
    return make


def test_get(served):
    backend, client, proxy = served()
    answer = client.ask(path="/a?b", fields=[("user-agent", "x"), ("te", "trailers")])
    assert (answer.status, answer.body, answer.get("content-length")) == (200, b"hello", "5")
    assert answer.get("date")
    request = backend.request
    assert (request.method, request.target) == ("GET", "/a?b")
    assert request.get("Host") == "test.localhost" and request.get("user-agent") == "x"
    assert request.get("Via") == "2.0 liteginx" and request.get("X-Forwarded-For") == "127.0.0.1"
    assert request.get("Connection") == "TE" and request.get("TE") == "trailers"
    proxy.log.wait_for(r" GET /a\?b 200 5B ")


def test_settings_that_are_told(served):
    _, client, _ = served(settings={"max_header_bytes": "32KiB"})
    client.until(lambda got: got.kind == SETTINGS)
    assert client.settings[MAX_HEADER_LIST] == 32 * 1024
    assert client.settings[CONNECT_PROTOCOL] == 1 and client.settings[MAX_STREAMS] == 128
    assert client.settings[INITIAL_WINDOW] == 64 * 1024


def test_preface_in_pieces(lab, served):
    _, _, proxy = served()
    for cut in range(1, 24):
        client = Http2(proxy.port, begin=False)
        lab.clients.append(client)
        preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
        client.send(preface[:cut])
        assert client.is_silent(0.01)
        client.send(preface[cut:])
        assert client.ask().status == 200


def test_what_begins_like_the_preface_is_http1(lab, served):
    _, _, proxy = served()
    client = lab.client(proxy)
    client.send(b"P")
    assert client.ask(b"OST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "POST").status == 200


def test_not_where_it_is_switched_off(lab):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), settings={"http2": False})
    answer = lab.client(proxy).ask(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET")
    assert answer.status == 400 and b"or HTTP/2 is not served here" in answer.body


@pytest.mark.parametrize("length", [None, "known"])
@pytest.mark.parametrize("size", [0, 1, 70_000, 3 * MIB])
def test_upload(served, length, size):
    body = hashlib.sha256(b"x").digest() * (size // 32 + 1)
    body = body[:size]

    def script(connection):
        request = connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\n" + hashlib.sha256(request.body).digest())
    backend, client, _ = served(script)
    fields = [("content-length", str(size))] if length else []
    stream = client.request("POST", body=None, end=False, fields=fields)
    answer = upload(client, stream, body)
    assert answer.body == hashlib.sha256(body).digest()
    assert (backend.request.get("Content-Length") == str(size)) == bool(length)
    assert (backend.request.get("Transfer-Encoding") == "chunked") == (not length)


def upload(client, stream, body):
    """As the windows let it; returns the answer."""
    room = {0: 65535, stream: 65535}
    at = 0
    while True:
        while at < len(body) and min(room.values()) > 0:
            piece = body[at:at + min(16384, *room.values())]
            at += len(piece)
            client.frame(DATA, END_STREAM if at == len(body) else 0, stream, piece)
            room = {key: value - len(piece) for key, value in room.items()}
        if not body:
            client.frame(DATA, END_STREAM, stream)
            return client.answer(stream)
        answer = client.answers.get(stream)
        if answer and (answer.ended or answer.reset is not None):
            return answer
        got = client.read_frame()
        if got.kind == 8 and got.stream in room:
            room[got.stream] += int.from_bytes(got.payload, "big")
        if got.kind == SETTINGS and INITIAL_WINDOW in client.settings and not got.flags & 1:
            room[stream] += client.settings[INITIAL_WINDOW] - 65535


def test_post_without_content_says_so(served):
    backend, client, _ = served()
    assert client.ask("POST").status == 200
    assert backend.request.get("Content-Length") == "0"


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_download(served, framing):
    body = bytes(range(256)) * (4 * MIB // 256)

    def script(connection):
        connection.request()
        head = {"length": b"Content-Length: %d\r\n" % len(body), "chunked": b"Transfer-Encoding: chunked\r\n", "close": b""}
        content = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if framing == "chunked" else body
        connection.send(b"HTTP/1.1 200 OK\r\n" + head[framing] + b"\r\n" + content)
    _, client, _ = served(script)
    answer = client.ask()
    assert answer.status == 200 and answer.body == body and answer.reset is None
    assert answer.get("content-length") == (str(len(body)) if framing == "length" else None)


def test_small_answer_is_two_frames(served):
    _, client, _ = served()
    stream = client.request()
    head = client.until(lambda got: got.stream == stream)
    data = client.until(lambda got: got.stream == stream)
    assert head.kind == HEADERS and not head.flags & END_STREAM
    assert data.kind == DATA and data.flags & END_STREAM


@pytest.mark.parametrize("method, reply", [("HEAD", b"200 OK\r\nContent-Length: 5"), ("GET", b"204 No Content"),
                                           ("GET", b"304 Not Modified"), ("GET", b"200 OK\r\nContent-Length: 0")])
def test_head_alone_is_the_end(served, method, reply):
    def script(connection):
        connection.send(b"HTTP/1.1 " + reply + b"\r\n\r\n" if connection.request_head() else b"")
        connection.wait_end()
    _, client, _ = served(script)
    stream = client.request(method)
    head = client.until(lambda got: got.stream == stream)
    assert head.kind == HEADERS and head.flags & END_STREAM


def test_cookie_crumbs_are_joined(served):
    backend, client, _ = served()
    client.ask(fields=[("cookie", "a=1"), ("x-between", "1"), ("cookie", "b=2"), ("cookie", "c=3")])
    assert backend.request.all("cookie") == ["a=1; b=2; c=3"] and backend.request.get("x-between") == "1"


def test_host_without_authority(served):
    backend, client, _ = served()
    stream = client.headers([(":method", "GET"), (":scheme", "http"), (":path", "/"), ("host", "h.localhost")])
    assert client.answer(stream).status == 200
    assert backend.request.all("Host") == ["h.localhost"]


def test_host_that_repeats_authority_goes_up_once(served):
    backend, client, _ = served()
    assert client.ask(fields=[("host", "TEST.localhost")]).status == 200
    assert backend.request.all("Host") == ["test.localhost"]


def test_request_trailers_go_up(served):
    backend, client, _ = served()
    stream = client.request("POST", body=b"content", end=False)
    client.headers([("x-sum", "7"), ("content-type", "no")], stream=stream)
    assert client.answer(stream).status == 200
    request = backend.request
    assert request.body == b"content" and request.trailers == [("x-sum", "7")]


def test_response_trailers_come_back(served):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: grpc-status\r\n\r\n"
                        b"3\r\nabc\r\n0\r\nGrpc-Status: 0\r\nContent-Type: no\r\n\r\n")
    _, client, _ = served(script)
    answer = client.ask(fields=[("te", "trailers")])
    assert answer.body == b"abc" and answer.trailers == [("grpc-status", "0")]


def test_trailers_without_content_come_back(served):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-T: 1\r\n\r\n")
    _, client, _ = served(script)
    answer = client.ask()
    assert answer.body == b"" and answer.trailers == [("x-t", "1")]


def test_interim_answers_pass(served):
    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
        assert connection.read_exact(5) == b"hello"
        connection.send(OK)
    _, client, _ = served(script)
    stream = client.request("POST", end=False, fields=[("content-length", "5"), ("expect", "100-continue")])
    client.until(lambda got: stream in client.answers and len(client.answers[stream].interim) == 2)
    assert dict(client.answers[stream].interim[0])["link"] == "</a>"
    client.data(stream, b"hello", True)
    assert client.answer(stream).status == 200


def test_fields_of_the_connection_do_not_come_back(served):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: timeout=5\r\n"
                        b"Proxy-Connection: x\r\nX-Kept: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n")
    _, client, _ = served(script)
    answer = client.ask()
    assert answer.get("x-mine") is None and answer.get("x-kept") == "1" and answer.all("set-cookie") == ["a", "b"]


def test_own_answers(served):
    _, client, proxy = served(host="only.localhost")
    answer = client.ask(host="other.localhost", path="/x")
    assert answer.status == 404 and b"no route" in answer.body
    answer = client.ask("HEAD", host="other.localhost", path="/x")
    assert answer.status == 404 and answer.body == b""
    assert client.ask(host="only.localhost", path="/%zz").status == 400
    assert client.ask(host="only.localhost").status == 200
    proxy.log.wait_for(r"GET other.localhost/x 404 ")


def test_no_target(lab):
    from harness import refusing_port
    refusing = lab.keep(refusing_port())
    client = Http2(lab.proxy(http("/", refusing.port, hold="0s")).port)
    lab.clients.append(client)
    answer = client.ask()
    assert answer.status == 502


def test_answer_before_the_request_has_ended(served):
    """The rest of the request is not wanted: the stream is reset with NO_ERROR behind the answer (RFC 9113 §8.1)."""
    _, client, _ = served(host="only.localhost")
    stream = client.request("POST", host="other.localhost", end=False, body=b"some")
    answer = client.answer(stream)
    assert answer.status == 404 and answer.ended
    got = client.until(lambda got: got.kind == RST_STREAM and got.stream == stream)
    assert int.from_bytes(got.payload, "big") == NO_ERROR
    assert client.ask(host="only.localhost").status == 200


def test_upload_behind_the_answer_goes_up_to_its_end(served):
    done = threading.Event()

    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok")
        assert connection.read_exact(10) == b"0123456789"
        done.set()
        connection.wait_end()
    _, client, _ = served(script)
    stream = client.request("POST", end=False, body=b"01234", fields=[("content-length", "10")])
    assert client.answer(stream).status == 202
    client.data(stream, b"56789", True)
    assert done.wait(LIMIT)


def test_many_at_once(served):
    release = threading.Event()

    def script(connection):
        request = connection.request()
        release.wait(LIMIT)
        path = request.target.encode()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(path), path))
    backend, client, _ = served(script)
    streams = [client.request(path=f"/{number}") for number in range(100)]
    backend.wait_requests(100)
    release.set()
    for number, stream in enumerate(streams):
        assert client.answer(stream).body == b"/%d" % number


def test_next_request_in_the_same_write(served):
    backend, client, _ = served()
    first = client.request(path="/1", body=b"abc")
    second = client.request(path="/2")
    assert client.answer(second).status == 200 and client.answer(first).status == 200
    assert sorted(request.target for request in backend.wait_requests(2)) == ["/1", "/2"]


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_curl(served, tmp_path):
    body = bytes(range(256)) * 8192

    def script(connection):
        request = connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(request.body) + request.body)
    _, _, proxy = served(script)
    (tmp_path / "in").write_bytes(body)
    done = subprocess.run(["curl", "-sS", "--http2-prior-knowledge", "--data-binary", f"@{tmp_path}/in", "-o", tmp_path / "out",
                           "-w", "%{http_version} %{http_code}", f"http://127.0.0.1:{proxy.port}/"],
                          capture_output=True, text=True, timeout=LIMIT)
    assert (done.stdout, done.stderr) == ("2 200", "")
    assert (tmp_path / "out").read_bytes() == body
