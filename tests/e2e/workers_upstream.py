"""What several workers know of their targets together (BEHAVIOUR: Upstreams)."""
import threading
import time

from harness import LIMIT, SANITIZED, http

A = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
B = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb"
ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def on_both(lab, proxy, count=16):
    """Idle connections of which each worker serves some, by worker."""
    clients = [lab.client(proxy) for _ in range(count)]
    assert [client.get("/ready").status for client in clients] == [200] * count
    workers = proxy.dealt(clients)
    assert len(workers) == 2 and all(workers)
    return workers


def lines_about(proxy, backend):
    return [line for line in proxy.err.lines[proxy.banner_lines:] if f":{backend.port}" in line]


def test_hold_on_both_says_it_once(lab):
    ready, backend = lab.backend(), lab.backend(listening=False)
    proxy = lab.proxy(http("/ready", ready.port), http("/", backend.port, hold="10s"), workers=2)
    clients = sum(on_both(lab, proxy), [])
    for client in clients:
        client.send(ASK)
    proxy.wait_held(backend.port)
    assert all(client.is_silent(0.01) for client in clients)
    backend.start()
    assert [client.response().status for client in clients] == [200] * len(clients)
    proxy.err.wait_for(rf":{backend.port} is up after \S+ s: {len(clients)} waited")
    proxy.stop()
    assert len(lines_about(proxy, backend)) == 2


def test_hold_that_runs_out_on_both_says_it_once(lab):
    ready, backend = lab.backend(), lab.backend(listening=False)
    proxy = lab.proxy(http("/ready", ready.port), http("/", backend.port, hold="300ms"), workers=2)
    clients = sum(on_both(lab, proxy), [])
    for client in clients:
        client.send(ASK)
    assert [client.response().status for client in clients] == [502] * len(clients)
    proxy.err.wait_for("nobody waits for it any more")
    assert len([line for line in lines_about(proxy, backend) if "nobody waits" in line]) == 1
    assert len([line for line in lines_about(proxy, backend) if "is down" in line]) == 1


def test_a_target_rests_for_all(lab):
    """One worker finds the target down; the other one passes it over without a try of its own."""
    ready, first, second = lab.backend(), lab.backend(reply=A, listening=False), lab.backend(reply=B)
    proxy = lab.proxy(http("/ready", ready.port), http("/", [first.port, second.port]), workers=2)
    (one, *_), others = on_both(lab, proxy)
    assert [one.get("/").text for _ in range(2)] == ["b", "b"]
    first.start()
    rested = time.monotonic()
    while time.monotonic() - rested < 0.5:
        assert [client.get("/").text for client in others] == ["b"] * len(others)
    assert not first.connections
    deadline = time.monotonic() + LIMIT
    while others[0].get("/").text != "a":
        assert time.monotonic() < deadline, "never used again"
        others[0].is_silent(0.02)
    assert sorted(one.get("/").text for _ in range(4)) == ["a", "a", "b", "b"]


def test_load_on_both_while_targets_come_and_go(lab):
    """Targets die and come back under load on both workers: whatever happens, answers are whole and come from a target."""
    first, second = lab.backend(reply=A), lab.backend(reply=B)
    proxy = lab.proxy(http("/", [first.port, second.port]), settings={"access_log": "off"}, workers=2)
    over, texts, errors = threading.Event(), [], []

    def load():
        try:
            client = lab.client(proxy)
            while not over.is_set():
                response = client.get("/")
                texts.append(response.text if response.status == 200 else response.status)
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=load, daemon=True) for _ in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        for backend in (first, second):
            backend.stop()
            time.sleep(0.1)  # the load goes on meanwhile
            backend.start()
    over.set()
    for thread in threads:
        thread.join(LIMIT)
    assert not errors
    assert set(texts) <= {"a", "b", 502} and len(texts) > (50 if SANITIZED else 200)
