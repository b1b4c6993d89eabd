"""The public page that confirms a letter: what a QR code on paper leads to. No sign-in, no personal data."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from nganam.documents import keeping, queries
from nganam.documents.forms import CopyForm, TokenForm
from nganam.documents.models import Paper
from nganam.face.doors import Audience, door

BODY = 8_000_000
"""Bytes of an upload at most: a letter is a tenth of a megabyte, a signed scan of one a few."""
ROOM = 64 * 1024
"""Bytes that the form around the file may take."""


@door(Audience.PUBLIC)
@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Ask for the code printed on a paper and lead to its page."""
    form = TokenForm(request.GET if "ma" in request.GET else None)
    if form.is_valid():
        return redirect("documents:paper", token=form.cleaned_data["ma"])
    return render(request, "documents/verify.html", {"form": form}, status=422 if form.is_bound else 200)


# Without a token: comparing a file changes nothing for anybody, and a page that sets no cookie can be cached.
@csrf_exempt
@door(Audience.PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, token: str) -> HttpResponse:
    """Show what stands about a letter in the register; compare a PDF that was sent with the one held here."""
    found = queries.paper_by_token(token)
    if request.method != "POST":
        return _page(request, found, CopyForm(limit=BODY))
    if int(request.headers.get("Content-Length") or 0) > BODY + ROOM:
        return _too_large(request, found)
    form = CopyForm(request.POST, request.FILES, limit=BODY)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    content = form.cleaned_data["file"].read()
    return _page(request, found, CopyForm(limit=BODY), comparison=keeping.compare(found, content))


def _page(
    request: HttpRequest,
    found: Paper,
    form: CopyForm,
    *,
    status: int = 200,
    comparison: keeping.Comparison | None = None,
) -> HttpResponse:
    context = {
        "paper": found,
        "issued": queries.issued(found),
        "form": form,
        "comparison": comparison,
        "limit": BODY,
    }
    answer = render(request, "documents/paper.html", context, status=status)
    # The address is the secret of whoever holds the paper.
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _too_large(request: HttpRequest, found: Paper) -> HttpResponse:
    """Answer before the body is read."""
    form = CopyForm({}, limit=BODY)
    form.errors.clear()
    form.add_error("file", _("Tệp lớn hơn mức cho phép. Chọn bản PDF tải từ nền tảng."))
    return _page(request, found, form, status=413)
