"""Traces of calls for OpenTelemetry, when somebody has asked for them: OTLP over HTTP, straight from Envoy.

A span has no path: keys that are looked up stand in it, and a trace store is no place for them. The request id in the
span leads to the call's own page. Envoy passes ``traceparent`` on to whoever answers.
"""

from urllib.parse import urlsplit

from nganam.lgsp.envoy.decided import Gateway
from nganam.lgsp.envoy.shapes import Json, extension, typed

CLUSTER = "otlp"
CONFIG = "envoy.config.trace.v3.OpenTelemetryConfig"
TLS = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
PATH = "/v1/traces"
SERVICE = "lgsp"
SHORTEST_PATH = 1


def tracing(gateway: Gateway) -> Json:
    """Return the member of the connection manager that traces; empty when nobody asked."""
    if not gateway.otlp:
        return {}
    uri = {"uri": gateway.otlp.rstrip("/") + PATH, "cluster": CLUSTER, "timeout": "1s"}
    provider = extension("envoy.tracers.opentelemetry", CONFIG, http_service={"http_uri": uri}, service_name=SERVICE)
    tags = [_tag("lgsp.service", "service"), _tag("lgsp.identifier", "id")]
    return {
        "tracing": {
            "provider": provider,
            # Callers have no say in what is traced, or everybody could have everything traced.
            "client_sampling": {"value": 0.0},
            "random_sampling": {"value": float(gateway.otlp_percent)},
            "max_path_tag_length": SHORTEST_PATH,
            "custom_tags": tags,
        }
    }


def _tag(name: str, key: str) -> Json:
    kind: Json = {"route": {}}
    return {"tag": name, "metadata": {"kind": kind, "metadata_key": {"key": "lgsp", "path": [{"key": key}]}}}


def cluster(gateway: Gateway) -> list[Json]:
    """Return where traces go; calls never wait for it."""
    if not gateway.otlp:
        return []
    parts = urlsplit(gateway.otlp)
    is_tls, host = parts.scheme == "https", parts.hostname or ""
    address = {"socket_address": {"address": host, "port_value": parts.port or (443 if is_tls else 80)}}
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
    return [
        typed(
            "envoy.config.cluster.v3.Cluster",
            name=CLUSTER,
            type="STRICT_DNS",
            connect_timeout="1s",
            circuit_breakers={"thresholds": [{"max_connections": 4, "max_pending_requests": 16, "max_requests": 16}]},
            load_assignment={"cluster_name": CLUSTER, "endpoints": endpoints},
            **({"transport_socket": _secured(host, gateway.roots)} if is_tls else {}),
        )
    ]


def _secured(host: str, roots: str) -> Json:
    names = [{"san_type": "DNS", "matcher": {"exact": host}}]
    trusted = {"trusted_ca": {"filename": roots}, "match_typed_subject_alt_names": names}
    return extension("envoy.transport_sockets.tls", TLS, sni=host, common_tls_context={"validation_context": trusted})
