"""An agency's own system, a real server of its own process: ``python agency_system.py PORT [CERT KEY]``.

It answers what it was asked, so a test sees what reached it; and it misbehaves in the ways real ones do.
"""

import asyncio
import gzip
import json
import sys
from typing import Any

from aiohttp import web

PEOPLE = [
    {"id": f"{n:03d}", "ho_ten": f"Người {n}", "ma_xa": "31732" if n % 2 else "31735", "cccd": f"0842{n:08d}",
     "dia_chi": {"thon": f"Ấp {n}", "so_nha": n}}
    for n in range(1, 21)
]  # fmt: skip
COUNTS: dict[str, int] = {}
SWITCHES: dict[str, str] = {}
SEEN: list[list[str]] = []


async def person(request: web.Request) -> web.Response:
    found = next((one for one in PEOPLE if one["id"] == request.match_info["id"]), None)
    if found is None:
        return web.json_response({"loi": "khong co", "cccd": "084200000001"}, status=404)
    return web.json_response(found, headers={"x-lgsp-account": "TK-GIA", "set-cookie": "s=1", "x-road-error": "gia"})


async def people(request: web.Request) -> web.Response:
    commune = request.query.get("ma_xa", "")
    found = [one for one in PEOPLE if not commune or one["ma_xa"] == commune]
    return web.json_response({"tong": len(found), "mat": {"khoa": 1}, "ket_qua": {"items": found}})


async def echo(request: web.Request) -> web.Response:
    SEEN[:] = [[name, value] for name, value in request.headers.items()]
    said: dict[str, Any] = {
        "method": request.method, "path": request.raw_path, "body": (await request.read()).decode("latin-1"),
        "headers": [[name, value] for name, value in request.headers.items()], "port": request.app["port"],
    }  # fmt: skip
    return web.json_response(said)


async def switch(request: web.Request) -> web.Response:
    """Begin to fail, or stop: ``health`` the health path, ``calls`` the calls."""
    SWITCHES.update(request.query)
    return web.json_response(SWITCHES)


async def seen(_request: web.Request) -> web.Response:
    """Say which headers came with the last call that was answered with itself."""
    return web.json_response(SEEN)


async def drop_by_drop(request: web.Request) -> web.StreamResponse:
    """Send the beginning at once and the end never."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    await answer.write(b"phan dau")
    await asyncio.sleep(60)
    return answer


async def slow(request: web.Request) -> web.Response:
    await asyncio.sleep(float(request.query.get("s", "5")))
    return web.json_response({"id": "slow"})


async def fail(request: web.Request) -> web.Response:
    name = f"{request.method} {request.query.get('k', '')}"
    COUNTS[name] = COUNTS.get(name, 0) + 1
    if request.app["failing"] or request.query.get("always") or SWITCHES.get("calls"):
        return web.json_response({"lan": COUNTS[name]}, status=503)
    return web.json_response({"lan": COUNTS[name], "port": request.app["port"]})


async def counts(request: web.Request) -> web.Response:
    return web.json_response(COUNTS.get(request.query.get("k", ""), 0))


async def bomb(_request: web.Request) -> web.Response:
    packed = gzip.compress(b'{"id":"' + b"0" * 50_000_000 + b'"}')
    return web.Response(body=packed, headers={"content-type": "application/json", "content-encoding": "gzip"})


async def large(_request: web.Request) -> web.Response:
    return web.Response(body=b'["' + b"x" * 6_000_000 + b'"]', content_type="application/json")


async def text(_request: web.Request) -> web.Response:
    return web.Response(text="084200000001 không phải JSON", content_type="text/plain")


async def broken(_request: web.Request) -> web.Response:
    return web.Response(text='{"id": "001", "cccd": ', content_type="application/json")


async def deep(_request: web.Request) -> web.Response:
    return web.Response(text="[" * 200_000 + "]" * 200_000, content_type="application/json")


async def away(_request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"location": "http://169.254.169.254/latest/meta-data/"})


async def refuse(_request: web.Request) -> web.Response:
    return web.json_response({"cccd": "084200000001"}, status=422)


SOAP = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'
)  # fmt: skip


async def soap(request: web.Request) -> web.Response:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(await request.read(), parser)
    if request.headers.get("soapaction") != '"urn:tra-cuu"':
        return web.Response(status=500, text=SOAP.format("<s:Fault><faultcode>s:Server</faultcode></s:Fault>"))
    wanted = root.findtext(".//{urn:dan-cu}maXa") or ""
    if wanted == "evil":
        text = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + SOAP.format("<a><b>&e;</b></a>")
        return web.Response(text=text, content_type="text/xml")
    if not wanted:
        fault = "<s:Fault><faultcode>s:Client</faultcode><faultstring>084200000001</faultstring></s:Fault>"
        return web.Response(status=500, text=SOAP.format(fault), content_type="text/xml")
    items = "".join(
        f"<nguoi><id>{one['id']}</id><hoTen>{one['ho_ten']}</hoTen><maXa>{one['ma_xa']}</maXa>"
        f"<cccd>{one['cccd']}</cccd></nguoi>"
        for one in PEOPLE if one["ma_xa"] == wanted
    )  # fmt: skip
    answer = f'<d:traCuuResponse xmlns:d="urn:dan-cu"><ketQua>{items}</ketQua></d:traCuuResponse>'
    return web.Response(text=SOAP.format(answer), content_type="text/xml")


async def health(request: web.Request) -> web.Response:
    return web.Response(status=503 if request.app["failing"] or SWITCHES.get("health") else 200)


def application(port: int, *, failing: bool) -> web.Application:
    app = web.Application(client_max_size=32 * 1024 * 1024)
    app["port"], app["failing"] = port, failing
    for path, handler in {
        "/api/nguoi/{id}": person, "/api/nguoi": people, "/api/cham": slow, "/api/loi": fail, "/api/dem": counts,
        "/api/bom": bomb, "/api/lon": large, "/api/chu": text, "/api/hong": broken, "/api/sau": deep,
        "/api/di": away, "/api/tu-choi": refuse, "/api/soap": soap, "/suc-khoe": health, "/cong-tac": switch,
        "/da-nhan": seen, "/api/nho-giot": drop_by_drop,
    }.items():  # fmt: skip
        app.router.add_route("*", path, handler)
    app.router.add_route("*", "/{tail:.*}", echo)
    return app


def main() -> None:
    port, options = int(sys.argv[1]), json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    context = None
    if options.get("cert"):
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["cert"], options["key"])
    made = application(port, failing=bool(options.get("failing")))
    web.run_app(made, host="127.0.0.1", port=port, ssl_context=context, print=None, access_log=None)


if __name__ == "__main__":
    main()
