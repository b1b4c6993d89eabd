"""The peer of the data server: a plain Starlette handler on granian reading the same replica, with no policy at all."""

import os
import sqlite3

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

BASE = sqlite3.connect(f"file:{os.environ['PEER_REPLICA']}?mode=ro&immutable=1", uri=True)
BASE.execute("PRAGMA mmap_size=268435456")
NAMES = os.environ["PEER_COLUMNS"].split(",")
LOOKUP = f"SELECT {', '.join(NAMES)} FROM rows WHERE {os.environ['PEER_KEY']} = ?"
PAGE = f"SELECT {', '.join(NAMES)} FROM rows WHERE ma_xa = ? ORDER BY {os.environ['PEER_KEY']} LIMIT ?"


async def one(request: Request) -> Response:
    """Return the record with the key of the address."""
    row = BASE.execute(LOOKUP, [request.path_params["key"]]).fetchone()
    if row is None:
        return JSONResponse({"title": "absent"}, status_code=404)
    return JSONResponse({"data": dict(zip(NAMES, row, strict=True))})


async def page(request: Request) -> Response:
    """Return a commune's first records."""
    asked = request.query_params
    rows = BASE.execute(PAGE, [asked["ma_xa"], int(asked["limit"])]).fetchall()
    return JSONResponse({"data": [dict(zip(NAMES, row, strict=True)) for row in rows]})


application = Starlette(routes=[Route("/rows/", page), Route("/rows/{key}", one)])
