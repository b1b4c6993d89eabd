"""Rows of a release for reading on the page: any page of them, in the order of any column.

Rows come from the release's own Parquet file, so an old release shows its own data. The rows of a page are written as
HTML here, escaped cell by cell: a thousand cells through template tags take longer than all the rest of the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings
from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from nganam.agencies.queries import unit_names
from nganam.face.formats import date_text, datetime_text, number_text
from nganam.kernel.text import sort_key
from nganam.opendata.models import Release
from nganam.portal.columns import is_year
from nganam.warehouse.engine.contract import Column

PAGE = 100
BODIES_KEPT = 600
KEEP_BELOW = 8_000_000
"""Parquet files up to this size stay in memory between requests (a few of them)."""
COLLATED = 20_000
"""Above so many different texts a column sorts by code point: collation costs 20 microseconds a text."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading: what it is called, its link for sorting, how it is sorted now."""

    column: Column
    sort: str
    direction: str

    @property
    def is_number(self) -> bool:
        """Say whether cells stand to the right."""
        return self.column.type in {"integer", "decimal"}


@dataclass(frozen=True, slots=True)
class Preview:
    """One page of rows."""

    headings: Sequence[Heading]
    body: SafeString
    page: Page[Any]


def preview(release: Release, *, sort: str = "", number: str = "1") -> Preview:
    """Return page ``number`` of the rows, sorted by ``sort``: a column, with ``-`` before it descending.

    A column or page that is not there is ignored: addresses are typed and kept by people.
    """
    shape = release.version.shape
    down, name = sort.startswith("-"), sort.removeprefix("-")
    name = name if name in shape.names else ""
    page = Paginator(range(release.version.rows), PAGE).get_page(number)
    headings = [_heading(one, name, down=down) for one in shape.columns]
    # The name of the file's content, so that nothing that ever changes can be shown under it; commune names may.
    key = f"portal.rows.{_identity(release)[1]}.{name}.{down}.{page.number}.{get_language()}"
    body: str | None = cache.get(key)
    if body is None:
        body = _body(_rows(release, name, page.number, down=down), shape.columns)
        cache.set(key, body, BODIES_KEPT)
    return Preview(headings, mark_safe(body), page)  # noqa: S308 - every cell is escaped


def _rows(release: Release, name: str, number: int, *, down: bool) -> pa.Table:
    rows, start = arrow(release), (number - 1) * PAGE
    if not name:
        return rows.slice(start, PAGE)
    return rows.take(_order(*_identity(release), name, down).slice(start, PAGE))


def arrow(release: Release) -> pa.Table:
    """Return all rows of a release in key order."""
    path, sha = _identity(release)
    size = next(one.size for one in release.distributions.all() if one.format == "parquet")
    return _kept(path, sha) if size <= KEEP_BELOW else pq.read_table(path, memory_map=True)


def _identity(release: Release) -> tuple[str, str]:
    file = next(one for one in release.distributions.all() if one.format == "parquet")
    return str(settings.DATA / file.path), file.sha256


@lru_cache(maxsize=12)
def _kept(path: str, sha: str) -> pa.Table:
    del sha
    return pq.read_table(path).combine_chunks()


@lru_cache(maxsize=12)
def _order(path: str, sha: str, name: str, down: bool) -> pa.Array:  # noqa: FBT001 - the key of a cache
    del sha
    column = pq.read_table(path, columns=[name]).column(name).combine_chunks()
    keys = pa.table({"key": _ranked(column) if pa.types.is_string(column.type) else column})
    way = "descending" if down else "ascending"
    return pc.sort_indices(keys, sort_keys=[("key", way)]).cast(pa.uint32())  # empty cells come last


def _ranked(column: pa.Array) -> pa.Array:
    """Return each text's place in the Vietnamese alphabet."""
    coded = column.dictionary_encode()
    texts = coded.dictionary.to_pylist()
    if len(texts) > COLLATED:
        return column
    keys = [sort_key(text) for text in texts]
    ranks = [0] * len(texts)
    for rank, place in enumerate(sorted(range(len(texts)), key=keys.__getitem__)):
        ranks[place] = rank
    return pa.array(ranks, pa.int32()).take(coded.indices)


def _heading(column: Column, name: str, *, down: bool) -> Heading:
    if column.name != name:
        return Heading(column, column.name, "")
    return Heading(column, column.name if down else f"-{column.name}", "descending" if down else "ascending")


def _body(rows: pa.Table, columns: Sequence[Column]) -> str:
    units = _units(rows, columns)
    cells = [_cells(rows.column(one.name).to_pylist(), one, units) for one in columns]
    lines = ("".join(row) for row in zip(*cells, strict=True))
    return "".join(f"<tr>{line}</tr>" for line in lines)


def _units(rows: pa.Table, columns: Sequence[Column]) -> Mapping[str, str]:
    codes = {value for one in columns if one.type == "commune" for value in rows.column(one.name).to_pylist() if value}
    return unit_names(codes) if codes else {}


def _cells(values: Sequence[Any], column: Column, units: Mapping[str, str]) -> list[str]:
    kind = ' class="num"' if column.type in {"integer", "decimal"} else ""
    if column.type == "commune":
        return [f"<td>{_unit(value, units)}</td>" for value in values]
    return [f"<td{kind}>{escape(text(value, column))}</td>" for value in values]


def _unit(code: str | None, units: Mapping[str, str]) -> str:
    if not code:
        return ""
    name = units.get(code, "")
    return f"<code>{escape(code)}</code> {escape(name)}".rstrip()


def text(value: Any, column: Column) -> str:
    """Write a value as people read it; years and codes keep their digits, nothing stays empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("có") if value else _("không")
    if isinstance(value, int | float):
        return str(value) if is_year(column) else number_text(value)
    if isinstance(value, datetime):
        return datetime_text(value if value.tzinfo else value.replace(tzinfo=UTC))
    return date_text(value) if isinstance(value, date) else str(value)


def value_of(told: Any, column: Column) -> Any:
    """Return a value of a profile, where days and instants are ISO text, as the typed value."""
    if told is None:
        return None
    if column.type == "date":
        return date.fromisoformat(str(told)[:10])
    if column.type == "datetime":
        return datetime.fromisoformat(str(told))
    return told
