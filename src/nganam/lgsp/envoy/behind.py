"""What stands around the services: proxies before us, and routes that are no service.

Those are how a caller comes to a token (the web server), and X-Road's questions (the data server).

Only these may ask the web server; a call of a service never waits for it.
"""

from ipaddress import ip_network
from urllib.parse import urlsplit

from nganam.lgsp.envoy import identity, policies
from nganam.lgsp.envoy.decided import METASERVICES, Gateway, Listen
from nganam.lgsp.envoy.shapes import Json, extension, set_header, typed
from nganam.serving.secret import HEADER as GATE

WEB, SERVING = "web", "serving"
TO_WEB = policies.OPEN_PATHS
FORWARDED = "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig"


def addresses(gateway: Gateway) -> Json:
    """Return how the manager learns a caller's address: from the connection, or from a proxy that is known.

    Who connects from anywhere else is believed nothing: its ``X-Forwarded-For`` names nobody.
    """
    if not gateway.proxies:
        return {"use_remote_address": True}
    known = [ip_network(one, strict=False) for one in gateway.proxies]
    networks = [{"address_prefix": str(one.network_address), "prefix_len": one.prefixlen} for one in known]
    detecting = extension(
        "envoy.http.original_ip_detection.xff", FORWARDED, xff_trusted_cidrs={"cidrs": networks}, skip_xff_append=True
    )
    return {
        "use_remote_address": False,
        "original_ip_detection_extensions": [detecting],
        # An address somebody names makes nothing of ours internal.
        "internal_address_config": {"cidr_ranges": [{"address_prefix": "192.0.2.0", "prefix_len": 32}]},
    }


def forgeable(gateway: Gateway) -> list[Json]:
    """Return what no caller may send where addresses are said by proxies: Envoy then leaves its own names in place."""
    return [{"remove_on_match": {"key_matcher": {"prefix": "x-envoy-"}}}] if gateway.proxies else []


def told_onward(route: Json, gateway: Gateway) -> Json:
    """Return a route to an agency's system that tells of the way a call came only what is known, no caller's word.

    Where no proxies are named Envoy writes both headers itself.
    """
    if not gateway.proxies:
        return route
    address = set_header("x-forwarded-for", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%")
    return {
        **route,
        "request_headers_to_add": [*route["request_headers_to_add"], address],
        "request_headers_to_remove": [*route["request_headers_to_remove"], "x-forwarded-proto"],
    }


def web_cluster(listen: Listen) -> list[Json]:
    """Return the web server as an upstream, when it is known."""
    if not listen.web_port:
        return []
    address = {"socket_address": {"address": listen.web_host, "port_value": listen.web_port}}
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
    cluster = typed(
        "envoy.config.cluster.v3.Cluster",
        name=WEB,
        type="STATIC",
        connect_timeout="1s",
        circuit_breakers={"thresholds": [{"max_connections": 64, "max_pending_requests": 128, "max_requests": 128}]},
        load_assignment={"cluster_name": WEB, "endpoints": endpoints},
    )
    return [cluster]


def to_web(gateway: Gateway) -> list[Json]:
    """Return the routes to token endpoint, key set and enrolment, so that a client needs one address only.

    The web server learns from the gateway, and believes only it, which certificate the connection has shown.
    """
    if not gateway.listen.web_port:
        return []
    return [_to_web(path, gateway) for path in TO_WEB]


def _to_web(path: str, gateway: Gateway) -> Json:
    host = urlsplit(gateway.public_url).netloc
    shown = set_header(identity.CERTIFICATE, "%DOWNSTREAM_PEER_FINGERPRINT_256%")
    address = set_header(identity.ADDRESS, "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%")
    # The old clients' header proves them here, and here only: under its own name it goes nowhere (see the routes).
    legacy = set_header(identity.LEGACY, "%REQ(LGSPACCESSTOKEN)%")
    return {
        "name": f"web{path}",
        "match": {"prefix": path},
        "route": {"cluster": WEB, "timeout": "15s", "host_rewrite_literal": host},
        "request_headers_to_add": [set_header(GATE, gateway.gate_secret), shown, address, legacy],
        "typed_per_filter_config": {"rbac": policies.anybody()},
    }


def metaservices(gateway: Gateway) -> list[Json]:
    """Return the routes of ``listClients``, ``listMethods``, ``allowedMethods`` and ``getOpenAPI``."""
    return [_metaservice(name, gateway) for name in METASERVICES]


def _metaservice(name: str, gateway: Gateway) -> Json:
    subsystem = f"/r1/{gateway.instance}/GOV/([^/]+)/([^/]+)/{name}"
    if name == "listClients":
        match: Json = {"path": f"/{name}"}
        rewrite: Json = {"prefix_rewrite": f"/.meta/{name}"}
    else:
        match = {"safe_regex": {"regex": subsystem}, "headers": [{"name": ":path", "string_match": {"contains": name}}]}
        rewrite = {"regex_rewrite": {"pattern": {"regex": subsystem}, "substitution": f"/.meta/{name}/\\1/\\2"}}
    known = {"id": f"{gateway.instance}/{name}", "service": name, "retry_after": "1"}
    return {
        "name": name,
        "match": match,
        "metadata": {"filter_metadata": {"lgsp": known}},
        "typed_per_filter_config": {"rbac": policies.anyone_known(gateway)},
        "route": {"cluster": SERVING, "timeout": "15s", **rewrite},
        "request_headers_to_add": [set_header(GATE, gateway.gate_secret)],
    }
