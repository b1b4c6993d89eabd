"""Lists of cases of every kind at once: what waits for me, what I wait for, all I have a part in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, reduce
from operator import or_
from typing import Any, ClassVar

from django.core.paginator import Page
from django.db.models import BooleanField, Count, Exists, F, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.sql.compiler import SQLCompiler
from django.http import QueryDict

from nganam.agencies.queries import lineage
from nganam.cases.models import Seat, Turn
from nganam.cases.parties import declared
from nganam.cases.seats import MARK, PROVINCE_ROLES
from nganam.deadlines.models import Clock
from nganam.deadlines.queries import open_clocks
from nganam.desk import terms
from nganam.face.paging import first, page_of
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.kernel.machine import Machine, State, Transition

ME, OTHERS, ALL = "toi", "noi-khac", "tat-ca"
LATE, SOON, LATER, NEVER = "qua-han", "sap-den", "con-lau", "khong"
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address of a list asks for; what it does not know it leaves out."""

    whose: str = ALL
    kind: str = ""
    state: str = ""
    party: str = ""
    agency: str = ""
    due: str = ""
    text: str = ""

    @property
    def is_narrowed(self) -> bool:
        """Say whether anything but whose cases they are was asked for."""
        return self != Wanted(whose=self.whose)


WORDS = {
    "cho": "whose", "loai": "kind", "trang-thai": "state", "vai-tro": "party", "co-quan": "agency", "han": "due",
    "ma": "text",
}  # fmt: skip
"""The parameters of the address, and what they ask for."""


def read(asked: QueryDict) -> Wanted:
    """Return what an address asks for."""
    given = {name: asked.get(word, "").strip()[:60].replace("\0", "") for word, name in WORDS.items()}
    machine = machines().get(given["kind"])
    given["kind"] = machine.code if machine else ""
    known = {one.name for one in machine.states} if machine else set()
    given["state"] = given["state"] if given["state"] in known else ""
    given["whose"] = given["whose"] if given["whose"] in {ME, OTHERS} else ALL
    given["due"] = given["due"] if given["due"] in {LATE, SOON, LATER, NEVER} else ""
    given["party"] = given["party"] if given["party"] in party_words() else ""
    given["text"] = given["text"][:LONGEST]
    return Wanted(**given)


def machines() -> dict[str, Machine]:
    """Return the declared machines by code."""
    return {one.machine.code: one.machine for one in declared()}


def party_words() -> set[str]:
    """Return every word a party is called by."""
    return {word for one in declared() for word in one.parties}


@dataclass(frozen=True)
class Desk:
    """Somebody's desk at an instant: the seats that are theirs, by the agency acted for and the roles held."""

    actor: Actor
    at: datetime

    @cached_property
    def line(self) -> frozenset[str]:
        """Return the agency acted for and those it took over (S2)."""
        return lineage(self.actor.agency) if self.actor.agency else frozenset()

    @property
    def agencies(self) -> frozenset[str]:
        """Return the agencies whose cases a focal officer works on."""
        return self.line if self.actor.has(Role.FOCAL) else frozenset()

    @property
    def roles(self) -> list[str]:
        """Return the roles of the province the officer holds."""
        return [str(role) for role in PROVINCE_ROLES if role in self.actor.roles]

    @property
    def today(self) -> date:
        """Return the Vietnamese date."""
        return local_date(self.at)

    @property
    def _own(self) -> Q:
        return Q(role=str(Role.FOCAL), agency__in=self.agencies)

    @property
    def mine(self) -> Q:
        """Return the condition that a seat is the officer's: what they may open."""
        asked = [Q(role__in=self.roles, agency="")] if self.roles else []
        asked += [self._own] if self.agencies else []
        # Not "A or A" where there is one: no index answers that.
        return reduce(or_, asked, Q()) if asked else Q(pk__in=[])

    @property
    def _best(self) -> Q:
        """Return the condition of the seat that goes before all others: few have another, and only those are asked."""
        if self.agencies:
            return Q(role=str(Role.FOCAL), agency=self.actor.agency)
        return Q(role=self.roles[0], agency="")

    def clocks(self) -> QuerySet[Clock]:
        """Return the running clocks of the agency, nearest first; lead agency and Chairman see all of the province."""
        if self.actor.has(Role.LEAD, Role.CHAIRMAN):
            return open_clocks()
        return open_clocks().filter(agency__in=self.line) if self.line else Clock.objects.none()

    def seats(self, wanted: Wanted) -> QuerySet[Seat]:
        """Return the seats that were asked for: one for each case, in no order."""
        rows = Seat.objects.filter(self._whose(wanted.whose))
        if len(self.agencies) + len(self.roles) > 1:
            # Somebody with two seats at a case sees it once: from the agency acted for, else from the earlier seat.
            better = Seat.objects.filter(self._whose(wanted.whose), self._best | Q(pk__lt=OuterRef("pk")), **_SAME)
            rows = rows.filter(self._best | ~Exists(better))
        for condition in self._conditions(wanted):
            rows = rows.filter(condition)
        return rows

    def _whose(self, whose: str) -> Q:
        if whose == ME:
            return self.mine & Q(turn=Turn.MINE)
        if whose == OTHERS:
            # What a role of the province may see is not what its officers wait for.
            return self._own & Q(turn=Turn.OTHERS) if self.agencies else Q(pk__in=[])
        return self.mine

    def _conditions(self, wanted: Wanted) -> list[Any]:
        exact = {"object_type": wanted.kind, "state": wanted.state, "object_code__icontains": wanted.text}
        asked: list[Any] = [Q(**{name: value}) for name, value in exact.items() if value]
        if wanted.party:
            asked.append(Q(parties__contains=f"{MARK}{wanted.party}{MARK}"))
        if wanted.agency:
            theirs = Seat.objects.filter(agency=wanted.agency, role=str(Role.FOCAL))
            asked += [Q(object_code__in=theirs.values("object_code")), Exists(theirs.filter(**_SAME))]
        return asked + self._due(wanted.due)

    def _due(self, due: str) -> list[Any]:
        if not due:
            return []  # the usual list: how near "near" is, is not asked
        clocks, soon = open_clocks().order_by(), self.today + terms.soon()
        asked: dict[str, list[Any]] = {
            LATE: _of(clocks.filter(due_on__lt=self.today)),
            SOON: _of(clocks.filter(due_on__gte=self.today, due_on__lte=soon)),
            LATER: [*_of(clocks.filter(due_on__gt=soon)), ~Exists(clocks.filter(due_on__lte=soon, **_SAME))],
            NEVER: [~Exists(clocks.filter(**_SAME))],
        }
        return asked.get(due, [])

    def page(self, wanted: Wanted, asked: QueryDict) -> Page[Seat]:
        """Return the page of the list that an address asks for."""
        whole = self._told(Seat.objects.all(), wanted)
        # An agency has few; among all of the province's the index of the list finds a page without reading the others.
        few = wanted.due in {LATE, SOON} and not self.roles
        return page_of(self.rows(wanted), asked, whole=whole, at_once=few)

    def top(self, wanted: Wanted, count: int) -> list[Seat]:
        """Return the beginning of the list."""
        return list(first(self.rows(wanted), count, whole=self._told(Seat.objects.all(), wanted)))

    def rows(self, wanted: Wanted) -> QuerySet[Seat]:
        """Return the list that was asked for: work by its due day, then by age; all others newest first.

        Each row carries ``due`` and ``article`` of the term of its case that ends first.
        """
        return self._told(self.seats(wanted), wanted)

    def _told(self, seats: QuerySet[Seat], wanted: Wanted) -> QuerySet[Seat]:
        nearest = open_clocks().filter(**_SAME).order_by("due_on", "pk")
        found = seats.annotate(
            due=Subquery(nearest.values("due_on")[:1]), article=Subquery(nearest.values("article")[:1])
        )
        if wanted.whose == ALL:
            return found.order_by("-since", "-pk")
        return found.order_by(F("due").asc(nulls_last=True), "since", "pk")

    def count(self, **asked: str) -> int:
        """Return how many cases there are of what is asked for by the names of ``Wanted``."""
        return self.seats(Wanted(**asked)).order_by().count()

    def by(self, wanted: Wanted, name: str) -> dict[str, int]:
        """Return how many of the cases asked for there are of each ``object_type`` or ``state``."""
        rows = self.seats(wanted).order_by().values_list(name).annotate(all=Count("pk"))
        return {str(value): int(number) for value, number in rows}

    def load(self) -> list[tuple[str, int, int]]:
        """Return for each kind of case how many wait for the officer, and for how many the officer waits: one query."""
        mine, others = self._whose(ME), self._whose(OTHERS)
        rows = Seat.objects.filter(mine | others).order_by().values_list("object_type")
        case = "object_code"
        counted = rows.annotate(
            mine=Count(case, filter=mine, distinct=True), others=Count(case, filter=others, distinct=True)
        )
        return [(str(kind), int(own), int(other)) for kind, own, other in counted]

    def kinds(self, wanted: Wanted) -> dict[str, int]:
        """Return how many there are of each kind in the whole of one of the three lists."""
        return self.by(Wanted(whose=wanted.whose), "object_type")


_SAME: Mapping[str, Any] = {"object_type": OuterRef("object_type"), "object_code": OuterRef("object_code")}


class _Among(Func):
    """``(kind, code) IN (SELECT kind, code …)``: Django's own asks anew for each row, which costs thrice."""

    output_field: ClassVar = BooleanField()

    def as_sql(self, compiler: SQLCompiler, *_told: Any, **_extra: Any) -> Any:
        """Write it, the same for every database; the arguments are Django's."""
        kind, code, rows = (compiler.compile(one) for one in self.get_source_expressions())
        return f"({kind[0]}, {code[0]}) IN {rows[0]}", [*kind[1], *code[1], *rows[1]]


def _of(clocks: QuerySet[Clock]) -> list[Any]:
    """Return the condition that one of ``clocks`` runs for the case."""
    rows = Subquery(clocks.values("object_type", "object_code"))
    return [_Among(F("object_type"), F("object_code"), rows)]


@dataclass(frozen=True, slots=True)
class Work:
    """A case as a list shows it; ``lies_with`` are agencies and roles whose step is next, ``due`` its nearest day."""

    kind: Machine
    code: str
    url: str
    title: str
    state: State
    step: Transition | None
    since: datetime
    due: date | None
    article: str
    lies_with: tuple[str, ...]
    parties: frozenset[str]

    @property
    def key(self) -> str:
        """Return what names the case among all kinds, for the boxes of a list."""
        return f"{self.kind.code}:{self.code}"


def works(rows: Iterable[Seat]) -> list[Work]:
    """Return what a list shows of a page of ``Desk.rows``: one more query, however long it is."""
    seats = list(rows)
    known, holders = machines(), _holders(seats)
    return [_work(one, known, holders) for one in seats if one.object_type in known]


def _holders(seats: list[Seat]) -> dict[tuple[str, str], list[str]]:
    kinds, codes = {one.object_type for one in seats}, {one.object_code for one in seats}
    rows = Seat.objects.filter(object_type__in=kinds, object_code__in=codes, turn=Turn.MINE).order_by("-agency", "role")
    found: dict[tuple[str, str], list[str]] = {}
    for kind, code, agency, role in rows.values_list("object_type", "object_code", "agency", "role"):
        found.setdefault((kind, code), []).append(agency or role)
    return found


def _work(seat: Any, known: Mapping[str, Machine], holders: Mapping[tuple[str, str], list[str]]) -> Work:
    machine, key = known[seat.object_type], (seat.object_type, seat.object_code)
    return Work(
        kind=machine, code=seat.object_code, url=seat.link, title=seat.title, state=machine.state(seat.state),
        step=machine.transition(seat.step) if seat.step else None, since=seat.since, due=seat.due,
        article=seat.article or "", lies_with=tuple(holders.get(key, ())),
        parties=frozenset(seat.parties.strip(MARK).split(MARK)),
    )  # fmt: skip
