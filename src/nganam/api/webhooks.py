"""Where an account is told of new data, for agencies' programs: the signing secret is brought along, never told."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema
from pydantic import Field

from nganam.api import schemas
from nganam.api.cases import router
from nganam.api.schemas import REFUSALS, Window
from nganam.lgsp.models import Delivery, Webhook
from nganam.lgsp.webhooks import operations, queries
from nganam.lgsp.webhooks.forms import WebhookForm
from nganam.sharing.accounts.queries import get_account_for

PATH = "/cases/sharing.account/{code}/webhook"
SECRET: Any = Field(
    min_length=1, max_length=120, json_schema_extra={"writeOnly": True},
    description="Khóa ký do bên nhận tự sinh: whsec_ và base64 của 24 đến 64 byte ngẫu nhiên",
)  # fmt: skip


class WebhookOut(Schema):
    """Where messages go; its secret is in no answer."""

    url: str
    created_at: datetime
    created_by: str
    stopped_at: datetime | None


class DeliveryOut(Schema):
    """One message and how it fared."""

    message_id: str
    kind: str
    state: str
    attempts: int
    next_at: datetime | None
    last_error: str
    created_at: datetime
    ended_at: datetime | None


class QueuedOut(Schema):
    """How many messages were put in line."""

    queued: int


@router.get(PATH, response={200: WebhookOut, **REFUSALS}, summary="Nơi nhận thông báo thay đổi")
def webhook(request: HttpRequest, code: str) -> Webhook:
    """Return where an account is told of new data."""
    return queries.get_webhook_for(request.actor, code)


@router.put(PATH, response={200: WebhookOut, **REFUSALS}, summary="Đăng ký nhận thông báo thay đổi")
@schemas.takes(WebhookForm, secret=(str, SECRET))
def subscribe(request: HttpRequest, response: HttpResponse, code: str, sent: Any) -> Webhook:
    """Let an account be told of new data at an address; address and secret replace those before."""
    response["Cache-Control"] = "no-store"
    account, given = get_account_for(request.actor, code), sent.model_dump(exclude_none=True)
    secret = given.pop("secret")
    form = schemas.filled(WebhookForm, given)
    made, _secret = operations.subscribe(
        account, actor=request.actor, at=request.at, url=form.cleaned_data["url"], secret=secret
    )
    return made


@router.post(f"{PATH}/stop", response={200: WebhookOut, **REFUSALS}, summary="Ngừng nhận thông báo thay đổi")
def stop_webhook(request: HttpRequest, code: str) -> Webhook:
    """Tell the account no more; what waits is dropped."""
    return operations.stop(queries.get_webhook_for(request.actor, code), actor=request.actor, at=request.at)


@router.post(f"{PATH}/test", response={200: QueuedOut, **REFUSALS}, summary="Gửi một thông báo thử")
def try_webhook(request: HttpRequest, code: str) -> dict[str, int]:
    """Put a test message in line."""
    found = queries.get_webhook_for(request.actor, code)
    return {"queued": operations.try_out(found, actor=request.actor, at=request.at)}


@router.get(f"{PATH}/messages", response={200: list[DeliveryOut], **REFUSALS}, summary="Thông báo đã gửi")
def deliveries(request: HttpRequest, code: str, window: Query[Window]) -> list[Delivery]:
    """List the messages of an account, newest first: taken, waiting, or dead."""
    return window.cut(queries.get_webhook_for(request.actor, code).deliveries.all())


@router.post(
    f"{PATH}/messages/{{message}}/replay", response={200: DeliveryOut, **REFUSALS}, summary="Gửi lại một thông báo"
)
def replay(request: HttpRequest, code: str, message: str) -> Delivery:
    """Send a dead message again, from the first attempt on."""
    found = queries.get_delivery_for(request.actor, code, message)
    return operations.send_again(found, actor=request.actor, at=request.at)
