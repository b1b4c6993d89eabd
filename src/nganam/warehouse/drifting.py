"""At the door: what a source sends besides or against the contract stops a load, until somebody decides to admit it."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit.operations import record
from nganam.cases.requirements import allow
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, RuleBroken
from nganam.warehouse import operations, policies
from nganam.warehouse.engine.checking import Checked
from nganam.warehouse.engine.contract import label_key
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.reading import Shape
from nganam.warehouse.models import Admission, Load, Scope, Table

SHARE = 0.2
"""From this share of rows on, cells that are not of their column's type mean that the column has changed (nội bộ)."""
FEWEST = 20
"""Of fewer rows no share is told."""
REMEMBERED = 20
ADMITTED = {"new_columns": "columns", "types_drifted": "types", "quality": "rules"}
"""Faults that a decision may admit, and what of them is admitted."""


def refuse_columns(load: Load, shape: Shape) -> None:
    """Stop a load whose file has columns neither the contract nor an earlier load of the table knows.

    The first version settles which columns a source has besides; later ones are news. Raises ``Invalid`` (new_columns).
    """
    known = _known(load.table)
    if known is None:
        return
    known |= _admitted(load, "columns")
    new = [one for one in shape.ignored if label_key(one) not in known]
    if new:
        Load.objects.filter(pk=load.pk).update(ignored_columns=list(shape.ignored), header_line=shape.header_line)
        raise fault("new_columns", name=load.name, new=new, line=shape.header_line)


def refuse_types(load: Load, checked: Checked) -> None:
    """Stop a load in which a column is no longer of its type, beyond what single wrong cells are.

    Raises ``Invalid`` (types_drifted).
    """
    if checked.read < FEWEST:
        return
    admitted = _admitted(load, "types")
    gone = {
        name: count
        for name, count in checked.untyped.items()
        if count > SHARE * checked.read and label_key(name) not in admitted
    }
    if gone:
        titles = {one.name: one.title for one in load.table.shape.columns}
        told = [f"{titles[name]} ({count}/{checked.read})" for name, count in gone.items()]
        raise fault("types_drifted", name=load.name, columns=told, counts=gone, read=checked.read)


def drift_of(load: Load) -> list[dict[str, Any]]:
    """Return what a stopped load differs in from the contract: kind, column, and what the page says of it."""
    params = load.fault_params
    if load.fault == "missing_columns":
        return [{"kind": "missing", "column": one} for one in params.get("missing", [])]
    if load.fault == "new_columns":
        return [{"kind": "new", "column": one} for one in params.get("new", [])]
    if load.fault == "types_drifted":
        columns = {one.name: one for one in load.table.shape.columns}
        return [
            {"kind": "type", "column": columns[name].title, "type": columns[name].type, "count": count,
             "read": params["read"]}
            for name, count in params.get("counts", {}).items()
            if name in columns
        ]  # fmt: skip
    return []


def may_admit(actor: Actor, load: Load) -> bool:
    """Say whether the actor may decide about what stopped this load."""
    table = load.table
    return bool(load.fault in ADMITTED and load.landing_sha and not policies.may_load(actor, table.agency.code))


def waits(actor: Actor, load: Load) -> bool:
    """Say whether the actor's decision about a stopped load is still waited for: nothing was loaded since."""
    return may_admit(actor, load) and load.table.loads.first() == load


@transaction.atomic
def admit(*, actor: Actor, at: datetime, load: Load, scope: str, reason: str) -> Load:
    """Load again what drift or a broken rule stopped, by a decision that is kept: for this load, or from now on.

    Rules and types are admitted for one load only: what should hold from now on belongs into the contract. Raises
    ``Invalid`` without a reason or a scope, ``RuleBroken`` when nothing was stopped that a decision could admit, or the
    table has been loaded since: an older file would replace the newer one.
    """
    allow(policies.may_load(actor, load.table.agency.code))
    if load.fault not in ADMITTED:
        raise RuleBroken(
            _("Lượt nạp %(code)s không dừng vì sai khác có thể chấp nhận.") % {"code": load.code},
            article="nội bộ",
            hint=_("Sửa theo lỗi đã báo rồi nạp lại."),
        )
    _check(load, scope, reason)
    again = operations.resume(actor=actor, at=at, load=load)
    drift = _drift(load)
    before = Admission.objects.filter(load=load).first()
    # What was admitted to come so far still is: the file is the same.
    for kind, held in (before.drift if before else {}).items():
        drift[kind] = list(dict.fromkeys([*held, *drift.get(kind, [])]))
    Admission.objects.create(
        stopped=load, load=again, scope=scope, drift=drift, reason=reason.strip()[:500], by=actor.name, decided_at=at
    )
    record(
        actor=actor, at=at, action="warehouse.load.admitted", object_type="warehouse.load", object_code=again.code,
        agency=load.table.agency.code,
        details={"stopped": load.code, "scope": scope, "reason": reason.strip()[:500], **drift},
    )  # fmt: skip
    return again


def _check(load: Load, scope: str, reason: str) -> None:
    found = {}
    if not reason.strip():
        found["reason"] = [_("Ghi lý do chấp nhận.")]
    if scope not in Scope.values:
        found["scope"] = [_("Chọn phạm vi của quyết định.")]
    elif scope == Scope.ALWAYS and load.fault != "new_columns":
        found["scope"] = [_("Chỉ cột thừa mới chấp nhận được từ nay về sau; điều khác thì sửa hợp đồng dữ liệu.")]
    if found:
        raise Invalid(_("Quyết định chưa đủ."), fields=found)


def _drift(load: Load) -> dict[str, list[str]]:
    params = load.fault_params
    found = {"new_columns": params.get("new"), "types_drifted": list(params.get("counts", {}))}
    return {ADMITTED[load.fault]: list(found.get(load.fault) or params.get("rules", []))}


def _known(table: Table) -> set[str] | None:
    """Return the columns the table's source is known to have besides the contract's, None before the first version."""
    # A file of mended rows is let in whatever columns it has: nobody decided about them.
    taken = table.loads.filter(state__in=("committed", "unchanged"), restores=None, mends=None)
    lists = list(taken.exclude(admission__scope=Scope.ONCE).values_list("ignored_columns", flat=True)[:REMEMBERED])
    if not lists and not taken.exists():
        return None
    decided = Admission.objects.filter(stopped__table=table, scope=Scope.ALWAYS)
    return {label_key(one) for known in lists for one in known} | {
        label_key(one) for decision in decided for one in decision.allows("columns")
    }


def _admitted(load: Load, kind: str) -> set[str]:
    decision = Admission.objects.filter(load=load).first()
    return {label_key(one) for one in decision.allows(kind)} if decision else set()
