"""Home, about, and the law as the platform applies it."""

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nganam.agencies import queries as agencies
from nganam.face.doors import Audience, door
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound
from nganam.law import articles, glossary
from nganam.law.rules import all_rules, rules_on
from nganam.lgsp.models import Exchange
from nganam.opendata import queries as opendata
from nganam.portal import freshness, licence
from nganam.portal.indexing import FOLDER
from nganam.portal.search import answers
from nganam.services import queries as services

NEWEST = 6
CALLS_FOR = timedelta(days=30)
CALLS_KEPT = 15
QUESTIONS_SHOWN = 8


def _questions() -> list[tuple[str, str]]:
    """Return real questions and the words that find their answer; only those with an answer are shown."""
    return [
        (_("Bệnh viện, trạm y tế nào ở gần?"), "cơ sở khám bệnh chữa bệnh"),
        (_("Mỗi xã có bao nhiêu dân?"), "dân số xã"),
        (_("Trường trung học ở đâu, tuyển bao nhiêu?"), "trường trung học"),
        (_("Mưa và nhiệt độ từng tháng ra sao?"), "khí hậu"),
        (_("Sản lượng lúa qua các năm?"), "lúa"),
        (_("Nuôi trồng thủy sản thay đổi thế nào?"), "thủy sản"),
        (_("Bệnh truyền nhiễm mỗi năm bao nhiêu ca?"), "bệnh truyền nhiễm"),
        (_("Tra cứu doanh nghiệp qua dịch vụ nào?"), "doanh nghiệp"),
        (_("Có bao nhiêu học sinh, giáo viên?"), "học sinh"),
        (_("Sở Y tế có những dữ liệu gì?"), "Sở Y tế"),
    ]


@door(Audience.PUBLIC)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the search box, real questions, true counters, the newest datasets and how the platform hangs together."""
    today = local_date(request.at)
    found = list(freshness.with_due(opendata.published())[:NEWEST])
    counters = {
        "datasets": opendata.published().count(),
        "services": services.listed().count(),
        "agencies": agencies.agencies_on(today).count(),
        "calls": _calls(request),
    }
    context = {
        "questions": answers(tuple(_questions()), settings.DATA / FOLDER)[:QUESTIONS_SHOWN],
        "newest": [(one, freshness.freshness(one, today)) for one in found],
        "counters": counters,
    }
    return render(request, "portal/home.html", context)


def _calls(request: HttpRequest) -> int:
    """Count the calls of the last 30 days; counting a year's log on every view of the page would not do."""
    found: int | None = cache.get("portal.calls")
    if found is None:
        found = Exchange.objects.filter(at__gte=request.at - CALLS_FOR).count()
        cache.set("portal.calls", found, CALLS_KEPT)
    return found


@door(Audience.PUBLIC)
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Say what the platform is, for whom, and what it does not do."""
    return render(request, "portal/about.html", {"rules": rules_on(local_date(request.at))})


@door(Audience.PUBLIC)
@require_safe
def law(request: HttpRequest) -> HttpResponse:
    """Show the terms, silences and flags of a rule set (``?quy-tac=``), the one in force by default."""
    sets = all_rules()
    current = rules_on(local_date(request.at))
    wanted = request.GET.get("quy-tac", current.version)
    shown = next((one for one in sets if one.version == wanted), None)
    if shown is None:
        raise NotFound(_("Không có bộ quy tắc này."), hint=_("Chọn một bộ quy tắc trong danh sách."))
    forms = [(name, fields) for name, fields in shown.forms.items()]
    context = {"sets": sets, "shown": shown, "current": current, "forms": forms, "cite": _cited(shown)}
    return render(request, "portal/law.html", context)


def _cited(shown: Any) -> dict[str, articles.Article]:
    codes = {one.article for one in (*shown.terms, *shown.flags)} | {
        one.article for fields in shown.forms.values() for one in fields
    }
    found: dict[str, articles.Article] = {}
    for code in codes - {articles.LOCAL}:
        try:
            found[code] = articles.article(code)
        except LookupError:
            continue
    return found


@door(Audience.PUBLIC)
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """Show the glossary."""
    return render(request, "portal/glossary.html", {"terms": glossary.terms()})


@door(Audience.PUBLIC)
@require_safe
def terms_of_use(request: HttpRequest) -> HttpResponse:
    """Show the terms of use of open data, which each dataset's licence points to."""
    return render(request, "portal/terms_of_use.html", {"licence": licence.licence_on(_today(request))})


def _today(request: HttpRequest) -> date:
    return local_date(request.at)
