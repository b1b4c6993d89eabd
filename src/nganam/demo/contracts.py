"""Table contracts of the demo sources: what each table's columns are, whom it belongs to, and where its rows lie.

Written by hand in ``data/hop-dong/*.yaml``; those of the statistical tables are derived from ``data/thong-ke``.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

import yaml

from nganam.demo.facts import DATA, Row, table

TYPES = ("text", "integer", "decimal", "date", "datetime", "boolean", "commune")


@dataclass(frozen=True, slots=True)
class ContractColumn:
    """A column, with the attributes and types of the warehouse's contracts."""

    name: str
    title: str
    title_en: str
    type: str
    required: bool = False
    key: bool = False
    personal: bool = False
    unit: str = ""
    description: str = ""
    pattern: str = ""
    allowed: tuple[str, ...] = ()
    codelist: str = ""
    codes_on: str = ""
    additive: bool = False
    search: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """A table contract; ``time`` names the time column or is empty, ``source`` says kind, file, encoding and so on.

    ``sensitive`` names the personal columns of the sensitive kind (Luật 91/2025): ethnic group, health.
    """

    code: str
    title: str
    title_en: str
    agency: str
    description: str
    description_en: str
    unit: str
    time: str
    open: bool
    source: Mapping[str, Any]
    columns: tuple[ContractColumn, ...]
    sensitive: tuple[str, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the order of the source."""
        return tuple(column.name for column in self.columns)

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the key columns."""
        return tuple(column.name for column in self.columns if column.key)

    def to_yaml(self) -> str:
        """Write the contract as it stands beside its source; the warehouse reads its ``columns``."""
        head = {**asdict(self), "source": dict(self.source), "sensitive": list(self.sensitive)}
        return yaml.safe_dump({**head, "columns": self.as_list()}, allow_unicode=True, sort_keys=False, width=120)

    def as_list(self) -> list[dict[str, Any]]:
        """Return the columns as plain data without empty attributes: what a table declaration takes."""
        return [
            {name: value for name, value in asdict(one).items() if value} | {"classification": self.class_of(one)}
            for one in self.columns
        ]

    def class_of(self, column: ContractColumn) -> str:
        """Return how a column may be shared: personal data by its kind, all else as the table is."""
        if column.personal:
            return "sensitive" if column.name in self.sensitive else "personal"
        return "open" if self.open else "shared"


def _contract(raw: dict[str, Any]) -> Contract:
    columns = tuple(
        ContractColumn(**{**column, "allowed": tuple(column.get("allowed", ()))}) for column in raw.pop("columns")
    )
    raw.setdefault("description_en", "")
    return Contract(**{**raw, "columns": columns, "sensitive": tuple(raw.get("sensitive", ()))})


def indicators(code: str) -> dict[str, tuple[str, str]]:
    """Return column → Vietnamese and English label of a statistical table, in its order."""
    rows = (row for row in table("thong-ke/so_lieu") if row["ma_bang"] == code)
    return {row["ma_chi_tieu"]: (row["chi_tieu"], row["chi_tieu_en"]) for row in rows}


def _statistics(entry: Row) -> Contract:
    """Derive the contract of one statistical table: a year per row, an indicator per column."""
    code, unit = entry["ma_bang"], entry["don_vi"]
    return Contract(
        code=code,
        title=entry["ten"],
        title_en=entry["ten_en"],
        agency="CT-TK",
        description=f"{entry['ten']}, tỉnh Sóc Trăng cũ, {entry['tu_nam']}-{entry['den_nam']} ({unit}). "
        f"Nguồn: Tổng cục Thống kê. {entry['ghi_chu']}".strip(),
        description_en=f"{entry['ten_en']}, former Sóc Trăng province, {entry['tu_nam']}-{entry['den_nam']}. "
        f"Source: General Statistics Office. {entry['ghi_chu_en']}".strip(),
        unit=unit,
        time="nam",
        open=True,
        source={
            "kind": "csv",
            "file": f"thong-ke/{code}.csv",
            "encoding": "utf-8",
            "delimiter": ",",
            "skip_lines": 0,
        },
        columns=(
            ContractColumn("nam", "Năm", "Year", "integer", required=True, key=True),
            *(
                ContractColumn(name, label, english, "decimal", unit=unit)
                for name, (label, english) in indicators(code).items()
            ),
            ContractColumn(
                "so_bo", "Số liệu sơ bộ", "Preliminary", "boolean", required=True, description="1 là số liệu sơ bộ"
            ),
        ),
    )


@cache
def contracts() -> dict[str, Contract]:
    """Return all contracts by code."""
    written = [
        _contract(yaml.safe_load(path.read_text("utf-8"))) for path in sorted((DATA / "hop-dong").glob("*.yaml"))
    ]
    derived = [_statistics(entry) for entry in table("thong-ke/bang")]
    return {contract.code: contract for contract in (*written, *derived)}


def contract(code: str) -> Contract:
    """Return one contract."""
    return contracts()[code]
