"""Every read of the open tier, for pages, the gateway and the data server."""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound
from nganam.kernel.opened import caller_of
from nganam.lgsp.envoy import decided
from nganam.lgsp.open_tier import policies, signing
from nganam.lgsp.open_tier.models import OpenKey, OpenTier
from nganam.services.models import Service
from nganam.services.queries import get_service_for
from nganam.serving import snapshot as serving

LONGEST = 40


def tiers() -> QuerySet[OpenTier]:
    """Return every tier with what is read of its service."""
    related = ("service__provider", "service__table__dataset", "service__upstream")
    return OpenTier.objects.select_related(*related).prefetch_related("service__fields")


def tiers_for(actor: Actor) -> QuerySet[OpenTier]:
    """Return the tiers of the officer's own services; the lead agency sees all."""
    return tiers() if actor.has(Role.LEAD) else tiers().filter(service__provider__code=actor.agency)


def get_tier_for(actor: Actor, code: str) -> OpenTier:
    """Return a tier the officer may see; what is not theirs is not found."""
    found = tiers_for(actor).filter(code=_plain(code)).first()
    if found is None:
        raise NotFound(_("Không có tầng mở này."))
    return found


def service_for(actor: Actor, code: str) -> Service:
    """Return a service the officer works with."""
    return get_service_for(actor, code)


def present(service: Service) -> OpenTier | None:
    """Return the tier of a service that is not closed."""
    return tiers().filter(service=service).exclude(state=OpenTier.State.CLOSED).first()


def closed(service: Service) -> list[OpenTier]:
    """Return the tiers of a service that were closed, newest first."""
    return list(OpenTier.objects.filter(service=service, state=OpenTier.State.CLOSED))


def in_force(service: Service) -> OpenTier | None:
    """Return the tier anybody may use now."""
    found = tiers().filter(service=service, state=OpenTier.State.OPEN).first()
    return found if found is not None and is_in_force(found) else None


def served(tier: OpenTier) -> tuple[str, ...]:
    """Return the fields that are served: those opened that the service still offers and that hold nobody's data."""
    opened = set(tier.fields)
    return tuple(name for name in policies.openable(tier.service) if name in opened)


def is_in_force(tier: OpenTier) -> bool:
    """Say whether an open tier may be used: its data are open still, and what is asked by is open too."""
    service = tier.service
    if not tier.is_open or service.state not in {"published", "suspended"} or policies.is_open_data(service):
        return False
    fields = served(tier)
    return bool(fields) and set(service.lookup_columns) <= set(fields)


# -- keys --


def keys_for(actor: Actor) -> QuerySet[OpenKey]:
    """Return a person's own keys; the lead agency, which runs the LGSP, sees all."""
    return OpenKey.objects.all() if actor.has(Role.LEAD) else OpenKey.objects.filter(holder_code=actor.code)


def get_key_for(actor: Actor, code: str) -> OpenKey:
    """Return a key the person may see; what is not theirs is not found."""
    found = keys_for(actor).filter(code=_plain(code)).first()
    if found is None:
        raise NotFound(_("Không có khóa truy cập mở này."))
    return found


def _plain(text: str) -> str:
    return text.replace("\0", "\ufffd")[:LONGEST]


# -- what the gateway and the data server are told --


def _opened() -> list[OpenTier]:
    return list(tiers().filter(state=OpenTier.State.OPEN).order_by("service__code"))


def told_gateway() -> dict[str, Any]:
    """Return what the gateway is told of the tier: services, limits, and by what keys are proved."""
    found = [
        decided.OpenTier(one.service.code, one.per_minute, one.per_minute_together, one.key_per_minute)
        for one in _opened() if is_in_force(one)
    ]  # fmt: skip
    return {"open_tiers": tuple(found), "open_keys": (signing.public(),) if found else ()}


def told_serving(known: dict[str, serving.Service]) -> Iterable[tuple[OpenTier, serving.Service, serving.Grant]]:
    """Yield each tier in force with the twin that has open fields only, and what everybody is granted of it."""
    for one in _opened():
        whole = known.get(one.service.code)
        if whole is None or not is_in_force(one):
            continue
        names = served(one)
        twin = msgspec.structs.replace(
            whole,
            fields=tuple(field for field in whole.fields if field.name in names),
            # An answer by a column would tell what it holds.
            filters=tuple(name for name in whole.filters if name in names),
            personal=(),
        )
        yield one, twin, serving.Grant(one.code, names)


def denied_tiers(lately: datetime) -> tuple[str, ...]:
    """Return the services whose tier is not in force, while the gateway may still know it."""
    opened = _opened()
    good = {one.service.code for one in opened if is_in_force(one)}
    closed = OpenTier.objects.filter(closed_at__gt=lately, opened_at__isnull=False)
    named = {one.service.code for one in opened} | set(closed.values_list("service__code", flat=True))
    return tuple(sorted(named - good))


def denied_keys(at: datetime) -> Iterable[str]:
    """Return the revoked keys that have not run out: until then their signature is good."""
    revoked = OpenKey.objects.filter(revoked_at__isnull=False, expires_at__gt=at).order_by("pk")
    return revoked.values_list("code", flat=True)


def mark() -> tuple[Any, ...]:
    """Return what changes when the gateway must learn something of the tier."""
    revoked = OpenKey.objects.aggregate(Count("revoked_at"), Max("revoked_at"))
    limits = OpenTier.objects.aggregate(Count("pk"), Count("opened_at"), Count("closed_at"))
    good = tuple((one.service.code, served(one)) for one in _opened() if is_in_force(one))
    return (*revoked.values(), *limits.values(), good)


def spent_keys(at: datetime) -> Iterable[decided.Spent]:
    """Yield the keys that have used up their calls of the day, as counted from the log of every node."""
    from nganam.lgsp.models import CallCount  # noqa: PLC0415 - that module reads this one's tables

    most = dict(OpenTier.objects.filter(state=OpenTier.State.OPEN).values_list("service__code", "key_per_day"))
    if not most:
        return
    # Compared where the counts are: of all keys of a day only the spent ones are read, several times a second.
    spent = Q(pk__in=())
    for service, calls in most.items():
        spent |= Q(service=service, calls__gte=calls)
    today = CallCount.objects.filter(
        spent, period=CallCount.Period.DAY, starts_on=local_date(at), consumer__startswith=caller_of("")
    )
    for consumer, service in today.order_by("pk").values_list("consumer", "service"):
        yield decided.Spent(consumer, service)


def retry_seconds(tier: OpenTier) -> int:
    """Return after how many seconds an address over its limit may call again."""
    return math.ceil(60 / max(1, tier.per_minute))


def example_url(service: Service) -> str:
    """Return an address to try: the first page of the service."""
    host = str(settings.NGANAM_GATEWAY_URL).rstrip("/")
    path = f"{settings.NGANAM_INSTANCE}/GOV/{service.provider.code}/{service.subsystem}/{service.code}"
    return f"{host}/r1/{path}/?limit=3"
