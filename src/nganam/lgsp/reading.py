"""What the data servers are told: services, grants, members, documents. Read anew only where something has changed.

One granted account among 20 000 grants of 1 000 services must act within a second; reading all of them takes four. Who
publishes again and again therefore keeps what was read (:class:`Known`) with a mark of each row: version and instant
of the account or service, as ``queries.decision_mark`` trusts too, and of a service the table and provider it names.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.db import models
from django.db.models import Prefetch, QuerySet
from django.db.models.functions import Cast

from nganam.kernel.clock import local_date
from nganam.kernel.hours import read_hours
from nganam.kernel.opened import ANONYMOUS, open_twin_of
from nganam.kernel.sandbox import instance_of, twin_of
from nganam.lgsp import directory, upstreams
from nganam.lgsp.envoy import decided
from nganam.lgsp.open_tier import queries as open_tier
from nganam.lgsp.pushes import queries as pushes
from nganam.lgsp.queries import ON_LGSP, ends_at, on_lgsp, operations_claim
from nganam.services.models import Service, ServiceField, Upstream
from nganam.serving import snapshot as serving
from nganam.sharing.accounts.models import Account
from nganam.sharing.accounts.queries import beyond_purpose, live_accounts
from nganam.sharing.models import Application
from nganam.warehouse import sandbox
from nganam.warehouse.models import Table

AT_ONCE = 500
Mark = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A service on offer as it was read: what is told of it by code (nothing when it passes through as it is)."""

    mark: Mark
    code: str
    told: dict[str, serving.Service]
    listed: serving.Listed
    document: bytes


@dataclass(frozen=True, slots=True)
class Granted:
    """An account's grant as it was read."""

    mark: Mark
    subject: str
    service: str
    grant: serving.Grant


class Known:
    """What was read before, by primary key: of 100 000 accounts only those that changed are read again."""

    def __init__(self) -> None:
        self.grants: dict[int, Granted] = {}
        self.offers: dict[int, Offer] = {}


def decided_serving(at: datetime, number: int, known: Known | None = None) -> serving.Snapshot:
    """Return what the data server is to be told at ``at``; ``known`` is kept by who publishes again and again."""
    known = known or Known()
    _read_offers(known)
    services = {code: one for offer in known.offers.values() for code, one in offer.told.items()}
    grants: dict[str, dict[str, serving.Grant]] = {}
    for one in _live_grants(at, known):
        grants.setdefault(one.subject, {})[one.service] = one.grant
    for tier, twin, grant in list(open_tier.told_serving(services)):
        code = open_twin_of(tier.service.code)
        services[code] = twin
        grants.setdefault(ANONYMOUS, {})[code] = grant
    return serving.Snapshot(
        number, at, services, grants, portal=settings.NGANAM_PUBLIC_URL, instance=settings.NGANAM_INSTANCE,
        listed=tuple(one.listed for one in known.offers.values()), members=_members(),
        pushes=pushes.told_serving(),
        gateway=str(settings.NGANAM_GATEWAY_URL).rstrip("/"),
    )  # fmt: skip


def openapi_documents(known: Known) -> dict[str, bytes]:
    """Return the OpenAPI document of each service on offer by its code, as last read."""
    return {one.code: one.document for one in known.offers.values()}


# -- services --


def _read_offers(known: Known) -> None:
    """Read the services the exchange tells of, in the order of their codes, as far as they changed."""
    offered = Service.objects.filter(state="published").order_by("code")
    tables = _tables(offered)
    # Instants as text: to make thousands of them into datetimes takes longer than everything else here.
    changed = [Cast(name, models.CharField()) for name in ("updated_at", "upstream__updated_at")]
    named = ("provider__code", "provider__name", "upstream_id", "upstream__version", "table_id")
    rows = offered.values_list("pk", "version", *changed, *named)
    marks = {row[0]: (*row, tables.get(row[-1])) for row in rows}
    kept = {pk: one for pk, one in known.offers.items() if one.mark == marks.get(pk)}
    full = _of(_whole_services(), [pk for pk in marks if pk not in kept])
    kept |= {one.pk: _offer(one, marks[one.pk]) for one in full}
    known.offers = {pk: kept[pk] for pk in marks if pk in kept}


def _tables(offered: QuerySet[Service]) -> Mapping[int, Mark]:
    """Return what services take from their tables: code and columns, of which the table keeps no version."""
    chosen = Table.objects.filter(pk__in=offered.order_by().values("table"))
    return {pk: (code, contract) for pk, code, contract in chosen.values_list("pk", "code", "contract")}


def _whole_services() -> QuerySet[Service]:
    items = Prefetch("fields", ServiceField.objects.only("service_id", "name", "title", "type", "personal"))
    chosen = Service.objects.filter(state="published").select_related("provider", "upstream")
    return chosen.prefetch_related("table", items)


def _offer(service: Service, mark: Mark) -> Offer:
    told: dict[str, serving.Service] = {}
    # What passes through as it is never comes to the data server.
    if service.upstream is None or service.upstream.answers == Upstream.Answers.JSON:
        told[service.code] = _served(service)
    if service.table is not None:
        told[twin_of(service.code)] = _twin(service)
    return Offer(mark, service.code, told, directory.listed(service), directory.document_of(service))


def _served(service: Service) -> serving.Service:
    path = on_lgsp(service).path(settings.NGANAM_INSTANCE)
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
        smallest_group=settings.NGANAM_SMALLEST_GROUP,
        title=service.name,
    )


def _twin(service: Service) -> serving.Service:
    """Return the sandbox twin of a service: the same in everything but its rows, which are nobody's."""
    path = on_lgsp(service).path(instance_of(settings.NGANAM_INSTANCE))
    if service.table is None:
        raise ValueError(service.code)
    return msgspec.structs.replace(_served(service), path=path, table=sandbox.name_of(service.table), sandbox=True)


# -- grants --


def _live_grants(at: datetime, known: Known) -> Iterable[Granted]:
    """Return the grant of every account that may call, by the accounts' codes."""
    changed = [Cast(name, models.CharField()) for name in ("updated_at", "service__updated_at")]
    live = live_accounts(local_date(at))
    rows, beyond = live.order_by("code").values_list("pk", "version", "service__version", *changed), beyond_purpose()
    marks = {row[0]: row for row in rows if row[0] not in beyond}
    kept = {pk: one for pk, one in known.grants.items() if one.mark == marks.get(pk)}
    full = _whole(live.select_related(None), [pk for pk in marks if pk not in kept])
    kept |= {one.pk: Granted(marks[one.pk], one.subject, one.service.code, _grant(one)) for one in full}
    known.grants = {pk: kept[pk] for pk in marks if pk in kept}
    return known.grants.values()


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


# -- members --


def _members() -> tuple[serving.Member, ...]:
    """Return the agencies that call or offer, with their applications and the systems they offer."""
    found: dict[str, tuple[str, set[str]]] = {}
    callers = Application.objects.order_by().values_list("agency__code", "agency__name", "code")
    for agency, name, code in callers.distinct():
        found.setdefault(agency, (name, set()))[1].add(code)
    for service in Service.objects.filter(state__in=ON_LGSP).select_related("provider"):
        found.setdefault(service.provider.code, (service.provider.name, set()))[1].add(service.subsystem)
    return tuple(serving.Member(code, name, tuple(sorted(codes))) for code, (name, codes) in sorted(found.items()))
