"""The letters of suspension and termination: what each says is agreed in a golden file; each is issued by its deed.

``NGANAM_GOLDEN=write`` writes the files anew, to be read in the diff.
"""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import scenes
import scenes_accounts as suspensions
from nganam.cases.papers import papers_of
from nganam.cases.queries import history_of
from nganam.documents.letters import Issuer, Signer, content
from nganam.documents.queries import issued
from nganam.kernel.errors import NotAllowed
from nganam.services import operations as services
from nganam.sharing.models import Termination
from nganam.sharing.suspensions import breaching, letters, maintaining, operations

GOLDEN = Path(__file__).parent / "golden"
DESK = letters.Desk(
    issuer=Issuer(code="CT-SYT", name="Sở Y tế", sign="SYT", place="Cần Thơ", superior="UBND thành phố Cần Thơ"),
    signer=Signer(title="GIÁM ĐỐC", name="Nguyễn Thị Lan"), on=date(2026, 11, 3),
)  # fmt: skip
USE = letters.Use(
    code="VP-2026-0001", account="TK-2026-0001", application="Một cửa điện tử", service="Tra cứu cơ sở khám chữa bệnh",
    consumer="UBND phường Sóc Trăng", lead="Sở Khoa học và Công nghệ thành phố Cần Thơ",
)  # fmt: skip
STOP = letters.Stop(
    service="Tra cứu cơ sở khám chữa bệnh", work="Nâng cấp máy chủ.\nSao lưu trước khi nâng cấp.", force="",
    planned_from=datetime(2026, 11, 13, 15, tzinfo=UTC), planned_until=datetime(2026, 11, 13, 21, tzinfo=UTC),
)  # fmt: skip
FORCED = letters.Stop(
    service=STOP.service, work="Khắc phục điện.", force="Mất điện diện rộng do bão.",
    planned_from=STOP.planned_from, planned_until=STOP.planned_until,
)  # fmt: skip
LETTERS = {
    "tam-ngung": letters.stop_notice(STOP, DESK),
    "bat-kha-khang": letters.stop_notice(FORCED, DESK),
    "yeu-cau-bao-cao": letters.report_demand(USE, DESK, demand="Ai dùng, lưu ở đâu.", due_on=date(2026, 11, 10)),
    "vi-pham": letters.breach_notice(
        USE, DESK, breach="Dùng chung khóa.", handling="Tạm ngừng.", requirements="Thay khóa.\nBáo cáo bằng văn bản."
    ),
    "cham-dut": letters.termination_notice(
        USE, DESK, ground="Mục đích không còn phù hợp với đăng ký", reason="Dùng vào việc khác.", must_delete=True
    ),
    "cham-dut-khong-xoa": letters.termination_notice(
        USE, DESK, ground="Không còn nhu cầu hoặc hết thời hạn", reason="Hết nhu cầu.", must_delete=False
    ),
    "lui-khoi-phuc": letters.later_restoration(STOP, DESK, reason="Thay thêm ổ đĩa."),
    "khong-tam-ngung": letters.no_stop(STOP, DESK, reason="Nhà thầu lùi lịch."),
    "khoi-phuc": letters.restored(USE, DESK),
    "duy-tri": letters.upheld(USE, DESK),
    "khac-phuc-chua-dat": letters.not_enough(USE, DESK, reason="Chưa thay khóa ở máy dự phòng."),
    "khong-vi-pham": letters.cleared(USE, DESK, reason="Lượt gọi tăng do đợt tuyển sinh."),
}


def told(letter):
    """Return a letter as lines, one member after the other."""
    said = content.tidied(letter)
    lines = [f"{said.kind} · {said.subject}", *(f"Kính gửi: {one}" for one in said.recipients), *said.basis, *said.body]
    return "\n".join([*lines, *(f"- {one}" for one in said.copies)]) + "\n"


@pytest.mark.law("D43.3", "D43.4", "D43.5", "D44.3", "D51.1b")
@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_says_what_was_agreed(name):
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("NGANAM_GOLDEN") == "write":
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(told(LETTERS[name]), encoding="utf-8")
    assert told(LETTERS[name]) == golden.read_text(encoding="utf-8")


def kinds(case):
    """Return the kinds of the letters of a case; each is named by the move that issued it."""
    papers = list(papers_of(case))
    assert {one.number for one in papers} == set(history_of(case).exclude(paper="").values_list("paper", flat=True))
    return [one.kind for one in papers]


@pytest.mark.django_db
@pytest.mark.law("D43.5", "D44.3", "D51.1b")
def test_each_deed_issues_its_letter(province, lan, at):
    account = scenes.account()
    stop = suspensions.announced_stop(account.service)
    assert kinds(stop) == ["TB"]
    assert papers_of(stop).get().number.endswith("/TB-SYT")
    breach = suspensions.suspected_breach(account)
    breach = breaching.demand_report(
        actor=lan, at=at, breach=breach, demand="Ai dùng?", report_due_on=date(2026, 11, 10)
    )
    breach = breaching.determine_breach(actor=lan, at=at, breach=breach, ground="risk", finding="Lộ khóa.")
    breaching.notify_breach(actor=lan, at=at, breach=breach, handling="Khóa.", requirements="Thay khóa.")
    assert kinds(breach) == ["CV", "TB"]
    account.refresh_from_db()
    operations.revoke_account(actor=lan, at=at, account=account, ground="purpose", reason="Sai mục đích.")
    assert kinds(Termination.objects.get()) == ["TB"]


@pytest.mark.django_db
@pytest.mark.law("D43.3")
def test_a_later_restoration_and_a_stop_that_will_not_be_are_told_by_notices(province, lan, phuc):
    plan = suspensions.planned_stop()
    dropped = maintaining.cancel_stop(actor=lan, at=suspensions.AT, stop=plan, reason="Thôi.")
    assert kinds(dropped) == [], "nobody was told of the plan"
    stop = suspensions.announced_stop(plan.service)
    with pytest.raises(NotAllowed):
        maintaining.cancel_stop(actor=phuc, at=suspensions.AT, stop=stop, reason="x")
    assert kinds(stop) == ["TB"], "a deed that is refused issues nothing"
    cancelled = maintaining.cancel_stop(actor=lan, at=suspensions.AT, stop=stop, reason="Nhà thầu lùi lịch.")
    assert kinds(cancelled) == ["TB", "TB"]
    other = suspensions.announced_stop(plan.service)
    stopped = maintaining.stop_service(actor=lan, at=other.planned_from, stop=other)
    later = other.planned_until + timedelta(hours=2)
    extended = maintaining.extend_stop(
        actor=lan, at=other.planned_from, stop=stopped, reason="Thay thêm ổ đĩa.", planned_until=later
    )
    assert kinds(extended) == ["TB", "TB"]


@pytest.mark.django_db
@pytest.mark.law("D43", "D43.5", "D51.1b")
def test_what_becomes_of_a_breach_is_told_by_letters(province, lan, phuc, at):
    breach = suspensions.suspended_breach()
    before = kinds(breach)
    breach = breaching.report_remedy(actor=phuc, at=at, breach=breach, remedy="Đã thay khóa.")
    with pytest.raises(NotAllowed):
        breaching.reject_remedy(actor=phuc, at=at, breach=breach, reason="x")
    breach = breaching.reject_remedy(actor=lan, at=at, breach=breach, reason="Chưa đủ.")
    breach = breaching.restore_use(actor=lan, at=at, breach=breach)
    assert kinds(breach) == [*before, "TB", "TB"]
    assert kinds(breach.account) == [], "the letter is the file's, not a second one of the account"


@pytest.mark.django_db
@pytest.mark.law("D43")
def test_who_was_never_stopped_is_not_told_of_a_restoration(province, lan, at):
    breach = suspensions.notified_breach(scenes.account())
    assert breach.account.state == "active"
    kept = breaching.restore_use(actor=lan, at=at, breach=breach)
    said = told(issued(papers_of(kept).last()).letter)
    assert "không bị tạm ngừng" in said
    assert "khôi phục" not in said


@pytest.mark.django_db
@pytest.mark.law("D51.1b")
def test_who_was_asked_to_report_learns_that_no_breach_was_found(province, lan, at):
    account = scenes.account()
    quiet = breaching.clear_suspicion(actor=lan, at=at, breach=suspensions.suspected_breach(account), reason="Nhầm.")
    assert kinds(quiet) == [], "who never heard of the suspicion does not hear of its end"
    asked = breaching.demand_report(
        actor=lan, at=at, breach=suspensions.suspected_breach(account), demand="Ai dùng?",
        report_due_on=date(2026, 11, 10),
    )  # fmt: skip
    assert kinds(breaching.clear_suspicion(actor=lan, at=at, breach=asked, reason="Đợt tuyển sinh.")) == ["CV", "TB"]


@pytest.mark.django_db
@pytest.mark.law("D43")
def test_an_account_restored_at_once_has_its_letter(province, lan, phuc, at):
    account = operations.lock_account(actor=lan, at=at, account=scenes.account(), reason="Nghi lộ khóa.")
    with pytest.raises(NotAllowed):
        operations.restore_account(actor=phuc, at=at, account=account)
    assert kinds(account) == []
    assert kinds(operations.restore_account(actor=lan, at=at, account=account)) == ["TB"]


@pytest.mark.django_db
@pytest.mark.law("D44.3")
def test_the_end_of_a_service_is_told_by_a_notice(province, lan, phuc, at):
    service = scenes.published_service()
    with pytest.raises(NotAllowed):
        services.end_service(actor=phuc, at=at, service=service, reason="x", ground="ended")
    ended = services.end_service(actor=lan, at=at, service=service, reason="Thay bằng dịch vụ mới.", ground="ended")
    notice = papers_of(ended).last()
    body = issued(notice).letter.body
    assert notice.kind == "TB"
    assert ended.code in body[0]
    assert "Thay bằng dịch vụ mới." in body[1]
    assert history_of(ended).last().paper == notice.number


@pytest.mark.django_db
def test_what_nobody_decided_has_no_letter_but_a_notice(province, phuc, at):
    operations.give_up_account(actor=phuc, at=at, account=scenes.account(), reason="Hết nhu cầu.")
    assert kinds(Termination.objects.get()) == []


@pytest.mark.django_db
def test_each_letter_is_signed_by_whom_the_officer_names_else_by_the_officer_as_such(province, lan, at):
    account = scenes.account()
    stop = suspensions.planned_stop(account.service)
    maintaining.announce_stop(actor=lan, at=at, stop=stop, signer="Lê Giám Đốc")
    breach = suspensions.suspected_breach(account)
    breach = breaching.demand_report(
        actor=lan, at=at, breach=breach, demand="Ai dùng?", report_due_on=date(2026, 11, 10), signer="Lê Giám Đốc"
    )
    breach = breaching.determine_breach(actor=lan, at=at, breach=breach, ground="risk", finding="Lộ khóa.")
    breaching.notify_breach(actor=lan, at=at, breach=breach, handling="Khóa.", requirements="Thay khóa.")
    account.refresh_from_db()
    operations.revoke_account(
        actor=lan, at=at, account=account, ground="purpose", reason="Sai mục đích.", signer="Lê Giám Đốc"
    )
    assert papers_of(stop).get().signer == "Lê Giám Đốc"
    assert [one.signer for one in papers_of(breach)] == ["Lê Giám Đốc", "Nguyễn Thị Lan"]
    assert papers_of(Termination.objects.get()).get().signer == "Lê Giám Đốc"
