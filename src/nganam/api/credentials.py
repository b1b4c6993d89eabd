"""Credentials of connection accounts: list, issue or register, revoke; to change one is all three in that order."""

import json
from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import Field

from nganam.api import schemas
from nganam.api.cases import router
from nganam.api.schemas import REFUSALS
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid
from nganam.lgsp import operations, queries
from nganam.lgsp.forms import KeyForm, TermForm
from nganam.lgsp.models import Credential
from nganam.lgsp.rotating import rotation_of
from nganam.sharing.accounts.models import Account
from nganam.sharing.accounts.queries import get_account_for

PATH = "/cases/sharing.account/{code}/credentials"
KINDS = (
    "secret: nền tảng tạo mã bí mật; jwk: đăng ký khóa công khai; cert: nhận chứng thư của ứng dụng; "
    "apikey: khóa API, chỉ để đổi lấy mã truy cập"
)


class CredentialOut(Schema):
    """A credential; its secret is not kept, so it cannot be told again."""

    client_id: str
    kind: Literal["secret", "jwk", "cert", "apikey"]
    created_at: datetime
    created_by: str
    valid_until: date | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class RotationOut(Schema):
    """Where a change stands. ``step``: 1 issue the new one, 2 put it into the application, 3 revoke ``old``."""

    step: int
    new: str
    old: list[str]


class CredentialsOut(Schema):
    """The credentials of an account, newest first, and where they are used."""

    credentials: list[CredentialOut]
    rotation: RotationOut | None
    token_url: str
    service_url: str


class IssuedOut(CredentialOut):
    """A new credential. ``secret`` is told this once ("" for a registered key)."""

    secret: str
    token_url: str
    service_url: str


def _addresses(account: Account) -> dict[str, str]:
    return {"token_url": queries.token_url(), "service_url": queries.service_url(account.service)}


@router.get(PATH, response={200: CredentialsOut, **REFUSALS}, summary="Khóa truy cập của tài khoản")
def credentials(request: HttpRequest, response: HttpResponse, code: str) -> dict[str, Any]:
    """List the credentials of an account the officer is party to, and where a change of them stands."""
    response["Cache-Control"] = "no-store"
    account = get_account_for(request.actor, code)
    rows = list(queries.credentials_of(account))
    found = rotation_of(rows, local_date(request.at))
    rotation = None
    if found is not None and found.new is not None:
        rotation = {"step": found.step, "new": found.new.client_id, "old": [one.client_id for one in found.old]}
    return {"credentials": rows, "rotation": rotation, **_addresses(account)}


@router.post(PATH, response={201: IssuedOut, **REFUSALS}, summary="Cấp hoặc đăng ký khóa truy cập")
@schemas.takes(
    KeyForm,
    kind=(Literal["secret", "jwk", "cert", "apikey"], Field(description=KINDS)),
    jwk=(dict[str, Any] | None, Field(None, description="Khóa công khai EC P-256 hoặc OKP Ed25519 dạng JWK")),
)
def issue_credential(request: HttpRequest, response: HttpResponse, code: str, sent: Any) -> tuple[int, dict[str, Any]]:
    """Issue a secret or an API key, told in this answer only; register a public key; allow the certificates."""
    response["Cache-Control"] = "no-store"
    account, given = get_account_for(request.actor, code), sent.model_dump(exclude_none=True)
    made, secret = _issued(given.pop("kind"), request, account, given)
    shown = {name: getattr(made, name) for name in CredentialOut.model_fields}
    return 201, {**shown, "secret": secret, **_addresses(account)}


def _issued(kind: str, request: HttpRequest, account: Account, given: dict[str, Any]) -> tuple[Credential, str]:
    match kind:
        case Credential.Kind.KEY:
            return _key(request, account, given)
        case Credential.Kind.CERTIFICATE:
            return _certificates(request, account, given)
        case Credential.Kind.API_KEY:
            return _api_key(request, account, given)
        case _:
            return _secret(request, account, given)


def _term(given: dict[str, Any]) -> TermForm:
    if "jwk" in given:
        words = _("Chỉ gửi jwk khi đăng ký khóa công khai (kind = jwk).")
        raise Invalid(words, fields={"jwk": [words]})
    return schemas.filled(TermForm, given)


def _secret(request: HttpRequest, account: Account, given: dict[str, Any]) -> tuple[Credential, str]:
    form = _term(given)
    return operations.issue_credential(account, actor=request.actor, at=request.at, **form.inputs())


def _api_key(request: HttpRequest, account: Account, given: dict[str, Any]) -> tuple[Credential, str]:
    form = _term(given)
    return operations.issue_api_key(account, actor=request.actor, at=request.at, **form.inputs())


def _certificates(request: HttpRequest, account: Account, given: dict[str, Any]) -> tuple[Credential, str]:
    until = _term(given).cleaned_data["valid_until"]
    return operations.allow_certificates(account, actor=request.actor, at=request.at, valid_until=until), ""


def _key(request: HttpRequest, account: Account, given: dict[str, Any]) -> tuple[Credential, str]:
    if "jwk" in given:
        given["jwk"] = json.dumps(given["jwk"])
    form = schemas.filled(KeyForm, given)
    return operations.register_key(account, actor=request.actor, at=request.at, **form.inputs()), ""


@router.post(f"{PATH}/{{client_id}}/revoke", response={200: CredentialOut, **REFUSALS}, summary="Thu hồi khóa truy cập")
def revoke_credential(request: HttpRequest, code: str, client_id: str) -> Credential:
    """Revoke a credential: tokens it got are refused at the gateway at once."""
    found = queries.get_credential_for(request.actor, code, client_id)
    return operations.revoke_credential(found, actor=request.actor, at=request.at)
