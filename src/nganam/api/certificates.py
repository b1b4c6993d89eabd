"""TLS certificates of applications: a program sends the request for its own key, and takes or revokes what was signed.

Of an account, and of a proposal that calls out of the province, whose application may have no account here.
"""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from nganam.api import schemas
from nganam.api.cases import router
from nganam.api.schemas import REFUSALS
from nganam.lgsp import certificates, queries
from nganam.lgsp.beyond import exchanging
from nganam.lgsp.beyond import queries as beyond
from nganam.lgsp.beyond.forms import RequestForm
from nganam.lgsp.forms import CertificateForm
from nganam.lgsp.models import Certificate
from nganam.sharing.accounts.queries import get_account_for

OF_ACCOUNT = "/cases/sharing.account/{code}/certificates"
OF_ACCESS = "/cases/sharing.outbound/{code}/certificates"
DAYS = Field(certificates.USUAL_DAYS, description="Thời hạn (ngày)")


class CertificateOut(Schema):
    """A certificate with its chain; there is nothing secret in it."""

    serial: str
    identity: str
    fingerprint: str
    issued_at: datetime
    issued_by: str
    not_after: datetime
    revoked_at: datetime | None
    pem: str


@router.get(OF_ACCOUNT, response={200: list[CertificateOut], **REFUSALS}, summary="Chứng thư TLS của ứng dụng")
def account_certificates(request: HttpRequest, code: str) -> QuerySet[Certificate]:
    """List the certificates of an account's application, newest first."""
    return queries.certificates_of(get_account_for(request.actor, code).application)


@router.post(OF_ACCOUNT, response={201: CertificateOut, **REFUSALS}, summary="Cấp chứng thư TLS")
@schemas.takes(CertificateForm, days=(int, DAYS))
def issue_certificate(request: HttpRequest, code: str, sent: Any) -> tuple[int, Certificate]:
    """Sign a certificate for the key whose request was sent, and let the application use the account by it."""
    account, form = get_account_for(request.actor, code), schemas.filled(CertificateForm, sent)
    return 201, certificates.issue_certificate(account, actor=request.actor, at=request.at, **form.cleaned_data)


@router.post(
    f"{OF_ACCOUNT}/{{serial}}/revoke", response={200: CertificateOut, **REFUSALS}, summary="Thu hồi chứng thư TLS"
)
def revoke_certificate(request: HttpRequest, code: str, serial: str) -> Certificate:
    """Revoke a certificate: refused at the gateway at once."""
    found = queries.get_certificate_for(request.actor, code, serial)
    return certificates.revoke_certificate(found, actor=request.actor, at=request.at)


@router.get(OF_ACCESS, response={200: list[CertificateOut], **REFUSALS}, summary="Chứng thư TLS để gọi ra ngoài tỉnh")
def access_certificates(request: HttpRequest, code: str) -> QuerySet[Certificate]:
    """List the certificates of the application of an approved proposal that calls out."""
    application = beyond.get_access_for(request.actor, code).outbound.application
    return queries.certificates_of(application) if application else Certificate.objects.none()


@router.post(OF_ACCESS, response={201: CertificateOut, **REFUSALS}, summary="Cấp chứng thư TLS để gọi ra ngoài tỉnh")
@schemas.takes(RequestForm)
def certify_access(request: HttpRequest, code: str, sent: Any) -> tuple[int, Certificate]:
    """Sign a certificate for an application that calls services beyond the province."""
    found, form = beyond.get_access_for(request.actor, code), schemas.filled(RequestForm, sent)
    return 201, exchanging.certify_access(actor=request.actor, at=request.at, access=found, **form.cleaned_data)


@router.post(
    f"{OF_ACCESS}/{{serial}}/revoke", response={200: CertificateOut, **REFUSALS},
    summary="Thu hồi chứng thư TLS để gọi ra ngoài tỉnh",
)  # fmt: skip
def revoke_access_certificate(request: HttpRequest, code: str, serial: str) -> Certificate:
    """Revoke a certificate of an application that calls out."""
    found = beyond.certificate_of_access(beyond.get_access_for(request.actor, code), serial)
    return certificates.revoke_certificate(found, actor=request.actor, at=request.at)
