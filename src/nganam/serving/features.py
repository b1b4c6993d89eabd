"""OGC API – Features, Part 1 (OGC 17-069r4): the records of a service as a collection of GeoJSON features.

A service with a position is one collection, under the reserved word ``$features`` behind its address. Its features are
the records that have a position; the others are read by plain pages. What is read is a page as every other
(:func:`nganam.serving.reading.read_page`): granted fields, granted rows, one version. The account needs the position
and the key of the table, which is the feature's id. Conformance: Core, GeoJSON, OpenAPI 3.0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from nganam.serving import features_api
from nganam.serving.feature_questions import Features, Resource, key_of, told_id
from nganam.serving.finding import position_of
from nganam.serving.plans import Plan, Row, quoted
from nganam.serving.problems import Refused, fields_not_granted, not_findable, record_absent, unknown_operation
from nganam.serving.reading import count_up_to, read_page, where_sql
from nganam.serving.replicas import Replica

JSON, GEOJSON = "application/json", "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CLASSES = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
CONFORMS = tuple(CLASSES + one for one in ("core", "geojson", "oas30"))
MOST_COUNTED = 10_000
"""Up to how many features ``numberMatched`` is told: to count them takes some milliseconds."""
Link = dict[str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """What is answered: JSON, of which media type, and how many records it tells."""

    said: dict[str, Any]
    kind: str = JSON
    records: int = 0


@dataclass(frozen=True, slots=True)
class _Layer:
    """The collection as one caller sees it: its plan, the rows, where it is."""

    plan: Plan
    replica: Replica
    base: str
    lon: str
    lat: str

    @property
    def code(self) -> str:
        """Return the collection's id: the service's code, the same for every caller."""
        return self.plan.service.path.rpartition("/")[2]

    @property
    def address(self) -> str:
        """Return the address of the collection."""
        return f"{self.base}/collections/{quote(self.code)}"

    @property
    def title(self) -> str:
        """Return what people call it."""
        return self.plan.service.title or self.code


def base_of(plan: Plan, gateway: str) -> str:
    """Return the address of the landing page; ``gateway`` is the address of the LGSP, "" for addresses without host."""
    return f"{gateway}/r1/{quote(plan.service.path)}/$features"


def answer(plan: Plan, replica: Replica, asked: Features, base: str, secret: bytes) -> Document:
    """Answer one question; raise ``Refused``: no such layer (409), position or key not granted (403), absent (404)."""
    layer = _layer(plan, replica, base)
    if asked.collection and asked.collection != layer.code:
        raise unknown_operation()
    if asked.resource == Resource.ITEMS:
        return _items(layer, asked, secret)
    if asked.resource == Resource.ITEM:
        return _item(layer, asked.feature)
    return _ABOUT[asked.resource](layer)


def _layer(plan: Plan, replica: Replica, base: str) -> _Layer:
    lon, lat = position_of(plan, replica)
    key = replica.named.key
    if not key or not {field.name for field in plan.service.fields}.issuperset(key):
        raise not_findable("Dịch vụ không chia sẻ khóa của bảng nên không đọc được dạng lớp bản đồ.")
    if hidden := [name for name in key if name not in plan.names]:
        raise fields_not_granted(hidden)
    return _Layer(plan, replica, base, lon, lat)


# -- about the collection --


def _link(href: str, rel: str, title: str, kind: str = JSON) -> Link:
    return {"href": href, "rel": rel, "type": kind, "title": title}


def _landing(layer: _Layer) -> Document:
    links = [
        _link(layer.base, "self", "Trang đầu này"),
        _link(f"{layer.base}/api", "service-desc", features_api.OVER_LAYER, OPENAPI),
        _link(f"{layer.base}/conformance", "conformance", "Các lớp chuẩn OGC mà giao diện này đáp ứng"),
        _link(f"{layer.base}/collections", "data", "Các lớp dữ liệu"),
    ]
    return Document({"title": layer.title, "links": links})


def _conformance(_layer: _Layer) -> Document:
    return Document({"conformsTo": list(CONFORMS)})


def _api(layer: _Layer) -> Document:
    return Document(features_api.document(layer.plan, layer.base, layer.code, layer.title), OPENAPI)


def _collections(layer: _Layer) -> Document:
    links = [_link(f"{layer.base}/collections", "self", "Các lớp dữ liệu")]
    return Document({"links": links, "collections": [_about(layer)]})


def _collection(layer: _Layer) -> Document:
    return Document(_about(layer))


def _about(layer: _Layer) -> dict[str, Any]:
    links = [
        _link(layer.address, "self", "Mô tả lớp này"),
        _link(f"{layer.address}/items", "items", "Các đối tượng", GEOJSON),
    ]
    told = {"id": layer.code, "title": layer.title, "itemType": "feature", "crs": [CRS84], "links": links}
    box = _extent(layer)
    return {**told, "extent": {"spatial": {"bbox": [list(box)], "crs": CRS84}}} if box else told


def _extent(layer: _Layer) -> tuple[float, float, float, float] | None:
    """Return the box around the positions in the granted scope: around all rows it would tell of others."""
    scope = repr(sorted(layer.plan.grant.where.items()))
    known = layer.replica.extents
    if scope not in known:
        conditions, values = layer.plan.scope_sql()
        lon, lat = quoted(layer.lon), quoted(layer.lat)
        placed = [*conditions, f"{lon} IS NOT NULL", f"{lat} IS NOT NULL"]
        sql = f"SELECT min({lon}), min({lat}), max({lon}), max({lat}) FROM rows{where_sql(placed)}"  # noqa: S608 - names come from the snapshot and the replica
        with layer.replica.bounded() as base:
            west, south, east, north = base.execute(sql, values).fetchall()[0]
        known[scope] = None if west is None else (west, south, east, north)
    return known[scope]


_ABOUT = {
    Resource.LANDING: _landing, Resource.CONFORMANCE: _conformance, Resource.API: _api,
    Resource.COLLECTIONS: _collections, Resource.COLLECTION: _collection,
}  # fmt: skip


# -- its features --


def _items(layer: _Layer, asked: Features, secret: bytes) -> Document:
    plan, replica, page = layer.plan, layer.replica, asked.page
    within = asked.within(replica, layer.lon, layer.lat)
    found, following = read_page(plan, plan, replica, page, secret, within)
    features = [_feature(layer, one) for one in found]
    told: dict[str, Any] = {"type": "FeatureCollection", "features": features, "numberReturned": len(found)}
    if not page.cursor:
        counted = count_up_to(plan, replica, page, within, MOST_COUNTED) if following else len(found)
        told |= {} if counted is None else {"numberMatched": counted}
    told |= _version(replica) | ({"boundary": asked.area.told()} if asked.area else {})
    return Document({**told, "links": _paging(layer, asked, following)}, GEOJSON, len(found))


def _version(replica: Replica) -> dict[str, Any]:
    as_of = replica.named.as_of
    return {"version": replica.named.version, "as_of": features_api.instant(as_of)}


def _paging(layer: _Layer, asked: Features, following: str) -> list[Link]:
    at, said = f"{layer.address}/items", dict(asked.parameters)
    links = [_link(_with(at, said), "self", "Trang này", GEOJSON)]
    if following:
        links.append(_link(_with(at, {**said, "cursor": following}), "next", "Trang sau", GEOJSON))
    return [*links, _link(layer.address, "collection", layer.title)]


def _with(address: str, parameters: dict[str, str]) -> str:
    return f"{address}?{urlencode(parameters, quote_via=quote)}" if parameters else address


def _item(layer: _Layer, feature: str) -> Document:
    """Answer one feature. One outside the granted rows is not found: it is no part of the caller's collection."""
    plan, key = layer.plan, layer.replica.named.key
    parts = key_of(feature)
    if len(parts) != len(key):
        raise record_absent()
    conditions, values = plan.scope_sql()
    try:
        asked = [plan.bound(name, text) for name, text in zip(key, parts, strict=True)]
    except Refused as refused:
        raise record_absent() from refused  # no value of its column, so no feature's id
    placed = [f"{quoted(name)} IS NOT NULL" for name in (layer.lon, layer.lat)]
    matching = where_sql([*conditions, *(f"{quoted(name)} = ?" for name in key), *placed])
    sql = f"SELECT {plan.columns} FROM rows{matching} LIMIT 1"  # noqa: S608 - names come from the snapshot
    rows: Sequence[Row] = layer.replica.connection.execute(sql, [*values, *asked]).fetchall()
    if not rows:
        raise record_absent()
    record = plan.record(rows[0])
    told = told_id(record[name] for name in key)
    at = f"{layer.address}/items/{quote(told, safe='')}"
    links = [_link(at, "self", "Đối tượng này", GEOJSON), _link(layer.address, "collection", layer.title)]
    if tuple(plan.service.lookup) == tuple(key) and told == ",".join(parts):  # no sign that a path cannot hold
        looked_up = layer.base.removesuffix("$features") + ",".join(quote(one, safe="") for one in parts)
        links.append(_link(looked_up, "alternate", "Cùng bản ghi, dạng JSON của dịch vụ"))
    return Document({**_feature(layer, record), **_version(layer.replica), "links": links}, GEOJSON, 1)


def _feature(layer: _Layer, record: dict[str, Any]) -> dict[str, Any]:
    spot = {"type": "Point", "coordinates": [record[layer.lon], record[layer.lat]]}
    feature = told_id(record[name] for name in layer.replica.named.key)
    return {"type": "Feature", "id": feature, "geometry": spot, "properties": record}
