#!/usr/bin/env python3
"""What several workers cost and how evenly they are loaded; docs/PERFORMANCE.md quotes it.

    tests/bench/workers.py instructions [PROGRAM]    per request under callgrind, with 1, 2 and 4 workers (a minute)
    tests/bench/workers.py spread [PROGRAM]          long connections per worker and what each of two computes (a minute)

Instructions are counted twice, for few and for many requests: the difference is what requests cost, without the start.
"""
import contextlib
import multiprocessing
import os
import pathlib
import re
import selectors
import signal
import socket
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONNECTIONS = 64
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello world\n"
REQUEST = b"GET /path?q=1 HTTP/1.1\r\nHost: x.localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"


def serve(listener):
    """The upstream: answers whatever ends in an empty line."""
    with selectors.DefaultSelector() as selector:
        selector.register(listener, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is listener:
                    selector.register(listener.accept()[0], selectors.EVENT_READ)
                    continue
                request = key.fileobj.recv(65536)
                if request:
                    key.fileobj.send(ANSWER * request.count(b"\r\n\r\n"))
                else:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()


class Program:
    def __init__(self, program, port, workers, folder, wrapper=()):
        config = pathlib.Path(folder) / "bench.yaml"
        config.write_text("settings: {access_log: 'off'}\n---\nname: bench\nspec:\n  - kind: http\n    listen: 0\n    path: /\n"
                          f"    targets: [{{host: 127.0.0.1, port: {port}}}]\n")
        self.process = subprocess.Popen([*wrapper, program, "--config", str(config), "--workers", str(workers)],
                                        stderr=subprocess.PIPE, text=True)
        self.said = ""
        while " ready in " not in self.said:
            line = self.process.stderr.readline()
            assert line, self.said
            self.said += line
        self.port = int(re.search(r"http://\S+:(\d+) ", self.said)[1])

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        if failed:
            self.process.kill()
            self.process.wait()
        else:
            self.stop()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.said += self.process.communicate(timeout=60)[1]
        assert self.process.returncode == 0, self.said

    def thread_ns(self):
        threads = os.listdir(f"/proc/{self.process.pid}/task")
        return {thread: int(pathlib.Path(f"/proc/{self.process.pid}/task/{thread}/schedstat").read_text().split()[0])
                for thread in threads}

    def watched(self):
        """How many sockets of connected clients each worker's event queue watches."""
        proc = pathlib.Path(f"/proc/{self.process.pid}")
        links = {}
        for fd in (proc / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # an upstream connection more than stay idle: closed meanwhile
                links[int(fd.name)] = os.readlink(fd)
        ours = {f"socket:[{words[9]}]" for words in map(str.split, (proc / "net/tcp").read_text().splitlines()[1:])
                if words[3] == "01" and int(words[1].split(":")[1], 16) == self.port}
        queues = [fd for fd, link in links.items() if link == "anon_inode:[eventpoll]"]
        return [sum(links.get(int(fd)) in ours for fd in re.findall(r"tfd:\s*(\d+)", (proc / f"fdinfo/{queue}").read_text()))
                for queue in queues]


def connect(port, count):
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(count)]
    exchange(clients, 1)
    return clients


def exchange(clients, rounds):
    for _ in range(rounds):
        for client in clients:
            client.send(REQUEST)
        for client in clients:
            got = b""
            while not got.endswith(b"hello world\n"):
                piece = client.recv(65536)
                assert piece, got
                got += piece


def instructions(program, port, folder):
    def count(workers, rounds):
        out = pathlib.Path(folder) / "callgrind.out"
        wrapper = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"]
        with Program(program, port, workers, folder, wrapper) as running:
            clients = connect(running.port, CONNECTIONS)
            exchange(clients, rounds)
            for client in clients:
                client.close()
        return int(re.search(r"Collected : (\d+)", running.said)[1])
    few, many = 20, 120
    one = None
    for workers in (1, 2, 4):
        runs = [(count(workers, many) - count(workers, few)) / ((many - few) * CONNECTIONS) for _ in range(3)]
        per_request = statistics.median(runs)
        one = one or per_request
        print(f"{workers} workers: {per_request:7.0f} instructions per request ({min(runs):.0f}..{max(runs):.0f}), "
              f"{per_request / one - 1:+.1%}")


def spread(program, port, folder):
    for connections in (2, 8, 64, 256):
        shares, work = [], []
        for _ in range(10):
            with Program(program, port, 2, folder) as running:
                clients = connect(running.port, connections)
                shares.append(max(running.watched()) / connections)
                before = running.thread_ns()
                exchange(clients, max(2, 2048 // connections))
                spent = sorted((running.thread_ns()[thread] - ns for thread, ns in before.items()), reverse=True)[:2]
                work.append(spent[0] / sum(spent))
                for client in clients:
                    client.close()
        print(f"{connections:5} connections: the busier of two workers has {statistics.median(shares):.0%} of them "
              f"(at most {max(shares):.0%}), computes {statistics.median(work):.0%} (at most {max(work):.0%})", flush=True)


def main():
    measure = {"instructions": instructions, "spread": spread}.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if not measure:
        sys.exit(__doc__)
    program = str(pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "build" / "liteginx").resolve())
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    upstream = multiprocessing.Process(target=serve, args=(listener,), daemon=True)
    upstream.start()
    with tempfile.TemporaryDirectory() as folder:
        measure(program, listener.getsockname()[1], folder)
    upstream.terminate()


if __name__ == "__main__":
    main()
