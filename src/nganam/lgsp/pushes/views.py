"""Pages of a table's door for pushed records: the address, who may push, the receipts; an application's certificate."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.kernel.actors import Role
from nganam.lgsp.beyond.forms import RequestForm
from nganam.lgsp.certificates import revoke_certificate as revoke
from nganam.lgsp.policies import may_revoke_certificate
from nganam.lgsp.pushes import operations, policies, queries, samples
from nganam.lgsp.pushes.forms import GrantForm
from nganam.lgsp.pushes.models import PushRight
from nganam.lgsp.queries import certificates_of, gateway_tls_url, service_host
from nganam.lgsp.snapshots.forms import ReasonForm
from nganam.warehouse.models import Table
from nganam.warehouse.queries import get_table_for

OFFICERS = (Role.FOCAL, Role.LEAD)


@never_cache
@door(Audience.OFFICER, roles=OFFICERS)
def pushes(request: HttpRequest, code: str) -> HttpResponse:
    """Show a table's door: how to push, who may, what came; let an application push."""
    table = get_table_for(request.actor, code)
    form = GrantForm(request.POST or None, table=table)
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: operations.grant_push(actor=request.actor, at=request.at, table=table, **form.cleaned_data),
        )
        if made:
            messages.success(request, _("Đã mở quyền đẩy dữ liệu; cổng nhận trong vài giây."))
            return redirect("lgsp:pushes", code=table.code)
    return render(request, "lgsp/pushes.html", _shown(request, table, form), status=422 if form.errors else 200)


def _shown(request: HttpRequest, table: Table, form: GrantForm) -> dict[str, Any]:
    found = queries.door_of(table)
    sample = samples.record(table, request.at)
    path = f"/r1/{queries.path_of(found)}" if found else ""
    return {
        "table": table, "form": form, "push_door": found, "receipts": queries.pushes_of(table),
        "rights": [
            {"row": one, "may_end": one.is_live and not policies.may_end(request.actor, one)}
            for one in queries.rights_of(table)
        ],
        "address": f"{service_host()}{path}", "address_tls": f"{gateway_tls_url()}{path}",
        "sample": json.dumps(sample, ensure_ascii=False, indent=1),
        "curl": samples.curl(f"{service_host()}{path}", sample),
        "why_not": operations.why_not(table), "why_waiting": operations.why_waiting(table) if found else "",
        "may_grant": not policies.may_grant(request.actor, table),
        "reason_form": ReasonForm(),
    }  # fmt: skip


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def end(request: HttpRequest, code: str, right: int) -> HttpResponse:
    """Let an application push no more."""
    found, form = queries.get_right_for(request.actor, code, right), ReasonForm(request.POST)
    form.is_valid()
    return press(
        request,
        lambda: operations.end_push(
            actor=request.actor, at=request.at, right=found, reason=form.cleaned_data.get("reason", "")
        ),
        to=reverse("lgsp:pushes", args=[code]), done=_("Đã đóng; cổng từ chối ngay từ bây giờ."),
    )  # fmt: skip


@never_cache
@door(Audience.OFFICER, roles=OFFICERS)
def certify(request: HttpRequest, code: str, right: int) -> HttpResponse:
    """Show the certificates of an application that pushes; sign one."""
    found = queries.get_right_for(request.actor, code, right)
    form, made = RequestForm(request.POST or None), None
    if request.method == "POST" and form.is_valid():
        csr = form.cleaned_data["csr"]
        made = attempt(form, lambda: operations.certify_push(actor=request.actor, at=request.at, right=found, csr=csr))
    context = {
        "right": found, "form": form, "made": made, "may_certify": not policies.may_certify(request.actor, found),
        "address_tls": f"{gateway_tls_url()}/r1/{queries.path_of(found.door)}",
        "certificates": _certificates(request, found),
    }  # fmt: skip
    return render(request, "lgsp/push_certificates.html", context, status=422 if form.errors else 200)


def _certificates(request: HttpRequest, right: PushRight) -> list[dict[str, Any]]:
    return [
        {"row": one, "may_revoke": one.is_live(request.at) and not may_revoke_certificate(request.actor, one)}
        for one in certificates_of(right.application)
    ]


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def revoke_certificate(request: HttpRequest, code: str, right: int, serial: str) -> HttpResponse:
    """Revoke a certificate of an application that pushes; it may have no account whose page would do it."""
    found = queries.certificate_of(queries.get_right_for(request.actor, code, right), serial)
    return press(
        request, lambda: revoke(found, actor=request.actor, at=request.at),
        to=reverse("lgsp:push_certificates", args=[code, right]),
        done=_("Đã thu hồi chứng thư; cổng từ chối ngay từ bây giờ."),
    )  # fmt: skip
