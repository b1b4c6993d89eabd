"""What can be asked of a service over a table of the warehouse, as paths of its OpenAPI document, with examples."""

from typing import Any

from django.utils.translation import gettext_noop

from nganam.services.models import Service
from nganam.services.openapi_parts import PROBLEM, TYPES, answer, made_up, refusals
from nganam.serving.asking import BATCH, MOST_KEYS, MOST_SORT
from nganam.serving.reading import DEFAULT_PAGE, OPERATORS
from nganam.serving.snapshot import MAX_PAGE
from nganam.serving.values import ORDERED

Schema = dict[str, Any]
FILTER = gettext_noop("Lọc theo %(name)s")
RANGED = gettext_noop("Lọc theo %(name)s, bằng hoặc theo khoảng (.gte, .gt, .lte, .lt)")
RANGES = {
    "gte": gettext_noop("%(name)s từ giá trị này trở lên"),
    "gt": gettext_noop("%(name)s lớn hơn giá trị này"),
    "lte": gettext_noop("%(name)s đến hết giá trị này"),
    "lt": gettext_noop("%(name)s nhỏ hơn giá trị này"),
}
FIELDS = gettext_noop("Chỉ trả các mục tin này trong những mục tin được cấp, cách nhau dấu phẩy")
SORT = gettext_noop("Sắp xếp theo cột, dấu trừ ở trước là giảm dần, tối đa %(most)s cột: %(columns)s")
KEY = gettext_noop("Khóa: %(columns)s")
SENTENCES = (FILTER, RANGED, *RANGES.values(), SORT, KEY)
"""The document is Vietnamese for everybody; the portal's page tells these words in the reader's language."""
VERSION = 7
AS_OF = "2026-01-31T01:00:00Z"


def paths(service: Service) -> dict[str, Any]:
    """Return every path of the service."""
    return {**_lookup(service), **_batch(service), **_pages(service)}


def _types(service: Service) -> dict[str, str]:
    return {str(one["name"]): str(one["type"]) for one in service.source.contract["columns"]}


def _record(service: Service) -> dict[str, Any]:
    return {one.name: made_up(one.name, one.type) for one in service.fields.all()}


def _get(path: str, name: str, summary: str, parameters: list[Schema], responses: Schema) -> dict[str, Any]:
    told = {"operationId": name, "summary": summary, "parameters": parameters, "responses": responses}
    told["responses"] = {**responses, "304": {"description": "Dữ liệu không đổi từ lần hỏi có ETag này"}}
    return {path: {"get": told}}


def _query(name: str, description: str, schema: Schema, **more: Any) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


def _fields(service: Service) -> Schema:
    names = [one.name for one in service.fields.all()]
    schema = {"type": "array", "items": {"type": "string", "enum": names}, "minItems": 1}
    return _query("fields", FIELDS, schema, style="form", explode=False, example=names[:2])


def _whole(data: Schema, **more: Schema) -> Schema:
    """Return the schema of an answer: the data, and of which version they are."""
    return {
        "type": "object",
        "required": ["data", "version", "as_of"],
        "properties": {
            "data": data, **more,
            "version": {"type": "integer"},
            "as_of": {"type": "string", "format": "date-time"},
        },
    }  # fmt: skip


def _told(data: Any, **more: Any) -> dict[str, Any]:
    return {"data": data, **more, "version": VERSION, "as_of": AS_OF}


def _key(service: Service) -> str:
    types = _types(service)
    return ",".join(str(made_up(name, types.get(name, "text"))) for name in service.lookup_columns)


def _lookup(service: Service) -> dict[str, Any]:
    if not service.lookup_columns:
        return {}
    key = {
        "name": "key",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "maxLength": 200},
        "description": ", ".join(service.lookup_columns),
        "example": _key(service),
    }
    responses = {
        "200": answer(_whole({"$ref": "#/components/schemas/Record"}), _told(_record(service))),
        **refusals("400", "401", "403", "404", "405", "409", "429", "503", "504"),
        "403": {**PROBLEM, "description": service.not_permitted},
        "404": {**PROBLEM, "description": service.no_data},
    }
    return _get("/{key}", "lookUp", gettext_noop("Tra cứu theo khóa"), [key, _fields(service)], responses)


def _batch(service: Service) -> dict[str, Any]:
    if not service.lookup_columns:
        return {}
    listed = {"type": "array", "items": {"type": "string", "maxLength": 200}, "minItems": 1, "maxItems": MOST_KEYS}
    key = _query(
        "key", KEY % {"columns": ", ".join(service.lookup_columns)}, listed, required=True, style="form",
        explode=True, example=[_key(service)],
    )  # fmt: skip
    one = {
        "type": "object",
        "required": ["key", "result", "data"],
        "properties": {
            "key": {"type": "string"},
            "result": {"enum": ["data", "data_absent", "data_not_permitted", "ambiguous_key"]},
            "data": {"oneOf": [{"$ref": "#/components/schemas/Record"}, {"type": "null"}]},
        },
    }
    shown = [
        {"key": _key(service), "result": "data", "data": _record(service)},
        {"key": "khong-co", "result": "data_absent", "data": None},
    ]
    responses = {
        "200": answer(_whole({"type": "array", "items": one}), _told(shown)),
        **refusals("400", "401", "403", "405", "414", "429", "503", "504"),
    }
    summary = gettext_noop("Tra cứu đến 100 khóa một lần")
    return _get(f"/{BATCH}", "lookUpEach", summary, [key, _fields(service)], responses)


def _pages(service: Service) -> dict[str, Any]:
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE}
    parameters = [
        *_filters(service),
        _fields(service),
        *_sort(service),
        {"name": "limit", "in": "query", "schema": limit},
        _query("cursor", gettext_noop("Lấy từ trường next của trang trước"), {"type": "string"}),
    ]
    page = _whole(
        {"type": "array", "items": {"$ref": "#/components/schemas/Record"}}, next={"type": ["string", "null"]}
    )
    responses = {
        "200": answer(page, _told([_record(service)], next=None)),
        **refusals("400", "401", "403", "405", "429", "503", "504"),
    }
    return _get("/", "listPage", gettext_noop("Đọc từng trang có lọc"), parameters, responses)


def _filters(service: Service) -> list[Schema]:
    """Return a parameter for each column to filter by, and for columns with an order those of its ranges."""
    types, made = _types(service), []
    for name in service.filter_columns:
        kind = types.get(name, "text")
        schema = _plain(kind)
        words = (RANGED if kind in ORDERED else FILTER) % {"name": name}
        made.append(_query(name, words, schema, example=made_up(name, kind)))
        if kind in ORDERED:
            made += [
                # Named with its column already: the pages for people leave these out.
                {**_query(f"{name}.{one}", RANGES[one] % {"name": name}, schema), "x-range-of": name}
                for one in OPERATORS if one
            ]  # fmt: skip
    return made


def _plain(kind: str) -> Schema:
    """Return the schema of a value that is written in an address."""
    found = TYPES.get(kind, {"type": ["string", "null"]})
    return {**found, "type": found["type"][0]}


def _sort(service: Service) -> list[Schema]:
    columns = list(dict.fromkeys((*service.filter_columns, *service.lookup_columns)))
    if not columns:
        return []
    items = {"type": "string", "enum": [*columns, *(f"-{one}" for one in columns)]}
    schema = {"type": "array", "items": items, "minItems": 1, "maxItems": MOST_SORT}
    words = SORT % {"most": MOST_SORT, "columns": ", ".join(columns)}
    return [_query("sort", words, schema, style="form", explode=False, example=[f"-{columns[0]}"])]
