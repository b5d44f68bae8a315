"""Where the program under test is started by something that stands in for it (tests/wine/liteginx): which process it is, and
what cannot be tested there.

The table that $LITEGINX_CANNOT names has a line for each test, or group of tests, that cannot pass there: its id, or the beginning
of ids with a * behind, then " | " and the reason. Such a test is skipped; with $LITEGINX_STALE it runs, and its passing is a
failure: the line is to go. A line that names no test is an error."""
import os
import pathlib

import pytest

HERE = pathlib.Path(__file__).resolve().parents[1]


def read_table(path):
    """Pairs of the id, or of its beginning and *, and the reason."""
    with open(path, encoding="utf-8") as lines:
        rows = [line.strip() for line in lines]
    return [tuple(part.strip() for part in row.split(" | ", 1)) for row in rows if row and not row.startswith("#")]


def fits(pattern, test):
    return test.startswith(pattern[:-1]) if pattern.endswith("*") else test == pattern


def mark(items, path, runs_stale):
    """Marks the tests that the table names. Lines about files that were not collected are nobody's business."""
    collected = {short(item.nodeid).split("::")[0] for item in items}
    present = {file.name for file in HERE.glob("*.py")}
    for pattern, reason in read_table(path):
        if "_test.c::" in pattern:
            continue  # a unit test's
        named = [item for item in items if fits(pattern, short(item.nodeid))]
        file, _, test = pattern.partition("::")
        looked_for = not test or file not in present or file in collected
        if not named and looked_for and not any(fits(pattern, name) for name in present):
            raise pytest.UsageError(f"{path}: there is no test {pattern}")
        for item in named:
            if runs_stale:
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
            else:
                item.add_marker(pytest.mark.skip(reason=reason))


def short(test):
    """Its id without the folder."""
    return test.rpartition("tests/e2e/")[2]


def real_pid(token):
    """The process of the program itself, whose environment has LITEGINX_RUN=token."""
    wanted = f"LITEGINX_RUN={token}".encode()
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as words, open(f"/proc/{name}/environ", "rb") as variables:
                program = words.read().split(b"\0")[0].replace(b"\\", b"/").rpartition(b"/")[2]
                if wanted in variables.read().split(b"\0") and program.startswith(b"liteginx") and program.endswith(b".exe"):
                    return int(name)
        except OSError:
            pass  # it has just ended, or is another's
    raise AssertionError(f"no process has {wanted}")
