"""Search finds what is public, typed with or without marks, by its beginning, with a slip, in columns too."""

import pytest

import scenes
from nganam.portal.search import Document, rebuild, search

pytestmark = pytest.mark.django_db


@pytest.fixture
def province_with_everything(climate, reindex):
    scenes.published_service()
    reindex()


def titles(browser, text, **more):
    return [str(hit["title"]) for hit in browser.get("/tim-kiem/", {"q": text, **more}).context["hits"]]


@pytest.mark.law("S13.2", "S8.2c")
@pytest.mark.parametrize("text", ["khí hậu", "khi hau", "KHI HẬU", "khi ha"])
def test_words_are_found_with_or_without_marks(dung_browser, province_with_everything, text):
    assert titles(dung_browser, text)[0].replace("<mark>", "").replace("</mark>", "") == "Khí hậu Sóc Trăng"


def test_the_names_of_columns_are_searched(dung_browser, province_with_everything):
    assert "Khí hậu Sóc Trăng" in titles(dung_browser, "luong mua")


def test_a_slip_of_one_letter_is_forgiven_and_said(dung_browser, province_with_everything):
    page = dung_browser.get("/tim-kiem/", {"q": "khám chửaa bemhh"})
    assert page.context["total"] == 0
    page = dung_browser.get("/tim-kiem/", {"q": "luomg"})
    assert page.context["corrected"]
    assert "gần giống" in page.text
    assert page.context["hits"][0]["code"].startswith("DLM")
    assert not dung_browser.get("/tim-kiem/", {"q": "luong"}).context["corrected"]


def test_facets_count_what_was_found_and_narrow_it(dung_browser, province_with_everything):
    page = dung_browser.get("/tim-kiem/", {"q": "sở"})
    kinds = {one["value"]: one["count"] for facet in page.context["facets"][:1] for one in facet.options}
    assert kinds.keys() >= {"du-lieu", "dich-vu", "co-quan"}
    for kind, count in kinds.items():
        assert dung_browser.get("/tim-kiem/", {"q": "sở", "loai": kind}).context["total"] == count
    assert dung_browser.get("/tim-kiem/", {"q": "sở", "loai": "bịa"}).context["total"] == 0


def test_hits_are_marked_and_all_else_is_escaped(dung_browser, open_table, reindex):
    open_table("la", scenes.OPEN_COLUMNS, [("1", "a", "b", "1")], title="Đất <script>alert(1)</script>")
    reindex()
    page = dung_browser.get("/tim-kiem/", {"q": "dat"}).text
    assert "<mark>Đất</mark> &lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "<script>alert" not in dung_browser.get("/tim-kiem/", {"q": '"><script>alert(1)</script>'}).text


def test_htmx_gets_the_results_alone_but_a_way_back_gets_the_page(dung_browser, province_with_everything):
    part = dung_browser.get("/tim-kiem/", {"q": "khi hau"}, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "Khí" in part.text
    assert "HX-Request" in part["Vary"]
    back = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in dung_browser.get("/tim-kiem/", {"q": "khi hau"}, headers=back).text


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999", "999999999999999999", "²"])
def test_a_page_that_is_not_there_is_the_nearest_one(dung_browser, province_with_everything, number):
    assert dung_browser.get("/tim-kiem/", {"q": "", "trang": number}).context["hits"]


@pytest.mark.parametrize("text", ["(", "a AND", "*", '"', "\\", "tên:x", "-" * 500, "đ" * 500, "𝟘"])
def test_no_text_breaks_the_search(dung_browser, province_with_everything, text):
    assert dung_browser.get("/tim-kiem/", {"q": text}).status_code == 200


def test_a_nul_in_the_question_is_refused_at_the_door(dung_browser, province_with_everything):
    assert dung_browser.get("/tim-kiem/", {"q": "\x00a"}).status_code == 400


def test_many_matches_are_paged_without_loss(dung_browser, data):
    many = [Document("dataset", f"D{n}", f"/x/{n}/", f"Dân số {n}", "", "", "CT-SYT") for n in range(45)]
    rebuild(many, data / "search")
    seen = [hit["code"] for page in (1, 2, 3) for hit in _hits(dung_browser, page)]
    assert len(seen) == len(set(seen)) == 45


def _hits(browser, page):
    return browser.get("/tim-kiem/", {"q": "dan so", "trang": str(page)}).context["hits"]


def test_a_title_ranks_before_a_description(data):
    found = [
        Document("dataset", "A", "/a/", "Bệnh viện", "có trường học ở bên", "", "X"),
        Document("dataset", "B", "/b/", "Trường học", "", "", "X"),
    ]
    rebuild(found, data / "search")
    assert [hit.code for hit in search("truong hoc", data / "search").hits] == ["B", "A"]


@pytest.mark.law("S13.1")
def test_databases_of_the_catalogue_in_force_are_found_and_drafts_are_not(dung_browser, province, khanh, run_jobs):
    from nganam.catalogue import operations

    values = {
        "name": "Cơ sở dữ liệu đất đai", "purpose": "Quản lý đất", "scope": "Toàn thành phố", "content": "Thửa đất",
        "collection": "Hồ sơ", "updating": "Hằng ngày", "sources": "Phần mềm đất đai", "operator": "Phòng Đo đạc",
    }  # fmt: skip
    items = [{"name": "Bản đồ địa chính", "form": "open", "audience": "Mọi người"}]
    listed, draft = (
        operations.declare_database(actor=scenes.LAN, at=scenes.AT, values=values | changes, items=items)
        for changes in ({}, {"name": "Cơ sở dữ liệu đất đai nháp"})
    )
    operations.move_database(actor=scenes.LAN, at=scenes.AT, database=listed, transition="propose")
    operations.move_database(actor=scenes.MINH, at=scenes.AT, database=listed, transition="accept")
    edition = operations.compile_edition(
        actor=scenes.MINH, at=scenes.AT, kind="databases", title="Danh mục 2026", codes=[listed.code]
    )
    paper = {"at": scenes.AT, "signed_on": scenes.AT.date()}
    edition = operations.submit_edition(actor=scenes.MINH, edition=edition, number="05/TTr-SKHCN", **paper)
    operations.issue_edition(actor=khanh, edition=edition, number="120/QĐ-UBND", **paper)
    run_jobs()
    (hit,) = dung_browser.get("/tim-kiem/", {"q": "dia chinh"}).context["hits"]
    assert (hit["kind"], hit["url"]) == ("database", f"/danh-muc/csdl/{listed.code}/")
    assert dung_browser.get(hit["url"]).status_code == 200
    assert draft.code not in dung_browser.get("/tim-kiem/", {"q": "nháp"}).text
    assert listed.code in dung_browser.get("/co-quan/CT-SYT/").text


@pytest.mark.usefixtures("province")
def test_a_publication_reaches_the_index_through_the_worker(dung_browser, open_table, run_jobs):
    open_table("co-so-moi", scenes.OPEN_COLUMNS, [("1", "a", "b", "1")], title="Cơ sở mới")
    run_jobs()
    assert titles(dung_browser, "co so moi")
