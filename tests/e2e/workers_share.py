"""Several workers: who serves whom, and what they have in common (BEHAVIOUR: settings, Upstreams, Limits under load)."""
import json
import math
import os
import pathlib
import re
import selectors
import shlex
import subprocess

import pytest
from harness import LIMIT, free_port, http, run_program, tcp
from harness.settings import BINARY

PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def clients_on_both(lab, proxy, count=16):
    """Connections of which each worker serves some; one request each, so that they are accepted."""
    clients = [lab.client(proxy) for _ in range(count)]
    assert [client.get("/").status for client in clients] == [200] * count
    workers = proxy.dealt(clients)
    assert len(workers) == 2 and all(workers), workers
    return clients, workers


def thread_ns(proxy):
    """How long each thread has computed."""
    found = {}
    for thread in os.listdir(f"/proc/{proxy.pid}/task"):
        with open(f"/proc/{proxy.pid}/task/{thread}/schedstat", encoding="ascii") as stat:
            found[thread] = int(stat.read().split()[0])
    return found


def test_64_connections_are_shared_fairly(lab):
    """The system deals them out by a hash: fewer than 12 of 64 for one of two happens once in two million times."""
    proxy = lab.proxy(http("/", lab.backend().port), settings={"access_log": "off"}, workers=2)
    clients, workers = clients_on_both(lab, proxy, 64)
    before = thread_ns(proxy)
    for _ in range(5):
        for client in clients:
            client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert [client.response().status for client in clients] == [200] * 64
    worked = sorted((thread_ns(proxy)[thread] - ns for thread, ns in before.items()), reverse=True)
    print("connections per worker:", [len(served) for served in workers],
          "requests per worker:", [6 * len(served) for served in workers],
          "ms per thread:", [round(ns / 1e6, 1) for ns in worked])
    assert proxy.dealt(clients) == workers, "a connection stays with its worker"
    assert sum(map(len, workers)) == 64 and min(map(len, workers)) >= 12
    assert worked[1] > worked[0] / 10, "two threads have worked"


def processors():
    """What `auto` stands for where these tests run: in a container perhaps, of either version of cgroups."""
    most, told = PROCESSORS, pathlib.Path("/proc/self/cgroup")
    for line in told.read_text().splitlines() if told.is_file() else []:
        controllers, group = line.split(":", 2)[1:]
        folder = pathlib.Path("/sys/fs/cgroup/cpu" if controllers else "/sys/fs/cgroup", group.lstrip("/"))
        for each in [folder, *folder.parents] if "cpu" in controllers.split(",") or not controllers else []:
            files = ["cpu.cfs_quota_us", "cpu.cfs_period_us"] if controllers else ["cpu.max"]
            words = [word for name in files if (each / name).is_file() for word in (each / name).read_text().split()]
            if len(words) == 2 and words[0] not in ("-1", "max"):
                most = min(most, math.ceil(int(words[0]) / int(words[1])))
    return most


@pytest.mark.parametrize("in_file, option, count", [
    ("3", None, 3), ("3", "2", 2), ("auto", "4", 4), ("2", "1", 1), ("2", "auto", processors())])
def test_as_many_as_asked_for(lab, in_file, option, count):
    """The option wins over the file."""
    proxy = lab.proxy(http("/", lab.backend().port), settings={"workers": in_file}, workers=option or in_file)
    assert len(proxy.dealt([])) == count
    assert lab.client(proxy).get("/").status == 200


@pytest.mark.parametrize("quota_ms, count", [(None, PROCESSORS), (50, 1), (100, 1), (101, min(2, PROCESSORS))])
def test_auto_follows_the_limit_of_a_container(lab, monkeypatch, quota_ms, count):
    """Both versions' files say so, mounted over the real ones for this process alone."""
    groups = lab.folder / "cgroup"
    (groups / "cpu").mkdir(parents=True)
    (groups / "cpu.max").write_text(f"{quota_ms * 1000 if quota_ms else 'max'} 100000\n")
    (groups / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota_ms * 1000 if quota_ms else -1}\n")
    (groups / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    inside = ["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount --bind "$0" /sys/fs/cgroup && exec "$@"', str(groups)]
    try:
        subprocess.run([*inside, "true"], check=True, capture_output=True)
    except OSError as error:
        pytest.skip(f"nothing can be mounted: {error}")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"nothing can be mounted here by this user: {error.stderr.decode(errors='replace').strip()}")
    program = lab.folder / "liteginx"
    program.write_text(f'#!/bin/sh\nexec {shlex.join([*inside, str(BINARY)])} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setattr("harness.proxy.BINARY", program)
    proxy = lab.proxy(http("/", lab.backend().port), workers="auto")
    assert len(proxy.dealt([])) == count
    assert lab.client(proxy).get("/").status == 200


def test_wrong_number_is_wrong_usage(tmp_path):
    done = run_program("--workers", "0", "--config", tmp_path)
    assert done.returncode == 2 and "--workers takes auto or 1..1024, not '0'" in done.stderr


@pytest.mark.parametrize("first, second", [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_second_program_on_the_port_is_refused(lab, first, second):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), workers=first)
    other = lab.proxy(http("/", backend.port, listen=proxy.port), workers=second, wait=False)
    assert other.wait_exit() == 1
    assert re.search(rf"error: cannot listen on 127\.0\.0\.1:{proxy.port}: \S+ \(process {proxy.pid}\) listens there already",
                     other.err.text)
    assert [lab.client(proxy).get("/").status for _ in range(8)] == [200] * 8


def test_port_is_free_again_at_once(lab):
    backend = lab.backend()
    proxy = lab.proxy(http("/", backend.port), workers=2)
    clients_on_both(lab, proxy)
    proxy.stop()
    again = lab.proxy(http("/", backend.port, listen=proxy.port), workers=2)
    assert lab.client(again).get("/").status == 200


def test_round_robin_has_one_order_over_all(lab):
    backends = [lab.backend(reply=b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + name) for name in (b"a", b"b", b"c")]
    proxy = lab.proxy(http("/", [backend.port for backend in backends]), workers=2)
    clients, _ = clients_on_both(lab, proxy, 18)
    assert "".join(client.get("/").text for client in clients) == "abc" * 6


def test_max_connections_is_for_all_together(lab):
    """Four at a time, whichever worker they belong to; each that leaves lets one in."""
    proxy = lab.proxy(http("/", lab.backend().port), settings={"max_connections": 4}, workers=2)
    waiting = [lab.client(proxy) for _ in range(32)]
    for client in waiting:
        client.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    with selectors.DefaultSelector() as selector:
        for client in waiting:
            selector.register(client.sock, selectors.EVENT_READ, client)
        inside = []
        while selector.get_map():
            ready = selector.select(LIMIT)
            assert ready, "somebody waits although there is room"
            for key, _ in ready:
                selector.unregister(key.fileobj)
                inside.append(key.data)
                assert key.data.response().status == 200
            assert len(inside) <= 4
            if len(inside) == 4:
                assert not selector.select(0.02), "a fifth one is served"
                inside.pop(0).reset()


def test_sessions_and_requests_share_the_bound(lab):
    echo = lab.tcp_backend()
    http_port, tcp_port = free_port(), free_port()
    lab.proxy(http("/", lab.backend().port, listen=http_port), tcp(echo.port, listen=tcp_port),
              settings={"max_connections": 2}, workers=2)
    session, client = lab.client(tcp_port), lab.client(http_port)
    session.send(b"x")
    assert session.read_exact(1) == b"x" and client.get("/").status == 200
    late = [lab.client(port) for port in (http_port, tcp_port) * 4]
    assert all(one.is_silent(0.02) for one in late)
    session.reset()
    client.reset()
    for one in late:
        one.reset()
    assert lab.client(http_port).get("/").status == 200


def test_ids_in_the_log_are_given_once(lab):
    proxy = lab.proxy(http("/", lab.backend().port), settings={"access_log": "json"}, workers=2)
    clients, _ = clients_on_both(lab, proxy)
    assert [client.get("/").status for client in clients] == [200] * 16
    proxy.stop()
    ids = [json.loads(line)["id"] for line in proxy.log.lines]
    assert len(ids) == len(set(ids)) == 32
