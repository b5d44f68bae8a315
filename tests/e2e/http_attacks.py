"""The attack list of tests/compare, one test each: what tests/compare/compare.py plays against other proxies too."""
import pathlib
import sys

import pytest
from harness import http

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "compare"))

from attacks import ATTACKS  # noqa: E402
from judge import Arena, Recorder  # noqa: E402


@pytest.fixture(scope="module")
def arena(shared_lab):
    recorder = shared_lab.keep(Recorder())
    return Arena(shared_lab.proxy(http("/", recorder.port)).port, recorder)


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(arena, name):
    good, text = arena.play(ATTACKS[name])
    assert good, text
