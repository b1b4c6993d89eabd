"""Digests of bodies that pass: a filter for routes to upstreams that do not say the digest of what they send.

Off unless a route switches it on (:func:`digested`), since it costs a call some 20 µs and, where the machine has no
OpenSSL to borrow, 15 ms per MiB; where the data server answers it stays off, that one digests what it sends. The bodies
are hashed as they stream by, never held back.
"""

from functools import lru_cache
from pathlib import Path

from nganam.lgsp.envoy.shapes import HTTP, Json, typed

NAME = "digest"
SCRIPT = Path(__file__).with_name("digest.lua")


@lru_cache(maxsize=1)
def _script() -> str:
    return SCRIPT.read_text(encoding="utf-8")


def digest_filter() -> Json:
    """Return the filter for the chain, before the router. It does nothing until a route asks for it.

    What it finds is ``lgsp.digest:request`` and ``lgsp.digest:response`` of the dynamic metadata: SHA-256 as RFC 9530
    writes it. An upstream that answers before it has read the request leaves the request without.
    """
    config = typed(HTTP + "lua.v3.Lua", default_source_code={"inline_string": _script()})
    return {"name": NAME, "typed_config": config, "disabled": True}


def digested() -> dict[str, Json]:
    """Return what a route puts into its ``typed_per_filter_config`` to have both bodies digested."""
    return {NAME: typed("envoy.config.route.v3.FilterConfig", config=typed(HTTP + "lua.v3.LuaPerRoute"))}
