"""An upstream that is restarted: requests wait for it instead of failing (BEHAVIOUR: Hold; issue 2, section 4)."""
import collections
import json
import re
import subprocess
import sys
import threading
import time

import pytest
from harness import LIMIT, SANITIZED, Client, free_port, http, refusing_port

HOST = b"Host: t.localhost\r\n"


def post(client, target, body=b"x"):
    client.send(b"POST %s HTTP/1.1\r\n" % target.encode() + HOST + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def test_requests_wait_in_order_and_are_served_when_upstream_comes(lab):
    backend = lab.backend(listening=False)
    proxy = lab.proxy(http("/", backend.port, hold="10s"))
    clients = [lab.client(proxy) for _ in range(5)]
    for number, client in enumerate(clients):
        (post(client, f"/{number}") if number % 2 else client.send(f"GET /{number} HTTP/1.1\r\nHost: x\r\n\r\n"))
        if number == 0:
            proxy.wait_held(backend.port)
        assert client.is_silent(0.05)  # it is on hold before the next one is sent
    backend.start()
    assert [client.response().status for client in clients] == [200] * 5
    lines = proxy.err.lines[proxy.banner_lines:]
    assert len(lines) <= 3, "one line says who waits, one that it is over, not one each:\n" + "\n".join(lines)


def test_body_is_unread_during_hold_and_then_arrives_whole(lab):
    backend = lab.backend(listening=False)
    proxy = lab.proxy(http("/", backend.port, hold="10s"))
    client = lab.client(proxy)
    body = b"0123456789abcdef" * (1 << 20)  # 16 MiB
    before = proxy.resident_kib()
    sender = threading.Thread(target=post, args=(client, "/up", body), daemon=True)
    sender.start()
    proxy.wait_held(backend.port)
    grown = proxy.resident_kib() - before
    assert SANITIZED or grown < 4096, f"{grown} KiB more while the body should stay unread"
    backend.start()
    assert client.response().status == 200
    sender.join(LIMIT)
    assert backend.request.body == body


def test_hold_runs_out_with_502(lab):
    port = lab.keep(refusing_port()).port
    proxy = lab.proxy(http("/", port, hold="700ms"))
    client = lab.client(proxy)
    started = time.monotonic()
    response = client.get("/")
    took = time.monotonic() - started
    assert response.status == 502 and 0.6 < took < 8
    assert f"127.0.0.1:{port}" in response.text


def test_hold_of_zero_is_502_at_once(lab):
    client = lab.client(lab.proxy(http("/", lab.keep(refusing_port()).port, hold="0s")))
    started = time.monotonic()
    assert client.get("/").status == 502
    assert time.monotonic() - started < 8


def test_hold_of_the_settings_is_the_default(lab):
    port = lab.keep(refusing_port()).port
    client = lab.client(lab.proxy(http("/", port), settings={"hold": "500ms"}))
    started = time.monotonic()
    assert client.get("/").status == 502
    assert 0.4 < time.monotonic() - started < 8


def test_one_line_when_it_begins_one_when_it_is_over(lab):
    backend = lab.backend(listening=False)
    proxy = lab.proxy(http("/", backend.port))
    clients = [lab.client(proxy) for _ in range(3)]
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    proxy.wait_held(backend.port)
    backend.start()
    assert [client.response().status for client in clients] == [200] * 3
    proxy.err.wait_for(rf":{backend.port}\b", count=2, seen=proxy.banner_lines)
    proxy.stop()
    assert len([line for line in proxy.err.lines[proxy.banner_lines:] if f":{backend.port}" in line]) == 2


def test_probes_are_bounded(lab):
    """One probe per target and 100 ms, however many wait. A closed listener cannot count: a script that resets can."""
    backend = lab.backend(listening=False)
    proxy = lab.proxy(http("/", backend.port, hold="10s"))
    clients = [lab.client(proxy) for _ in range(20)]
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    proxy.wait_held(backend.port)
    started = time.monotonic()
    backend.start()
    backend.wait_connections(1)
    assert time.monotonic() - started < 3
    assert [client.response().status for client in clients] == [200] * 20


def test_all_targets_down_first_to_come_serves(lab):
    first, second = lab.backend(listening=False), lab.backend(listening=False)
    proxy = lab.proxy(http("/", [first.port, second.port], hold="10s"))
    client = lab.client(proxy)
    client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    proxy.err.wait_for(rf":({first.port}|{second.port})\b", seen=proxy.banner_lines)
    second.start()
    assert client.response().status == 200
    assert len(second.requests) == 1


def test_get_on_a_dying_connection_waits_for_the_restart_and_post_does_not(lab):
    """GET: no response byte yet, upstream dies and refuses: retried, held, 200. POST: sent already: one 502."""
    first_life = threading.Event()
    executed = collections.Counter()

    def script(connection):
        while True:
            request = connection.request()
            executed[request.method + " " + request.target] += 1
            if not first_life.is_set():
                connection.wait_end()  # until the kill
                return
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port, hold="10s"))
    getter, poster, late = lab.client(proxy), lab.client(proxy), lab.client(proxy)
    getter.send(b"GET /get HTTP/1.1\r\n" + HOST + b"\r\n")
    post(poster, "/post")
    backend.wait_requests(2)
    backend.stop()
    first_life.set()
    assert poster.response().status == 502
    post(late, "/late")
    proxy.wait_held(backend.port)
    assert late.is_silent(0.2) and getter.is_silent(0.05)
    backend.start()
    assert getter.response().status == 200
    assert late.response().status == 200
    assert executed == {"GET /get": 2, "POST /post": 1, "POST /late": 1}


# A process of its own, since only a real kill closes connections before the listener, in no time.
PROCESS = """
import os, socket, sys, threading
def serve(connection):
    while connection.recv(65536):
        if sys.argv[2] == "hang":
            os.write(1, b"asked\\n")
        else:
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.listen(128)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""


def upstream_process(port, mode):
    process = subprocess.Popen([sys.executable, "-c", PROCESS, str(port), mode], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def test_every_get_in_flight_survives_a_real_kill(lab):
    """The connections of a killed process die a moment before its listener. What connects in that moment dies too."""
    port = free_port()
    proxy = lab.proxy(http("/", port))
    clients = [lab.client(proxy) for _ in range(8)]
    for _ in range(12):
        process = upstream_process(port, "hang")
        try:
            for client in clients:
                client.send(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
            assert [process.stdout.readline() for _ in clients] == ["asked\n"] * 8
            process.kill()
            process.wait()
            process = upstream_process(port, "answer")
            assert [client.response().status for client in clients] == [200] * 8
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def test_kill_and_restart_under_a_steady_stream(lab):
    """2 s without upstream while GETs and POSTs arrive: nothing fails but the POSTs that were already sent, and those
    are executed once."""
    executed, answered = collections.Counter(), collections.Counter()
    lock = threading.Lock()

    def script(connection):
        while True:
            request = connection.request()
            with lock:
                executed[request.target] += 1
            if request.method == "POST" and request.target.endswith("/caught"):
                connection.wait_end()
                return
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    backend = lab.backend(script)
    proxy = lab.proxy(http("/", backend.port))  # the default hold: 10s
    stop, results, failures = threading.Event(), [], []

    def stream(name, method):
        client = Client(proxy.port, timeout=LIMIT)
        number = 0
        try:
            while not stop.is_set():
                number += 1
                target = f"/{name}/{number}"
                response = client.request(method, target, body=b"b" if method == "POST" else None)
                with lock:
                    results.append((method, target, response.status))
                    answered[target] += 1
        except Exception as error:
            failures.append(f"{name} {number}: {error!r}")
        finally:
            client.close()

    def count(at_least):
        deadline = time.monotonic() + LIMIT
        while len(results) < at_least:
            assert time.monotonic() < deadline and not failures, (len(results), failures)
            stop.wait(0.01)
    caught = [lab.client(proxy) for _ in range(3)]
    threads = [threading.Thread(target=stream, args=(f"{method}{number}", method), daemon=True)
               for number in range(3) for method in ("GET", "POST")]
    for thread in threads:
        thread.start()
    count(60)
    for number, client in enumerate(caught):
        post(client, f"/{number}/caught")
    deadline = time.monotonic() + LIMIT
    while any(executed[f"/{number}/caught"] == 0 for number in range(3)):
        assert time.monotonic() < deadline
        stop.wait(0.01)
    backend.stop()
    down = time.monotonic()
    assert [client.response().status for client in caught] == [502] * 3
    new = [lab.client(proxy) for _ in range(4)]  # requests that arrive while it is down
    for number, client in enumerate(new):
        post(client, f"/new/{number}") if number % 2 else client.send(b"GET /new/%d HTTP/1.1\r\n" % number + HOST + b"\r\n")
    assert not stop.wait(max(0, 2 - (time.monotonic() - down)))
    before = len(results)
    backend.start()
    assert [client.response().status for client in new] == [200] * 4
    count(before + 60)
    stop.set()
    for thread in threads:
        thread.join(LIMIT)
    assert failures == []
    bad = [result for result in results if result[2] != 200]
    # A POST of the stream may have been on its way when the process died: one 502 each at most, executed once at most.
    assert all(method == "POST" and status == 502 for method, _, status in bad), bad
    assert len(bad) <= 3
    assert all(executed[target] <= 1 for method, target, _ in results if method == "POST")
    assert all(executed[target] == 1 for method, target, status in results if method == "POST" and status == 200)
    assert [executed[f"/{number}/caught"] for number in range(3)] == [1, 1, 1]


def test_request_that_was_connected_may_wait_anew(lab):
    """It has waited for its target, has run for longer than `hold`, and meets the next restart with all of its time."""
    def script(connection):
        connection.request()
        if len(backend.requests) == 1:
            time.sleep(0.8)
            backend.close_listener()  # and the connection ends: a restart
        else:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    backend = lab.backend(script, listening=False)
    proxy = lab.proxy(http("/", backend.port, hold="700ms"), settings={"access_log": "json"})
    client = lab.client(proxy)
    client.send(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
    proxy.wait_held(backend.port)
    backend.start()
    backend.wait_requests(1)
    proxy.err.wait_for("is down", count=2)
    time.sleep(0.2)
    backend.start()
    assert client.response().body == b"ok"
    held_ms = json.loads(proxy.log.wait_for("/long").string)["held_ms"]
    assert 250 < held_ms < 900, "both waits, and nothing of what lay between"


@pytest.mark.parametrize("target, reason", [("127.0.0.1", "cannot be reached (connection refused), waited for 50"),
                                            ("nowhere.invalid", "has no address (unknown node or service), waited for 5")])
def test_who_joins_those_who_wait_is_told_the_same(lab, target, reason):
    """A page that loads ten things from a target that is down: the first tries it, the others wait with it."""
    port = lab.keep(refusing_port()).port
    proxy = lab.proxy(http("/", {"host": target, "port": port}, hold="500ms"))
    clients = [lab.client(proxy) for _ in range(3)]
    for client in clients:
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    for client in clients:
        answer = client.response()
        assert answer.status == 502 and f"{target}:{port} of test-ingress" in answer.text and reason in answer.text, answer.text
    proxy.log.wait_for(rf"→ {target}:{port} .*{re.escape(reason)}", count=3)
