"""Sandbox copies are made of the contract alone: right in every rule of it, and nobody's."""

import fcntl
import re
import time
from datetime import timedelta

import pytest

from nganam.kernel.errors import Invalid
from nganam.warehouse.engine import made_up
from nganam.warehouse.engine.contract import from_list

AT_HOME = ("31507", "31732")
COLUMNS = [
    {"name": "so_dinh_danh", "key": True, "personal": True, "pattern": r"\d{12}"},
    {"name": "ho_ten", "required": True, "personal": True},
    {"name": "dien_thoai", "personal": True, "required": True},
    {"name": "ma_so_thue", "required": True},
    {"name": "loai", "allowed": ["A", "B"], "required": True},
    {"name": "hang", "type": "integer", "allowed": ["1", "2"], "required": True},
    {"name": "bien_so", "pattern": r"8[3-6][A-Z]-\d{5}", "required": True},
    {"name": "ma_xa", "type": "commune", "required": True},
    {"name": "so_giuong", "type": "integer", "minimum": "5", "maximum": "9"},
    {"name": "ty_le", "type": "decimal", "minimum": "-1.5", "maximum": "0", "required": True},
    {"name": "ngay", "type": "date", "minimum": "2024-01-01", "maximum": "2024-01-31", "required": True},
    {"name": "luc", "type": "datetime", "required": True},
    {"name": "con_dung", "type": "boolean", "required": True},
]


def rows(columns=COLUMNS, **more):
    return made_up.batch(from_list(columns), seed="bang", communes=AT_HOME, **more).to_pylist()


def test_every_rule_of_the_contract_is_kept():
    found = rows()
    assert len(found) == made_up.ROWS
    assert len({one["so_dinh_danh"] for one in found}) == made_up.ROWS
    for one in found:
        assert re.fullmatch(r"8[3-6][A-Z]-\d{5}", one["bien_so"])
        assert one["loai"] in {"A", "B"}
        assert one["hang"] in {1, 2}
        assert one["ma_xa"] in AT_HOME
        assert one["so_giuong"] is None or 5 <= one["so_giuong"] <= 9
        assert -1.5 <= one["ty_le"] <= 0
        assert one["ngay"].isoformat().startswith("2024-01-")
        assert all(one[name] is not None for name in one if name != "so_giuong")
    assert any(one["so_giuong"] is None for one in found)


def test_the_same_contract_gives_the_same_rows_and_another_seed_others():
    assert rows() == rows()
    assert made_up.batch(from_list(COLUMNS), seed="khac", communes=AT_HOME).to_pylist() != rows()


def test_made_up_positions_lie_in_the_country():
    columns = [{"name": "ma", "key": True}, *({"name": one, "type": "decimal"} for one in ("kinh_do", "vi_do"))]
    made = made_up.batch(from_list(columns), seed="a").to_pylist()
    spots = [(one["kinh_do"], one["vi_do"]) for one in made if None not in one.values()]
    assert spots
    assert all(102 <= lon <= 110 and 8 <= lat <= 24 for lon, lat in spots)


def test_nobody_can_be_meant():
    for one in rows():
        number, tax = one["so_dinh_danh"], one["ma_so_thue"]
        assert number[3] in "23"
        assert 2000 + int(number[4:6]) >= 2060
        assert one["dien_thoai"].startswith("095")
        total = sum(int(digit) * weight for digit, weight in zip(tax, made_up.TAX_WEIGHTS, strict=False))
        assert total % 11 == 0  # the tenth digit would have to be ten: such a code is never issued
        assert len(one["ho_ten"].split()) == 3


@pytest.mark.parametrize("columns", [
    [{"name": "ma", "key": True, "allowed": ["x", "y", "z"]}],
    [{"name": "ghi_chu"}],
    [{"name": "nam", "type": "integer", "key": True}, {"name": "gia_tri", "type": "decimal"}],
    [{"name": "ma", "key": True, "pattern": r"\p{L}{3}"}],
])  # fmt: skip
def test_narrow_keys_no_keys_and_strange_patterns_give_rows_all_the_same(columns):
    assert 1 <= len(rows(columns)) <= made_up.ROWS


@pytest.mark.parametrize("pattern", [
    r"(\w+\s?)+[.]", r"(x+x+)+y", r"((((((\d+)+)+)+)+)+)+[.]", r"(a|aa)+[.]", r"[A-Z]{150}",
])  # fmt: skip
def test_a_pattern_that_would_be_matched_for_years_is_done_at_once(pattern):
    began = time.monotonic()
    found = rows([{"name": "ghi_chu", "title": "a" * 60, "pattern": pattern, "required": True}], rows=20)
    assert time.monotonic() - began < 5
    assert len(found) == 20


def test_what_was_made_by_a_pattern_is_what_the_warehouse_takes():
    # To the warehouse \w is of ASCII, to Python of all letters.
    made = rows([{"name": "ghi_chu", "pattern": r"\w{3}x*", "required": True}], rows=20)
    assert all(re.fullmatch(r"[A-Za-z0-9_]{3}x*", one["ghi_chu"]) for one in made)


def test_every_demo_contract_can_be_made_and_passes_the_rules_of_its_own_table(tmp_path):
    from nganam.demo.contracts import contracts

    for one in contracts().values():
        shape = from_list(one.as_list())
        found = made_up.batch(shape, seed=one.code, communes=AT_HOME)
        assert found.num_rows
        for column in shape.columns:
            if column.required:
                assert found.column(column.name).null_count == 0, (one.code, column.name)


@pytest.mark.parametrize("wrong", [
    {"type": "integer", "allowed": ["một"]}, {"type": "decimal", "allowed": ["1,5"]},
    {"type": "date", "allowed": ["31/12/2024"]}, {"type": "datetime", "allowed": ["trưa"]},
    {"type": "boolean", "allowed": ["có lẽ"]}, {"type": "date", "minimum": "2024-02-31"},
    {"type": "datetime", "maximum": "2024-13-01"},
])  # fmt: skip
def test_a_contract_whose_own_values_are_not_of_its_types_is_refused(wrong):
    with pytest.raises(Invalid) as refused:
        from_list([{"name": "cot", **wrong}])
    assert "không đúng kiểu" in refused.value.fields["columns"][0]


@pytest.mark.django_db
def test_a_table_whose_copy_cannot_be_made_keeps_none_from_theirs(province, at, monkeypatch):
    import scenes
    from nganam.services import sandbox as twins
    from nganam.warehouse import sandbox

    def ensure(table, *, at):
        raise ValueError(table.code)

    scenes.published_service()
    with monkeypatch.context() as patched:
        patched.setattr(sandbox, "ensure_copy", ensure)
        assert twins.ensure_copies(at=at) == []
    assert twins.ensure_copies(at=at) == ["co-so-kham-chua-benh"]


@pytest.mark.django_db
def test_a_copy_holds_no_real_row_and_follows_the_contract(province, at):
    import scenes
    from nganam.services import sandbox as twins
    from nganam.warehouse import sandbox

    service = scenes.published_service()
    folder = sandbox.place(service.table)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert twins.ensure_copies(at=at) == [], "another makes it"
    assert twins.ensure_copies(at=at) == ["co-so-kham-chua-benh"]
    assert twins.ensure_copies(at=at) == []
    found = sandbox.examples(service.table, ["ma_co_so", "ten_co_so"], most=1000)
    real = {row[0] for row in scenes.ROWS} | {row[1] for row in scenes.ROWS}
    assert len(found) == made_up.ROWS
    assert not real & {value for row in found for value in row}

    table = service.table
    table.contract = {"columns": [*table.contract["columns"], {"name": "them", "title": "Thêm", "type": "text"}]}
    table.save()
    assert twins.ensure_copies(at=at + timedelta(days=1)) == ["co-so-kham-chua-benh"]
    assert sandbox.examples(type(table).objects.get(pk=table.pk), ["them"], most=1) == [("Thêm thử nghiệm 1",)]
