"""What changed from one release of a dataset to the next, counted once and kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nganam.opendata.models import Release
from nganam.portal import preview
from nganam.portal.keeping import kept
from nganam.warehouse import queries as warehouse
from nganam.warehouse.engine.contract import Column

SAMPLE = 20


@dataclass(frozen=True, slots=True)
class Step:
    """A release and how many rows it added, changed and removed; None for the first one."""

    release: Release
    difference: dict[str, int] | None


def steps(releases: Sequence[Release]) -> list[Step]:
    """Return each release, newest first, with its difference from the one before."""
    before = [*releases[1:], None]
    return [Step(one, _difference(one, previous)) for one, previous in zip(releases, before, strict=True)]


def _difference(release: Release, previous: Release | None) -> dict[str, int] | None:
    if previous is None:
        return None
    now, then = release.version, previous.version
    if now.number == then.number + 1:
        return {"added": now.added, "changed": now.changed, "removed": now.removed}
    found: dict[str, int] = kept(release, f"difference-{previous.number}.json", lambda: _counted(release, previous))
    return found


def _counted(release: Release, previous: Release) -> dict[str, int]:
    found = warehouse.difference_between(previous.version, release.version)
    return {"added": found.added, "changed": found.changed, "removed": found.removed}


@dataclass(frozen=True, slots=True)
class Changed:
    """One cell, or one whole row, that differs, as people read it."""

    kind: str
    key: str
    column: str = ""
    before: str = ""
    after: str = ""


def changed(release: Release, previous: Release | None) -> list[Changed]:
    """Return the first differences from the release before; none when it was not the version just before."""
    if previous is None or release.version.number != previous.version.number + 1:
        return []
    told = kept(release, "changes.json", lambda: _listed(release))
    columns = {one.name: one for one in release.version.shape.columns}
    return [_shown(one, columns) for one in told]


def _shown(told: dict[str, Any], columns: dict[str, Column]) -> Changed:
    column = columns.get(told.get("column", ""))
    if column is None:
        return Changed(told["kind"], told["key"])
    before, after = (preview.text(preview.value_of(told[when], column), column) for when in ("before", "after"))
    return Changed(told["kind"], told["key"], column.title, before, after)


def _listed(release: Release) -> list[dict[str, Any]]:
    keys = release.version.shape.key
    return [line for change in warehouse.changes(release.version, limit=SAMPLE) for line in _lines(change, keys)]


def _lines(change: Any, keys: Sequence[str]) -> list[dict[str, Any]]:
    row = change.after or change.before or {}
    told = {"kind": change.kind, "key": " · ".join(str(row[name]) for name in keys)}
    if change.kind != "changed":
        return [told]
    return [
        {**told, "column": name, "before": change.before[name], "after": change.after[name]} for name in change.columns
    ]
