"""Every write of a proposal to use outside data: propose, review, send, answer, connect, use, end (SM3 B)."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies import queries as agencies
from nganam.agencies.models import Agency
from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.cases.requirements import allow
from nganam.deadlines import operations as deadlines
from nganam.documents.models import Paper
from nganam.face.telling import kept
from nganam.kernel.actors import Actor, system
from nganam.kernel.clock import VIETNAM, local_date
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.law.rules import rules_on
from nganam.notices import operations as notices
from nganam.sharing import policies as sharing
from nganam.sharing.outside import letters, papers, policies
from nganam.sharing.outside.connecting import check_route
from nganam.sharing.outside.content import CONTENT
from nganam.sharing.outside.models import Channel, Outbound
from nganam.sharing.outside.workflow import OUTBOUND

DESK = system("sharing", "Hệ thống quản lý dịch vụ chia sẻ dữ liệu")
WRITTEN = (
    *CONTENT, "application", "provider", "provider_name", "service_name", "basis", "external",
)  # fmt: skip
"""What the proposer writes and may change until the proposal is taken up."""
EDITED_IN = ("draft", "returned")
REVIEWED = ("catalogue", "legal_basis", "duplicate")
"""The three questions of the review: is it in a national or ministry catalogue, on what basis, is it there already."""


@transaction.atomic
def draft_outbound(*, actor: Actor, at: datetime, values: Mapping[str, Any], once: str = "") -> Outbound:
    """Begin a proposal of the actor's agency; ``values`` holds the fields named in ``WRITTEN``."""
    allow(sharing.may_work_for_agency(actor))
    _check_application(values, actor)
    outbound = Outbound(
        proposer=agencies.agency(actor.agency), **{name: values[name] for name in WRITTEN if name in values}
    )
    return cases.open_case(outbound, actor=actor, at=at, once=once, details={"of": outbound.asked_of})


def _check_application(values: Mapping[str, Any], actor: Actor) -> None:
    application = values.get("application")
    if application is not None and application.agency.code != actor.agency:
        raise NotAllowed(_("Ứng dụng này không thuộc cơ quan của bạn."))


@transaction.atomic
def edit_outbound(
    *, actor: Actor, at: datetime, outbound: Outbound, values: Mapping[str, Any], version: int | None = None
) -> Outbound:
    """Change a draft, or what the lead agency gave back."""
    allow(policies.may_act_as_proposer(actor, outbound))
    _check_application(values, actor)
    changes = {name: values[name] for name in WRITTEN if name in values}
    return cases.edit(outbound, actor=actor, at=at, changes=changes, states=EDITED_IN, version=version)


def _tell(outbound: Outbound, *, at: datetime, body: str, agency: str = "", role: str = "") -> None:
    notices.notify(
        at=at, agency=agency, role=role, title=f"{outbound.code}: {outbound.current.vi}", body=body,
        link=outbound.get_absolute_url(), event=f"sharing.outbound.{outbound.state}",
    )  # fmt: skip


def _tell_proposer(outbound: Outbound, *, at: datetime, body: str) -> Outbound:
    _tell(outbound, at=at, agency=outbound.proposer.code, body=body)
    return outbound


@transaction.atomic
def propose(*, actor: Actor, at: datetime, outbound: Outbound, version: int | None = None) -> Outbound:
    """Send a complete proposal to the lead agency: outside data are asked for together with it (S9.3)."""
    moved = cases.advance(
        outbound, "propose", actor=actor, at=at, version=version, changes={"received_at": at},
        clock_agency=agencies.lead_agency(local_date(at)).code,
    )  # fmt: skip
    _tell(moved, at=at, role="lead", body=moved.service_name)
    return moved


@transaction.atomic
def accept(
    *, actor: Actor, at: datetime, outbound: Outbound, provider: Agency, form: str, catalogue: str, legal_basis: str,
    duplicate: str, version: int | None = None,
) -> Outbound:  # fmt: skip
    """Take a proposal up after the review of its three questions, each answered in words; say who provides."""
    parties.check(actor, outbound, OUTBOUND.transition("accept"))
    review = {"catalogue": catalogue.strip(), "legal_basis": legal_basis.strip(), "duplicate": duplicate.strip()}
    missing = {name: [_("Ghi kết quả rà soát.")] for name, text in review.items() if not text}
    if missing:
        raise Invalid(_("Rà soát chưa đủ ba nội dung."), fields=missing)
    _check_provider(provider)
    moved = cases.advance(
        outbound, "accept", actor=actor, at=at, version=version, details={"review": review, "provider": provider.code},
        changes={"review": review, "provider": provider, "form": form, "basis": review["legal_basis"]},
    )  # fmt: skip
    return _tell_proposer(moved, at=at, body=moved.service_name)


def _check_provider(provider: Agency) -> None:
    if provider.kind in agencies.OUTSIDE_KINDS:
        return
    raise RuleBroken(
        _("Đây là cơ quan trong tỉnh: gửi yêu cầu kết nối, không phải đề xuất ngoài tỉnh."), article="S16",
        hint=_("Trả lại đề xuất và hướng dẫn đơn vị tìm dịch vụ của tỉnh."),
    )  # fmt: skip


@transaction.atomic
def answer_proposal(
    *, actor: Actor, at: datetime, outbound: Outbound, transition: str, reason: str, signer: str = "",
    version: int | None = None,
) -> Outbound:  # fmt: skip
    """Return a proposal to be completed, or reject it, by a letter with the reason."""
    parties.check(actor, outbound, OUTBOUND.transition(transition))
    cases.must_be_open(outbound, transition)
    lead = agencies.agency(actor.agency)
    words = letters.answered(outbound, lead=lead, rejected=transition == "reject", reason=reason)
    given = papers.give(outbound, words, actor=actor, at=at, agency=lead, signer=signer)
    moved = cases.advance(outbound, transition, actor=actor, at=at, reason=reason, paper=given.code, version=version)
    return _tell_proposer(moved, at=at, body=reason)


@transaction.atomic
def send(
    *, actor: Actor, at: datetime, outbound: Outbound, transition: str = "send", channel: str, sent_on: date,
    paper: str = "", signer: str = "", version: int | None = None,
) -> Outbound:  # fmt: skip
    """Send the request to the outside provider; for default data its statutory term runs from ``sent_on``.

    By document: a letter drawn here, or one signed elsewhere as number ``paper``; on the national portal ``paper`` is
    the number it was given there. The case is judged by the rules of the day of sending, as the provider's receipt is.
    """
    parties.check(actor, outbound, OUTBOUND.transition(transition))
    cases.must_be_open(outbound, transition)
    _check_day("sent_on", sent_on, at, not_before=local_date(outbound.received_at or at))
    _check_channel(channel, paper)
    version_of_rules = rules_on(sent_on).version
    given = _their_letter(outbound, channel, paper, sent_on, signer, actor=actor, at=at)
    if transition == "send":
        _start_their_clock(outbound, sent_on, version_of_rules, actor=actor, at=at)
    number = given.number if given else paper
    changes = {"channel": channel, "sent_number": number, "sent_on": sent_on, "rules": version_of_rules}
    moved = cases.advance(
        outbound, transition, actor=actor, at=at, paper=given.code if given else paper, version=version,
        changes=changes, clock_agency=actor.agency,
    )  # fmt: skip
    return _tell_proposer(moved, at=at, body=number)


def _check_channel(channel: str, paper: str) -> None:
    wrong: dict[str, list[str]] = {}
    if channel not in Channel.values:
        wrong["channel"] = [_("Chọn cách gửi.")]
    if channel == Channel.NATIONAL and not paper.strip():
        wrong["paper"] = [_("Ghi mã hồ sơ trên Cổng dữ liệu quốc gia.")]
    if wrong:
        raise Invalid(_("Chưa ghi nhận được việc gửi."), fields=wrong)


def _their_letter(
    outbound: Outbound, channel: str, number: str, on: date, signer: str, *, actor: Actor, at: datetime
) -> Paper | None:
    """Give the sending its letter; what is entered on the national portal needs none."""
    if channel == Channel.NATIONAL:
        return None
    lead = agencies.agency(actor.agency)
    words = letters.asking(outbound, lead=lead)
    return papers.give(outbound, words, actor=actor, at=at, agency=lead, signer=signer, on=on, number=number)


def _start_their_clock(outbound: Outbound, sent_on: date, version: str, *, actor: Actor, at: datetime) -> None:
    """The term is the provider's, but it is the lead agency that is reminded of it: it must ask what became of it."""
    started = at if sent_on == local_date(at) else datetime.combine(sent_on, time(), VIETNAM)
    deadlines.start_clock(
        key="acct_issue", object_type=OUTBOUND.code, object_code=outbound.code, at=started, agency=actor.agency,
        rules=version, actor=actor,
    )  # fmt: skip


def _check_day(name: str, day: date, at: datetime, *, not_before: date | None) -> None:
    text = ""
    if day > local_date(at):
        text = _("Ngày không thể ở sau hôm nay.")
    elif not_before is not None and day < not_before:
        text = _("Ngày không thể trước bước trước đó (%(day)s).") % {"day": f"{not_before:%d/%m/%Y}"}
    if text:
        raise Invalid(text, fields={name: [text]})


@transaction.atomic
def record_grant(
    *, actor: Actor, at: datetime, outbound: Outbound, paper: str, answered_on: date, account_reference: str = "",
    version: int | None = None,
) -> Outbound:  # fmt: skip
    """Record that the outside provider granted the data, by which paper, under which account of its own."""
    parties.check(actor, outbound, OUTBOUND.transition("record_grant"))
    _check_day("answered_on", answered_on, at, not_before=outbound.sent_on)
    moved = cases.advance(
        outbound, "record_grant", actor=actor, at=at, paper=paper, version=version,
        changes={"answer_number": paper, "answer_on": answered_on, "account_reference": account_reference},
    )  # fmt: skip
    return _tell_proposer(moved, at=at, body=account_reference or paper)


@transaction.atomic
def record_refusal(
    *, actor: Actor, at: datetime, outbound: Outbound, paper: str, answered_on: date, reason: str,
    legal_basis: str = "", version: int | None = None,
) -> Outbound:  # fmt: skip
    """Record that the outside provider refused, with the reason it gave; the proposer may open a dispute (D49.3)."""
    parties.check(actor, outbound, OUTBOUND.transition("record_refusal"))
    _check_day("answered_on", answered_on, at, not_before=outbound.sent_on)
    moved = cases.advance(
        outbound, "record_refusal", actor=actor, at=at, paper=paper, reason=reason, legal_basis=legal_basis,
        version=version, changes={
            "answer_number": paper, "answer_on": answered_on, "refusal_reason": reason, "legal_basis": legal_basis,
        },
    )  # fmt: skip
    return _tell_proposer(moved, at=at, body=reason)


@transaction.atomic
def configure(
    *, actor: Actor, at: datetime, outbound: Outbound, route: str, reason: str, finding: str = "",
    ndop_checked: bool = False, version: int | None = None,
) -> Outbound:  # fmt: skip
    """Record how the LGSP was set up to fetch the data; ``reason`` is the evidence (S17.4, D46)."""
    parties.check(actor, outbound, OUTBOUND.transition("configure"))
    check_route(outbound, route, finding, ndop_checked=ndop_checked)
    changes = {"route": route, "finding": finding}
    moved = cases.advance(
        outbound, "configure", actor=actor, at=at, reason=reason, version=version, changes=changes, details=changes
    )
    return _tell_proposer(moved, at=at, body=reason)


@transaction.atomic
def start_use(*, actor: Actor, at: datetime, outbound: Outbound, reason: str, version: int | None = None) -> Outbound:
    """Confirm that the data arrive and are used; the lead agency then lists the service for the others (S14.4)."""
    moved = cases.advance(outbound, "start_use", actor=actor, at=at, reason=reason, version=version)
    _tell(moved, at=at, role="lead", body=kept("Đưa dịch vụ vào danh sách dịch vụ ngoài tỉnh nếu chưa có."))
    return moved


@transaction.atomic
def end(*, actor: Actor, at: datetime, outbound: Outbound, reason: str, version: int | None = None) -> Outbound:
    """End the use: no longer needed, or the provider ended it (D44)."""
    moved = cases.advance(outbound, "end", actor=actor, at=at, reason=reason, version=version)
    _tell(moved, at=at, role="lead", body=reason)
    return _tell_proposer(moved, at=at, body=reason)


@transaction.atomic
def withdraw(
    *, actor: Actor, at: datetime, outbound: Outbound, transition: str = "withdraw", reason: str = "",
    version: int | None = None,
) -> Outbound:  # fmt: skip
    """Take a proposal back; once it was sent the lead agency has to tell the outside provider."""
    moved = cases.advance(outbound, transition, actor=actor, at=at, reason=reason, version=version)
    if moved.received_at is not None:
        _tell(moved, at=at, role="lead", body=reason or moved.service_name)
    return moved


MOVES: dict[str, Callable[..., object]] = {
    "propose": propose,
    "accept": accept,
    "return": partial(answer_proposal, transition="return"),
    "reject": partial(answer_proposal, transition="reject"),
    "send": partial(send, transition="send"),
    "send_special": partial(send, transition="send_special"),
    "record_grant": record_grant,
    "record_refusal": record_refusal,
    "configure": configure,
    "start_use": start_use,
    "end": end,
    "withdraw": partial(withdraw, transition="withdraw"),
    "withdraw_sent": partial(withdraw, transition="withdraw_sent"),
}
"""The deed behind each transition that somebody makes; the others are the system's."""
