"""Erasing rows by decision of a court or an authority, or for the person they are about: one proposes, one confirms.

What has been erased leaves every version, replica, made file and received file, and is not taken in again when a source
still sends it. The record says by which paper, how many rows and by whom, never whose.
"""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit.operations import record
from nganam.cases.operations import next_code
from nganam.cases.requirements import allow
from nganam.face.telling import kept
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, RuleBroken, StateMoved
from nganam.notices.operations import announce, notify
from nganam.warehouse import operations, places, policies, queries, sealing, told
from nganam.warehouse.engine import erasing as engine
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.erasure_models import Basis, ErasedValue, Erasure, ErasureState
from nganam.warehouse.models import Load, Table, Version

PREFIX: Final = "XDL"
MOST_VALUES: Final = 100
LONGEST: Final = 200
UNDER_WAY: Final = (ErasureState.PROPOSED, ErasureState.CONFIRMED, ErasureState.CLEANING)


def propose(
    *, actor: Actor, at: datetime, table: Table, column: str, values: Iterable[str], basis: str, reason: str,
    paper: str = "", paper_on: date | None = None,
) -> Erasure:  # fmt: skip
    """Propose to erase all rows that have one of ``values`` in ``column``; nothing happens until another confirms.

    Raises ``Invalid`` naming the fields that are wrong or a column whose values name nobody, ``RuleBroken`` while
    another erasure of the table waits or runs, or before the first load.
    """
    allow(policies.may_load(actor, table.agency.code))
    given = _values(values)
    made = Erasure(
        table=table, column=column, count=len(given), basis=basis, reason=reason.strip(), paper=paper.strip(),
        paper_on=paper_on, proposed_at=at, proposed_by=actor.name, proposer=actor.code,
    )  # fmt: skip
    _check(made, given, at=at)
    if queries.current_version(table) is None:
        raise RuleBroken(_("Bảng chưa có dữ liệu để xóa."), article="nội bộ", hint=_("Nạp dữ liệu trước."))
    return _propose(made, given, actor=actor, at=at)


@transaction.atomic
def _propose(made: Erasure, values: Sequence[str], *, actor: Actor, at: datetime) -> Erasure:
    operations.hold(made.table)
    waiting = made.table.erasures.filter(state__in=UNDER_WAY).first()
    if waiting:
        raise RuleBroken(
            _("Bảng đang có đề nghị xóa %(code)s chưa xong.") % {"code": waiting.code}, article="nội bộ",
            hint=_("Xác nhận hoặc rút đề nghị đó trước."),
        )  # fmt: skip
    made.code = next_code(PREFIX, at)
    sealed = sealing.seal(_keys(), json.dumps(list(values)), _bound(made))
    made.key, made.sealed = sealed.key, sealed.content
    made.save(force_insert=True)
    _record("proposed", made, actor=actor, at=at, details={"values": made.count, "basis": made.basis})
    notify(
        at=at, title=kept(told.ERASURE_PROPOSED) % {"table": made.table.title},
        body=kept(told.ERASURE_WAITS) % {"code": made.code, "by": made.proposed_by}, link=made.get_absolute_url(),
        role=Role.LEAD, event="warehouse.erasure.proposed",
    )  # fmt: skip
    return made


def _values(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(text for one in values if (text := unicodedata.normalize("NFC", one).strip())))


def _check(made: Erasure, values: Sequence[str], *, at: datetime) -> None:
    found: dict[str, list[str]] = {}
    if made.column not in {one.name for one in columns(made.table)}:
        found["column"] = [_("Chọn cột chữ, mã xã hoặc số nguyên nhận ra người cần xóa.")]
    if not values:
        found["values"] = [_("Ghi ít nhất một giá trị, mỗi giá trị một dòng.")]
    elif len(values) > MOST_VALUES or max(map(len, values)) > LONGEST:
        limits = {"most": MOST_VALUES, "longest": LONGEST}
        found["values"] = [_("Mỗi lần nhiều nhất %(most)s giá trị, mỗi giá trị không quá %(longest)s ký tự.") % limits]
    if made.basis not in Basis.values:
        found["basis"] = [_("Chọn một căn cứ.")]
    if not made.reason:
        found["reason"] = [_("Ghi lý do xóa.")]
    if made.basis != Basis.SUBJECT and not (made.paper and made.paper_on):
        found["paper"] = [_("Ghi số, ký hiệu và ngày của bản án, quyết định hoặc văn bản kết luận.")]
    if made.paper_on and made.paper_on > local_date(at):
        found["paper_on"] = [_("Ngày văn bản không được sau hôm nay.")]
    if found:
        raise Invalid(_("Đề nghị xóa chưa đúng."), fields=found)


def columns(table: Table) -> list[Any]:
    """Return the columns by whose values rows can be erased; those of the key and personal ones first."""
    able = [one for one in table.shape.columns if one.type in engine.ERASABLE]
    return sorted(able, key=lambda one: (not one.personal, not one.key))


@transaction.atomic
def withdraw(*, actor: Actor, at: datetime, erasure: Erasure) -> Erasure:
    """Take a proposal back before it is confirmed; its values are kept no longer."""
    allow(policies.may_load(actor, erasure.table.agency.code))
    held = _held(erasure)
    _settle(held, ErasureState.WITHDRAWN, decided_at=at, decided_by=actor.name)
    _record("withdrawn", held, actor=actor, at=at)
    return held


def confirm(*, actor: Actor, at: datetime, erasure: Erasure) -> Load:
    """Let an erasure begin: a load of the table erases the rows. Nobody confirms what they proposed.

    Raises ``RuleBroken`` for the proposer and while a load of the table is under way, ``StateMoved`` when somebody has
    decided already.
    """
    allow(policies.may_confirm_erasure(actor, erasure.table.agency.code))
    if actor.code == erasure.proposer:
        raise RuleBroken(
            _("Người đề nghị không tự xác nhận việc xóa."), article="nội bộ",
            hint=_("Nhờ cán bộ đầu mối khác của cơ quan hoặc cơ quan chủ trì xác nhận."),
        )  # fmt: skip
    with transaction.atomic():
        held = _held(erasure)
        name = kept(told.ERASES) % {"code": held.code}
        load = operations.open_load(
            Load(table=held.table, by=actor.name, name=name, reason=held.reason[:500]), actor=actor, at=at
        )
        held.load, held.state, held.decided_at, held.decided_by = load, ErasureState.CONFIRMED, at, actor.name
        held.save(update_fields=["load", "state", "decided_at", "decided_by"])
        _record("confirmed", held, actor=actor, at=at, details={"load": load.code, "values": held.count})
    return load


@transaction.atomic
def lift(*, actor: Actor, at: datetime, erasure: Erasure, reason: str) -> Erasure:
    """Take rows with the erased values in again from now on; what was erased does not come back by itself."""
    allow(policies.may_confirm_erasure(actor, erasure.table.agency.code))
    if not reason.strip():
        raise Invalid(_("Cần lý do cho nhận lại."), fields={"reason": [_("Ghi lý do cho nhận lại các giá trị này.")]})
    held = Erasure.objects.select_for_update(of=("self",)).select_related("table__agency").get(pk=erasure.pk)
    if not held.holds_back:
        raise RuleBroken(_("Việc xóa này không còn chặn giá trị nào."), article="nội bộ", hint=_("Tải lại trang."))
    held.lifted_at, held.lifted_by, held.lift_reason = at, actor.name, reason.strip()[:500]
    held.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    held.values_erased.all().delete()
    _record("lifted", held, actor=actor, at=at, details={"reason": held.lift_reason})
    return held


def _held(erasure: Erasure) -> Erasure:
    operations.hold(erasure.table)
    held = Erasure.objects.select_for_update(of=("self",)).select_related("table__agency").get(pk=erasure.pk)
    if not held.is_proposed:
        raise StateMoved(
            _("Đề nghị %(code)s đã được xử lý.") % {"code": held.code}, state=held.state, by=held.decided_by,
            at=held.decided_at, hint=_("Tải lại trang để xem."),
        )  # fmt: skip
    return held


def _settle(erasure: Erasure, state: str, **values: Any) -> None:
    """End an erasure; what it was about is kept no longer."""
    erasure.state, erasure.key, erasure.sealed = state, "", b""
    for name, value in values.items():
        setattr(erasure, name, value)
    erasure.save()


def values_of(erasure: Erasure) -> list[str]:
    """Return the values of an erasure that is not over; raise a fault when they do not open any more."""
    try:
        text = sealing.unseal(_keys(), sealing.Sealed(erasure.key, bytes(erasure.sealed)), _bound(erasure))
    except sealing.Unopened:
        raise fault("erasure_sealed", erasure=erasure.code) from None
    return [str(one) for one in json.loads(text)]


def found(erasure: Erasure) -> dict[int, int]:
    """Return how many rows of each version a proposed erasure would take."""
    versions = [version_kept(one) for one in erasure.table.versions.select_related("load").order_by("number")]
    return engine.counts(places.lake(erasure.table), versions, erasure.column, values_of(erasure))


def version_kept(version: Version) -> engine.Kept:
    """Return a version as the engine takes it."""
    return engine.Kept(version.number, version.delta_version, version.shape, version.load.code)


def erased(table: Table) -> engine.Erased | None:
    """Return what the table must not take in again; None without any. Raises a fault when the salt is gone.

    Values of a column that is gone are looked for in all that could be it under another name.
    """
    rows = ErasedValue.objects.filter(
        erasure__table=table, erasure__state__in=[ErasureState.CLEANING, ErasureState.DONE],
        erasure__lifted_at=None,
    ).values_list("erasure__column", "digest")  # fmt: skip
    by_column: dict[str, set[str]] = {}
    able = [one.name for one in columns(table)]
    for column, digest in rows:
        for name in [column] if column in able else able:
            by_column.setdefault(name, set()).add(digest)
    if not by_column:
        return None
    return engine.Erased(salt(), {name: frozenset(held) for name, held in by_column.items()})


def salt() -> str:
    """Return the platform's salt of erased values; it is made once, and must not be lost while digests are kept."""
    path = _keys().parent / "erased" / sealing.FIRST
    if not path.is_file():
        if ErasedValue.objects.exists():
            raise fault("erasure_salt")
        sealing.make_key(path.parent, sealing.FIRST)
    return path.read_bytes().hex()


def end(erasure: Erasure, *, actor: Actor, at: datetime) -> None:
    """Note that nothing is left of what was erased, and forget what it was; in the caller's transaction."""
    _settle(erasure, ErasureState.DONE, done_at=at)
    told_of = {one: erasure.outcome.get(one, 0) for one in ("received", "kept_apart", "rejected")}
    details = {"rows": erasure.removed, "versions": len(erasure.versions), **told_of}
    _record("done", erasure, actor=actor, at=at, details=details)
    announce(
        "warehouse.erasure.done", at=at, object_type="warehouse.erasure", object_code=erasure.code,
        payload={"table": erasure.table.code, "rows": erasure.removed},
    )  # fmt: skip
    notify(
        at=at, title=kept(told.ERASURE_DONE) % {"table": erasure.table.title},
        body=kept(told.ERASURE_FIGURES) % {"code": erasure.code, "rows": erasure.removed},
        link=erasure.get_absolute_url(), agency=erasure.table.agency.code, role=Role.FOCAL,
        event="warehouse.erasure.done",
    )  # fmt: skip


def _keys() -> Path:
    return Path(settings.DATA) / "keys" / "erasures"


def _bound(erasure: Erasure) -> list[str]:
    return ["warehouse.erasure", erasure.code, erasure.column]


@transaction.atomic
def give_back(erasure: Erasure) -> None:
    """Let an erasure whose load failed wait for a confirmation again: nothing has been erased."""
    Erasure.objects.filter(pk=erasure.pk, state=ErasureState.CONFIRMED).update(
        state=ErasureState.PROPOSED, decided_at=None, decided_by=""
    )


def _record(deed: str, erasure: Erasure, *, actor: Actor, at: datetime, details: dict[str, Any] | None = None) -> None:
    record(
        actor=actor, at=at, action=f"warehouse.erasure.{deed}", object_type="warehouse.table",
        object_code=erasure.table.code, agency=erasure.table.agency.code,
        details={"erasure": erasure.code, "column": erasure.column, "paper": erasure.paper, **(details or {})},
    )  # fmt: skip
