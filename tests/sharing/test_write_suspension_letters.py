"""The letters of suspension and termination: what each says is agreed in a golden file; each is issued by its deed.

``NGANAM_GOLDEN=write`` writes the files anew, to be read in the diff.
"""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import scenes
import scenes_accounts as suspensions
from nganam.cases.papers import papers_of
from nganam.cases.queries import history_of
from nganam.documents.letters import Issuer, Signer, content
from nganam.sharing.models import Termination
from nganam.sharing.suspensions import breaching, letters, operations

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
def test_what_nobody_decided_has_no_letter_but_a_notice(province, phuc, at):
    operations.give_up_account(actor=phuc, at=at, account=scenes.account(), reason="Hết nhu cầu.")
    assert kinds(Termination.objects.get()) == []
