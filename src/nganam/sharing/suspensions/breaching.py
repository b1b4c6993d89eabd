"""A breach by one user, or a risk it brings: usage report, notice, suspension, remedy (D43.2, D43.5, D51.1b)."""

from collections.abc import Callable, Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.cases.queries import history_of
from nganam.cases.requirements import allow
from nganam.cases.sweeping import each
from nganam.deadlines import operations as deadlines
from nganam.deadlines import terms
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, RuleBroken
from nganam.law.rules import rules_on
from nganam.notices import operations as notices
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.accounts.models import Account
from nganam.sharing.accounts.operations import KEEPER
from nganam.sharing.policies import officers_of
from nganam.sharing.suspensions import papers, policies, queries, terminating, words
from nganam.sharing.suspensions.models import Breach
from nganam.sharing.suspensions.workflow import BREACH

REPORT, NOTICE = "usage_report", "breach_notice"


@transaction.atomic
def open_breaches(
    *, actor: Actor, at: datetime, accounts: Sequence[Account], suspicion: str, once: str = ""
) -> list[Breach]:
    """Open a file on the use of each account; the consumers learn of it when a report is demanded or a notice given."""
    if not accounts or not suspicion.strip():
        text = _("Chọn ít nhất một tài khoản và ghi dấu hiệu, nghi vấn.")
        raise Invalid(text, fields={"accounts" if not accounts else "suspicion": [text]})
    keys = [once and f"{once}-{account.code}" for account in accounts]
    cases.hold(*accounts)
    return [
        _opened(account, suspicion, actor=actor, at=at, once=key) for account, key in zip(accounts, keys, strict=True)
    ]


def _opened(account: Account, suspicion: str, *, actor: Actor, at: datetime, once: str = "") -> Breach:
    allow(policies.may_examine(actor, account))
    if account.state not in {"active", "locked"}:
        raise RuleBroken(_("Tài khoản %(code)s không được khai thác.") % {"code": account.code}, article="D43.2")
    breach = Breach(account=account, suspicion=suspicion, rules=rules_on(local_date(at)).version)
    try:
        with transaction.atomic():
            return cases.open_case(breach, actor=actor, at=at, details={"account": account.code}, once=once)
    except IntegrityError as error:
        raise _open_already(account) from error


def _open_already(account: Account) -> RuleBroken:
    known = queries.open_breach(account)
    opened = history_of(known).first() if known else None
    values = {"account": account.code, "code": known.code if known else "", "name": opened.actor_name if opened else ""}
    return RuleBroken(
        _("Tài khoản %(account)s đang có hồ sơ vi phạm, nguy cơ %(code)s do %(name)s lập.") % values, article="nội bộ",
        hint=_("Làm tiếp trên hồ sơ đó."),
    )  # fmt: skip


@transaction.atomic
def demand_report(
    *, actor: Actor, at: datetime, breach: Breach, demand: str, report_due_on: date, signer: str = "",
    version: int | None = None,
) -> Breach:  # fmt: skip
    """Demand a report on how the data are used, by a day (D51.1b)."""
    step = BREACH.transition("demand_report")
    parties.check(actor, breach, step)
    _need(demand=(demand, _("Ghi nội dung phải báo cáo.")))
    if report_due_on <= local_date(at):
        text = _("Hạn báo cáo phải sau hôm nay.")
        raise Invalid(text, fields={"report_due_on": [text]})
    labels = BREACH.transition("submit_report")
    length = terms.until(report_due_on, article="D51.1b", vi=labels.vi, en=labels.en)
    officers = officers_of(breach.consumer, at)
    _start_clock(breach, REPORT, officers, at=at, actor=actor, length=length)
    number = papers.report_demand(breach, actor=actor, at=at, demand=demand, due_on=report_due_on, signer=signer)
    moved = cases.advance(
        breach, step.name, actor=actor, at=at, version=version, clock_agency=officers, paper=number,
        changes={"demand": demand, "report_due_on": report_due_on},
        details={"report_due_on": report_due_on.isoformat()},
    )  # fmt: skip
    _tell(moved, officers, at=at, body=demand, event=step.name)
    return moved


def _start_clock(
    breach: Breach, key: str, agency: str, *, at: datetime, actor: Actor, length: terms.Length | None = None
) -> None:
    """Start a clock whose day or beginning is not the deed's own; the move that follows finds it running."""
    cases.must_be_open(breach, "demand_report" if key == REPORT else "determine")
    deadlines.start_clock(
        key=key, object_type=BREACH.code, object_code=breach.code, agency=agency, at=at, rules=breach.rules,
        actor=actor, length=length,
    )  # fmt: skip


@transaction.atomic
def submit_report(
    *, actor: Actor, at: datetime, breach: Breach, usage_report: str, version: int | None = None
) -> Breach:
    """Answer the demand (D51.1b)."""
    parties.check(actor, breach, BREACH.transition("submit_report"))
    _need(usage_report=(usage_report, _("Ghi báo cáo việc sử dụng dữ liệu.")))
    moved = cases.advance(
        breach, "submit_report", actor=actor, at=at, version=version, changes={"usage_report": usage_report}
    )
    _tell(moved, officers_of(moved.provider, at), at=at, body=usage_report, event="submit_report")
    return moved


@transaction.atomic
def determine_breach(
    *, actor: Actor, at: datetime, breach: Breach, ground: str, finding: str, found_at: datetime | None = None,
    version: int | None = None,
) -> Breach:  # fmt: skip
    """Determine a breach or risk at ``found_at``: from then the notice to the consumer is due (D43.5)."""
    parties.check(actor, breach, BREACH.transition("determine"))
    found_at = found_at or at
    grounds = words.suspension_grounds(breach.rules, words.FOR_ONE)
    words.check_ground(grounds, ground, _("Chọn vi phạm hoặc nguy cơ."))
    _need(finding=(finding, _("Ghi nội dung vi phạm hoặc nguy cơ.")))
    if found_at > at:
        words_of_it = _("Thời điểm xác định không thể ở sau lúc này.")
        raise Invalid(words_of_it, fields={"found_at": [words_of_it]})
    officers = officers_of(breach.provider, at)
    _start_clock(breach, NOTICE, officers, at=found_at, actor=actor)
    return cases.advance(
        breach, "determine", actor=actor, at=at, version=version, clock_agency=officers,
        changes={"ground": ground, "breach": finding, "found_at": found_at},
        details={"ground": ground, "found_at": found_at.isoformat()},
    )  # fmt: skip


@transaction.atomic
def notify_breach(
    *, actor: Actor, at: datetime, breach: Breach, handling: str, requirements: str, signer: str = "",
    version: int | None = None,
) -> Breach:  # fmt: skip
    """Tell the consumer the breach with its handling, and what it must do to keep or restore the connection (D43.5)."""
    parties.check(actor, breach, BREACH.transition("notify"))
    _need(
        handling=(handling, _("Ghi biện pháp xử lý.")),
        requirements=(requirements, _("Ghi yêu cầu để duy trì, khôi phục kết nối.")),
    )
    number = papers.breach_notice(
        breach, actor=actor, at=at, handling=handling, requirements=requirements, signer=signer
    )
    moved = cases.advance(
        breach, "notify", actor=actor, at=at, version=version, paper=number,
        changes={"handling": handling, "requirements": requirements, "notified_at": at},
    )  # fmt: skip
    body = kept("Vi phạm: %(breach)s Xử lý: %(handling)s Yêu cầu để duy trì, khôi phục: %(requirements)s") % {
        "breach": moved.breach, "handling": handling, "requirements": requirements,
    }  # fmt: skip
    _tell(moved, officers_of(moved.consumer, at), at=at, body=body, event="notify")
    _copy(moved, at=at, body=body)
    if moved.account.state == "locked":
        return cases.advance(moved, "suspend", actor=KEEPER, at=at)
    return moved


def _copy(breach: Breach, *, at: datetime, body: str) -> None:
    """Let the lead agency know, and the police where safety is at risk (S16.2, S27)."""
    for role in ("lead", "police") if breach.ground == "risk" else ("lead",):
        notices.notify(
            at=at, role=role, title=f"{breach.code}: {breach.current.vi}", body=body, event="sharing.breach.notify",
            link=breach.get_absolute_url() if role == "lead" else "",
        )  # fmt: skip


@transaction.atomic
def suspend_use(*, actor: Actor, at: datetime, breach: Breach, version: int | None = None) -> Breach:
    """Lock the account: the gateway refuses its calls from now on."""
    suspended = cases.advance(breach, "suspend", actor=actor, at=at, version=version)
    _lock(suspended, actor, at)
    return suspended


def _lock(breach: Breach, actor: Actor, at: datetime) -> None:
    if breach.account.state == "active":
        accounts.move_account(actor=actor, at=at, account=breach.account, transition="lock", reason=breach.breach)


@transaction.atomic
def report_remedy(*, actor: Actor, at: datetime, breach: Breach, remedy: str, version: int | None = None) -> Breach:
    """Report what was done to meet the requirements of the notice."""
    parties.check(actor, breach, BREACH.transition("report_remedy"))
    _need(remedy=(remedy, _("Ghi việc đã khắc phục.")))
    moved = cases.advance(
        breach, "report_remedy", actor=actor, at=at, version=version, changes={"remedy": remedy}
    )  # fmt: skip
    _tell(moved, officers_of(moved.provider, at), at=at, body=remedy, event="report_remedy")
    return moved


@transaction.atomic
def restore_use(*, actor: Actor, at: datetime, breach: Breach, version: int | None = None) -> Breach:
    """Restore the connection: the account may call again."""
    parties.check(actor, breach, BREACH.transition("restore"))
    number = papers.restored(breach, actor=actor, at=at)
    restored = cases.advance(breach, "restore", actor=actor, at=at, version=version, paper=number)
    if restored.account.state == "locked":
        accounts.move_account(actor=actor, at=at, account=restored.account, transition="restore")
    else:
        _tell(restored, officers_of(restored.consumer, at), at=at, body=restored.remedy, event="restore")
    return restored


@transaction.atomic
def reject_remedy(*, actor: Actor, at: datetime, breach: Breach, reason: str, version: int | None = None) -> Breach:
    """Find the remedy wanting: the account stays locked, or is locked now."""
    parties.check(actor, breach, BREACH.transition("reject_remedy"))
    number = papers.not_enough(breach, actor=actor, at=at, reason=reason)
    moved = cases.advance(breach, "reject_remedy", actor=actor, at=at, reason=reason, version=version, paper=number)
    _tell(moved, officers_of(moved.consumer, at), at=at, body=reason, event="reject_remedy")
    _lock(moved, actor, at)
    return moved


@transaction.atomic
def terminate_use(
    *, actor: Actor, at: datetime, breach: Breach, ground: str, reason: str, signer: str = "",
    version: int | None = None,
) -> Breach:  # fmt: skip
    """End the sharing because the breach cannot be mended or the purpose no longer fits (D44)."""
    ended = cases.advance(breach, "terminate", actor=actor, at=at, reason=reason, version=version)
    terminating.end_sharing(
        actor=actor, at=at, account=ended.account, transition="revoke", ground=ground, reason=reason,
        signer=signer,
    )  # fmt: skip
    return ended


@transaction.atomic
def clear_suspicion(*, actor: Actor, at: datetime, breach: Breach, reason: str, version: int | None = None) -> Breach:
    """Conclude that there is no breach; the consumer hears of it, by a letter, when it was asked to report."""
    parties.check(actor, breach, BREACH.transition("clear"))
    asked = breach.report_due_on is not None
    number = papers.cleared(breach, actor=actor, at=at, reason=reason) if asked else ""
    cleared = cases.advance(breach, "clear", actor=actor, at=at, reason=reason, version=version, paper=number)
    if asked:
        _tell(cleared, officers_of(cleared.consumer, at), at=at, body=reason, event="clear")
    return cleared


# -- what befalls the account by another way --


def follow_lock(account: Account, *, actor: Actor, at: datetime, reason: str, ground: str) -> Breach:
    """Keep the file of an account that was locked at once: the notice to its user is due from now on (D43.5)."""
    breach = queries.open_breach(account) or _opened(account, reason, actor=actor, at=at)
    if breach.state in BREACH.transition("determine").source:
        breach = determine_breach(actor=actor, at=at, breach=breach, ground=ground, finding=reason)
    if breach.state == "notified":
        breach = cases.advance(breach, "suspend", actor=KEEPER, at=at)
    return breach


def follow_restore(account: Account, *, at: datetime) -> None:
    """Close the file of an account that was restored."""
    breach = queries.open_breach(account)
    if breach is not None and breach.state in BREACH.transition("lift").source:
        cases.advance(breach, "lift", actor=KEEPER, at=at)


def close_outlived(*, at: datetime) -> int:
    """Close the files on accounts that have ended by another way; return how many. Harmless to repeat."""
    return len(each(queries.outlived(), lambda breach: cases.advance(breach, "close", actor=KEEPER, at=at)))


def _need(**given: tuple[str, str]) -> None:
    """Raise ``Invalid`` for each text that says nothing."""
    missing = {name: [words] for name, (value, words) in given.items() if not value.strip()}
    if missing:
        raise Invalid(_("Còn thiếu nội dung bắt buộc."), fields=missing, hint=_("Điền các mục còn thiếu rồi gửi lại."))


def _tell(breach: Breach, agency: str, *, at: datetime, body: str, event: str) -> None:
    notices.notify(
        at=at, agency=agency, title=f"{breach.code}: {breach.current.vi}", body=body, link=breach.get_absolute_url(),
        event=f"sharing.breach.{event}",
    )  # fmt: skip


MOVES: dict[str, Callable[..., object]] = {
    "demand_report": demand_report,
    "submit_report": submit_report,
    "determine": determine_breach,
    "notify": notify_breach,
    "suspend": suspend_use,
    "report_remedy": report_remedy,
    "restore": restore_use,
    "reject_remedy": reject_remedy,
    "terminate": terminate_use,
    "clear": clear_suspicion,
}
"""The deed behind each transition that somebody makes."""
