"""Daily and monthly quotas: counted from the exchange log of every node, warned of at 80 %, refused by the gateway.

The count follows the log, so a quota is overrun by what is called between two rounds of the keeper: at 1 000 calls a
second some hundreds. Counted is what reached data: answered, or told that there is none.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Sum
from django.utils.translation import gettext as _

from nganam.kernel.clock import local_date
from nganam.lgsp.envoy import decided
from nganam.lgsp.models import CallCount, Exchange
from nganam.lgsp.terms import QUOTAS, span
from nganam.notices import operations as notices
from nganam.sharing.accounts.models import Account

REACHED = frozenset({404, 409, 422})
WARN, FULL = 80, 100
Pair = tuple[str, str]


def counts(status: int) -> bool:
    """Say whether a call with this answer is counted: a refusal of ours and a fault are not."""
    return 0 < status < 400 or status in REACHED  # noqa: PLR2004


def count(exchanges: Sequence[Exchange], *, at: datetime) -> None:
    """Add the calls of a batch to the counts of their day and month, and warn who comes near. In the intake's deed."""
    found: Counter[tuple[str, date, str, str]] = Counter()
    for one in exchanges:
        if one.consumer and one.service and counts(one.status):
            day = local_date(one.at)
            found[CallCount.Period.DAY, day, one.consumer, one.service] += 1
            found[CallCount.Period.MONTH, day.replace(day=1), one.consumer, one.service] += 1
    for (period, starts, consumer, service), calls in sorted(found.items()):
        row, _new = CallCount.objects.get_or_create(period=period, starts_on=starts, consumer=consumer, service=service)
        CallCount.objects.filter(pk=row.pk).update(calls=F("calls") + calls)
    if found:
        _warn({(consumer, service) for _p, _s, consumer, service in found}, at)


def limited() -> list[Account]:
    """Return the accounts with a quota."""
    accounts = Account.objects.filter(state="active").exclude(per_day=None, per_month=None)
    return list(accounts.select_related("application__agency", "service__provider").order_by("code"))


def _limited() -> Iterator[tuple[Account, Pair]]:
    for account in limited():
        yield account, (account.subject, account.service.code)


def _now(at: datetime) -> dict[str, dict[Pair, CallCount]]:
    """Return the counts of the present day and month by pair."""
    today = local_date(at)
    found: dict[str, dict[Pair, CallCount]] = {"day": {}, "month": {}}
    for period, starts in (("day", today), ("month", today.replace(day=1))):
        for one in CallCount.objects.filter(period=period, starts_on=starts):
            found[period][one.consumer, one.service] = one
    return found


def _warn(pairs: set[Pair], at: datetime) -> None:
    now: dict[str, dict[Pair, CallCount]] | None = None
    for account, pair in _limited():
        if pair not in pairs:
            continue
        now = now or _now(at)
        for period, most in (("day", account.per_day), ("month", account.per_month)):
            row = now[period].get(pair)
            if row is not None and most:
                _warn_of(account, row, most, at)


def _warn_of(account: Account, row: CallCount, most: int, at: datetime) -> None:
    share = FULL if row.calls >= most else WARN if row.calls * 100 >= most * WARN else 0
    if share <= row.told:
        return
    CallCount.objects.filter(pk=row.pk).update(told=share)
    told = {"calls": row.calls, "most": most, "period": row.get_period_display().lower()}
    text = _("Đã gọi %(calls)s trong %(most)s cuộc của %(period)s.") % told
    if share == FULL:
        text += " " + _("Các cuộc gọi tiếp theo bị từ chối cho đến hết kỳ.")
    for agency in sorted({account.consumer.code, account.provider.code}):
        notices.notify(
            at=at, agency=agency, body=text, link=account.get_absolute_url(), event="lgsp.quota",
            title=_("%(code)s: đã dùng %(share)s%% hạn mức") % {"code": account.code, "share": share},
        )  # fmt: skip


def spent(at: datetime) -> tuple[list[decided.Spent], list[decided.Spent]]:
    """Return who has used up the quota of the day, and who that of the month."""
    now = _now(at)
    day: list[decided.Spent] = []
    month: list[decided.Spent] = []
    for account, pair in _limited():
        for found, period, most in ((day, "day", account.per_day), (month, "month", account.per_month)):
            row = now[period].get(pair)
            if most and row is not None and row.calls >= most:
                found.append(decided.Spent(*pair))
    return day, month


def terms() -> Iterable[decided.Terms]:
    """Return the rates of accounts that differ from their services'."""
    own = Account.objects.filter(state="active").exclude(rate_per_minute=None, burst=None)
    for account in own.select_related("application__agency", "service").order_by("code"):
        rate = account.rate_per_minute or account.service.rate_per_minute
        yield decided.Terms(account.subject, account.service.code, rate, account.burst or 0)


def mark(at: datetime) -> dict[str, Any]:
    """Return what changes when somebody has used up a quota, or a new period begins."""
    today = local_date(at)
    told = CallCount.objects.filter(starts_on__in=(today, today.replace(day=1)), told__gte=FULL)
    return {"day": today, **told.aggregate(Sum("told"), Count("pk"))}


def next_day(at: datetime) -> date:
    """Return the day after the instant's."""
    return local_date(at) + timedelta(days=1)


def next_month(at: datetime) -> date:
    """Return the first day of the month after the instant's."""
    return (local_date(at).replace(day=28) + timedelta(days=4)).replace(day=1)


def used(account: Account, at: datetime) -> list[tuple[str, int, int]]:
    """Return what an account has used of its quotas: period, calls, most."""
    return used_by([account], at)[0][1]


def used_by(accounts: Sequence[Account], at: datetime) -> list[tuple[Account, list[tuple[str, int, int]]]]:
    """Return what each of some accounts has used of its quotas."""
    now = _now(at) if accounts else {}
    return [(one, list(_used(one, now))) for one in accounts]


def _used(account: Account, now: dict[str, dict[Pair, CallCount]]) -> Iterator[tuple[str, int, int]]:
    pair = (account.subject, account.service.code)
    for period, most in (("day", account.per_day), ("month", account.per_month)):
        row = now[period].get(pair)
        if most:
            yield str(CallCount.Period(period).label), row.calls if row else 0, most


def forget_old(*, at: datetime) -> int:
    """Remove counts of periods long past; return how many."""
    return CallCount.objects.filter(starts_on__lt=local_date(at) - span(QUOTAS.key)).delete()[0]
