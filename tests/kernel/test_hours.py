"""Hours of the week: what is read, what is refused, and which instants lie within."""

from datetime import datetime

import pytest

from nganam.kernel.clock import VIETNAM
from nganam.kernel.hours import DAY, MOST, Window, read_hours, within

OFFICE = "T2-T6 07:30-17:30; T7 07:30-11:30"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def test_windows_are_read_in_their_order() -> None:
    assert read_hours(OFFICE) == (Window((0, 1, 2, 3, 4), 450, 1050), Window((5,), 450, 690))
    assert read_hours("cn 0:00-24:00\n\n") == (Window((6,), 0, DAY),)
    assert read_hours(" ; ") == ()


@pytest.mark.parametrize(
    "text",
    ["sáng", "T8 07:00-08:00", "T2 07:60-08:00", "T2 08:00-08:00", "T2 09:00-08:00", "T6-T2 07:00-08:00",
     "T2 07:00-24:30", "T2 07:00"],
)  # fmt: skip
def test_what_is_no_window_is_refused_by_its_text(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        read_hours(f"T2 07:00-08:00; {text}")


def test_more_windows_than_anybody_needs_are_refused() -> None:
    assert len(read_hours(";".join(["T2 07:00-08:00"] * MOST))) == MOST
    with pytest.raises(ValueError, match="T3 07:00-08:00"):
        read_hours(";".join([*["T2 07:00-08:00"] * MOST, "T3 07:00-08:00"]))


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        ("2026-11-02T07:30", True), ("2026-11-02T17:29", True), ("2026-11-02T17:30", False),
        ("2026-11-02T07:29", False), ("2026-11-07T11:00", True), ("2026-11-07T12:00", False),
        ("2026-11-08T09:00", False),
    ],
)  # fmt: skip
def test_an_instant_lies_in_a_window_by_vietnamese_time(moment: str, holds: bool) -> None:
    assert within(read_hours(OFFICE), at(moment)) is holds


def test_without_windows_every_instant_does() -> None:
    assert within((), at("2026-11-08T03:00"))
