"""Waiting for something to come to rest: a measurement, not a way to synchronise."""
import threading
import time

from .settings import LIMIT


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
