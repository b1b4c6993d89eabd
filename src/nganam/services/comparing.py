"""Two descriptions of a service side by side, in words: what a page shows of a change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from nganam.law.rules import rules
from nganam.services import changes
from nganam.services.consumers import Consumer, broken_by
from nganam.services.models import Service

VOCABULARIES = {"form": "sharing_form", "method": "sharing_method"}


@dataclass(frozen=True, slots=True)
class Line:
    """One part of the description that differs, both texts in words."""

    label: str
    before: str
    after: str
    major: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs: texts, data items, and which users hold an item that goes."""

    lines: list[Line]
    fields: list[changes.FieldChange]
    broken: list[tuple[Consumer, list[str]]]
    is_major: bool

    @property
    def is_empty(self) -> bool:
        """Say whether the two are the same."""
        return not self.lines and not self.fields


def compare(
    before: Mapping[str, Any], after: Mapping[str, Any], rules_version: str, consumers: Sequence[Consumer] = ()
) -> Comparison:
    """Compare two descriptions field by field; ``consumers`` are those who use the service now."""
    found = changes.changes_between(before, after)
    lines = [
        Line(label_of(one.name), _words(one.name, one.before, rules_version),
             _words(one.name, one.after, rules_version), one.major)
        for one in found
        if one.name != "fields"
    ]  # fmt: skip
    gone = changes.removed_fields(before, after)
    fields = changes.field_changes(before, after)
    return Comparison(lines, fields, broken_by(consumers, gone), changes.is_major(found))


def label_of(name: str) -> str:
    """Return what a part of the description is called."""
    field = Service._meta.get_field(name)  # noqa: SLF001 - Django's public way to a model's fields
    return str(getattr(field, "verbose_name", name))


def _words(name: str, value: Any, rules_version: str) -> str:
    if name in VOCABULARIES:
        return _word(rules_version, VOCABULARIES[name], str(value))
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "–"
    return "–" if value in (None, "") else str(value)


def _word(rules_version: str, vocabulary: str, code: str) -> str:
    words: Iterable[Any] = rules(rules_version).vocabulary(vocabulary)
    found = next((one for one in words if one.code == code), None)
    if found is None:
        return code
    return str(found.en if (get_language() or "vi").startswith("en") else found.vi)
