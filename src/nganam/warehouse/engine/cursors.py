"""Reading of a database source only what has changed since: rows whose cursor (day, moment, number) is not older.

Deleted rows are not seen so. Every value is text as ``databases`` writes it; a condition is made of values that have
the form of a number or a moment only, never of anything else a source says.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from nganam.kernel.clock import VIETNAM
from nganam.warehouse.engine.contract import quote
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.sources import Database

NUMBER: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,12})?")
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
AHEAD: Final = timedelta(days=1)
Value = Decimal | date | datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a source has been read: rows from the cursor ``since`` on ("": all), up to ``until``."""

    since: str
    until: str


def reach(source: Database, column: str, *, after: str, overlap: int, at: datetime) -> Reach:
    """Look how far the source goes, and settle from where to read; ``after`` says how far it was read before.

    ``overlap`` goes back so many minutes (of a moment or a day) or units (of a number). Raises ``Invalid``: the column
    is not there, has empty values or values of another kind, stands before ``after`` or lies in the future.
    """
    from nganam.warehouse.engine import databases  # noqa: PLC0415 - SQLAlchemy: only a database source needs it

    names, _ = databases.peek(_asking(source, "SELECT *", "1 = 0"), 1)
    if column not in names:
        raise fault("cursor_missing", name=source.name, column=column, found=names[:50])
    quoted = _quoted(source, column)
    if databases.peek(_asking(source, "SELECT 1", f"{quoted} IS NULL LIMIT 1"), 1)[1]:
        raise fault("cursor_empty", name=source.name, column=column)
    until = databases.peek(_asking(source, f"SELECT MAX({quoted})", "1 = 1"), 1)[1][0][0]
    if not after and not until:
        return Reach("", "")
    last = _value(until, source.name, column)
    if after and (not until or _before(last, _value(after, source.name, column))):
        raise fault("cursor_back", name=source.name, column=column, before=after, found=until or "–")
    if isinstance(last, date) and _moment(last) > at + AHEAD:
        raise fault("cursor_ahead", name=source.name, column=column, found=until)
    return Reach(_less(after, overlap) if after else "", until)


def since(source: Database, column: str, value: str) -> Database:
    """Return the source with a query that reads only rows whose cursor is ``value`` or later."""
    written = value if NUMBER.fullmatch(value) else f"'{value}'"
    return _asking(source, "SELECT *", f"{_quoted(source, column)} >= {written}")


def _asking(source: Database, what: str, where: str) -> Database:
    return replace(source, query=f"{what} FROM ({source.statement}) AS nganam_q WHERE {where}")


def _quoted(source: Database, name: str) -> str:
    return "`" + name.replace("`", "``") + "`" if source.kind == "mysql" else quote(name)


def _value(text: str, name: str, column: str) -> Value:
    try:
        if NUMBER.fullmatch(text):
            return Decimal(text)
        if DAY.fullmatch(text):
            return date.fromisoformat(text)
        if MOMENT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    raise fault("cursor_kind", name=name, column=column)


def _moment(value: date) -> datetime:
    """Return the instant of a day or a moment; one without a zone is Vietnamese."""
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)


def _before(one: Value, other: Value) -> bool:
    if isinstance(one, Decimal) or isinstance(other, Decimal):
        return not (isinstance(one, Decimal) and isinstance(other, Decimal)) or one < other
    return _moment(one) < _moment(other)


def _less(text: str, overlap: int) -> str:
    """Go back by the overlap, in the form the source writes its values in; without one the value stays as written."""
    value = _value(text, "", "")
    if not overlap:
        return text  # text of a source is compared letter by letter: ".500000" comes after ".5"
    if isinstance(value, Decimal):
        return format(value - overlap, "f")
    if isinstance(value, datetime):
        return (value - timedelta(minutes=overlap)).isoformat(sep=text[10])
    return (datetime.combine(value, time()) - timedelta(minutes=overlap)).date().isoformat()
