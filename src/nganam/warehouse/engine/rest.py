"""A JSON API over HTTP as a source: read page after page, landed as one file of lines (NDJSON), or not at all.

Every page is asked at the one address that was checked, under the name it was declared with: a redirect or a next link
that leads to another scheme, host or port is refused, so a key goes to its own server only. No message tells what a
server answered, nor an address with its parameters: either may hold a secret.
"""

import base64
import hashlib
import http.client
import json
import re
import ssl
import string
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote, urlencode, urljoin, urlsplit

from nganam.face.pinned import Pinned, cut
from nganam.face.reaching import Place
from nganam.kernel.errors import NganamError
from nganam.warehouse.engine.cells import DEEPEST, as_json
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.landing import MEGABYTE, Landed, land

PAGINGS: Final = ("none", "page", "offset", "cursor", "next", "link")
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS: Final = 5
BUSY: Final = frozenset({429, 503})
TRIES: Final = 4
LONGEST_WAIT: Final = 60.0
CHUNK: Final = 64 * 1024
LINK: Final = re.compile(r'<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+\s*(?:=\s*(?:"[^"]*"|[^\s;,"]+))?)*)')
REL: Final = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.IGNORECASE)
"""RFC 8288, section 3: the links of a header and the relation of one."""


@dataclass(frozen=True, slots=True)
class Paging:
    """How pages follow each other.

    ``page`` and ``offset``: ``param`` counts from ``first``, ``size_param`` asks for ``size`` records; the end is a
    page without records. ``cursor``: what stands at ``path`` is sent as ``param``. ``next``: at ``path`` stands the
    address of the next page. ``link``: the header ``Link: rel="next"`` (RFC 8288) tells it.
    """

    kind: str = "none"
    param: str = ""
    first: int = 1
    size_param: str = ""
    size: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken of a source: pages, records, bytes of one page, seconds of one request and of a look."""

    pages: int = 10_000
    records: int = 20_000_000
    page_bytes: int = 50 * MEGABYTE
    seconds: float = 60.0
    look_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Rest:
    """Where and what to read; ``address`` is the one ``place`` was checked to mean, ``records`` the way to the list."""

    name: str
    place: Place
    address: str
    records: str = ""
    params: tuple[tuple[str, str], ...] = ()
    paging: Paging = Paging()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    limits: Limits = Limits()


def bearer(token: str) -> dict[str, str]:
    """Return the header of a bearer token (RFC 6750)."""
    return {"Authorization": f"Bearer {token}"}


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header of a name and password (RFC 7617)."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    target: str


def land_rest(
    source: Rest, folder: Path, *, limit: int, told: Callable[[int, int], None] = lambda _pages, _records: None,
    wait: Callable[[float], None] = time.sleep, most: int | None = None,
) -> Landed:  # fmt: skip
    """Read all pages and keep their records as one landing file; ``told`` hears pages and records after each page.

    ``most`` ends it with the page that brings so many records, or that comes when a look has lasted long enough.

    Raises ``Unavailable`` when the server is down, busy or slow, ``Invalid`` for what has to be declared otherwise;
    nothing of it is kept then, whichever page failed.
    """

    def write(out: BinaryIO) -> None:
        count, begun = 0, time.monotonic()
        for page, records in enumerate(pages(source, wait=wait), 1):
            count += len(records)
            if count > source.limits.records:
                raise fault("rest_endless", name=source.name, most=source.limits.records)
            out.writelines(as_json(one).encode() + b"\n" for one in records)
            told(page, count)
            if most is not None and (count >= most or time.monotonic() - begun >= source.limits.look_seconds):
                break
        if not count:
            raise fault("rest_empty", name=source.name)

    return land(write, f"{source.name}.ndjson", folder, limit=limit)


def pages(source: Rest, *, wait: Callable[[float], None] = time.sleep) -> Iterator[list[dict[str, Any]]]:
    """Yield the records of page after page; a page that came before ends it with a fault, not a loop."""
    target: str | None = _target(source.place.base or "/", _first(source))
    inside, read, seen = source.records, 0, set[bytes]()
    for page in range(1, source.limits.pages + 1):
        answer = _asked(source, str(target), page, wait)
        body = _json(source, answer, page)
        inside = inside if page > 1 or inside else _found(source, body)
        records = _records(source, body, inside, page)
        if records:
            _note(source, seen, records, page)
            yield records
        read += len(records)
        try:
            target = _next(source, answer, body, page, read, last=not records)
        except UnicodeEncodeError:  # half a sign, which no address can carry
            raise fault("rest_not_json", name=source.name, page=page) from None
        if target is None:
            return
    raise fault("rest_endless", name=source.name, most=source.limits.pages)


def _first(source: Rest) -> dict[str, str]:
    paging = source.paging
    said = dict(source.params)
    if paging.size_param and paging.size:
        said[paging.size_param] = str(paging.size)
    if paging.kind in {"page", "offset"}:
        said[paging.param] = str(paging.first)
    return said


def _target(path: str, params: Mapping[str, str]) -> str:
    return _plain(f"{path}?{urlencode(params)}" if params else path)


def _plain(target: str) -> str:
    """Return an address as it may stand in a request: marks and spaces written out, what is written so left."""
    return quote(target, safe=string.punctuation)


def _note(source: Rest, seen: set[bytes], records: list[dict[str, Any]], page: int) -> None:
    digest = hashlib.sha256(as_json(records).encode()).digest()
    if digest in seen:
        raise fault("rest_repeated", name=source.name, page=page)
    seen.add(digest)


def _next(source: Rest, answer: _Answer, body: Any, page: int, read: int, *, last: bool) -> str | None:
    """Return where the next page is, ``None`` after the last one."""
    paging = source.paging
    if paging.kind == "none":
        return None
    if paging.kind in {"page", "offset"}:
        number = paging.first + (page if paging.kind == "page" else read)
        return None if last else _target(source.place.base or "/", _first(source) | {paging.param: str(number)})
    if paging.kind == "link":
        found: Any = _linked(answer.headers)
    else:
        there, found = _at(body, paging.path)
        if not there and page == 1:  # a way that was mistyped would make the first page look like all there is
            raise fault("rest_path", name=source.name, asked=paging.path, page=page)
    if found in (None, "", False):
        return None
    if paging.kind == "cursor":
        return _target(source.place.base or "/", _first(source) | {paging.param: str(found)})
    return _same_place(source, answer.target, str(found), page)


def _linked(headers: http.client.HTTPMessage) -> str:
    for target, words in LINK.findall(", ".join(headers.get_all("Link", []))):
        rel = REL.search(words)
        if rel and "next" in (rel[1] or rel[2] or "").lower().split():
            return str(target)
    return ""


def _same_place(source: Rest, now: str, link: str, page: int) -> str:
    """Return path and query of a link; raise when it leads away from the server that was checked."""
    place = source.place
    try:
        parts = urlsplit(urljoin(Place(place.scheme, place.host, place.port, "").text + now, link))
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        raise fault("rest_elsewhere", name=source.name, page=page) from None
    there = (parts.scheme, (parts.hostname or "").rstrip("."), port)
    if there != (place.scheme, place.host, place.port) or parts.username is not None:
        raise fault("rest_elsewhere", name=source.name, page=page)
    return _plain((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _asked(source: Rest, target: str, page: int, wait: Callable[[float], None]) -> _Answer:
    """Ask for a page, again while the server is busy; follow redirects to the same server."""
    tries, moves = 1, 0
    while True:
        answer = _answered(source, target, page)
        if answer.status in BUSY and tries < TRIES:
            wait(_pause(answer.headers.get("Retry-After", ""), tries))
            tries += 1
        elif answer.status in REDIRECTS and moves < MOST_REDIRECTS:
            target = _same_place(source, target, answer.headers.get("Location", ""), page)
            moves += 1
        elif answer.status == http.client.OK:
            return answer
        else:
            raise fault(_refusal(answer.status), name=source.name, status=answer.status, page=page)


def _refusal(status: int) -> str:
    if status in BUSY or status >= http.client.INTERNAL_SERVER_ERROR:
        return "rest_down"
    return {401: "rest_denied", 403: "rest_denied", 404: "rest_missing", 410: "rest_missing"}.get(status, "rest_status")


def _pause(said: str, tries: int) -> float:
    """Return how long to wait: what ``Retry-After`` says (seconds or a date), else twice as long each time."""
    seconds = float(2**tries)
    if said.strip().isdecimal():
        seconds = float(said)
    elif said:
        with suppress(ValueError, TypeError):
            seconds = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _answered(source: Rest, target: str, page: int) -> _Answer:
    limits, late = source.limits, threading.Event()
    try:
        with closing(Pinned(source.place, source.address, seconds=limits.seconds)) as link:
            link.connect()
            # A timeout counts each piece; a server that sends one byte at a time would hold us for ever.
            timer = threading.Timer(limits.seconds, _end, [late, link])
            timer.start()
            try:
                given = {"Accept": "application/json", "Accept-Encoding": "identity", **source.headers}
                link.request("GET", target, headers=given)
                answer = link.getresponse()
                body = _body(source, answer, page)
            finally:
                timer.cancel()
    except NganamError:
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _told(source, error, slow=late.is_set()) from None  # the error's own text may hold a header
    if late.is_set():
        raise fault("source_slow", name=source.name, seconds=limits.seconds)
    return _Answer(answer.status, answer.headers, body, target)


def _end(late: threading.Event, link: Pinned) -> None:
    late.set()
    cut(link)


def _body(source: Rest, answer: http.client.HTTPResponse, page: int) -> bytes:
    found = bytearray()
    while chunk := answer.read(CHUNK):
        found += chunk
        if len(found) > source.limits.page_bytes:
            limit = source.limits.page_bytes // MEGABYTE
            raise fault("rest_page_large", name=source.name, limit_mb=limit, page=page)
    if answer.length:  # fewer bytes than were announced: read piece by piece, http.client does not say so
        raise http.client.IncompleteRead(b"", answer.length)
    return bytes(found)


def _told(source: Rest, error: Exception, *, slow: bool) -> NganamError:
    if slow or isinstance(error, TimeoutError):
        return fault("source_slow", name=source.name, seconds=source.limits.seconds)
    if isinstance(error, ConnectionRefusedError):
        return fault("source_refused", name=source.name)
    if isinstance(error, ValueError) and not isinstance(error, ssl.SSLError):
        return fault("source_secret", name=source.name)  # a key that no header can carry
    return fault("source_down", name=source.name)


def _json(source: Rest, answer: _Answer, page: int) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [key for key, _ in pairs]
            raise fault("repeated_field", name=source.name, column=max(names, key=names.count), record=page)
        return found

    def refuse(_said: str) -> Any:
        raise ValueError

    try:
        return json.loads(
            answer.body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=refuse, object_pairs_hook=once
        )
    except RecursionError:
        raise fault("too_deep", name=source.name, most=DEEPEST) from None
    except NganamError:
        raise
    except (ValueError, ArithmeticError):
        raise fault("rest_not_json", name=source.name, page=page) from None


def _way(path: str) -> list[str]:
    """Return the keys of a dotted way (``data.items``) or a JSON pointer (``/data/items``, RFC 6901)."""
    if path.startswith("/"):
        return [one.replace("~1", "/").replace("~0", "~") for one in path[1:].split("/")]
    return path.split(".") if path else []


def _at(body: Any, path: str) -> tuple[bool, Any]:
    for key in _way(path):
        if not isinstance(body, dict) or key not in body:
            return False, None
        body = body[key]
    return True, body


def _found(source: Rest, body: Any) -> str:
    """Return the way (a JSON pointer) to the one list that is reached by keys alone; "" when the body is it."""
    lists: dict[str, list[Any]] = {}
    waiting: list[tuple[str, Any]] = [("", body)]
    while waiting:
        way, held = waiting.pop()
        if isinstance(held, list):
            lists[way] = held
        elif isinstance(held, dict) and way.count("/") < DEEPEST:
            waiting += [(f"{way}/{key.replace('~', '~0').replace('/', '~1')}", one) for key, one in held.items()]
    full = [way for way, held in lists.items() if held and isinstance(held[0], dict)] or list(lists)
    if not full:
        raise fault("no_records", name=source.name)
    if len(full) > 1:
        raise fault("several_parts", name=source.name, found=sorted(full)[:20])
    return full[0]


def _records(source: Rest, body: Any, inside: str, page: int) -> list[dict[str, Any]]:
    there, held = _at(body, inside)
    if not there or not isinstance(held, list):
        raise fault("rest_path", name=source.name, asked=inside or "[ ]", page=page)
    if not all(isinstance(one, dict) for one in held):
        raise fault("no_records", name=source.name)
    return held
