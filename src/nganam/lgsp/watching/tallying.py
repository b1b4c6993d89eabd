"""Adds calls to the tallies, in the transaction that takes them into rows; forgets old ones."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from nganam.kernel.clock import VIETNAM
from nganam.lgsp import terms
from nganam.lgsp.watching import buckets
from nganam.lgsp.watching.models import WAITED_MS, Tally
from nganam.sharing.suspensions.models import Maintenance

STOPPED = "server.serverproxy.service_disabled"
FORCED = "force_majeure"
ANSWERED = Q(status__gt=0, status__lt=400) | Q(status=404, fault="")
"""As ``outcome`` says it of one call, for questions about rows; so does ``models.FAILED``."""
NOT_FOUND, REFUSED_FROM, FAILED_FROM = 404, 400, 500
KEPT = {
    Tally.Grain.MINUTE: terms.MINUTES.key, Tally.Grain.HOUR: terms.HOURS.key, Tally.Grain.DAY: terms.DAYS.key,
}  # fmt: skip
"""By which local term rows stay: minutes for pages of incidents, hours for what is usual, days to compare years."""
EVER = datetime(1970, 1, 1, tzinfo=UTC)
COUNTED = (
    "calls", "answered", "refused", "failed", "stopped", "records", "request_bytes", "response_bytes", "milliseconds",
)  # fmt: skip
AT_ONCE = 400
FILLING = "fill"
Key = tuple[str, datetime, str, str, str]


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables that are read and written: a migration has those of its own day."""

    tally: Any = Tally
    stops: Any = Maintenance


NOW = Tables()


def start_of(grain: str, at: datetime) -> datetime:
    """Return the first instant of the minute, hour, day or month of Vietnam ``at`` is in; of all time the epoch."""
    if grain == Tally.Grain.TOTAL:
        return EVER
    local = at.astimezone(VIETNAM).replace(second=0, microsecond=0)
    if grain == Tally.Grain.MINUTE:
        return local
    if grain == Tally.Grain.HOUR:
        return local.replace(minute=0)
    day = local.replace(minute=0, hour=0)
    return day if grain == Tally.Grain.DAY else day.replace(day=1)


def outcome(one: Any) -> str:
    """Return how a call came out: answered, refused, failed or stopped.

    A provider's "no such record" is an answer; the platform's own 404 carries a fault. Without a status the caller hung
    up: who has waited a while met a service that does not answer.
    """
    if not one.status:
        return "failed" if one.duration_ms >= WAITED_MS else "refused"
    if one.status < REFUSED_FROM or (one.status == NOT_FOUND and not one.fault):
        return "answered"
    if one.status < FAILED_FROM:
        return "refused"
    return "stopped" if one.fault == STOPPED else "failed"


@dataclass
class _Sum:
    """What is to be added to one row."""

    agency: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTED, 0))
    durations: buckets.Counts = field(default_factory=dict)

    def take(self, one: Any, came: str) -> None:
        """Add a call."""
        self.counts["calls"] += 1
        self.counts[came] += 1
        self.counts["records"] += one.records or 0
        self.counts["request_bytes"] += one.request_bytes
        self.counts["response_bytes"] += one.response_bytes
        if came == "answered":
            self.counts["milliseconds"] += one.duration_ms
            buckets.add(self.durations, {buckets.bucket_of(one.duration_ms): 1})


def count(exchanges: Sequence[Any], *, tables: Tables = NOW) -> None:
    """Add calls to the rows of their minute, hour and day.

    Whoever takes in the log holds its position, so nobody else changes these rows meanwhile.
    """
    forced = _forced_stops(exchanges, tables)
    sums: dict[Key, _Sum] = {}
    for one in exchanges:
        came = outcome(one)
        if came == "stopped" and any(start <= one.at < end for start, end in forced.get(one.service, ())):
            came = "failed"  # nobody announced it (D43.1b): the users had no service and no warning
        for grain in Tally.Grain.values:
            key = (grain, start_of(grain, one.at), one.service, one.consumer, one.provider)
            sums.setdefault(key, _Sum(one.consumer_agency)).take(one, came)
    keys = sorted(sums)
    for start in range(0, len(keys), AT_ONCE):
        _add({key: sums[key] for key in keys[start : start + AT_ONCE]}, tables)


def _forced_stops(exchanges: Sequence[Any], tables: Tables) -> dict[str, list[tuple[datetime, datetime]]]:
    services = {one.service for one in exchanges if one.fault == STOPPED and one.service}
    found: dict[str, list[tuple[datetime, datetime]]] = {}
    if services:
        latest = max(one.at for one in exchanges) + timedelta(seconds=1)
        stops = tables.stops.objects.filter(service__code__in=services, ground=FORCED, stopped_at__isnull=False)
        for code, began, ended in stops.values_list("service__code", "stopped_at", "restored_at"):
            if began is not None:
                found.setdefault(code, []).append((began, ended or latest))
    return found


def _add(sums: dict[Key, _Sum], tables: Tables) -> None:
    """Write rows anew with what is added, in one statement: to change each by itself costs ten times as much."""
    present = {_key(row): row for row in _present(sums, tables)}
    rows = [_more(key, sums[key], present.get(key), tables) for key in sums]
    tables.tally.objects.bulk_create(
        rows, batch_size=50, update_conflicts=True, update_fields=[*COUNTED, "durations"],
        unique_fields=["grain", "starts_at", "service", "consumer", "provider"],
    )  # fmt: skip


def _more(key: Key, more: _Sum, before: Any, tables: Tables) -> Any:
    grain, starts, service, consumer, provider = key
    counts = {name: value + (getattr(before, name) if before else 0) for name, value in more.counts.items()}
    durations = buckets.add(dict(more.durations), before.durations if before else {})
    return tables.tally(
        grain=grain, starts_at=starts, service=service, consumer=consumer, provider=provider,
        consumer_agency=more.agency, durations={str(one): count for one, count in sorted(durations.items())}, **counts,
    )  # fmt: skip


def _present(sums: Iterable[Key], tables: Tables) -> Iterator[Any]:
    """Yield the rows there are: asked for by grain and time, and then by service, of which a batch has few."""
    wanted = set(sums)
    times: dict[str, set[datetime]] = {}
    for grain, starts, *_rest in wanted:
        times.setdefault(grain, set()).add(starts)
    chosen = Q(pk__in=[])
    for grain, starts_at in times.items():
        chosen |= Q(grain=grain, starts_at__in=starts_at)
    services = {one[2] for one in wanted}
    for row in tables.tally.objects.filter(chosen, service__in=services):
        if _key(row) in wanted:
            yield row


def _key(row: Any) -> Key:
    return (row.grain, start_of(row.grain, row.starts_at), row.service, row.consumer, row.provider)


def fill(calls: QuerySet[Any], *, tables: Tables = NOW, at_once: int = 2000) -> int:
    """Count the calls there are into empty tallies, a batch in a transaction; return how many were counted now.

    Stopped anywhere it goes on where it was, by a mark among the tallies. Tallies that are there without one hold
    every call already.
    """
    mark = tables.tally.objects.filter(grain=FILLING).first()
    if mark is None:
        if tables.tally.objects.filter(grain=Tally.Grain.TOTAL).exists():
            return 0
        last = calls.order_by("-seq").values_list("seq", flat=True).first()
        # In a row's columns: up to which call (``records``), and which was the last one counted (``calls``).
        mark = tables.tally.objects.create(grain=FILLING, starts_at=EVER, records=last or 0)
    taken = 0
    while batch := list(calls.filter(seq__gt=mark.calls, seq__lte=mark.records).order_by("seq")[:at_once]):
        with transaction.atomic():
            count(batch, tables=tables)
            mark.calls = batch[-1].seq
            mark.save(update_fields=["calls"])
        taken += len(batch)
    mark.delete()
    return taken


def forget_old(*, at: datetime) -> int:
    """Remove rows past their time; return how many."""
    gone = 0
    for grain, kept in KEPT.items():
        gone += Tally.objects.filter(grain=grain, starts_at__lt=at - terms.span(kept)).delete()[0]
    return gone
