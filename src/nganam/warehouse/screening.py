"""Accepted rows are scanned before the lake takes them: for keys, marks of secrecy, undeclared personal data.

What stops a load is a local choice. Findings name column, kind and how many, with a masked sample; never a value.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nganam.kernel.actors import Actor
from nganam.scanning import credentials, rules
from nganam.scanning import operations as scans
from nganam.warehouse.engine.contract import Column, literal, quote
from nganam.warehouse.engine.duck import duck, parquet
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.models import Load

if TYPE_CHECKING:
    import duckdb

SAMPLE: Final = 5_000
CREDENTIAL: Final = "credential"
STOPS: Final = ("scan_secret", "scan_personal")
"""Faults a load may end with because of what was found."""
Found = dict[str, Any]


def screen(load: Load, accepted: Path, *, actor: Actor, at: datetime) -> None:
    """Scan the rows about to be committed and keep what was found with the load.

    Raises ``Invalid`` (scan_secret, scan_personal) when something found is neither let in by the table's setting nor
    admitted by its owner; what was found stays with the load.
    """
    table = load.table
    with duck(accepted.parent) as base:
        base.execute(f"CREATE VIEW accepted AS SELECT * FROM {parquet([accepted])}")  # noqa: S608 - our own path
        samples, rows = _samples(base, table.shape.columns)
        found = [*_credentials(base, table.shape.columns), *_others(samples)]
    admitted = set(table.finding_admissions.values_list("column", "kind"))
    for one in found:
        one["admitted"] = (one["column"], one["kind"]) in admitted
    seen = min(rows, SAMPLE)
    Load.objects.filter(pk=load.pk).update(findings=found, scanned=seen)
    if any(
        one["level"] == rules.Level.SECRET for one in found
    ):  # kept as a scan of its own: the police role is told (S27)
        scans.scan(
            actor=actor, at=at, object_type="warehouse.load", object_code=load.code, columns=samples,
            agency=table.agency.code,
        )  # fmt: skip
    _stop(load, [one for one in found if not one["admitted"]])


def _stop(load: Load, found: list[Found]) -> None:
    secret = [one for one in found if one["level"] in {CREDENTIAL, rules.Level.SECRET}]
    if secret:
        raise fault("scan_secret", columns=sorted({one["column"] for one in secret}))
    personal = [one for one in found if one["level"] == rules.Level.PERSONAL]
    if personal and load.table.personal_stops:
        raise fault("scan_personal", columns=sorted({one["column"] for one in personal}))


def stopping(load: Load) -> list[Found]:
    """Return the findings for which a load stopped."""
    levels = {CREDENTIAL, rules.Level.SECRET} if load.fault == "scan_secret" else {str(rules.Level.PERSONAL)}
    return [one for one in load.findings if one["level"] in levels and not one["admitted"]]


def _credentials(base: "duckdb.DuckDBPyConnection", columns: tuple[Column, ...]) -> Iterator[Found]:
    """Look through every row: one key among a million is one too many."""
    asked = [
        (one, kind, _matches(one, pattern)) for one in columns if one.type == "text"
        for kind, pattern in credentials.PATTERNS.items()
    ]  # fmt: skip
    asked += [
        (one, credentials.NAMED_KIND, f"regexp_full_match(trim({quote(one.name)}), {literal(credentials.NAMED_VALUE)})")
        for one in columns if one.type == "text" and credentials.is_named(one.name, one.title)
    ]  # fmt: skip
    if not asked:
        return
    counts = ", ".join(f"count(*) FILTER ({condition})" for _, _, condition in asked)
    hits = base.execute(f"SELECT count(*), {counts} FROM accepted").fetchone() or ()  # noqa: S608 - quoted
    for (column, kind, condition), count in zip(asked, hits[1:], strict=True):
        if count:
            query = f"SELECT {quote(column.name)} FROM accepted WHERE {condition} LIMIT 1"  # noqa: S608 - quoted
            value = (base.execute(query).fetchone() or ("",))[0]
            yield _finding(column.name, kind, CREDENTIAL, count, hits[0], value)


def _matches(column: Column, pattern: str) -> str:
    return f"regexp_matches({quote(column.name)}, {literal(pattern)})"


def _samples(base: "duckdb.DuckDBPyConnection", columns: tuple[Column, ...]) -> tuple[list[rules.ColumnSample], int]:
    """Return up to 5 000 values of each column from all over, always the same ones, and how many rows there are."""
    names = ", ".join(f"{quote(one.name)}::VARCHAR" for one in columns)
    query = f"SELECT {names} FROM accepted USING SAMPLE reservoir({SAMPLE} ROWS) REPEATABLE (7)"  # noqa: S608 - quoted
    found = base.execute(query).fetchall()
    rows = (base.execute("SELECT count(*) FROM accepted").fetchone() or (0,))[0]
    values = list(zip(*found, strict=True)) or [()] * len(columns)
    return [
        rules.ColumnSample(one.name, one.title, one.personal, [value or "" for value in held])
        for one, held in zip(columns, values, strict=True)
    ], rows


def _others(samples: list[rules.ColumnSample]) -> Iterator[Found]:
    """Find marks of secrecy everywhere, and personal data in columns that are not declared to hold any."""
    for one in samples:
        for found in rules.scan_columns([one]):
            declared = one.personal and found.level is not rules.Level.SECRET
            if not declared and found.level is not rules.Level.NOTICE:
                value = next((value for value in one.values if _holds(found, one, value)), "")
                yield _finding(one.name, found.kind, str(found.level), found.hits, found.seen, value)


def _holds(found: rules.Finding, column: rules.ColumnSample, value: str) -> bool:
    """Say whether a value is one that was counted."""
    if found.level is rules.Level.SECRET:
        return any(
            one.kind == found.kind for one in rules.scan_columns([rules.ColumnSample(column.name, values=[value])])
        )
    rule = next(one for one in rules.RULES if one.kind == found.kind)
    return bool(value.strip()) and rule.test(value.strip())


def _finding(column: str, kind: str, level: str, hits: int, seen: int, value: str) -> Found:
    return {
        "column": column, "kind": kind, "level": level, "hits": hits, "seen": seen, "sample": credentials.masked(value),
    }  # fmt: skip
