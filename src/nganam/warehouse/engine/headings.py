"""Where the heading of a table stands in a file, and which of its cells is which column.

A heading may have several lines: "Địa chỉ" merged over "Xã" and "Tỉnh". Each column is then called by all that stands
above it, joined, and also by its lowest cell alone where no other column is. A line below that only numbers the columns
("(1)", "(2)" …) is no data.
"""

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice, pairwise
from typing import Final

from nganam.warehouse.engine.contract import Contract, label_key
from nganam.warehouse.engine.faults import fault

WITHIN: Final = 50
MOST_LINES: Final = 3
MOST_MERGED: Final = 2_000
JOINT: Final = " – "
FEWEST_NUMBERED: Final = 3
_NUMBERED = re.compile(r"\(?(\d{1,3}|[A-ZĐ])\)?")
Row = tuple[int, list[str]]
Range = tuple[tuple[int, int], tuple[int, int]]
Sample = tuple[str, list[Row]]


@dataclass(frozen=True)
class Heading:
    """A heading found: its lines in the file, its delimiter, and for each cell what stands above it, top first."""

    delimiter: str
    first: int
    line: int
    paths: tuple[tuple[str, ...], ...]
    numbering: int = 0
    joint: str = JOINT

    @property
    def names(self) -> tuple[str, ...]:
        """Return what each cell is called, to its last that is called anything."""
        return tuple(self.joint.join(path) for path in self.paths)

    def places(self, label: Iterable[str]) -> list[int]:
        """Return the cells one of whose names is in ``label`` (folded): the whole name first, else the lowest cell."""
        wanted = list(label)
        for named in self._named:
            if found := sorted({at for one in wanted for at in named.get(one, ())}):
                return found
        return []

    @cached_property
    def _named(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """Return the cells by their whole name, and by their lowest cell alone; both folded."""
        whole: dict[str, list[int]] = {}
        lowest: dict[str, list[int]] = {}
        for at, path in enumerate(self.paths):
            if path:
                whole.setdefault(label_key("".join(path)), []).append(at)
                lowest.setdefault(label_key(path[-1]), []).append(at)
        return whole, lowest


def near(ranges: Iterable[Range], rows: Sequence[Row]) -> list[Range]:
    """Return the merged cells that touch ``rows``, cut to them: a workbook may say that a million lines are merged."""
    last, width = rows[-1][0] if rows else 0, max((len(cells) for _, cells in rows), default=0)
    found = islice((one for one in ranges if one[0][0] < last and one[0][1] < width), MOST_MERGED)
    return [(start, (min(bottom, last - 1), min(right, width - 1))) for start, (bottom, right) in found]


def unmerged(rows: Sequence[Row], ranges: Iterable[Range]) -> list[Row]:
    """Write the value of merged cells into each of the cells they cover; lines are numbered from 1."""
    cells = {line: list(row) for line, row in rows}
    for (top, left), (bottom, right) in ranges:
        value = cells.get(top + 1, [])[left : left + 1]
        for line in range(top + 1, bottom + 2):
            row = cells.get(line)
            if value and row is not None:
                row[left : right + 1] = value * len(row[left : right + 1])
    return [(line, cells[line]) for line, _ in rows]


def for_contract(
    contract: Contract, samples: Sequence[Sample], name: str, line: int = 0, ranges: Sequence[Range] = ()
) -> Heading:
    """Find the delimiter and the lines whose cells name most of the contract's columns.

    ``line`` says where the heading ends, if somebody does; what is merged to it belongs to it. Raises ``Invalid``
    (no_header).
    """
    labels = [one.labels for one in contract.columns]
    best: tuple[int, Heading | None, Sequence[Row]] = (0, None, [])
    for lines in range(1, MOST_LINES + 1):
        for delimiter, rows in samples:
            for found in _candidates(delimiter, rows, line, lines) if best[0] < len(labels) else ():
                score = sum(bool(found.places(label)) for label in labels)
                if score > best[0]:
                    best = (score, found, rows)
    if best[1] is None:
        _, first = _first_row(samples, name)
        titles = [one.title or one.name for one in contract.columns]
        raise fault("no_header", name=name, missing=titles, found=[cell for cell in first if cell][:30])
    return _whole(best[1].delimiter, best[2], best[1].first, best[1].line, ranges)


def likely(samples: Sequence[Sample], name: str, line: int = 0, ranges: Sequence[Range] = ()) -> Heading:
    """Return the first line with as many cells as most lines have (or ``line``), with the lines merged to it."""
    covered = {(top + 1, at) for (top, left), (_, right) in ranges for at in range(left + 1, right + 1)}
    delimiter, first = _usual(samples, name, covered)
    rows = next(rows for sign, rows in samples if sign == delimiter)
    if line in dict(rows):
        return _whole(delimiter, rows, line, line, ranges)
    below = [
        bottom + 1 + (right > left and top == bottom) for (top, left), (bottom, right) in ranges if top + 1 == first
    ]
    return _whole(delimiter, rows, first, max(below, default=first), ranges)


def _whole(delimiter: str, rows: Sequence[Row], first: int, last: int, ranges: Sequence[Range]) -> Heading:
    """Return the heading of these lines, with those above that are merged into it and the line of numbers below."""
    cells = dict(rows)
    while first - 1 in cells and last - first < MOST_LINES and _is_joined(first, ranges, len(cells[last])):
        first -= 1
    paths = _paths([cells[line] for line in range(first, last + 1) if line in cells])
    after = next(((line, row) for line, row in rows if line > last and any(row)), None)
    numbering = after[0] if after and _is_numbering(after[1], len(paths)) else 0
    return Heading(delimiter, first, last, paths, numbering)


def _is_joined(line: int, ranges: Sequence[Range], width: int) -> bool:
    """Say whether cells of the line above reach into this one, or stand over some of its columns as a group."""
    for (top, left), (bottom, right) in ranges:
        if top + 1 < line <= bottom + 1 or (top == bottom == line - 2 and 1 <= right - left < width - 1):
            return True
    return False


def places(contract: Contract, found: Heading, name: str) -> tuple[tuple[str, int], ...]:
    """Return for each column of the contract the place of its cell.

    Raises ``Invalid`` (missing_columns, repeated_column).
    """
    chosen: list[tuple[str, int]] = []
    missing: list[str] = []
    for column in contract.columns:
        at = found.places(column.labels)
        exact = [place for place in at if found.paths[place][-1] == column.name]
        if len(exact or at) > 1:
            raise fault("repeated_column", name=name, column=found.names[at[0]], line=found.line)
        if at:
            chosen.append((column.name, (exact or at)[0]))
        else:
            missing.append(column.title or column.name)
    if missing:
        told = [one for one in found.names if one]
        raise fault("missing_columns", name=name, missing=missing, found=told, line=found.line)
    return tuple(chosen)


def _candidates(delimiter: str, rows: Sequence[Row], line: int, lines: int) -> Iterator[Heading]:
    """Yield headings of so many lines that end at each of the first lines of the file (or at ``line``)."""
    for at in range(lines - 1, len(rows)):
        number = rows[at][0]
        if number == line if line else at < WITHIN:
            window = rows[at + 1 - lines : at + 1]
            yield Heading(delimiter, window[0][0], number, _paths([cells for _, cells in window]))


def _paths(lines: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Return for each cell of the heading what stands above it. A blank beside a group's name belongs to the group."""
    width = max(len(cells) for cells in lines)
    texts = [[re.sub(r"\s+", " ", cell).strip() for cell in cells] + [""] * (width - len(cells)) for cells in lines]
    for upper, lower in pairwise(texts):
        for at in range(1, width):
            if not upper[at] and lower[at] and lower[at - 1]:
                upper[at] = upper[at - 1]
    found = [_without_repeats(line[at] for line in texts) for at in range(width)]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def _without_repeats(texts: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for text in texts:
        if text and text not in kept[-1:]:
            kept.append(text)
    return tuple(kept)


def _is_numbering(cells: Sequence[str], width: int) -> bool:
    """Say whether a line only numbers the columns: every cell, in brackets or letters first, one after the other."""
    told = [cell.strip() for cell in cells if cell.strip()]
    matched = [_NUMBERED.fullmatch(cell) for cell in told]
    if len(told) < max(FEWEST_NUMBERED, width) or not all(matched):
        return False
    digits = [int(one[1]) for one in matched if one is not None and one[1].isdigit()]
    rising = digits == list(range(digits[0], digits[0] + len(digits))) if digits else True
    bracketed = all(cell.startswith("(") for cell in told)
    lettered = bool(told) and not told[0].isdigit() and not bracketed
    return rising and (bracketed or (bool(digits) and digits[0] == 1 and (lettered or len(digits) > FEWEST_NUMBERED)))


def _usual(samples: Sequence[Sample], name: str, covered: Container[tuple[int, int]]) -> tuple[str, int]:
    """Return the delimiter and the first line that has as many cells as most; a title over all columns is one cell."""
    best: tuple[int, str, int] = (0, ",", 0)
    for delimiter, rows in samples:
        widths = [sum(bool(cell.strip()) for cell in cells) for _, cells in rows if any(cells)]
        if not widths:
            continue
        usual = max(set(widths), key=lambda width: (widths.count(width) * min(width, 50), width))
        full = (row for row in rows if sum(bool(cell.strip()) for cell in row[1]) >= usual)
        line = next((line for line, cells in full if usual == 1 or _own(line, cells, covered) > 1), 0)
        score = usual * widths.count(usual)
        if usual > 1 and line and score > best[0]:
            best = (score, delimiter, line)
    if best[0]:
        return best[1], best[2]
    line, _cells = _first_row(samples, name)
    return samples[0][0], line


def _own(line: int, cells: Sequence[str], covered: Container[tuple[int, int]]) -> int:
    return sum(bool(cell.strip()) and (line, at) not in covered for at, cell in enumerate(cells))


def _first_row(samples: Sequence[Sample], name: str) -> Row:
    rows = chain.from_iterable(rows for _, rows in samples)
    found = next((row for row in rows if any(cell.strip() for cell in row[1])), None)
    if found is None:
        raise fault("empty", name=name)
    return found
