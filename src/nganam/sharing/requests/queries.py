"""Every read of applications and default requests."""

from collections.abc import Collection
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from nganam.agencies.queries import acts_for, lineage
from nganam.deadlines.queries import overdue
from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import NotFound
from nganam.services.models import Service
from nganam.sharing.requests.models import Application, Request

REFUSED = ("refused", "special")
CONNECTED = ("granted", "testing", "in_use", "suspended")


def _requests() -> QuerySet[Request]:
    return Request.objects.select_related("application__agency", "service__provider")


def parties_of(actor: Actor) -> Q:
    """Return the condition that the actor's agency, or one it took over from (S2), asks or is asked."""
    codes = lineage(actor.agency)
    return _asks(codes) | _is_asked(codes)


def _asks(codes: Collection[str]) -> Q:
    # Subqueries, not joins: a count of all there are then reads no other table row by row.
    return Q(application__in=Application.objects.filter(agency__code__in=codes).order_by())


def _is_asked(codes: Collection[str]) -> Q:
    return Q(service__in=Service.objects.filter(provider__code__in=codes).order_by())


def requests_for(actor: Actor) -> QuerySet[Request]:
    """Return the requests an officer sees: the lead agency all that were sent, others those they are party to.

    A provider never sees a draft.
    """
    if not actor.has(Role.FOCAL, Role.LEAD):
        return _requests().none()
    codes, sent = lineage(actor.agency), ~Q(state="draft")
    seen = sent if actor.has(Role.LEAD) else _is_asked(codes) & sent
    return _requests().filter(_asks(codes) | seen)


def get_request_for(actor: Actor, code: str) -> Request:
    """Return a request the officer is party to; what is not theirs is not found."""
    found = requests_for(actor).select_related("account", "agreement").filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có yêu cầu này."))
    return found


def earlier_request(actor: Actor, service: Service, code: str) -> Request | None:
    """Return the request a new one starts from: the one named ``code``, else the agency's last for the service."""
    own = requests_for(actor).filter(application__agency__code=actor.agency)
    return own.filter(code=code).first() if code else own.filter(service=service).order_by("-created_at").first()


def applications_of(agency: str) -> QuerySet[Application]:
    """Return the applications an agency has registered."""
    return Application.objects.filter(agency__code=agency).select_related("agency")


def applications_for(actor: Actor) -> QuerySet[Application]:
    """Return the applications of the agency a focal officer acts for; nobody else keeps any."""
    own = applications_of(actor.agency)
    return own if actor.has(Role.FOCAL) and actor.agency else own.none()


def may_dispute(actor: Actor, request: Request, at: datetime) -> bool:
    """Say whether the page offers a dispute: to the asking agency when refused, or when the answer is overdue (D49.1).

    To be sent to special sharing is a refusal too, and so is each item a grant leaves out (D51.1a). Silence
    after the term is no approval; to raise the difficulty is what the law leaves.
    """
    if not acts_for(actor, request.consumer):
        return False
    late = overdue(at).filter(object_type=request.MACHINE.code, object_code=request.code)
    return request.state in REFUSED or (bool(request.withheld) and request.state in CONNECTED) or late.exists()


def find_applications(actor: Actor, text: str = "") -> QuerySet[Application]:
    """Return the applications of the actor's agency with a text in code, name, purpose or contact."""
    found = applications_for(actor)
    if not text:
        return found
    named = (Q(**{f"{name}__icontains": text}) for name in ("code", "name", "description", "contact"))
    return found.filter(reduce(or_, named))


def get_application_for(actor: Actor, code: str) -> Application:
    """Return an application of the actor's agency; what is another's is not found."""
    found = applications_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_("Cơ quan không có ứng dụng này."))
    return found
