"""Targets that fail by saying nothing, a thousand times each: neither descriptors nor memory are lost."""
import pytest
from harness.failing import FAILURES, nothing_leaks


@pytest.mark.parametrize("failure", [failure for failure in FAILURES if failure.silent], ids=str)
def test_nothing_leaks(lab, failure):
    nothing_leaks(lab, failure)
