"""Deeds of sharing that are no case: applications, delegations, agencies and services outside the province."""

from datetime import date, datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Schema
from pydantic import Field

from nganam.agencies import operations as agencies
from nganam.agencies.models import Agency
from nganam.api import files, schemas
from nganam.api.cases import router
from nganam.api.schemas import REFUSALS, Refusal, Window
from nganam.kernel.errors import NotFound
from nganam.lgsp.queries import token_url
from nganam.sharing.accounts.models import Delegation
from nganam.sharing.agreements import operations as agreements
from nganam.sharing.agreements import queries as agreement_queries
from nganam.sharing.agreements.forms import AuthorityForm
from nganam.sharing.agreements.models import AgreementReader, AgreementVersion
from nganam.sharing.delegations import operations as delegating
from nganam.sharing.delegations import queries as delegation_queries
from nganam.sharing.delegations.forms import DelegationForm
from nganam.sharing.outside import external
from nganam.sharing.outside import queries as outside_queries
from nganam.sharing.outside.forms import AgencyForm, ExternalForm, RemoveForm
from nganam.sharing.outside.models import ExternalService
from nganam.sharing.requests import operations as requests
from nganam.sharing.requests import queries as request_queries
from nganam.sharing.requests.forms import ApplicationEditForm, ApplicationForm
from nganam.sharing.requests.models import Application
from nganam.sharing.sandbox import operations as sandbox
from nganam.sharing.sandbox import queries as sandbox_queries
from nganam.sharing.sandbox.forms import TryForm
from nganam.sharing.sandbox.models import TestCredential

AGREEMENT = "/cases/sharing.agreement/{code}"

# ---- applications ----


class ApplicationOut(Schema):
    """An application of an agency; ``subject`` is how the gateway knows it."""

    code: str
    name: str
    description: str
    contact: str
    subject: str
    version: int
    created_at: datetime


class WantedApplications(Window):
    """Which applications, and which part of the list."""

    q: str = Field("", max_length=200, description="Chữ có trong mã, tên, mục đích hoặc liên hệ")


@router.get("/applications", response={200: list[ApplicationOut], **REFUSALS}, summary="Ứng dụng của cơ quan")
def applications(request: HttpRequest, wanted: Query[WantedApplications]) -> list[Application]:
    """List the applications of the agency acted for, those with a text in what is told of them."""
    return wanted.cut(request_queries.find_applications(request.actor, wanted.q.strip()))


@router.post("/applications", response={201: ApplicationOut, **REFUSALS}, summary="Đăng ký ứng dụng")
@schemas.takes(ApplicationForm)
def register_application(request: HttpRequest, sent: Any) -> tuple[int, Application]:
    """Register an application of the agency acted for (D35.2b)."""
    form = schemas.filled(ApplicationForm, sent)
    return 201, requests.register_application(actor=request.actor, at=request.at, **form.cleaned_data)


@router.put("/applications/{code}", response={200: ApplicationOut, **REFUSALS}, summary="Sửa thông tin ứng dụng")
@schemas.takes(ApplicationEditForm)
def edit_application(request: HttpRequest, code: str, sent: Any) -> Application:
    """Say anew what an application is called, what it is for, whom to ask; ``version`` is the one seen."""
    found = request_queries.get_application_for(request.actor, code)
    form = schemas.filled(ApplicationEditForm, sent)
    return requests.edit_application(actor=request.actor, at=request.at, application=found, **form.cleaned_data)


# ---- test credentials: the sandbox, without a request ----


class TestCredentialOut(Schema):
    """A key to the sandbox; its secret is not kept, so it cannot be told again."""

    client_id: str
    application: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    @staticmethod
    def resolve_application(one: Any) -> str:
        """Return the code of the application."""
        return str((one["application"] if isinstance(one, dict) else one.application).code)


class TestCredentialIssuedOut(TestCredentialOut):
    """A key just issued, with its secret: told this once."""

    client_secret: str
    token_url: str


@router.get("/test-credentials", response={200: list[TestCredentialOut], **REFUSALS}, summary="Khóa thử nghiệm")
def test_credentials(request: HttpRequest, window: Query[Window]) -> list[TestCredential]:
    """List the keys to the sandbox of the agency acted for."""
    return window.cut(sandbox_queries.credentials_for(request.actor))


@router.post("/test-credentials", response={201: TestCredentialIssuedOut, **REFUSALS}, summary="Lấy khóa thử nghiệm")
@schemas.takes(TryForm)
def issue_test_credential(request: HttpRequest, response: HttpResponse, sent: Any) -> tuple[int, dict[str, Any]]:
    """Give an application of the agency a key to the sandbox, at once and without a request."""
    form = schemas.filled(TryForm, sent)
    application = sandbox_queries.application_for(request.actor, form.cleaned_data["application"])
    made, secret = sandbox.issue_test_credential(application, actor=request.actor, at=request.at)
    response["Cache-Control"] = "no-store"
    shown = {name: getattr(made, name) for name in TestCredentialOut.model_fields}
    return 201, {**shown, "client_secret": secret, "token_url": token_url()}


@router.post(
    "/test-credentials/{client_id}/revoke", response={200: TestCredentialOut, **REFUSALS},
    summary="Thu hồi khóa thử nghiệm",
)  # fmt: skip
def revoke_test_credential(request: HttpRequest, client_id: str) -> TestCredential:
    """Revoke a key to the sandbox; tokens it got are refused at once."""
    found = sandbox_queries.get_credential_for(request.actor, client_id)
    return sandbox.revoke_test_credential(found, actor=request.actor, at=request.at)


# ---- delegations ----


class DelegationOut(Schema):
    """A delegation of the issuing of accounts (D40.2); ``database`` "" covers every service of the provider."""

    code: str
    provider: str = Field(validation_alias="provider.code")
    database: str
    paper: str
    valid_from: date
    valid_until: date | None
    ended_at: datetime | None

    @staticmethod
    def resolve_database(one: Delegation) -> str:
        """Return the code of the database."""
        return one.database.code if one.database else ""


@router.get("/delegations", response={200: list[DelegationOut], **REFUSALS}, summary="Ủy quyền cấp tài khoản")
def delegations(request: HttpRequest, window: Query[Window]) -> list[Delegation]:
    """List the delegations the agency gave, or, for the operator of the LGSP, took."""
    return window.cut(delegation_queries.delegations_for(request.actor))


@router.post("/delegations", response={201: DelegationOut, **REFUSALS}, summary="Ghi nhận ủy quyền cấp tài khoản")
@schemas.takes(DelegationForm)
def record_delegation(request: HttpRequest, sent: Any) -> tuple[int, Delegation]:
    """Leave the issuing of accounts to the operator of the LGSP, for one database or for all (D40.2)."""
    form = schemas.filled(partial(DelegationForm, agency=request.actor.agency), sent)
    return 201, delegating.record_delegation(actor=request.actor, at=request.at, **form.cleaned_data)


@router.post("/delegations/{code}/end", response={200: DelegationOut, **REFUSALS}, summary="Kết thúc ủy quyền")
def end_delegation(request: HttpRequest, code: str) -> Delegation:
    """End a delegation now; accounts that were issued stay."""
    found = delegation_queries.get_delegation_for(request.actor, code)
    return delegating.end_delegation(actor=request.actor, at=request.at, delegation=found)


# ---- agencies and services outside the province ----


class OutsideAgencyOut(Schema):
    """An agency outside the province that the register knows."""

    code: str
    name: str
    short_name: str
    kind: str
    valid_from: date


@router.get("/outside-agencies", response={200: list[OutsideAgencyOut], **REFUSALS}, summary="Cơ quan ngoài tỉnh")
def outside_agencies(request: HttpRequest, window: Query[Window]) -> list[Agency]:
    """List the agencies outside the province that can ask or be asked."""
    del request
    return window.cut(outside_queries.outside_agencies())


@router.post("/outside-agencies", response={201: OutsideAgencyOut, **REFUSALS}, summary="Thêm cơ quan ngoài tỉnh")
@schemas.takes(AgencyForm)
def open_agency(request: HttpRequest, sent: Any) -> tuple[int, Agency]:
    """Enter an agency outside the province (lead agency)."""
    form = schemas.filled(AgencyForm, sent)
    return 201, agencies.open_agency(actor=request.actor, at=request.at, **form.cleaned_data)


class ExternalOut(Schema):
    """A service of an agency outside the province, and how to ask for it (S14.4)."""

    code: str
    name: str
    provider: str = Field(validation_alias="provider.code")
    purpose: str
    how_to_ask: str
    address: str
    form: str
    listed_at: datetime
    updated_at: datetime
    removed_at: datetime | None
    removal_reason: str


class ExternalWanted(Window):
    """Which outside services."""

    q: str = Field("", max_length=200)
    provider: str = Field("", max_length=40)


OUTSIDE = "/outside-services"
PUBLIC: dict[int, Any] = {404: Refusal, 422: Refusal}


@router.get(OUTSIDE, auth=None, response={200: list[ExternalOut], **PUBLIC}, summary="Dịch vụ ngoài tỉnh")
def external_services(request: HttpRequest, wanted: Query[ExternalWanted]) -> list[ExternalService]:
    """List the services outside the province that may be used, narrowed by words and by agency; public."""
    del request
    return wanted.cut(outside_queries.external_services(text=wanted.q, provider=wanted.provider))


@router.get(f"{OUTSIDE}/{{code}}", auth=None, response={200: ExternalOut, **PUBLIC}, summary="Một dịch vụ ngoài tỉnh")
def external_service(request: HttpRequest, code: str) -> ExternalService:
    """Return one outside service of the public list."""
    del request
    return outside_queries.external_service(code)


@router.post(OUTSIDE, response={201: ExternalOut, **REFUSALS}, summary="Đưa dịch vụ ngoài tỉnh vào danh sách")
@schemas.takes(
    ExternalForm, outbound=(str, Field("", max_length=20, description="Mã đề xuất mà từ đó biết dịch vụ, nếu có"))
)
def list_external(request: HttpRequest, sent: Any) -> tuple[int, ExternalService]:
    """Tell the province of a service outside it (lead agency)."""
    given = sent.model_dump(exclude_none=True)
    code = given.pop("outbound", "")
    of = outside_queries.get_outbound_for(request.actor, code) if code else None
    form = schemas.filled(ExternalForm, given)
    made = external.list_service(actor=request.actor, at=request.at, values=form.cleaned_data, outbound=of)
    return 201, made


@router.put(f"{OUTSIDE}/{{code}}", response={200: ExternalOut, **REFUSALS}, summary="Sửa mục dịch vụ ngoài tỉnh")
@schemas.takes(ExternalForm)
def change_external(request: HttpRequest, code: str, sent: Any) -> ExternalService:
    """Correct what the list says of a service (lead agency)."""
    form = schemas.filled(partial(ExternalForm, instance=outside_queries.external_service(code)), sent)
    fresh = outside_queries.external_service(code)
    return external.change_service(actor=request.actor, at=request.at, service=fresh, values=form.cleaned_data)


@router.post(f"{OUTSIDE}/{{code}}/remove", response={200: ExternalOut, **REFUSALS}, summary="Bỏ dịch vụ ngoài tỉnh")
@schemas.takes(RemoveForm)
def remove_external(request: HttpRequest, code: str, sent: Any) -> ExternalService:
    """Take a service off the list, with the reason (lead agency)."""
    found = outside_queries.external_service(code)
    form = schemas.filled(RemoveForm, sent)
    return external.remove_service(actor=request.actor, at=request.at, service=found, **form.cleaned_data)


@router.get(
    "/cases/sharing.inbound/{code}/scan", openapi_extra=files.SENT, response=REFUSALS, summary="Bản quét văn bản đến"
)
def inbound_scan(request: HttpRequest, code: str) -> files.Answer:
    """Send the scan of the outside agency's document to those who see the case."""
    found = outside_queries.get_inbound_for(request.actor, code)
    if found.scan is None:
        raise NotFound(_("Yêu cầu này không có bản quét."))
    return files.sent(request, found.scan.name, found.scan)


# ---- agreements ----


class AgreementVersionOut(Schema):
    """A numbered text of an agreement with the digest that is signed, who agreed to it and who signed."""

    number: int
    content: dict[str, Any]
    digest: str
    note: str
    agency: str
    author: str = Field(validation_alias="author_name")
    created_at: datetime
    signed_at: datetime | None
    set_aside_at: datetime | None
    in_force_from: date | None
    in_force_until: date | None
    agreed: list[str]
    signed: list[str]

    @staticmethod
    def resolve_agreed(one: AgreementVersion) -> list[str]:
        """Return the codes of the parties that agreed."""
        return [given.agency for given in one.consents.all()]

    @staticmethod
    def resolve_signed(one: AgreementVersion) -> list[str]:
        """Return the codes of the parties that signed."""
        return [given.agency for given in one.signatures.all()]


@router.get(
    f"{AGREEMENT}/versions", response={200: list[AgreementVersionOut], **REFUSALS}, summary="Các bản thỏa thuận"
)
def agreement_versions(request: HttpRequest, code: str) -> QuerySet[AgreementVersion]:
    """List the texts of an agreement, first to last."""
    return agreement_queries.versions_of(agreement_queries.get_agreement_for(request.actor, code))


class ReaderOut(Schema):
    """An authority the agreement was sent to on its request (D36)."""

    agency: str = Field(validation_alias="agency.code")
    basis: str
    sent_by: str
    at: datetime


@router.post(
    f"{AGREEMENT}/authorities", response={201: ReaderOut, **REFUSALS}, summary="Gửi thỏa thuận cho cơ quan yêu cầu"
)
@schemas.takes(AuthorityForm)
def send_to_authority(request: HttpRequest, code: str, sent: Any) -> tuple[int, AgreementReader]:
    """Send the agreement to an authority that asked for it (D36)."""
    found = agreement_queries.get_agreement_for(request.actor, code)
    offered = list(agreement_queries.readable_agencies(found, request.at))
    form = schemas.filled(partial(AuthorityForm, agencies=offered), sent)
    made = agreements.send_to_authority(actor=request.actor, at=request.at, agreement=found, **form.cleaned_data)
    return 201, made
