"""Backends with scripted behaviour: raw sockets in threads that record every connection, request and byte."""
import contextlib
import os
import socket
import sys
import threading
import time
import traceback

from .settings import LIMIT
from .wire import CutShort, Stream

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def free_port(host="127.0.0.1"):
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


def _bound(host, port):
    if isinstance(port, str):
        return _bound_path(port)
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _bound_path(path):
    with contextlib.suppress(FileNotFoundError):  # of an earlier one
        os.unlink(path)
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.bind(path)
    except BaseException:
        sock.close()
        raise
    return sock


class _Held:
    """A bound socket that nobody listens on (or that never accepts), closed at the end of the test."""

    def __init__(self, sock, others=()):
        self.sock, self.others, self.port = sock, list(others), sock.getsockname()[1]

    def close(self):
        for sock in [self.sock, *self.others]:
            sock.close()


def refusing_port(host="127.0.0.1", port=0):
    """A port that refuses, and that nobody else can take meanwhile."""
    return _Held(_bound(host, port))


# The queue that one connection fills: Linux takes one more than it is told, and macOS takes none for as many as can be.
SHORTEST = 0 if sys.platform == "linux" else 1


def blackhole(host="127.0.0.1", port=0):
    """A port whose queue of connections is full: a connect to it gets no answer at all."""
    sock = _bound(host, port)
    sock.listen(SHORTEST)
    held = _Held(sock)
    for _ in range(64):
        filler = socket.socket(sock.family)
        held.others.append(filler)
        filler.settimeout(0.2)
        try:
            filler.connect((host, held.port))
        except TimeoutError:
            return held
    raise AssertionError("the queue of connections never became full")


def full_socket(path):
    """A Unix socket whose queue of connections is full: the system refuses a connect at once."""
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    sock.listen(SHORTEST)
    fillers = []
    for _ in range(3):
        fillers.append(socket.socket(socket.AF_UNIX))
        fillers[-1].setblocking(False)
        try:
            fillers[-1].connect(str(path))
        except (BlockingIOError, ConnectionRefusedError):
            return sock, fillers
    raise AssertionError("the queue of connections never became full")


class Connection(Stream):
    """One accepted connection; a script reads requests from it and answers."""

    def __init__(self, backend, sock, number):
        super().__init__(sock)
        self.backend, self.number, self.ended = backend, number, threading.Event()

    def request(self):
        """The next whole request; recorded in the backend. CutShort: the proxy closed the connection."""
        message = self.read_request()
        self.backend.record(message)
        return message

    def request_head(self):
        """The next request's head only; recorded as well."""
        head = self.read_head()
        self.backend.record(self.read_body(head, bodyless=True))
        return head

    def wait_test(self):
        """From here on the test itself moves the connection; the script ends with the test."""
        self.backend.closing.wait(LIMIT * 2)

    def wait_received(self, count):
        """Waits until the script has received so many bytes."""
        deadline = time.monotonic() + LIMIT
        while len(self.received) < count:
            assert time.monotonic() < deadline, f"{count} bytes were due, {len(self.received)} came"
            time.sleep(0.001)

    @property
    def received_body(self):
        """All bytes that came after the first head."""
        return bytes(self.received).partition(b"\r\n\r\n")[2]

    def wait_end(self):
        """Waits until the proxy has ended the connection, whatever comes before."""
        try:
            while self._fill():
                pass
        except OSError:
            pass


class Backend:
    """Listens on its own port, or on the Unix socket whose path `port` is, and runs `script(connection)` in a thread for each connection.

    Without a script every request gets `reply`: bytes, or a function from the request to bytes. `narrow`: the system takes some
    ten KiB for it, not megabytes, before the sender has to wait.
    """

    def __init__(self, script=None, reply=OK, host="127.0.0.1", port=0, listening=True, backlog=128, narrow=False):
        self.script, self.reply, self.host, self.backlog = script or self.answer_all, reply, host, backlog
        self.narrow = narrow
        self.connections, self.requests, self.errors = [], [], []
        self.changed, self.closing = threading.Condition(), threading.Event()
        self._listener = _bound(host, port)
        self.port = port if isinstance(port, str) else self._listener.getsockname()[1]
        self._thread = None
        if listening:
            self.start()

    def start(self):
        """Accept connections from now on (again)."""
        if self._listener is None:
            self._listener = _bound(self.host, self.port)
        if self.narrow:  # short segments make the sender's buffer small, too
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self._listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1000)
        self._listener.listen(self.backlog)
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._thread.start()

    def stop(self):
        """Refuse connections from now on and end the open ones, as a killed process would."""
        self.close_listener()
        connections = list(self.connections)
        for connection in connections:
            connection.wake()
        for connection in connections:
            # Its script may be about to read: were the socket closed, it would read from the next one of the same number.
            connection.ended.wait(0.05)
            connection.close()

    def close_listener(self):
        if self._listener is not None:
            try:
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
            except OSError:
                pass
            self._listener.close()
            self._listener = None
        if self._thread is not None:
            self._thread.join(LIMIT)
            self._thread = None

    def close(self):
        self.closing.set()
        self.stop()
        for connection in self.connections:
            connection.ended.wait(LIMIT)
        assert not self.errors, "a backend script failed:\n" + "\n".join(self.errors)

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self.changed:
                connection = self.connection(sock)
                self.connections.append(connection)
                self.changed.notify_all()
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def connection(self, sock):
        return Connection(self, sock, len(self.connections) + 1)

    def _run(self, connection):
        try:
            self.script(connection)
        except (CutShort, OSError):
            pass  # the proxy closed, or the test closed the backend
        except BaseException:
            self.errors.append(traceback.format_exc())
        finally:
            connection.close()
            connection.ended.set()

    def answer_all(self, connection):
        while True:
            request = connection.request()
            connection.send(self.reply(request) if callable(self.reply) else self.reply)

    def record(self, message):
        with self.changed:
            self.requests.append(message)
            self.changed.notify_all()

    def wait_requests(self, count=1):
        return self._wait(lambda: len(self.requests) >= count, f"{count} requests", self.requests)

    def wait_connections(self, count=1):
        return self._wait(lambda: len(self.connections) >= count, f"{count} connections", self.connections)

    def _wait(self, condition, what, value):
        deadline = time.monotonic() + LIMIT
        with self.changed:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, f"{what} did not come, there are {len(value)}"
                self.changed.wait(left)
            return list(value)

    @property
    def request(self):
        """The one request that came."""
        requests = self.wait_requests(1)
        assert len(requests) == 1, f"{len(requests)} requests came: {requests}"
        return requests[0]


class TcpBackend(Backend):
    """The same for bytes without HTTP; without a script it sends back what comes and hands on the end."""

    def answer_all(self, connection):
        while piece := connection.read_some():
            connection.send(piece)
        connection.shutdown()
