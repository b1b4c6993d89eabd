"""Every read of scans."""

from django.db.models import QuerySet

from nganam.kernel.actors import Actor
from nganam.scanning import policies
from nganam.scanning.models import Scan


def scans_for(actor: Actor, *, result: str = "") -> QuerySet[Scan]:
    """Return the scans the actor may see, newest first, all or of one result."""
    found = Scan.objects.all()
    if not policies.sees_all(actor):
        found = found.filter(agency=actor.agency) if actor.agency else found.none()
    return found.filter(result=result) if result else found


def last_scan(object_type: str, object_code: str) -> Scan | None:
    """Return the newest scan of a thing, or None."""
    return Scan.objects.filter(object_type=object_type, object_code=object_code).first()
