"""Every write of test credentials: issued at once, revoked, their use noted."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.deadlines import terms
from nganam.deadlines.terms import LocalDefault
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.digest import keyed_sha256
from nganam.kernel.errors import NotAllowed, RuleBroken, StateMoved
from nganam.law.rules import rules_on
from nganam.sharing.requests.models import Application
from nganam.sharing.sandbox import policies, queries
from nganam.sharing.sandbox.models import TestCredential

TERM = LocalDefault("test_credential", 30, "Khóa thử nghiệm tự hết hạn", "A test credential ends by itself", "days")
MOST_LIVE, MOST_A_DAY, MOST_OF_AGENCY_A_DAY = 3, 10, 30
"""Test credentials an application may have at once and be given in a day, and all those of an agency (nội bộ).

A revoked one is on the gateway's list of denials until its last token has ended: so nobody makes that list long.
"""
DAY = timedelta(days=1)
PREFIX = "THU."


@transaction.atomic
def issue_test_credential(application: Application, *, actor: Actor, at: datetime) -> tuple[TestCredential, str]:
    """Give an application a key to the sandbox; the secret is returned once and kept as a keyed hash only.

    Needs no request and no grant. Raises ``NotAllowed``; ``RuleBroken`` when the application has enough of them.
    """
    # Of one application at a time, so that two officers cannot pass the limit together.
    held = (
        Application.objects.select_for_update(of=("self",), no_key=True).select_related("agency").get(pk=application.pk)
    )
    if reason := policies.may_try(actor, held):
        raise NotAllowed(reason)
    if queries.live(held, at).count() >= MOST_LIVE:
        raise RuleBroken(
            _("Ứng dụng đã có %(most)s khóa thử nghiệm còn hiệu lực.") % {"most": MOST_LIVE}, article="nội bộ",
            hint=_("Thu hồi khóa không dùng nữa rồi lấy khóa mới."),
        )  # fmt: skip
    _refuse_many(held, at)
    client_id, secret = f"{PREFIX}{secrets.token_hex(8)}", secrets.token_urlsafe(32)
    made = TestCredential.objects.create(
        application=held, client_id=client_id, secret_hash=keyed_sha256(client_id, secret), created_at=at,
        created_by=actor.name, expires_at=at + timedelta(days=_days(at)),
    )  # fmt: skip
    _record("sharing.test_credential.issued", made, actor=actor, at=at)
    return made, secret


def _refuse_many(application: Application, at: datetime) -> None:
    """Refuse who takes key after key, revoked ones too."""
    lately = TestCredential.objects.filter(application__agency=application.agency_id, created_at__gt=at - DAY)
    if lately.filter(application=application).count() >= MOST_A_DAY:
        said = _("Ứng dụng đã nhận %(most)s khóa thử nghiệm trong 24 giờ.") % {"most": MOST_A_DAY}
    elif lately.count() >= MOST_OF_AGENCY_A_DAY:
        said = _("Cơ quan đã nhận %(most)s khóa thử nghiệm trong 24 giờ.") % {"most": MOST_OF_AGENCY_A_DAY}
    else:
        return
    raise RuleBroken(said, article="nội bộ", hint=_("Dùng khóa đang có, hoặc nhận khóa mới vào ngày mai."))


def _days(at: datetime) -> int:
    return int(terms.length_of(TERM.key, rules_on(local_date(at)).version).value)


@transaction.atomic
def revoke_test_credential(credential: TestCredential, *, actor: Actor, at: datetime) -> TestCredential:
    """Revoke a test credential: no more tokens, and those it got are refused at the gateway at once."""
    if reason := policies.may_revoke(actor, credential):
        raise NotAllowed(reason)
    if not TestCredential.objects.filter(pk=credential.pk, revoked_at__isnull=True).update(revoked_at=at):
        raise StateMoved(_("Khóa này đã được thu hồi."), state="revoked", hint=_("Tải lại trang."))
    credential.refresh_from_db()
    _record("sharing.test_credential.revoked", credential, actor=actor, at=at)
    return credential


def note_use(credential: TestCredential, *, at: datetime) -> None:
    """Keep when the credential was last used, to the minute: a write per token would be for nothing."""
    if credential.last_used_at is None or at - credential.last_used_at > timedelta(minutes=1):
        TestCredential.objects.filter(pk=credential.pk).update(last_used_at=at)


def _record(action: str, credential: TestCredential, *, actor: Actor, at: datetime) -> None:
    application = credential.application
    audit.record(
        actor=actor, at=at, action=action, object_type="sharing.application", object_code=application.subject,
        agency=application.agency.code, details={"client_id": credential.client_id},
    )  # fmt: skip
