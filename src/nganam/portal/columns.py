"""What each column of a release is good for: measured, told apart in time, drawn on a map, named."""

from collections.abc import Iterable

from nganam.kernel.text import fold
from nganam.warehouse.engine.contract import Column, Contract
from nganam.warehouse.engine.files import LAT, LON

NUMBERS = ("integer", "decimal")
PERIODS = ("thang", "quy", "nam_hoc")
MARKS = frozenset({"du_lieu_gia", "stt"})
"""Numbers that are notes about a row, not measures."""


def is_year(column: Column) -> bool:
    """Say whether an integer column holds years: written without a separator, and a time, not a measure."""
    return column.type == "integer" and (column.name == "nam" or fold(column.title) in {"nam", "year"})


def measures(shape: Contract) -> list[Column]:
    """Return the numeric columns worth drawing."""
    return [
        one
        for one in shape.columns
        if one.type in NUMBERS
        and not (one.key or one.personal or is_year(one))
        and one.name not in LON | LAT | MARKS
        and not one.name.startswith(("ma_", "so_thang_co"))
    ]


def time_of(shape: Contract, preferred: str = "") -> Column | None:
    """Return the column of time: the table's own choice, else a year or period, else the first date."""
    by_name = {one.name: one for one in shape.columns}
    if preferred in by_name:
        return by_name[preferred]
    years = [one for one in shape.columns if is_year(one) or one.name in PERIODS]
    dates = [one for one in shape.columns if one.type in {"date", "datetime"}]
    return next(iter([*years, *dates]), None)


def name_of(shape: Contract) -> Column | None:
    """Return the column that names a row: the first text called a name, else the first text that is no key."""
    texts = [one for one in shape.columns if one.type == "text" and not one.personal]
    named = [one for one in texts if one.name.startswith("ten") or fold(one.title).startswith("ten ")]
    return next(iter([*named, *(one for one in texts if not one.key), *texts]), None)


def chosen(name: str, offered: Iterable[Column]) -> Column | None:
    """Return the offered column called ``name``, else the first one offered."""
    offered = list(offered)
    return next((one for one in offered if one.name == name), offered[0] if offered else None)
