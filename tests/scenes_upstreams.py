"""Scenes of agencies' own systems: Lan's hospital system, and services over it."""

from typing import Any

import scenes
import scenes_services
from nganam.kernel.actors import Actor

COLUMNS = [
    {"name": "id", "title": "Mã", "type": "text", "personal": False},
    {"name": "ho_ten", "title": "Họ tên", "type": "text", "personal": True},
    {"name": "ma_xa", "title": "Mã xã", "type": "text", "personal": False},
    {"name": "dia_chi.thon", "title": "Thôn", "type": "text", "personal": True},
]
VALUES: dict[str, Any] = {
    "title": "Hệ thống khám chữa bệnh", "endpoints": ["http://127.0.0.1:9/api"], "answers": "json",
    "credential_header": "x-api-key",
}  # fmt: skip
ALL = ("GET /nguoi/*", "GET /nguoi", "POST /phieu", "DELETE /nguoi/*")


def operations(*lines: str) -> list[dict[str, Any]]:
    from nganam.services.upstreams.reading import read_operations

    return read_operations("\n".join(lines))


def upstream(actor: Actor = scenes.LAN, **changes: Any) -> Any:
    """Declare a system; its operations are ``ALL``, its items ``COLUMNS``."""
    from nganam.services.upstreams.operations import declare_upstream

    contract = {"columns": COLUMNS, "operations": operations(*ALL), "records": "", "envelope": [], "soap": []}
    return declare_upstream(actor=actor, at=scenes.AT, values={**VALUES, "contract": contract, **changes})


def declared(operations: Any = None, **changes: Any) -> Any:
    """Declare a service over a new system, by lines of its operations."""
    from nganam.services.operations import declare_service

    found = upstream(**changes)
    chosen = [
        one
        for one in found.contract["operations"]
        if operations is None or f"{one['method']} {one['path']}" in operations
    ]
    names = [one["name"] for one in found.contract["columns"]]
    values = scenes.DESCRIPTION | {"operations": chosen, "lookup_columns": [], "filter_columns": []}
    return declare_service(actor=scenes.LAN, at=scenes.AT, source=found, field_names=names, values=values)


def published(**changes: Any) -> Any:
    """Publish a service over a new system."""
    return scenes_services.published(declared(**changes))
