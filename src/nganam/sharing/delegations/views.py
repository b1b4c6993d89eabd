"""Officers' pages of delegations."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.face.paging import page_of
from nganam.kernel.actors import Role
from nganam.sharing.delegations import operations, policies, queries
from nganam.sharing.delegations.forms import DelegationForm

OFFICERS = (Role.FOCAL, Role.LEAD)


@door(Audience.OFFICER, roles=OFFICERS)
def delegations(request: HttpRequest) -> HttpResponse:
    """List the delegations the officer's agency gave or takes; record another."""
    may_delegate = not policies.may_delegate(request.actor)
    form = DelegationForm(request.POST or None, agency=request.actor.agency)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: operations.record_delegation(actor=request.actor, at=request.at, **form.cleaned_data),
        )
        if made:
            messages.success(request, _("Đã ghi nhận ủy quyền; đơn vị vận hành LGSP cấp tài khoản được ngay."))
            return redirect("sharing:delegations")
    page = page_of(queries.delegations_for(request.actor), request.GET)
    context = {
        "page": page,
        "rows": [{"one": one, "may_end": not (one.ended_at or policies.may_end(request.actor, one))} for one in page],
        "form": form if may_delegate else None,
    }
    return render(request, "sharing/delegations.html", context, status=422 if form.errors else 200)


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def end(request: HttpRequest, code: str) -> HttpResponse:
    """End a delegation."""
    found = queries.get_delegation_for(request.actor, code)
    return press(
        request, lambda: operations.end_delegation(actor=request.actor, at=request.at, delegation=found),
        to=operations.LINK, done=_("Đã kết thúc ủy quyền; từ bây giờ chủ quản tự cấp tài khoản."),
    )  # fmt: skip
