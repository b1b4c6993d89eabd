"""Files of a version for people and machines to take away: CSV, XLSX, JSON, NDJSON, Parquet, GeoJSON.

The same version always gives the same bytes, so a checksum published once stays true. Everything streams; a file has
its name only once it is whole.
"""

import csv
import hashlib
import io
import json
import os
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from nganam.kernel.digest import file_sha256
from nganam.kernel.errors import Invalid
from nganam.warehouse.engine.contract import ARROW, Contract

FORMATS: Final = ("csv", "xlsx", "json", "parquet", "geojson")
MEDIA_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
}
BOM: Final = b"\xef\xbb\xbf"
XLSX_ROWS: Final = 1_048_575
EXCEL_BEGINS: Final = 1900
LONGEST_XLSX: Final = 32_767
XLSX_NUMBER_DIGITS: Final = 10**15
FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
"""How a cell begins that a spreadsheet would run, or that has been kept from it before."""
Batches = Iterable[pa.RecordBatch]
Geometries = Mapping[str, Mapping[str, Any]]
LON: Final = frozenset({"lon", "lng", "long", "longitude", "kinh_do"})
LAT: Final = frozenset({"lat", "latitude", "vi_do"})


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file."""

    path: Path
    format: str
    size: int
    sha256: str
    rows: int


def write(
    batches: Batches,
    contract: Contract,
    kind: str,
    target: Path,
    *,
    bom: bool = True,
    geometries: Geometries | None = None,
    titles: bool = False,
    harmless: bool = False,
) -> Written:
    """Write a version's rows as ``kind`` to ``target``.

    CSV begins with a byte order mark unless ``bom`` is false: without it Excel shows Vietnamese as noise.
    ``geometries`` gives GeoJSON geometries by commune code. ``titles`` heads CSV and XLSX with titles instead of names.
    ``harmless`` keeps a spreadsheet from running a CSV cell as a formula; the cell is then not what the table holds.
    Raises ``Invalid`` when the table cannot take the form (no place for GeoJSON, too many rows for XLSX).
    """
    heads = [one.title or one.name if titles else one.name for one in contract.columns]
    fill = _writer(kind, contract, heads, bom=bom, geometries=geometries, harmless=harmless)

    def into(path: Path) -> int:
        with path.open("wb") as out:
            return fill(out, batches)

    return keep(target, kind, into)


def keep(target: Path, kind: str, fill: Callable[[Path], int]) -> Written:
    """Let ``fill`` write a file beside ``target`` and return its rows; it gets its name once it is whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    waiting = target.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        rows = fill(waiting)
        with waiting.open("rb+") as out:
            os.fsync(out.fileno())
        size, sha = waiting.stat().st_size, file_sha256(waiting)
        waiting.replace(target)
    finally:
        waiting.unlink(missing_ok=True)
    return Written(target, kind, size, sha, rows)


def formats_for(contract: Contract, *, rows: int, geometries: bool) -> tuple[str, ...]:
    """Return the forms a table can take."""
    has_place = (geometries and contract.first_of("commune") != "") or all(lon_lat(contract))
    left_out = ({"geojson"} if not has_place else set()) | ({"xlsx"} if rows > XLSX_ROWS else set())
    return tuple(one for one in FORMATS if one not in left_out)


def content_sha256(batches: Batches, contract: Contract) -> str:
    """Return a digest of the rows themselves: the same for every form and machine."""
    sink = _Digest()
    write_csv(sink, batches, list(contract.names), bom=False)
    return sink.digest.hexdigest()


def as_json(value: Any) -> Any:
    """Return a value as JSON says it: dates and instants as ISO text."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _writer(
    kind: str, contract: Contract, heads: list[str], *, bom: bool, geometries: Geometries | None, harmless: bool
) -> Callable[[Any, Batches], int]:
    if kind == "csv":
        return lambda out, batches: write_csv(out, batches, heads, bom=bom, harmless=harmless)
    if kind == "xlsx":
        return lambda out, batches: _xlsx(out, batches, contract, heads)
    if kind == "json":
        return lambda out, batches: _array(out, _objects(batches), b"[\n", b"\n]\n")
    if kind == "ndjson":
        return lambda out, batches: _lines(out, _objects(batches))
    if kind == "parquet":
        return lambda out, batches: _parquet(out, batches, contract)
    if kind == "geojson":
        return lambda out, batches: _geojson(out, batches, contract, geometries)
    raise Invalid(f"Không có dạng tệp “{kind}”.", fields={"format": [f"dùng một trong: {', '.join(FORMATS)}"]})


def write_csv(out: Any, batches: Batches, heads: list[str], *, bom: bool, harmless: bool = False) -> int:
    """Write rows as CSV (RFC 4180 with LF) to an open file, batch by batch; return how many."""
    out.write(BOM if bom else b"")
    count = 0
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(harmless_cell, heads) if harmless else heads)
    for batch in batches:
        count += batch.num_rows
        writer.writerows(zip(*(_text(one, harmless=harmless) for one in batch.columns), strict=True))
        out.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()
    out.write(text.getvalue().encode())  # the header alone, when there are no rows
    return count


def harmless_cell(cell: str) -> str:
    """Keep a spreadsheet from running a cell as a formula: cells come from files nobody here has written."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def as_it_was(cell: str) -> str:
    """Undo ``harmless_cell``."""
    return cell[1:] if cell[:1] == "'" and FORMULA.match(cell) else cell


def _text(column: pa.Array, *, harmless: bool = False) -> list[Any]:
    """Write dates, instants, booleans and numbers one way, whichever library wrote the lake."""
    if harmless and pa.types.is_string(column.type):
        return [value and harmless_cell(value) for value in column.to_pylist()]
    if pa.types.is_timestamp(column.type):
        seconds = column.cast(pa.timestamp("s", tz="UTC"), safe=False)
        if not seconds.cast(column.type).equals(column):
            return [as_json(value) for value in column.to_pylist()]
        column = pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ")
    elif pa.types.is_date(column.type) or pa.types.is_boolean(column.type):
        column = column.cast(pa.string())
    values: list[Any] = column.to_pylist()
    if pa.types.is_floating(column.type):
        return [None if value is None else _number(value) for value in values]
    return values


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < XLSX_NUMBER_DIGITS else repr(value)


def _xlsx(out: BinaryIO, batches: Batches, contract: Contract, heads: list[str]) -> int:
    import xlsxwriter  # noqa: PLC0415 - a web process writes no files: it starts 0.1 s sooner and 20 MB smaller

    options = {"constant_memory": True, "strings_to_numbers": False, "strings_to_formulas": False,
               "strings_to_urls": False, "default_date_format": "dd/mm/yyyy"}  # fmt: skip
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 - the file must not depend on when it is written
    sheet = book.add_worksheet("Dữ liệu")
    bold, moment = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss"})
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head, bold)
    sheet.freeze_panes(1, 0)
    line = 0
    texts = [ARROW[one.type] == pa.string() for one in contract.columns]
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns]
        for row in zip(*columns, strict=True):
            line += 1
            if line > XLSX_ROWS:
                raise Invalid("Bảng có nhiều dòng hơn mức một tệp XLSX chứa được.", hint="Dùng CSV hoặc Parquet.")
            for place, value in enumerate(row):
                if value is None:
                    continue
                if texts[place]:  # identifiers among them: never a number, so leading zeros stay
                    sheet.write_string(line, place, value[:LONGEST_XLSX])
                else:
                    _xlsx_cell(sheet, line, place, value, moment)
    book.close()
    return line


def _xlsx_cell(sheet: Any, line: int, place: int, value: Any, moment: Any) -> None:
    """Write one cell that is no text; numbers Excel would round are written as text."""
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, int | float):
        exact = abs(value) < XLSX_NUMBER_DIGITS or isinstance(value, float)
        sheet.write_number(line, place, value) if exact else sheet.write_string(line, place, str(value))
    elif isinstance(value, datetime):
        sheet.write_datetime(line, place, value.astimezone(UTC).replace(tzinfo=None), moment)
    elif value.year < EXCEL_BEGINS:
        sheet.write_string(line, place, value.isoformat())
    else:
        sheet.write_datetime(line, place, value)


def _parquet(out: BinaryIO, batches: Batches, contract: Contract) -> int:
    count = 0
    with pq.ParquetWriter(out, contract.schema(), compression="zstd") as writer:
        for batch in batches:
            count += batch.num_rows
            writer.write_batch(batch)
    return count


def _objects(batches: Batches) -> Iterator[bytes]:
    encoder = msgspec.json.Encoder()
    for batch in batches:
        for row in batch.to_pylist():
            yield encoder.encode({name: as_json(value) for name, value in row.items()})


def _lines(out: BinaryIO, items: Iterable[bytes]) -> int:
    count = 0
    for count, item in enumerate(items, 1):  # noqa: B007 - the last one is the answer
        out.write(item + b"\n")
    return count


def _array(out: BinaryIO, items: Iterable[bytes], opening: bytes, closing: bytes) -> int:
    out.write(opening)
    count = 0
    for item in items:
        out.write(b",\n" + item if count else item)
        count += 1
    out.write(closing)
    return count


def _geojson(out: BinaryIO, batches: Batches, contract: Contract, geometries: Geometries | None) -> int:
    commune = contract.first_of("commune") if geometries else ""
    lon, lat = lon_lat(contract)
    if not commune and not (lon and lat):
        raise Invalid(
            "Bảng không có cột mã xã hay tọa độ nên không thành bản đồ được.",
            hint="Khai báo một cột kiểu “commune”, hoặc hai cột kinh_do và vi_do.",
        )
    drawn = {
        code: json.dumps(shape, ensure_ascii=False, separators=(",", ":")) for code, shape in (geometries or {}).items()
    }

    def features() -> Iterator[bytes]:
        encoder = msgspec.json.Encoder()
        for batch in batches:
            for row in batch.to_pylist():
                if lon and lat:
                    shape = _point(row[lon], row[lat])
                else:
                    shape = drawn.get(row[commune] or "", "null")
                values = encoder.encode({name: as_json(value) for name, value in row.items()})
                yield b'{"type":"Feature","geometry":' + shape.encode() + b',"properties":' + values + b"}"

    return _array(out, features(), b'{"type":"FeatureCollection","features":[\n', b"\n]}\n")


def _point(lon: float | None, lat: float | None) -> str:
    known = lon is not None and lat is not None
    return f'{{"type":"Point","coordinates":[{lon!r},{lat!r}]}}' if known else "null"


def lon_lat(contract: Contract) -> tuple[str, str]:
    """Return the names of the columns of longitude and latitude: decimals called so; "" where there is none."""
    numbers = [one.name for one in contract.columns if one.type == "decimal"]
    lon = next((name for name in numbers if name in LON), "")
    lat = next((name for name in numbers if name in LAT), "")
    return lon, lat


class _Digest:
    """A file that only digests."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        self.digest.update(chunk)
