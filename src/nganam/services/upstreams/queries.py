"""Every read of agencies' systems."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import NotFound
from nganam.services.models import Upstream


def upstreams_for(actor: Actor) -> QuerySet[Upstream]:
    """Return the systems of the officer's agency; the lead agency sees all, since it runs the gateway."""
    found = Upstream.objects.select_related("agency", "database").prefetch_related("services")
    if actor.has(Role.LEAD):
        return found
    return found.filter(agency__code=actor.agency) if actor.has(Role.FOCAL) and actor.agency else found.none()


def own_upstreams(actor: Actor) -> QuerySet[Upstream]:
    """Return the systems the officer may declare services over."""
    found = upstreams_for(actor)
    return found.filter(agency__code=actor.agency) if actor.has(Role.FOCAL) and actor.agency else found.none()


def get_upstream_for(actor: Actor, code: str) -> Upstream:
    """Return a system the officer works with; what is not theirs is not found."""
    found = upstreams_for(actor).filter(code=code.replace("\0", "")).first()
    if found is None:
        raise NotFound(_("Không có hệ thống này."))
    return found
