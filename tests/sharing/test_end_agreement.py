"""D44, D38.11: the end of an agreement takes the account and leaves the duty to delete; D34.2: the review."""

import io
from datetime import UTC, date, datetime, time

import pytest

import scenes_agreements as ours
from nganam.deadlines.operations import set_local_term
from nganam.deadlines.queries import clocks_of
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.notices.models import OutboxEvent
from nganam.notices.queries import inbox
from nganam.sharing.agreements import ending, joining, queries, signing, tasks
from nganam.sharing.models import Account, Agreement, DeletionReport

pytestmark = pytest.mark.django_db
LATER = ours.LATER
SAID = {"deleted_on": date(2026, 12, 1), "text": "Xóa bảng tra cứu; biên bản 01/BB có hai bên ký."}


class Upload(io.BytesIO):
    """A file as a form or the interface hands it over."""

    name = "bien-ban.txt"


def running(agreement):
    return {one.key: one for one in clocks_of("sharing.agreement", agreement.code) if one.is_running}


@pytest.mark.law("D44", "D38.11")
def test_the_end_of_the_term_takes_the_account_and_begins_the_duty_to_delete(province, phuc):
    found = ours.in_force()
    ended = LATER.replace(year=2028, month=11, day=2, hour=18)  # 3 November in Vietnam
    assert ending.expire_due(at=ended - ours.days(1)) == 0
    assert ending.expire_due(at=ended) == 1
    found.refresh_from_db()
    account = Account.objects.get()
    assert (found.state, found.ended_on, account.state) == ("deleting", ours.END, "revoked")
    (clock,) = running(found).values()
    assert (clock.key, clock.is_local, clock.agency) == ("special_deletion", True, "CT-X31507")
    assert OutboxEvent.objects.filter(event="sharing.account.end_with_agreement", object_code=account.code).exists()
    assert any("Hết hiệu lực" in notice.title for notice in inbox(phuc))
    assert ending.expire_due(at=ended) == 0


@pytest.mark.law("D44")
def test_either_side_terminates_on_a_ground_of_the_law_with_a_reason(province, lan, phuc, minh):
    found = ours.in_force()
    for wrong in (
        {"ground": "", "reason": "x"},
        {"ground": "khac", "reason": "x"},
        {"ground": "purpose", "reason": ""},
    ):
        with pytest.raises(Invalid):
            ending.terminate(actor=lan, at=LATER, agreement=found, **wrong)
    for actor in (minh, ours.TU):
        with pytest.raises(NotAllowed):
            ending.terminate(actor=actor, at=LATER, agreement=found, ground="purpose", reason="x")
    found = ending.terminate(actor=lan, at=LATER, agreement=found, ground="purpose", reason="Dùng sai mục đích.")
    assert (found.state, found.ended_on, Account.objects.get().state) == ("deleting", date(2026, 12, 1), "revoked")
    assert found.in_force.in_force_until == date(2026, 12, 1)
    assert any("Chấm dứt" in notice.title for notice in inbox(phuc))
    assert set(running(found)) == {"special_deletion"}


@pytest.mark.law("D44")
def test_what_was_signed_but_never_began_is_terminated_too(province, lan):
    found = ours.in_force(effective_on="2027-01-01")
    found = ending.terminate(actor=lan, at=LATER, agreement=found, ground="authority", reason="Theo văn bản 1.")
    assert (found.state, found.in_force) == ("deleting", None)


@pytest.mark.law("D38.11")
def test_deletion_is_reported_with_evidence_confirmed_and_closes_the_file(province, lan, phuc, minh, at):
    found = ours.deleting()
    with pytest.raises(RuleBroken):
        ending.confirm_deletion(actor=lan, at=LATER, agreement=found)
    found = ending.report_deletion(actor=phuc, at=LATER, agreement=found, file=Upload(b"Bien ban xoa\n"), **SAID)
    report = DeletionReport.objects.get()
    assert (report.agency, report.file.name, report.deleted_on) == ("CT-X31507", "bien-ban.txt", date(2026, 12, 1))
    assert queries.kept_file(found, report.file.sha256) == report.file
    with pytest.raises(NotFound):
        queries.kept_file(found, "0" * 64)
    with pytest.raises(Invalid):
        ending.report_deletion(actor=phuc, at=LATER, agreement=found, **SAID)
    for actor in (phuc, minh):
        with pytest.raises(NotAllowed):
            ending.confirm_deletion(actor=actor, at=LATER, agreement=found)
    found = ending.confirm_deletion(actor=lan, at=LATER, agreement=found)
    assert found.state == "closed"
    assert not running(found)
    with pytest.raises(StateMoved):
        ending.report_deletion(actor=phuc, at=LATER, agreement=found, **SAID)


@pytest.mark.law("D38.11")
@pytest.mark.parametrize(
    ("wrong", "field"), [({"text": " "}, "text"), ({"deleted_on": date(2026, 12, 2)}, "deleted_on")]
)
def test_a_report_says_what_was_deleted_and_not_in_the_future(province, phuc, wrong, field):
    with pytest.raises(Invalid) as refused:
        ending.report_deletion(actor=phuc, at=LATER, agreement=ours.deleting(), **SAID | wrong)
    assert field in refused.value.fields


def test_a_file_that_is_no_evidence_is_not_taken(province, phuc):
    found = ours.deleting()
    with pytest.raises(Invalid):
        ending.report_deletion(actor=phuc, at=LATER, agreement=found, file=Upload(b"MZ\x00\x01"), **SAID)
    assert not DeletionReport.objects.exists()


@pytest.mark.law("D38.11")
def test_a_report_that_does_not_convince_is_returned_and_given_again(province, lan, phuc):
    found = ending.report_deletion(actor=phuc, at=LATER, agreement=ours.deleting(), **SAID)
    for wrong in ({"agency": "CT-STC", "reason": "x"}, {"agency": "CT-X31507", "reason": " "}):
        with pytest.raises(Invalid):
            ending.return_deletion(actor=lan, at=LATER, agreement=found, **wrong)
    with pytest.raises(NotAllowed):
        ending.return_deletion(actor=phuc, at=LATER, agreement=found, agency="CT-X31507", reason="x")
    found = ending.return_deletion(
        actor=lan, at=LATER, agreement=found, agency="CT-X31507", reason="Thiếu bản sao lưu."
    )  # fmt: skip
    with pytest.raises(RuleBroken):
        ending.confirm_deletion(actor=lan, at=LATER, agreement=found)
    found = ending.report_deletion(actor=phuc, at=LATER, agreement=found, **SAID)
    assert ending.confirm_deletion(actor=lan, at=LATER, agreement=found).state == "closed"
    assert [bool(one.returned_at) for one in DeletionReport.objects.all()] == [True, False]


@pytest.mark.law("D36.4", "D38.11")
def test_every_exploiting_party_has_to_delete(province, lan, phuc):
    joining.accept(actor=lan, at=LATER, joining=ours.joining())
    found = ours.agree(ours.agree(Agreement.objects.get(), phuc, LATER), ours.TU, LATER)
    for actor in (lan, ours.TU, phuc):
        found = ours.sign(found, actor, LATER)
    found = ending.terminate(actor=lan, at=LATER, agreement=found, ground="ended", reason="Ngừng dịch vụ.")
    assert {one.state for one in Account.objects.all()} == {"revoked"}
    found = ending.report_deletion(actor=phuc, at=LATER, agreement=found, **SAID)
    with pytest.raises(RuleBroken) as refused:
        ending.confirm_deletion(actor=lan, at=LATER, agreement=found)
    assert "Sở Tài chính" in refused.value.message
    with pytest.raises(NotAllowed):
        ending.report_deletion(actor=lan, at=LATER, agreement=found, **SAID)
    found = ending.report_deletion(actor=ours.TU, at=LATER, agreement=found, **SAID)
    assert ending.confirm_deletion(actor=lan, at=LATER, agreement=found).state == "closed"


@pytest.mark.law("D38.4", "D44")
def test_the_daily_job_begins_and_ends(province, monkeypatch):
    ours.in_force(effective_on="2026-12-01", valid_until="2026-12-03")
    for day, told in ((0, {"begun": 1, "ended": 0}), (1, {"begun": 0, "ended": 0}), (2, {"begun": 0, "ended": 1})):
        monkeypatch.setattr(tasks.timezone, "now", lambda day=day: LATER + ours.days(day))
        assert tasks.keep_agreements.func() == told


# ---- review for default sharing ----


@pytest.mark.law("D34.2")
def test_an_agreement_in_force_is_reviewed_every_six_months(province, lan, minh, phuc):
    found = ours.in_force()
    (clock,) = running(found).values()
    assert (clock.key, clock.article, clock.is_local, clock.agency, clock.due_on) == (
        "default_list_review", "D34.2", False, "CT-SKHCN", date(2027, 5, 4),
    )  # fmt: skip
    (listed,) = queries.to_review(minh)
    assert listed.review_due == clock.due_on
    assert not queries.to_review(minh).filter(queries.review_is_near(LATER)).exists()
    when = LATER + ours.days(140)
    assert queries.to_review(minh).filter(queries.review_is_near(when)).exists()
    with pytest.raises(NotAllowed):
        signing.review_default(actor=phuc, at=when, agreement=found, outcome="keep", reason="x")
    for wrong in ({"outcome": "?", "reason": "x"}, {"outcome": "keep", "reason": " "}):
        with pytest.raises(Invalid):
            signing.review_default(actor=minh, at=when, agreement=found, **wrong)
    found = signing.review_default(actor=minh, at=when, agreement=found, outcome="keep", reason="Chỉ một bên cần.")
    (again,) = running(found).values()
    assert again.started_at == when
    assert again.due_on > clock.due_on
    assert found.default_reviews.get().outcome == "keep"


@pytest.mark.law("D34.2", "D39")
@pytest.mark.parametrize("state", ["amending", "amend_signing", "amend_signed"])
def test_a_review_that_falls_due_in_an_amendment_is_recorded_there(province, lan, phuc, minh, state):
    found = ours.amending()
    when = LATER + ours.days(155)
    if state != "amending":
        found = ours.agree(ours.save(found, lan, LATER, effective_on="2027-06-01", other="Thêm điều."), phuc, LATER)
    if state == "amend_signed":
        found = ours.sign(ours.sign(found, phuc, LATER), lan, LATER)
    assert found.state == state
    before = running(found)["default_list_review"]
    others = {key: one.due_on for key, one in running(found).items() if key != "default_list_review"}
    found = signing.review_default(actor=minh, at=when, agreement=found, outcome="keep", reason="Chỉ một bên cần.")
    assert (found.state, found.default_reviews.get().outcome) == (state, "keep")
    assert running(found).pop("default_list_review").due_on > before.due_on
    assert {key: one.due_on for key, one in running(found).items() if key != "default_list_review"} == others


@pytest.mark.law("D34.2")
@pytest.mark.parametrize("build", [ours.drafting, ours.signing, ours.deleting])
def test_what_does_not_hold_is_not_reviewed(province, minh, build):
    with pytest.raises(StateMoved):
        signing.review_default(actor=minh, at=LATER, agreement=build(), outcome="keep", reason="x")


def test_how_far_ahead_reviews_are_listed_is_a_term_of_the_province_own(province, minh):
    found = ours.in_force()
    (clock,) = running(found).values()
    assert clock.due_on == date(2027, 5, 4)

    def is_near(days_before):
        when = datetime.combine(clock.due_on - ours.days(days_before), time(2), tzinfo=UTC)
        return queries.to_review(minh).filter(queries.review_is_near(when)).exists()

    assert (is_near(40), is_near(30), is_near(9)) == (False, True, True)
    set_local_term(actor=minh, at=LATER, key="default_review_ahead", value=10, unit="days", vi="Báo trước", en="Ahead")
    assert (is_near(30), is_near(9)) == (False, True)


@pytest.mark.law("D34.2")
def test_a_proposal_for_the_default_list_reaches_the_lead_agency(province, lan, minh, phuc):
    found = ours.in_force()
    signing.review_default(actor=lan, at=LATER, agreement=found, outcome="convert", reason="Nhiều phường cùng cần.")
    assert any("Đề nghị chuyển" in notice.body for notice in inbox(minh))
    assert any("Đề nghị chuyển" in notice.body for notice in inbox(phuc))


def test_agreements_of_others_are_not_listed_for_review(province, phuc):
    ours.in_force()
    assert queries.to_review(phuc).count() == 1
    assert queries.to_review(ours.TU).count() == 0
