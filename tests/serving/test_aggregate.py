"""Figures by groups: within the grant, and nothing of few."""

import time
from itertools import count

import pytest

from nganam.serving import replicas
from nganam.serving.aggregates import Cell, suppressed
from nganam.serving.snapshot import Field, Grant, Service
from nganam.serving.watched import EVERY

FIGURES = "/DV-2026-0001/$aggregate"
GRANT = Grant("TK-2026-0009", ("ma", "huyen", "giuong", "cong_lap"))


@pytest.fixture
def figures(call, data, serving_files):
    """Ask for figures of a table made of (district, beds, public); ``personal`` and ``grant`` may be set."""
    versions = count(2)

    def make(rows, grant=GRANT, personal=(), smallest=5):
        version = next(versions)
        told = serving_files.snapshot(version)
        service = Service(
            "VN/GOV/CT-SYT/KHO/DV-2026-0001", "co-so-kham",
            (Field("ma"), Field("ten"), Field("huyen"), Field("giuong", "integer"), Field("cong_lap", "boolean")),
            ("ma",), ("huyen", "giuong"), personal=personal, smallest_group=smallest,
        )  # fmt: skip
        services = {**told.services, "DV-2026-0001": service}
        grants = {"CT-SGDDT/HSHT": dict.fromkeys(services, grant)}
        serving_files.publish(data, type(told)(version, told.published_at, services, grants))
        serving_files.replica(data, version, [(f"{at:04d}", "x", *row) for at, row in enumerate(rows)])
        time.sleep(EVERY + 0.02)
        return lambda question="": call(f"{FIGURES}{question}")

    return make


def counts(reply):
    assert reply.status == 200, reply.body
    return {tuple(one["group"].values()): one["count"] for one in reply.json["data"]}


def test_counts_sums_means_and_extremes_are_told_by_group(figures):
    ask = figures([("A", beds, 1) for beds in range(10)] + [("B", beds, 0) for beds in (2, 4, 6, 8, 10, None)])
    reply = ask("?group=huyen&sum=giuong&avg=giuong&min=giuong&max=giuong")
    assert reply.json["data"] == [
        {"group": {"huyen": "A"}, "count": 10, "suppressed": False, "sum": {"giuong": 45}, "avg": {"giuong": 4.5},
         "min": {"giuong": 0}, "max": {"giuong": 9}},
        {"group": {"huyen": "B"}, "count": 6, "suppressed": False, "sum": {"giuong": 30}, "avg": {"giuong": 6.0},
         "min": {"giuong": 2}, "max": {"giuong": 10}},
    ]  # fmt: skip
    assert (reply.json["suppressed"], reply.json["smallest_group"], reply.json["version"]) == (0, 5, 2)
    assert (reply.headers["x-lgsp-fields"], reply.headers["x-lgsp-records"]) == ("2", "2")
    assert counts(ask()) == {(): 16}
    assert counts(ask("?giuong.lt=9&group=cong_lap")) == {(False,): None, (True,): None}
    assert counts(ask("?giuong.lte=10&group=cong_lap")) == {(False,): 5, (True,): 10}
    assert counts(ask("?huyen=A")) == {(): 10}


@pytest.mark.law("D35.3")
def test_small_groups_are_kept_back_and_so_is_one_that_a_total_would_tell(figures):
    ask = figures([("A", 1, 1)] * 20 + [("B", 1, 1)] * 7 + [("C", 900, 1)] * 4)
    reply = ask("?group=huyen&sum=giuong")
    assert counts(reply) == {("A",): 20, ("B",): None, ("C",): None}
    assert [one["sum"]["giuong"] for one in reply.json["data"]] == [20, None, None]
    assert reply.json["suppressed"] == 2
    assert counts(ask("?huyen=C")) == {(): None}
    assert counts(figures([("A", 1, 1)] * 20 + [("C", 900, 1)] * 4, smallest=4)("?group=huyen")) == {
        ("A",): 20,
        ("C",): 4,
    }


def test_a_sum_over_few_known_values_is_kept_back_however_large_the_group(figures):
    ask = figures([("A", None, 1)] * 30 + [("A", 77, 1)] * 2)
    assert counts(ask("?group=huyen")) == {("A",): 32}
    assert ask("?sum=giuong").json["data"] == [
        {"group": {}, "count": None, "suppressed": True, "sum": {"giuong": None}}
    ]


@pytest.mark.law("D35.3")
def test_groups_without_known_values_do_not_cover_the_few_of_another(figures):
    few = [("A", None, 1)] * 98 + [("A", 70, 1), ("A", 7, 1)]
    ask = figures([*few, *[("B", None, 1)] * 10, *[("C", 1, 1)] * 60, *[("D", 2, 1)] * 200])
    told = {one["group"]["huyen"]: one for one in ask("?group=huyen&sum=giuong").json["data"]}
    assert {name: one["sum"]["giuong"] for name, one in told.items()} == {"A": None, "B": None, "C": None, "D": 400}
    assert {name: one["suppressed"] for name, one in told.items()} == {"A": True, "B": False, "C": True, "D": False}
    total = ask("?sum=giuong").json["data"][0]["sum"]["giuong"]
    assert total - 400 == 77 + 60
    assert counts(ask("?group=huyen")) == {("A",): 100, ("B",): 10, ("C",): 60, ("D",): 200}
    # Two measures, each known in another group: each few is covered by values of its own.
    cells = [
        Cell(("a",), 50, (2, 50), ()), Cell(("b",), 9, (0, 9), ()), Cell(("c",), 40, (40, 0), ()),
        Cell(("d",), 60, (60, 60), ()), Cell(("e",), 90, (90, 90), ()),
    ]  # fmt: skip
    assert suppressed(cells, 5) == {0, 3}
    assert suppressed(cells[:3], 5) == {0, 1, 2}


def test_no_margin_of_two_columns_tells_a_cell_that_was_kept_back():
    sizes = {("a", "x"): 2, ("a", "y"): 30, ("a", "z"): 9, ("b", "x"): 50, ("b", "y"): 60, ("b", "z"): 70}
    cells = [Cell(key, size, (), ()) for key, size in sizes.items()]
    hidden = {cells[at].key for at in suppressed(cells, 5)}
    for place in (0, 1):
        for value in {key[place] for key in sizes}:
            gone = [key for key in hidden if key[place] == value]
            assert not gone or (len(gone) > 1 and sum(sizes[key] for key in gone) >= 5)
    assert ("a", "x") in hidden
    assert suppressed([], 5) == set()
    assert suppressed([Cell(("a",), 3, (), ()), Cell(("b",), 0, (), ())], 5) == {0}


@pytest.mark.law("D35.3")
def test_nothing_is_grouped_or_measured_by_that_was_not_granted(figures):
    rows = [("A", 1, 1)] * 20
    ask = figures(rows, Grant("TK-1", ("ma", "cong_lap")), personal=("giuong",))
    for question in ("group=huyen", "sum=giuong", "group=giuong", "min=giuong"):
        assert ask(f"?{question}").json["code"] == "fields_not_granted", question
    assert ask("?giuong.gte=1").status == 400
    assert figures(rows, personal=("giuong",))("?group=giuong").status == 200


@pytest.mark.law("D35.3")
def test_the_granted_scope_holds_for_figures(figures):
    ask = figures([("A", 1, 1)] * 20 + [("B", 1, 1)] * 9, Grant("TK-1", ("ma", "huyen"), where={"huyen": ("B",)}))
    assert counts(ask("?group=huyen")) == {("B",): 9}
    assert counts(ask()) == {(): 9}


@pytest.mark.parametrize(
    "question", ["group=", "group=x", "group=huyen,huyen", "group=ma,huyen,giuong,cong_lap", "sum=huyen", "sum=ma",
                 "limit=5", "count=x", "avg=giuong,giuong", "group=huyen&group=ma"],
)  # fmt: skip
def test_figures_that_make_no_sense_are_refused(figures, question):
    reply = figures([("A", 1, 1)] * 20)(f"?{question}")
    assert (reply.status, reply.json["code"]) == (400, "bad_request")
    assert reply.json["hint"]


def test_too_many_groups_and_sums_too_large_are_refused_with_what_to_do(figures):
    many = figures([("A", beds, 1) for beds in range(1100)])("?group=giuong")
    assert (many.status, many.json["most"]) == (400, 1000)
    large = figures([("A", 2**62, 1)] * 20)("?sum=giuong")
    assert (large.status, "avg" in large.json["hint"]) == (400, True)


def test_a_question_that_takes_too_long_is_stopped_and_the_next_one_answered(figures, call, monkeypatch):
    ask = figures([("A", beds, 1) for beds in range(900)])
    with monkeypatch.context() as patch:
        patch.setattr(replicas, "MOST_SECONDS", -1)
        patch.setattr(replicas, "STEPS", 100)
        # The table's own key is found at once; by another column the whole table is read for each key.
        assert call("/DV-2026-0001/$batch?key=0001&key=0002").status == 200
        by_district = call("/DV-2026-0002/$batch?key=X&key=Y")
        for stopped in (ask("?group=giuong"), call("/DV-2026-0001/?sort=-giuong&limit=500"), by_district):
            assert (stopped.status, stopped.json["code"]) == (400, "too_costly")
            assert "Lọc bớt" in stopped.json["hint"]
    assert ask().status == 200
