"""Every read of the room, and the only place that looks into services and sharing."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.utils.http import http_date
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor
from nganam.kernel.clock import VIETNAM, local_date
from nganam.kernel.errors import NotFound
from nganam.kernel.hours import read_hours, within
from nganam.lgsp import gateway, keys, quotas, upstreams
from nganam.lgsp.authority import Authority
from nganam.lgsp.beyond import denying as beyond_denials
from nganam.lgsp.beyond import queries as beyond
from nganam.lgsp.envoy import decided
from nganam.lgsp.models import Certificate, Credential, RevokedToken, SigningKey, SnapshotPin
from nganam.lgsp.open_tier import queries as open_tier
from nganam.lgsp.pushes import queries as pushes
from nganam.services.models import Service, Upstream
from nganam.services.sandbox import twin_path
from nganam.serving.secret import shared_secret
from nganam.sharing import purposes
from nganam.sharing.accounts.models import Account
from nganam.sharing.accounts.queries import beyond_purpose, get_account_for, live_accounts
from nganam.sharing.models import Application, TestCredential

# A refusal stays on the deny list until the last token issued before it has surely expired.
DENIED_FOR = timedelta(minutes=15)
ON_LGSP = ("published", "suspended")


def plain(text: str, most: int = 100) -> str:
    """Return a caller's text as the databases take it: PostgreSQL refuses NUL, and nothing of ours is longer."""
    return text.replace("\0", "\ufffd")[:most]


def data() -> Path:
    """Return the data folder."""
    return Path(settings.DATA)


def plus(name: str, more: int) -> Combinable:
    """Return the expression that adds to a column where it stands."""
    return F(name) + more


def issuer() -> str:
    """Return the issuer of tokens: the platform's public address."""
    return str(settings.NGANAM_PUBLIC_URL).rstrip("/")


def token_url() -> str:
    """Return the address of the token endpoint."""
    return f"{issuer()}/oauth2/token"


def gateway_tls_url() -> str:
    """Return the public address of the gateway's TLS listener."""
    return str(settings.NGANAM_GATEWAY_TLS_URL).rstrip("/")


def service_host() -> str:
    """Return the public address of the gateway's first port."""
    return str(settings.NGANAM_GATEWAY_URL).rstrip("/")


def service_url(service: Service, *, tls: bool = False) -> str:
    """Return the address of a service on the LGSP, on its first port or on the one for certificates."""
    path = on_lgsp(service).path(settings.NGANAM_INSTANCE)
    host = gateway_tls_url() if tls else service_host()
    return f"{host}/r1/{path}"


def sandbox_url(service: Service) -> str:
    """Return the address of a service's sandbox twin on the LGSP."""
    return f"{service_host()}{twin_path(service, settings.NGANAM_INSTANCE)}"


def on_lgsp(service: Service) -> decided.Service:
    """Return a service as the gateway is told of it."""
    upstream = service.upstream
    return decided.Service(
        code=service.code, member=service.provider.code, subsystem=service.subsystem,
        rate_per_minute=service.rate_per_minute, suspended=service.state == "suspended",
        **(upstreams.of_service(service, upstream) if upstream else {}),
    )  # fmt: skip


def decided_denials(at: datetime) -> decided.Gateway:
    """Return whom the gateway is to refuse at ``at``, and nothing else: few rows, read before anything larger."""
    confirmed = gateway.confirmed(data())
    # Somebody may have written down an end before a snapshot was read, and committed it afterwards.
    surely = confirmed - DENIED_FOR if confirmed else None
    return decided.Gateway(
        instance=settings.NGANAM_INSTANCE,
        issuer=issuer(),
        public_url=issuer(),
        gate_secret=shared_secret(data()),
        denied_accounts=(*_denied_accounts(at), *_denied_callers(at)),
        denied_clients=tuple(_denied_clients(at)),
        denied_tokens=(*denied_tokens(at), *open_tier.denied_keys(at)),
        denied_tiers=open_tier.denied_tiers(at - DENIED_FOR),
        denied_certificates=tuple(revoked_certificates(at).order_by("pk").values_list("fingerprint", flat=True)),
        closed=(*beyond_denials.closed(surely), *pushes.closed(surely)),
        dismissed=tuple(beyond_denials.dismissed(surely)),
    )


def decided_gateway(at: datetime) -> decided.Gateway:
    """Return what the gateway is to be told at ``at``; there must be a signing key."""
    services = Service.objects.filter(state__in=ON_LGSP).select_related("provider", "upstream").order_by("code")
    day, month = quotas.spent(at)
    return replace(
        decided_denials(at),
        listen=gateway.listening(data()),
        keys=tuple(keys.published_keys(at)),
        services=(*(on_lgsp(one) for one in services), *beyond.told_services(at), *pushes.told_services()),
        incoming=tuple(beyond.told_incoming()),
        certified=certified(at),
        bounded=bounded(at),
        tls=_tls(at),
        terms=tuple(quotas.terms()),
        spent_day=(*day, *open_tier.spent_keys(at)),
        spent_month=tuple(month),
        day_ends=http_date(start_of(quotas.next_day(at)).timestamp()),
        month_ends=http_date(start_of(quotas.next_month(at)).timestamp()),
        roots=upstreams.system_roots(),
        otlp=settings.NGANAM_OTLP_ENDPOINT,
        otlp_percent=settings.NGANAM_OTLP_PERCENT,
        nodes=len(gateway.nodes(data())),
        proxies=settings.NGANAM_GATEWAY_PROXIES,
        **open_tier.told_gateway(),
    )


def _tls(at: datetime) -> decided.Tls | None:
    if not gateway.listening(data()).tls_port:
        return None
    own = authority()
    own.ensure(at)
    server = own.server(gateway_hosts(), at)
    return decided.Tls(server.chain, server.key, server.trusted)


def authority() -> Authority:
    """Return the certificate authority of the platform."""
    return Authority(data() / "keys" / "ca")


def gateway_hosts() -> list[str]:
    """Return the names the gateway's certificate is good for: its own, and those under which platforms call in."""
    return list(dict.fromkeys([*own_hosts(), *beyond.hosts()]))


def own_hosts() -> list[str]:
    """Return the gateway's own names: its public ones, and this machine's."""
    public = (urlsplit(one).hostname for one in (settings.NGANAM_GATEWAY_TLS_URL, settings.NGANAM_GATEWAY_URL))
    listening = gateway.listening(data()).host
    every = [*public, listening if listening not in {"0.0.0.0", "::"} else "", "localhost", "127.0.0.1"]  # noqa: S104
    return list(dict.fromkeys(one for one in every if one))


def own_addresses() -> list[str]:
    """Return the X-Road identifiers of the province's own services on the LGSP."""
    services = Service.objects.filter(state__in=ON_LGSP).select_related("provider", "upstream")
    return [on_lgsp(one).path(settings.NGANAM_INSTANCE) for one in services]


def _denied_clients(at: datetime) -> Iterable[str]:
    """Yield the credentials revoked lately, those for the sandbox last."""
    for model in (Credential, TestCredential):
        lately = model._default_manager.filter(revoked_at__gt=at - DENIED_FOR)  # noqa: SLF001
        yield from lately.order_by("client_id").values_list("client_id", flat=True)


def _denied_accounts(at: datetime) -> Iterable[decided.Denial]:
    lately = Account.objects.exclude(state="active").filter(updated_at__gt=at - DENIED_FOR)
    chosen = lately.select_related("application__agency", "service").order_by("code")
    for one in chosen:
        yield decided.Denial(one.code, one.service.code, identity_of(one.application))
    beyond = Account.objects.filter(state="active", pk__in=beyond_purpose())
    for one in beyond.select_related("application__agency", "service").order_by("code"):
        yield decided.Denial(one.code, one.service.code, identity_of(one.application))
    yield from _denied_for_now(at)


def _denied_for_now(at: datetime) -> Iterable[decided.Denial]:
    """Yield the accounts outside their hours, and those of whose operations some were taken away lately.

    With a certificate alone the present operations are open anyhow; outside the hours nothing is.
    """
    active = Account.objects.filter(state="active").select_related("application__agency", "service").order_by("code")
    for one in active.exclude(hours=""):
        if not within(read_hours(one.hours), at):
            yield decided.Denial(one.code, one.service.code, identity_of(one.application), why="hours")
    for one in active.filter(restricted_at__gt=at - DENIED_FOR):
        if one.restricted_at is not None:
            yield decided.Denial(
                one.code, one.service.code, why="changed", before=math.floor(one.restricted_at.timestamp()) + 1
            )


def _denied_callers(at: datetime) -> Iterable[decided.Denial]:
    """Deny with a certificate alone those whose account lately stopped to allow it; other tokens of it go on."""
    lately = Credential.objects.filter(kind=Credential.Kind.CERTIFICATE, revoked_at__gt=at - DENIED_FOR)
    still = certificate_credentials(local_date(at)).values("account")
    chosen = lately.exclude(account__in=still).select_related("account__application__agency", "account__service")
    pairs = {(one.account.service.code, identity_of(one.account.application)) for one in chosen}
    return (decided.Denial("", service, identity) for service, identity in sorted(pairs))


def identity_of(application: Application) -> str:
    """Return the URI that stands in an application's certificates."""
    return decided.identity_of(settings.NGANAM_INSTANCE, application.subject)


def certificate_credentials(day: date) -> QuerySet[Credential]:
    """Return the credentials by which accounts allow certificates on ``day``."""
    return Credential.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=day), kind=Credential.Kind.CERTIFICATE, revoked_at__isnull=True
    )


def live_certificates(at: datetime) -> QuerySet[Certificate]:
    """Return the certificates that prove somebody at ``at``."""
    return Certificate.objects.filter(revoked_at__isnull=True, not_after__gt=at)


def revoked_certificates(at: datetime) -> QuerySet[Certificate]:
    """Return the revoked certificates that have not run out: until then they must be refused."""
    return Certificate.objects.filter(revoked_at__isnull=False, not_after__gt=at)


def certified(at: datetime) -> dict[str, tuple[str, ...]]:
    """Return who may call with a certificate alone at ``at``: identities by service, or by its operations if any."""
    found: dict[str, list[str]] = {}
    for one in _by_certificate(at):
        for opened in _opened(one):
            found.setdefault(opened, []).append(identity_of(one.application))
    return {service: tuple(sorted(names)) for service, names in found.items()}


def bounded(at: datetime) -> dict[str, tuple[decided.Bound, ...]]:
    """Return, by the same names, until when and at which hours those of them may call that have an end or hours."""
    allowing = certificate_credentials(local_date(at)).values_list("account", "valid_until")
    ends: dict[int, list[date | None]] = {}
    for account, day in allowing:
        ends.setdefault(account, []).append(day)
    found: dict[str, list[decided.Bound]] = {}
    for one in _by_certificate(at):
        bound = _bound(one, ends.get(one.pk, [None]))  # allowed since the ends were read
        for opened in _opened(one) if bound.until or bound.hours else ():
            found.setdefault(opened, []).append(bound)
    return {service: tuple(sorted(bounds, key=_by_identity)) for service, bounds in found.items()}


def _bound(account: Account, allowed: Sequence[date | None]) -> decided.Bound:
    """Return the nearer of the account's end and the last end of those credentials that allow certificates."""
    last = None if None in allowed else max(day for day in allowed if day is not None)
    ends = [day for day in (account.valid_until, last) if day is not None]
    until = int(start_of(min(ends)).timestamp()) if ends else 0
    return decided.Bound(identity_of(account.application), until, read_hours(account.hours))


def _by_identity(bound: decided.Bound) -> str:
    return bound.identity


def _by_certificate(at: datetime) -> QuerySet[Account]:
    holders = Q(application__in=live_certificates(at).values("application"))
    holders |= Q(application__in=beyond.calling_in())
    allowing = certificate_credentials(local_date(at)).values("account")
    live = live_accounts(local_date(at)).exclude(pk__in=beyond_purpose())
    return live.filter(holders, pk__in=allowing).order_by("code")


def _opened(account: Account) -> list[str]:
    """Return what an account opens: its service, or of a service with operations only those it was granted."""
    if account.service.upstream_id is None:
        return [account.service.code]
    return operations_claim(account).get(decided.CLAIM_OPERATIONS, [])


def denied_tokens(at: datetime) -> QuerySet[RevokedToken, str]:
    """Return the ids of the tokens given up that have not expired."""
    return RevokedToken.objects.filter(expires_at__gt=at).order_by("pk").values_list("jti", flat=True)


def certificates_of(application: Application) -> QuerySet[Certificate]:
    """Return the certificates of an application, newest first."""
    return Certificate.objects.filter(application=application)


def get_certificate_for(actor: Actor, account_code: str, serial: str) -> Certificate:
    """Return a certificate of an account's application; what is not theirs is not found."""
    account = get_account_for(actor, account_code)
    found = certificates_of(account.application).filter(serial=plain(serial, 40)).first()
    if found is None:
        raise NotFound(_("Không có chứng thư này."))
    return found


def certificate_shown(fingerprint: str, at: datetime) -> Certificate | None:
    """Return the live certificate a connection has shown, by its fingerprint."""
    chosen = live_certificates(at).select_related("application__agency")
    return chosen.filter(fingerprint=plain(fingerprint, 64)).first()


def purposes_of(account: Account) -> tuple[str, ...]:
    """Return the purposes an account was granted for; a token may name one of them."""
    return purposes.granted(account)


def operations_claim(account: Account) -> dict[str, list[str]]:
    """Return the claim that names the operations an account may use of a service that has any."""
    service, granted = account.service, set(account.granted_operations)
    if not service.operations:
        return {}
    found = [
        decided.operation_code(service.code, one["method"], one["path"])
        for one in service.operations if f"{one['method']} {one['path']}" in granted
    ]  # fmt: skip
    return {decided.CLAIM_OPERATIONS: found}


def ends_at(account: Account) -> datetime | None:
    """Return the instant an account ends: the start of ``valid_until`` in Vietnam."""
    return start_of(account.valid_until) if account.valid_until else None


def start_of(day: date) -> datetime:
    """Return the first instant of a day in Vietnam."""
    return datetime.combine(day, datetime.min.time(), VIETNAM)


def decision_mark(at: datetime | None = None) -> tuple[Any, ...]:
    """Return a value that changes when the gateway must learn something: a decision or, with ``at``, an hour struck."""
    accounts = Account.objects.aggregate(Max("updated_at"), Sum("version"), Count("pk"))
    services = Service.objects.aggregate(Max("updated_at"), Sum("version"), Count("pk"))
    credentials = Credential.objects.aggregate(Max("revoked_at"), Count("revoked_at"), Count("pk"))
    certificates = Certificate.objects.aggregate(Count("revoked_at"), Count("pk"))
    tokens = RevokedToken.objects.aggregate(Max("pk"), Count("pk"))
    signing = SigningKey.objects.aggregate(Max("created_at"), Max("retired_at"))
    systems = Upstream.objects.aggregate(Max("updated_at"), Sum("version"), Count("credential_at"))
    pins = SnapshotPin.objects.aggregate(Max("pinned_at"), Max("released_at"), Count("pk"))
    groups = (accounts, services, credentials, certificates, tokens, signing, systems, pins)
    values = (
        *(value for group in groups for value in group.values()),
        *beyond.mark(),
        *open_tier.mark(),
        *pushes.mark(),
    )
    values = (*values, tuple(sorted(beyond_purpose())))
    if at is None:
        return values
    outside = tuple(one.account for one in _denied_for_now(at) if one.why == "hours")
    return (*values, *quotas.mark(at).values(), outside, *open_tier.spent_keys(at))


def refusal_of(account: Account, at: datetime) -> str:
    """Return why an account gets no token now, or ""."""
    if account.state != "active":
        state = account.current.vi.lower()
        return _("Tài khoản %(code)s: %(state)s.") % {"code": account.code, "state": state}
    end = ends_at(account)
    if end is not None and at >= end:
        return _("Tài khoản %(code)s đã hết hiệu lực.") % {"code": account.code}
    if not within(read_hours(account.hours), at):
        told = {"code": account.code, "hours": account.hours}
        return _("Tài khoản %(code)s chỉ được gọi trong giờ: %(hours)s.") % told
    if broken := purposes.breaks_chain(account):
        return broken
    if account.service.state != "published":
        return _("Dịch vụ %(code)s đang không cung cấp.") % {"code": account.service.code}
    return ""


def credential_of(client_id: str) -> Credential | None:
    """Return the credential a client names, with its account."""
    related = ("account__application__agency", "account__service__provider", "account__request", "account__agreement")
    chosen = Credential.objects.select_related(*related)
    return chosen.filter(client_id=plain(client_id)).first()


def credentials_of(account: Account) -> QuerySet[Credential]:
    """Return the credentials of an account, newest first."""
    return Credential.objects.filter(account=account).select_related(
        "account__application__agency", "account__service__provider"
    )


def live_credentials(account: Account, day: date) -> QuerySet[Credential]:
    """Return the credentials of an account that give tokens on ``day``, newest first."""
    return credentials_of(account).filter(Q(valid_until__isnull=True) | Q(valid_until__gt=day), revoked_at__isnull=True)


def get_credential_for(actor: Actor, account_code: str, client_id: str) -> Credential:
    """Return a credential of an account the officer is party to; what is not theirs is not found."""
    account = get_account_for(actor, account_code)
    found = credentials_of(account).filter(client_id=plain(client_id)).first()
    if found is None:
        raise NotFound(_("Không có khóa truy cập này."))
    return found
