"""Every write of the room: draw a public code, open a case, move it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.cases import holding, parties, queries, seats
from nganam.cases.models import Case, History, Submission
from nganam.deadlines import operations as deadlines
from nganam.documents.operations import next_number
from nganam.kernel.actors import Actor
from nganam.kernel.clock import VIETNAM, local_date
from nganam.kernel.codes import public_code
from nganam.kernel.errors import Invalid, StateMoved
from nganam.kernel.machine import Transition
from nganam.law.rules import rules_on
from nganam.notices import operations as notices

C = TypeVar("C", bound=Case)
hold = holding.hold
OWN_FIELDS = frozenset({"id", "code", "state", "version", "created_at", "updated_at"})


def next_code(prefix: str, at: datetime) -> str:
    """Draw the next public code of the year of ``at`` in Vietnam: ``next_code("DV", at)`` → "DV-2026-0001"."""
    year = local_date(at).year
    return public_code(prefix, year, next_number(agency="", kind=prefix, year=year))


@transaction.atomic
def open_case(
    case: C, *, actor: Actor, at: datetime, details: Mapping[str, Any] | None = None, once: str = "", reason: str = "",
    clock_agency: str = "",
) -> C:  # fmt: skip
    """Insert a new, unsaved case: draws its code, puts it in the initial state, writes history and audit.

    ``rules`` is kept when set, else the rule set in force on the Vietnamese date of ``at``. ``once`` is the key of the
    form or call: the same actor sending it again gets the case it opened the first time. ``reason`` stands in
    the story. The clocks the machine ``opens`` run for ``clock_agency`` (default: the actor's).
    """
    machine = case.MACHINE
    if holding.moved_with(case):
        hold(case)
    known = _opened_before(case, once, actor=actor, at=at)
    if known is not None:
        return known
    case.code = next_code(case.CODE_PREFIX, at)
    case.state, case.version = machine.initial, 0
    case.rules = case.rules or rules_on(local_date(at)).version
    case.created_at = case.updated_at = at
    case.save(force_insert=True)
    if once:
        Submission.objects.filter(key=_key(actor, once)).update(object_code=case.code)
    _write_history(case, "", "", actor=actor, at=at, reason=reason)
    _start_clocks(case, machine.opens, clock_agency or actor.agency, actor=actor, at=at)
    audit.record(
        actor=actor, at=at, action=f"{machine.code}.opened", object_type=machine.code, object_code=case.code,
        details={"state": case.state, "rules": case.rules, **(details or {})},
    )  # fmt: skip
    notices.announce(
        f"{machine.code}.opened", at=at, object_type=machine.code, object_code=case.code,
        payload={"state": case.state, "version": 0},
    )  # fmt: skip
    seats.write(case, at=at)
    return case


def _key(actor: Actor, once: str) -> str:
    return f"{actor.code}:{once}"[:200]


def _opened_before(case: C, once: str, *, actor: Actor, at: datetime) -> C | None:
    """Claim the key, or return the case that was opened under it; whoever claims second waits for the first."""
    if not once:
        return None
    try:
        with transaction.atomic():
            Submission.objects.create(key=_key(actor, once), object_type=case.MACHINE.code, at=at)
    except IntegrityError:
        claimed = Submission.objects.get(key=_key(actor, once), object_type=case.MACHINE.code)
        return type(case)._default_manager.get(code=claimed.object_code)  # noqa: SLF001 - Django's public way to a model's manager
    return None


@transaction.atomic
def advance(
    case: C,
    transition: str,
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    legal_basis: str = "",
    paper: str = "",
    changes: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
    clock_agency: str = "",
    version: int | None = None,
) -> C:
    """Move a case and return it refreshed, when actor, state, guards and inputs are what the table asks (``parties``).

    Compare-and-set: whoever acts on a state that somebody else has left gets ``StateMoved`` naming them. ``changes``
    are field values written with the move, ``paper`` a paper's public code, ``clock_agency`` the agency the started
    clocks run for (default: the actor's), ``version`` the one the actor saw when it comes from a form.
    """
    step = case.MACHINE.transition(transition)
    if holding.moved_with(case):
        hold(case)
    written = dict(changes or {})
    inputs = {"reason": reason, "legal_basis": legal_basis, "paper": paper}
    parties.check(actor, case, step)
    if case.state not in step.source or version not in {None, case.version}:
        _refuse_moved(case, step)
    parties.check_guards(actor, case, step, at)
    _check_needs(step, {**inputs, **written})
    _check_changes(step, written)
    before = case.state
    _set_state(case, step, written, at)
    audit.take_turn()
    case.refresh_from_db()
    _write_history(case, step.name, before, actor=actor, at=at, **inputs)
    _run_clocks(case, step, clock_agency or actor.agency, actor=actor, at=at)
    _tell(case, step, before, inputs, dict(details or {}), actor=actor, at=at)
    seats.write(case, at=at)
    return case


def must_be_open(case: Case, transition: str) -> None:
    """Raise ``StateMoved`` when the move cannot be made now: to ask before slow work that ``advance`` comes after."""
    step = case.MACHINE.transition(transition)
    seen = type(case)._default_manager.filter(pk=case.pk, version=case.version, state__in=step.source)  # noqa: SLF001 - Django's public way to a model's manager
    if not seen.exists():
        case.refresh_from_db(fields=["state", "version"])
        _refuse_moved(case, step)


@transaction.atomic
def edit(
    case: C, *, actor: Actor, at: datetime, changes: Mapping[str, Any], states: Collection[str], version: int | None
) -> C:
    """Write ``changes`` to a case that stays where it is, if it is in one of ``states`` and as the actor saw it.

    Recorded as ``<machine>.edited``. Who may is for the caller to have asked; ``StateMoved`` names who was first.
    """
    own = OWN_FIELDS & changes.keys()
    if own:
        raise ValueError(f"{sorted(own)} belong to the case itself and cannot be given as changes")
    seen = case.version if version is None else version
    mine = type(case)._default_manager.filter(pk=case.pk, version=seen, state__in=states)  # noqa: SLF001 - Django's public way to a model's manager
    if not mine.update(**changes, version=seen + 1, updated_at=at):
        case.refresh_from_db(fields=["state", "version"])
        _refuse_edited(case)
    case.refresh_from_db()
    audit.record(
        actor=actor, at=at, action=f"{case.MACHINE.code}.edited", object_type=case.MACHINE.code, object_code=case.code,
        details={"changed": sorted(changes), "version": case.version},
    )  # fmt: skip
    seats.write(case, at=at)
    return case


def _refuse_edited(case: Case) -> NoReturn:
    by, when = queries.last_touch(case)
    message = _("Hồ sơ %(code)s vừa được người khác sửa hoặc chuyển đi.") % {"code": case.code}
    if by and when:
        words = {"name": by, "when": f"{when.astimezone(VIETNAM):%H:%M %d/%m/%Y}"}
        message += " " + _("%(name)s đã làm việc đó lúc %(when)s.") % words
    raise StateMoved(
        message, state=case.state, by=by, at=when,
        hint=_("Mở lại hồ sơ ở một cửa sổ khác, đối chiếu rồi nhập lại phần cần sửa."),
    )  # fmt: skip


def _set_state(case: Case, step: Transition, changes: Mapping[str, Any], at: datetime) -> None:
    """Write the move only if the row is still as the caller saw it."""
    seen = type(case)._default_manager.filter(pk=case.pk, state=case.state, version=case.version)  # noqa: SLF001 - Django's public way to a model's manager
    if not seen.update(**changes, state=step.leads_from(case.state), version=case.version + 1, updated_at=at):
        case.refresh_from_db(fields=["state", "version"])
        _refuse_moved(case, step)


def _refuse_moved(case: Case, step: Transition) -> NoReturn:
    last = queries.last_move(case)
    label = case.MACHINE.state(case.state).vi
    values = {"code": case.code, "state": label, "step": step.vi}
    message = _("Hồ sơ %(code)s đang ở trạng thái “%(state)s”, không thực hiện được bước “%(step)s”.") % values
    if last is not None:
        when = f"{last.at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
        message += " " + _("%(name)s đã chuyển hồ sơ lúc %(when)s.") % {"name": last.actor_name, "when": when}
    raise StateMoved(
        message, state=case.state, by=last.actor_name if last else "", at=last.at if last else None,
        hint=_("Tải lại trang để xem trạng thái mới rồi chọn bước tiếp theo."),
    )  # fmt: skip


def _check_needs(step: Transition, given: Mapping[str, Any]) -> None:
    missing = [name for name in step.needs if not str(given.get(name) or "").strip()]
    if missing:
        raise Invalid(
            _("Bước “%(step)s” còn thiếu thông tin bắt buộc (%(article)s).")
            % {"step": step.vi, "article": step.article},
            fields={name: [_need_text(name)] for name in missing},
            hint=_("Điền các mục còn thiếu rồi gửi lại."),
        )


def _need_text(name: str) -> str:
    return {
        "reason": _("Cần ghi lý do."),
        "legal_basis": _("Cần ghi căn cứ pháp lý."),
        "paper": _("Cần số và ngày của văn bản."),
    }.get(name) or _("Cần điền mục này.")


def _check_changes(step: Transition, changes: Mapping[str, Any]) -> None:
    own = OWN_FIELDS & changes.keys()
    if own:
        raise ValueError(f"{step.name}: {sorted(own)} belong to the case itself and cannot be given as changes")


def _write_history(
    case: Case, transition: str, before: str, *, actor: Actor, at: datetime,
    reason: str = "", legal_basis: str = "", paper: str = "",
) -> None:  # fmt: skip
    History.objects.create(
        object_type=case.MACHINE.code, object_code=case.code, version=case.version, transition=transition,
        from_state=before, to_state=case.state, actor_kind=str(actor.kind), actor_code=actor.code,
        actor_name=actor.name, agency=actor.agency, at=at, reason=reason, legal_basis=legal_basis, paper=paper,
        rules=case.rules,
    )  # fmt: skip


def _run_clocks(case: Case, step: Transition, agency: str, *, actor: Actor, at: datetime) -> None:
    """Stop what the step stops, start what it starts; no clock of a case that ended runs, whatever its table says."""
    deadlines.stop_clocks(None if case.is_final else step.stops, case.MACHINE.code, case.code, at=at)
    _start_clocks(case, () if case.is_final else step.starts, agency, actor=actor, at=at)


def _start_clocks(case: Case, keys: Iterable[str], agency: str, *, actor: Actor, at: datetime) -> None:
    for key in keys:
        deadlines.start_clock(
            key=key, object_type=case.MACHINE.code, object_code=case.code, agency=agency, at=at, rules=case.rules,
            actor=actor,
        )  # fmt: skip


def _tell(
    case: Case, step: Transition, before: str, inputs: Mapping[str, str], details: Mapping[str, Any],
    *, actor: Actor, at: datetime,
) -> None:  # fmt: skip
    thing, event = case.MACHINE.code, f"{case.MACHINE.code}.{step.name}"
    moved = {"from": before, "to": case.state, "version": case.version}
    said = {name: value for name, value in inputs.items() if value}
    audit.record(
        actor=actor, at=at, action=event, object_type=thing, object_code=case.code,
        details={**moved, "rules": case.rules, **said, **details},
    )  # fmt: skip
    notices.announce(event, at=at, object_type=thing, object_code=case.code, payload={**moved, "by": actor.code})
