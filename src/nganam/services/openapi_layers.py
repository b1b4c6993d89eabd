"""A service over a table with positions as a map layer (OGC API – Features), in its OpenAPI document."""

from typing import Any

from django.utils.translation import gettext_noop

from nganam.services.models import Service
from nganam.services.openapi_parts import answer, made_up, refusals
from nganam.serving.asking import FEATURES
from nganam.serving.features import CONFORMS, CRS84, GEOJSON, JSON, OPENAPI
from nganam.serving.features_api import BOUNDARY, OVER_LAYER, TEXT, own_parameters
from nganam.serving.snapshot import MAX_PAGE

Schema = dict[str, Any]
LANDING = gettext_noop("Lớp bản đồ theo OGC API – Features: trang đầu, cho QGIS và các chương trình bản đồ")
ITEMS = gettext_noop("Các đối tượng của lớp bản đồ, dạng GeoJSON")
ITEM = gettext_noop("Một đối tượng của lớp bản đồ")
IDENTITY = gettext_noop("Định danh (id) của đối tượng trong danh sách")
PARTS = {"/conformance": "Các lớp chuẩn OGC được đáp ứng", "/collections": "Các lớp dữ liệu"}
"""What programs read for themselves: the pages for people leave it out."""


def has_layer(service: Service, position: list[str]) -> bool:
    """Say whether the service is a layer: it offers the position and the key of the table."""
    offered = {one.name for one in service.fields.all()}
    key = _key(service)
    return bool(position and key) and offered.issuperset(key)


def layer_paths(service: Service, filters: list[Schema], position: list[str]) -> dict[str, Any]:
    """Return the resources of the standard; ``filters`` are the parameters by which pages are filtered."""
    collection = f"/collections/{service.code}"
    feature, shown = _feature(position), _shown(service, position)
    many: Schema = {
        "type": "object",
        "required": ["type", "features", "numberReturned", "links", "version", "as_of"],
        "properties": {
            "type": {"const": "FeatureCollection"}, "features": {"type": "array", "items": feature},
            "numberMatched": {"type": "integer"}, "numberReturned": {"type": "integer"}, "links": _links(),
            "boundary": boundary(),
            "version": {"type": "integer"}, "as_of": {"type": "string", "format": "date-time"},
        },
    }  # fmt: skip
    page = {
        "type": "FeatureCollection", "features": [shown], "numberMatched": 1, "numberReturned": 1, "links": [],
        "version": 7, "as_of": "2026-01-31T01:00:00Z",
    }  # fmt: skip
    asked = [*own_parameters(MAX_PAGE), *filters]
    one = {"name": "featureId", "in": "path", "required": True, "description": IDENTITY, "schema": TEXT,
           "example": shown["id"]}  # fmt: skip
    return {
        f"/{FEATURES}": _get("getLandingPage", LANDING, {"type": "object"}, _landing(service)),
        f"/{FEATURES}/conformance": _part("getConformance", PARTS["/conformance"], {"conformsTo": [*CONFORMS]}),
        f"/{FEATURES}/api": _part("getApi", OVER_LAYER, {"openapi": "3.0.3"}, OPENAPI),
        f"/{FEATURES}/collections": _part("getCollections", PARTS["/collections"], {"links": [], "collections": []}),
        f"/{FEATURES}{collection}": _part("describeCollection", service.name, _about(service)),
        f"/{FEATURES}{collection}/items": _get("getFeatures", ITEMS, many, page, GEOJSON, asked),
        f"/{FEATURES}{collection}/items/{{featureId}}": _get("getFeature", ITEM, feature, shown, GEOJSON, [one]),
    }


def boundary() -> Schema:
    """Return the schema of what an answer says of the boundary it was found by."""
    named = {name: {"type": ["string", "null"]} for name in BOUNDARY["properties"]}
    return {**BOUNDARY, "properties": named}


def _key(service: Service) -> list[str]:
    return [str(one["name"]) for one in service.source.contract["columns"] if one.get("key")]


def _get(
    name: str, summary: str, schema: Schema, example: Any, kind: str = JSON, parameters: list[Schema] | None = None
) -> dict[str, Schema]:  # fmt: skip
    told = answer(schema, example)
    told["content"] = {kind: told["content"][JSON]}
    responses = {
        "200": told, "304": {"description": "Dữ liệu không đổi từ lần hỏi có ETag này"},
        **refusals("400", "401", "403", "404", "405", "409", "414", "429", "503", "504"),
    }  # fmt: skip
    return {"get": {"operationId": name, "summary": summary, "parameters": parameters or [], "responses": responses}}


def _part(name: str, summary: str, example: Any, kind: str = JSON) -> dict[str, Schema]:
    made = _get(name, summary, {"type": "object"}, example, kind)
    return {"get": {**made["get"], "x-for-programs": True}}


def _landing(service: Service) -> dict[str, Any]:
    return {"title": service.name, "links": []}


def _about(service: Service) -> dict[str, Any]:
    return {"id": service.code, "title": service.name, "itemType": "feature", "crs": [CRS84], "links": []}


def _links() -> Schema:
    link = {"type": "object", "required": ["href", "rel"], "properties": dict.fromkeys(("href", "rel", "type"), TEXT)}
    return {"type": "array", "items": link}


def _feature(position: list[str]) -> Schema:
    point = {
        "type": ["object", "null"],
        "description": f"Điểm: {', '.join(position)} (CRS84)",
        "properties": {"type": {"const": "Point"}, "coordinates": {"type": "array", "items": {"type": "number"}}},
    }
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"const": "Feature"}, "id": TEXT, "geometry": point,
            "properties": {"$ref": "#/components/schemas/Record"}, "links": _links(),
        },
    }  # fmt: skip


def _shown(service: Service, position: list[str]) -> dict[str, Any]:
    kinds = {one.name: one.type for one in service.fields.all()}
    record = {name: made_up(name, kind) for name, kind in kinds.items()} | dict(
        zip(position, (105.97, 9.6), strict=True)
    )
    point = {"type": "Point", "coordinates": [105.97, 9.6]}
    named = ",".join(str(record[name]) for name in _key(service))
    return {"type": "Feature", "id": named, "geometry": point, "properties": record}
