"""The open tier at the gateway: reading open data without a token, within a fair limit.

A service in the tier has a second route at the same address, taken by calls that show neither token nor certificate. It
alone switches the tier's filters on, asks for a key in ``X-API-Key`` or none, and leads to the twin of the service that
has open fields only: calls with a token pass only filters that are off, which cost them nothing. These filters always
stand in the chain: were they added with the first tier, its route, which is another file, could be there before them,
and its calls would pass unlimited and unnamed. Nobody passes whom the first of them has not named.

Pages of any site may ask (CORS): the answers say so by themselves, and the question a browser asks before it sends a
key is answered by a route of its own. No cookie opens anything here, so there is nothing a foreign page could borrow.

A key is a signed statement in a header of its own (issuer and audience open nothing else), so that the gateway needs no
list of secrets and refuses a bad one by itself; a revoked one is on the list of denied tokens.
"""

import math

from nganam.kernel.opened import ANONYMOUS, open_twin_of
from nganam.lgsp.envoy import identity
from nganam.lgsp.envoy.decided import CLAIM_CLIENT, OPEN_AUDIENCE, OPEN_SCOPE, Gateway, OpenTier, Service, open_issuer
from nganam.lgsp.envoy.shapes import HTTP, Json, discovered, discovery_file, extension, set_header, typed
from nganam.serving.secret import HEADER as GATE

NAME = "open"
FILE = f"ecds_{NAME}.json"
NAMING = "open_who"
NAMED = "lgsp.peer"
KEY_HEADER = "x-api-key"
KEY_ID = "x-lgsp-key"
LIMIT = HTTP + "local_ratelimit.v3.LocalRateLimit"
LONGEST_KEY_LIFE = "34560000s"
MINUTE = 60
UNBOUNDED = 1_000_000
ALWAYS = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
ROUTE_FILTER = "envoy.config.route.v3.FilterConfig"
READABLE = (
    "content-digest", "etag", "ratelimit", "ratelimit-policy", "retry-after", "x-lgsp-records",
    "x-lgsp-version", "x-request-id", "x-road-error", "x-road-service",
)  # fmt: skip
"""Fields of an answer that a page of another site may read besides those every browser lets it."""
SENDABLE = ("if-none-match", KEY_HEADER, "x-road-id", "x-road-issue")
"""Fields a page of another site may send besides those every browser lets it."""
PREFLIGHT_SECONDS = 7200
MOST_ADDRESSES = 20_000
"""Buckets kept at once; who is forgotten for lack of room begins anew, which the limit on all together bounds."""


# -- tokens: what the filter that checks them is told besides --


def provider(gateway: Gateway, jwks: str) -> Json:
    """Return how a key is proved: the filter takes it out of the request and names who calls from it."""
    return {
        "issuer": open_issuer(gateway.issuer),
        "audiences": [OPEN_AUDIENCE],
        "require_expiration": True,
        "max_lifetime": LONGEST_KEY_LIFE,
        "clock_skew_seconds": 5,
        "forward": False,
        "payload_in_metadata": "payload",
        "claim_to_headers": [
            {"header_name": identity.CONSUMER, "claim_name": "sub"},
            {"header_name": KEY_ID, "claim_name": CLAIM_CLIENT},
        ],
        "local_jwks": {"inline_string": jwks},
        "jwt_cache_config": {"jwt_cache_size": 1000},
        "from_headers": [{"name": KEY_HEADER}],
    }


def requirement() -> Json:
    """Return what a route of the tier asks for: a good key or none; a bad one is refused."""
    return {"requires_any": {"requirements": [{"provider_name": NAME}, {"allow_missing": {}}]}}


# -- filters: off but where a route of the tier switches them on --


def early_headers(*, peer: bool) -> list[Json]:
    """Return what marks calls from another platform: they have shown a certificate, whatever else they leave out."""
    return [{"append": set_header(identity.PEER, "peer")}] if peer else []


def naming() -> Json:
    """Return the filter that writes down, for the log, that nobody is named."""
    said = [{"metadata_namespace": NAMED, "value": {"consumer": ANONYMOUS}}]
    return {**extension(NAMING, HTTP + "set_metadata.v3.Config", metadata=said), "disabled": True}


def limiting() -> Json:
    """Return the filter that limits addresses and keys."""
    return {**discovered(NAME, LIMIT), "disabled": True}


def limit_file(gateway: Gateway) -> dict[str, Json]:
    """Return the file of the limits. Its own, so that what else is decided does not empty the buckets."""
    ordered = sorted(gateway.open_tiers, key=lambda one: one.service)
    limits = typed(
        LIMIT,
        stat_prefix="lgsp_open",
        filter_enabled=ALWAYS,
        filter_enforced=ALWAYS,
        token_bucket={"max_tokens": UNBOUNDED, "tokens_per_fill": UNBOUNDED, "fill_interval": "1s"},
        always_consume_default_token_bucket=False,
        enable_x_ratelimit_headers="DRAFT_VERSION_03",
        max_dynamic_descriptors=MOST_ADDRESSES,
        rate_limits=[{"actions": actions} for actions in (_by_address(), _together(), _by_key())],
        # The replies know by it that this is the open tier's limit.
        response_headers_to_add=[set_header("x-lgsp-quota", NAME)],
        descriptors=[one for tier in ordered for one in _descriptors(tier, gateway.nodes)],
        **({"local_cluster_rate_limit": {}} if gateway.nodes > 1 else {}),
    )
    return {FILE: discovery_file(NAME, limits)}


def _service() -> Json:
    key = {"key": "lgsp", "path": [{"key": "service"}]}
    return {"metadata": {"descriptor_key": "service", "source": "ROUTE_ENTRY", "metadata_key": key}}


def _keyless() -> Json:
    shown = {"name": KEY_ID, "present_match": True}
    return {"header_value_match": {"descriptor_key": "who", "descriptor_value": ANONYMOUS, "expect_match": False,
                                   "headers": [shown]}}  # fmt: skip


def _by_address() -> list[Json]:
    """One IPv4 address, or one IPv6 network of 64 bits: that is what one subscriber is given."""
    network = {"masked_remote_address": {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64}}
    return [_service(), _keyless(), network]


def _together() -> list[Json]:
    return [_service(), _keyless()]


def _by_key() -> list[Json]:
    return [_service(), {"request_headers": {"header_name": KEY_ID, "descriptor_key": "key"}}]


def _descriptors(tier: OpenTier, nodes: int) -> list[Json]:
    of = {"key": "service", "value": tier.service}
    nobody = {"key": "who", "value": ANONYMOUS}
    return [
        _bucket([of, nobody, {"key": "masked_remote_address"}], tier.per_minute, nodes),
        _bucket([of, nobody], tier.per_minute_together, nodes),
        _bucket([of, {"key": "key"}], tier.key_per_minute, nodes),
    ]


def _bucket(entries: list[Json], rate: int, nodes: int) -> Json:
    """Return a bucket of a minute's calls. With several nodes a call takes as many tokens as live (``sharing``)."""
    bucket = {"max_tokens": max(rate, nodes), "tokens_per_fill": max(1, rate), "fill_interval": f"{MINUTE}s"}
    return {"entries": entries, "token_bucket": bucket}


# -- denials and routes --


def denials(gateway: Gateway) -> Json:
    """Return the policies that close a tier at once: its route is still there, and nobody passes."""
    return {
        f"closed-{code}": {"permissions": [_route_of(code)], "principals": [{"any": True}]}
        for code in gateway.denied_tiers
    }


def _route_of(service: str) -> Json:
    matcher = {"filter": "lgsp", "path": [{"key": NAME}], "value": {"string_match": {"exact": service}}}
    return {"sourced_metadata": {"metadata_source": "ROUTE", "metadata_matcher": matcher}}


def routes(gateway: Gateway, to: Json) -> list[Json]:
    """Return the tier's routes, which stand before those for tokens; ``to`` is the way to the data server."""
    return [_route(service, one, gateway, to) for service, one in _offered(gateway)]


def preflights(gateway: Gateway) -> list[Json]:
    """Return the routes that answer what a browser asks before it sends a key: yes, if only reading is meant."""
    return [_preflight(service, gateway) for service, _tier in _offered(gateway)]


def _offered(gateway: Gateway) -> list[tuple[Service, OpenTier]]:
    services = {one.code: one for one in gateway.services if one.upstream is None}
    ordered = sorted(gateway.open_tiers, key=lambda one: one.service)
    return [(services[one.service], one) for one in ordered if one.service in services]


def _preflight(service: Service, gateway: Gateway) -> Json:
    """Return the route of OPTIONS as the Fetch standard sends it; any other OPTIONS goes on and is refused."""
    said = {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, HEAD",
        "access-control-allow-headers": ", ".join(SENDABLE),
        "access-control-max-age": str(PREFLIGHT_SECONDS),
    }
    asked = [
        {"name": ":method", "string_match": {"exact": "OPTIONS"}},
        {"name": "origin", "present_match": True},
        {"name": "access-control-request-method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}},
    ]
    address = f"/r1/{service.path(gateway.instance)}"
    return {
        "name": f"preflight-{service.code}",
        "match": {"path_separated_prefix": address, "headers": asked},
        "metadata": {"filter_metadata": {"lgsp": {"address": address}}},
        "direct_response": {"status": 204},
        "typed_per_filter_config": {
            "jwt": typed(HTTP + "jwt_authn.v3.PerRouteConfig", disabled=True),
            "rbac": typed(HTTP + "rbac.v3.RBACPerRoute"),
        },
        "response_headers_to_add": [set_header(name, text) for name, text in said.items()],
    }


def _route(service: Service, tier: OpenTier, gateway: Gateway, to: Json) -> Json:
    path = service.path(gateway.instance)
    known = {
        "id": path, "service": service.code, NAME: service.code,
        "retry_after": str(math.ceil(MINUTE * max(1, gateway.nodes) / max(1, tier.per_minute))),
    }  # fmt: skip
    route: Json = {
        "name": open_twin_of(service.code),
        "match": {"path_separated_prefix": f"/r1/{path}", "headers": [_without("authorization"),
                                                                      _without(identity.PEER)]},
        "metadata": {"filter_metadata": {"lgsp": known}},
        "typed_per_filter_config": {
            "jwt": typed(HTTP + "jwt_authn.v3.PerRouteConfig", requirement_name=NAME),
            NAMING: typed(ROUTE_FILTER, config={}),
            NAME: typed(ROUTE_FILTER, config={}),
            # The limit of applications with a token; the quotas stay, a key has one.
            "limit": typed(ROUTE_FILTER, disabled=True),
            "rbac": _granted(),
        },
        "response_headers_to_add": [
            set_header("x-road-service", path),
            set_header("access-control-allow-origin", "*"),
            set_header("access-control-expose-headers", ", ".join(READABLE)),
        ],
    }  # fmt: skip
    if service.suspended:
        return {**route, "direct_response": {"status": 503}}
    return {
        **route,
        # The data server knows the tier as one caller; which key it was (KEY_ID) it writes into its journal only.
        "request_headers_to_add": [set_header(GATE, gateway.gate_secret), set_header(identity.CONSUMER, ANONYMOUS)],
        "request_headers_to_remove": [KEY_HEADER, "authorization"],
        "route": {**to, "prefix_rewrite": f"/{open_twin_of(service.code)}"},
    }


def _without(header: str) -> Json:
    return {"name": header, "present_match": True, "invert_match": True}


def _granted() -> Json:
    """Let a proved key through, and who shows none; a key that nothing has proved is none of both."""
    claim = {"key": "payload"}, {"key": "svc"}
    matcher = {"filter": "envoy.filters.http.jwt_authn", "path": list(claim),
               "value": {"list_match": {"one_of": {"string_match": {"exact": OPEN_SCOPE}}}}}  # fmt: skip
    by_key = {"sourced_metadata": {"metadata_source": "DYNAMIC", "metadata_matcher": matcher}}
    shown = {"header": {"name": KEY_HEADER, "present_match": True}}
    keyless = identity.every(identity.without_token(), {"not_id": shown})
    named = {"filter": NAMED, "path": [{"key": "consumer"}], "value": {"string_match": {"exact": ANONYMOUS}}}
    is_named = {"sourced_metadata": {"metadata_source": "DYNAMIC", "metadata_matcher": named}}
    principals = [identity.every(one, is_named) for one in (by_key, keyless)]
    policy = {"permissions": [{"any": True}], "principals": principals}
    rules = {"action": "ALLOW", "policies": {NAME: policy}}
    return typed(HTTP + "rbac.v3.RBACPerRoute", rbac={"rules": rules})
