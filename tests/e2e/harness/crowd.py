"""Two programs for the tests with thousands of connections, each one process with one epoll loop:

  crowd.py sink               a backend; says "port N", serves until its stdin ends
  crowd.py KIND PORT COUNT    slow clients; says "up" once all are there and keeps them busy as slowly as their kind is,
                              until a line comes on stdin, then does nothing; after a second line it says, as JSON, how
                              they ended and how long a client ever had to wait for its turn

KIND: silent (not a byte), head (half a head, a byte now and then), body (the same for a body), reader (an endless
response, taken slowly).
"""
import collections
import json
import resource
import select
import socket
import sys
import time

SLICES, SLICE_S = 20, 0.02  # in one round of 0.4 s each client has its turn once
SMALL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n"
PIECE = b"x" * 65536
STARTS = {
    "silent": b"",
    "head": b"GET /small HTTP/1.1\r\nHost: t.localhost\r\nX-Long: " + b"x" * 1500,
    "body": b"POST /slow HTTP/1.1\r\nHost: t.localhost\r\nContent-Length: 1000000\r\n\r\nx",
    "reader": b"GET /endless HTTP/1.1\r\nHost: t.localhost\r\n\r\n",
}


class Sink:
    """GET /endless gets a body without end, other GETs a small one; POSTs are read and never answered."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.listener.setblocking(False)
        self.poll = select.epoll()
        self.poll.register(self.listener, select.EPOLLIN)
        self.poll.register(0, select.EPOLLIN)
        self.connections = {}

    def serve(self):
        print("port", self.listener.getsockname()[1], flush=True)
        while True:
            for descriptor, events in self.poll.poll():
                if descriptor == 0:
                    return
                if descriptor == self.listener.fileno():
                    self.accept()
                else:
                    self.handle(self.connections[descriptor], events)

    def accept(self):
        try:
            while True:
                sock, _ = self.listener.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections[sock.fileno()] = sock
                self.poll.register(sock, select.EPOLLIN)
        except BlockingIOError:
            pass

    def handle(self, sock, events):
        try:
            if events & select.EPOLLIN:
                data = sock.recv(65536)
                if not data:
                    raise ConnectionResetError
                if data.startswith(b"GET /endless"):
                    sock.sendall(ENDLESS)
                    self.poll.modify(sock, select.EPOLLIN | select.EPOLLOUT)
                elif data.startswith(b"GET"):
                    sock.sendall(SMALL)
            if events & select.EPOLLOUT:
                sock.send(PIECE)
            if events & (select.EPOLLHUP | select.EPOLLERR):
                raise ConnectionResetError
        except BlockingIOError:
            pass
        except OSError:
            del self.connections[sock.fileno()]
            sock.close()


class Crowd:
    def __init__(self, kind, port, count):
        self.kind, self.port, self.count, self.clients = kind, port, count, []
        self.turns, self.gap_s = [time.monotonic()] * SLICES, 0

    def run(self):
        self.assemble()
        print("up", flush=True)
        self.linger()
        sys.stdin.readline()
        print(json.dumps({"gap_s": self.gap_s, "ends": self.count_ends()}), flush=True)

    def assemble(self):
        for _ in range(self.count):
            sock = socket.socket()
            if self.kind == "reader":
                # With the loopback's segments of 64 KiB a small window opens at the sender's rare probes only.
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
            sock.settimeout(20)
            sock.connect(("127.0.0.1", self.port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.sendall(STARTS[self.kind])
            if self.kind == "reader":
                assert sock.recv(16) == ENDLESS[:16]
            self.clients.append(sock)
            if time.monotonic() >= self.turns[-1] + SLICE_S:
                self.keep_busy()

    def linger(self):
        """As slow as can be, until a line comes."""
        poll = select.poll()
        poll.register(0, select.POLLIN)
        while not poll.poll(SLICE_S * 1000):
            self.keep_busy()
        sys.stdin.readline()

    def keep_busy(self):
        for sock in self.clients[len(self.turns) % SLICES::SLICES]:
            self.go_on(sock)
        self.turns.append(time.monotonic())
        self.gap_s = max(self.gap_s, self.turns[-1] - self.turns[-1 - SLICES])

    def go_on(self, sock):
        try:
            if self.kind == "reader":
                sock.recv(65536, socket.MSG_DONTWAIT)
            elif self.kind != "silent":
                sock.send(b"x", socket.MSG_DONTWAIT)
        except OSError:
            pass  # its end is told later

    def count_ends(self):
        """{what came last and how it ended: how many}. Of readers, whose end lies behind megabytes, only one in a hundred is
        asked."""
        ends, until = collections.Counter(), time.monotonic() + 5
        for sock in self.clients[::100 if self.kind == "reader" else 1]:
            sock.settimeout(max(0.01, until - time.monotonic()))
            start, end = b"", "closed"
            try:
                while piece := sock.recv(1 << 20):
                    start = start or piece
            except TimeoutError:
                end = "open"
            except OSError:
                end = "reset"
            status = start.split(b" ")[1].decode() if start.startswith(b"HTTP/") else "more" if start else "nothing"
            ends[f"{status}, {end}"] += 1
        return ends


def main():
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    if sys.argv[1] == "sink":
        Sink().serve()
    else:
        Crowd(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).run()


if __name__ == "__main__":
    main()
