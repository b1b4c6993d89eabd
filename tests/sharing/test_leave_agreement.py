"""One of several exploiting parties leaves: the others go on, it loses its account and owes the deletion."""

import re
from dataclasses import replace
from datetime import date

import pytest

import scenes
import scenes_agreements as ours
import scenes_outside as outside
from nganam.accounts.models import Person
from nganam.agencies.operations import name_posting
from nganam.cases.models import Seat
from nganam.cases.parties import is_idle, steps_for
from nganam.deadlines.queries import clocks_of
from nganam.documents.queries import papers_of
from nganam.kernel.actors import system
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.notices.queries import inbox
from nganam.sharing.agreements import drafting, ending, joining, leaving, queries, signing
from nganam.sharing.models import Account, Agreement, AgreementParty, DeletionReport, Inbound

pytestmark = pytest.mark.django_db
LATER, TU = ours.LATER, ours.TU
SAID = {"deleted_on": date(2026, 12, 1), "text": "Xóa bảng tra cứu; biên bản 02/BB."}


def three(agreement=None, first=ours.PHUC):
    """Take Tú into an agreement in force."""
    joining.accept(actor=ours.LAN, at=LATER, joining=ours.joining(agreement))
    found = Agreement.objects.get()
    for actor in (first, TU):
        found = ours.agree(found, actor, LATER)
    for actor in (ours.LAN, first, TU):
        text = ours.table(found)
        found = signing.sign(
            actor=actor, at=LATER, agreement=found, digest=text.digest, signer="x", position="Thủ trưởng"
        )
    return found


def left(found=None, actor=TU):
    return leaving.leave(actor=actor, at=LATER, agreement=found or three(), reason="Không còn nhu cầu.")


def running(found):
    return {one.key: one for one in clocks_of("sharing.agreement", found.code) if one.is_running}


@pytest.mark.law("D44", "D38.11", "D39")
def test_who_leaves_loses_its_account_and_owes_deletion_while_the_others_go_on(province, lan, phuc):
    found = left()
    states = {one.subject: one.state for one in Account.objects.all()}
    assert (found.state, states) == ("in_force", {"CT-X31507/MCDT": "created", "CT-STC/NSNN": "revoked"})
    assert [one.agency.code for one in queries.staying(found)] == ["CT-SYT", "CT-X31507"]
    assert AgreementParty.objects.get(agency__code="CT-STC").left_on == date(2026, 12, 1)
    clock = running(found)["special_deletion:CT-STC"]
    assert (clock.agency, clock.is_local) == ("CT-STC", True)
    assert any("rút khỏi thỏa thuận" in one.title for one in papers_of("sharing.agreement", found.code))
    for actor in (lan, phuc):
        assert any("Sở Tài chính" in notice.body for notice in inbox(actor))
    assert Seat.objects.get(object_code=found.code, agency="CT-STC").parties == "|exploiter|"
    step = found.MACHINE.transition("report_deletion")
    assert [is_idle(actor, found, step, LATER) for actor in (TU, phuc)] == [False, True]


@pytest.mark.law("D38.11")
def test_the_leaver_reports_with_evidence_and_the_provider_returns_or_confirms(province, lan, phuc, minh):
    found = left()
    with pytest.raises(RuleBroken):
        ending.report_deletion(actor=phuc, at=LATER, agreement=found, **SAID)
    with pytest.raises(RuleBroken):
        leaving.accept_deletion(actor=lan, at=LATER, agreement=found, agency="CT-STC")
    found = ending.report_deletion(actor=TU, at=LATER, agreement=found, **SAID)
    with pytest.raises(Invalid):
        ending.report_deletion(actor=TU, at=LATER, agreement=ours.fresh(found), **SAID)
    found = ending.return_deletion(actor=lan, at=LATER, agreement=found, agency="CT-STC", reason="Thiếu bản sao lưu.")
    assert any("Thiếu bản sao lưu" in notice.body for notice in inbox(TU))
    found = ending.report_deletion(actor=TU, at=LATER, agreement=ours.fresh(found), **SAID)
    for actor in (phuc, TU, minh):
        with pytest.raises(NotAllowed):
            leaving.accept_deletion(actor=actor, at=LATER, agreement=found, agency="CT-STC")
    with pytest.raises(Invalid):
        leaving.accept_deletion(actor=lan, at=LATER, agreement=found, agency="CT-X31507")
    assert queries.get_agreement_for(TU, found.code) == found, "who owes something still reads"
    found = leaving.accept_deletion(actor=lan, at=LATER, agreement=found, agency="CT-STC")
    assert (found.state, set(running(found))) == ("in_force", {"default_list_review"})
    with pytest.raises(NotFound):
        queries.get_agreement_for(TU, found.code)
    assert not Seat.objects.filter(object_code=found.code, agency="CT-STC").exists()
    assert [bool(one.accepted_at) for one in DeletionReport.objects.all()] == [False, True]
    # The end of the whole asks only those that are left.
    found = ending.terminate(actor=lan, at=LATER, agreement=found, ground="ended", reason="x")
    found = ending.report_deletion(actor=phuc, at=LATER, agreement=ours.fresh(found), **SAID)
    assert ending.confirm_deletion(actor=lan, at=LATER, agreement=ours.fresh(found)).state == "closed"


def test_only_an_exploiting_party_leaves_and_never_the_last_one(province, lan, phuc, minh, hoa):
    alone = ours.in_force()
    with pytest.raises(RuleBroken) as refused:
        leaving.leave(actor=phuc, at=LATER, agreement=alone, reason="x")
    assert "chấm dứt thỏa thuận" in refused.value.message
    found = three(alone)
    for actor in (lan, minh, hoa):
        with pytest.raises(NotAllowed):
            leaving.leave(actor=actor, at=LATER, agreement=found, reason="x")
    with pytest.raises(Invalid) as unsaid:
        leaving.leave(actor=TU, at=LATER, agreement=found, reason=" ")
    assert "reason" in unsaid.value.fields
    found = left(found)
    with pytest.raises(RuleBroken):
        leaving.leave(actor=TU, at=LATER, agreement=found, reason="x")
    with pytest.raises(RuleBroken):
        leaving.leave(actor=phuc, at=LATER, agreement=found, reason="x")


def test_who_is_still_joining_is_no_party_that_could_leave(province, lan):
    joining.accept(actor=lan, at=LATER, joining=ours.joining())
    with pytest.raises(RuleBroken):
        leaving.leave(actor=TU, at=LATER, agreement=Agreement.objects.get(), reason="x")


@pytest.mark.law("D39")
def test_the_text_under_amendment_is_set_aside_and_the_next_is_among_those_who_stay(province, lan, phuc):
    found = ours.save(ours.amending(three()), lan, LATER, other="Thêm điều.")
    text = ours.table(found)
    assert "CT-STC" in text.parties
    found = left(found)
    assert (found.state, ours.table(found)) == ("amending", None)
    found = ours.agree(ours.save(found, lan, LATER, other="Thêm điều."), phuc, LATER)
    assert found.state == "amend_signing", "nobody waits for who left"
    assert ours.table(found).parties == ["CT-SYT", "CT-X31507"]
    assert ours.sign(ours.sign(found, phuc, LATER), lan, LATER).state == "in_force"
    with pytest.raises(NotAllowed):
        drafting.begin_amendment(actor=TU, at=LATER, agreement=ours.fresh(found), reason="x")


def test_a_text_being_signed_is_first_taken_back(province, lan, phuc):
    found = ours.save(ours.amending(three()), lan, LATER, other="Thêm điều.")
    found = ours.agree(ours.agree(found, phuc, LATER), TU, LATER)
    assert found.state == "amend_signing"
    with pytest.raises(StateMoved):
        left(found)
    found = drafting.return_to_drafting(actor=TU, at=LATER, agreement=ours.fresh(found), reason="Sẽ rút.")
    assert left(found).state == "amending"


@pytest.mark.law("D44", "D38.11")
def test_where_the_asker_leaves_the_next_party_speaks_for_those_who_stay(province, lan, phuc):
    found = left(three(), phuc)
    assert queries.asker(found).code == "CT-STC"
    with pytest.raises(NotAllowed):
        ending.terminate(actor=phuc, at=LATER, agreement=found, ground="ended", reason="x")
    found = ending.terminate(actor=TU, at=LATER, agreement=found, ground="ended", reason="Hết nhu cầu.")
    assert found.state == "deleting"
    assert {key: one.agency for key, one in running(found).items()} == {
        "special_deletion": "CT-STC", "special_deletion:CT-X31507": "CT-X31507",
    }  # fmt: skip
    found = ending.report_deletion(actor=TU, at=LATER, agreement=found, **SAID)
    with pytest.raises(RuleBroken) as owing:
        ending.confirm_deletion(actor=lan, at=LATER, agreement=found)
    assert "phường Sóc Trăng" in owing.value.message, "who left before has not deleted yet"
    found = ending.report_deletion(actor=phuc, at=LATER, agreement=ours.fresh(found), **SAID)
    assert ending.confirm_deletion(actor=lan, at=LATER, agreement=ours.fresh(found)).state == "closed"


@pytest.mark.law("D36.4")
def test_who_left_may_ask_to_join_again(province, lan, phuc):
    found = ending.report_deletion(actor=TU, at=LATER, agreement=left(), **SAID)
    found = leaving.accept_deletion(actor=lan, at=LATER, agreement=found, agency="CT-STC")
    asked = joining.ask_to_join(
        actor=TU, at=LATER, agreement=found, application=scenes.application(TU, "NSNN2"), purpose="Lại cần."
    )
    joining.accept(actor=lan, at=LATER, joining=asked)
    found = ours.agree(ours.agree(Agreement.objects.get(), phuc, LATER), TU, LATER)
    for actor in (lan, phuc, TU):
        found = ours.sign(found, actor, LATER)
    assert [one.agency.code for one in queries.exploiters(found)] == ["CT-X31507", "CT-STC"]
    found = ending.terminate(actor=lan, at=LATER, agreement=ours.fresh(found), ground="ended", reason="x")
    assert set(queries.not_deleted_yet(ours.fresh(found))) == {
        "UBND phường Sóc Trăng",
        "Sở Tài chính thành phố Cần Thơ",
    }


@pytest.mark.law("D38.11")
def test_of_two_who_left_the_other_still_owes_its_deletion(province, lan, phuc):
    found = three()
    other = replace(TU, code="ca", agency="CT-CA")
    asked = joining.ask_to_join(
        actor=other, at=LATER, agreement=found, application=scenes.application(other, "AN"), purpose="Bảo vệ."
    )
    joining.accept(actor=lan, at=LATER, joining=asked)
    found = Agreement.objects.get()
    for actor in (phuc, TU, other):
        found = ours.agree(found, actor, LATER)
    for actor in (lan, phuc, TU, other):
        digest = ours.table(found).digest
        found = signing.sign(actor=actor, at=LATER, agreement=found, digest=digest, signer="x", position="x")
    found = left(left(found), other)
    every = [one for one in clocks_of("sharing.agreement", found.code) if one.key.startswith("special_deletion")]
    assert {one.key: one.agency for one in every} == {
        "special_deletion:CT-STC": "CT-STC", "special_deletion:CT-CA": "CT-CA",
    }  # fmt: skip
    terms = running(found)
    found = ending.report_deletion(actor=TU, at=LATER, agreement=found, **SAID)
    found = leaving.accept_deletion(actor=lan, at=LATER, agreement=ours.fresh(found), agency="CT-STC")
    assert "special_deletion:CT-STC" not in running(found)
    kept = running(found)["special_deletion:CT-CA"]
    assert (kept.pk, kept.due_on) == (terms["special_deletion:CT-CA"].pk, terms["special_deletion:CT-CA"].due_on)
    found = ending.report_deletion(actor=other, at=LATER, agreement=found, **SAID)
    found = leaving.accept_deletion(actor=lan, at=LATER, agreement=ours.fresh(found), agency="CT-CA")
    assert set(running(found)) == {"default_list_review"}


@pytest.mark.law("S17.1", "D38.11")
def test_an_outside_party_leaves_by_the_lead_agency(province, lan, phuc, minh):
    found = left(three(outside.signed_outside(), minh), minh)
    assert Inbound.objects.get().state == "terminated", "the case of the outside agency ends with its leaving"
    assert found.state == "in_force"
    assert running(found)["special_deletion:BO-YT"].agency == "CT-SKHCN"
    assert any("TB-SKHCN" in one.number for one in papers_of("sharing.agreement", found.code))
    found = ending.report_deletion(actor=minh, at=LATER, agreement=found, **SAID)
    found = leaving.accept_deletion(actor=lan, at=LATER, agreement=ours.fresh(found), agency="BO-YT")
    assert set(running(found)) == {"default_list_review"}


def test_it_is_done_on_the_page(client, province):
    person = Person.objects.create_user("tu", password=scenes.PASSWORD, full_name="Trương Tú")
    name_posting(
        actor=system("test"), at=ours.AT, person=person, agency="CT-STC", role="focal", valid_from=date(2025, 7, 1)
    )
    found = three(ours.in_force(valid_until="2090-01-01"))
    here = found.get_absolute_url()

    def enter(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    def text(path):
        return re.sub(r"\s+", " ", enter_page.get(path).content.decode())

    enter_page = enter("lan")
    assert f"{here}buoc/leave/" not in text(here)
    enter_page = enter("tu")
    assert f"{here}buoc/leave/" in text(here)
    assert enter_page.post(f"{here}buoc/leave/", {"reason": ""}).status_code == 422
    assert enter_page.post(f"{here}buoc/leave/", {"reason": "Hết nhu cầu."}).status_code == 302
    assert "Báo đã xóa, hủy dữ liệu" in text(here)
    assert "đã rút" in text(here)
    sent = {"deleted_on": "2026-11-03", "text": "Đã xóa."}
    assert enter_page.post(f"{here}xoa-du-lieu/", sent).status_code == 302
    enter_page = enter("lan")
    assert f"{here}buoc/accept_deletion/" in text(here)
    assert enter_page.post(f"{here}buoc/accept_deletion/", {"agency": "CT-STC"}).status_code == 302
    assert "đã xác nhận" in text(here)
    assert {one.name for one in steps_for(TU, Agreement.objects.get())} == set()
    assert enter("tu").get(here).status_code == 404
