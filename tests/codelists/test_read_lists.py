"""A published list is read by day: what is in force, what a code was, what it has become."""

from datetime import date, timedelta

import pytest

from nganam.agencies.imports import import_agencies
from nganam.agencies.models import AdminUnit, UnitSuccession
from nganam.codelists import operations, queries
from nganam.codelists.recoding import Group, recode
from nganam.codelists.tables import CodeTable, Move, Span
from nganam.kernel.errors import NotFound, RuleBroken, StateMoved

pytestmark = pytest.mark.django_db
FIRST, SECOND, TODAY = date(2022, 1, 1), date(2025, 7, 1), date(2026, 11, 3)
EVE = SECOND - timedelta(days=1)


def codes(found, day):
    stage = queries.stage_on(found, day)
    return [one.code for one in queries.entries_of(found, stage)] if stage else None


@pytest.mark.law("S12.1", "D34.1")
def test_the_version_of_the_day_says_which_codes_are_in_force(kinds):
    assert codes(kinds, FIRST - timedelta(days=1)) is None
    assert codes(kinds, EVE) == ["A", "01", "02", "03", "04"]
    assert codes(kinds, SECOND) == ["A", "12", "03", "41", "42"]
    assert queries.entry_on(kinds, "03", EVE).name == "Ba"
    assert queries.entry_on(kinds, "03", SECOND).name == "Ba mới"
    assert [(one.start, one.end) for one in queries.stages(kinds)] == [(FIRST, SECOND), (SECOND, None)]


def test_old_codes_lead_to_new_ones_merged_split_or_unchanged(kinds):
    merged = queries.heirs(kinds, "01", since=None, day=TODAY)
    assert ([one.code for one in merged.entries], merged.is_split, merged.is_whole) == (["12"], False, True)
    split = queries.heirs(kinds, "04", since=None, day=TODAY)
    assert ([one.code for one in split.entries], split.is_split) == (["41", "42"], True)
    assert [one.code for one in queries.heirs(kinds, "03", since=EVE, day=TODAY).entries] == ["03"]
    with pytest.raises(NotFound):
        queries.heirs(kinds, "99", since=None, day=TODAY)


def test_the_history_of_a_code_tells_names_and_what_it_came_from(kinds):
    first, second = queries.history(kinds, "03")
    assert (first.entry.name, first.end, second.entry.name, second.end) == ("Ba", SECOND, "Ba mới", None)
    (gone,) = queries.history(kinds, "01")
    assert (gone.end, gone.after, gone.basis) == (SECOND, (("12", "Một và hai"),), "QĐ 2/QĐ-UBND")
    (made,) = queries.history(kinds, "12")
    assert made.before == (("01", "Một"), ("02", "Hai"))
    (same,) = queries.history(kinds, "A")
    assert (same.start, same.end) == (FIRST, None)


def test_a_correction_is_another_version_from_the_same_day(kinds, bring):
    bring("ma,ten,ma_cu\n12,Một và hai (đúng),01;02\n03,Ba,\n4,Bốn,04\n", SECOND)
    assert codes(kinds, TODAY) == ["12", "03", "4"]
    assert codes(kinds, EVE) == ["A", "01", "02", "03", "04"]
    assert [one.number for one in queries.stages(kinds)] == [1, 3]
    assert [one.number for one in queries.corrected(kinds)] == [2]
    assert queries.stage_numbered(kinds, 2).start == queries.stage_numbered(kinds, 2).end
    assert not queries.heirs(kinds, "04", since=None, day=TODAY).is_split


def test_a_published_version_stays_and_its_digest_proves_it(kinds, minh, at):
    version = kinds.versions.get(number=1)
    assert operations.content_digest(version) == version.sha256
    for deed in (operations.publish_version, operations.withdraw_draft):
        with pytest.raises(StateMoved):
            deed(actor=minh, at=at, version=version)
    version.entries.filter(code="01").update(name="Sửa lén")
    assert operations.content_digest(version) != version.sha256


def test_a_draft_is_in_force_on_no_day_and_nobody_else_sees_it(declare, bring, lan, phuc):
    made = declare(agency="CT-SYT")
    bring("ma,ten\n01,Một\n", publish=False, actor=lan)
    assert queries.stages(made) == []
    assert not queries.public_lists().filter(code=made.code).exists()
    with pytest.raises(NotFound):
        queries.get_list_for(phuc, made.code)


def test_a_draft_whose_ground_moved_is_not_published(kinds, bring):
    draft = bring("ma,ten,ma_cu\n5,Năm,12\n", date(2026, 1, 1), publish=False)
    draft.successions.update(old="77")
    with pytest.raises(RuleBroken, match="77"):
        operations.publish_version(actor=queries_actor(), at=draft.imported_at, version=draft)


def test_a_draft_is_compared_by_the_successors_it_states_itself(kinds, bring):
    draft = bring("ma,ten,ma_cu\nA,Nhóm một,\n5a,Năm a,12\n5b,Năm b,12\n", date(2026, 1, 1), publish=False)
    earlier, later = queries.stages(kinds)[-1], queries.Stage(draft.number, draft.valid_from, None, draft)
    told = queries.difference_of(earlier, later, kinds)
    assert {one.code: heirs for one, heirs in told.removed} == {"12": ("5a", "5b"), "03": (), "41": (), "42": ()}


def queries_actor():
    from nganam.kernel.actors import system

    return system("test")


def test_two_days_are_compared(kinds):
    told = queries.difference(kinds, EVE, SECOND)
    assert [one.code for one in told.added] == ["12", "41", "42"]
    assert [(one.code, heirs) for one, heirs in told.removed] == [
        ("01", ("12",)),
        ("02", ("12",)),
        ("04", ("41", "42")),
    ]
    assert [new.name for _old, new in told.changed] == ["Ba mới"]
    assert queries.difference(kinds, SECOND, TODAY).is_empty


def test_a_list_of_units_is_read_from_the_register(units):
    assert len(codes(units, EVE)) == 108
    assert len(codes(units, SECOND)) == 103
    ward = queries.heirs(units, "31498", since=None, day=TODAY)
    assert [one.code for one in ward.entries] == ["31507"]
    assert [one.entry.name for one in queries.history(units, "31507")] == ["Phường 6", "Phường Sóc Trăng"]
    assert queries.entry_on(units, "31507", EVE).name == "Phường 6"
    # Ward 1 of 2023 went into the ward of code 31522 in 2024, and with it into Phú Lợi in 2025.
    assert [one.code for one in queries.heirs(units, "31513", since=date(2023, 1, 1), day=TODAY).entries] == ["31510"]
    rows = queries.entries_of(units, queries.stage_on(units, TODAY))
    assert [one.name for one in queries.find(rows, text="nga nam")] == ["Phường Ngã Năm"]
    assert queries.codes_before(units, SECOND) == frozenset(codes(units, EVE))


def test_a_code_given_again_after_a_gap_is_not_what_it_was():
    early, late = date(2020, 1, 1), date(2023, 1, 1)
    table = CodeTable(
        "x", "X",
        (Span("1", early, date(2021, 1, 1)), Span("1", date(2022, 1, 1), None), Span("2", date(2021, 1, 1), None)),
        (Move(date(2021, 1, 1), "1", "2"),),
    )  # fmt: skip
    assert table.fate("1", early, late) == (frozenset({"2"}), True)
    assert table.fate("1", date(2022, 6, 1), late) == (frozenset({"1"}), True)
    assert table.heirs("1", date(2021, 6, 1)) == ("2",)
    alone = CodeTable("x", "X", (Span("1", early, date(2021, 1, 1)), Span("1", date(2022, 1, 1), None)))
    assert alone.fate("1", early, late) == (frozenset(), False)


def test_a_code_that_gave_away_a_part_keeps_the_rest_and_no_figure_is_told(declare, bring):
    made = declare()
    bring("ma,ten\nA,Một\nC,Ba\nD,Bốn\n")
    bring("ma,ten,ma_cu\nA,Một,\nB,Hai,A\nC,Ba mới,D\nE,Năm,C\n", SECOND)
    table = queries.code_table(made)
    told = queries.heirs(made, "A", since=EVE, day=TODAY)
    assert ([one.code for one in told.entries], told.is_split, told.is_whole) == (["A", "B"], True, True)
    assert table.fate("C", EVE, TODAY).codes == {"E"}  # named by another, C is said to be somebody else
    groups = {code: Group(2, {"n": 10}) for code in "ABCE"}
    forward = recode(groups, table, since=EVE, until=TODAY, measures=["n"])
    assert {one.code: (one.reason, one.rows) for one in forward.readings} == {
        "A": ("divided", None), "B": ("divided", None), "E": ("whole", 2),
    }  # fmt: skip
    back = recode(groups, table, since=TODAY, until=EVE, measures=["n"])
    assert {one.code: (one.reason, one.rows) for one in back.readings} == {
        "A": ("divided", None), "C": ("whole", 2), "D": ("whole", 2),
    }  # fmt: skip


@pytest.mark.parametrize("names_itself", [True, False])
def test_a_unit_that_gave_away_a_part_and_begins_again_is_divided(units, at, names_itself):
    unit = {"kind": "commune", "parent": "", "province_code": "94", "valid_until": ""}
    old = unit | {"code": "90001", "name": "Xã Một", "valid_from": "2022-01-01", "valid_until": "2025-07-01"}
    new = [unit | {"code": code, "name": "Xã", "valid_from": "2025-07-01"} for code in ("90001", "90002")]
    moves = [
        {"predecessor": "90001", "successor": code, "on": "2025-07-01"}
        for code in ("90002", *(["90001"] if names_itself else []))
    ]
    import_agencies([], (), [old, *new], moves, actor=queries_actor(), at=at)
    assert queries.code_table(units).fate("90001", EVE, TODAY) == (frozenset({"90001", "90002"}), True)


def test_a_unit_that_goes_on_keeps_what_it_did_not_give(units):
    giver, taker = (AdminUnit.objects.get(code=code, valid_until=None) for code in ("31507", "31510"))
    UnitSuccession.objects.create(predecessor=giver, successor=taker, on=date(2026, 1, 1))
    fate = queries.code_table(units).fate("31507", SECOND, TODAY)
    assert fate == (frozenset({"31507", "31510"}), True)
    assert queries.code_table(units).fate("31510", SECOND, TODAY).codes == {"31510"}
