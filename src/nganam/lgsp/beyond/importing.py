"""What a platform that speaks X-Road says it offers: ``listMethods`` and ``getOpenAPI`` of a subsystem."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.utils.translation import gettext as _

from nganam.kernel.errors import Invalid, NotFound, RuleBroken, Unavailable
from nganam.lgsp.beyond import checking, fetching, needs
from nganam.lgsp.beyond.models import Platform
from nganam.services.upstreams.reading import METHODS, check_operation, read_document

MOST = 500


@dataclass(frozen=True, slots=True)
class Offered:
    """A service as the platform names it, with the operations it tells of; ``documented`` when it has OpenAPI."""

    identifier: str
    documented: bool
    operations: tuple[dict[str, str], ...]


def offered(platform: Platform, subsystem: str) -> list[Offered]:
    """Ask a platform what a subsystem (CLASS/MEMBER/SUBSYSTEM) offers; raise ``Unavailable`` when it does not say."""
    _check(platform, subsystem)
    said = _read(fetching.ask(platform, "GET", _url(platform, subsystem, "listMethods"), headers=_as_us(platform)))
    rows = said.get("service") if isinstance(said, dict) else None
    if not isinstance(rows, list):
        raise Unavailable(_("Nền tảng trả lời listMethods không đúng dạng X-Road."))
    found = [one for row in rows[:MOST] if (one := _offered(subsystem, row)) is not None]
    return sorted(found, key=lambda one: one.identifier)


def operations_of(platform: Platform, identifier: str) -> list[dict[str, Any]]:
    """Return the operations of one service: by its OpenAPI document where it has one, else as ``listMethods`` says."""
    subsystem, _slash, code = identifier.rpartition("/")
    one = next((one for one in offered(platform, subsystem) if one.identifier == identifier), None)
    if one is None:
        raise NotFound(_("Nền tảng không có dịch vụ này."))
    if not one.documented:
        return list(one.operations)
    url = _url(platform, subsystem, f"getOpenAPI?serviceCode={quote(code, safe='')}")
    try:
        document = read_document(fetching.ask(platform, "GET", url, headers=_as_us(platform)))
    except (Unavailable, ValueError):
        return list(one.operations)
    return list(document["operations"]) or list(one.operations)


def _check(platform: Platform, subsystem: str) -> None:
    if platform.kind != Platform.Kind.XROAD:
        raise RuleBroken(
            _("Chỉ nền tảng X-Road trả lời được danh sách dịch vụ."), article="nội bộ",
            hint=_("Nhập từng dịch vụ, hoặc tải tài liệu OpenAPI."),
        )  # fmt: skip
    missing = needs.unknown(platform, needs.OUTGOING)
    if missing:
        raise RuleBroken(_("Chưa biết: %(names)s.") % {"names": "; ".join(missing)}, article="nội bộ")
    if not checking.SUBSYSTEM.fullmatch(subsystem):
        text = _("Phân hệ có dạng CLASS/MEMBER/SUBSYSTEM.")
        raise Invalid(text, fields={"subsystem": [text]})


def _url(platform: Platform, subsystem: str, question: str) -> str:
    return f"{platform.endpoints[0]}/r1/{platform.instance}/{subsystem}/{question}"


def _as_us(platform: Platform) -> dict[str, str]:
    return {"x-road-client": platform.client, "accept": "application/json"}


def _read(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except ValueError as error:
        raise Unavailable(_("Nền tảng trả lời không phải JSON.")) from error


def _offered(subsystem: str, row: Any) -> Offered | None:
    """Return what a row says; what could not be an address on our gateway is left out."""
    if not isinstance(row, Mapping):
        return None
    identifier = f"{subsystem}/{row.get('service_code', '')}"
    if not checking.IDENTIFIER.fullmatch(identifier):
        return None
    ends = row.get("endpoint_list")
    operations = [one for end in (ends if isinstance(ends, list) else []) for one in _operations(end)]
    return Offered(identifier, str(row.get("service_type", "")).upper().startswith("OPENAPI"), tuple(operations))


def _operations(end: Any) -> list[dict[str, str]]:
    if not isinstance(end, Mapping):
        return []
    method, path = str(end.get("method", "")).upper(), str(end.get("path", ""))
    methods = METHODS if method == "*" else (method,)
    found = []
    for one in methods:
        operation = {"method": one, "path": path, "to": ""}
        try:
            check_operation(operation)
        except ValueError:
            continue
        found.append(operation)
    return found
