"""Officers' page of test credentials."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.kernel.actors import Role
from nganam.sharing.requests.queries import applications_for
from nganam.sharing.sandbox import operations, policies, queries
from nganam.sharing.sandbox.forms import TryForm

OFFICERS = (Role.FOCAL, Role.LEAD)


@never_cache
@door(Audience.OFFICER, roles=OFFICERS)
def test_credentials(request: HttpRequest) -> HttpResponse:
    """List the agency's test credentials; issue another and show its secret, this once."""
    own = list(applications_for(request.actor))
    form = TryForm(request.POST or None)
    form.choose_from(own)
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        issued = attempt(form, lambda: _issue(request, form.cleaned_data["application"]))
        if issued:
            context = {"issued": issued[0], "secret": issued[1]}
    context |= {
        "form": form,
        "applications": own,
        "most": operations.MOST_LIVE,
        "credentials": [
            {
                "row": one,
                "is_live": one.is_live(request.at),
                "may_revoke": one.is_live(request.at) and not policies.may_revoke(request.actor, one),
            }
            for one in queries.credentials_for(request.actor)[:200]
        ],
    }
    return render(request, "sharing/test_credentials.html", context, status=422 if form.errors else 200)


def _issue(request: HttpRequest, code: str) -> Any:
    application = queries.application_for(request.actor, code)
    return operations.issue_test_credential(application, actor=request.actor, at=request.at)


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def revoke_test_credential(request: HttpRequest, client_id: str) -> HttpResponse:
    """Revoke one."""
    found = queries.get_credential_for(request.actor, client_id)
    return press(
        request, lambda: operations.revoke_test_credential(found, actor=request.actor, at=request.at),
        to="/ung-dung/thu-nghiem/", done=_("Đã thu hồi khóa thử nghiệm."),
    )  # fmt: skip
