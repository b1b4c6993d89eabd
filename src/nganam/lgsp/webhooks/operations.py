"""Every write of webhooks: subscribe, stop, tell of a new version, deliver, send again."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.cases.requirements import allow
from nganam.face.reaching import checked, read_place
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, RuleBroken
from nganam.lgsp import queries, terms
from nganam.lgsp.models import Delivery, Webhook
from nganam.lgsp.webhooks import sending, signing
from nganam.notices import operations as notices
from nganam.services.upstreams.operations import allowed_networks
from nganam.sharing.accounts import policies as sharing
from nganam.sharing.accounts.models import OVER, Account
from nganam.warehouse.models import Version

RESTS = tuple(timedelta(seconds=one) for one in (5, 60, 300, 1800, 7200, 28_800, 86_400))
"""How long a message rests after each failed attempt; after the last it is dead."""
CLAIMED = timedelta(minutes=2)
BATCH = 50
CHANGED, TEST = "data.changed", "test"


@transaction.atomic
def subscribe(account: Account, *, actor: Actor, at: datetime, url: str, secret: str = "") -> tuple[Webhook, str]:
    """Let an account be told of new data at an address; a new subscription replaces the old.

    Messages are signed by ``secret``; without one a new secret is made, and returned this once.
    """
    allow(sharing.may_hold_credentials(actor, account))
    if account.state in OVER:
        raise RuleBroken(_("Tài khoản đã chấm dứt."), article="nội bộ", hint=_("Dùng tài khoản còn hiệu lực."))
    text, secret = _checked(url), _secret(secret)
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    before, ref = Webhook.objects.filter(account=account).first(), uuid4()
    values = {"url": text, "ref": ref, "created_at": at, "created_by": actor.name, "stopped_at": None}
    webhook, _made = Webhook.objects.update_or_create(account=account, defaults=values)
    _record("lgsp.webhook.subscribed", webhook, actor=actor, at=at, url=text)
    signing.keep(queries.data(), ref, secret)
    if before is not None:
        signing.forget(queries.data(), before.ref)
    return webhook, secret


def _checked(url: str) -> str:
    try:
        place = read_place(url)
        checked(place, allowed_networks())
    except ValueError as error:
        raise Invalid(str(error), fields={"url": [str(error)]}) from error
    return place.text


def _secret(given: str) -> str:
    if not given:
        return signing.new_secret()
    if not signing.is_secret(given):
        text = _("Khóa ký gồm whsec_ và base64 của 24 đến 64 byte ngẫu nhiên.")
        raise Invalid(text, fields={"secret": [text]})
    return given


@transaction.atomic
def stop(webhook: Webhook, *, actor: Actor, at: datetime) -> Webhook:
    """Tell the account no more; what waits is dropped."""
    allow(sharing.may_hold_credentials(actor, webhook.account))
    Webhook.objects.filter(pk=webhook.pk).update(stopped_at=at)
    webhook.deliveries.filter(state=Delivery.State.WAITING).update(
        state=Delivery.State.DEAD, ended_at=at, next_at=None, last_error=_("Đã ngừng nhận thông báo.")
    )
    _record("lgsp.webhook.stopped", webhook, actor=actor, at=at)
    signing.forget(queries.data(), webhook.ref)
    webhook.refresh_from_db()
    return webhook


@transaction.atomic
def tell_of_version(load: str, *, at: datetime) -> int:
    """Write a message for each live account over the table a load made a version of; return how many. Once each."""
    version = Version.objects.select_related("table").filter(load__code=load).first()
    if version is None:
        return 0
    live = Webhook.objects.filter(
        stopped_at=None, account__state="active", account__service__table=version.table,
        account__service__state="published",
    )  # fmt: skip
    made = 0
    for webhook in live.select_related("account__service__provider"):
        service = webhook.account.service
        told = {
            "service": service.code, "version": version.number, "as_of": _instant(version.committed_at),
            "rows": version.rows, "address": queries.service_url(service),
        }  # fmt: skip
        made += _write(webhook, f"{service.code}.v{version.number}", CHANGED, told, at)
    return made


def _write(webhook: Webhook, message_id: str, kind: str, told: dict[str, Any], at: datetime) -> int:
    payload = {"type": kind, "timestamp": _instant(at), "data": told}
    _row, made = Delivery.objects.get_or_create(
        webhook=webhook, message_id=message_id,
        defaults={"kind": kind, "payload": payload, "created_at": at, "next_at": at},
    )  # fmt: skip
    return int(made)


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


@transaction.atomic
def try_out(webhook: Webhook, *, actor: Actor, at: datetime) -> int:
    """Write a test message, so that a receiver can be tried; one at a time."""
    allow(sharing.may_hold_credentials(actor, webhook.account))
    if Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk).stopped_at is not None:
        raise RuleBroken(_("Đã ngừng nhận thông báo."), article="nội bộ", hint=_("Đăng ký lại rồi gửi thử."))
    if webhook.deliveries.filter(kind=TEST, state=Delivery.State.WAITING).exists():
        text = _("Một thông báo thử đang chờ gửi.")
        raise RuleBroken(text, article="nội bộ", hint=_("Chờ kết quả của thông báo đó; nó hiện ở bảng các thông báo."))
    _record("lgsp.webhook.tried", webhook, actor=actor, at=at)
    return _write(webhook, f"test.{uuid4().hex}", TEST, {"service": webhook.account.service.code}, at)


@transaction.atomic
def send_again(delivery: Delivery, *, actor: Actor, at: datetime) -> Delivery:
    """Send a dead message again, from the first attempt on."""
    allow(sharing.may_hold_credentials(actor, delivery.webhook.account))
    dead = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.DEAD, webhook__stopped_at=None)
    if not dead.update(state=Delivery.State.WAITING, attempts=0, next_at=at, ended_at=None, last_error=""):
        raise RuleBroken(
            _("Thông báo này không gửi lại được."), article="nội bộ", hint=_("Tải lại trang; đăng ký lại nếu đã ngừng.")
        )
    _record("lgsp.webhook.replayed", delivery.webhook, actor=actor, at=at, message=delivery.message_id)
    delivery.refresh_from_db()
    return delivery


def deliver_due(*, at: datetime) -> int:
    """Send what is due; return how many were taken. Each is claimed first, so two workers never send one together."""
    due = Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=at).order_by("next_at", "pk")
    return sum(_deliver(one, at) for one in due.values_list("pk", flat=True)[:BATCH])


def _deliver(pk: int, at: datetime) -> int:
    waiting = Delivery.objects.filter(pk=pk, state=Delivery.State.WAITING, next_at__lte=at)
    if not waiting.update(next_at=at + CLAIMED):
        return 0
    one = Delivery.objects.select_related("webhook__account__service").get(pk=pk)
    fault = _unfit(one.webhook) or _sent(one, at)
    return _settle(one, fault, at)


def _unfit(webhook: Webhook) -> str:
    """Return why nothing more is told: whoever may not call is not told what happens either."""
    if webhook.stopped_at is not None:
        return _("Đã ngừng nhận thông báo.")
    return "" if webhook.account.state == "active" else _("Tài khoản không hoạt động.")


def _sent(one: Delivery, at: datetime) -> str:
    body = json.dumps(one.payload, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    stamp = int(at.timestamp())
    try:
        secret = signing.kept(queries.data(), UUID(str(one.webhook.ref)))
    except FileNotFoundError:
        return _("Khóa ký không còn; đăng ký lại.")
    headers = {
        "content-type": "application/json", "user-agent": "nganam-webhooks", "webhook-id": one.message_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": signing.signature(secret, one.message_id, stamp, body),
    }  # fmt: skip
    return sending.send(one.webhook.url, body, headers)


@transaction.atomic
def _settle(one: Delivery, fault: str, at: datetime) -> int:
    if not fault:
        _set(one, state=Delivery.State.DELIVERED, attempts=one.attempts + 1, next_at=None, ended_at=at, last_error="")
        return 1
    if one.attempts < len(RESTS) and not _unfit(one.webhook):
        rest = at + RESTS[one.attempts]
        _set(one, attempts=one.attempts + 1, next_at=rest, last_error=fault[:300])
        return 0
    _set(one, state=Delivery.State.DEAD, attempts=one.attempts + 1, next_at=None, ended_at=at, last_error=fault[:300])
    account = one.webhook.account
    notices.notify(
        at=at, agency=account.consumer.code,
        title=_("%(code)s: thông báo thay đổi không gửi được") % {"code": account.code},
        body=f"{one.message_id}: {fault}"[:500], link=f"/tai-khoan-ket-noi/{account.code}/thong-bao/",
        event="lgsp.webhook.dead",
    )  # fmt: skip
    return 0


def _set(one: Delivery, **values: Any) -> None:
    Delivery.objects.filter(pk=one.pk).update(**values)


def forget_old(*, at: datetime) -> int:
    """Remove messages that are over since long; return how many."""
    return (
        Delivery.objects.exclude(state=Delivery.State.WAITING)
        .filter(created_at__lt=at - terms.span(terms.DELIVERIES.key))
        .delete()[0]
    )


def _record(action: str, webhook: Webhook, *, actor: Actor, at: datetime, **details: Any) -> None:
    audit.record(
        actor=actor, at=at, action=action, object_type="sharing.account", object_code=webhook.account.code,
        details=details,
    )  # fmt: skip
