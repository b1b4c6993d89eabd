"""Reads of tallies: figures of a side's calls, what providers promise beside what they keep, who uses what."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.agencies.queries import agency_names
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import VIETNAM
from nganam.kernel.errors import NotFound
from nganam.kernel.opened import ANONYMOUS
from nganam.lgsp import quotas
from nganam.lgsp.beyond.models import Platform
from nganam.lgsp.models import Promise, Tally
from nganam.lgsp.queries import plain
from nganam.lgsp.watching import buckets
from nganam.lgsp.watching.tallying import COUNTED, start_of
from nganam.services.models import Service
from nganam.sharing.accounts.models import Account
from nganam.sharing.suspensions.models import Maintenance

LIVE = ("published", "suspended")
OUTCOMES = {"tra-loi": "answered", "tu-choi": "refused", "loi": "failed", "tam-ngung": "stopped"}
BUSIEST = 30
JUDGED_DAYS = 30
YEAR = 365
GRAINS = {0: Tally.Grain.MINUTE, 1: Tally.Grain.HOUR, YEAR: Tally.Grain.MONTH}
STEPS = {
    Tally.Grain.MINUTE: timedelta(minutes=1), Tally.Grain.HOUR: timedelta(hours=1), Tally.Grain.DAY: timedelta(days=1),
    Tally.Grain.MONTH: timedelta(days=31),
}  # fmt: skip
SHOWN = {Tally.Grain.MINUTE: "%H:%M", Tally.Grain.HOUR: "%H:%M", Tally.Grain.DAY: "%d/%m", Tally.Grain.MONTH: "%m/%Y"}
READ = ("starts_at", "provider", "service", "consumer", *COUNTED, "durations")


@dataclass
class Figures:
    """What some calls came to. Milliseconds are those of answered calls, never less than the truth (``buckets``)."""

    calls: int = 0
    answered: int = 0
    refused: int = 0
    failed: int = 0
    stopped: int = 0
    records: int = 0
    request_bytes: int = 0
    response_bytes: int = 0
    milliseconds: int = 0
    durations: buckets.Counts = field(default_factory=dict)

    def add(self, row: Mapping[str, Any], only: str = "") -> None:
        """Add a tally; ``only`` one outcome of it, when named."""
        if not only:
            for name in COUNTED:
                setattr(self, name, getattr(self, name) + row[name])
        else:
            self.calls += row[only]
            setattr(self, only, getattr(self, only) + row[only])
        if only in {"", "answered"}:
            buckets.add(self.durations, row["durations"])

    @property
    def rate(self) -> float | None:
        """Return the share of calls that were answered, in per cent; those in an announced stop left out."""
        return _percent(self.answered, self.calls - self.stopped)

    @property
    def availability(self) -> float | None:
        """Return in per cent how many calls met no fault of platform or provider, of those that could have.

        A refusal could not meet one: it stands on neither side, or many refusals would hide an outage. What came in an
        announced stop is nobody's fault.
        """
        return _percent(self.answered, self.answered + self.failed, 3)

    @property
    def p50(self) -> int | None:
        """Return the milliseconds half of the answers did not exceed."""
        return buckets.quantile(self.durations, 0.5)

    @property
    def p95(self) -> int | None:
        """Return the milliseconds 95 % of the answers did not exceed."""
        return buckets.quantile(self.durations, 0.95)

    @property
    def p99(self) -> int | None:
        """Return the milliseconds 99 % of the answers did not exceed."""
        return buckets.quantile(self.durations, 0.99)


SHARES = ("rate", "availability")
TIMES = ("p50", "p95", "p99")


def shown(one: Figures, result: str = "") -> dict[str, Any]:
    """Return figures for a page; narrowed to an outcome (as addresses name it) what is not known of it is ``None``.

    Tallies keep records and bytes of all outcomes together, and of one outcome a share of answered calls says nothing.
    """
    only = OUTCOMES.get(result, "")
    names = (*COUNTED, *SHARES, *TIMES)
    known = {"calls", only, *(TIMES if only == "answered" else ())} if only else set(names)
    return {name: getattr(one, name) if name in known else None for name in names}


def _percent(part: int, whole: int, decimals: int = 1) -> float | None:
    """Return a share in per cent, rounded down: 99.9996 % is not all."""
    if not whole:
        return None
    scale: int = 10**decimals
    return (100 * scale * part // whole) / scale


# -- what an officer sees --


def tallies_for(actor: Actor) -> QuerySet[Tally]:
    """Return what an officer sees: the lead agency all, a party the calls of its services and its own."""
    if actor.has(Role.LEAD):
        return Tally.objects.all()
    if not actor.has(Role.FOCAL) or not actor.agency:
        return Tally.objects.none()
    return Tally.objects.filter(Q(provider=actor.agency) | Q(consumer_agency=actor.agency))


def services_for(actor: Actor) -> QuerySet[Service]:
    """Return the live services whose quality an officer sees: all, or those provided or used by the agency."""
    live = Service.objects.filter(state__in=LIVE).select_related("provider", "promise").order_by("code")
    if actor.has(Role.LEAD):
        return live
    if not actor.has(Role.FOCAL) or not actor.agency:
        return live.none()
    used = Account.objects.filter(application__agency__code=actor.agency).values("service")
    return live.filter(Q(provider__code=actor.agency) | Q(pk__in=used))


def get_service_for(actor: Actor, code: str) -> Service:
    """Return one of these services; what is not theirs is not found."""
    found = services_for(actor).filter(code=plain(code, 40)).first()
    if found is None:
        raise NotFound(_("Không có dịch vụ này."))
    return found


# -- a page of figures --


@dataclass(frozen=True, slots=True)
class Window:
    """From when, in rows of which grain; ``at`` is the end."""

    grain: Tally.Grain
    since: datetime
    at: datetime

    @classmethod
    def of(cls, days: int, at: datetime) -> "Window":
        """Return the window of so many whole days with today; of 0 the last sixty minutes, of 365 twelve months."""
        grain = GRAINS.get(days, Tally.Grain.DAY)
        if days == 0:
            return cls(grain, start_of(grain, at) - timedelta(minutes=59), at)
        if days == YEAR:
            month = start_of(grain, at)
            return cls(grain, start_of(grain, month.replace(year=month.year - 1) + STEPS[grain]), at)
        return cls(grain, start_of(Tally.Grain.DAY, at) - timedelta(days=days - 1), at)

    def instants(self) -> list[datetime]:
        """Return the start of every row's time in the window."""
        found, one = [], self.since
        while one <= self.at:
            found.append(one)
            one = start_of(self.grain, one + STEPS[self.grain])
        return found

    def rows(self, found: QuerySet[Tally]) -> Iterator[dict[str, Any]]:
        """Yield the rows of the window."""
        chosen = found.filter(grain=self.grain, starts_at__gte=self.since, starts_at__lte=self.at).order_by()
        yield from chosen.values(*READ)


@dataclass
class Picture:
    """Everything a page shows, from one reading of the rows."""

    window: Window
    total: Figures = field(default_factory=Figures)
    pairs: dict[tuple[str, str, str], Figures] = field(default_factory=dict)
    times: dict[datetime, Figures] = field(default_factory=dict)

    def take(self, row: Mapping[str, Any], only: str) -> None:
        """Add a row."""
        if only and not row[only]:
            return
        self.total.add(row, only)
        self.pairs.setdefault((row["service"], row["provider"], row["consumer"]), Figures()).add(row, only)
        self.times.setdefault(row["starts_at"].astimezone(VIETNAM), Figures()).add(row, only)


def picture(found: QuerySet[Tally], window: Window, result: str = "") -> Picture:
    """Read the figures of a window; ``result`` is an outcome as addresses name it."""
    made = Picture(window)
    for row in window.rows(found):
        made.take(row, OUTCOMES.get(result, ""))
    return made


def chart_of_calls(made: Picture) -> dict[str, Any]:
    """Return answered, refused and failed calls over the window, as the chart wants them; times without are zero."""
    instants = made.window.instants()
    found = [made.times.get(one, Figures()) for one in instants]
    series = [
        {"name": _("Trả lời"), "values": [one.answered for one in found]},
        {"name": _("Lỗi"), "values": [one.failed for one in found]},
        {"name": _("Từ chối"), "values": [one.refused + one.stopped for one in found]},
    ]
    return {"kind": "bar", "stacked": True, "x": _names(made.window, instants), "series": series}


def chart_of_times(made: Picture) -> dict[str, Any]:
    """Return p50, p95 and p99 over the window; a time without answers is a gap."""
    instants = made.window.instants()
    found = [made.times.get(one, Figures()) for one in instants]
    series = [{"name": name, "values": [getattr(one, name) for one in found]} for name in ("p50", "p95", "p99")]
    return {"kind": "line", "unit": "ms", "x": _names(made.window, instants), "series": series}


def _names(window: Window, instants: Iterable[datetime]) -> list[str]:
    return [one.strftime(SHOWN[window.grain]) for one in instants]


def busiest(made: Picture, most: int = BUSIEST) -> list[dict[str, Any]]:
    """Return the busiest pairs of service and consumer with their figures and the services' names."""
    chosen = sorted((key for key in made.pairs if key[0]), key=lambda key: (-made.pairs[key].calls, key))[:most]
    names = dict(Service.objects.filter(code__in={key[0] for key in chosen}).values_list("code", "name"))
    return [
        {"service": service, "provider": provider, "consumer": consumer, "name": names.get(service, ""),
         "figures": made.pairs[service, provider, consumer]}
        for service, provider, consumer in chosen
    ]  # fmt: skip


def choices(found: QuerySet[Tally]) -> dict[str, list[tuple[str, str]]]:
    """Return what can be chosen in the filters: services, consumers, providers that occur, with names."""
    ever = found.filter(grain=Tally.Grain.TOTAL).order_by().values_list("service", "consumer_agency", "provider")
    rows = list(ever.distinct())
    kinds = ("service", "consumer_agency", "provider")
    codes = {kind: sorted({row[at] for row in rows} - {""}) for at, kind in enumerate(kinds)}
    services = dict(Service.objects.filter(code__in=codes["service"]).values_list("code", "name"))
    parties = {*codes["consumer_agency"], *codes["provider"]}
    names = {
        **services,
        **titles(codes["provider"]),
        **dict(Agency.objects.filter(code__in=parties).values_list("code", "name")),
        **nobody(),
    }
    return {kind: [(code, names.get(code, code)) for code in of_kind] for kind, of_kind in codes.items()}


def titles(codes: Collection[str] | None = None) -> dict[str, str]:
    """Return the titles of platforms beyond the province by their codes, of all when none are named."""
    found = Platform.objects.all() if codes is None else Platform.objects.filter(code__in=codes)
    return dict(found.values_list("code", "title"))


def party_names() -> dict[str, str]:
    """Return what the parties of calls are called: agencies, and platforms, which are providers too."""
    return {**agency_names(), **titles(), **nobody()}


def nobody() -> dict[str, str]:
    """Return what callers of the open tier are called: they are no agency."""
    return {ANONYMOUS: _("Tầng mở, không cần mã truy cập")}


# -- promised and real --


@dataclass(frozen=True, slots=True)
class Kept:
    """A service's promise beside what was measured; ``stopped`` is the time of announced stops in the window."""

    service: Service
    promise: Promise | None
    figures: Figures
    stopped: timedelta

    @property
    def stopped_minutes(self) -> int:
        """Return the whole minutes of announced stops."""
        return int(self.stopped.total_seconds() // 60)

    @property
    def keeps_availability(self) -> bool | None:
        """Say whether availability is as promised; ``None`` when nothing was promised or measured."""
        real = self.figures.availability
        return None if self.promise is None or real is None else real >= float(self.promise.availability)

    @property
    def keeps_time(self) -> bool | None:
        """Say whether 95 % of the answers come in the promised time; where the bucket leaves it open, they do."""
        if self.promise is None or self.figures.p95 is None:
            return None
        return buckets.least(self.figures.p95) <= self.promise.p95_ms


def kept(services: Iterable[Service], at: datetime, days: int = JUDGED_DAYS) -> list[Kept]:
    """Return promise and measure of services over the last days, all their consumers together."""
    every, window = list(services), Window.of(days, at)
    codes = [one.code for one in every]
    found: dict[str, Figures] = {}
    for row in window.rows(Tally.objects.filter(service__in=codes)):
        found.setdefault(row["service"], Figures()).add(row)
    stops = _stops(codes, window)
    return [
        Kept(one, _promise(one), found.get(one.code, Figures()), stops.get(one.code, timedelta())) for one in every
    ]  # fmt: skip


def calls_by_consumer(services: Collection[str], at: datetime, days: int = JUDGED_DAYS) -> dict[tuple[str, str], int]:
    """Return the calls of each service by each consumer (AGENCY/APPLICATION) over the last days, in one question."""
    window = Window.of(days, at)
    found = Tally.objects.filter(service__in=services, grain=window.grain).order_by()
    found = found.filter(starts_at__gte=window.since, starts_at__lte=window.at)
    counted = found.values_list("service", "consumer").annotate(number=Sum("calls"))
    return {(service, consumer): number for service, consumer, number in counted}


def _promise(service: Service) -> Promise | None:
    return getattr(service, "promise", None)


def _stops(codes: list[str], window: Window) -> dict[str, timedelta]:
    """Return how long each service was in announced stops within the window; forced ones are none (D43.1b)."""
    ran = Maintenance.objects.filter(service__code__in=codes, stopped_at__isnull=False).exclude(ground="force_majeure")
    ran = ran.filter(Q(restored_at__isnull=True) | Q(restored_at__gt=window.since))
    found: dict[str, timedelta] = {}
    for code, began, ended in ran.values_list("service__code", "stopped_at", "restored_at"):
        long = min(ended or window.at, window.at) - max(began or window.at, window.since)
        found[code] = found.get(code, timedelta()) + max(long, timedelta())
    return found


def quota_use(actor: Actor, at: datetime, service: str = "") -> list[dict[str, Any]]:
    """Return how much of their quotas accounts have used, fullest first: those the officer is party to."""
    accounts = Account.objects.filter(state="active").exclude(per_day=None, per_month=None)
    if service:
        accounts = accounts.filter(service__code=service)
    if not actor.has(Role.LEAD):
        own = Q(service__provider__code=actor.agency) | Q(application__agency__code=actor.agency)
        accounts = accounts.filter(own) if actor.agency else accounts.none()
    chosen = list(accounts.select_related("application__agency", "service__provider").order_by("code"))
    rows = [
        {"account": one, "period": period, "calls": calls, "most": most, "share": 100 * calls // most}
        for one, used in quotas.used_by(chosen, at)
        for period, calls, most in used
    ]
    return sorted(rows, key=lambda row: -row["share"])
