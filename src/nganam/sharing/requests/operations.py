"""Every write of applications and default requests: register, draft, and the moves of SM1."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies import correspondence
from nganam.agencies import queries as agencies
from nganam.agencies.models import Agency
from nganam.audit import operations as audit
from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.cases.requirements import allow, refuse_incomplete
from nganam.face.telling import kept
from nganam.kernel.actors import Actor, system
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.law.rules import rules, rules_on
from nganam.notices import operations as notices
from nganam.services.models import Service
from nganam.sharing import policies, purposes, refusing
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.accounts.models import Account
from nganam.sharing.agreements import operations as agreements
from nganam.sharing.requests import letters
from nganam.sharing.requests.content import CONTENT, WRITTEN, content_of
from nganam.sharing.requests.models import Application, Request
from nganam.sharing.requests.policies import default_form, service_open
from nganam.sharing.requests.workflow import REQUEST

DELIVERY = system("sharing", "Hệ thống quản lý dịch vụ chia sẻ dữ liệu")


@transaction.atomic
def register_application(
    *, actor: Actor, at: datetime, code: str, name: str, description: str = "", contact: str = ""
) -> Application:
    """Register a system of the actor's agency; its code is unique within the agency."""
    allow(policies.may_work_for_agency(actor))
    agency = Agency.objects.get(code=actor.agency)
    if Application.objects.filter(agency=agency, code=code).exists():
        text = _("Cơ quan đã có ứng dụng mang mã %(code)s.") % {"code": code}
        raise Invalid(text, fields={"code": [text]}, hint=_("Chọn mã khác."))
    return _registered(agency, code, name, actor=actor, at=at, description=description, contact=contact)


def _registered(agency: Agency, code: str, name: str, *, actor: Actor, at: datetime, **details: str) -> Application:
    application = Application.objects.create(agency=agency, code=code, name=name, created_at=at, **details)
    audit.record(
        actor=actor,
        at=at,
        action="sharing.application.registered",
        object_type="sharing.application",
        object_code=application.subject,
        agency=actor.agency,
        details={"name": name},
    )
    return application


@transaction.atomic
def edit_application(
    *, actor: Actor, at: datetime, application: Application, name: str, description: str = "", contact: str = "",
    version: int | None = None,
) -> Application:  # fmt: skip
    """Say anew what a system is called, what it is for, whom to ask; its code stands in papers and at the gateway.

    ``version`` is the one the actor saw: whoever comes second is told, and writes over nobody.
    """
    allow(policies.may_work_for_agency(actor))
    if application.agency.code != actor.agency:
        raise NotAllowed(_("Ứng dụng này không thuộc cơ quan của bạn."))
    written = {"name": name, "description": description, "contact": contact}
    before = {key: getattr(application, key) for key in written}
    seen = application.version if version is None else version
    mine = Application.objects.filter(pk=application.pk, version=seen)
    if not mine.update(**written, version=seen + 1):
        raise StateMoved(
            _("Ứng dụng %(code)s vừa được người khác sửa.") % {"code": application.code}, state="",
            hint=_("Mở lại trang ở một cửa sổ khác, đối chiếu rồi nhập lại phần cần sửa."),
        )  # fmt: skip
    changed = sorted(key for key in written if written[key] != before[key])
    audit.record(
        actor=actor, at=at, action="sharing.application.edited", object_type="sharing.application",
        object_code=application.subject, agency=actor.agency,
        details={"changed": changed, "before": {key: before[key] for key in changed}, "version": seen + 1},
    )  # fmt: skip
    application.refresh_from_db()
    return application


@transaction.atomic
def draft_request(
    *, actor: Actor, at: datetime, application: Application, service: Service, values: Mapping[str, Any], once: str = ""
) -> Request:
    """Open a draft request for one application; ``values`` holds what ``WRITTEN`` names."""
    allow(policies.may_work_for_agency(actor))
    if application.agency.code != actor.agency:
        raise NotAllowed(_("Ứng dụng này không thuộc cơ quan của bạn."))
    _check_fields(service, values.get("fields", []))
    request = Request(
        application=application, service=service, rules=rules_on(local_date(at)).version,
        **_written(values),
    )  # fmt: skip
    _check_service(request, actor, at)
    return cases.open_case(request, actor=actor, at=at, details={"service": service.code}, once=once)


def _written(values: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: values[name] for name in WRITTEN if name in values}
    if "purpose_codes" in found:
        found["purpose_codes"] = purposes.read_codes(found["purpose_codes"])
    return found


def _check_service(request: Request, actor: Actor, at: datetime) -> None:
    """Refuse a draft that could never be sent, before anybody fills it in."""
    for condition in (service_open, default_form):
        words = condition(request, actor, at)
        if words:
            raise RuleBroken(words, article="D33")


def _check_fields(service: Service, names: Sequence[str]) -> None:
    unknown = set(names) - set(service.fields.values_list("name", flat=True))
    if unknown:
        text = _("Dịch vụ không có mục tin: %(names)s.") % {"names": ", ".join(sorted(unknown))}
        raise Invalid(text, fields={"fields": [text]})


@transaction.atomic
def open_agreed(
    *, actor: Actor, at: datetime, agency: Agency, application: tuple[str, str], service: Service,
    values: Mapping[str, Any], rules: str, received_at: datetime | None,
) -> Request:  # fmt: skip
    """Open the request of an outside agency that the province has agreed to serve, as received (S17.3).

    Called within the deed that asked who may and whether both opinions are there; the term of D35.3 runs on the case
    from outside, since its receipt. ``application`` is code and name; one the agency has already is taken as it is.
    """
    request = Request(
        application=application_of(agency, application, actor=actor, at=at), service=service, rules=rules,
        **{key: values[key] for key in CONTENT},
    )  # fmt: skip
    opened = cases.open_case(request, actor=actor, at=at, details={"service": service.code})
    return cases.advance(opened, "carry_over", actor=DELIVERY, at=at, changes={"received_at": received_at})


def application_of(agency: Agency, application: tuple[str, str], *, actor: Actor, at: datetime) -> Application:
    """Return the application of an outside agency with this code, registered under this name if it is new.

    Called within a deed that asked who may.
    """
    code, name = application
    known = Application.objects.select_related("agency").filter(agency=agency, code=code).first()
    return known or _registered(agency, code, name, actor=actor, at=at)


@transaction.atomic
def edit_request(
    *, actor: Actor, at: datetime, request: Request, values: Mapping[str, Any], version: int | None = None
) -> Request:
    """Change a draft; what has been sent is not changed any more."""
    allow(policies.may_act_as_consumer(actor, request))
    _check_fields(request.service, values.get("fields", request.fields))
    changes = _written(values)
    return cases.edit(request, actor=actor, at=at, changes=changes, states=("draft",), version=version)


@transaction.atomic
def send_request(*, actor: Actor, at: datetime, request: Request, version: int | None = None) -> Request:
    """Send a complete request; the system delivers it at once, which is receipt and starts the statutory clock."""
    parties.check(actor, request, REQUEST.transition("send"))
    # The day of receipt decides, also for a draft begun under older rules.
    rule_set = rules_on(local_date(at)).version
    message = _("Yêu cầu còn thiếu nội dung theo khoản 2 Điều 35 Nghị định 47/2020/NĐ-CP.")
    refuse_incomplete("sharing.request", content_of(request), rules_version=rule_set, message=message)
    sent = cases.advance(request, "send", actor=actor, at=at, changes={"rules": rule_set}, version=version)
    received = cases.advance(
        sent, "receive", actor=DELIVERY, at=at, changes={"received_at": at}, clock_agency=request.provider.code
    )
    _tell(received, at=at, agency=request.provider.code, event="received", body=request.purpose)
    return received


def _tell(request: Request, *, at: datetime, event: str, body: str, agency: str = "", role: str = "") -> None:
    notices.notify(
        at=at, agency=agency, role=role, title=f"{request.code}: {request.current.vi}", body=body,
        link=request.get_absolute_url(), event=f"sharing.request.{event}",
    )  # fmt: skip


@transaction.atomic
def grant_request(
    *,
    actor: Actor,
    at: datetime,
    request: Request,
    granted: Sequence[str],
    valid_until: date | None = None,
    reason: str = "",
    legal_basis: str = "",
    signer: str = "",
    version: int | None = None,
    **scope: Any,
) -> Account:
    """Grant all or some of the requested fields: creates the connection account and tells the consumer (D35.3).

    What is left out is refused: with ``reason``, and from 19/08/2025 ``legal_basis`` (N194.16). ``scope`` says
    how far the account reaches beside its items (``accounts.scope.read_scope``).
    """
    account = grant_account(
        actor=actor, at=at, request=request, granted=granted, valid_until=valid_until, reason=reason,
        legal_basis=legal_basis, version=version, scope=scope,
    )  # fmt: skip
    # The grant has read the request anew.
    _write(letters.granted(request, account, _term(request)), request, actor=actor, at=at, signer=signer)
    body = kept("Tài khoản %(code)s") % {"code": account.code}
    _tell(request, at=at, agency=request.consumer.code, event="grant", body=body)
    return account


@transaction.atomic
def grant_account(
    *, actor: Actor, at: datetime, request: Request, granted: Sequence[str], valid_until: date | None = None,
    reason: str = "", legal_basis: str = "", version: int | None = None, scope: Mapping[str, Any] | None = None,
) -> Account:  # fmt: skip
    """Grant without a word to the consumer: for a deed that writes a letter of its own, as to an outside agency."""
    parties.check(actor, request, REQUEST.transition("grant"))
    names = [name for name in request.fields if name in set(granted)]
    if not names or set(granted) - set(request.fields):
        text = _("Chọn ít nhất một mục tin trong các mục được yêu cầu.")
        raise Invalid(text, fields={"granted": [text]})
    withheld = _withheld(request, names, reason, legal_basis)
    until = accounts.term_of(request.service, valid_until, local_date(at))
    moved = cases.advance(
        request, "grant", actor=actor, at=at, reason=reason, legal_basis=legal_basis, version=version,
        changes={
            "granted_fields": names, "refusal_reason": reason if withheld else "",
            "legal_basis": legal_basis if withheld else "", **_purposes(request, scope or {}),
        },
        details={"granted": names, **({"withheld": withheld} if withheld else {})},
    )  # fmt: skip
    opened = accounts.open_account(moved, names, actor=actor, at=at, valid_until=until, scope=scope)
    if withheld:
        refusing.copy_to_lead(moved, at=at, reason=reason, event="grant", part=True)
    return opened


def _withheld(request: Request, granted: Sequence[str], reason: str, legal_basis: str) -> list[str]:
    """Return the items asked for and not granted; each of them is refused, so it needs what a refusal needs."""
    names = [name for name in request.fields if name not in set(granted)]
    if names:
        refusing.need_words(request, reason, legal_basis)
    return names


def _purposes(request: Request, scope: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the purposes the grant approves: those asked, or the one the provider names where none was."""
    code = str(scope.get("purpose_code") or "")
    if code and request.purpose_codes:
        purposes.must_be_approved(code, request.purpose_codes)
    # Whether it is one of the list is asked with the rest of the scope.
    return {"purpose_codes": [code]} if code and not request.purpose_codes else {}


@transaction.atomic
def refuse_request(
    *, actor: Actor, at: datetime, request: Request, reason: str, legal_basis: str = "", signer: str = "",
    version: int | None = None,
) -> Request:  # fmt: skip
    """Refuse with a reason, and from 19/08/2025 with the legal basis; the lead agency gets a copy (D51.1a, N194.16)."""
    parties.check(actor, request, REQUEST.transition("refuse"))
    refusing.need_basis(request, legal_basis)
    moved = cases.advance(
        request, "refuse", actor=actor, at=at, reason=reason, legal_basis=legal_basis,
        changes={"refusal_reason": reason, "legal_basis": legal_basis}, version=version,
    )  # fmt: skip
    _write(letters.refused(moved, reason, legal_basis, _term(moved)), moved, actor=actor, at=at, signer=signer)
    _tell(moved, at=at, agency=moved.consumer.code, event="refuse", body=reason)
    refusing.copy_to_lead(moved, at=at, reason=reason, event="refuse")
    return moved


def _write(words: correspondence.Words, request: Request, *, actor: Actor, at: datetime, signer: str) -> None:
    """Issue the letter of a decision; who decided signs it: the provider, or the operator it delegated to."""
    agency = request.provider if actor.agency == request.provider.code else agencies.agency(actor.agency)
    correspondence.send(words, actor=actor, at=at, case=request, agency=agency, signer=signer)


def _term(request: Request) -> str:
    """Return the clause that sets the term of the answer under the case's rules."""
    return rules(request.rules).term("acct_issue").article


@transaction.atomic
def move_to_special(
    *, actor: Actor, at: datetime, request: Request, reason: str, legal_basis: str = "", signer: str = "",
    version: int | None = None,
) -> Request:  # fmt: skip
    """Answer that the data is not default data and must be agreed on: opens the draft of an agreement (D36).

    No account is given, so it carries what a refusal does: the legal basis, the copy to the lead (D51.1a, N194.16).
    """
    parties.check(actor, request, REQUEST.transition("to_special"))
    refusing.need_basis(request, legal_basis)
    moved = cases.advance(
        request, "to_special", actor=actor, at=at, reason=reason, legal_basis=legal_basis, version=version,
        changes={"refusal_reason": reason, "legal_basis": legal_basis},
    )  # fmt: skip
    _write(letters.special(moved, reason, legal_basis, _term(moved)), moved, actor=actor, at=at, signer=signer)
    agreement = agreements.open_from_request(moved, at=at, reason=reason)
    body = kept("%(reason)s Nháp yêu cầu đặc thù %(code)s đã có sẵn nội dung; hoàn thiện rồi gửi.") % {
        "reason": reason, "code": agreement.code,
    }  # fmt: skip
    _tell(moved, at=at, agency=moved.consumer.code, event="to_special", body=body)
    refusing.copy_to_lead(moved, at=at, reason=reason, event="to_special")
    return moved


@transaction.atomic
def withdraw_request(*, actor: Actor, at: datetime, request: Request, version: int | None = None) -> Request:
    """Take a request back, before or after it was sent, while it is undecided."""
    step = "withdraw" if request.state == "draft" else "withdraw_sent"
    moved = cases.advance(request, step, actor=actor, at=at, version=version)
    if moved.received_at is not None:
        _tell(moved, at=at, agency=moved.provider.code, event="withdraw", body=moved.purpose)
    return moved


@transaction.atomic
def lapse_request(*, at: datetime, request: Request, reason: str, officer: str = "", signer: str = "") -> Request:
    """Close a request that has lost its object, service or asker, as what the system does after somebody's deed.

    Where ``officer`` ended the service the asker gets the provider's letter: the answer D35.3 owes it.
    """
    step = "lapse_draft" if request.state == "draft" else "lapse"
    moved = cases.advance(request, step, actor=DELIVERY, at=at, reason=reason)
    if step == "lapse" and officer:
        words = letters.lapsed(moved, reason, _term(moved))
        correspondence.send(
            words, actor=DELIVERY, at=at, case=moved, agency=moved.provider, signer=signer, officer=officer
        )
    _tell(moved, at=at, agency=policies.officers_of(moved.consumer, at), event=step, body=reason)
    return moved


@transaction.atomic
def start_use(*, actor: Actor, at: datetime, request: Request, reason: str, version: int | None = None) -> Request:
    """Record that the connection was tested well and is in use from now on; ``reason`` is the record of the test."""
    moved = cases.advance(request, "start_use", actor=actor, at=at, reason=reason, version=version)
    for agency in {moved.consumer.code, moved.provider.code} - {actor.agency}:
        _tell(moved, at=at, agency=agency, event="start_use", body=reason)
    return moved


MOVES: dict[str, Callable[..., object]] = {
    "send": send_request,
    "grant": grant_request,
    "refuse": refuse_request,
    "to_special": move_to_special,
    "withdraw": withdraw_request,
    "withdraw_sent": withdraw_request,
    "start_use": start_use,
}
"""The deed behind each transition that somebody makes; the others are the system's."""
