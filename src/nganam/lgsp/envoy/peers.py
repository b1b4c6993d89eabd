"""Callers from another platform: a chain of the TLS listener for each, by the name they connect under.

A platform's authority is believed on its own chain only, where no token counts and no certificate stands for one of our
applications: whatever that authority signs opens nothing but what the lead agency has admitted. The script names the
caller from the certificate, or from ``X-Road-Client`` where the platform itself connects; who is not admitted stays
nobody. Its table is a file of its own, so that admitting and dismissing touches no connection.
"""

from functools import lru_cache
from pathlib import Path

from nganam.lgsp.envoy import identity
from nganam.lgsp.envoy.decided import SCHEME, Gateway, Incoming
from nganam.lgsp.envoy.shapes import HTTP, Json, discovered, discovery_file, extension, from_file, set_header, typed

LUA = HTTP + "lua.v3.Lua"
NAME = "peers"
FILE = f"ecds_{NAME}.json"
SCRIPT = Path(__file__).with_name("peers.lua")
INSPECTOR = "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"


def naming(gateway: Gateway) -> dict[str, Json]:
    """Return the file of the script that names callers; there is none while no platform calls in."""
    if not (gateway.tls and gateway.incoming):
        return {}
    return {FILE: discovery_file(NAME, typed(LUA, default_source_code={"inline_string": _named(gateway)}))}


@lru_cache(maxsize=1)
def _script() -> str:
    return SCRIPT.read_text(encoding="utf-8")


def _named(gateway: Gateway) -> str:
    platforms = ",".join(f"[{_quoted(one.host)}]={_platform(one)}" for one in sorted(gateway.incoming, key=_by_host))
    return f"local platforms = {{{platforms}}}\n{_script()}"


def _by_host(one: Incoming) -> str:
    return one.host


def _platform(one: Incoming) -> str:
    members = ",".join(
        f"[{_quoted(member.named)}]={{client={_quoted(member.client)},subject={_quoted(member.subject)}}}"
        for member in sorted(one.members, key=lambda member: member.named)
    )
    said = {"code": one.code, "by": one.identity, "platform": one.platform}
    told = ",".join(f"{name}={_quoted(text)}" for name, text in said.items())
    return f"{{{told},members={{{members}}}}}"


def _quoted(text: str) -> str:
    """Return a text as Lua reads it: every byte that could mean something is written as its number."""
    plain = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=, ")
    return '"' + "".join(chr(one) if one in plain else f"\\{one:03d}" for one in text.encode()) + '"'


def early_headers() -> list[Json]:
    """Return what is written down before anything looks; a token says nothing here and goes no further."""
    return [{"append": set_header(identity.SPEAKS, "%REQ(X-ROAD-CLIENT)%")}, {"remove": "authorization"}]


def filters() -> list[Json]:
    """Return the filters that name the caller, then refuse who pretends: in the place of the token's."""
    ours = {"authenticated": {"principal_name": {"prefix": SCHEME}}}
    refused = {
        # Another authority than ours has signed one of our names.
        "identity-ours": {"permissions": [{"any": True}], "principals": [ours]},
        **{f"{name}": _refused(name) for name in ("identity-spoken", "peer-unknown")},
        **identity.said_twice(),
    }
    rules = {"action": "DENY", "policies": refused}
    return [discovered(NAME, LUA), extension("identity", identity.RBAC, rules=rules)]


def _refused(why: str) -> Json:
    matcher = {"filter": identity.PEERS, "path": [{"key": "refused"}], "value": {"string_match": {"exact": why}}}
    principal = {"sourced_metadata": {"metadata_source": "DYNAMIC", "metadata_matcher": matcher}}
    return {"permissions": [{"any": True}], "principals": [principal]}


def beside(listener: Json, gateway: Gateway, manager: Json) -> Json:
    """Return the TLS listener with a chain for each platform; a name that is none's comes to our own chain."""
    if not gateway.incoming:
        return listener
    inspector = extension("envoy.filters.listener.tls_inspector", INSPECTOR)
    chains = [_chain(one, manager) for one in sorted(gateway.incoming, key=_by_host)]
    return {**listener, "listener_filters": [inspector], "filter_chains": [*listener["filter_chains"], *chains]}


def _chain(one: Incoming, manager: Json) -> Json:
    common = {
        "tls_params": identity.VERSIONS,
        "alpn_protocols": ["http/1.1"],
        "tls_certificate_sds_secret_configs": [{"name": "server", "sds_config": from_file(identity.SERVER)}],
        "validation_context": {"trusted_ca": {"inline_string": one.ca}},
    }
    # No resumed sessions: one would outlive a replaced authority, and names nobody for the script.
    transport = extension(
        "envoy.transport_sockets.tls", identity.DOWNSTREAM, common_tls_context=common, require_client_certificate=True,
        **identity.WHOLE,
    )  # fmt: skip
    named = {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
    return {
        "name": one.code,
        "filter_chain_match": {"server_names": [one.host]},
        "filters": [named],
        "transport_socket": transport,
        "transport_socket_connect_timeout": identity.HANDSHAKE,
    }
