"""The families of sharing with fewer deeds, by real requests in parallel: outbound, joining, leaving, delegation."""

import pytest

import scenes
import scenes_accounts as suspensions
import scenes_agreements as ours
import scenes_outside as outside
from at_once import refused, second_officers, signed_in, statuses, together, twin
from by_program import JSON, program_of
from nganam.audit.models import Entry
from nganam.audit.queries import verify_chain
from nganam.cases.models import History
from nganam.documents.models import Paper
from nganam.sharing.agreements import joining, signing
from nganam.sharing.models import (
    Account,
    Agreement,
    AgreementParty,
    AgreementVersion,
    Delegation,
    DeletionReport,
    Joining,
    Outbound,
    Request,
)

WHEN = "2026-11-20"


@pytest.fixture
def stage(committed_db, make_province):
    """Give a province in a database that commits, with two officers at Sở Y tế and two at the commune."""
    make_province()
    second_officers()


def moves(case, step):
    return History.objects.filter(object_type=case.MACHINE.code, object_code=case.code, transition=step).count()


# -- outbound --


@pytest.mark.law("S9.3")
def test_a_proposal_accepted_and_withdrawn_at_once_goes_one_way(stage):
    case, ministry = outside.proposed(), outside.ministry("BO-TC", "Bộ Tài chính")
    minh, phuc, seen = signed_in("minh"), signed_in("phuc"), {"version": case.version}
    path = f"{case.get_absolute_url()}buoc"
    answers = together(
        lambda: minh.post(f"{path}/accept/", seen | outside.REVIEW | {"provider": ministry.code}),
        lambda: phuc.post(f"{path}/withdraw/", seen),
    )
    assert statuses(answers) == [302, 422]
    assert "đã chuyển hồ sơ lúc" in refused(answers)
    case.refresh_from_db()
    assert (case.state, moves(case, "accept") + moves(case, "withdraw")) in {("accepted", 1), ("withdrawn", 1)}
    assert verify_chain().ok


def test_a_proposal_sent_twice_at_once_is_proposed_once(stage):
    case = outside.drafted()
    phuc, son = signed_in("phuc"), signed_in("son")
    path, seen = f"{case.get_absolute_url()}buoc/propose/", {"version": case.version}
    answers = together(lambda: phuc.post(path, seen), lambda: son.post(path, seen))
    assert statuses(answers) == [302, 422]
    assert (Outbound.objects.get().state, moves(case, "propose")) == ("proposed", 1)


# -- joining --


@pytest.mark.law("D36.4")
@pytest.mark.parametrize("round_", range(2))
def test_a_request_to_join_is_accepted_or_refused_not_both(stage, round_):
    case = ours.joining()
    lan, mai, seen = signed_in("lan"), signed_in("mai"), {"version": case.version}
    path = f"{case.get_absolute_url()}buoc"
    answers = together(
        lambda: lan.post(f"{path}/accept/", seen),
        lambda: mai.post(f"{path}/refuse/", seen | {"reason": "Không cùng mục đích.", "legal_basis": "Điều 1"}),
    )
    assert statuses(answers) == [302, 422]
    case = Joining.objects.get()
    came = AgreementParty.objects.filter(agency__code="CT-STC").count()
    assert (case.state, came) in {("accepted", 1), ("refused", 0)}
    assert AgreementVersion.objects.filter(number__gt=1).count() == came, "what lost left no text"
    assert Paper.objects.filter(object_code=case.code).count() == 1
    assert verify_chain().ok


# -- leaving, and what is owed --


def three():
    """Take Tú into an agreement in force."""
    joining.accept(actor=ours.LAN, at=ours.LATER, joining=ours.joining())
    found = Agreement.objects.get()
    for actor in (ours.PHUC, ours.TU):
        found = ours.agree(found, actor, ours.LATER)
    for actor in (ours.LAN, ours.PHUC, ours.TU):
        found = signing.sign(
            actor=actor, at=ours.LATER, agreement=found, digest=ours.table(found).digest, signer="x", position="TT"
        )
    return found


@pytest.mark.law("D44", "D38.11")
def test_two_officers_of_one_party_leave_once(stage):
    found = three()
    phuc, son, seen = signed_in("phuc"), signed_in("son"), {"version": found.version, "reason": "Hết nhu cầu."}
    path = f"/thoa-thuan/{found.code}/buoc/leave/"
    answers = together(lambda: phuc.post(path, seen), lambda: son.post(path, seen))
    assert statuses(answers) == [302, 422]
    assert moves(found, "leave") == 1
    assert Account.objects.filter(state="revoked").count() == 1
    assert Paper.objects.filter(object_code=found.code, kind="TB", agency="CT-X31507").count() == 1
    assert verify_chain().ok


@pytest.mark.law("D38.11")
def test_a_deletion_reported_twice_at_once_is_reported_once(stage):
    found = ours.deleting()
    phuc, son = signed_in("phuc"), signed_in("son")
    path = f"/thoa-thuan/{found.code}/xoa-du-lieu/"
    said = {"deleted_on": WHEN, "text": "Xóa bảng tra cứu.", "version": found.version}
    answers = together(lambda: phuc.post(path, said), lambda: son.post(path, said))
    assert statuses(answers) == [302, 422]
    assert DeletionReport.objects.count() == 1
    assert verify_chain().ok


# -- delegation --


@pytest.mark.law("D40.2")
def test_of_two_who_delegate_the_same_at_once_one_does(stage):
    lan, mai = signed_in("lan"), signed_in("mai")
    said = {"paper": "12/QĐ-SYT", "valid_from": WHEN}
    path = "/tai-khoan-ket-noi/uy-quyen/"
    answers = together(lambda: lan.post(path, said), lambda: mai.post(path, said | {"paper": "13/QĐ-SYT"}))
    assert statuses(answers) == [302, 422]
    assert Delegation.objects.count() == 1


def test_a_delegation_ended_twice_at_once_ends_once(stage):
    given = suspensions.delegation()
    lan = signed_in("lan")
    path = f"/tai-khoan-ket-noi/uy-quyen/{given.code}/ket-thuc/"
    together(lambda: lan.post(path), lambda: twin(lan).post(path))
    given.refresh_from_db()
    assert given.ended_at is not None
    assert Entry.objects.filter(action="sharing.delegation.ended").count() == 1
    assert verify_chain().ok


# -- the JSON door --


def test_the_same_key_twice_at_once_opens_one_request(stage):
    service = scenes.published_service()
    scenes.application()
    program = program_of(scenes.PHUC)
    asked = {**scenes.REQUEST, "service": service.code, "application": "MCDT"}
    asked["fields_asked"] = asked.pop("fields")
    sent = {**JSON, "headers": {"Idempotency-Key": "yc-1"}}
    path = "/api/v1/cases/sharing.request"
    answers = together(*(lambda: program.post(path, asked, **sent) for _ in range(2)))
    assert [one.status_code for one in answers] == [201, 201], [one.content.decode() for one in answers]
    assert len({one.json()["code"] for one in answers}) == 1
    assert Request.objects.count() == 1
