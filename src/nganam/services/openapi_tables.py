"""What can be asked of a service over a table of the warehouse, as paths of its OpenAPI document, with examples."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_noop

from nganam.services.models import Service
from nganam.services.openapi_layers import boundary, has_layer, layer_paths
from nganam.services.openapi_parts import PROBLEM, TYPES, answer, made_up, refusals
from nganam.serving.aggregates import MEASURES, MOST_GROUPED
from nganam.serving.asking import AGGREGATE, BATCH, CHANGES, MOST_KEYS, MOST_SORT, NEAR, NUMERIC, SEARCH
from nganam.serving.features_api import IN_COMMUNE
from nganam.serving.finding import LONGEST_WORDS, MOST_METRES
from nganam.serving.reading import DEFAULT_PAGE, OPERATORS
from nganam.serving.snapshot import MAX_PAGE
from nganam.serving.values import ORDERED
from nganam.warehouse.engine.contract import from_list
from nganam.warehouse.engine.files import lon_lat
from nganam.warehouse.engine.history import VERSIONS_KEPT

Schema = dict[str, Any]
FILTER = gettext_noop("Lọc theo %(name)s")
RANGED = gettext_noop("Lọc theo %(name)s, bằng, hoặc theo khoảng (.gte, .gt, .lte, .lt) nếu được cấp")
RANGES = {
    "gte": "%(name)s từ giá trị này trở lên",
    "gt": "%(name)s lớn hơn giá trị này",
    "lte": "%(name)s đến hết giá trị này",
    "lt": "%(name)s nhỏ hơn giá trị này",
}
FIELDS = gettext_noop("Chỉ trả các mục tin này trong những mục tin được cấp, cách nhau dấu phẩy")
SORT = gettext_noop("Sắp xếp theo cột được cấp, dấu trừ ở trước là giảm dần, tối đa %(most)s cột: %(columns)s")
KEY = gettext_noop("Khóa: %(columns)s")
SINCE = gettext_noop("Phiên bản đã có: next_since của lần hỏi trước, hoặc version của trang đầu khi đọc toàn bộ")
GONE = f"Không còn giữ thay đổi từ phiên bản này; giữ {VERSIONS_KEPT} phiên bản gần nhất (nội bộ), rồi phải đọc toàn bộ"
GROUP = gettext_noop("Gộp theo các mục tin được cấp, cách nhau dấu phẩy, tối đa 3")
WORDS = {
    "sum": gettext_noop("Tổng của các mục tin số được cấp"),
    "avg": gettext_noop("Trung bình của các mục tin số được cấp"),
    "min": gettext_noop("Giá trị nhỏ nhất của các mục tin số được cấp"),
    "max": gettext_noop("Giá trị lớn nhất của các mục tin số được cấp"),
}
WORDED = gettext_noop("Các từ cần tìm, phải có đủ; cụm từ viết trong dấu ngoặc kép. Tìm trong: %(columns)s")
BOX = gettext_noop("Khung: kinh độ nhỏ, vĩ độ nhỏ, kinh độ lớn, vĩ độ lớn; thay cho điểm hoặc cùng với điểm")
SENTENCES = (RANGED, FILTER, SORT, KEY, WORDED)
"""The document is Vietnamese for everybody; the portal's page tells these words in the reader's language."""
VERSION = 7
AS_OF = "2026-01-31T01:00:00Z"


def paths(service: Service) -> dict[str, Any]:
    """Return every path of the service."""
    return {
        **_lookup(service), **_batch(service), **_pages(service), **_changes(service), **_aggregate(service),
        **finding_paths(service),
    }  # fmt: skip


def _types(service: Service) -> dict[str, str]:
    return {str(one["name"]): str(one["type"]) for one in service.source.contract["columns"]}


def _record(service: Service) -> dict[str, Any]:
    return {one.name: made_up(one.name, one.type) for one in service.fields.all()}


def _get(path: str, name: str, summary: str, parameters: list[Schema], responses: Schema) -> dict[str, Any]:
    unchanged = {"304": {"description": "Dữ liệu không đổi từ lần hỏi có ETag này"}}
    told = {
        "operationId": name, "summary": summary, "parameters": parameters, "responses": {**responses, **unchanged},
    }  # fmt: skip
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
        **refusals("400", "401", "403", "404", "405", "409", "414", "429", "503", "504"),
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
    parameters = [
        *_filters(service),
        _fields(service),
        *_sort(service),
        *_paging(),
    ]
    page = _whole(
        {"type": "array", "items": {"$ref": "#/components/schemas/Record"}}, next={"type": ["string", "null"]}
    )
    responses = {
        "200": answer(page, _told([_record(service)], next=None)),
        **refusals("400", "401", "403", "405", "414", "429", "503", "504"),
    }
    return _get("/", "listPage", gettext_noop("Đọc từng trang có lọc"), parameters, responses)


def _paging() -> list[Schema]:
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_PAGE}
    return [
        {"name": "limit", "in": "query", "schema": limit},
        _query("cursor", gettext_noop("Lấy từ trường next của trang trước"), {"type": "string"}),
    ]


def has_changes(service: Service) -> bool:
    """Say whether changes can be asked for: the table has a key, and the service offers all of it."""
    offered = {one.name for one in service.fields.all()}
    key = {str(one["name"]) for one in service.source.contract["columns"] if one.get("key")}
    return bool(key) and key <= offered


def _changes(service: Service) -> dict[str, Any]:
    if not has_changes(service):
        return {}
    types = _types(service)
    key = [str(one["name"]) for one in service.source.contract["columns"] if one.get("key")]
    named = {"type": "object", "properties": {name: TYPES.get(types[name], {"type": "string"}) for name in key}}
    one = {
        "type": "object",
        "required": ["change", "key", "data"],
        "properties": {
            "change": {"enum": ["added", "changed", "removed"]},
            "key": named,
            "data": {"oneOf": [{"$ref": "#/components/schemas/Record"}, {"type": "null"}]},
        },
    }
    example = {name: made_up(name, types[name]) for name in key}
    shown = [
        {"change": "changed", "key": example, "data": _record(service)},
        {"change": "removed", "key": {name: made_up(f"{name}-bo", types[name]) for name in key}, "data": None},
    ]
    page = _whole(
        {"type": "array", "items": one}, next={"type": ["string", "null"]}, since={"type": "integer"},
        next_since={"type": "integer", "description": "Phiên bản để hỏi lần sau, khi đã nhận hết các trang"},
    )  # fmt: skip
    responses = {
        "200": answer(page, _told(shown, next=None, since=VERSION - 1, next_since=VERSION)),
        **refusals("400", "401", "403", "405", "414", "429", "503", "504"),
        "410": {**PROBLEM, "description": GONE},
    }
    since = _query("since", SINCE, {"type": "integer", "minimum": 1}, required=True, example=VERSION - 1)
    parameters = [since, _fields(service), *_paging()]
    return _get(f"/{CHANGES}", "listChanges", gettext_noop("Đọc thay đổi từ một phiên bản"), parameters, responses)


def _aggregate(service: Service) -> dict[str, Any]:
    offered = {one.name: one.type for one in service.fields.all()}
    numbers = [name for name, kind in offered.items() if kind in NUMERIC]
    group = {"type": "array", "items": {"type": "string", "enum": list(offered)}, "maxItems": MOST_GROUPED}
    measured = {"type": "array", "items": {"type": "string", "enum": numbers}}
    first = next(iter(offered))
    parameters = [
        _query("group", GROUP, group, style="form", explode=False, example=[first]),
        *(_query(one, WORDS[one], measured, style="form", explode=False) for one in MEASURES if numbers),
        *_filters(service),
    ]
    figures = {"type": "object", "additionalProperties": {"type": ["number", "null"]}}
    one = {
        "type": "object",
        "required": ["group", "count", "suppressed"],
        "properties": {
            "group": {"type": "object"},
            "count": {"type": ["integer", "null"]},
            "suppressed": {"type": "boolean", "description": "Nhóm quá ít bản ghi, hoặc tính ra được từ tổng"},
            **dict.fromkeys(MEASURES, figures),
        },
    }
    shown = [
        {"group": {first: made_up(first, offered[first])}, "count": 120, "suppressed": False},
        {"group": {first: None}, "count": None, "suppressed": True},
    ]
    schema = _whole({"type": "array", "items": one}, suppressed={"type": "integer"}, smallest_group={"type": "integer"})
    responses = {
        "200": answer(schema, _told(shown, suppressed=1, smallest_group=settings.NGANAM_SMALLEST_GROUP)),
        **refusals("400", "401", "403", "405", "414", "429", "503", "504"),
    }
    summary = gettext_noop("Số liệu tổng hợp, không nói về nhóm nhỏ")
    return _get(f"/{AGGREGATE}", "aggregate", summary, parameters, responses)


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


def searched(service: Service) -> list[str]:
    """Return the fields of the service by whose words records are found."""
    declared = {str(one["name"]) for one in service.source.contract["columns"] if one.get("search")}
    return [one.name for one in service.fields.all() if one.name in declared]


def position(service: Service) -> list[str]:
    """Return the fields of longitude and latitude, none where the service does not offer both."""
    names = lon_lat(from_list(service.source.contract["columns"]))
    offered = {one.name for one in service.fields.all()}
    return list(names) if all(names) and offered.issuperset(names) else []


def finding_paths(service: Service) -> dict[str, Any]:
    """Return the questions by words and by place, where the table has columns for them."""
    placed = position(service)
    layer = layer_paths(service, _filters(service), placed) if has_layer(service, placed) else {}
    return {**(_search(service) if searched(service) else {}), **(_near(service) if placed else {}), **layer}


def _found(
    service: Service, form: str, summary: str, own: list[Schema], *, item: Schema, shown: Any
) -> dict[str, Any]:  # fmt: skip
    more = {"boundary": boundary()} if form == NEAR else {}
    page = _whole({"type": "array", "items": item}, next={"type": ["string", "null"]}, **more)
    responses = {
        "200": answer(page, _told([shown], next=None)),
        **refusals("400", "401", "403", "405", "409", "414", "429", "503", "504"),
    }
    name = {SEARCH: "search", NEAR: "listNear"}[form]
    return _get(f"/{form}", name, summary, [*own, *_filters(service), _fields(service), *_paging()], responses)


def _search(service: Service) -> dict[str, Any]:
    words = _query(
        "q", WORDED % {"columns": ", ".join(searched(service))},
        {"type": "string", "minLength": 1, "maxLength": LONGEST_WORDS}, required=True, example="tram y te",
    )  # fmt: skip
    item = {"$ref": "#/components/schemas/Record"}
    summary = gettext_noop("Tìm theo từ, có dấu hoặc không dấu")
    return _found(service, SEARCH, summary, [words], item=item, shown=_record(service))


def _near(service: Service) -> dict[str, Any]:
    def number(least: float, most: float) -> Schema:
        return {"type": "number", "minimum": least, "maximum": most}

    box = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}
    own = [
        _query("lon", gettext_noop("Kinh độ của điểm, WGS 84"), number(-180, 180), example=105.97),
        _query("lat", gettext_noop("Vĩ độ của điểm, WGS 84"), number(-90, 90), example=9.6),
        _query("within", gettext_noop("Khoảng cách xa nhất, mét"), number(0, MOST_METRES), example=2000),
        _query("bbox", BOX, box, style="form", explode=False),
        _query("commune", IN_COMMUNE, {"type": "string", "pattern": "^[0-9]{5}$"}, example="31507"),
    ]
    item = {
        "type": "object",
        "required": ["distance", "data"],
        "properties": {
            "distance": {"type": ["number", "null"], "description": "Mét theo đường vòng lớn; null khi chỉ hỏi bbox"},
            "data": {"$ref": "#/components/schemas/Record"},
        },
    }
    shown = {"distance": 812.4, "data": _record(service)}
    return _found(service, NEAR, gettext_noop("Tìm theo vị trí, gần trước"), own, item=item, shown=shown)
