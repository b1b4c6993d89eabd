"""The public register: what a service is for, what it answers, how it is called, who answers for it."""

import json

import pytest
from openapi_spec_validator import validate

import scenes
import scenes_services
from nganam.services import operations

pytestmark = pytest.mark.django_db
PAGE = "/dich-vu/DV-2026-0001/"


@pytest.fixture
def service(province):
    return scenes.published_service()


@pytest.mark.law("S8.2c", "S13.2", "S13.6", "S17.1a", "D24.3")
def test_the_page_shows_all_that_the_law_wants_published(dung_browser, service):
    page = dung_browser.get(PAGE).text
    for words in (
        "Tra cứu cơ sở khám chữa bệnh", "Sở Y tế thành phố Cần Thơ", "Dữ liệu chia sẻ mặc định", "Đã công khai",
        scenes.DESCRIPTION["parameters"], scenes.DESCRIPTION["technical_docs"], scenes.DESCRIPTION["structure"],
        scenes.DESCRIPTION["capacity"], "khoản 3 Điều 24", "600 cuộc gọi mỗi phút",
    ):  # fmt: skip
        assert words in page, words
    for name in scenes.FIELDS:
        assert f"<code>{name}</code>" in page


def test_the_sample_answer_has_every_field_and_is_said_to_be_made_up(dung_browser, service):
    page = dung_browser.get(PAGE)
    record = json.loads(page.context["sample"])["data"]
    assert set(record) == set(scenes.FIELDS)
    assert "giá trị đặt ra, không phải của ai" in page.text


def test_inputs_tell_keys_from_filters(dung_browser, service):
    page = dung_browser.get(PAGE)
    assert [one["name"] for one in page.context["inputs"]] == ["ma_co_so", "loai"]
    assert "khóa tra cứu" in page.text
    assert "lọc trang" in page.text


def test_every_refusal_of_gateway_and_server_is_listed(dung_browser, service):
    from nganam.lgsp.envoy.replies import REPLIES

    told = {one.code for one in dung_browser.get(PAGE).context["refusals"]}
    assert told >= {one.code for one in REPLIES} | {"data_absent", "data_not_permitted", "ambiguous_key"}
    assert "{token_url}" not in dung_browser.get(PAGE).text


@pytest.mark.law("D24.3")
def test_the_openapi_document_is_valid_and_open_to_all(dung_browser, service):
    got = dung_browser.get(f"{PAGE}openapi.json")
    told = json.loads(got.content)
    validate(told)
    assert got["Content-Type"] == "application/json"
    assert got["Access-Control-Allow-Origin"] == "*"
    assert told["servers"][0]["url"].endswith("/r1/VN/GOV/CT-SYT/KHO/DV-2026-0001")


@pytest.mark.law("D25.1")
def test_the_page_says_whether_the_service_was_published_in_time(dung_browser, service):
    from nganam.deadlines.models import Clock

    assert "công khai đúng hạn" in dung_browser.get(PAGE).text
    Clock.objects.filter(object_code=service.code).update(due_on="2026-11-01")
    assert "công khai quá hạn" in dung_browser.get(PAGE).text


@pytest.mark.law("S13.2")
def test_a_suspended_service_stays_in_the_register_and_says_so(dung_browser, service, lan, at):
    assert "/yeu-cau/moi/?dich-vu=DV-2026-0001" in dung_browser.get(PAGE).text
    scenes_services.suspended(service)
    page = dung_browser.get(PAGE)
    assert "Dịch vụ đang tạm ngừng" in page.text
    assert "/yeu-cau/moi/" not in page.text
    assert [move.name for move, _at in page.context["moves"]] == ["publish", "suspend"]
    assert dung_browser.get("/dich-vu/?trang-thai=suspended").context["found"].page.paginator.count == 1


def test_an_ended_service_is_gone(dung_browser, service, lan, at):
    operations.end_service(actor=lan, at=at, service=service, reason="Thay bằng dịch vụ khác", ground="ended")
    assert dung_browser.get(PAGE).status_code == 404


def test_nobody_of_the_officers_is_named_by_the_history(dung_browser, service, lan, minh):
    page = dung_browser.get(PAGE).text
    assert lan.name not in page
    assert minh.name not in page


@pytest.mark.law("S8.1", "S8.3")
@pytest.mark.parametrize(("text", "count"), [("", 1), ("kham chua", 1), ("khám", 1), ("giấy phép", 0)])
def test_the_register_is_searched_with_or_without_marks(dung_browser, service, reindex, text, count):
    reindex()
    page = dung_browser.get("/dich-vu/", {"q": text})
    assert page.context["found"].page.paginator.count == count


def test_facets_of_the_register_are_true(dung_browser, service):
    facets = {facet.name: facet.options for facet in dung_browser.get("/dich-vu/").context["found"].facets}
    assert [(one["value"], one["count"]) for one in facets["co-quan"]] == [("CT-SYT", 1)]
    assert facets["hinh-thuc"][0]["label"] == "Dữ liệu chia sẻ mặc định"
    assert dung_browser.get("/dich-vu/?hinh-thuc=open").context["found"].page.paginator.count == 0
