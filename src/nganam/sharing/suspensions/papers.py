"""Issues the letters of suspension and termination within the deeds they belong to; each returns the number."""

from dataclasses import replace
from datetime import date, datetime

from nganam.agencies.correspondence import FOCAL
from nganam.agencies.letterhead import issuer_of, signer_of
from nganam.agencies.models import Agency
from nganam.agencies.queries import agency as agency_of
from nganam.agencies.queries import lead_agency
from nganam.cases import operations as cases
from nganam.documents.letters import Letter
from nganam.documents.operations import issue_letter
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound
from nganam.sharing.accounts.models import Account
from nganam.sharing.suspensions import letters, words
from nganam.sharing.suspensions.models import Breach, Maintenance, Termination

Suspended = Maintenance | Breach | Termination | Account


def _desk(agency: Agency, on: date, *, signer: str, officer: str) -> letters.Desk:
    """Return who writes: ``agency``, whose ``signer`` signs, else the focal officer under their own name."""
    block = signer_of(agency, signer) if signer.strip() else signer_of(agency, officer, title=FOCAL)
    return letters.Desk(issuer=issuer_of(agency, on), signer=block, on=on)


def _desk_of(actor: Actor, on: date, signer: str) -> letters.Desk:
    return _desk(agency_of(actor.agency), on, signer=signer, officer=actor.name)


def _use(case: Breach | Termination | Account, on: date) -> letters.Use:
    try:
        lead = lead_agency(on).name
    except NotFound:
        lead = ""
    account = case if isinstance(case, Account) else case.account
    return letters.Use(
        code=case.code, account=account.code, application=account.application.name,
        service=case.service.name, consumer=case.consumer.name, lead=lead,
    )  # fmt: skip


def _issue(case: Suspended, letter: Letter, actor: Actor, at: datetime) -> str:
    cases.hold(case)
    thing = case.MACHINE.code
    return issue_letter(actor=actor, at=at, letter=letter, object_type=thing, object_code=case.code).number


def stop_notice(stop: Maintenance, *, actor: Actor, at: datetime, signer: str = "") -> str:
    """Issue the notice of a stop."""
    return _issue(stop, letters.stop_notice(_facts(stop), _desk_of(actor, local_date(at), signer)), actor, at)


def _facts(stop: Maintenance) -> letters.Stop:
    return letters.Stop(
        service=stop.service.name, work=stop.work, force=stop.force if stop.is_forced else "",
        planned_from=stop.planned_from, planned_until=stop.planned_until,
    )  # fmt: skip


def later_restoration(stop: Maintenance, until: datetime, *, actor: Actor, at: datetime, reason: str) -> str:
    """Issue the notice that a stopped service comes back later, at ``until``."""
    facts = replace(_facts(stop), planned_until=until)
    letter = letters.later_restoration(facts, _desk_of(actor, local_date(at), ""), reason=reason)
    return _issue(stop, letter, actor, at)


def no_stop(stop: Maintenance, *, actor: Actor, at: datetime, reason: str) -> str:
    """Issue the notice that an announced stop will not be."""
    letter = letters.no_stop(_facts(stop), _desk_of(actor, local_date(at), ""), reason=reason)
    return _issue(stop, letter, actor, at)


def restored(case: Breach | Account, *, actor: Actor, at: datetime) -> str:
    """Issue the notice that a connection is restored, or that it stays where it was never stopped."""
    on, account = local_date(at), case if isinstance(case, Account) else case.account
    write = letters.restored if account.state == "locked" else letters.upheld
    return _issue(case, write(_use(case, on), _desk_of(actor, on, "")), actor, at)


def not_enough(breach: Breach, *, actor: Actor, at: datetime, reason: str) -> str:
    """Issue the notice that the remedy does not do."""
    on = local_date(at)
    return _issue(breach, letters.not_enough(_use(breach, on), _desk_of(actor, on, ""), reason=reason), actor, at)


def cleared(breach: Breach, *, actor: Actor, at: datetime, reason: str) -> str:
    """Issue the letter that no breach was found."""
    on = local_date(at)
    return _issue(breach, letters.cleared(_use(breach, on), _desk_of(actor, on, ""), reason=reason), actor, at)


def report_demand(breach: Breach, *, actor: Actor, at: datetime, demand: str, due_on: date, signer: str = "") -> str:
    """Issue the demand for a usage report."""
    on = local_date(at)
    letter = letters.report_demand(_use(breach, on), _desk_of(actor, on, signer), demand=demand, due_on=due_on)
    return _issue(breach, letter, actor, at)


def breach_notice(
    breach: Breach, *, actor: Actor, at: datetime, handling: str, requirements: str, signer: str = ""
) -> str:
    """Issue the notice of a breach with its two contents."""
    on = local_date(at)
    letter = letters.breach_notice(
        _use(breach, on),
        _desk_of(actor, on, signer),
        breach=breach.breach,
        handling=handling,
        requirements=requirements,
    )
    return _issue(breach, letter, actor, at)


def termination_notice(
    termination: Termination, *, actor: Actor, at: datetime, must_delete: bool, signer: str = "", officer: str = ""
) -> str:
    """Issue the notice that the sharing has ended: by who decided it, or what the system does, by the provider."""
    on = local_date(at)
    agency = agency_of(actor.agency) if actor.agency else termination.provider
    desk = _desk(agency, on, signer=signer, officer=officer or actor.name)
    word = words.word_of(words.termination_grounds(termination.rules), termination.ground)
    letter = letters.termination_notice(
        _use(termination, on), desk, ground=word.vi if word else termination.ground, reason=termination.explanation,
        must_delete=must_delete,
    )  # fmt: skip
    return _issue(termination, letter, actor, at)
