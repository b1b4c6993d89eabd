"""Scenes of agencies' own systems: Lan's hospital system, and services over it."""

from collections.abc import Callable
from typing import Any

import remembered
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


@remembered.scene
def published(**changes: Any) -> Any:
    """Publish a service over a new system."""
    return scenes_services.published(declared(**changes))


@remembered.scene
def granted(service: Any = None, application: Any = None, **scope: Any) -> Any:
    """Grant Phúc's request for an application (a new one if none is named) with a scope, and hand the account over."""
    from nganam.sharing.accounts import operations as accounts
    from nganam.sharing.requests import operations as requests

    wanted = (
        [one.name for one in service.fields.all()][:2] if service and service.upstream else scenes.REQUEST["fields"]
    )
    request = requests.draft_request(
        actor=scenes.PHUC, at=scenes.AT, application=application or scenes.application(),
        service=service or scenes.published_service(), values=scenes.REQUEST | {"fields": wanted},
    )  # fmt: skip
    request = requests.send_request(actor=scenes.PHUC, at=scenes.AT, request=request)
    account = requests.grant_request(actor=scenes.LAN, at=scenes.AT, request=request, granted=wanted, **scope)
    return accounts.hand_over(actor=scenes.PHUC, at=scenes.AT, account=account)


def token_of(account: Any) -> Callable[[], str]:
    """Give an account a secret; return what gets a token by it."""
    from django.utils import timezone

    from nganam.lgsp import operations as credentials
    from nganam.lgsp import tokens

    row, secret = credentials.issue_credential(account, actor=scenes.PHUC, at=timezone.now())
    proof = tokens.Proof(row.client_id, secret=secret)
    return lambda: tokens.issue_token(proof, at=timezone.now()).text
