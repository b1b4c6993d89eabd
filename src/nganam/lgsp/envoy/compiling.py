"""``compile_gateway``: from what has been decided to Envoy's files."""

import re

from nganam.lgsp.envoy import (
    behind,
    digests,
    identity,
    indexing,
    open_tier,
    peers,
    policies,
    sandbox,
    sharing,
    tracing,
    upstreams,
)
from nganam.lgsp.envoy.behind import metaservices, to_web, web_cluster
from nganam.lgsp.envoy.decided import Gateway, Service
from nganam.lgsp.envoy.logline import HEALTH, access_log
from nganam.lgsp.envoy.replies import local_replies
from nganam.lgsp.envoy.shapes import (
    HTTP,
    Json,
    discovered,
    discovery_file,
    extension,
    from_file,
    resources,
    set_header,
    typed,
)
from nganam.serving.secret import HEADER as GATE

ROUTES = "lgsp"
NODE = "x-lgsp-node"
SERVING = "serving"
EGRESS = "egress"
PUSH_SECONDS = 30
FIGURES = "/lgsp/metrics"
MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
PREVIOUS_HOSTS = "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
MUTATION = "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
LIMIT_TOLD = "x-ratelimit-limit"
# Only the gateway may set these; whatever a caller sends under these names is dropped before anything looks at it.
OURS = "x-lgsp-"
FORGEABLE = (
    "x-road-service", "x-road-request-id", "x-road-request-hash", "x-road-error", "x-envoy-original-path",
    "x-request-id", "x-client-trace-id",
)  # fmt: skip
"""What no caller may send, beside whatever begins as our own names do."""


def compile_gateway(gateway: Gateway) -> dict[str, Json]:
    """Return the gateway's files by name: bootstrap, listeners, clusters, routes, and one file per policy."""
    held = identity.secrets(gateway.tls) if gateway.tls else {}
    return {
        **compile_denials(gateway),
        "ecds_jwt.json": discovery_file("jwt", policies.tokens(gateway)),
        "ecds_limit.json": discovery_file("limit", policies.limits(gateway)),
        "ecds_quota_day.json": discovery_file("quota_day", policies.quota("day", gateway.spent_day, gateway.day_ends)),
        "ecds_quota_month.json": discovery_file(
            "quota_month", policies.quota("month", gateway.spent_month, gateway.month_ends)
        ),
        **held,
        **peers.naming(gateway),
        **open_tier.limit_file(gateway),
        "rds.json": resources(_routes(gateway)),
        "rds_egress.json": resources(upstreams.egress_routes(gateway)),
        **compile_place(gateway),
        **compile_number(gateway),
    }


def compile_denials(gateway: Gateway) -> dict[str, Json]:
    """Return the one file that makes refusals immediate."""
    return {"ecds_deny.json": discovery_file("deny", policies.denials(gateway))}


def compile_number(gateway: Gateway) -> dict[str, Json]:
    """Return the file that tells calls under which snapshot they pass."""
    return {"ecds_snapshot.json": discovery_file("snapshot", policies.numbered(gateway.snapshot))}


def compile_place(gateway: Gateway) -> dict[str, Json]:
    """Return the files that differ between the nodes of a gateway: where it listens and where it sends."""
    return {
        "bootstrap.json": _bootstrap(),
        "cds.json": resources(
            _serving_cluster(gateway), *web_cluster(gateway.listen), *upstreams.clusters(gateway),
            *tracing.cluster(gateway),
        ),
        "lds.json": resources(*_listeners(gateway), _egress()),
    }  # fmt: skip


def _bootstrap() -> Json:
    connections = "envoy.resource_monitors.global_downstream_max_connections"
    monitor = extension(
        connections, "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=20_000,
    )  # fmt: skip
    injected = "envoy.resource_monitors.injected_resource"
    disk = extension(
        injected, "envoy.extensions.resource_monitors.injected_resource.v3.InjectedResourceConfig",
        filename="./pressure",
    )  # fmt: skip
    return {
        "node": {"id": "lgsp", "cluster": "lgsp"},
        "admin": {"address": {"pipe": {"path": "./admin.sock", "mode": 0o600}}},
        **sharing.bootstrap(),
        "dynamic_resources": {"lds_config": from_file("lds.json"), "cds_config": from_file("cds.json")},
        # The guard beside us writes the pressure (evidence.guard): calls are refused before their lines find no room.
        "overload_manager": {
            "refresh_interval": "0.25s",
            "resource_monitors": [monitor, disk],
            "actions": [
                _when(injected, "stop_accepting_requests", 0.9),
                _when(injected, "disable_http_keepalive", 1.0),
                _when(injected, "stop_accepting_connections", 1.0),
            ],
        },
    }


def _when(monitor: str, action: str, value: float) -> Json:
    trigger = {"name": monitor, "threshold": {"value": value}}
    return {"name": f"envoy.overload_actions.{action}", "triggers": [trigger]}


def _serving_cluster(gateway: Gateway) -> Json:
    """Return the data servers as one cluster: a dead one is found by asking, or by its broken calls, and left out."""
    servers = [
        {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}}
        for host, port in gateway.listen.data_servers()
    ]
    most = {"max_connections": 256, "max_pending_requests": 512, "max_requests": 1024, "max_retries": 32}
    return typed(
        "envoy.config.cluster.v3.Cluster",
        name=SERVING,
        type="STATIC",
        connect_timeout="1s",
        lb_policy="LEAST_REQUEST",
        circuit_breakers={"thresholds": [most]},
        health_checks=[_asked_every_second()],
        outlier_detection=_left_out(),
        load_assignment={"cluster_name": SERVING, "endpoints": [{"lb_endpoints": servers}]},
    )


def _asked_every_second() -> Json:
    return {
        "timeout": "1s",
        "interval": "1s",
        "no_traffic_interval": "1s",
        "unhealthy_interval": "0.5s",
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
        "http_health_check": {"path": HEALTH},
    }


def _left_out() -> Json:
    """Leave a data server out after three broken calls in a row; what it answers itself (500, 503) breaks none."""
    return {
        "split_external_local_origin_errors": True,
        "consecutive_local_origin_failure": 3,
        "enforcing_consecutive_local_origin_failure": 100,
        "enforcing_consecutive_5xx": 0,
        "enforcing_consecutive_gateway_failure": 0,
        "enforcing_success_rate": 0,
        "interval": "1s",
        "base_ejection_time": "2s",
        "max_ejection_percent": 50,
    }


def _routes(gateway: Gateway) -> Json:
    ordered = sorted(gateway.services, key=lambda one: one.code)
    operations = [
        route
        for one in ordered
        if one.upstream
        for route in upstreams.operation_routes(one, _shared(one, gateway), gateway)
    ]
    reading = [_service(one, gateway) for one in ordered if one.upstream is None]
    routes = [
        _health(), _not_figures(), *to_web(gateway), _double_encoded(), _two_hosts(), *operations,
        *(_no_operation(one, gateway) for one in ordered if one.upstream),
        *(_pushes(one, gateway) for one in ordered if one.pushed and not one.suspended),
        *open_tier.preflights(gateway), _not_reading(), *open_tier.routes(gateway, _upstream("")), *reading,
        *sandbox.routes(gateway, _upstream("")), *metaservices(gateway), _unknown(),
    ]  # fmt: skip
    return typed(
        "envoy.config.route.v3.RouteConfiguration",
        name=ROUTES,
        virtual_hosts=[indexing.host("lgsp", routes)],
        request_headers_to_add=[
            set_header("x-road-client", f"{gateway.instance}/GOV/%REQ(X-LGSP-CONSUMER)%"),
            set_header("x-road-id", "%REQ(X-REQUEST-ID)%", "ADD_IF_ABSENT"),
            set_header(NODE, "%ENVIRONMENT(LGSP_NODE)%"),
        ],
        # The legacy client sends its secret in this header on every call; it is nobody's business behind the gateway.
        request_headers_to_remove=["lgspaccesstoken", "cookie"],
        response_headers_to_add=[
            set_header("x-road-client", "%REQ(X-ROAD-CLIENT)%"),
            set_header("x-road-id", "%REQ(X-ROAD-ID)%"),
            set_header("x-road-request-id", "%REQ(X-REQUEST-ID)%"),
        ],
        response_headers_to_remove=["x-envoy-upstream-service-time"],
    )


def _not_figures() -> Json:
    """Return the route that hides the figures for Prometheus: they are asked of the web server, not through here."""
    return _direct("figures", {"path": FIGURES}, 404)


def _direct(name: str, match: Json, status: int) -> Json:
    return {
        "name": name,
        "match": match,
        "direct_response": {"status": status},
        "typed_per_filter_config": {
            "rbac": policies.anybody(),
            # No service, no limit: without this the answer would tell that of all who have none.
            "limit": typed(open_tier.ROUTE_FILTER, disabled=True),
        },
    }


def _health() -> Json:
    return _direct("health", {"path": HEALTH}, 200)


def _double_encoded() -> Json:
    """Refuse ``%25`` in a path: decoded twice somewhere behind us it could name another path than the one allowed."""
    # Of the path only: in the query it is data. The header, which costs less to look at, is looked at first.
    suspect = {"name": ":path", "string_match": {"contains": "%25"}}
    return _direct("double-encoded", {"safe_regex": {"regex": ".*%25.*"}, "headers": [suspect]}, 400)


def _two_hosts() -> Json:
    """Refuse a request with two hosts (RFC 9112 3.2): which of them another server would read is not known."""
    several = {"name": ":authority", "string_match": {"contains": ","}}
    return _direct("two-hosts", {"prefix": "/", "headers": [several]}, 400)


def _not_reading() -> Json:
    writing = [{**one, "invert_match": True} for one in upstreams.READING]
    return _direct("not-reading", {"prefix": "/r1/", "headers": writing}, 405)


def _unknown() -> Json:
    return _direct("unknown", {"prefix": "/"}, 404)


def _service(service: Service, gateway: Gateway) -> Json:
    route: Json = {**_shared(service, gateway), "name": service.code}
    route["match"] = {"path_separated_prefix": f"/r1/{service.path(gateway.instance)}"}
    if service.suspended:
        return {**route, "direct_response": {"status": 503}}
    return route


def _pushes(service: Service, gateway: Gateway) -> Json:
    """Send what is pushed to the data server; not again once it may have been read: its receipt tells."""
    shared = _shared(service, gateway)
    shared["typed_per_filter_config"] = {**shared["typed_per_filter_config"], **upstreams.LARGE}
    way = {**_filtering(service, gateway, PUSH_SECONDS), "cluster": SERVING}
    posted = {"name": ":method", "string_match": {"exact": "POST"}}
    match = {"path_separated_prefix": f"/r1/{service.path(gateway.instance)}", "headers": [posted]}
    return {**shared, "name": f"{service.code}:push", "match": match, "route": way}


def _shared(service: Service, gateway: Gateway) -> Json:
    """Return what all routes of a service share; they lead to the data server."""
    path = service.path(gateway.instance)
    known = {
        "id": path,
        "service": service.code,
        "retry_after": str(policies.seconds_between_calls(service, gateway.nodes)),
    }
    if service.callers is not None and service.upstream is not None:
        # In the log: our code for it, and the platform that answers.
        known |= {"id": f"{path.rpartition('/')[0]}/{service.code}/{service.upstream.code}", "address": f"/r1/{path}"}
    certified, bounds = gateway.certified.get(service.code, ()), gateway.bounded.get(service.code, ())
    shared: Json = {
        "metadata": {"filter_metadata": {"lgsp": known}},
        "typed_per_filter_config": {"rbac": policies.granted(service, None, certified, bounds)},
        "response_headers_to_add": [set_header("x-road-service", path)],
    }
    if service.suspended or (service.upstream is not None and not service.filtered):
        return shared
    # Only the data server may know the gate's secret.
    shared["request_headers_to_add"] = [set_header(GATE, gateway.gate_secret)]
    if service.filtered and service.upstream:
        return {**shared, "route": _filtering(service, gateway, service.upstream.timeout_seconds)}
    return {**shared, "route": _upstream(f"/{service.code}")}


def _filtering(service: Service, gateway: Gateway, seconds: int) -> Json:
    """Send a call to the data server, which asks the agency's system and lets granted fields through only."""
    regex = "^" + re.escape(f"/r1/{service.path(gateway.instance)}")
    rewrite = {"pattern": {"regex": regex}, "substitution": f"/{service.code}"}
    retry = {"retry_on": "connect-failure,refused-stream", "num_retries": 2}
    return {"cluster": SERVING, "timeout": f"{seconds + 2}s", "regex_rewrite": rewrite, "retry_policy": retry}


def _no_operation(service: Service, gateway: Gateway) -> Json:
    """Refuse what fits none of a service's operations, whoever asks."""
    match = {"path_separated_prefix": f"/r1/{service.path(gateway.instance)}"}
    refusal = _direct(f"{service.code}:none", match, 503 if service.suspended else 404)
    refusal["metadata"] = _shared(service, gateway)["metadata"]
    return refusal


def _upstream(prefix: str) -> Json:
    retry = {
        # "reset" also repeats what a data server died over: harmless, since only reading is repeated.
        "retry_on": "connect-failure,refused-stream,reset-before-request,reset",
        "retriable_request_headers": list(upstreams.READING),
        "num_retries": 3,
        "retry_back_off": {"base_interval": "0.05s", "max_interval": "0.4s"},
        "retry_host_predicate": [extension("envoy.retry_host_predicates.previous_hosts", PREVIOUS_HOSTS)],
        "host_selection_retry_max_attempts": 3,
    }
    return {"cluster": SERVING, "timeout": "15s", "prefix_rewrite": prefix, "retry_policy": retry}


def _listeners(gateway: Gateway) -> list[Json]:
    clear = _listener("lgsp", gateway.listen.port, gateway, {})
    if not (gateway.tls and gateway.listen.tls_port):
        return [clear]
    secured = _listener("lgsp-tls", gateway.listen.tls_port, gateway, identity.secured())
    return [clear, peers.beside(secured, gateway, _manager(gateway, tls=True, peer=True))]


def _listener(name: str, port: int, gateway: Gateway, transport: Json) -> Json:
    address = {"address": gateway.listen.host, "port_value": port}
    manager = {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": _manager(gateway, tls=bool(transport)),
    }
    return typed(
        "envoy.config.listener.v3.Listener",
        name=name,
        address={"socket_address": address},
        per_connection_buffer_limit_bytes=1024 * 1024,
        listener_filters_timeout=identity.HANDSHAKE,
        filter_chains=[{"filters": [manager], **transport}],
    )


def _egress() -> Json:
    """Listen on a socket of the gateway's folder for the data server, which asks agencies' systems by it."""
    manager = typed(
        MANAGER,
        stat_prefix="egress",
        codec_type="HTTP1",
        request_headers_timeout="10s",
        stream_idle_timeout="120s",
        generate_request_id=False,
        http_filters=[extension("envoy.filters.http.router", HTTP + "router.v3.Router")],
        rds={"config_source": from_file("rds_egress.json"), "route_config_name": EGRESS},
    )
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    return typed(
        "envoy.config.listener.v3.Listener",
        name=EGRESS,
        address={"pipe": {"path": "./egress.sock", "mode": 0o600}},
        per_connection_buffer_limit_bytes=1024 * 1024,
        filter_chains=[{"filters": filters}],
    )


def _manager(gateway: Gateway, *, tls: bool, peer: bool = False) -> Json:
    ours: Json = {"remove_on_match": {"key_matcher": {"prefix": OURS}}}
    early = peers.early_headers() if peer else identity.early_headers(tls=tls)
    mutations: list[Json] = [ours, *({"remove": name} for name in FORGEABLE), *early]
    mutations += behind.forgeable(gateway)
    mutations += open_tier.early_headers(peer=peer)
    return typed(
        MANAGER,
        stat_prefix="lgsp",
        # HTTP/2 would let one connection carry a thousand calls with 16 MiB of windows, and headers that never end are
        # given no time there. Programs that call agencies speak HTTP/1.1, and X-Road's security servers only that.
        codec_type="HTTP1",
        server_name="lgsp",
        # A token of a hundred operations takes 4 KiB, X-Road's own headers less than one.
        max_request_headers_kb=8,
        # Paths are brought to one form before any rule looks at them; what has two readings is refused.
        normalize_path=True,
        merge_slashes=True,
        path_with_escaped_slashes_action="REJECT_REQUEST",
        common_http_protocol_options={
            # Clients keep a connection between two calls; who holds many and asks nothing is let go sooner than that.
            "idle_timeout": "60s",
            "headers_with_underscores_action": "REJECT_REQUEST",
            # Every call ends and is logged: the collector waits no longer for a line (reconciling.LONGEST_CALL).
            "max_stream_duration": "300s",
            **({"max_connection_duration": identity.LONGEST_CONNECTION} if tls or peer else {}),
        },
        # The headers of a request within ten seconds, all of it within a minute however it drips; and no call may rest
        # longer than a minute, neither in being sent nor in being read.
        request_timeout="60s",
        request_headers_timeout="10s",
        stream_idle_timeout="60s",
        **behind.addresses(gateway),
        generate_request_id=True,
        preserve_external_request_id=False,
        always_set_request_id_in_response=True,
        early_header_mutation_extensions=[
            extension("envoy.http.early_header_mutation.header_mutation", MUTATION, mutations=mutations)
        ],
        access_log=access_log(),
        local_reply_config=local_replies(
            public_url=gateway.public_url,
            token_url=f"{gateway.issuer}/oauth2/token",
            body_limit=gateway.body_limit,
        ),
        http_filters=_filters(gateway, tls=tls, peer=peer),
        **tracing.tracing(gateway),
        rds={"config_source": from_file("rds.json"), "route_config_name": ROUTES},
    )


def _limits_told() -> Json:
    """Say the limit in the fields of the IETF's draft too, from those Envoy writes; a call without a limit has none.

    Refused before its limit was looked at it has none either: the filter is passed by then, or it would write fields
    without numbers.
    """
    limit, left, reset = (f"%RESP({name})%" for name in (LIMIT_TOLD, "X-RATELIMIT-REMAINING", "X-RATELIMIT-RESET"))
    told = {"ratelimit-policy": f'"phut";q={limit};w={policies.MINUTE}', "ratelimit": f'"phut";r={left};t={reset}'}
    mutations = {"response_mutations": [{"append": set_header(name, text)} for name, text in told.items()]}
    telling = extension("ratelimit_headers", HTTP + "header_mutation.v3.HeaderMutation", mutations=mutations)
    header = extension("limit", "envoy.type.matcher.v3.HttpResponseHeaderMatchInput", header_name=LIMIT_TOLD)
    is_told = {"single_predicate": {"input": header, "value_match": {"safe_regex": {"google_re2": {}, "regex": ".+"}}}}
    skip = extension("skip", "envoy.extensions.filters.common.matcher.action.v3.SkipFilter")
    matchers = [{"predicate": {"not_matcher": is_told}, "on_match": {"action": skip}}]
    return extension(
        "ratelimit_headers", "envoy.extensions.common.matching.v3.ExtensionWithMatcher",
        extension_config=telling, xds_matcher={"matcher_list": {"matchers": matchers}},
    )  # fmt: skip


def _filters(gateway: Gateway, *, tls: bool, peer: bool) -> list[Json]:
    """Who is it, was it revoked, may it, is it too often, is it too large; only then does the call go on."""
    known = [discovered("jwt", policies.JWT), *identity.filters(gateway, tls=tls)]
    return [
        discovered("snapshot", policies.NUMBERED),
        *(peers.filters() if peer else known),
        open_tier.naming(),
        discovered("deny", policies.RBAC),
        {"name": "rbac", "typed_config": policies.nobody()},
        _limits_told(),
        discovered("quota_day", policies.LIMIT),
        discovered("quota_month", policies.LIMIT),
        discovered("limit", policies.LIMIT),
        open_tier.limiting(),
        extension("size", HTTP + "body_size_limit.v3.BodySizeLimit", max_request_bytes=gateway.body_limit),
        # Off but where a service takes large bodies (upstreams.LARGE): a filter that is off costs a call nothing.
        {
            **extension("size_large", HTTP + "body_size_limit.v3.BodySizeLimit", max_request_bytes=gateway.large_limit),
            "disabled": True,
        },
        {
            **extension("represented", HTTP + "header_to_metadata.v3.Config", request_rules=[upstreams.MOVED]),
            "disabled": True,
        },
        digests.digest_filter(),
        extension("envoy.filters.http.router", HTTP + "router.v3.Router"),
    ]


def as_static(files: dict[str, Json]) -> Json:
    """Return one bootstrap that holds all files' content: ``envoy --mode validate`` reads no discovery files."""
    routes = {
        one["name"]: _untyped(one) for name in ("rds.json", "rds_egress.json") for one in files[name]["resources"]
    }
    listeners = [_static_listener(one, routes, files) for one in files["lds.json"]["resources"]]
    clusters = [sharing.as_static(), *(_untyped(one) for one in files["cds.json"]["resources"])]
    bootstrap = {key: value for key, value in files["bootstrap.json"].items() if key != "dynamic_resources"}
    return {**bootstrap, "static_resources": {"listeners": listeners, "clusters": clusters}}


def _static_listener(listener: Json, routes: dict[str, Json], files: dict[str, Json]) -> Json:
    chains = [_static_chain(one, routes, files) for one in listener["filter_chains"]]
    return {**_untyped(listener), "filter_chains": chains}


def _static_chain(chain: Json, routes: dict[str, Json], files: dict[str, Json]) -> Json:
    manager = chain["filters"][0]["typed_config"]
    inline = {key: value for key, value in manager.items() if key != "rds"}
    inline["route_config"] = routes[manager["rds"]["route_config_name"]]
    inline["http_filters"] = [_inline(one, files) for one in manager["http_filters"]]
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": inline}]
    if "transport_socket" not in chain:
        return {"filters": filters}
    return {
        **chain,
        "filters": filters,
        "transport_socket": identity.inline_transport(chain["transport_socket"], files),
    }


def _inline(one: Json, files: dict[str, Json]) -> Json:
    if "config_discovery" not in one:
        return one
    found = files[f"ecds_{one['name']}.json"]["resources"][0]["typed_config"]
    return {**{name: one[name] for name in ("name", "disabled") if name in one}, "typed_config": found}


def _untyped(resource: Json) -> Json:
    return {key: value for key, value in resource.items() if key != "@type"}
