"""Officers' pages of applications and default requests."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from nganam.cases.forms import StepForm, offers, stray
from nganam.cases.lists import listed
from nganam.cases.pages import take_step
from nganam.cases.story import record_of
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.face.paging import page_of
from nganam.kernel.actors import Role
from nganam.services.queries import listed_service
from nganam.sharing import purposes
from nganam.sharing.requests import operations, queries, writing
from nganam.sharing.requests.forms import ApplicationEditForm, ApplicationForm
from nganam.sharing.requests.models import Request
from nganam.sharing.requests.workflow import REQUEST

OFFICERS = (Role.FOCAL, Role.LEAD)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def applications(request: HttpRequest) -> HttpResponse:
    """List the agency's applications and register another."""
    form = ApplicationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form, lambda: operations.register_application(actor=request.actor, at=request.at, **form.cleaned_data)
        )
        if made:
            return redirect(request.GET.get("tiep", "") if _is_local(request) else "sharing:applications")
    text = request.GET.get("q", "").strip()[:200]
    page = page_of(queries.find_applications(request.actor, text), request.GET)
    context = {"form": form, "page": page, "text": text}
    return render(request, "sharing/applications.html", context, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def edit_application(request: HttpRequest, code: str) -> HttpResponse:
    """Say anew what an application of the agency is called, what it is for, whom to ask."""
    found = queries.get_application_for(request.actor, code)
    said = {name: getattr(found, name) for name in ("name", "description", "contact", "version")}
    form = ApplicationEditForm(request.POST or None, initial=said)
    if request.method == "POST" and form.is_valid():
        changed = attempt(
            form,
            lambda: operations.edit_application(
                actor=request.actor, at=request.at, application=found, **form.cleaned_data
            ),
        )
        if changed:
            messages.success(request, _("Đã ghi thông tin ứng dụng %(code)s.") % {"code": changed.code})
            return redirect("sharing:applications")
    context = {"form": form, "application": found}
    return render(request, "sharing/application.html", context, status=422 if form.errors else 200)


def _is_local(request: HttpRequest) -> bool:
    target = request.GET.get("tiep", "")
    return target.startswith("/yeu-cau/") and "\\" not in target


@door(Audience.OFFICER, roles=OFFICERS)
def requests(request: HttpRequest) -> HttpResponse:
    """List the requests the officer's agency asked or is asked."""
    found = listed(queries.requests_for(request.actor), REQUEST, request.GET, request.at)
    return render(request, "sharing/requests.html", {"list": found})


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def new_request(request: HttpRequest) -> HttpResponse:
    """Draft a request for a service (``?dich-vu=`` its code), with the words of what ``?tu=`` names if asked.

    That is an earlier request, or an agreement that was sent to default sharing.
    """
    about = {"service": request.GET.get("dich-vu", ""), "earlier": request.GET.get("tu", "")}
    if listed_service(about["service"]).form == "special":
        return redirect(f"/thoa-thuan/moi/?dich-vu={about['service']}")
    form = writing.form(actor=request.actor, at=request.at, about=about, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        drafted = attempt(form, lambda: writing.draft(actor=request.actor, at=request.at, about=about, form=form))
        if drafted:
            return redirect(drafted)
    context = {"form": form, "service": form.service, "has_applications": form.has_applications}
    return render(request, "sharing/request_form.html", context, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def edit_request(request: HttpRequest, code: str) -> HttpResponse:
    """Change a draft."""
    found = queries.get_request_for(request.actor, code)
    form = writing.form(actor=request.actor, at=request.at, about={}, case=found, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        fresh = queries.get_request_for(request.actor, code)
        changed = attempt(
            form, lambda: writing.change(actor=request.actor, at=request.at, about={}, case=fresh, form=form)
        )
        if changed:
            return redirect(changed)
    context = {"form": form, "service": found.service, "case": found, "has_applications": True}
    return render(request, "sharing/request_form.html", context, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=OFFICERS)
def request_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one request: content, state, clock, story, and what may be done now."""
    return _show(request, queries.get_request_for(request.actor, code))


def _show(request: HttpRequest, found: Request, tried: StepForm | None = None) -> HttpResponse:
    titles = {one.name: one for one in found.service.fields.all()}
    offered = offers(request.actor, found, request.at, f"/yeu-cau/{found.code}/buoc/%s/", tried=tried)
    context = {
        "purposes": purposes.in_words(found.purpose_codes),
        "case": found,
        "machine": REQUEST,
        "asked": [titles[name] for name in found.fields if name in titles],
        "offers": offered,
        "stray": stray(offered, tried),
        "may_edit": any(one.step.name == "send" for one in offered),
        **record_of(found),
        "account": getattr(found, "account", None),
        "may_dispute": queries.may_dispute(request.actor, found, request.at),
    }
    return render(request, "sharing/request.html", context, status=422 if tried else 200)


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def step(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Make one move of SM1; what was typed stays on the page when the move is refused."""
    found = queries.get_request_for(request.actor, code)
    return take_step(
        request, found, transition, to=found.get_absolute_url(), done=_said(transition),
        again=lambda tried: _show(request, queries.get_request_for(request.actor, code), tried),
    )  # fmt: skip


def _said(transition: str) -> str:
    return {
        "send": _("Đã gửi đến cơ quan cung cấp; thời hạn bắt đầu được tính."),
        "grant": _("Đã cấp tài khoản kết nối và báo cho cơ quan yêu cầu."),
        "refuse": _("Đã từ chối; cơ quan yêu cầu và cơ quan đầu mối cấp tỉnh đã được thông báo."),
        "to_special": _("Đã chuyển sang dữ liệu đặc thù."),
        "withdraw": _("Đã rút yêu cầu."),
        "withdraw_sent": _("Đã rút yêu cầu."),
    }.get(transition) or _("Đã ghi nhận.")
