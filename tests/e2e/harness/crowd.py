"""Two programs for the tests with thousands of connections, each one process with one epoll loop:

  crowd.py sink               a backend; says "port N", serves until its stdin ends
  crowd.py KIND PORT COUNT    slow clients; says "up" once all are there and keeps them busy as slowly as their kind is,
                              until a line comes on stdin, then only looks how each one ends; once all have, or a
                              second line comes, it says as JSON what it saw

KIND: silent (not a byte), head (half a head, a byte now and then), body (the same for a body), reader (a response
without end, of which it takes a little now and then).

The system's buffers, not this program, are what limits a crowd of readers. Left to themselves the two connections of
one reader take megabytes; 5,000 fill all that the system allows TCP (tcp_mem) within seconds, and all stands still. So
a reader's own buffer is small, and the backend sends only as much of its endless response as all buffers on the way
take and a bit more: whoever stands in between is as full as it can be, and nobody else is.
"""
import collections
import errno
import json
import os
import select
import socket
import sys
import time

from descriptors import raise_descriptors
from tcp_info import since_data_s

SLICES, SLICE_S = 30, 0.02  # in one round of 0.6 s each client has its turn once
SMALL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Length: 1099511627776\r\n\r\n"
PIECE_BYTES = 65536
AT_HAND = memoryview(ENDLESS + b"x" * (160 * 1024))
# As small as the system lets it be. With the loopback's segments of 64 KiB such a window would open at the sender's
# rare probes only, and so it would if something was left in the buffer: a reader takes all that is there.
SEGMENT_BYTES, READER_BUFFER_BYTES = 1400, 1024
BEGINNING_MAX = 100  # readers whose response has not begun yet
ARRIVALS = 10  # how many come before those who are there have their turn
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
        self.connections, self.unsent = {}, {}

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
                data = sock.recv(PIECE_BYTES)
                if not data:
                    raise ConnectionResetError
                if data.startswith(b"GET /endless"):
                    self.send(sock, AT_HAND)
                elif data.startswith(b"GET"):
                    sock.sendall(SMALL)
            elif events & select.EPOLLOUT:
                self.send(sock, self.unsent[sock.fileno()])
            if events & (select.EPOLLHUP | select.EPOLLERR):
                raise ConnectionResetError
        except BlockingIOError:
            pass
        except OSError:
            self.unsent.pop(sock.fileno(), None)
            del self.connections[sock.fileno()]
            sock.close()

    def send(self, sock, rest):
        rest = rest[sock.send(rest):]
        self.unsent[sock.fileno()] = rest
        self.poll.modify(sock, select.EPOLLIN | (select.EPOLLOUT if rest else 0))


class Client:
    """One slow client. `moved` is when it last did what puts its deadline off."""

    def __init__(self, kind, port):
        self.kind, self.begun, self.said, self.end = kind, kind != "reader", b"", None
        self.sock = socket.socket()
        if kind == "reader":
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, READER_BUFFER_BYTES)
        self.moved = time.monotonic()
        self.sock.settimeout(20)
        self.sock.connect(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.sendall(STARTS[kind])
        if kind == "body":
            self.moved = time.monotonic()
        self.sock.setblocking(False)

    def events(self):
        """What waits for a reader is no news once its response has begun: only its end is."""
        return select.EPOLLRDHUP | (0 if self.kind == "reader" and self.begun else select.EPOLLIN)

    def go_on(self):
        """Its turn, to do as little as it can."""
        try:
            if self.kind == "reader" and self.begun:
                self.sock.recv(PIECE_BYTES)
            elif self.kind in ("head", "body"):
                self.sock.send(b"x")
            if self.kind == "body":
                self.moved = time.monotonic()
        except OSError:
            pass  # nothing there, or look() is about to hear of its end

    def look(self, events):
        """Something came, or it has ended."""
        if events & select.EPOLLERR:
            error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self.close("reset" if error == errno.ECONNRESET else os.strerror(error))
        elif self.kind == "reader" and self.begun:
            self.close("closed")
        elif piece := self.sock.recv(PIECE_BYTES):
            self.said, self.begun = self.said or piece, True
        else:
            self.close("closed")

    def close(self, how):
        """`since_s`: since when nothing moved. Of a reader the system knows when the last bytes came."""
        self.since_s = since_data_s(self.sock) if self.kind == "reader" else time.monotonic() - self.moved
        self.end = (f"{self.said.split(b' ')[1].decode()}, " if self.said else "") + how
        self.sock.close()


class Crowd:
    def __init__(self, kind, port, count):
        self.kind, self.port, self.count = kind, port, count
        self.clients, self.by_descriptor, self.beginning = [], {}, 0
        self.poll = select.epoll()
        self.due = time.monotonic()
        self.turns, self.gap_s = [self.due] * SLICES, 0

    def run(self):
        self.assemble()
        print("up", flush=True)
        self.poll.register(0, select.EPOLLIN)
        while not self.look_around(SLICE_S):
            self.keep_busy()
        while self.by_descriptor and not self.look_around(1):
            pass
        self.report()

    def assemble(self):
        """Readers do not wait for one another, but neither do they all come at once: others are served in between."""
        while len(self.clients) < self.count or self.beginning:
            room = min(ARRIVALS, BEGINNING_MAX - self.beginning, self.count - len(self.clients))
            for _ in range(room):
                self.add(Client(self.kind, self.port))
            if not room or time.monotonic() >= self.due:
                self.look_around(0 if room else SLICE_S)
                self.keep_busy()

    def add(self, client):
        self.clients.append(client)
        self.by_descriptor[client.sock.fileno()] = client
        self.beginning += not client.begun
        self.poll.register(client.sock, client.events())

    def look_around(self, wait_s):
        """Looks who has begun or ended; true: a line came."""
        told = False
        for descriptor, events in self.poll.poll(wait_s, self.count + 1):
            if descriptor == 0:
                told = True
                sys.stdin.readline()
                continue
            client = self.by_descriptor[descriptor]
            begun = client.begun
            client.look(events)
            if client.begun and not begun:
                self.beginning -= 1
            if client.end:
                del self.by_descriptor[descriptor]
            elif client.begun and not begun:
                self.poll.modify(descriptor, client.events())
        return told

    def keep_busy(self):
        """Gives its turn to the slice whose time has come. Where others kept us waiting there are several: two at a
        time, or nobody would ever arrive."""
        for _ in range(2):
            if time.monotonic() < self.due:
                return
            for client in self.clients[len(self.turns) % SLICES::SLICES]:
                if not client.end:
                    client.go_on()
            self.due += SLICE_S
            self.turns.append(time.monotonic())
            self.gap_s = max(self.gap_s, self.turns[-1] - self.turns[-1 - SLICES])
        self.due = max(self.due, self.turns[-1] - SLICES * SLICE_S)

    def report(self):
        ends = collections.Counter(client.end or "open" for client in self.clients)
        since = [client.since_s for client in self.clients if client.end] or [0]
        print(json.dumps({"ends": ends, "first_s": min(since), "last_s": max(since), "gap_s": self.gap_s}), flush=True)


def main():
    raise_descriptors()
    if sys.argv[1] == "sink":
        Sink().serve()
    else:
        Crowd(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).run()


if __name__ == "__main__":
    main()
