"""Sandbox copies: for a table a replica of made-up rows, so that a program can be written before it is granted.

A copy is made of the table's contract alone. It stands beside the real replicas, under a name no table can have.
"""

import fcntl
import json
from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from nganam.agencies.queries import unit_codes_on
from nganam.codelists import queries as codelists
from nganam.kernel.clock import local_date
from nganam.kernel.digest import canonical_json, sha256_hex
from nganam.serving import withdrawn
from nganam.warehouse.engine import made_up, replica
from nganam.warehouse.engine.contract import quote
from nganam.warehouse.models import Table

PREFIX = "thu_"
"""Codes of tables have no underscore (they are slugs), so that no copy is taken for a table or the other way."""
MADE = "made.json"
SHOWN = 5
COMMUNES = 40


def name_of(table: Table) -> str:
    """Return the name of a table's sandbox copy among the replicas."""
    return PREFIX + table.code


def place(table: Table) -> Path:
    """Return the folder of a table's sandbox copy."""
    return Path(settings.DATA) / "replicas" / name_of(table)


def ensure_copy(table: Table, *, at: datetime) -> bool:
    """Make the copy when there is none, or the contract has changed since; return whether it was made.

    Who comes while another makes it leaves it to them: builders tidy the folder, and would take each other's files.
    """
    folder = place(table)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return _ensure(table, folder, at)


def _ensure(table: Table, folder: Path, at: datetime) -> bool:
    communes, codes = known_codes(table, at)
    digest = sha256_hex(canonical_json([made_up.MAKER, table.shape.hash, communes, *([codes] if codes else [])]))
    told = replica.current(folder)
    is_whole = told is not None and replica.knows_changes(told) and (folder / told["file"]).is_file()
    is_whole = is_whole and told is not None and not withdrawn.why_out(folder / told["file"])
    if is_whole and told and replica.finds(told, replica.finding(table.shape)) and _made_of(folder) == digest:
        return False
    rows = made_up.batch(table.shape, seed=table.code, communes=communes, codes=codes)
    replica.build(folder, table.shape, told["version"] + 1 if told else 1, [rows], as_of=at)
    # Last: a process killed before makes the copy once more, and nothing else.
    waiting = folder / f".{MADE}.new"
    waiting.write_text(json.dumps({"of": digest}), encoding="ascii")
    waiting.replace(folder / MADE)
    return True


def known_codes(table: Table, at: datetime) -> tuple[list[str], dict[str, list[str]]]:
    """Return the communes' codes and those of shared lists by which made-up rows of a table are written."""
    return _communes(table, at), _codes(table, at)


def _communes(table: Table, at: datetime) -> list[str]:
    """Return valid codes for the columns of communes; public facts, nobody's."""
    if not table.shape.first_of("commune"):
        return []
    return sorted(unit_codes_on(table.communes_on or local_date(at)))[:COMMUNES]


def _codes(table: Table, at: datetime) -> dict[str, list[str]]:
    """Return codes in force of the shared lists that columns name, of the day a column names or of today."""
    lists, today = codelists.public_named(table.shape.codelists), local_date(at)
    days = {one.codelist: one.codes_on for one in table.shape.columns if one.codelist}
    found = {}
    for code, one in lists.items():
        named = days[code] if days[code] not in table.shape.names else ""
        day = date.fromisoformat(named) if named else today
        found[code] = sorted(codelists.code_table(one).codes_on(day))[:COMMUNES]
    return {code: valid for code, valid in found.items() if valid}


def _made_of(folder: Path) -> str:
    try:
        return str(json.loads((folder / MADE).read_bytes())["of"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def examples(table: Table, columns: Sequence[str], most: int = SHOWN) -> list[tuple[Any, ...]]:
    """Return values of these columns in the first rows of the copy, [] while there is none: what a caller may try."""
    told = replica.current(place(table))
    # The file's own columns: the contract may have changed since, and the copy is made anew within a minute.
    there = {one["name"] for one in told["columns"]} if told else set()
    known = [name for name in columns if name in there]
    if told is None or not known or len(known) < len(columns):
        return []
    with closing(replica.connect(place(table) / told["file"])) as base:
        found = base.execute(f"SELECT {', '.join(map(quote, known))} FROM rows LIMIT ?", [most])  # noqa: S608 - our own contract
        return [tuple(row) for row in found]
