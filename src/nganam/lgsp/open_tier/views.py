"""Pages of the open tier: what is in it, the tier of one service, and a person's keys."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.kernel.actors import Role
from nganam.lgsp.open_tier import operations, policies, queries
from nganam.lgsp.open_tier.forms import KeyForm, OfferForm
from nganam.lgsp.snapshots.forms import ReasonForm
from nganam.services.models import Service

OFFICERS = (Role.FOCAL, Role.LEAD)
MOST_SHOWN = 200


@require_safe
@door(Audience.OFFICER, roles=OFFICERS)
def tiers(request: HttpRequest) -> HttpResponse:
    """List the tiers of the agency's services; the lead agency sees all."""
    rows = [{"tier": one, "is_in_force": queries.is_in_force(one)} for one in queries.tiers_for(request.actor)]
    return render(request, "lgsp/open_tiers.html", {"rows": rows})


@door(Audience.OFFICER, roles=OFFICERS)
def tier(request: HttpRequest, code: str) -> HttpResponse:
    """Show the tier of a service; offer one."""
    found = queries.service_for(request.actor, code)
    form = OfferForm(request.POST or None, service=found)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: operations.offer_tier(found, actor=request.actor, at=request.at, **form.inputs()))
        if made:
            messages.success(request, _("Đã gửi đề nghị; cơ quan đầu mối được báo."))
            return redirect(made)
    return render(request, "lgsp/open_tier.html", _shown(request, found, form), status=422 if form.errors else 200)


def _shown(request: HttpRequest, found: Service, form: OfferForm, reason: ReasonForm | None = None) -> dict[str, Any]:
    present = queries.present(found)
    return {
        "service": found,
        "tier": present,
        "fields": [one for one in found.fields.all() if present and one.name in queries.served(present)],
        "is_in_force": bool(present and queries.is_in_force(present)),
        "why_not": policies.is_open_data(found),
        "may_offer": present is None and not policies.may_offer(request.actor, found),
        "may_open": bool(present and not present.is_open and not policies.may_open(request.actor, present)),
        "may_close": bool(present and not policies.may_close(request.actor, present)),
        "form": form,
        "reason": reason or ReasonForm(),
        "address": queries.example_url(found),
        "before": queries.closed(found),
    }


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def open_tier(request: HttpRequest, code: str) -> HttpResponse:
    """Open an offered tier."""
    found = queries.get_tier_for(request.actor, code)
    return press(
        request, lambda: operations.open_tier(found, actor=request.actor, at=request.at), to=found.get_absolute_url(),
        done=_("Đã mở; có hiệu lực trong vài giây."),
    )  # fmt: skip


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def close_tier(request: HttpRequest, code: str) -> HttpResponse:
    """Close a tier or decline an offer; a refused one keeps what was typed."""
    found, form = queries.get_tier_for(request.actor, code), ReasonForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        if attempt(form, lambda: operations.close_tier(found, actor=request.actor, at=request.at, **said)):
            messages.success(request, _("Đã đóng tầng mở."))
            return redirect(found)
    service = queries.service_for(request.actor, found.service.code)
    context = _shown(request, service, OfferForm(service=service), form)
    return render(request, "lgsp/open_tier.html", context, status=422)


@never_cache
@door(Audience.SIGNED_IN)
def keys(request: HttpRequest) -> HttpResponse:
    """List a person's keys; give out another and show it, this once."""
    form = KeyForm(request.POST or None)
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        issued = attempt(form, lambda: operations.issue_key(actor=request.actor, at=request.at, **form.cleaned_data))
        if issued:
            context = {"issued": issued[0], "secret": issued[1]}
            form = KeyForm()
    context |= {
        "form": form,
        "most": operations.MOST_LIVE,
        "keys": [
            {
                "row": one,
                "is_live": one.is_live(request.at),
                "may_revoke": one.is_live(request.at) and not policies.may_revoke(request.actor, one),
            }
            for one in queries.keys_for(request.actor)[:MOST_SHOWN]
        ],
    }
    return render(request, "lgsp/open_keys.html", context, status=422 if form.errors else 200)


@require_POST
@door(Audience.SIGNED_IN)
def revoke_key(request: HttpRequest, code: str) -> HttpResponse:
    """Revoke a key."""
    found = queries.get_key_for(request.actor, code)
    return press(
        request, lambda: operations.revoke_key(found, actor=request.actor, at=request.at), to="/khoa-mo/",
        done=_("Đã thu hồi khóa; cổng từ chối khóa này trong vài giây."),
    )  # fmt: skip
