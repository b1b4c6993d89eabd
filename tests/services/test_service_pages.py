"""SM6 through the pages, by people who sign in: from a table to a published service, its versions and its end."""

import re

import pytest
import time_machine

import scenes
import scenes_services
from nganam.documents.models import Paper
from nganam.services.models import ImportFile, Revision, Service
from scenes_services import SPREADSHEET_ROW as GOOD
from scenes_services import workbook

pytestmark = pytest.mark.django_db
CODE = "DV-2026-0001"
PAGE = f"/dich-vu/quan-ly/{CODE}/"
FORM = {
    **scenes.DESCRIPTION,
    "fields_offered": scenes.FIELDS,
    "usage_term_days": "",
    "no_data": "404",
    "not_permitted": "403",
}


@pytest.fixture
def browse(client, province):
    """Sign in as somebody and return the browser, on the day of the stories."""
    with time_machine.travel(scenes.AT, tick=False):

        def enter(username):
            client.logout()
            assert client.login(username=username, password=scenes.PASSWORD)
            return client

        yield enter


def press(browser, step, page=PAGE, **inputs):
    """Press the button of a move and return the page it leads to."""
    answer = browser.post(f"{page}buoc/{step}/", inputs, follow=True)
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


def text(answer):
    return answer.content.decode()


@pytest.mark.law("S8.2a", "S8.2b", "S8.2c", "S14.1", "S14.2", "S14.3", "S14.5", "D23", "D24.2", "D24.3", "D25.1", "D26")
def test_sm6_from_a_table_to_the_public_register_and_to_its_end(browse):
    scenes.loaded_table()
    lan = browse("lan")
    address = "/dich-vu/khai-bao/?bang=co-so-kham-chua-benh"
    once = re.search(r'name="once" value="(\w+)"', text(lan.get(address)))[1]
    for _ in range(2):
        assert lan.post(address, FORM | {"once": once}).headers["Location"] == PAGE
    assert Service.objects.count() == 1, "sent twice, declared once"
    assert "Đã gửi thẩm định" in press(lan, "submit")
    minh = browse("minh")
    assert "Phiếu thẩm định" in press(minh, "appraise")
    page = press(minh, "assess", **scenes_services.findings(structure="unmet", structure_remark="Thiếu mô tả"))
    assert "Thiếu mô tả" in page
    assert "Trả lại" in press(minh, "return", conclusion="Sửa rồi gửi lại")
    lan = browse("lan")
    page = text(lan.get(PAGE))
    assert "Thẩm định lần 1" in page
    assert "Thiếu mô tả" in page
    assert lan.post(f"{PAGE}sua/", FORM | {"structure": "JSON có mô tả"}).status_code == 302
    press(lan, "submit")
    minh = browse("minh")
    press(minh, "appraise")
    press(minh, "assess", **scenes_services.findings())
    page = press(minh, "pass")
    assert Paper.objects.get(kind="TB").number in page
    for step, inputs in (("deploy", {}), ("start_test", {}), ("mark_ready", scenes_services.TEST)):
        press(minh, step, **inputs)
    assert "12 cuộc gọi" not in page
    lan = browse("lan")
    assert "Đã công khai" in press(lan, "publish")
    assert "QG-000123" in press(lan, "list_nationally", **scenes_services.NATIONAL)
    lan.logout()
    public = text(lan.get(f"/dich-vu/{CODE}/"))
    form_and_method = ("Dữ liệu chia sẻ mặc định", scenes.DESCRIPTION["capacity"])
    for words in ("1.0", "QG-000123", "404", "JSON có mô tả", *form_and_method):
        assert words in public
    assert lan.get(f"/dich-vu/{CODE}/openapi.json").json()["info"]["version"] == "1.0"
    lan = browse("lan")
    assert "Ngừng cung cấp" in press(lan, "end", reason="Thay bằng dịch vụ khác", ground="ended")


@pytest.mark.law("S14.1", "D25.2", "D25.3", "S13.2")
def test_a_version_goes_from_the_form_to_the_public_comparison(browse):
    account = scenes.account()
    type(account).objects.update(granted_fields=["ma_co_so", "dien_thoai"])
    lan = browse("lan")
    page = text(lan.get(PAGE))
    assert account.code in page, "the provider sees who uses the service"
    new = f"{PAGE}phien-ban-moi/"
    assert scenes.DESCRIPTION["capacity"] in text(lan.get(new))
    small = FORM | {"summary": "Nâng cấp hạ tầng", "capacity": "1 200 cuộc gọi", "once": "a"}
    small |= {name: getattr(account.service, name) for name in ("no_data", "not_permitted")}
    answer = lan.post(new, small)
    first = Revision.objects.get(kind="minor")
    assert answer.headers["Location"] == first.get_absolute_url()
    page = text(lan.get(first.get_absolute_url()))
    assert "Thay đổi nhỏ" in page
    assert "buoc/submit/" not in page
    press(lan, "apply", first.get_absolute_url())
    lan.post(
        new, small | {"fields_offered": scenes_services.WITHOUT_TELEPHONE, "summary": "Bỏ điện thoại", "once": "b"}
    )
    large = Revision.objects.get(kind="major")
    page = text(lan.get(large.get_absolute_url()))
    assert "Kết nối sẽ bị ảnh hưởng" in page
    assert account.code in page
    assert lan.post(f"{large.get_absolute_url()}sua/", small | {
        "fields_offered": scenes_services.WITHOUT_TELEPHONE, "summary": "Bỏ số điện thoại",
    }).status_code == 302  # fmt: skip
    press(lan, "submit", large.get_absolute_url())
    minh = browse("minh")
    press(minh, "appraise", large.get_absolute_url())
    press(minh, "assess", large.get_absolute_url(), **scenes_services.findings())
    press(minh, "pass", large.get_absolute_url())
    lan = browse("lan")
    page = text(lan.get(large.get_absolute_url()))
    assert "10/11/2026" in page, "the first day is said"
    early = lan.post(f"{large.get_absolute_url()}buoc/announce/", {"effective_on": "2026-11-04"})
    assert early.status_code == 422
    press(lan, "announce", large.get_absolute_url(), effective_on="2026-11-10")
    assert "Dịch vụ thay đổi từ ngày 10/11/2026" in text(lan.get(f"/dich-vu/{CODE}/"))
    with time_machine.travel(scenes.AT.replace(day=10), tick=False):
        lan = browse("lan")
        press(lan, "take_effect", large.get_absolute_url())
        lan.logout()
        public = text(lan.get(f"/dich-vu/{CODE}/"))
        assert "Bỏ số điện thoại" in public
        compared = text(lan.get(f"/dich-vu/{CODE}/so-sanh/?tu=1.0&den=2.0"))
        assert "dien_thoai" in compared
        assert "1 200 cuộc gọi" in compared
        assert account.code not in compared, "who uses it is not for the public"
        assert lan.get(f"/dich-vu/{CODE}/so-sanh/?den=9.9").status_code == 404
        assert lan.get(f"/dich-vu/{CODE}/so-sanh/").status_code == 200
        minh = browse("minh")
        assert "dien_thoai" in text(minh.get(f"{PAGE}so-sanh/"))


def test_a_refused_move_keeps_what_was_typed(browse):
    scenes_services.appraising()
    minh = browse("minh")
    answer = minh.post(f"{PAGE}buoc/assess/", {"structure": "unmet", "security": "met", "security_remark": "Đã xem kỹ"})
    assert answer.status_code == 422
    assert "Đã xem kỹ" in text(answer)
    assert "assess-structure_remark-error" in text(answer)
    assert minh.post(f"{PAGE}buoc/pass/").status_code == 422
    assert minh.post(f"{PAGE}buoc/bay/").status_code == 404


def test_two_appraisers_with_the_same_page_open(browse):
    service = scenes_services.appraising()
    minh = browse("minh")
    seen = {"version": service.version}
    press(minh, "assess", **scenes_services.findings(), **seen)
    late = minh.post(f"{PAGE}buoc/assess/", scenes_services.findings() | seen)
    assert late.status_code == 422
    assert "Trần Văn Minh đã chuyển hồ sơ" in text(late)


def test_others_find_nothing(browse):
    service = scenes.declared_service()
    drafted = scenes_services.drafted_version(scenes_services.published(service))
    for username in ("khanh", "phuc", "minh"):
        browser = browse(username)
        for address in (drafted.get_absolute_url(), f"{drafted.get_absolute_url()}sua/"):
            assert browser.get(address).status_code in {403, 404}, (username, address)
        assert browser.post(f"{drafted.get_absolute_url()}buoc/apply/").status_code in {403, 404}
    lan = browse("lan")
    elsewhere = drafted.get_absolute_url().replace(CODE, "DV-2026-0002")
    assert lan.get(elsewhere).status_code == 404


@pytest.mark.law("S8.2b", "S8.2đ")
def test_a_spreadsheet_goes_from_the_template_to_drafts(browse, data):
    scenes.table()
    lan = browse("lan")
    assert lan.get("/dich-vu/quan-ly/nhap-tu-tep/mau.xlsx").content[:2] == b"PK"
    wrong = workbook(GOOD | {"agency": "CT-KHONG-CO"})
    wrong.name = "dich-vu.xlsx"
    page = lan.post("/dich-vu/quan-ly/nhap-tu-tep/", {"file": wrong}, follow=True)
    assert "A2" in text(page)
    assert "Không có cơ quan" in text(page)
    code = ImportFile.objects.get().code
    assert "chưa tạo bản khai nào" in text(lan.post(f"/dich-vu/quan-ly/nhap-tu-tep/{code}/", follow=True))
    good = workbook(GOOD)
    good.name = "dich-vu.xlsx"
    page = lan.post("/dich-vu/quan-ly/nhap-tu-tep/", {"file": good}, follow=True)
    assert "Mọi dòng đều dùng được" in text(page)
    address = page.redirect_chain[-1][0]
    assert CODE in text(lan.post(address, follow=True))
    assert CODE in text(lan.post(address, follow=True))
    assert Service.objects.get().state == "draft"
    assert lan.post("/dich-vu/quan-ly/nhap-tu-tep/", {}).status_code == 422
    csv = workbook(GOOD)
    csv.name = "dich-vu.csv"
    assert lan.post("/dich-vu/quan-ly/nhap-tu-tep/", {"file": csv}).status_code == 422
    assert browse("phuc").get(address).status_code == 404


def test_the_list_is_found_by_state_and_text_in_few_queries(browse, django_assert_max_num_queries):
    service = scenes.declared_service()
    for number in range(2, 62):
        service.pk, service.code, service.name = None, f"DV-2026-{number:04}", f"Dịch vụ {number}"
        service._state.adding = True
        service.save()
    lan = browse("lan")
    with django_assert_max_num_queries(15):
        page = lan.get("/dich-vu/quan-ly/")
    assert len(page.context["page"].object_list) == 30
    assert len(lan.get("/dich-vu/quan-ly/?trang=3").context["page"].object_list) == 1
    assert len(lan.get("/dich-vu/quan-ly/?q=0061").context["page"].object_list) == 1
    assert len(lan.get("/dich-vu/quan-ly/?trang-thai=published").context["page"].object_list) == 0


def test_a_service_and_a_version_are_shown_in_few_queries(browse, django_assert_max_num_queries):
    account = scenes.account()
    revision = scenes_services.passed_version(account.service)
    for username in ("lan", "minh"):
        browser = browse(username)
        with django_assert_max_num_queries(40):
            browser.get(PAGE)
        with django_assert_max_num_queries(40):
            browser.get(revision.get_absolute_url())


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_is_there_in_both_languages(browse, language):
    service = scenes_services.published()
    scenes_services.appraising(scenes_services.drafted_version(service, fields=scenes_services.WITHOUT_TELEPHONE))
    revision = Revision.objects.get(state="appraising")
    scenes_services.move(scenes.LAN, scenes_services.drafted_version(service), "apply")
    minh = browse("minh")
    minh.cookies["django_language"] = language
    for address in (
        PAGE,
        "/dich-vu/quan-ly/",
        revision.get_absolute_url(),
        f"{PAGE}so-sanh/",
        f"/dich-vu/{CODE}/so-sanh/",
    ):
        answer = minh.get(address)
        assert answer.status_code == 200, address
        assert f'lang="{language}"' in text(answer)
