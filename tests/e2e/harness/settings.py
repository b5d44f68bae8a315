"""Where the program is, and how long anything may take before a test gives up."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("LITEGINX", ROOT / "build" / "liteginx")).resolve()
# 1: the program runs under sanitizers: it is slower, and its memory says nothing.
SANITIZED = os.environ.get("LITEGINX_SANITIZED", "") not in ("", "0")
LIMIT = 15.0 if SANITIZED else 6.0
# How many workers the program is told to have, where a test does not say so itself; empty: its own choice.
# One by default: only one worker logs in the order in which exchanges end, which many tests look at.
WORKERS = os.environ.get("LITEGINX_WORKERS", "1")
