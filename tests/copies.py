"""Many cases like one that real deeds have built: every row a scene wrote, copied under codes of its own.

A copy has its history, record, clocks, papers, seats and whatever else its room keeps, so a page of a copy is as rich
as the page of the case that was walked through. What was there before the scene (a service, say) copies share.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction

CODE = re.compile(r"[A-Z]{2,4}-\d{4}-\d{4,}")
NOT_COPIED = ("jobs", "django_tasks_database", "sessions", "notices.outboxevent", "notices.mail", "cases.submission",
              "documents.numberregister", "audit.head", "deadlines.localterm", "agencies.agency")  # fmt: skip
NAMED = {("documents.paper", "number"), ("sharing.application", "code"), ("catalogue.shareddatabase", "name")}
"""What is unique together with something else and would not be told apart by that."""
Rows = dict[type[models.Model], dict[Any, models.Model]]


@dataclass
class Sample:
    """The rows of a scene by table and key, and the case it returned."""

    rows: Rows
    case: Any


@dataclass
class Change:
    """How a copy differs: rows it uses in place of the sample's, words it says in place of others, days later.

    ``values`` are those of fields by table and name: ``{("catalogue.edition", "state"): "published"}``.
    """

    rows: Mapping[tuple[type[models.Model], Any], Any] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    days: int = 0
    values: Mapping[tuple[str, str], Any] = field(default_factory=dict)


def _tables() -> list[type[models.Model]]:
    return [
        one for one in apps.get_models(include_auto_created=True)
        if one._meta.label_lower not in NOT_COPIED and one._meta.app_label not in NOT_COPIED
    ]  # fmt: skip


def _highest(table: type[models.Model]) -> int:
    found = table._base_manager.order_by("-pk").values_list("pk", flat=True).first()
    return found if isinstance(found, int) else 0


def taken(build: Callable[[], Any]) -> Sample:
    """Run a scene and return what it wrote."""
    before = {table: _highest(table) for table in _tables() if isinstance(_auto(table), models.IntegerField)}
    case = build()
    found = {table: list(table._base_manager.filter(pk__gt=last)) for table, last in before.items()}
    return Sample({table: {one.pk: one for one in rows} for table, rows in found.items() if rows}, case)


def undone(build: Callable[[], Any]) -> Sample:
    """Run a scene, return what it wrote, and take it back."""
    with transaction.atomic():
        sample = taken(build)
        transaction.set_rollback(True)
    return sample


def _code(row: models.Model) -> str:
    """Return the public code of a row that has one to itself, or of the case it is about."""
    about = getattr(row, "object_code", "")
    return str(about or (row.code if any(one.name == "code" and one.unique for one in row._meta.fields) else ""))


def _auto(table: type[models.Model]) -> Any:
    return table._meta.pk


class Copier:
    """Writes copies of samples: numbers go on from the highest there are, rows go out in bulk."""

    def __init__(self, start: int = 100_000) -> None:
        self.number = start
        self.keys: dict[type[models.Model], int] = {}
        self.waiting: dict[type[models.Model], list[models.Model]] = {}

    def copy(self, sample: Sample, change: Change | None = None) -> None:
        """Make one copy; it is in the database after ``write``."""
        change = change or Change()
        self.number += 1
        own = sample.rows
        keys = {(table, key): self._key(table) for table, rows in own.items() for key in rows}
        say = _replacing({**change.words, **self._codes(own)})
        for table, rows in own.items():
            for row in rows.values():
                new = table(**{one.attname: self._value(one, row, keys, change, say) for one in table._meta.fields})
                self.waiting.setdefault(table, []).append(new)

    def _key(self, table: type[models.Model]) -> int:
        self.keys[table] = self.keys.get(table) or _highest(table)
        self.keys[table] += 1
        return self.keys[table]

    def _codes(self, own: Rows) -> dict[str, str]:
        """Return new codes for every one of the rows: of one kind they are numbered one after the other."""
        old = dict.fromkeys(code for rows in own.values() for row in rows.values() if (code := _code(row)))
        return {code: self._new(code, place) for place, code in enumerate(old)}

    def _new(self, code: str, place: int) -> str:
        stem = code.rpartition("-")[0] if CODE.fullmatch(code) else code[:40]
        return f"{stem}-{place}{self.number:06d}"

    def _value(self, one: Any, row: Any, keys: Any, change: Change, say: Callable[[str], str]) -> Any:
        value = change.values.get((row._meta.label_lower, one.name), getattr(row, one.attname))
        if value is None or one.primary_key or one.is_relation:
            at = (one.related_model or type(row), value)
            return None if value is None else keys.get(at, change.rows.get(at, value))
        if isinstance(one, models.UUIDField):
            return UUID(int=(self.number << 64) + row.pk)
        if isinstance(value, datetime | date):
            return value + timedelta(days=change.days)
        return self._text(one, value, say)

    def _text(self, one: Any, value: Any, say: Callable[[str], str]) -> Any:
        if isinstance(one, models.JSONField):
            return json.loads(say(json.dumps(value, ensure_ascii=False)))
        if not isinstance(value, str):
            return value
        said = say(value)
        named = (one.model._meta.label_lower, one.name) in NAMED
        return f"{self.number}-{value}"[: one.max_length] if said == value and value and (one.unique or named) else said

    def write(self) -> None:
        """Write everything that was copied; nobody has drawn the numbers in between."""
        with transaction.atomic():
            for table, rows in self.waiting.items():
                table._base_manager.bulk_create(rows, batch_size=2_000)
            self._go_on()
        self.waiting.clear()
        self.keys.clear()

    def _go_on(self) -> None:
        from nganam.audit.models import Entry, Head

        last = Entry.objects.order_by("-seq").first()
        Head.objects.update(seq=last.seq if last else 0)
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(self.waiting)):
                cursor.execute(statement)


def _replacing(words: Mapping[str, str]) -> Callable[[str], str]:
    if not words:
        return str
    pattern = re.compile("|".join(re.escape(one) for one in sorted(words, key=len, reverse=True)))
    return lambda text: pattern.sub(lambda found: words[found[0]], text) if text else text


def many(
    sample: Sample, count: int, *, change: Callable[[int], Change] = lambda _number: Change(), start: int = 100_000
) -> None:
    """Write so many copies of a sample, each with the change for its number; their codes go on from ``start``."""
    copier = Copier(start)
    for number in range(count):
        copier.copy(sample, change(number))
    copier.write()
