"""What stands behind the stand-in of a national platform: a registry, X-Road's metaservices, a token endpoint.

``python national_backend.py PORT``. It answers what it was asked, so a test sees what reached it.
"""

import asyncio
import json
import sys
from typing import Any

from aiohttp import web

COUNTS: dict[str, int] = {}
TOKENS: dict[str, int] = {}
FIRMS = {"2200000001": "Công ty A", "2200000002": "Công ty B"}
METHODS = {
    "service": [
        {
            "member_class": "GOV", "member_code": "BTC", "subsystem_code": "DKDN", "xroad_instance": "QG",
            "object_type": "SERVICE", "service_code": code, "service_type": kind,
            "endpoint_list": [{"method": "GET", "path": "/doanh-nghiep/*"}, {"method": "POST", "path": "/ho-so"}],
        }
        for code, kind in (("tra-cuu", "OPENAPI"), ("thong-ke", "REST"))
    ]
}  # fmt: skip
DOCUMENT = {
    "openapi": "3.0.3", "info": {"title": "Tra cứu đăng ký doanh nghiệp", "version": "1.2"},
    "paths": {
        "/doanh-nghiep/{ma}": {"get": {"summary": "Một doanh nghiệp", "responses": {"200": {"description": "ok"}}}},
        "/ho-so": {"post": {"summary": "Gửi hồ sơ", "responses": {"200": {"description": "ok"}}}},
    },
}  # fmt: skip


async def firm(request: web.Request) -> web.Response:
    found = FIRMS.get(request.match_info["ma"])
    said = {"ma": request.match_info["ma"], "ten": found, "headers": [[k, v] for k, v in request.headers.items()]}
    return web.json_response(said, status=200 if found else 404, headers={"x-road-request-hash": "aGFzaA=="})


async def echo(request: web.Request) -> web.Response:
    key = f"{request.method} {request.path}"
    COUNTS[key] = COUNTS.get(key, 0) + 1
    said: dict[str, Any] = {
        "method": request.method, "path": request.raw_path, "count": COUNTS[key],
        "headers": [[name, value] for name, value in request.headers.items()],
    }  # fmt: skip
    return web.json_response(said)


async def slow(request: web.Request) -> web.Response:
    COUNTS["slow"] = COUNTS.get("slow", 0) + 1
    await asyncio.sleep(float(request.query.get("s", "5")))
    return web.json_response({})


async def dies(request: web.Request) -> web.Response:
    """Break the connection after the request has come: whether it was done nobody knows."""
    key = f"dies {request.method}"
    COUNTS[key] = COUNTS.get(key, 0) + 1
    await request.read()
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def counts(_request: web.Request) -> web.Response:
    return web.json_response(COUNTS)


async def methods(_request: web.Request) -> web.Response:
    return web.json_response(METHODS)


async def document(request: web.Request) -> web.Response:
    if request.query.get("serviceCode") != "tra-cuu":
        return web.json_response({"type": "client.bad_request"}, status=400)
    return web.json_response(DOCUMENT)


async def token(request: web.Request) -> web.Response:
    """RFC 6749 4.4 with RFC 7523: an assertion once, of the client that was told."""
    sent = dict(await request.post())
    if sent.get("grant_type") != "client_credentials":
        return web.json_response({"error": "unsupported_grant_type"}, status=400)
    if "client_assertion" in sent:
        from joserfc import jwt
        from joserfc.jwk import import_key

        key = import_key(json.loads(request.app["state"]["jwk"]))
        claims = jwt.decode(str(sent["client_assertion"]), key, algorithms=["ES256"]).claims
        good = (
            claims["iss"] == claims["sub"] == "lgsp-st"
            and claims["jti"] not in TOKENS
            and claims["exp"] > claims["iat"]
        )
        TOKENS[str(claims["jti"])] = 1
    else:
        good = request.headers.get("authorization") == "Basic bGdzcC1zdDpiaS1tYXQ="
    if not good:
        return web.json_response({"error": "invalid_client"}, status=401)
    COUNTS["token"] = COUNTS.get("token", 0) + 1
    return web.json_response(
        {"access_token": f"ma-{COUNTS['token']}", "token_type": "Bearer", "expires_in": request.app["state"]["life"]}
    )


async def tell(request: web.Request) -> web.Response:
    """Let the test say which key it will sign with, and how long tokens are good."""
    request.app["state"].update(await request.json())
    return web.json_response({})


def application() -> web.Application:
    app = web.Application()
    app["state"] = {"jwk": "{}", "life": 300}
    for path, handler in {
        "/doanh-nghiep/{ma}": firm, "/cham": slow, "/chet": dies, "/dem": counts, "/meta/listMethods": methods,
        "/meta/getOpenAPI": document, "/oauth2/token": token, "/tell": tell,
    }.items():  # fmt: skip
        app.router.add_route("*", path, handler)
    app.router.add_route("*", "/{tail:.*}", echo)
    return app


if __name__ == "__main__":
    web.run_app(application(), host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
