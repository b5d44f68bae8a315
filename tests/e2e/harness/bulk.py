"""Much data: sent without being held whole, compared by digest, and whether the program moves it unseen (splice)."""
import contextlib
import fcntl
import hashlib
import os
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import termios
import threading
import time

import pytest

from .settings import LIMIT

MIB = 1 << 20
F_GETPIPE_SZ, ESTABLISHED = 1032, 1  # Linux
# No power of two long, so that a piece which is lost, doubled or moved shows.
BLOCK = random.Random(4).randbytes(MIB + 4099)


def bulk(size):
    """The pieces of the one stream of bytes that these tests send."""
    while size > 0:
        yield BLOCK[:size]
        size -= len(BLOCK)


def digest(size):
    whole = hashlib.sha256()
    for piece in bulk(size):
        whole.update(piece)
    return whole.hexdigest()


def send_bulk(stream, size):
    for piece in bulk(size):
        stream.send(piece)


def read_digest(stream, size=None, each_mib=None):
    """Of exactly `size` bytes, or of all up to the end; and how many there were. Calls `each_mib` before each MiB."""
    whole, count, due = hashlib.sha256(), 0, 0
    while size is None or count < size:
        if each_mib and count >= due:
            due += MIB
            each_mib()
        piece = stream.read_some() if size is None or size - count > 65536 else stream.read_exact(size - count)
        if not piece:
            break
        if size is not None and count + len(piece) > size:
            stream._unread[:0] = piece[size - count:]
            piece = piece[:size - count]
        whole.update(piece)
        count += len(piece)
        stream.received.clear()
    return whole.hexdigest(), count


class Background:
    """Runs it in a thread; `result()` waits and raises what was raised there."""

    def __init__(self, run):
        self._run, self._value, self._error = run, None, None
        self._thread = threading.Thread(target=self._go, daemon=True)
        self._thread.start()

    def _go(self):
        try:
            self._value = self._run()
        except BaseException as error:
            self._error = error

    def result(self):
        self._thread.join(LIMIT * 4)
        assert not self._thread.is_alive(), "it has not ended"
        if self._error:
            raise self._error
        return self._value


def pipes(proxy):
    """How many pipes it has open, those of its own (log, signals) included: two descriptors each."""
    return proxy.descriptors().count("pipe") / 2


def held(proxy):
    """In how many of its pipes for splicing, which are a MiB long, something waits."""
    count, seen = 0, set()
    for name in os.listdir(f"/proc/{proxy.pid}/fd"):
        path = f"/proc/{proxy.pid}/fd/{name}"
        with contextlib.suppress(FileNotFoundError):  # closed in this moment
            link = os.readlink(path)
            if not link.startswith("pipe:") or link in seen:
                continue
            seen.add(link)
            pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                waiting = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]
                count += waiting > 0 and fcntl.fcntl(pipe, F_GETPIPE_SZ) == MIB
            finally:
                os.close(pipe)
    return count


def asleep(proxy):
    """Each of its threads waits for something to come: what could be done so far is done."""
    for task in os.listdir(f"/proc/{proxy.pid}/task"):
        with open(f"/proc/{proxy.pid}/task/{task}/stat", encoding="utf-8") as stat:
            if stat.read().rpartition(") ")[2][0] != "S":
                return False
    return True


def stuck(sender):
    """Its system takes nothing more of what it sends, or all was sent and then the end."""
    poll = select.poll()
    poll.register(sender.sock, select.POLLOUT)
    if sender.sock.family == socket.AF_UNIX:
        return not poll.poll(0)
    return sender.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != ESTABLISHED or not poll.poll(0)


def at_rest(proxy, senders):
    """Nothing moves until somebody reads: who sends is stuck, and the program waits both before and behind that."""
    return bool(senders) and asleep(proxy) and all(stuck(each) for each in list(senders)) and asleep(proxy)


def wait_at_rest(proxy, senders, done=lambda: False):
    """Until much waits: nothing moves any more. Or until `done`: everything was sent, and found room."""
    deadline = time.monotonic() + LIMIT * 4
    while not done() and not at_rest(proxy, senders):
        assert time.monotonic() < deadline, "it never came to rest"
        time.sleep(0.002)


def wait_in_pipes(proxy, count, readers, senders):
    """Until all is at rest and something waits in so many pipes.

    Where the sender gets no processor, little comes at a time: that is copied, by design, and is stuck without a pipe once
    the reader's side is full. So readers go on by a MiB, which is kept for them: by now much waits, and is moved."""
    deadline = time.monotonic() + LIMIT * 4
    while True:
        assert time.monotonic() < deadline, f"{held(proxy)} pipes hold bytes for {len(readers)} readers, {count} were due"
        if len(senders) < len(readers) or not at_rest(proxy, senders):
            time.sleep(0.002)
            continue
        if held(proxy) >= count:
            return
        for reader in readers:
            kept = reader.read_exact(len(reader._unread) + MIB)
            reader._unread[:0] = kept
            reader.received.clear()


def spliced(lab, proxy, run):
    """How many bytes it moves by splice meanwhile."""
    if not shutil.which("strace"):
        pytest.skip("there is no strace")
    path = lab.folder / "calls"
    strace = subprocess.Popen(["strace", "-f", "-e", "trace=splice", "-e", "signal=none", "-o", str(path), "-p",
                               str(proxy.pid)], stderr=subprocess.PIPE, text=True)
    try:
        said = strace.stderr.readline()
        if "attached" not in said:
            pytest.skip(f"strace may not: {said.strip()}")
        run()
    finally:
        strace.send_signal(signal.SIGINT)
        strace.communicate(timeout=LIMIT)
    moved = 0
    for line in path.read_text().splitlines():
        result = line.rpartition(" = ")[2]
        if "splice" in line and result.isdigit():
            moved += int(result)
    return moved / 2  # in and out
