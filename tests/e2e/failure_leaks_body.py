"""Targets that fail in the middle of an answer, or beside it, a thousand times each: neither descriptors nor memory are lost."""
import pytest
from harness.failing import FAILURES, nothing_leaks


@pytest.mark.parametrize("failure", [failure for failure in FAILURES if not failure.silent and failure.sees != {502}], ids=str)
def test_nothing_leaks(lab, failure):
    nothing_leaks(lab, failure)
