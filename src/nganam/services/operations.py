"""Writes of services: declare, edit, and the moves of SM6 but its appraisal (``appraising``) and versions."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies import correspondence
from nganam.agencies.models import Agency
from nganam.audit import operations as audit
from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.cases.requirements import allow
from nganam.face.telling import kept
from nganam.kernel.actors import Actor, Kind
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.law.rules import rules_on
from nganam.notices import operations as notices
from nganam.services import letters, policies, revising
from nganam.services.content import DESCRIPTION, check_columns, check_description, items_of
from nganam.services.models import ImportFile, Service, Source
from nganam.services.telling import tell, tell_consumers
from nganam.services.workflow import SERVICE
from nganam.warehouse.models import Table


@transaction.atomic
def declare_service(
    *,
    actor: Actor,
    at: datetime,
    source: Source,
    field_names: Sequence[str],
    values: Mapping[str, Any],
    once: str = "",
    imported_from: ImportFile | None = None,
) -> Service:
    """Declare a service over a warehouse table or an agency's system with the D24.3 description; returns the draft.

    ``field_names`` are the columns offered; ``values`` holds the fields named in ``DESCRIPTION``.
    """
    allow(policies.may_declare(actor))
    if source.agency.code != actor.agency:
        raise NotAllowed(_("Bảng hoặc hệ thống này không thuộc cơ quan của bạn."))
    check_columns(source, field_names, values)
    service = Service(
        table=source if isinstance(source, Table) else None,
        upstream=None if isinstance(source, Table) else source,
        subsystem="KHO" if isinstance(source, Table) else "HT",
        database=source.database,
        provider=Agency.objects.get(code=actor.agency),
        rules=rules_on(local_date(at)).version,
        imported_from=imported_from,
        **{name: values[name] for name in DESCRIPTION if name in values},
    )
    _check(service, field_names, service.rules)
    told = {"table": source.code, "fields": list(field_names)}
    opened = cases.open_case(service, actor=actor, at=at, details=told, once=once)
    if opened is service:  # else the form was sent before: the draft is there, with its fields
        revising.write_fields(service, items_of(source, field_names))
    return opened


def _check(service: Service, field_names: Sequence[str], rules_version: str) -> None:
    content = {**{name: getattr(service, name) for name in DESCRIPTION}, "fields": list(field_names)}
    check_description(service, content, rules_version)


@transaction.atomic
def edit_service(
    *, actor: Actor, at: datetime, service: Service, field_names: Sequence[str], values: Mapping[str, Any],
    version: int | None = None,
) -> Service:  # fmt: skip
    """Change a draft or returned description; a published one changes by a new version only.

    ``version`` is the one the actor saw when it comes from a form.
    """
    allow(policies.may_act_as_provider(actor, service))
    if service.state not in policies.EDITABLE:
        raise RuleBroken(
            _("Chỉ sửa được bản khai ở trạng thái Nháp hoặc Trả lại."), article="S14.1",
            hint=_("Dịch vụ đã công khai thì lập phiên bản mới."),
        )  # fmt: skip
    check_columns(service.source, field_names, values)
    changes = {name: values[name] for name in DESCRIPTION if name in values}
    for name, value in changes.items():
        setattr(service, name, value)
    _check(service, field_names, service.rules)
    _write(service, changes, at, service.version if version is None else version)
    revising.write_fields(service, items_of(service.source, field_names))
    audit.record(
        actor=actor, at=at, action="services.service.edited", object_type=SERVICE.code, object_code=service.code,
        agency=actor.agency, details={"changed": sorted(changes)},
    )  # fmt: skip
    service.refresh_from_db()
    return service


def _write(service: Service, changes: Mapping[str, Any], at: datetime, version: int) -> None:
    """Write the description if nobody wrote it since it was read."""
    seen = Service.objects.filter(pk=service.pk, version=version, state=service.state)
    if not seen.update(**changes, version=version + 1, updated_at=at):
        raise StateMoved(
            _("Người khác vừa sửa bản khai này."), state=service.state, hint=_("Tải lại trang rồi sửa lại.")
        )


@transaction.atomic
def deploy_service(*, actor: Actor, at: datetime, service: Service, version: int | None = None) -> Service:
    """Take the service in on the LGSP (S14.2)."""
    return _moved(service, "deploy", actor=actor, at=at, version=version)


@transaction.atomic
def start_test(*, actor: Actor, at: datetime, service: Service, version: int | None = None) -> Service:
    """Say that the service stands on the LGSP and is being tested."""
    return _moved(service, "start_test", actor=actor, at=at, version=version)


@transaction.atomic
def fail_test(*, actor: Actor, at: datetime, service: Service, reason: str, version: int | None = None) -> Service:
    """Record a test that failed: the service is deployed again."""
    return _moved(service, "fail_test", actor=actor, at=at, reason=reason, version=version)


@transaction.atomic
def send_back(*, actor: Actor, at: datetime, service: Service, reason: str, version: int | None = None) -> Service:
    """Return a service whose description must change before it is published; it is appraised again."""
    return _moved(service, "send_back", actor=actor, at=at, reason=reason, version=version)


@transaction.atomic
def mark_ready(
    *,
    actor: Actor,
    at: datetime,
    service: Service,
    tested_on: date,
    tester: str,
    calls: int,
    result: str,
    version: int | None = None,
) -> Service:
    """Record the test and say that connections can be made: the term to publish starts (D25.1)."""
    parties.check(actor, service, SERVICE.transition("mark_ready"))
    if tested_on > local_date(at):
        text = _("Ngày kiểm thử không thể ở sau hôm nay.")
        raise Invalid(text, fields={"tested_on": [text]})
    record = {"on": tested_on.isoformat(), "by": tester, "calls": calls, "result": result}
    return _moved(
        service, "mark_ready", actor=actor, at=at, version=version, reason=result,
        changes={"ready_at": at, "test_record": record}, details={"test": record},
    )  # fmt: skip


@transaction.atomic
def publish_service(*, actor: Actor, at: datetime, service: Service, version: int | None = None) -> Service:
    """Publish within one working day of being ready (D25.1): the description becomes version 1.0."""
    moved = _moved(service, "publish", actor=actor, at=at, version=version, changes={"published_at": at})
    revising.open_first(moved, actor=actor, at=at)
    return moved


@transaction.atomic
def list_nationally(
    *, actor: Actor, at: datetime, service: Service, listed_on: date, reference: str, version: int | None = None
) -> Service:
    """Record that the service stands in the national register (D26): when, under which code, who says so."""
    parties.check(actor, service, SERVICE.transition("list_nationally"))
    if listed_on > local_date(at):
        text = _("Ngày đăng không thể ở sau hôm nay.")
        raise Invalid(text, fields={"listed_on": [text]})
    listed = {"national_on": listed_on, "national_ref": reference, "national_by": actor.name}
    return cases.advance(
        service, "list_nationally", actor=actor, at=at, version=version, changes=listed,
        details={"on": listed_on, "reference": reference},
    )  # fmt: skip


@transaction.atomic
def suspend_service(
    *, actor: Actor, at: datetime, service: Service, reason: str, version: int | None = None
) -> Service:
    """Stop a published service for a while; a suspension that was decided and told (D43) does it, as the system."""
    return _moved(service, "suspend", actor=actor, at=at, reason=reason, version=version)


@transaction.atomic
def resume_service(*, actor: Actor, at: datetime, service: Service, version: int | None = None) -> Service:
    """Let a suspended service go on; the end of the suspension does it, as the system."""
    return _moved(service, "resume", actor=actor, at=at, version=version)


@transaction.atomic
def end_service(
    *, actor: Actor, at: datetime, service: Service, reason: str, ground: str, signer: str = "",
    version: int | None = None,
) -> Service:  # fmt: skip
    """End a service for good on one of the grounds of D44; versions not yet in force are dropped, its users are told.

    The sharing with each of them is ended by those who keep their accounts, when they hear of it; ``signer`` signs
    the notice, and the letters of that end (D44.3).
    """
    parties.check(actor, service, SERVICE.transition("end"))
    _check_ground(ground, at)
    number = "" if actor.kind is Kind.SYSTEM else _end_notice(service, reason, actor=actor, at=at, signer=signer)
    moved = _moved(
        service, "end", actor=actor, at=at, reason=reason, version=version, paper=number,
        changes={"end_ground": ground, "end_signer": signer.strip()}, details={"ground": ground},
    )  # fmt: skip
    revising.drop_pending(moved, at=at)
    title = kept("%(code)s: dịch vụ ngừng cung cấp") % {"code": moved.code}
    tell_consumers(moved, at=at, title=title, body=reason, event="services.service.end")
    return moved


def note_end_told(service: Service, *, at: datetime) -> bool:
    """Remember that those who act after the end of a service are told; say whether it falls to the caller to do so."""
    return Service.objects.filter(pk=service.pk, end_told_at__isnull=True).update(end_told_at=at) == 1


def _check_ground(ground: str, at: datetime) -> None:
    if any(one.code == ground for one in rules_on(local_date(at)).vocabulary("termination_ground")):
        return
    text = _("Chọn căn cứ chấm dứt theo Điều 44.")
    raise Invalid(text, fields={"ground": [text]})


def _end_notice(service: Service, reason: str, *, actor: Actor, at: datetime, signer: str) -> str:
    """Issue the notice of the end; what ends by itself was told by the deed behind it."""
    words = letters.ended_words(service, reason)
    return correspondence.send(words, actor=actor, at=at, case=service, agency=service.provider, signer=signer).number


@transaction.atomic
def abandon_service(
    *, actor: Actor, at: datetime, service: Service, reason: str, version: int | None = None
) -> Service:
    """Give up a description that was never published; the lead agency, which may be putting it up, is told."""
    is_known = service.state not in policies.EDITABLE
    moved = cases.advance(service, "abandon", actor=actor, at=at, reason=reason, version=version)
    if is_known:  # without a link: what was given up is its provider's to see
        notices.notify(
            at=at, role="lead", title=f"{moved.code}: {SERVICE.transition('abandon').vi}", body=reason,
            event="services.service.abandon",
        )  # fmt: skip
    return moved


TO_LEAD = frozenset({"publish"})


def _moved(service: Service, transition: str, *, actor: Actor, at: datetime, **inputs: Any) -> Service:
    """Make a move, and tell the side that did not make it."""
    moved = cases.advance(
        service, transition, actor=actor, at=at, clock_agency=_clock_agency(service, transition, actor), **inputs
    )
    tell(moved, transition, at=at, to_lead=transition in TO_LEAD, body=inputs.get("reason") or moved.name)
    return moved


def _clock_agency(service: Service, transition: str, actor: Actor) -> str:
    """Return whose term starts: the lead agency deploys, the provider publishes."""
    return actor.agency if transition == "deploy" else service.provider.code
