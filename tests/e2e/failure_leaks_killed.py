"""Targets killed with SIGKILL a thousand times while each serves requests at every stage: what was cut is visibly cut, a GET
goes to the target's next life, a POST is never sent twice, the next request is right, and neither descriptors nor memory are lost."""
import subprocess
import sys

import pytest
from harness import LIMIT, SANITIZED, CutShort, Leaks, http, refusing_port
from harness.client import Client

TARGETS = 25  # each a process of its own, all killed at a time

# Told "start", it makes the targets; told "kill", it kills them. A target answers at once what was asked of an earlier life of it.
KEEPER = r'''
import os, signal, socket, sys, threading
ports = [int(word) for word in sys.argv[1:]]

def serve(sock, life):
    got = b""
    while True:
        while b"\r\n\r\n" not in got:
            piece = sock.recv(65536)
            if not piece:
                return
            got += piece
        head, _, got = got.partition(b"\r\n\r\n")
        what, born = head.split(b" ")[1].split(b"/")[2:]
        if int(born) != life or what == b"whole":
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood")
            continue
        sock.sendall({b"before": b"", b"within": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
                      b"tunnel": b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"}[what])
        told.acquire()
        os.write(1, b"%s %d\n" % (what, life))
        told.release()

def target(port, life, ready):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    os.write(ready, b"x")
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, args=(sock, life)).start()

told, life, pids = threading.Lock(), 0, []
for line in sys.stdin:
    if line == "start\n":
        life += 1
        heard, ready = os.pipe()
        for port in ports:
            pids.append(os.fork())
            if pids[-1] == 0:
                target(port, life, ready)
        for _ in ports:
            os.read(heard, 1)
        os.close(heard), os.close(ready)
    else:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)
        pids = []
    os.write(1, b"done\n")
'''


class Mortals:
    """The targets, and what is asked of them."""

    def __init__(self, lab):
        held = [lab.keep(refusing_port()) for _ in range(TARGETS)]  # so that they are nobody else's between two lives
        self.ports, self.life = [port.port for port in held], 0
        self.keeper = subprocess.Popen([sys.executable, "-c", KEEPER, *map(str, self.ports)], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        self.leaks = Leaks(lab.folder)
        specs = [http(f"/{number}", port) for number, port in enumerate(self.ports)]
        self.proxy = lab.proxy(*specs, env=self.leaks.env, workers=1, settings={"access_log": "off"})
        self.leaks.watch(self.proxy)

    def tell(self, word):
        self.keeper.stdin.write(f"{word}\n".encode())
        self.keeper.stdin.flush()
        self.wait(1)

    def wait(self, lines):
        for _ in range(lines):
            assert self.keeper.stdout.readline()

    def die(self, times):
        for _ in range(times):
            self._die_once()

    def _die_once(self):
        self.tell("start")
        self.life += 1
        asked = {kind: [self._ask(kind, number) for number in range(TARGETS)] for kind in ("get", "post", "within", "tunnel")}
        self.wait(4 * TARGETS)  # all have got where they wait
        for client in asked["within"] + asked["tunnel"]:
            client.head = client.read_head()
        self.tell("kill")
        assert {client.response("POST").status for client in asked["post"]} == {502}
        for client in asked["within"]:
            with pytest.raises((CutShort, ConnectionResetError)):
                client.read_body(client.head, to_end=True)
        for client in asked["tunnel"]:
            assert client.head.start.startswith("HTTP/1.1 101 ")
            assert client.expect_closed() == b""
        self.tell("start")
        self.life += 1
        assert {client.response().body for client in asked["get"]} == {b"good"}  # sent again
        for number, client in enumerate(asked["get"]):
            assert client.get(f"/{number}/whole/{self.life}").body == b"good"
        self.tell("kill")
        for client in sum(asked.values(), []):
            client.reset()

    def _ask(self, kind, number):
        client = Client(self.proxy.port)
        method, what = ("POST" if kind == "post" else "GET"), {"get": "before", "post": "before"}.get(kind, kind)
        fields = "Connection: upgrade\r\nUpgrade: x\r\n" if kind == "tunnel" else ""
        client.send(f"{method} /{number}/{what}/{self.life} HTTP/1.1\r\nHost: x\r\n{fields}\r\n")
        return client

    def close(self):
        self.keeper.stdin.close()
        self.keeper.wait(LIMIT)


def test_nothing_leaks(lab):
    mortals = lab.keep(Mortals(lab))
    rounds = 2 if SANITIZED else 1000 // (2 * TARGETS)  # in each, every target dies twice
    mortals.die(rounds)
    mortals.leaks.none(lambda: mortals.die(rounds))
