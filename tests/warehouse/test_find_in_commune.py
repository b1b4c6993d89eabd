"""Rows are found by the commune they lie in, by the boundary in force, which the answer names."""

import asyncio
import itertools
import json
import os
from datetime import date
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nganam.demo import facts
from nganam.kernel.clock import FixedClock
from nganam.serving import boundaries
from nganam.serving.app import Server
from nganam.serving.boundaries import Boundary
from nganam.serving.secret import shared_secret
from nganam.serving.snapshot import Field, Grant, Service, Snapshot, write_snapshot
from nganam.warehouse.engine import contract, replica

from .conftest import AT

CODE = "DV-2026-0001"
COLUMNS = [{"name": "ma", "key": True}, {"name": "nhom"}, {"name": "kinh_do", "type": "decimal"},
           {"name": "vi_do", "type": "decimal"}]  # fmt: skip
SHAPE = contract.from_list(COLUMNS)
ROWS = [
    ("01", "a", 0.5, 0.5), ("02", "b", 1.0, 0.5), ("03", "a", 1.5, 0.5), ("04", "a", 0.5, 1.0), ("05", "b", None, 0.5),
    ("06", "a", 0.25, 0.25), ("07", "a", 9.0, 9.0),
]  # fmt: skip
ALL, SCOPED, NO_PLACE = "CT-A/TOAN", "CT-A/NHOM", "CT-A/VI-TRI"
GRANTS = {
    ALL: Grant("TK-1", SHAPE.names), SCOPED: Grant("TK-2", SHAPE.names, where={"nhom": ("b",)}),
    NO_PLACE: Grant("TK-3", ("ma", "nhom", "kinh_do")),
}  # fmt: skip


def square(west, south, side=1.0, hole=None):
    def ring(west, south, side):
        return [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]

    return {"type": "Polygon", "coordinates": [ring(west, south, side), *([ring(*hole)] if hole else [])]}


def feature(code, shape, **properties):
    return {"type": "Feature", "properties": {"ma_xa": code, **properties}, "geometry": shape}


TWO = [square(0, 1)["coordinates"], square(8.5, 8.5)["coordinates"]]
FIRST = [
    feature("31507", square(0, 0), ten_xa="Phường Sóc Trăng", hieu_luc_tu="2025-07-01"),
    feature("31510", square(1, 0, hole=(1.4, 0.4, 0.2)), ten_xa="Phường Phú Lợi", hieu_luc_tu="2025-07-01"),
    feature("31498", square(0, 0), ten_xa="Phường 5", hieu_luc_den="2025-07-01"),
    feature("31999", square(5, 5), hieu_luc_tu="2027-01-01"),
    feature("31513", {"type": "MultiPolygon", "coordinates": TWO}),
]  # fmt: skip


@pytest.fixture
def put(data):
    stamps = itertools.count(1)

    def write(name, features):
        path = data / "boundaries" / name
        path.parent.mkdir(exist_ok=True)
        text = (
            features if isinstance(features, str) else json.dumps({"type": "FeatureCollection", "features": features})
        )
        path.write_text(text, encoding="utf-8")
        os.utime(path, (at := next(stamps), at))

    return write


@pytest.fixture
def ask(data, put):
    fields = tuple(Field(one.name, one.type) for one in SHAPE.columns)
    service = Service(f"VN/GOV/CT-SYT/KHO/{CODE}", "bang", fields, ("ma",), ("nhom",))
    path = data / "serving" / "snapshot.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    granted = {who: {CODE: grant} for who, grant in GRANTS.items()}
    path.write_bytes(write_snapshot(Snapshot(1, AT, {CODE: service}, granted)))
    rows = [dict(zip(SHAPE.names, row, strict=True)) for row in ROWS]
    batch = pa.RecordBatch.from_pylist(rows, schema=SHAPE.schema())
    replica.build(data / "replicas" / "bang", SHAPE, 1, [batch], as_of=AT)
    put("xa-2025.geojson", FIRST)
    server, gate = Server(data, FixedClock(AT)), shared_secret(data).encode()

    def call(form="$near", who=ALL, **parameters):
        server._boundaries._next_look = 0.0
        headers = [(b"x-lgsp-consumer", who.encode()), (b"x-lgsp-gate", gate)]
        path = f"/{CODE}/{form}"
        scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "headers": headers,
                 "query_string": urlencode(parameters, quote_via=quote).encode()}  # fmt: skip
        answer = asyncio.run(server.answer(scope))
        return SimpleNamespace(status=answer.status, json=json.loads(answer.body))

    return call


ITEMS = f"$features/collections/{CODE}/items"


def keys(reply):
    assert reply.status == 200, reply.json
    if "features" in reply.json:
        return [one["id"] for one in reply.json["features"]]
    return [one["data"]["ma"] for one in reply.json["data"]]


@pytest.mark.law("S12", "S14")
@pytest.mark.parametrize("form", ["$near", ITEMS])
def test_a_commune_gives_what_lies_inside_its_boundary_and_the_answer_names_it(ask, form):
    reply = ask(form, commune="31507")
    assert keys(reply) == ["01", "06"]
    assert reply.json["boundary"] == {
        "commune": "31507", "name": "Phường Sóc Trăng", "valid_from": "2025-07-01", "valid_until": None,
        "source": "xa-2025.geojson",
    }  # fmt: skip
    assert keys(ask(form, commune="31510")) == ["02"]  # on the edge both share; 03 is in the hole
    assert keys(ask(form, commune="31513")) == ["04", "07"]
    assert ask(form, commune="31513").json["boundary"]["valid_from"] is None
    assert "boundary" not in ask(form, bbox="0,0,1,1").json


def test_a_commune_goes_with_the_other_questions_and_pages(ask):
    assert keys(ask(commune="31507", lon=0.25, lat=0.25, within=100_000)) == ["06", "01"]
    assert keys(ask(commune="31507", bbox="0.4,0.4,2,2")) == ["01"]
    assert keys(ask(commune="31507", nhom="b")) == []
    assert keys(ask(ITEMS, commune="31507", bbox="0.4,0.4,2,2")) == ["01"]
    for form, following in (("$near", lambda said: said["next"]), (ITEMS, cursor_of)):
        first = ask(form, commune="31507", limit=1)
        rest = ask(form, commune="31507", limit=1, cursor=following(first.json))
        assert keys(first) + keys(rest) == ["01", "06"]
        assert not following(rest.json)
        assert ask(form, commune="31513", limit=1, cursor=following(first.json)).status == 400


def cursor_of(said):
    return next((one["href"].rpartition("cursor=")[2] for one in said["links"] if one["rel"] == "next"), "")


@pytest.mark.law("D35.3")
@pytest.mark.parametrize("form", ["$near", ITEMS])
def test_who_was_not_granted_the_position_cannot_ask_by_the_commune(ask, form):
    reply = ask(form, NO_PLACE, commune="31507")
    assert (reply.status, reply.json["code"]) == (403, "fields_not_granted")
    assert keys(ask(form, SCOPED, commune="31507")) == []
    assert keys(ask(form, SCOPED, commune="31510")) == ["02"]


@pytest.mark.parametrize("form", ["$near", ITEMS])
@pytest.mark.parametrize("code", ["31498", "31999", "00001"])
def test_a_commune_without_a_boundary_in_force_is_refused(ask, form, code):
    reply = ask(form, commune=code)
    assert (reply.status, reply.json["code"]) == (400, "bad_request")
    assert code in reply.json["detail"]
    assert "01/07/2025" in reply.json["hint"]


@pytest.mark.parametrize("code", ["", "3150", "315077", "abcde", "３１５０７", "31507\n"])
def test_what_is_no_code_is_refused(ask, code):
    reply = ask(commune=code)
    assert (reply.status, reply.json["code"]) == (400, "bad_request")
    assert "5 chữ số" in reply.json["detail"]


def test_a_newer_file_wins_and_one_that_cannot_be_read_takes_nothing_away(ask, put, data):
    put("xa-2026.geojson", [feature("31507", square(8.5, 8.5), ten_xa="Phường Sóc Trăng", hieu_luc_tu="2026-01-01")])
    reply = ask(commune="31507")
    assert (keys(reply), reply.json["boundary"]["source"]) == (["07"], "xa-2026.geojson")
    for broken in ("{", '{"features": [{"properties": {}, "geometry": null}]}', json.dumps(
        {"features": [feature("31507", {"type": "Polygon", "coordinates": [[["a", 1], [2, 3]]]})]}
    )):  # fmt: skip
        put("xa-2027.geojson", broken)
        assert keys(ask(commune="31507")) == ["07"]


def test_without_any_boundary_the_question_is_refused(ask, data):
    (data / "boundaries" / "xa-2025.geojson").unlink()
    reply = ask(commune="31507")
    assert (reply.status, reply.json["code"]) == (409, "not_findable")
    assert "ranh giới" in reply.json["detail"]


# ---- inside ----


def naive(rings, lon, lat):
    inside = False
    for ring in rings:
        for (x1, y1), (x2, y2) in itertools.pairwise(ring):
            if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
                inside = not inside
    return inside


def communes():
    return boundaries.read_boundaries(facts.DATA / "ban-do" / "xa_2025.geojson")


def test_the_communes_of_the_demo_hold_what_a_plain_count_of_crossings_says():
    found = communes()
    assert len(found) == 43
    spots = [(105.5 + x / 47, 9.2 + y / 43) for x in range(40) for y in range(35)]
    for one in found:
        for lon, lat in spots:
            assert one.holds(lon, lat) == naive(one.rings, lon, lat), (one.code, lon, lat)


@given(st.integers(0, 40), st.integers(0, 40))
def test_of_neighbours_exactly_one_holds_a_position_on_their_edges(x, y):
    cells = [
        Boundary(f"{at}", "", square(at % 2, at // 2)["coordinates"], None, None, "") for at in range(4)
    ]  # fmt: skip
    lon, lat = x / 20, y / 20
    assert sum(one.holds(lon, lat) for one in cells) == int(lon < 2 and lat < 2)


def test_days_are_from_and_until_before():
    one = Boundary("31507", "", [], date(2025, 7, 1), date(2026, 7, 1), "")
    days = [date(2025, 6, 30), date(2025, 7, 1), date(2026, 6, 30), date(2026, 7, 1)]
    assert [one.holds_on(day) for day in days] == [False, True, True, False]
