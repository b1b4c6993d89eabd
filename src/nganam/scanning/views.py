"""The page of scans."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nganam.face.doors import Audience, door
from nganam.kernel.actors import Role
from nganam.scanning import queries
from nganam.scanning.models import Result


@door(Audience.OFFICER, roles=(Role.FOCAL, Role.LEAD, Role.POLICE, Role.ADMIN))
def scans(request: HttpRequest) -> HttpResponse:
    """List scans the officer may see, newest first, by result."""
    chosen = request.GET.get("ket-qua", "")
    chosen = chosen if chosen in Result.values else ""
    page = Paginator(queries.scans_for(request.actor, result=chosen), 50).get_page(request.GET.get("trang"))
    return render(request, "scanning/scans.html", {"page": page, "results": Result.choices, "chosen": chosen})
