"""Every read of suspension and termination."""

from datetime import datetime
from typing import TypeVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from nganam.cases.models import Case
from nganam.documents.models import StoredFile
from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import NotFound
from nganam.services.models import Service
from nganam.sharing.accounts.models import OVER, Account
from nganam.sharing.suspensions.models import Breach, DeletionEvidence, Maintenance, Termination

C = TypeVar("C", bound=Case)
OFFICERS = (Role.FOCAL, Role.LEAD)
PUBLIC = ("announced", "stopped", "restored")
AHEAD = ("announced", "stopped")
OF_ACCOUNT = ("account__application__agency", "account__service__provider", "account__service__database")


def _found(rows: QuerySet[C], code: str) -> C:
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có hồ sơ này."))
    return found


# -- stops for everybody --


def _stops() -> QuerySet[Maintenance]:
    return Maintenance.objects.select_related("service__provider")


def stops_for(actor: Actor) -> QuerySet[Maintenance]:
    """Return the stops an officer sees: those announced, as anybody; plans of the agency acted for, the lead's all."""
    if not actor.has(*OFFICERS):
        return _stops().none()
    if actor.has(Role.LEAD):
        return _stops()
    return _stops().filter(Q(service__provider__code=actor.agency) | Q(announced_at__isnull=False))


def get_stop_for(actor: Actor, code: str) -> Maintenance:
    """Return a stop the officer sees; what is not theirs is not found."""
    return _found(stops_for(actor), code)


def due_stops(at: datetime) -> QuerySet[Maintenance]:
    """Return the announced stops whose time has come, and those of services that have ended meanwhile."""
    come = Q(state="announced", planned_from__lte=at)
    outlived = Q(state__in=["draft", *AHEAD], service__state="ended")
    return _stops().filter(come | outlived).order_by("planned_from")


def public_stops() -> QuerySet[Maintenance]:
    """Return every stop that was announced, cancelled ones included, the latest first (D43.3, D43.4)."""
    known = Q(state__in=PUBLIC) | Q(state="cancelled", announced_at__isnull=False)
    return _stops().filter(known).order_by("-planned_from")


def stops_ahead(service: Service) -> QuerySet[Maintenance]:
    """Return the announced and present stops of a service, the nearest first."""
    return _stops().filter(service=service, state__in=AHEAD).order_by("planned_from")


def plannable_services(actor: Actor) -> QuerySet[Service]:
    """Return the services whose stop the officer may plan."""
    if not actor.has(Role.FOCAL) or not actor.agency:
        return Service.objects.none()
    return Service.objects.filter(provider__code=actor.agency, state="published").order_by("name")


# -- breaches and ends --


def _parties_of(actor: Actor) -> Q:
    return Q(account__application__agency__code=actor.agency) | Q(account__service__provider__code=actor.agency)


def breaches_for(actor: Actor) -> QuerySet[Breach]:
    """Return the files on breaches an officer is party to; mere suspicion is not the consumer's to see."""
    rows = Breach.objects.select_related(*OF_ACCOUNT)
    if actor.has(Role.LEAD):
        return rows
    if not actor.has(Role.FOCAL):
        return rows.none()
    own = Q(account__service__provider__code=actor.agency)
    untold = Q(state="suspected") | Q(state="cleared", report_due_on__isnull=True)
    return rows.filter(own | (_parties_of(actor) & ~untold))


def get_breach_for(actor: Actor, code: str) -> Breach:
    """Return a file on a breach the officer is party to."""
    return _found(breaches_for(actor), code)


def examinable_accounts(actor: Actor) -> QuerySet[Account]:
    """Return the accounts whose use the officer may look into: of the agency's services, the lead's all."""
    rows = Account.objects.select_related("application__agency", "service__provider").filter(
        state__in=["active", "locked"]
    )
    if actor.has(Role.LEAD):
        return rows.order_by("code")
    return rows.filter(service__provider__code=actor.agency).order_by("code") if actor.has(Role.FOCAL) else rows.none()


def not_closed(rows: QuerySet[Breach]) -> QuerySet[Breach]:
    """Return the files among ``rows`` that somebody still works on."""
    return rows.exclude(state__in=[one.name for one in Breach.MACHINE.states if one.final])


def open_breach(account: Account) -> Breach | None:
    """Return the open file about an account, if there is one."""
    return not_closed(Breach.objects.select_related(*OF_ACCOUNT).filter(account=account)).first()


def outlived() -> QuerySet[Breach]:
    """Return the open files on accounts that have ended by another way (an agreement that ran out)."""
    return not_closed(Breach.objects.select_related(*OF_ACCOUNT).filter(account__state__in=OVER))


def terminations_for(actor: Actor) -> QuerySet[Termination]:
    """Return the files on ends of sharing an officer is party to."""
    rows = Termination.objects.select_related(*OF_ACCOUNT)
    if actor.has(Role.LEAD):
        return rows
    return rows.filter(_parties_of(actor)) if actor.has(Role.FOCAL) else rows.none()


def get_termination_for(actor: Actor, code: str) -> Termination:
    """Return a file on an end of sharing the officer is party to."""
    return _found(terminations_for(actor), code)


def evidence_of(termination: Termination) -> QuerySet[DeletionEvidence]:
    """Return the files that came with the reports of deletion, in order of time."""
    return termination.files.select_related("file")


def files_of(termination: Termination) -> list[tuple[str, StoredFile]]:
    """Return the files that came with reports of deletion."""
    return [(one.file.name, one.file) for one in evidence_of(termination)]


def get_evidence(termination: Termination, sha256: str) -> StoredFile:
    """Return a file of the end of sharing by its digest; ``NotFound`` for a file of anything else."""
    found = evidence_of(termination).filter(file__sha256=sha256).first()
    if found is None:
        raise NotFound(_("Hồ sơ không có tệp này."))
    return found.file
