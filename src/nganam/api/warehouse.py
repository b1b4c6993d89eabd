"""Tables of the warehouse for an agency's own programs: versions, rows of any of them, and files to take away."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from nganam.api.auth import OfficerKey
from nganam.api.files import SENT
from nganam.api.schemas import REFUSALS, Sent, Window
from nganam.kernel.errors import Invalid
from nganam.warehouse import file_views, history, progress, queries, taking
from nganam.warehouse.models import Version, VersionFile

router = Router(auth=OfficerKey(), tags=["Kho dữ liệu"])
MOST_ROWS = 1000
MOST_COLUMNS = 300
LAST_VERSION = 2**31 - 1
VERSIONS = "/tables/{table}/versions"
FILES = VERSIONS + "/{number}/files"
FILE = FILES + "/{code}"


class TableVersionOut(Schema):
    """A committed version of a table; ``sha256`` digests its rows."""

    number: int
    committed_at: datetime
    rows: int
    added: int
    changed: int
    removed: int
    sha256: str


class FileAsked(Sent):
    """What a file is to hold: ``columns`` none is all, ``filters`` are values rows must have, by column."""

    format: str = Field(max_length=20)
    columns: list[str] = Field([], max_length=MOST_COLUMNS)
    filters: dict[str, str] = Field({}, max_length=20)


class VersionFileOut(Schema):
    """A file of a version: ``state`` says whether ``content``, its lasting address, can be fetched."""

    code: str
    version: int
    format: str
    columns: list[str]
    filters: dict[str, Any]
    state: str
    asked_at: datetime
    asked_by: str
    rows: int | None
    size: int | None
    sha256: str
    made_at: datetime | None
    fault: str
    content: str


class RowsOut(Schema):
    """Rows of a version in key order; days and instants as ISO text."""

    version: int
    committed_at: datetime
    columns: list[str]
    rows: list[dict[str, Any]]


class RowsAsked(Schema):
    """Which rows: of a version or of the one present at an instant; ``filter`` is ``column=value``, also repeated."""

    version: int | None = Field(None, ge=1, le=LAST_VERSION)
    as_of: datetime | None = Field(None, description="Thời điểm có múi giờ, ví dụ 2026-11-24T09:00:00+07:00")
    filter: list[str] = Field([], max_length=20)
    column: list[str] = Field([], max_length=MOST_COLUMNS)
    limit: int = Field(100, ge=1, le=MOST_ROWS)
    offset: int = Field(0, ge=0, le=history.DEEPEST)


class ProgressOut(Schema):
    """How far a running load is; ``done`` of ``whole`` in ``unit`` (bytes, rows, estimate: rows of the last version).

    ``whole`` 0: nobody knows how far the step is. ``is_stale``: no sign of life, the worker will do it again.
    """

    step: str
    name: str
    number: int
    steps: list[str]
    read: int | None
    done: int
    whole: int
    unit: str
    started_at: datetime
    step_at: datetime
    moved_at: datetime
    is_stale: bool


class LoadOut(Schema):
    """A load: its state, its rows once it has counted them, why it failed, and while it runs how far it is."""

    code: str
    table: str
    state: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    read: int | None
    accepted: int | None
    rejected: int | None
    message: str
    progress: ProgressOut | None


@router.get("/loads/{code}", response={200: LoadOut, **REFUSALS}, summary="Một lượt nạp và tiến trình của nó")
def table_load(request: HttpRequest, code: str) -> dict[str, Any]:
    """Return how a load of a table of the caller's agency is, and while it runs how far it is."""
    found = queries.get_load_for(request.actor, code)
    shown = ("code", "state", "created_at", "started_at", "ended_at", "read", "accepted", "rejected", "message")
    told = {name: getattr(found, name) for name in shown}
    return {**told, "table": found.table.code, "progress": progress.of(found, at=request.at)}


@router.get(VERSIONS, response={200: list[TableVersionOut], **REFUSALS}, summary="Các phiên bản của bảng")
def table_versions(request: HttpRequest, table: str, window: Query[Window]) -> list[Version]:
    """List the versions of a table of the caller's agency, newest first."""
    return window.cut(history.versions_for(request.actor, table))


@router.get("/tables/{table}/rows", response={200: RowsOut, **REFUSALS}, summary="Các dòng của một phiên bản")
def table_rows(request: HttpRequest, table: str, asked: Query[RowsAsked]) -> dict[str, Any]:
    """Return rows of the newest version, of a numbered one, or of the one present at an instant."""
    if asked.as_of is not None and asked.as_of.tzinfo is None:
        told = _("Thời điểm cần múi giờ, ví dụ 2026-11-24T09:00:00+07:00.")
        raise Invalid(told, fields={"as_of": [told]})
    version = history.version_for(request.actor, table, number=asked.version, as_of=asked.as_of)
    filters = _filters(asked.filter)
    found = history.rows_for(
        request.actor, version, filters=filters, limit=asked.limit, offset=asked.offset, shown=asked.column
    )
    history.note_read(actor=request.actor, at=request.at, found=found, filters=filters, offset=asked.offset)
    return {
        "version": version.number,
        "committed_at": version.committed_at,
        "columns": [one.name for one in found.columns],
        "rows": found.rows,
    }


def _filters(told: list[str]) -> dict[str, str]:
    found = {}
    for one in told:
        column, sign, value = one.partition("=")
        if not sign:
            text = _("Ghi điều kiện dạng cột=giá trị.")
            raise Invalid(text, fields={"filter": [text]})
        found[column] = value
    return found


@router.get(FILES, response={200: list[VersionFileOut], **REFUSALS}, summary="Các tệp của một phiên bản")
def version_files(request: HttpRequest, table: str, number: int, window: Query[Window]) -> list[dict[str, Any]]:
    """List the files made or asked of a version, newest first."""
    version = queries.get_version_for(request.actor, table, number)
    return [_file(one) for one in window.cut(history.files_for(request.actor, version))]


@router.post(FILES, response={202: VersionFileOut, **REFUSALS}, summary="Yêu cầu tạo tệp của một phiên bản")
def ask_version_file(request: HttpRequest, table: str, number: int, sent: FileAsked) -> tuple[int, dict[str, Any]]:
    """Ask for a file; the same wish is the same file, made once. The worker makes it: ask its address how far it is."""
    version = queries.get_version_for(request.actor, table, number)
    asked = taking.ask_file(
        actor=request.actor, at=request.at, version=version, kind=sent.format, columns=sent.columns,
        filters=sent.filters,
    )  # fmt: skip
    return 202, _file(asked)


@router.get(FILE, response={200: VersionFileOut, **REFUSALS}, summary="Một tệp của phiên bản")
def version_file(request: HttpRequest, table: str, number: int, code: str) -> dict[str, Any]:
    """Return how far a file is, its size and digest."""
    return _file(history.get_file_for(request.actor, table, number, code))


@router.post(f"{FILE}/again", response={202: VersionFileOut, **REFUSALS}, summary="Tạo lại tệp đã dọn")
def ask_version_file_again(request: HttpRequest, table: str, number: int, code: str) -> tuple[int, dict[str, Any]]:
    """Have a file made again that was removed, lost or not made; its address stays."""
    found = history.get_file_for(request.actor, table, number, code)
    return 202, _file(taking.ask_again(actor=request.actor, at=request.at, file=found))


@router.get(f"{FILE}/content", response={200: Any, **REFUSALS}, summary="Tải tệp của phiên bản", openapi_extra=SENT)
def version_file_content(request: HttpRequest, table: str, number: int, code: str) -> HttpResponseBase:
    """Send the file, or the part that ``Range`` names; ``ETag`` and ``Repr-Digest`` hold its SHA-256."""
    return file_views.sent(request, history.get_file_for(request.actor, table, number, code))


@router.api_operation(["HEAD"], f"{FILE}/content", response={200: Any, **REFUSALS}, include_in_schema=False)
def version_file_head(request: HttpRequest, table: str, number: int, code: str) -> HttpResponseBase:
    """Tell size, ETag and digest of the file without its content."""
    return file_views.sent(request, history.get_file_for(request.actor, table, number, code))


def _file(one: VersionFile) -> dict[str, Any]:
    shown = (
        "code", "format", "columns", "filters", "state", "asked_at", "asked_by", "rows", "size", "sha256", "made_at",
        "fault",
    )  # fmt: skip
    where = {"table": one.version.table.code, "number": one.version.number, "code": one.code}
    content = reverse("api:version_file_content", kwargs=where)
    return {**{name: getattr(one, name) for name in shown}, "version": one.version.number, "content": content}
