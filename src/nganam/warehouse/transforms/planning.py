"""Which models there are, in which order they run, over which versions, and which is due."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from nganam.warehouse.engine.faults import fault
from nganam.warehouse.models import Load, Table, Version
from nganam.warehouse.transforms.models import ModelVersion

ACTIVE = ("received", "checking")


def model_of(table: Table) -> ModelVersion | None:
    """Return the model that makes a table's rows now; None for a table that is loaded otherwise."""
    last = table.model_versions.first() if table.pk else None
    return None if last is None or last.is_stopped else last


def models_now() -> list[ModelVersion]:
    """Return the models of all derived tables."""
    newest = ModelVersion.objects.filter(table=OuterRef("table")).order_by("-number").values("pk")[:1]
    held = ModelVersion.objects.filter(pk=Subquery(newest), is_stopped=False)
    return list(held.select_related("table__agency").order_by("table__code"))


def feeds_of(models: Iterable[ModelVersion]) -> dict[str, list[str]]:
    """Return by derived table the tables it reads."""
    return {one.table.code: one.inputs for one in models}


def ring(feeds: Mapping[str, Sequence[str]], start: str) -> list[str]:
    """Return the ring of tables through ``start``, beginning and ending with it; empty when there is none."""
    waiting = [[start]]
    seen: set[str] = set()
    while waiting:
        way = waiting.pop()
        for one in feeds.get(way[-1], ()):
            if one == start:
                return [*way, one]
            if one not in seen:
                seen.add(one)
                waiting.append([*way, one])
    return []


def ordered(feeds: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the derived tables in the order in which they run: each after those it reads, but for rings."""
    try:
        return [one for one in TopologicalSorter(feeds).static_order() if one in feeds]
    except CycleError:  # no saving leads here; but one ring is not to stop the models of a whole province
        return ordered({code: () if ring(feeds, code) else read for code, read in feeds.items()})


def above(feeds: Mapping[str, Sequence[str]], code: str) -> set[str]:
    """Return everything a derived table depends on."""
    found: set[str] = set()
    waiting = [code]
    while waiting:
        for one in feeds.get(waiting.pop(), ()):
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found


def present_versions(codes: Collection[str]) -> dict[str, int]:
    """Return the number of the newest version of each of these tables that has one, all of one moment."""
    last = Version.objects.filter(table=OuterRef("table")).order_by("-number").values("number")[:1]
    found = Version.objects.filter(table__code__in=codes, number=Subquery(last))
    return dict(found.values_list("table__code", "number"))


def plan(model: ModelVersion) -> dict[str, Any]:
    """Return what a run would stand on now: ``{"versions": {table: number}, "contract": digest}``.

    Raises ``Invalid`` (model_waits) when an input has no version yet.
    """
    held = present_versions(model.inputs)
    missing = [one for one in model.inputs if one not in held]
    if missing:
        raise fault("model_waits", tables=missing)
    return _as_inputs(model, held)


def _as_inputs(model: ModelVersion, held: Mapping[str, int]) -> dict[str, Any]:
    return {"versions": {one: held[one] for one in model.inputs}, "contract": model.table.shape.hash}


@dataclass(frozen=True)
class Place:
    """A model in the order of all, and how it stands: due now, waiting for others, or why it does not run."""

    model: ModelVersion
    feeds: tuple[str, ...]
    last: Load | None
    active: Load | None
    is_changed: bool
    missing: tuple[str, ...] = ()
    held_by: tuple[str, ...] = ()
    ring: tuple[str, ...] = ()

    @cached_property
    def is_failed(self) -> bool:
        """Say whether its last run did not succeed, and nothing it stands on has changed since."""
        return self.last is not None and self.last.state == "failed" and not self.is_changed

    @property
    def is_due(self) -> bool:
        """Say whether it is to run now."""
        return self.is_changed and not (self.active or self.missing or self.held_by or self.ring)

    @property
    def is_settled(self) -> bool:
        """Say whether what it makes is made from what there is now: nothing after it has to wait."""
        return not (self.is_changed or self.active or self.is_failed or self.ring)

    @property
    def told(self) -> str:
        """Say how it stands."""
        if self.active:
            return _("Đang chạy")
        if self.ring:
            told = _("Không chạy: các mô hình tạo thành vòng %(ring)s; bỏ một bảng trong vòng khỏi câu SQL")
            return told % {"ring": " ← ".join(self.ring)}
        if self.missing:
            return _("Chờ dữ liệu của %(tables)s") % {"tables": ", ".join(self.missing)}
        if self.held_by:
            return _("Chờ mô hình %(tables)s chạy xong") % {"tables": ", ".join(self.held_by)}
        if self.is_failed:
            return _("Lượt cuối không thành công; chạy lại khi đầu vào hoặc mô hình thay đổi, hay khi bấm Chạy ngay")
        return _("Đến lượt chạy") if self.is_changed else _("Đã chạy với các phiên bản đầu vào hiện tại")


def places() -> list[Place]:
    """Return every model in the order in which they run, each with how it stands."""
    models = {one.table.code: one for one in models_now()}
    feeds = feeds_of(models.values())
    held = present_versions({code for read in feeds.values() for code in read})
    last = _last_runs([one.table_id for one in models.values()])
    active = {one.table_id: one for one in Load.objects.filter(state__in=ACTIVE)}
    made: dict[str, Place] = {}
    for code in ordered(feeds):
        model, inputs = models[code], feeds[code]
        before = last.get(model.table_id)
        missing = tuple(one for one in inputs if one not in held)
        changed = not missing and (before is None or not _is_same(before, model, _as_inputs(model, held)))
        waits = tuple(one for one in sorted(above(feeds, code)) if not _is_quiet(one, made))
        way = tuple(ring(feeds, code))
        made[code] = Place(model, tuple(inputs), before, active.get(model.table_id), changed, missing, waits, way)
    return list(made.values())


def _is_quiet(code: str, made: Mapping[str, Place]) -> bool:
    """Say whether a table above is as it will stay: what others make of it would else be made twice, or be half old."""
    return code not in made or made[code].is_settled


def _is_same(before: Load, model: ModelVersion, inputs: dict[str, Any]) -> bool:
    return before.model_id == model.pk and before.inputs == inputs


def _last_runs(tables: Collection[int]) -> dict[int, Load]:
    last = Load.objects.filter(table=OuterRef("table"), model__isnull=False).order_by("-pk").values("pk")[:1]
    return {one.table_id: one for one in Load.objects.filter(Q(table__in=tables), pk=Subquery(last))}
