"""Clocks of an agency that is no more go to who answers for it."""

from datetime import UTC, datetime

import pytest

from nganam.audit.models import Entry
from nganam.deadlines.models import Clock
from nganam.deadlines.operations import hand_over_clocks, start_clock
from nganam.kernel.actors import system

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 3, 5, 0, tzinfo=UTC)
KEEPER = system("test")
CASE = ("sharing.request", "YC-2026-0001")


def hand_over(before):
    return hand_over_clocks(*CASE, before=before, after="CT-STTTT", actor=KEEPER, at=NOON)


def test_the_running_clocks_of_one_agency_are_handed_over_with_their_days_and_told_of_once():
    clock = start_clock(
        key="acct_issue", object_type=CASE[0], object_code=CASE[1], agency="CT-SYT", at=NOON, rules="2025-08-19",
        actor=KEEPER,
    )  # fmt: skip
    assert hand_over("CT-KHAC") == 0
    assert not Entry.objects.filter(action="deadlines.clock.handed_over").exists()
    assert hand_over("CT-SYT") == 1
    moved = Clock.objects.get()
    assert (moved.agency, moved.due_on) == ("CT-STTTT", clock.due_on)
    told = Entry.objects.get(action="deadlines.clock.handed_over")
    assert told.details == {"before": "CT-SYT", "after": "CT-STTTT", "keys": ["acct_issue"]}
