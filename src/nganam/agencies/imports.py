"""Bulk import of units, agencies, their codes, successors and duties: the same rows again change nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from nganam.agencies import policies
from nganam.agencies.models import (
    AdminUnit,
    Agency,
    AgencyCode,
    AgencyDuty,
    AgencyKind,
    Duty,
    Succession,
    UnitSuccession,
)
from nganam.agencies.operations import searchable
from nganam.audit import operations as audit
from nganam.cases.requirements import allow
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid

Row = Mapping[str, str]
LEVELS = ("province", "district", "commune")


@dataclass
class Imported:
    """What an import did: rows added and changed per kind of thing."""

    added: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)

    def count(self, what: str, added: int, changed: int = 0) -> None:
        """Note the result for one kind of thing."""
        self.added[what], self.changed[what] = added, changed

    @property
    def anything(self) -> bool:
        """Say whether the import changed the database."""
        return any(self.added.values()) or any(self.changed.values())


@transaction.atomic
def import_agencies(
    rows: Iterable[Row],
    successions: Iterable[Row] = (),
    units: Iterable[Row] = (),
    unit_successions: Iterable[Row] = (),
    duties: Iterable[Row] = (),
    *,
    actor: Actor,
    at: datetime,
) -> Imported:
    """Import everything or nothing; a faulty row raises ``Invalid`` naming the list and the row number.

    Columns: units ``code,name,kind,parent,province_code,valid_from,valid_until``; agencies ``code,name,short_name,kind,
    parent,valid_from,valid_until,unit_code,qcvn102,qd20,note``; successions ``predecessor,successor,on,basis``;
    duties ``duty,agency,valid_from,valid_until,basis``. Days are ISO, an empty ``valid_until`` is "still in force".
    A unit that gives away a part and keeps the rest ends that day, begins again, and is also its own successor.
    """
    allow(policies.may_keep_agencies(actor))
    done = Imported()
    _import_units(list(units), done)
    _import_unit_successions(list(unit_successions), done)
    kept = list(rows)
    _import_list(kept, done)
    _import_codes(kept, done)
    _import_successions(list(successions), done)
    _import_duties(list(duties), done)
    if done.anything:
        audit.record(
            actor=actor, at=at, action="agencies.imported", object_type="agencies.agency", object_code="*",
            details={"added": done.added, "changed": done.changed},
        )  # fmt: skip
    return done


def _wrong(what: str, number: int, text: str) -> Invalid:
    return Invalid(
        _("%(what)s, dòng %(row)d: %(text)s") % {"what": what, "row": number, "text": text},
        hint=_("Sửa dòng này rồi nhập lại; chưa có gì được ghi."),
    )


def _value(row: Row, name: str, what: str, number: int) -> str:
    value = (row.get(name) or "").strip()
    if not value:
        raise _wrong(what, number, _("thiếu cột “%(name)s”.") % {"name": name})
    return value


def _day(row: Row, name: str, what: str, number: int, *, needed: bool = True) -> date | None:
    text = (row.get(name) or "").strip()
    if not text and not needed:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = _("ngày “%(text)s” ở cột “%(name)s” không đúng dạng NĂM-THÁNG-NGÀY.") % {"text": text, "name": name}
        raise _wrong(what, number, message) from error


def _store(
    model: type[models.Model], known: Mapping[Any, Any], wanted: Mapping[Any, Mapping[str, Any]]
) -> tuple[int, int]:
    """Create what is missing, update what differs; return both counts."""
    manager = model._default_manager  # noqa: SLF001 - Django's documented name
    changed: list[Any] = []
    names: set[str] = set()
    for key, values in wanted.items():
        row = known.get(key)
        different = [name for name, value in values.items() if row is not None and getattr(row, name) != value]
        if different:
            for name in different:
                setattr(row, name, values[name])
            names.update(different)
            changed.append(row)
    fresh = [model(**values) for key, values in wanted.items() if key not in known]
    manager.bulk_create(fresh)
    if changed:
        manager.bulk_update(changed, sorted(name.removesuffix("_id") for name in names))
    return len(fresh), len(changed)


def _unit_index() -> dict[tuple[str, date], AdminUnit]:
    return {(one.code, one.valid_from): one for one in AdminUnit.objects.all()}


def _unit_at(code: str, day: date, *, before: bool = False) -> AdminUnit | None:
    """Return the unit that bears ``code`` on ``day``, or (``before``) that bore it until ``day``."""
    rows = AdminUnit.objects.filter(code=code)
    rows = rows.filter(valid_until=day) if before else rows.filter(valid_from__lte=day).exclude(valid_until__lte=day)
    return rows.order_by("-valid_from").first()


def _import_units(rows: list[Row], done: Imported) -> None:
    what, added, changed = _("Đơn vị hành chính"), 0, 0
    for level in LEVELS:
        wanted: dict[tuple[str, date], dict[str, Any]] = {}
        for number, row in enumerate(rows, start=2):
            if _value(row, "kind", what, number) not in LEVELS:
                raise _wrong(what, number, _("cấp “%(kind)s” không hợp lệ.") % {"kind": row["kind"]})
            if row["kind"] == level:
                values = _unit_values(row, what, number)
                wanted[values["code"], values["valid_from"]] = values
        counts = _store(AdminUnit, _unit_index(), wanted)
        added, changed = added + counts[0], changed + counts[1]
    done.count("units", added, changed)


def _unit_values(row: Row, what: str, number: int) -> dict[str, Any]:
    start = _day(row, "valid_from", what, number)
    parent_code = (row.get("parent") or "").strip()
    parent = _unit_at(parent_code, start) if parent_code and start else None
    if parent_code and parent is None:
        raise _wrong(what, number, _("không có đơn vị cấp trên “%(code)s”.") % {"code": parent_code})
    return {
        "code": _value(row, "code", what, number),
        "name": _value(row, "name", what, number),
        "kind": row["kind"],
        "parent_id": parent.pk if parent else None,
        "province_code": _value(row, "province_code", what, number),
        "valid_from": start,
        "valid_until": _day(row, "valid_until", what, number, needed=False),
    }


def _import_unit_successions(rows: list[Row], done: Imported) -> None:
    what = _("Kế tục đơn vị hành chính")
    wanted: dict[tuple[int, int], dict[str, Any]] = {}
    for number, row in enumerate(rows, start=2):
        day = _day(row, "on", what, number)
        assert day is not None  # noqa: S101 - `needed` is the default
        old = _unit_at(_value(row, "predecessor", what, number), day, before=True)
        new = _unit_at(_value(row, "successor", what, number), day)
        if old is None or new is None:
            raise _wrong(what, number, _("không tìm thấy đơn vị cũ hoặc mới vào ngày này."))
        values = {"predecessor_id": old.pk, "successor_id": new.pk, "on": day, "basis": row.get("basis", "")}
        wanted[old.pk, new.pk] = values
    known = {(one.predecessor_id, one.successor_id): one for one in UnitSuccession.objects.all()}
    done.count("unit_successions", *_store(UnitSuccession, known, wanted))


def _import_list(rows: list[Row], done: Imported) -> None:
    what = _("Cơ quan")
    wanted = {row.get("code", ""): _agency_values(row, what, number) for number, row in enumerate(rows, start=2)}
    known = {one.code: one for one in Agency.objects.all()}
    counts = _store(Agency, known, wanted)
    linked = _link_parents(rows, what)
    done.count("agencies", counts[0], counts[1] + (0 if counts[0] else linked))


def _agency_values(row: Row, what: str, number: int) -> dict[str, Any]:
    code, name, short = _value(row, "code", what, number), _value(row, "name", what, number), row.get("short_name", "")
    kind, start = _value(row, "kind", what, number), _day(row, "valid_from", what, number)
    if kind not in AgencyKind.values:
        raise _wrong(what, number, _("loại “%(kind)s” không hợp lệ.") % {"kind": kind})
    unit_code = (row.get("unit_code") or "").strip()
    unit = _unit_at(unit_code, start) if unit_code and start else None
    return {
        "code": code, "name": name, "short_name": short, "kind": kind, "valid_from": start,
        "valid_until": _day(row, "valid_until", what, number, needed=False),
        "unit_id": unit.pk if unit else None, "note": row.get("note", ""), "folded": searchable(code, name, short),
    }  # fmt: skip


def _link_parents(rows: list[Row], what: str) -> int:
    """Set parents in a second pass: a list may name a child before its parent."""
    known = {one.code: one for one in Agency.objects.all()}
    moved: list[Agency] = []
    for number, row in enumerate(rows, start=2):
        code = (row.get("parent") or "").strip()
        if code and code not in known:
            raise _wrong(what, number, _("không có cơ quan cấp trên “%(code)s”.") % {"code": code})
        parent = known[code].pk if code else None
        if known[row["code"]].parent_id != parent:
            known[row["code"]].parent_id = parent
            moved.append(known[row["code"]])
    Agency.objects.bulk_update(moved, ["parent"])
    return len(moved)


def _import_codes(rows: list[Row], done: Imported) -> None:
    agencies = {one.code: one for one in Agency.objects.all()}
    wanted: dict[tuple[int, str, date], dict[str, Any]] = {}
    for row in rows:
        owner = agencies[row["code"]]
        for scheme in ("QCVN102", "QD20"):
            value = (row.get(scheme.lower()) or "").strip()
            if value:
                wanted[owner.pk, scheme, owner.valid_from] = {
                    "agency_id": owner.pk, "scheme": scheme, "value": value,
                    "valid_from": owner.valid_from, "valid_until": owner.valid_until,
                }  # fmt: skip
    known = {(one.agency_id, one.scheme, one.valid_from): one for one in AgencyCode.objects.all()}
    done.count("codes", *_store(AgencyCode, known, wanted))


def _import_successions(rows: list[Row], done: Imported) -> None:
    what = _("Kế tục cơ quan")
    pks = dict(Agency.objects.values_list("code", "pk"))
    wanted: dict[tuple[int, int], dict[str, Any]] = {}
    for number, row in enumerate(rows, start=2):
        old, new = (pks.get(_value(row, name, what, number)) for name in ("predecessor", "successor"))
        if old is None or new is None:
            raise _wrong(what, number, _("không có cơ quan trước hoặc sau."))
        wanted[old, new] = {
            "predecessor_id": old, "successor_id": new, "on": _day(row, "on", what, number),
            "basis": row.get("basis", ""),
        }  # fmt: skip
    known = {(one.predecessor_id, one.successor_id): one for one in Succession.objects.all()}
    done.count("successions", *_store(Succession, known, wanted))


def _import_duties(rows: list[Row], done: Imported) -> None:
    what = _("Nhiệm vụ")
    pks = dict(Agency.objects.values_list("code", "pk"))
    wanted: dict[tuple[str, date], dict[str, Any]] = {}
    for number, row in enumerate(rows, start=2):
        duty, owner = _value(row, "duty", what, number), pks.get(_value(row, "agency", what, number))
        start = _day(row, "valid_from", what, number)
        if owner is None or duty not in Duty.values or start is None:
            raise _wrong(what, number, _("cơ quan hoặc nhiệm vụ không có."))
        wanted[duty, start] = {
            "duty": duty, "agency_id": owner, "valid_from": start, "basis": row.get("basis", ""),
            "valid_until": _day(row, "valid_until", what, number, needed=False),
        }  # fmt: skip
    known = {(one.duty, one.valid_from): one for one in AgencyDuty.objects.all()}
    done.count("duties", *_store(AgencyDuty, known, wanted))
