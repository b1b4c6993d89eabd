"""Pages of snapshots, for the agency that runs the gateway."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.kernel.actors import Role
from nganam.lgsp.snapshots import operations, queries, recording, watching
from nganam.lgsp.snapshots.forms import ReasonForm
from nganam.lgsp.snapshots.models import GatewaySnapshot

OPERATORS = (Role.LEAD,)
PER_PAGE = 30
MOST_SHOWN = 200


@never_cache
@door(Audience.OFFICER, roles=OPERATORS)
def listing(request: HttpRequest) -> HttpResponse:
    """List the snapshots; say what each node serves, and whether the gateway is held to an older one."""
    return _listing(request, ReasonForm(auto_id="bo-%s"))


def _listing(request: HttpRequest, form: ReasonForm, *, status: int = 200) -> HttpResponse:
    page = Paginator(queries.snapshots_for(request.actor), PER_PAGE).get_page(request.GET.get("trang"))
    context = {
        "page": page,
        "causes": {one.number: queries.causes(one)[:1] for one in page},
        "nodes": watching.node_states(),
        "servers": watching.server_states(),
        "held_to": recording.pin(),
        "form": form,
    }
    return render(request, "lgsp/snapshots.html", context, status=status)


@never_cache
@door(Audience.OFFICER, roles=OPERATORS)
def one(request: HttpRequest, number: int) -> HttpResponse:
    """Show a snapshot: what caused it, how it differs from the one before, and the way back to it."""
    return _one(request, queries.get_snapshot_for(request.actor, number), ReasonForm())


def _one(request: HttpRequest, found: GatewaySnapshot, form: ReasonForm, *, status: int = 200) -> HttpResponse:
    earlier = queries.before(request.actor, found)
    context = {
        "snapshot": found,
        "earlier": earlier,
        "causes": queries.causes(found),
        "difference": queries.comparison(earlier, found),
        "names": queries.section_names(),
        "most": MOST_SHOWN,
        "whole": queries.is_whole(found),
        "held_to": recording.pin(),
        "form": form,
    }
    return render(request, "lgsp/snapshot.html", context, status=status)


@never_cache
@door(Audience.OFFICER, roles=OPERATORS)
def compare(request: HttpRequest, earlier: int, number: int) -> HttpResponse:
    """Show how two snapshots differ."""
    first, second = (queries.get_snapshot_for(request.actor, one) for one in (earlier, number))
    context = {
        "earlier": first,
        "snapshot": second,
        "difference": queries.comparison(first, second),
        "names": queries.section_names(),
        "most": MOST_SHOWN,
    }
    return render(request, "lgsp/snapshot_compare.html", context)


@require_POST
@door(Audience.OFFICER, roles=OPERATORS)
def roll_back(request: HttpRequest, number: int) -> HttpResponse:
    """Hold the gateway to a snapshot."""
    found, form = queries.get_snapshot_for(request.actor, number), ReasonForm(request.POST)
    if form.is_valid():
        why = form.cleaned_data["reason"]
        pin = attempt(form, lambda: operations.roll_back(found, actor=request.actor, at=request.at, reason=why))
        if pin:
            return redirect("lgsp:snapshots")
    return _one(request, found, form, status=422)


@require_POST
@door(Audience.OFFICER, roles=OPERATORS)
def release(request: HttpRequest) -> HttpResponse:
    """Let the gateway follow the decisions again."""
    form = ReasonForm(request.POST, auto_id="bo-%s")
    if form.is_valid():
        why = form.cleaned_data["reason"]
        pin = attempt(form, lambda: operations.release(actor=request.actor, at=request.at, reason=why))
        if pin:
            return redirect("lgsp:snapshots")
    return _listing(request, form, status=422)
