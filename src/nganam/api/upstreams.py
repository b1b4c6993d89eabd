"""Agencies' own systems for agencies' programs, by the same deeds as the pages; their credentials go in, never out."""

from datetime import datetime
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema

from nganam.api import schemas
from nganam.api.auth import OfficerKey
from nganam.api.schemas import REFUSALS, Window
from nganam.cases.requirements import allow
from nganam.lgsp.forms import UpstreamSecretForm
from nganam.lgsp.upstreams import set_credential
from nganam.services.models import Upstream
from nganam.services.upstreams import operations, policies, queries
from nganam.services.upstreams.forms import UpstreamForm
from nganam.services.upstreams.reading import written

router = Router(auth=OfficerKey(), tags=["Hệ thống của cơ quan"])
PATH = "/upstreams"
PLAIN = (
    "title", "answers", "credential_header", "credential_prefix", "ca", "timeout_seconds", "concurrent", "failures",
    "health_path", "large",
)  # fmt: skip


class UpstreamOut(Schema):
    """A system. What it is declared by is told as it is sent; of its credential only since when there is one."""

    code: str
    agency: str
    title: str
    database: str
    endpoints: str
    answers: str
    operations: str
    columns: str
    records: str
    envelope: str
    soap: str
    headers: str
    credential_header: str
    credential_prefix: str
    credential_at: datetime | None
    ca: str
    timeout_seconds: int
    concurrent: int
    failures: int
    health_path: str
    large: bool
    resolved_at: datetime | None
    fault: str
    services: list[str]
    version: int


def _told(found: Upstream) -> dict[str, Any]:
    return {
        **{name: getattr(found, name) for name in ("code", "credential_at", "resolved_at", "fault", "version", *PLAIN)},
        **written(found),
        "agency": found.agency.code, "database": found.database.code if found.database else "",
        "services": sorted(one.code for one in found.services.all()),
    }  # fmt: skip


@router.get(PATH, response={200: list[UpstreamOut], **REFUSALS}, summary="Hệ thống của cơ quan")
def upstreams(request: HttpRequest, window: Query[Window]) -> list[dict[str, Any]]:
    """List the systems the officer works with; the lead agency sees all."""
    return [_told(one) for one in window.cut(queries.upstreams_for(request.actor))]


@router.get(f"{PATH}/{{code}}", response={200: UpstreamOut, **REFUSALS}, summary="Một hệ thống")
def upstream(request: HttpRequest, code: str) -> dict[str, Any]:
    """Return a system."""
    return _told(queries.get_upstream_for(request.actor, code))


@router.post(PATH, response={201: UpstreamOut, **REFUSALS}, summary="Khai báo hệ thống")
@schemas.takes(UpstreamForm)
def declare_upstream(request: HttpRequest, sent: Any) -> tuple[int, dict[str, Any]]:
    """Declare a system with its operations; its addresses are looked up and checked now."""
    allow(policies.may_declare(request.actor))
    form = schemas.filled(partial(UpstreamForm, agency=request.actor.agency), sent)
    made = operations.declare_upstream(actor=request.actor, at=request.at, values=form.values())
    return 201, _told(made)


@router.put(f"{PATH}/{{code}}", response={200: UpstreamOut, **REFUSALS}, summary="Sửa hệ thống")
@schemas.takes(UpstreamForm)
def edit_upstream(request: HttpRequest, code: str, sent: Any) -> dict[str, Any]:
    """Change a system to what is sent; services over it keep what was appraised of them."""
    found = queries.get_upstream_for(request.actor, code)
    allow(policies.may_change(request.actor, found))
    form = schemas.filled(partial(UpstreamForm, instance=found, agency=found.agency.code), sent)
    fresh = queries.get_upstream_for(request.actor, code)  # the form has written into its own copy
    made = operations.edit_upstream(
        actor=request.actor, at=request.at, upstream=fresh, values=form.values(), seen=form.seen
    )
    return _told(made)


@router.put(f"{PATH}/{{code}}/credential", response={200: UpstreamOut, **REFUSALS}, summary="Đặt khóa của hệ thống")
@schemas.takes(UpstreamSecretForm)
def set_upstream_credential(request: HttpRequest, response: HttpResponse, code: str, sent: Any) -> dict[str, Any]:
    """Give the gateway the credential of a system; no answer ever tells it."""
    response["Cache-Control"] = "no-store"
    found = queries.get_upstream_for(request.actor, code)
    value = schemas.filled(UpstreamSecretForm, sent).cleaned_data["value"]
    return _told(set_credential(actor=request.actor, at=request.at, upstream=found, value=value))
