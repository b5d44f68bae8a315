"""Fixtures: `lab` for one test, `shared_lab` for all tests of a file."""
import os
import sys

import pytest

sys.dont_write_bytecode = True

from harness import DESCRIPTORS, Lab  # noqa: E402
from harness.settings import BINARY, STANDS_IN, has_tls  # noqa: E402
from harness.stand_in import keep_named, mark  # noqa: E402

collect_ignore_glob = [] if STANDS_IN else ["windows_*.py"]

NEEDED_DESCRIPTORS = 1000  # by tests that hold some hundred connections, both ends of each


def pytest_sessionstart():
    """One sentence instead of hundreds of failures."""
    if not BINARY.is_file():
        pytest.exit(f"there is no program at {BINARY}: build it, or set LITEGINX", returncode=3)
    if DESCRIPTORS < NEEDED_DESCRIPTORS:
        pytest.exit(f"the tests need {NEEDED_DESCRIPTORS} open files, {DESCRIPTORS} are allowed here: raise the hard limit "
                    "(ulimit -Hn)", returncode=3)


# What only a program with TLS does.
TLS_FILES = ("tls_", "cli_trust", "cli_doctor", "cli_env")


def pytest_collection_modifyitems(config, items):
    of_tls = [item for item in items if item.path.name.startswith(TLS_FILES)]
    if of_tls and not has_tls():
        for item in of_tls:
            item.add_marker(pytest.mark.skip(reason="this program was built without TLS"))
    table = os.environ.get("LITEGINX_CANNOT")
    if table and os.environ.get("LITEGINX_STALE"):
        config.hook.pytest_deselected(items=keep_named(items, table))
    elif table:
        mark(items, table)


def pytest_report_header():
    return f"program: {BINARY}"


def _open_lab(folder):
    lab = Lab(folder)
    try:
        yield lab
    finally:
        lab.close()


@pytest.fixture
def lab(tmp_path):
    yield from _open_lab(tmp_path)


@pytest.fixture(scope="module")
def shared_lab(tmp_path_factory):
    yield from _open_lab(tmp_path_factory.mktemp("shared"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what the program said."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for name in ("lab", "shared_lab"):
            for proxy in getattr(item.funcargs.get(name) if hasattr(item, "funcargs") else None, "proxies", []):
                report.sections.append(("program's stderr", proxy.err.text))
                if proxy.log:
                    report.sections.append(("program's stdout", proxy.log.text))
