"""Every read of delegations."""

from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from nganam.catalogue.models import SharedDatabase
from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import NotFound
from nganam.sharing.accounts.models import Delegation


def delegations_for(actor: Actor) -> QuerySet[Delegation]:
    """Return the delegations an officer sees: the lead agency all, others those their agency gave."""
    rows = Delegation.objects.select_related("provider", "database")
    if actor.has(Role.LEAD):
        return rows
    return rows.filter(provider__code=actor.agency) if actor.has(Role.FOCAL) else rows.none()


def get_delegation_for(actor: Actor, code: str) -> Delegation:
    """Return a delegation by its public code; what is not theirs is not found."""
    found = delegations_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có ủy quyền này."))
    return found


def overdue(day: date) -> QuerySet[Delegation]:
    """Return the delegations whose days are over but which nobody has ended."""
    return Delegation.objects.filter(ended_at__isnull=True, valid_until__lte=day).select_related("provider", "database")


def databases_of(agency: str) -> QuerySet[SharedDatabase]:
    """Return the databases an agency may delegate for."""
    return SharedDatabase.objects.filter(owner__code=agency).order_by("code")
