"""Officers' pages for declaring many services by a spreadsheet."""

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from nganam.documents.media import XLSX
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.face.paging import page_of
from nganam.kernel.actors import Role
from nganam.services import importing, queries, spreadsheet
from nganam.services.forms import UploadForm
from nganam.warehouse.uploads import LimitedUploadHandler


@csrf_exempt
@door(Audience.OFFICER, roles=(Role.FOCAL,))
def imports(request: HttpRequest) -> HttpResponseBase:
    """Take a spreadsheet of services, and list those the agency sent before."""
    if request.method == "POST":  # before anything reads the body, hence the two-part view
        request.upload_handlers = [LimitedUploadHandler(request)]
    return _imports(request)


@csrf_protect
def _imports(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        file: UploadedFile[bytes] = form.cleaned_data["file"]
        sent = attempt(
            form,
            lambda: importing.upload(actor=request.actor, at=request.at, name=file.name or "", stream=file),
        )
        if sent:
            return redirect(sent)
    context = {
        "form": form,
        "page": page_of(queries.imports_for(request.actor), request.GET),
        "columns": spreadsheet.COLUMNS,
        "limit": spreadsheet.MOST_BYTES,
        "most_rows": spreadsheet.MOST_ROWS,
    }
    return render(request, "services/imports.html", context, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def template(request: HttpRequest) -> HttpResponse:
    """Send the workbook to fill in."""
    answer = HttpResponse(importing.template_for(request.actor, request.at), content_type=XLSX)
    answer["Content-Disposition"] = 'attachment; filename="mau-khai-bao-dich-vu.xlsx"'
    return answer


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def import_file(request: HttpRequest, code: str) -> HttpResponse:
    """Preview a spreadsheet row by row (GET); turn it into drafts (POST)."""
    found = queries.get_import_for(request.actor, code)
    if request.method == "POST":
        return press(
            request,
            lambda: importing.draft_all(actor=request.actor, at=request.at, found=found),
            to=found.get_absolute_url(), done=_("Đã tạo các bản khai nháp; hãy xem lại rồi gửi thẩm định."),
        )  # fmt: skip
    rows = [] if found.drafted_at else importing.checked(found, actor=request.actor, at=request.at)
    context = {
        "import": found,
        "rows": rows,
        "wrong": [row for row in rows if row.faults],
        "services": found.services.order_by("code"),
    }
    return render(request, "services/import.html", context)
