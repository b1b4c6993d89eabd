"""What an officer sets up for themselves: the mail of the morning and the calendar of deadlines."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from nganam.agencies.queries import agency_names
from nganam.desk import ical, operations, queries, terms
from nganam.desk.forms import DigestForm, FeedForm
from nganam.desk.worklist import Desk
from nganam.face.doors import Audience, door, not_found
from nganam.face.forms import attempt, press

officer = door(Audience.OFFICER)
MOST_EVENTS = 700
"""How long a missed deadline stays in a calendar: else the oldest would leave no room for what is to come."""


@officer
@require_safe
def preferences(request: HttpRequest) -> HttpResponse:
    """Show how the officer's work reaches them outside the platform."""
    return _page(request)


def _page(request: HttpRequest, *, feed_form: FeedForm | None = None, address: str = "") -> HttpResponse:
    context = {
        "digest_form": DigestForm(initial={"often": queries.often_of(request.actor)}),
        "feed_form": feed_form or FeedForm(),
        "feeds": queries.feeds_of(request.actor),
        "address": address,
    }
    answer = render(request, "desk/preferences.html", context, status=422 if feed_form else 200)
    answer["Cache-Control"] = "no-store"
    return answer


@officer
@require_POST
def choose_digest(request: HttpRequest) -> HttpResponse:
    """Choose how often the mail comes."""
    often = request.POST.get("often", "")
    return press(
        request, lambda: operations.choose_digest(actor=request.actor, often=often), to="desk:preferences",
        done=_("Đã ghi lựa chọn nhận thư."),
    )  # fmt: skip


@officer
@require_POST
def issue_feed(request: HttpRequest) -> HttpResponse:
    """Make a calendar address, shown once on the answer."""
    form = FeedForm(request.POST)
    issued = None
    if form.is_valid():
        issued = attempt(form, lambda: operations.issue_feed(actor=request.actor, at=request.at, **form.cleaned_data))
    if issued is None:
        return _page(request, feed_form=form)
    return _page(request, address=f"{settings.NGANAM_PUBLIC_URL}/lich-thoi-han/{issued[1]}.ics")


@officer
@require_POST
def revoke_feed(request: HttpRequest, prefix: str) -> HttpResponse:
    """Revoke one of the officer's calendar addresses."""
    operations.revoke_feed(actor=request.actor, at=request.at, prefix=prefix)
    messages.success(request, _("Đã thu hồi lịch; địa chỉ cũ không còn đọc được."))
    return redirect("desk:preferences")


@door(Audience.MACHINE)
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Give the calendar of a secret address to a calendar program; an unknown or revoked one is not found."""
    found = queries.feed_of(token)
    actor = queries.holder_of(found, request.at) if found else None
    if found is None or actor is None or not actor.is_person:
        raise not_found()
    operations.note_reading(found, at=request.at)
    names = agency_names()
    desk = Desk(actor, request.at)
    with translation.override("vi"):
        clocks = desk.clocks().filter(due_on__gte=desk.today - terms.past()).only(*ical.NEEDED)
        text = ical.calendar(
            queries.due(desk, clocks, MOST_EVENTS),
            name=_("Thời hạn: %(agency)s") % {"agency": names.get(found.agency, found.agency)},
            names=names, address=settings.NGANAM_PUBLIC_URL,
        )  # fmt: skip
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'inline; filename="thoi-han.ics"'
    answer["Cache-Control"] = "private, no-store"
    answer["X-Robots-Tag"] = "noindex"
    return answer
