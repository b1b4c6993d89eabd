"""Every read of platforms beyond the province, and what the gateway is told of them."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.agencies.queries import OUTSIDE_KINDS, lineage
from nganam.face.reaching import read_place, refusal
from nganam.kernel.actors import Actor, Role
from nganam.kernel.errors import NotFound
from nganam.lgsp.beyond import needs
from nganam.lgsp.beyond.models import Access, BeyondService, Member, Platform
from nganam.lgsp.beyond.policies import APPROVED, is_of
from nganam.lgsp.envoy import decided
from nganam.lgsp.models import Certificate
from nganam.services.upstreams.operations import allowed_networks
from nganam.sharing.models import Application
from nganam.sharing.outside.models import ExternalService, Outbound


def platforms_for(actor: Actor) -> QuerySet[Platform]:
    """Return the platforms; only the operator of the gateway sees any."""
    found = Platform.objects.annotate(
        offered=Count("services", filter=Q(services__ended_at__isnull=True), distinct=True),
        calling=Count("members", filter=Q(members__ended_at__isnull=True), distinct=True),
    )
    return found if actor.has(Role.LEAD) else found.none()


def get_platform_for(actor: Actor, code: str) -> Platform:
    """Return a platform; what is not theirs is not found."""
    found = platforms_for(actor).filter(code=code.replace("\0", "")).first()
    if found is None:
        raise NotFound(_("Không có nền tảng này."))
    return found


def service_of(platform: Platform, code: str) -> BeyondService:
    """Return a service of a platform that has not ended."""
    chosen = platform.services.select_related("platform", "external__provider")
    found = chosen.filter(code=code.replace("\0", ""), ended_at__isnull=True).first()
    if found is None:
        raise NotFound(_("Nền tảng không có dịch vụ này."))
    return found


def services_of(platform: Platform) -> QuerySet[BeyondService]:
    """Return the services of a platform that have not ended."""
    return platform.services.filter(ended_at__isnull=True).select_related("external__provider", "platform")


def accesses_of(platform: Platform) -> QuerySet[Access]:
    """Return who may call the platform's services."""
    return Access.objects.filter(service__platform=platform, ended_at__isnull=True).select_related(
        "service", "outbound__application__agency", "outbound__proposer"
    )


def access_of(platform: Platform, outbound: str) -> Access:
    """Return the access a proposal opened."""
    found = accesses_of(platform).filter(outbound__code=outbound.replace("\0", "")).first()
    if found is None:
        raise NotFound(_("Đề xuất này không mở quyền gọi nào."))
    return found


def get_access_for(actor: Actor, outbound: str) -> Access:
    """Return the access of the officer's own unit, the last one when all have ended; not theirs is not found."""
    chosen = Access.objects.filter(outbound__code=outbound.replace("\0", ""))
    if not actor.has(Role.LEAD):
        own = chosen.filter(outbound__proposer__code__in=lineage(actor.agency))
        chosen = own if actor.has(Role.FOCAL) and actor.agency else chosen.none()
    related = ("service__platform", "service__external", "outbound__application__agency", "outbound__proposer")
    last = F("ended_at").desc(nulls_first=True)
    found = chosen.select_related(*related).order_by(last, "-pk").first()
    if found is None:
        raise NotFound(_("Không có quyền gọi dịch vụ ngoài tỉnh này."))
    return found


def left_over(platform: Platform, at: datetime) -> QuerySet[Certificate]:
    """Return the live certificates of applications that called here once and call nowhere beyond the province now."""
    live = live_accesses().values("outbound__application")
    called = Access.objects.filter(service__platform=platform).exclude(outbound__application=None)
    chosen = Certificate.objects.filter(revoked_at__isnull=True, not_after__gt=at)
    chosen = chosen.filter(application__in=called.values("outbound__application")).exclude(application__in=live)
    return chosen.select_related("application__agency").order_by("application__code", "pk")


def left_over_of(platform: Platform, serial: str, at: datetime) -> Certificate:
    """Return one of these certificates."""
    found = left_over(platform, at).filter(serial=serial.replace("\0", "")[:40]).first()
    if found is None:
        raise NotFound(_("Không có chứng thư này."))
    return found


def certificate_of_access(access: Access, serial: str) -> Certificate:
    """Return a certificate of the application of an access."""
    found = Certificate.objects.filter(application=access.outbound.application_id, serial=serial.replace("\0", "")[:40])
    one = found.select_related("application__agency").first()
    if one is None:
        raise NotFound(_("Không có chứng thư này."))
    return one


def members_of(platform: Platform) -> QuerySet[Member]:
    """Return who may call in through a platform."""
    return platform.members.filter(ended_at__isnull=True).select_related("application__agency")


def member_of(platform: Platform, pk: int) -> Member:
    """Return a member of a platform."""
    found = members_of(platform).filter(pk=pk).first()
    if found is None:
        raise NotFound(_("Nền tảng không có bên gọi này."))
    return found


def enterable() -> QuerySet[ExternalService]:
    """Return the listed outside services that no platform's service stands for yet."""
    taken = BeyondService.objects.filter(ended_at__isnull=True).values("external")
    return ExternalService.objects.filter(removed_at__isnull=True).exclude(pk__in=taken).select_related("provider")


def openable(platform: Platform) -> QuerySet[Outbound]:
    """Return the approved proposals that open nothing yet, of the agencies whose services the platform has."""
    open_now = Access.objects.filter(ended_at__isnull=True).values("outbound")
    chosen = Outbound.objects.filter(state__in=APPROVED, application__isnull=False).exclude(pk__in=open_now)
    of_services = Agency.objects.filter(pk__in=services_of(platform).values("external__provider"))
    granting = Agency.objects.filter(pk__in=chosen.order_by().values("provider"))
    ours = [one.pk for one in granting if any(is_of(one, other) for other in of_services)]
    return chosen.filter(provider__in=ours).select_related("application__agency", "proposer")


def accesses_to(service: BeyondService) -> QuerySet[Access]:
    """Return who may call a service now."""
    return accesses_of(service.platform).filter(service=service)


def admissible() -> QuerySet[Application]:
    """Return the applications of outside agencies that have an account in force."""
    live = Q(accounts__state__in=["created", "active"])
    return Application.objects.filter(live, agency__kind__in=OUTSIDE_KINDS).select_related("agency").distinct()


def address_of(service: BeyondService) -> str:
    """Return the path of a service on our gateway: its X-Road identifier, also where X-Road is not spoken."""
    return f"/r1/{service.platform.instance}/{service.identifier}"


# -- what the gateway is told --


def told_services(at: datetime) -> list[decided.Service]:
    """Return the services of platforms that are called at ``at``, each with who may call it."""
    chosen = BeyondService.objects.filter(ended_at__isnull=True, platform__outgoing_at__isnull=False)
    callers: dict[int, list[str]] = {}
    for one in live_accesses():
        application = one.outbound.application
        if application is not None:
            identity = decided.identity_of(settings.NGANAM_INSTANCE, application.subject)
            callers.setdefault(one.service_id, []).append(identity)
    rows = chosen.select_related("platform").order_by("code")
    return [_told(one, tuple(sorted(callers.get(one.pk, ()))), at) for one in rows]


def live_accesses() -> QuerySet[Access]:
    """Return the accesses that let somebody call: not ended, of proposals that have not ended either."""
    live = Access.objects.filter(ended_at__isnull=True, outbound__state__in=APPROVED)
    return live.select_related("outbound__application__agency")


def _told(service: BeyondService, callers: tuple[str, ...], at: datetime) -> decided.Service:
    member_class, member, subsystem, name = service.identifier.split("/")
    platform = service.platform
    place = read_place(platform.endpoints[0])
    spoken = platform.kind == Platform.Kind.XROAD
    return decided.Service(
        service.code, member, subsystem, service.rate_per_minute, upstream=_upstream(platform, at),
        operations=tuple(_operation(service, one) for one in service.operations), instance=platform.instance,
        member_class=member_class, name=name, callers=callers,
        base=place.base + (address_of(service) if spoken else service.base),
    )  # fmt: skip


def _operation(service: BeyondService, one: dict[str, Any]) -> decided.Operation:
    code = decided.operation_code(service.code, one["method"], one["path"])
    return decided.Operation(code, one["method"], one["path"], one.get("to", ""))


def _upstream(platform: Platform, at: datetime) -> decided.Upstream:
    spoken = platform.kind == Platform.Kind.XROAD
    return decided.Upstream(
        platform.code, tuple(_endpoints(platform, at)), tls=platform.endpoints[0].startswith("https"), ca=platform.ca,
        certificate=platform.certificate_until is not None, speaks_as=platform.client if spoken else "",
        credential="" if spoken else "authorization", credential_prefix="" if spoken else "Bearer ",
        timeout_seconds=platform.timeout_seconds, concurrent=platform.concurrent,
    )  # fmt: skip


def _endpoints(platform: Platform, at: datetime) -> list[decided.Endpoint]:
    """Return the addresses to connect to, checked once more; none without what proves us there."""
    if needs.unknown(platform, needs.OUTGOING):
        return []
    if platform.kind == Platform.Kind.OAUTH and not (platform.token_until and platform.token_until > at):
        return []
    allowed, found = allowed_networks(), []
    for text in platform.endpoints:
        place = read_place(text)
        kept = platform.addresses.get(f"{place.host}:{place.port}", [])
        found += [decided.Endpoint(one, place.port, place.host) for one in kept if not refusal(one, allowed)]
    return found


def told_incoming() -> list[decided.Incoming]:
    """Return the platforms whose members call in."""
    found = []
    for one in Platform.objects.filter(incoming_at__isnull=False).order_by("code"):
        if needs.unknown(one, needs.INCOMING):
            continue
        members = tuple(_member(one, member) for member in members_of(one).order_by("client"))
        found.append(
            decided.Incoming(
                one.code, one.incoming_host, one.incoming_ca, one.incoming_naming, one.incoming_platform, members
            )
        )
    return found


def _member(platform: Platform, member: Member) -> decided.Member:
    named = member.client if platform.incoming_platform else member.named
    return decided.Member(named, member.client, member.application.subject)


def calling_in() -> QuerySet[Member, int]:
    """Return the applications that call in through a platform that may."""
    return Member.objects.filter(ended_at__isnull=True, platform__incoming_at__isnull=False).values_list(
        "application", flat=True
    )


def hosts() -> list[str]:
    """Return the names under which platforms call in: the gateway's certificate is good for them."""
    chosen = Platform.objects.filter(incoming_at__isnull=False).exclude(incoming_host="").order_by("incoming_host")
    return list(chosen.values_list("incoming_host", flat=True))


def mark() -> tuple[Any, ...]:
    """Return a value that changes when the gateway must learn something of platforms."""
    platforms = Platform.objects.aggregate(Max("updated_at"), Sum("version"), Count("pk"))
    services = BeyondService.objects.aggregate(Max("updated_at"), Sum("version"), Count("ended_at"))
    accesses = Access.objects.aggregate(Count("pk"), Count("ended_at"))
    members = Member.objects.aggregate(Count("pk"), Count("ended_at"))
    open_now = live_accesses().count()
    return (*platforms.values(), *services.values(), *accesses.values(), *members.values(), open_now)


def due_for_token(at: datetime) -> QuerySet[Platform]:
    """Return the platforms whose access token is to be asked for at ``at``."""
    live = Platform.objects.filter(kind=Platform.Kind.OAUTH, outgoing_at__isnull=False)
    return live.filter(Q(token_after__isnull=True) | Q(token_after__lte=at)).order_by("code")
