"""Pooled connections closed just as they are reused, a thousand times each way: a GET is sent again, a POST takes a fresh
connection in the first place, each is executed once, and neither descriptors nor memory are lost."""
import itertools
import threading

import pytest
from harness import LIMIT, SANITIZED, Leaks, http
from harness.client import Client
from harness.failing import OK

AT_ONCE = 100


class Pooled:
    """Clients that keep a connection to the target warm each, until the target ends them all as they are asked again."""

    def __init__(self, lab, how):
        self.how, self.numbers = how, itertools.count()
        self.warm = threading.Barrier(AT_ONCE)  # as many connections as clients: no answer before all have asked
        self.backend = lab.backend(self._script, backlog=1024)
        self.leaks = Leaks(lab.folder)
        self.proxy = lab.proxy(http("/", self.backend.port), env=self.leaks.env, workers=1,
                               settings={"access_log": "off", "upstream_idle": 1000})
        self.leaks.watch(self.proxy)

    def _script(self, connection):
        connection.left = threading.Event()
        while connection.request().target != "/warm":
            connection.send(OK)
        self.warm.wait(LIMIT)
        connection.send(OK)
        connection.left.wait(LIMIT)  # not in recv(), which would keep the socket open

    def times(self, count):
        clients = [Client(self.proxy.port) for _ in range(AT_ONCE)]
        for _ in range(count // AT_ONCE):
            self._once(clients)
        self._end_all("close")
        for client in clients:
            client.reset()

    def _end_all(self, how):
        """All connections to the target; their scripts end then, too."""
        connections, self.backend.connections = self.backend.connections, []
        for connection in connections:
            connection.reset() if how == "reset" else connection.close()
            connection.left.set()

    def _once(self, clients):
        for client in clients:
            client.send(b"GET /warm HTTP/1.1\r\nHost: x\r\n\r\n")
        assert all(client.response().status == 200 for client in clients)
        self.backend.requests, asked = [], {}
        assert len(self.backend.connections) >= AT_ONCE
        with self.proxy.paused():
            for client, method in zip(clients, itertools.cycle(["GET", "POST"])):
                target = f"/{next(self.numbers)}"
                asked[client] = f"{method} {target}"
                client.send(f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            self._end_all(self.how)
        assert [client.response(ask.split(" ")[0]).status for client, ask in asked.items()] == [200] * AT_ONCE
        executed = [f"{request.method} {request.target}" for request in self.backend.requests]
        assert sorted(executed) == sorted(asked.values())


@pytest.mark.parametrize("how", ["close", "reset"])
def test_nothing_leaks(lab, how):
    pooled = Pooled(lab, how)
    times = AT_ONCE if SANITIZED else 2000  # half of them GET, half of them POST
    pooled.times(times)
    pooled.leaks.none(lambda: pooled.times(times))
