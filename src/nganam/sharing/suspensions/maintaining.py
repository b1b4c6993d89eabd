"""Stops of a service for everybody: plan, announce, stop, restore (D43.1, D43.3, D43.4)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.cases.requirements import allow
from nganam.deadlines import operations as deadlines
from nganam.deadlines import terms
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, RuleBroken, StateMoved
from nganam.law.rules import rules_on
from nganam.services import operations as services
from nganam.services.models import Service
from nganam.sharing.accounts.operations import KEEPER
from nganam.sharing.suspensions import papers, policies, queries, words
from nganam.sharing.suspensions.models import Maintenance
from nganam.sharing.suspensions.telling import tell_users
from nganam.sharing.suspensions.workflow import MAINTENANCE

PLAN = ("ground", "work", "force", "planned_from", "planned_until")
"""What a plan says."""
RESTORE = "maintenance_restore"
MOST_AT_ONCE = 50


@transaction.atomic
def plan_stop(
    *, actor: Actor, at: datetime, service: Service, values: Mapping[str, Any], once: str = ""
) -> Maintenance:
    """Draft a stop of a service; ``values`` holds the fields named in ``PLAN``. Nobody learns of it yet."""
    allow(policies.may_plan(actor, service))
    stop = Maintenance(
        service=service, rules=rules_on(local_date(at)).version,
        **{name: values[name] for name in PLAN if name in values},
    )  # fmt: skip
    _check_plan(stop, actor, at)
    return cases.open_case(stop, actor=actor, at=at, details={"service": service.code}, once=once)


@transaction.atomic
def plan_stops(
    *, actor: Actor, at: datetime, services: Sequence[Service], values: Mapping[str, Any], announce: bool = False,
    signer: str = "", once: str = "",
) -> list[Maintenance]:  # fmt: skip
    """Plan the same stop of several services, all or none; with ``announce`` each is announced in the same moment.

    Each has a file and a notice of its own (D43.3); whoever uses several of the services is told once. Sent twice
    (``once``) it plans and announces once.
    """
    chosen = sorted(services, key=lambda one: one.code)
    if not chosen or len(chosen) > MOST_AT_ONCE:
        text = _("Chọn từ 1 đến %(most)s dịch vụ.") % {"most": MOST_AT_ONCE}
        raise Invalid(text, fields={"services": [text]})
    for service in chosen:
        allow(policies.may_plan(actor, service))
    cases.hold(*chosen)
    planned = [
        _of_service(service, plan_stop, actor=actor, at=at, service=service, values=values, once=_key(once, service))
        for service in chosen
    ]
    drafts = [stop for stop in planned if stop.state == MAINTENANCE.initial]
    if announce and drafts:
        told = [_of_service(stop.service, _announced, actor=actor, at=at, stop=stop, signer=signer) for stop in drafts]
        tell_users(told, actor, at=at, event="announce")
        tell_users([_stopped(KEEPER, at, stop) for stop in told if _is_due(stop, at)], KEEPER, at=at, event="stop")
    return planned


def _key(once: str, service: Service) -> str:
    return once and f"{once}-{service.code}"


def _of_service(of: Service, deed: Callable[..., Maintenance], /, **values: Any) -> Maintenance:
    """Do one of several; a refusal says which service it is of."""
    try:
        return deed(**values)
    except RuleBroken as error:
        text = f"{of.code} {of.name}: {error.message}"
        raise RuleBroken(text, article=error.article, hint=str(error.hint)) from error


@transaction.atomic
def edit_stop(*, actor: Actor, at: datetime, stop: Maintenance, values: Mapping[str, Any]) -> Maintenance:
    """Change a plan; what was announced is cancelled and planned anew."""
    allow(policies.may_plan(actor, stop.service))
    changes = {name: values[name] for name in PLAN if name in values}
    seen = Maintenance.objects.filter(pk=stop.pk, version=stop.version, state="draft")
    for name, value in changes.items():
        setattr(stop, name, value)
    _check_plan(stop, actor, at)
    if not seen.update(**changes, version=stop.version + 1, updated_at=at):
        raise StateMoved(_("Kế hoạch đã được thông báo hoặc vừa có người sửa."), state=stop.state)
    audit.record(
        actor=actor, at=at, action="sharing.maintenance.edited", object_type=MAINTENANCE.code, object_code=stop.code,
        details={"changed": sorted(changes)},
    )  # fmt: skip
    stop.refresh_from_db()
    return stop


def _check_plan(stop: Maintenance, actor: Actor, at: datetime) -> None:
    """Refuse a plan that could never be announced, on the fields that are wrong."""
    grounds = words.suspension_grounds(stop.rules, words.FOR_EVERYBODY)
    words.check_ground(grounds, stop.ground, _("Chọn lý do tạm ngừng."))
    faults: dict[str, list[str]] = {}
    if not stop.work.strip():
        faults["work"] = [_("Ghi nội dung công việc; nội dung này được công khai.")]
    if stop.planned_until <= stop.planned_from:
        faults["planned_until"] = [_("Thời điểm khôi phục phải sau thời điểm tạm ngừng.")]
    if stop.planned_until <= at:
        faults["planned_until"] = [_("Thời điểm khôi phục phải ở sau lúc này.")]
    unannounceable = policies.notice_term(stop, actor, at)
    if unannounceable:
        faults["force" if stop.is_forced else "planned_from"] = [unannounceable]
    if faults:
        raise Invalid(_("Kế hoạch tạm ngừng chưa hợp lệ."), fields=faults)


@transaction.atomic
def announce_stop(
    *, actor: Actor, at: datetime, stop: Maintenance, signer: str = "", version: int | None = None
) -> Maintenance:
    """Publish a stop on the portal and tell every user of the service; a forced one that is due acts at once."""
    told = _announced(actor=actor, at=at, stop=stop, signer=signer, version=version)
    tell_users([told], actor, at=at, event="announce")
    return stop_service(actor=KEEPER, at=at, stop=told) if _is_due(told, at) else told


def _announced(
    *, actor: Actor, at: datetime, stop: Maintenance, signer: str = "", version: int | None = None
) -> Maintenance:
    """Issue the notice and move the stop; nobody is told yet."""
    parties.check(actor, stop, MAINTENANCE.transition("announce"))
    _hold_service(stop)
    number = papers.stop_notice(stop, actor=actor, at=at, signer=signer)
    return cases.advance(
        stop, "announce", actor=actor, at=at, version=version, paper=number, changes={"announced_at": at}
    )


def _is_due(stop: Maintenance, at: datetime) -> bool:
    """Say whether an announced stop acts at once: a forced one whose time has come."""
    return stop.is_forced and stop.planned_from <= at


def _hold_service(stop: Maintenance) -> None:
    """Let one stop of a service be announced or begun at a time: whoever comes second sees the other's days."""
    cases.hold(stop.service)


@transaction.atomic
def stop_service(*, actor: Actor, at: datetime, stop: Maintenance, version: int | None = None) -> Maintenance:
    """Stop the service: the gateway answers 503 to everybody until it is restored."""
    stopped = _stopped(actor, at, stop, version)
    tell_users([stopped], actor, at=at, event="stop")
    return stopped


def _stopped(actor: Actor, at: datetime, stop: Maintenance, version: int | None = None) -> Maintenance:
    """Move the stop and suspend the service; nobody is told yet."""
    parties.check(actor, stop, MAINTENANCE.transition("stop"))
    _hold_service(stop)
    _start_clock(stop, at, actor)
    stopped = cases.advance(
        stop, "stop", actor=actor, at=at, version=version, changes={"stopped_at": at},
        clock_agency=stop.provider.code,
    )  # fmt: skip
    services.suspend_service(actor=KEEPER, at=at, service=stopped.service, reason=stopped.work)
    return stopped


def _start_clock(stop: Maintenance, at: datetime, actor: Actor) -> None:
    """Let the announced time of restoration be a clock of this stop (D43.3); the move finds it running."""
    labels = MAINTENANCE.transition("restore")
    length = terms.until(local_date(stop.planned_until), article="D43.3", vi=labels.vi, en=labels.en)
    deadlines.start_clock(
        key=RESTORE, object_type=MAINTENANCE.code, object_code=stop.code, agency=stop.provider.code, at=at,
        rules=stop.rules, actor=actor, length=length,
    )  # fmt: skip


@transaction.atomic
def restore_service(*, actor: Actor, at: datetime, stop: Maintenance, version: int | None = None) -> Maintenance:
    """Open the service again; the page shows when it was promised and when it came."""
    _hold_service(stop)
    restored = cases.advance(stop, "restore", actor=actor, at=at, version=version, changes={"restored_at": at})
    if restored.service.state == "suspended":
        services.resume_service(actor=KEEPER, at=at, service=restored.service)
    tell_users([restored], actor, at=at, event="restore")
    return restored


@transaction.atomic
def extend_stop(
    *, actor: Actor, at: datetime, stop: Maintenance, reason: str, planned_until: datetime, version: int | None = None
) -> Maintenance:
    """Promise a later restoration and say why; the public page and every user learn of it."""
    parties.check(actor, stop, MAINTENANCE.transition("extend"))
    if planned_until <= max(stop.planned_until, at):
        text = _("Thời điểm khôi phục mới phải sau thời điểm đã báo và sau lúc này.")
        raise Invalid(text, fields={"planned_until": [text]})
    number = papers.later_restoration(stop, planned_until, actor=actor, at=at, reason=reason)
    extended = cases.advance(
        stop, "extend", actor=actor, at=at, reason=reason, version=version, paper=number,
        changes={"planned_until": planned_until},
        details={"before": stop.planned_until.isoformat(), "planned_until": planned_until.isoformat()},
    )  # fmt: skip
    deadlines.stop_clocks([RESTORE], MAINTENANCE.code, extended.code, at=at)
    _start_clock(extended, at, actor)
    tell_users([extended], actor, at=at, event="extend")
    return extended


@transaction.atomic
def cancel_stop(
    *, actor: Actor, at: datetime, stop: Maintenance, reason: str, version: int | None = None
) -> Maintenance:
    """Give a plan up; those who were told of the stop are told that it will not be."""
    parties.check(actor, stop, MAINTENANCE.transition("cancel"))
    told = stop.announced_at is not None
    number = papers.no_stop(stop, actor=actor, at=at, reason=reason) if told else ""
    cancelled = cases.advance(stop, "cancel", actor=actor, at=at, reason=reason, version=version, paper=number)
    if told:
        tell_users([cancelled], actor, at=at, event="cancel")
    return cancelled


def stop_due(*, at: datetime) -> int:
    """Stop each service whose announced time has come; return how many stops were moved. Harmless to repeat."""
    return sum(_move_due(stop, at) for stop in queries.due_stops(at))


def _move_due(stop: Maintenance, at: datetime) -> bool:
    try:
        if stop.service.state == "ended":
            cases.advance(stop, "close", actor=KEEPER, at=at)
        elif stop.service.state == "published":
            stop_service(actor=KEEPER, at=at, stop=stop)
        else:
            return False
    except StateMoved:  # an officer was quicker
        return False
    return True


MOVES: dict[str, Callable[..., object]] = {
    "announce": announce_stop,
    "stop": stop_service,
    "restore": restore_service,
    "extend": extend_stop,
    "cancel": cancel_stop,
}
"""The deed behind each transition that somebody makes."""
