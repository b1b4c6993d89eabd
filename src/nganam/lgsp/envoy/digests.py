"""Digests of bodies that pass: a filter for routes to upstreams that do not say the digest of what they send.

Off unless a route switches it on (:func:`digested`), since it costs a call some 20 µs and, where the machine has no
OpenSSL to borrow, 15 ms per MiB; where the data server answers it stays off, that one digests what it sends. The bodies
are hashed as they stream by, never held back. The same filter writes down what was answered before it is sent
(``journal.lua``): of these answers nobody else keeps a journal.
"""

from functools import lru_cache
from pathlib import Path

from nganam.lgsp.envoy.shapes import HTTP, Json, typed

NAME = "digest"
SCRIPT, JOURNAL = (Path(__file__).with_name(name) for name in ("digest.lua", "journal.lua"))


@lru_cache(maxsize=1)
def _script() -> str:
    journal = JOURNAL.read_text(encoding="utf-8")
    return f"local journal = (function()\n{journal}end)()\n{SCRIPT.read_text(encoding='utf-8')}"


def digest_filter() -> Json:
    """Return the filter for the chain, before the router. It does nothing until a route asks for it.

    What it finds is ``lgsp.digest:request`` and ``lgsp.digest:response`` of the dynamic metadata: SHA-256 as RFC 9530
    writes it. An upstream that answers before it has read the request leaves the request without.
    """
    config = typed(HTTP + "lua.v3.Lua", default_source_code={"inline_string": _script()})
    return {"name": NAME, "typed_config": config, "disabled": True}


def digested(service: str) -> dict[str, Json]:
    """Return what a route puts into its ``typed_per_filter_config`` to have both bodies digested, the answer noted.

    ``service`` is its identifier in the log.
    """
    per_route = typed(HTTP + "lua.v3.LuaPerRoute", filter_context={"service": service})
    return {NAME: typed("envoy.config.route.v3.FilterConfig", config=per_route)}
