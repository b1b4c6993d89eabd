"""From a line of a log to an entry of the tree: one spelling, bounded, with what the line implies filled in.

An entry is JSON with sorted keys and no spaces. ``kind`` is left out for a call the gateway logged; it is ``recovered``
for an answer only the data server's journal knows, ``unreadable`` for a line that is no JSON (its digest is kept, not
its text), ``dropped`` for the record of what retention removed.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from nganam.lgsp.envoy.logline import LINE, MARK, OLDER, PART
from nganam.lgsp.evidence.tiles import LONGEST_ENTRY

RECOVERED, UNREADABLE, DROPPED = "recovered", "unreadable", "dropped"
MOST_TRIES = 50
# Refusals that may come before the gateway has given the call an id of its own: what stands there is the caller's text,
# unless a filter has seen the call. A body may break in the middle of a call that is in the journal under our id.
EARLY = (
    "overload", "path_normalization_failed", "missing_host_header", "low_version", "http1.", "http2.", "http.",
    "codec_error", "filter_chain_not_found", "invalid_", "absolute_path", "request_headers_failed",
)  # fmt: skip
NAMES = tuple(LINE)
NUMBERS = (
    "requestOutMs", "responseInMs", "responseOutMs", "requestSize", "responseSize", "statusCode", "attempts",
    "snapshot",
)  # fmt: skip
PARTS = {f"{mark}{PART}".encode(): len(NAMES) - less for mark, less in {MARK: 0, **OLDER}.items()}
MARK_LENGTH = len(MARK) + len(PART)
SHA256 = re.compile(r"sha-256=:[A-Za-z0-9+/]{43}=:")
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(order="sorted").encode


class Entry(NamedTuple):
    """An entry and what the collector needs of it."""

    content: bytes
    request_id: str = ""
    at: str = ""


def digest_text(content: bytes) -> str:
    """Return the SHA-256 of a body as RFC 9530 writes it."""
    return f"sha-256=:{b64encode(hashlib.sha256(content).digest()).decode()}:"


OF_NOTHING = digest_text(b"")


def entries_of(raw: bytes, node: str, recovered: dict[str, int] | None = None) -> Iterator[Entry]:
    """Give the entry of a line, two when a torn line and a whole one share it.

    ``recovered`` says which calls were already entered from the journal, and where: their line says so.
    """
    said = read(raw)
    if said is not None:
        yield _entry(said, raw, node, recovered or {})
        return
    torn, rest = _torn(raw)
    yield unreadable(torn, node)
    if rest is not None:
        yield _entry(rest, raw, node, recovered or {})


def read(raw: bytes) -> dict[str, Any] | None:
    """Return what a line says: the gateway's parts, or the JSON of the journal and of gateways before this format."""
    if raw[:MARK_LENGTH] in PARTS:
        return _parts(raw)
    try:
        said = _decode(raw)
    except (ValueError, RecursionError):
        return None
    return said if type(said) is dict and type(said.get("at")) is str else None


def _parts(raw: bytes) -> dict[str, Any] | None:
    # A caller's octets that are no UTF-8 are told apart, not refused: the line is evidence whatever was sent.
    parts = raw.decode(errors="backslashreplace").split(PART)
    if len(parts) != PARTS[raw[:MARK_LENGTH]] + 1:
        return None
    said: dict[str, Any] = {name: value for name, value in zip(NAMES, parts[1:], strict=False) if value}
    try:
        said["requestInTs"] = str(round(datetime.fromisoformat(said["at"]).timestamp() * 1000))
        for name in NUMBERS:
            if name in said:
                said[name] = int(said[name])
        if "accounts" in said:
            said["accounts"] = _decode(said["accounts"])
    except (ValueError, KeyError):
        return None
    return said | parts_of(said.pop("service", ""))


def parts_of(identifier: str) -> dict[str, str]:
    """Return X-Road's names of the parts of ``INSTANCE/CLASS/MEMBER/SUBSYSTEM/CODE``, or of ``INSTANCE/CODE``.

    A sixth part is the platform beyond the province that answers.
    """
    parts = identifier.split("/")
    if len(parts) == len(WHOLE) + 1:
        return {**parts_of(identifier.rpartition("/")[0]), "platform": parts[-1]}
    if len(parts) == len(WHOLE):
        return {name: part for name, part in zip(WHOLE, parts, strict=True) if name}
    return {"serviceXRoadInstance": parts[0], "serviceCode": parts[-1]} if identifier else {}


WHOLE = ("serviceXRoadInstance", "", "serviceMemberCode", "serviceSubsystemCode", "serviceCode")


def _torn(raw: bytes) -> tuple[bytes, dict[str, Any] | None]:
    """Return the torn beginning, and the whole line a restarted writer has put behind it."""
    at = max(raw.rfind(beginning, 1) for beginning in PARTS)
    if at > 0:
        return raw[:at], read(raw[at:])
    at = len(raw)
    for _try in range(MOST_TRIES):
        at = raw.rfind(b'{"', 1, at)
        if at < 0:
            break
        said = read(raw[at:])
        if said is not None:
            return raw[:at], said
    return raw, None


def _entry(said: dict[str, Any], raw: bytes, node: str, recovered: dict[str, int]) -> Entry:
    said = {name: value for name, value in said.items() if value is not None}
    if node:
        said["node"] = node
    if "snapshot" not in said and str(said.get("faultString", "")).startswith(EARLY):
        said.pop("xRequestId", None)
    request_id = str(said.get("xRequestId", ""))
    if "kind" not in said:
        _digests(said)
        if request_id in recovered:
            said["replaces"] = recovered[request_id]
    content = encoded(said)
    if len(content) > LONGEST_ENTRY:
        return unreadable(raw, node)
    return Entry(content, request_id, said["at"])


def _digests(said: dict[str, Any]) -> None:
    """Say the bodies' digests in one form, and who made them; what an upstream only claims is not evidence."""
    seen = said.pop("responseDigestSeen", None)
    told = said.pop("responseDigest", None)
    read_by_server = said.pop("requestDigestRead", None)
    asked = said.pop("requestDigestSeen", None) or read_by_server
    if seen and SHA256.fullmatch(seen):
        said["responseDigest"], said["digestBy"] = seen, "gateway"
    elif told and (found := SHA256.search(told)):
        said["responseDigest"], said["digestBy"] = found[0], "server"
    if asked and SHA256.fullmatch(asked):
        said["requestDigest"] = asked
    elif said.get("requestSize") == 0:
        said["requestDigest"] = OF_NOTHING


def encoded(said: dict[str, Any]) -> bytes:
    """Return the one spelling of an entry."""
    return _encode(said)


def decoded(entry: bytes) -> dict[str, Any]:
    """Return what an entry says."""
    return dict(_decode(entry))


def unreadable(raw: bytes, node: str) -> Entry:
    """Return the entry of a line that cannot be read: sensitive or not, its text is not kept."""
    said = {"kind": UNREADABLE, "length": len(raw), "node": node, "sha256": hashlib.sha256(raw).hexdigest()}
    return Entry(encoded(said))
