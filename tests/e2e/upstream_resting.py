"""A target that refuses rests; the others serve; it comes back (BEHAVIOUR: Upstreams)."""
import time

from harness import LIMIT, http, refusing_port

A = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
B = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"


def test_refused_target_is_passed_over_at_once(lab):
    down = lab.keep(refusing_port())
    backend = lab.backend(reply=A)
    client = lab.client(lab.proxy(http("/", [down.port, backend.port])))
    started = time.monotonic()
    assert [client.get("/").text for _ in range(10)] == ["a"] * 10
    assert time.monotonic() - started < 2.5
    assert len(backend.requests) == 10


def test_post_goes_to_the_next_target_too_as_nothing_was_sent(lab):
    down = lab.keep(refusing_port())
    backend = lab.backend(reply=A)
    client = lab.client(lab.proxy(http("/", [down.port, backend.port])))
    assert client.request("POST", "/", body=b"x" * 100000).text == "a"
    assert len(backend.request.body) == 100000


def test_target_that_came_back_is_used_after_its_rest(lab):
    first, second = lab.backend(reply=A, listening=False), lab.backend(reply=B)
    client = lab.client(lab.proxy(http("/", [first.port, second.port])))
    assert client.get("/").text == "b"
    first.start()
    rested = time.monotonic()
    assert [client.get("/").text for _ in range(4)] == ["b"] * 4  # still resting
    deadline = time.monotonic() + LIMIT
    while client.get("/").text != "a":
        assert time.monotonic() < deadline, "never used again"
        client.is_silent(0.02)
    assert 0.7 < time.monotonic() - rested < 8
    assert sorted(client.get("/").text for _ in range(4)) == ["a", "a", "b", "b"]


def test_last_target_left_is_always_tried(lab):
    """Both rest; without hold the request is tried all the same, so it is served as soon as one listens."""
    first, second = lab.backend(reply=A, listening=False), lab.backend(reply=B, listening=False)
    client = lab.client(lab.proxy(http("/", [first.port, second.port], hold="0s")))
    assert [client.get("/").status for _ in range(4)] == [502] * 4
    second.start()
    assert client.get("/").text == "b"


def test_single_target_is_tried_at_every_request(lab):
    backend = lab.backend(reply=A, listening=False)
    client = lab.client(lab.proxy(http("/", backend.port, hold="0s")))
    assert [client.get("/").status for _ in range(3)] == [502] * 3
    backend.start()
    assert client.get("/").text == "a"


def test_running_requests_of_a_resting_target_go_on(lab):
    def reply(request):
        if request.target == "/stop":
            first.close_listener()
        return A
    first, second = lab.backend(reply=reply), lab.backend(reply=B)
    proxy = lab.proxy(http("/", [first.port, second.port]), settings={"upstream_idle": 0})
    client = lab.client(proxy)
    assert client.get("/stop").text == "a"
    assert [client.get("/").text for _ in range(4)] == ["b"] * 4
