"""What programs read about the portal: robots, sitemap, feed of new datasets."""

from collections.abc import Iterator
from datetime import datetime
from xml.sax.saxutils import escape

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nganam.agencies import queries as agencies
from nganam.face.doors import Audience, door
from nganam.kernel.clock import local_date
from nganam.opendata import queries as opendata
from nganam.portal.feeds import Entry, atom
from nganam.portal.reuse import address
from nganam.services import queries as services

CLOSED = (
    "/ban-lam-viec/",
    "/dang-nhap/",
    "/tai-khoan/",
    "/yeu-cau/",
    "/tai-khoan-ket-noi/",
    "/tam-ngung/quan-ly/",
    "/danh-muc-dung-chung/quan-ly/",
    "/du-lieu-mo/",
    "/tim-kiem/",
)
PAGES = (
    "/",
    "/du-lieu/",
    "/dich-vu/",
    "/tam-ngung/",
    "/danh-muc/",
    "/danh-muc-dung-chung/",
    "/co-quan/",
    "/dau-moi/",
    "/thong-ke/",
    "/gioi-thieu/",
    "/phap-luat/",
)
NEWEST = 40
MOST = 50_000
"""A sitemap holds no more by its own rules; a province stays far below."""


@door(Audience.PUBLIC)
@require_safe
def robots(_request: HttpRequest) -> HttpResponse:
    """Let everything public be indexed but endless searches."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED), f"Sitemap: {address('/sitemap.xml')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@door(Audience.PUBLIC)
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """List every public page."""
    lines = (_entry(path, at) for path, at in _places(request))
    text = "".join(lines)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return HttpResponse(f"{head}{text}</urlset>\n", content_type="application/xml; charset=utf-8")


def _places(request: HttpRequest) -> Iterator[tuple[str, datetime | None]]:
    for path in PAGES:
        yield path, None
    for slug, at in opendata.published().values_list("slug", "checked_at")[:MOST]:
        yield f"/du-lieu/{slug}/", at
    for code, at in services.listed().values_list("code", "updated_at")[:MOST]:
        yield f"/dich-vu/{code}/", at
    for code in agencies.agencies_on(local_date(request.at)).values_list("code", flat=True)[:MOST]:
        yield f"/co-quan/{code}/", None


def _entry(path: str, at: datetime | None) -> str:
    changed = f"<lastmod>{at.isoformat()}</lastmod>" if at else ""
    return f"<url><loc>{escape(address(path))}</loc>{changed}</url>\n"


@door(Audience.PUBLIC)
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Send the newest datasets as an Atom feed."""
    found = list(opendata.published().order_by("-checked_at")[:NEWEST])
    updated = max((one.checked_at for one in found if one.checked_at), default=request.at)
    entries = [
        Entry(
            f"/du-lieu/{one.slug}/", one.title, one.description, one.publisher.name,
            published=one.published_at or updated, updated=one.checked_at or updated,
        )
        for one in found
    ]  # fmt: skip
    title = _("Dữ liệu mở mới công bố và mới cập nhật")
    return atom(title, entries, here="/feed.xml", page="/du-lieu/", updated=updated)
