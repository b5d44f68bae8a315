"""Bytes that a target sends behind its response answer nobody (BEHAVIOUR: Reuse of upstream connections)."""
import threading
import time

import pytest
from harness import LIMIT, http

HOST = b"Host: t.localhost\r\n\r\n"
KIB = 1 << 10
EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nEVIL!"
SURPLUS = {
    "response": EVIL,
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nEVIL!\r\n0\r\n\r\n",
    "interim": b"HTTP/1.1 103 Early Hints\r\nX-Evil: 1\r\n\r\n",
    "busy": b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "half": b"HTTP/1.1 2",
    "line end": b"\r\n",
    "newline": b"\n",
    "counted in characters": "äöü".encode(),
    "last chunk": b"0\r\n\r\n",
    "much": b"y" * (300 * KIB) + EVIL,
}
# Around what is read at once (32 KiB, 128 KiB, 512 KiB), what may wait (64 KiB), from where on bodies are moved unread (384 KiB),
# and what a pipe holds (1 MiB).
SIZES = [0, 1, 5, *(size * KIB + more for size in (32, 64, 128, 256, 384, 512, 1024) for more in (-90, 0, 1)), 3072 * KIB]


def length(size):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size


def chunked(size):
    """In chunks of which one ends where the body does, and another one at no round number."""
    body, pieces = b"x" * size, []
    for at in range(0, size, 50001):
        piece = body[at:at + 50001]
        pieces.append(b"%x\r\n" % len(piece) + piece + b"\r\n")
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(pieces) + b"0\r\n\r\n"


class Surplus:
    """A target whose answer to /big is `answer` with `surplus` behind it, in one write; it tells each request on such a
    connection from then on."""

    def __init__(self, lab):
        self.answer, self.surplus, self.paired, self.said = b"", b"", [], 0
        self.backend = lab.backend(self.script)

    def script(self, connection):
        spoiled = False
        while True:
            request = connection.request()
            if spoiled:
                self.paired.append(request)
            if request.target == "/big":
                spoiled = True
                self.said += 1
                connection.send(self.answer + self.surplus)
            else:
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsmall")


def check_small(client, method=b"GET"):
    response = client.response(method.decode())
    assert (response.status, response.body) == (200, b"small"), "an answer that it was not for"


def pipelined(surplus, client, method, check):
    client.send(method + b" /big HTTP/1.1\r\n" + HOST + b"GET /small HTTP/1.1\r\n" + HOST)
    check(client.response(method.decode()))
    check_small(client)


def not_repeatable(surplus, client, method, check):
    client.send(method + b" /big HTTP/1.1\r\n" + HOST + b"POST /small HTTP/1.1\r\nContent-Length: 3\r\n" + HOST + b"abc")
    check(client.response(method.decode()))
    check_small(client)


def one_after_the_other(surplus, client, method, check):
    client.send(method + b" /big HTTP/1.1\r\n" + HOST)
    check(client.response(method.decode()))
    client.send(b"GET /small HTTP/1.1\r\n" + HOST)
    check_small(client)


WAYS = [pipelined, not_repeatable, one_after_the_other]


def run_all(lab, answer, method, check):
    target = Surplus(lab)
    client = lab.client(lab.proxy(http("/", target.backend.port), workers=1))
    target.answer = answer
    for target.surplus in SURPLUS.values():
        for way in WAYS:
            way(target, client, method, check)
    assert target.said == len(SURPLUS) * len(WAYS)
    assert target.paired == []


@pytest.mark.parametrize("framing", [length, chunked], ids=lambda framing: framing.__name__)
@pytest.mark.parametrize("size", SIZES)
def test_surplus_behind_a_body_answers_nobody(lab, framing, size):
    def check(response):
        assert (response.status, len(response.body)) == (200, size)
    run_all(lab, framing(size), b"GET", check)


@pytest.mark.parametrize("method, answer", [
    (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
    (b"HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    (b"GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
    (b"GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
    (b"GET", b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
])
def test_surplus_behind_a_response_without_body_answers_nobody(lab, method, answer):
    def check(response):
        assert response.body == b""
    run_all(lab, answer, method, check)


@pytest.mark.parametrize("size", [5, 100 * KIB, 1024 * KIB])
def test_surplus_does_not_reach_another_client(lab, size):
    """One client asks for what has surplus behind it, another one polls meanwhile."""
    target = Surplus(lab)
    proxy = lab.proxy(http("/", target.backend.port), workers=1)
    target.answer, target.surplus = length(size), EVIL
    polling, answers = threading.Event(), []

    def poll():
        client = lab.client(proxy)
        while not polling.is_set():
            answers.append(client.get("/small").body)
    other = threading.Thread(target=poll)
    other.start()
    try:
        client, until = lab.client(proxy), time.monotonic() + 1
        while time.monotonic() < until:
            one_after_the_other(target, client, b"GET", lambda response: None)
    finally:
        polling.set()
        other.join(LIMIT)
    assert answers and set(answers) == {b"small"}
    assert target.paired == []


def test_surplus_behind_what_a_slow_reader_takes_late_answers_nobody(lab):
    """The last bytes wait in the proxy when the surplus comes: reading rests then, and nobody is told of it."""
    size, spoken = 400 * KIB, threading.Event()

    def script(connection):
        request = connection.request()
        if request.target == "/small":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsmall")
            connection.wait_end()
            return
        connection.send(length(size))
        connection.send(EVIL)
        spoken.set()
        connection.wait_end()
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port), workers=1)
    client = lab.client(proxy, receive_buffer=4096, segment=536)
    client.send(b"GET /big HTTP/1.1\r\n" + HOST + b"GET /small HTTP/1.1\r\n" + HOST)
    assert spoken.wait(LIMIT)
    assert len(client.response().body) == size
    check_small(client)


def test_surplus_behind_an_early_response_answers_nobody(lab):
    """The response and the surplus come before the upload has ended; the connection is clean in every other way."""
    def script(connection):
        if connection.request_head().start.startswith("GET"):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsmall")
        else:
            connection.send(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok" + EVIL)
        connection.wait_end()
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port), workers=1))
    client.send(b"POST /up HTTP/1.1\r\nContent-Length: 6\r\n" + HOST + b"abc")
    assert client.response().body == b"ok"
    client.send(b"defGET /small HTTP/1.1\r\n" + HOST)
    check_small(client)


@pytest.mark.parametrize("again", ["once the body is whole", "to the body itself"])
def test_an_early_response_is_the_last_one_of_its_connection(lab, again):
    """A target that answers before the request is whole may answer once more when it has the rest: as a whole request the first
    time, or since it never read a body and takes it for the next request, as simple servers do. By then nobody could tell."""
    body = b"GET /evil HTTP/1.1\r\nHost: t.localhost\r\n\r\n"

    def script(connection):
        while True:
            if connection.request_head().start.startswith("GET"):
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsmall")
                continue
            connection.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
            if again == "once the body is whole":
                connection.read_exact(len(body))
            else:
                connection.request_head()
            connection.send(EVIL)
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port), workers=1))
    for number in range(1, 21):
        client.send(b"POST /up HTTP/1.1\r\nContent-Length: %d\r\n" % len(body) + HOST + body[:3])
        assert client.response().status == 401
        client.send(body[3:] + b"GET /small HTTP/1.1\r\n" + HOST)
        check_small(client)
        assert len(backend.connections) == number + 1
