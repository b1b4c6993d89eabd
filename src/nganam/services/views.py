"""Officers' pages of services."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from nganam.cases.forms import StepForm, offers, stray
from nganam.cases.pages import take_step
from nganam.cases.story import record_of
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.face.paging import page_of
from nganam.kernel.actors import Role
from nganam.services import policies, queries, sheet, writing
from nganam.services.consumers import consumers_of
from nganam.services.models import LIVE, Service
from nganam.services.upstreams.queries import own_upstreams
from nganam.services.upstreams.reading import write_operation
from nganam.warehouse import queries as warehouse

OFFICERS = (Role.FOCAL, Role.LEAD)


@door(Audience.OFFICER, roles=OFFICERS)
def services(request: HttpRequest) -> HttpResponse:
    """List the services the officer works with, by state, code and name."""
    state, text = request.GET.get("trang-thai", ""), request.GET.get("q", "").strip()[:100]
    found = queries.find_services(request.actor, state=state, text=text)
    context = {
        "page": page_of(found, request.GET),
        "states": Service.MACHINE.states,
        "state": state,
        "text": text,
        "tables": warehouse.tables_for(request.actor) if request.actor.has(Role.FOCAL) else [],
        "upstreams": own_upstreams(request.actor),
    }
    return render(request, "services/services.html", context)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def declare(request: HttpRequest) -> HttpResponse:
    """Declare a service over a table (``?bang=`` its code) or an agency's system (``?he-thong=``)."""
    about = {"table": request.GET.get("bang", ""), "upstream": request.GET.get("he-thong", "")}
    source = writing.source_in(about, request.actor)
    form = writing.form(actor=request.actor, at=request.at, about=about, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        service = attempt(form, lambda: writing.declare(actor=request.actor, at=request.at, about=about, form=form))
        if service:
            return redirect("services:service", code=service.code)
    return render(request, "services/declare.html", {"form": form, "source": source})


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a draft or returned description."""
    service = queries.get_service_for(request.actor, code)
    doing: dict[str, Any] = {"actor": request.actor, "at": request.at, "about": {}, "case": service}
    form = writing.form(**doing, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        changed = attempt(form, lambda: writing.change(**doing, form=form))
        if changed:
            return redirect("services:service", code=code)
    return render(request, "services/declare.html", {"form": form, "source": service.source, "service": service})


@door(Audience.OFFICER, roles=OFFICERS)
def service(request: HttpRequest, code: str) -> HttpResponse:
    """Show one service: description, appraisal, versions, clocks, story, and what may be done now."""
    return _show(request, queries.get_service_for(request.actor, code))


def _show(request: HttpRequest, found: Service, tried: StepForm | None = None) -> HttpResponse:
    offered = offers(request.actor, found, request.at, f"/dich-vu/quan-ly/{found.code}/buoc/%s/", tried=tried)
    is_provider = not policies.may_act_as_provider(request.actor, found)
    context = {
        "service": found,
        "fields": found.fields.all(),
        "operations": [write_operation(one) for one in found.operations],
        **sheet.parts(found, offered),
        "stray": stray(offered, tried),
        "may_edit": is_provider and found.state in policies.EDITABLE,
        "may_revise": is_provider and found.state in LIVE,
        "versions": page_of(found.revisions.all(), request.GET, short=True) if found.published_at else [],
        "users": consumers_of(found) if found.published_at else [],
        **record_of(found),
    }
    return render(request, "services/service.html", context, status=422 if tried else 200)


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def step(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Make one move of SM6; what was typed stays on the page when the move is refused."""
    found = queries.get_service_for(request.actor, code)
    return take_step(
        request, found, transition, to=found.get_absolute_url(), done=_said(transition),
        again=lambda tried: _show(request, queries.get_service_for(request.actor, code), tried),
    )  # fmt: skip


def _said(transition: str) -> str:
    return {
        "submit": _("Đã gửi cơ quan đầu mối thẩm định."),
        "assess": _("Đã ghi phiếu thẩm định."),
        "pass": _("Đã kết luận đạt; văn bản kết quả đã vào sổ và cơ quan cung cấp được báo."),
        "return": _("Đã trả lại kèm lý do từng mục; cơ quan cung cấp được báo."),
        "mark_ready": _("Đã xác nhận sẵn sàng; thời hạn công khai bắt đầu được tính."),
        "publish": _("Đã công khai dịch vụ; phiên bản 1.0 có hiệu lực."),
        "end": _("Dịch vụ đã ngừng cung cấp; các cơ quan khai thác được báo."),
    }.get(transition) or _("Đã ghi nhận.")
