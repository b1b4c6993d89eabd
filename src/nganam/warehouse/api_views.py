"""The pages on which a JSON API is declared as a source, and changed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.kernel.actors import Role
from nganam.kernel.errors import NotFound
from nganam.warehouse import apis, queries
from nganam.warehouse.api_forms import ApiForm, initial_api
from nganam.warehouse.models import SourceKind


@sensitive_post_parameters("secret")
@door(Audience.OFFICER, roles=(Role.FOCAL,))
def declare(request: HttpRequest) -> HttpResponse:
    """Declare a JSON API as a source."""
    form = ApiForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: apis.declare_api(actor=request.actor, at=request.at, agency=request.actor.agency, **form.values()),
        )
        if made:
            return redirect(made.get_absolute_url())
    return render(request, "warehouse/declare_api.html", {"form": form}, status=422 if form.is_bound else 200)


@sensitive_post_parameters("secret")
@door(Audience.OFFICER, roles=(Role.FOCAL,))
def change(request: HttpRequest, code: str) -> HttpResponse:
    """Change where an API is and how it is read."""
    found = queries.get_source_for(request.actor, code)
    if found.kind != SourceKind.REST:
        raise NotFound(_("Nguồn này không phải API."))
    form = ApiForm(request.POST or None, initial=initial_api(found))
    if request.method == "POST" and form.is_valid():
        fresh = queries.get_source_for(request.actor, code)
        if attempt(form, lambda: apis.change_api(actor=request.actor, at=request.at, source=fresh, **form.values())):
            return redirect(fresh.get_absolute_url())
    context = {"form": form, "source": found}
    return render(request, "warehouse/declare_api.html", context, status=422 if form.is_bound else 200)
