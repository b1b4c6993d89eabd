"""Stops of services, planned, present and past: what D43.3 and D43.4 want everybody to know. Nobody is named."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nganam.face.doors import Audience, door
from nganam.face.formats import datetime_text
from nganam.face.templatetags.nganam import label
from nganam.portal.feeds import Entry, atom
from nganam.sharing.suspensions import queries, words
from nganam.sharing.suspensions.models import Maintenance

PAGE = 30
NEWEST = 40


@door(Audience.PUBLIC)
@require_safe
def interruptions(request: HttpRequest) -> HttpResponse:
    """Show the stops under way and ahead, then those that are over, page by page."""
    found = queries.public_stops()
    page = Paginator(found.exclude(state__in=queries.AHEAD), PAGE).get_page(request.GET.get("trang"))
    context = {
        "ahead": [shown(one) for one in found.filter(state__in=queries.AHEAD).order_by("planned_from")],
        "page": page,
        "past": [shown(one) for one in page],
    }
    return render(request, "portal/interruptions.html", context)


def shown(stop: Maintenance) -> dict[str, Any]:
    """Return what the public learns of a stop."""
    ground = words.word_of(words.suspension_grounds(stop.rules, words.FOR_EVERYBODY), stop.ground)
    late = bool(stop.restored_at and stop.restored_at > stop.planned_until)
    return {"stop": stop, "ground": ground, "late": late}


@door(Audience.PUBLIC)
@require_safe
def feed(request: HttpRequest) -> HttpResponse:
    """Send the stops as an Atom feed, the latest change first; each change of a stop is told by its new time."""
    found = list(queries.public_stops().order_by("-updated_at")[:NEWEST])
    updated = max((one.updated_at for one in found), default=request.at)
    title = _("Tạm ngừng dịch vụ chia sẻ dữ liệu")
    return atom(title, [_entry(one) for one in found], here="/tam-ngung/feed.xml", page="/tam-ngung/", updated=updated)


def _entry(stop: Maintenance) -> Entry:
    summary = _("Tạm ngừng từ %(start)s, dự kiến khôi phục %(end)s. %(work)s") % {
        "start": datetime_text(stop.stopped_at or stop.planned_from),
        "end": datetime_text(stop.planned_until),
        "work": stop.work,
    }
    return Entry(
        path="/tam-ngung/", mark=f"#{stop.code}", title=f"{stop.service.name}: {label(stop.current)}", summary=summary,
        author=stop.provider.name, published=stop.announced_at or stop.updated_at, updated=stop.updated_at,
    )  # fmt: skip
