"""The policies of the gateway, each a filter of its own: tokens, denials, grants, limits."""

import json
import math
from collections.abc import Iterable, Mapping

from nganam.kernel.hours import Window
from nganam.kernel.sandbox import instance_of
from nganam.lgsp.envoy import cel, identity, open_tier
from nganam.lgsp.envoy.decided import (
    AUDIENCE,
    CLAIM_ACCOUNTS,
    CLAIM_CLIENT,
    CLAIM_OPERATIONS,
    CLAIM_SERVICES,
    CLAIM_TOKEN,
    METASERVICES,
    SANDBOX_AUDIENCE,
    SANDBOX_SCOPE,
    Bound,
    Denial,
    Gateway,
    Operation,
    Service,
    Spent,
    Terms,
    sandbox_issuer,
)
from nganam.lgsp.envoy.logline import HEALTH
from nganam.lgsp.envoy.shapes import HTTP, Json, set_header, typed

JWT = HTTP + "jwt_authn.v3.JwtAuthentication"
RBAC = HTTP + "rbac.v3.RBAC"
RBAC_ROUTE = HTTP + "rbac.v3.RBACPerRoute"
LIMIT = HTTP + "local_ratelimit.v3.LocalRateLimit"
NUMBERED = HTTP + "set_metadata.v3.Config"
CONSUMER = identity.CONSUMER
ALWAYS, NEVER = ({"default_value": {"numerator": share, "denominator": "HUNDRED"}} for share in (100, 0))
MINUTE = 60
UNBOUNDED = 1_000_000
PERIODS = {"day": "ngay", "month": "thang"}
"""What the quotas are called in ``RateLimit``; how large each is differs from caller to caller."""
META_PER_MINUTE = 60
OPEN_PATHS = ("/oauth2/", "/.well-known/", "/lgsp/")
"""What the web server answers, by its own rules: how a caller comes to a token or a certificate at all."""


def tokens(gateway: Gateway) -> Json:
    """Check the bearer token and name the consumer from it; health needs none. The token goes no further."""
    certified = {"prefix": "/", "headers": [{"name": identity.PEER, "present_match": True}]}
    shown = {"requires_any": {"requirements": [{"provider_name": "lgsp"}, {"allow_missing": {}}]}}
    rules: list[Json] = [
        {"match": {"path": HEALTH}},
        *({"match": {"prefix": path}} for path in OPEN_PATHS),
        # Before the certificates: those open real data, and are no key to the sandbox.
        {"match": {"prefix": f"/r1/{instance_of(gateway.instance)}/"}, "requires": {"provider_name": "sandbox"}},
        {"match": certified, "requires": shown},
        {"match": {"prefix": "/"}, "requires": {"provider_name": "lgsp"}},
    ]
    providers = {
        "lgsp": _provider(gateway, gateway.issuer, AUDIENCE),
        "sandbox": _provider(gateway, sandbox_issuer(gateway.issuer), SANDBOX_AUDIENCE),
    }
    if not gateway.open_tiers:
        return typed(JWT, providers=providers, rules=rules)
    providers[open_tier.NAME] = open_tier.provider(gateway, _jwks(gateway.open_keys))
    return typed(JWT, providers=providers, rules=rules, requirement_map={open_tier.NAME: open_tier.requirement()})


def _jwks(keys: Iterable[Mapping[str, str]]) -> str:
    return json.dumps({"keys": [dict(key) for key in keys]}, sort_keys=True, separators=(",", ":"))


def _provider(gateway: Gateway, issuer: str, audience: str) -> Json:
    return {
        "issuer": issuer,
        "audiences": [audience],
        "require_expiration": True,
        "max_lifetime": "600s",
        "clock_skew_seconds": 5,
        "forward": False,
        "payload_in_metadata": "payload",
        "claim_to_headers": [{"header_name": CONSUMER, "claim_name": "sub"}],
        "local_jwks": {"inline_string": _jwks(gateway.keys)},
        "jwt_cache_config": {"jwt_cache_size": 1000},
        "from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}],
    }


def denials(gateway: Gateway) -> Json:
    """Refuse what was revoked although its tokens are still young. This file is what makes a revocation immediate."""
    policies: Json = open_tier.denials(gateway)
    for one in gateway.denied_accounts:
        policies[f"{one.why}-{one.account or one.identity + ' ' + one.service}"] = {
            "permissions": [_route_is(one.service)],
            "principals": _denied(one),
        }
    if gateway.denied_clients:
        policies["revoked-clients"] = {
            "permissions": [{"any": True}],
            "principals": [_claim_is(CLAIM_CLIENT, one) for one in gateway.denied_clients],
        }
    if gateway.denied_tokens:
        policies["revoked-tokens"] = {
            "permissions": [{"any": True}],
            "principals": [_claim_is(CLAIM_TOKEN, one) for one in gateway.denied_tokens],
        }
    if gateway.denied_certificates:
        policies["revoked-certificates"] = {
            "permissions": [{"any": True}],
            "principals": [identity.by_any_certificate(gateway)],
            "condition": cel.one_of(cel.PEER_DIGEST, list(gateway.denied_certificates)),
        }
    policies |= _beyond(gateway)
    return typed(RBAC, rules={"action": "DENY", "policies": policies})


def _beyond(gateway: Gateway) -> Json:
    """Refuse what has ended with platforms beyond the province: neither routes nor the table of members are waited for.

    There no token says a right, so that nothing runs out by itself: these stand as long as what they refuse is known.
    """
    calls = {
        f"revoked-{one.service}": {
            "permissions": [_route_is(one.service)],
            "principals": [{"any": True}] if one.callers is None
            else [named for caller in one.callers for named in _as_caller(caller)],
        }
        for one in gateway.closed
    }  # fmt: skip
    gone: dict[str, list[Json]] = {}
    for one in gateway.dismissed:
        gone.setdefault(f"revoked-{one.platform}", []).append(
            identity.by_dismissed(one.platform, one.named, one.subject)
        )
    return calls | {name: {"permissions": [{"any": True}], "principals": each} for name, each in gone.items()}


def _denied(one: Denial) -> list[Json]:
    by_token = [_account_of(one)] if one.account else []
    certified = identity.every(identity.by_caller(one.identity), identity.without_token())
    return [*by_token, certified] if one.identity else by_token


def _account_of(denial: Denial) -> Json:
    account = _claim_has(CLAIM_ACCOUNTS, denial.account)
    if not denial.before:
        return account
    issued = _claim("iat", {"double_match": {"range": {"start": 0, "end": denial.before}}})
    return identity.every(account, issued)


def numbered(snapshot: int) -> Json:
    """Tell every call the number of the snapshot it passes under: ``%DYNAMIC_METADATA(lgsp:snapshot)%`` in the log.

    A file of its own, replaced last: the number is that of the newest snapshot which is wholly in place.
    """
    return typed(NUMBERED, metadata=[{"metadata_namespace": "lgsp", "value": {"snapshot": snapshot}}])


def granted(
    service: Service, operation: Operation | None = None, certified: Iterable[str] = (), bounds: Iterable[Bound] = ()
) -> Json:
    """Let only tokens through that name the service, and the operation when it has any.

    ``certified`` are the identities that may call this with a certificate alone, ``bounds`` until when and at which
    hours: there is no token to run out, and who tells of the end may be down. A service beyond the province names its
    callers itself: no token does.
    """
    if service.callers is not None:
        return _allowing([one for caller in sorted(service.callers) for one in _as_caller(caller)])
    token = _claim_has(CLAIM_SERVICES, service.code)
    if operation is not None:
        token = identity.every(token, _claim_has(CLAIM_OPERATIONS, operation.code))
    limits = {one.identity: one for one in bounds}
    free = [one for one in certified if one not in limits]
    return _allowing([token, *_holders(free)], _bounded(limits.values(), certified))


def _holders(identities: Iterable[str]) -> list[Json]:
    """Return those who call with one of these certificates and no token."""
    holders = [identity.by_caller(one) for one in sorted(identities)]
    return [identity.every({"or_ids": {"ids": holders}}, identity.without_token())] if holders else []


def _bounded(bounds: Iterable[Bound], certified: Iterable[str]) -> Json:
    """Return the policies of holders with an end or hours, those with the same ones together."""
    groups: dict[tuple[int, tuple[Window, ...]], list[str]] = {}
    for one in bounds:
        if one.identity in certified:
            groups.setdefault((one.until, one.hours), []).append(one.identity)
    ordered = sorted(groups.items(), key=lambda group: sorted(group[1]))
    return {
        # After "granted", which is looked at first: a call with a token never comes to a condition.
        f"granted-{number}": {
            "permissions": [{"any": True}], "principals": _holders(held), "condition": cel.in_time(*bound),
        }
        for number, (bound, held) in enumerate(ordered)
    }  # fmt: skip


def _allowing(principals: list[Json], more: Json | None = None) -> Json:
    """Let these through; with none of them, nobody (Envoy refuses a policy without principals)."""
    if not principals:
        return typed(RBAC_ROUTE, rbac={"rules": {"action": "ALLOW", "policies": {}}})
    policy = {"permissions": [{"any": True}], "principals": principals}
    return typed(RBAC_ROUTE, rbac={"rules": {"action": "ALLOW", "policies": {"granted": policy, **(more or {})}}})


def _as_caller(uri: str) -> list[Json]:
    """Return an application of the province by its token, and by its certificate alone."""
    subject = _claim_is("sub", identity.subject_of(uri))
    return [subject, identity.every(identity.by_certificate(uri), identity.without_token())]


def granted_sandbox() -> Json:
    """Let only test tokens through: they name the sandbox, which no token of an account does."""
    policy = {"permissions": [{"any": True}], "principals": [_claim_has(CLAIM_SERVICES, SANDBOX_SCOPE)]}
    return typed(RBAC_ROUTE, rbac={"rules": {"action": "ALLOW", "policies": {"sandbox": policy}}})


def anyone_known(gateway: Gateway) -> Json:
    """Let through whoever is identified at all: the questions about the exchange itself are everybody's."""
    principals = [identity.with_claim("sub"), identity.by_any_certificate(gateway)]
    if gateway.incoming:
        principals.append(identity.by_any_member())
    policy = {"permissions": [{"any": True}], "principals": principals}
    return typed(RBAC_ROUTE, rbac={"rules": {"action": "ALLOW", "policies": {"known": policy}}})


def nobody() -> Json:
    """Let nothing through where a route states no policy of its own."""
    return typed(RBAC, rules={"action": "ALLOW", "policies": {}})


def anybody() -> Json:
    """Lift the rule of :func:`nobody` for a route that only answers a refusal."""
    return typed(RBAC_ROUTE)


def limits(gateway: Gateway) -> Json:
    """Limit calls per consumer and service. A file of its own: replacing it empties the buckets, so it changes rarely.

    A minute's calls may come at once; after that the bucket fills evenly.
    """
    own = sorted(gateway.terms, key=lambda one: (one.service, one.consumer))
    return typed(
        LIMIT,
        stat_prefix="lgsp_limit",
        filter_enabled=ALWAYS,
        filter_enforced=ALWAYS,
        token_bucket={"max_tokens": UNBOUNDED, "tokens_per_fill": UNBOUNDED, "fill_interval": "1s"},
        always_consume_default_token_bucket=False,
        enable_x_ratelimit_headers="DRAFT_VERSION_03",
        max_dynamic_descriptors=10_000,
        rate_limits=[{"actions": _pair_actions()}],
        descriptors=[
            *(_own_bucket(one, gateway.nodes) for one in own),
            *(_bucket(one.code, one.rate_per_minute, gateway.nodes) for one in gateway.services),
            *(_bucket(one, META_PER_MINUTE, gateway.nodes) for one in METASERVICES),
        ],
        **({"local_cluster_rate_limit": {}} if gateway.nodes > 1 else {}),
    )


def _pair_actions() -> list[Json]:
    service = {"key": "lgsp", "path": [{"key": "service"}]}
    return [
        {"metadata": {"descriptor_key": "service", "source": "ROUTE_ENTRY", "metadata_key": service}},
        {"request_headers": {"header_name": CONSUMER, "descriptor_key": "consumer"}},
    ]


def _bucket(code: str, per_minute: int, nodes: int) -> Json:
    entries = [{"key": "service", "value": code}, {"key": "consumer"}]
    return {"entries": entries, "token_bucket": _per_minute(per_minute, 0, nodes)}


def _own_bucket(terms: Terms, nodes: int) -> Json:
    return {
        "entries": _pair(terms.service, terms.consumer),
        "token_bucket": _per_minute(terms.rate_per_minute, terms.burst, nodes),
    }


def _pair(service: str, consumer: str) -> list[Json]:
    return [{"key": "service", "value": service}, {"key": "consumer", "value": consumer}]


def _per_minute(rate: int, burst: int, nodes: int = 1) -> Json:
    """Return a bucket of ``burst`` calls at once (0: a minute's) that fills at ``rate`` a minute.

    With several nodes a call takes as many tokens (``sharing``): one call must find enough of them.
    """
    rate = max(1, rate)
    if not burst or burst >= rate:
        return {"max_tokens": max(burst or rate, nodes), "tokens_per_fill": rate, "fill_interval": f"{MINUTE}s"}
    # A bucket smaller than a minute's calls is filled a few at a time, or it would cut the rate.
    fills = math.ceil(rate / burst)
    milliseconds = max(50, MINUTE * 1000 // fills)
    return {
        "max_tokens": max(burst, nodes),
        "tokens_per_fill": max(1, round(rate * milliseconds / (MINUTE * 1000))),
        "fill_interval": f"{milliseconds / 1000:.3f}s",
    }


def quota(period: str, spent: Iterable[Spent], ends: str) -> Json:
    """Refuse those who have used up their calls of a day or month, and say when to come back (``ends``, an HTTP date).

    A bucket holds one call at least, so each time this file is replaced those in it may make one more.
    """
    ordered = sorted(spent, key=lambda one: (one.service, one.consumer))
    used_up = {"max_tokens": 1, "tokens_per_fill": 1, "fill_interval": "86400s"}
    said = [set_header("x-lgsp-quota", period), set_header("ratelimit", f'"{PERIODS[period]}";r=0')]
    if ordered and ends:
        said.append(set_header("retry-after", ends))
    return typed(
        LIMIT,
        stat_prefix=f"lgsp_quota_{period}",
        # Mostly nobody has: then no call is asked whose it is.
        filter_enabled=ALWAYS if ordered else NEVER,
        filter_enforced=ALWAYS,
        token_bucket={"max_tokens": UNBOUNDED, "tokens_per_fill": UNBOUNDED, "fill_interval": "1s"},
        always_consume_default_token_bucket=False,
        rate_limits=[{"actions": _pair_actions()}],
        response_headers_to_add=said,
        descriptors=[{"entries": _pair(one.service, one.consumer), "token_bucket": used_up} for one in ordered],
    )


def seconds_between_calls(service: Service, nodes: int = 1) -> int:
    """Return after how many whole seconds a consumer that has used its minute may call a node again."""
    return math.ceil(MINUTE * nodes / max(1, service.rate_per_minute))


def _claim(name: str, value: Json) -> Json:
    path = [{"key": "payload"}, {"key": name}]
    matcher = {"filter": "envoy.filters.http.jwt_authn", "path": path, "value": value}
    return {"sourced_metadata": {"metadata_source": "DYNAMIC", "metadata_matcher": matcher}}


def _claim_is(name: str, text: str) -> Json:
    return _claim(name, {"string_match": {"exact": text}})


def _claim_has(name: str, text: str) -> Json:
    return _claim(name, {"list_match": {"one_of": {"string_match": {"exact": text}}}})


def _route_is(service: str) -> Json:
    matcher = {"filter": "lgsp", "path": [{"key": "service"}], "value": {"string_match": {"exact": service}}}
    return {"sourced_metadata": {"metadata_source": "ROUTE", "metadata_matcher": matcher}}
