"""Every read of code lists, by day. A list kept with the units is read from them; answers are alike."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import zip_longest
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from nganam.agencies.models import AdminUnit, UnitSuccession, held_on
from nganam.codelists import policies
from nganam.codelists.models import CodeEntry, CodeList, CodeListVersion, CodeSuccession, Keeping, VersionState
from nganam.codelists.tables import CodeTable, Move, Span, joined
from nganam.kernel.actors import Actor
from nganam.kernel.errors import NotFound
from nganam.kernel.text import fold, sort_key

UNIT_LEVELS = {Keeping.UNITS: ("province", "district", "commune"), Keeping.COMMUNES: ("commune",)}
"""Which levels of units a list read from them shows."""
NO_LIST = gettext_noop("Không có danh mục “%(code)s”.")


@dataclass(frozen=True, slots=True)
class Entry:
    """A code on a day."""

    code: str
    name: str
    name_en: str = ""
    parent: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def english(self) -> str:
        """Return the English name, else the Vietnamese one."""
        return self.name_en or self.name


@dataclass(frozen=True, slots=True)
class Stage:
    """What held from ``start`` until the day before ``end``. ``version`` is None where units say it."""

    number: int
    start: date
    end: date | None
    version: CodeListVersion | None = None

    def holds(self, day: date) -> bool:
        """Say whether the stage holds on ``day``."""
        return self.start <= day and (self.end is None or day < self.end)


# ---- lists ----


def public_lists() -> QuerySet[CodeList]:
    """Return the lists everybody may read: with a published version, or read from the units."""
    published = Q(versions__state=VersionState.PUBLISHED) | ~Q(keeping=Keeping.HERE)
    return CodeList.objects.filter(published).select_related("agency").distinct()


def listed() -> list[CodeList]:
    """Return the lists everybody may read, in the order a Vietnamese reader looks them up."""
    return sorted(public_lists(), key=lambda one: sort_key(one.title))


def public_list(code: str) -> CodeList:
    """Return a list everybody may read; raise ``NotFound``."""
    found = public_lists().filter(code=code).first()
    if found is None:
        raise NotFound(_(NO_LIST) % {"code": code}, hint=_("Xem các danh mục ở trang Danh mục dùng chung."))
    return found


def lists_for(actor: Actor) -> QuerySet[CodeList]:
    """Return the lists an officer works with: the lead agency all, an agency its own, published or not."""
    rows = (
        CodeList.objects.select_related("agency")
        .annotate(
            published=Count("versions", filter=Q(versions__state=VersionState.PUBLISHED)),
            drafts=Count("versions", filter=Q(versions__state=VersionState.DRAFT)),
        )
        .order_by("title", "code")
    )  # to count is to group, which drops the order of the model
    if policies.sees_all(actor):
        return rows
    return rows.filter(agency__code=actor.agency) if actor.agency else rows.none()


def get_list_for(actor: Actor, code: str) -> CodeList:
    """Return a list the actor keeps; what is not theirs is not found."""
    found = lists_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_(NO_LIST) % {"code": code}, hint=_("Xem các danh mục ở trang Danh mục dùng chung."))
    return found


def get_version_for(actor: Actor, code: str, number: int) -> CodeListVersion:
    """Return a version of a list the actor keeps."""
    found = get_list_for(actor, code).versions.select_related("list__agency").filter(number=number).first()
    if found is None:
        raise NotFound(_("Danh mục không có phiên bản %(number)s.") % {"number": number})
    return found


def public_named(codes: Collection[str]) -> dict[str, CodeList]:
    """Return those of the named lists that everybody may read, by code."""
    return {one.code: one for one in public_lists().filter(code__in=codes)} if codes else {}


# ---- stages ----


def stages(found: CodeList) -> list[Stage]:
    """Return what held when, oldest first. Versions that a later one from the same day corrected hold on no day."""
    return _unit_stages(found) if found.keeping != Keeping.HERE else _version_stages(found)


def _version_stages(found: CodeList) -> list[Stage]:
    last: dict[date, CodeListVersion] = {}
    for one in found.versions.filter(state=VersionState.PUBLISHED).order_by("number"):
        last[one.valid_from] = one
    days = sorted(last)
    return [
        Stage(last[day].number, day, last[day].ends_on(then), last[day]) for day, then in zip_longest(days, days[1:])
    ]


def _unit_stages(found: CodeList) -> list[Stage]:
    periods = _units(found).values_list("valid_from", "valid_until")
    days = sorted({day for pair in periods for day in pair if day})
    held = [day for day in days if any(start <= day and (end is None or day < end) for start, end in periods)]
    ends = dict(zip_longest(days, days[1:]))
    return [Stage(number, day, ends[day]) for number, day in enumerate(held, 1)]


def stage_on(found: CodeList, day: date) -> Stage | None:
    """Return what holds on ``day``, or None before the first version and after the last."""
    return next((one for one in stages(found) if one.holds(day)), None)


def stage_numbered(found: CodeList, number: int) -> Stage:
    """Return a version by its number, also a corrected one, whose days are none; raise ``NotFound``."""
    held = next((one for one in stages(found) if one.number == number), None)
    if held is not None:
        return held
    version = found.versions.filter(state=VersionState.PUBLISHED, number=number).first()
    if version is None:
        raise NotFound(_("Danh mục không có phiên bản %(number)s.") % {"number": number})
    return Stage(number, version.valid_from, version.valid_from, version)


def corrected(found: CodeList) -> list[CodeListVersion]:
    """Return published versions that hold on no day since a later one from the same day corrected them."""
    held = {one.number for one in stages(found)}
    rows = found.versions.filter(state=VersionState.PUBLISHED)
    return [one for one in rows if one.number not in held] if found.keeping == Keeping.HERE else []


def codes_before(found: CodeList, day: date) -> frozenset[str]:
    """Return the codes in force on the day before ``day``."""
    held = stage_on(found, day - timedelta(days=1))
    return frozenset(entries_of(found, held).values_list("code", flat=True)) if held else frozenset()


# ---- entries ----


def _units(found: CodeList) -> QuerySet[AdminUnit]:
    return AdminUnit.objects.filter(kind__in=UNIT_LEVELS[Keeping(found.keeping)])


def entries_of(found: CodeList, stage: Stage) -> QuerySet[Any]:
    """Return the rows of a stage in order: code entries, or administrative units. :func:`entry` tells them alike."""
    if stage.version is not None:
        return CodeEntry.objects.filter(version=stage.version).order_by("position")
    return _units(found).filter(held_on(stage.start)).select_related("parent").order_by("-kind", "code")


def find(rows: QuerySet[Any], *, text: str = "", parent: str | None = None) -> QuerySet[Any]:
    """Return the rows that match: every word typed stands in code or name, marks or not; ``parent`` "" is the top."""
    is_units = rows.model is AdminUnit
    if text:
        words = fold(text).split()
        if is_units:
            named = rows.values_list("pk", "code", "name")
            fitting = [pk for pk, code, name in named if all(word in fold(f"{code} {name}") for word in words)]
            return rows.filter(pk__in=fitting)
        for word in words:
            rows = rows.filter(folded__contains=word)
        return rows
    if parent is None:
        return rows
    if not is_units:
        return rows.filter(parent=parent)
    return rows.filter(parent__code=parent) if parent else rows.filter(Q(parent__isnull=True) | ~Q(parent__in=rows))


def is_tree(rows: QuerySet[Any]) -> bool:
    """Say whether any of the rows stands below another."""
    if rows.model is AdminUnit:
        return rows.filter(parent__in=rows.values("pk")).exists()
    return rows.exclude(parent="").exists()


def entry(row: Any) -> Entry:
    """Return a row as what every door tells of a code."""
    if isinstance(row, AdminUnit):
        extra = {"kind": row.kind, "province": row.province_code}
        return Entry(row.code, row.name, "", row.parent.code if row.parent else "", extra)
    return Entry(row.code, row.name, row.name_en, row.parent, row.extra)


def children_counts(rows: QuerySet[Any], codes: Collection[str]) -> dict[str, int]:
    """Return how many of the rows stand directly below each of ``codes``."""
    name = "parent__code" if rows.model is AdminUnit else "parent"
    told = rows.filter(**{f"{name}__in": codes}).order_by().values_list(name).annotate(n=Count("pk"))
    return dict(told)


def entry_on(found: CodeList, code: str, day: date) -> Entry | None:
    """Return a code as it is in force on ``day``, or None."""
    held = stage_on(found, day)
    row = entries_of(found, held).filter(code=code).first() if held else None
    return entry(row) if row else None


def names_on(found: CodeList, codes: Iterable[str], day: date) -> dict[str, str]:
    """Return the names that codes bear on ``day``; those not in force are left out."""
    held = stage_on(found, day)
    rows = entries_of(found, held).filter(code__in=set(codes)) if held else ()
    return {one.code: one.name for one in rows}


# ---- over time ----


def code_table(found: CodeList) -> CodeTable:
    """Return the list as plain data: which code was in force when, and what took over from it."""
    if found.keeping != Keeping.HERE:
        rows = _units(found).values_list("code", "valid_from", "valid_until")
        levels = UNIT_LEVELS[Keeping(found.keeping)]
        taken = UnitSuccession.objects.filter(predecessor__kind__in=levels, successor__kind__in=levels)
        told = taken.values_list("predecessor__valid_until", "on", "predecessor__code", "successor__code")
        moves = [(end, Move(on, old, new)) for end, on, old, new in told]
        going_on = [one for end, one in moves if end is None or end > one.on]
        spans = joined(Span(*one) for one in rows)
        return CodeTable(found.code, found.title, spans, tuple(one for _end, one in moves)).with_rests(going_on)
    held = stages(found)
    by_version = {one.version.pk: one for one in held if one.version}
    entries = CodeEntry.objects.filter(version__in=by_version).values_list("version_id", "code")
    spans = joined(Span(code, by_version[pk].start, by_version[pk].end) for pk, code in entries)
    taken_over = CodeSuccession.objects.filter(version__in=by_version).values_list("version_id", "old", "new")
    given = tuple(Move(by_version[pk].start, old, new) for pk, old, new in taken_over)
    return CodeTable(found.code, found.title, spans, given).with_rests()


@dataclass(frozen=True, slots=True)
class Spell:
    """A code while it meant one thing; ``after`` took over from it, it took over from ``before`` (codes, names)."""

    entry: Entry
    start: date
    end: date | None
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()
    basis: str = ""


def history(found: CodeList, code: str) -> list[Spell]:
    """Return what a code has stood for, oldest first; raise ``NotFound`` for one that never was in the list."""
    told = _unit_history(found, code) if found.keeping != Keeping.HERE else _version_history(found, code)
    if not told:
        raise NotFound(
            _("Danh mục “%(list)s” không có mã “%(code)s” vào ngày nào.") % {"list": found.title, "code": code}
        )
    return told


def _unit_history(found: CodeList, code: str) -> list[Spell]:
    rows = _units(found).filter(code=code).select_related("parent").order_by("valid_from")
    spells = []
    for one in rows:
        out = list(one.successions_out.select_related("successor"))
        came = one.successions_in.select_related("predecessor")
        after = tuple(sorted((two.successor.code, two.successor.name) for two in out))
        before = tuple(sorted((two.predecessor.code, two.predecessor.name) for two in came))
        spells.append(Spell(entry(one), one.valid_from, one.valid_until, before, after, out[0].basis if out else ""))
    return spells


def _version_history(found: CodeList, code: str) -> list[Spell]:
    held = stages(found)
    versions = [one.version for one in held if one.version]
    rows = {one.version_id: one for one in CodeEntry.objects.filter(version__in=versions, code=code)}
    links = CodeSuccession.objects.filter(Q(old=code) | Q(new=code), version__in=versions)
    moves = [(one.version_id, one.old, one.new) for one in links]
    names = {
        (one.version_id, one.code): one.name
        for one in CodeEntry.objects.filter(
            version__in=versions, code__in={name for _pk, *both in moves for name in both}
        )
    }
    spells: list[Spell] = []
    earlier: Stage | None = None
    for one in held:
        assert one.version is not None  # noqa: S101 - stages of kept versions carry them
        pk, row = one.version.pk, rows.get(one.version.pk)
        out = [new for version, old, new in moves if version == pk and old == code]
        if spells and out and earlier and spells[-1].end == one.start:
            after = tuple((new, names.get((pk, new), "")) for new in out)
            spells[-1] = replace(spells[-1], after=after, basis=one.version.paper)
        if row is not None:
            came = [old for version, old, new in moves if version == pk and new == code]
            past = earlier.version.pk if earlier and earlier.version else 0
            before = tuple((old, names.get((past, old), "")) for old in came)
            told = Spell(entry(row), one.start, one.end, before)
            goes_on = spells and spells[-1].end == one.start and not out and not came and spells[-1].entry == told.entry
            spells = [*spells[:-1], replace(spells[-1], end=one.end)] if goes_on else [*spells, told]
        earlier = one
    return spells


@dataclass(frozen=True, slots=True)
class Heirs:
    """What of ``day`` holds what a code stood for on ``since``; ``is_split`` and ``is_whole`` say how."""

    code: str
    since: date
    day: date
    entries: tuple[Entry, ...]
    is_whole: bool

    @property
    def is_split(self) -> bool:
        """Say whether several codes share it, by parts nobody has measured."""
        return len(self.entries) > 1


def heirs(found: CodeList, code: str, *, since: date | None, day: date) -> Heirs:
    """Follow a code from ``since`` (by default the last day it was in force by ``day``) to ``day``."""
    table = code_table(found)
    start = since
    if start is None:
        end = table.ended(code, day)
        start = day if table.holds(code, day) or end is None else end - timedelta(days=1)
    if start > day or not table.holds(code, start):
        told = {"list": found.title, "code": code, "day": f"{start:%d/%m/%Y}"}
        raise NotFound(_("Danh mục “%(list)s” không có mã “%(code)s” ngày %(day)s.") % told)
    fate = table.fate(code, start, day)
    held = stage_on(found, day)
    rows = entries_of(found, held).filter(code__in=fate.codes) if held else ()
    return Heirs(code, start, day, tuple(entry(one) for one in rows), fate.is_whole)


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two days of a list."""

    before: date
    after: date
    added: tuple[Entry, ...]
    removed: tuple[tuple[Entry, tuple[str, ...]], ...]
    changed: tuple[tuple[Entry, Entry], ...]

    @property
    def is_empty(self) -> bool:
        """Say whether both days read alike."""
        return not (self.added or self.removed or self.changed)


def difference(found: CodeList, before: date, after: date) -> Difference:
    """Compare the codes in force on two days; a removed code is told with the codes that took over from it."""
    table = code_table(found)

    def heirs_of(code: str) -> tuple[str, ...]:
        return tuple(sorted(table.fate(code, before, after).codes)) if before <= after else ()

    return _difference(_all_on(found, before), _all_on(found, after), before, after, heirs_of)


def difference_of(earlier: Stage, later: Stage, found: CodeList) -> Difference:
    """Compare two versions as they are, also a draft; successors are those the later version itself states."""
    taken: dict[str, list[str]] = {}
    if later.version is not None:
        for before, after in later.version.successions.values_list("old", "new"):
            taken.setdefault(before, []).append(after)
    old, new = ({one.code: one for one in map(entry, entries_of(found, stage))} for stage in (earlier, later))
    return _difference(old, new, earlier.start, later.start, lambda code: tuple(taken.get(code, ())))


def _all_on(found: CodeList, day: date) -> dict[str, Entry]:
    held = stage_on(found, day)
    return {one.code: one for one in map(entry, entries_of(found, held))} if held else {}


def _difference(
    old: Mapping[str, Entry],
    new: Mapping[str, Entry],
    before: date,
    after: date,
    heirs_of: Callable[[str], tuple[str, ...]],
) -> Difference:
    return Difference(
        before, after,
        tuple(one for code, one in new.items() if code not in old),
        tuple((one, heirs_of(code)) for code, one in old.items() if code not in new),
        tuple((old[code], one) for code, one in new.items() if code in old and old[code] != one),
    )  # fmt: skip
