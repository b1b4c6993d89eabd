"""Generated people and enterprises: the same for a seed, rightly named, and nobody's."""

import re
from collections import Counter, defaultdict
from datetime import date
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nganam.demo import dossiers, facts, households, names, people
from nganam.demo import enterprises as companies
from nganam.kernel import identifiers

PEOPLE = list(people.citizens())
COMPANIES = list(companies.enterprises())


def test_twenty_thousand_citizens_by_default_each_with_a_number_of_their_own():
    assert len(PEOPLE) == 20_000
    assert len({one.so_dinh_danh for one in PEOPLE}) == 20_000
    assert len({one.ma_bhxh for one in PEOPLE}) == 20_000


def test_no_identifier_can_belong_to_a_living_person():
    for one in PEOPLE:
        assert re.fullmatch(r"\d{12}", one.so_dinh_danh)
        assert one.so_dinh_danh[0] == "0"
        assert one.so_dinh_danh[3] == ("3" if one.gioi_tinh == "Nữ" else "2")
        assert int(one.so_dinh_danh[4:6]) >= 60
        assert not people.can_belong_to_somebody(one.so_dinh_danh)
        assert identifiers.parse_cccd(one.so_dinh_danh).birth_year >= 2060
        assert re.fullmatch(r"095\d{7}", one.dien_thoai)
        assert re.fullmatch(r"00\d{8}", one.ma_bhxh)
        assert one.du_lieu_gia == 1


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**63), n=st.integers(0, 400))
def test_whatever_the_seed_nobody_real_is_meant(seed, n):
    made = list(people.citizens(n, seed))
    assert len({one.so_dinh_danh for one in made}) == n
    assert not any(people.can_belong_to_somebody(one.so_dinh_danh) for one in made)
    sold = list(companies.enterprises(n, seed))
    assert len({one.ma_so_thue for one in sold}) == n
    assert all(companies.is_never_issued(one.ma_so_thue) for one in sold)


@pytest.mark.parametrize("identifier", ["094095123456", "094200123456", "094326123456"])
def test_a_real_looking_identifier_is_told_apart(identifier):
    assert people.can_belong_to_somebody(identifier)


def test_the_same_seed_gives_the_same_people_and_another_seed_others():
    assert list(people.citizens(500)) == PEOPLE[:500]
    assert list(islice(people.citizens(1_000_000), 500)) == PEOPLE[:500]
    other = list(people.citizens(500, seed=1))
    assert not {one.so_dinh_danh for one in other} & {one.so_dinh_danh for one in PEOPLE[:500]}


def test_the_first_citizen_does_not_change_between_versions_of_python():
    assert PEOPLE[0][:5] == ("094266730660", "Kim Sà Vươn", "Nam", date(1981, 5, 2), "05")


def test_names_stand_in_vietnamese_order():
    surnames = {row["ho"] for row in facts.table("ho-ten/ho")}
    for one in PEOPLE:
        parts = one.ho_ten.split(" ")
        assert parts[0] in surnames, one.ho_ten
        assert 2 < len(parts) < 5, one.ho_ten
        assert all(part[0].isupper() for part in parts)
        assert "Thị" not in parts or one.gioi_tinh == "Nữ"
        assert parts[1] != "Văn" or len(parts) == 3


def test_khmer_and_hoa_people_live_among_the_kinh_in_plausible_shares():
    share = {code: sum(one.dan_toc == code for one in PEOPLE) / len(PEOPLE) for code in ("01", "04", "05")}
    assert 0.62 < share["01"] < 0.66
    assert 0.28 < share["05"] < 0.32
    assert 0.04 < share["04"] < 0.06
    khmer = {one.ho_ten.split()[0] for one in PEOPLE if one.dan_toc == "05"}
    assert {"Thạch", "Sơn", "Danh", "Kim"} <= khmer
    assert {one.dan_toc for one in PEOPLE} <= {row["ma"] for row in facts.table("danh-muc/dan_toc")}


def test_people_live_in_the_43_communes_about_as_the_census_says():
    population = facts.population_2009()
    total = sum(population.values())
    for code, count in population.items():
        lived = sum(one.ma_xa == code for one in PEOPLE)
        assert abs(lived / len(PEOPLE) - count / total) < 0.006
    for one in PEOPLE[:1000]:
        assert one.dia_chi.startswith("Số ")
        assert facts.new_communes()[one.ma_xa] in one.dia_chi


def test_birth_dates_are_plausible_and_disagree_with_the_identifier():
    for one in PEOPLE:
        assert date(1925, 1, 1) < one.ngay_sinh < households.REFERENCE_ON
        assert 2000 + int(one.so_dinh_danh[4:6]) > one.ngay_sinh.year
    children = sum(one.ngay_sinh.year > 2010 for one in PEOPLE) / len(PEOPLE)
    assert 0.2 < children < 0.3


def homes():
    found = defaultdict(list)
    for one in PEOPLE[:-20]:  # the last household may be cut off
        found[one.ma_ho].append(one)
    return found


def test_people_live_in_households_with_one_head_and_one_address():
    assert 3.0 < len(PEOPLE) / len(homes()) < 3.6
    for members in homes().values():
        assert [one.quan_he for one in members].count("Chủ hộ") == 1
        assert members[0].quan_he == "Chủ hộ"
        assert len({(one.dia_chi, one.ma_xa) for one in members}) == 1
        assert len({one.quan_he for one in members} & {"Vợ", "Chồng"}) < 2


def test_children_bear_their_fathers_surname_and_are_born_to_grown_up_mothers():
    for members in homes().values():
        role = {one.quan_he: one for one in members}
        head, spouse = role["Chủ hộ"], role.get("Vợ") or role.get("Chồng")
        father = spouse if spouse and spouse.quan_he == "Chồng" else head
        mother = spouse if spouse and spouse.quan_he == "Vợ" else head
        for child in (one for one in members if one.quan_he == "Con"):
            assert child.ho_ten.split()[0] == father.ho_ten.split()[0]
            assert child.dan_toc == father.dan_toc
            assert (child.ngay_sinh - mother.ngay_sinh).days > 17.9 * 365
        for elder in (one for one in members if one.quan_he in {"Cha", "Mẹ"}):
            assert (head.ngay_sinh - elder.ngay_sinh).days > 18 * 365


def test_dossiers_are_of_citizens_of_age_and_their_faults_are_counted():
    made = list(dossiers.dossiers(3_000))
    assert list(islice(dossiers.dossiers(20_000), 500)) == made[:500]
    of_age = {one.so_dinh_danh for one in PEOPLE[:3_000] if one.ngay_sinh < date(2010, 1, 2)}
    whole = [one for one in made if len(one.so_dinh_danh) == 12]
    assert {one.so_dinh_danh for one in whole} <= of_age
    assert 3.9 < len(made) / 3_000 < 4.4
    assert 0.04 < sum(one.ket_qua == "Trễ hạn" for one in made) / len(made) < 0.08
    known = {row.so_dinh_danh: row.ma_xa for row in PEOPLE[:3_000]}
    assert all(known[one.so_dinh_danh] == one.ma_xa for one in whole if one.ma_xa != "99999")
    counts = Counter(one.ma_ho_so for one in made)
    assert dossiers.faults_among(len(made)) == {
        "pattern": len(made) - len(whole),
        "date": sum("/" in one.ngay_nhan for one in made),
        "commune": sum(one.ma_xa == "99999" for one in made),
        "allowed": sum(one.kenh == "Online" for one in made),
        "integer": sum(isinstance(one.le_phi, str) for one in made),
        "duplicate": sum(count - 1 for count in counts.values()),
    }


def test_more_citizens_than_identifiers_are_refused():
    with pytest.raises(ValueError, match="identifiers"):
        next(people.citizens(people.CAPACITY + 1))
    with pytest.raises(ValueError, match="tax codes"):
        next(companies.enterprises(companies.CAPACITY + 1))


def test_two_thousand_enterprises_with_tax_codes_never_issued_and_names_marked_as_samples():
    assert len(COMPANIES) == 2_000
    assert len({one.ma_so_thue for one in COMPANIES}) == 2_000
    classes = {row["ma"]: row["ten"] for row in facts.table("danh-muc/vsic")}
    for one in COMPANIES:
        assert re.fullmatch(r"22\d{8}", one.ma_so_thue)
        assert companies.is_never_issued(one.ma_so_thue)
        assert not identifiers.is_tax_code(one.ma_so_thue)
        assert re.search(r" Mẫu \d{4}$", one.ten_doanh_nghiep)
        assert classes[one.ma_nganh] == one.ten_nganh
        assert one.ma_xa in facts.new_communes()
        assert date(2000, 1, 1) < one.ngay_dang_ky < households.REFERENCE_ON
        assert one.von_dieu_le > 0
        assert one.so_lao_dong > 0
        assert one.du_lieu_gia == 1


def test_a_real_tax_code_is_not_of_the_never_issued_kind():
    assert not companies.is_never_issued("0100047516")


def test_a_draw_keeps_to_its_values_at_both_ends():
    draw = names.Draw(("a", "b"), (1, 3))
    assert [draw(chance) for chance in (0.0, 0.2, 0.25, 0.999999999)] == ["a", "a", "b", "b"]
