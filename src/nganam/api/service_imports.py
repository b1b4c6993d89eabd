"""Declaring many services by a spreadsheet (S8.2b), from a program: the template, the upload, the check, the drafts."""

import hashlib
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Schema

from nganam.api import files, schemas
from nganam.api.cases import router
from nganam.api.schemas import REFUSALS, Window
from nganam.cases.requirements import allow
from nganam.documents.media import XLSX
from nganam.services import importing, policies, queries
from nganam.services.forms import UploadForm
from nganam.services.models import ImportFile

IMPORTS = "/service-imports"


class FaultOut(Schema):
    """What is wrong with a cell of the sheet (``B7``)."""

    cell: str
    text: str


class RowOut(Schema):
    """A row of the sheet: what it says, and what keeps it from becoming a draft."""

    line: int
    texts: dict[str, str]
    faults: list[FaultOut]


class ImportOut(files.FileOut):
    """A spreadsheet of the agency."""

    code: str
    uploaded_at: datetime
    uploaded_by: str
    drafted_at: datetime | None
    drafted_by: str


class ImportDetail(ImportOut):
    """A spreadsheet with its rows while they are no drafts, and the services they became."""

    rows: list[RowOut]
    services: list[str]


def _told(found: ImportFile) -> dict[str, Any]:
    shown = ("code", "uploaded_at", "uploaded_by", "drafted_at", "drafted_by")
    return files.told(found.name, found.file) | {name: getattr(found, name) for name in shown}


def _detail(request: HttpRequest, code: str) -> dict[str, Any]:
    found = queries.get_import_for(request.actor, code)
    rows = [] if found.drafted_at else importing.checked(found, actor=request.actor, at=request.at)
    made = found.services.order_by("code").values_list("code", flat=True)
    return {**_told(found), "rows": rows, "services": list(made)}


@router.get(IMPORTS, response={200: list[ImportOut], **REFUSALS}, summary="Tệp khai báo nhiều dịch vụ")
def service_imports(request: HttpRequest, window: Query[Window]) -> list[dict[str, Any]]:
    """List the spreadsheets of the officer's agency, latest first."""
    return [_told(one) for one in window.cut(queries.imports_for(request.actor))]


@router.get(f"{IMPORTS}/template", openapi_extra=files.SENT, response=REFUSALS, summary="Mẫu khai báo nhiều dịch vụ")
def import_template(request: HttpRequest) -> files.Answer:
    """Send the workbook to fill in."""
    allow(policies.may_declare(request.actor))
    made = importing.template_for(request.actor, request.at)
    digest = hashlib.sha256(made).hexdigest()
    return files.sent_bytes(request, "mau-khai-bao-dich-vu.xlsx", made, XLSX, digest)


@router.post(IMPORTS, response={201: ImportDetail, **REFUSALS}, summary="Gửi tệp khai báo nhiều dịch vụ")
@schemas.takes(UploadForm)
def send_import(request: HttpRequest, sent: Any) -> tuple[int, dict[str, Any]]:
    """Keep a spreadsheet and check its rows; the same file again is the import it already is."""
    allow(policies.may_declare(request.actor))
    file = schemas.filled(UploadForm, sent).cleaned_data["file"]
    made = importing.upload(actor=request.actor, at=request.at, name=file.name, stream=file)
    return 201, _detail(request, made.code)


@router.get(f"{IMPORTS}/{{code}}", response={200: ImportDetail, **REFUSALS}, summary="Xem tệp khai báo")
def service_import(request: HttpRequest, code: str) -> dict[str, Any]:
    """Show a spreadsheet row by row, with what is wrong with it now."""
    return _detail(request, code)


@router.get(f"{IMPORTS}/{{code}}/file", openapi_extra=files.SENT, response=REFUSALS, summary="Tải tệp khai báo")
def import_file(request: HttpRequest, code: str) -> files.Answer:
    """Send the spreadsheet as it came in."""
    found = queries.get_import_for(request.actor, code)
    return files.sent(request, found.name, found.file)


@router.post(f"{IMPORTS}/{{code}}/drafts", response={200: ImportDetail, **REFUSALS}, summary="Tạo các bản khai nháp")
def draft_import(request: HttpRequest, code: str) -> dict[str, Any]:
    """Turn every row into a draft, all or none."""
    found = queries.get_import_for(request.actor, code)
    importing.draft_all(actor=request.actor, at=request.at, found=found)
    return _detail(request, code)
