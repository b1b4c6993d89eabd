"""Checking: one pass of DuckDB over the rows of text gives typed rows on one side and every rejected row on the other.

A row is rejected with each of its faults (column and reason), its line and its cells as received. Of rows that share a
key the first sound one is kept.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from nganam.codelists.tables import CodeTable
from nganam.warehouse.engine import coding, rejected
from nganam.warehouse.engine.contract import Column, Contract, literal, point_evidence_sql, quote, value_sql
from nganam.warehouse.engine.duck import duck, parquet
from nganam.warehouse.engine.erasing import REASON, Erased
from nganam.warehouse.engine.manner import MARKS
from nganam.warehouse.engine.reading import Rows, Shape

if TYPE_CHECKING:
    import duckdb

KEPT_REJECTIONS: Final = 1000
ROW_GROUP: Final = 50_000
FETCHED: Final = 5_000
BLANK: Final = literal(" \t\r\n\u00a0\ufeff")


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with a row: the column's name ("" for the whole row), the reason's code and parameters."""

    column: str
    reason: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was not taken, as it was received."""

    line: int
    flaws: tuple[Flaw, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome: accepted rows, typed, in key order, in ``path``; rejections all counted, the first ones listed.

    ``rejected_path`` holds all of them (:mod:`rejected`).

    ``refused_keys`` (Parquet) holds the keys of rejected rows that no accepted row has, as far as they could be read.
    ``emptied`` counts by column the cells that held a sign for "no value" (``manner.MARKS``), ``untyped`` the cells
    that could not be read as the column's type.
    """

    path: Path
    read: int
    accepted: int
    rejected: int
    rejections: tuple[Rejection, ...]
    by_reason: Mapping[str, int]
    points: Mapping[str, str]
    refused_keys: Path | None = None
    emptied: Mapping[str, int] = field(default_factory=dict)
    untyped: Mapping[str, int] = field(default_factory=dict)
    rejected_path: Path | None = None


def check(
    rows: Rows,
    shape: Shape,
    contract: Contract,
    target: Path,
    *,
    communes: Collection[str] | None = None,
    codelists: Mapping[str, CodeTable] | None = None,
    today: date | None = None,
    keep: int = KEPT_REJECTIONS,
    taken: Path | None = None,
    with_lines: bool = False,
    erased: Erased | None = None,
) -> Checked:
    """Type and check ``rows``, write the accepted ones to ``target`` (Parquet).

    ``communes`` are the valid codes for columns of type commune; None checks none. ``codelists`` are the lists that
    columns name, by code; ``today`` is the day of codes whose column names none. Without them such columns are free.
    ``taken`` (Parquet) holds keys that no row may have. ``with_lines`` writes the line of each accepted row beside it,
    as ``_line``. Rows with a value that is ``erased`` are rejected, and their cells are not kept.
    """
    coded = coding.Coded(contract, codelists or {}, today)
    with duck(target.parent) as base:
        base.execute(f"CREATE VIEW raw AS SELECT * FROM {parquet([rows.path])}")
        if communes is not None:
            base.register("communes", pa.table({"code": pa.array(sorted(communes), pa.string())}))
        coded.register(base)
        if erased is not None:
            erased.register(base, contract.names)
        points = _points(base, rows, shape, contract)
        base.execute(_staging_sql(shape, contract, points, coded, erased, with_communes=communes is not None))
        base.execute(_duplicates_sql(contract))
        base.execute(_taken_sql(contract, taken))
        order = ", ".join(map(quote, contract.key)) or "_line"
        names = ", ".join([*map(quote, contract.names), *(["_line"] if with_lines else [])])
        base.execute(
            f"COPY (SELECT {names} FROM staged WHERE _flaws = '' AND _line NOT IN (SELECT _line FROM repeated) "
            f"ORDER BY {order}) TO {literal(str(target))} "
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
        )
        accepted = _one(base, f"SELECT count(*) FROM {parquet([target])}")
        kept = target.with_name("rejected.parquet")
        rejections = rejected.write(kept, shape, _rejections(base, shape, coded, erased), keep)
        refused = _refused_keys(base, contract, target.with_name("refused.parquet"))
        return Checked(
            target, rows.count, accepted, rows.count - accepted, rejections, _by_reason(base), dict(points), refused,
            _emptied(base, shape, contract), _untyped(base, contract), kept,
        )  # fmt: skip


def _refused_keys(base: "duckdb.DuckDBPyConnection", contract: Contract, target: Path) -> Path | None:
    if not contract.key:
        return None
    keys = ", ".join(map(quote, contract.key))
    whole = " AND ".join(f"{quote(name)} IS NOT NULL" for name in contract.key)
    base.execute(
        f"COPY (SELECT {keys} FROM staged WHERE _flaws <> '' AND {whole} EXCEPT "
        f"SELECT {keys} FROM staged WHERE _flaws = '') TO {literal(str(target))} (FORMAT parquet)"
    )
    return target


def _points(base: "duckdb.DuckDBPyConnection", rows: Rows, shape: Shape, contract: Contract) -> dict[str, str]:
    """Settle each number column's decimal sign: declared, known from a workbook, by evidence, or as in such files."""
    places = dict(shape.places)
    found = {one.name: one.point for one in contract.columns if one.type in {"integer", "decimal"} and one.point}
    found |= {one.name: "." for one in contract.columns if places[one.name] in rows.points}
    asked = [one for one in contract.columns if one.type in {"integer", "decimal"} and one.name not in found]
    if not asked:
        return found
    counts = ", ".join(
        f"count(*) FILTER ({condition})"
        for one in asked
        for condition in (
            *point_evidence_sql(_unspaced(places[one.name])),
            f"contains({_text(places[one.name])}, ',')",
            f"contains({_text(places[one.name])}, '.')",
        )
    )
    answer = base.execute(f"SELECT {counts} FROM raw").fetchone() or ()
    for place, one in enumerate(asked):
        comma, point, commas, dots = answer[place * 4 : place * 4 + 4]
        found[one.name] = _sign(one, comma, point, commas, dots, shape.point)
    return found


def _sign(column: Column, comma: int, point: int, commas: int, dots: int, usual: str) -> str:
    if comma != point:
        return "," if comma > point else "."
    if column.type == "integer" and bool(commas) != bool(dots):
        return "." if commas else ","  # a whole number has no decimals: what stands there sets thousands apart
    return usual


def _text(place: int) -> str:
    return f"nullif(trim(c{place}, {BLANK}), '')"


def _value(column: Column, place: int, shape: Shape) -> str:
    """Return the SQL of a cell's text, NULL where it only says that there is no value."""
    marks = _marks(column, shape)
    return f"CASE WHEN {_is_mark(place, marks)} THEN NULL ELSE {_text(place)} END" if marks else _text(place)


def _is_mark(place: int, marks: Sequence[str]) -> str:
    return f"lower({_text(place)}) IN ({', '.join(map(literal, marks))})"


def _marks(column: Column, shape: Shape) -> tuple[str, ...]:
    """Return what stands for no value in a column: as somebody said, else by habit where numbers and days stand."""
    if shape.missing is not None:
        return tuple(one.lower() for one in shape.missing)
    if column.type == "boolean":
        return tuple(one for one in MARKS if one != "x")  # a cross says yes
    return () if column.type in {"text", "commune"} else MARKS


def _emptied(base: "duckdb.DuckDBPyConnection", shape: Shape, contract: Contract) -> dict[str, int]:
    places = dict(shape.places)
    asked = {one.name: marks for one in contract.columns if (marks := _marks(one, shape))}
    if not asked:
        return {}
    counts = ", ".join(f"count(*) FILTER ({_is_mark(places[name], marks)})" for name, marks in asked.items())
    found = base.execute(f"SELECT {counts} FROM raw").fetchone() or ()
    return {name: count for name, count in zip(asked, found, strict=True) if count}


def _unspaced(place: int) -> str:
    return rf"regexp_replace({_text(place)}, '[ \x{{00A0}}\x{{202F}}]', '', 'g')"


def _staging_sql(
    shape: Shape, contract: Contract, points: Mapping[str, str], coded: coding.Coded, erased: Erased | None, *,
    with_communes: bool,
) -> str:  # fmt: skip
    places = dict(shape.places)
    texts = ", ".join(f"{_value(one, places[one.name], shape)} AS t{at}" for at, one in enumerate(contract.columns))
    values = ", ".join(
        f"{value_sql(one, f't{at}', points.get(one.name, ''))} AS v{at}" for at, one in enumerate(contract.columns)
    )
    told = [(_erased_sql(erased, one, at), coded.test_sql(at)) for at, one in enumerate(contract.columns)]
    flaws = " || ".join(
        f"coalesce({_flaw_sql(one, at, told[at], with_communes=with_communes)}, '')"
        for at, one in enumerate(contract.columns)
    )
    out = ", ".join(f"v{at} AS {quote(one.name)}" for at, one in enumerate(contract.columns))
    cells = f"CASE WHEN _cells <> {len(shape.header)} THEN '-1:cells;' ELSE {flaws} END"
    return (
        f"CREATE TEMP TABLE staged AS SELECT _line, {out}, {cells} AS _flaws FROM (SELECT *, {values} FROM "
        f"(SELECT _line, _cells, {texts} FROM raw))"
    )


def _erased_sql(erased: Erased | None, column: Column, at: int) -> str:
    return erased.test_sql(at, column.name, f"CAST(v{at} AS VARCHAR)") if erased is not None else ""


def _flaw_sql(column: Column, at: int, told: tuple[str, str], *, with_communes: bool) -> str:
    """Return SQL giving "place:reason;" for the first rule the value breaks, else NULL.

    ``told`` says in SQL when the value is erased, and when its code is not in force; "" where that is never so.
    """
    text, value = f"t{at}", f"v{at}"
    erased, not_in_force = told
    tests = [(f"{text} IS NULL", "missing" if column.required else "")]
    if erased:  # before any other: what is wrong with the cells besides is nobody's to look at
        tests.append((erased, REASON))
    if column.type not in {"text", "commune"}:
        tests.append((f"{value} IS NULL", column.type))
    if column.type == "commune" and with_communes and not not_in_force:
        tests.append((f"{text} NOT IN (SELECT code FROM communes)", "commune"))
    if not_in_force:
        tests.append((not_in_force, "codelist"))
    if column.pattern:
        tests.append((f"NOT regexp_full_match({text}, {literal(column.pattern)})", "pattern"))
    if column.allowed:
        tests.append((f"{text} NOT IN ({', '.join(map(literal, column.allowed))})", "allowed"))
    kind = {"date": "DATE ", "datetime": "TIMESTAMP "}.get(column.type, "")
    for sign, limit, reason in (("<", column.minimum, "minimum"), (">", column.maximum, "maximum")):
        if limit:
            tests.append((f"{value} {sign} {kind}{literal(limit) if kind else limit}", reason))
    whens = " ".join(
        f"WHEN {condition} THEN " + (literal(f"{at}:{reason};") if reason else "''") for condition, reason in tests
    )
    return f"CASE {whens} END"


def _duplicates_sql(contract: Contract) -> str:
    if not contract.key:
        return "CREATE TEMP TABLE repeated (_line BIGINT, keeps BIGINT)"
    keys = ", ".join(map(quote, contract.key))
    return (
        "CREATE TEMP TABLE repeated AS SELECT _line, keeps FROM (SELECT _line, min(_line) OVER "
        f"(PARTITION BY {keys}) AS keeps FROM staged WHERE _flaws = '') WHERE _line <> keeps"
    )


def _taken_sql(contract: Contract, taken: Path | None) -> str:
    """Return SQL that sets apart sound rows whose key is taken; they keep no line (0)."""
    if taken is None or not contract.key:
        return ""
    same = " AND ".join(f"s.{quote(name)} = t.{quote(name)}" for name in contract.key)
    return (
        f"INSERT INTO repeated SELECT _line, 0 FROM staged s SEMI JOIN {parquet([taken])} t ON {same} "
        "WHERE _flaws = '' AND _line NOT IN (SELECT _line FROM repeated)"
    )


def _rejections(
    base: "duckdb.DuckDBPyConnection", shape: Shape, coded: coding.Coded, erased: Erased | None
) -> Iterator[Rejection]:
    width = len(shape.header)
    cells = ", ".join(f"raw.c{place}" for place in range(width))  # a column of the table may be called c0 too
    names = _names(base)
    found = base.execute(
        f"SELECT s._line, s._flaws, r.keeps, raw._cells, coalesce(raw._raw, [{cells}]){coded.told_sql()} FROM staged s "
        f"LEFT JOIN repeated r USING (_line) JOIN raw USING (_line) WHERE s._flaws <> '' OR r.keeps IS NOT NULL "
        f"ORDER BY s._line"
    )
    while some := found.fetchmany(FETCHED):  # read to its end before the connection is asked anything else
        for line, flaws, keeps, count, row, *codes in some:
            told = tuple(_flaws(flaws, keeps, (count, width), names, partial(coded.why, told=codes)))
            if erased is not None and (erased.is_in(row) or any(one.reason == REASON for one in told)):
                yield Rejection(line, (Flaw("", REASON, {}),), ())
            else:
                yield Rejection(line, told, tuple(cell or "" for cell in row))


def _flaws(
    told: str, keeps: int | None, cells: tuple[int, int], names: Sequence[str], why: Callable[[int], tuple[str, Any]]
) -> Iterator[Flaw]:
    for part in told.split(";")[:-1]:
        at, reason = part.split(":")
        params: Mapping[str, Any] = {"found": cells[0], "expected": cells[1]} if reason == "cells" else {}
        if reason == "codelist":
            reason, params = why(int(at))
        yield Flaw("" if at == "-1" else names[int(at)], reason, params)
    if keeps is not None:
        yield Flaw("", "duplicate", {"keeps": keeps}) if keeps else Flaw("", "taken", {})


def _names(base: "duckdb.DuckDBPyConnection") -> list[str]:
    return [row[0] for row in base.execute("SELECT * FROM staged LIMIT 0").description][1:-1]


def _by_reason(base: "duckdb.DuckDBPyConnection") -> dict[str, int]:
    """Count rejected rows by their first reason."""
    found = base.execute(
        f"SELECT CASE WHEN contains(_flaws, ':{REASON};') THEN '{REASON}' "
        "ELSE regexp_extract(_flaws, '^-?[0-9]+:([a-z]+);', 1) END, count(*) FROM staged WHERE _flaws <> '' GROUP BY 1"
    ).fetchall()
    repeated = _one(base, "SELECT count(*) FROM repeated WHERE keeps > 0")
    taken = _one(base, "SELECT count(*) FROM repeated WHERE keeps = 0")
    counts = {str(reason): int(count) for reason, count in found} | {"duplicate": repeated, "taken": taken}
    return {reason: count for reason, count in counts.items() if count}


def _untyped(base: "duckdb.DuckDBPyConnection", contract: Contract) -> dict[str, int]:
    """Count by column the cells that are not of its type."""
    typed = {
        f"{at}:{one.type};": one.name for at, one in enumerate(contract.columns) if one.type not in {"text", "commune"}
    }
    if not typed:
        return {}
    counts = ", ".join(f"count(*) FILTER (contains(';' || _flaws, {literal(';' + told)}))" for told in typed)
    found = base.execute(f"SELECT {counts} FROM staged WHERE _flaws <> ''").fetchone() or ()
    return {name: count for name, count in zip(typed.values(), found, strict=True) if count}


def _one(base: "duckdb.DuckDBPyConnection", query: str) -> int:
    row = base.execute(query).fetchone()
    return int(row[0]) if row else 0
