"""Public statistics of sharing and open data (S17.1đ). Every number is counted from rows; nothing names a person."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import TruncDate

from nganam.agencies.models import Agency
from nganam.catalogue import queries as catalogue
from nganam.deadlines.models import Clock
from nganam.disputes import queries as disputes
from nganam.disputes.listing import kinds_now
from nganam.kernel.clock import VIETNAM, local_date
from nganam.law.rules import Word
from nganam.lgsp.models import Exchange
from nganam.lgsp.watching import measuring
from nganam.lgsp.watching.tallying import ANSWERED
from nganam.opendata import queries as opendata
from nganam.opendata.models import Download
from nganam.services import queries as services
from nganam.services.models import Service
from nganam.sharing.accounts import queries as accounts
from nganam.sharing.outside import queries as outside
from nganam.sharing.requests.models import Request

DAYS = 30
TOP = 20
OUTSIDE_TABLES = {"inbound": "ngoai_tinh_den", "outbound": "ngoai_tinh_di"}
UNDECIDED = ("draft", "sent", "received", "withdrawn", "lapsed")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a ranking: name, calls in all, calls answered well."""

    code: str
    name: str
    calls: int
    good: int

    @property
    def share(self) -> float:
        """Percentage answered well."""
        return 100 * self.good / self.calls if self.calls else 0.0


def _first_day(at: datetime) -> date:
    """Return the first of the ``DAYS`` whole Vietnamese days the figures count; today is the last."""
    return local_date(at) - timedelta(days=DAYS - 1)


def _calls(at: datetime) -> QuerySet[Exchange]:
    return Exchange.objects.filter(at__gte=datetime.combine(_first_day(at), datetime.min.time(), VIETNAM))


def totals(at: datetime) -> dict[str, int]:
    """Return the counters of the head of the page."""
    calls = _calls(at).aggregate(all=Count("seq"), good=Count("seq", filter=ANSWERED))
    edition = catalogue.current_edition()
    return {
        "databases": edition.entries.count() if edition else 0,
        "services": services.listed().count(),
        "datasets": opendata.published().count(),
        "accounts": accounts.live_accounts(local_date(at)).count(),
        "calls": calls["all"],
        "good": calls["good"],
        "downloads": Download.objects.aggregate(all=Sum("count"))["all"] or 0,
    }


def calls_by_day(at: datetime) -> dict[str, Any]:
    """Return the calls of the last ``DAYS`` days as a chart: answered and refused or failed, every day present."""
    days = [_first_day(at) + timedelta(days=number) for number in range(DAYS)]
    rows = (
        _calls(at)
        .annotate(day=TruncDate("at", tzinfo=VIETNAM))
        .values("day")
        .annotate(all=Count("seq"), good=Count("seq", filter=ANSWERED))
        .order_by("day")
    )
    counted = {row["day"]: row for row in rows}
    good = [counted[day]["good"] if day in counted else 0 for day in days]
    bad = [counted[day]["all"] - counted[day]["good"] if day in counted else 0 for day in days]
    return {"days": days, "good": good, "bad": bad}


def _ranking(column: str, names: dict[str, str], at: datetime) -> list[Row]:
    rows = (
        _calls(at)
        .exclude(**{column: ""})
        .values(column)
        .annotate(calls=Count("seq"), good=Count("seq", filter=ANSWERED))
        .order_by("-calls", column)[:TOP]
    )
    return [Row(row[column], names.get(row[column], row[column]), row["calls"], row["good"]) for row in rows]


def by_service(at: datetime) -> list[Row]:
    """Return the most called services of the last ``DAYS`` days."""
    return _ranking("service", dict(Service.objects.values_list("code", "name")), at)


def by_provider(at: datetime) -> list[Row]:
    """Return the agencies whose services were called most."""
    return _ranking("provider", dict(Agency.objects.values_list("code", "name")), at)


def by_consumer(at: datetime) -> list[Row]:
    """Return who called most: agencies, and whoever calls the open tier."""
    return _ranking("consumer_agency", dict(Agency.objects.values_list("code", "name")) | measuring.nobody(), at)


def requests_by_outcome() -> dict[str, int]:
    """Return how many sent requests stand in each state."""
    rows = Request.objects.exclude(state="draft").values("state").annotate(number=Count("pk")).order_by("state")
    return {row["state"]: row["number"] for row in rows}


def answered_in_time() -> tuple[int, int]:
    """Return how many requests were decided, and how many of them in time (D35.3); withdrawn ones are neither."""
    decided = Request.objects.exclude(state__in=UNDECIDED).values("code")
    clocks = Clock.objects.filter(key="acct_issue", object_type=Request.MACHINE.code, object_code__in=decided)
    days = clocks.filter(stopped_at__isnull=False).annotate(day=TruncDate("stopped_at", tzinfo=VIETNAM))
    return days.count(), days.filter(day__lte=F("due_on")).count()


def outside_province() -> dict[str, list[outside.Counted]]:
    """Return how many requests from outside and proposals to outside stand in each state (S17.1)."""
    return outside.counts()


def outside_services() -> int:
    """Return how many services outside the province are listed (S14.4)."""
    return outside.external_services().count()


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """How many disputes of one kind ended how; ``code`` "error" counts reports of data errors, which are none yet."""

    code: str
    kind: Word
    ends: dict[str, int]

    @property
    def total(self) -> int:
        """Number of all of them."""
        return sum(self.ends.values())


DISPUTE_ENDS = ("open", "for", "partly", "against", "agreed", "withdrawn")
ERRORS = Word("error", "Báo sai sót dữ liệu", "Reports of data errors", "D52.2c")


def disputes_by_kind() -> list[DisputeRow]:
    """Return the disputes of the six kinds and the reports of errors by how they ended; no party is named (D47)."""
    rows = {word.code: DisputeRow(word.code, word, dict.fromkeys(DISPUTE_ENDS, 0)) for word in (*kinds_now(), ERRORS)}
    for one in disputes.counts():
        row = rows["error" if one.is_error else one.kind]
        row.ends[_end_of(one.state, one.outcome)] += one.number
    return list(rows.values())


def _end_of(state: str, outcome: str) -> str:
    if state in {"agreed", "withdrawn"}:
        return state
    # A report of an error that was answered to satisfaction has no outcome of its own.
    return outcome or ("for" if state == "closed" else "open")


def lines(at: datetime) -> Iterator[tuple[str, str, str, int]]:
    """Yield every number of the page as (table, code, name, value), for the open CSV."""
    for name, value in totals(at).items():
        yield "tong", name, name, value
    series = calls_by_day(at)
    for day, good, bad in zip(series["days"], series["good"], series["bad"], strict=True):
        yield "theo_ngay", day.isoformat(), "thanh_cong", good
        yield "theo_ngay", day.isoformat(), "khong_thanh_cong", bad
    for table, rows in (("dich_vu", by_service(at)), ("cung_cap", by_provider(at)), ("khai_thac", by_consumer(at))):
        for row in rows:
            yield table, row.code, row.name, row.calls
    for direction, counted in outside_province().items():
        for one in counted:
            yield OUTSIDE_TABLES[direction], one.state.name, one.state.vi, one.number
    yield "ngoai_tinh", "dich_vu", "dich_vu", outside_services()
    for kind in disputes_by_kind():
        for end, number in kind.ends.items():
            yield "vuong_mac", kind.code, end, number
