"""What is overdue in the province, for those who urge: by agency, kind of case, how late it is (S16.2, S24.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.http import QueryDict

from nganam.agencies.urging import urged_on
from nganam.deadlines.models import Clock
from nganam.deadlines.queries import calendar, days_left, overdue
from nganam.desk import worklist
from nganam.kernel.actors import Role
from nganam.kernel.clock import local_date
from nganam.kernel.machine import Machine

URGERS = (Role.LEAD, Role.CHAIRMAN)
WORDS = ("co-quan", "loai", "tre", "ma")
SPANS = {"tuan": 7, "thang": 30, "quy": 90}
"""How late: more than so many days."""
SHOWN_AGENCIES = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page was asked for."""

    agency: str = ""
    kind: str = ""
    late: str = ""
    text: str = ""


def read(given: QueryDict) -> Asked:
    """Return what an address asks for; what it does not know it leaves out."""
    agency, kind, late, text = (given.get(word, "").strip()[:60].replace("\0", "") for word in WORDS)
    return Asked(
        agency, kind if kind in worklist.machines() else "", late if late in SPANS else "", text[: worklist.LONGEST]
    )


def clocks(asked: Asked, at: datetime) -> QuerySet[Clock]:
    """Return the overdue clocks asked for, latest first."""
    exact = {"agency": asked.agency, "object_type": asked.kind, "object_code__icontains": asked.text}
    found = overdue(at).filter(**{name: value for name, value in exact.items() if value})
    if asked.late:
        found = found.filter(due_on__lt=local_date(at) - timedelta(days=SPANS[asked.late]))
    return found.order_by("due_on", "started_at", "pk")


@dataclass(frozen=True, slots=True)
class Late:
    """An overdue clock as the page lists it; ``days`` are working days, ``urged`` says whether it was urged today."""

    clock: Clock
    kind: Machine | None
    title: str
    url: str
    days: int
    urged: bool

    @property
    def key(self) -> str:
        """Return what names the case among all kinds, for the boxes of the list."""
        return f"{self.clock.object_type}:{self.clock.object_code}"


def listed(rows: Iterable[Any], at: datetime) -> list[Late]:
    """Return what the page shows of clocks that carry title and link: two more queries, however many they are."""
    shown = list(rows)
    known, working = worklist.machines(), calendar()
    urged = urged_on([one.object_code for one in shown], local_date(at))
    return [
        Late(
            one, known.get(one.object_type), one.title or "", one.link or "", -days_left(one, at, working),
            (one.object_type, one.object_code) in urged,
        )
        for one in shown
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tally:
    """How much is overdue of one agency, and since when."""

    agency: str
    count: int
    oldest: date


def by_agency(asked: Asked, at: datetime) -> list[Tally]:
    """Return what is overdue by agency, most first."""
    rows = clocks(asked, at).order_by().values_list("agency").annotate(all=Count("pk"), oldest=Min("due_on"))
    return [Tally(*row) for row in rows.order_by("-all", "agency")]


def by_kind(asked: Asked, at: datetime) -> dict[str, int]:
    """Return how much is overdue of each kind of case."""
    rows = clocks(asked, at).order_by().values_list("object_type").annotate(all=Count("pk"))
    return {str(kind): int(number) for kind, number in rows}


def by_lateness(asked: Asked, at: datetime) -> dict[str, int]:
    """Return how much is overdue in all, and by more than each of ``SPANS``."""
    today = local_date(at)
    counted = {name: Count("pk", filter=Q(due_on__lt=today - timedelta(days=days))) for name, days in SPANS.items()}
    found: dict[str, int] = clocks(asked, at).order_by().aggregate(all=Count("pk"), **counted)
    return found


def chart(tallies: list[Tally], names: Mapping[str, str], heading: str) -> dict[str, Any]:
    """Return the agencies with most overdue for ``c-chart``."""
    shown = tallies[:SHOWN_AGENCIES]
    return {
        "kind": "bar", "horizontal": True, "x": [names.get(one.agency, one.agency) for one in shown],
        "series": [{"name": heading, "values": [one.count for one in shown]}],
    }  # fmt: skip
