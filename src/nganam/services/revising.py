"""Writes of versions: what a published service says changes by a new version (S14.1, D25.2).

What breaks nobody takes effect at once. Anything else is appraised again while the version in force goes on serving;
its users are told the day before it comes.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.cases.requirements import allow
from nganam.deadlines import operations as deadlines
from nganam.deadlines.queries import calendar_and_days
from nganam.face.telling import kept
from nganam.kernel.actors import Actor, system
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NganamError, RuleBroken, StateMoved
from nganam.law.rules import rules_on
from nganam.notices import operations as notices
from nganam.services import changes, policies
from nganam.services.consumers import broken_by, consumers_of
from nganam.services.content import (
    DESCRIPTION,
    check_columns,
    check_description,
    content_ahead,
    content_of,
    items_of,
    names_in,
)
from nganam.services.models import LIVE, PENDING, Revision, RevisionKind, Service, ServiceField
from nganam.services.telling import tell_consumers
from nganam.services.workflow import REVISION, SERVICE

REGISTER = system("services", "Hệ thống quản lý dịch vụ chia sẻ dữ liệu")
FIRST = "Công khai lần đầu."
NOTICE = "svc_change_notice"
"""The local term between telling the users of a change and its taking effect."""


def write_fields(service: Service, items: Sequence[Mapping[str, Any]]) -> None:
    """Give the service these data items and no others, in their order."""
    service.fields.all().delete()
    ServiceField.objects.bulk_create(
        ServiceField(service=service, position=position, **item) for position, item in enumerate(items)
    )


@transaction.atomic
def draft_revision(
    *,
    actor: Actor,
    at: datetime,
    service: Service,
    field_names: Sequence[str],
    values: Mapping[str, Any],
    summary: str,
    once: str = "",
) -> Revision:
    """Draft a new version of a published service; the platform tells a minor change from a major one."""
    allow(policies.may_act_as_provider(actor, service))
    if service.state not in LIVE:
        raise RuleBroken(
            _("Chỉ dịch vụ đã công khai mới có phiên bản mới."), article="D25.2", hint=_("Sửa thẳng bản khai.")
        )
    found = _changed(service, field_names, values)
    revision = Revision(
        service=service, kind=_kind(service, found), summary=summary, changes=found,
        rules=rules_on(local_date(at)).version,
    )  # fmt: skip
    told = {"service": service.code, "kind": revision.kind, "changed": sorted(found)}
    try:
        return cases.open_case(revision, actor=actor, at=at, details=told, once=once)
    except IntegrityError as error:
        raise _already_pending(service, revision.kind) from error


def _changed(service: Service, field_names: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of the description that are to change; nothing at all is refused."""
    check_columns(service.source, field_names, values)
    now = content_of(service)
    kept = {str(one["name"]): one for one in now["fields"]}
    # A data item that stays keeps what was appraised of it, whatever the table's contract has come to say.
    items = [kept.get(one["name"], one) for one in items_of(service.source, field_names)]
    wanted = {**now, **{name: values[name] for name in DESCRIPTION if name in values}, "fields": items}
    check_description(service, wanted, service.rules)
    found = changes.only_changed(now, wanted)
    if not found:
        raise Invalid(_("Chưa có gì thay đổi so với bản đang áp dụng."), hint=_("Sửa ít nhất một mục rồi lưu."))
    return found


def _kind(service: Service, found: Mapping[str, Any]) -> str:
    now = content_of(service)
    major = changes.is_major(changes.changes_between(now, changes.overlaid(now, found)))
    return str(RevisionKind.MAJOR if major else RevisionKind.MINOR)


def _already_pending(service: Service, kind: str) -> RuleBroken:
    other = service.revisions.filter(kind=kind, state__in=PENDING).first()
    return RuleBroken(
        _("Dịch vụ đang có phiên bản %(code)s chưa áp dụng.") % {"code": other.code if other else kind},
        article=_("nội bộ"), hint=_("Sửa tiếp hoặc bỏ phiên bản đó trước."),
    )  # fmt: skip


@transaction.atomic
def edit_revision(
    *,
    actor: Actor,
    at: datetime,
    revision: Revision,
    field_names: Sequence[str],
    values: Mapping[str, Any],
    summary: str,
    version: int | None = None,
) -> Revision:
    """Change a draft or returned version; ``version`` (of the row) is the one the actor saw."""
    allow(policies.may_act_as_provider(actor, revision))
    if revision.state not in policies.EDITABLE:
        raise RuleBroken(_("Chỉ sửa được phiên bản ở trạng thái Nháp hoặc Trả lại."), article="S14.1")
    found = _changed(revision.service, field_names, values)
    written = {"changes": found, "summary": summary, "kind": _kind(revision.service, found)}
    row = revision.version if version is None else version
    seen = Revision.objects.filter(pk=revision.pk, version=row, state=revision.state)
    try:
        with transaction.atomic():
            moved = seen.update(**written, version=row + 1, updated_at=at)
    except IntegrityError as error:
        raise _already_pending(revision.service, str(written["kind"])) from error
    if not moved:
        raise StateMoved(_("Người khác vừa sửa phiên bản này."), state=revision.state, hint=_("Tải lại trang."))
    audit.record(
        actor=actor, at=at, action="services.revision.edited", object_type=REVISION.code, object_code=revision.code,
        agency=actor.agency, details={"changed": sorted(found), "kind": written["kind"]},
    )  # fmt: skip
    revision.refresh_from_db()
    return revision


@transaction.atomic
def apply_revision(*, actor: Actor, at: datetime, revision: Revision, version: int | None = None) -> Revision:
    """Bring a minor change into force at once (D25.2)."""
    return _bring_into_force(revision, "apply", actor=actor, at=at, version=version)


@transaction.atomic
def announce_revision(
    *, actor: Actor, at: datetime, revision: Revision, effective_on: date, version: int | None = None
) -> Revision:
    """Tell everybody who uses the service what changes for them and from which day."""
    parties.check(actor, revision, REVISION.transition("announce"))
    earliest = earliest_day(at, is_used=bool(consumers_of(revision.service)))
    if effective_on < earliest:
        text = _("Sớm nhất là ngày %(day)s: các cơ quan đang khai thác phải được báo trước.") % {
            "day": f"{earliest:%d/%m/%Y}"
        }
        raise Invalid(text, fields={"effective_on": [text]}, hint=_("Chọn ngày muộn hơn."))
    moved = cases.advance(
        revision, "announce", actor=actor, at=at, version=version,
        changes={"effective_on": effective_on, "announced_at": at}, details={"effective_on": effective_on},
    )  # fmt: skip
    _warn(moved, at)
    return moved


def earliest_day(at: datetime, *, is_used: bool) -> date:
    """Return the first day a major change may take effect: today when nobody uses the service."""
    today = local_date(at)
    if not is_used:
        return today
    working, days = calendar_and_days(NOTICE, rules_on(today).version)
    return working.add(today, days)


def _warn(revision: Revision, at: datetime) -> None:
    service, after = revision.service, content_ahead(revision)
    gone = changes.removed_fields(content_of(service), after)
    held = {
        one.agency: kept("Tài khoản %(account)s đang được cấp mục tin sẽ không còn: %(fields)s.")
        % {"account": one.account, "fields": ", ".join(names)}
        for one, names in broken_by(consumers_of(service), gone)
    }
    title = kept("%(code)s: thay đổi từ ngày %(day)s") % {
        "code": service.code, "day": f"{revision.effective_on:%d/%m/%Y}",
    }  # fmt: skip
    tell_consumers(service, at=at, title=title, body=revision.summary, event="services.revision.announce", held=held)


@transaction.atomic
def bring_into_force(*, actor: Actor, at: datetime, revision: Revision, version: int | None = None) -> Revision:
    """Bring an announced version into force on its day or later."""
    return _bring_into_force(revision, "take_effect", actor=actor, at=at, version=version)


def _bring_into_force(revision: Revision, step: str, *, actor: Actor, at: datetime, version: int | None) -> Revision:
    service = Service.objects.select_related("table", "upstream", "provider").get(pk=revision.service_id)
    parties.check(actor, revision, REVISION.transition(step))
    cases.must_be_open(revision, step)
    parties.check_guards(actor, revision, REVISION.transition(step), at)
    after = content_ahead(revision)
    check_columns(service.source, names_in(after), after)
    number = _supersede(service, revision, at)
    moved = cases.advance(
        revision, step, actor=actor, at=at, version=version,
        changes={"number": number, "content": after, "in_force_at": at}, details={"number": number},
    )  # fmt: skip
    _let_say(service, after, at)
    _record(service, moved, actor=actor, at=at)
    return moved


def _supersede(service: Service, revision: Revision, at: datetime) -> str:
    """Take the version in force out of it, and return the number of the next."""
    before = service.revisions.filter(state="in_force").first()
    if before is None:
        return "1.0"
    cases.advance(before, "supersede", actor=REGISTER, at=at, changes={"superseded_at": at})
    return next_number(before.number, revision.kind)


def next_number(number: str, kind: str) -> str:
    """Return the number after ``number``: 1.4 is followed by 1.5 for a minor change, by 2.0 for a major one."""
    major, _dot, rest = number.partition(".")
    return f"{int(major) + 1}.0" if kind == RevisionKind.MAJOR else f"{major}.{int(rest or 0) + 1}"


def _let_say(service: Service, content: Mapping[str, Any], at: datetime) -> None:
    """Let the service say what the version says; the gateway and the data server learn it from this row."""
    texts = {name: content[name] for name in DESCRIPTION if name in content}
    seen = Service.objects.filter(pk=service.pk, version=service.version, state__in=LIVE)
    if not seen.update(**texts, version=service.version + 1, updated_at=at):
        raise StateMoved(_("Dịch vụ vừa chuyển trạng thái."), state=service.state, hint=_("Tải lại trang."))
    write_fields(service, content["fields"])


def _record(service: Service, revision: Revision, *, actor: Actor, at: datetime) -> None:
    """Record the change on the service itself, with the term of D25.2 kept in the same moment, and tell its users."""
    deadlines.start_clock(
        key="svc_change", object_type=SERVICE.code, object_code=service.code, agency=service.provider.code, at=at,
        rules=revision.rules, actor=actor,
    )  # fmt: skip
    deadlines.stop_clocks(["svc_change"], SERVICE.code, service.code, at=at)
    audit.record(
        actor=actor, at=at, action="services.service.changed", object_type=SERVICE.code, object_code=service.code,
        agency=service.provider.code,
        details={"version": f"{revision.number} ({revision.code})", "reason": revision.summary},
    )  # fmt: skip
    title = kept("%(code)s: phiên bản %(number)s đã áp dụng") % {
        "code": service.code,
        "number": revision.number,
    }
    tell_consumers(service, at=at, title=title, body=revision.summary, event="services.service.changed")


def open_first(service: Service, *, actor: Actor, at: datetime) -> Revision:
    """Record the description a service is published with as its version 1.0."""
    revision = Revision(
        service=service, kind=RevisionKind.INITIAL, summary=FIRST, rules=service.rules,
        content=content_of(service),
    )  # fmt: skip
    opened = cases.open_case(revision, actor=actor, at=at, details={"service": service.code})
    return cases.advance(opened, "first", actor=REGISTER, at=at, changes={"number": "1.0", "in_force_at": at})


@transaction.atomic
def abandon_revision(
    *, actor: Actor, at: datetime, revision: Revision, reason: str, version: int | None = None
) -> Revision:
    """Give up a version that is not in force; who was told of its day is told that it will not come."""
    was_announced = revision.state == "announced"
    moved = cases.advance(revision, "abandon", actor=actor, at=at, reason=reason, version=version)
    if was_announced:
        title = kept("%(code)s: thay đổi đã báo sẽ không áp dụng") % {"code": moved.service.code}
        tell_consumers(moved.service, at=at, title=title, body=reason, event="services.revision.abandon")
    return moved


def drop_pending(service: Service, *, at: datetime) -> None:
    """Drop the versions of a service that ended before they came into force."""
    for one in service.revisions.filter(state__in=PENDING):
        cases.advance(one, "lapse", actor=REGISTER, at=at)


def bring_due_into_force(*, at: datetime) -> list[str]:
    """Bring every announced version whose day has come into force, each by itself; returns the codes.

    One that cannot come (a column is gone from the table) is told to its provider and tried again the next time.
    """
    done = []
    due = Revision.objects.filter(state="announced", effective_on__lte=local_date(at)).select_related("service")
    for revision in due.order_by("effective_on", "pk"):
        try:
            bring_into_force(actor=REGISTER, at=at, revision=revision)
        except NganamError as error:
            _tell_stuck(revision, error, at)
        else:
            done.append(revision.code)
    return done


def _tell_stuck(revision: Revision, error: NganamError, at: datetime) -> None:
    notices.notify(
        at=at, agency=revision.provider.code, body=f"{error.message} {error.hint}".strip(),
        title=kept("%(code)s: chưa áp dụng được phiên bản mới") % {"code": revision.code},
        link=revision.get_absolute_url(), event="services.revision.take_effect",
    )  # fmt: skip
