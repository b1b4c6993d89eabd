"""The OpenAPI 3.0 description of a service's features, made for one caller: what it may not ask is not in it.

Geographic programs read it to learn of the limit of a page and of the properties to filter by; the service's own
document, in OpenAPI 3.1, tells of all its questions.
"""

from datetime import UTC, datetime
from typing import Any

from nganam.kernel.opened import ANONYMOUS
from nganam.serving.plans import Plan
from nganam.serving.reading import DEFAULT_PAGE, OPERATORS
from nganam.serving.values import ORDERED

Schema = dict[str, Any]


def N_(text: str) -> str:  # noqa: N802 - the name translators' tools look for
    """Mark a sentence that the portal tells in the reader's language."""
    return text


OVER_LAYER = "Mô tả OpenAPI 3.0 của lớp bản đồ theo quyền của người gọi"
TYPES: dict[str, Schema] = {
    "integer": {"type": "integer"}, "decimal": {"type": "number"}, "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"}, "datetime": {"type": "string", "format": "date-time"},
}  # fmt: skip
TEXT: Schema = {"type": "string"}
BOUNDED = ("commune", "name", "valid_from", "valid_until", "source")
OBJECT: Schema = {"type": "object"}
IN_COMMUNE = N_("Mã xã: chỉ các đối tượng nằm trong ranh giới đang có hiệu lực của xã")
BOUNDARY: Schema = {
    "type": "object",
    "description": "Ranh giới đã dùng khi hỏi theo xã: của xã nào, hiệu lực từ ngày nào, lấy ở tệp nào",
    "properties": {name: {"type": "string", "nullable": True} for name in BOUNDED},
}
LINK = ("href", "rel", "type", "title")
GEOJSON = "application/geo+json"
REFUSED = {
    "400": "Tham số sai hoặc không có", "401": "Thiếu mã truy cập", "403": "Chưa được cấp", "404": "Không có",
    "405": "Chỉ đọc", "409": "Bảng không đọc được dạng lớp bản đồ", "414": "Địa chỉ quá dài",
    "429": "Quá nhiều cuộc gọi", "503": "Tạm thời không phục vụ",
}  # fmt: skip


def instant(at: datetime) -> str:
    """Return an instant as the answers write it."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def document(plan: Plan, base: str, code: str, title: str) -> Schema:
    """Return the document; ``base`` is the address of the landing page, ``code`` the collection."""
    at = f"/collections/{code}"
    feature = {"name": "featureId", "in": "path", "required": True, "schema": TEXT}
    paths = {
        "/": _get("getLandingPage", "Trang đầu", "application/json"),
        "/conformance": _get("getConformance", "Các lớp chuẩn được đáp ứng", "application/json"),
        "/api": _get("getApi", "Tài liệu này", "application/vnd.oai.openapi+json;version=3.0"),
        "/collections": _get("getCollections", "Các lớp dữ liệu", "application/json"),
        at: _get("describeCollection", f"Lớp {title}", "application/json"),
        f"{at}/items": _get("getFeatures", f"Các đối tượng của {title}", GEOJSON, "FeatureCollection", _asked(plan)),
        f"{at}/items/{{featureId}}": _get("getFeature", "Một đối tượng", GEOJSON, "Feature", [feature]),
    }
    told: Schema = {
        "openapi": "3.0.3",
        "info": {"title": title, "version": code},
        "servers": [{"url": base}],
        "paths": paths,
        "components": {"schemas": _schemas(plan)},
    }
    if plan.consumer == ANONYMOUS:
        return told
    told["components"]["securitySchemes"] = {"lgsp": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    return {**told, "security": [{"lgsp": []}]}


def _get(
    name: str, summary: str, kind: str, schema: str = "", parameters: list[Schema] | None = None
) -> dict[str, Schema]:  # fmt: skip
    said = {"schema": {"$ref": f"#/components/schemas/{schema}"} if schema else OBJECT}
    refusal = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses: Schema = {"200": {"description": summary, "content": {kind: said}}}
    responses["304"] = {"description": "Không đổi từ lần hỏi có ETag này"}
    responses |= {status: {"description": words, "content": refusal} for status, words in REFUSED.items()}
    return {"get": {"operationId": name, "summary": summary, "parameters": parameters or [], "responses": responses}}


def query(name: str, description: str, schema: Schema, **more: Any) -> Schema:
    """Return a parameter of a query."""
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema, **more}


def own_parameters(most: int) -> list[Schema]:
    """Return the parameters of the standard itself, and the cursor of the next link."""
    numbers = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    unexploded = {"style": "form", "explode": False}
    return [
        query("limit", N_("Số đối tượng một trang; lớn hơn mức này thì trả đúng mức này"),
              {"type": "integer", "minimum": 1, "maximum": most, "default": min(DEFAULT_PAGE, most)}, **unexploded),
        query("bbox", N_("Khung: kinh độ tây, vĩ độ nam, kinh độ đông, vĩ độ bắc (CRS84)"), numbers, **unexploded),
        query("datetime", N_("Thời điểm, ngày, hoặc khoảng như 2026-01-01/2026-01-31; đầu bỏ ngỏ viết .."), TEXT,
              **unexploded),
        query("commune", IN_COMMUNE, {**TEXT, "pattern": "^[0-9]{5}$"}),
        query("cursor", N_("Có sẵn trong liên kết next"), TEXT),
    ]  # fmt: skip


def _asked(plan: Plan) -> list[Schema]:
    own = own_parameters(plan.service.page_limit)
    taken = {one["name"] for one in own}
    made = list(own)
    for name in plan.filters():
        kind = plan.service.type_of(name)
        if name in taken:
            continue
        schema = TYPES.get(kind, TEXT)
        made.append(query(name, f"Lọc theo {name}", schema))
        if name in plan.names and kind in ORDERED:
            made += [query(f"{name}.{one}", f"Lọc {name} theo khoảng", schema) for one in OPERATORS if one]
    return made


def _schemas(plan: Plan) -> Schema:
    fields = {name: {**TYPES.get(plan.service.type_of(name), TEXT), "nullable": True} for name in plan.names}
    point = {"type": "object", "nullable": True, "properties": {
        "type": {"type": "string", "enum": ["Point"]}, "coordinates": {"type": "array", "items": {"type": "number"}},
    }}  # fmt: skip
    link = {"type": "object", "required": ["href", "rel"], "properties": dict.fromkeys(LINK, TEXT)}
    links = {"type": "array", "items": link}
    feature = {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]}, "id": TEXT, "geometry": point,
            "properties": {"type": "object", "properties": fields}, "links": links,
        },
    }  # fmt: skip
    many = {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
            "numberMatched": {"type": "integer"}, "numberReturned": {"type": "integer"}, "links": links,
            "boundary": BOUNDARY, "version": {"type": "integer"}, "as_of": {"type": "string", "format": "date-time"},
        },
    }  # fmt: skip
    problem = {"type": "object", "properties": dict.fromkeys(("type", "title", "detail", "hint", "code"), TEXT)}
    return {"Feature": feature, "FeatureCollection": many, "Problem": problem}
