"""Rows are found by words and by place, in what was granted alone, in an order that pages keep."""

import asyncio
import json
import math
import sqlite3
import unicodedata
from contextlib import closing
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import quote, urlencode

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nganam.kernel.clock import FixedClock
from nganam.kernel.errors import Invalid
from nganam.kernel.text import fold, search_words
from nganam.serving import replicas
from nganam.serving.app import Server
from nganam.serving.finding import metres
from nganam.serving.secret import shared_secret
from nganam.serving.snapshot import Field, Grant, Service, Snapshot, write_snapshot
from nganam.warehouse import loading, places
from nganam.warehouse.engine import contract, odcs, replica

from .conftest import AT

CODE = "DV-2026-0001"
COLUMNS = [
    {"name": "ma", "key": True},
    {"name": "ho_ten", "personal": True, "search": True},
    {"name": "rank", "search": True},  # a word of FTS5 itself
    {"name": "ghi_chu"},
    {"name": "ma_xa", "type": "commune"},
    {"name": "kinh_do", "type": "decimal"},
    {"name": "vi_do", "type": "decimal"},
]
SHAPE = contract.from_list(COLUMNS)
NAMES = SHAPE.names
ROWS = [
    ("01", "Nguyễn Văn An", "Trạm y tế Mỹ Tú", "kín", "31507", 105.970, 9.600),
    ("02", "Nguyễn Văn Ánh", "Đường Đồng Khởi", "kín", "31507", 105.980, 9.600),
    ("03", unicodedata.normalize("NFD", "Nguyễn Thị Văn An Bình"), "Chợ nổi", "kín", "31732", 105.970, 9.700),
    ("04", "Trần Đức", "Duc thoai 12/3", "bí mật", "31732", 106.500, 9.600),
    ("05", "Nguyên Vân Ân", None, None, "31507", None, 9.6),
    ("06", None, "Trường Mỹ Tú 2", "an", "31507", 105.97, None),
]
ALL, WITHOUT_NAME, SCOPED, FEW = "CT-A/TOAN", "CT-A/KHONG-TEN", "CT-A/XA", "CT-A/IT"
GRANTS = {
    ALL: Grant("TK-1", NAMES),
    WITHOUT_NAME: Grant("TK-2", ("ma", "rank", "kinh_do")),
    SCOPED: Grant("TK-3", NAMES, where={"ma_xa": ("31732",)}),
    FEW: Grant("TK-4", ("ma", "ghi_chu")),
}


def batch(rows, shape=SHAPE):
    return pa.RecordBatch.from_pylist([dict(zip(shape.names, row, strict=True)) for row in rows], schema=shape.schema())


@pytest.fixture
def build(data):
    def make(rows=ROWS, version=1, shape=SHAPE):
        return replica.build(data / "replicas" / "bang", shape, version, [batch(rows, shape)], as_of=AT)

    return make


@pytest.fixture
def ask(data, build):
    fields = tuple(Field(one.name, one.type) for one in SHAPE.columns)
    service = Service("VN/GOV/CT-SYT/KHO/" + CODE, "bang", fields, ("ma",), ("ma_xa",), personal=("ho_ten",))
    path = data / "serving" / "snapshot.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    granted = {who: {CODE: grant} for who, grant in GRANTS.items()}
    path.write_bytes(write_snapshot(Snapshot(1, AT, {CODE: service}, granted)))
    build()
    server, gate = Server(data, FixedClock(AT)), shared_secret(data).encode()

    def call(form, who=ALL, etag=b"", **parameters):
        server._replicas._named.clear()
        headers = [(b"x-lgsp-consumer", who.encode()), (b"x-lgsp-gate", gate), (b"if-none-match", etag)]
        path = f"/{CODE}/{form}"
        scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "headers": headers,
                 "query_string": urlencode(parameters, quote_via=quote).encode()}  # fmt: skip
        answer = asyncio.run(server.answer(scope))
        told = {name.decode(): value.decode() for name, value in answer.headers}
        return SimpleNamespace(status=answer.status, json=json.loads(answer.body or b"null"), headers=told)

    return call


def keys(reply):
    assert reply.status == 200, reply.json
    return [one.get("data", one)["ma"] for one in reply.json["data"]]


def walked(ask, form, **parameters):
    found, cursor = [], {}
    while True:
        reply = ask(form, **parameters, **cursor)
        found += keys(reply)
        if not reply.json["next"]:
            return found
        cursor = {"cursor": reply.json["next"]}


# ---- words ----


@pytest.mark.law("S12", "S14")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("nguyen van an", "05 01 03 02"),  # whole words first, the shorter first, then what only begins so
        ("Nguyễn Văn An", "01 05 03 02"),  # as spelled first
        ("NGUYỄN VĂN AN", "01 05 03 02"),
        (unicodedata.normalize("NFD", "Nguyễn Văn An"), "01 05 03 02"),
        ('"van an"', "05 01 03"),
        ('"nguyen an"', ""),
        ("an nguyen van", "05 01 03"),
        ("nguy va", ""),  # only the last word may be a beginning
        ("duc", "04"),
        ("đức", "04"),
        ("duong dong khoi", "02"),
        ("nguyen my tu", "01"),  # in columns of the same record
        ("my tu", "06 01"),
        ("12", "04"),
        ("bi mat", ""),  # a column that is not searched
        ("n", ""),  # one letter begins nothing
    ],
)  # fmt: skip
def test_all_words_occur_with_or_without_marks_and_the_nearest_comes_first(ask, words, found):
    assert keys(ask("$search", q=words)) == found.split()


@pytest.mark.law("D35.3", "S14")
def test_only_granted_columns_are_searched_and_only_granted_rows_come(ask):
    assert keys(ask("$search", WITHOUT_NAME, q="nguyen")) == []
    assert keys(ask("$search", WITHOUT_NAME, q="my tu nguyen")) == []
    assert keys(ask("$search", WITHOUT_NAME, q="my tu")) == ["06", "01"]
    assert keys(ask("$search", SCOPED, q="nguyen")) == ["03"]
    assert keys(ask("$search", SCOPED, q="my tu")) == []
    none = ask("$search", FEW, q="an")
    assert (none.status, none.json["code"]) == (403, "fields_not_granted")
    narrowed = ask("$search", q="nguyen van an", fields="ma", limit=1)
    assert (narrowed.json["data"], narrowed.headers["x-lgsp-fields"]) == ([{"ma": "05"}], "1")


@pytest.mark.law("D35.3")
def test_what_was_not_granted_does_not_move_the_order(ask, build):
    rows = [("01", "x " * 90, "cho a", None, None, None, None), ("02", "x", "cho a", None, None, None, None),
            ("03", "x " * 40, "cho a", None, None, None, None)]  # fmt: skip
    build(rows, 2)
    assert keys(ask("$search", WITHOUT_NAME, q="cho")) == ["01", "02", "03"]
    build([(key, "x", *rest) for key, _name, *rest in rows], 3)
    assert keys(ask("$search", WITHOUT_NAME, q="cho")) == ["01", "02", "03"]


HOSTILE = [
    '"', '""', "*", "^", "NEAR(a b)", "a OR b", "a AND NOT b", "{w0} : a", "w1:an", "-an", "an*", "(an", "an)", "'; --",
    "an' OR 1=1", "\0", "a\0b", "+", ":", "w0 : w1", "\u200b", "\U0001f600", "%", "_", "NOT", "an AND", "rank:1",
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_signs_of_the_search_language_mean_nothing(ask, words):
    reply = ask("$search", q=words)
    assert reply.status in {200, 400}
    assert reply.status == (200 if search_words(words) and '"' not in words and "\0" not in words else 400)
    wanted = search_words(words)
    if reply.status == 200:
        for one in reply.json["data"]:
            held = search_words(" ".join(one[name] or "" for name in ("ho_ten", "rank")))
            assert all(any(word.startswith(part) for word in held) for part in wanted)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30))
def test_any_text_is_answered_or_refused(ask, words):
    assert ask("$search", q=words.encode("utf-8", "ignore").decode()).status in {200, 400}


def test_questions_are_bounded_and_say_what_is_wrong(ask):
    for words in ("", "  ", "a" * 201, " ".join(["a"] * 13), '"an'):
        reply = ask("$search", q=words)
        assert (reply.status, reply.json["code"]) == (400, "bad_request")
        assert "q" in reply.json["detail"]
    assert ask("$search").status == 400
    assert ask("$search", q="an", sort="ma").status == 400
    assert keys(ask("$search", q="nguyen", ma_xa="31732")) == ["03"]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_every_record_comes_once_over_pages_and_a_cursor_ends_with_its_version(ask, build, size):
    build([(f"{at:03d}", "Nguyễn Văn " + "A" * (at % 7 + 2), None, None, None, None, None) for at in range(60)])
    whole = walked(ask, "$search", q="nguyen van aa", limit=1000)
    assert len(whole) == 60
    assert walked(ask, "$search", q="nguyen van aa", limit=size) == whole
    cursor = ask("$search", q="nguyen van aa", limit=5).json["next"]
    assert ask("$search", q="nguyen van b", cursor=cursor).status == 400
    assert ask("$search", WITHOUT_NAME, q="nguyen van aa", cursor=cursor).status == 400
    build(version=2)
    moved = ask("$search", q="nguyen van aa", cursor=cursor)
    assert (moved.status, moved.json["code"], moved.json["version"]) == (409, "version_moved", 2)


def test_an_answer_names_its_version_and_is_told_unchanged(ask):
    first = ask("$search", q="an")
    assert (first.json["version"], first.headers["x-lgsp-version"], first.headers["x-lgsp-records"]) == (1, "1", "4")
    assert ask("$search", etag=first.headers["etag"].encode(), q="an").status == 304


def test_a_search_that_takes_too_long_is_stopped(ask, build, monkeypatch):
    build([(f"{at:05d}", f"Nguyễn Văn {at}", "a", None, None, None, None) for at in range(20_000)])
    monkeypatch.setattr(replicas, "MOST_SECONDS", -1)
    monkeypatch.setattr(replicas, "STEPS", 100)
    assert ask("$search", q="nguyen").json["code"] == "too_costly"


@given(st.text(max_size=40))
def test_the_same_folding_makes_the_words_of_rows_and_of_questions(text):
    words = search_words(text)
    assert search_words(" ".join(words)) == words
    assert search_words(unicodedata.normalize("NFD", text)) == search_words(unicodedata.normalize("NFC", text))
    assert all(word == fold(word) for word in words)


# ---- places ----


@pytest.mark.law("S12", "S14")
def test_the_nearest_comes_first_with_its_distance_and_what_is_farther_not_at_all(ask):
    reply = ask("$near", lon=105.97, lat=9.6, within=20_000)
    assert keys(reply) == ["01", "02", "03"]
    assert [one["distance"] for one in reply.json["data"]] == [0.0, pytest.approx(1096.4, abs=1), 11119.5]
    assert keys(ask("$near", lon=105.97, lat=9.6, within=1096)) == ["01"]
    assert keys(ask("$near", lon=105.97, lat=9.6, within=0)) == ["01"]
    assert keys(ask("$near", bbox="105.96,9.5,105.99,9.65")) == ["01", "02"]
    assert ask("$near", bbox="105.96,9.5,105.99,9.65").json["data"][0]["distance"] is None
    both = ask("$near", lon=105.98, lat=9.6, within=20_000, bbox="105.96,9.5,105.99,9.65")
    assert keys(both) == ["02", "01"]
    assert keys(ask("$near", lon=105.97, lat=9.6, within=20_000, ma_xa="31732")) == ["03"]
    assert keys(ask("$near", SCOPED, lon=105.97, lat=9.6, within=20_000)) == ["03"]


@pytest.mark.law("D35.3")
def test_who_was_not_granted_the_position_cannot_ask_by_it(ask):
    for who, missing in ((WITHOUT_NAME, "vi_do"), (FEW, "kinh_do")):
        reply = ask("$near", who, bbox="105,9,107,10")
        assert (reply.status, reply.json["code"]) == (403, "fields_not_granted")
        assert missing in reply.json["detail"]
    narrowed = ask("$near", bbox="105,9,107,10", fields="ma", limit=1)
    assert narrowed.json["data"] == [{"distance": None, "data": {"ma": "01"}}]


@pytest.mark.parametrize(
    "said",
    [{}, {"lon": "105"}, {"lon": "105", "lat": "9"}, {"within": "5"}, {"lon": "181", "lat": "9", "within": "5"},
     {"lon": "105", "lat": "-91", "within": "5"}, {"lon": "105", "lat": "9", "within": "-1"},
     {"lon": "105", "lat": "9", "within": "100001"}, {"lon": "nan", "lat": "9", "within": "5"},
     {"lon": "1e2", "lat": "9", "within": "5"}, {"lon": "105,9", "lat": "9", "within": "5"}, {"bbox": ""},
     {"bbox": "1,2,3"}, {"bbox": "106,9,105,10"}, {"bbox": "105,10,106,9"}, {"bbox": "1,2,3,inf"},
     {"bbox": "-200,0,1,1"}, {"bbox": "1,2,3,4,5,6"}],
)  # fmt: skip
def test_a_place_that_is_none_is_refused_with_what_to_write(ask, said):
    reply = ask("$near", **said)
    assert (reply.status, reply.json["code"]) == (400, "bad_request")
    assert reply.json["hint"]


SPOT = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SPOT, min_size=1, max_size=30), SPOT, st.floats(0, 100_000), st.booleans())
def test_no_position_is_missed_anywhere_on_the_globe(ask, build, spots, at, within, poleward):
    lon, lat = round(at[0], 6), round(math.copysign(89.9, at[1]) if poleward else at[1], 6)
    close = [(lon, max(-90, min(90, lat + within / 112_000))), (max(-180, min(180, lon + 0.3)), lat), (-lon, lat)]
    rows = [(f"{place:03d}", None, None, None, None, *one) for place, one in enumerate([*spots, *close])]
    build(rows)
    within = round(within, 3)
    expected = {row[0] for row in rows if metres(row[5], row[6], lon, lat) <= within}
    assert set(walked(ask, "$near", lon=f"{lon:.6f}", lat=f"{lat:.6f}", within=f"{within:.3f}", limit=7)) == expected


def test_pages_by_distance_hold_every_record_once(ask, build):
    build([(f"{at:03d}", None, None, None, None, 105.9 + (at % 9) / 100, 9.6) for at in range(50)])
    for size in (1, 7, 50):
        found = walked(ask, "$near", lon=105.9, lat=9.6, within=50_000, limit=size)
        assert found == sorted((f"{at:03d}" for at in range(50)), key=lambda key: (int(key) % 9, key))


# ---- what is built ----


def test_nothing_is_built_for_a_table_that_is_not_searched(data, build, ask):
    plain = contract.from_list([{"name": one} | ({"key": True} if one == "ma" else {}) for one in NAMES[:5]])
    path = build([row[:5] for row in ROWS], 2, plain)
    with closing(sqlite3.connect(path)) as base:
        made = dict(base.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%'"))
    assert {name for name in made if not name.startswith("changes") and not name.startswith("_")} == {"rows"}
    assert "WITHOUT ROWID" in made["rows"]
    for form, said in (("$search", {"q": "an"}), ("$near", {"bbox": "1,1,2,2"})):
        reply = ask(form, **said)
        assert (reply.status, reply.json["code"]) == (409, "not_findable")


def test_the_other_questions_are_answered_from_a_searched_table_as_before(ask):
    assert keys(ask("", limit=2)) == ["01", "02"]
    assert ask("04").json["data"]["ho_ten"] == "Trần Đức"
    assert ask("$aggregate", ma_xa="31507").json["smallest_group"] == 5
    assert ask("$batch", key="02").json["data"][0]["result"] == "data"


@pytest.mark.parametrize("key", [{"name": "so", "type": "integer", "key": True}, {"name": "so", "type": "integer"}])
def test_rows_with_a_number_as_key_or_without_a_key_are_found(tmp_path, key):
    shape = contract.from_list([key, {"name": "ten", "search": True}])
    path = replica.build(tmp_path, shape, 1, [batch([(7, "Mỹ Tú"), (9, "Kế Sách")], shape)])
    with closing(replica.connect(path)) as base:
        found = base.execute("SELECT so FROM rows WHERE _rowid_ IN (SELECT rowid FROM words WHERE words MATCH 'sach')")
        assert [tuple(one) for one in found] == [(9,)]


def test_a_contract_says_which_text_is_searched_and_keeps_it_in_every_form():
    assert SHAPE.searched == ("ho_ten", "rank")
    assert contract.from_yaml(contract.to_yaml(SHAPE)) == SHAPE
    with pytest.raises(Invalid) as caught:
        contract.from_list([{"name": "so", "type": "integer", "search": True}])
    assert "chỉ cột kiểu chữ được tìm" in str(caught.value.fields)
    custom = odcs._property(SHAPE.column("rank"), {}, [])["customProperties"]
    assert custom == [{"property": "search", "value": True}]


@pytest.mark.django_db
def test_a_replica_from_before_is_built_again_when_the_contract_asks_for_search(load, facilities):
    from .conftest import as_csv

    load(as_csv())
    folder = places.replicas(facilities)
    first = (folder / replica.current(folder)["file"]).stat().st_ino
    loading.ensure_replica(facilities)
    assert (folder / replica.current(folder)["file"]).stat().st_ino == first
    columns = [one | ({"search": True} if one["name"] == "ten_co_so" else {}) for one in facilities.contract["columns"]]
    facilities.contract = {**facilities.contract, "columns": columns}
    facilities.updated_at = AT + timedelta(hours=1)
    facilities.save()
    del facilities.__dict__["shape"]
    loading.ensure_replica(facilities)
    assert replica.current(folder)["search"] == ["ten_co_so"]
    assert replica.current(folder)["version"] == 1
