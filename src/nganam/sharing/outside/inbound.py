"""Every write of a request from outside: register, two opinions, the Chairman's decision, grant, refuse, connect."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies import queries as agencies
from nganam.agencies.models import Agency
from nganam.cases import operations as cases
from nganam.cases import parties, seats
from nganam.cases.requirements import allow, refuse_incomplete
from nganam.deadlines import operations as deadlines
from nganam.documents import media
from nganam.documents import operations as documents
from nganam.documents.files import Stream
from nganam.documents.models import StoredFile
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.clock import VIETNAM, local_date
from nganam.kernel.errors import Invalid, RuleBroken
from nganam.law.rules import all_rules, rules_on
from nganam.notices import operations as notices
from nganam.services.models import Service
from nganam.sharing import refusing
from nganam.sharing.accounts.models import Account
from nganam.sharing.agreements import operations as agreements
from nganam.sharing.agreements.content import asked_from_outside
from nganam.sharing.agreements.models import Agreement
from nganam.sharing.outside import letters, papers, policies, queries
from nganam.sharing.outside.connecting import check_route
from nganam.sharing.outside.content import CONTENT, inbound_content
from nganam.sharing.outside.following import DESK
from nganam.sharing.outside.models import Form, Inbound, Opinion
from nganam.sharing.outside.workflow import INBOUND
from nganam.sharing.requests import operations as requests

SCANS = (media.PDF, "image/png", "image/jpeg")
SCAN_LIMIT = 20 * documents.MEGABYTE
WRITTEN = (*CONTENT, "application_code", "application_name", "representative")
"""What may still be put right before anybody has given an opinion: who asked, when and for what service may not."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan of the outside agency's document, as it was uploaded."""

    name: str
    stream: Stream


def register_inbound(
    *, actor: Actor, at: datetime, requester: Agency, service: Service | None = None, provider: Agency | None = None,
    values: Mapping[str, Any], received_on: date, scan: Scan | None = None, once: str = "",
) -> Inbound:  # fmt: skip
    """Enter a request that came by the national portal or a document, and ask both sides for their opinion (S17.1).

    The terms run from the day the province received it, by the rules of that day; for special data only the local one
    does. ``service`` names default data; without one ``provider`` says whose data are asked for. ``values`` holds
    ``CONTENT``, the application's code and name, channel, number and day of the document.
    """
    allow(policies.may_keep_outside(actor))
    _check_receipt(values, received_on, at)
    stored = _stored(scan, actor=actor, at=at)
    inbound = Inbound(
        requester=requester, service=service, provider=_owner(service, provider), scan=stored,
        form=Form.DEFAULT if service is not None and service.form == Form.DEFAULT else Form.SPECIAL,
        rules=rules_on(received_on).version, received_at=_received_at(received_on, at), **values,
    )  # fmt: skip
    return _register(inbound, actor=actor, at=at, once=once)


def _received_at(day: date, at: datetime) -> datetime:
    return at if day == local_date(at) else datetime.combine(day, time(), VIETNAM)


def _owner(service: Service | None, provider: Agency | None) -> Agency:
    owner = service.provider if service is not None else provider
    if owner is None:
        text = _("Chọn dịch vụ, hoặc cơ quan chủ quản của dữ liệu được yêu cầu.")
        raise Invalid(text, fields={"provider": [text]})
    return owner


def _check_receipt(values: Mapping[str, Any], received_on: date, at: datetime) -> None:
    wrong: dict[str, list[str]] = {}
    if received_on > local_date(at):
        wrong["received_on"] = [_("Ngày nhận không thể ở sau hôm nay.")]
    elif received_on < all_rules()[0].in_force_from:
        wrong["received_on"] = [_("Ngày nhận trước khi có quy định về chia sẻ dữ liệu.")]
    if values["document_on"] > received_on:
        wrong["document_on"] = [_("Văn bản không thể ký sau ngày nhận.")]
    if wrong:
        raise Invalid(_("Ngày nhận hoặc ngày văn bản chưa đúng."), fields=wrong)


def _stored(scan: Scan | None, *, actor: Actor, at: datetime) -> StoredFile | None:
    if scan is None:
        return None
    return documents.store_file(scan.name, scan.stream, actor=actor, at=at, allowed_types=SCANS, limit=SCAN_LIMIT)


@transaction.atomic
def _register(inbound: Inbound, *, actor: Actor, at: datetime, once: str) -> Inbound:
    _check_parties(inbound)
    _check_complete(inbound)
    opened = cases.open_case(
        inbound, actor=actor, at=at, once=once,
        details={"requester": inbound.requester.code, "document": inbound.document_number},
    )  # fmt: skip
    if opened is not inbound:
        return opened
    _start(opened, "lead_opinion", at=at, of=_lead(at))
    received = cases.advance(opened, _receipt(opened), actor=DESK, at=at, clock_agency=opened.provider.code)
    _tell(
        received,
        at=at,
        agency=received.provider.code,
        body=kept("Cơ quan ngoài tỉnh yêu cầu; cần ý kiến của cơ quan."),
    )
    return received


def _receipt(inbound: Inbound) -> str:
    """Return the move of receipt; for default data the statutory clock starts on the day the province received it."""
    if inbound.form != Form.DEFAULT:
        return "receive_special"
    _start(inbound, "acct_issue", at=inbound.received_at or inbound.created_at, of=_lead(inbound.created_at))
    return "receive"


def _lead(at: datetime) -> str:
    return agencies.lead_agency(local_date(at)).code


def _start(inbound: Inbound, key: str, *, at: datetime, of: str) -> None:
    """Start a clock for another agency than the one the move's own clocks run for."""
    deadlines.start_clock(
        key=key, object_type=INBOUND.code, object_code=inbound.code, at=at, agency=of, rules=inbound.rules, actor=DESK
    )


def _next(inbound: Inbound, at: datetime) -> str:
    """Return who has to go on once the data may be shared: who grants the account, or the lead by an agreement."""
    return inbound.provider.code if inbound.form == Form.DEFAULT else _lead(at)


def _check_parties(inbound: Inbound) -> None:
    wrong: dict[str, list[str]] = {}
    if inbound.requester.kind not in agencies.OUTSIDE_KINDS:
        wrong["requester"] = [_("Chỉ cơ quan ngoài tỉnh; cơ quan trong tỉnh tự gửi yêu cầu kết nối.")]
    if inbound.service is not None and inbound.service.state != "published":
        wrong["service"] = [_("Dịch vụ chưa công khai.")]
    if inbound.service is not None:
        unknown = set(inbound.fields) - set(inbound.service.fields.values_list("name", flat=True))
        if unknown:
            wrong["fields"] = [_("Dịch vụ không có mục tin: %(names)s.") % {"names": ", ".join(sorted(unknown))}]
    if wrong:
        raise Invalid(_("Chưa vào sổ được yêu cầu."), fields=wrong)


def _check_complete(inbound: Inbound) -> None:
    message = _("Yêu cầu còn thiếu nội dung theo khoản 2 Điều 35 Nghị định 47/2020/NĐ-CP.")
    refuse_incomplete("sharing.request", inbound_content(inbound), rules_version=inbound.rules, message=message)


def _tell(inbound: Inbound, *, at: datetime, body: str, agency: str = "", role: str = "") -> None:
    notices.notify(
        at=at, agency=agency, role=role, title=f"{inbound.code}: {inbound.current.vi}", body=body,
        link=inbound.get_absolute_url(), event=f"sharing.inbound.{inbound.state}",
    )  # fmt: skip


@transaction.atomic
def edit_inbound(
    *, actor: Actor, at: datetime, inbound: Inbound, values: Mapping[str, Any], version: int | None = None
) -> Inbound:
    """Put right what was entered, as long as nobody has given an opinion on it."""
    allow(policies.may_keep_outside(actor))
    if inbound.opinions.exists():
        raise RuleBroken(
            _("Đã có ý kiến về nội dung này nên không sửa được nữa."), article="S17.3",
            hint=_("Nếu nội dung sai, ghi nhận rút yêu cầu rồi vào sổ lại."),
        )  # fmt: skip
    changes = {name: values[name] for name in WRITTEN if name in values}
    edited: Inbound = cases.edit(inbound, actor=actor, at=at, changes=changes, states=("opinions",), version=version)
    _check_parties(edited)
    _check_complete(edited)
    return edited


# ---- the two opinions (S17.3) ----


@transaction.atomic
def give_opinion(
    *, actor: Actor, at: datetime, inbound: Inbound, transition: str, reason: str = "", legal_basis: str = "",
    version: int | None = None,
) -> Inbound:  # fmt: skip
    """Record the opinion of one side; with the second one the case goes where the two together lead.

    Who does not agree says why, and under rules from 19/08/2025 on what legal basis (N194.16).
    """
    parties.check(actor, inbound, INBOUND.transition(transition))
    side, _sep, verb = transition.partition("_")
    agrees = verb == "agrees"
    if not agrees:
        refusing.need_basis(inbound, legal_basis)
    moved = cases.advance(
        inbound, transition, actor=actor, at=at, reason=reason, legal_basis=legal_basis, version=version
    )
    Opinion.objects.create(
        inbound=moved, side=side, agrees=agrees, reason=reason, legal_basis=legal_basis, agency=actor.agency,
        by=actor.code, by_name=actor.name, at=at,
    )  # fmt: skip
    fresh = queries.fresh_inbound(moved)
    seats.write(fresh, at=at)
    return _weigh(fresh, actor=actor, at=at)


def _weigh(inbound: Inbound, *, actor: Actor, at: datetime) -> Inbound:
    """Move on when both have spoken; else tell the side that has not."""
    given = [one.agrees for one in inbound.opinions.all()]
    if len(given) < len(Opinion.Side):
        _tell(inbound, at=at, body=kept("%(name)s đã cho ý kiến.") % {"name": actor.name}, **_silent(inbound))
        return inbound
    step = "agree" if all(given) else "differ" if any(given) else "agree_not"
    waits_for = _next(inbound, at) if step == "agree" else _lead(at)
    moved = cases.advance(inbound, step, actor=DESK, at=at, clock_agency=waits_for)
    _tell(moved, at=at, role="lead", body=moved.subject)
    _tell(moved, at=at, agency=moved.provider.code, body=moved.subject)
    return moved


def _silent(inbound: Inbound) -> dict[str, str]:
    given = {one.side for one in inbound.opinions.all()}
    return {"role": "lead"} if Opinion.Side.LEAD not in given else {"agency": inbound.provider.code}


# ---- the Chairman (S17.3) ----


@transaction.atomic
def submit_inbound(
    *, actor: Actor, at: datetime, inbound: Inbound, reason: str, paper: str = "", signed_on: date | None = None,
    signer: str = "", version: int | None = None,
) -> Inbound:  # fmt: skip
    """Submit differing opinions to the Chairman by a tờ trình: drawn here, or signed elsewhere as number ``paper``."""
    step = INBOUND.transition("submit")
    parties.check(actor, inbound, step)
    cases.must_be_open(inbound, step.name)
    province = agencies.province_agency(local_date(at))
    lead = agencies.agency(actor.agency)
    words = letters.submission(inbound, list(inbound.opinions.all()), lead=lead, province=province, reason=reason)
    given = papers.give(inbound, words, actor=actor, at=at, agency=lead, signer=signer, on=signed_on, number=paper)
    moved = cases.advance(
        inbound, step.name, actor=actor, at=at, reason=reason, paper=given.code, version=version,
        clock_agency=province.code, changes={"submission_number": given.number, "submission_on": given.signed_on},
    )  # fmt: skip
    notices.notify(
        at=at, agency=province.code, role="chairman", body=reason, link=moved.get_absolute_url(),
        event="sharing.inbound.submit",
        title=kept("%(code)s: trình quyết định chia sẻ ngoài tỉnh") % {"code": moved.code},
    )  # fmt: skip
    return moved


@transaction.atomic
def decide_inbound(
    *, actor: Actor, at: datetime, inbound: Inbound, transition: str, reason: str = "", paper: str = "",
    signed_on: date | None = None, signer: str = "", version: int | None = None,
) -> Inbound:  # fmt: skip
    """Permit the sharing, or do not, by a decision: drawn here, or signed elsewhere as number ``paper``."""
    parties.check(actor, inbound, INBOUND.transition(transition))
    cases.must_be_open(inbound, transition)
    day = signed_on or local_date(at)
    if inbound.submission_on and day < inbound.submission_on:
        text = _("Quyết định không thể ký trước tờ trình.")
        raise Invalid(text, fields={"signed_on": [text]})
    province = agencies.agency(actor.agency)
    words = letters.decision(inbound, permits=transition == "permit", province=province, reason=reason)
    given = papers.give(
        inbound, words, actor=actor, at=at, agency=province, signer=signer or actor.name, on=day, number=paper
    )
    moved = cases.advance(
        inbound, transition, actor=actor, at=at, reason=reason, paper=given.code, version=version,
        clock_agency=_next(inbound, at) if transition == "permit" else _lead(at),
        changes={"decision_number": given.number, "decision_on": given.signed_on},
    )  # fmt: skip
    _tell(moved, at=at, role="lead", body=reason)
    _tell(moved, at=at, agency=moved.provider.code, body=reason)
    return moved


@transaction.atomic
def send_back_inbound(
    *, actor: Actor, at: datetime, inbound: Inbound, reason: str, version: int | None = None
) -> Inbound:
    """Give a submission back to be made clear."""
    moved = cases.advance(
        inbound, "send_back", actor=actor, at=at, reason=reason, version=version, clock_agency=_lead(at)
    )
    _tell(moved, at=at, role="lead", body=reason)
    return moved


# ---- the answer ----


@transaction.atomic
def grant_inbound(
    *, actor: Actor, at: datetime, inbound: Inbound, granted: Sequence[str], valid_until: date | None = None,
    reason: str = "", legal_basis: str = "", signer: str = "", version: int | None = None,
) -> Account:  # fmt: skip
    """Go on as SM1: open the account of the outside agency's application, once both opinions are there.

    What is left out is refused, with reason and legal basis as there (N194.16). The lead agency receives the
    credential for the outside agency and hands it on (S17.1).
    """
    moved = cases.advance(
        inbound, "grant", actor=actor, at=at, reason=reason, legal_basis=legal_basis, version=version,
        details={"granted": list(granted)},
    )  # fmt: skip
    request = requests.open_agreed(
        actor=actor, at=at, agency=moved.requester, application=(moved.application_code, moved.application_name),
        service=_service_of(moved), values={name: getattr(moved, name) for name in CONTENT}, rules=moved.rules,
        received_at=moved.received_at,
    )  # fmt: skip
    account = requests.grant_account(
        actor=actor, at=at, request=request, granted=granted, valid_until=valid_until, reason=reason,
        legal_basis=legal_basis,
    )  # fmt: skip
    Inbound.objects.filter(pk=moved.pk).update(request=request)
    issuer = agencies.agency(actor.agency)
    words = letters.grant(moved, account, issuer=issuer)
    papers.give(moved, words, actor=actor, at=at, agency=issuer, signer=signer)
    body = kept("Tài khoản %(code)s chờ bàn giao: nhận khóa thay cơ quan ngoài tỉnh.") % {"code": account.code}
    _tell(moved, at=at, role="lead", body=body)
    return account


def _service_of(inbound: Inbound) -> Service:
    if inbound.service is None:  # the guard "default_data" has refused this
        raise ValueError(f"{inbound.code} names no service")
    return inbound.service


@transaction.atomic
def move_to_agreement(
    *, actor: Actor, at: datetime, inbound: Inbound, reason: str, signer: str = "", version: int | None = None
) -> Inbound:
    """Go on as SM2: the data are special, both sides will agree in writing (D36)."""
    parties.check(actor, inbound, INBOUND.transition("to_agreement"))
    cases.must_be_open(inbound, "to_agreement")
    lead = agencies.agency(actor.agency)
    words = letters.agreement(inbound, lead=lead, reason=reason)
    given = papers.give(inbound, words, actor=actor, at=at, agency=lead, signer=signer)
    moved = cases.advance(inbound, "to_agreement", actor=actor, at=at, reason=reason, paper=given.code, version=version)
    _tell(moved, at=at, agency=moved.provider.code, body=reason)
    return moved


@transaction.atomic
def begin_agreement(
    *, actor: Actor, at: datetime, inbound: Inbound, values: Mapping[str, Any] | None = None, representative: str = "",
    once: str = "", version: int | None = None,
) -> Agreement:  # fmt: skip
    """Draft for the outside agency the request its special agreement begins with (D36); the lead agency acts for it.

    ``values`` holds what ``agreements.content.ASKED`` names; without them the draft says what the case says.
    """
    step = INBOUND.transition("begin_agreement")
    parties.check(actor, inbound, step)
    said = asked_from_outside(inbound) if values is None else {**values, "representative": representative}
    cases.hold(inbound)  # an application registered anew is recorded before the case moves
    named = (inbound.application_code, inbound.application_name)
    application = requests.application_of(inbound.requester, named, actor=actor, at=at)
    agreement = agreements.for_outside(inbound, application, said)
    opened = agreements.open_drafted(agreement, actor=actor, at=at, once=once, reason=inbound.code)
    if opened is agreement:  # else the same form, sent again
        details = {"agreement": opened.code}
        cases.advance(inbound, step.name, actor=actor, at=at, reason=opened.code, version=version, details=details)
    return opened


@transaction.atomic
def refuse_inbound(
    *, actor: Actor, at: datetime, inbound: Inbound, reason: str, legal_basis: str = "", signer: str = "",
    version: int | None = None, transition: str = "refuse",
) -> Inbound:  # fmt: skip
    """Answer the outside agency that the data are not shared: why and, as its rules ask, on what legal basis.

    By ``refuse_ended`` it is answered at any time before a grant, since the service asked for is no more.
    """
    step = INBOUND.transition(transition)
    parties.check(actor, inbound, step)
    cases.must_be_open(inbound, step.name)
    parties.check_guards(actor, inbound, step, at)
    refusing.need_basis(inbound, legal_basis)
    lead = agencies.agency(actor.agency)
    words = letters.refusal(inbound, lead=lead, reason=reason, legal_basis=legal_basis)
    given = papers.give(inbound, words, actor=actor, at=at, agency=lead, signer=signer)
    moved = cases.advance(
        inbound, step.name, actor=actor, at=at, reason=reason, legal_basis=legal_basis, paper=given.code,
        version=version, changes={"refusal_reason": reason, "legal_basis": legal_basis},
    )  # fmt: skip
    _tell(moved, at=at, agency=moved.provider.code, body=reason)
    return moved


@transaction.atomic
def connect_inbound(
    *, actor: Actor, at: datetime, inbound: Inbound, route: str, reason: str, finding: str = "",
    ndop_checked: bool = False, version: int | None = None,
) -> Inbound:  # fmt: skip
    """Record how the outside agency was connected and tested; its request is in use from now on (S17.4, D46)."""
    parties.check(actor, inbound, INBOUND.transition("connect"))
    check_route(inbound, route, finding, ndop_checked=ndop_checked)
    changes = {"route": route, "finding": finding}
    moved = cases.advance(
        inbound, "connect", actor=actor, at=at, reason=reason, version=version, changes=changes, details=changes
    )
    request = moved.request
    if request is not None and request.state == "testing":
        requests.start_use(actor=actor, at=at, request=request, reason=reason)
    return moved


@transaction.atomic
def withdraw_inbound(
    *, actor: Actor, at: datetime, inbound: Inbound, reason: str, version: int | None = None
) -> Inbound:
    """Record that the outside agency took its request back before it was answered."""
    moved = cases.advance(inbound, "withdraw", actor=actor, at=at, reason=reason, version=version)
    _tell(moved, at=at, agency=moved.provider.code, body=reason)
    return moved


FOLLOWED = {"suspended": "suspend", "in_use": "resume", "terminated": "terminate"}
"""What the state of the connection request means for the case from outside."""


@transaction.atomic
def follow_request(*, at: datetime, code: str) -> str:
    """Let the case go where its connection request (and so its account) is; return the move made, "" for none."""
    inbound = queries.inbound_of_request(code)
    step = FOLLOWED.get(inbound.request.state, "") if inbound and inbound.request else ""
    if inbound is None or not step or inbound.state not in INBOUND.transition(step).source:
        return ""
    cases.advance(inbound, step, actor=DESK, at=at)
    return step


OPINIONS = ("owner_agrees", "owner_disagrees", "lead_agrees", "lead_disagrees")
MOVES: dict[str, Callable[..., object]] = {
    **{name: partial(give_opinion, transition=name) for name in OPINIONS},
    "submit": submit_inbound,
    "permit": partial(decide_inbound, transition="permit"),
    "forbid": partial(decide_inbound, transition="forbid"),
    "send_back": send_back_inbound,
    "grant": grant_inbound,
    "to_agreement": move_to_agreement,
    "begin_agreement": begin_agreement,
    "refuse": refuse_inbound,
    "refuse_ended": partial(refuse_inbound, transition="refuse_ended"),
    "connect": connect_inbound,
    "withdraw": withdraw_inbound,
}
"""The deed behind each transition that somebody makes; the others are the system's."""
