"""Several workers come to their end together (BEHAVIOUR: Command line)."""
import pathlib
import re
import signal
import threading
import time

import pytest
from harness import LIMIT, CutShort, http

ASK = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
COUNT = 16
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def busy(lab, **settings):
    """Two workers, both with requests in flight, which end when `go` is set, and with idle connections."""
    go = threading.Event()

    def reply(request):
        assert request.target != "/slow" or go.wait(LIMIT)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    backend = lab.backend(reply=reply)
    proxy = lab.proxy(http("/", backend.port), settings=settings, workers=2)
    clients, idle = ([lab.client(proxy) for _ in range(COUNT)] for _ in range(2))
    assert [client.get("/").status for client in clients + idle] == [200] * 2 * COUNT
    for group in (clients, idle):
        assert all(proxy.dealt(group)), "each worker serves some"
    for client in clients:
        client.send(ASK)
    backend.wait_requests(3 * COUNT)
    return proxy, clients, idle, go


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_all_requests_in_flight_finish(lab, number):
    proxy, clients, idle, go = busy(lab)
    proxy.signal(number)
    for client in idle:
        client.expect_end()
    with pytest.raises(ConnectionRefusedError):
        for _ in range(1000):
            lab.client(proxy).close()
    assert re_stopping(proxy) == COUNT
    go.set()
    for client in clients:
        response = client.response()
        assert (response.body, response.get("Connection")) == (b"ok", "close")
        client.expect_end()
    assert proxy.wait_exit() == 0
    proxy.log.wait_for("/slow 200", count=COUNT)


def re_stopping(proxy):
    """How many are still open, as the program says it."""
    return int(proxy.err.wait_for(r"stopping: (\d+) open connection").group(1))


def test_idle_workers_stop_at_once(lab):
    proxy = lab.proxy(http("/", lab.backend().port), workers=4)
    started = time.monotonic()
    proxy.signal(signal.SIGTERM)
    assert proxy.wait_exit() == 0
    assert time.monotonic() - started < 8


def test_only_the_first_thread_takes_signals(lab):
    proxy = lab.proxy(http("/", lab.backend().port), workers=3)
    blocked = {}
    for status in pathlib.Path(f"/proc/{proxy.pid}/task").glob("*/status"):
        mask = int(re.search(r"^SigBlk:\s*(\w+)", status.read_text(), re.MULTILINE).group(1), 16)
        blocked[int(status.parent.name)] = [bool(mask >> (number - 1) & 1) for number in STOPPING]
    assert blocked.pop(proxy.pid) == [False] * len(STOPPING)
    assert len(blocked) >= 3 and all(all(each) for each in blocked.values()), blocked


def test_one_busy_worker_is_waited_for(lab):
    proxy, clients, _, go = busy(lab)
    first, second = proxy.dealt(clients)
    for client in second:
        client.reset()
    proxy.signal(signal.SIGTERM)
    assert re_stopping(proxy) == len(first)
    go.set()
    assert [client.response().status for client in first] == [200] * len(first)
    assert proxy.wait_exit() == 0


def test_what_is_left_after_drain_is_cut_everywhere(lab):
    proxy, clients, _, go = busy(lab, drain="300ms")
    started = time.monotonic()
    proxy.signal(signal.SIGTERM)
    assert proxy.wait_exit() == 0
    assert 0.25 < time.monotonic() - started < 8
    for client in clients:
        client.expect_closed()
    proxy.err.wait_for(f"cutting {COUNT} connections")
    go.set()


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_second_signal_stops_both_at_once(lab, second):
    proxy, clients, idle, go = busy(lab)
    proxy.signal(signal.SIGTERM)
    for client in idle:
        client.expect_end()
    started = time.monotonic()
    proxy.signal(second)
    assert proxy.wait_exit() == 130
    assert time.monotonic() - started < 8
    for client in clients:
        client.expect_closed()
    go.set()


def test_two_signals_in_one_moment(lab):
    proxy, _, _, go = busy(lab)
    with proxy.paused():
        proxy.signal(signal.SIGTERM)
        proxy.signal(signal.SIGINT)
    assert proxy.wait_exit() == 130
    go.set()


@pytest.mark.parametrize("pause_ms", range(0, 40, 8))
def test_stop_under_load(lab, pause_ms):
    """Clients that come and go on both workers while it stops: no answer is cut short, it ends with 0."""
    proxy = lab.proxy(http("/", lab.backend().port), settings={"access_log": "off"}, workers=2)
    over, statuses, pieces = threading.Event(), [], []

    def load():
        while not over.is_set():
            try:
                client = lab.client(proxy)
            except OSError:  # it listens no more
                continue
            try:
                statuses.append(client.get("/").status)
            except (OSError, CutShort):  # closed before the request was seen
                pieces.append(bytes(client.received))
            client.close()
    threads = [threading.Thread(target=load, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.05 + pause_ms / 1000)  # not to synchronise: to stop at various moments
    proxy.signal(signal.SIGTERM)
    assert proxy.wait_exit() == 0
    over.set()
    for thread in threads:
        thread.join(LIMIT)
    assert statuses and set(statuses) == {200} and not any(pieces)
