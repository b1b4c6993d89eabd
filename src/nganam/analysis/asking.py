"""A question over one table as plain data, and the SQL it becomes. Names are quoted, values always bound."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nganam.warehouse.engine.contract import Column, quote

NUMBERS: Final = frozenset({"integer", "decimal"})
TIMES: Final = frozenset({"date", "datetime"})
ORDERED: Final = NUMBERS | TIMES
COUNT: Final = "dem"
AGGREGATES: Final[Mapping[str, str]] = {
    COUNT: "count(*)", "dem-khac": "count(DISTINCT {})", "tong": "sum({})", "trung-binh": "avg({})",
    "trung-vi": "median({})", "nho-nhat": "min({})", "lon-nhat": "max({})",
}  # fmt: skip
OF_NUMBERS: Final = frozenset({"tong", "trung-binh", "trung-vi"})
OF_ONE: Final = frozenset({"trung-vi", "nho-nhat", "lon-nhat"})
"""Aggregates whose answer is one record's own value: not for who may not see single records."""
SPANS: Final[Mapping[str, str]] = {
    "nam": "strftime({}, '%Y')",
    "quy": "strftime({0}, '%Y') || '-Q' || quarter({0})",
    "thang": "strftime({}, '%Y-%m')",
    "ngay": "strftime({}, '%Y-%m-%d')",
}
OPERATORS: Final[Mapping[str, str]] = {
    "bang": "{} = ?", "khac": "{} IS DISTINCT FROM ?", "tu": "{} >= ?", "den": "{} <= ?",
    "chua": "contains(lower({}), lower(?))", "trong": "{} IS NULL", "co": "{} IS NOT NULL",
}  # fmt: skip
WITHOUT_VALUE: Final = frozenset({"trong", "co"})
VIETNAM: Final = 7 * 3600 * 1_000_000
"""Microseconds the Vietnamese clock is ahead of UTC."""
MOST_GROUPS = 500
MOST_JUDGED = 1000
"""Groups that are looked at together where small ones are kept back."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition: a column, an operator of ``OPERATORS``, and the value as the column's type."""

    column: Column
    operator: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A question: by which columns (times by ``span``), what of which column, of which records, in which order."""

    groups: tuple[Column, ...] = ()
    span: str = "thang"
    aggregate: str = COUNT
    of: Column | None = None
    filters: tuple[Filter, ...] = ()
    by_value: bool = True
    limit: int = 50

    @property
    def is_over_time(self) -> bool:
        """Say whether the first group is a time: a line then, in the order of time."""
        return bool(self.groups) and self.groups[0].type in TIMES


def to_sql(ask: Ask, source: str, *, rows: Mapping[str, tuple[str, ...]], limit: int) -> tuple[str, list[Any]]:
    """Return SQL and values: the groups' columns, the value, the records, how many of them have one, all groups.

    ``rows`` limits the records by column.
    """
    names = [_group(one, ask.span) for one in ask.groups]
    of = _value(ask.of) if ask.of else "*"
    heads = [f"{name} AS g{place}" for place, name in enumerate(names)]
    told = [f"{AGGREGATES[ask.aggregate].format(of)} AS value", "count(*) AS records", f"count({of}) AS known"]
    conditions, values = _conditions(ask, rows)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    by = f" GROUP BY {', '.join(f'g{place}' for place in range(len(names)))}" if names else ""
    inner = f"SELECT {', '.join([*heads, *told])} FROM {source}{where}{by}"  # noqa: S608 - quoted
    return f"SELECT *, count(*) OVER () FROM ({inner}) ORDER BY {_order(ask)} LIMIT {int(limit)}", values  # noqa: S608 - as above


def _conditions(ask: Ask, rows: Mapping[str, tuple[str, ...]]) -> tuple[list[str], list[Any]]:
    conditions = [OPERATORS[one.operator].format(_compared(one.column)) for one in ask.filters]
    values = [one.value for one in ask.filters if one.operator not in WITHOUT_VALUE]
    for name, allowed in sorted(rows.items()):
        conditions.append(
            f"CAST({quote(name)} AS VARCHAR) IN ({', '.join('?' * len(allowed))})" if allowed else "false"
        )
        values += allowed
    return conditions, values


def _order(ask: Ask) -> str:
    groups = [f"g{place} NULLS LAST" for place in range(len(ask.groups))]
    return ", ".join(["value DESC NULLS LAST", *groups] if ask.by_value and not ask.is_over_time else [*groups, "1"])


def _value(column: Column) -> str:
    """Return the column; an instant as the Vietnamese clock shows it."""
    name = quote(column.name)
    return f"make_timestamp(epoch_us({name}) + {VIETNAM})" if column.type == "datetime" else name


def _compared(column: Column) -> str:
    """Return the column as a condition compares it: an instant is asked for by its Vietnamese day."""
    return f"CAST({_value(column)} AS DATE)" if column.type == "datetime" else _value(column)


def _group(column: Column, span: str) -> str:
    return SPANS[span].format(_value(column)) if column.type in TIMES else _value(column)
