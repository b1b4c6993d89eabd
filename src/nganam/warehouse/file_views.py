"""Officers' pages of what a version holds: its rows, and files of it to take away."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.face.sending import PART, WHOLE, send_file
from nganam.kernel.actors import Role
from nganam.warehouse import files, history, policies, queries, taking
from nganam.warehouse.forms import PARTS, FileForm, RowsForm
from nganam.warehouse.models import FILE_KINDS, Version, VersionFile

OFFICERS = (Role.FOCAL, Role.LEAD, Role.ADMIN)
ROWS_A_PAGE = 50


@door(Audience.OFFICER, roles=OFFICERS)
def ask_file(request: HttpRequest, table: str, number: int) -> HttpResponse:
    """Ask for a file of a version, or of a part of it."""
    found = queries.get_version_for(request.actor, table, number)
    kinds = files.kinds_for(found.shape, found.rows)
    columns = policies.visible(request.actor, found)
    # A filter may leave few enough rows for XLSX; whether it does is asked when it is known.
    form = FileForm(request.POST or None, columns=columns, kinds={**kinds, "xlsx": ""})
    if request.method == "POST" and form.is_valid():
        asked = attempt(form, lambda: taking.ask_file(actor=request.actor, at=request.at, version=found, **form.wish()))
        if asked:
            return redirect(asked.get_absolute_url())
    context = {
        "table": found.table,
        "version": found,
        "form": form,
        "impossible": [(FILE_KINDS[kind], why) for kind, why in kinds.items() if why],
        "withheld": [one.title for one in found.shape.columns if one not in columns],
        "pairs": [(form[f"column_{place}"], form[f"value_{place}"]) for place in range(1, PARTS + 1)],
    }
    return render(request, "warehouse/ask_file.html", context, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=OFFICERS)
def version_file(request: HttpRequest, table: str, number: int, code: str) -> HttpResponse:
    """Show a file: how far it is, what it holds, its digest; POST makes it again when it is gone."""
    found = history.get_file_for(request.actor, table, number, code)
    if request.method == "POST":
        taking.ask_again(actor=request.actor, at=request.at, file=found)
        return redirect(found.get_absolute_url())
    context = {
        "file": found,
        "table": found.version.table,
        "version": found.version,
        "titles": {one.name: one for one in found.version.shape.columns},
        "name": files.file_name(found.version, found.format),
        "here": found.is_ready and taking.place(found).is_file(),
    }
    whole = "HX-Request" not in request.headers
    return render(request, "warehouse/version_file.html" if whole else "warehouse/parts/file_body.html", context)


@door(Audience.OFFICER, roles=OFFICERS)
@require_safe
def download(request: HttpRequest, table: str, number: int, code: str) -> HttpResponseBase:
    """Send a file of a version; the address stays, and may be asked for a part."""
    return sent(request, history.get_file_for(request.actor, table, number, code))


def sent(request: HttpRequest, file: VersionFile) -> HttpResponseBase:
    """Send a file and note that it, or a part of it, was taken; a check of freshness takes nothing."""
    response = send_file(request, taking.sent(request.actor, file))
    if request.method == "GET" and response.status_code in {WHOLE, PART}:
        taking.take(actor=request.actor, at=request.at, file=file, part=response.get("Content-Range", ""))
    return response


@door(Audience.OFFICER, roles=OFFICERS)
@require_safe
def rows(request: HttpRequest, table: str) -> HttpResponse:
    """Show rows of a version: ``?version=`` its number, or ``?as_of=`` an instant (Vietnamese time), page by page."""
    newest = history.version_for(request.actor, table)
    form = _rows_form(request, newest)
    context: dict[str, Any] = {"table": newest.table, "version": newest, "form": form}
    if form.is_valid():
        context |= attempt(form, lambda: _rows(request, newest, form)) or {}
    return render(request, "warehouse/rows.html", context, status=422 if form.errors else 200)


def _rows_form(request: HttpRequest, version: Version) -> RowsForm:
    return RowsForm(request.GET, columns=policies.visible(request.actor, version))


def _rows(request: HttpRequest, newest: Version, form: RowsForm) -> dict[str, Any]:
    given = form.cleaned_data
    version = newest
    if given["version"] or given["as_of"]:
        number, as_of = given["version"], given["as_of"]
        version = history.version_for(request.actor, newest.table.code, number=number, as_of=as_of)
    filters = form.filters()
    total = min(history.count_for(request.actor, version, filters=filters), history.DEEPEST)
    page = Paginator(range(total), ROWS_A_PAGE).get_page(request.GET.get("trang"))
    start = (page.number - 1) * ROWS_A_PAGE
    found = history.rows_for(request.actor, version, filters=filters, limit=ROWS_A_PAGE, offset=start)
    return {"version": version, "rows": found.rows, "columns": found.columns, "page": page}
