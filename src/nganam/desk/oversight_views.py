"""What is overdue in the province, and the deed of urging, for one case and for several."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from nganam.agencies.queries import agency_names
from nganam.agencies.urging import urge
from nganam.cases.models import Seat, Urge
from nganam.deadlines.queries import clocks_of
from nganam.desk import bulk, oversight, queries
from nganam.desk.forms import UrgeForm
from nganam.desk.list_views import outcome_page, saving
from nganam.desk.models import Place
from nganam.desk.views import named_kinds
from nganam.desk.worklist import Desk
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.face.paging import page_of
from nganam.kernel.clock import local_date

urger = door(Audience.OFFICER, roles=oversight.URGERS)


@urger
@require_safe
def overdue(request: HttpRequest) -> HttpResponse:
    """Show every overdue term of the province: by agency, by kind, by how late; the latest can be urged at once."""
    return _page(request, UrgeForm())


def _page(request: HttpRequest, form: UrgeForm) -> HttpResponse:
    asked = oversight.read(request.GET)
    desk = Desk(request.actor, request.at)
    page = page_of(queries.named(desk, oversight.clocks(asked, request.at)), request.GET)
    names, tallies = agency_names(), oversight.by_agency(asked, request.at)
    context = {
        "agency_names": names,
        "page": page,
        "rows": oversight.listed(page.object_list, request.at),
        "asked": asked,
        "tallies": tallies,
        "kinds": named_kinds(oversight.by_kind(asked, request.at)),
        "spans": oversight.by_lateness(asked, request.at),
        "chart": oversight.chart(tallies, names, _("Số thời hạn quá hạn")),
        "form": form,
        "today": local_date(request.at),
        **saving(request, Place.OVERSIGHT),
    }
    return render(request, "desk/oversight.html", context, status=422 if form.errors else 200)


@urger
@require_http_methods(["POST"])
def urge_many(request: HttpRequest) -> HttpResponse:
    """Urge for the cases that were marked, and say of each what came of it."""
    form = UrgeForm(request.POST)
    if form.is_valid():
        outcomes = attempt(
            form,
            lambda: bulk.urge_all(
                actor=request.actor, at=request.at, keys=request.POST.getlist("ho-so"), **form.cleaned_data
            ),
        )
        if outcomes is not None:
            query = queries.tidied(Place.OVERSIGHT, request.POST.get("query", ""))
            return outcome_page(request, outcomes, reverse("desk:oversight") + (f"?{query}" if query else ""))
    return _page(request, form)


@urger
@require_http_methods(["GET", "POST"])
def urge_one(request: HttpRequest, kind: str, code: str) -> HttpResponse:
    """Urge whoever holds one case; what was said before stands beside the form."""
    form = UrgeForm(request.POST or None)
    seat = Seat.objects.filter(object_type=kind, object_code=code).first()
    if request.method == "POST" and form.is_valid():
        urged = attempt(
            form,
            lambda: urge(actor=request.actor, at=request.at, object_type=kind, object_code=code, **form.cleaned_data),
        )
        if urged:
            return outcome_page(request, [bulk.Outcome(code, seat.link if seat else "", "")], reverse("desk:oversight"))
    context = {
        "form": form,
        "code": code,
        "kind": kind,
        "seat": seat,
        "clocks": clocks_of(kind, code),
        "urges": Urge.objects.filter(object_type=kind, object_code=code),
        "today": local_date(request.at),
    }
    return render(request, "desk/urge.html", context, status=422 if form.errors else 200)
