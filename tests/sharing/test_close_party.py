"""An agency of an agreement among several is closed: about to join, exploiting, or while a text is signed."""

from datetime import UTC, date, datetime

import pytest

import scenes
import scenes_agreements as ours
from nganam.agencies import operations as agencies
from nganam.cases import seats
from nganam.cases.models import Seat, Turn
from nganam.deadlines.queries import clocks_of
from nganam.desk.worklist import ME, Desk, Wanted
from nganam.notices.models import Notice
from nganam.sharing.agreements import drafting, joining, signing, telling
from nganam.sharing.models import Account, Agreement, AgreementParty, Joining, Termination
from nganam.sharing.suspensions import closing

pytestmark = pytest.mark.django_db
LATER, LAN, PHUC, TU = ours.LATER, ours.LAN, ours.PHUC, ours.TU
GONE = "CT-STC"


def asked_in():
    """Accept Tú's agency into an agreement in force; the amendment that names it is open."""
    joining.accept(actor=LAN, at=LATER, joining=ours.joining())
    return Agreement.objects.get()


def settled(found):
    for actor in (PHUC, TU):
        found = ours.agree(found, actor, LATER)
    return found


def signed(found, *actors):
    for actor in actors:
        found = signing.sign(
            actor=actor, at=LATER, agreement=found, digest=ours.table(found).digest, signer="x", position="Thủ trưởng"
        )
    return found


def gone():
    agencies.close_agency(actor=scenes.MINH, at=LATER, agency=GONE, until=date(2026, 12, 1), successors=())
    return closing.follow_closed(at=LATER)


def running(found):
    return {one.key: one.agency for one in clocks_of("sharing.agreement", found.code) if one.is_running}


@pytest.mark.law("D36.4", "D38.11")
@pytest.mark.parametrize("is_signing", [False, True])
def test_who_was_about_to_join_is_taken_out_and_owes_nothing(province, is_signing):
    found = asked_in()
    if is_signing:
        assert settled(found).state == "amend_signing"
    assert gone() == {"takeovers": 0, "ended": 1}
    found.refresh_from_db()
    assert (found.state, Joining.objects.get().state) == ("amending", "lapsed")
    assert not AgreementParty.objects.filter(agency__code=GONE).exists()
    assert ours.table(found) is None
    assert set(running(found)) == {"default_list_review", "special_agreement"}
    assert not Seat.objects.filter(object_code=found.code, agency=GONE).exists()
    assert gone_again()["ended"] == 0
    # The others amend it by themselves.
    found = ours.save(Agreement.objects.get(), LAN, LATER, other="Thêm điều.")
    found = signed(ours.agree(found, PHUC, LATER), LAN, PHUC)
    assert (found.state, Joining.objects.get().state) == ("in_force", "lapsed")
    assert Account.objects.count() == 1


def gone_again():
    return closing.follow_closed(at=LATER)


@pytest.mark.law("D44", "D38.11")
def test_who_exploited_owes_the_deletion_in_a_term_of_its_own(province):
    found = signed(settled(asked_in()), LAN, PHUC, TU)
    assert found.state == "in_force"
    gone()
    assert running(found) == {"default_list_review": "CT-SKHCN", f"special_deletion:{GONE}": "CT-SKHCN"}
    assert {one.consumer.code for one in Account.objects.filter(state="revoked")} == {GONE}


@pytest.mark.law("D44", "D38.11")
def test_while_a_text_is_signed_its_account_ends_with_the_agreement_and_the_deletion_is_owed_once(province):
    found = signed(settled(asked_in()), LAN, PHUC, TU)
    found = drafting.begin_amendment(actor=LAN, at=LATER, agreement=found, reason="Thêm điều.")
    found = settled(ours.save(found, LAN, LATER, other="Thêm điều."))
    found = signed(found, LAN, TU)
    assert found.state == "amend_signing"
    assert gone()["ended"] == 1
    assert {one.consumer.code for one in Account.objects.filter(state="revoked")} == {GONE}
    assert not Termination.objects.exists()
    assert gone_again()["ended"] == 0
    found = signed(Agreement.objects.get(), PHUC)
    assert found.state == "in_force"
    assert not Account.objects.filter(application__agency__code=GONE).exclude(state="revoked").exists()
    assert gone_again()["ended"] == 1
    assert f"special_deletion:{GONE}" in running(found)
    assert not Termination.objects.exists()


def test_what_befalls_the_agreement_is_told_to_the_lead_agency_and_not_to_who_is_gone(province):
    found = signed(settled(asked_in()), LAN, PHUC, TU)
    agencies.close_agency(actor=scenes.MINH, at=LATER, agency=GONE, until=date(2027, 6, 1), successors=())
    found = Agreement.objects.get()
    told = Notice.objects.filter(event="sharing.agreement.thu")
    telling.tell_parties(found, actor=LAN, at=LATER, event="thu")
    assert set(told.values_list("agency", "role")) == {(PHUC.agency, ""), (GONE, "")}, "at work until its last day"
    told.delete()
    telling.tell_parties(found, actor=LAN, at=datetime(2027, 6, 2, tzinfo=UTC), event="thu")
    assert set(told.values_list("agency", "role")) == {(PHUC.agency, ""), ("", "lead")}


@pytest.mark.parametrize("successors", [(), ("CT-STC",)])
def test_what_waited_for_a_closed_agency_waits_for_who_acts_in_its_stead(province, successors):
    found = scenes.sent_request()
    turn = Seat.objects.filter(object_code=found.code, turn=Turn.MINE).values_list("agency", "role")
    before = set(turn.all())
    assert ("CT-SYT", "focal") in before
    agencies.close_agency(actor=scenes.MINH, at=LATER, agency="CT-SYT", until=date(2027, 6, 1), successors=successors)
    seats.rebuild(["sharing.request"], at=datetime(2027, 5, 31, 9, tzinfo=UTC))
    assert ("CT-SYT", "focal") in set(turn.all()), "at work until its last day"
    seats.rebuild(["sharing.request"], at=datetime(2027, 6, 1, 9, tzinfo=UTC))
    assert set(turn.all()) == (before if successors else before - {("CT-SYT", "focal")} | {("", "lead")})
    desk = Desk(TU if successors else scenes.MINH, datetime(2027, 6, 1, 9, tzinfo=UTC))
    assert desk.seats(Wanted(whose=ME)).filter(object_code=found.code).exists()
