"""What a closed agency used: with no successor its sharing ends, with one it waits to be taken over (SM10).

Every deed may be repeated: what is over is not found again. What the agency provided ends with its services.
"""

from datetime import datetime

from nganam.agencies.models import Agency
from nganam.agencies.queries import closed_by
from nganam.cases import operations as cases
from nganam.cases import seats
from nganam.cases.models import Case
from nganam.cases.queries import cases_named
from nganam.cases.sweeping import Sweep
from nganam.deadlines import operations as deadlines
from nganam.deadlines.queries import open_clocks
from nganam.face.telling import kept
from nganam.kernel.clock import local_date
from nganam.sharing.accounts import succeeding
from nganam.sharing.accounts.models import OVER, Account
from nganam.sharing.accounts.operations import KEEPER
from nganam.sharing.agreements import ending, leaving, queries
from nganam.sharing.agreements.models import Agreement, AgreementParty, Joining
from nganam.sharing.agreements.workflow import LIVE, OPEN
from nganam.sharing.policies import officers_of
from nganam.sharing.requests import operations as requests
from nganam.sharing.requests.models import Request
from nganam.sharing.suspensions import terminating

ENDED = "ended"
"""The ground of D44d: who is no more needs nothing."""


def follow_closed(*, at: datetime) -> dict[str, int]:
    """End what agencies that are no more used, or put it before the lead agency; return how many of each."""
    sweep = Sweep()
    done = {"takeovers": succeeding.await_takeovers(at=at, sweep=sweep), "ended": 0}
    for agency in closed_by(local_date(at)).order_by("code"):
        done["ended"] += _end_uses(agency, at, sweep)
        sweep.each(_owed(agency), lambda case: _hand_over(case, agency, at))  # noqa: B023 - called before the next one
    sweep.report()
    return done


def _end_uses(agency: Agency, at: datetime, sweep: Sweep) -> int:
    reason = kept("%(name)s đã kết thúc hoạt động, không có cơ quan kế tục.") % {"name": agency.name}
    parted = AgreementParty.objects.select_related("agreement").filter(agency=agency, left_on__isnull=True)
    return (
        len(sweep.each(parted.order_by("pk"), lambda party: _part(party, at, reason)))
        + len(sweep.each(_accounts(agency), lambda account: _end(account, at, reason)))
        + len(sweep.each(_requests(agency), lambda one: requests.lapse_request(at=at, request=one, reason=reason)))
        + len(sweep.each(_joinings(agency), lambda one: leaving.lapse_joining(one, at=at, reason=reason)))
    )


def _part(party: AgreementParty, at: datetime, reason: str) -> object:
    """Let an agreement go on without a party, or end where it cannot."""
    agreement = Agreement.objects.get(pk=party.agreement_id)
    if agreement.state in ("draft", *OPEN):
        return ending.drop_unsigned(agreement, at=at, reason=reason)
    if agreement.state not in ("signed", *LIVE):
        return None
    if party.is_joining:
        return leaving.turn_away(agreement, party, at=at, reason=reason)
    stays = [one for one in queries.exploiters(agreement) if one.pk != party.pk]
    if party.side == "consumer" and stays and agreement.state in ("in_force", "amending"):
        return leaving.let_go(agreement, party, at=at, reason=reason)
    if party.side == "consumer" and stays:
        # While a text is being signed it is waited for: the daily job comes back.
        return leaving.cut_off(agreement, party, at=at, reason=reason) or None
    return ending.end_with_party(agreement, at=at, reason=reason)


def _accounts(agency: Agency) -> list[Account]:
    """Return what still calls, but for the accounts of an agreement that holds: they and the deletion go with it."""
    rows = Account.objects.select_related("application__agency", "service__provider", "request", "agreement")
    mine = rows.filter(application__agency=agency).exclude(agreement__state__in=["signed", *LIVE])
    return list(mine.exclude(state__in=OVER).order_by("code"))


def _end(account: Account, at: datetime, reason: str) -> object:
    return terminating.end_sharing(
        actor=KEEPER, at=at, account=account, transition="end_with_agency", ground=ENDED, reason=reason
    )


def _requests(agency: Agency) -> list[Request]:
    rows = Request.objects.select_related("application__agency", "service__provider")
    return list(rows.filter(application__agency=agency, state__in=["draft", "received"]).order_by("code"))


def _joinings(agency: Agency) -> list[Joining]:
    """Return what it asked for and nobody is to take it in by any more."""
    inside = AgreementParty.objects.filter(agency=agency, left_on__isnull=True).values("joining")
    asked = Joining.objects.filter(agency=agency, state__in=["asked", "accepted"])
    return list(asked.exclude(pk__in=inside.filter(joining__isnull=False)).order_by("code"))


def _owed(agency: Agency) -> list[Case]:
    running = open_clocks(agency.code).order_by("object_type", "object_code")
    return cases_named(running.values_list("object_type", "object_code"))


def _hand_over(case: Case, agency: Agency, at: datetime) -> object:
    """Let who acts for an agency that is no more answer for the terms it left running."""
    officers = officers_of(agency, at)
    if officers == agency.code:
        return None
    cases.hold(case)
    moved = deadlines.hand_over_clocks(
        case.MACHINE.code, case.code, before=agency.code, after=officers, actor=KEEPER, at=at
    )
    seats.write(case, at=at)
    return moved or None
