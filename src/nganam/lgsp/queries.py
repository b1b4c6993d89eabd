"""Every read of the room, and the only place that looks into services and sharing."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.db import models
from django.db.models import Count, F, Max, Prefetch, Q, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast
from django.utils.http import http_date
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor
from nganam.kernel.clock import VIETNAM, local_date
from nganam.kernel.errors import NotFound
from nganam.kernel.hours import read_hours, within
from nganam.kernel.sandbox import instance_of, twin_of
from nganam.lgsp import directory, gateway, keys, quotas, upstreams
from nganam.lgsp.authority import Authority
from nganam.lgsp.beyond import queries as beyond
from nganam.lgsp.envoy import decided
from nganam.lgsp.models import Certificate, Credential, RevokedToken, SigningKey, SnapshotPin
from nganam.services.models import Service, ServiceField, Upstream
from nganam.services.sandbox import twin_path
from nganam.serving import snapshot as serving
from nganam.serving.secret import shared_secret
from nganam.sharing.accounts.models import Account
from nganam.sharing.accounts.queries import get_account_for, live_accounts
from nganam.sharing.models import Application, TestCredential
from nganam.warehouse import sandbox

# A refusal stays on the deny list until the last token issued before it has surely expired.
DENIED_FOR = timedelta(minutes=15)
AT_ONCE = 500
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
    path = _on_lgsp(service).path(settings.NGANAM_INSTANCE)
    host = gateway_tls_url() if tls else service_host()
    return f"{host}/r1/{path}"


def sandbox_url(service: Service) -> str:
    """Return the address of a service's sandbox twin on the LGSP."""
    return f"{service_host()}{twin_path(service, settings.NGANAM_INSTANCE)}"


def _on_lgsp(service: Service) -> decided.Service:
    upstream = service.upstream
    return decided.Service(
        code=service.code, member=service.provider.code, subsystem=service.subsystem,
        rate_per_minute=service.rate_per_minute, suspended=service.state == "suspended",
        **(upstreams.of_service(service, upstream) if upstream else {}),
    )  # fmt: skip


def decided_denials(at: datetime) -> decided.Gateway:
    """Return whom the gateway is to refuse at ``at``, and nothing else: few rows, read before anything larger."""
    return decided.Gateway(
        instance=settings.NGANAM_INSTANCE,
        issuer=issuer(),
        public_url=issuer(),
        gate_secret=shared_secret(data()),
        denied_accounts=(*_denied_accounts(at), *_denied_callers(at)),
        denied_clients=tuple(_denied_clients(at)),
        denied_tokens=tuple(denied_tokens(at)),
        denied_certificates=tuple(revoked_certificates(at).order_by("pk").values_list("fingerprint", flat=True)),
    )


def decided_gateway(at: datetime) -> decided.Gateway:
    """Return what the gateway is to be told at ``at``; there must be a signing key."""
    services = Service.objects.filter(state__in=ON_LGSP).select_related("provider", "upstream").order_by("code")
    day, month = quotas.spent(at)
    return replace(
        decided_denials(at),
        listen=gateway.listening(data()),
        keys=tuple(keys.published_keys(at)),
        services=(*(_on_lgsp(one) for one in services), *beyond.told_services(at)),
        incoming=tuple(beyond.told_incoming()),
        certified=certified(at),
        tls=_tls(at),
        terms=tuple(quotas.terms()),
        spent_day=tuple(day),
        spent_month=tuple(month),
        day_ends=http_date(start_of(quotas.next_day(at)).timestamp()),
        month_ends=http_date(start_of(quotas.next_month(at)).timestamp()),
        roots=upstreams.system_roots(),
        otlp=settings.NGANAM_OTLP_ENDPOINT,
        otlp_percent=settings.NGANAM_OTLP_PERCENT,
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
    return [_on_lgsp(one).path(settings.NGANAM_INSTANCE) for one in services]


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
    holders = Q(application__in=live_certificates(at).values("application"))
    holders |= Q(application__in=beyond.calling_in())
    allowing = certificate_credentials(local_date(at)).values("account")
    chosen = live_accounts(local_date(at)).filter(holders, pk__in=allowing).order_by("code")
    found: dict[str, list[str]] = {}
    for one in chosen:
        for opened in _opened(one):
            found.setdefault(opened, []).append(identity_of(one.application))
    return {service: tuple(sorted(names)) for service, names in found.items()}


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
    return (account.purpose_code,) if account.purpose_code else ()


class Known:
    """The grants read before: of 100 000 accounts only those that changed are read again.

    A change of an account or its service shows in version and instant, as :func:`decision_mark` trusts too.
    """

    def __init__(self) -> None:
        self.grants: dict[int, tuple[tuple[Any, ...], str, str, serving.Grant]] = {}


def decided_serving(at: datetime, number: int, known: Known | None = None) -> serving.Snapshot:
    """Return what the data server is to be told at ``at``; ``known`` is kept by who publishes again and again."""
    published = list(offered())
    # What passes through as it is never comes to the data server.
    answered = (one for one in published if one.upstream is None or one.upstream.answers == Upstream.Answers.JSON)
    services = {one.code: _served(one) for one in answered}
    services |= {twin_of(one.code): _twin(one) for one in published if one.table is not None}
    grants: dict[str, dict[str, serving.Grant]] = {}
    for subject, code, grant in _live_grants(at, known or Known()):
        grants.setdefault(subject, {})[code] = grant
    return serving.Snapshot(
        number, at, services, grants, portal=settings.NGANAM_PUBLIC_URL, instance=settings.NGANAM_INSTANCE,
        listed=tuple(directory.listed(one) for one in published), members=_members(),
    )  # fmt: skip


def offered() -> QuerySet[Service]:
    """Return the services the exchange tells of, in the order of their codes."""
    items = Prefetch("fields", ServiceField.objects.only("service_id", "name", "title", "type", "personal"))
    chosen = Service.objects.filter(state="published").select_related("provider", "upstream")
    return chosen.prefetch_related("table", items).order_by("code")


def openapi_documents() -> Iterable[tuple[str, bytes]]:
    """Return the OpenAPI document of each service on offer, by its code."""
    return ((one.code, directory.document_of(one)) for one in offered())


def _members() -> tuple[serving.Member, ...]:
    """Return the agencies that call or offer, with their applications and the systems they offer."""
    found: dict[str, tuple[str, set[str]]] = {}
    for application in Application.objects.select_related("agency"):
        found.setdefault(application.agency.code, (application.agency.name, set()))[1].add(application.code)
    for service in Service.objects.filter(state__in=ON_LGSP).select_related("provider"):
        found.setdefault(service.provider.code, (service.provider.name, set()))[1].add(service.subsystem)
    return tuple(serving.Member(code, name, tuple(sorted(codes))) for code, (name, codes) in sorted(found.items()))


def _live_grants(at: datetime, known: Known) -> Iterable[tuple[str, str, serving.Grant]]:
    """Yield subject, service and grant of every account that may call, by the accounts' codes."""
    # Instants as text: to make 40 000 of them into datetimes takes longer than everything else here.
    changed = [Cast(name, models.CharField()) for name in ("updated_at", "service__updated_at")]
    live = live_accounts(local_date(at))
    marks = {row[0]: row for row in live.order_by("code").values_list("pk", "version", "service__version", *changed)}
    kept = {pk: one for pk, one in known.grants.items() if one[0] == marks.get(pk)}
    full = _whole(live.select_related(None), [pk for pk in marks if pk not in kept])
    kept |= {one.pk: (marks[one.pk], one.subject, one.service.code, _grant(one)) for one in full}
    known.grants = {pk: kept[pk] for pk in marks if pk in kept}
    return ((subject, code, grant) for _mark, subject, code, grant in known.grants.values())


def _whole(rows: QuerySet[Account], keys: Sequence[int]) -> list[Account]:
    """Return accounts with their services and applications, each of these read once however many accounts it has."""
    found = list(_of(rows, keys))
    services = {one.pk: one for one in _of(Service.objects.all(), sorted({one.service_id for one in found}))}
    callers = Application.objects.select_related("agency")
    applications = {one.pk: one for one in _of(callers, sorted({one.application_id for one in found}))}
    for one in found:
        one.service, one.application = services[one.service_id], applications[one.application_id]
    return found


def _of(rows: QuerySet[Any], keys: Sequence[int]) -> Iterable[Any]:
    """Yield the rows of these keys, a few hundred at a time: a database takes so many names in one question."""
    for start in range(0, len(keys), AT_ONCE):
        yield from rows.filter(pk__in=keys[start : start + AT_ONCE])


def _grant(account: Account) -> serving.Grant:
    return serving.Grant(
        account.code, tuple(account.granted_fields), until=ends_at(account),
        where={name: tuple(values) for name, values in account.rows.items()},
        operations=tuple(operations_claim(account).get(decided.CLAIM_OPERATIONS, ())),
        hours=read_hours(account.hours), concurrent=account.concurrent or 0,
    )  # fmt: skip


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


def _served(service: Service) -> serving.Service:
    path = _on_lgsp(service).path(settings.NGANAM_INSTANCE)
    if service.table is None:
        return upstreams.served(service, path)
    types = {str(one["name"]): str(one["type"]) for one in service.table.contract["columns"]}
    asked = {*service.lookup_columns, *service.filter_columns}
    return serving.Service(
        path=path,
        table=service.table.code,
        fields=tuple(serving.Field(one.name, one.type) for one in service.fields.all()),
        lookup=tuple(service.lookup_columns),
        filters=tuple(service.filter_columns),
        types={name: types[name] for name in sorted(asked) if name in types},
        personal=tuple(str(one["name"]) for one in service.table.contract["columns"] if one.get("personal")),
    )


def _twin(service: Service) -> serving.Service:
    """Return the sandbox twin of a service: the same in everything but its rows, which are nobody's."""
    path = _on_lgsp(service).path(instance_of(settings.NGANAM_INSTANCE))
    if service.table is None:
        raise ValueError(service.code)
    return msgspec.structs.replace(_served(service), path=path, table=sandbox.name_of(service.table), sandbox=True)


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
    values = (*(value for group in groups for value in group.values()), *beyond.mark())
    if at is None:
        return values
    outside = tuple(one.account for one in _denied_for_now(at) if one.why == "hours")
    return (*values, *quotas.mark(at).values(), outside)


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
    if account.service.state != "published":
        return _("Dịch vụ %(code)s đang không cung cấp.") % {"code": account.service.code}
    return ""


def credential_of(client_id: str) -> Credential | None:
    """Return the credential a client names, with its account."""
    chosen = Credential.objects.select_related("account__application__agency", "account__service__provider")
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
