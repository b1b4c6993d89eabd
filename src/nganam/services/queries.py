"""Every read of the register."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from nganam.agencies.queries import lineage
from nganam.cases.queries import history_of
from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import NotFound
from nganam.services.models import LIVE, PENDING, ImportFile, Revision, Service

LISTED = LIVE
UNSEEN = ("draft", "abandoned")
"""What the lead agency does not see of others: what was never handed in."""
PUBLIC_VERSIONS = ("in_force", "superseded")


def _services() -> QuerySet[Service]:
    return Service.objects.select_related("provider", "table", "upstream", "database")


def listed() -> QuerySet[Service]:
    """Return what the public register shows: published and suspended services (S8.2c, S13.2)."""
    return _services().filter(state__in=LISTED)


def listed_service(code: str) -> Service:
    """Return one service of the public register; raise ``NotFound`` for any other."""
    service = listed().filter(code=code).first()
    if service is None:
        raise NotFound(_("Không có dịch vụ này."), hint=_("Xem danh sách dịch vụ tại trang Dịch vụ."))
    return service


def _seen(actor: Actor, prefix: str = "") -> Q:
    """Return the condition that the actor's agency provides; the lead agency sees all that was handed in."""
    own = Q(**{f"{prefix}provider__code": actor.agency}) if actor.has(Role.FOCAL) and actor.agency else Q(pk__in=[])
    return own | ~Q(state__in=UNSEEN) if actor.has(Role.LEAD) else own


def _inherited(actor: Actor, prefix: str = "") -> Q:
    """Return the condition that the actor's agency took over from who provides (S2, S21.1)."""
    if not actor.has(Role.FOCAL) or not actor.agency:
        return Q(pk__in=[])
    path = f"{prefix}provider__"
    return Q(**{f"{path}valid_until__isnull": False, f"{path}code__in": lineage(actor.agency)})


def services_for(actor: Actor) -> QuerySet[Service]:
    """Return the services an officer works with: the lead agency sees all that were handed in, others their own."""
    return _services().filter(_seen(actor) | _inherited(actor))


def find_services(actor: Actor, *, state: str = "", text: str = "") -> QuerySet[Service]:
    """Return the officer's services in one state and with a text in code or name."""
    found = services_for(actor)
    if state in {one.name for one in Service.MACHINE.states}:
        found = found.filter(state=state)
    return found.filter(Q(code__icontains=text) | Q(name__icontains=text)) if text else found


def get_service_for(actor: Actor, code: str) -> Service:
    """Return a service the officer works with; what is not theirs is not found."""
    wanted = _services().filter(code=code).prefetch_related("fields")
    service = wanted.filter(_seen(actor)).first() or wanted.filter(_inherited(actor)).first()
    if service is None:
        raise NotFound(_("Không có dịch vụ này."))
    return service


# -- versions --


def _revisions() -> QuerySet[Revision]:
    return Revision.objects.select_related(
        "service__provider", "service__table", "service__upstream", "service__database"
    )


def revisions_for(actor: Actor) -> QuerySet[Revision]:
    """Return the versions an officer works with, as their services; the lead agency none that was not handed in."""
    return _revisions().filter(_seen(actor, "service__") | _inherited(actor, "service__"))


def get_revision_for(actor: Actor, code: str) -> Revision:
    """Return a version of a service the officer works with; what is not theirs is not found."""
    wanted = _revisions().filter(code=code).prefetch_related("service__fields")
    found = wanted.filter(_seen(actor, "service__")).first() or wanted.filter(_inherited(actor, "service__")).first()
    if found is None:
        raise NotFound(_("Không có phiên bản này."))
    return found


def public_versions(service: Service) -> QuerySet[Revision]:
    """Return the versions that were or are in force, newest first."""
    return service.revisions.filter(state__in=PUBLIC_VERSIONS).order_by("-in_force_at", "-pk")


def numbers_of(services: Iterable[Service]) -> dict[int, str]:
    """Return the number of the version in force of each of these services, by key (one query)."""
    rows = Revision.objects.filter(service__in=list(services), state="in_force")
    return dict(rows.values_list("service_id", "number"))


def public_version(service: Service, number: str) -> Revision:
    """Return the version with this number; ``NotFound`` when it never was in force."""
    found = public_versions(service).filter(number=number).first()
    if found is None:
        raise NotFound(_("Dịch vụ không có phiên bản %(number)s.") % {"number": number})
    return found


def version_before(versions: Sequence[Revision], after: Revision) -> str:
    """Return the number of the version before ``after`` in a list of the newest first; its own when it is the first."""
    place = list(versions).index(after)
    return versions[min(place + 1, len(versions) - 1)].number


def announced_version(service: Service) -> Revision | None:
    """Return the version that has been announced and is not yet in force."""
    return service.revisions.filter(state="announced").first()


# -- what happened --


@dataclass(frozen=True, slots=True)
class Interruption:
    """A time in which a published service did not answer; ``until`` is empty while it lasts."""

    since: datetime
    until: datetime | None
    reason: str


def interruptions(service: Service) -> list[Interruption]:
    """Return when a service was suspended and taken up again, latest first; nobody is named."""
    found: list[Interruption] = []
    for row in history_of(service).filter(Q(to_state="suspended") | Q(from_state="suspended")):
        if row.to_state == "suspended":
            found.append(Interruption(row.at, None, row.reason))
        elif found:
            found[-1] = Interruption(found[-1].since, row.at, found[-1].reason)
    return found[::-1]


# -- spreadsheets --


def imports_for(actor: Actor) -> QuerySet[ImportFile]:
    """Return the spreadsheets of the officer's agency."""
    found = ImportFile.objects.select_related("agency", "file")
    return found.filter(agency__code=actor.agency) if actor.has(Role.FOCAL) and actor.agency else found.none()


def get_import_for(actor: Actor, code: str) -> ImportFile:
    """Return a spreadsheet of the officer's agency; what is not theirs is not found."""
    found = imports_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có tệp nhập này."))
    return found


def gateway_path(service: Service, instance: str) -> str:
    """Return the service's path on the LGSP, in X-Road's form: /r1/INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE."""
    return f"/r1/{instance}/GOV/{service.provider.code}/{service.subsystem}/{service.code}"


def versions_that_move(service: Service) -> list[Revision]:
    """Return the versions that a deed on the service may move: those not yet in force fall with it."""
    return list(service.revisions.filter(state__in=PENDING)) if service.pk else []


def service_of_version(revision: Revision) -> list[Service | Revision]:
    """Return what a deed on a version may move: the service it describes, and the version it takes the place of."""
    return [revision.service, *service_in_force(revision.service)]


def service_in_force(service: Service) -> list[Revision]:
    """Return the version a service is described by, if one is recorded."""
    return list(service.revisions.filter(state="in_force")) if service.pk else []
