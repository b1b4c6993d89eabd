"""A file of mended rows turned back into rows of the file they were rejected from: lines, cells, decimal sign."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from nganam.warehouse.engine import files, rejected
from nganam.warehouse.engine.contract import Contract, label_key
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.reading import Row, Shape

LINE, COLUMNS, WHY = ("Dòng gốc", "Original line"), ("Cột sai", "Wrong columns"), ("Lý do loại", "Why rejected")
"""What stands before the cells in a file of rejected rows, in Vietnamese and in English."""
OWN: Final = frozenset(label_key(one) for pair in (LINE, COLUMNS, WHY) for one in pair)
MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Origin:
    cells: list[str]
    wrong: frozenset[str]


@dataclass(frozen=True)
class Mending:
    """How the rows of a mended file are read: ``row`` for each of them, then ``shape`` and ``contract``."""

    name: str
    shape: Shape
    contract: Contract
    line_at: int
    kept_at: tuple[int, ...]
    width: int
    origins: Mapping[int, _Origin]
    first_places: Mapping[str, int]
    seen: set[int] = field(default_factory=set)

    def row(self, found: Row) -> Row:
        """Return a row under its line in the first file; raise ``Invalid`` (mend_line, mend_twice)."""
        line, cells = found
        told = cells[self.line_at].strip() if self.line_at < len(cells) else ""
        first = int(told) if told.isascii() and told.isdigit() else 0
        origin = self.origins.get(first)
        if origin is None:
            raise fault("mend_line", name=self.name, line=line, found=told)
        if first in self.seen:
            raise fault("mend_twice", name=self.name, line=line, found=first)
        self.seen.add(first)
        kept = [cells[at] for at in self.kept_at if at < len(cells)] + cells[self.width :]
        names = {place: name for name, place in self.shape.places}
        return first, [self._cell(cell, names.get(place, ""), origin) for place, cell in enumerate(kept)]

    def _cell(self, cell: str, name: str, origin: _Origin) -> str:
        if type(cell) is not str:  # a number of a workbook, whose sign is a point: written as the first file wrote it
            sign = next((one.point for one in self.contract.columns if one.name == name), ".")
            return str(cell).replace(".", sign or ".")
        cell = files.as_it_was(cell)
        at = self.first_places.get(name, -1)
        before = origin.cells[at] if 0 <= at < len(origin.cells) else ""
        lost = name not in origin.wrong and before.isdigit() and before[:1] == "0" and before.lstrip("0") == cell
        return before if lost and cell else cell


def mending(
    shape: Shape, name: str, contract: Contract, first: Path, points: Mapping[str, str], lines: Iterable[str]
) -> Mending:
    """Return how to read a mended file of ``shape``.

    ``first`` holds the rejected rows (:mod:`rejected`), ``points`` the decimal signs of the file they came in,
    ``lines`` what stands in the cells of the mended file that name lines. Raises ``Invalid`` (mend_no_line, mend_many).
    """
    line_at = line_place(shape, name)
    wanted = {int(one) for one in (cell.strip() for cell in lines) if one.isascii() and one.isdigit()}
    if len(wanted) > MOST:
        raise fault("mend_many", name=name, most=MOST)
    kept_at = tuple(at for at, head in enumerate(shape.header) if label_key(head) not in OWN)
    moved = {at: place for place, at in enumerate(kept_at)}
    ignored = tuple(one for one in shape.ignored if label_key(one) not in OWN)
    plain = replace(
        shape, header=tuple(shape.header[at] for at in kept_at), ignored=ignored,
        places=tuple((column, moved[at]) for column, at in shape.places),
    )  # fmt: skip
    signed = Contract(tuple(replace(one, point=points.get(one.name, one.point)) for one in contract.columns))
    origins = {
        one.line: _Origin(one.cells, frozenset(flaw["column"] for flaw in one.flaws))
        for one in rejected.rows(first, wanted)
    }
    places = rejected.heading(first).places
    return Mending(name, plain, signed, line_at, kept_at, len(shape.header), origins, places)


def line_place(shape: Shape, name: str) -> int:
    """Return which cell of a mended file names the line; raise ``Invalid`` (mend_no_line) when none does."""
    labels = {label_key(one) for one in LINE}
    at = next((place for place, head in enumerate(shape.header) if label_key(head) in labels), None)
    if at is None:
        raise fault("mend_no_line", name=name)
    return at
