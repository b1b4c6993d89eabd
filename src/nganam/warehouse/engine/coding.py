"""Columns that hold codes of shared lists: the SQL that finds codes not in force on their day, and why in words."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from nganam.codelists.tables import CodeTable
from nganam.warehouse.engine.contract import Column, Contract, quote

if TYPE_CHECKING:
    import duckdb

NEVER: Final = date(9999, 12, 31)
HERE: Final = "INTERVAL 7 HOUR"
"""Instants are kept in UTC; the day of one is the day in Việt Nam."""


class Coded:
    """The coded columns of a contract, with the lists they name. ``today`` is the day where a column names none."""

    def __init__(self, contract: Contract, lists: Mapping[str, CodeTable], today: date | None) -> None:
        self.contract, self.lists, self.today = contract, lists, today
        self.places = [at for at, one in enumerate(contract.columns) if one.codelist in lists]

    def register(self, base: "duckdb.DuckDBPyConnection") -> None:
        """Give the database the spans of every list: code, first day, first day no longer in force."""
        for number, table in enumerate(self.lists.values()):
            codes, starts, ends = zip(*table.spans, strict=True) if table.spans else ((), (), ())
            spans = {
                "code": pa.array(codes, pa.string()),
                "starts": pa.array(starts, pa.date32()),
                "ends": pa.array([one or NEVER for one in ends], pa.date32()),
            }
            base.register(f"codes_{number}", pa.table(spans))

    def test_sql(self, at: int) -> str:
        """Return SQL, true where the column's text ``t<at>`` was not in force on its day; "" for a free column."""
        if at not in self.places:
            return ""
        column = self.contract.columns[at]
        source = f"codes_{list(self.lists).index(column.codelist)}"
        names = self.contract.names
        if column.codes_on in names:
            day = self._day_sql(f"v{names.index(column.codes_on)}", column)
            return (
                f"NOT EXISTS (SELECT 1 FROM {source} c WHERE c.code = t{at} AND c.starts <= {day} AND {day} < c.ends)"
            )
        day = self._fixed(column)
        return f"t{at} NOT IN (SELECT code FROM {source} WHERE starts <= {day} AND {day} < ends)"

    def told_sql(self) -> str:
        """Return SQL of what :meth:`why` asks of a staged row ``s``: for each coded column its code and its day."""
        parts = []
        for at in self.places:
            column = self.contract.columns[at]
            by_row = column.codes_on in self.contract.names
            day = self._day_sql(f"s.{quote(column.codes_on)}", column) if by_row else self._fixed(column)
            parts += [f"s.{quote(column.name)}", day]
        return "".join(f", {part}" for part in parts)

    def why(self, at: int, told: Sequence[Any]) -> tuple[str, dict[str, Any]]:
        """Return the reason and its words for a code not in force; ``told`` is what :meth:`told_sql` gave."""
        place = self.places.index(at) * 2
        code, day = told[place : place + 2]
        return reason(self.lists[self.contract.columns[at].codelist], code, day)

    def _fixed(self, column: Column) -> str:
        named = column.codes_on if column.codes_on not in self.contract.names else ""
        return f"DATE '{date.fromisoformat(named) if named else self.today or NEVER}'"

    def _day_sql(self, value: str, column: Column) -> str:
        other = self.contract.column(column.codes_on)
        day = value if other.type == "date" else f"({value} + {HERE})::DATE"
        return f"coalesce({day}, {self._fixed(column)})"


def reason(table: CodeTable, code: str, day: date) -> tuple[str, dict[str, Any]]:
    """Say why ``code`` does not hold on ``day``: never a code, not yet one, or one that ended, with its successors."""
    told: dict[str, Any] = {"code": code, "list": table.title, "day": _text(day)}
    ended = table.ended(code, day)
    if ended is not None:
        heirs = list(table.heirs(code, day))
        return ("codemoved" if heirs else "codeended"), told | {"until": _text(ended), "heirs": heirs}
    if table.first_day is None or day < table.first_day:
        return "codenone", told
    begins = table.begins(code, day)
    return ("codeearly", told | {"since": _text(begins)}) if begins else ("codelist", told)


def _text(day: date) -> str:
    return f"{day:%d/%m/%Y}"
