"""Agencies over time and their focal points (S20.4)."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nganam.agencies import queries
from nganam.agencies.models import AgencyKind
from nganam.catalogue import queries as catalogue
from nganam.face.doors import Audience, door
from nganam.kernel.clock import local_date
from nganam.kernel.text import sort_key
from nganam.opendata import queries as opendata
from nganam.services import queries as services


@door(Audience.PUBLIC)
@require_safe
def agencies(request: HttpRequest) -> HttpResponse:
    """List the agencies of a day (``?ngay=``, today when none or a wrong one is given), by kind and name."""
    today = local_date(request.at)
    day, wrong = _day(request.GET.get("ngay", ""), today)
    text, kind = request.GET.get("q", "").strip()[:100], request.GET.get("loai", "")
    found = sorted(queries.find_agencies(day, text=text, kind=kind), key=lambda one: sort_key(one.name))
    groups = [(name, [one for one in found if one.kind == value]) for value, name in AgencyKind.choices]
    context = {
        "day": day,
        "wrong": wrong,
        "today": today,
        "text": text,
        "kind": kind,
        "kinds": AgencyKind.choices,
        "groups": [(name, rows) for name, rows in groups if rows],
        "total": len(found),
    }
    return render(request, "portal/agencies.html", context)


def _day(text: str, today: date) -> tuple[date, str]:
    if not text:
        return today, ""
    try:
        return date.fromisoformat(text), ""
    except ValueError:
        return today, _("“%(text)s” không phải một ngày; đang hiện danh sách hôm nay.") % {"text": text[:40]}


@door(Audience.PUBLIC)
@require_safe
def agency(request: HttpRequest, code: str) -> HttpResponse:
    """Show an agency, whether it still exists or not, with what it provides."""
    today = local_date(request.at)
    page = queries.agency_page(code, today)
    family = queries.lineage(code)
    context = {
        "page": page,
        "agency": page.agency,
        "today": today,
        "now": [] if page.exists else queries.current_successors(code, today),
        "databases": catalogue.public_entries_of(code),
        "services": services.listed().filter(provider__code__in=family),
        "datasets": opendata.published().filter(publisher__code__in=family),
    }
    return render(request, "portal/agency.html", context)


@door(Audience.PUBLIC)
@require_safe
def focal_points(request: HttpRequest) -> HttpResponse:
    """List the officers in force whom each agency named for data, as the law wants them published."""
    found = sorted(queries.focal_points(), key=lambda one: sort_key(one.agency.name))
    return render(request, "portal/focal_points.html", {"found": found})
