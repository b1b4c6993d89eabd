"""Rights to push records into a table, for programs, by the same deeds as the page of the table's door."""

from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from nganam.api.auth import OfficerKey
from nganam.api.certificates import CertificateOut
from nganam.api.schemas import REFUSALS
from nganam.lgsp import certificates
from nganam.lgsp.models import Certificate
from nganam.lgsp.pushes import operations, queries
from nganam.lgsp.pushes.models import PushRight
from nganam.lgsp.queries import certificates_of
from nganam.warehouse.queries import get_table_for

router = Router(auth=OfficerKey(), tags=["Đẩy dữ liệu"])
RIGHTS = "/tables/{table}/push-rights"
CERTIFICATES = f"{RIGHTS}/{{right}}/certificates"


class PushGrantIn(Schema):
    """Which application of the table's owner may push, by its code, and why."""

    application: str = Field(max_length=20)
    reason: str = Field(max_length=500)


class PushEndIn(Schema):
    """Why a right ends."""

    reason: str = Field(max_length=500)


class PushCertifyIn(Schema):
    """A certificate request (PKCS#10, PEM) for the application's own key."""

    csr: str = Field(max_length=16_384)


class PushRightOut(Schema):
    """A right to push, and the address records are sent to (``/r1/…``, at the LGSP)."""

    right: int = Field(validation_alias="pk")
    application: str = Field(validation_alias="application.subject")
    address: str
    reason: str
    granted_at: datetime
    granted_by: str
    ended_at: datetime | None
    ended_by: str
    end_reason: str

    @staticmethod
    def resolve_address(one: PushRight) -> str:
        """Return where records are sent."""
        return f"/r1/{queries.path_of(one.door)}"


@router.get(RIGHTS, response={200: list[PushRightOut], **REFUSALS}, summary="Quyền đẩy dữ liệu vào bảng")
def push_rights(request: HttpRequest, table: str) -> QuerySet[PushRight]:
    """List who may push into a table and who might once."""
    return queries.rights_of(get_table_for(request.actor, table))


@router.post(RIGHTS, response={201: PushRightOut, **REFUSALS}, summary="Cho ứng dụng đẩy dữ liệu vào bảng")
def grant_push(request: HttpRequest, table: str, sent: PushGrantIn) -> tuple[int, PushRight]:
    """Let an application of the table's owner push records into it."""
    found = get_table_for(request.actor, table)
    application = queries.application_of(found, sent.application)
    return 201, operations.grant_push(
        actor=request.actor, at=request.at, table=found, application=application, reason=sent.reason
    )


@router.post(f"{RIGHTS}/{{right}}/end", response={200: PushRightOut, **REFUSALS}, summary="Đóng quyền đẩy dữ liệu")
def end_push(request: HttpRequest, table: str, right: int, sent: PushEndIn) -> PushRight:
    """Let an application push no more: refused at once."""
    found = queries.get_right_for(request.actor, table, right)
    return operations.end_push(actor=request.actor, at=request.at, right=found, reason=sent.reason)


@router.get(CERTIFICATES, response={200: list[CertificateOut], **REFUSALS}, summary="Chứng thư TLS để đẩy dữ liệu")
def push_certificates(request: HttpRequest, table: str, right: int) -> QuerySet[Certificate]:
    """List the certificates of the application that pushes, newest first."""
    return certificates_of(queries.get_right_for(request.actor, table, right).application)


@router.post(CERTIFICATES, response={201: CertificateOut, **REFUSALS}, summary="Cấp chứng thư TLS để đẩy dữ liệu")
def certify_push(request: HttpRequest, table: str, right: int, sent: PushCertifyIn) -> tuple[int, Certificate]:
    """Sign a certificate for an application that pushes, though it may have no account."""
    found = queries.get_right_for(request.actor, table, right)
    return 201, operations.certify_push(actor=request.actor, at=request.at, right=found, csr=sent.csr)


@router.post(
    f"{CERTIFICATES}/{{serial}}/revoke", response={200: CertificateOut, **REFUSALS},
    summary="Thu hồi chứng thư TLS để đẩy dữ liệu",
)  # fmt: skip
def revoke_push_certificate(request: HttpRequest, table: str, right: int, serial: str) -> Certificate:
    """Revoke a certificate of an application that pushes."""
    found = queries.certificate_of(queries.get_right_for(request.actor, table, right), serial)
    return certificates.revoke_certificate(found, actor=request.actor, at=request.at)
