"""Looks over the tallies for what the rules hold of: the minutes of the last window, a few hours of earlier weeks."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, Sum

from nganam.deadlines.queries import calendar
from nganam.kernel.clock import VIETNAM, local_date
from nganam.kernel.opened import ANONYMOUS
from nganam.kernel.workdays import Calendar
from nganam.lgsp import quotas
from nganam.lgsp.models import Tally
from nganam.lgsp.watching import rules
from nganam.lgsp.watching.rules import Finding, Rule
from nganam.lgsp.watching.tallying import start_of
from nganam.sharing.accounts.queries import live_accounts
from nganam.sharing.suspensions.models import Maintenance

Pair = tuple[str, str, str]
GOOD = ("answered", "refused", "failed")
SUMS = {name: Sum(name) for name in GOOD}
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
SEEN_ENOUGH = 10
"""Minutes of an hour after which few calls in the hour before are believed: the log may come late."""


def findings(at: datetime, platform: str = "", *, is_late: bool = False) -> list[Finding]:
    """Return everything the rules hold of at ``at``; ``platform`` is what is wrong with the platform itself, if so.

    While the tallies are behind the calls (``is_late``) nobody is said to call too little.
    """
    now = rules.in_force()
    found = [
        *_platform(platform), *_faults(now, at), *_refusals(now["refusals"], at),
        *_volumes(now["volume"], at, is_late=is_late),
        *_hours(now["hours"], at), *_quotas(now["quota"], at),
    ]  # fmt: skip
    return [one for one in found if now[one.rule].is_on]


def _platform(trouble: str) -> Iterator[Finding]:
    if trouble:
        yield Finding("platform", figures=(("trouble", trouble),))


def _minutes(since: datetime, *names: str) -> Iterator[dict[str, Any]]:
    chosen = Tally.objects.filter(grain=Tally.Grain.MINUTE, starts_at__gt=since).order_by()
    yield from chosen.values(*names).annotate(**SUMS)


def _faults(now: dict[str, Rule], at: datetime) -> Iterator[Finding]:
    """Yield services that are down, and those with many faults that are not down."""
    down = {one.thing[1]: one for one in _failing(now["down"], at)} if now["down"].is_on else {}
    yield from down.values()
    yield from (one for one in _failing(now["errors"], at) if one.service not in down)


def _failing(rule: Rule, at: datetime) -> Iterator[Finding]:
    for row in _minutes(at - timedelta(minutes=rule.minutes), "service", "provider"):
        could = row["answered"] + row["failed"]  # refusals say nothing of it, and would hide an outage
        if row["service"] and row["failed"] and rules.holds(rule, row["failed"], could):
            figures = (("calls", could), ("failed", row["failed"]), ("share", rules.share(row["failed"], could)))
            yield Finding(rule.key, row["service"], row["provider"], figures=figures)


def serves_again(service: str, since: datetime) -> bool:
    """Say whether a service has been called since an instant and mostly answered."""
    rows = Tally.objects.filter(grain=Tally.Grain.MINUTE, service=service, starts_at__gt=since)
    came = rows.aggregate(**SUMS)
    return (came["answered"] or 0) > (came["failed"] or 0)


def _refusals(rule: Rule, at: datetime) -> Iterator[Finding]:
    for row in _minutes(at - timedelta(minutes=rule.minutes), "service", "provider", "consumer"):
        if not (row["service"] and row["consumer"]) or row["consumer"].startswith(ANONYMOUS):
            continue  # who is not known, is anybody, or asks for what is not there, is nobody to be told
        every = sum(row[name] for name in GOOD)
        if row["refused"] >= max(rule.least, 1) and rules.share(row["refused"], every) >= rule.threshold:
            figures = (("calls", every), ("refused", row["refused"]), ("share", rules.share(row["refused"], every)))
            yield Finding(rule.key, row["service"], row["provider"], row["consumer"], figures)


# -- what is usual --

OF_SOMEBODY = ~Q(service="") & ~Q(consumer="") & ~Q(consumer__startswith=ANONYMOUS)
"""Calls whose caller has habits and can be told: not those of the open tier, which anybody makes."""


@dataclass(frozen=True, slots=True)
class _Hour:
    """An hour that is judged; ``is_whole`` when it is over."""

    starts_at: datetime
    is_whole: bool


def _judged(at: datetime) -> list[_Hour]:
    present = start_of(Tally.Grain.HOUR, at)
    over = [_Hour(present - HOUR, is_whole=True)] if at - present >= timedelta(minutes=SEEN_ENOUGH) else []
    return [_Hour(present, is_whole=False), *over]


def _known(since: datetime) -> dict[Pair, datetime]:
    """Return since when each pair has called, as far as its days are kept."""
    rows = Tally.objects.filter(grain=Tally.Grain.DAY, starts_at__gte=since).filter(OF_SOMEBODY)
    found = rows.order_by().values("service", "provider", "consumer").annotate(first=Min("starts_at"))
    return {(row["service"], row["provider"], row["consumer"]): row["first"] for row in found}


def _by_hour(instants: list[datetime]) -> dict[datetime, dict[Pair, int]]:
    """Return the calls of each pair in each of some hours."""
    found: dict[datetime, dict[Pair, int]] = {one: {} for one in instants}
    rows = Tally.objects.filter(grain=Tally.Grain.HOUR, starts_at__in=instants).filter(OF_SOMEBODY)
    for starts, service, provider, consumer, calls in rows.values_list(
        "starts_at", "service", "provider", "consumer", "calls"
    ):
        found[starts.astimezone(VIETNAM)][service, provider, consumer] = calls
    return found


@dataclass(frozen=True, slots=True)
class _Expected:
    """Of whom calls may be expected in an hour: silence on a holiday, in a stop or without an account is no fault."""

    pairs: frozenset[tuple[str, str]]
    stopped: frozenset[str]
    calendar: Calendar
    is_late: bool

    @classmethod
    def in_hour(cls, hour: _Hour, calendar: Calendar, *, is_late: bool) -> "_Expected":
        """Read who has a live account and which services were stopped at some time in the hour or meant to be."""
        live = live_accounts(local_date(hour.starts_at))
        ends = hour.starts_at + HOUR
        ran = Q(stopped_at__lt=ends) & (Q(restored_at__isnull=True) | Q(restored_at__gt=hour.starts_at))
        meant = Q(planned_from__lt=ends, planned_until__gt=hour.starts_at)
        stops = Maintenance.objects.filter(ran | meant).values_list("service__code", flat=True)
        pairs = frozenset(
            (one.service.code, one.subject) for one in live.select_related("service", "application__agency")
        )
        return cls(pairs, frozenset(stops), calendar, is_late)

    def comparable(self, pair: Pair, hour: _Hour, earlier: list[datetime]) -> list[datetime]:
        """Return the earlier hours few calls may be compared with, of working days; none when few mean nothing."""
        service, _provider, consumer = pair
        is_expected = (service, consumer) in self.pairs and service not in self.stopped and not self.is_late
        if not (hour.is_whole and is_expected and self.calendar.is_working(local_date(hour.starts_at))):
            return []
        return [one for one in earlier if self.calendar.is_working(local_date(one))]


def _volumes(rule: Rule, at: datetime, *, is_late: bool) -> Iterator[Finding]:
    if not rule.is_on:
        return
    days = calendar()
    known = _known(start_of(Tally.Grain.DAY, at) - (rules.WEEKS + 1) * WEEK)
    seen: set[Pair] = set()
    for hour in _judged(at):
        earlier = [hour.starts_at - week * WEEK for week in range(1, rules.WEEKS + 1)]
        counts = _by_hour([hour.starts_at, *earlier])
        expected = _Expected.in_hour(hour, days, is_late=is_late)
        for pair, first in known.items():
            history = [counts[one].get(pair, 0) for one in earlier if one >= first]
            count = counts[hour.starts_at].get(pair, 0)
            found = rules.unusual_volume(rule, count, history, is_whole=False)
            if found is None:
                of_working = expected.comparable(pair, hour, [one for one in earlier if one >= first])
                history = [counts[one].get(pair, 0) for one in of_working]
                found = rules.unusual_volume(rule, count, history, is_whole=True) if history else None
            if found is not None and pair not in seen:
                seen.add(pair)
                usual = round(statistics.median(history))
                figures = (("calls", count), ("usual", usual), ("deviation", round(found, 1)), ("hour", hour.starts_at))
                yield Finding(rule.key, *pair, figures)


def _hours(rule: Rule, at: datetime) -> Iterator[Finding]:
    """Yield who calls at an hour unusual for it: only those who called in this hour are looked at."""
    hour = start_of(Tally.Grain.HOUR, at)
    earlier = [hour - timedelta(days=day) for day in range(1, rules.DAYS + 1)]
    present = {pair: n for pair, n in _by_hour([hour])[hour].items() if n >= max(rule.least, 1)} if rule.is_on else {}
    if not present:
        return
    counts, days = _by_hour(earlier), _days_called(earlier[-1], hour)
    for pair, count in present.items():
        at_hour = sum(1 for one in earlier if counts[one].get(pair))
        if rules.unusual_hour(rule, count, days.get(pair, 0), at_hour):
            figures = (("calls", count), ("days", days[pair]), ("days_at_hour", at_hour), ("hour", hour))
            yield Finding(rule.key, *pair, figures)


def _days_called(since: datetime, before: datetime) -> dict[Pair, int]:
    today = start_of(Tally.Grain.DAY, before)
    rows = Tally.objects.filter(grain=Tally.Grain.DAY, starts_at__gte=since, starts_at__lt=today).order_by()
    found = rows.values("service", "provider", "consumer").annotate(days=Count("pk"))
    return {(row["service"], row["provider"], row["consumer"]): row["days"] for row in found}


def _quotas(rule: Rule, at: datetime) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for account, used in quotas.used_by(quotas.limited(), at) if rule.is_on else ():
        thing = (account.service.code, account.subject)
        for period, calls, most in used:
            if rules.share(calls, most) >= rule.threshold and thing not in seen:
                seen.add(thing)
                figures = (("calls", calls), ("most", most), ("share", rules.share(calls, most)), ("period", period))
                yield Finding(rule.key, account.service.code, account.provider.code, account.subject, figures)
