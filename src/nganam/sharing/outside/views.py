"""Pages of sharing beyond the province: officers' cases both ways, outside agencies, the public list of services."""

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from nganam.agencies import operations as agencies
from nganam.agencies.queries import OUTSIDE_KINDS, agencies_on
from nganam.cases import lists, parties
from nganam.cases.forms import StepForm, offers, stray
from nganam.cases.pages import take_step
from nganam.cases.story import record_of
from nganam.documents.queries import open_file
from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.face.paging import page_of
from nganam.kernel.actors import Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NotFound
from nganam.kernel.machine import Machine
from nganam.services.queries import listed
from nganam.sharing.disputed import may_raise
from nganam.sharing.outside import external, queries, writing
from nganam.sharing.outside.connecting import asks_for_ndop
from nganam.sharing.outside.forms import AgencyForm, ExternalForm, RemoveForm, TargetForm
from nganam.sharing.outside.models import Inbound, Outbound
from nganam.sharing.outside.workflow import INBOUND, OUTBOUND

officer = door(Audience.OFFICER, roles=(Role.FOCAL, Role.LEAD, Role.CHAIRMAN))
party = door(Audience.OFFICER, roles=(Role.FOCAL, Role.LEAD))
lead = door(Audience.OFFICER, roles=(Role.LEAD,))
focal = door(Audience.OFFICER, roles=(Role.FOCAL,))
AGREEMENT = "/thoa-thuan/moi/"
DISPUTE = "/vuong-mac/moi/"
"""Where the other families begin a case; a page links there only when something answers."""


def _begins_at(request: HttpRequest, path: str, query: str) -> str:
    """Return the address that begins a case of another family, "" when no page is there that lets the actor in."""
    try:
        roles = getattr(resolve(path).func, "roles", ())
    except Resolver404:
        return ""
    return f"{path}?{query}" if not roles or request.actor.has(*roles) else ""


def _agreement(request: HttpRequest, found: Inbound) -> str:
    """Return where the special agreement on a request from outside is begun: the seam to SM2."""
    step = INBOUND.transition("begin_agreement")
    closed = found.state not in step.source or parties.unmet(request.actor, found, step, request.at)
    if closed or parties.refusal(request.actor, found, step):
        return ""
    return f"{AGREEMENT}?tu={INBOUND.code}:{found.code}"


def _listing(request: HttpRequest, rows: QuerySet[Any], machine: Machine) -> dict[str, Any]:
    """Return a page of cases narrowed as asked, with the number of every state before narrowing."""
    counted = queries.counted(rows)
    return {
        "list": lists.listed(rows, machine, request.GET, request.at),
        "counted": counted,
        "all": sum(one.number for one in counted),
        "is_lead": request.actor.has(Role.LEAD),
        "is_focal": request.actor.has(Role.FOCAL),
    }


@officer
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Count what crosses the border of the province in both directions, as far as the officer sees it."""
    into, out = queries.inbound_for(request.actor), queries.outbound_for(request.actor)
    context = {
        "inbound": queries.counted(into),
        "outbound": queries.counted(out),
        "external": queries.external_services().count(),
        "is_lead": request.actor.has(Role.LEAD),
        "is_focal": request.actor.has(Role.FOCAL),
    }
    return render(request, "sharing/outside.html", context)


# ---- requests from outside ----


@officer
@require_safe
def inbound_list(request: HttpRequest) -> HttpResponse:
    """List the requests of outside agencies the officer works with."""
    context = _listing(request, queries.inbound_for(request.actor), INBOUND)
    return render(request, "sharing/inbound_list.html", context)


@lead
@require_http_methods(["GET", "POST"])
def new_inbound(request: HttpRequest) -> HttpResponse:
    """Register a request from outside: first what is asked for (``?service=`` or ``?provider=``), then its content."""
    about = request.GET.dict()
    service, provider = writing.target(about, request.at)
    if service is None and provider is None:
        return render(request, "sharing/inbound_target.html", {"form": _targets(request)})
    words: dict[str, Any] = {"actor": request.actor, "at": request.at, "about": about}
    form = writing.registering_form(**words, data=request.POST or None, files=request.FILES or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: writing.register(**words, form=form))
        if made:
            return redirect(made.get_absolute_url())
    context = {"form": form, "service": service, "provider": service.provider if service else provider}
    return render(request, "sharing/inbound_form.html", context, status=422 if form.errors else 200)


def _targets(request: HttpRequest) -> TargetForm:
    within = agencies_on(local_date(request.at)).exclude(kind__in=OUTSIDE_KINDS)
    return TargetForm(
        request.GET or None, services=listed().filter(state="published").order_by("name"), providers=within
    )


@lead
@require_http_methods(["GET", "POST"])
def edit_inbound(request: HttpRequest, code: str) -> HttpResponse:
    """Put right what was entered, before anybody has given an opinion."""
    found = queries.get_inbound_for(request.actor, code)
    words: dict[str, Any] = {"actor": request.actor, "at": request.at, "about": {}, "case": found}
    form = writing.correcting_form(**words, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        written = attempt(form, lambda: writing.correct(**words, form=form))
        if written:
            return redirect(found.get_absolute_url())
    context = {"form": form, "case": found, "service": found.service, "provider": found.provider}
    return render(request, "sharing/inbound_form.html", context, status=422 if form.errors else 200)


@officer
@require_safe
def inbound_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one request from outside: content, opinions, terms, story, and what may be done now."""
    return _show_inbound(request, queries.get_inbound_for(request.actor, code))


def _show_inbound(request: HttpRequest, found: Inbound, tried: StepForm | None = None) -> HttpResponse:
    address = f"{found.get_absolute_url()}buoc/%s/"
    offered = offers(
        request.actor, found, request.at, address, tried=tried, without=(*queries.beside(found), "begin_agreement")
    )
    titles = {one.name: one for one in found.service.fields.all()} if found.service else {}
    account = queries.account_of(found)
    context = {
        "case": found,
        "machine": INBOUND,
        "sides": queries.sides_of(found),
        "items": [(titles[name].title if name in titles else name, titles.get(name)) for name in found.fields],
        "granted": found.request.granted_fields if found.request else account.granted_fields if account else [],
        "account": account,
        "ndop": asks_for_ndop(found),
        "offers": offered,
        "stray": stray(offered, tried),
        "may_edit": request.actor.has(Role.LEAD) and found.state == "opinions" and not queries.opinions(found),
        "agreement": _agreement(request, found),
        "agreements": list(queries.agreements_of(found)),
        "is_lead": request.actor.has(Role.LEAD),
        "may_raise": may_raise(request.actor, found),
        **record_of(found),
    }
    return render(request, "sharing/inbound.html", context, status=422 if tried else 200)


@require_POST
@officer
def inbound_step(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Make one move of SM3 A; what was typed stays on the page when the move is refused."""
    found = queries.get_inbound_for(request.actor, code)
    return take_step(
        request, found, transition, to=found.get_absolute_url(), done=_said(transition),
        again=lambda tried: _show_inbound(request, queries.get_inbound_for(request.actor, code), tried),
    )  # fmt: skip


@officer
@require_safe
def inbound_scan(request: HttpRequest, code: str) -> HttpResponseBase:
    """Send the scan of the outside agency's document to those who see the case."""
    found = queries.get_inbound_for(request.actor, code)
    if found.scan is None:
        raise NotFound(_("Yêu cầu này không có bản quét."))
    return FileResponse(
        open_file(found.scan.sha256), as_attachment=True, filename=found.scan.name, content_type=found.scan.media_type
    )


# ---- proposals to use outside data ----


@party
@require_safe
def outbound_list(request: HttpRequest) -> HttpResponse:
    """List the proposals to use outside data the officer works with."""
    return render(
        request, "sharing/outbound_list.html", _listing(request, queries.outbound_for(request.actor), OUTBOUND)
    )


@focal
@require_http_methods(["GET", "POST"])
def new_outbound(request: HttpRequest) -> HttpResponse:
    """Draft a proposal, from nothing or from a listed service (``?dich-vu=`` its code)."""
    words: dict[str, Any] = {"actor": request.actor, "at": request.at, "about": request.GET.dict()}
    form = writing.outbound_form(**words, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: writing.draft(**words, form=form))
        if made:
            return redirect(made.get_absolute_url())
    return render(request, "sharing/outbound_form.html", {"form": form}, status=422 if form.errors else 200)


@focal
@require_http_methods(["GET", "POST"])
def edit_outbound(request: HttpRequest, code: str) -> HttpResponse:
    """Change a draft, or a proposal that was given back."""
    found = queries.get_outbound_for(request.actor, code)
    words: dict[str, Any] = {"actor": request.actor, "at": request.at, "about": {}, "case": found}
    form = writing.outbound_form(**words, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        written = attempt(form, lambda: writing.change(**words, form=form))
        if written:
            return redirect(found.get_absolute_url())
    context = {"form": form, "case": found}
    return render(request, "sharing/outbound_form.html", context, status=422 if form.errors else 200)


@party
@require_safe
def outbound_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one proposal: content, review, the provider's term, story, and what may be done now."""
    return _show_outbound(request, queries.get_outbound_for(request.actor, code))


def _show_outbound(request: HttpRequest, found: Outbound, tried: StepForm | None = None) -> HttpResponse:
    address = f"{found.get_absolute_url()}buoc/%s/"
    offered = offers(request.actor, found, request.at, address, tried=tried, without=queries.beside(found))
    record = record_of(found)
    overdue = any(one.is_running and one.due_on < local_date(request.at) for one in record["clocks"])
    may_dispute = found.state == "refused" or (found.state == "waiting" and overdue)
    is_lead = request.actor.has(Role.LEAD)
    context = {
        "case": found,
        "machine": OUTBOUND,
        "offers": offered,
        "stray": stray(offered, tried),
        "overdue": overdue,
        "alike": queries.alike(found)[:10] if is_lead and found.state == "proposed" else [],
        "may_edit": any(one.step.name == "propose" for one in offered),
        "may_list": is_lead and found.external is None and found.state in {"configured", "in_use"},
        "ndop": asks_for_ndop(found),
        "is_lead": is_lead,
        "connections": queries.connections_of(found),
        "dispute": _begins_at(request, DISPUTE, f"ve={OUTBOUND.code}:{found.code}") if may_dispute else "",
        **record,
    }
    return render(request, "sharing/outbound.html", context, status=422 if tried else 200)


@require_POST
@party
def outbound_step(request: HttpRequest, code: str, transition: str) -> HttpResponse:
    """Make one move of SM3 B; what was typed stays on the page when the move is refused."""
    found = queries.get_outbound_for(request.actor, code)
    return take_step(
        request, found, transition, to=found.get_absolute_url(), done=_said(transition),
        again=lambda tried: _show_outbound(request, queries.get_outbound_for(request.actor, code), tried),
    )  # fmt: skip


def _said(transition: str) -> str:
    return {
        "submit": _("Đã trình Chủ tịch UBND tỉnh."),
        "grant": _("Đã cấp tài khoản; cơ quan đầu mối nhận khóa thay cơ quan ngoài tỉnh."),
        "refuse": _("Đã ghi nhận trả lời từ chối."),
        "propose": _("Đã gửi đề xuất đến cơ quan đầu mối cấp tỉnh."),
        "send": _("Đã ghi nhận việc gửi; thời hạn của bên cung cấp đang được theo dõi."),
    }.get(transition) or _("Đã ghi nhận.")


# ---- agencies and services outside ----


@lead
@require_http_methods(["GET", "POST"])
def outside_agencies(request: HttpRequest) -> HttpResponse:
    """List the agencies outside the province that the register knows, and add one."""
    form = AgencyForm(request.POST or None, initial={"valid_from": local_date(request.at)})
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: agencies.open_agency(actor=request.actor, at=request.at, **form.cleaned_data))
        if made:
            return redirect("sharing:outside_agencies")
    context = {"form": form, "agencies": queries.outside_agencies()}
    return render(request, "sharing/outside_agencies.html", context, status=422 if form.errors else 200)


@door(Audience.PUBLIC)
@require_safe
def external_list(request: HttpRequest) -> HttpResponse:
    """Tell everybody which services outside the province may be used, and how to ask for them (S14.4)."""
    text, provider = request.GET.get("q", "").strip()[:200], request.GET.get("co-quan", "")
    page = page_of(queries.external_services(text=text, provider=provider), request.GET)
    context = {"page": page, "text": text, "provider": provider, "providers": queries.external_providers()}
    return render(request, "sharing/external_list.html", context)


@lead
@require_http_methods(["GET", "POST"])
def list_external(request: HttpRequest) -> HttpResponse:
    """Add a service to the list; ``?tu=`` names the proposal it was found by."""
    code = request.GET.get("tu", "")
    of = queries.get_outbound_for(request.actor, code) if code else None
    initial = {"provider": of.provider, "name": of.service_name, "purpose": of.purpose, "form": of.form} if of else {}
    form = ExternalForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: external.list_service(actor=request.actor, at=request.at, values=form.cleaned_data, outbound=of),
        )
        if made:
            return redirect(of.get_absolute_url() if of else "/dich-vu/ngoai-tinh/")
    context = {"form": form, "of": of}
    return render(request, "sharing/external_form.html", context, status=422 if form.errors else 200)


@lead
@require_http_methods(["GET", "POST"])
def change_external(request: HttpRequest, code: str) -> HttpResponse:
    """Correct what the list says of a service."""
    form = ExternalForm(request.POST or None, instance=queries.external_service(code))
    if request.method == "POST" and form.is_valid():
        fresh = queries.external_service(code)
        changed = attempt(
            form,
            lambda: external.change_service(
                actor=request.actor, at=request.at, service=fresh, values=form.cleaned_data
            ),
        )
        if changed:
            return redirect("sharing:external_list")
    return _external_page(request, code, form, RemoveForm())


@require_POST
@lead
def remove_external(request: HttpRequest, code: str) -> HttpResponse:
    """Take a service off the list."""
    found = queries.external_service(code)
    form = RemoveForm(request.POST)
    if form.is_valid():
        removed = attempt(
            form,
            lambda: external.remove_service(actor=request.actor, at=request.at, service=found, **form.cleaned_data),
        )
        if removed:
            return redirect("sharing:external_list")
    return _external_page(request, code, ExternalForm(instance=found), form)


def _external_page(request: HttpRequest, code: str, form: ExternalForm, remove: RemoveForm) -> HttpResponse:
    context = {"form": form, "remove": remove, "service": queries.external_service(code)}
    return render(request, "sharing/external_form.html", context, status=422 if form.errors or remove.errors else 200)
