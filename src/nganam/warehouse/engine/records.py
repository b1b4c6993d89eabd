"""Files of records: JSON, NDJSON, GeoJSON, XML, Shapefile, GeoPackage. Each gives rows of text under named fields.

A field inside another is named by the way to it, joined by dots (``dia_chi.ma_xa``); a list is kept as JSON text. What
is repeated in the file (which list, which element, which layer) is found when there is one, else it must be said.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from nganam.kernel.errors import Invalid
from nganam.warehouse.engine import headings, json_records, layers, xml_records
from nganam.warehouse.engine.contract import Contract
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.landing import Landed

KINDS: Final = frozenset({"json", "jsonl", "geojson", "xml", "shp", "gpkg"})
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Fields in the order they first appear, which part of the file the records are, its encoding and old letters."""

    fields: tuple[str, ...]
    inside: str
    encoding: str = "utf-8"
    letters: str = ""


def layout(landed: Landed, name: str, asked: str = "", encoding: str = "") -> Layout:
    """Find what the records of a file are; ``asked`` chooses among several parts, ``encoding`` that of a DBF file.

    The whole file is gone through, so that what cannot be read is told at once. Raises ``Invalid``.
    """
    if landed.kind == "xml":
        found = Layout(*xml_records.layout(landed.path, name, asked))
    elif landed.kind in {"shp", "gpkg"}:
        found = Layout(*layers.layout(landed, name, asked, encoding))
    else:
        found = Layout(*json_records.layout(landed.path, name, landed.kind, asked))
    if not found.fields:
        raise fault("no_records", name=name)
    return found


def rows(landed: Landed, name: str, found: Layout) -> Iterator[Row]:
    """Yield the records in their order."""
    if landed.kind == "xml":
        return xml_records.rows(landed.path, name, found.inside)
    if landed.kind in {"shp", "gpkg"}:
        return layers.rows(landed, name, found.inside, found.encoding)
    return json_records.rows(landed.path, name, landed.kind, found.inside)


def lines(landed: Landed, name: str, found: Layout) -> Iterator[headings.Row]:
    """Yield the number of each record, from 1, and its cells in the order of the fields."""
    for number, row in enumerate(rows(landed, name, found), 1):
        yield number, [row.get(one, "") for one in found.fields]


def heading(found: Layout) -> headings.Heading:
    """Return the fields as a heading: each is called by the whole way to it, or by its last part where that is one."""
    paths = tuple(tuple(part for part in one.split(".") if part) or (one,) for one in found.fields)
    return headings.Heading("", 0, 0, paths, joint=".")


def places(contract: Contract, found: headings.Heading, name: str) -> tuple[tuple[str, int], ...]:
    """Return for each column of the contract the place of its field; raise ``Invalid`` (missing_fields)."""
    try:
        return headings.places(contract, found, name)
    except Invalid as error:
        if error.details.get("fault") != "missing_columns":
            raise
        told = error.details["params"]
        raise fault("missing_fields", name=name, missing=told["missing"], found=list(found.names)[:60]) from error


def first(landed: Landed, name: str, found: Layout, most: int) -> list[list[str]]:
    """Return the cells of the first records."""
    return [cells for _, cells in islice(lines(landed, name, found), most)]
