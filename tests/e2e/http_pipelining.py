"""Requests sent without waiting for answers: answered in order, each routed by itself (BEHAVIOUR: Connections)."""
import threading

from harness import LIMIT, SANITIZED, http, quiet


def named(name, wait=None):
    body = name.encode()

    def reply(request):
        assert wait is None or wait.wait(LIMIT)
        text = body + b" " + request.target.encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text
    return reply


def get(target, *lines):
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: t.localhost", *lines]).encode() + b"\r\n\r\n"


def test_answers_come_in_order_though_the_first_is_slow(lab):
    go = threading.Event()
    slow, fast = lab.backend(reply=named("slow", go)), lab.backend(reply=named("fast"))
    client = lab.client(lab.proxy(http("/slow", slow.port), http("/fast", fast.port)))
    client.send(get("/slow/1") + get("/fast/2") + get("/nowhere") + get("/slow/3"))
    slow.wait_requests(1)
    assert client.is_silent(0.1)
    go.set()
    answers = [client.response().text for _ in range(4)]
    assert answers[:2] + answers[3:] == ["slow /slow/1", "fast /fast/2", "slow /slow/3"] and "/nowhere" in answers[2]


def test_bodies_end_where_the_next_request_begins(lab):
    backend = lab.backend()
    client = lab.client(lab.proxy(http("/", backend.port)))
    client.send(b"POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nGET " + get("/2")
                + b"POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + get("/4"))
    assert [client.response().status for _ in range(4)] == [200] * 4
    assert [(request.target, request.body) for request in backend.requests] == [
        ("/1", b"GET "), ("/2", b""), ("/3", b"abc"), ("/4", b"")]


def test_far_more_than_one_buffer_of_requests(lab):
    """3,000 requests of 100 bytes: more than may wait; reading stops and goes on, every one is answered."""
    backend = lab.backend(reply=named("n"))
    client = lab.client(lab.proxy(http("/", backend.port)))
    count = 3000
    sender = threading.Thread(
        target=client.send, args=(b"".join(get(f"/{number}", "X-Filler: " + "f" * 50) for number in range(count)),), daemon=True)
    sender.start()
    for number in range(count):
        assert client.response().text == f"n /{number}"
    sender.join(LIMIT)
    assert len(backend.connections) == 1


def test_nothing_after_connection_close(lab):
    backend = lab.backend(reply=named("n"))
    client = lab.client(lab.proxy(http("/", backend.port)))
    client.send(get("/1") + get("/2", "Connection: close") + get("/3"))
    assert client.response().text == "n /1"
    response = client.response()
    assert (response.text, response.get("Connection")) == ("n /2", "close")
    client.expect_end()
    assert [request.target for request in backend.requests] == ["/1", "/2"]


def test_malformed_second_request_after_a_good_first(lab):
    backend = lab.backend(reply=named("n"))
    client = lab.client(lab.proxy(http("/", backend.port)))
    client.send(get("/1") + b"GET /2 HTTP/1.1\r\nHost : x\r\n\r\n" + get("/3"))
    assert client.response().text == "n /1"
    assert client.response().status == 400
    client.expect_end()
    assert [request.target for request in backend.requests] == ["/1"]


def test_half_close_after_several_requests_answers_all(lab):
    backend = lab.backend(reply=named("n"))
    client = lab.client(lab.proxy(http("/", backend.port)))
    client.send(get("/1") + get("/2") + get("/3"))
    client.shutdown()
    assert [client.response().text for _ in range(3)] == ["n /1", "n /2", "n /3"]
    client.expect_end()


def test_requests_split_at_every_byte(lab):
    backend = lab.backend(reply=named("n"))
    client = lab.client(lab.proxy(http("/", backend.port)))
    for byte in get("/1") + get("/2") + get("/3"):
        client.send(bytes([byte]))
    assert [client.response().text for _ in range(3)] == ["n /1", "n /2", "n /3"]


def test_own_answers_wait_for_their_reader(lab):
    """What is asked next is worked for once the last answer is on its way: nothing piles up, and nothing is lost."""
    count, message = 100, "x" * 60000
    proxy = lab.proxy(http("/only", 1), settings={"not_found_message": message})
    before = proxy.resident_kib()
    client = lab.client(proxy, receive_buffer=4096, segment=1000)
    client.send(b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n" * count)
    assert quiet(lambda: len(proxy.log.lines)) < count
    assert SANITIZED or proxy.resident_kib() - before < 1024
    assert [client.response().status for _ in range(count)] == [404] * count
