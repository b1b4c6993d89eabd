"""The working calendar: a year at a glance, days off and swapped days, local terms. Kept by the lead agency."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from nganam.deadlines import operations, queries
from nganam.deadlines.forms import DayForm, TermForm
from nganam.deadlines.yearview import months_of
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.kernel.actors import Role
from nganam.kernel.clock import local_date

FIRST_YEAR, LAST_YEAR = 2020, 2100


@door(Audience.OFFICER, roles=(Role.LEAD,))
@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest) -> HttpResponse:
    """Show a year (``?nam=``) and write one day; a refused day keeps what was typed."""
    form = DayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(form, lambda: operations.edit_day(actor=request.actor, at=request.at, **form.cleaned_data))
        if done is not None:
            messages.success(request, _edited(done))
            return redirect(f"{request.path}?nam={form.cleaned_data['day'].year}")
    return render(request, "deadlines/calendar.html", _shown(request, form))


def _shown(request: HttpRequest, form: DayForm) -> dict[str, Any]:
    year = _year(request)
    return {
        "form": form, "year": year, "months": months_of(year, queries.calendar()), "days": queries.days_of(year),
        "is_known": year in queries.known_years(), "terms": queries.local_terms(), "before": year - 1,
        "after": year + 1,
    }  # fmt: skip


def _year(request: HttpRequest) -> int:
    asked = request.GET.get("nam", "")
    chosen = int(asked) if asked.isascii() and asked.isdigit() else local_date(request.at).year
    return min(max(chosen, FIRST_YEAR), LAST_YEAR)


def _edited(moved: int) -> str:
    return _("Đã ghi lịch; %(count)s thời hạn đang chạy được tính lại.") % {"count": moved}


@door(Audience.OFFICER, roles=(Role.LEAD,))
@require_POST
def local_term(request: HttpRequest, key: str) -> HttpResponse:
    """Write the days of one local term; a refused one keeps what was typed."""
    known, form = queries.local_term(key), TermForm(request.POST, auto_id=f"{key}-%s")
    if form.is_valid():
        operations.change_local_term(actor=request.actor, at=request.at, key=known.key, **form.cleaned_data)
        messages.success(request, _("Đã ghi thời hạn nội bộ; thời hạn đang chạy giữ nguyên."))
        return redirect("deadlines:calendar")
    told = {"refused": known, "refused_form": form}
    return render(request, "deadlines/calendar.html", _shown(request, DayForm()) | told, status=422)
