"""Search over all that is public."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nganam.agencies.models import Agency
from nganam.face.doors import Audience, door
from nganam.kernel.clock import local_date
from nganam.kernel.text import highlight
from nganam.portal.indexing import FOLDER
from nganam.portal.listing import Facet, options, themes
from nganam.portal.search import WORDS, Hit, Results, search

PAGE = 20
LONGEST = 200
EXCERPT = 220
KINDS = {"du-lieu": "dataset", "dich-vu": "service", "csdl": "database", "co-quan": "agency"}
PARAMETERS = {"loai": "kind", "co-quan": "agency", "chu-de": "theme"}


@door(Audience.PUBLIC)
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Find datasets, services, databases and agencies (q, loai, co-quan, chu-de, trang)."""
    text = request.GET.get("q", "").strip()[:LONGEST]
    results, page = _results(request, text)
    words = WORDS.findall(text)
    codes = {code for code, _count in results.facets.get("agency", [])} | {one.agency for one in results.hits}
    names = dict(Agency.objects.filter(code__in=codes).values_list("code", "name"))
    subjects = themes(local_date(request.at))
    context = {
        "text": text,
        "total": results.total,
        "corrected": results.corrected,
        "page": page,
        "hits": [_shown(one, words, names, subjects) for one in results.hits],
        "facets": _facets(request, results, names, subjects),
        "filtered": any(request.GET.get(name) for name in PARAMETERS),
    }
    # Going back in the browser asks for the whole page also through htmx.
    part = "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers
    response = render(request, "portal/parts/found.html" if part else "portal/search.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _results(request: HttpRequest, text: str) -> tuple[Results, Any]:
    filters = {field: request.GET[name] for name, field in PARAMETERS.items() if request.GET.get(name)}
    if "kind" in filters:
        filters["kind"] = KINDS.get(filters["kind"], filters["kind"])
    number = request.GET.get("trang", "1")
    start = (int(number) - 1) * PAGE if number.isdecimal() and len(number) < 6 and int(number) else 0  # noqa: PLR2004
    folder = settings.DATA / FOLDER
    results = search(text, folder, filters=filters, limit=PAGE, offset=start)
    page = Paginator(range(results.total), PAGE).get_page(start // PAGE + 1)
    if results.total and not results.hits:
        results = search(text, folder, filters=filters, limit=PAGE, offset=(page.number - 1) * PAGE)
    return results, page


def _shown(hit: Hit, words: list[str], names: dict[str, str], subjects: dict[str, str]) -> dict[str, Any]:
    return {
        "kind": hit.kind,
        "url": hit.url,
        "code": hit.code,
        "title": _marked(hit.title, words),
        "summary": _marked(hit.summary, words, EXCERPT),
        "agency": names.get(hit.agency, "") if hit.kind != "agency" else "",
        "theme": subjects.get(hit.theme, ""),
    }


def _marked(text: str, words: list[str], width: int = 0) -> SafeString:
    return mark_safe(highlight(text, words, width))  # noqa: S308 - highlight escapes everything but its marks


def kind_names() -> dict[str, str]:
    """Return what each kind of hit is called."""
    return {
        "dataset": _("Dữ liệu mở"),
        "service": _("Dịch vụ chia sẻ"),
        "database": _("Cơ sở dữ liệu"),
        "agency": _("Cơ quan"),
    }


def _facets(request: HttpRequest, results: Results, names: dict[str, str], subjects: dict[str, str]) -> list[Facet]:
    named = kind_names()
    kinds = {word: named[kind] for word, kind in KINDS.items()}
    words_of = {kind: word for word, kind in KINDS.items()}
    counts = {field: dict(found) for field, found in results.facets.items()}
    by_word = {words_of[kind]: count for kind, count in counts.get("kind", {}).items() if kind in words_of}
    get = request.GET.get
    return [
        Facet("loai", _("Loại"), options(by_word, kinds, get("loai", ""))),
        Facet("co-quan", _("Cơ quan"), options(counts.get("agency", {}), names, get("co-quan", ""))),
        Facet("chu-de", _("Chủ đề"), options(counts.get("theme", {}), subjects, get("chu-de", ""))),
    ]
