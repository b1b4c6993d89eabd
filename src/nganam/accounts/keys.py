"""Writes of API keys: issue, note the use of, revoke. A person keeps their own; nobody acts by another's."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.accounts import queries
from nganam.accounts.models import ApiKey
from nganam.audit import operations as audit
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved

MOST_DAYS = 365
MOST_LIVE = 10
EVERY = timedelta(minutes=1)


@transaction.atomic
def issue_api_key(*, actor: Actor, at: datetime, name: str, days: int) -> tuple[ApiKey, str]:
    """Issue a key for the agency the actor works for now; its text is returned once and kept as a hash."""
    if not actor.is_person or not actor.agency:
        raise NotAllowed(_("Chỉ cán bộ đang được phân công ở một cơ quan mới có khóa API."))
    if not 1 <= days <= MOST_DAYS:
        text = _("Thời hạn từ 1 đến %(most)s ngày.") % {"most": MOST_DAYS}
        raise Invalid(text, fields={"days": [text]})
    live = queries.api_keys_of(actor.code).filter(revoked_at__isnull=True, expires_at__gt=at)
    if live.count() >= MOST_LIVE:
        raise RuleBroken(
            _("Bạn đã có %(most)s khóa còn hiệu lực.") % {"most": MOST_LIVE}, article="nội bộ",
            hint=_("Thu hồi khóa không dùng nữa rồi tạo khóa mới."),
        )  # fmt: skip
    prefix, secret = f"nn_{secrets.token_hex(4)}", secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        person=queries.person(actor.code), agency=actor.agency, name=name.strip(), prefix=prefix,
        hash=queries.hashed_key(prefix, secret), created_at=at, expires_at=at + timedelta(days=days),
    )  # fmt: skip
    _record("accounts.api_key.issued", key, actor=actor, at=at)
    return key, f"{prefix}.{secret}"


@transaction.atomic
def revoke_api_key(*, actor: Actor, at: datetime, prefix: str) -> ApiKey:
    """Revoke one of the actor's own keys: its next call is refused."""
    key = queries.api_keys_of(actor.code).filter(prefix=prefix).first()
    if key is None:
        raise NotFound(_("Không có khóa API này."))
    if not ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=at):
        raise StateMoved(_("Khóa này đã được thu hồi."), state="revoked", hint=_("Tải lại trang."))
    key.refresh_from_db()
    _record("accounts.api_key.revoked", key, actor=actor, at=at)
    return key


def note_use(key: ApiKey, *, at: datetime) -> None:
    """Keep when a key was last used, to the minute: a write for each call would be for nothing."""
    if key.last_used_at is None or at - key.last_used_at > EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)


def _record(action: str, key: ApiKey, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor, at=at, action=action, object_type="accounts.person", object_code=actor.code,
        details={"prefix": key.prefix, "name": key.name, "agency": key.agency},
    )  # fmt: skip
