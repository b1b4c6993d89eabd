"""The page on which a version is read in the units of another day."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from nganam.face.doors import Audience, door
from nganam.kernel.actors import Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound
from nganam.warehouse import queries, recoded


@door(Audience.OFFICER, roles=(Role.FOCAL, Role.LEAD, Role.ADMIN))
@require_safe
def units(request: HttpRequest, table: str, number: int) -> HttpResponse:
    """Read a version in the codes of a day (``?sang=``, today by default) from those of ``?tu=`` (found by default)."""
    found = queries.get_version_for(request.actor, table, number)
    columns = recoded.coded_columns(found, request.actor)
    if not columns:
        raise NotFound(_("Bảng không có cột mã để xem theo đơn vị khác."))
    wrong: list[str] = []
    until = _day(request.GET.get("sang", ""), wrong) or local_date(request.at)
    since = _day(request.GET.get("tu", ""), wrong)
    column = request.GET.get("cot") or columns[0].name
    view = recoded.read_in(found, actor=request.actor, column=column, since=since, until=until)
    context = {"table": found.table, "version": found, "columns": columns, "view": view, "wrong": wrong}
    return render(request, "warehouse/units.html", context)


def _day(text: str, wrong: list[str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        wrong.append(_("“%(text)s” không phải một ngày nên đã bỏ qua.") % {"text": text[:40]})
        return None
