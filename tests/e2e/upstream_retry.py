"""The one safe retry (BEHAVIOUR: Retry): idempotent, nothing of the body consumed, no response byte yet."""
import json
import time

import pytest
from harness import http

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def dying(times, how="close", after=0):
    """A script that ends its connection without a word at the (after + 1)-th request, `times` times in all."""
    died = []

    def script(connection):
        served = 0
        while True:
            connection.request()
            if served >= after and len(died) < times:
                died.append(connection.number)
                connection.reset() if how == "reset" else None
                return
            served += 1
            connection.send(OK)
    return script


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH",
                                    "MKCOL", "COPY", "MOVE", "QUERY", "UNLOCK"])
def test_idempotent_request_is_retried_once_on_a_fresh_connection(lab, method, how):
    backend = lab.backend(dying(1, how))
    client = lab.client(lab.proxy(http("/", backend.port)))
    assert client.request(method, "/").status == 200
    assert len(backend.requests) == 2 and len(backend.connections) == 2


@pytest.mark.parametrize("how", ["close", "reset"])
def test_the_second_death_is_a_502(lab, how):
    backend = lab.backend(dying(2, how))
    client = lab.client(lab.proxy(http("/", backend.port)))
    assert client.get("/").status == 502
    assert len(backend.requests) == 2
    assert client.get("/").status == 200


@pytest.mark.parametrize("method, body", [("POST", None), ("POST", b"x"), ("PATCH", b"x"), ("POST", b""), ("LOCK", None)])
def test_post_patch_and_lock_are_never_retried(lab, method, body):
    backend = lab.backend(dying(1))
    client = lab.client(lab.proxy(http("/", backend.port)))
    assert client.request(method, "/", body=body).status == 502
    assert len(backend.requests) == 1
    assert client.get("/").status == 200


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
@pytest.mark.parametrize("how", ["preserve", "target"])
def test_the_largest_head_is_retried_as_well(lab, how, narrow):
    """Each byte of it becomes nine on its way up; the second try needs no more memory than the first. A target whose system
    takes little at a time gets it all the same."""
    backend = lab.backend(dying(1), narrow=narrow)
    headers = {"request": {"set": {"X-A": "{path}", "X-B": "{path}"}}}
    client = lab.client(lab.proxy(http("/", backend.port, headers=headers, host_header=how), settings={"max_header_bytes": "256KiB"}))
    assert client.get("/" + "{" * (255 * 1024)).status == 200
    assert [len(request.target) for request in backend.requests] == [1 + 3 * 255 * 1024] * 2


@pytest.mark.parametrize("method, status", [("GET", 200), ("POST", 502)])
def test_death_of_a_reused_connection_at_the_next_request(lab, method, status):
    """A pooled connection that dies when it is used again: the race of every keep-alive."""
    backend = lab.backend(dying(1, after=1))
    client = lab.client(lab.proxy(http("/", backend.port)))
    assert client.get("/first").status == 200
    assert client.request(method, "/second", body=b"x" if method == "POST" else None).status == status
    assert len([request for request in backend.requests if request.target == "/second"]) == (2 if method == "GET" else 1)


def test_body_that_upstream_has_consumed_is_not_sent_twice(lab):
    """PUT is idempotent, but its body has been streamed away and is not kept."""
    backend = lab.backend(dying(1))
    client = lab.client(lab.proxy(http("/", backend.port)))
    body = b"x" * (1 << 20)
    assert client.request("PUT", "/", body=body).status == 502
    assert len(backend.requests) == 1


def test_no_retry_after_the_first_response_byte(lab):
    def script(connection):
        connection.request()
        connection.send(b"HTTP/1.1 2")
    backend = lab.backend(script)
    client = lab.client(lab.proxy(http("/", backend.port)))
    assert client.get("/").status == 502
    assert len(backend.requests) == 1


def test_retry_counts_as_one_request_for_the_client_and_is_logged(lab):
    backend = lab.backend(dying(1))
    proxy = lab.proxy(http("/", backend.port), settings={"access_log": "json"})
    assert lab.client(proxy).get("/once").status == 200
    assert '"retries":1' in proxy.log.wait_for("/once").string.replace(" ", "")


def test_retry_goes_to_the_same_target(lab):
    first, second = lab.backend(dying(1)), lab.backend()
    client = lab.client(lab.proxy(http("/", [first.port, second.port])))
    assert client.get("/").status == 200
    assert (len(first.requests), len(second.requests)) == (2, 0)


def test_retry_that_is_refused_goes_to_the_next_target(lab):
    second = lab.backend()

    def script(connection):
        connection.request()
        first.close_listener()
    first = lab.backend(script)
    client = lab.client(lab.proxy(http("/", [first.port, second.port])))
    assert client.get("/").status == 200
    assert (len(first.requests), len(second.requests)) == (1, 1)


def test_the_retry_comes_a_moment_later(lab):
    """A process that is killed loses its connections a moment before its listener: what is asked at once dies with it."""
    begun, ended = [], []

    def script(connection):
        begun.append(time.monotonic())
        connection.request()
        if connection.number == 1:
            ended.append(time.monotonic())
        else:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert lab.client(lab.proxy(http("/", lab.backend(script).port))).get("/").status == 200
    assert begun[1] - ended[0] >= 0.015


def second_on_the_first(said):
    """The second request over the first connection gets this, and the end; everything else is answered."""
    def script(connection):
        number = 0
        while True:
            connection.request()
            number += 1
            if connection.number == 1 and number == 2:
                connection.send(said)
                return
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    return script


REQUEST_TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\nConnection: close\r\n\r\nidle"


@pytest.mark.parametrize("said", [REQUEST_TIMEOUT, b"\r\n", b"\n", b"HTTPX", b"xyz", b"0\r\n\r\n", b"<html>"])
def test_what_a_used_connection_says_of_itself_is_no_answer(lab, said):
    """It was given up as idle, or the last response was longer than it said: the request goes over a fresh one."""
    backend = lab.backend(second_on_the_first(said))
    proxy = lab.proxy(http("/", backend.port), settings={"access_log": "json"}, workers=1)
    client = lab.client(proxy)
    assert client.get("/first").body == b"ok"
    assert client.get("/second").body == b"ok"
    assert json.loads(proxy.log.wait_for("/second").string)["retries"] == 1
    assert len(backend.connections) == 2


@pytest.mark.parametrize("said", [REQUEST_TIMEOUT, b"xyz"])
def test_what_a_used_connection_says_of_itself_never_sends_a_post_twice(lab, said):
    backend = lab.backend(second_on_the_first(said))
    client = lab.client(lab.proxy(http("/", backend.port), workers=1))
    assert client.get("/first").body == b"ok"
    assert client.request("POST", "/second", body=b"x").status == 502
    assert len(backend.requests) == 2


def test_408_over_a_fresh_connection_is_the_answer(lab):
    backend = lab.backend(reply=REQUEST_TIMEOUT)
    client = lab.client(lab.proxy(http("/", backend.port)))
    response = client.get("/")
    assert (response.status, response.body) == (408, b"idle")
    assert len(backend.requests) == 1


def test_nonsense_over_a_fresh_connection_is_502(lab):
    backend = lab.backend(reply=b"xyz\r\n\r\n")
    client = lab.client(lab.proxy(http("/", backend.port)))
    assert client.get("/").status == 502
    assert len(backend.requests) == 1
