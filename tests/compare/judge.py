"""Plays one attack against a proxy in front of an upstream that keeps every byte, and says whether it held.

Strict on both sides: what upstream receives must be read in one way only, and so must what the client receives. A proxy may
refuse, or mend what the RFC allows it to mend; both count as held.
"""
import re
import socket
import time

from harness import Backend, Client, CutShort
from harness.wire import REQUEST_LINE, STATUS_LINE, Stream

QUIET = 0.15  # s without a byte until a client takes it that nothing more comes
LIMIT = 3.0
REQUEST_LINE_10 = re.compile(REQUEST_LINE.pattern.replace(rb"1\.1", rb"1\.[01]"))
STATUS_LINE_10 = re.compile(STATUS_LINE.pattern.replace(rb"1\.1", rb"1\.[01]"))
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
BARE_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


def framing_fault(head):
    """What makes the end of this request uncertain, or None."""
    codings = ", ".join(head.all("Transfer-Encoding")).lower()
    lengths = head.all("Content-Length")
    if head.all("Transfer-Encoding") and lengths:
        return "length and coding"
    if head.all("Transfer-Encoding") and not re.fullmatch(r"([a-z0-9]+, )*chunked", codings):
        return f"Transfer-Encoding: {codings}"
    if len(lengths) > 1 or (lengths and not re.fullmatch("[0-9]+", lengths[0])):
        return f"Content-Length: {lengths}"
    if len(head.all("Host")) != 1:
        return f"{len(head.all('Host'))} Host fields"
    if re.search("[^!-~]", head.get("Host")):
        return f"Host: {head.get('Host')}"
    return None


class Tape(Stream):
    """One upstream connection's bytes, read strictly."""

    def message(self):
        head = self.read_head()
        if not REQUEST_LINE_10.fullmatch(head.start.encode("latin-1")):
            raise AssertionError(f"request line {head.start!r}")
        fault = framing_fault(head)
        if fault:
            raise AssertionError(fault)
        if "Transfer-Encoding" in head:
            body, trailers, _ = self.read_chunked()
            return Seen(head, body, trailers, "chunked")
        if "Content-Length" in head:
            return Seen(head, self.read_exact(int(head.get("Content-Length"))), (), "length")
        return Seen(head, b"", (), "none")


class Seen:
    """A request that came whole."""

    def __init__(self, head, body, trailers, framing):
        self.head, self.body, self.trailers, self.framing = head, body, list(trailers), framing
        self.method, self.target, self.version = head.start.split(" ")

    def all(self, name):
        return self.head.all(name)

    def get(self, name):
        return ", ".join(self.all(name)) if self.all(name) else None


class Recorder(Backend):
    """Answers every request that it can read; keeps all requests, and what it could not read, in order of arrival."""

    def __init__(self):
        self.seen, self.faults, self.answers = [], [], {}
        super().__init__(self.play)

    def play(self, connection):
        tape = Tape(connection.sock, LIMIT * 20)
        try:
            while True:
                message = tape.message()
                with self.changed:
                    self.seen.append(message)
                answer = self.answers.get(message.target)
                if answer is None:
                    connection.send(BARE_OK if message.method == "HEAD" else OK)
                    continue
                for piece in answer.pieces:
                    connection.send(piece)
                    time.sleep(0.02)
                if answer.stays:
                    connection.sock.settimeout(LIMIT)
                    connection.wait_end()
                elif answer.close:
                    return
        except AssertionError as error:
            with self.changed:
                self.faults.append(str(error))
            try:
                connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nambiguous")
                connection.shutdown()
            except OSError:
                pass


class Answer:
    """What the upstream says to one target. `stays`: then it says nothing more but keeps the connection."""

    def __init__(self, *pieces, close=True, stays=False):
        self.pieces, self.close, self.stays = pieces, close, stays


class Outcome:
    def __init__(self):
        self.responses, self.interim, self.raw, self.closed, self.broken = [], [], b"", False, None
        self.seen, self.faults = [], []

    @property
    def status(self):
        return self.responses[0].status if self.responses else None

    @property
    def refused(self):
        """Told no, or the connection ended without a word."""
        return self.status is None and self.closed or self.status is not None and self.status >= 400


class Reader(Stream):
    """Reads responses strictly, but takes HTTP/1.0 for a version too: one attack of its own is about that."""

    def read_response_head(self):
        head = self.read_head()
        if not STATUS_LINE_10.fullmatch(head.start.encode("latin-1")):
            raise AssertionError(f"status line {head.start!r}")
        return head


def read_all(client, outcome, methods, quiet):
    """Reads responses until the connection ends or falls silent."""
    for method in methods + ["GET"] * 20:
        start = len(client.received) - len(client._unread)
        try:
            client.sock.settimeout(LIMIT if not outcome.responses else quiet)
            response = client.read_response(method)
            while response.status < 200 and response.status != 101:
                outcome.interim.append(response)
                start = len(client.received) - len(client._unread)
                response = client.read_response(method)
            outcome.responses.append(response)
            if response.framing == "close":
                outcome.closed = True
                return
            if response.status == 101:
                return
        except TimeoutError:
            if len(client.received) > start:
                outcome.broken = f"only {bytes(client.received[start:])!r:.40}"
            return
        except ConnectionResetError:
            outcome.closed = True
            if len(client.received) > start:
                outcome.broken = "reset"
            return
        except CutShort:
            outcome.closed = True
            if len(client.received) > start:
                outcome.broken = "cut"
            return
        except AssertionError as error:
            outcome.broken = str(error)
            return


class Arena:
    """One proxy and its recording upstream, for attack after attack."""

    def __init__(self, port, recorder):
        self.port, self.recorder, self.count = port, recorder, 0

    def play(self, attack):
        outcome, recorder = Outcome(), self.recorder
        self.count += 1
        self.settle()
        seen, faults = len(recorder.seen), len(recorder.faults)
        recorder.answers = {target: answer for target, answer in attack.answers.items()}
        client = Reader(socket.create_connection(("127.0.0.1", self.port), LIMIT), LIMIT)
        try:
            for number, piece in enumerate(attack.pieces):
                if number:
                    time.sleep(0.03)
                try:
                    client.send(piece)
                except OSError:
                    break
            if attack.half_close:
                client.shutdown()
            read_all(client, outcome, list(attack.methods), QUIET)
            outcome.raw = bytes(client.received)
        finally:
            client.close()
        self.settle()
        recorder.answers = {}
        with recorder.changed:
            outcome.seen = [message for message in recorder.seen[seen:] if not message.target.startswith("/settle")]
            outcome.faults = recorder.faults[faults:]
        return attack.judge(outcome)

    def settle(self):
        """A plain request on a connection of its own: what came before it is at upstream now."""
        self.recorder.answers = {}
        for _ in range(2):
            try:
                client = Client(self.port, timeout=LIMIT)
                client.get(f"/settle-{self.count}", host="shop.localhost")
                client.close()
                return
            except (OSError, CutShort, AssertionError):
                time.sleep(0.1)


def held(text):
    return True, text


def failed(text):
    return False, text


__all__ = ["Answer", "Arena", "Outcome", "Recorder", "Seen", "failed", "held"]
