"""Every write of disputes: raise, answer, take higher, decide, carry out, check, agree, withdraw (SM4)."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.agencies.queries import agency as agency_of
from nganam.agencies.queries import lead_agency, province_agency
from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.cases.requirements import allow
from nganam.deadlines import operations as deadlines
from nganam.deadlines.terms import LOCAL, until
from nganam.disputes import letters, papers, policies, queries
from nganam.disputes.models import CentralBody, Dispute, Level, Outcome, Side
from nganam.disputes.subjects import ACCOUNT, Subject
from nganam.disputes.telling import tell
from nganam.disputes.workflow import DISPUTE
from nganam.kernel.actors import Actor, system
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, RuleBroken
from nganam.law.rules import rules_on
from nganam.sharing import disputed

REGISTER = system("disputes", "Hệ thống quản lý dịch vụ chia sẻ dữ liệu")
CARRY_OUT = "dispute_carry_out"
CONTENT = ("kind", "summary", "content", "wish")


@transaction.atomic
def open_dispute(
    *, actor: Actor, at: datetime, values: Mapping[str, str], subject: Subject | None = None,
    respondent: Agency | None = None, once: str = "",
) -> Dispute:  # fmt: skip
    """Raise a difficulty with the other side of ``subject``, or with ``respondent`` when it is about no thing.

    It goes at once to level 1, or to the Chairman when a side is outside the province (D49.3). A refused request is
    held until the dispute is settled; an overdue one stays where it is, since nothing is deemed approved.
    """
    allow(policies.may_open(actor))
    dispute = _opened(_new(actor, at, values, subject, respondent), actor=actor, at=at, once=once)
    if dispute.state != DISPUTE.initial:
        return dispute
    _hold(dispute, subject, actor=actor, at=at)
    step = "go_up" if dispute.is_outside else "receive"
    level = Level.CHAIRMAN if dispute.is_outside else Level.PROVIDER
    return _deliver(dispute, step, level, at=at)


@transaction.atomic
def report_error(*, actor: Actor, at: datetime, values: Mapping[str, str], subject: Subject, once: str = "") -> Dispute:
    """Report an error in data received through an account (D52.2c): no dispute yet."""
    allow(policies.may_open(actor))
    if subject.case.MACHINE.code != ACCOUNT or subject.other != subject.case.provider:  # type: ignore[attr-defined]
        raise RuleBroken(_("Chỉ bên khai thác báo sai sót của dữ liệu nhận qua tài khoản của mình."), article="D52.2c")
    made = _new(actor, at, {**values, "kind": "quality"}, subject, None)
    made.is_error = True
    dispute = _opened(made, actor=actor, at=at, once=once)
    return dispute if dispute.state != DISPUTE.initial else _deliver(dispute, "receive_error", Level.PROVIDER, at=at)


def _new(
    actor: Actor, at: datetime, values: Mapping[str, str], subject: Subject | None, respondent: Agency | None
) -> Dispute:
    day = local_date(at)
    rule_set = rules_on(day)
    content = {name: values.get(name, "").strip() for name in CONTENT}
    missing = rule_set.missing("disputes.dispute", content, levels=("L", "P"))
    if missing:
        words = {one.name: [_("Cần điền “%(field)s”.") % {"field": one.vi}] for one in missing}
        raise Invalid(_("Vướng mắc còn thiếu nội dung."), fields=words)
    if content["kind"] not in {word.code for word in rule_set.vocabulary("dispute_kind")}:
        raise _wrong("kind", _("Chọn một trong sáu loại vướng mắc của Điều 47."))
    other = (subject.other if subject else None) or respondent
    if other is None or other.code == actor.agency:
        raise _wrong("respondent", _("Chọn cơ quan khác là bên kia của vướng mắc."))
    about = subject.case if subject else None
    return Dispute(
        opener=agency_of(actor.agency), respondent=other, lead=lead_agency(day), rules=rule_set.version,
        received_at=at, object_type=about.MACHINE.code if about else "", object_code=about.code if about else "",
        object_title=subject.title[:300] if subject else "", **content,
    )  # fmt: skip


def _wrong(name: str, text: str) -> Invalid:
    return Invalid(text, fields={name: [text]})


def _opened(dispute: Dispute, *, actor: Actor, at: datetime, once: str) -> Dispute:
    """Open the case, or say which one the agency has open about the same thing."""
    details = {"about": f"{dispute.object_type} {dispute.object_code}".strip(), "kind": dispute.kind}
    try:
        with transaction.atomic():
            return cases.open_case(dispute, actor=actor, at=at, details=details, once=once)
    except IntegrityError as error:
        raise _open_already(dispute) from error


def _open_already(dispute: Dispute) -> Exception:
    known = queries.open_about(dispute.object_type, dispute.object_code, dispute.opener.code)
    values = {"thing": dispute.object_code, "code": known.code if known else ""}
    return RuleBroken(
        _("Cơ quan đang có vướng mắc %(code)s về %(thing)s.") % values, article=_("nội bộ"),
        hint=_("Nêu thêm ý kiến, gửi tài liệu trong hồ sơ đó."),
    )  # fmt: skip


def _deliver(dispute: Dispute, step: str, level: Level, *, at: datetime) -> Dispute:
    moved = cases.advance(
        dispute, step, actor=REGISTER, at=at, changes={"level": level}, clock_agency=dispute.respondent.code
    )
    tell(moved, actor=REGISTER, at=at, event=step, body=moved.summary)
    return moved


# ---- the thing in dispute ----


def _hold(dispute: Dispute, subject: Subject | None, *, actor: Actor, at: datetime) -> None:
    """Put the refused thing in dispute (D47); what is not refused stays where it is."""
    if subject is None or not disputed.is_held_by(subject.case, dispute.opener):
        return
    disputed.hold(actor=actor, at=at, case=subject.case, reason=dispute.code)
    Dispute.objects.filter(pk=dispute.pk).update(holds_subject=True)
    dispute.holds_subject = True


def _hold_again(dispute: Dispute, *, actor: Actor, at: datetime) -> None:
    """Hold the thing once more when a lower level had it taken up again and it was refused anew."""
    case = queries.subject_of(dispute) if dispute.holds_subject else None
    if case is not None and disputed.is_held_by(case, dispute.opener):
        disputed.hold(actor=actor, at=at, case=case, reason=dispute.code)


def _release(dispute: Dispute, *, actor: Actor, at: datetime, in_favour: bool) -> None:
    """Tell the thing that was held how the dispute ended: taken up again, or the refusal stands (D50)."""
    case = queries.subject_of(dispute) if dispute.holds_subject else None
    if case is not None and case.state == "disputed":
        disputed.release(actor=actor, at=at, case=case, reason=dispute.code, in_favour=in_favour)


# ---- reports of errors ----


@transaction.atomic
def answer_error(
    *, actor: Actor, at: datetime, dispute: Dispute, transition: str, reason: str, version: int | None = None
) -> Dispute:
    """Say that the data were corrected, or why they are right (D51.2d)."""
    return _move(dispute, transition, actor=actor, at=at, reason=reason, version=version)


@transaction.atomic
def accept_answer(*, actor: Actor, at: datetime, dispute: Dispute, version: int | None = None) -> Dispute:
    """Close a report of an error whose answer satisfies its reporter."""
    return _move(dispute, "accept", actor=actor, at=at, version=version)


@transaction.atomic
def take_further(*, actor: Actor, at: datetime, dispute: Dispute, reason: str, version: int | None = None) -> Dispute:
    """Turn a report of an error into a dispute at level 1, with its seven working days (D49.1)."""
    try:
        with transaction.atomic():
            return _move(
                dispute, "take_further", actor=actor, at=at, reason=reason, changes={"is_error": False},
                clock_agency=dispute.respondent.code, version=version,
            )  # fmt: skip
    except IntegrityError as error:
        raise _open_already(dispute) from error


# ---- the three levels ----


@transaction.atomic
def resolve(
    *, actor: Actor, at: datetime, dispute: Dispute, reason: str, outcome: str, obliged: str, carry_out_by: date,
    signer: str = "", version: int | None = None,
) -> Dispute:  # fmt: skip
    """Settle at level 1 within the respondent's own data (D48.1, D49.1): what is done, by whom, by when."""
    _ready(dispute, "resolve", actor)
    if outcome == Outcome.AGAINST:
        raise _wrong(
            "outcome", _("Không chấp nhận đề nghị là chưa giải quyết được: dùng bước “Không giải quyết được”.")
        )
    terms = _terms(at, reason, outcome, obliged, carry_out_by)
    words = letters.resolved(dispute, reason, outcome, obliged, carry_out_by)
    paper = papers.issue(dispute, words, actor=actor, at=at, signer=signer)
    return _settle(dispute, "resolve", terms, actor=actor, at=at, reason=reason, paper=paper, version=version)


@transaction.atomic
def fail(
    *, actor: Actor, at: datetime, dispute: Dispute, reason: str, signer: str = "", version: int | None = None
) -> Dispute:
    """Say that level 1 cannot settle it, and why; the opener may take it to level 2."""
    _ready(dispute, "fail", actor)
    paper = papers.issue(dispute, letters.unresolved(dispute, reason), actor=actor, at=at, signer=signer)
    return _move(dispute, "fail", actor=actor, at=at, reason=reason, paper=paper, version=version)


@transaction.atomic
def escalate(
    *, actor: Actor, at: datetime, dispute: Dispute, reason: str, transition: str = "escalate",
    version: int | None = None,
) -> Dispute:  # fmt: skip
    """Take it to the lead agency of the day, because level 1 cannot, is overdue, or its answer does not do (D49.2)."""
    handler = lead_agency(local_date(at))
    changes = {"level": Level.LEAD, "lead": handler, **UNSETTLED}
    moved = _move(
        dispute, transition, actor=actor, at=at, reason=reason, changes=changes, clock_agency=handler.code,
        version=version,
    )  # fmt: skip
    _hold_again(moved, actor=actor, at=at)
    return moved


UNSETTLED: dict[str, Any] = {"outcome": "", "settlement": "", "obliged": "", "carry_out_by": None}


@transaction.atomic
def guide(
    *, actor: Actor, at: datetime, dispute: Dispute, reason: str, outcome: str, obliged: str, carry_out_by: date,
    signer: str = "", version: int | None = None,
) -> Dispute:  # fmt: skip
    """Settle at level 2 by guidance within the lead agency's power (D49.2)."""
    _ready(dispute, "guide", actor)
    terms = _terms(at, reason, outcome, obliged, carry_out_by)
    words = letters.guidance(dispute, reason, outcome, obliged, carry_out_by)
    paper = papers.issue(dispute, words, actor=actor, at=at, signer=signer)
    return _settle(dispute, "guide", terms, actor=actor, at=at, reason=reason, paper=paper, version=version)


@transaction.atomic
def propose(
    *, actor: Actor, at: datetime, dispute: Dispute, reason: str, plan: str = "", opinions: str = "",
    signer: str = "", version: int | None = None,
) -> Dispute:  # fmt: skip
    """Put it to the Chairman with a plan and the opinions of others (D49.2).

    Where the lead agency is itself a side it hands up the file without a plan: a party does not prepare the decision.
    """
    _ready(dispute, "propose", actor)
    if dispute.lead_is_side and plan.strip():
        raise _wrong("plan", _("Cơ quan đầu mối là một bên nên không lập phương án; chỉ chuyển hồ sơ lên Chủ tịch."))
    if not dispute.lead_is_side and not plan.strip():
        raise _wrong("plan", _("Cần có phương án giải quyết trình Chủ tịch (khoản 2 Điều 49)."))
    words = letters.submission(dispute, reason, plan, opinions, _province(at))
    paper = papers.issue(dispute, words, actor=actor, at=at, signer=signer)
    changes = {"level": Level.CHAIRMAN, "plan": plan.strip(), "opinions": opinions.strip()}
    return _move(dispute, "propose", actor=actor, at=at, reason=reason, paper=paper, changes=changes, version=version)


@transaction.atomic
def appeal(*, actor: Actor, at: datetime, dispute: Dispute, reason: str, version: int | None = None) -> Dispute:
    """Ask the Chairman to look at it: the guidance did not help, or level 2 let its days pass."""
    changes = {"level": Level.CHAIRMAN, **UNSETTLED}
    moved = _move(dispute, "appeal", actor=actor, at=at, reason=reason, changes=changes, version=version)
    _hold_again(moved, actor=actor, at=at)
    return moved


@transaction.atomic
def decide(
    *, actor: Actor, at: datetime, dispute: Dispute, reason: str, outcome: str, obliged: str, carry_out_by: date,
    paper: str = "", decided_on: date | None = None, version: int | None = None,
) -> Dispute:  # fmt: skip
    """Decide as Chairman (D48.2): ``reason`` is what is decided.

    ``paper`` and ``decided_on`` are number and date of a decision signed elsewhere; without a number the platform
    issues it today under the next number of the committee's register.
    """
    _ready(dispute, "decide", actor)
    terms = _terms(at, reason, outcome, obliged, carry_out_by)
    day = _day_of(paper, decided_on, at)
    words = letters.decision(dispute, reason, outcome, obliged, carry_out_by, _province(at))
    number = papers.issue_or_enter(dispute, words, actor=actor, at=at, number=paper, signed_on=day)
    written = {**terms, "decision": number, "decided_on": day}
    return _settle(dispute, "decide", written, actor=actor, at=at, reason=reason, paper=number, version=version)


@transaction.atomic
def refer(
    *, actor: Actor, at: datetime, dispute: Dispute, reason: str, central_body: str, central_name: str,
    paper: str = "", decided_on: date | None = None, version: int | None = None,
) -> Dispute:  # fmt: skip
    """Write to the ministry (D48.3) or report to the Prime Minister (D48.4) and wait without a term (D49.3).

    Number and date are those of a paper signed elsewhere, as for ``decide``.
    """
    _ready(dispute, "refer", actor)
    if central_body not in CentralBody.values:
        raise _wrong("central_body", _("Chọn nơi nhận."))
    if not central_name.strip():
        raise _wrong("central_name", _("Ghi tên cơ quan nhận."))
    day, to = _day_of(paper, decided_on, at), central_name.strip()
    words = letters.referral(dispute, reason, central_body, to)
    number = papers.issue_or_enter(dispute, words, actor=actor, at=at, number=paper, signed_on=day)
    changes = {"level": Level.CENTRAL, "central_body": central_body, "central_name": to}
    return _move(dispute, "refer", actor=actor, at=at, reason=reason, paper=number, changes=changes, version=version)


@transaction.atomic
def conclude(
    *, actor: Actor, at: datetime, dispute: Dispute, reason: str, paper: str, decided_on: date, outcome: str,
    obliged: str, carry_out_by: date, version: int | None = None,
) -> Dispute:  # fmt: skip
    """Record what central government concluded, with the number and date of its paper (D49.3)."""
    _ready(dispute, "conclude", actor)
    terms = _terms(at, reason, outcome, obliged, carry_out_by)
    written = {**terms, "decision": paper.strip(), "decided_on": _day_of(paper, decided_on, at)}
    return _settle(dispute, "conclude", written, actor=actor, at=at, reason=reason, paper=paper, version=version)


def _province(at: datetime) -> str:
    return province_agency(local_date(at)).name


def _day_of(number: str, decided_on: date | None, at: datetime) -> date:
    """Return the day of a paper signed elsewhere under ``number``, or today for one the platform issues."""
    if not number.strip():
        return local_date(at)
    if decided_on is None:
        raise _wrong("decided_on", _("Ghi ngày của văn bản đã ký."))
    if decided_on > local_date(at):
        raise _wrong("decided_on", _("Ngày văn bản không thể ở sau hôm nay."))
    return decided_on


def _ready(dispute: Dispute, transition: str, actor: Actor) -> None:
    """Refuse before a paper is drawn up what ``advance`` would refuse after."""
    parties.check(actor, dispute, DISPUTE.transition(transition))
    cases.must_be_open(dispute, transition)


def _terms(at: datetime, text: str, outcome: str, obliged: str, carry_out_by: date) -> dict[str, Any]:
    """Return the settlement as the columns that hold it; ``Invalid`` names what cannot be."""
    if outcome not in Outcome.values:
        raise _wrong("outcome", _("Chọn kết quả giải quyết."))
    if obliged not in Side.values:
        raise _wrong("obliged", _("Chọn bên phải thi hành."))
    if carry_out_by < local_date(at):
        raise _wrong("carry_out_by", _("Hạn thi hành không thể ở trước hôm nay."))
    return {"outcome": outcome, "obliged": obliged, "carry_out_by": carry_out_by, "settlement": text.strip()}


def _settle(
    dispute: Dispute, step: str, terms: Mapping[str, Any], *, actor: Actor, at: datetime, reason: str, paper: str,
    version: int | None,
) -> Dispute:  # fmt: skip
    _start_clock(dispute, step, terms["obliged"], terms["carry_out_by"], actor=actor, at=at)
    moved = _move(dispute, step, actor=actor, at=at, reason=reason, paper=paper, changes=terms, version=version)
    _release(moved, actor=actor, at=at, in_favour=moved.outcome != Outcome.AGAINST)
    return moved


def _start_clock(dispute: Dispute, step: str, obliged: str, day: date, *, actor: Actor, at: datetime) -> None:
    """Let the day set for carrying it out be a clock of the obliged side; the move that follows finds it running."""
    cases.must_be_open(dispute, step)
    state = DISPUTE.state("settled")
    agency = dispute.opener if obliged == Side.OPENER else dispute.respondent
    deadlines.start_clock(
        key=CARRY_OUT, object_type=DISPUTE.code, object_code=dispute.code, agency=agency.code, at=at,
        rules=dispute.rules, actor=actor, length=until(day, article=LOCAL, vi=state.vi, en="Carry out the settlement"),
    )  # fmt: skip


# ---- after the settlement ----


@transaction.atomic
def report_done(*, actor: Actor, at: datetime, dispute: Dispute, reason: str, version: int | None = None) -> Dispute:
    """Report that the settlement is carried out (D50.2)."""
    return _move(dispute, "report", actor=actor, at=at, reason=reason, version=version)


@transaction.atomic
def check_compliance(
    *, actor: Actor, at: datetime, dispute: Dispute, transition: str, reason: str, carry_out_by: date | None = None,
    signer: str = "", version: int | None = None,
) -> Dispute:  # fmt: skip
    """Find that the settlement was complied with and close, or send it back with a new date (D50.3)."""
    changes: dict[str, Any] = {}
    if transition == "send_back":
        if carry_out_by is None or carry_out_by < local_date(at):
            raise _wrong("carry_out_by", _("Ghi hạn thi hành mới, từ hôm nay trở đi."))
        parties.check(actor, dispute, DISPUTE.transition(transition))
        _start_clock(dispute, transition, dispute.obliged, carry_out_by, actor=actor, at=at)
        changes = {"carry_out_by": carry_out_by}
    _ready(dispute, transition, actor)
    again = carry_out_by if changes else None
    words = letters.not_complied(dispute, reason, again) if again else letters.complied(dispute, reason)
    paper = papers.issue(dispute, words, actor=actor, at=at, signer=signer)
    return _move(dispute, transition, actor=actor, at=at, reason=reason, paper=paper, changes=changes, version=version)


@transaction.atomic
def agree(*, actor: Actor, at: datetime, dispute: Dispute, version: int | None = None) -> Dispute:
    """Agree to the terms the other side offered: both have confirmed, the dispute is over (D50.1c)."""
    terms = {"settlement": dispute.terms, "outcome": dispute.terms_outcome}
    moved = _move(dispute, "agree", actor=actor, at=at, changes=terms, version=version)
    _release(moved, actor=actor, at=at, in_favour=moved.outcome != Outcome.AGAINST)
    return moved


@transaction.atomic
def withdraw(*, actor: Actor, at: datetime, dispute: Dispute, reason: str, version: int | None = None) -> Dispute:
    """Take the dispute back while nobody has decided; a refusal it held up stands again."""
    moved = _move(dispute, "withdraw", actor=actor, at=at, reason=reason, version=version)
    _release(moved, actor=actor, at=at, in_favour=False)
    return moved


def _move(dispute: Dispute, transition: str, *, actor: Actor, at: datetime, reason: str = "", **more: Any) -> Dispute:
    """Make a move and tell everybody the dispute concerns."""
    moved = cases.advance(dispute, transition, actor=actor, at=at, reason=reason, **more)
    tell(moved, actor=actor, at=at, event=transition, body=reason)
    return moved


def _with(deed: Callable[..., Dispute], transition: str) -> Callable[..., Dispute]:
    return lambda **given: deed(transition=transition, **given)


MOVES: dict[str, Callable[..., object]] = {
    "correct": _with(answer_error, "correct"),
    "explain": _with(answer_error, "explain"),
    "accept": accept_answer,
    "take_further": take_further,
    "resolve": resolve,
    "fail": fail,
    "escalate": escalate,
    "guide": guide,
    "propose": propose,
    "decide": decide,
    "refer": refer,
    "conclude": conclude,
    "report": report_done,
    "confirm": _with(check_compliance, "confirm"),
    "send_back": _with(check_compliance, "send_back"),
    "contest": _with(escalate, "contest"),
    "appeal": appeal,
    "agree": agree,
    "withdraw": withdraw,
}
"""The deed behind each transition that somebody makes."""
