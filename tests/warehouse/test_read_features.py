"""Records with a position are read as a map layer (OGC API – Features), in what was granted alone."""

import asyncio
import json
from types import SimpleNamespace
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from nganam.kernel.clock import FixedClock
from nganam.kernel.opened import ANONYMOUS
from nganam.serving import boxes, features
from nganam.serving.app import Server
from nganam.serving.feature_questions import key_of, told_id
from nganam.serving.secret import shared_secret
from nganam.serving.snapshot import Field, Grant, Service, Snapshot, write_snapshot
from nganam.warehouse.engine import contract, replica

from .conftest import AT

CODE, LGSP = "DV-2026-0001", "https://lgsp.example"
COLUMNS = [
    {"name": "ma", "key": True},
    {"name": "ten", "personal": True},
    {"name": "ma_xa", "type": "commune"},
    {"name": "ngay_mo", "type": "date"},
    {"name": "giuong", "type": "integer"},
    {"name": "kinh_do", "type": "decimal"},
    {"name": "vi_do", "type": "decimal"},
]
SHAPE = contract.from_list(COLUMNS)
NAMES = SHAPE.names
ROWS = [
    ("01", "Trạm Mỹ Tú", "31507", "2025-07-01", 5, 105.970, 9.600),
    ("02", "Trạm Kế Sách", "31507", "2025-12-31", 10, 105.980, 9.600),
    ("03,a/b%~\\", "Trạm Ngã Năm", "31732", "2026-01-01", 15, 105.600, 9.570),
    ("04", "Chưa có vị trí", "31732", None, 20, None, None),
    ("05", "Xa", "31732", None, 25, 179.9, -16.5),
    ("06", "Thiếu kinh độ", "31507", "2026-06-30", 30, None, 9.6),
]
PLACED = [row[0] for row in ROWS if None not in row[5:]]
ALL, NO_PLACE, NO_KEY, SCOPED, NO_NAME = "CT-A/TOAN", "CT-A/VI-TRI", "CT-A/KHOA", "CT-A/XA", "CT-A/TEN"
GRANTS = {
    ALL: Grant("TK-1", NAMES),
    NO_PLACE: Grant("TK-2", ("ma", "ten", "kinh_do")),
    NO_KEY: Grant("TK-3", NAMES[1:]),
    SCOPED: Grant("TK-4", NAMES, where={"ma_xa": ("31732",)}),
    NO_NAME: Grant("TK-5", ("ma", "kinh_do", "vi_do")),
}
FILTERS = ("ma_xa", "ngay_mo", "giuong", "ten")


def batch(rows, shape=SHAPE):
    from datetime import date

    def value(column, one):
        return date.fromisoformat(one) if column.type == "date" and one else one

    made = [{c.name: value(c, one) for c, one in zip(shape.columns, row, strict=True)} for row in rows]
    return pa.RecordBatch.from_pylist(made, schema=shape.schema())


@pytest.fixture
def build(data):
    def make(rows=ROWS, version=1, shape=SHAPE):
        return replica.build(data / "replicas" / "bang", shape, version, [batch(rows, shape)], as_of=AT)

    return make


def service(path=f"VN/GOV/CT-SYT/KHO/{CODE}", **more):
    fields = tuple(Field(one.name, one.type) for one in SHAPE.columns)
    return Service(path, "bang", fields, ("ma",), FILTERS, personal=("ten",), title="Cơ sở khám bệnh", **more)


@pytest.fixture
def ask(data, build):
    path = data / "serving" / "snapshot.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    granted = {who: {CODE: grant} for who, grant in GRANTS.items()}
    granted[ANONYMOUS] = {f"{CODE}.mo": Grant("TM-1", ("ma", "kinh_do", "vi_do"))}
    twin = service()
    path.write_bytes(
        write_snapshot(Snapshot(1, AT, {CODE: service(), f"{CODE}.mo": twin}, granted, gateway=LGSP))
    )  # fmt: skip
    build()
    server, gate = Server(data, FixedClock(AT)), shared_secret(data).encode()

    def call(rest="", who=ALL, etag=b"", code=CODE, method="GET", **parameters):
        server._replicas._named.clear()
        headers = [(b"x-lgsp-consumer", who.encode()), (b"x-lgsp-gate", gate), (b"if-none-match", etag)]
        path = f"/{code}/$features{rest}"
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": headers,
                 "query_string": urlencode(parameters, quote_via=quote).encode()}  # fmt: skip
        answer = asyncio.run(server.answer(scope))
        told = {name.decode(): value.decode() for name, value in answer.headers}
        return SimpleNamespace(status=answer.status, json=json.loads(answer.body or b"null"), headers=told)

    def follow(href, who=ALL):
        assert href.startswith(f"{LGSP}/r1/VN/GOV/CT-SYT/KHO/{CODE}")
        parts = urlsplit(href.removeprefix(f"{LGSP}/r1/VN/GOV/CT-SYT/KHO/{CODE}/$features"))
        return call(parts.path, who, **dict(parse_qsl(parts.query)))

    call.follow = follow
    return call


SPOT = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
ITEMS = f"/collections/{CODE}/items"


def ids(reply):
    assert reply.status == 200, reply.json
    return [key_of(one["id"])[0] for one in reply.json["features"]]


def linked(told, rel):
    return [one["href"] for one in told["links"] if one["rel"] == rel]


# ---- the collection ----


@pytest.mark.law("S12", "S14")
def test_from_the_landing_page_every_link_leads_on(ask):
    landing = ask()
    assert (landing.status, landing.json["title"]) == (200, "Cơ sở khám bệnh")
    conforms = ask.follow(linked(landing.json, "conformance")[0]).json["conformsTo"]
    assert [one.rpartition("/")[2] for one in conforms] == ["core", "geojson", "oas30"]
    listed = ask.follow(linked(landing.json, "data")[0]).json
    (layer,) = listed["collections"]
    assert (layer["id"], layer["itemType"], layer["crs"]) == (CODE, "feature", [features.CRS84])
    assert layer["extent"]["spatial"]["bbox"] == [[105.6, -16.5, 179.9, 9.6]]
    assert ask.follow(linked(layer, "self")[0]).json == layer
    found = ask.follow(linked(layer, "items")[0])
    assert found.headers["content-type"] == "application/geo+json"
    assert ids(found) == PLACED


def test_a_feature_has_its_position_its_granted_fields_and_the_version(ask):
    page = ask(ITEMS, NO_NAME, limit=4)
    first = page.json["features"][0]
    assert first["geometry"] == {"type": "Point", "coordinates": [105.97, 9.6]}
    assert first["properties"] == {"ma": "01", "kinh_do": 105.97, "vi_do": 9.6}
    assert (page.json["version"], page.headers["x-lgsp-version"], page.headers["x-lgsp-records"]) == (1, "1", "4")
    assert page.headers["x-lgsp-fields"] == "3"
    again = ask(ITEMS, NO_NAME, etag=page.headers["etag"].encode(), limit=4)
    assert again.status == 304


def test_numbers_are_told_where_they_are_cheap(ask, monkeypatch):
    assert (ask(ITEMS).json["numberMatched"], ask(ITEMS).json["numberReturned"]) == (4, 4)
    first = ask(ITEMS, limit=2).json
    assert (first["numberMatched"], first["numberReturned"]) == (4, 2)
    monkeypatch.setattr(features, "MOST_COUNTED", 3)
    assert "numberMatched" not in ask(ITEMS, limit=2).json
    assert ask(ITEMS, SCOPED, limit=1).json["numberMatched"] == 2


def test_records_without_a_position_are_no_features(ask):
    assert not {"04", "06"} & set(ids(ask(ITEMS)))
    assert ask(f"{ITEMS}/04").status == ask(f"{ITEMS}/06").status == 404


@pytest.mark.parametrize("few", [0, 20_000])
@given(st.lists(SPOT, max_size=30), st.tuples(SPOT, SPOT))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_box_holds_the_same_whether_few_rows_lie_in_it_or_many(ask, build, monkeypatch, few, spots, corners):
    monkeypatch.setattr(boxes, "FEW", few)
    build([(f"{at:03d}", None, None, None, None, *spot) for at, spot in enumerate(spots)])
    (west, one), (east, other) = corners
    south, north = sorted((one, other))

    def inside(lon, lat):
        return south <= lat <= north and (west <= lon <= east if west <= east else lon >= west or lon <= east)

    wanted = [f"{at:03d}" for at, spot in enumerate(spots) if inside(*spot)]
    assert ids(ask(ITEMS, bbox=f"{west},{south},{east},{north}")) == wanted


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_following_next_gives_every_feature_once(ask, build, size):
    build([(f"{at:03d}", None, None, None, at, 105 + at / 100, 9.6) for at in range(40)])
    found, reply = [], ask(ITEMS, limit=size, bbox="105.1,9,106,10")
    while True:
        found += ids(reply)
        following = linked(reply.json, "next")
        if not following:
            break
        reply = ask.follow(following[0])
    assert found == [f"{at:03d}" for at in range(10, 40)]


def test_a_cursor_belongs_to_its_question(ask):
    following = linked(ask(ITEMS, limit=1, bbox="105,9,106,10").json, "next")[0]
    cursor = following.rpartition("cursor=")[2]
    assert ask(ITEMS, limit=1, bbox="105,9,106,10", cursor=cursor).status == 200
    assert ask(ITEMS, limit=1, cursor=cursor).status == 400
    assert ask(ITEMS, SCOPED, limit=1, bbox="105,9,106,10", cursor=cursor).status == 400


def test_what_was_asked_more_than_offered_is_no_error(ask):
    assert len(ids(ask(ITEMS, limit=100_000))) == 4
    assert ask(ITEMS, limit="9" * 50).status == 200
    for wrong in ("0", "-1", "x", "1.5", ""):
        assert ask(ITEMS, limit=wrong).status == 400


# ---- box, time, properties ----


@pytest.mark.parametrize(
    ("box", "found"),
    [
        ("105.96,9.5,105.975,9.65", "01"),
        ("105.96,9.5,-5,105.99,9.65,100", "01 02"),  # heights are left out
        ("179,-17,-179,-16", "05"),  # across 180°
        ("-1e-7,0,1e-7,1", ""),
    ],
)
def test_a_box_gives_what_lies_in_it(ask, box, found):
    assert ids(ask(ITEMS, bbox=box)) == found.split()


@pytest.mark.parametrize(
    "box", ["", "1,2,3", "106,10,105,9", "9.5,105.9,9.7,106.1", "1,2,3,inf", "nan,1,2,3", "a,b,c,d", "-200,0,1,1",
            "1,2,3,4,5", "1_0,2,30,4"],
)  # fmt: skip
def test_a_box_that_is_none_is_refused_with_what_to_write(ask, box):
    reply = ask(ITEMS, bbox=box)
    assert (reply.status, reply.json["code"]) == (400, "bad_request")
    assert "bbox=105.9" in reply.json["hint"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("2025-07-01", "01 05"),
        ("2025-12-31/2026-01-01", "02 03 05"),
        ("2026-01-01/..", "03 05"),
        ("../2025-12-31", "01 02 05"),
        ("/2025-07-01", "01 05"),
        ("../..", "01 02 03 05"),
        ("2025-12-31T17:00:00Z", "03 05"),  # a new day in Vietnam
        ("2025-12-31T16:59:59Z/2025-12-31T17:00:00Z", "02 03 05"),
        ("2025-12-31T23:00:00+07:00", "02 05"),
    ],
)
def test_a_time_gives_what_is_then_and_what_has_none(ask, said, found):
    wanted = {"03": "03,a/b%~\\"}
    assert ids(ask(ITEMS, datetime=said)) == [wanted.get(one, one) for one in found.split()]


def test_without_one_column_of_time_every_feature_is_at_every_time(ask):
    assert len(ids(ask(ITEMS, NO_NAME, datetime="1990-01-01"))) == 4


@pytest.mark.parametrize(
    "said",
    [
        "",
        "x",
        "2026",
        "2026-13-01",
        "2026-01-02/2026-01-01",
        "2026-01-01T00:00:00",
        "a/b/c",
        "9999-12-31/..",
        "../9999-12-31T23:59:59Z",
        "0001-01-01",
    ],
)
def test_a_time_that_is_none_is_refused(ask, said):
    reply = ask(ITEMS, datetime=said)
    assert (reply.status, reply.json["code"]) == (400, "bad_request")
    assert "datetime" in reply.json["detail"]


def test_properties_filter_as_on_pages_and_what_is_unknown_is_refused(ask):
    assert ids(ask(ITEMS, ma_xa="31507")) == ["01", "02"]
    assert ids(ask(ITEMS, **{"giuong.gte": 15, "giuong.lt": 25})) == ["03,a/b%~\\"]
    for rest, said in (
        (ITEMS, {"khong_co": "1"}),
        (ITEMS, {"sort": "ma"}),
        ("", {"f": "json"}),
        ("/collections", {"limit": 1}),
    ):
        reply = ask(rest, **said)
        assert (reply.status, reply.json["code"]) == (400, "bad_request"), said
    assert ask(ITEMS, NO_NAME, ten="x").status == 400  # personal and not granted
    assert ask(ITEMS, NO_NAME, **{"giuong.gte": 1}).status == 400


# ---- what was not granted ----


@pytest.mark.law("D35.3")
@pytest.mark.parametrize(
    "rest", ["", "/conformance", "/api", "/collections", f"/collections/{CODE}", ITEMS, f"{ITEMS}/01"]
)
def test_without_position_or_key_there_is_no_layer(ask, rest):
    for who, missing in ((NO_PLACE, "vi_do"), (NO_KEY, "ma")):
        reply = ask(rest, who)
        assert (reply.status, reply.json["code"]) == (403, "fields_not_granted")
        assert missing in reply.json["detail"]
    assert ask(rest, "CT-B/LA").json["code"] == "not_granted"


@pytest.mark.law("D35.3")
def test_the_granted_rows_are_all_there_is(ask):
    assert ids(ask(ITEMS, SCOPED)) == ["03,a/b%~\\", "05"]
    assert ids(ask(ITEMS, SCOPED, bbox="105,9,106,10")) == ["03,a/b%~\\"]
    box = ask(f"/collections/{CODE}", SCOPED).json["extent"]["spatial"]["bbox"]
    assert box == [[105.6, -16.5, 179.9, 9.57]]
    assert ask(f"/collections/{CODE}").json["extent"]["spatial"]["bbox"] != box
    foreign = ask(f"{ITEMS}/01", SCOPED)
    assert (foreign.status, foreign.json["code"]) == (404, "data_absent")
    assert ask(f"{ITEMS}/01").status == 200


def test_a_feature_is_found_by_its_id_whatever_signs_its_key_has(ask):
    for one in ask(ITEMS).json["features"]:
        assert not set(one["id"]) & set("/%\\,")
        reply = ask(f"{ITEMS}/{quote(one['id'], safe='')}")
        assert reply.headers["content-type"] == "application/geo+json"
        assert {name: reply.json[name] for name in one} == one
        wanted = [f"{LGSP}/r1/VN/GOV/CT-SYT/KHO/{CODE}/{one['id']}"] if "~" not in one["id"] else []
        assert linked(reply.json, "alternate") == wanted  # a look-up takes no such sign in a path
        assert ask.follow(linked(reply.json, "self")[0]).json == reply.json
    for wrong in ("99", "01,02", "~0", quote("Ệ")):
        assert (reply := ask(f"{ITEMS}/{wrong}")).status == 404, reply.json


@pytest.mark.parametrize("key", [("a",), ("a,b", "~0"), ("~1", "x/y"), ("%25", "\\"), ("", "")])
def test_an_id_names_one_key(key):
    assert key_of(told_id(key)) == key


@pytest.mark.parametrize(
    "rest", ["/x", "/collections/DV-2026-0002", "/collections/DV-2026-0002/items", f"/collections/{CODE}/x",
             f"{ITEMS}/01/x", "/api/x", "/collections//items"],
)  # fmt: skip
def test_what_is_no_resource_is_not_found(ask, rest):
    assert ask(rest).status == 404


def test_only_reading_is_possible(ask):
    assert ask(ITEMS, method="POST").status == 405
    assert ask(ITEMS, method="HEAD").status == 200


def test_a_table_without_positions_or_key_is_no_layer(ask, build):
    build([(row[0], row[1], row[2], row[3], row[4]) for row in ROWS], 2, contract.from_list(COLUMNS[:5]))
    assert (ask(ITEMS).status, ask(ITEMS).json["code"]) == (409, "not_findable")
    build(ROWS, 3, contract.from_list([{**one, "key": False} for one in COLUMNS]))
    assert (ask("").status, ask("").json["code"]) == (409, "not_findable")


# ---- the description ----


def test_the_description_is_openapi_3_0_and_holds_what_the_caller_may_ask(ask):
    reply = ask("/api")
    assert reply.headers["content-type"] == features.OPENAPI
    OpenAPIV30SpecValidator(reply.json).validate()
    (asked,) = [one["get"] for path, one in reply.json["paths"].items() if path == ITEMS]
    names = {one["name"] for one in asked["parameters"]}
    assert {"limit", "bbox", "datetime", "cursor", *FILTERS, "giuong.gte"} <= names
    for path, document in ((ITEMS, ask(ITEMS)), (f"{ITEMS}/{{featureId}}", ask(f"{ITEMS}/01"))):
        kinds = reply.json["paths"][path]["get"]["responses"]["200"]["content"]
        schema = kinds[document.headers["content-type"]]["schema"]
        OAS30Validator({**schema, "components": reply.json["components"]}).validate(document.json)
    few = json.dumps(ask("/api", NO_NAME).json)
    assert '"ten"' not in few
    assert "giuong.gte" not in few


def test_open_data_are_a_layer_without_a_token(ask):
    reply = ask("/api", ANONYMOUS, code=f"{CODE}.mo")
    assert "security" not in reply.json
    assert reply.json["servers"] == [{"url": f"{LGSP}/r1/VN/GOV/CT-SYT/KHO/{CODE}/$features"}]
    page = ask(ITEMS, ANONYMOUS, code=f"{CODE}.mo", limit=1)
    assert page.json["features"][0]["properties"] == {"ma": "01", "kinh_do": 105.97, "vi_do": 9.6}
    assert ask("/api").json["security"] == [{"lgsp": []}]
