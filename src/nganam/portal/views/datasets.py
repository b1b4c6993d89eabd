"""Open datasets: the list, a dataset's page, one release, its files and its map."""

from datetime import date
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nganam.agencies import queries as agencies
from nganam.face.doors import Audience, door
from nganam.face.sending import is_beginning
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound
from nganam.opendata import operations, queries
from nganam.opendata.forms import FREQUENCIES
from nganam.opendata.models import Dataset, Release
from nganam.portal import charts, downloads, freshness, history, licence, listing, maps, preview, reuse
from nganam.services import queries as services
from nganam.warehouse import queries as warehouse


@door(Audience.PUBLIC)
@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    """List the open datasets by theme, agency, format and freshness."""
    today = local_date(request.at)
    found = listing.datasets(request.GET.dict(), today)
    rows = [_card(one, newest, today) for one, newest in listing.with_files(found.page)]
    sorts = [("", _("Mới công bố")), ("ten", _("Theo tên")), ("cu", _("Công bố lâu nhất"))]
    return render(request, "portal/datasets.html", {"found": found, "rows": rows, "sorts": sorts})


def _card(dataset: Dataset, newest: Release | None, today: date) -> dict[str, Any]:
    files = sorted((one.format for one in newest.distributions.all()), key=reuse.FORMATS.index) if newest else []
    return {"dataset": dataset, "light": freshness.freshness(dataset, today), "release": newest, "formats": files}


@door(Audience.PUBLIC)
@require_safe
def dataset(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a dataset with its newest release."""
    return _page(request, slug, None)


@door(Audience.PUBLIC)
@require_safe
def release(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show one release of a dataset with its own data."""
    return _page(request, slug, number)


def _page(request: HttpRequest, slug: str, number: int | None) -> HttpResponse:
    found = _dataset(slug)
    releases = list(queries.releases(found))
    shown = _release(releases, number)
    shown.dataset = found
    newest = shown is releases[0]
    steps = history.steps(releases)
    place = releases.index(shown)
    files = reuse.files(found, shown, newest=newest)
    path = f"/du-lieu/{slug}/" if number is None else f"/du-lieu/{slug}/v/{shown.number}/"
    get = request.GET.get
    context = {
        "dataset": found,
        "release": shown,
        "newest": newest,
        "view_key": f"{slug}.{shown.number}.{shown.version.sha256}.{shown.version.shape.hash}",
        "path": path,
        "light": freshness.freshness(found, local_date(request.at)),
        "licence": licence.licence(found),
        "citation": licence.citation(found, shown, reuse.address(path)),
        "frequency": dict(FREQUENCIES).get(found.frequency, found.frequency),
        "theme": listing.themes(local_date(request.at)).get(found.theme, found.theme),
        "preview": preview.preview(shown, sort=get("sap-xep", ""), number=get("trang", "1")),
        "map": maps.map_of(shown, get("cot", "")),
        "chart": charts.chart(shown, get("so-lieu", "")),
        "measures": charts.offered(shown),
        "files": files,
        "snippets": reuse.snippets(found),
        "fields": _fields(shown),
        "steps": steps,
        "changed": [] if number is None else history.changed(shown, next(iter(releases[place + 1 :]), None)),
        "downloads": queries.downloads(found),
        "focal": agencies.focal_point_of(found.publisher.code),
        "services": list(services.listed().filter(table=found.table)),
        "structured": reuse.structured(found, shown, files) if newest else "",
    }
    return render(request, "portal/dataset.html", context)


def _dataset(slug: str) -> Dataset:
    dataset = freshness.with_due(queries.published()).filter(slug=slug).first()
    return dataset if dataset is not None else queries.published_dataset(slug)


def _release(releases: list[Release], number: int | None) -> Release:
    found = releases[:1] if number is None else [one for one in releases if one.number == number]
    if not found:
        raise NotFound(_("Không có phiên bản này."), hint=_("Các phiên bản được liệt kê ở trang bộ dữ liệu."))
    return found[0]


def _fields(release: Release) -> list[tuple[Any, Any, str]]:
    shape = release.version.shape
    profiles = {one.name: one for one in warehouse.profile_of(release.version)}
    return [(one, profiles.get(one.name), _range(one, profiles.get(one.name))) for one in shape.columns]


def _range(column: Any, profile: Any) -> str:
    if profile is None or profile.minimum is None or column.type in {"text", "commune", "boolean"}:
        return ""
    first, last = (preview.text(preview.value_of(one, column), column) for one in (profile.minimum, profile.maximum))
    return f"{first} – {last}"


@door(Audience.PUBLIC)
@require_safe
def latest_file(request: HttpRequest, slug: str, name: str, file_format: str) -> HttpResponseBase:
    """Send a file of the newest release; the address stays, the content follows the releases."""
    return _send(request, slug, name, file_format, None)


@door(Audience.PUBLIC)
@require_safe
def release_file(request: HttpRequest, slug: str, number: int, name: str, file_format: str) -> HttpResponseBase:
    """Send a file of one release; it never changes."""
    return _send(request, slug, name, file_format, number)


def _send(request: HttpRequest, slug: str, name: str, file_format: str, number: int | None) -> HttpResponseBase:
    found = queries.published_dataset(slug)
    if name != slug:
        raise NotFound(_("Không có tệp này."), hint=_("Địa chỉ các tệp có ở trang bộ dữ liệu."))
    file = queries.distribution(found, file_format, number)
    response = downloads.send(request, file, name=f"{slug}.{file_format}", lasting=number is not None)
    if is_beginning(request, response):
        operations.count_download(found, file_format, on=local_date(request.at))
    return response


@door(Audience.PUBLIC)
@require_safe
def map_data(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponseBase:
    """Send what the page's map draws (``?cot=`` the measure)."""
    found = queries.published_dataset(slug)
    shown = queries.release(found, number)
    shown.dataset = found
    if not maps.offered(shown):
        raise NotFound(_("Bộ dữ liệu này không có bản đồ."))
    path = maps.map_file(shown, request.GET.get("cot", ""))
    tag = f'"{found.slug}-{shown.number}-{path.stem}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
    if tag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=headers)
    return FileResponse(path.open("rb"), content_type="application/geo+json", headers=headers)
