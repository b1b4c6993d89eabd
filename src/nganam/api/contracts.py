"""Contracts of the warehouse's tables for programs: ODCS documents out and in, and decisions about drift."""

import hashlib
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Query, Schema

from nganam.api import files, schemas
from nganam.api.cases import router
from nganam.api.schemas import REFUSALS, Window
from nganam.warehouse import agreeing, contracting, drifting, queries
from nganam.warehouse.contract_forms import AdmitForm, ContractIn
from nganam.warehouse.contract_views import YAML
from nganam.warehouse.models import ContractVersion

PATH = "/tables/{table}/contract"
DOCUMENT: dict[str, Any] = {
    "responses": {
        **files.SENT["responses"],
        200: {"description": "Hợp đồng theo ODCS v3.1.0", "content": {YAML: {"schema": {"type": "object"}}}},
    }
}
"""What the description says of an address that sends a contract: a document, which readers of YAML take apart."""


class ContractVersionOut(Schema):
    """A version of a table's contract, and in what it differs from the one before."""

    number: str
    made_at: datetime
    by: str
    reason: str
    changes: list[str]
    readers: list[dict[str, Any]]


class ContractTaken(Schema):
    """What a document changes; ``number`` is the contract in force afterwards, ``unknown`` what of it was not taken."""

    number: str
    taken: bool
    changes: list[str]
    readers: list[dict[str, Any]]
    unknown: list[str]


class LoadOpened(Schema):
    """A load that a decision has opened."""

    code: str
    state: str


@router.get(PATH, openapi_extra=DOCUMENT, response=REFUSALS, summary="Hợp đồng dữ liệu của bảng (ODCS v3.1)")
def table_contract(request: HttpRequest, table: str) -> files.Answer:
    """Send the contract in force as ODCS v3.1.0 in YAML."""
    found = queries.get_table_for(request.actor, table)
    return _sent(request, contracting.in_force(found))


@router.get(
    f"{PATH}/versions", response={200: list[ContractVersionOut], **REFUSALS}, summary="Các phiên bản hợp đồng dữ liệu"
)
def contract_versions(request: HttpRequest, table: str, window: Query[Window]) -> list[dict[str, Any]]:
    """List the versions of a table's contract, newest first."""
    found = queries.get_table_for(request.actor, table)
    shown = ("number", "made_at", "by", "reason", "readers")
    return [
        {name: getattr(one, name) for name in shown} | {"changes": one.sentences}
        for one in window.cut(contracting.versions(found))
    ]


@router.get(
    f"{PATH}/versions/{{number}}", openapi_extra=DOCUMENT, response=REFUSALS, summary="Một phiên bản hợp đồng dữ liệu"
)
def contract_version(request: HttpRequest, table: str, number: str) -> files.Answer:
    """Send one version as ODCS v3.1.0 in YAML."""
    found = queries.get_table_for(request.actor, table)
    return _sent(request, contracting.version(found, number))


@router.put(PATH, response={200: ContractTaken, **REFUSALS}, summary="Nhập hợp đồng dữ liệu (ODCS v3.1)")
@schemas.takes(ContractIn)
def import_contract(request: HttpRequest, table: str, sent: Any) -> dict[str, Any]:
    """Make a document the table's contract, or with ``dry_run`` only tell what it would change."""
    found = queries.get_table_for(request.actor, table)
    said = dict(schemas.filled(ContractIn, sent).cleaned_data)
    only_look = said.pop("dry_run")
    seen = agreeing.preview(actor=request.actor, table=found, text=said["text"])
    if not only_look:
        agreeing.import_document(actor=request.actor, at=request.at, table=found, **said)
    return {
        "number": contracting.in_force(found).number, "taken": not only_look, "unknown": list(seen.unknown),
        "changes": [one.tell(gettext) for one in seen.changes],
        "readers": [{"code": one.code, "name": one.name, "columns": list(one.columns)} for one in seen.readers],
    }  # fmt: skip


@router.post("/loads/{code}/admission", response={201: LoadOpened, **REFUSALS}, summary="Chấp nhận sai khác và nạp")
@schemas.takes(AdmitForm)
def admit_load(request: HttpRequest, code: str, sent: Any) -> tuple[int, dict[str, Any]]:
    """Load again what drift or a broken rule stopped, by a decision that is kept."""
    found = queries.get_load_for(request.actor, code)
    said = schemas.filled(AdmitForm, sent).cleaned_data
    made = drifting.admit(actor=request.actor, at=request.at, load=found, **said)
    return 201, {"code": made.code, "state": made.state}


def _sent(request: HttpRequest, made: ContractVersion) -> files.Answer:
    content = agreeing.document(made).encode()
    digest = hashlib.sha256(content).hexdigest()
    return files.sent_bytes(request, f"{made.table.code}-{made.number}.odcs.yaml", content, YAML, digest)
