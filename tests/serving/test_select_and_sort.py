"""Choosing fields, an order and ranges: within the grant, every record once, and what is empty in a definite place."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from urllib.parse import quote

import msgspec
import pytest

from nganam.serving.snapshot import Grant, Service

NUMBERS = [7, None, 3, 7, None, 12, 3, 0]
WIDE = Grant("TK-2026-0009", ("ma", "ten", "giuong", "cong_lap"))
ALL = Grant("TK-2026-0009", ("ma", "ten", "huyen", "giuong", "cong_lap"))


@pytest.fixture
def gaps(call, data, serving_files):
    """A table in which some beds are unknown and some numbers stand several times."""
    rows = [(f"{at}", f"Trạm {at}", "Mỹ Tú", beds, at % 2) for at, beds in enumerate(NUMBERS)]
    serving_files.replica(data, 2, rows)
    serving_files.publish(data, serving_files.snapshot(2, {"CT-SGDDT/HSHT": {"DV-2026-0001": WIDE}}))
    return call


@pytest.fixture
def granted_all(call, data, serving_files):
    """The small table, all of it granted."""
    serving_files.publish(data, serving_files.snapshot(2, {"CT-SGDDT/HSHT": {"DV-2026-0001": ALL}}))
    return call


def walked(call, question, size):
    found, cursor = [], ""
    while True:
        reply = call(f"/DV-2026-0001/?{question}&limit={size}{f'&cursor={cursor}' if cursor else ''}")
        assert reply.status == 200, reply.body
        found += [one["ma"] for one in reply.json["data"]]
        cursor = reply.json["next"]
        if not cursor:
            return found


@pytest.mark.law("D35.3")
def test_only_the_chosen_of_the_granted_fields_are_answered_and_counted(call):
    one, page = call("/DV-2026-0001/0003?fields=cong_lap,ma"), call("/DV-2026-0001/?fields=ma&limit=2")
    assert (one.json["data"], one.headers["x-lgsp-fields"]) == ({"ma": "0003", "cong_lap": True}, "2")
    assert (page.json["data"], page.headers["x-lgsp-fields"]) == ([{"ma": "0001"}, {"ma": "0002"}], "1")
    assert call(f"/DV-2026-0001/?limit=1&cursor={page.json['next']}").json["data"][0]["ma"] == "0003"


@pytest.mark.law("D35.3")
@pytest.mark.parametrize("address", ["/DV-2026-0001/0003", "/DV-2026-0001/", "/DV-2026-0001/$batch?key=0003"])
def test_a_field_that_was_not_granted_is_refused_and_an_unknown_one_is_unknown(call, address):
    sign = "&" if "?" in address else "?"
    offered, unknown, empty = (call(f"{address}{sign}fields={one}") for one in ("ma,giuong", "ma,luong", ""))
    assert (offered.status, offered.json["code"]) == (403, "fields_not_granted")
    assert "giuong" in offered.json["detail"]
    assert (unknown.status, unknown.json["known"]) == (400, ["ma", "ten", "cong_lap"])
    assert (empty.status, empty.json["code"]) == (400, "bad_request")


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize("sort", ["giuong", "-giuong", "giuong,-ma", "-giuong,-ma", "-ma", "-cong_lap,giuong"])
def test_every_record_comes_once_in_the_order_asked_with_what_is_empty_at_the_low_end(gaps, sort, size):
    by: dict[str, Callable[[int], int]] = {
        "giuong": lambda at: -1 if NUMBERS[at] is None else int(NUMBERS[at] or 0), "ma": int,
        "cong_lap": lambda at: at % 2,
    }  # fmt: skip
    order = list(range(len(NUMBERS)))
    for one in reversed([*sort.split(","), "ma"] if "ma" not in sort else sort.split(",")):
        order.sort(key=by[one.removeprefix("-")], reverse=one.startswith("-"))
    assert "".join(walked(gaps, f"sort={sort}", size)) == "".join(map(str, order))


def test_a_cursor_belongs_to_its_order(granted_all):
    call = granted_all
    cursor = call("/DV-2026-0001/?sort=-giuong&limit=5").json["next"]
    for other in ("sort=giuong", "sort=huyen", "limit=5"):
        assert call(f"/DV-2026-0001/?{other}&cursor={cursor}").status == 400
    assert call(f"/DV-2026-0001/?sort=-giuong&limit=5&fields=ma&cursor={cursor}").status == 200


@pytest.mark.parametrize(
    "sort", ["", "ten", "luong", "giuong,giuong", "giuong,-giuong", "--giuong", "huyen,giuong,cong_lap,ma"]
)
def test_an_order_that_is_not_offered_is_refused_with_what_is(granted_all, sort):
    reply = granted_all(f"/DV-2026-0001/?sort={sort}")
    assert (reply.status, reply.json["known"]) == (400, ["huyen", "giuong", "cong_lap", "ma"])


@pytest.mark.law("D35.3")
def test_a_column_that_was_not_granted_is_asked_by_equality_only_and_orders_nothing(call):
    for question in ("giuong.gte=5", "giuong.lt=5", "sort=giuong", "sort=-giuong", "sort=cong_lap,giuong"):
        for form in ("", "$aggregate"):
            reply = call(f"/DV-2026-0001/{form}?{question}")
            assert (reply.status, reply.json["code"]) == (400, "bad_request"), question
    assert call("/DV-2026-0001/?sort=giuong").json["known"] == ["cong_lap", "ma"]
    assert [one["ma"] for one in call("/DV-2026-0001/?giuong=50").json["data"]] == ["0010"]
    granted = call("/DV-2026-0001/?giuong.gte=1240&sort=-giuong", "CT-SYT/HIS")
    assert [one["giuong"] for one in granted.json["data"]] == [1245]


@pytest.mark.law("D35.3")
def test_a_key_that_was_not_granted_orders_nothing(call, data, serving_files):
    serving_files.publish(data, serving_files.snapshot(2, {"CT-SGDDT/HSHT": {"DV-2026-0001": Grant("TK-1", ("ten",))}}))
    assert call("/DV-2026-0001/?sort=ma").status == 400


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("giuong.gte=50&giuong.lt=100", 10),
        ("giuong.gt=50&giuong.lte=100", 10),
        ("giuong.gte=1245", 2),
        ("giuong.lt=0", 0),
    ],
)
def test_ranges_are_read_in_the_type_of_their_column(granted_all, question, count):
    assert len(granted_all(f"/DV-2026-0001/?{question}&limit=1000").json["data"]) == count


INSTANTS = {
    "a": "2026-11-24T08:00:01Z", "b": "2026-11-24T08:00:00.500Z", "c": "2026-11-24T08:00:00Z", "d": None,
    "e": "2026-11-24T07:59:59.999Z", "f": "2026-11-24T08:00:00.500Z",
}  # fmt: skip


@pytest.fixture(params=[False, True], ids=["plain", "indexed"])
def instants(call, data, serving_files, request):
    """A table whose ``huyen`` holds instants, some with parts of a second, with and without an index."""
    serving_files.replica(data, 2, [(name, "x", at, 1, 1) for name, at in INSTANTS.items()])
    if request.param:
        with closing(sqlite3.connect(data / "replicas" / "co-so-kham" / "v2.sqlite")) as base:
            base.execute("CREATE INDEX by_huyen ON rows (huyen)")
    told = serving_files.snapshot(2)
    typed = msgspec.structs.replace(told.services["DV-2026-0001"], types={"huyen": "datetime"})
    grants = {"CT-SGDDT/HSHT": {"DV-2026-0001": ALL}}
    serving_files.publish(data, type(told)(2, told.published_at, {"DV-2026-0001": typed}, grants))
    return call


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("huyen.gte=2026-11-24T08:00:00Z", "abcf"),
        ("huyen.gt=2026-11-24T08:00:00Z", "abf"),
        ("huyen.gte=2026-11-24T15:00:00.5%2B07:00", "abf"),
        ("huyen.gt=2026-11-24T08:00:00.500Z", "a"),
        ("huyen.lt=2026-11-24T08:00:00Z", "e"),
        ("huyen.lte=2026-11-24T08:00:00Z", "ce"),
        ("huyen.lt=2026-11-24T08:00:00.5Z", "ce"),
        ("huyen.lte=2026-11-24T08:00:00.5Z", "bcef"),
        ("huyen.gte=2026-11-24T08:00:00Z&huyen.lt=2026-11-24T08:00:01Z", "bcf"),
        ("huyen=2026-11-24T08:00:00Z", "c"),
        ("huyen=2026-11-24T08:00:00.5Z", "bf"),
    ],
)
def test_instants_are_compared_as_instants_around_whole_seconds(instants, question, found):
    assert "".join(walked(instants, question, 10)) == found
    assert "".join(walked(instants, question, 1)) == found


@pytest.mark.parametrize("size", [1, 2, 10])
@pytest.mark.parametrize(
    ("sort", "found"),
    [("huyen", "decbfa"), ("-huyen", "abfced"), ("huyen,-ma", "decfba"), ("cong_lap,huyen", "decbfa")],
)
def test_instants_are_ordered_as_instants_and_paged_without_loss(instants, sort, found, size):
    assert "".join(walked(instants, f"sort={sort}", size)) == found


@pytest.mark.parametrize("question", ["giuong.gte=x", "huyen.gte=a", "cong_lap.lt=true", "giuong.ne=5", "ten.gte=1"])
def test_a_range_that_makes_no_sense_is_refused(granted_all, question):
    reply = granted_all(f"/DV-2026-0001/?{question}")
    assert (reply.status, reply.json["code"]) == (400, "bad_request")
    assert "gte" in reply.json["hint"] or "Sửa" in reply.json["hint"]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [("date", ["2026-01-31"], ["31/01/2026", "2026-02-30", "20260131", ""]),
     ("datetime", ["2026-01-31T08:00:00Z", "2026-01-31T08:00:00%2B07:00", "2026-01-31"], ["hôm qua", "25:00"]),
     ("decimal", ["12.5", "-3", "1e3"], ["12,5", "nan", "inf", "1_0", "x"])],
)  # fmt: skip
def test_days_instants_and_numbers_are_checked(call, data, serving_files, kind, good, bad):
    told = serving_files.snapshot(2)
    typed = Service(
        "VN/GOV/CT-SYT/KHO/DV-2026-0001", "co-so-kham", told.services["DV-2026-0001"].fields, ("ma",), ("huyen",),
        types={"huyen": kind},
    )  # fmt: skip
    serving_files.publish(
        data, type(told)(2, told.published_at, {"DV-2026-0001": typed}, {"CT-SGDDT/HSHT": {"DV-2026-0001": ALL}})
    )
    for text in good:
        assert call(f"/DV-2026-0001/?huyen.gte={text}").status == 200, text
    for text in bad:
        reply = call(f"/DV-2026-0001/?huyen.gte={quote(text)}")
        assert (reply.status, reply.json["code"]) == (400, "bad_request"), text
