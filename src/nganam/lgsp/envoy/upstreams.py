"""Agencies' own systems: the clusters that reach them, and the routes of the operations a service offers of them.

A system is reached at addresses that were checked when they were written down; Envoy resolves no name itself, so a name
that comes to mean another address changes nothing before the next check. Its credential is a file only the gateway
reads, put into the request behind everything that is logged.
"""

import ipaddress
import json
import re
from dataclasses import replace

from nganam.lgsp.envoy import behind, digests, policies
from nganam.lgsp.envoy.decided import PLATFORM, Endpoint, Gateway, Operation, Service, Upstream
from nganam.lgsp.envoy.identity import SPEAKS
from nganam.lgsp.envoy.shapes import HTTP, Json, escaped, extension, from_file, set_header, typed
from nganam.serving.secret import HEADER as GATE

OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
TLS = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
OPERATION = "x-lgsp-operation"
SECRETS = "secrets"
OF_TLS = ".tls"
# One part of a path: no slash, and nothing another server could read as one or cut off (";", "%3b", a broken escape).
PART = r"(?:[^/;\\%]|%[0-24-9A-Fa-f][0-9A-Fa-f]|%3[0-9AaC-Fc-f])"
# What an agency's system answers under these names is its own word about our matters, or a session with the gateway.
NOT_THEIRS = (
    "x-lgsp-account", "x-lgsp-fields", "x-lgsp-records", "x-lgsp-version", "x-lgsp-request-digest", "x-road-error",
    "x-road-request-hash",
    "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "set-cookie", "server", "alt-svc",
    "strict-transport-security", "x-envoy-upstream-service-time", "access-control-allow-origin",
)  # fmt: skip
# Another platform that speaks X-Road says these of its own matters.
THEIRS = ("x-road-error", "x-road-request-hash")
CONSUMER = policies.CONSUMER
# What no platform beyond the province is told: who is behind a call, and how our gateway works. The path as it was
# called stays: the log reads it afterwards.
OURS_ALONE = (
    CONSUMER, "x-road-represented-party", "x-lgsp-node", "x-lgsp-peer", "x-lgsp-serving", "x-forwarded-for",
    "x-forwarded-proto", "x-envoy-expected-rq-timeout-ms", "x-envoy-attempt-count", "x-envoy-external-address",
    "x-envoy-internal",
)  # fmt: skip
ROUTE_FILTER = "envoy.config.route.v3.FilterConfig"
# What is taken off the wire is gone when the log line is written: whom the caller represents is moved aside before.
MOVED = {
    "header": "x-road-represented-party",
    "on_header_present": {"metadata_namespace": "lgsp.said", "key": "represented", "type": "STRING"},
    "remove": True,
}
UNSAID = {"represented": typed(ROUTE_FILTER, config={})}
# The size filter has no setting by route: there are two of them, and a route may do without the stricter one.
LARGE = {"size": typed(ROUTE_FILTER, disabled=True), "size_large": typed(ROUTE_FILTER, config={})}
READING = tuple({"name": ":method", "string_match": {"exact": one}} for one in ("GET", "HEAD"))
WORDS = {
    "consumer": "%REQ(X-LGSP-CONSUMER)%", "message_id": "%REQ(X-ROAD-ID)%", "user_id": "%REQ(X-ROAD-USERID)%",
    "issue": "%REQ(X-ROAD-ISSUE)%", "request_id": "%REQ(X-REQUEST-ID)%",
}  # fmt: skip


def upstreams_of(gateway: Gateway) -> list[Upstream]:
    """Return the systems that services on the LGSP use, each once, in the order of their codes."""
    used = {one.upstream.code: one.upstream for one in gateway.services if one.upstream is not None}
    return [used[code] for code in sorted(used)]


def cluster_name(upstream: Upstream) -> str:
    """Return the name of a system's cluster."""
    return f"up-{upstream.code}"


def secret_file(code: str) -> str:
    """Return the file of a system's credential, relative to the gateway's folder."""
    return f"{SECRETS}/{code}.json"


def secret(code: str, value: str) -> Json:
    """Return the content of a credential's file."""
    kept = typed(
        "envoy.extensions.transport_sockets.tls.v3.Secret",
        name=code,
        generic_secret={"secret": {"inline_string": value}},
    )
    return {"version_info": "1", "resources": [kept]}


def certificate_file(code: str) -> str:
    """Return the file of the certificate and key the gateway shows a platform beyond the province."""
    return f"{SECRETS}/{code}{OF_TLS}.json"


def certificate_secret(code: str, chain: str, key: str) -> Json:
    """Return the content of that file; both are PEM."""
    shown = {"certificate_chain": {"inline_string": chain}, "private_key": {"inline_string": key}}
    kept = typed("envoy.extensions.transport_sockets.tls.v3.Secret", name=code + OF_TLS, tls_certificate=shown)
    return {"version_info": "1", "resources": [kept]}


def secret_files(cds: Json) -> list[str]:
    """Return the credential files that clusters refer to."""
    return sorted(set(re.findall(rf'"\./({SECRETS}/[^"]+)"', json.dumps(cds))))


# -- clusters --


def clusters(gateway: Gateway) -> list[Json]:
    """Return a cluster for each system that has an address."""
    return [_cluster(one, gateway) for one in upstreams_of(gateway) if one.endpoints]


def _cluster(upstream: Upstream, gateway: Gateway) -> Json:
    name, many = cluster_name(upstream), len(upstream.endpoints) > 1
    share = gateway.share_of(upstream.concurrent)
    most = {
        "max_connections": share, "max_requests": share, "max_pending_requests": share,
        "max_retries": max(1, share // 5),
    }  # fmt: skip
    return typed(
        "envoy.config.cluster.v3.Cluster",
        name=name,
        type="STATIC",
        connect_timeout="3s",
        lb_policy="LEAST_REQUEST",
        per_connection_buffer_limit_bytes=256 * 1024,
        circuit_breakers={"thresholds": [most]},
        load_assignment={"cluster_name": name, "endpoints": [{"lb_endpoints": [*map(_endpoint, upstream.endpoints)]}]},
        typed_extension_protocol_options={OPTIONS: _protocol(upstream)},
        **({"outlier_detection": _ejection(upstream)} if many else {}),
        **({"health_checks": [_health(upstream)]} if upstream.health_path else {}),
        **({"transport_socket": _tls(upstream, gateway.roots)} if upstream.tls else {}),
    )  # fmt: skip


def _endpoint(endpoint: Endpoint) -> Json:
    address = {"socket_address": {"address": endpoint.address, "port_value": endpoint.port}}
    return {"endpoint": {"address": address, "hostname": endpoint.host}}


def _ejection(upstream: Upstream) -> Json:
    """Leave out for a while an address that fails several times running; never more than half of them."""
    return {
        "consecutive_5xx": upstream.failures, "consecutive_gateway_failure": upstream.failures, "interval": "2s",
        "base_ejection_time": "10s", "max_ejection_time": "120s", "max_ejection_percent": 50,
    }  # fmt: skip


def _health(upstream: Upstream) -> Json:
    """Ask an address how it is: a wrong answer leaves it out at once, silence after three; well again, it is back."""
    return {
        "timeout": "2s", "interval": "5s", "no_traffic_interval": "10s", "unhealthy_interval": "2s",
        "unhealthy_threshold": 3, "healthy_threshold": 1,
        "http_health_check": {"path": upstream.health_path, "host": upstream.endpoints[0].host},
    }  # fmt: skip


def _tls(upstream: Upstream, roots: str) -> Json:
    authority = {"inline_string": upstream.ca} if upstream.ca else {"filename": roots}
    shown = {
        "tls_certificate_sds_secret_configs": [
            {"name": upstream.code + OF_TLS, "sds_config": from_file(certificate_file(upstream.code))}
        ]
    }
    numbers = _numbers(upstream)
    return extension(
        "envoy.transport_sockets.tls", TLS,
        **({} if numbers else {"auto_host_sni": True, "auto_sni_san_validation": True}),
        common_tls_context={
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"}, "alpn_protocols": ["http/1.1"],
            "validation_context": {"trusted_ca": authority, **numbers},
            **(shown if upstream.certificate else {}),
        },
    )  # fmt: skip


def _numbers(upstream: Upstream) -> Json:
    """Return whom to believe where a system is called by bare addresses: they have no SNI, Envoy compares names."""
    hosts = sorted({one.host for one in upstream.endpoints})
    if not all(_is_address(one) for one in hosts):
        return {}
    named = [{"san_type": "IP_ADDRESS", "matcher": {"exact": one}} for one in hosts]
    return {"match_typed_subject_alt_names": named}


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _protocol(upstream: Upstream) -> Json:
    filters = [extension("codec", HTTP + "upstream_codec.v3.UpstreamCodec")]
    if upstream.credential:
        filters.insert(0, _injector(upstream))
    if upstream.code.startswith(f"{PLATFORM}-"):
        filters.insert(0, _speaking(upstream))
    return typed(
        OPTIONS,
        common_http_protocol_options={
            "idle_timeout": "60s",
            "max_requests_per_connection": 10_000,
            # A connection keeps the certificate it was made with: a new one is in use everywhere after this time.
            **({"max_connection_duration": "300s"} if upstream.certificate else {}),
        },
        explicit_http_config={"http_protocol_options": {}},
        http_filters=filters,
    )


def _injector(upstream: Upstream) -> Json:
    credential = {"name": upstream.code, "sds_config": from_file(secret_file(upstream.code))}
    generic = extension(
        "envoy.http.injected_credentials.generic", "envoy.extensions.http.injected_credentials.generic.v3.Generic",
        credential=credential, header=upstream.credential,
        **({"header_value_prefix": upstream.credential_prefix} if upstream.credential_prefix else {}),
    )  # fmt: skip
    return extension(
        "envoy.filters.http.credential_injector", HTTP + "credential_injector.v3.CredentialInjector", overwrite=True,
        credential=generic,
    )  # fmt: skip


def _speaking(upstream: Upstream) -> Json:
    """Say who we are at another platform, behind everything else: our own routes name the calling application there.

    Which of our agencies is behind a call it learns from nobody but us: what a caller says of that is dropped.
    """
    said = [{"append": set_header("x-road-client", upstream.speaks_as)}] if upstream.speaks_as else []
    # That X-Road was spoken decides the form of our own refusals afterwards; by whom is dropped.
    spoken = {"append": set_header(SPEAKS, "1", "OVERWRITE_IF_EXISTS")}
    changes = [*said, spoken, *({"remove": name} for name in OURS_ALONE)]
    return extension("speaking", HTTP + "header_mutation.v3.HeaderMutation", mutations={"request_mutations": changes})


# -- routes --


def operation_routes(service: Service, route: Json, gateway: Gateway) -> list[Json]:
    """Return the routes of a service's operations, each let through only for tokens that name it.

    ``route`` is what all routes of the service share. What fits no operation falls through to the refusals.
    """
    prefix = f"/r1/{service.path(gateway.instance)}"
    return [_operation_route(one, service, route, prefix, gateway) for one in service.operations]


def _operation_route(one: Operation, service: Service, route: Json, prefix: str, gateway: Gateway) -> Json:
    certified, bounds = gateway.certified.get(one.code, ()), gateway.bounded.get(one.code, ())
    shared = {**route, "name": one.code, "match": _match(one, prefix)}
    shared["typed_per_filter_config"] = {
        **route["typed_per_filter_config"], "rbac": policies.granted(service, one, certified, bounds),
        **(LARGE if service.large else {}),
    }  # fmt: skip
    shared["metadata"] = {
        "filter_metadata": {"lgsp": {**route["metadata"]["filter_metadata"]["lgsp"], "operation": one.code}}
    }
    if service.callers is not None and not (service.upstream and service.upstream.endpoints):
        # Nobody has stopped it: we have no address that may be called, or nothing that proves us there.
        return {**shared, "direct_response": {"status": 502}}
    if service.suspended or service.upstream is None or not service.upstream.endpoints:
        return {**shared, "direct_response": {"status": 503}}
    if service.filtered:
        return shared
    if service.callers is not None:
        shared["typed_per_filter_config"] |= UNSAID
    # Only here nobody of ours says the digests of what passes, and writes down what is answered.
    shared["typed_per_filter_config"] |= digests.digested(shared["metadata"]["filter_metadata"]["lgsp"]["id"])
    onward = _onward(one, service, service.upstream, prefix, route)
    return {**shared, **behind.told_onward(onward, gateway)}


def _onward(one: Operation, service: Service, upstream: Upstream, prefix: str, route: Json) -> Json:
    """Return the part of a route that sends a call to the agency's system."""
    return {
        "route": {
            "cluster": cluster_name(upstream),
            "timeout": f"{upstream.timeout_seconds}s",
            "auto_host_rewrite": True,
            "regex_rewrite": {
                "pattern": {"regex": pattern(one, prefix)}, "substitution": substitution(one, service.base),
            },
            "retry_policy": _retries(one, upstream),
        },
        "request_headers_to_add": [
            *route.get("request_headers_to_add", []),
            *(set_header(name, _filled(value)) for name, value in upstream.headers),
        ],
        "request_headers_to_remove": [GATE, OPERATION, "cookie"],
        "response_headers_to_remove": [one for one in NOT_THEIRS if not (upstream.speaks_as and one in THEIRS)],
    }  # fmt: skip


def _filled(value: str) -> str:
    text = escaped(value)
    for word, command in WORDS.items():
        text = text.replace("{" + word + "}", command)
    return text


def _match(one: Operation, prefix: str) -> Json:
    said = {"safe_regex": {"regex": "GET|HEAD"}} if one.method == "GET" else {"exact": one.method}
    method = {"name": ":method", "string_match": said}
    return {"safe_regex": {"regex": pattern(one, prefix)}, "headers": [method]}


def pattern(one: Operation, prefix: str) -> str:
    """Return the expression a path of the operation fits whole; each ``*`` is a group."""
    if one.path == "/":
        return f"^{re.escape(prefix)}/?$"
    parts = one.path.strip("/").split("/")
    rest = parts[-1] == "**"
    text = "".join("/" + (f"({PART}+)" if part == "*" else re.escape(part)) for part in (parts[:-1] if rest else parts))
    tail = f"((?:/(?:{PART}|/)*)?)" if rest else ""
    return f"^{re.escape(prefix)}{text}{tail}$"


def substitution(one: Operation, base: str) -> str:
    """Return the path at the agency's system; the parts that ``*`` stood for keep their order."""
    number, made = 0, []
    for part in (one.to or one.path).strip("/").split("/"):
        if part in {"*", "**"}:
            number += 1
            made.append(f"\\{number}" if part == "**" else f"/\\{number}")
        elif part:
            made.append("/" + part.replace("\\", "\\\\"))
    return base.rstrip("/").replace("\\", "\\\\") + ("".join(made) or "/")


def _retries(one: Operation, upstream: Upstream) -> Json:
    """Try again what never arrived; what may have arrived only when it merely reads."""
    reasons = "connect-failure,refused-stream"
    if one.is_safe:
        reasons += ",reset,gateway-error" if len(upstream.endpoints) > 1 else ",reset"
    predicate = extension(
        "envoy.retry_host_predicates.previous_hosts",
        "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
    )
    return {
        "retry_on": reasons, "num_retries": 2, "retry_host_predicate": [predicate],
        "host_selection_retry_max_attempts": 3,
        "retry_back_off": {"base_interval": "0.05s", "max_interval": "0.5s"},
    }  # fmt: skip


# -- the way out for the data server --


def egress_routes(gateway: Gateway) -> Json:
    """Return the routes by which the data server reaches agencies' systems whose answers it filters."""
    ordered = sorted(gateway.services, key=lambda one: one.code)
    routes = [
        route for service in ordered if service.filtered and service.upstream and service.upstream.endpoints
        for route in _egress_of(service, service.upstream, gateway.gate_secret)
    ]  # fmt: skip
    host = {"name": "egress", "domains": ["*"], "routes": [*routes, _closed()]}
    return typed("envoy.config.route.v3.RouteConfiguration", name="egress", virtual_hosts=[host])


def _egress_of(service: Service, upstream: Upstream, gate: str) -> list[Json]:
    found = []
    for one in service.operations:
        prefix = f"/{service.code}"
        sent = replace(one, method=one.sent_as or one.method)
        match = _match(sent, prefix)
        match["headers"].append({"name": GATE, "string_match": {"exact": gate}})
        onward = _onward(sent, service, upstream, prefix, {})
        onward["request_headers_to_remove"].append("accept-encoding")
        found.append({"name": one.code, "match": match, **onward})
    return found


def _closed() -> Json:
    return {"name": "closed", "match": {"prefix": "/"}, "direct_response": {"status": 404}}
