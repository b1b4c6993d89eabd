"""What an older snapshot may still tell: never a right that has been withdrawn since.

Rights are always today's: who is denied, which keys are accepted, which services are open, which fields and rows an
account has and until when. Of the older snapshot come the settings of services (``SETTINGS``), and what it did not
have yet stays out.
"""

from dataclasses import fields, replace

import msgspec

from nganam.lgsp.envoy.decided import Gateway, Service
from nganam.serving.snapshot import Grant
from nganam.serving.snapshot import Service as Served
from nganam.serving.snapshot import Snapshot as Told

# Settings that say how a service is reached, not who may what. Whatever is not named here is taken from today.
SETTINGS = frozenset({"rate_per_minute"})


def withheld_gateway(old: Gateway, now: Gateway) -> Gateway:
    """Return what the gateway is told when it is held to ``old``: today's, with the services and settings of then."""
    then = {one.code: one for one in old.services}
    services = tuple(_as_then(then[one.code], one) for one in now.services if one.code in then)
    tiers = {one.service for one in old.open_tiers}
    return replace(now, services=services, open_tiers=tuple(one for one in now.open_tiers if one.service in tiers))


def _as_then(old: Service, now: Service) -> Service:
    settings = {one.name: getattr(old, one.name) for one in fields(Service) if one.name in SETTINGS}
    return replace(now, **settings, suspended=old.suspended or now.suspended)


def withheld_told(old: Told, now: Told) -> Told:
    """Return what the data server is told when it is held to ``old``: what both have, each right the narrower one."""
    both = {code: one for code, one in now.services.items() if code in old.services}
    services = {code: _narrower_service(old.services[code], one) for code, one in both.items()}
    grants: dict[str, dict[str, Grant]] = {}
    for consumer, held in now.grants.items():
        before = old.grants.get(consumer, {})
        kept = {code: _narrower_grant(before[code], one) for code, one in held.items() if code in before}
        if kept:
            grants[consumer] = kept
    listed = tuple(one for one in now.listed if one.code in services)
    pushes = {code: one for code, one in now.pushes.items() if code in old.pushes}
    return msgspec.structs.replace(now, services=services, grants=grants, listed=listed, pushes=pushes)


def _narrower_service(old: Served, now: Served) -> Served:
    offered = {one.name for one in now.fields}
    asked = {*now.filters}
    return msgspec.structs.replace(
        old,
        path=now.path,
        # Which system is asked, by which operations and how its answers are read goes with the gateway's way there.
        table=now.table,
        remote=now.remote,
        fields=tuple(one for one in old.fields if one.name in offered),
        filters=tuple(name for name in old.filters if name in asked),
        lookup=old.lookup if set(old.lookup) == set(now.lookup) else now.lookup,
        types={**old.types, **now.types},
        page_limit=min(old.page_limit, now.page_limit),
        personal=tuple(sorted({*old.personal, *now.personal})),
    )


def _narrower_grant(old: Grant, now: Grant) -> Grant:
    """Return the fields both have and the nearer end; rows, operations, hours and the account itself are today's."""
    granted = set(old.fields)
    ends = [end for end in (old.until, now.until) if end is not None]
    return msgspec.structs.replace(
        now, fields=tuple(name for name in now.fields if name in granted), until=min(ends, default=None)
    )
