"""A refusal in dispute is held, then taken up again with a new clock, or upheld; by the system's own moves only."""

from datetime import timedelta

import pytest

import scenes_disputes as told
from nganam.agencies.queries import agency
from nganam.deadlines.queries import clocks_of
from nganam.kernel.errors import NotAllowed, StateMoved
from nganam.notices.queries import inbox
from nganam.sharing import disputed
from nganam.sharing.requests import queries

pytestmark = pytest.mark.django_db


@pytest.mark.law("D50")
def test_it_is_held_then_taken_up_again_and_both_sides_are_told(province, lan, phuc, at):
    held = disputed.hold(actor=phuc, at=at, case=told.refused_request(), reason="VM-2026-0001")
    assert held.state == "disputed"
    later = at + timedelta(days=9)
    again = disputed.release(actor=lan, at=later, case=held, reason="VM-2026-0001", in_favour=True)
    assert (again.state, again.refusal_reason, again.legal_basis) == ("received", "", "")
    clock = clocks_of("sharing.request", again.code).last()
    assert (clock.key, clock.agency, clock.started_at, clock.is_running) == ("acct_issue", "CT-SYT", later, True)
    for actor in (lan, phuc):
        assert any(notice.event == "sharing.request.reopen" for notice in inbox(actor))


@pytest.mark.law("D50")
def test_it_is_held_then_upheld_with_the_reason_it_had(province, lan, phuc, at):
    held = disputed.hold(actor=phuc, at=at, case=told.refused_request(), reason="VM-2026-0001")
    stands = disputed.release(actor=lan, at=at, case=held, reason="VM-2026-0001", in_favour=False)
    assert (stands.state, stands.refusal_reason) == ("refused", "Không thuộc phạm vi.")
    with pytest.raises(StateMoved):
        disputed.release(actor=lan, at=at, case=stands, reason="VM-2026-0001", in_favour=True)


def test_only_the_system_holds_and_releases(province, lan, phuc, minh, at):
    from nganam.cases.operations import advance

    request = told.refused_request()
    for actor in (lan, phuc, minh):
        with pytest.raises(NotAllowed):
            advance(request, "dispute", actor=actor, at=at, reason="x")


def test_a_refusal_is_held_by_who_was_refused_and_not_by_who_refused(province):
    request = told.refused_request()
    assert disputed.is_held_by(request, agency("CT-X31507"))
    assert not disputed.is_held_by(request, agency("CT-SYT"))


@pytest.mark.law("D51.1a")
def test_a_dispute_is_offered_to_who_was_refused_and_to_nobody_else(province, lan, phuc, minh, at):
    request = told.refused_request()
    assert queries.may_dispute(phuc, request, at)
    for actor in (lan, minh):
        assert not queries.may_dispute(actor, request, at)
