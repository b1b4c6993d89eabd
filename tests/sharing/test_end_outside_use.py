"""SM11 with a user outside the province: the lead agency is told and owes what is due, since it reaches it (S17.1)."""

from datetime import date

import pytest

import scenes
import scenes_outside
from nganam.deadlines.models import Clock
from nganam.notices.models import Notice
from nganam.sharing.accounts.operations import hand_over
from nganam.sharing.models import Account, Termination
from nganam.sharing.suspensions import breaching, operations, terminating

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(province, minh, at):
    """Bộ Y tế synchronises Lan's service by an account that was handed over."""
    found = hand_over(actor=minh, at=at, account=scenes_outside.granted())
    found.service.method = "sync"
    found.service.save(update_fields=["method"])
    return Account.objects.get()


def nobody_s():
    """Return the notices to an agency that has no officers here."""
    return Notice.objects.filter(agency="BO-YT")


@pytest.mark.law("S17.1", "D43.5", "D44", "D44.3", "D42")
def test_from_the_breach_to_the_deletion_the_lead_agency_stands_for_the_one_outside(account, lan, minh, at):
    (breach,) = breaching.open_breaches(actor=lan, at=at, accounts=[account], suspicion="Gọi bất thường.")
    breach = breaching.demand_report(
        actor=lan, at=at, breach=breach, demand="Ai dùng?", report_due_on=date(2026, 11, 10), signer="Lê Giám Đốc"
    )
    assert Clock.objects.get(key="usage_report").agency == "CT-SKHCN"
    breach = breaching.submit_report(actor=minh, at=at, breach=breach, usage_report="Bộ báo cáo: một ứng dụng.")
    breach = breaching.determine_breach(actor=lan, at=at, breach=breach, ground="breach", finding="Sai mục đích.")
    breach = breaching.notify_breach(
        actor=lan, at=at, breach=breach, handling="Tạm ngừng.", requirements="Cam kết.", signer="Lê Giám Đốc"
    )
    breach = breaching.suspend_use(actor=lan, at=at, breach=breach)
    breach = breaching.terminate_use(actor=lan, at=at, breach=breach, ground="purpose", reason="Tiếp tục sai.")
    end = Termination.objects.get()
    assert (end.state, end.told) == ("deleting", ["CT-SKHCN", "CT-SYT"])
    assert Clock.objects.get(key="deletion_report").agency == "CT-SKHCN"
    for event in ("breach.demand_report", "breach.notify", "termination.notify", "termination.demand_deletion"):
        assert Notice.objects.filter(agency="CT-SKHCN", event=f"sharing.{event}").exists(), event
    assert not nobody_s().exists()
    end = terminating.report_deletion(
        actor=minh, at=at, termination=end, deletion="Xóa bảng.", deleted_on=date(2026, 11, 3), evidence="9/BYT",
    )  # fmt: skip
    end = terminating.return_deletion(actor=lan, at=at, termination=end, reason="Thiếu bản sao lưu.")
    assert Clock.objects.get(key="deletion_report", stopped_at__isnull=True).agency == "CT-SKHCN"
    end = terminating.report_deletion(
        actor=minh, at=at, termination=end, deletion="Xóa cả.", deleted_on=date(2026, 11, 3), evidence="10/BYT",
    )  # fmt: skip
    end = terminating.accept_deletion(actor=lan, at=at, termination=end)
    assert end.state == "closed"
    assert Notice.objects.filter(agency="CT-SKHCN", event="sharing.termination.accept_deletion").exists()
    assert not nobody_s().exists()


@pytest.mark.law("D44.3")
def test_an_end_of_somebody_in_the_province_is_told_to_that_agency(province, lan, at):
    operations.revoke_account(actor=lan, at=at, account=scenes.account(), ground="purpose", reason="x")
    assert Termination.objects.get().told == ["CT-SKHCN", "CT-SYT", "CT-X31507"]
