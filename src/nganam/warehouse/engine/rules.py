"""Rules a table's rows as a whole must keep, run over the accepted rows before they are committed.

A rule's own SQL is somebody's input: it runs in a DuckDB that sees nothing but the view ``rows``, with no files, no
network, no settings to change, and limited memory and time. DuckDB's own locks are this fence; the list of words that
are refused is a courtesy, which says early what leads nowhere.
"""

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid
from nganam.warehouse.engine.contract import Contract, quote
from nganam.warehouse.engine.duck import duck, parquet
from nganam.warehouse.engine.faults import N_
from nganam.warehouse.engine.fence import ABOUT_COLUMNS, NO_VALUE, fenced, hurried, not_one_select

if TYPE_CHECKING:
    import duckdb

KINDS: Final = ("rows", "freshness", "reference", "sql")
SEVERITIES: Final = ("error", "warning")
OPERATORS: Final[Mapping[str, str]] = {
    "mustBe": "=",
    "mustNotBe": "<>",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": ">=",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "<=",
}
MOST_RULES: Final = 50
LONGEST_QUERY: Final = 5_000
SECONDS: Final = 30.0
TOGETHER: Final = 300.0
"""Seconds all rules of one contract have in a load; one alone has ``SECONDS``."""
TRIAL: Final = 2.0
TRIALS: Final = 10.0
"""Seconds one query, and all of one contract, may take over no rows when they are declared."""
TOO_SLOW: Final = f"câu SQL chạy quá lâu khi thử trên bảng rỗng ({TRIAL:g} giây một câu, {TRIALS:g} giây tất cả)"
EXAMPLES: Final = 5
NUMBERS: Final = frozenset({"BIGINT", "DOUBLE", "INTEGER"})
"""Types of the engine that compare by their value."""
NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
OBJECT: Final = re.compile(r"\$?\{(object|table|model)\}")
"""How the standard writes the table a query is about."""
OUTCOMES: Final[Mapping[str, str]] = {
    "rows": N_("{found} dòng, phiên bản hiện tại {before} dòng: chênh {swing}%; cho phép {limit}%"),
    "rows_first": N_("{found} dòng; chưa có phiên bản nào để so"),
    "freshness": N_("Mới nhất {newest}; không được cũ hơn {limit} ngày"),
    "freshness_none": N_("Không dòng nào có giá trị ở cột {column}"),
    "reference": N_("{found} dòng có {column} không có trong {table}.{target}"),
    "reference_empty": N_("Bảng {table} chưa có phiên bản nào để đối chiếu"),
    "reference_failed": N_("Không đối chiếu được với {table}.{target}: {why}"),
    "sql": N_("{found} dòng vi phạm"),
    "sql_value": N_("Kết quả {found}; cần {operator} {value}"),
    "sql_failed": N_("Câu SQL không chạy được: {why}"),
    "sql_slow": N_("Câu SQL chạy quá {seconds} giây nên bị dừng"),
    "sql_late": N_("Không chạy: các quy tắc trước đã dùng hết {seconds} giây dành cho mọi quy tắc"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``rows``: the count may swing by ``limit`` percent. ``freshness``: the newest value of ``column`` is at
    most ``limit`` days old. ``reference``: values of ``column`` stand in ``target`` of ``table``. ``sql``: ``query``
    returns no row, or with ``operator`` (a word of ODCS) one number that compares with ``value``.
    """  # noqa: D205 - one sentence a kind

    name: str
    kind: str
    severity: str = "error"
    description: str = ""
    column: str = ""
    limit: str = ""
    table: str = ""
    target: str = ""
    query: str = ""
    operator: str = ""
    value: str = ""

    def problems(self, contract: Contract) -> list[str]:
        """List in Vietnamese what is wrong with the declaration; a query is not run."""
        found = []
        if self.kind not in KINDS:
            return [f"loại quy tắc “{self.kind}” không có; dùng một trong: {', '.join(KINDS)}"]
        if self.severity not in SEVERITIES:
            found.append(f"mức “{self.severity}” không có; dùng error hoặc warning")
        if self.kind in {"rows", "freshness"} and not (NUMBER.fullmatch(self.limit) and float(self.limit) >= 0):
            found.append("cần một số không âm ở limit")
        if self.kind in {"freshness", "reference"} and self.column not in contract.names:
            found.append(f"bảng không có cột “{self.column}”")
        elif self.kind == "freshness" and contract.column(self.column).type not in {"date", "datetime"}:
            found.append(f"cột “{self.column}” không phải ngày")
        if self.kind == "reference" and not (self.table and self.target):
            found.append("cần bảng và cột được tham chiếu (table, target)")
        return found + (self._query_problems() if self.kind == "sql" else [])

    def _query_problems(self) -> list[str]:
        if self.operator and (self.operator not in OPERATORS or not NUMBER.fullmatch(self.value)):
            return [f"phép so “{self.operator}” phải là một trong {', '.join(OPERATORS)}, kèm một số ở value"]
        if not self.query or len(self.query) > LONGEST_QUERY:
            return [f"cần một câu SELECT, không quá {LONGEST_QUERY} ký tự"]
        return []


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule found: ``code`` and ``params`` make the sentence, ``examples`` are the first rows that break it."""

    name: str
    severity: str
    passed: bool
    code: str
    params: Mapping[str, str]
    examples: tuple[tuple[str, ...], ...] = ()

    def as_plain(self) -> dict[str, Any]:
        """Return it as plain data for a JSON column."""
        return {**asdict(self), "params": dict(self.params), "examples": [list(row) for row in self.examples]}


@dataclass(frozen=True, slots=True)
class Setting:
    """What rules compare with: the instant, the rows of the present version (None: none yet), others' Parquet files.

    With ``personal`` no outcome of SQL tells the value it failed on.
    """

    at: datetime
    before: int | None = None
    others: Mapping[str, Sequence[str | Path]] | None = None
    personal: bool = False


def from_plain(items: Sequence[Mapping[str, Any]], contract: Contract, *, trial: bool = False) -> tuple[Rule, ...]:
    """Build rules from plain data; raise ``Invalid`` listing everything wrong under the field ``rules``.

    With ``trial`` queries are run over no rows, which may take ``TRIALS`` seconds: never inside a transaction.
    """
    known = {one.name for one in fields(Rule)}
    found = []
    rules = []
    sound: list[Rule] = []
    for place, item in enumerate(items, 1):
        strange = sorted(set(item) - known)
        if strange or not str(item.get("name") or "").strip():
            found.append(
                f"quy tắc {place}: " + (f"thuộc tính không có: {', '.join(strange)}" if strange else "chưa đặt name")
            )
            continue
        rule = Rule(**{"kind": "", **{name: str(value).strip() for name, value in item.items() if value is not None}})
        wrong = rule.problems(contract)
        found += [f"quy tắc “{rule.name}”: {text}" for text in wrong]
        rules.append(rule)
        sound += [] if wrong or rule.kind != "sql" else [rule]
    names = [one.name for one in rules]
    found += [
        f"tên quy tắc “{name}” dùng hai lần" for name in sorted({name for name in names if names.count(name) > 1})
    ]
    if len(items) > MOST_RULES:
        found.append(f"nhiều nhất {MOST_RULES} quy tắc")
    elif trial:
        found += _tried(sound, contract)
    if found:
        raise Invalid("Quy tắc chất lượng chưa đúng.", fields={"rules": found})
    return tuple(rules)


def _tried(queries: Sequence[Rule], contract: Contract) -> Iterator[str]:
    """Run each query over no rows; yield what is wrong with those that do not run, or not in their time."""
    empty = contract.schema().empty_table()
    until = time.monotonic() + TRIALS
    for rule in queries:
        outcome = _run_query(rule, {"rows": empty}, None, min(TRIAL, until - time.monotonic()))
        if outcome.code not in {"sql", "sql_value"}:
            yield f"quy tắc “{rule.name}”: {outcome.params.get('why', TOO_SLOW)}"


def to_plain(rules: Sequence[Rule]) -> list[dict[str, str]]:
    """Return the rules as plain data without empty parts."""
    return [{name: value for name, value in asdict(one).items() if value} for one in rules]


def run(rules: Sequence[Rule], accepted: Path, setting: Setting) -> list[Outcome]:
    """Judge ``accepted`` (Parquet of the contract's columns) by every rule, in order."""
    until = time.monotonic() + TOGETHER
    return [_run(rule, accepted, setting, min(SECONDS, until - time.monotonic())) for rule in rules]


def _run(rule: Rule, accepted: Path, setting: Setting, seconds: float) -> Outcome:
    if rule.kind == "rows":
        return _run_rows(rule, accepted, setting.before)
    if rule.kind == "freshness":
        return _run_freshness(rule, accepted, setting.at)
    if rule.kind == "reference":
        return _run_reference(rule, accepted, (setting.others or {}).get(rule.table, ()))
    import pyarrow.dataset as sets  # noqa: PLC0415 - only a rule of SQL needs it

    return _run_query(rule, {"rows": sets.dataset(accepted)}, accepted.parent, seconds, personal=setting.personal)


def _run_rows(rule: Rule, accepted: Path, before: int | None) -> Outcome:
    with duck() as base:
        found = int(_first(base, f"SELECT count(*) FROM {parquet([accepted])}"))
    if not before:
        return Outcome(rule.name, rule.severity, True, "rows_first", {"found": str(found)})
    swing = 100 * (found - before) / before
    told = {"found": str(found), "before": str(before), "swing": f"{swing:+.1f}", "limit": rule.limit}
    return Outcome(rule.name, rule.severity, abs(swing) <= float(rule.limit), "rows", told)


def _run_freshness(rule: Rule, accepted: Path, at: datetime) -> Outcome:
    with duck() as base:
        # As a plain instant: a zoned one would need a further package to be read.
        newest = _first(base, f"SELECT max({quote(rule.column)})::TIMESTAMP FROM {parquet([accepted])}")
        is_day = _first(base, f"SELECT any_value(typeof({quote(rule.column)})) FROM {parquet([accepted])}") == "DATE"
    if newest is None:
        return Outcome(rule.name, rule.severity, False, "freshness_none", {"column": rule.column})
    oldest = timedelta(days=float(rule.limit))
    if is_day:
        fresh, told = newest.date() >= local_date(at) - oldest, newest.date().isoformat()
    else:
        fresh, told = newest.replace(tzinfo=at.tzinfo) >= at - oldest, f"{newest.isoformat(timespec='minutes')}Z"
    return Outcome(rule.name, rule.severity, fresh, "freshness", {"newest": told, "limit": rule.limit})


def _run_reference(rule: Rule, accepted: Path, others: Sequence[str | Path]) -> Outcome:
    if not others:
        return Outcome(rule.name, rule.severity, False, "reference_empty", {"table": rule.table})
    import duckdb  # noqa: PLC0415 - as below

    column, target = quote(rule.column), quote(rule.target)
    try:
        with duck(accepted.parent) as base:
            alike = _alike(base, (f"r.{column}", [accepted]), (f"o.{target}", others))
            missing = (
                f"FROM {parquet([accepted])} r WHERE r.{column} IS NOT NULL AND NOT EXISTS "
                f"(SELECT 1 FROM {parquet(others)} o WHERE {alike})"
            )
            found = int(_first(base, f"SELECT count(*) {missing}"))
            shown = base.execute(
                f"SELECT DISTINCT r.{column}::VARCHAR {missing} ORDER BY 1 LIMIT {EXAMPLES}"
            ).fetchall()
    except duckdb.Error as error:  # the other table belongs to somebody who may rename or drop the column
        return Outcome(rule.name, rule.severity, False, "reference_failed", {
            "table": rule.table, "target": rule.target, "why": str(error).split("\n")[0][:300],
        })  # fmt: skip
    told = {"found": str(found), "column": rule.column, "table": rule.table, "target": rule.target}
    return Outcome(rule.name, rule.severity, not found, "reference", told, tuple(_texts(shown)))


def _alike(base: "duckdb.DuckDBPyConnection", *sides: tuple[str, Sequence[str | Path]]) -> str:
    """Return the condition that two columns hold the same, whatever their types: "5" is 5, and an instant an instant.

    Raises ``duckdb.Error`` when one of the columns is not there.
    """
    kinds = [
        str(base.sql(f"SELECT {name} FROM {parquet(paths)} {name.partition('.')[0]} LIMIT 0").types[0])
        for name, paths in sides
    ]
    if len(set(kinds)) == 1 or set(kinds) <= NUMBERS:
        form = "{}"
    else:
        form = "epoch_us({})" if all(one.startswith("TIMESTAMP") for one in kinds) else "{}::VARCHAR"
    return " = ".join(form.format(name) for name, _ in sides)


def run_queries(
    rules: Sequence[Rule], views: Mapping[str, Any], scratch: Path, *, personal: bool = False
) -> list[Outcome]:
    """Judge by rules of SQL over several views (Arrow data by name), in the time all rules have; see ``Setting``."""
    until = time.monotonic() + TOGETHER
    return [
        _run_query(rule, views, scratch, min(SECONDS, until - time.monotonic()), personal=personal) for rule in rules
    ]


def try_query(rule: Rule, views: Mapping[str, Any], seconds: float = TRIAL) -> str:
    """Run a rule of SQL over these (empty) views; return why it does not run, or not in its time, "" when it does."""
    outcome = _run_query(rule, views, None, min(TRIAL, seconds))
    return "" if outcome.code in {"sql", "sql_value"} else outcome.params.get("why", TOO_SLOW)


def _run_query(
    rule: Rule, views: Mapping[str, Any], scratch: Path | None, seconds: float, *, personal: bool = False
) -> Outcome:
    import duckdb  # noqa: PLC0415 - only a rule of SQL needs it

    if seconds <= 0:
        return Outcome(rule.name, rule.severity, False, "sql_late", {"seconds": f"{TOGETHER:g}"})
    query = OBJECT.sub("rows", rule.query.strip().rstrip(";").strip())
    slow = threading.Event()
    try:
        with fenced(views, scratch) as base:
            why = not_one_select(base, query)
            if why:
                return Outcome(rule.name, rule.severity, False, "sql_failed", {"why": why})
            with hurried(base, slow, seconds):
                return _compared(rule, base, query) if rule.operator else _counted(rule, base, query)
    except (duckdb.Error, OverflowError, ValueError) as error:
        if slow.is_set():
            return Outcome(rule.name, rule.severity, False, "sql_slow", {"seconds": f"{seconds:.3g}"})
        told = str(error).split("\n")[0][:300]
        why = NO_VALUE if personal and type(error).__name__ not in ABOUT_COLUMNS else told
        return Outcome(rule.name, rule.severity, False, "sql_failed", {"why": why})


def _counted(rule: Rule, base: "duckdb.DuckDBPyConnection", query: str) -> Outcome:
    found = int(_first(base, f"SELECT count(*) FROM ({query}\n)"))
    shown = base.execute(f"SELECT COLUMNS(*)::VARCHAR FROM ({query}\n) LIMIT {EXAMPLES}").fetchall() if found else []
    return Outcome(rule.name, rule.severity, not found, "sql", {"found": str(found)}, tuple(_texts(shown)))


def _compared(rule: Rule, base: "duckdb.DuckDBPyConnection", query: str) -> Outcome:
    sign = OPERATORS[rule.operator]
    row = base.execute(
        f"SELECT v::VARCHAR, coalesce(v::DOUBLE {sign} {float(rule.value)!r}::DOUBLE, false) FROM ({query}\n) q(v)"
    ).fetchmany(2)
    if len(row) != 1:
        why = "câu SQL phải cho đúng một dòng, một số"
        return Outcome(rule.name, rule.severity, False, "sql_failed", {"why": why})
    told = {"found": row[0][0] or "–", "operator": sign, "value": rule.value}
    return Outcome(rule.name, rule.severity, bool(row[0][1]), "sql_value", told)


def _first(base: "duckdb.DuckDBPyConnection", query: str) -> Any:
    row = base.execute(query).fetchone()
    return row[0] if row else None


def _texts(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        yield tuple("" if cell is None else str(cell)[:200] for cell in row)
