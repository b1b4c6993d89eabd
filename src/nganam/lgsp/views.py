"""Doors of the room for officers: credentials, certificates, monitoring."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.kernel.actors import Role
from nganam.kernel.clock import local_date
from nganam.lgsp import (
    certificates,
    monitoring,
    operations,
    policies,
    proofs,
    proving,
    publishing,
    queries,
    quotas,
    rotating,
)
from nganam.lgsp.forms import CertificateForm, KeyForm, TermForm
from nganam.lgsp.snapshots import recording, watching
from nganam.lgsp.snapshots.models import GatewaySnapshot
from nganam.lgsp.watching import measuring, rules
from nganam.lgsp.watching import queries as incidents
from nganam.sharing.accounts.queries import get_account_for

OFFICERS = (Role.FOCAL, Role.LEAD)
OPEN_SHOWN = 5


@never_cache
@door(Audience.OFFICER, roles=OFFICERS)
def credentials(request: HttpRequest, code: str) -> HttpResponse:
    """List the credentials of an account; register a public key."""
    account = get_account_for(request.actor, code)
    form = KeyForm(request.POST or None, auto_id="khoa-%s")
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: operations.register_key(account, actor=request.actor, at=request.at, **form.inputs()),
        )
        if made:
            return redirect("lgsp:credentials", code=code)
    return _credentials_page(request, code, {"form": form} if form.is_bound else {})


def _credentials_page(request: HttpRequest, code: str, more: dict[str, object], *, status: int = 200) -> HttpResponse:
    account = get_account_for(request.actor, code)
    today, rows = local_date(request.at), list(queries.credentials_of(account))
    newest = {"seen": rows[0].client_id if rows else ""}
    context = {
        "account": account,
        "credentials": [
            {
                "row": one,
                "is_over": one.is_over(today),
                "may_revoke": one.is_live and not policies.may_revoke_credential(request.actor, one),
            }
            for one in rows
        ],
        "certificates": [
            {
                "row": one,
                "is_live": one.is_live(request.at),
                "may_revoke": one.is_live(request.at) and not policies.may_revoke_certificate(request.actor, one),
            }
            for one in queries.certificates_of(account.application)
        ],
        "allows_certificates": any(
            one.kind == one.Kind.CERTIFICATE and one.is_live and not one.is_over(today) for one in rows
        ),
        "identity": queries.identity_of(account.application),
        "csr": CertificateForm(auto_id="csr-%s"),
        "rotation": rotating.rotation_of(rows, today),
        "may_issue": not policies.may_issue_credential(request.actor, account),
        "term": TermForm(initial=newest),
        "api": TermForm(auto_id="api-%s", initial=newest),
        "form": KeyForm(auto_id="khoa-%s", initial=newest),
        "token_url": queries.token_url(),
        "service_url": queries.service_url(account.service),
        "service_url_tls": queries.service_url(account.service, tls=True),
        "x_road_client": queries.identity_of(account.application).removeprefix("lgsp:"),
        "api_key_type": proofs.API_KEY_TYPE,
        "used": quotas.used(account, request.at),
        **more,
    }
    return render(request, "lgsp/credentials.html", context, status=status)


@never_cache
@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def issue(request: HttpRequest, code: str) -> HttpResponse:
    """Issue a secret and show it, this once; ``loai=apikey`` issues an API key instead."""
    account, term = get_account_for(request.actor, code), TermForm(request.POST)
    is_api_key = request.POST.get("loai") == "apikey"
    deed = operations.issue_api_key if is_api_key else operations.issue_credential
    issued = None
    if term.is_valid():
        issued = attempt(term, lambda: deed(account, actor=request.actor, at=request.at, **term.inputs()))
    if issued is None:
        return _credentials_page(request, code, {"api" if is_api_key else "term": term}, status=422)
    credential, secret = issued
    return _credentials_page(request, code, {"issued": credential, "secret": secret})


@never_cache
@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def certify(request: HttpRequest, code: str) -> HttpResponse:
    """Sign a certificate for the key whose request was sent."""
    account, form = get_account_for(request.actor, code), CertificateForm(request.POST, auto_id="csr-%s")
    made = None
    if form.is_valid():
        made = attempt(
            form,
            lambda: certificates.issue_certificate(account, actor=request.actor, at=request.at, **form.cleaned_data),
        )
    if made is None:
        return _credentials_page(request, code, {"csr": form}, status=422)
    messages.success(request, _("Đã cấp chứng thư; tải về ở bảng chứng thư."))
    return redirect("lgsp:credentials", code=code)


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def allow(request: HttpRequest, code: str) -> HttpResponse:
    """Let the application use the account by the certificates it has."""
    account = get_account_for(request.actor, code)
    return press(
        request, lambda: operations.allow_certificates(account, actor=request.actor, at=request.at),
        to=f"/tai-khoan-ket-noi/{code}/khoa/", done=_("Tài khoản đã nhận chứng thư của ứng dụng."),
    )  # fmt: skip


@require_GET
@door(Audience.OFFICER, roles=OFFICERS)
def certificate(request: HttpRequest, code: str, serial: str) -> HttpResponse:
    """Hand out a certificate with its chain; there is nothing secret in it."""
    found = queries.get_certificate_for(request.actor, code, serial)
    response = HttpResponse(found.pem, content_type="application/x-pem-file")
    name = found.application.subject.replace("/", "-").lower()
    response["Content-Disposition"] = f'attachment; filename="{name}-{serial[:8]}.pem"'
    return response


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def revoke_certificate(request: HttpRequest, code: str, serial: str) -> HttpResponse:
    """Revoke a certificate."""
    found = queries.get_certificate_for(request.actor, code, serial)
    return press(
        request, lambda: certificates.revoke_certificate(found, actor=request.actor, at=request.at),
        to=f"/tai-khoan-ket-noi/{code}/khoa/", done=_("Đã thu hồi chứng thư; cổng từ chối ngay từ bây giờ."),
    )  # fmt: skip


@require_POST
@door(Audience.OFFICER, roles=OFFICERS)
def revoke(request: HttpRequest, code: str, client_id: str) -> HttpResponse:
    """Revoke a credential."""
    found = queries.get_credential_for(request.actor, code, client_id)
    return press(
        request, lambda: operations.revoke_credential(found, actor=request.actor, at=request.at),
        to=f"/tai-khoan-ket-noi/{code}/khoa/", done=_("Đã thu hồi khóa; cổng từ chối khóa này ngay từ bây giờ."),
    )  # fmt: skip


@door(Audience.OFFICER, roles=OFFICERS)
def monitor(request: HttpRequest) -> HttpResponse:
    """Show the calls of the officer's side: figures, times, pairs, the last calls. Refreshes its figures by itself."""
    asked = monitoring.Asked.read(request.GET)
    made = monitoring.picture(request.actor, asked, request.at)
    context = {
        "asked": asked,
        "periods": monitoring.PERIODS,
        "summary": measuring.shown(made.total, asked.result),
        "chart": measuring.chart_of_calls(made),
        "times": measuring.chart_of_times(made),
        "pairs": [{**one, "figures": measuring.shown(one["figures"], asked.result)} for one in measuring.busiest(made)],
        "agency_names": measuring.party_names(),
        "choices": measuring.choices(measuring.tallies_for(request.actor)),
        "recent": monitoring.recent(request.actor, asked, request.at, request.GET.get("truoc", "")),
        "is_newest": "truoc" not in request.GET,
        "every": "3s" if asked.days <= 1 else "30s",
        "incidents": incidents.open_for(request.actor)[:OPEN_SHOWN],
        "rules": rules.BY_KEY,
        **_nodes(request),
        "held_to": recording.pin(),
        "published_at": publishing.last_publication(),
        "collector": proving.collector_status(request.at),
    }
    return render(request, "lgsp/monitor.html", context)


def _nodes(request: HttpRequest) -> dict[str, object]:
    """Return how the nodes are: to its users the gateway lives when one does; who runs it sees each."""
    nodes, is_operator = watching.node_states(), not policies.may_change_snapshot(request.actor)
    last = GatewaySnapshot.objects.first()
    return {
        "gateway_live": any(one.health.live for one in nodes),
        "refusing": any(one.refused for one in nodes) or bool(last and not last.was_good),
        "is_operator": is_operator,
        "nodes": nodes,
        "servers": watching.server_states() if is_operator else [],
    }


@door(Audience.OFFICER, roles=OFFICERS)
def exchange(request: HttpRequest, request_id: str) -> HttpResponse:
    """Show one call with the groups of D45."""
    found = monitoring.get_exchange_for(request.actor, request_id)
    return render(request, "lgsp/exchange.html", {"exchange": found, "agency_names": measuring.party_names()})
