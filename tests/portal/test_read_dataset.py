"""A dataset's page: what it is, whether it is fresh, whether one may use it; rows, map, chart, fields, releases."""

import json
import re
from datetime import timedelta

import pytest
import time_machine

import scenes
from nganam.opendata import operations

pytestmark = pytest.mark.django_db
LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


@pytest.mark.law("S10.1", "S13.2", "S13.3", "D17.1")
def test_anybody_reads_the_rows_without_signing_in_or_a_click(dung_browser, climate):
    page = dung_browser.get("/du-lieu/khi-hau/")
    assert page.status_code == 200
    assert page.text.count("<tr><td") >= 3
    assert "1.800,5" in page.text
    assert '<td class="num">2019</td>' in page.text
    for words in ("Sở Y tế thành phố Cần Thơ", "Khí hậu Sóc Trăng", "Môi trường", "Phiên bản", "du-lieu@soyte.invalid"):
        assert words in page.text


@pytest.mark.law("S10.4")
@pytest.mark.parametrize(
    ("days", "state", "words"),
    [(0, "moi", "Đúng hạn cập nhật"), (85, "sap-den-han", "Sắp đến hạn"), (100, "qua-han", "Quá hạn cập nhật")],
)
def test_promised_and_real_freshness_stand_side_by_side(dung_browser, climate, days, state, words):
    with time_machine.travel(scenes.AT + timedelta(days=days), tick=False):
        page = dung_browser.get("/du-lieu/khi-hau/")
        listed = dung_browser.get("/du-lieu/", {"do-moi": state})
    assert page.context["light"].state == state
    assert words in page.text
    assert "03/02/2027" in page.text
    assert "Hằng quý" in page.text
    assert [row["dataset"].slug for row in listed.context["rows"]] == ["khi-hau"]


@pytest.mark.law("D18")
def test_the_terms_of_use_are_said_plainly_with_what_they_rest_on(dung_browser, climate):
    page = dung_browser.get("/du-lieu/khi-hau/").text
    for words in (
        "mục đích thương mại",
        "Phải ghi rõ nguồn",
        "Không được bán lại dữ liệu nguyên trạng",
        "nguyên trạng",
    ):
        assert words in page
    assert "bãi bỏ từ 19/08/2025" in page
    assert "nội bộ" in page
    assert "Sở Y tế thành phố Cần Thơ, “Khí hậu Sóc Trăng”, phiên bản 1 ngày 03/11/2026" in page
    assert "Điều 18" in dung_browser.get("/phap-luat/dieu-kien-su-dung/").text


def test_before_the_articles_were_repealed_the_terms_cite_them(climate):
    from nganam.portal.licence import licence

    climate.rules = "2020-05-25"
    assert (licence(climate).article, licence(climate).is_local) == ("D18", False)


def test_rows_sort_by_any_column_in_vietnamese_order(dung_browser, open_table):
    rows = [
        (str(n), name, "x", str(beds))
        for n, (name, beds) in enumerate([("Đất", 5), ("Ân", 100), ("ao", 20), ("Ăn", 3)])
    ]
    open_table("xep", scenes.OPEN_COLUMNS, rows)

    def column(sort, place):
        body = str(dung_browser.get("/du-lieu/xep/", {"sap-xep": sort}).context["preview"].body)
        return [re.sub(r"<[^>]+>", "", line.split("</td>")[place]) for line in body.split("</tr>")[:-1]]

    assert column("ten_co_so", 1) == ["ao", "Ăn", "Ân", "Đất"]
    assert column("-ten_co_so", 1) == ["Đất", "Ân", "Ăn", "ao"]
    assert column("so_giuong", 3) == ["3", "5", "20", "100"]
    assert column("khong-co", 0) == ["0", "1", "2", "3"]


def test_rows_are_paged_and_a_wrong_page_is_the_nearest(dung_browser, open_table):
    open_table("dai", scenes.OPEN_COLUMNS, [(f"{n:04}", f"Cơ sở {n}", "x", "1") for n in range(250)])
    seen = [str(dung_browser.get("/du-lieu/dai/", {"trang": n}).context["preview"].body).count("<tr>") for n in "1239"]
    assert seen == [100, 100, 50, 50]
    assert "0249" in dung_browser.get("/du-lieu/dai/", {"trang": "abc", "sap-xep": "-ma_co_so"}).text


def test_a_title_and_cells_with_markup_are_shown_not_run(dung_browser, open_table):
    bad = "<script>alert(1)</script>"
    open_table(
        "la", scenes.OPEN_COLUMNS, [("1", bad, f'"{bad}', "1")],
        title=f"Đất {bad}", description=f"</script>{bad}", keywords=[bad], contact=bad, source_note=bad,
    )  # fmt: skip
    page = dung_browser.get("/du-lieu/la/").text
    assert bad not in page
    assert "&lt;script&gt;alert(1)" in page
    told = json.loads(LD.search(page)[1])
    assert told["name"] == f"Đất {bad}"


def test_search_engines_read_a_description_with_every_file(dung_browser, climate):
    told = json.loads(LD.search(dung_browser.get("/du-lieu/khi-hau/").text)[1])
    assert (told["@type"], told["version"], told["datePublished"]) == ("Dataset", "1", "2026-11-03")
    assert {one["encodingFormat"] for one in told["distribution"]} >= {"text/csv", "application/json"}
    assert all(len(one["sha256"]) == 64 for one in told["distribution"])
    assert told["variableMeasured"][1] == {
        "@type": "PropertyValue", "name": "luong_mua", "description": "Lượng mưa", "unitText": "mm",
    }  # fmt: skip


@pytest.mark.law("S13.2")
def test_fields_stand_with_types_units_and_profile(dung_browser, climate):
    rows = {column.name: (column.type, column.unit, profile, told) for column, profile, told in _fields(dung_browser)}
    assert rows["luong_mua"][:2] == ("decimal", "mm")
    assert (rows["luong_mua"][2].distinct, rows["luong_mua"][3]) == (3, "1.800,5 – 2.100")
    assert rows["nam"][3] == "2019 – 2022"


def _fields(browser):
    return browser.get("/du-lieu/khi-hau/").context["fields"]


def test_a_chart_follows_the_chosen_figure_and_leaves_missing_years_open(dung_browser, climate):
    chart = dung_browser.get("/du-lieu/khi-hau/").context["chart"]
    assert chart.data["x"] == ["2019", "2020", "2021", "2022"]
    assert chart.data["series"] == [{"name": "Lượng mưa", "values": [1800.5, 2100.0, None, 1950.25]}]
    chosen = dung_browser.get("/du-lieu/khi-hau/", {"so-lieu": "so_con_bao"})
    assert chosen.context["chart"].data["series"][0]["values"] == [1, 3, None, 0]
    assert 'data-chart="bieu-do-so-lieu"' in chosen.text
    assert dung_browser.get("/du-lieu/khi-hau/", {"so-lieu": "bịa"}).context["chart"].measure.name == "luong_mua"


def test_a_list_with_dates_is_counted_by_year(dung_browser, open_table):
    columns = [*scenes.OPEN_COLUMNS[:2], {"name": "ngay", "title": "Ngày hoạt động", "type": "date"}]
    open_table(
        "ngay", columns, [("1", "a", "05/03/2019"), ("2", "b", "2019-12-31"), ("3", "c", "01/01/2021"), ("4", "d", "")]
    )
    chart = dung_browser.get("/du-lieu/ngay/").context["chart"]
    assert chart.data["x"] == ["2019", "2020", "2021"]
    assert chart.data["series"] == [{"name": "Số dòng", "values": [2, 0, 1]}]


def test_each_value_of_a_second_key_is_a_line(dung_browser, open_table):
    columns = [
        {"name": "nam", "title": "Năm", "type": "integer", "key": True},
        {"name": "benh", "title": "Bệnh", "key": True},
        {"name": "so_mac", "title": "Số mắc", "type": "integer"},
    ]
    open_table("benh", columns, [("2020", "Sởi", "5"), ("2020", "Cúm", "9"), ("2021", "Cúm", "7")])
    chart = dung_browser.get("/du-lieu/benh/").context["chart"]
    assert chart.data["series"] == [{"name": "Cúm", "values": [9, 7]}, {"name": "Sởi", "values": [5, None]}]


def test_a_dataset_without_time_or_place_has_neither_chart_nor_map(dung_browser, open_table):
    open_table("tron", scenes.OPEN_COLUMNS, [("1", "a", "b", "1")])
    page = dung_browser.get("/du-lieu/tron/")
    assert (page.context["chart"], page.context["map"]) == (None, None)
    assert dung_browser.get("/du-lieu/tron/ban-do.geojson").status_code == 404
    assert "map.js" not in page.text


def test_communes_are_drawn_with_the_chosen_figure_and_a_table_twin(dung_browser, population):
    page = dung_browser.get("/du-lieu/dan-so/")
    drawn = page.context["map"]
    assert drawn.measure.name == "dan_so"
    assert [list(row) for row in drawn.rows] == [
        ["31510", "Phường Phú Lợi", 67770],
        ["31507", "Phường Sóc Trăng", 43238],
    ]
    assert 'data-url="/du-lieu/dan-so/ban-do.geojson?cot=dan_so"' in page.text
    got = dung_browser.get("/du-lieu/dan-so/ban-do.geojson", {"cot": "mat_do"})
    told = json.loads(b"".join(got.streaming_content))
    assert {one["properties"]["ten"]: one["properties"]["gia_tri"] for one in told["features"]}[
        "Phường Phú Lợi"
    ] == 2529.7
    ring = told["features"][0]["geometry"]["coordinates"][0]
    assert len(ring) == 4  # the point that repeats the one before is gone
    again = dung_browser.get(
        "/du-lieu/dan-so/ban-do.geojson", {"cot": "mat_do"}, headers={"If-None-Match": got["ETag"]}
    )
    assert again.status_code == 304


def test_rows_of_one_commune_are_counted_together(dung_browser, boundaries, open_table):
    columns = [*scenes.OPEN_COLUMNS, {"name": "ma_xa", "title": "Mã xã", "type": "commune"}]
    rows = [("1", "a", "x", "10", "31507"), ("2", "b", "x", "5", "31507"), ("3", "c", "x", "", "31510")]
    open_table("tram", columns, rows)
    drawn = dung_browser.get("/du-lieu/tram/").context["map"]
    assert (drawn.measure.name, {row[0]: row[2] for row in drawn.rows}) == ("so-dong", {"31507": 2, "31510": 1})
    beds = dung_browser.get("/du-lieu/tram/", {"cot": "so_giuong"}).context["map"]
    assert {row[0]: row[2] for row in beds.rows} == {"31507": 15, "31510": None}


def test_places_with_coordinates_are_points(dung_browser, open_table):
    columns = [*scenes.OPEN_COLUMNS, {"name": "kinh_do", "type": "decimal"}, {"name": "vi_do", "type": "decimal"}]
    open_table("diem", columns, [("1", "Trạm A", "x", "10", "105.9712345", "9.6"), ("2", "Trạm B", "x", "4", "", "")])
    drawn = dung_browser.get("/du-lieu/diem/").context["map"]
    assert drawn.is_points
    assert [row[1] for row in drawn.rows] == ["Trạm A"]


@pytest.mark.law("S10.4", "D20.3")
def test_an_old_release_shows_its_own_data_and_says_so(dung_browser, climate, update):
    update(climate, [("2019", "1", "1"), ("2020", "2100", "3"), ("2023", "5", "2")])
    newest, old = dung_browser.get("/du-lieu/khi-hau/"), dung_browser.get("/du-lieu/khi-hau/v/1/")
    assert "1.800,5" in old.text
    assert "1.800,5" not in newest.text
    assert "Đây là phiên bản cũ" in old.text
    assert "Đây là phiên bản cũ" not in dung_browser.get("/du-lieu/khi-hau/v/2/").text
    assert "application/ld+json" not in old.text
    assert old.context["chart"].data["x"][-1] == "2022"
    steps = {step.release.number: step.difference for step in newest.context["steps"]}
    assert steps == {2: {"added": 1, "changed": 1, "removed": 1}, 1: None}
    changed = dung_browser.get("/du-lieu/khi-hau/v/2/").context["changed"]
    assert {(one.kind, one.key, one.before, one.after) for one in changed} == {
        ("changed", "2019", "1.800,5", "1"), ("added", "2023", "", ""), ("removed", "2022", "", ""),
    }  # fmt: skip
    assert dung_browser.get("/du-lieu/khi-hau/v/3/").status_code == 404


def test_releases_that_skip_a_version_are_compared_with_each_other(dung_browser, climate, update):
    scenes.load(climate.table, [("2019", "9", "9")], at=scenes.AT + timedelta(days=1))
    update(climate, [("2019", "1800.5", "1"), ("2020", "2100", "3"), ("2022", "1950.25", "1")])
    steps = dung_browser.get("/du-lieu/khi-hau/").context["steps"]
    assert steps[0].difference == {"added": 0, "changed": 1, "removed": 0}
    assert dung_browser.get("/du-lieu/khi-hau/v/2/").context["changed"] == []


def test_a_prepared_release_that_nobody_approved_stays_unknown(dung_browser, climate):
    from nganam.opendata.models import Release

    scenes.load(climate.table, [("2019", "9", "9")], at=scenes.AT + timedelta(days=1))
    release = operations._release(climate, scenes.AT)
    operations._write_files(release)
    assert Release.objects.count() == 2
    assert dung_browser.get("/du-lieu/khi-hau/v/2/").status_code == 404
    assert dung_browser.get("/du-lieu/khi-hau/v/2/khi-hau.csv").status_code == 404
    assert dung_browser.get("/du-lieu/khi-hau/").context["release"].number == 1


@pytest.mark.law("D20.2")
def test_a_removed_dataset_is_gone_from_every_address(dung_browser, climate, minh, at, reindex, run_jobs):
    reindex()
    operations.move_dataset(actor=minh, at=at, dataset=climate, transition="remove", reason="Có rủi ro")
    run_jobs()
    for path in ("", "v/1/", "latest/khi-hau.csv", "v/1/khi-hau.csv", "ban-do.geojson"):
        assert dung_browser.get(f"/du-lieu/khi-hau/{path}").status_code == 404
    assert dung_browser.get("/tim-kiem/?q=khi+hau").context["total"] == 0


def test_lists_narrow_by_facets_whose_counts_are_true(dung_browser, climate, population):
    page = dung_browser.get("/du-lieu/")
    counted = {
        facet.name: {one["value"]: one["count"] for one in facet.options} for facet in page.context["found"].facets
    }
    assert counted["chu-de"] == {"environment": 1, "local": 1}
    assert counted["co-quan"] == {"CT-SYT": 2}
    assert counted["dinh-dang"] == {"csv": 2, "xlsx": 2, "json": 2, "parquet": 2, "geojson": 1}
    assert counted["do-moi"] == {"moi": 2}
    for name, values in counted.items():
        for value, count in values.items():
            assert len(dung_browser.get("/du-lieu/", {name: value}).context["rows"]) == count
    assert dung_browser.get("/du-lieu/", {"do-moi": "bịa"}).context["rows"] == []
    assert [row["dataset"].title for row in dung_browser.get("/du-lieu/?sap-xep=ten").context["rows"]] == [
        "Dân số theo xã", "Khí hậu Sóc Trăng",
    ]  # fmt: skip


def test_the_worker_prepares_the_views_of_a_published_dataset(population, run_jobs, data):
    run_jobs()
    kept = {path.name for path in (data / "opendata/dan-so/v1/views").iterdir()}
    assert kept == {"map-dan_so.geojson", "map-dan_so.twin.json"}
    assert list((data / "profiles").rglob("*.json"))


def test_a_list_by_name_follows_the_vietnamese_alphabet(dung_browser, open_table):
    for number, title in enumerate(("Đất ở", "Dân số", "Ân nhân", "Ao cá", "Ăn uống")):
        open_table(f"t-{number}", scenes.OPEN_COLUMNS, [("1", "a", "b", "1")], title=title)
    page = dung_browser.get("/du-lieu/", {"sap-xep": "ten"})
    assert [row["dataset"].title for row in page.context["rows"]] == ["Ao cá", "Ăn uống", "Ân nhân", "Dân số", "Đất ở"]
