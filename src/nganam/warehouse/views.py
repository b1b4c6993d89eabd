"""Officers' pages of the warehouse."""

import csv
import re
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.face.paging import page_of
from nganam.kernel.actors import Role
from nganam.warehouse import (
    contracting,
    history,
    operations,
    policies,
    progress,
    queries,
    recoded,
    screening,
    sourcing,
    taking,
    trying,
)
from nganam.warehouse.contract_views import beside
from nganam.warehouse.engine import rejected
from nganam.warehouse.files import MEDIA_TYPES
from nganam.warehouse.forms import (
    AdmitForm,
    BaseColumnFormSet,
    ColumnFormSet,
    MendForm,
    ReadingForm,
    RestoreForm,
    SampleForm,
    SourceForm,
    TableForm,
    UploadForm,
    detected_columns,
    initial_columns,
    initial_reading,
    initial_source,
    seen_columns,
)
from nganam.warehouse.models import Load, SourceKind, Table, Version
from nganam.warehouse.transforms import planning
from nganam.warehouse.uploads import LimitedUploadHandler

OFFICERS = (Role.FOCAL, Role.LEAD, Role.ADMIN)
MOST_OTHERS = 200
"""Versions to choose from: older ones are reached by their number in the address."""
MOST_FILES = 50
NUMBER = re.compile(r"[0-9]{1,9}")
BLANK_ROWS = 5
PREVIEW_ROWS = 20


@door(Audience.OFFICER, roles=OFFICERS)
def tables(request: HttpRequest) -> HttpResponse:
    """List the tables and sources the officer works with."""
    context = {
        "tables": page_of(queries.listed_for(request.actor), request.GET),
        "sources": queries.sources_for(request.actor),
        "may_declare": not policies.may_declare(request.actor, request.actor.agency),
        "states": {state.name: state for state in Load.MACHINE.states},
    }
    return render(request, "warehouse/tables.html", context)


@sensitive_post_parameters("password")
@door(Audience.OFFICER, roles=(Role.FOCAL,))
def declare_source(request: HttpRequest) -> HttpResponse:
    """Declare a source."""
    form = SourceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: sourcing.declare_source(
                actor=request.actor, at=request.at, agency=request.actor.agency, **form.values()
            ),
        )
        if made:
            return redirect(made.get_absolute_url())
    return render(request, "warehouse/declare_source.html", {"form": form})


@door(Audience.OFFICER, roles=OFFICERS)
def source(request: HttpRequest, code: str) -> HttpResponse:
    """Show a source: where it is, what the last try said and saw, its tables and loads."""
    found = queries.get_source_for(request.actor, code)
    context = {
        "source": found,
        "tables": found.tables.all()[:MOST_OTHERS],
        "loads": found.loads.select_related("table")[:20],
        "may_change": not policies.may_declare(request.actor, found.agency.code),
    }
    return render(request, "warehouse/source.html", context)


@sensitive_post_parameters("password")
@door(Audience.OFFICER, roles=(Role.FOCAL,))
def change_source(request: HttpRequest, code: str) -> HttpResponse:
    """Change where a source is."""
    found = queries.get_source_for(request.actor, code)
    if found.kind == SourceKind.REST:
        return redirect("warehouse:change_api", code=found.code)
    form = SourceForm(request.POST or None, initial=initial_source(found))
    if request.method == "POST" and form.is_valid():
        values = form.values()
        fresh = queries.get_source_for(request.actor, code)  # a refused change leaves the page's own copy as it was
        if attempt(form, lambda: sourcing.change_source(actor=request.actor, at=request.at, source=fresh, **values)):
            return redirect(fresh.get_absolute_url())
    return render(request, "warehouse/declare_source.html", {"form": form, "source": found})


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def try_source(request: HttpRequest, code: str) -> HttpResponse:
    """Connect to a source and look at its first rows (POST)."""
    found = queries.get_source_for(request.actor, code)
    if request.method == "POST":
        trying.try_source(actor=request.actor, at=request.at, source=found)
    return redirect(found.get_absolute_url() + "#thu")


@csrf_exempt
@door(Audience.OFFICER, roles=(Role.FOCAL,))
def declare_table(request: HttpRequest) -> HttpResponseBase:
    """Declare a table; a sample file fills in its columns."""
    _limit_upload(request)
    return _declare_table(request)


@csrf_protect
def _declare_table(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("nguon", "")
    seen = queries.get_source_for(request.actor, asked) if asked else None
    form = TableForm(request.POST or None, agency=request.actor.agency, initial={"source": seen} if seen else None)
    columns = _column_formset(request, seen_columns(seen.seen) if seen else [])
    sample = SampleForm(request.POST, request.FILES) if "detect" in request.POST else SampleForm()
    if request.method == "POST" and not _only_refills(request):
        if form.is_valid() and (form.cleaned_data["yaml"] or columns.is_valid()):
            made = attempt(form, lambda: _declare(request, form, columns))
            if made:
                return redirect("warehouse:table", table=made.code)
    elif request.method == "POST":
        form = _forgiving(form)
        columns = _refilled(request, sample, columns)
    context = {"form": form, "columns": columns, "sample": sample, "limit": settings.NGANAM_UPLOAD_LIMIT}
    return render(request, "warehouse/declare_table.html", context)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def change_table(request: HttpRequest, table: str) -> HttpResponse:
    """Change a table's declaration."""
    found = queries.get_table_for(request.actor, table)
    written_on = {"seen": contracting.in_force(found).number}
    form = TableForm(request.POST or None, instance=found, agency=found.agency.code, initial=written_on)
    columns = _column_formset(request, initial_columns(found.shape))
    if request.method == "POST" and "more" in request.POST:
        form = _forgiving(form)
        columns = _more_rows(columns)
    elif request.method == "POST" and form.is_valid() and (form.cleaned_data["yaml"] or columns.is_valid()):
        fresh = queries.get_table_for(request.actor, table)  # the form has written into its own copy
        if attempt(form, lambda: _change(request, fresh, form, columns)):
            return redirect("warehouse:table", table=fresh.code)
    return render(request, "warehouse/declare_table.html", {"form": form, "columns": columns, "table": found})


@door(Audience.OFFICER, roles=OFFICERS)
def table(request: HttpRequest, table: str) -> HttpResponse:
    """Show a table: current version, first rows, columns with their profile, versions, loads."""
    found = queries.get_table_for(request.actor, table)
    running = queries.active_load(found)
    told = {"table": found, "running": running, "progress": running and progress.of(running, at=request.at)}
    if "HX-Request" in request.headers:
        return render(request, "warehouse/parts/running.html", {**told, "last": found.loads.first()})
    version = queries.current_version(found)
    context = {
        **told,
        "version": version,
        "model": planning.model_of(found),
        "columns": version.shape.columns if version else found.shape.columns,
        "rows": queries.rows(found, version=version, limit=PREVIEW_ROWS) if version else [],
        "visible": policies.visible(request.actor, version) if version else (),
        "profile": {one.name: one for one in queries.profile_of(version)} if version else {},
        "versions": found.versions.select_related("load")[:20],
        "removed": queries.removed_versions(found),
        "loads": found.loads.select_related("made")[:20],
        "may_load": not policies.may_load(request.actor, found.agency.code),
        "admissions": found.finding_admissions.select_related("load"),
        "erasures": found.erasures.all()[:MOST_OTHERS],
    }
    return render(request, "warehouse/table.html", context)


@csrf_exempt
@door(Audience.OFFICER, roles=(Role.FOCAL,))
def start_load(request: HttpRequest, table: str) -> HttpResponseBase:
    """Load a table from an uploaded file."""
    _limit_upload(request)
    return _start_load(request, table)


@csrf_protect
def _start_load(request: HttpRequest, code: str) -> HttpResponse:
    found = queries.get_table_for(request.actor, code)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file: UploadedFile[bytes] = form.cleaned_data["file"]
        upload = operations.Upload(file.name or "", file.chunks())
        load = attempt(
            form,
            lambda: operations.start_load(
                actor=request.actor, at=request.at, table=found, upload=upload, asked=form.asked()
            ),
        )
        if load:
            return redirect("warehouse:load", code=load.code)
    context = {
        "table": found,
        "form": form,
        "limit": settings.NGANAM_UPLOAD_LIMIT,
        "running": queries.active_load(found),
    }
    return render(request, "warehouse/start_load.html", context, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def load_from_source(request: HttpRequest, table: str) -> HttpResponse:
    """Load a table from its declared source (POST)."""
    found = queries.get_table_for(request.actor, table)
    started: list[Load] = []
    if request.method != "POST":
        return redirect("warehouse:start_load", table=found.code)

    def deed() -> None:
        whole = "whole" in request.POST
        started.append(operations.start_load(actor=request.actor, at=request.at, table=found, whole=whole))

    answer = press(request, deed, to=found.get_absolute_url(), done=_("Đã bắt đầu đọc nguồn."))
    return redirect("warehouse:load", code=started[0].code) if started else answer


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def load_again(request: HttpRequest, code: str) -> HttpResponse:
    """Load the file of an earlier load again, read in another way."""
    found = queries.get_load_for(request.actor, code)
    form = ReadingForm(request.POST or None, initial=initial_reading(found))
    if request.method == "POST" and form.is_valid():
        started = attempt(
            form,
            lambda: operations.load_again(actor=request.actor, at=request.at, load=found, asked=form.asked()),
        )
        if started:
            return redirect("warehouse:load", code=started.code)
    context = {"load": found, "table": found.table, "form": form}
    return render(request, "warehouse/load_again.html", context, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=OFFICERS)
def rejected_workbook(request: HttpRequest, code: str) -> HttpResponseBase:
    """Give all rejected rows as a workbook to mend: every cell is text, so zeros at the beginning stay."""
    found = queries.get_load_for(request.actor, code)
    rows = taking.take_rejected(actor=request.actor, at=request.at, load=found, kind="xlsx")
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it once it is sent
    rejected.write_xlsx(file, rows)
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=f"{found.code}-dong-bi-loai.xlsx", content_type=MEDIA_TYPES["xlsx"]
    )


@csrf_exempt
@door(Audience.OFFICER, roles=(Role.FOCAL,))
def mend_rows(request: HttpRequest, code: str) -> HttpResponseBase:
    """Take the rejected rows of a load back, mended (POST); the form stands on the load's page."""
    _limit_upload(request)
    return _mend_rows(request, code)


@csrf_protect
def _mend_rows(request: HttpRequest, code: str) -> HttpResponse:
    found = queries.get_load_for(request.actor, code)
    if request.method != "POST":
        return redirect("warehouse:load", code=found.code)
    form = MendForm(request.POST, request.FILES)
    if form.is_valid():
        file: UploadedFile[bytes] = form.cleaned_data["file"]
        upload = operations.Upload(file.name or "", file.chunks())
        made = attempt(
            form, lambda: operations.mend_rows(actor=request.actor, at=request.at, load=found, upload=upload)
        )
        if made:
            return redirect("warehouse:load", code=made.code)
    return render(request, "warehouse/load.html", _load_context(request, found, form), status=422)


@door(Audience.OFFICER, roles=OFFICERS)
def load(request: HttpRequest, code: str) -> HttpResponse:
    """Show a load: how far it is, what was found about the file, what was rejected and why, what changed."""
    found = queries.get_load_for(request.actor, code)
    context = _load_context(request, found, MendForm())
    whole = "HX-Request" not in request.headers
    return render(request, "warehouse/load.html" if whole else "warehouse/parts/load_body.html", context)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def admit_findings(request: HttpRequest, code: str) -> HttpResponse:
    """Let in what a load stopped for (POST); the form stands on the load's page."""
    found = queries.get_load_for(request.actor, code)
    if request.method != "POST":
        return redirect("warehouse:load", code=found.code)
    form = AdmitForm(request.POST)
    if form.is_valid():
        made = attempt(
            form,
            lambda: operations.admit_findings(
                actor=request.actor, at=request.at, load=found, reason=form.cleaned_data["reason"]
            ),
        )
        if made:
            return redirect("warehouse:load", code=made.code)
    return render(request, "warehouse/load.html", _load_context(request, found, MendForm(), form), status=422)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def withdraw_admission(request: HttpRequest, table: str, number: int) -> HttpResponse:
    """Let a kind of finding in no longer (POST)."""
    found = queries.get_table_for(request.actor, table)
    if request.method != "POST":
        return redirect("warehouse:table", table=found.code)
    admission = queries.get_admission_for(request.actor, table, number)

    def deed() -> None:
        operations.withdraw_admission(actor=request.actor, at=request.at, admission=admission)

    return press(request, deed, to=found.get_absolute_url(), done=_("Đã thôi chấp nhận; lần nạp sau lại bị chặn."))


def _load_context(
    request: HttpRequest, found: Load, form: MendForm, admit_form: AdmitForm | None = None
) -> dict[str, Any]:
    version = getattr(found, "made", None)
    gone = version is not None and version.removed_at is not None  # it is told of, its rows are not there
    version = None if gone else version
    may = found.is_final and not policies.may_load(request.actor, found.table.agency.code)
    return {
        "limit": settings.NGANAM_UPLOAD_LIMIT,
        "admit_form": (admit_form or AdmitForm()) if may and found.fault in screening.STOPS else None,
        "mend_form": form if may and found.rejected else None,
        "why_not_mended": queries.why_not_mended(found.mends or found) if may and found.rejected else "",
        "mended": queries.mended_of(found) if found.rejected else 0,
        "mendings": found.mendings.order_by("pk")[:MOST_OTHERS] if found.rejected else [],
        "load": found,
        "progress": progress.of(found, at=request.at),
        "version": version,
        "gone": gone,
        "changes": queries.changes(version, limit=50) if version and version.number > 1 else [],
        "may_load_again": may and found.landing_sha and found.is_whole and found.model is None,
        "columns": policies.visible(request.actor, version) if version else (),
        "withheld": policies.may_see_rejected(request.actor, found),
        "page": Paginator(queries.rejected_rows(found), 50).get_page(request.GET.get("trang")),
    } | beside(request, found)


@door(Audience.OFFICER, roles=OFFICERS)
def rejected_rows(request: HttpRequest, code: str) -> HttpResponseBase:
    """Give all rejected rows as a CSV file."""
    found = queries.get_load_for(request.actor, code)
    rows = taking.take_rejected(actor=request.actor, at=request.at, load=found, kind="csv")
    answer = StreamingHttpResponse(_csv_lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{found.code}-dong-bi-loai.csv"'
    return answer


@door(Audience.OFFICER, roles=OFFICERS)
def version(request: HttpRequest, table: str, number: int) -> HttpResponse:
    """Show a version: how it came about and in what it differs from the one before."""
    found = queries.get_version_for(request.actor, table, number)
    return render(request, "warehouse/version.html", _version_context(request, found, RestoreForm()))


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def restore_version(request: HttpRequest, table: str, number: int) -> HttpResponse:
    """Make an earlier version the present one again (POST)."""
    found = queries.get_version_for(request.actor, table, number)
    if request.method != "POST":
        return redirect("warehouse:version", table=found.table.code, number=found.number)
    form = RestoreForm(request.POST)
    if form.is_valid():
        started = attempt(
            form,
            lambda: operations.restore_version(
                actor=request.actor, at=request.at, version=found, reason=form.cleaned_data["reason"]
            ),
        )
        if started:
            return redirect("warehouse:load", code=started.code)
    return render(request, "warehouse/version.html", _version_context(request, found, form), status=422)


def _version_context(request: HttpRequest, found: Version, form: RestoreForm) -> dict[str, Any]:
    others = found.table.versions.exclude(pk=found.pk)
    asked = request.GET.get("so-voi", "")
    other = others.filter(number=int(asked)).first() if NUMBER.fullmatch(asked) else None
    before = other or queries.previous_version(found)
    present = queries.current_version(found.table)
    may = not policies.may_load(request.actor, found.table.agency.code)
    visible = policies.visible(request.actor, found)
    return {
        "files": history.files_for(request.actor, found)[:MOST_FILES],
        "table": found.table,
        "version": found,
        "before": before,
        "others": others[:MOST_OTHERS],
        "difference": queries.difference_between(other, found) if other else found,
        "compared": other,
        "restore_form": form,
        "may_restore": may and present is not None and present.pk != found.pk,
        "changes": queries.changes(found, since=before, limit=200) if before else [],
        "rows": queries.rows(found.table, version=found, limit=PREVIEW_ROWS),
        "columns": visible,
        "coded": recoded.coded_columns(found, request.actor),
        "lineage": queries.lineage(found),
    }


def _limit_upload(request: HttpRequest) -> None:
    """Put the limiting handler in place; it must happen before anything reads the body, hence the two-part views."""
    if request.method == "POST":
        request.upload_handlers = [LimitedUploadHandler(request)]


def _column_formset(request: HttpRequest, initial: list[dict[str, Any]]) -> BaseColumnFormSet:
    if request.method == "POST":
        return cast("BaseColumnFormSet", ColumnFormSet(request.POST, prefix="cot"))
    return _filled(initial)


def _filled(rows: list[dict[str, Any]], blank: int = BLANK_ROWS) -> BaseColumnFormSet:
    return cast("BaseColumnFormSet", ColumnFormSet(initial=rows + [{}] * blank, prefix="cot"))


def _only_refills(request: HttpRequest) -> bool:
    """Say whether a button was pressed that only redraws the form: more rows, or columns from a sample."""
    return "more" in request.POST or "detect" in request.POST


def _forgiving(form: TableForm) -> TableForm:
    """Return the form with what was typed and no complaints yet: nothing was asked to be saved."""
    typed = {name: form.data.get(name, "") for name in form.fields}
    return TableForm(initial=typed, instance=form.instance if form.instance.pk else None, agency=form.agency)


def _refilled(request: HttpRequest, sample: SampleForm, columns: BaseColumnFormSet) -> BaseColumnFormSet:
    file = request.FILES.get("sample")
    if "detect" not in request.POST or not sample.is_valid() or file is None:
        return _more_rows(columns)
    headings = attempt(sample, lambda: operations.headings_of(operations.Upload(file.name or "", file.chunks())))
    return _filled(detected_columns(headings)) if headings else _more_rows(columns)


def _more_rows(columns: BaseColumnFormSet) -> BaseColumnFormSet:
    typed = [{name: one.data.get(one.add_prefix(name), "") for name in one.fields} for one in columns.forms]
    kept = [row for row in typed if row.get("name") or row.get("title")]
    return _filled(kept, blank=BLANK_ROWS * 2)


def _declare(request: HttpRequest, form: TableForm, columns: BaseColumnFormSet) -> Table:
    return operations.declare_table(
        actor=request.actor, at=request.at, agency=request.actor.agency, code=form.cleaned_data["code"],
        title=form.cleaned_data["title"], columns=_columns(form, columns), **form.values(),
    )  # fmt: skip


def _change(request: HttpRequest, table: Table, form: TableForm, columns: BaseColumnFormSet) -> Table:
    return operations.change_table(
        actor=request.actor, at=request.at, table=table, title=form.cleaned_data["title"],
        columns=_columns(form, columns), reason=form.cleaned_data["reason"], confirmed=form.cleaned_data["confirmed"],
        seen=form.cleaned_data["seen"],
        **form.values(),
    )  # fmt: skip


def _columns(form: TableForm, columns: BaseColumnFormSet) -> list[dict[str, Any]]:
    text = form.cleaned_data["yaml"]
    return operations.columns_from_yaml(text) if text else columns.columns()


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        return value


def _csv_lines(rows: Iterator[list[str]]) -> Iterator[str]:
    yield "\ufeff"
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow(row)
