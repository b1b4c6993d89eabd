"""Officers' page of the credential of an agency's system: it is given, never shown."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt
from nganam.kernel.actors import Role
from nganam.kernel.errors import NotFound
from nganam.lgsp.forms import UpstreamSecretForm
from nganam.lgsp.upstreams import set_credential
from nganam.services.upstreams import policies
from nganam.services.upstreams.queries import get_upstream_for


@never_cache
@sensitive_post_parameters("value")
@door(Audience.OFFICER, roles=(Role.FOCAL,))
def credential(request: HttpRequest, code: str) -> HttpResponse:
    """Give the gateway the credential of a system."""
    found = get_upstream_for(request.actor, code)
    reason = policies.may_change(request.actor, found)
    if reason:
        raise NotFound(reason)
    form = UpstreamSecretForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        value = form.cleaned_data["value"]
        if attempt(form, lambda: set_credential(actor=request.actor, at=request.at, upstream=found, value=value)):
            return redirect(found)
    context = {"form": form, "upstream": found}
    return render(request, "lgsp/upstream_credential.html", context, status=422 if form.errors else 200)
