"""Every write of the open tier: offer, open, close; give out a key, revoke one."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from nganam.audit import operations as audit
from nganam.cases.operations import next_code
from nganam.cases.requirements import allow
from nganam.deadlines import terms
from nganam.deadlines.terms import LocalDefault
from nganam.documents.operations import next_number
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, RuleBroken, StateMoved
from nganam.law.rules import rules_on
from nganam.lgsp.open_tier import policies, signing
from nganam.lgsp.open_tier.models import OpenKey, OpenTier
from nganam.notices import operations as notices
from nganam.services.models import Service

OBJECT, KEY_OBJECT = "lgsp.open_tier", "lgsp.open_key"
PREFIX, KEY_PREFIX = "MO", "MO."
TERM = LocalDefault("open_key", 90, "Khóa truy cập mở tự hết hạn", "A key of the open tier ends by itself", "days")
MOST_LIVE, MOST_A_DAY, MOST_KEPT = 3, 5, 15
"""Keys a person may have at once and be given in a day, and those given out that have not ended, revoked ones too.

What was given out and revoked stands on the gateway's list of denials until it would have ended: so that is bounded.
"""
MOST_OF_AGENCY, MOST_A_DAY_OF_AGENCY, MOST_KEPT_OF_AGENCY = 30, 15, 90
"""The same for the people of one agency together (nội bộ)."""
NUMBERS = ("per_minute", "per_minute_together", "key_per_minute", "key_per_day")
TOLD = {
    "offered": gettext_noop("%(code)s: đề nghị mở dịch vụ %(service)s cho mọi người"),
    "opened": gettext_noop("%(code)s: đã mở dịch vụ %(service)s cho mọi người"),
    "closed": gettext_noop("%(code)s: đã đóng tầng mở của dịch vụ %(service)s"),
}


@transaction.atomic
def offer_tier(
    service: Service, *, actor: Actor, at: datetime, open_fields: Sequence[str], note: str, **limits: int
) -> OpenTier:
    """Offer the open fields of a service to everybody; the lead agency opens it. Nothing is served yet."""
    allow(policies.may_offer(actor, service))
    _refuse_unless_open(service, open_fields)
    _check_limits(limits)
    chosen = [one for one in policies.openable(service) if one in set(open_fields)]
    tier = OpenTier(
        service=service, fields=chosen, note=note.strip(), offered_at=at, offered_by=actor.name,
        offered_by_code=actor.code, code=next_code(PREFIX, at), **limits,
    )  # fmt: skip
    try:
        with transaction.atomic():
            tier.save(force_insert=True)
    except IntegrityError as error:
        text = _("Dịch vụ đã có tầng mở hoặc đề nghị đang chờ duyệt.")
        raise StateMoved(text, state="", hint=_("Tải lại trang.")) from error
    _record("offered", tier, actor=actor, at=at, details={"fields": tier.fields, **limits})
    _tell("offered", tier, at=at, role=Role.LEAD)
    return tier


@transaction.atomic
def open_tier(tier: OpenTier, *, actor: Actor, at: datetime) -> OpenTier:
    """Open an offered tier: anybody may call the service for its open fields, from the gateway's next snapshot on."""
    allow(policies.may_open(actor, tier))
    _refuse_unless_open(tier.service, tier.fields)
    _move(tier, OpenTier.State.OFFERED, state=OpenTier.State.OPEN, opened_at=at, opened_by=actor.name)
    _record("opened", tier, actor=actor, at=at)
    _tell("opened", tier, at=at, agency=tier.service.provider.code)
    return tier


@transaction.atomic
def close_tier(tier: OpenTier, *, actor: Actor, at: datetime, reason: str) -> OpenTier:
    """Close a tier, or decline one that was offered: calls without a token are refused at once."""
    allow(policies.may_close(actor, tier))
    if not reason.strip():
        text = _("Ghi lý do.")
        raise Invalid(text, fields={"reason": [text]})
    _move(tier, tier.state, state=OpenTier.State.CLOSED, closed_at=at, closed_by=actor.name,
          close_reason=reason.strip())  # fmt: skip
    _record("closed", tier, actor=actor, at=at, details={"reason": reason.strip()})
    _tell("closed", tier, at=at, agency=tier.service.provider.code, body=reason.strip())
    return tier


def _refuse_unless_open(service: Service, fields: Sequence[str]) -> None:
    if service.state != "published":
        raise RuleBroken(_("Dịch vụ chưa công khai hoặc đang ngừng."), article="nội bộ")
    if reason := policies.is_open_data(service):
        raise RuleBroken(reason, article="D17")
    wrong = set(fields) - set(policies.openable(service))
    if wrong or not fields:
        text = _("Mục tin này không mở được: %(names)s.") % {"names": ", ".join(sorted(wrong)) or "–"}
        raise Invalid(text, fields={"open_fields": [text]})
    hidden = [one for one in service.lookup_columns if one not in set(fields)]
    if hidden:
        text = _("Khóa tra cứu cũng phải là mục tin mở: %(names)s.") % {"names": ", ".join(hidden)}
        raise Invalid(text, fields={"open_fields": [text]})


def _check_limits(limits: Mapping[str, int]) -> None:
    if limits["key_per_minute"] < limits["per_minute"]:
        text = _("Giới hạn của một khóa không thấp hơn của một địa chỉ không khóa.")
        raise Invalid(text, fields={"key_per_minute": [text]})
    if limits["per_minute_together"] < limits["per_minute"]:
        text = _("Giới hạn của mọi địa chỉ không thấp hơn của một địa chỉ.")
        raise Invalid(text, fields={"per_minute_together": [text]})


def _move(tier: OpenTier, expected: str, **changes: Any) -> None:
    closed = expected == OpenTier.State.CLOSED
    if closed or not OpenTier.objects.filter(pk=tier.pk, state=expected).update(**changes):
        tier.refresh_from_db()
        words = _("Tầng mở đang ở trạng thái “%(state)s”.") % {"state": tier.get_state_display()}
        raise StateMoved(words, state=tier.state, hint=_("Tải lại trang."))
    for name, value in changes.items():
        setattr(tier, name, value)


def _record(what: str, tier: OpenTier, *, actor: Actor, at: datetime, details: dict[str, Any] | None = None) -> None:
    audit.record(
        actor=actor, at=at, action=f"{OBJECT}.{what}", object_type=OBJECT, object_code=tier.code,
        agency=tier.service.provider.code, details={"service": tier.service.code, **(details or {})},
    )  # fmt: skip


def _tell(what: str, tier: OpenTier, *, at: datetime, body: str = "", **to: Any) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        title = translation.gettext(TOLD[what]) % {"code": tier.code, "service": tier.service.code}
    notices.notify(
        at=at, title=title, body=body or tier.note, link=tier.get_absolute_url(), event=f"{OBJECT}.{what}", **to
    )


# -- keys --


@transaction.atomic
def issue_key(*, actor: Actor, at: datetime, purpose: str) -> tuple[OpenKey, str]:
    """Give a person a key that raises the open tier's limit; its text is returned once and kept nowhere."""
    allow(policies.may_hold(actor))
    # One at a time: whoever draws the number waits for who drew it before, so that no limit is passed together.
    next_number(agency="", kind=KEY_OBJECT, year=local_date(at).year)
    _refuse_many(actor, at)
    _refuse_many_of_agency(actor, at)
    expires = at + timedelta(days=int(terms.length_of(TERM.key, rules_on(local_date(at)).version).value))
    key = OpenKey.objects.create(
        code=f"{KEY_PREFIX}{secrets.token_hex(8)}", holder=actor.name, holder_code=actor.code, agency=actor.agency,
        purpose=purpose.strip(), created_at=at, expires_at=expires,
    )  # fmt: skip
    _record_key("issued", key, actor=actor, at=at)
    issuer = str(settings.NGANAM_PUBLIC_URL).rstrip("/")
    return key, signing.written(key.code, at=at, expires_at=expires, issuer=issuer)


def _refuse_many(actor: Actor, at: datetime) -> None:
    held = list(OpenKey.objects.filter(holder_code=actor.code, expires_at__gt=at))
    if sum(one.is_live(at) for one in held) >= MOST_LIVE:
        raise RuleBroken(
            _("Mỗi người có tối đa %(most)s khóa còn hiệu lực.") % {"most": MOST_LIVE}, article="nội bộ",
            hint=_("Thu hồi khóa không dùng nữa rồi nhận khóa mới."),
        )  # fmt: skip
    if _given_lately(held, at) >= MOST_A_DAY:
        raise RuleBroken(
            _("Mỗi người nhận tối đa %(most)s khóa trong 24 giờ.") % {"most": MOST_A_DAY}, article="nội bộ"
        )
    if len(held) >= MOST_KEPT:
        raise RuleBroken(
            _("Mỗi người có tối đa %(most)s khóa chưa hết hạn, kể cả khóa đã thu hồi.") % {"most": MOST_KEPT},
            article="nội bộ", hint=_("Chờ một khóa đã thu hồi hết hạn."),
        )  # fmt: skip


def _refuse_many_of_agency(actor: Actor, at: datetime) -> None:
    if not actor.agency:
        return
    held = list(OpenKey.objects.filter(agency=actor.agency, expires_at__gt=at))
    if sum(one.is_live(at) for one in held) >= MOST_OF_AGENCY:
        raise RuleBroken(_("Cơ quan đã có %(most)s khóa còn hiệu lực.") % {"most": MOST_OF_AGENCY}, article="nội bộ")
    if _given_lately(held, at) >= MOST_A_DAY_OF_AGENCY:
        told = {"most": MOST_A_DAY_OF_AGENCY}
        raise RuleBroken(_("Cơ quan nhận tối đa %(most)s khóa trong 24 giờ.") % told, article="nội bộ")
    if len(held) >= MOST_KEPT_OF_AGENCY:
        text = _("Cơ quan có tối đa %(most)s khóa chưa hết hạn, kể cả khóa đã thu hồi.")
        raise RuleBroken(
            text % {"most": MOST_KEPT_OF_AGENCY}, article="nội bộ", hint=_("Chờ một khóa đã thu hồi hết hạn.")
        )


def _given_lately(held: Sequence[OpenKey], at: datetime) -> int:
    return sum(one.created_at > at - timedelta(days=1) for one in held)


@transaction.atomic
def revoke_key(key: OpenKey, *, actor: Actor, at: datetime) -> OpenKey:
    """Revoke a key: the gateway refuses it at once."""
    allow(policies.may_revoke(actor, key))
    revoked = OpenKey.objects.filter(pk=key.pk, revoked_at__isnull=True)
    if not revoked.update(revoked_at=at, revoked_by=actor.name):
        raise StateMoved(_("Khóa này đã được thu hồi."), state="revoked", hint=_("Tải lại trang."))
    key.refresh_from_db()
    _record_key("revoked", key, actor=actor, at=at)
    return key


def _record_key(what: str, key: OpenKey, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor, at=at, action=f"{KEY_OBJECT}.{what}", object_type=KEY_OBJECT, object_code=key.code,
        agency=key.agency, details={"purpose": key.purpose},
    )  # fmt: skip
