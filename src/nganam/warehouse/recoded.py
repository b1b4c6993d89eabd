"""A version coded in the communes of one day, read in those of another: for the merger of 2025 and back."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from nganam.codelists import queries as codelists
from nganam.codelists.models import CodeList, Keeping
from nganam.codelists.recoding import Group, Reading, Recoded, recode
from nganam.codelists.tables import CodeTable
from nganam.face.formats import number_text
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid
from nganam.warehouse import places, policies
from nganam.warehouse.engine import lake
from nganam.warehouse.engine.contract import Column, quote
from nganam.warehouse.engine.duck import duck, parquet
from nganam.warehouse.models import Version

MOST_CODES = 20_000
NO_CODE = ""


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows: the figures by the other day's codes, with names of both days.

    ``added`` are the measures that may be added up, ``left_out`` the figures that may not.
    """

    column: Column
    since: date
    until: date
    added: tuple[Column, ...]
    left_out: tuple[Column, ...]
    recoded: Recoded
    names: dict[str, str]
    names_before: dict[str, str]
    days: tuple[date, ...]

    @property
    def is_back(self) -> bool:
        """Say whether new codes are read in old ones."""
        return self.until < self.since

    @property
    def told(self) -> list[Reading]:
        """Return the readings with a figure."""
        return [one for one in self.recoded.readings if one.rows is not None]

    @property
    def refused(self) -> list[Reading]:
        """Return the readings that are not computed."""
        return [one for one in self.recoded.readings if one.rows is None]


def coded_columns(version: Version, actor: Actor) -> list[Column]:
    """Return the columns the actor may read whose codes change over time: communes, and those of a shared list."""
    return _coded(_readable(version, actor))


def _coded(columns: Iterable[Column]) -> list[Column]:
    return [one for one in columns if one.type == "commune" or one.codelist]


def _readable(version: Version, actor: Actor) -> tuple[Column, ...]:
    return policies.visible(actor, version)


def read_in(version: Version, *, actor: Actor, column: str, since: date | None, until: date) -> View:
    """Read a version's figures in the codes of ``until``; ``since`` is the day its own codes are of (default: found).

    Raises ``Invalid`` for a column without changing codes, one the actor may not read, and one of too many codes.
    """
    columns = _readable(version, actor)
    chosen = next((one for one in _coded(columns) if one.name == column), None)
    if chosen is None:
        text = _("Bảng không có cột mã “%(name)s” để xem theo đơn vị khác.") % {"name": column}
        raise Invalid(text, fields={"cot": [text]})
    table, source = _table_of(chosen)
    added = tuple(one for one in columns if one.additive)
    figures = (one for one in columns if one.type in {"integer", "decimal"})
    groups = _groups(version, chosen, added)
    start = since or day_of(version, chosen, table, groups.keys())
    made = recode(groups, table, since=start, until=until, measures=[one.name for one in added])
    wanted = {one.code for one in made.readings}
    came = {old for one in made.readings for old in one.sources}
    return View(
        chosen, start, until, added, tuple(one for one in figures if not one.additive and not one.key), made,
        codelists.names_on(source, wanted, until),
        codelists.names_on(source, came, start), table.change_days,
    )  # fmt: skip


def _table_of(column: Column) -> tuple[CodeTable, CodeList]:
    if column.codelist:
        found = codelists.public_list(column.codelist)
    else:
        found = CodeList(code="", title=_("Đơn vị hành chính cấp xã"), keeping=Keeping.COMMUNES)
    return codelists.code_table(found), found


def day_of(version: Version, column: Column, table: CodeTable, codes: Collection[str]) -> date:
    """Return the day whose codes a version holds: as declared, else the newest on which most of its codes held."""
    named = column.codes_on if column.codes_on not in version.shape.names else ""
    if named:
        return date.fromisoformat(named)
    if version.table.communes_on and column.type == "commune":
        return version.table.communes_on
    held = [(sum(table.holds(one, day) for one in codes), day) for day in table.change_days]
    return max(held)[1] if held else version.committed_at.date()


def _groups(version: Version, column: Column, added: tuple[Column, ...]) -> dict[str, Group]:
    """Return rows and sums by code; a measure with an empty cell has no sum. Too many codes are refused, not cut."""
    sums = "".join(f", CASE WHEN count(*) = count({quote(one.name)}) THEN sum({quote(one.name)}) END" for one in added)
    name = quote(column.name)
    with duck() as base:
        source = parquet(lake.files(places.lake(version.table), version.delta_version))
        query = f"SELECT coalesce({name}, ''), count(*){sums} FROM {source} GROUP BY 1 ORDER BY 1 LIMIT ?"  # noqa: S608 - quoted
        found = base.execute(query, [MOST_CODES + 1]).fetchall()
    if len(found) > MOST_CODES:
        text = _("Cột “%(name)s” có hơn %(most)s mã khác nhau nên không xem theo đơn vị khác được.")
        text %= {"name": column.title, "most": number_text(MOST_CODES)}
        raise Invalid(text, fields={"cot": [text]})
    whole = {one.name for one in added if one.type == "integer"}
    return {
        code: Group(
            rows,
            {
                one.name: None if value is None else int(value) if one.name in whole else float(value)
                for one, value in zip(added, values, strict=True)
            },
        )
        for code, rows, *values in found
    }
