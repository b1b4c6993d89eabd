"""A deed to many rows, one failing."""

import pytest

from nganam.cases.sweeping import Sweep, Unfinished, each
from nganam.kernel.errors import RuleBroken, StateMoved


def deed(row):
    if row == "moved":
        raise StateMoved("ai đó đã chuyển", state="sent")
    if row == "broken":
        raise RuleBroken("không được", article="nội bộ")
    return row if row != "nothing" else None


@pytest.mark.django_db
def test_one_row_that_fails_keeps_nothing_from_the_others_and_is_reported():
    sweep = Sweep()
    assert sweep.each(["a", "moved", "broken", "nothing", "b"], deed) == ["a", "b"]
    with pytest.raises(Unfinished, match=r"broken: .*không được"):
        sweep.report()


def test_one_step_that_fails_lets_the_next_ones_be_done():
    sweep = Sweep()
    assert sweep.step("ghi", lambda: 2) == 2
    sweep.report()
    assert sweep.step("hỏng", lambda: 1 // 0) == 0
    with pytest.raises(Unfinished, match="hỏng"):
        sweep.report()


@pytest.mark.django_db
def test_one_passage_says_what_was_done_or_what_failed():
    assert each(["a", "moved", "b"], deed) == ["a", "b"]
    done = []
    with pytest.raises(Unfinished, match="broken"):
        each(["broken", "a"], lambda row: done.append(deed(row)))
    assert done == ["a"]
