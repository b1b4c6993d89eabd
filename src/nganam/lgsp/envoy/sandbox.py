"""The sandbox at the gateway: the twin of each warehouse service, under an instance of its own.

Two things keep it apart from real data, each of them enough: a test token has another issuer and audience, which only
the sandbox's addresses accept (and only that); and it names no service, but the sandbox.
"""

from nganam.kernel.sandbox import HEADER, instance_of, twin_of
from nganam.lgsp.envoy import policies
from nganam.lgsp.envoy.decided import Gateway, Service
from nganam.lgsp.envoy.shapes import Json, set_header, typed
from nganam.serving.secret import HEADER as GATE

PER_MINUTE = 60
"""Calls an application may make a minute of one twin (nội bộ); they count for nothing else."""


def address(service: Service, gateway: Gateway) -> str:
    """Return where the twin of a service is, without ``/r1/``."""
    return service.path(instance_of(gateway.instance))


def routes(gateway: Gateway, to: Json) -> list[Json]:
    """Return the route of each twin; ``to`` is the way to the data server, with the service's code still to say."""
    ordered = sorted(gateway.services, key=lambda one: one.code)
    return [_route(one, gateway, to) for one in ordered if one.upstream is None]


def _route(service: Service, gateway: Gateway, to: Json) -> Json:
    known = {"id": address(service, gateway), "service": service.code, "retry_after": "1"}
    route: Json = {
        "name": twin_of(service.code),
        "match": {"path_separated_prefix": f"/r1/{address(service, gateway)}"},
        "metadata": {"filter_metadata": {"lgsp": known}},
        "typed_per_filter_config": {
            "rbac": policies.granted_sandbox(),
            "limit": _limit(),
            # What an application has used up of real data is nothing to its trials.
            "quota_day": _unlimited("day"),
            "quota_month": _unlimited("month"),
        },
        "response_headers_to_add": [
            set_header("x-road-service", address(service, gateway)),
            set_header(HEADER, "true"),
        ],
    }
    if service.suspended:
        return {**route, "direct_response": {"status": 503}}
    return {
        **route,
        "request_headers_to_add": [set_header(GATE, gateway.gate_secret)],
        "route": {**to, "prefix_rewrite": f"/{twin_of(service.code)}"},
    }


def _limit() -> Json:
    per_minute = {"max_tokens": PER_MINUTE, "tokens_per_fill": PER_MINUTE, "fill_interval": "60s"}
    consumer = {"request_headers": {"header_name": policies.CONSUMER, "descriptor_key": "consumer"}}
    return {
        **_unlimited("sandbox"),
        "stat_prefix": "lgsp_limit",
        "enable_x_ratelimit_headers": "DRAFT_VERSION_03",
        "max_dynamic_descriptors": 10_000,
        "rate_limits": [{"actions": [consumer]}],
        "descriptors": [{"entries": [{"key": "consumer"}], "token_bucket": per_minute}],
    }


def _unlimited(name: str) -> Json:
    return typed(
        policies.LIMIT,
        stat_prefix=f"lgsp_sandbox_{name}",
        filter_enabled=policies.ALWAYS,
        filter_enforced=policies.ALWAYS,
        token_bucket={"max_tokens": policies.UNBOUNDED, "tokens_per_fill": policies.UNBOUNDED, "fill_interval": "1s"},
        always_consume_default_token_bucket=False,
    )
