"""Writes of client certificates: an officer asks with a CSR, the application renews by itself, who may revokes."""

from datetime import datetime

from cryptography.x509 import CertificateSigningRequest
from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.kernel.actors import Actor, Kind
from nganam.kernel.clock import VIETNAM
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.lgsp import authority, policies, queries, terms
from nganam.lgsp.models import Certificate
from nganam.lgsp.operations import allow_certificates
from nganam.notices import operations as notices
from nganam.sharing.accounts.models import Account
from nganam.sharing.requests.models import Application

USUAL_DAYS = 365
MOST_LIVE = 3


def crl_url() -> str:
    """Return the address of the list of revoked certificates."""
    return f"{queries.issuer()}/lgsp/ca.crl"


@transaction.atomic
def issue_certificate(account: Account, *, actor: Actor, at: datetime, csr: str, days: int = USUAL_DAYS) -> Certificate:
    """Sign a certificate for the account's application and let it use the account by it.

    ``csr`` is PKCS#10 as PEM (EC P-256, P-384 or Ed25519); of it only the key is used. Raise ``Invalid`` when it
    cannot be signed, ``RuleBroken`` when the application has enough live ones.
    """
    allow_certificates(account, actor=actor, at=at)
    return sign_for(account.application, actor=actor, at=at, csr=csr, days=days)


def sign_for(application: Application, *, actor: Actor, at: datetime, csr: str, days: int = USUAL_DAYS) -> Certificate:
    """Sign a certificate for an application, within a deed that asked who may."""
    return _sign(application, _read(csr), days=days, actor=actor, at=at, action="lgsp.certificate.issued")


@transaction.atomic
def renew_certificate(present: Certificate, *, at: datetime, csr: str) -> Certificate:
    """Sign the next certificate of an application that has shown ``present``; the present one stays good to its end."""
    actor = Actor(Kind.MACHINE, present.application.subject, present.application.subject)
    request, application = _read(csr), present.application
    return _sign(application, request, days=USUAL_DAYS, actor=actor, at=at, action="lgsp.certificate.renewed")


def _read(csr: str) -> CertificateSigningRequest:
    try:
        return authority.read_request(csr)
    except authority.BadRequest as error:
        text = _unsigned()[str(error)]
        raise Invalid(text, fields={"csr": [text]}) from error


def _unsigned() -> dict[str, str]:
    return {
        "private": _("Có khóa riêng trong nội dung gửi. Chỉ gửi CSR, và thay khóa riêng này vì đã bị lộ."),
        "long": _("CSR dài quá mức."),
        "unreadable": _("Không đọc được CSR này (PKCS#10 dạng PEM)."),
        "kind": _("Chỉ nhận khóa EC P-256, P-384 hoặc Ed25519 cho chứng thư TLS."),
        "forged": _("Chữ ký của CSR không đúng: CSR phải do chính khóa riêng của ứng dụng ký."),
    }


def _sign(
    application: Application, request: CertificateSigningRequest, *, days: int, actor: Actor, at: datetime, action: str
) -> Certificate:
    # Of one application at a time, so that two officers cannot pass the limit together.
    application = Application.objects.select_for_update(no_key=True).select_related("agency").get(pk=application.pk)
    _check(application, request, days, at)
    own, identity = queries.authority(), queries.identity_of(application)
    own.ensure(at)
    issued = own.issue(request, identity, at=at, days=days, crl_url=crl_url())
    row = Certificate.objects.create(
        application=application, serial=issued.serial, fingerprint=issued.fingerprint, key_digest=issued.key_digest,
        identity=identity, pem=issued.pem, issued_at=at, issued_by=actor.name, not_after=issued.not_after,
    )  # fmt: skip
    _record(action, row, actor=actor, at=at)
    return row


def _check(application: Application, request: CertificateSigningRequest, days: int, at: datetime) -> None:
    if not 1 <= days <= authority.LONGEST_DAYS:
        text = _("Thời hạn từ 1 đến %(most)s ngày.") % {"most": authority.LONGEST_DAYS}
        raise Invalid(text, fields={"days": [text]})
    if Certificate.objects.filter(key_digest=authority.key_digest(request)).exists():
        text = _("Khóa này đã có chứng thư; mỗi chứng thư phải có khóa mới.")
        raise Invalid(text, fields={"csr": [text]})
    if queries.live_certificates(at).filter(application=application).count() >= MOST_LIVE:
        raise RuleBroken(
            _("Ứng dụng đã có %(most)s chứng thư còn hiệu lực.") % {"most": MOST_LIVE}, article="nội bộ",
            hint=_("Thu hồi chứng thư không dùng nữa rồi cấp chứng thư mới."),
        )  # fmt: skip


@transaction.atomic
def revoke_certificate(certificate: Certificate, *, actor: Actor, at: datetime) -> Certificate:
    """Revoke a certificate: refused at the gateway at once, also on connections that are open."""
    reason = policies.may_revoke_certificate(actor, certificate)
    if reason:
        raise NotAllowed(reason)
    if not Certificate.objects.filter(pk=certificate.pk, revoked_at__isnull=True).update(revoked_at=at):
        raise StateMoved(_("Chứng thư này đã được thu hồi."), state="revoked", hint=_("Tải lại trang."))
    certificate.refresh_from_db()
    _record("lgsp.certificate.revoked", certificate, actor=actor, at=at)
    notices.announce("lgsp.certificate.revoked", at=at, object_type="lgsp.certificate", object_code=certificate.serial)
    return certificate


def _record(action: str, row: Certificate, *, actor: Actor, at: datetime) -> None:
    audit.record(
        actor=actor, at=at, action=action, object_type="sharing.application", object_code=row.application.subject,
        details={"serial": row.serial, "fingerprint": row.fingerprint, "until": row.not_after.isoformat()},
    )  # fmt: skip


@transaction.atomic
def remind_of_ends(*, at: datetime) -> int:
    """Tell each agency once, some days ahead, that a certificate of its application ends; return how many.

    One whose successor is there already, signed later and running longer, is left in peace.
    """
    ahead = at + terms.span(terms.CERTIFICATE.key)
    soon = queries.live_certificates(at).filter(not_after__lte=ahead, reminded_at__isnull=True)
    told = 0
    for one in soon.select_related("application__agency"):
        later = queries.live_certificates(at).filter(application=one.application, not_after__gt=ahead)
        if not later.exists():
            _remind(one, at)
            told += 1
        Certificate.objects.filter(pk=one.pk).update(reminded_at=at)
    return told


def _remind(one: Certificate, at: datetime) -> None:
    notices.notify(
        at=at, agency=one.application.agency.code, event="lgsp.certificate.ending", link="/tai-khoan-ket-noi/",
        title=_("%(subject)s: chứng thư TLS sắp hết hạn") % {"subject": one.application.subject},
        body=_("Hết hạn ngày %(day)s. Gửi CSR mới ở trang khóa của tài khoản, hoặc để ứng dụng tự gia hạn (EST).")
        % {"day": f"{one.not_after.astimezone(VIETNAM):%d/%m/%Y}"},
    )  # fmt: skip


def revocation_list(at: datetime) -> bytes:
    """Return the signed list of revoked certificates (DER)."""
    own = queries.authority()
    own.ensure(at)
    revoked = queries.revoked_certificates(at).order_by("pk")
    return own.crl(
        ((one.serial, one.revoked_at) for one in revoked if one.revoked_at), at, good_for=terms.span(terms.CRL.key)
    )
