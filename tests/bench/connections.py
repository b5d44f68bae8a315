#!/usr/bin/env python3
"""What connections cost that rest: memory of the program, and of the kernel for their sockets (Linux; the kernel's part needs
root, since it is read from /proc/slabinfo, and a machine on which little else happens).

    tests/bench/connections.py [--connections N] [--program PROGRAM]

HTTP connections have had one answer each and are idle. Of a TCP session both connections rest, after one byte there and
back. By itself liteginx takes half as many connections as it may have descriptors: so many are opened.
"""
import argparse
import pathlib
import re
import resource
import socket
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests" / "bench"))
from proxies import ORIGIN_HTTP, ORIGIN_TCP, Program, answers, liteginx_command  # noqa: E402

HTTP_PORT, TCP_PORT = 22190, 22191
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
SOCKET_CACHES = {"TCP", "sock_inode_cache", "filp", "dentry", "eventpoll_epi", "eventpoll_pwq", "ep_epi"}
IP_BIND_ADDRESS_NO_PORT = 24
SPREAD = 20000  # connections from one source address: its ports are not endless


def slabs():
    """Bytes in use by cache of the kernel; empty where they may not be read."""
    try:
        text = pathlib.Path("/proc/slabinfo").read_text()
    except OSError:
        return {}
    return {name: int(active) * int(size) for name, active, size in re.findall(r"^(\S+) +(\d+) +\d+ +(\d+)", text, re.M)
            if name in SOCKET_CACHES}


def resident_bytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


def connect(number, port, ask, whole):
    sock = socket.socket()
    sock.settimeout(10)
    sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)  # connect() finds a port faster
    sock.bind((f"127.0.0.{2 + number // SPREAD}", 0))
    sock.connect(("127.0.0.1", port))
    sock.sendall(ask)
    got = b""
    while not got.endswith(whole):
        piece = sock.recv(4096)
        assert piece, "closed"
        got += piece
    return sock


def measure(name, program, count, port, ask, whole, ends):
    first = connect(0, port, ask, whole)
    time.sleep(0.2)
    before, kernel, start = resident_bytes(program.process.pid), slabs(), time.monotonic()
    held = [connect(number, port, ask, whole) for number in range(count)]
    took = time.monotonic() - start
    grown, after = resident_bytes(program.process.pid) - before, slabs()
    print(f"{name}: {count:,} in {took:.1f} s ({count / took:,.0f}/s from one client in Python)")
    print(f"  program   {grown / count:8,.0f} bytes each, {resident_bytes(program.process.pid) / 2**20:.1f} MiB in all")
    for cache in sorted(after):
        print(f"  {cache:20} {(after[cache] - kernel[cache]) / count / ends:8,.0f} bytes per socket, {ends} sockets each")
    for sock in [first, *held]:
        sock.close()


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / "build" / "liteginx", type=pathlib.Path)
    parser.add_argument("--tools", default=ROOT / "build-test" / "tests" / "bench", type=pathlib.Path)
    parser.add_argument("--connections", default=max(100, min(hard, 1 << 20) // 2 - 500), type=int)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="liteginx-bench-") as name:
        folder = pathlib.Path(name)
        origin = Program([given.tools / "origin", ORIGIN_HTTP, ORIGIN_TCP], None, folder / "origin.log")
        line, _ = liteginx_command(folder, HTTP_PORT, TCP_PORT, given.program)
        program = Program(line, None, folder / "liteginx.log")
        try:
            if not answers(ORIGIN_HTTP) or not answers(HTTP_PORT):
                raise SystemExit("connections: it did not start: " + (folder / "liteginx.log").read_text())
            measure("HTTP, idle", program, given.connections, HTTP_PORT, GET, b"Hello, World\n", 2)
            time.sleep(1)
            measure("TCP, both sides", program, given.connections, TCP_PORT, b"x", b"x", 4)
        finally:
            program.stop()
            origin.stop()


if __name__ == "__main__":
    main()
