"""Platforms beyond the province for the operator's own programs, by the same deeds as the pages.

What proves us at a platform (certificate, secret, key) goes in and is in no answer.
"""

from datetime import datetime
from functools import partial
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from nganam.api import schemas
from nganam.api.auth import OfficerKey
from nganam.api.schemas import REFUSALS
from nganam.cases.requirements import allow
from nganam.lgsp.beyond import exchanging, importing, needs, operations, policies, queries
from nganam.lgsp.beyond.forms import (
    AccessForm,
    DirectionForm,
    EnterForm,
    MemberForm,
    OperationsForm,
    PairForm,
    PlatformForm,
    SecretForm,
)
from nganam.lgsp.beyond.models import Access, BeyondService, Member, Platform
from nganam.lgsp.snapshots.forms import ReasonForm

router = Router(auth=OfficerKey(), tags=["Nền tảng ngoài tỉnh"])
PLATFORMS = "/gateway/platforms"
SHOWN = (
    "code", "title", "kind", "instance", "endpoints", "client", "token_url", "client_id", "proof", "scope",
    "timeout_seconds", "concurrent", "incoming_host", "incoming_naming", "incoming_platform", "note", "version",
    "certificate_until", "token_until", "token_fault", "outgoing_at", "incoming_at", "fault", "public_jwk",
)  # fmt: skip


class BeyondServiceOut(Schema):
    """A service of a platform; ``address`` is its path on the province's gateway."""

    code: str
    external: str
    identifier: str
    address: str
    operations: list[dict[str, str]]
    rate_per_minute: int
    version: int
    ended_at: datetime | None


class AccessOut(Schema):
    """Whose approved proposal may call which service."""

    outbound: str
    application: str
    service: str
    opened_at: datetime
    opened_by: str
    ended_at: datetime | None


class MemberOut(Schema):
    """Who calls in, and which services it reaches now."""

    id: int
    application: str
    client: str
    named: str
    reaches: list[str]
    admitted_at: datetime
    ended_at: datetime | None


class PlatformOut(Schema):
    """A platform; ``unknown`` names, by direction, what it needs and nobody knows yet."""

    code: str
    title: str
    kind: str
    instance: str
    endpoints: list[str]
    client: str
    token_url: str
    client_id: str
    proof: str
    scope: str
    timeout_seconds: int
    concurrent: int
    incoming_host: str
    incoming_naming: str
    incoming_platform: str
    note: str
    version: int
    certificate_until: datetime | None
    token_until: datetime | None
    token_fault: str
    outgoing_at: datetime | None
    incoming_at: datetime | None
    fault: str
    public_jwk: dict[str, Any] | None
    unknown: dict[str, list[str]]
    services: list[BeyondServiceOut]
    accesses: list[AccessOut]
    members: list[MemberOut]


class OfferedOut(Schema):
    """A service a platform says it has."""

    identifier: str
    documented: bool
    operations: list[dict[str, str]]


class SubsystemIn(Schema):
    """Of which subsystem the platform is asked."""

    subsystem: str = Field(max_length=200, description="CLASS/MEMBER/SUBSYSTEM")


def _platform(request: HttpRequest, found: Platform) -> dict[str, Any]:
    members = list(queries.members_of(found))
    reached = exchanging.reached(members, request.at)
    return {
        **{name: getattr(found, name) for name in SHOWN},
        "unknown": {direction: needs.unknown(found, direction) for direction in needs.DIRECTIONS},
        "services": [_service(one) for one in queries.services_of(found)],
        "accesses": [_access(one) for one in queries.accesses_of(found)],
        "members": [_member(one, reached[one.pk]) for one in members],
    }


def _service(one: BeyondService) -> dict[str, Any]:
    shown = ("code", "identifier", "operations", "rate_per_minute", "version", "ended_at")
    told = {name: getattr(one, name) for name in shown}
    return {**told, "external": one.external.code, "address": queries.address_of(one)}


def _access(one: Access) -> dict[str, Any]:
    application = one.outbound.application
    shown = ("opened_at", "opened_by", "ended_at")
    return {
        **{name: getattr(one, name) for name in shown}, "outbound": one.outbound.code, "service": one.service.code,
        "application": application.subject if application else "",
    }  # fmt: skip


def _member(one: Member, reaches: list[str]) -> dict[str, Any]:
    shown = ("client", "named", "admitted_at", "ended_at")
    return {
        **{name: getattr(one, name) for name in shown}, "id": one.pk, "application": one.application.subject,
        "reaches": reaches,
    }  # fmt: skip


@router.get(PLATFORMS, response={200: list[PlatformOut], **REFUSALS}, summary="Các nền tảng ngoài tỉnh")
def platforms(request: HttpRequest) -> list[dict[str, Any]]:
    """List the platforms; only the operator of the gateway has any."""
    return [_platform(request, one) for one in queries.platforms_for(request.actor)]


@router.get(f"{PLATFORMS}/{{code}}", response={200: PlatformOut, **REFUSALS}, summary="Một nền tảng ngoài tỉnh")
def platform(request: HttpRequest, code: str) -> dict[str, Any]:
    """Return a platform with its services, accesses and members."""
    return _platform(request, queries.get_platform_for(request.actor, code))


@router.post(PLATFORMS, response={201: PlatformOut, **REFUSALS}, summary="Khai báo nền tảng ngoài tỉnh")
@schemas.takes(PlatformForm)
def declare_platform(request: HttpRequest, sent: Any) -> tuple[int, dict[str, Any]]:
    """Declare a platform; what is not known of it is left out."""
    allow(policies.may_connect(request.actor))
    form = schemas.filled(PlatformForm, sent)
    made = operations.declare_platform(actor=request.actor, at=request.at, values=form.values())
    return 201, _platform(request, made)


@router.put(f"{PLATFORMS}/{{code}}", response={200: PlatformOut, **REFUSALS}, summary="Sửa nền tảng ngoài tỉnh")
@schemas.takes(PlatformForm)
def edit_platform(request: HttpRequest, code: str, sent: Any) -> dict[str, Any]:
    """Change what is known of a platform; certificates of authorities that are not sent stay."""
    form = schemas.filled(partial(PlatformForm, instance=queries.get_platform_for(request.actor, code)), sent)
    fresh = queries.get_platform_for(request.actor, code)
    # These are not shown, so whoever sends back what was read cannot send them: unsaid, they stay.
    unsaid = {name for name in ("ca", "incoming_ca") if getattr(sent, name, None) is None}
    values = {name: value for name, value in form.values().items() if name not in unsaid}
    made = operations.edit_platform(actor=request.actor, at=request.at, platform=fresh, values=values, seen=form.seen)
    return _platform(request, made)


@router.post(f"{PLATFORMS}/{{code}}/open", response={200: PlatformOut, **REFUSALS}, summary="Mở một chiều kết nối")
@schemas.takes(DirectionForm)
def open_direction(request: HttpRequest, code: str, sent: Any) -> dict[str, Any]:
    """Let a direction go live; refused while something it needs is unknown."""
    found = queries.get_platform_for(request.actor, code)
    form = schemas.filled(DirectionForm, sent)
    made = operations.go_live(actor=request.actor, at=request.at, platform=found, **form.cleaned_data)
    return _platform(request, made)


@router.post(f"{PLATFORMS}/{{code}}/stop", response={200: PlatformOut, **REFUSALS}, summary="Đóng một chiều kết nối")
@schemas.takes(DirectionForm)
def stop_direction(request: HttpRequest, code: str, sent: Any) -> dict[str, Any]:
    """Stop a direction."""
    found = queries.get_platform_for(request.actor, code)
    form = schemas.filled(DirectionForm, sent)
    made = operations.stop(actor=request.actor, at=request.at, platform=found, **form.cleaned_data)
    return _platform(request, made)


@router.put(
    f"{PLATFORMS}/{{code}}/certificate", response={200: PlatformOut, **REFUSALS}, summary="Đặt chứng thư của tỉnh"
)
@schemas.takes(PairForm)
def set_certificate(request: HttpRequest, code: str, sent: Any) -> dict[str, Any]:
    """Give the gateway the certificate and key it shows a platform; no answer ever tells the key."""
    found = queries.get_platform_for(request.actor, code)
    texts = schemas.filled(PairForm, sent).texts()
    operations.set_certificate(actor=request.actor, at=request.at, platform=found, **texts)
    return _platform(request, queries.get_platform_for(request.actor, code))


@router.put(f"{PLATFORMS}/{{code}}/secret", response={200: PlatformOut, **REFUSALS}, summary="Đặt mã bí mật của tỉnh")
@schemas.takes(SecretForm)
def set_secret(request: HttpRequest, code: str, sent: Any) -> dict[str, Any]:
    """Keep the secret a platform has given us; no answer ever tells it."""
    found = queries.get_platform_for(request.actor, code)
    value = schemas.filled(SecretForm, sent).cleaned_data["value"]
    operations.set_secret(actor=request.actor, at=request.at, platform=found, value=value)
    return _platform(request, queries.get_platform_for(request.actor, code))


@router.post(f"{PLATFORMS}/{{code}}/key", response={200: PlatformOut, **REFUSALS}, summary="Tạo khóa ký của tỉnh")
def make_key(request: HttpRequest, code: str) -> dict[str, Any]:
    """Make the key that signs our assertions at a platform; its public part is in the answer."""
    found = queries.get_platform_for(request.actor, code)
    operations.make_key(actor=request.actor, at=request.at, platform=found)
    return _platform(request, queries.get_platform_for(request.actor, code))


@router.get(
    f"{PLATFORMS}/{{code}}/offered", response={200: list[OfferedOut], **REFUSALS},
    summary="Hỏi nền tảng về dịch vụ của một phân hệ",
)  # fmt: skip
def offered(request: HttpRequest, code: str, asked: Query[SubsystemIn]) -> list[dict[str, Any]]:
    """Ask a platform what a subsystem offers (X-Road's listMethods)."""
    found = queries.get_platform_for(request.actor, code)
    return [
        {"identifier": one.identifier, "documented": one.documented, "operations": list(one.operations)}
        for one in importing.offered(found, asked.subsystem)
    ]


@router.post(
    f"{PLATFORMS}/{{code}}/services", response={201: BeyondServiceOut, **REFUSALS}, summary="Đưa dịch vụ vào cổng"
)
@schemas.takes(EnterForm)
def enter_service(request: HttpRequest, code: str, sent: Any) -> tuple[int, dict[str, Any]]:
    """Let a listed outside service be called through the gateway."""
    found = queries.get_platform_for(request.actor, code)
    form = schemas.filled(EnterForm, sent)
    made = exchanging.enter_service(actor=request.actor, at=request.at, platform=found, **form.cleaned_data)
    return 201, _service(made)


@router.put(
    f"{PLATFORMS}/{{code}}/services/{{service}}", response={200: BeyondServiceOut, **REFUSALS},
    summary="Sửa dịch vụ ngoài tỉnh trên cổng",
)  # fmt: skip
@schemas.takes(OperationsForm)
def change_service(request: HttpRequest, code: str, service: str, sent: Any) -> dict[str, Any]:
    """Change which operations of a service are passed on."""
    found = queries.service_of(queries.get_platform_for(request.actor, code), service)
    form = schemas.filled(OperationsForm, sent)
    made = exchanging.change_service(
        actor=request.actor, at=request.at, service=found, values=form.cleaned_data, seen=form.cleaned_data["version"]
    )
    return _service(made)


@router.post(
    f"{PLATFORMS}/{{code}}/services/{{service}}/end", response={200: BeyondServiceOut, **REFUSALS},
    summary="Ngừng dịch vụ ngoài tỉnh trên cổng",
)  # fmt: skip
@schemas.takes(ReasonForm)
def end_service(request: HttpRequest, code: str, service: str, sent: Any) -> dict[str, Any]:
    """Take a service off the gateway."""
    found = queries.service_of(queries.get_platform_for(request.actor, code), service)
    form = schemas.filled(ReasonForm, sent)
    return _service(exchanging.end_service(actor=request.actor, at=request.at, service=found, **form.cleaned_data))


@router.post(f"{PLATFORMS}/{{code}}/accesses", response={201: AccessOut, **REFUSALS}, summary="Mở quyền gọi")
@schemas.takes(AccessForm, service=(str, Field(max_length=20)), outbound=(str, Field(max_length=20)))
def open_access(request: HttpRequest, code: str, sent: Any) -> tuple[int, dict[str, Any]]:
    """Let the application of an approved proposal call a service."""
    found = queries.get_platform_for(request.actor, code)
    form = schemas.filled(partial(AccessForm, platform=found), sent)
    made = exchanging.open_access(actor=request.actor, at=request.at, **form.cleaned_data)
    return 201, _access(made)


@router.post(
    f"{PLATFORMS}/{{code}}/accesses/{{outbound}}/end", response={200: AccessOut, **REFUSALS}, summary="Đóng quyền gọi"
)
@schemas.takes(ReasonForm)
def end_access(request: HttpRequest, code: str, outbound: str, sent: Any) -> dict[str, Any]:
    """End the access of a proposal."""
    found = queries.access_of(queries.get_platform_for(request.actor, code), outbound)
    form = schemas.filled(ReasonForm, sent)
    return _access(exchanging.end_access(actor=request.actor, at=request.at, access=found, **form.cleaned_data))


@router.post(f"{PLATFORMS}/{{code}}/members", response={201: MemberOut, **REFUSALS}, summary="Ghi nhận bên gọi")
@schemas.takes(MemberForm)
def admit_member(request: HttpRequest, code: str, sent: Any) -> tuple[int, dict[str, Any]]:
    """Let an outside agency's application call in."""
    found = queries.get_platform_for(request.actor, code)
    form = schemas.filled(MemberForm, sent)
    made = exchanging.admit_member(actor=request.actor, at=request.at, platform=found, **form.cleaned_data)
    return 201, _member(made, exchanging.reaches(made, request.at))


@router.post(
    f"{PLATFORMS}/{{code}}/members/{{member}}/dismiss", response={200: MemberOut, **REFUSALS}, summary="Ngừng bên gọi"
)
@schemas.takes(ReasonForm)
def dismiss_member(request: HttpRequest, code: str, member: int, sent: Any) -> dict[str, Any]:
    """Let an application call in no more."""
    found = queries.member_of(queries.get_platform_for(request.actor, code), member)
    form = schemas.filled(ReasonForm, sent)
    made = exchanging.dismiss_member(actor=request.actor, at=request.at, member=found, **form.cleaned_data)
    return _member(made, exchanging.reaches(made, request.at))
