#!/usr/bin/env python3
"""A static program for Linux needs nothing of a system: it serves in a root that holds nothing but itself and its
configuration, and there it finds names as docs/SYSTEMS.md tells.

    tests/house/alone_check.py PROGRAM        as root, or in namespaces of its own: unshare -rn tests/house/alone_check.py …
"""
import contextlib
import fcntl
import os
import pathlib
import shutil
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
import time

LIMIT = 20.0
NAME_SERVER = "127.0.0.153"
HOSTS = "127.0.0.1 in-hosts.test\n"
RESOLV = f"nameserver {NAME_SERVER}\n"
NSSWITCH = "hosts: dns\n"

# what is tried: (what is in /etc, host of the target)
TRIALS = {
    "no /etc, an address": ({}, "127.0.0.1"),
    "no /etc, localhost": ({}, "localhost"),
    "hosts": ({"hosts": HOSTS}, "in-hosts.test"),
    "hosts beside resolv.conf": ({"hosts": HOSTS, "resolv.conf": RESOLV}, "in-hosts.test"),
    "a name server in resolv.conf": ({"resolv.conf": RESOLV}, "in-dns.test"),
    "hosts though nsswitch.conf does not name it": ({"hosts": HOSTS, "nsswitch.conf": NSSWITCH}, "in-hosts.test"),
}


def raise_loopback():
    """A new network namespace begins with its loopback down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket, contextlib.suppress(PermissionError):
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING


class Upstream(socketserver.StreamRequestHandler):
    def handle(self):
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nfound")


class Names(socketserver.BaseRequestHandler):
    """A name server that knows in-dns.test, an IPv4 address of it, and nothing else (RFC 1035, 4.1)."""

    def handle(self):
        query, answering = self.request
        end = query.index(0, 12) + 5
        question, kind = query[12:end], query[end - 4:end - 2]
        known = question.lower().startswith(b"\x06in-dns\x04test\x00")
        records = b""
        if known and kind == b"\x00\x01":
            records = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x7f\x00\x00\x01"
        flags = b"\x81\x80" if known else b"\x81\x83"
        head = query[:2] + flags + struct.pack(">4H", 1, 1 if records else 0, 0, 0)
        answering.sendto(head + question + records, self.client_address)


@contextlib.contextmanager
def serving(kind, address, handler):
    with kind(address, handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def fill(root, program, etc, host, port, listen):
    shutil.copy(program, root / "liteginx")
    (root / "config").mkdir()
    (root / "config" / "alone.yaml").write_text(
        f"name: alone\nspec:\n  - kind: http\n    listen: {listen}\n    path: /\n"
        f"    targets:\n      - host: {host}\n        port: {port}\n")
    for name, text in etc.items():
        (root / "etc").mkdir(exist_ok=True)
        (root / "etc" / name).write_text(text)


def ask(port):
    with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    return answer


def trial(program, etc, host, upstream):
    """What went wrong, or None."""
    listen = free_port()
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        fill(root, program, etc, host, upstream, listen)

        def enter():
            os.chroot(root)
            os.chdir("/")

        with open(root / "log", "wb") as log, subprocess.Popen(
                ["/liteginx", "--config", "/config"], preexec_fn=enter, env={}, stdin=subprocess.PIPE, stdout=log,
                stderr=log) as running:
            try:
                deadline = time.monotonic() + LIMIT
                while b" ready in " not in (root / "log").read_bytes():
                    if running.poll() is not None or time.monotonic() > deadline:
                        return "it does not start: " + (root / "log").read_text(errors="replace")
                    time.sleep(0.02)
                answer = ask(listen)
                if not (answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\nfound")):
                    return f"its answer is {answer!r}\n" + (root / "log").read_text(errors="replace")
            finally:
                running.terminate()
                status = running.wait(LIMIT)
        return None if status == 0 else f"it ends with status {status}"


def main(program):
    failed = 0
    raise_loopback()
    with serving(socketserver.ThreadingTCPServer, ("127.0.0.1", 0), Upstream) as upstream, \
            serving(socketserver.ThreadingUDPServer, (NAME_SERVER, 53), Names):
        for name, (etc, host) in TRIALS.items():
            wrong = trial(program, etc, host, upstream)
            failed += wrong is not None
            print(f"{name}: {wrong or 'ok'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
