"""What changed between two descriptions of a service, and whether it may break those who use it. Pure functions.

A description is the plain content of a version: the texts of D24.3 by name, and ``fields`` as a list of data items.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Content = Mapping[str, Any]

TEXTS = (
    "name", "name_en", "description", "form", "method", "parameters", "technical_docs", "structure", "no_data",
    "not_permitted", "capacity", "access_notes", "lookup_columns", "filter_columns", "operations",
    "rate_per_minute", "usage_term_days",
)  # fmt: skip
"""Everything of a description but its data items, in the order it is shown."""
BREAKING = frozenset({
    "form", "method", "parameters", "structure", "no_data", "not_permitted", "lookup_columns", "filter_columns",
    "operations", "fields",
})  # fmt: skip
"""What users build on, and what the appraisal looked at: a change of it is major."""
NARROWED = frozenset({"rate_per_minute", "usage_term_days"})
"""Limits: users lose when one gets narrower, and nothing when it gets wider."""
ENDLESS = float("inf")


@dataclass(frozen=True, slots=True)
class Change:
    """One part of the description that differs; ``major`` says it must be appraised again."""

    name: str
    before: Any
    after: Any
    major: bool


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A data item that comes, goes or changes: ``kind`` is added, removed or changed."""

    name: str
    kind: str
    before: Content | None = None
    after: Content | None = None

    @property
    def title(self) -> str:
        """Return what the item is called, by its newer description."""
        return str((self.after or self.before or {}).get("title") or self.name)


def changes_between(before: Content, after: Content) -> list[Change]:
    """Return every part that differs, in the order of the description."""
    found = [
        Change(name, before.get(name), after.get(name), _breaks(name, before.get(name), after.get(name)))
        for name in TEXTS
        if _said(before, name) != _said(after, name)
    ]
    if _items(before) != _items(after):
        found.append(Change("fields", list(_items(before)), list(_items(after)), major=True))
    return found


def _said(content: Content, name: str) -> Any:
    """Return a part; versions from before there were operations say none."""
    return content.get(name, [] if name == "operations" else None)


def is_major(changes: Sequence[Change]) -> bool:
    """Say whether the version must be appraised before it takes effect."""
    return any(one.major for one in changes)


def _breaks(name: str, before: Any, after: Any) -> bool:
    if name in NARROWED:
        return _at_most(before) > _at_most(after)
    return name in BREAKING


def _at_most(value: Any) -> float:
    return ENDLESS if value is None else float(value)


def _items(content: Content) -> dict[str, dict[str, Any]]:
    return {str(one["name"]): dict(one) for one in content.get("fields", [])}


def field_changes(before: Content, after: Content) -> list[FieldChange]:
    """Return the data items that differ: those gone first, then the new and the changed in their order."""
    old, new = _items(before), _items(after)
    gone = [FieldChange(name, "removed", before=one) for name, one in old.items() if name not in new]
    come = [FieldChange(name, "added", after=one) for name, one in new.items() if name not in old]
    changed = [
        FieldChange(name, "changed", old[name], one) for name, one in new.items() if name in old and old[name] != one
    ]
    return gone + come + changed


def removed_fields(before: Content, after: Content) -> list[str]:
    """Return the names of the data items that ``after`` no longer offers."""
    return [name for name in _items(before) if name not in _items(after)]


def overlaid(base: Content, changed: Content) -> dict[str, Any]:
    """Return ``base`` with the parts of ``changed`` in their place: what a pending version will say."""
    return {**base, **changed}


def only_changed(before: Content, after: Content) -> dict[str, Any]:
    """Return the parts of ``after`` that differ from ``before``: what a version keeps until it takes effect."""
    return {one.name: after.get(one.name) for one in changes_between(before, after)}
