"""Reads the calendar that ships with the platform (``data/calendar_2024_2028.csv``; its source stands in its head)."""

import csv
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).with_name("data") / "calendar_2024_2028.csv"


def shipped_days(path: Path = SHIPPED) -> Iterator[tuple[date, str, str]]:
    """Yield ``(day, kind, name)`` for each line of the shipped calendar."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            yield date.fromisoformat(row["day"]), row["kind"], row["name"]


def load_calendar(model: Any, only: Collection[date] = ()) -> None:
    """Add the shipped days (or ``only`` these of them) that the table lacks; days already edited stay as they are.

    Days added to the file later are named in ``only``: all the others may have been removed on purpose since.
    """
    shipped = (row for row in shipped_days() if not only or row[0] in only)
    model.objects.bulk_create(
        (model(day=day, kind=kind, name=name) for day, kind, name in shipped), ignore_conflicts=True
    )
