"""A Data Package (datapackage.org): a ZIP of one CSV and ``datapackage.json``, which says what each column is."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from nganam.warehouse.engine.contract import Column, Contract
from nganam.warehouse.engine.files import Batches, write_csv

TYPES: Final[Mapping[str, str]] = {
    "text": "string", "commune": "string", "integer": "integer", "decimal": "number", "date": "date",
    "datetime": "datetime", "boolean": "boolean",
}  # fmt: skip
WHEN: Final = (2000, 1, 1, 0, 0, 0)
"""The day of every member: the same version always gives the same bytes."""


@dataclass(frozen=True, slots=True)
class About:
    """What the package tells of itself: ``name`` for machines (a slug), ``version`` of the table, ``created`` ISO."""

    name: str
    title: str
    description: str
    version: str
    created: str


def write_package(target: Path, batches: Batches, contract: Contract, about: About, *, keyed: bool) -> int:
    """Write the package to ``target``; return the rows. ``keyed`` says that all key columns are among those given."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        with book.open(_member(f"{about.name}.csv"), "w", force_zip64=True) as out:
            counted = _Counted(out)
            rows = write_csv(counted, batches, list(contract.names), bom=False)
        told = descriptor(contract, about, keyed=keyed, size=counted.size, sha256=counted.digest.hexdigest())
        book.writestr(_member("datapackage.json"), json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    return rows


def descriptor(contract: Contract, about: About, *, keyed: bool, size: int, sha256: str) -> dict[str, Any]:
    """Return the description of the package: one tabular resource with its Table Schema."""
    schema: dict[str, Any] = {"fields": [_field(one) for one in contract.columns], "missingValues": [""]}
    if keyed and contract.key:
        schema["primaryKey"] = list(contract.key)
    resource = {
        "name": about.name,
        "title": about.title,
        "path": f"{about.name}.csv",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": size,
        "hash": f"sha256:{sha256}",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": schema,
    }
    told = {
        "profile": "tabular-data-package",
        "name": about.name,
        "title": about.title,
        "description": about.description,
        "version": about.version,
        "created": about.created,
        "resources": [resource],
    }
    return {name: value for name, value in told.items() if value}


def _field(column: Column) -> dict[str, Any]:
    told: dict[str, Any] = {"name": column.name, "type": TYPES[column.type], "title": column.title}
    if column.description or column.unit:
        told["description"] = " ".join(one for one in (column.description, column.unit and f"({column.unit})") if one)
    rules = _constraints(column)
    return {**told, "constraints": rules} if rules else told


def _constraints(column: Column) -> dict[str, Any]:
    """Return the column's rules as the Table Schema has them; the limit of an instant is a day here: left out."""
    told: dict[str, Any] = {"required": True} if column.required else {}
    if column.allowed:
        told["enum"] = list(column.allowed)
    if column.pattern and TYPES[column.type] == "string":
        told["pattern"] = column.pattern
    if column.type != "datetime":
        told |= {
            name: value if column.type == "date" else _number(value)
            for name, value in (("minimum", column.minimum), ("maximum", column.maximum))
            if value
        }
    return told


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _member(name: str) -> zipfile.ZipInfo:
    told = zipfile.ZipInfo(name, WHEN)
    told.compress_type = zipfile.ZIP_DEFLATED
    told.external_attr = 0o644 << 16
    return told


class _Counted:
    """Passes on what is written, and knows its size and digest."""

    def __init__(self, out: BinaryIO | Any) -> None:
        self.out, self.size, self.digest = out, 0, hashlib.sha256()

    def write(self, chunk: bytes) -> None:
        self.out.write(chunk)
        self.size += len(chunk)
        self.digest.update(chunk)
