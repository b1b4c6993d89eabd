"""Rejected rows at rest: every one of a load, in a file of its own, to be taken away, mended and sent back.

The file (Parquet, compressed) has the line, the flaws as JSON and the cells as received; its metadata hold the heading
of the file they came in, and which cell is which column.
"""

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from nganam.warehouse.engine.checking import Rejection
    from nganam.warehouse.engine.reading import Shape

BATCH: Final = 5_000
SCHEMA: Final = pa.schema([("line", pa.int64()), ("flaws", pa.string()), ("cells", pa.list_(pa.string()))])
HEADER, PLACES = b"nganam.header", b"nganam.places"
XLSX_ROWS: Final = 1_048_575
LONGEST_XLSX: Final = 32_767


@dataclass(frozen=True, slots=True)
class Kept:
    """A rejected row: its line in the file it came in, what was wrong, its cells."""

    line: int
    flaws: list[dict[str, Any]]
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of the file the rows came in, and for each column of the contract the place of its cell."""

    names: tuple[str, ...]
    places: Mapping[str, int]


def write(target: Path, shape: "Shape", rows: "Iterable[Rejection]", first: int) -> "tuple[Rejection, ...]":
    """Write all ``rows`` to ``target`` as they come, and return the first of them."""
    told = {HEADER: json.dumps(shape.header), PLACES: json.dumps(dict(shape.places))}
    shown: list[Rejection] = []
    left = iter(rows)
    with pq.ParquetWriter(target, SCHEMA.with_metadata(told), compression="zstd") as out:
        while batch := list(islice(left, BATCH)):
            shown += batch[: max(0, first - len(shown))]
            flaws = [json.dumps([asdict(flaw) for flaw in one.flaws], ensure_ascii=False) for one in batch]
            columns = ([one.line for one in batch], flaws, [list(one.cells) for one in batch])
            out.write_batch(
                pa.RecordBatch.from_arrays(
                    [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
                )
            )
    return tuple(shown)


def settle(waiting: Path, final: Path) -> None:
    """Give a finished file its name for good: on the disk, and found again after the power failed."""
    final.parent.mkdir(parents=True, exist_ok=True)
    with waiting.open("rb") as file:
        os.fsync(file.fileno())
    waiting.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def heading(path: Path) -> Heading:
    """Return the heading of the file the rows came in."""
    told = pq.read_schema(path).metadata
    return Heading(tuple(json.loads(told[HEADER])), json.loads(told[PLACES]))


def rows(path: Path, lines: Collection[int] | None = None) -> Iterator[Kept]:
    """Yield the rows in the order of the file; of these ``lines`` only, if any are given."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH):
            for one in batch.to_pylist():
                if lines is None or one["line"] in lines:
                    yield Kept(one["line"], json.loads(one["flaws"]), [cell or "" for cell in one["cells"]])


def write_xlsx(out: BinaryIO, table: Iterable[list[str]]) -> None:
    """Write rows, the heading first, as a workbook in which every cell is text: zeros at the beginning stay."""
    import xlsxwriter  # noqa: PLC0415 - few processes write workbooks: they start sooner and smaller

    plain = {"constant_memory": True, "strings_to_numbers": False, "strings_to_formulas": False,
             "strings_to_urls": False}  # fmt: skip
    book = xlsxwriter.Workbook(out, plain)
    text = book.add_format({"num_format": "@"})  # or what is typed over it becomes a number again
    sheet = book.add_worksheet("Dòng bị loại")
    sheet.freeze_panes(1, 0)
    for line, cells in enumerate(islice(table, XLSX_ROWS + 1)):
        for place, cell in enumerate(cells):
            sheet.write_string(line, place, cell[:LONGEST_XLSX], text)
    book.close()
