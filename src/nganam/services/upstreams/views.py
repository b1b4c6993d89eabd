"""Officers' pages of agencies' systems."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.kernel.actors import Role
from nganam.services.upstreams import operations, policies, queries
from nganam.services.upstreams.forms import UpstreamForm
from nganam.services.upstreams.reading import write_operation

OFFICERS = (Role.FOCAL, Role.LEAD)


@door(Audience.OFFICER, roles=OFFICERS)
def upstreams(request: HttpRequest) -> HttpResponse:
    """List the systems the officer works with."""
    context = {
        "upstreams": queries.upstreams_for(request.actor),
        "may_declare": not policies.may_declare(request.actor),
    }
    return render(request, "services/upstreams.html", context)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def declare(request: HttpRequest) -> HttpResponse:
    """Declare a system."""
    form = UpstreamForm(request.POST or None, request.FILES or None, agency=request.actor.agency)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form, lambda: operations.declare_upstream(actor=request.actor, at=request.at, values=form.values())
        )
        if made:
            return redirect(made)
    return render(request, "services/upstream_form.html", {"form": form}, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=(Role.FOCAL,))
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a system."""
    found = queries.get_upstream_for(request.actor, code)
    form = UpstreamForm(request.POST or None, request.FILES or None, instance=found, agency=found.agency.code)
    if request.method == "POST" and form.is_valid():
        fresh = queries.get_upstream_for(request.actor, code)  # the form has written into its own copy
        changed = attempt(
            form,
            lambda: operations.edit_upstream(
                actor=request.actor, at=request.at, upstream=fresh, values=form.values(), seen=form.seen
            ),
        )
        if changed:
            return redirect(changed)
    context = {"form": form, "upstream": found}
    return render(request, "services/upstream_form.html", context, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=OFFICERS)
def upstream(request: HttpRequest, code: str) -> HttpResponse:
    """Show a system: addresses as they are called, operations, items, services over it."""
    found = queries.get_upstream_for(request.actor, code)
    context = {
        "upstream": found,
        "operations": [
            {"line": write_operation(one), "title": one.get("title", "")} for one in found.contract["operations"]
        ],
        "services": found.services.order_by("code"),
        "may_change": not policies.may_change(request.actor, found),
    }
    return render(request, "services/upstream.html", context)
