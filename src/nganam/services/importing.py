"""Declaring many services by a spreadsheet (S8.2b): upload, a check of every row, then drafts, all or none.

An import makes drafts and nothing more: each is handed in and appraised like any other (S14.1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.agencies.models import Agency
from nganam.agencies.queries import agencies_on
from nganam.audit import operations as audit
from nganam.cases.operations import next_code
from nganam.cases.requirements import allow
from nganam.documents import files, media
from nganam.documents.operations import store_file
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotFound
from nganam.kernel.text import fold
from nganam.law.rules import rules_on
from nganam.services import policies, spreadsheet
from nganam.services.models import ImportFile, Service, Source, Upstream
from nganam.services.operations import declare_service
from nganam.services.spreadsheet import CodeList, Row
from nganam.warehouse.models import Table

OBJECT = "services.import"
PREFIX = "NDV"
LARGEST_NUMBER = 1_000_000
LENGTHS = {"name": 300, "name_en": 300}
VOCABULARIES = {"form": "sharing_form", "method": "sharing_method"}


@dataclass(frozen=True, slots=True)
class Known:
    """What rows are checked against, read once: tables and agencies by code, words of the law, names in use."""

    agency: str
    agencies: frozenset[str]
    sources: Mapping[str, Source]
    words: Mapping[str, Mapping[str, str]]
    names: frozenset[str]


def upload(*, actor: Actor, at: datetime, name: str, stream: files.Stream) -> ImportFile:
    """Keep a spreadsheet and return its import; the same file again leads to the import it already is.

    Call it outside a transaction: it writes the file. ``Invalid`` for another kind of file, a missing column, too many
    rows; what is wrong with single rows is for ``checked`` to say.
    """
    allow(policies.may_declare(actor))
    stored = store_file(
        name, stream, actor=actor, at=at, allowed_types={media.XLSX}, limit=spreadsheet.MOST_BYTES
    )  # fmt: skip
    spreadsheet.read(files.place(stored.sha256), stored.name)
    with transaction.atomic():
        agency = Agency.objects.get(code=actor.agency)
        known = ImportFile.objects.filter(agency=agency, file=stored).first()
        if known is not None:
            return known
        made, is_new = ImportFile.objects.get_or_create(
            agency=agency, file=stored,
            defaults={
                "code": next_code(PREFIX, at), "name": stored.name, "uploaded_at": at, "uploaded_by": actor.name,
            },
        )  # fmt: skip
        if is_new:
            audit.record(
                actor=actor, at=at, action="services.import.uploaded", object_type=OBJECT, object_code=made.code,
                agency=actor.agency, details={"name": made.name, "sha256": stored.sha256},
            )  # fmt: skip
    return made


def checked(found: ImportFile, *, actor: Actor, at: datetime) -> list[Row]:
    """Return every row of the spreadsheet with what is wrong with it now; nothing is written."""
    rows = spreadsheet.read(files.place(found.file.sha256), found.name)
    known = _known(actor, at)
    seen: dict[str, int] = {}
    for row in rows:
        _check_required(row)
        _check_place(row, known)
        _check_words(row, known)
        _check_numbers(row)
        _check_name(row, known, seen)
    return rows


def _known(actor: Actor, at: datetime) -> Known:
    day = local_date(at)
    law = rules_on(day)
    words = {
        column: {
            fold(text): one.code for one in law.vocabulary(key) if one.code != "open" for text in (one.vi, one.code)
        }
        for column, key in VOCABULARIES.items()
    }
    live = Service.objects.filter(provider__code=actor.agency).exclude(state__in=["ended", "abandoned"])
    tables = Table.objects.filter(agency__code=actor.agency).select_related("agency", "database")
    upstreams = Upstream.objects.filter(agency__code=actor.agency).select_related("agency", "database")
    return Known(
        agency=actor.agency,
        agencies=frozenset(agencies_on(day).values_list("code", flat=True)),
        sources={**{one.code: one for one in tables}, **{one.code: one for one in upstreams}},
        words=words,
        names=frozenset(fold(name) for name in live.values_list("name", flat=True)),
    )


def _check_required(row: Row) -> None:
    for column in spreadsheet.COLUMNS:
        if column.required and not row.text(column.name):
            row.blame(column.name, _("Cần điền “%(title)s”.") % {"title": column.title})


def _check_place(row: Row, known: Known) -> None:
    """Check agency, table and columns: one agency declares its own tables only."""
    agency = row.text("agency")
    if agency and agency not in known.agencies:
        row.blame("agency", _("Không có cơ quan mang mã “%(code)s”.") % {"code": agency})
    elif agency and agency != known.agency:
        row.blame("agency", _("Bạn chỉ khai báo được dịch vụ của cơ quan %(code)s.") % {"code": known.agency})
    code = row.text("table")
    source = known.sources.get(code)
    if code and source is None:
        row.blame("table", _("Cơ quan không có bảng hay hệ thống mang mã “%(code)s”.") % {"code": code})
    if source is not None:
        _check_operations(row, source)
        columns = {str(one["name"]) for one in source.contract["columns"]}
        for name in ("fields", "lookup_columns", "filter_columns"):
            unknown = [one for one in row.names(name) if one not in columns]
            if unknown:
                row.blame(name, _("Bảng không có cột: %(columns)s.") % {"columns": ", ".join(unknown)})


def _check_operations(row: Row, source: Source) -> None:
    """A service over an agency's system lists its operations; without any it offers those that read."""
    unknown = [one for one in row.names("operations") if one not in _offered(source)]
    if unknown:
        row.blame("operations", _("Nguồn không có thao tác: %(names)s.") % {"names": ", ".join(unknown)[:200]})


def _offered(source: Source) -> dict[str, dict[str, Any]]:
    return {f"{one['method']} {one['path']}": one for one in source.contract.get("operations", [])}


def _operations_of(row: Row, source: Source) -> list[dict[str, Any]]:
    offered = _offered(source)
    named = row.names("operations") or [name for name, one in offered.items() if one["method"] == "GET"]
    return [offered[name] for name in named]


def _check_words(row: Row, known: Known) -> None:
    for name, words in known.words.items():
        if row.text(name) and fold(row.text(name)) not in words:
            row.blame(name, _("“%(text)s” không có trong danh sách chọn.") % {"text": row.text(name)[:60]})
    for name, most in LENGTHS.items():
        if len(row.text(name)) > most:
            row.blame(name, _("Dài quá %(most)s ký tự.") % {"most": most})


def _check_numbers(row: Row) -> None:
    for column in spreadsheet.COLUMNS:
        text = row.text(column.name)
        if column.number and text and not (text.isascii() and text.isdigit() and 0 < int(text) <= LARGEST_NUMBER):
            row.blame(column.name, _("Phải là số nguyên từ 1 đến 1 000 000."))


def _check_name(row: Row, known: Known, seen: dict[str, int]) -> None:
    name = fold(row.text("name"))
    if not name:
        return
    if name in known.names:
        row.blame("name", _("Cơ quan đã có dịch vụ mang tên này."))
    elif name in seen:
        row.blame("name", _("Trùng tên với dòng %(line)s.") % {"line": seen[name]})
    seen.setdefault(name, row.line)


@transaction.atomic
def draft_all(*, actor: Actor, at: datetime, found: ImportFile) -> list[Service]:
    """Turn every row into a draft, or none when a row is wrong; done once, whoever asks again gets the same drafts."""
    allow(policies.may_declare(actor))
    if found.agency.code != actor.agency:
        raise NotFound(_("Không có tệp nhập này."))
    mine = ImportFile.objects.filter(pk=found.pk, drafted_at__isnull=True)
    if not mine.update(drafted_at=at, drafted_by=actor.name):
        return list(found.services.order_by("code"))
    rows = checked(found, actor=actor, at=at)
    _refuse_faulty(rows)
    known = _known(actor, at)
    made = [_draft(row, known, found, actor=actor, at=at) for row in rows]
    audit.record(
        actor=actor, at=at, action="services.import.drafted", object_type=OBJECT, object_code=found.code,
        agency=actor.agency, details={"services": [one.code for one in made]},
    )  # fmt: skip
    return made


def _refuse_faulty(rows: list[Row]) -> None:
    wrong = [row for row in rows if row.faults]
    if wrong:
        message = _("Còn %(count)s dòng sai nên chưa tạo bản khai nào.") % {"count": len(wrong)}
        raise Invalid(message, hint=_("Sửa các ô được nêu trong tệp rồi tải lại."))


def _draft(row: Row, known: Known, found: ImportFile, *, actor: Actor, at: datetime) -> Service:
    numbers = {name: int(row.text(name)) for name in ("rate_per_minute", "usage_term_days") if row.text(name)}
    texts = {
        name: row.text(name)
        for name in (
            "name", "name_en", "description", "parameters", "technical_docs", "structure", "capacity", "access_notes",
            "no_data", "not_permitted",
        )
        if row.text(name)
    }  # fmt: skip
    words = {name: known.words[name][fold(row.text(name))] for name in VOCABULARIES}
    columns = {name: row.names(name) for name in ("lookup_columns", "filter_columns")}
    source = known.sources[row.text("table")]
    return declare_service(
        actor=actor, at=at, source=source, field_names=row.names("fields"),
        values={**texts, **words, **columns, **numbers, "operations": _operations_of(row, source)}, imported_from=found,
    )  # fmt: skip


def template_for(actor: Actor, at: datetime) -> bytes:
    """Return the workbook to fill in, with the codes of the agency's tables and of all agencies."""
    allow(policies.may_declare(actor))
    day = local_date(at)
    law = rules_on(day)
    choices = {
        column: [one.vi for one in law.vocabulary(key) if one.code != "open"] for column, key in VOCABULARIES.items()
    }
    columns = [
        [table.code, table.title, str(column["name"]), str(column.get("title", "")), str(column["type"])]
        for table in Table.objects.filter(agency__code=actor.agency)
        for column in table.contract["columns"]
    ]
    columns += [
        [one.code, one.title, str(column["name"]), str(column["title"]), str(column["type"])]
        for one in Upstream.objects.filter(agency__code=actor.agency)
        for column in one.contract["columns"]
    ]
    agencies = [list(pair) for pair in agencies_on(day).order_by("code").values_list("code", "name")]
    lists = (
        CodeList("Bảng và cột", ("Mã bảng", "Tên bảng", "Mã cột", "Tên cột", "Kiểu"), columns),
        CodeList("Cơ quan", ("Mã cơ quan", "Tên cơ quan"), agencies),
    )
    return spreadsheet.template(lists, choices)
