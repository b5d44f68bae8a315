"""Where the program is, and how long anything may take before a test gives up."""
import functools
import os
import pathlib
import random
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("LITEGINX", ROOT / "build" / "liteginx")).resolve()
# 1: the program runs under sanitizers: it is slower, and its memory says nothing.
SANITIZED = os.environ.get("LITEGINX_SANITIZED", "") not in ("", "0")
# Whatever is waited for wakes who waits: only what never comes takes so long, on a quiet machine and on one that is busy. What
# the program ends by itself after its default times (header_timeout and upstream_keep_alive: 30 s) comes too late.
LIMIT = 20.0
# The same for its end, where `drain` (8 s) must not be what ended it.
STOP_LIMIT = 15.0 if SANITIZED else 7.0
# The program is started by something that stands in for it (see stand_in.py), whose process is another one.
STANDS_IN = os.environ.get("LITEGINX_STANDS_IN", "") not in ("", "0")
# It runs on Windows then, where it has no Unix sockets.
HAS_UNIX_SOCKETS = not STANDS_IN
# How many workers the program is told to have, where a test does not say so itself; empty: its own choice.
# One by default: only one worker logs in the order in which exchanges end, which many tests look at.
WORKERS = os.environ.get("LITEGINX_WORKERS", "1")

# 1: clients reach the program by TLS, whatever a test does besides: what holds in plain holds there.
OVER_TLS = os.environ.get("LITEGINX_OVER_TLS", "") not in ("", "0")



@functools.lru_cache(maxsize=1)
def has_tls():
    """Was the program built with TLS?"""
    return "OpenSSL" in subprocess.run([str(BINARY), "--version"], stdout=subprocess.PIPE, check=True, text=True).stdout


def fresh_loopback():
    """An address of this machine without a past. Linux remembers for each pair of addresses how connections went (`ip
    tcp_metrics`), and gives the next ones megabytes of buffer where many ran at once before."""
    if sys.platform != "linux":
        return "127.0.0.1"
    return f"127.{random.randint(16, 254)}.{random.randint(0, 255)}.{random.randint(1, 254)}"
