"""Every read of master data. Values come from the last run's files, and not while these may hold what was erased."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor
from nganam.kernel.errors import NotFound, Unavailable
from nganam.master import places, policies, words
from nganam.master.engine import files
from nganam.master.engine.attributes import OF_KIND
from nganam.master.engine.golden import Golden, golden
from nganam.master.engine.joining import REVIEW
from nganam.master.engine.records import Record
from nganam.master.models import Decision, Entity, EntitySet, Member, Membership, Run, RunState
from nganam.warehouse import policies as warehouse
from nganam.warehouse.models import Table, Version

MOST_FOUND = 200
MOST_PAIRS = 200


def sets_for(actor: Actor) -> QuerySet[EntitySet]:
    """Return the sets of the actor's agency, or all for the lead agency."""
    found = EntitySet.objects.select_related("agency")
    if warehouse.sees_all(actor):
        return found
    return found.filter(agency__code=actor.agency) if warehouse.works_here(actor) else found.none()


def get_set_for(actor: Actor, code: str) -> EntitySet:
    """Return a set the actor may see; not theirs is not found."""
    found = sets_for(actor).filter(code=code.replace("\0", "")).first()
    if found is None:
        raise NotFound(_("Không có tập dữ liệu chủ này."), hint=_("Xem danh sách ở trang Dữ liệu chủ."))
    return found


def get_readable_for(actor: Actor, code: str) -> EntitySet:
    """Return a set whose records the actor may read."""
    found = get_set_for(actor, code)
    if policies.may_read(actor, members(found), personal_then(last_done(found))):
        raise NotFound(_("Không có tập dữ liệu chủ này."), hint=_("Xem danh sách ở trang Dữ liệu chủ."))
    return found


def members(found: EntitySet) -> list[Member]:
    """Return the tables of a set, the most trusted first."""
    return list(found.members.select_related("table__agency", "set__agency"))


def newest(held: Sequence[Member]) -> dict[str, Version]:
    """Return the present version of each table, by the table's code."""
    last = Version.objects.filter(table=OuterRef("table")).order_by("-number").values("pk")[:1]
    rows = Version.objects.select_related("table").filter(table__in=[one.table_id for one in held], pk=Subquery(last))
    return {one.table.code: one for one in rows}


def order(found: EntitySet, held: Sequence[Member]) -> dict[str, list[str]]:
    """Return the tables by trust for each attribute: the one declared, then the others in the order they came."""
    codes = [one.table.code for one in held]
    made = {}
    for name in OF_KIND[found.kind]:
        first = [code for code in codes if code == found.trusted.get(name)]
        made[name] = [*first, *(code for code in codes if code not in first)]
    return made


def active_run(found: EntitySet) -> Run | None:
    """Return the run that is under way, or None."""
    return found.runs.filter(state__in=[RunState.WAITING, RunState.RUNNING]).first()


def last_done(found: EntitySet) -> Run | None:
    """Return the last run that ended well."""
    return found.runs.filter(state=RunState.DONE).first()


def last_done_of(sets: Sequence[EntitySet]) -> dict[int, Run]:
    """Return the last run that ended well of each of these sets that has one, by the set's key; one query."""
    last = Run.objects.filter(set=OuterRef("set"), state=RunState.DONE).order_by("-number").values("pk")[:1]
    return {one.set_id: one for one in Run.objects.filter(set__in=[found.pk for found in sets], pk=Subquery(last))}


def personal_then(one: Run | None) -> frozenset[str]:
    """Return the codes of the tables that were personal in a run: its files say so, whatever the tables are today."""
    return frozenset(code for code, told in one.versions.items() if told["personal"]) if one else frozenset()


def is_erased_since(one: Run) -> bool:
    """Say whether rows were erased from a table of the run since: then its files are not to be read."""
    now = dict(Table.objects.filter(code__in=one.versions).values_list("code", "generation"))
    return any(now.get(code) != told["generation"] for code, told in one.versions.items())


def is_left_since(one: Run, held: Sequence[Member]) -> bool:
    """Say whether a run's files hold a column that the set takes no more: nobody is asked about it when they are read.

    Tables, and columns of tables, that came in since change nothing about who may read.
    """
    taken = {member.table.code: member.taken for member in held}
    return any(
        not {*told["key"], *told["columns"].values()} <= taken.get(code, frozenset())
        for code, told in one.versions.items()
    )


def is_behind(one: Run, held: Sequence[Member], now: Mapping[str, Version]) -> bool:
    """Say whether a run is of other tables, columns or versions than there are now."""
    columns = {member.table.code: member.columns for member in held}
    return {code: (version.number, columns[code]) for code, version in now.items()} != {
        code: (told["number"], told["columns"]) for code, told in one.versions.items()
    }


def _read_from(found: EntitySet, held: Sequence[Member] | None = None) -> Run:
    one = last_done(found)
    held = members(found) if held is None else held
    if one is None or is_erased_since(one) or is_left_since(one, held) or not places.run(one).is_dir():
        raise Unavailable(
            _("Kết quả ghép chưa có, hoặc đang được làm lại vì một bảng vừa xóa dữ liệu hay bị bỏ khỏi tập."),
            hint=_("Chờ lần ghép tới xong, hoặc bấm Ghép lại ở trang của tập."),
        )
    return one


@dataclass(frozen=True, slots=True)
class Line:
    """An attribute of a pair: what each record says, how they agree, what that weighs."""

    title: str
    left: str
    right: str
    level: str
    weight: float
    code: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A pair side by side."""

    left: Record
    right: Record
    told: files.Told
    lines: tuple[Line, ...]
    decision: Decision | None

    @property
    def percent(self) -> float:
        """Return the chance of one thing in percent."""
        return self.told.pair.probability * 100

    @property
    def verdict(self) -> str:
        """Say what became of it in the run."""
        return str(words.VERDICTS[self.told.verdict])


def waiting(found: EntitySet) -> list[files.Told]:
    """Return the pairs nobody has decided yet, the strongest first; at most 200."""
    one = _read_from(found)
    kept = set(found.decisions.filter(taken_back_at=None).values_list("left", "right"))
    told = files.pairs(places.run(one) / places.PAIRS, verdict=REVIEW, limit=MOST_PAIRS + len(kept))
    return [pair for pair in told if (pair.pair.left, pair.pair.right) not in kept][:MOST_PAIRS]


def compared(found: EntitySet, left: str, right: str) -> Compared:
    """Return a pair of the last run side by side; raise ``NotFound``."""
    one = _read_from(found)
    told = files.pairs(places.run(one) / places.PAIRS, between=[left, right], limit=1)
    held = {record.record: record for record in files.records(places.run(one) / places.RECORDS, [left, right])}
    if not told or len(held) != 2:  # noqa: PLR2004 - both
        raise NotFound(_("Lần ghép mới nhất không có cặp này."), hint=_("Xem danh sách chờ xem xét."))
    first, last = held[told[0].pair.left], held[told[0].pair.right]
    decision = found.decisions.filter(taken_back_at=None, left=first.record, right=last.record).first()
    lines = tuple(_line(found, first, last, evidence) for evidence in told[0].pair.evidence)
    return Compared(first, last, told[0], lines, decision)


def _line(found: EntitySet, left: Record, right: Record, evidence: Any) -> Line:
    name = evidence.attribute
    return Line(
        words.attribute(found.kind, name), left.values.get(name) or "", right.values.get(name) or "",
        str(words.LEVELS[evidence.level]), evidence.weight, evidence.level,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Whole:
    """An entity with its record, the rows it is made of, and the pairs that joined them."""

    entity: Entity
    golden: list[Golden] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    pairs: list[files.Told] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the name taken; "" when no record is left."""
        return next((one.value for one in self.golden if one.attribute == "name"), "")

    @property
    def identifier(self) -> str:
        """Return the identifier taken."""
        return next((one.value for one in self.golden if one.attribute == "identifier"), "")

    @property
    def tables(self) -> int:
        """Return how many tables know it."""
        return len({one.table for one in self.records})


def get_entity(found: EntitySet, code: str) -> Entity:
    """Return an entity of a set by its code; raise ``NotFound``."""
    entity = found.entities.select_related("merged_into", "set", "made_in").filter(code=code.replace("\0", "")).first()
    if entity is None:
        raise NotFound(_("Tập không có đối tượng “%(code)s”.") % {"code": code})
    return entity


def whole(found: EntitySet, entity: Entity) -> Whole:
    """Return an entity with all there is to show of it."""
    held = members(found)
    one = _read_from(found, held)
    made = _wholes(found, held, one, [entity])[0]
    digests = [record.record for record in made.records]
    told = files.pairs(places.run(one) / places.PAIRS, between=digests, limit=MOST_PAIRS) if len(digests) > 1 else []
    return Whole(entity, made.golden, made.records, told)


def live(found: EntitySet, *, only_conflicts: bool = False) -> QuerySet[Entity]:
    """Return the entities that have records."""
    rows = found.entities.filter(ended_at=None, merged_into=None)
    return rows.filter(conflicts__gt=0) if only_conflicts else rows


def searched(found: EntitySet, text: str) -> QuerySet[Entity]:
    """Return the entities with this code, or of whose records one has these words in its name or this identifier."""
    by_code = live(found).filter(code=text.strip().upper())
    if by_code.exists():
        return by_code
    digests = files.found(places.run(_read_from(found)) / places.RECORDS, text, found.kind, limit=MOST_FOUND)
    # As a list: as a subquery PostgreSQL, before it has counted new rows, looked at every pair of both tables.
    wanted = list(Membership.objects.filter(set=found, record__in=digests).values_list("entity", flat=True))
    return live(found).filter(pk__in=wanted)


def shown(found: EntitySet, entities: Sequence[Entity]) -> list[Whole]:
    """Return entities with their records' values, for a page of a list."""
    held = members(found)
    return _wholes(found, held, _read_from(found, held), entities)


def _wholes(found: EntitySet, tables: Sequence[Member], one: Run, entities: Sequence[Entity]) -> list[Whole]:
    owners = dict(Membership.objects.filter(entity__in=entities).values_list("record", "entity"))
    held: dict[int, list[Record]] = {}
    for record in files.records(places.run(one) / places.RECORDS, list(owners)):
        held.setdefault(owners[record.record], []).append(record)
    trust, names = order(found, tables), OF_KIND[found.kind]
    return [
        Whole(entity, golden(mine, found.kind, names, trust), mine)
        for entity in entities
        for mine in [held.get(entity.pk, [])]
    ]


def get_decision(found: EntitySet, number: int) -> Decision:
    """Return a decision of a set; raise ``NotFound``."""
    made = found.decisions.filter(number=number).first()
    if made is None:
        raise NotFound(_("Tập không có quyết định số %(number)s.") % {"number": number})
    return made


def coverage(outcome: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how many entities how many tables know, for ``c-chart``; None with nothing to compare."""
    told = outcome.get("by_tables", {})
    if len(told) < 2:  # noqa: PLR2004 - two bars
        return None
    counts = sorted((int(tables), count) for tables, count in told.items())
    names = [_("%(n)s bảng biết") % {"n": tables} for tables, _count in counts]
    values = [count for _tables, count in counts]
    return {"kind": "bar", "horizontal": True, "unit": "", "x": names,
            "series": [{"name": _("Số đối tượng"), "values": values}]}  # fmt: skip


def get_run(found: EntitySet, number: int) -> Run:
    """Return a run of a set; raise ``NotFound``."""
    one = found.runs.filter(number=number).first()
    if one is None:
        raise NotFound(_("Tập không có lần ghép %(number)s.") % {"number": number})
    return one


def model_lines(found: EntitySet, one: Run) -> list[tuple[str, str, float, float, float]]:
    """Return the model's levels: attribute, level, percent among alike and among different records, weight in bits."""
    return [
        (words.attribute(found.kind, name), str(words.LEVELS[level["level"]]), level["m"] * 100, level["u"] * 100,
         round(math.log2(level["m"] / level["u"]), 2))
        for name, levels in one.model.get("levels", {}).items()
        for level in levels
    ]  # fmt: skip
