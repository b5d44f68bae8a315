"""Some of the failures a thousand times with four workers: what workers share, and what each of them keeps, is not lost either."""
import pytest
from harness.failing import FAILURES, nothing_leaks

KINDS = {"refused", "closed_before_the_head_twice", "closed_within_length", "reset_within_chunked_once_seen", "nonsense",
         "silence_before_the_head", "early_answer_cut", "silence_within_close_delimited"}


@pytest.mark.parametrize("failure", [failure for failure in FAILURES if failure.name in KINDS], ids=str)
def test_nothing_leaks(lab, failure):
    nothing_leaks(lab, failure, workers=4)


def test_the_kinds_exist():
    assert KINDS <= {failure.name for failure in FAILURES}
