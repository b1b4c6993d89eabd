"""Records of two tables are matched: by identifier, by likeness told part by part; doubtful ones wait for somebody."""

import json
from dataclasses import asdict

import pytest

from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, Unavailable
from nganam.master import operations, places, queries, running
from nganam.master.engine import codes, files, joining, matching, records
from nganam.master.engine.attributes import agree, spelled
from nganam.master.models import Entity, Membership
from nganam.warehouse import operations as tables
from nganam.warehouse import places as warehouse
from nganam.warehouse.engine import lake

from .conftest import AT, CLINIC, LAN, MAPPED, MINH, PHUC, REGISTER, WORKER, digest_of, entity_of

db = pytest.mark.django_db


def rec(key, **values):
    return records.Record(key, "bang", key, values)


def levels_of(left, right):
    found, _model = matching.match(records.table([rec("a", **left), rec("b", **right)], "person"), 0)
    return {one.attribute: one.level for one in found[0].evidence} if found else {}


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("Nguyễn Văn Hoà", "nguyễn văn hòa", "same"), ("Nguyễn Văn An", "NGUYEN VAN AN", "unmarked"),
        ("An Nguyễn Văn", "Nguyễn Văn An", "order"), ("Nguyễn Thị Thu An", "Nguyễn An", "shortened"),
        ("Nguyễn Văn Anh", "Nguyễn Văn An", "near"), ("Nguyễn Văn An", "Trần Thị Bé", "differs"),
        ("Nguyễn Văn An", "", "missing"),
    ],
)  # fmt: skip
def test_names_agree_with_and_without_marks_in_any_order_and_without_the_middle_one(one, other, level):
    born = {"date": "1990-03-05", "phone": "0950000001"}
    assert levels_of({"name": one, **born}, {"name": other, **born})["name"] == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("1990-03-05", "05/03/1990", "same"), ("1990-03-05", "03/05/1990", "swapped"), ("1990-03-05", "1990", "year"),
        ("1990-03-05", "01/01/1990", "year"), ("1990-03-05", "1990-03-06", "near"),
        ("1990-03-05", "1972-12-30", "differs"), ("1990-03-05", "31/02/1990", "missing"),
    ],
)  # fmt: skip
def test_dates_agree_swapped_or_by_year(one, other, level):
    same = {"name": "Nguyễn Văn An", "identifier": "094200000001"}
    assert levels_of({**same, "date": one}, {**same, "date": other})["date"] == level


def test_numbers_are_told_in_one_way():
    assert spelled("person", {"identifier": "94200000001"})["identifier"] == "094200000001"
    assert spelled("enterprise", {"identifier": "0101 234 567"})["identifier"] == "0101234567"
    assert (
        spelled("person", {"phone": "+84 950-000-001"})["phone"] == spelled("person", {"phone": "0950000001"})["phone"]
    )
    assert spelled("enterprise", {"name": "Công ty Trách nhiệm hữu hạn Gió"})["name_plain"] == "cty tnhh gio"


@pytest.mark.parametrize(
    "raw", ["Không có", "000000000000", "0", "x", "111111111", "12345", "chưa cấp", "B0000000", "-"]
)
def test_what_stands_where_there_is_no_number_is_none(raw):
    assert spelled("person", {"identifier": raw, "phone": raw})["identifier"] is None
    assert spelled("enterprise", {"identifier": raw})["identifier"] is None
    assert spelled("person", {"phone": raw})["phone"] is None


def test_numbers_are_those_a_kind_has():
    told = {
        "094200000001": "094200000001",
        "1090012345": "001090012345",
        "31200456": "031200456",
        "c1234567": "C1234567",
    }
    assert {raw: spelled("person", {"identifier": raw})["identifier"] for raw in told} == told
    told = {"101234567": "0101234567", "0101234567-001": "0101234567001", "94200000001": "094200000001"}
    assert {raw: spelled("enterprise", {"identifier": raw})["identifier"] for raw in told} == told
    assert spelled("agency", {"identifier": "H56.01"})["identifier"] == "H5601"
    assert spelled("agency", {"identifier": "Không có"})["identifier"] is None
    assert spelled("person", {"phone": "0999 999 999"})["phone"] is None


def test_strangers_without_a_number_stay_strangers():
    born = {"identifier": "Không có", "date": "1960"}
    found, _model = matching.match(
        records.table([rec("a", name="Trần Thị Bé", **born), rec("b", name="Lý Quốc Hùng", **born)], "person"), 0.5
    )
    assert not found


def test_one_number_and_one_year_under_two_names_waits():
    number = {"identifier": "094200000001", "date": "1960"}
    found, _model = matching.match(
        records.table([rec("a", name="Trần Thị Bé", **number), rec("b", name="Lý Quốc Hùng", **number)], "person"), 0.5
    )
    joined = joining.join(["a", "b"], {"a": "1", "b": "1"}, found, {}, joining.Thresholds(0.99, 0.5))
    assert joined.verdicts == {("a", "b"): "review"}


def test_a_number_of_too_many_records_is_nobodys():
    held = [rec(str(one), name="Trần Bé", identifier="012345678912", phone="0123456789") for one in range(51)]
    for most, told in ((51, {None}), (50, {"012345678912"})):
        assert set(records.table(held[:most], "person")["identifier"].to_pylist()) == told
    assert set(records.table(held, "person")["phone"].to_pylist()) == {None}


def test_what_says_less_contradicts_nothing():
    assert agree("name", "person", "Nguyễn Văn Hòa", "NGUYEN VAN HOA")
    assert not agree("name", "person", "Nguyễn Văn Hòa", "Nguyễn Văn Hoa Lư")
    assert agree("date", "person", "1985", "12/11/1985")
    assert not agree("date", "person", "1985-11-12", "1985-11-13")
    assert agree("phone", "person", "+84950000001", "0950 000 001")


def test_the_same_records_give_the_same_pairs():
    found = records.table(
        [rec(one[0], **dict(zip(MAPPED, one[1:], strict=True))) for one in [*REGISTER, *CLINIC]], "person"
    )
    assert matching.match(found, 0.1) == matching.match(found, 0.1)


def test_pairs_of_strangers_stay_in_the_engine(monkeypatch):
    people = [
        ("Nguyễn Văn An", "094200000001", "1990-03-05"),
        ("Trần Thị Bé", "036345678912", "1971-12-30"),
        ("Lý Quốc Cường", "001987654321", "1955-07-18"),
        ("Đỗ Bá Dũng", "079112233445", "2003-10-24"),
    ]
    family = [rec(number, name=name, identifier=number, date=date, phone="0950000001") for name, number, date in people]
    mistyped = [
        rec("y", name="Lê Cúc", identifier="048111222333", date="1970-01-02", sex="Nữ", address="Tổ 5 Mỹ Xuyên"),
        rec("z", name="Võ Én", identifier="048111222333", date="1999-12-31", sex="Nam", address="Ấp Hòa Đê"),
    ]
    given, taken = [], matching._pair

    def spy(row, compared):
        given.append(row)
        return taken(row, compared)

    monkeypatch.setattr(matching, "_pair", spy)
    found, _model = matching.match(records.table([*family, *mistyped], "person"), 0.5)
    assert [(one.left, one.right) for one in found] == [("y", "z")]
    assert found[0].probability < 0.5  # one number: whatever the score
    assert len(given) == 1  # not the six of the family's telephone


def test_a_record_without_identifier_makes_no_bridge_between_two_people():
    def likely(left, right):
        return matching.Pair(left, right, 0.999, 12.0, ())

    joined = joining.join(
        ["a", "b", "c"], {"a": "1", "b": None, "c": "2"}, [likely("a", "b"), likely("b", "c")], {},
        joining.Thresholds(0.99, 0.5),
    )  # fmt: skip
    assert joined.group == {"a": "a", "b": "a", "c": "c"}
    assert joined.verdicts == {("a", "b"): "likely", ("b", "c"): "review"}


def test_a_code_tells_nothing_and_shows_a_wrong_digit():
    assert codes.written("CN", 1) == "CN-0000001-8"
    assert len({codes.written("CN", number)[-1] for number in range(1, 10)}) == 9


def test_codes_stay_a_merge_keeps_the_older_one_a_split_makes_a_new_one():
    numbers = {1: 1, 2: 2}
    merged = codes.plan({"a": 1, "b": 2}, {"a": "a", "b": "a"}, numbers)
    assert (merged.kept, merged.merged, merged.new) == ({"a": 1}, {2: 1}, [])
    split = codes.plan({"a": 1, "b": 1, "c": 1}, {"a": "a", "b": "b", "c": "b"}, {1: 1})
    assert (split.kept, split.new) == ({"b": 1}, ["a"])
    assert codes.plan({"a": 1}, {"b": "b"}, {1: 1}).ended == [1]


@db
def test_exact_and_likely_records_become_one_doubtful_ones_wait(people, match):
    one = match(people)
    for register, clinic in (("A1", "B1"), ("A2", "B2"), ("A3", "B3")):
        assert entity_of(people, "so-dang-ky", register) == entity_of(people, "phong-kham", clinic)
    # One number, two people: whoever mistyped it, no rule says.
    assert entity_of(people, "so-dang-ky", "A4") != entity_of(people, "phong-kham", "B4")
    assert [(told.pair.left, told.pair.right) for told in queries.waiting(people)] == [
        tuple(sorted((digest_of("so-dang-ky", "A4"), digest_of("phong-kham", "B4"))))
    ]
    assert one.outcome["records"] == 8
    assert one.outcome["entities"] == 5
    assert one.outcome["by_tables"] == {"1": 2, "2": 3} or one.outcome["by_tables"] == {1: 2, 2: 3}
    assert one.model["origin"] == "declared"
    told = {"number": 1, "generation": 0, "key": ["ma"], "columns": MAPPED, "personal": True}
    assert one.versions == dict.fromkeys(("so-dang-ky", "phong-kham"), told)


@db
def test_a_pair_is_explained_part_by_part(people, match):
    match(people)
    compared = queries.compared(people, digest_of("phong-kham", "B4"), digest_of("so-dang-ky", "A4"))
    told = {line.title: (line.code, line.weight) for line in compared.lines}
    assert told["Số định danh"][0] == "same"
    assert told["Số định danh"][1] > 0 > told["Họ tên"][1]
    assert told["Họ tên"][0] == "differs"
    assert {line.left for line in compared.lines} | {line.right for line in compared.lines} >= {
        "Phạm Văn Dũng", "Đặng Quốc Việt",
    }  # fmt: skip


@db
def test_codes_stay_over_a_run_with_new_versions(people, match, load):
    match(people)
    before = {key: entity_of(people, "so-dang-ky", key).code for key in ("A1", "A2", "A3", "A4")}
    load("so-dang-ky", [*REGISTER, ("A9", "Võ Thị Én", "094300000009", "2001-02-03", "Nữ", "")])
    load("phong-kham", CLINIC[1:])
    again = match(people)
    assert {key: entity_of(people, "so-dang-ky", key).code for key in before} == before
    assert again.outcome["new"] == 1
    assert entity_of(people, "phong-kham", "B1") is None
    assert len(list(places.folder(people).glob("run-*"))) == 1


@db
def test_codes_stay_when_the_key_has_its_columns_in_another_order(people, match):
    table = people.members.get(table__code="so-dang-ky").table
    version = table.versions.get()

    def read(*key):
        member = records.Member(table.code, tuple(map(str, lake.files(warehouse.lake(table), version.delta_version))),
                                key, {"name": "ho_ten"})  # fmt: skip
        return {one.record: one.values for one in records.read([member], "x")}

    assert read("ma", "gioi_tinh") == read("gioi_tinh", "ma") != read("ma")


@db
@pytest.mark.parametrize(
    ("name", "change"), [("ho_ten", None), ("ma", {"key": False}), ("dien_thoai", {"key": True}), ("gioi_tinh", None)]
)
def test_a_table_of_a_set_is_not_changed_unawares(people, name, change):
    table = people.members.get(table__code="phong-kham").table
    columns = [{**one, **(change or {})} if one["name"] == name else one for one in table.contract["columns"]
               if change or one["name"] != name]  # fmt: skip
    with pytest.raises(RuleBroken, match=f"tập dữ liệu chủ {people.code} “Người bệnh”.*{name}"):
        tables.change_table(actor=LAN, at=AT, table=table, title=table.title, columns=columns, reason="Gọn lại")


@db
def test_a_merge_keeps_the_older_code_and_a_split_makes_a_new_one(people, match):
    match(people)
    old = entity_of(people, "so-dang-ky", "A4"), entity_of(people, "phong-kham", "B4")
    older, younger = sorted(old, key=lambda one: one.number)
    pair = (digest_of("so-dang-ky", "A4"), digest_of("phong-kham", "B4"))
    made = operations.decide(actor=LAN, at=AT, code=people.code, pair=pair, same=True, reason="Đã đổi tên")
    match(people)
    younger.refresh_from_db()
    assert entity_of(people, "so-dang-ky", "A4") == entity_of(people, "phong-kham", "B4") == older
    assert younger.merged_into == older
    operations.take_back(actor=LAN, at=AT, code=people.code, number=made.number)
    match(people)
    apart = {entity_of(people, "so-dang-ky", "A4").code, entity_of(people, "phong-kham", "B4").code}
    assert older.code in apart
    assert len(apart) == 2
    assert younger.code not in apart


@db
def test_the_trusted_table_decides_and_others_are_told(people, match):
    match(people)
    whole = queries.whole(people, entity_of(people, "so-dang-ky", "A1"))
    held = {one.attribute: one for one in whole.golden}
    assert (held["name"].value, held["name"].others) == ("Nguyễn Văn An", ())  # marks left out contradict nothing
    assert (held["phone"].value, held["phone"].table) == ("0950000001", "so-dang-ky")
    assert [one.value for one in held["phone"].others] == ["0959999999"]
    operations.change_set(
        actor=LAN, at=AT, code=people.code, title="Người bệnh", join_from=99, review_from=50,
        trusted={"phone": "phong-kham"},
    )  # fmt: skip
    people.refresh_from_db()
    held = {one.attribute: one for one in queries.whole(people, entity_of(people, "so-dang-ky", "A1")).golden}
    assert held["phone"].value == "0959999999"
    assert held["name"].value == "Nguyễn Văn An"


@db
def test_thresholds_are_the_sets_own(people, match):
    operations.change_set(
        actor=LAN, at=AT, code=people.code, title="Người bệnh", join_from=100, review_from=50, trusted={}
    )
    match(people)
    assert entity_of(people, "so-dang-ky", "A1") == entity_of(people, "phong-kham", "B1")  # by number, not by score
    assert len(queries.waiting(people)) >= 2


@db
def test_no_row_of_the_database_says_a_value(people, match):
    from django.core import serializers

    match(people)
    from django.apps import apps

    rows = [row for model in apps.get_app_config("master").get_models() for row in model._default_manager.all()]
    text = serializers.serialize("json", rows, ensure_ascii=False)
    assert not [value for one in [*REGISTER, *CLINIC] for value in (one[1], one[2]) if value and value in text]


@db
def test_others_neither_declare_nor_read(people, match):
    match(people)
    entity = entity_of(people, "so-dang-ky", "A1")
    with pytest.raises(NotAllowed):
        operations.declare_set(actor=PHUC, at=AT, agency="CT-SYT", title="Khác", kind="person")
    for other in (PHUC, MINH):
        with pytest.raises(NotFound):
            queries.get_readable_for(other, people.code)
    with pytest.raises(NotFound):
        queries.get_set_for(PHUC, people.code)
    assert queries.get_set_for(MINH, people.code) == people  # its figures, not its people
    with pytest.raises(NotAllowed):
        operations.start_run(actor=MINH, at=AT, code=people.code)
    assert queries.get_entity(people, entity.code) == entity


@db
def test_a_table_with_other_agencies_people_comes_into_no_set_of_the_lead_agency(people, load):
    table = load("so-dang-ky", REGISTER)
    mine = operations.declare_set(actor=MINH, at=AT, agency="CT-SKHCN", title="Mọi người", kind="person")
    with pytest.raises(NotAllowed):
        operations.add_member(actor=MINH, at=AT, code=mine.code, table=table, columns=MAPPED)


@db
def test_a_set_says_what_is_wrong_with_it(people, load):
    table = load("so-dang-ky", REGISTER)
    with pytest.raises(Invalid) as told:
        operations.add_member(actor=LAN, at=AT, code=people.code, table=table, columns={"identifier": "khong_co"})
    assert set(told.value.fields) == {"identifier", "name"}
    with pytest.raises(Invalid):
        operations.change_set(
            actor=LAN, at=AT, code=people.code, title="Người bệnh", join_from=40, review_from=50, trusted={}
        )
    with pytest.raises(Invalid):
        operations.declare_set(actor=LAN, at=AT, agency="CT-SYT", title="Người bệnh", kind="person")
    empty = operations.declare_set(actor=LAN, at=AT, agency="CT-SYT", title="Trống", kind="place")
    with pytest.raises(RuleBroken):
        operations.start_run(actor=LAN, at=AT, code=empty.code)
    operations.start_run(actor=LAN, at=AT, code=people.code)
    with pytest.raises(RuleBroken, match="đang được ghép"):
        operations.start_run(actor=LAN, at=AT, code=people.code)


@db
def test_runs_are_in_the_audit_without_values(people, match):
    match(people)
    told = list(Entry.objects.filter(action__startswith="master.").values_list("action", "details"))
    assert [action for action, _details in told][-2:] == ["master.run.asked", "master.run.done"]
    assert "Nguyễn Văn An" not in json.dumps([details for _action, details in told], ensure_ascii=False)
    assert asdict(matching.Model("declared", 0.1))["origin"] == "declared"
    assert Entity.objects.count() == 5
    assert Membership.objects.count() == 8
    assert files.found(places.run(queries.last_done(people)) / places.RECORDS, "nguyen an", "person", limit=9)


def declare_personal(held, personal):
    """Say of a table or version that all columns but the key are personal, or none; return it as it is then."""
    columns = [
        {"name": one["name"], "title": one["title"], "key": one.get("key", False),
         "personal": personal and not one.get("key", False)}
        for one in held.contract["columns"]
    ]  # fmt: skip
    held.contract = {**held.contract, "columns": columns}
    held.save()
    return type(held)._default_manager.get(pk=held.pk)


@db
def test_what_a_table_said_that_was_taken_out_is_read_by_nobody(people, match):
    match(people)
    clinic = people.members.get(table__code="phong-kham").table
    entity = entity_of(people, "phong-kham", "B1")
    declare_personal(clinic, personal=False)
    operations.remove_member(actor=LAN, at=AT, code=people.code, table="so-dang-ky")
    with pytest.raises(NotFound):  # what is left is nobody's secret now, but was when the files were made
        queries.get_readable_for(MINH, people.code)
    for read in (lambda: queries.whole(people, entity), lambda: queries.waiting(people)):
        with pytest.raises(Unavailable, match="bỏ khỏi tập"):
            read()
    assert running.repair(actor=WORKER, now=lambda: AT) == [people.code]
    assert not list(places.folder(people).glob("run-*"))
    running.run(actor=WORKER, now=lambda: AT, code=people.code, number=2)
    assert [one.table for one in queries.whole(people, entity_of(people, "phong-kham", "B1")).records] == ["phong-kham"]


@db
def test_a_set_without_tables_is_read_by_nobody(people, match):
    match(people)
    for table in ("so-dang-ky", "phong-kham"):
        operations.remove_member(actor=LAN, at=AT, code=people.code, table=table)
    for other in (MINH, LAN):
        with pytest.raises(NotFound):
            queries.get_readable_for(other, people.code)


@db
def test_columns_chosen_anew_are_matched_at_night(people, match):
    match(people)
    member = people.members.get(table__code="phong-kham")
    fewer = {name: column for name, column in member.columns.items() if name != "phone"}
    operations.add_member(actor=LAN, at=AT, code=people.code, table=member.table, columns=fewer)
    with pytest.raises(Unavailable):
        queries.waiting(people)
    assert running.match_new_versions(actor=WORKER, at=AT) == [people.code]
    running.run(actor=WORKER, now=lambda: AT, code=people.code, number=2)
    assert queries.waiting(people)
    assert running.match_new_versions(actor=WORKER, at=AT) == []


@db
def test_a_table_that_became_personal_is_matched_for_its_owner_alone(people, load):
    table = declare_personal(load("so-dang-ky", REGISTER), personal=False)
    version = declare_personal(table.versions.get(), personal=False)
    mine = operations.declare_set(actor=MINH, at=AT, agency="CT-SKHCN", title="Mọi người", kind="person")
    operations.add_member(actor=MINH, at=AT, code=mine.code, table=table, columns=MAPPED)
    for number, held in enumerate((table, version), start=1):  # declared so today, or when its rows came
        declare_personal(held, personal=True)
        operations.start_run(actor=MINH, at=AT, code=mine.code)
        one = running.run(actor=WORKER, now=lambda: AT, code=mine.code, number=number)
        assert one.state == "failed"
        assert "không còn được vào tập" in one.fault
        declare_personal(held, personal=False)
    operations.start_run(actor=MINH, at=AT, code=mine.code)
    assert running.run(actor=WORKER, now=lambda: AT, code=mine.code, number=3).state == "done"
    assert queries.get_readable_for(MINH, mine.code) == mine
