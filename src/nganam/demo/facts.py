"""Read the facts of the demo province: units, agencies, statistics, climate, schools, health facilities.

Every table is a list of dictionaries of text, as in its file: codes keep their leading zeros and nothing is guessed.
"""

import csv
import json
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

DATA = Path(__file__).parent / "data"
MERGER_ON = date(2025, 7, 1)
"""The day Sóc Trăng became part of Cần Thơ and districts ended (NQ 202/2025/QH15, NQ 1668/NQ-UBTVQH15)."""

Row = dict[str, str]


class Unit(NamedTuple):
    """An administrative unit while it held its code: half-open period, ``valid_until`` None while in force."""

    code: str
    name: str
    kind: str
    type: str
    parent: str
    province_code: str
    valid_from: date
    valid_until: date | None
    note: str

    def holds(self, day: date) -> bool:
        """Say whether the unit existed under this code and name on ``day``."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


class AgencyFact(NamedTuple):
    """An agency of the demo; ``qcvn102`` and ``qd20`` are empty where no official code is known."""

    code: str
    name: str
    short_name: str
    kind: str
    parent: str
    valid_from: date
    valid_until: date | None
    unit_code: str
    qcvn102: str
    qd20: str
    note: str


def table(name: str) -> list[Row]:
    """Return the rows of ``data/<name>.csv``, for example ``table("giao-duc/truong_hoc")``."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def geojson(name: str) -> dict[str, Any]:
    """Return ``data/ban-do/<name>.geojson``: ``xa_2025`` (43 communes) or ``xa_2009`` (109, coarse)."""
    loaded: dict[str, Any] = json.loads((DATA / "ban-do" / f"{name}.geojson").read_text(encoding="utf-8"))
    return loaded


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@cache
def units() -> tuple[Unit, ...]:
    """Return every unit of the file, old and new; a code may stand more than once (reused over time)."""
    return tuple(
        Unit(**{**row, "valid_from": date.fromisoformat(row["valid_from"]), "valid_until": _day(row["valid_until"])})  # type: ignore[arg-type]
        for row in table("hanh-chinh/don_vi")
    )


def units_on(day: date, kind: str = "") -> dict[str, Unit]:
    """Return the units in force on ``day`` by code, of one kind (province, district, commune) if given."""
    return {unit.code: unit for unit in units() if unit.holds(day) and kind in ("", unit.kind)}


def boundaries() -> dict[str, Any]:
    """Return the boundaries of today's communes, each with the day its unit is in force from (``hieu_luc_tu``)."""
    drawn, begun = geojson("xa_2025"), {one.code: one.valid_from for one in units() if one.valid_until is None}
    for feature in drawn["features"]:
        feature["properties"]["hieu_luc_tu"] = begun[feature["properties"]["ma_xa"]].isoformat()
    return drawn


@cache
def new_communes() -> dict[str, str]:
    """Return code → name of the 43 communes now standing on the former province's ground."""
    names = {row["successor"]: row["successor_name"] for row in _merger()}
    return dict(sorted(names.items()))


@cache
def _merger() -> tuple[Row, ...]:
    on = MERGER_ON.isoformat()
    return tuple(row for row in table("hanh-chinh/anh_xa") if row["on"] == on and row["district"])


@cache
def commune_successors() -> dict[str, str]:
    """Return old commune code → new commune code for the 108 communes of 2025-06-30."""
    return {row["predecessor"]: row["successor"] for row in _merger()}


@cache
def population_2009() -> dict[str, int]:
    """Return 2009 population by new commune code (sample total 1 190 994, below the published census)."""
    people: Counter[str] = Counter()
    for row in table("hanh-chinh/dan_so_2009"):
        people[row["ma_xa_moi"]] += int(row["dan_so"])
    return dict(sorted(people.items()))


@cache
def agencies() -> tuple[AgencyFact, ...]:
    """Return the agencies of both provinces, parents before children."""
    return tuple(
        AgencyFact(
            **{**row, "valid_from": date.fromisoformat(row["valid_from"]), "valid_until": _day(row["valid_until"])}  # type: ignore[arg-type]
        )
        for row in table("co-quan/co_quan")
    )


def successions() -> list[Row]:
    """Return predecessor, successor, on, basis, note of agencies."""
    return table("co-quan/ke_tuc")


def duties() -> list[Row]:
    """Return which agency held which duty of the regulation: duty, agency, valid_from, valid_until, basis."""
    return table("co-quan/nhiem_vu")


def sources() -> list[Row]:
    """Return source and licence of each data file: tep, noi_dung, nguon, giay_phep, da_lam, lay_ngay."""
    return table("nguon")
