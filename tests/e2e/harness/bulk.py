"""Much data: sent without being held whole, compared by digest, and whether the program moves it unseen (splice)."""
import hashlib
import random
import shutil
import signal
import subprocess
import threading
import time

import pytest

from .measure import quiet
from .settings import LIMIT

MIB = 1 << 20
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


def read_digest(stream, size=None):
    """Of exactly `size` bytes, or of all up to the end; and how many there were."""
    whole, count = hashlib.sha256(), 0
    while size is None or count < size:
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


def wait_in_pipes(proxy, own, count, readers, sent, still=0.3):
    """Until all is at rest and it has so many pipes more than `own`.

    Where the sender gets no processor, little comes at a time: that is copied, by design, and is stuck without a pipe once
    the reader's side is full. So readers go on by a MiB, which is kept for them: by now much waits, and is moved."""
    deadline = time.monotonic() + LIMIT * 4
    while True:
        quiet(sent, still)
        if (now := pipes(proxy) - own) >= count:
            return
        assert time.monotonic() < deadline, f"{now:g} pipes for {len(readers)} that wait, {count} were due"
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
