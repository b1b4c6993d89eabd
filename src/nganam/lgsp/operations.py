"""Every write of the room: credentials, publication of the gateway, intake of the exchange log."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from nganam.audit import operations as audit
from nganam.audit import queries as audit_log
from nganam.cases import operations as cases
from nganam.kernel.actors import Actor
from nganam.kernel.clock import VIETNAM, local_date
from nganam.kernel.digest import keyed_sha256
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.lgsp import policies, queries
from nganam.lgsp.logbook import ingest_log
from nganam.lgsp.models import Credential
from nganam.lgsp.publishing import publish_snapshot
from nganam.lgsp.retention import drop_old_entries
from nganam.notices import operations as notices
from nganam.sharing.accounts import operations as accounts
from nganam.sharing.accounts.models import Account

__all__ = [
    "allow_certificates", "drop_old_entries", "ingest_log", "issue_api_key", "issue_credential", "publish_snapshot",
    "register_key", "revoke_credential",
]  # fmt: skip
MOST_LIVE = 3
KEY_MEMBERS = ("kty", "crv", "x", "y")
KEY_KINDS = {("EC", "P-256"), ("OKP", "Ed25519")}


def hashed(client_id: str, secret: str) -> str:
    """Return the keyed hash a secret is kept as. A fast one will do: the secret is 256 random bits, not a password."""
    return keyed_sha256(client_id, secret)


@transaction.atomic
def issue_credential(
    account: Account, *, actor: Actor, at: datetime, valid_until: date | None = None, seen: str | None = None
) -> tuple[Credential, str]:
    """Issue a client secret; it is returned once and kept as a hash only. ``valid_until`` is its first day too late.

    ``seen`` is the ``client_id`` of the newest credential the actor was shown ("" for none): when somebody has issued
    another since, ``StateMoved`` names them.
    """
    return _issue_hidden(Credential.Kind.SECRET, account, seen, actor=actor, at=at, valid_until=valid_until)


@transaction.atomic
def issue_api_key(
    account: Account, *, actor: Actor, at: datetime, valid_until: date | None = None, seen: str | None = None
) -> tuple[Credential, str]:
    """Issue an API key; returned once as ``client_id.secret``. It opens no service: it is exchanged for a token."""
    made, secret = _issue_hidden(Credential.Kind.API_KEY, account, seen, actor=actor, at=at, valid_until=valid_until)
    return made, f"{made.client_id}.{secret}"


def _issue_hidden(
    kind: Credential.Kind, account: Account, seen: str | None, *, actor: Actor, at: datetime, valid_until: date | None
) -> tuple[Credential, str]:
    secret = secrets.token_urlsafe(32)
    client_id = _new_client_id(account)
    credential = Credential(
        account=account, kind=kind, client_id=client_id, secret_hash=hashed(client_id, secret), valid_until=valid_until
    )
    return _store(credential, seen, actor=actor, at=at), secret


@transaction.atomic
def allow_certificates(account: Account, *, actor: Actor, at: datetime, valid_until: date | None = None) -> Credential:
    """Let the application use the account by its certificates; an account that allows it already stays as it is."""
    present = queries.live_credentials(account, local_date(at)).filter(kind=Credential.Kind.CERTIFICATE).first()
    if present is not None:
        reason = policies.may_issue_credential(actor, account)
        if reason:
            raise NotAllowed(reason)
        return present
    credential = Credential(
        account=account, kind=Credential.Kind.CERTIFICATE, client_id=_new_client_id(account), valid_until=valid_until
    )
    return _store(credential, None, actor=actor, at=at)


@transaction.atomic
def register_key(
    account: Account, *, actor: Actor, at: datetime, jwk: Mapping[str, Any], valid_until: date | None = None,
    seen: str | None = None,
) -> Credential:  # fmt: skip
    """Register the application's own public key (ES256 or Ed25519) instead of a secret; ``seen`` as when issuing."""
    public = _public_part(jwk)
    credential = Credential(
        account=account, kind=Credential.Kind.KEY, client_id=_new_client_id(account), public_jwk=public,
        valid_until=valid_until,
    )  # fmt: skip
    return _store(credential, seen, actor=actor, at=at)


def _public_part(jwk: Mapping[str, Any]) -> dict[str, Any]:
    if "d" in jwk or "k" in jwk:
        raise _bad_key(_("Đây là khóa riêng. Chỉ gửi khóa công khai, và thay khóa riêng này vì đã bị lộ."))
    if (jwk.get("kty"), jwk.get("crv")) not in KEY_KINDS:
        raise _bad_key(_("Chỉ nhận khóa EC P-256 (ES256) hoặc OKP Ed25519 (EdDSA) dạng JWK."))
    try:
        known = import_key(dict(jwk)).as_dict(private=False)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise _bad_key(_("Không đọc được khóa này.")) from error
    # Nothing but the key itself is kept: what else stands beside it is the sender's and unchecked.
    return {name: known[name] for name in KEY_MEMBERS if name in known}


def _bad_key(text: str) -> Invalid:
    return Invalid(text, fields={"jwk": [text]})


def _new_client_id(account: Account) -> str:
    return f"{account.code}.{secrets.token_hex(4)}"


def _store(credential: Credential, seen: str | None, *, actor: Actor, at: datetime) -> Credential:
    # Of one account at a time, so that two officers cannot pass the limit together.
    cases.hold(credential.account)
    account = Account.objects.get(pk=credential.account.pk)
    reason = policies.may_issue_credential(actor, account)
    if reason:
        raise NotAllowed(reason)
    _check_seen(account, seen)
    _check_days(credential, local_date(at))
    # To allow certificates is no key: those are counted for the application.
    live = queries.live_credentials(account, local_date(at)).exclude(kind=Credential.Kind.CERTIFICATE)
    if credential.kind != Credential.Kind.CERTIFICATE and live.count() >= MOST_LIVE:
        raise RuleBroken(
            _("Tài khoản đã có %(most)s khóa còn hiệu lực.") % {"most": MOST_LIVE}, article="nội bộ",
            hint=_("Thu hồi khóa không dùng nữa rồi cấp khóa mới."),
        )  # fmt: skip
    credential.account = account
    credential.created_at, credential.created_by = at, actor.name
    credential.save(force_insert=True)
    _record("lgsp.credential.issued", credential, actor=actor, at=at)
    accounts.hand_over(actor=actor, at=at, account=account)
    return credential


def _check_seen(account: Account, seen: str | None) -> None:
    newest = queries.credentials_of(account).first()
    if seen is None or newest is None or seen == newest.client_id:
        return
    values = {"name": newest.created_by, "key": newest.client_id, "when": _when(newest.created_at)}
    raise StateMoved(
        _("%(name)s vừa nhận khóa %(key)s lúc %(when)s.") % values, state=account.state, by=newest.created_by,
        at=newest.created_at,
        hint=_("Tải lại trang. Mã bí mật chỉ hiện một lần: nếu chưa chép được mã ấy, thu hồi khóa rồi cấp khóa khác."),
    )  # fmt: skip


def _when(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"


def _check_days(credential: Credential, today: date) -> None:
    if credential.is_over(today):
        text = _("Ngày hết hạn của khóa phải sau hôm nay.")
        raise Invalid(text, fields={"valid_until": [text]})


@transaction.atomic
def revoke_credential(credential: Credential, *, actor: Actor, at: datetime) -> Credential:
    """Revoke a credential: it gets no more tokens, and tokens it got are refused at the gateway at once."""
    reason = policies.may_revoke_credential(actor, credential)
    if reason:
        raise NotAllowed(reason)
    if not Credential.objects.filter(pk=credential.pk, revoked_at__isnull=True).update(revoked_at=at):
        raise _revoked_already(credential)
    credential.refresh_from_db()
    _record("lgsp.credential.revoked", credential, actor=actor, at=at)
    notices.announce("lgsp.credential.revoked", at=at, object_type="lgsp.credential", object_code=credential.client_id)
    return credential


def _revoked_already(credential: Credential) -> StateMoved:
    """Say who revoked it: the record of deeds knows."""
    deeds = audit_log.entries(
        object_type="sharing.account", object_code=credential.account.code, action="lgsp.credential.revoked"
    )
    last = next((one for one in deeds if one.details.get("client_id") == credential.client_id), None)
    text = _("Khóa này đã được thu hồi.")
    if last is None:
        return StateMoved(text, state="revoked", hint=_("Tải lại trang."))
    text = _("%(name)s đã thu hồi khóa này lúc %(when)s.") % {"name": last.actor_name, "when": _when(last.at)}
    return StateMoved(text, state="revoked", by=last.actor_name, at=last.at, hint=_("Tải lại trang."))


def _record(action: str, credential: Credential, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor, at=at, action=action, object_type="sharing.account", object_code=credential.account.code,
        details={"client_id": credential.client_id, "kind": str(credential.kind)},
    )  # fmt: skip
