"""The end of sharing with one user: ground, result told to all concerned, account revoked, data deleted (D44, D42)."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies.queries import lead_agency
from nganam.cases import operations as cases
from nganam.cases import parties
from nganam.documents.models import StoredFile
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotFound
from nganam.law.rules import rules_on
from nganam.notices import operations as notices
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.accounts.models import Account
from nganam.sharing.accounts.operations import KEEPER
from nganam.sharing.evidence import Upload, keep
from nganam.sharing.policies import led_by_lead, officers_of
from nganam.sharing.suspensions import papers, queries, words
from nganam.sharing.suspensions.models import DeletionEvidence, Termination
from nganam.sharing.suspensions.workflow import TERMINATION

WRITTEN = frozenset({"revoke", "end_with_service"})
"""The ends somebody decided, which go out as a letter. Who gives up or lets a term run out writes nothing, and an
agency that is no more gets none: the notice on the platform tells the others."""
KEPT_BY_CONSUMER = ("sync", "package")
"""The methods by which a user comes to hold data of its own (D41b, D41c)."""


@transaction.atomic
def end_sharing(
    *, actor: Actor, at: datetime, account: Account, transition: str, ground: str, reason: str, signer: str = "",
    officer: str = "", version: int | None = None,
) -> Termination:  # fmt: skip
    """End sharing with one user by the account's ``transition`` (revoke, give_up, expire, end_with_service).

    The account is revoked, the result is told, and where the user holds data, their deletion is demanded. What the
    system does for an officer names the ``officer``, by whom the provider's letter is signed where no ``signer`` is.
    """
    parties.check(actor, account, account.MACHINE.transition(transition))
    version_of_rules = rules_on(local_date(at)).version
    text = _("Chọn căn cứ chấm dứt theo Điều 44.")
    words.check_ground(words.termination_grounds(version_of_rules), ground, text)
    cases.hold(account)
    held = account.state != account.MACHINE.initial and account.service.method in KEPT_BY_CONSUMER
    over = accounts.move_account(
        actor=actor, at=at, account=account, transition=transition, reason=reason, version=version, tell=False
    )
    _close_breach(over, at)
    opened = cases.open_case(
        Termination(account=over, ground=ground, explanation=reason, rules=version_of_rules), actor=actor, at=at,
        details={"account": over.code, "ground": ground},
    )  # fmt: skip
    writes = transition in WRITTEN and bool(actor.agency or officer)
    number = (
        papers.termination_notice(opened, actor=actor, at=at, must_delete=held, signer=signer, officer=officer)
        if writes
        else ""
    )
    notified = _tell_result(opened, at, number)
    return _demand_deletion(notified, at) if held else cases.advance(notified, "close", actor=KEEPER, at=at)


def _close_breach(account: Account, at: datetime) -> None:
    breach = queries.open_breach(account)
    if breach is not None:
        cases.advance(breach, "close", actor=KEEPER, at=at)


def _tell_result(termination: Termination, at: datetime, number: str) -> Termination:
    """Tell the consumer, the provider and the lead agency what came of it (D44.3)."""
    told = concerned(termination, local_date(at))
    word = words.word_of(words.termination_grounds(termination.rules), termination.ground)
    title = kept("%(code)s: chấm dứt chia sẻ dữ liệu") % {"code": termination.code}
    body = kept("%(what)s. Căn cứ: %(ground)s. %(reason)s") % {
        "what": termination.title, "ground": word.vi if word else termination.ground, "reason": termination.explanation,
    }  # fmt: skip
    for agency in told:
        notices.notify(
            at=at, agency=agency, title=title, body=body, link=termination.get_absolute_url(),
            event="sharing.termination.notify",
        )  # fmt: skip
    return cases.advance(termination, "notify", actor=KEEPER, at=at, paper=number, changes={"told": told})


def concerned(termination: Termination, day: date) -> list[str]:
    """Return the public codes of the agencies that a termination concerns and that have officers here.

    For a user outside the province the lead agency is told, which hears of every end (S17.1).
    """
    codes = {one.code for one in (termination.consumer, termination.provider) if not led_by_lead(one, day)}
    with suppress(NotFound):  # no lead agency is recorded for the day
        codes.add(lead_agency(day).code)
    return sorted(codes)


def _demand_deletion(termination: Termination, at: datetime) -> Termination:
    officers = officers_of(termination.consumer, at)
    waiting = cases.advance(termination, "demand_deletion", actor=KEEPER, at=at, clock_agency=officers)
    notices.notify(
        at=at, agency=officers, link=waiting.get_absolute_url(),
        title=kept("%(code)s: phải xóa, hủy dữ liệu đã nhận") % {"code": waiting.code},
        body=kept("Xóa, hủy dữ liệu đã đồng bộ hoặc đã nhận đóng gói, rồi báo cáo kèm bằng chứng."),
        event="sharing.termination.demand_deletion",
    )  # fmt: skip
    return waiting


def report_deletion(
    *, actor: Actor, at: datetime, termination: Termination, deletion: str, deleted_on: date, evidence: str,
    file: Upload | None = None, version: int | None = None,
) -> Termination:  # fmt: skip
    """Report what was deleted, how, on which day, with the paper that proves it and ``file``, its scan or the log."""
    parties.check(actor, termination, TERMINATION.transition("report_deletion"))
    cases.must_be_open(termination, "report_deletion")
    said = {"deletion": deletion.strip(), "deleted_on": deleted_on, "evidence": evidence.strip()}
    _check_report(said, today=local_date(at))
    kept = keep(file, actor=actor, at=at) if file is not None else None
    return _reported(actor, at, termination, said, kept, version)


def _check_report(said: Mapping[str, Any], *, today: date) -> None:
    faults: dict[str, list[str]] = {}
    if not said["deletion"]:
        faults["deletion"] = [_("Ghi dữ liệu đã xóa, hủy và cách làm.")]
    if not said["evidence"]:
        faults["evidence"] = [_("Ghi số biên bản hoặc văn bản làm bằng chứng.")]
    if said["deleted_on"] > today:
        faults["deleted_on"] = [_("Ngày xóa, hủy không thể ở sau hôm nay.")]
    if faults:
        raise Invalid(_("Báo cáo xóa, hủy dữ liệu chưa hợp lệ."), fields=faults)


@transaction.atomic
def _reported(
    actor: Actor, at: datetime, termination: Termination, said: dict[str, Any], file: StoredFile | None,
    version: int | None,
) -> Termination:  # fmt: skip
    told = [said["deletion"], said["evidence"], *([file.name, f"SHA-256 {file.sha256}"] if file else [])]
    moved = cases.advance(
        termination, "report_deletion", actor=actor, at=at, version=version, reason=" · ".join(told), changes=said,
        details={"sha256": file.sha256} if file else {},
    )  # fmt: skip
    if file is not None:
        DeletionEvidence.objects.create(termination=moved, file=file, by=actor.name, at=at)
    _tell(moved, officers_of(moved.provider, at), at=at, body=said["deletion"], event="report_deletion")
    return moved


@transaction.atomic
def accept_deletion(*, actor: Actor, at: datetime, termination: Termination, version: int | None = None) -> Termination:
    """Accept the evidence: nothing is left to do."""
    closed = cases.advance(termination, "accept_deletion", actor=actor, at=at, version=version)
    _tell(closed, officers_of(closed.consumer, at), at=at, body=closed.evidence, event="accept_deletion")
    return closed


@transaction.atomic
def return_deletion(
    *, actor: Actor, at: datetime, termination: Termination, reason: str, version: int | None = None
) -> Termination:
    """Ask for better evidence, and say what is missing."""
    officers = officers_of(termination.consumer, at)
    again = cases.advance(
        termination, "return_deletion", actor=actor, at=at, reason=reason, version=version, clock_agency=officers
    )
    _tell(again, officers, at=at, body=reason, event="return_deletion")
    return again


def _tell(termination: Termination, agency: str, *, at: datetime, body: str, event: str) -> None:
    notices.notify(
        at=at, agency=agency, title=f"{termination.code}: {termination.current.vi}", body=body,
        link=termination.get_absolute_url(), event=f"sharing.termination.{event}",
    )  # fmt: skip


MOVES: dict[str, Callable[..., object]] = {
    "report_deletion": report_deletion,
    "accept_deletion": accept_deletion,
    "return_deletion": return_deletion,
}
"""The deed behind each transition that somebody makes; the others follow from the end itself."""
