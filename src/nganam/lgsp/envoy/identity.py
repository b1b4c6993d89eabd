"""Who calls, beyond the token: certificates of clients, tokens bound to them, and what callers say of themselves.

A certificate that the platform's authority signed names its application by a URI (``lgsp:INSTANCE/GOV/AGENCY/APP``). On
the TLS listener it stands in for a token, and a token made for a certificate is good with that certificate only.
"""

from nganam.lgsp.envoy import cel
from nganam.lgsp.envoy.decided import CLAIM_CERTIFICATE, SCHEME, Gateway, Tls
from nganam.lgsp.envoy.shapes import HTTP, Json, extension, from_file, resources, set_header, typed

CONSUMER, PEER = "x-lgsp-consumer", "x-lgsp-peer"
CERTIFICATE, ADDRESS, LEGACY = "x-lgsp-certificate", "x-lgsp-address", "x-lgsp-legacy"
SAID = ("x-road-id", "x-road-userid", "x-road-issue", "x-road-represented-party")
"""What a caller says once or not at all: two of one name would be read differently by different programs."""
RBAC = HTTP + "rbac.v3.RBAC"
PEERS = "lgsp.peers"
"""Where the listener's chains of other platforms write down whom they believed; no other filter writes there."""
SERVER, CLIENTS = "sds_server.json", "sds_clients.json"
"""The listener's own certificate, and whom it believes: Envoy wants each secret in a file of its own."""
SPEAKS = "x-lgsp-said"
"""What the caller sent as ``X-Road-Client``: that header itself is set anew for every upstream."""
DOWNSTREAM = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
SIGNATURES = (
    "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ed25519", "rsa_pss_rsae_sha256", "rsa_pkcs1_sha256",
    "rsa_pss_rsae_sha384", "rsa_pkcs1_sha384", "rsa_pss_rsae_sha512", "rsa_pkcs1_sha512",
)  # fmt: skip
"""What a client's certificate may sign the handshake with: what Envoy takes by itself but SHA-1, and Ed25519."""
VERSIONS = {
    "tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3",
    "signature_algorithms": list(SIGNATURES),
}  # fmt: skip
WHOLE: Json = {"disable_stateless_session_resumption": True, "disable_stateful_session_resumption": True}
"""Every handshake is a whole one: a resumed session asks nobody for a certificate, so one past its end would go on."""
LONGEST_CONNECTION = "3600s"
"""A connection keeps the certificate it was made with: one past its end goes on for this time at most."""
HANDSHAKE = "10s"
SECRET = "envoy.extensions.transport_sockets.tls.v3.Secret"  # noqa: S105 - a message of Envoy's


def home(gateway: Gateway) -> str:
    """Return what every identity of this platform's own applications begins with."""
    return f"{SCHEME}{gateway.instance}/GOV/"


def by_certificate(uri: str) -> Json:
    """Return the principal whose certificate names exactly ``uri``."""
    return {"authenticated": {"principal_name": {"exact": uri}}}


def by_any_certificate(gateway: Gateway) -> Json:
    """Return the principal of whoever shows a certificate of ours; without a name Envoy takes any TLS for proof."""
    return {"authenticated": {"principal_name": {"prefix": home(gateway)}}}


def subject_of(uri: str) -> str:
    """Return the AGENCY/APPLICATION that an identity names."""
    return uri.partition("/GOV/")[2]


def by_caller(uri: str) -> Json:
    """Return the principal of an application by its own certificate, or by that of another platform (``peers``)."""
    return {"or_ids": {"ids": [by_certificate(uri), _member({"exact": subject_of(uri)})]}}


def by_any_member() -> Json:
    """Return the principal of whoever another platform's certificate was believed for."""
    return _member({"safe_regex": {"regex": ".+"}})


def by_dismissed(platform: str, named: str, subject: str) -> Json:
    """Return the principal of who calls in from a platform under a name, as an application here; "" is anybody."""
    said = {"platform": platform, "named": named, "member": subject}
    return every(*(_peer(key, {"exact": text}) for key, text in said.items() if text))


def _member(text: Json) -> Json:
    return _peer("member", text)


def _peer(key: str, text: Json) -> Json:
    matcher = {"filter": PEERS, "path": [{"key": key}], "value": {"string_match": text}}
    return {"sourced_metadata": {"metadata_source": "DYNAMIC", "metadata_matcher": matcher}}


def with_claim(key: str) -> Json:
    """Return the principal whose token has a claim."""
    matcher = {
        "filter": "envoy.filters.http.jwt_authn", "path": [{"key": "payload"}, {"key": key}],
        "value": {"present_match": True},
    }  # fmt: skip
    return {"sourced_metadata": {"metadata_source": "DYNAMIC", "metadata_matcher": matcher}}


def without_token() -> Json:
    """Return the principal that showed no token."""
    return {"not_id": with_claim("sub")}


def every(*principals: Json) -> Json:
    """Return the principal that is all of these."""
    return {"and_ids": {"ids": list(principals)}}


def filters(gateway: Gateway, *, tls: bool) -> list[Json]:
    """Return the filters between the token and the policies: name the consumer, then refuse what contradicts it."""
    said = extension("identity", RBAC, rules={"action": "DENY", "policies": _contradictions(gateway)})
    return [*_consumer_of_certificate(gateway), said] if tls else [said]


def early_headers(*, tls: bool) -> list[Json]:
    """Return the mutations that write down, before anything looks, what was said and what the certificate says."""
    said = {"append": set_header(SPEAKS, "%REQ(X-ROAD-CLIENT)%")}
    return [said, {"append": set_header(PEER, "%DOWNSTREAM_PEER_URI_SAN%")}] if tls else [said]


def _consumer_of_certificate(gateway: Gateway) -> list[Json]:
    """Name the consumer from the certificate where no token has named it."""
    rule = {
        "header": PEER,
        "on_header_present": {
            "metadata_namespace": "lgsp.peer",
            "key": "consumer",
            "regex_value_rewrite": {"pattern": {"regex": f"^{home(gateway)}(.+)$"}, "substitution": "\\1"},
        },
        "remove": True,
    }
    reading = extension("peer", HTTP + "header_to_metadata.v3.Config", request_rules=[rule])
    header = set_header(CONSUMER, "%DYNAMIC_METADATA(lgsp.peer:consumer)%", "ADD_IF_ABSENT")
    writing = extension(
        "consumer", HTTP + "header_mutation.v3.HeaderMutation", mutations={"request_mutations": [{"append": header}]}
    )
    return [reading, writing]


def _contradictions(gateway: Gateway) -> Json:
    """Return what is refused because two things said do not agree. The names are told apart by the replies."""
    consumer, certified = cel.request_header(CONSUMER), by_any_certificate(gateway)
    bound = with_claim(CLAIM_CERTIFICATE)
    return {
        "bound-elsewhere": _policy(every(bound, {"not_id": certified})),
        "bound-to-another": _policy(
            every(bound, certified), cel.differs(cel.claim(CLAIM_CERTIFICATE), cel.PEER_DIGEST)
        ),
        "identity-of-two": _policy(
            every(certified, with_claim("sub")),
            cel.opposite(cel.ends_as(cel.PEER_IDENTITY, home(gateway), consumer)),
        ),
        "identity-said": _policy(
            {"or_ids": {"ids": [certified, with_claim("sub")]}},
            cel.opposite(cel.ends_as(cel.request_header("x-road-client"), f"{gateway.instance}/GOV/", consumer)),
            permission=_sent("x-road-client"),
        ),
        **said_twice(),
    }


def said_twice() -> Json:
    """Return the policies that refuse what may be said once only."""
    return {f"twice-{one}": _said_twice(one) for one in SAID}


def _sent(header: str) -> Json:
    return {"header": {"name": header, "present_match": True}}


def _said_twice(header: str) -> Json:
    """Refuse a comma: Envoy's own matcher looks at each of two values by itself, its CEL sees them joined."""
    joined = cel.call("contains", cel.text(","), on=cel.request_header(header))
    return _policy({"any": True}, joined, permission=_sent(header))


def _policy(principal: Json, condition: Json | None = None, *, permission: Json | None = None) -> Json:
    policy = {"permissions": [permission or {"any": True}], "principals": [principal]}
    return policy if condition is None else {**policy, "condition": condition}


def secrets(tls: Tls) -> dict[str, Json]:
    """Return the files with the listener's certificate and whom it believes; one is replaced when renewed."""
    own = {"certificate_chain": {"inline_string": tls.chain}, "private_key": {"inline_string": tls.key}}
    believed = {"trusted_ca": {"inline_string": tls.trusted}}
    return {
        SERVER: resources(typed(SECRET, name="server", tls_certificate=own)),
        CLIENTS: resources(typed(SECRET, name="clients", validation_context=believed)),
    }


def transport() -> Json:
    """Return TLS 1.2 or 1.3; a client may show a certificate, and one we did not sign ends the handshake."""
    common = {
        "tls_params": VERSIONS,
        "alpn_protocols": ["http/1.1"],
        "tls_certificate_sds_secret_configs": [{"name": "server", "sds_config": from_file(SERVER)}],
        "validation_context_sds_secret_config": {"name": "clients", "sds_config": from_file(CLIENTS)},
    }
    return extension(
        "envoy.transport_sockets.tls", DOWNSTREAM, common_tls_context=common, require_client_certificate=False, **WHOLE
    )


def secured() -> Json:
    """Return what a chain of the listener needs for TLS; who connects and says nothing is let go."""
    return {"transport_socket": transport(), "transport_socket_connect_timeout": HANDSHAKE}


def inline_transport(socket: Json, files: dict[str, Json]) -> Json:
    """Return a listener's transport with the secrets in it, for a check that reads no other file."""
    server, clients = (files[name]["resources"][0] for name in (SERVER, CLIENTS))
    common = dict(socket["typed_config"]["common_tls_context"])
    del common["tls_certificate_sds_secret_configs"]
    common["tls_certificates"] = [server["tls_certificate"]]
    if common.pop("validation_context_sds_secret_config", None):
        common["validation_context"] = clients["validation_context"]
    return {**socket, "typed_config": {**socket["typed_config"], "common_tls_context": common}}
