"""Issues the letters of suspension and termination within the deeds they belong to; each returns the number."""

from datetime import date, datetime

from nganam.agencies.letterhead import issuer_of, signer_of
from nganam.agencies.queries import agency as agency_of
from nganam.agencies.queries import lead_agency
from nganam.cases import operations as cases
from nganam.documents.letters import Letter
from nganam.documents.operations import issue_letter
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.suspensions import letters, words
from nganam.sharing.suspensions.models import Breach, Maintenance, Termination

Suspended = Maintenance | Breach | Termination


def _desk(actor: Actor, on: date) -> letters.Desk:
    agency = agency_of(actor.agency)
    return letters.Desk(issuer=issuer_of(agency, on), signer=signer_of(agency, actor.name), on=on)


def _use(case: Breach | Termination, on: date) -> letters.Use:
    try:
        lead = lead_agency(on).name
    except NotFound:
        lead = ""
    return letters.Use(
        code=case.code, account=case.account.code, application=case.account.application.name,
        service=case.service.name, consumer=case.consumer.name, lead=lead,
    )  # fmt: skip


def _issue(case: Suspended, letter: Letter, actor: Actor, at: datetime) -> str:
    if not isinstance(case, Maintenance):
        accounts.hold(case.account)
    cases.hold(case)
    thing = case.MACHINE.code
    return issue_letter(actor=actor, at=at, letter=letter, object_type=thing, object_code=case.code).number


def stop_notice(stop: Maintenance, *, actor: Actor, at: datetime) -> str:
    """Issue the notice of a stop."""
    facts = letters.Stop(
        service=stop.service.name, work=stop.work, force=stop.force if stop.is_forced else "",
        planned_from=stop.planned_from, planned_until=stop.planned_until,
    )  # fmt: skip
    return _issue(stop, letters.stop_notice(facts, _desk(actor, local_date(at))), actor, at)


def report_demand(breach: Breach, *, actor: Actor, at: datetime, demand: str, due_on: date) -> str:
    """Issue the demand for a usage report."""
    on = local_date(at)
    letter = letters.report_demand(_use(breach, on), _desk(actor, on), demand=demand, due_on=due_on)
    return _issue(breach, letter, actor, at)


def breach_notice(breach: Breach, *, actor: Actor, at: datetime, handling: str, requirements: str) -> str:
    """Issue the notice of a breach with its two contents."""
    on = local_date(at)
    letter = letters.breach_notice(
        _use(breach, on), _desk(actor, on), breach=breach.breach, handling=handling, requirements=requirements
    )
    return _issue(breach, letter, actor, at)


def termination_notice(termination: Termination, *, actor: Actor, at: datetime, must_delete: bool) -> str:
    """Issue the notice that the sharing has ended."""
    on = local_date(at)
    word = words.word_of(words.termination_grounds(termination.rules), termination.ground)
    letter = letters.termination_notice(
        _use(termination, on), _desk(actor, on), ground=word.vi if word else termination.ground,
        reason=termination.explanation, must_delete=must_delete,
    )  # fmt: skip
    return _issue(termination, letter, actor, at)
