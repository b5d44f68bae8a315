"""Where the program under test is started by something that stands in for it (tests/wine/liteginx): which process it is, and
what cannot be tested there.

The table that $LITEGINX_CANNOT names (tests/wine/cannot.txt, tests/e2e/cannot-macos.txt) has a row for each test, or
group of tests, that cannot pass there: its id, or the beginning of ids with a * behind, then " | " and the reason. Such a
test is skipped. A row that names no test is an error.

With $LITEGINX_STALE it is the other way round: the tests of the rows run, and no others, and each is expected to fail;
tests/house/count_results.py then counts rows. One of which every test passes is stale, and a failure: it is to go, or to
be drawn closer. Rows whose reason begins with "now and then: " are tried as well, but may pass; those with "never: " are not
run: what they name would take hours, or looks into the process, which is another one's there."""
import os
import pathlib

import pytest

NEVER, AT_TIMES = "never: ", "now and then: "
HERE = pathlib.Path(__file__).resolve().parents[1]


def read_table(path):
    """Pairs of the id, or of its beginning and *, and the reason."""
    with open(path, encoding="utf-8") as lines:
        rows = [line.strip() for line in lines]
    return [tuple(part.strip() for part in row.split(" | ", 1)) for row in rows if row and not row.startswith("#")]


def fits(pattern, test):
    return test.startswith(pattern[:-1]) if pattern.endswith("*") else test == pattern


def mark(items, path):
    """Marks the tests that the table names. Rows about files that were not collected are nobody's business."""
    for reason, named in rows_of(items, path):
        for item in named:
            item.add_marker(pytest.mark.skip(reason=reason.removeprefix(NEVER).removeprefix(AT_TIMES)))


def keep_named(items, path):
    """Keeps what is to be tried, expected to fail; returns the others."""
    kept = set()
    for reason, named in rows_of(items, path):
        if not reason.startswith(NEVER):
            for item in named:
                item.add_marker(pytest.mark.xfail(reason=reason, strict=False))
                kept.add(item)
    others = [item for item in items if item not in kept]
    items[:] = [item for item in items if item in kept]
    return others


def rows_of(items, path):
    """The reason of each row with its tests."""
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
        yield reason, named


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
