"""What a stop signal must not cut: everything that has arrived by then and can end within `drain`. (The program stands
still while requests and the signal arrive, so it finds all of them at once.)"""
import signal
import threading

import pytest
from harness import LIMIT, Client, CutShort, free_port, http, tcp

ASK = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"GET /half HT"


def answers(client):
    """Names of the requests that this client sees answered until its connection ends."""
    bodies = []
    try:
        while True:
            bodies.append(client.response().text)
    except (CutShort, ConnectionResetError):
        client.close()  # the program waits for that, to be sure that the answer has arrived
        return bodies


def by_name(request):
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(request.target) - 1, request.target[1:].encode())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_that_arrive_with_the_signal(lab, number):
    """On a connection that was idle until then, on a new one, and half of a head."""
    proxy = lab.proxy(http("/", lab.backend(reply=by_name).port))
    idle, fresh, half, silent = (lab.client(proxy) for _ in range(4))
    for client in (idle, half):
        assert client.get("/warm").text == "warm"
    with proxy.paused():
        idle.send(ASK % b"idle")
        fresh.send(ASK % b"fresh")
        half.send(HALF)
        late = lab.client(proxy)  # waits in the system's queue, with its request
        late.send(ASK % b"late")
        proxy.signal(number)
    assert answers(idle) == ["idle"]
    assert answers(fresh) == ["fresh"]
    assert answers(late) == ["late"]
    half.send((ASK % b"half")[len(HALF):])
    assert answers(half) == ["half"]
    silent.expect_end()
    silent.close()
    assert proxy.wait_exit() == 0


def test_tcp_session_that_arrives_with_the_signal(lab):
    proxy = lab.proxy(tcp(lab.tcp_backend().port))
    with proxy.paused():
        client = lab.client(proxy)
        client.send(b"late")
        client.shutdown()
        proxy.signal(signal.SIGTERM)
    assert client.read_to_end() == b"late"
    assert proxy.wait_exit() == 0


def test_pipelined_requests_behind_one_in_flight(lab):
    """The first answer's head had left before the signal, so nobody could say `close`: those behind it are served."""
    go = threading.Event()

    def script(connection):
        while True:
            request = connection.request()
            if request.target == "/1":
                connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")
                assert go.wait(LIMIT)
                connection.send(b"1")
            else:
                connection.send(by_name(request))
    proxy = lab.proxy(http("/", lab.backend(script).port))
    client = lab.client(proxy)
    client.send(ASK % b"1" + ASK % b"2")
    assert "Connection" not in client.read_response_head()
    proxy.signal(signal.SIGTERM)
    proxy.err.wait_for("stopping")
    go.set()
    assert client.read_exact(1) == b"1"
    second = client.response()
    assert (second.text, second.get("Connection")) == ("2", "close")
    client.expect_end()
    client.close()
    assert proxy.wait_exit() == 0


def test_upload_and_download_in_flight_end_whole(lab):
    more = threading.Event()

    def script(connection):
        connection.request_head()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
        assert connection.read_exact(10) == b"0123456789"
        assert more.wait(LIMIT)
        connection.send(b"3\r\nend\r\n0\r\n\r\n")
    proxy = lab.proxy(http("/", lab.backend(script).port))
    client = lab.client(proxy)
    client.send(b"POST /both HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234")
    client.read_response_head()
    proxy.signal(signal.SIGTERM)
    proxy.err.wait_for("stopping")
    client.send(b"56789")
    more.set()
    assert client.read_until(b"0\r\n\r\n") == b"2\r\nok\r\n3\r\nend\r\n0\r\n\r\n"
    client.expect_end()
    client.close()
    assert proxy.wait_exit() == 0


def test_held_request_is_served_when_its_target_comes_within_drain(lab):
    backend = lab.backend(listening=False, reply=by_name)
    proxy = lab.proxy(http("/", backend.port, hold="20s"))
    client = lab.client(proxy)
    client.send(ASK % b"held")
    proxy.wait_held(backend.port)
    proxy.signal(signal.SIGTERM)
    proxy.err.wait_for("stopping")
    backend.start()
    assert answers(client) == ["held"]
    assert proxy.wait_exit() == 0


@pytest.mark.parametrize("first, second", [(signal.SIGTERM, signal.SIGINT), (signal.SIGINT, signal.SIGTERM)])
def test_both_signals_at_once(lab, first, second):
    """Twice is twice, also when both come in one moment; the port is free afterwards."""
    port = free_port()
    proxy = lab.proxy(http("/", lab.backend(lambda connection: (connection.request(), connection.wait_end())).port, listen=port))
    client = lab.client(proxy)
    client.send(ASK % b"x")
    with proxy.paused():
        proxy.signal(first)
        proxy.signal(second)
    assert proxy.wait_exit() == 130
    client.expect_closed()
    assert lab.proxy(http("/", lab.backend().port, listen=port)).port == port


@pytest.mark.parametrize("fresh", [False, True], ids=["kept alive", "a connection each"])
def test_under_load_whatever_reached_its_target_is_answered(lab, fresh):
    backend = lab.backend(reply=by_name)
    proxy = lab.proxy(http("/", backend.port))
    answered, faults, halfway = [], [], threading.Event()

    def ask(name):
        client = None
        try:
            for number in range(100000):
                if client is None or fresh:
                    client = Client(proxy.port)
                client.send(ASK % f"{name}-{number}".encode())
                answered.append("/" + client.response().text)
                if fresh or client.received.find(b"Connection: close") >= 0:
                    client.close()
                    client = None
                if number == 50:
                    halfway.set()
        except (ConnectionRefusedError, ConnectionResetError, BrokenPipeError, CutShort):
            pass  # it came too late
        except Exception as error:
            faults.append(repr(error))
        finally:
            if client:
                client.close()
    threads = [threading.Thread(target=ask, args=(name,), daemon=True) for name in "abcd"]
    for thread in threads:
        thread.start()
    assert halfway.wait(LIMIT)
    proxy.signal(signal.SIGTERM)
    assert proxy.wait_exit() == 0
    for thread in threads:
        thread.join(LIMIT)
    assert faults == []
    assert sorted(answered) == sorted(request.target for request in backend.requests)


def test_an_own_answer_that_waits_for_its_reader_is_not_cut(lab):
    """Nothing of the connection is under way but the last bytes of what was said last."""
    proxy = lab.proxy(http("/only", 1), settings={"not_found_message": "x" * 60000})

    def ask_until_stuck(client, most):
        for asked in range(most):
            seen = len(proxy.log.lines)
            client.send(ASK % b"none")
            try:
                proxy.log.wait_for("/none 404", seen=seen, timeout=0.5)
            except AssertionError:
                return asked
        return most
    first = lab.client(proxy, receive_buffer=4096)
    taken = ask_until_stuck(first, 200)
    first.close()
    client = lab.client(proxy, receive_buffer=4096)
    assert ask_until_stuck(client, taken) == taken
    proxy.signal(signal.SIGTERM)
    proxy.err.wait_for("stopping: 1 open connection")
    assert [answer[:60100].count("x") >= 60000 for answer in answers(client)] == [True] * taken
    assert proxy.wait_exit() == 0


def test_without_time_to_drain_all_is_cut_at_once(lab):
    backend = lab.backend(lambda connection: (connection.request(), connection.wait_end()))
    proxy = lab.proxy(http("/", backend.port), settings={"drain": "0s"})
    client = lab.client(proxy)
    client.send(ASK % b"open")
    backend.wait_requests(1)
    proxy.signal(signal.SIGTERM)
    client.expect_reset()
    assert proxy.wait_exit(timeout=2) == 0
    proxy.log.wait_for("/open .*cut at shutdown")
    proxy.err.wait_for("cutting 1 connection$")


def endless(lab, kind):
    """What has no end of its own, begun: a tunnel, an event stream, a TCP session."""
    def script(connection):
        connection.request()
        if kind == "tunnel":
            connection.send(b"HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        else:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        connection.wait_end()
    backend = lab.tcp_backend() if kind == "session" else lab.backend(script)
    spec = tcp(backend.port) if kind == "session" else http("/", backend.port)
    proxy = lab.proxy(spec, settings={"drain": "20s", "drain_tunnels": "300ms"})
    client = lab.client(proxy)
    if kind == "session":
        client.send(b"hello")
        assert client.read_exact(5) == b"hello"
    else:
        client.send(b"GET /endless HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
        client.read_response_head()
    return proxy, client


@pytest.mark.parametrize("kind", ["tunnel", "event stream", "session"])
def test_what_has_no_end_of_its_own_has_less_time(lab, kind):
    proxy, client = endless(lab, kind)
    proxy.signal(signal.SIGTERM)
    proxy.err.wait_for(r"may end within 20 s, tunnels and streams within 0\.3 s")
    client.expect_closed()
    assert proxy.wait_exit(timeout=5) == 0
    proxy.log.wait_for("cut at shutdown")


def test_a_request_has_all_the_time_of_drain_beside_them(lab):
    go = threading.Event()

    def script(connection):
        connection.request()
        go.wait(LIMIT)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port), tcp(lab.tcp_backend().port, listen=free_port()), settings={"drain_tunnels": "0s"})
    client, session = lab.client(proxy.urls[0][2]), lab.client(proxy.urls[1][2])
    session.send(b"x")
    assert session.read_exact(1) == b"x"
    client.send(ASK % b"slow")
    backend.wait_requests(1)
    proxy.signal(signal.SIGTERM)
    session.expect_closed()
    go.set()
    assert client.response().text == "ok"
    client.close()
    assert proxy.wait_exit() == 0


@pytest.mark.parametrize("answer", [b"101 S\r\nConnection: upgrade\r\nUpgrade: websocket", b"200 OK\r\nContent-Type: text/event-stream"],
                         ids=["tunnel", "event stream"])
def test_what_has_no_end_of_its_own_does_not_begin_behind_its_time(lab, answer):
    go = threading.Event()

    def script(connection):
        connection.request()
        go.wait(LIMIT)
        connection.send(b"HTTP/1.1 " + answer + b"\r\n\r\n")
        connection.wait_end()
    backend = lab.backend(script)
    session = lab.tcp_backend()
    proxy = lab.proxy(http("/", backend.port), tcp(session.port, listen=free_port()), settings={"drain_tunnels": "50ms"})
    client, other = lab.client(proxy.urls[0][2]), lab.client(proxy.urls[1][2])
    client.send(b"GET /late HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
    backend.wait_requests(1)
    proxy.signal(signal.SIGTERM)
    other.expect_closed()  # their time is over
    go.set()
    client.expect_closed()
    assert proxy.wait_exit(timeout=5) == 0
