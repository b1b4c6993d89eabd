"""Pages of platforms beyond the province, for the agency that runs the gateway; one for the unit that calls out."""

import json
from collections.abc import Callable
from typing import Any

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from nganam.face.doors import Audience, door
from nganam.face.forms import attempt, press
from nganam.kernel.actors import Role
from nganam.kernel.errors import Invalid, NganamError
from nganam.lgsp.beyond import exchanging, forms, importing, needs, operations, policies, queries
from nganam.lgsp.beyond.models import Platform
from nganam.lgsp.certificates import revoke_certificate as revoke
from nganam.lgsp.policies import may_revoke_certificate
from nganam.lgsp.queries import certificates_of, gateway_tls_url, service_host
from nganam.lgsp.snapshots.forms import ReasonForm
from nganam.services.upstreams.reading import write_operation, write_operations

OPERATORS = (Role.LEAD,)


@door(Audience.OFFICER, roles=OPERATORS)
def platforms(request: HttpRequest) -> HttpResponse:
    """List the platforms."""
    return render(request, "lgsp/platforms.html", {"platforms": queries.platforms_for(request.actor)})


@door(Audience.OFFICER, roles=OPERATORS)
def declare(request: HttpRequest) -> HttpResponse:
    """Declare a platform."""
    form = forms.PlatformForm(request.POST or None)
    return _fill(
        request, form, lambda: operations.declare_platform(actor=request.actor, at=request.at, values=form.values()),
        "lgsp/platform_form.html", {},
    )  # fmt: skip


def _fill(
    request: HttpRequest, form: BaseForm, deed: Callable[[], Any], template: str, context: dict[str, Any],
    to: Platform | None = None,
) -> HttpResponse:  # fmt: skip
    """Do the deed with what was filled in and go on to what was made, or ``to``; refused, show it all again."""
    if request.method == "POST" and form.is_valid():
        made = attempt(form, deed)
        if made is not None:
            return redirect(to or made)
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)


@door(Audience.OFFICER, roles=OPERATORS)
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change what is known of a platform."""
    found = queries.get_platform_for(request.actor, code)
    form = forms.PlatformForm(request.POST or None, instance=found)
    fresh = queries.get_platform_for(request.actor, code)  # the form writes into its own copy
    return _fill(
        request, form,
        lambda: operations.edit_platform(
            actor=request.actor, at=request.at, platform=fresh, values=form.values(), seen=form.seen
        ),
        "lgsp/platform_form.html", {"platform": fresh},
    )  # fmt: skip


@never_cache
@door(Audience.OFFICER, roles=OPERATORS)
def platform(request: HttpRequest, code: str) -> HttpResponse:
    """Show a platform: what is known and what is not, both directions, who calls what."""
    found = queries.get_platform_for(request.actor, code)
    members = list(queries.members_of(found))
    reached = exchanging.reached(members, request.at)
    context = {
        "platform": found,
        "directions": [_direction(found, name) for name in needs.DIRECTIONS],
        "services": [
            {
                "row": one,
                "address": queries.address_of(one),
                "lines": [write_operation(each) for each in one.operations],
            }
            for one in queries.services_of(found)
        ],
        "accesses": queries.accesses_of(found),
        "left_over": queries.left_over(found, request.at),
        "members": [{"row": one, "reaches": reached[one.pk]} for one in members],
        "host": service_host(),
        "jwk": json.dumps(found.public_jwk, indent=1) if found.public_jwk else "",
        "tls_url": gateway_tls_url(),
        "certificate_over": bool(found.certificate_until and found.certificate_until <= request.at),
    }
    return render(request, "lgsp/platform.html", context)


def _direction(found: Platform, name: str) -> dict[str, object]:
    missing = needs.unknown(found, name)
    return {
        "name": name, "title": needs.DIRECTIONS[name], "since": getattr(found, operations.LIVE[name]),
        "unknown": missing, "form": ReasonForm(auto_id=f"{name}-%s"),
    }  # fmt: skip


@require_POST
@door(Audience.OFFICER, roles=OPERATORS)
def go_live(request: HttpRequest, code: str) -> HttpResponse:
    """Let a direction go live."""
    return _turn(request, code, operations.go_live, _("Đã mở kết nối."))


@require_POST
@door(Audience.OFFICER, roles=OPERATORS)
def stop(request: HttpRequest, code: str) -> HttpResponse:
    """Stop a direction."""
    return _turn(request, code, operations.stop, _("Đã đóng kết nối."))


def _turn(request: HttpRequest, code: str, deed: Callable[..., object], done: str) -> HttpResponse:
    found, form = queries.get_platform_for(request.actor, code), forms.DirectionForm(request.POST)
    return press(
        request, lambda: deed(actor=request.actor, at=request.at, platform=found, **_sent(form)),
        to=found.get_absolute_url(), done=done,
    )  # fmt: skip


def _sent(form: forms.DirectionForm | ReasonForm) -> dict[str, str]:
    """Return what was filled in; a form of one reason is refused in words on the page it came from."""
    if not form.is_valid():
        raise Invalid(_("Ghi lý do."), fields={name: [str(one) for one in told] for name, told in form.errors.items()})
    return dict(form.cleaned_data)


@never_cache
@sensitive_post_parameters()
@door(Audience.OFFICER, roles=OPERATORS)
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """Take the certificate and key the gateway shows the platform."""
    found = queries.get_platform_for(request.actor, code)
    form = forms.PairForm(request.POST or None, request.FILES or None)
    return _fill(
        request, form,
        lambda: operations.set_certificate(actor=request.actor, at=request.at, platform=found, **form.texts()),
        "lgsp/platform_secret.html", {"platform": found, "upload": True}, found,
    )  # fmt: skip


@never_cache
@sensitive_post_parameters("value")
@door(Audience.OFFICER, roles=OPERATORS)
def secret(request: HttpRequest, code: str) -> HttpResponse:
    """Take the secret the platform has given us."""
    found = queries.get_platform_for(request.actor, code)
    form = forms.SecretForm(request.POST or None)
    return _fill(
        request, form,
        lambda: operations.set_secret(actor=request.actor, at=request.at, platform=found, **form.cleaned_data),
        "lgsp/platform_secret.html", {"platform": found}, found,
    )  # fmt: skip


@require_POST
@door(Audience.OFFICER, roles=OPERATORS)
def make_key(request: HttpRequest, code: str) -> HttpResponse:
    """Make the key that signs our assertions."""
    found = queries.get_platform_for(request.actor, code)
    return press(
        request, lambda: operations.make_key(actor=request.actor, at=request.at, platform=found),
        to=found.get_absolute_url(), done=_("Đã tạo khóa; gửi khóa công khai cho nền tảng."),
    )  # fmt: skip


# -- services --


@never_cache
@door(Audience.OFFICER, roles=OPERATORS)
def enter(request: HttpRequest, code: str) -> HttpResponse:
    """Enter a service: typed, from a document, or as the platform says it."""
    found = queries.get_platform_for(request.actor, code)
    asked = forms.SubsystemForm(request.GET if "subsystem" in request.GET else None)
    form = forms.EnterForm(
        request.POST or None, request.FILES or None, initial=_begun(found, request.GET.get("dinh-danh", ""), asked)
    )
    context = {
        "platform": found, "asked": asked, "offered": _offered(found, asked),
        "asks": found.kind == Platform.Kind.XROAD and not needs.unknown(found, needs.OUTGOING),
    }  # fmt: skip
    return _fill(
        request, form,
        lambda: exchanging.enter_service(actor=request.actor, at=request.at, platform=found, **form.cleaned_data),
        "lgsp/beyond_enter.html", context, found,
    )  # fmt: skip


def _offered(found: Platform, asked: forms.SubsystemForm) -> list[importing.Offered] | None:
    if not asked.is_bound or not asked.is_valid():
        return None
    return attempt_asking(asked, lambda: importing.offered(found, asked.cleaned_data["subsystem"]))


def attempt_asking(form: forms.SubsystemForm, ask: Callable[[], list[importing.Offered]]) -> (
    list[importing.Offered] | None
):  # fmt: skip
    """Ask a platform; what went wrong stands on the form."""
    try:
        return ask()
    except NganamError as error:
        form.add_error(None, f"{error.message} {error.hint}".strip())
        return None


def _begun(found: Platform, identifier: str, asked: forms.SubsystemForm) -> dict[str, str]:
    """Return what the form begins with: of a service chosen from the platform's list, its operations."""
    if not identifier:
        return {}
    try:
        lines = write_operations(importing.operations_of(found, identifier))
    except NganamError as error:
        if asked.is_bound:
            asked.add_error(None, error.message)
        lines = ""
    return {"identifier": identifier[:200], "operations": lines}


@door(Audience.OFFICER, roles=OPERATORS)
def change(request: HttpRequest, code: str, service: str) -> HttpResponse:
    """Change which operations of a service are passed on."""
    found = queries.get_platform_for(request.actor, code)
    row = queries.service_of(found, service)
    form = forms.OperationsForm(request.POST or None, request.FILES or None, initial=forms.OperationsForm.shown(row))
    return _fill(
        request, form,
        lambda: exchanging.change_service(
            actor=request.actor, at=request.at, service=row, values=form.cleaned_data, seen=form.cleaned_data["version"]
        ),
        "lgsp/beyond_service.html", {"platform": found, "service": row, "reason": ReasonForm(auto_id="ngung-%s"),
         "accesses": queries.accesses_to(row)}, found,
    )  # fmt: skip


@require_POST
@door(Audience.OFFICER, roles=OPERATORS)
def end_service(request: HttpRequest, code: str, service: str) -> HttpResponse:
    """Take a service off the gateway."""
    found, form = queries.get_platform_for(request.actor, code), ReasonForm(request.POST)
    row = queries.service_of(found, service)
    return press(
        request, lambda: exchanging.end_service(actor=request.actor, at=request.at, service=row, **_sent(form)),
        to=found.get_absolute_url(), done=_("Đã ngừng dịch vụ trên cổng."),
    )  # fmt: skip


# -- who calls --


@door(Audience.OFFICER, roles=OPERATORS)
def open_access(request: HttpRequest, code: str) -> HttpResponse:
    """Let an approved proposal's application call."""
    found = queries.get_platform_for(request.actor, code)
    form = forms.AccessForm(request.POST or None, platform=found)
    return _fill(
        request, form, lambda: exchanging.open_access(actor=request.actor, at=request.at, **form.cleaned_data),
        "lgsp/beyond_access.html", {"platform": found}, found,
    )  # fmt: skip


@require_POST
@door(Audience.OFFICER, roles=OPERATORS)
def end_access(request: HttpRequest, code: str, outbound: str) -> HttpResponse:
    """End the access of a proposal."""
    found, form = queries.get_platform_for(request.actor, code), ReasonForm(request.POST)
    row = queries.access_of(found, outbound)
    return press(
        request, lambda: exchanging.end_access(actor=request.actor, at=request.at, access=row, **_sent(form)),
        to=found.get_absolute_url(), done=_("Đã đóng quyền gọi."),
    )  # fmt: skip


@require_POST
@door(Audience.OFFICER, roles=OPERATORS)
def revoke_left_over(request: HttpRequest, code: str, serial: str) -> HttpResponse:
    """Revoke a certificate of an application whose access has ended."""
    found = queries.get_platform_for(request.actor, code)
    row = queries.left_over_of(found, serial, request.at)
    return press(
        request, lambda: revoke(row, actor=request.actor, at=request.at), to=found.get_absolute_url(),
        done=_("Đã thu hồi chứng thư; cổng từ chối ngay từ bây giờ."),
    )  # fmt: skip


@door(Audience.OFFICER, roles=OPERATORS)
def admit(request: HttpRequest, code: str) -> HttpResponse:
    """Let an outside agency's application call in."""
    found = queries.get_platform_for(request.actor, code)
    form = forms.MemberForm(request.POST or None)
    return _fill(
        request, form,
        lambda: exchanging.admit_member(actor=request.actor, at=request.at, platform=found, **form.cleaned_data),
        "lgsp/beyond_member.html", {"platform": found}, found,
    )  # fmt: skip


@require_POST
@door(Audience.OFFICER, roles=OPERATORS)
def dismiss(request: HttpRequest, code: str, member: int) -> HttpResponse:
    """Let an application call in no more."""
    found, form = queries.get_platform_for(request.actor, code), ReasonForm(request.POST)
    row = queries.member_of(found, member)
    return press(
        request, lambda: exchanging.dismiss_member(actor=request.actor, at=request.at, member=row, **_sent(form)),
        to=found.get_absolute_url(), done=_("Bên gọi không còn gọi vào được."),
    )  # fmt: skip


# -- the unit that calls out --


@never_cache
@door(Audience.OFFICER, roles=(Role.FOCAL, Role.LEAD))
def access(request: HttpRequest, outbound: str) -> HttpResponse:
    """Show a unit how its application calls the service its proposal opened, and sign its certificate."""
    found = queries.get_access_for(request.actor, outbound)
    form = forms.RequestForm(request.POST or None)
    made = None
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: exchanging.certify_access(
                actor=request.actor, at=request.at, access=found, csr=form.cleaned_data["csr"]
            ),
        )
    path = queries.address_of(found.service)
    application = found.outbound.application
    context = {
        "access": found, "form": form, "made": made, "address": f"{service_host()}{path}",
        "address_tls": f"{gateway_tls_url()}{path}",
        "lines": [write_operation(one) for one in found.service.operations],
        "certificates": [
            {"row": one, "may_revoke": one.is_live(request.at) and not may_revoke_certificate(request.actor, one)}
            for one in (certificates_of(application) if application else [])
        ],
        "may_certify": found.ended_at is None and not policies.may_certify(request.actor, found),
    }  # fmt: skip
    return render(request, "lgsp/beyond_call.html", context, status=422 if form.errors else 200)


@require_POST
@door(Audience.OFFICER, roles=(Role.FOCAL, Role.LEAD))
def revoke_certificate(request: HttpRequest, outbound: str, serial: str) -> HttpResponse:
    """Revoke a certificate of an application that calls out; it may have no account whose page would do it."""
    found = queries.certificate_of_access(queries.get_access_for(request.actor, outbound), serial)
    return press(
        request, lambda: revoke(found, actor=request.actor, at=request.at),
        to=reverse("lgsp:beyond_call", args=[outbound]), done=_("Đã thu hồi chứng thư; cổng từ chối ngay từ bây giờ."),
    )  # fmt: skip
