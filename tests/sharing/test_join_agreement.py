"""D36.4: a third agency asks to join; accepted it is party to a new version, refused it may open a dispute."""

import pytest

import scenes
import scenes_agreements as ours
from nganam.cases.parties import find_for
from nganam.deadlines.queries import clocks_of
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken
from nganam.notices.queries import inbox
from nganam.sharing.agreements import drafting, ending, joining, queries
from nganam.sharing.models import Account, Agreement, Joining

pytestmark = pytest.mark.django_db
LATER, TU = ours.LATER, ours.TU


@pytest.mark.law("D36.4")
def test_a_third_agency_asks_and_the_provider_hears_within_a_local_term(province, lan):
    found = ours.joining()
    assert (found.code, found.state, found.consumer.code, found.provider.code) == (
        "TG-2026-0001", "asked", "CT-STC", "CT-SYT",
    )  # fmt: skip
    (clock,) = clocks_of("sharing.joining", found.code)
    assert (clock.key, clock.is_local, clock.agency) == ("special_join", True, "CT-SYT")
    assert any(found.code in notice.title for notice in inbox(lan))
    assert str(found) == f"{found.code} {found.agreement.about}"


@pytest.mark.law("D36.4")
def test_only_an_agreement_in_force_is_joined_once_and_not_by_a_party(province, lan, phuc, hoa):
    found = ours.signing()
    with pytest.raises(NotFound):
        queries.agreement_in_force(found.code)
    values = {"at": LATER, "agreement": found, "purpose": "x"}
    own = scenes.application(TU, "NSNN")
    with pytest.raises(NotAllowed):
        joining.ask_to_join(actor=TU, application=own, **values)
    found = ours.sign(ours.sign(found, phuc), lan)
    values["agreement"] = queries.agreement_in_force(found.code)
    mine = found.application
    for actor, application in ((hoa, own), (phuc, mine), (TU, mine)):
        with pytest.raises(NotAllowed):
            joining.ask_to_join(actor=actor, application=application, **values)
    first, again = (joining.ask_to_join(actor=TU, application=own, once="khoa", **values) for _ in range(2))
    assert first == again
    with pytest.raises(RuleBroken):
        joining.ask_to_join(actor=TU, application=own, once="khac", **values)


@pytest.mark.law("D36.4", "D38.1", "D39")
def test_who_is_accepted_is_a_party_once_every_party_signed_the_new_version(province, lan, phuc):
    asked = joining.accept(actor=lan, at=LATER, joining=ours.joining())
    agreement = Agreement.objects.get()
    assert (asked.state, agreement.state) == ("accepted", "amending")
    version = ours.table(agreement)
    assert version.parties == ["CT-SYT", "CT-X31507", "CT-STC"]
    assert "Sở Tài chính" in version.content["parties"]
    assert queries.get_agreement_for(TU, agreement.code) == agreement, "who signs may read"
    assert [one.agency.code for one in queries.exploiters(agreement)] == ["CT-X31507"], "not a party yet"
    agreement = ours.agree(agreement, phuc, LATER)
    assert agreement.state == "amending"
    agreement = ours.agree(agreement, TU, LATER)
    assert agreement.state == "amend_signing"
    for actor in (lan, TU, phuc):
        agreement = ours.sign(agreement, actor, LATER)
    asked.refresh_from_db()
    assert (agreement.state, agreement.in_force.number, asked.state) == ("in_force", 2, "joined")
    assert {one.subject for one in Account.objects.all()} == {"CT-X31507/MCDT", "CT-STC/NSNN"}
    assert [one.agency.code for one in queries.exploiters(agreement)] == ["CT-X31507", "CT-STC"]
    assert clocks_of("sharing.joining", asked.code).get().stopped_at == LATER


@pytest.mark.law("D36.4")
def test_a_party_is_added_to_an_amendment_that_is_open_but_not_to_one_being_signed(province, lan, phuc):
    agreement = ours.in_force()
    asked = ours.joining(agreement)
    agreement = ours.save(ours.amending(ours.fresh(agreement)), lan, LATER, other="Thêm điều.")
    settled = ours.agree(agreement, phuc, LATER)
    with pytest.raises(RuleBroken):
        joining.accept(actor=lan, at=LATER, joining=ours.fresh(asked))
    drafting.return_to_drafting(actor=lan, at=LATER, agreement=settled, reason="Có bên muốn tham gia.")
    joining.accept(actor=lan, at=LATER, joining=ours.fresh(asked))
    assert ours.table(Agreement.objects.get()).parties == ["CT-SYT", "CT-X31507", "CT-STC"]


@pytest.mark.law("D36.4")
def test_not_accepted_states_a_reason_and_the_asker_finds_the_case_to_dispute(province, lan, phuc):
    asked = ours.joining()
    with pytest.raises(Invalid):
        joining.refuse(actor=lan, at=LATER, joining=asked, reason=" ")
    for actor in (phuc, TU):
        with pytest.raises(NotAllowed):
            joining.refuse(actor=actor, at=LATER, joining=asked, reason="x")
    why = {"reason": "Mục đích không phù hợp thỏa thuận.", "legal_basis": "Khoản 7 Điều 38 Nghị định 47/2020/NĐ-CP"}
    asked = joining.refuse(actor=lan, at=LATER, joining=asked, **why)
    assert asked.state == "refused"
    assert any("Không chấp nhận" in notice.title for notice in inbox(TU))
    assert find_for(TU, "sharing.joining", asked.code) == asked
    with pytest.raises(NotFound):
        queries.get_agreement_for(TU, asked.agreement.code)


def test_the_asker_withdraws_before_the_answer(province, lan, phuc):
    asked = ours.joining()
    with pytest.raises(NotAllowed):
        joining.withdraw_joining(actor=phuc, at=LATER, joining=asked)
    assert joining.withdraw_joining(actor=TU, at=LATER, joining=asked).state == "withdrawn"


@pytest.mark.law("D36.4")
def test_a_dropped_amendment_lets_the_accepted_wait_again(province, lan, phuc):
    asked = joining.accept(actor=lan, at=LATER, joining=ours.joining())
    found = drafting.drop_amendment(actor=phuc, at=LATER, agreement=Agreement.objects.get(), reason="Chưa thống nhất")
    asked.refresh_from_db()
    assert (asked.state, found.parties.count()) == ("asked", 2)
    assert {one.is_running for one in clocks_of("sharing.joining", asked.code)} == {True, False}
    assert joining.accept(actor=lan, at=LATER, joining=asked).state == "accepted"


def test_requests_to_join_lapse_with_the_agreement(province, phuc):
    asked = ours.joining()
    ending.terminate(
        actor=phuc, at=LATER, agreement=Agreement.objects.get(), ground="ended", reason="Hết nhu cầu"
    )  # fmt: skip
    asked.refresh_from_db()
    assert asked.state == "lapsed"


def test_only_those_concerned_see_a_request_to_join(province, lan, phuc, minh, hoa, khanh):
    asked = ours.joining()
    for actor in (lan, phuc, minh, TU):
        assert queries.get_joining_for(actor, asked.code) == asked
    for actor in (hoa, khanh):
        with pytest.raises(NotFound):
            queries.get_joining_for(actor, asked.code)
    assert Joining.objects.get().service == asked.agreement.service
