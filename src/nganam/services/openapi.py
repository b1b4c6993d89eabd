"""The OpenAPI 3.1 document of one service, as it stands on the LGSP."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from nganam.services.models import Service
from nganam.services.queries import gateway_path
from nganam.services.sandbox import twin_path

TYPES: dict[str, dict[str, Any]] = {
    "integer": {"type": ["integer", "null"]},
    "decimal": {"type": ["number", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "date": {"type": ["string", "null"], "format": "date"},
    "datetime": {"type": ["string", "null"], "format": "date-time"},
}
WHOLE = "Câu trả lời của hệ thống nguồn, chuyển nguyên"
SANDBOX = "Bản thử: dữ liệu thử nghiệm do máy sinh, gọi bằng khóa thử nghiệm"
CODES = "Danh mục dùng chung của các mã"
MOST_PARTS = 20
FILTER = gettext_noop("Lọc theo %(name)s")
"""The document is Vietnamese for everybody; the portal's page tells these words in the reader's language."""
PROBLEM = {
    "description": "Từ chối, theo RFC 9457",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def document(service: Service, *, gateway_url: str, token_url: str, instance: str) -> dict[str, Any]:
    """Return the document: look-up by key, filtered pages, the token flow, problems."""
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
        "paths": _operations(service) if service.upstream else {**_lookup(service), **_pages(service)},
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


def _refusals(*codes: str) -> dict[str, Any]:
    return dict.fromkeys(codes, PROBLEM)


def _answer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": "Chỉ gồm các mục tin được cấp", "content": {"application/json": {"schema": schema}}}


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
            "200": _answer({}) if service.upstream and service.upstream.answers == "json" else {"description": WHOLE},
            **_refusals("400", "401", "403", "404", "413", "429", "502", "503", "504"),
        },
    }
    if one["method"] in {"POST", "PUT", "PATCH"}:
        made["requestBody"] = {"content": {"application/json": {"schema": {}}}}
    return made


def _lookup(service: Service) -> dict[str, Any]:
    if not service.lookup_columns:
        return {}
    key = {
        "name": "key",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "maxLength": 200},
        "description": ", ".join(service.lookup_columns),
    }
    record = {
        "type": "object",
        "required": ["data"],
        "properties": {
            "data": {"$ref": "#/components/schemas/Record"},
            "version": {"type": "integer"},
            "as_of": {"type": "string", "format": "date-time"},
        },
    }
    return {
        "/{key}": {
            "get": {
                "operationId": "lookUp",
                "summary": gettext_noop("Tra cứu theo khóa"),
                "parameters": [key],
                "responses": {
                    "200": _answer(record),
                    **_refusals("400", "401", "403", "404", "405", "409", "429", "503", "504"),
                    "403": {**PROBLEM, "description": service.not_permitted},
                    "404": {**PROBLEM, "description": service.no_data},
                },
            }
        }
    }


def _pages(service: Service) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "query", "schema": {"type": "string"}, "description": FILTER % {"name": name}}
        for name in service.filter_columns
    ]
    parameters.append(
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}}
    )
    parameters.append(
        {
            "name": "cursor",
            "in": "query",
            "schema": {"type": "string"},
            "description": gettext_noop("Lấy từ trường next của trang trước"),
        }
    )
    page = {
        "type": "object",
        "required": ["data"],
        "properties": {
            "data": {"type": "array", "items": {"$ref": "#/components/schemas/Record"}},
            "next": {"type": ["string", "null"]},
            "version": {"type": "integer"},
            "as_of": {"type": "string", "format": "date-time"},
        },
    }
    return {
        "/": {
            "get": {
                "operationId": "listPage",
                "summary": gettext_noop("Đọc từng trang có lọc"),
                "parameters": parameters,
                "responses": {"200": _answer(page), **_refusals("400", "401", "403", "405", "429", "503", "504")},
            }
        }
    }


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
