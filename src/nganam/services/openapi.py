"""The OpenAPI 3.1 document of one service, as it stands on the LGSP."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import prefetch_related_objects

from nganam.services import openapi_tables
from nganam.services.models import Service
from nganam.services.openapi_parts import TYPES, answer, refusals
from nganam.services.queries import gateway_path
from nganam.services.sandbox import twin_path

WHOLE = "Câu trả lời của hệ thống nguồn, chuyển nguyên"
SANDBOX = "Bản thử: dữ liệu thử nghiệm do máy sinh, gọi bằng khóa thử nghiệm"
CODES = "Danh mục dùng chung của các mã"
MOST_PARTS = 20


def document(service: Service, *, gateway_url: str, token_url: str, instance: str) -> dict[str, Any]:
    """Return the document: what can be asked, with examples, the token flow, problems."""
    prefetch_related_objects([service], "fields")  # read once: every path names them
    path = gateway_path(service, instance)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": service.name,
            "version": service.number,
            "description": service.description,
            "contact": {"name": service.provider.name},
        },
        "servers": [{"url": gateway_url.rstrip("/") + path}, *_twin(service, gateway_url, instance)],
        "paths": _operations(service) if service.upstream else openapi_tables.paths(service),
        "security": [{"lgsp": []}],
        "components": {"schemas": _schemas(service), "securitySchemes": {"lgsp": _flow(token_url)}},
    }


def _twin(service: Service, gateway_url: str, instance: str) -> list[dict[str, str]]:
    """Return the server of the sandbox twin, where there is one: the same operations over made-up data."""
    if service.table is None:
        return []
    return [{"url": gateway_url.rstrip("/") + twin_path(service, instance), "description": SANDBOX}]


def _flow(token_url: str) -> dict[str, Any]:
    return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": token_url, "scopes": {}}}}


def _operations(service: Service) -> dict[str, Any]:
    """Return the operations of an agency's system, with what its parts of a path are numbered as."""
    paths: dict[str, Any] = {}
    for number, one in enumerate(service.operations, 1):
        place = iter(range(1, MOST_PARTS))
        parts = [f"{{p{next(place)}}}" if part in {"*", "**"} else part for part in one["path"].strip("/").split("/")]
        paths.setdefault("/" + "/".join(parts), {})[one["method"].lower()] = _operation(service, one, number, parts)
    return paths


def _operation(service: Service, one: Mapping[str, Any], number: int, parts: Sequence[str]) -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    asked = [
        {"name": part.strip("{}"), "in": "path", "required": True, **text} for part in parts if part.startswith("{")
    ]
    named = [{"name": name, "in": "query", **text} for name in one.get("parameters") or []]
    made: dict[str, Any] = {
        "operationId": f"op{number}",
        "summary": one.get("title") or f"{one['method']} {one['path']}",
        "parameters": [*asked, *named],
        "responses": {
            "200": answer({}) if service.upstream and service.upstream.answers == "json" else {"description": WHOLE},
            **refusals("400", "401", "403", "404", "413", "429", "502", "503", "504"),
        },
    }
    if one["method"] in {"POST", "PUT", "PATCH"}:
        made["requestBody"] = {"content": {"application/json": {"schema": {}}}}
    return made


def _codes(code_list: str) -> dict[str, Any]:
    """Name the shared code list whose codes a data item holds, and where it is read."""
    if not code_list:
        return {}
    link = f"{settings.NGANAM_PUBLIC_URL}/danh-muc-dung-chung/{code_list}/"
    return {"x-code-list": code_list, "externalDocs": {"description": CODES, "url": link}}


def _schemas(service: Service) -> dict[str, Any]:
    lists = service.code_lists
    fields = {
        field.name: {
            **TYPES.get(field.type, {"type": ["string", "null"]}),
            "title": field.title,
            "description": field.description,
            "x-personal": field.personal,
            **_codes(lists.get(field.name, "")),
        }
        for field in service.fields.all()
    }
    problem = {name: {"type": "string"} for name in ("type", "title", "detail", "hint", "code")}
    return {
        "Record": {"type": "object", "properties": fields, "additionalProperties": False},
        "Problem": {
            "type": "object",
            "properties": {**problem, "status": {"type": "integer"}, "request_id": {"type": ["string", "null"]}},
        },
    }
