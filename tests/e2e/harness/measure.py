"""Measurements: waiting for something to come to rest (not a way to synchronise), and what stays behind of what was done."""
import struct
import threading
import time

from .preload import preload
from .settings import BINARY, LIMIT, SANITIZED

LIBRARY = BINARY.parent / "tests" / "guard" / "liballocations.so"
# Of a thousand repetitions. One piece of 16 bytes left by each would be 24,000, as the allocator rounds them.
LEAK_BYTES = 1000
SPARE_PIPES = 4  # that each worker keeps for later use, as it keeps some memory (SPARE_MAX in splice_linux.c)
LEAK_KIB = 80  # resident: a page more or less says nothing, so this is for what does not come from the allocator
LOG_KIB = 1024  # each worker's ring of log lines, whose pages become resident as the lines first go round (WORKER_LOG_BYTES)


def quiet(value, seconds=0.3, limit=LIMIT * 2):
    """The value once it has not changed for so long."""
    pause, deadline = threading.Event(), time.monotonic() + limit
    last, since = value(), time.monotonic()
    while time.monotonic() - since < seconds:
        assert time.monotonic() < deadline, "it never came to rest"
        pause.wait(0.02)
        if (now := value()) != last:
            last, since = now, time.monotonic()
    return last


class Allocations:
    """What the program asks of its allocator, counted by a preloaded library (tests/guard/allocations.c). Its process needs `env`."""

    exist = LIBRARY.is_file()  # not under sanitizers, nor without glibc

    def __init__(self, folder):
        self.path = folder / "allocations"
        self.path.write_bytes(b"")
        self.env = {"LD_PRELOAD": preload(LIBRARY, folder), "LITEGINX_ALLOCATIONS": str(self.path)} if self.exist else {}

    @property
    def asked(self):
        """How often it has asked."""
        return self._counts()[0]

    @property
    def bytes(self):
        """What it has not given back."""
        return self._counts()[2]

    def _counts(self):
        return struct.unpack("=QQQ", self.path.read_bytes())


class Leaks:
    """Whether something that is done over and over leaves descriptors or memory behind. Give `env` to the program, then watch it."""

    def __init__(self, folder):
        self.allocations = Allocations(folder)
        self.env = self.allocations.env

    def watch(self, proxy, workers=1):
        """From now on, with no client left."""
        self.proxy = proxy
        self.before = quiet(proxy.descriptors, 0.1)
        self.most_pipes = self.before.count("pipe") + 2 * SPARE_PIPES * workers
        self.most_log_kib = LOG_KIB * workers

    def rest(self):
        """Waits until it has as many descriptors as before, but for spare pipes; returns the bytes in use, the resident KiB without
        the log's, and how many ends of pipes there are."""
        deadline = time.monotonic() + LIMIT * 2  # a lookup that gets no answer keeps its socket for 5 s
        while not self._as_before(now := self.proxy.descriptors()):
            assert time.monotonic() < deadline, f"{self.before} became {now}"
            time.sleep(0.01)
        used = quiet(lambda: self.allocations.bytes, 0.05) if self.allocations.exist else 0
        return used, self.proxy.resident_kib() - self._log_kib(), now.count("pipe")

    def _as_before(self, now):
        others = [[name for name in names if name != "pipe"] for names in (self.before, now)]
        return others[0] == others[1] and self.before.count("pipe") <= now.count("pipe") <= self.most_pipes

    def _log_kib(self):
        lines = self.proxy.log.text + self.proxy.err.text
        return min((len(lines.encode()) + 4 * lines.count("\n")) // 1024, self.most_log_kib)  # each has a header in the ring

    def none(self, a_thousand_times):
        """Asserts that it leaves nothing. What the program keeps for later use grows now and then, a leak every time: so it
        is enough to see once that all is as before."""
        used, resident_kib, pipes = self.rest()
        grown = []
        for _ in range(5):
            a_thousand_times()
            now, now_kib, now_pipes = self.rest()
            grown.append(f"{now - used:+} bytes, {now_kib - resident_kib:+} KiB resident, {now_pipes - pipes:+} ends of pipes")
            if SANITIZED or abs(now - used) < LEAK_BYTES and now_kib - resident_kib < LEAK_KIB and now_pipes == pipes:
                return
            used, resident_kib, pipes = now, now_kib, now_pipes
        raise AssertionError("each thousand leaves: " + "; ".join(grown))
