"""The platform's own JSON interface: what is public, for programs. OpenAPI 3.1 at /api/v1/openapi.json."""

from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Query, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from nganam.agencies import queries as agencies
from nganam.api import (
    beyond,
    calendar,
    case_files,
    certificates,
    code_lists,
    contracts,
    credentials,
    desk,
    disputes,
    lineage,
    open_tier,
    pushes,
    service_imports,
    sharing,
    upstreams,
    warehouse,
    watching,  # noqa: F401 - adds its addresses to the router of the gateway
    webhooks,
)
from nganam.api.cases import router
from nganam.api.exchanges import router as exchanges
from nganam.api.gateway import router as gateway
from nganam.api.mounting import mount
from nganam.api.schemas import Window
from nganam.api.words import said_of
from nganam.face.problems import answer, bad_request, problem_response, unauthorized
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NganamError
from nganam.opendata import queries as opendata
from nganam.opendata.models import Dataset, Release
from nganam.services import queries as services
from nganam.services.models import Revision, Service
from nganam.services.openapi import document

BESIDE_CASES = (
    calendar, case_files, certificates, contracts, credentials, desk, disputes, service_imports, sharing, webhooks,
)  # fmt: skip
"""They add their addresses to the router as they are read."""


class Interface(NinjaAPI):
    """Describes refusals as what they are sent as: problem documents."""

    def get_openapi_schema(self, **words: Any) -> OpenAPISchema:
        """Return the description, with every refusal under ``application/problem+json``."""
        told = super().get_openapi_schema(**words)
        for path in told["paths"].values():
            for operation in path.values():
                for status, answer_ in operation["responses"].items():
                    if int(status) >= HTTPStatus.BAD_REQUEST and "content" in answer_:
                        answer_["content"] = {"application/problem+json": answer_["content"].pop("application/json")}
        return told


api = Interface(title="Ngã Năm", version="1", urls_namespace="api", docs_url=None, openapi_url="openapi.json")


@api.exception_handler(NganamError)
def refused(request: HttpRequest, error: NganamError) -> HttpResponse:
    """Answer a typed error in the one shape every door uses."""
    return problem_response(request, error)


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer a malformed request in the same shape, naming each parameter."""
    fields = {str(one["loc"][-1]): [said_of(one)] for one in error.errors}
    return problem_response(request, Invalid(_("Tham số của yêu cầu chưa hợp lệ."), fields=fields))


@api.exception_handler(HttpError)
def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer a body that is no JSON, which is all the framework refuses by itself."""
    return bad_request(request, error)


@api.exception_handler(AuthenticationError)
def unknown_caller(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Answer a missing, wrong, expired or revoked key."""
    del error
    return answer(request, unauthorized(request))


class Problem(Schema):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str


class DatasetOut(Schema):
    """An open dataset."""

    code: str
    slug: str
    title: str
    description: str
    publisher: str
    theme: str
    frequency: str
    published_at: str
    release: int
    rows: int
    files: list[dict[str, Any]]


class ServiceOut(Schema):
    """A data-sharing service of the public register."""

    code: str
    name: str
    description: str
    provider: str
    form: str
    method: str
    path: str
    state: str
    version: str
    published_at: datetime | None
    fields: list[str]


class AgencyOut(Schema):
    """An agency on a day."""

    code: str
    name: str
    kind: str
    parent: str
    valid_from: date
    valid_until: date | None


class VersionOut(Schema):
    """A version of a service's description: one that is or was in force, or the one announced (D25.2).

    ``number`` is drawn when it comes into force; ``content`` is the whole description, of an announced one its changes.
    """

    number: str
    state: str
    kind: str
    summary: str
    announced_at: datetime | None
    effective_on: date | None
    in_force_at: datetime | None
    superseded_at: datetime | None
    content: dict[str, Any]


def _dataset(one: Dataset, release: Release) -> dict[str, Any]:
    base = f"{settings.NGANAM_PUBLIC_URL}/du-lieu/{one.slug}/v/{release.number}/{one.slug}"
    files = [
        {"format": file.format, "url": f"{base}.{file.format}", "bytes": file.size, "sha256": file.sha256}
        for file in release.distributions.all()
    ]
    return {
        "code": one.code,
        "slug": one.slug,
        "title": one.title,
        "description": one.description,
        "publisher": one.publisher.code,
        "theme": one.theme,
        "frequency": one.frequency,
        "published_at": one.published_at.isoformat() if one.published_at else "",
        "release": release.number,
        "rows": release.version.rows,
        "files": files,
    }


def _service(one: Service, number: str) -> dict[str, Any]:
    shown = ("code", "name", "description", "form", "method", "state", "published_at")
    return {
        **{name: getattr(one, name) for name in shown},
        "version": number,
        "provider": one.provider.code,
        "path": services.gateway_path(one, settings.NGANAM_INSTANCE),
        "fields": [field.name for field in one.fields.all()],
    }


@api.get("/datasets", response={200: list[DatasetOut], 422: Problem}, summary="Danh sách dữ liệu mở")
def datasets(request: HttpRequest, window: Query[Window]) -> list[dict[str, Any]]:
    """List the open datasets, newest first."""
    del request
    found = window.cut(opendata.published())
    newest = opendata.newest_releases(found)
    return [_dataset(one, newest[one.pk]) for one in found]


@api.get("/datasets/{slug}", response={200: DatasetOut, 404: Problem}, summary="Một bộ dữ liệu mở")
def dataset(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Return one open dataset with its files."""
    del request
    found = opendata.published_dataset(slug)
    return _dataset(found, opendata.release(found))


@api.get("/services", response={200: list[ServiceOut], 422: Problem}, summary="Danh sách dịch vụ chia sẻ dữ liệu")
def register(request: HttpRequest, window: Query[Window]) -> list[dict[str, Any]]:
    """List the services of the public register."""
    del request
    found = window.cut(services.listed().prefetch_related("fields"))
    numbers = services.numbers_of(found)
    return [_service(one, numbers.get(one.pk, "")) for one in found]


@api.get("/services/{code}", response={200: ServiceOut, 404: Problem}, summary="Một dịch vụ")
def service(request: HttpRequest, code: str) -> dict[str, Any]:
    """Return one service of the public register."""
    del request
    found = services.listed_service(code)
    return _service(found, found.number)


@api.get("/services/{code}/versions", response={200: list[VersionOut], 404: Problem}, summary="Các phiên bản")
def service_versions(request: HttpRequest, code: str) -> list[dict[str, Any]]:
    """List the versions of a service that were, are or are announced to be in force, newest first."""
    del request
    found = services.listed_service(code)
    ahead = services.announced_version(found)
    return [_version(one) for one in [*([ahead] if ahead else []), *services.public_versions(found)]]


def _version(one: Revision) -> dict[str, Any]:
    shown = ("number", "state", "kind", "summary", "announced_at", "effective_on", "in_force_at", "superseded_at")
    return {**{name: getattr(one, name) for name in shown}, "content": one.content or one.changes}


@api.get("/services/{code}/openapi", response={200: dict[str, Any], 404: Problem}, summary="OpenAPI của dịch vụ")
def service_openapi(request: HttpRequest, code: str) -> dict[str, Any]:
    """Return the service's own OpenAPI 3.1 document."""
    del request
    token_url = f"{settings.NGANAM_PUBLIC_URL}/oauth2/token"
    return document(
        services.listed_service(code),
        gateway_url=settings.NGANAM_GATEWAY_URL,
        token_url=token_url,
        instance=settings.NGANAM_INSTANCE,
    )


@api.get("/agencies", response={200: list[AgencyOut], 422: Problem}, summary="Cơ quan vào một ngày")
def agency_list(request: HttpRequest, on: date | None = None) -> list[dict[str, Any]]:
    """List the agencies that exist on a day (today when none is given)."""
    day = on or local_date(request.at)
    return [
        {
            "code": one.code,
            "name": one.name,
            "kind": one.kind,
            "parent": one.parent.code if one.parent else "",
            "valid_from": one.valid_from,
            "valid_until": one.valid_until,
        }
        for one in agencies.agencies_on(day).select_related("parent")
    ]


mount()
api.add_router("", router)
api.add_router("", gateway)
api.add_router("", beyond.router)
api.add_router("", open_tier.router)
api.add_router("", pushes.router)
api.add_router("", exchanges)
api.add_router("", upstreams.router)
api.add_router("", warehouse.router)
api.add_router("", lineage.router)
api.add_router("", code_lists.router)
