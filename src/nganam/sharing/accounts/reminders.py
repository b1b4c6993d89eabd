"""Reminders of terms: an account about to end, data that must be synchronised again. Each is told once (nội bộ)."""

from datetime import date, datetime, timedelta

from django.db import transaction

from nganam.deadlines import terms
from nganam.deadlines.terms import LocalDefault
from nganam.face.telling import kept
from nganam.kernel.clock import local_date
from nganam.law.rules import rules_on
from nganam.notices import operations as notices
from nganam.sharing.accounts import queries
from nganam.sharing.accounts.models import Account
from nganam.sharing.accounts.usage import Standing, usage_of

STAGES = (
    LocalDefault("account_ends_first", 30, "Nhắc tài khoản sắp hết hạn, lần đầu", "An account ends, first", "days"),
    LocalDefault("account_ends_second", 7, "Nhắc tài khoản sắp hết hạn, lần hai", "An account ends, second", "days"),
    LocalDefault("account_ends_last", 1, "Nhắc tài khoản sắp hết hạn, lần cuối", "An account ends, last", "days"),
)  # fmt: skip


def remind_of_ends(*, at: datetime) -> int:
    """Tell consumer and provider of each account that ends within a stage it was not told of; return how many."""
    today = local_date(at)
    stages = [int(terms.length_of(one.key, rules_on(today).version).value) for one in STAGES]
    ending = queries.ending_by(today + timedelta(days=max(stages)))
    return sum(_remind_of_end(account, stages, today, at) for account in ending)


@transaction.atomic
def _remind_of_end(account: Account, stages: list[int], today: date, at: datetime) -> bool:
    if account.valid_until is None or account.valid_until <= today:
        return False
    left = (account.valid_until - today).days
    reached = min(stage for stage in stages if left <= stage)
    told = account.reminded.get("ends")
    if told is not None and told <= reached:
        return False
    _keep(account, ends=reached)
    for agency in sorted({account.consumer.code, account.provider.code}):
        notices.notify(
            at=at, agency=agency, link=account.get_absolute_url(), event="sharing.account.ending",
            title=kept("%(code)s: tài khoản sắp hết hạn") % {"code": account.code},
            body=kept("Còn %(left)s ngày: hết hiệu lực từ ngày %(day)s. Cần dùng tiếp thì đề nghị bên cấp gia hạn.")
            % {"left": left, "day": f"{account.valid_until:%d/%m/%Y}"},
        )  # fmt: skip
    return True


def remind_of_syncs(*, at: datetime) -> int:
    """Tell each consumer once when the data it synchronised are no longer valid (D41b); return how many."""
    return sum(_remind_of_sync(account, at) for account in queries.synchronising())


@transaction.atomic
def _remind_of_sync(account: Account, at: datetime) -> bool:
    usage = usage_of(account, local_date(at))
    if usage.standing is not Standing.INVALID or usage.until is None:
        return False
    since = usage.until.isoformat()
    if account.reminded.get("sync") == since:
        return False
    _keep(account, sync=since)
    notices.notify(
        at=at, agency=account.consumer.code, link=account.get_absolute_url(), event="sharing.account.unsynced",
        title=kept("%(code)s: dữ liệu đã đồng bộ hết thời hạn sử dụng") % {"code": account.code},
        body=kept("Từ ngày %(day)s dữ liệu không còn giá trị: đồng bộ lại, hoặc ngừng sử dụng và xóa.")
        % {"day": f"{usage.until:%d/%m/%Y}"},
    )  # fmt: skip
    return True


def _keep(account: Account, **told: object) -> None:
    """Keep what was told; no decision, so neither ``version`` nor ``updated_at`` moves."""
    Account.objects.filter(pk=account.pk).update(reminded={**account.reminded, **told})
