"""The open tier for programs, by the same deeds as the pages: what is offered to everybody, and keys that raise it."""

from datetime import datetime
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from nganam.api import schemas
from nganam.api.auth import OfficerKey
from nganam.api.schemas import REFUSALS, Window
from nganam.lgsp.open_tier import operations, queries
from nganam.lgsp.open_tier.forms import KeyForm, OfferForm
from nganam.lgsp.open_tier.models import OpenKey, OpenTier
from nganam.lgsp.snapshots.forms import ReasonForm

router = Router(auth=OfficerKey(), tags=["Tầng mở"])
TIERS, KEYS = "/open-tiers", "/open-keys"


class OpenTierOut(Schema):
    """A service offered to everybody; ``served`` are the fields given now, none while it is not in force."""

    code: str
    service: str = Field(validation_alias="service.code")
    state: str
    fields: list[str]
    served: list[str]
    per_minute: int
    per_minute_together: int
    key_per_minute: int
    key_per_day: int
    note: str
    offered_at: datetime
    offered_by: str
    opened_at: datetime | None
    opened_by: str
    closed_at: datetime | None
    closed_by: str
    close_reason: str

    @staticmethod
    def resolve_served(one: OpenTier) -> list[str]:
        """Return what is served now."""
        return list(queries.served(one)) if queries.is_in_force(one) else []


class OpenKeyOut(Schema):
    """A key of the open tier; its text is not kept, so it cannot be told again."""

    code: str
    holder: str
    agency: str
    purpose: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


class OpenKeyIssuedOut(OpenKeyOut):
    """A new key. ``key`` is told this once; it is sent in ``X-API-Key``."""

    key: str


@router.get(TIERS, response={200: list[OpenTierOut], **REFUSALS}, summary="Dịch vụ ở tầng mở")
def open_tiers(request: HttpRequest, window: Query[Window]) -> list[OpenTier]:
    """List the tiers of the agency's services; the lead agency sees all."""
    return window.cut(queries.tiers_for(request.actor))


@router.post(f"{TIERS}/{{service}}/offer", response={201: OpenTierOut, **REFUSALS}, summary="Đề nghị mở dịch vụ")
@schemas.takes(OfferForm)
def offer_tier(request: HttpRequest, service: str, sent: Any) -> tuple[int, OpenTier]:
    """Offer the open fields of a service to everybody; the lead agency opens it."""
    found = queries.service_for(request.actor, service)
    form = schemas.filled(partial(OfferForm, service=found), sent)
    return 201, operations.offer_tier(found, actor=request.actor, at=request.at, **form.inputs())


@router.post(f"{TIERS}/{{code}}/open", response={200: OpenTierOut, **REFUSALS}, summary="Duyệt tầng mở")
def open_tier(request: HttpRequest, code: str) -> OpenTier:
    """Open an offered tier (lead agency, another person than who offered)."""
    return operations.open_tier(queries.get_tier_for(request.actor, code), actor=request.actor, at=request.at)


@router.post(f"{TIERS}/{{code}}/close", response={200: OpenTierOut, **REFUSALS}, summary="Đóng tầng mở")
@schemas.takes(ReasonForm)
def close_tier(request: HttpRequest, code: str, sent: Any) -> OpenTier:
    """Close a tier or decline an offer: calls without a token are refused at once."""
    form = schemas.filled(ReasonForm, sent)
    found = queries.get_tier_for(request.actor, code)
    return operations.close_tier(found, actor=request.actor, at=request.at, **form.cleaned_data)


@router.get(KEYS, response={200: list[OpenKeyOut], **REFUSALS}, summary="Khóa truy cập mở")
def open_keys(request: HttpRequest, window: Query[Window]) -> list[OpenKey]:
    """List one's own keys; the lead agency sees all."""
    return window.cut(queries.keys_for(request.actor))


@router.post(KEYS, response={201: OpenKeyIssuedOut, **REFUSALS}, summary="Nhận khóa truy cập mở")
@schemas.takes(KeyForm)
def issue_open_key(request: HttpRequest, response: HttpResponse, sent: Any) -> tuple[int, dict[str, Any]]:
    """Take a key that raises the open tier's limit; its text is in this answer only."""
    form = schemas.filled(KeyForm, sent)
    made, text = operations.issue_key(actor=request.actor, at=request.at, **form.cleaned_data)
    response["Cache-Control"] = "no-store"
    return 201, {**{name: getattr(made, name) for name in OpenKeyOut.model_fields}, "key": text}


@router.post(f"{KEYS}/{{code}}/revoke", response={200: OpenKeyOut, **REFUSALS}, summary="Thu hồi khóa truy cập mở")
def revoke_open_key(request: HttpRequest, code: str) -> OpenKey:
    """Revoke a key: the gateway refuses it at once."""
    return operations.revoke_key(queries.get_key_for(request.actor, code), actor=request.actor, at=request.at)
