"""X-Road's questions about the exchange itself, answered from the snapshot: who is there, what there is.

The forms are those of X-Road's service metadata protocol for REST; ``getOpenAPI`` hands out the document written beside
the snapshot. Refusals have X-Road's form too: here it is the platform that answers, not a provider.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from nganam.kernel.hours import within
from nganam.serving.asking import read_parameters
from nganam.serving.problems import Refused
from nganam.serving.snapshot import Grant, Listed, Snapshot

PREFIX = b"/.meta/"
OPENAPI = "openapi"
CLASS = "GOV"
encode = msgspec.json.Encoder().encode


class MetaRefused(Exception):
    """A refusal in X-Road's form."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind

    def as_json(self, request_id: str) -> bytes:
        """Return X-Road's error; ``detail`` names the occurrence."""
        return encode({"type": self.kind, "message": str(self), "detail": request_id, "status": self.status})


def answer(snapshot: Snapshot, consumer: str, path: bytes, query: bytes, *, at: datetime, folder: Path) -> bytes:
    """Return the JSON of one question; ``path`` is ``/.meta/NAME[/MEMBER/SUBSYSTEM]``."""
    name, *asked = path.removeprefix(PREFIX).decode("ascii", "replace").split("/")
    if name == "listClients" and not asked:
        return encode({"member": list_clients(snapshot)})
    subsystem_questions: dict[str, Callable[[tuple[Listed, ...]], bytes]] = {
        "listMethods": lambda here: _services(snapshot, here),
        "allowedMethods": lambda here: _services(snapshot, _allowed(snapshot, here, consumer, at)),
        "getOpenAPI": lambda here: _document(here, query, folder),
    }
    if name not in subsystem_questions or len(asked) != 2:  # noqa: PLR2004 - member and subsystem
        raise MetaRefused(404, "client.bad_request", "Không có siêu dịch vụ này.")
    here = tuple(one for one in snapshot.listed if [one.member, one.subsystem] == asked)
    known = any(asked == [member.code, one] for member in snapshot.members for one in member.subsystems)
    if not here and not known:
        raise MetaRefused(404, "server.clientproxy.unknown_member", "Không có cơ quan hay phân hệ này trên LGSP.")
    return subsystem_questions[name](here)


def list_clients(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return members and their subsystems: agencies, the applications they call with, the systems they offer."""
    found: list[dict[str, Any]] = []
    for one in snapshot.members:
        identity = {"member_class": CLASS, "member_code": one.code, "xroad_instance": snapshot.instance}
        found.append({"id": {**identity, "object_type": "MEMBER"}, "name": one.name})
        for code in one.subsystems:
            subsystem = {**identity, "object_type": "SUBSYSTEM", "subsystem_code": code}
            found.append({"id": subsystem, "name": one.name})
    return found


def _allowed(snapshot: Snapshot, here: tuple[Listed, ...], consumer: str, at: datetime) -> tuple[Listed, ...]:
    """Return what the asking one may call at ``at``: live grants within their hours, and of each what was granted."""
    grants = snapshot.grants.get(consumer, {})
    found = ((one, grants.get(one.code)) for one in here)
    live = [(one, grant) for one, grant in found if grant is not None and _is_open(grant, at)]
    return tuple(msgspec.structs.replace(one, endpoints=_granted(one, grant)) for one, grant in live)


def _is_open(grant: Grant, at: datetime) -> bool:
    return (grant.until is None or at < grant.until) and within(grant.hours, at)


def _granted(one: Listed, grant: Grant) -> tuple[tuple[str, str], ...]:
    """Return the endpoints a grant opens. A service over a table has no operations: its reading is granted as such."""
    if not one.operations:
        return one.endpoints
    return tuple((method, path) for method, path, code in one.operations if code in grant.operations)


def _services(snapshot: Snapshot, services: tuple[Listed, ...]) -> bytes:
    return encode({"service": [_service(snapshot, one) for one in services]})


def _service(snapshot: Snapshot, one: Listed) -> dict[str, Any]:
    return {
        "member_class": CLASS,
        "member_code": one.member,
        "object_type": "SERVICE",
        "service_code": one.code,
        "service_type": "OPENAPI",
        "subsystem_code": one.subsystem,
        "xroad_instance": snapshot.instance,
        "endpoint_list": [{"method": method, "path": path} for method, path in one.endpoints],
    }


def _document(here: tuple[Listed, ...], query: bytes, folder: Path) -> bytes:
    try:
        wanted = read_parameters(query).get("serviceCode", "")
    except Refused as refused:
        raise MetaRefused(400, "client.bad_request", str(refused)) from refused
    if not wanted:
        raise MetaRefused(400, "client.bad_request", "Thiếu tham số serviceCode.")
    # Only a code of the snapshot becomes the name of a file.
    found = next((one for one in here if one.code == wanted), None)
    if found is None:
        raise MetaRefused(404, "server.serverproxy.unknown_service", "Phân hệ này không có dịch vụ mang mã đã hỏi.")
    try:
        return (folder / OPENAPI / f"{found.code}.json").read_bytes()
    except OSError as error:
        raise MetaRefused(
            500, "server.serverproxy.service_failed.openapi_description_not_found", "Chưa có tài liệu của dịch vụ."
        ) from error
