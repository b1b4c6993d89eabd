"""From a landed file to rows of text.

First the shape (encoding, delimiter, where the header stands, which cell is which column), then the rows in batches
into a Parquet file of texts: ``_line`` the line in the file, ``_cells`` how many cells the row had, ``_raw`` the cells
of a row whose number of cells is wrong, and ``c0``, ``c1`` … the cells in file order.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine

from nganam.kernel.errors import Invalid
from nganam.warehouse.engine.contract import Contract, label_key
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.landing import MEGABYTE, Landed

BATCH: Final = 20_000
HEADER_WITHIN: Final = 50
SAMPLE_LINES: Final = 200
DELIMITERS: Final = ",;\t|"
LONGEST_CELL: Final = 1_000_000
EXACT: Final = 10**15
BOMS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
VIETNAMESE: Final = frozenset(
    unicodedata.normalize("NFC", letter + tone)
    for letter in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯYđĐ"
    for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
)
SIGNS: Final = frozenset("\u00a0–—‘’“”…•°²³½¼¾×÷±§©®™«»·€\u00ad")
WORKBOOKS: Final = (".xlsx", ".xlsm", ".xls", ".ods")
PLAIN_TEXT: Final = "văn bản thường mang tên bảng tính"
Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What was found about a file: ``places`` gives each contract column its cell; ``ignored`` names cells not used."""

    kind: str
    encoding: str
    delimiter: str
    header_line: int
    header: tuple[str, ...]
    places: tuple[tuple[str, int], ...]
    ignored: tuple[str, ...] = ()
    sheet: str = ""

    @property
    def point(self) -> str:
        """Return the decimal sign to assume where the column itself leaves it open.

        Excel set to Vietnamese writes semicolons since its decimal sign is the comma; machines write commas and points.
        """
        return "," if self.delimiter == ";" else "."


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of text on disk; ``points`` are cells known to be written with a decimal point (numbers in workbooks)."""

    path: Path
    count: int
    points: frozenset[int]


def inspect(landed: Landed, name: str, contract: Contract | None = None) -> Shape:
    """Find the shape of a file; raise ``Invalid`` saying what is missing where.

    Without a contract the header is the first line with as many cells as most lines have.
    """
    if landed.kind == "xlsx":
        sheet = _sheet(landed.path, name)
        return _shape(
            landed, name, contract, "xlsx", [("", list(islice(_sheet_rows(sheet), SAMPLE_LINES)))], sheet.name
        )
    encoding = detect_encoding(landed.path, name)
    with _open(landed.path, encoding) as file:
        lines = [line.replace("\x00", "") for line in islice(file, SAMPLE_LINES)]
    found = [(sign, list(_sample(lines, sign))) for sign in DELIMITERS]
    return _shape(landed, name, contract, encoding, found, "")


def rows_of(landed: Landed, name: str, shape: Shape) -> Iterator[Row]:
    """Yield line number and cells of every row below the header that is not wholly empty."""
    rows = _sheet_rows(_sheet(landed.path, name)) if shape.kind == "xlsx" else _csv_rows(landed.path, name, shape)
    for line, cells in rows:
        if line > shape.header_line and any(cell and not cell.isspace() for cell in cells):
            yield line, cells


def extract(landed: Landed, name: str, shape: Shape, target: Path) -> Rows:
    """Write all rows as text to ``target`` (Parquet) in batches; raise ``Invalid`` (no_rows) when there are none."""
    width = len(shape.header)
    schema = pa.schema(
        [("_line", pa.int64()), ("_cells", pa.int32()), ("_raw", pa.list_(pa.string()))]
        + [(f"c{place}", pa.string()) for place in range(width)]
    )
    count = 0
    points: set[int] = set()
    with pq.ParquetWriter(target, schema, compression="lz4", use_dictionary=False) as out:
        rows = rows_of(landed, name, shape)
        while batch := list(islice(rows, BATCH)):
            count += len(batch)
            points |= _points(batch)
            out.write_batch(_arrow(batch, width, schema))
    if not count:
        raise fault("no_rows", name=name)
    return Rows(target, count, frozenset(points))


def detect_encoding(path: Path, name: str) -> str:
    """Return the Python codec of a text file: by its mark, else UTF-8, else Windows-1258 if that reads as Vietnamese.

    Raises ``Invalid`` (encoding) with the line where reading failed.
    """
    with path.open("rb") as file:
        head = file.read(4)
    codec = next((codec for mark, codec in BOMS if head.startswith(mark)), "")
    failed = _first_bad_line(path, codec or "utf-8")
    if not failed:
        return codec or "utf-8"
    if not codec and _is_windows_1258(path):
        return "cp1258"
    raise fault("encoding", name=name, line=failed)


def _first_bad_line(path: Path, codec: str) -> int:
    """Return 0 when the whole file decodes, else about which line it does not."""
    decoder = codecs.getincrementaldecoder(codec)()
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(MEGABYTE):
            try:
                line += decoder.decode(chunk).count("\n")
            except UnicodeDecodeError as error:
                return line + chunk[: error.start].count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line
    return 0


def _is_windows_1258(path: Path) -> bool:
    """Tell Vietnamese in Windows-1258 from other eight-bit text: its tone marks must all sit on vowels."""
    letters = strange = 0
    try:
        with path.open(encoding="cp1258", newline="") as file:
            for line in file:
                if not line.isascii():
                    marked = [char for char in unicodedata.normalize("NFC", line) if not char.isascii()]
                    letters += len(marked)
                    strange += sum(char not in VIETNAMESE and char not in SIGNS for char in marked)
    except UnicodeDecodeError:
        return False
    return strange * 20 <= letters


def _open(path: Path, encoding: str) -> io.TextIOWrapper:
    return path.open(encoding=encoding, newline="")


def _nfc(lines: Iterable[str]) -> Iterator[str]:
    """Compose letters and marks (Windows-1258 stores them apart) and drop NUL, which the csv reader refuses."""
    for line in lines:
        yield line if line.isascii() and "\x00" not in line else unicodedata.normalize("NFC", line).replace("\x00", "")


def _csv_rows(path: Path, name: str, shape: Shape) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    with _open(path, shape.encoding) as file:
        reader = csv.reader(_nfc(file), delimiter=shape.delimiter)
        start = 1
        try:
            for cells in reader:
                yield start, cells
                start = reader.line_num + 1
        except csv.Error as error:
            raise fault("broken_quotes", name=name, line=start) from error


def _sample(lines: Sequence[str], delimiter: str) -> Iterator[Row]:
    reader = csv.reader(_nfc(lines), delimiter=delimiter)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except csv.Error:
        return


def _sheet(path: Path, name: str) -> python_calamine.CalamineSheet:
    """Return the first visible sheet that holds anything."""
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        visible = [one.name for one in book.sheets_metadata if one.visible == python_calamine.SheetVisibleEnum.Visible]
        sheets = [book.get_sheet_by_name(one) for one in visible or book.sheet_names]
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise fault("broken_workbook", name=name) from error
    filled = next((one for one in sheets if one.end is not None), None)
    if filled is None:
        raise fault("empty", name=name)
    return filled


def _sheet_rows(sheet: python_calamine.CalamineSheet) -> Iterator[Row]:
    for line, cells in enumerate(sheet.iter_rows(), 1):
        yield line, [_cell(cell) for cell in cells]


def _cell(value: Any) -> str:
    """Write a workbook cell as text. Whole numbers lose the ".0" that workbooks give every number."""
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else _Point(repr(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value.total_seconds()) if isinstance(value, timedelta) else str(value)


class _Point(str):
    """A number that a workbook stored as a number: its dot is a decimal point whatever its neighbours look like."""

    __slots__ = ()


def _points(batch: Sequence[Row]) -> set[int]:
    return {place for _, cells in batch for place, cell in enumerate(cells) if type(cell) is _Point}


def _arrow(batch: Sequence[Row], width: int, schema: pa.Schema) -> pa.RecordBatch:
    lines, counts, raws, kept = [], [], [], []
    for line, cells in batch:
        count = len(cells)
        # Empty cells after the last column come from a trailing delimiter: not an error.
        fits = count == width or (count > width and not any(cells[width:]))
        lines.append(line)
        counts.append(width if fits else count)
        raws.append(None if fits else cells)
        kept.append(cells[:width] if count >= width else [*cells, *[""] * (width - count)])
    columns = [pa.array(column, pa.string()) for column in zip(*kept, strict=True)]
    head = [pa.array(lines, pa.int64()), pa.array(counts, pa.int32()), pa.array(raws, pa.list_(pa.string()))]
    return pa.RecordBatch.from_arrays(head + columns, schema=schema)


def _shape(
    landed: Landed,
    name: str,
    contract: Contract | None,
    encoding: str,
    samples: Sequence[tuple[str, list[Row]]],
    sheet: str,
) -> Shape:
    try:
        header = _header_for(contract, samples, name) if contract else _likely_header(samples, name)
    except Invalid as error:
        if landed.kind == "csv" and name.lower().endswith(WORKBOOKS):  # the name promised what the file is not
            raise fault("wrong_type", name=name, found=PLAIN_TEXT) from error
        raise
    delimiter, line, cells = header
    names = tuple(re.sub(r"\s+", " ", cell).strip() for cell in cells)
    while names and not names[-1]:
        names = names[:-1]
    places = _places(contract, names, name, line) if contract else tuple((one, at) for at, one in enumerate(names))
    used = {place for _, place in places}
    ignored = tuple(one for place, one in enumerate(names) if place not in used and one)
    return Shape(landed.kind, encoding, delimiter, line, names, places, ignored, sheet)


def _header_for(contract: Contract, samples: Sequence[tuple[str, list[Row]]], name: str) -> tuple[str, int, list[str]]:
    """Find the delimiter and line whose cells name most of the contract's columns."""
    labels = [one.labels for one in contract.columns]
    best: tuple[int, str, int, list[str]] = (0, "", 0, [])
    for delimiter, rows in samples:
        for line, cells in rows[:HEADER_WITHIN]:
            keys = {label_key(cell) for cell in cells}
            score = sum(not label.isdisjoint(keys) for label in labels)
            if score > best[0]:
                best = (score, delimiter, line, cells)
    if not best[0]:
        _, first = _first_row(samples, name)
        titles = [one.title or one.name for one in contract.columns]
        raise fault("no_header", name=name, missing=titles, found=[cell for cell in first if cell][:30])
    return best[1:]


def _likely_header(samples: Sequence[tuple[str, list[Row]]], name: str) -> tuple[str, int, list[str]]:
    best: tuple[int, str, int, list[str]] = (0, ",", 0, [])
    for delimiter, rows in samples:
        widths = [sum(bool(cell.strip()) for cell in cells) for _, cells in rows if any(cells)]
        if not widths:
            continue
        usual = max(set(widths), key=lambda width: (widths.count(width) * min(width, 50), width))
        line, cells = next(row for row in rows if sum(bool(cell.strip()) for cell in row[1]) >= usual)
        score = usual * widths.count(usual)
        if usual > 1 and score > best[0]:
            best = (score, delimiter, line, cells)
    if best[0]:
        return best[1:]
    line, cells = _first_row(samples, name)
    return samples[0][0], line, cells


def _first_row(samples: Sequence[tuple[str, list[Row]]], name: str) -> Row:
    rows = chain.from_iterable(rows for _, rows in samples)
    found = next((row for row in rows if any(cell.strip() for cell in row[1])), None)
    if found is None:
        raise fault("empty", name=name)
    return found


def _places(contract: Contract, names: Sequence[str], name: str, line: int) -> tuple[tuple[str, int], ...]:
    keys = [label_key(one) for one in names]
    found: list[tuple[str, int]] = []
    missing: list[str] = []
    for column in contract.columns:
        at = [place for place, key in enumerate(keys) if key and key in column.labels]
        exact = [place for place in at if names[place] == column.name]
        if len(exact or at) > 1:
            raise fault("repeated_column", name=name, column=names[at[0]], line=line)
        if at:
            found.append((column.name, (exact or at)[0]))
        else:
            missing.append(column.title or column.name)
    if missing:
        raise fault("missing_columns", name=name, missing=missing, found=[one for one in names if one], line=line)
    return tuple(found)
