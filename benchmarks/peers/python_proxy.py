"""A bare proxy in Python, as one would write it first: ASGI under granian, one aiohttp session, no policy at all."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

UPSTREAM = os.environ["PEER_UPSTREAM"]
HOP = {b"connection", b"keep-alive", b"transfer-encoding", b"host", b"content-length"}
_session: list[aiohttp.ClientSession] = []


def session() -> aiohttp.ClientSession:
    """Return the one session of this process, made inside its event loop."""
    if not _session:
        _session.append(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256), auto_decompress=False))
    return _session[0]


async def application(
    scope: dict[str, Any], _receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    """Pass a GET on and its answer back."""
    if scope["type"] != "http":
        return
    headers = [(name.decode(), value.decode()) for name, value in scope["headers"] if name not in HOP]
    async with session().request(scope["method"], UPSTREAM + scope["path"], headers=headers) as answer:
        body = await answer.read()
        kept = [(name.lower(), value) for name, value in answer.raw_headers if name.lower() not in HOP]
    await send({"type": "http.response.start", "status": answer.status, "headers": kept})
    await send({"type": "http.response.body", "body": body})
