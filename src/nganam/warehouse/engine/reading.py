"""From a landed file to rows of text.

First the shape (encoding, old letters, delimiter, sheet, where the header stands, which cell is which column), each
part found, or as somebody asked (:class:`Asked`); then the rows in batches into a Parquet file of texts: ``_line`` the
line in the file (or the number of the record), ``_cells`` how many cells the row had, ``_raw`` the cells of a row
whose number of cells is wrong, and ``c0``, ``c1`` … the cells in file order.
"""

import codecs
import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine

from nganam.kernel.errors import Invalid
from nganam.warehouse.engine import headings, letters, records
from nganam.warehouse.engine.cells import LONGEST_CELL, Point
from nganam.warehouse.engine.contract import Contract
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.landing import MEGABYTE, Landed
from nganam.warehouse.engine.manner import DELIMITERS, FOUND, Asked

BATCH: Final = 20_000
SAMPLE_LINES: Final = 200
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
MOST_STRANGE: Final = 2_000
Row = headings.Row
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Shape:
    """What was found about a file: ``places`` gives each contract column its cell; ``ignored`` names cells not used.

    ``letters`` are old letters the text is in (``letters.NAMES``); the header stands on the lines ``header_first`` to
    ``header_line``, and ``numbering`` is a line below it that only numbers the columns (0: none).
    """

    kind: str
    encoding: str
    delimiter: str
    header_line: int
    header: tuple[str, ...]
    places: tuple[tuple[str, int], ...]
    ignored: tuple[str, ...] = ()
    sheet: str = ""
    letters: str = ""
    header_first: int = 0
    numbering: int = 0
    missing: tuple[str, ...] | None = None

    @property
    def point(self) -> str:
        """Return the decimal sign to assume where the column itself leaves it open.

        Excel set to Vietnamese writes semicolons since its decimal sign is the comma; machines write commas and points.
        """
        return "," if self.delimiter == ";" else "."


class Place:
    """How far into a text file its reader is, in bytes; other files are read whole or by parts, and stay at 0."""

    def __init__(self) -> None:
        self.file: BinaryIO | None = None
        self.last = 0

    @property
    def at(self) -> int:
        """Return the place; after the end, the end."""
        if self.file is not None and not self.file.closed:
            self.last = self.file.tell()
        return self.last


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of text on disk; ``points`` are cells known to be written with a decimal point (numbers in workbooks)."""

    path: Path
    count: int
    points: frozenset[int]


def inspect(landed: Landed, name: str, contract: Contract | None = None, asked: Asked = FOUND) -> Shape:
    """Find the shape of a file; raise ``Invalid`` saying what is missing where.

    Without a contract the header is the first line with as many cells as most lines have.
    """
    if landed.kind in records.KINDS:
        return _records_shape(landed, name, contract, asked)
    if landed.kind == "xlsx":
        sheet = _sheet(landed.path, name, asked.sheet)
        rows = list(islice(_sheet_rows(sheet), SAMPLE_LINES))
        old = asked.encoding if asked.encoding in letters.NAMES else ""
        if not asked.encoding:
            old = letters.of_text(cell for _, cells in rows for cell in cells)
        ranges = headings.near(sheet.merged_cell_ranges or [], rows)
        samples = [("", headings.unmerged(list(_in_unicode(rows, one)), ranges)) for one in dict.fromkeys((old, ""))]
        return _shape(landed, name, contract, samples, asked, ranges, encoding="xlsx", letters=old, sheet=sheet.name)
    encoding, old = _encoding(landed.path, name, asked.encoding)
    with _open(landed.path, encoding) as file:
        lines = list(islice(_composed(file), SAMPLE_LINES))
    # Over columns in an old font the heading is often in Unicode: it is tried both ways.
    found = [
        (sign, list(_in_unicode(_sample(lines, sign), one)))
        for one in dict.fromkeys((old, ""))
        for sign in asked.delimiter or DELIMITERS
    ]
    return _shape(landed, name, contract, found, asked, [], encoding=encoding, letters=old)


def rows_of(landed: Landed, name: str, shape: Shape, place: Place | None = None) -> Iterator[Row]:
    """Yield line number and cells of every row below the header that is not wholly empty; ``place`` goes along."""
    if shape.kind in records.KINDS:
        found = records.Layout(shape.header, shape.sheet, shape.encoding, shape.letters)
        rows: Iterable[Row] = records.lines(landed, name, found)
    elif shape.kind == "xlsx":
        rows = _sheet_rows(_sheet(landed.path, name, shape.sheet))
    else:
        rows = _csv_rows(landed.path, name, shape, place or Place())
    for line, cells in _in_unicode(rows, shape.letters):
        if line > shape.header_line and line != shape.numbering and any(cell and not cell.isspace() for cell in cells):
            yield line, cells


def extract(
    landed: Landed, name: str, shape: Shape, target: Path, change: Callable[[Row], Row] | None = None, width: int = 0,
    *, told: Told = lambda _rows, _place: None,
) -> Rows:  # fmt: skip
    """Write all rows as text to ``target`` (Parquet) in batches; raise ``Invalid`` (no_rows) when there are none.

    ``change`` is done to each row before; ``width`` says how many cells a row then has. ``told`` hears after each batch
    how many rows there are and how far into a text file, in bytes, they reach.
    """
    width = width or len(shape.header)
    schema = pa.schema(
        [("_line", pa.int64()), ("_cells", pa.int32()), ("_raw", pa.list_(pa.string()))]
        + [(f"c{place}", pa.string()) for place in range(width)]
    )
    count = 0
    points: set[int] = set()
    place = Place()
    with pq.ParquetWriter(target, schema, compression="lz4", use_dictionary=False) as out:
        found = rows_of(landed, name, shape, place)
        rows = map(change, found) if change else found
        while batch := list(islice(rows, BATCH)):
            count += len(batch)
            points |= _points(batch)
            out.write_batch(_arrow(batch, width, schema))
            told(count, place.at)
    if not count:
        raise fault("no_rows", name=name)
    return Rows(target, count, frozenset(points))


def _encoding(path: Path, name: str, asked: str) -> tuple[str, str]:
    """Return the Python codec of a text file, and the old letters it is in: as asked, by its mark, or by its words.

    Raises ``Invalid`` (encoding) with the line where reading failed.
    """
    if asked in letters.NAMES:
        whole = not _first_bad_line(path, "utf-8")  # exported as Unicode from a workbook in an old font
        return ("utf-8-sig" if whole else letters.LATIN), asked
    with path.open("rb") as file:
        head = file.read(4)
    marked = next((codec for mark, codec in BOMS if head.startswith(mark)), "")
    codec = marked if asked in {"", marked.removesuffix("-sig")} else asked
    failed = _first_bad_line(path, codec or "utf-8")
    if asked and failed:
        raise fault("not_encoded", name=name, line=failed, asked=asked)
    if not failed:
        return codec or "utf-8", "" if asked else letters.of_text(_strange_lines(path, codec or "utf-8"))
    if not codec:
        old = letters.of_bytes(_strange_lines(path, letters.LATIN), _as_cp1258)
        if old or _is_windows_1258(path):
            return (letters.LATIN, old) if old else ("cp1258", "")
    raise fault("encoding", name=name, line=failed)


def _strange_lines(path: Path, encoding: str) -> Iterator[str]:
    """Yield the first lines that are more than ASCII."""
    with _open(path, encoding) as file:
        yield from islice((line for line in file if not line.isascii()), MOST_STRANGE)


def _as_cp1258(text: str) -> str:
    return unicodedata.normalize("NFC", text.encode(letters.LATIN, "replace").decode("cp1258", "replace"))


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
            except UnicodeError:  # no mark of its byte order
                return line
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


def _composed(lines: Iterable[str]) -> Iterator[str]:
    """Compose letters and marks (Windows-1258 stores them apart) and drop NUL, which the csv reader refuses."""
    for line in lines:
        yield line if line.isascii() and "\x00" not in line else unicodedata.normalize("NFC", line).replace("\x00", "")


def _in_unicode(rows: Iterable[Row], old: str) -> Iterator[Row]:
    """Turn cells in old letters into Unicode, each by itself: others of its row may be in Unicode already."""
    for line, cells in rows:
        yield line, [_letters_of(cell, old) for cell in cells] if old else cells


def _letters_of(cell: str, old: str) -> str:
    return cell if type(cell) is Point else letters.to_unicode(cell, old)


def _csv_rows(path: Path, name: str, shape: Shape, place: Place) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    with _open(path, shape.encoding) as file:
        place.file = cast("BinaryIO", file.buffer)
        reader = csv.reader(_composed(file), delimiter=shape.delimiter)
        start = 1
        try:
            for cells in reader:
                yield start, cells
                start = reader.line_num + 1
        except csv.Error as error:
            raise fault("broken_quotes", name=name, line=start) from error
        place.last = place.file.tell()


def _sample(lines: Sequence[str], delimiter: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter)
    start = 1
    try:
        for cells in reader:
            yield start, cells
            start = reader.line_num + 1
    except csv.Error:
        return


def _sheet(path: Path, name: str, asked: str = "") -> python_calamine.CalamineSheet:
    """Return the sheet called ``asked``, else the first visible one that holds anything."""
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        visible = [one.name for one in book.sheets_metadata if one.visible == python_calamine.SheetVisibleEnum.Visible]
        filled, found = None, []
        for one in visible or book.sheet_names:  # one at a time: each takes the memory of all its cells
            sheet = book.get_sheet_by_name(one)
            found += [one] if sheet.end is not None else []
            if sheet.end is not None and asked in {"", one}:
                filled = sheet
                break
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise fault("broken_workbook", name=name) from error
    if filled is None and asked:
        raise fault("no_sheet", name=name, asked=asked, found=found)
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
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else Point(repr(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value.total_seconds()) if isinstance(value, timedelta) else str(value)


def _points(batch: Sequence[Row]) -> set[int]:
    return {place for _, cells in batch for place, cell in enumerate(cells) if type(cell) is Point}


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
    landed: Landed, name: str, contract: Contract | None, samples: Sequence[headings.Sample], asked: Asked,
    ranges: Sequence[headings.Range], *, encoding: str, letters: str, sheet: str = "",
) -> Shape:  # fmt: skip
    line = asked.header_line
    try:
        found = (
            headings.for_contract(contract, samples, name, line, ranges)
            if contract
            else headings.likely(samples, name, line, ranges)
        )
    except Invalid as error:
        if landed.kind == "csv" and name.lower().endswith(WORKBOOKS):  # the name promised what the file is not
            raise fault("wrong_type", name=name, found=PLAIN_TEXT) from error
        raise
    names = found.names
    places = headings.places(contract, found, name) if contract else tuple((one, at) for at, one in enumerate(names))
    used = {place for _, place in places}
    ignored = tuple(one for place, one in enumerate(names) if place not in used and one)
    return Shape(
        landed.kind, encoding, found.delimiter, found.line, names, places, ignored, sheet, letters, found.first,
        found.numbering, asked.missing,
    )  # fmt: skip


def _records_shape(landed: Landed, name: str, contract: Contract | None, asked: Asked) -> Shape:
    """Find the shape of a file of records: each has its line, by its number, and the fields are the heading."""
    found = records.layout(landed, name, asked.sheet, asked.encoding)
    heading = records.heading(found)
    places = (
        records.places(contract, heading, name) if contract else tuple((one, at) for at, one in enumerate(found.fields))
    )
    used = {place for _, place in places}
    ignored = tuple(one for place, one in enumerate(found.fields) if place not in used)
    return Shape(
        landed.kind, found.encoding, "", 0, found.fields, places, ignored, found.inside, found.letters,
        missing=asked.missing,
    )  # fmt: skip
