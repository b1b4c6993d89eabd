"""A table coded before the merger of 2025 is read in the new communes and back, by lawful arithmetic only."""

from datetime import date, timedelta

import pytest

from nganam.codelists.recoding import Group, recode
from nganam.codelists.tables import CodeTable, Move, Span
from nganam.demo import facts
from nganam.kernel.actors import Actor, Kind, Role, system
from nganam.kernel.errors import Invalid

BUILDER = system("demo")
LAN = Actor(Kind.PERSON, "lan", "Lan", "CT-SYT", frozenset({Role.FOCAL}))
CENSUS = [
    {"name": "ma_xa", "title": "Mã xã", "type": "commune", "key": True},
    {"name": "dan_so", "title": "Dân số", "type": "integer", "additive": True},
    {"name": "mat_do", "title": "Mật độ", "type": "decimal"},
]
FIRST, MERGER, TODAY = date(2022, 1, 1), date(2025, 7, 1), date(2026, 11, 3)


@pytest.fixture
def census(province, at):
    """Return the function that loads a table of communes; the units are the demo's."""
    from nganam.agencies.imports import import_agencies
    from nganam.warehouse import loading, operations

    units, moves = facts.table("hanh-chinh/don_vi"), facts.table("hanh-chinh/anh_xa")
    import_agencies([], (), units, moves, actor=BUILDER, at=at)

    def load(rows, code="dan-so", columns=CENSUS):
        table = operations.declare_table(actor=LAN, at=at, agency="CT-SYT", code=code, title="Dân số", columns=columns)
        text = "".join(",".join(map(str, row)) + "\n" for row in [[one["name"] for one in columns], *rows])
        upload = operations.Upload("dan-so.csv", [text.encode()])
        started = operations.start_load(actor=LAN, at=at, table=table, upload=upload)
        done = loading.run_load(actor=BUILDER, now=lambda: at + timedelta(seconds=3), code=started.code)
        assert done.rejected == 0, [one.flaws for one in done.rejected_rows.all()]
        return done.made

    return load


def population():
    return [(row["ma_xa"], int(row["dan_so"]), "1.5") for row in facts.table("hanh-chinh/dan_so_2009")]


@pytest.mark.django_db
@pytest.mark.law("S12.1")
def test_the_census_of_the_old_communes_is_read_in_the_new_ones(census):
    from nganam.warehouse import recoded

    view = recoded.read_in(census(population()), actor=LAN, column="ma_xa", since=None, until=TODAY)
    assert view.since == FIRST  # found: the day on which all 109 codes held
    assert {one.code: one.sums["dan_so"] for one in view.told} == facts.population_2009()
    assert (len(view.told), view.refused, view.recoded.is_complete) == (43, [], True)
    assert view.names["31507"] == "Phường Sóc Trăng"
    assert view.names_before["31507"] == "Phường 6"
    assert [one.name for one in view.left_out] == ["mat_do"]


@pytest.mark.django_db
def test_back_only_where_one_old_commune_became_one_new_one(census):
    from nganam.warehouse import recoded

    new = [(code, people, "") for code, people in facts.population_2009().items()]
    view = recoded.read_in(census(new), actor=LAN, column="ma_xa", since=MERGER, until=MERGER - timedelta(days=1))
    alone = {
        old
        for old, new in facts.commune_successors().items()
        if list(facts.commune_successors().values()).count(new) == 1
    }
    assert alone
    assert {one.code for one in view.told} == alone
    assert {one.reason for one in view.refused} == {"shared"}
    assert len(view.told) + len(view.refused) == 108
    assert not view.recoded.is_complete


@pytest.mark.django_db
def test_a_missing_row_makes_no_sum_and_no_row_is_lost_from_sight(census):
    from nganam.warehouse import recoded

    view = recoded.read_in(census(population()[1:]), actor=LAN, column="ma_xa", since=FIRST, until=TODAY)
    ward = next(one for one in view.told if one.code == "31507")
    assert (ward.rows, ward.sums["dan_so"], ward.reasons["dan_so"], ward.absent) == (3, None, "short", ("31498",))


@pytest.mark.django_db
def test_facilities_are_counted_in_the_new_communes(census):
    from nganam.warehouse import recoded

    columns = [{"name": "ma", "key": True}, {"name": "ma_xa", "type": "commune"}]
    rows = [(row["ma_co_so"], row["ma_xa_cu"]) for row in facts.table("y-te/co_so_kham_chua_benh") if row["ma_xa_cu"]]
    view = recoded.read_in(census(rows, "co-so", columns), actor=LAN, column="ma_xa", since=FIRST, until=MERGER)
    wanted = {}
    for _code, old in rows:
        new = facts.commune_successors().get(old, "31510" if old == "31513" else "")
        wanted[new] = wanted.get(new, 0) + 1
    assert {one.code: one.rows for one in view.told} == wanted
    assert view.recoded.is_complete


@pytest.mark.django_db
def test_the_page_tells_figures_and_what_is_not_computed(census, client, at):
    from nganam.accounts.models import Person

    version = census(population()[1:])
    client.force_login(Person.objects.get(username="lan"))
    there = "/kho/dan-so/phien-ban/1/don-vi/"
    assert there in client.get("/kho/dan-so/phien-ban/1/").content.decode()
    page = client.get(f"{there}?tu=2022-01-01&sang=2025-07-01").content.decode()
    assert "Phường Sóc Trăng" in page
    assert "không tính: có đơn vị không có dòng" in page
    assert "Mật độ" in page
    assert "đã bỏ qua" in client.get(f"{there}?sang=mai").content.decode()
    assert client.get(f"{there}?cot=khong").status_code == 422
    assert (
        "chưa"
        not in client.get(f"{there}?tu=1990-01-01&sang=1990-01-02").content.decode().split("Không có mã nào")[0][-10:]
    )
    client.force_login(Person.objects.get(username="phuc"))
    assert client.get(there).status_code == 404
    assert version.rows == 108


@pytest.mark.django_db
def test_personal_columns_are_read_by_the_owner_alone(census, client, minh):
    from nganam.accounts.models import Person
    from nganam.warehouse import recoded

    columns = [
        *CENSUS[:2], {"name": "no_thue", "title": "Nợ thuế", "type": "integer", "additive": True, "personal": True},
        {"name": "que", "title": "Quê quán", "type": "commune", "personal": True},
    ]  # fmt: skip
    version = census([(code, people, 7, code) for code, people, _more in population()], "thue", columns)
    asked = {"since": FIRST, "until": TODAY}
    owner = recoded.read_in(version, actor=LAN, column="que", **asked)
    assert [one.name for one in owner.added] == ["dan_so", "no_thue"]
    lead = recoded.read_in(version, actor=minh, column="ma_xa", **asked)
    assert [one.name for one in lead.added] == ["dan_so"]
    assert all("no_thue" not in one.sums for one in lead.told)
    with pytest.raises(Invalid, match="que"):
        recoded.read_in(version, actor=minh, column="que", **asked)
    there = "/kho/thue/phien-ban/1/don-vi/"
    for name, sees in (("lan", True), ("minh", False)):
        client.force_login(Person.objects.get(username=name))
        page = client.get(there).content.decode()
        assert "Dân số" in page
        assert [word in page for word in ("Nợ thuế", "Quê quán")] == [sees, sees]
        assert client.get(f"{there}?cot=que").status_code == (200 if sees else 422)


@pytest.mark.django_db
def test_more_codes_than_can_be_shown_are_refused_and_none_vanishes(census, monkeypatch):
    from nganam.warehouse import recoded

    version = census(population())
    monkeypatch.setattr(recoded, "MOST_CODES", version.rows)
    assert recoded.read_in(version, actor=LAN, column="ma_xa", since=FIRST, until=TODAY).recoded.is_complete
    monkeypatch.setattr(recoded, "MOST_CODES", version.rows - 1)
    with pytest.raises(Invalid, match="108 mã"):
        recoded.read_in(version, actor=LAN, column="ma_xa", since=FIRST, until=TODAY)


DAY, NEXT = date(2024, 1, 1), date(2025, 1, 1)
SPLIT = CodeTable(
    "x", "X",
    (*(Span(code, DAY, NEXT) for code in "abcde"), *(Span(code, NEXT, None) for code in "vwxy")),
    (Move(NEXT, "a", "v"), Move(NEXT, "b", "v"), Move(NEXT, "c", "w"), Move(NEXT, "c", "x"), Move(NEXT, "d", "x")),
)  # fmt: skip


def test_what_was_divided_or_has_no_successor_is_said_and_not_computed():
    groups = {code: Group(2, {"n": 10}) for code in "abcde"} | {"zz": Group(5, {"n": 1})}
    made = recode(groups, SPLIT, since=DAY, until=NEXT, measures=["n"])
    told = {one.code: (one.reason, one.rows, one.sums["n"]) for one in made.readings}
    assert told == {
        "": ("lost", None, None),
        "v": ("whole", 4, 20),
        "w": ("divided", None, None),
        "x": ("divided", None, None),
    }
    assert made.unknown == (("zz", 5),)
    assert (made.rows, made.rows_told, made.is_complete) == (15, 4, False)


def test_back_from_what_was_divided_or_joined_nothing_is_computed():
    groups = {code: Group(1, {"n": 3}) for code in "vwxy"}
    made = recode(groups, SPLIT, since=NEXT, until=DAY, measures=["n"])
    assert {one.code: (one.reason, one.rows) for one in made.readings} == {
        "a": ("shared", None), "b": ("shared", None), "c": ("divided", None), "d": ("divided", None),
    }  # fmt: skip


def test_an_empty_cell_makes_no_sum():
    made = recode({"a": Group(1, {"n": None}), "b": Group(1, {"n": 2})}, SPLIT, since=DAY, until=NEXT, measures=["n"])
    assert [(one.rows, one.sums["n"], one.reasons["n"]) for one in made.readings] == [(2, None, "empty")]


def test_the_same_day_reads_as_it_stands():
    made = recode({"a": Group(1, {"n": 2})}, SPLIT, since=DAY, until=DAY, measures=["n"])
    assert [(one.code, one.rows, one.sums["n"]) for one in made.readings] == [("a", 1, 2)]
