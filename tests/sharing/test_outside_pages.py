"""SM3 through the pages: the whole of A and of B, by people who sign in; lists, counts, refusals."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

import scenes
import scenes_disputes as told
import scenes_outside as outside
from nganam.cases.story import story_of
from nganam.face.paging import PAGE
from nganam.sharing.models import Account, Application, ExternalService, Inbound, Outbound

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(outside.AT + timedelta(minutes=5), tick=False):
        yield


@pytest.fixture
def sign_in(client, province):
    def enter(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    return enter


def text(response):
    return response.content.decode()


def press(client, case, step, **values):
    """Make a move through its page and return where it led."""
    answer = client.post(f"{case.get_absolute_url()}buoc/{step}/", values)
    assert answer.status_code == 302, re.findall(r'class="field-error"[^§]*?<span>(.*?)</span>', text(answer))
    case.refresh_from_db()
    return text(client.get(case.get_absolute_url()))


def registration(**changes):
    """Return what the lead agency types into the form."""
    values = {name: value for name, value in outside.ASKED.items() if name != "fields"}
    return {
        **values, "items": outside.ASKED["fields"], "requester": "BO-YT", "received_on": "2026-11-02",
        "document_on": "2026-10-30", **changes,
    }  # fmt: skip


@pytest.mark.law("S17.1", "S17.3", "S9.3", "D35.3", "S17.4")
def test_an_outside_agency_gets_data_from_the_document_to_the_working_account(sign_in, run_jobs):
    service = scenes.published_service()
    minh = sign_in("minh")
    assert "/ngoai-tinh/" in text(minh.get("/ban-lam-viec/"))
    added = minh.post(
        "/ngoai-tinh/co-quan/", {"code": "BO-YT", "name": "Bộ Y tế", "kind": "central", "valid_from": "2020-01-01"}
    )
    assert added.status_code == 302
    assert "Bộ Y tế" in text(minh.get("/ngoai-tinh/co-quan/"))
    assert service.name in text(minh.get("/ngoai-tinh/den/moi/"))
    assert "Chọn dịch vụ được yêu cầu" in text(minh.get("/ngoai-tinh/den/moi/?service=&provider="))
    address = f"/ngoai-tinh/den/moi/?service={service.code}&provider="
    assert "Mục tin yêu cầu" in text(minh.get(address))
    scan = SimpleUploadedFile("cong-van.pdf", b"%PDF-1.7\n1 0 obj\n")
    assert minh.post(address, registration(scan=scan)).status_code == 302
    case = Inbound.objects.get()
    page = text(minh.get(case.get_absolute_url()))
    assert "Lấy ý kiến hai bên" in page
    assert "nội bộ" in page
    assert "Cấp tài khoản kết nối hoặc từ chối" in page
    assert minh.get(f"{case.get_absolute_url()}ban-quet/").getvalue().startswith(b"%PDF")

    lan = sign_in("lan")
    assert case.code in text(lan.get("/ban-lam-viec/"))
    assert "Chủ quản đồng ý" in text(lan.get(case.get_absolute_url()))
    page = press(lan, case, "owner_agrees", reason="Chỉ tra cứu từng cơ sở")
    assert case.state == "opinions"
    assert "Chủ quản không đồng ý" not in page, "who has spoken is not asked again"
    minh = sign_in("minh")
    press(minh, case, "lead_agrees")
    assert case.state == "agreed"
    lan = sign_in("lan")
    press(lan, case, "grant", granted=["ma_co_so", "ten_co_so"], **scenes.WITHHELD)
    account = Account.objects.get()

    minh = sign_in("minh")
    page = text(minh.get(account.get_absolute_url()))
    assert f"/tai-khoan-ket-noi/{account.code}/khoa/" in page
    assert "Tài khoản chưa bàn giao" in text(minh.get(case.get_absolute_url()))
    assert minh.post(f"/tai-khoan-ket-noi/{account.code}/khoa/cap/").status_code == 200
    page = press(minh, case, "connect", route="ndop", reason="Gọi thử 3 lần qua NDOP, đạt.")
    assert case.state == "in_use"
    assert "NDOP" in page
    titles = [event.title for event in story_of(case)]
    assert titles[0] == "Lập hồ sơ"
    assert {"Ghi nhận kết nối, đưa vào khai thác", "Ban hành thông báo 01/TB-SYT"} <= set(titles)
    assert "Thống nhất chia sẻ" in page
    lan = sign_in("lan")
    assert lan.post(f"/tai-khoan-ket-noi/{account.code}/buoc/lock/", {"reason": "Nguy cơ"}).status_code == 302
    run_jobs()
    assert "Tạm ngừng" in text(lan.get(case.get_absolute_url()))


@pytest.mark.law("S17.3", "D31", "N194.16")
def test_the_chairman_decides_where_opinions_differ_and_the_refusal_is_answered(sign_in):
    case = outside.registered()
    lan = sign_in("lan")
    refused = lan.post(f"{case.get_absolute_url()}buoc/owner_disagrees/", {"reason": "Dữ liệu nhạy cảm"})
    assert refused.status_code == 422
    assert "Dữ liệu nhạy cảm" in text(refused), "what was typed stays"
    press(lan, case, "owner_disagrees", reason="Dữ liệu nhạy cảm", legal_basis="Điều 8")
    minh = sign_in("minh")
    press(minh, case, "lead_agrees")
    press(minh, case, "submit", reason="Hai bên khác ý kiến", paper="12/TTr-SKHCN", signed_on="2026-11-03")
    khanh = sign_in("khanh")
    assert case.code in text(khanh.get("/ngoai-tinh/den/"))
    assert case.code in text(khanh.get("/ban-lam-viec/"))
    page = press(khanh, case, "forbid", reason="Chưa cần thiết", paper="99/QĐ-UBND", signed_on="2026-11-03")
    assert "99/QĐ-UBND" in page
    minh = sign_in("minh")
    page = text(minh.get(case.get_absolute_url()))
    assert "Dữ liệu nhạy cảm</textarea>" in page.replace("\n", ""), "the answer begins from what was said"
    press(minh, case, "refuse", reason="Dữ liệu nhạy cảm", legal_basis="Điều 8")
    assert case.state == "refused"


@pytest.mark.law("D36")
def test_data_without_a_service_are_asked_for_from_their_owner(sign_in):
    outside.ministry()
    minh = sign_in("minh")
    address = "/ngoai-tinh/den/moi/?service=&provider=CT-SYT"
    page = text(minh.get(address))
    assert "Mỗi dòng một mục tin" in page
    values = registration(items_text="Số ca bệnh theo tuần\n\nSố ca bệnh theo tuần\nSố giường trống")
    assert minh.post(address, values).status_code == 302
    case = Inbound.objects.get()
    assert (case.form, case.fields) == ("special", ["Số ca bệnh theo tuần", "Số giường trống"])
    press(minh, case, "lead_agrees")
    press(sign_in("lan"), case, "owner_agrees")
    minh = sign_in("minh")
    assert "Cấp tài khoản cho cơ quan ngoài tỉnh" not in text(minh.get(case.get_absolute_url()))
    page = press(minh, case, "to_agreement", reason="Dữ liệu đặc thù")
    assert "Chuyển thỏa thuận đặc thù" in page


def test_what_was_registered_wrong_is_put_right_before_anybody_speaks(sign_in):
    case = outside.registered()
    minh = sign_in("minh")
    address = f"{case.get_absolute_url()}sua/"
    assert case.purpose in text(minh.get(address))
    assert minh.post(address, registration(purpose="")).status_code == 422
    assert minh.post(address, registration(purpose="Mục đích đúng")).status_code == 302
    case.refresh_from_db()
    assert case.purpose == "Mục đích đúng"
    outside.opine(case, "owner", agrees=True)
    assert minh.post(address, registration(purpose="muộn")).status_code == 422
    assert f"{case.get_absolute_url()}sua/" not in text(minh.get(case.get_absolute_url()))


def test_a_day_of_receipt_still_to_come_is_refused_and_everything_typed_stays(sign_in):
    outside.ministry()
    service = scenes.published_service()
    minh = sign_in("minh")
    wrong = minh.post(f"/ngoai-tinh/den/moi/?service={service.code}", registration(received_on="2026-11-09"))
    assert wrong.status_code == 422
    assert "Ngày nhận không thể ở sau hôm nay" in text(wrong)
    assert outside.ASKED["purpose"] in text(wrong)
    assert minh.get("/ngoai-tinh/den/moi/?service=DV-2026-9999").status_code == 404
    assert minh.get("/ngoai-tinh/den/moi/?provider=BO-YT").status_code == 404
    bad_scan = SimpleUploadedFile("cv.pdf", b"MZ not a pdf")
    assert minh.post(f"/ngoai-tinh/den/moi/?service={service.code}", registration(scan=bad_scan)).status_code == 422


# ---- B ----


@pytest.mark.law("S9.3", "S14.4", "S9.2", "D35.1", "S17.4")
def test_a_commune_gets_data_from_a_ministry_and_everybody_learns_of_the_service(sign_in):
    outside.ministry("BO-TC", "Bộ Tài chính")
    phuc = sign_in("phuc")
    phuc.post("/ung-dung/", {"code": "MCDT", "name": "Một cửa điện tử"})
    assert "Tên cơ quan cung cấp" in text(phuc.get("/ngoai-tinh/di/moi/"))
    values = {name: value for name, value in outside.PROPOSED.items() if name != "fields"}
    values |= {"application": "MCDT", "items_text": "Mã số doanh nghiệp\nTên doanh nghiệp", "purpose": ""}
    assert phuc.post("/ngoai-tinh/di/moi/", values).status_code == 302
    case = Outbound.objects.get()
    assert case.application == Application.objects.get()
    unfinished = text(phuc.get(case.get_absolute_url()))
    assert "Đề xuất còn thiếu" in unfinished
    changed = phuc.post(f"{case.get_absolute_url()}sua/", values | {"purpose": outside.PROPOSED["purpose"]})
    assert changed.status_code == 302
    press(phuc, case, "propose")

    minh = sign_in("minh")
    assert case.code in text(minh.get("/ban-lam-viec/"))
    review = {name: value for name, value in outside.REVIEW.items() if name != "duplicate"}
    half = minh.post(f"{case.get_absolute_url()}buoc/accept/", review | {"provider": "BO-TC"})
    assert half.status_code == 422
    press(minh, case, "accept", provider="BO-TC", **outside.REVIEW)
    page = text(minh.get(case.get_absolute_url()))
    assert "dữ liệu mặc định" in page
    assert "Gửi cơ quan cung cấp (dữ liệu đặc thù)" not in page
    page = press(minh, case, "send", channel="national", paper="45/SKHCN-CNTT", sent_on="2026-11-03")
    assert "05/11/2026" in page, "the provider's term is shown"
    page = press(minh, case, "record_grant", paper="77/BTC", answered_on="2026-11-03", account_reference="CTHO-01")
    assert "CTHO-01" in page
    page = press(minh, case, "configure", route="ndop", reason="Đã khai báo trên LGSP")
    assert "Đưa dịch vụ này vào danh sách" in page
    listed = minh.post(
        f"/dich-vu/ngoai-tinh/moi/?tu={case.code}",
        {"name": "Tra cứu đăng ký doanh nghiệp", "provider": "BO-TC", "purpose": "Thông tin",
         "how_to_ask": "Qua cơ quan đầu mối", "address": "", "form": "default"},
    )  # fmt: skip
    assert listed.status_code == 302
    phuc = sign_in("phuc")
    page = press(phuc, case, "start_use", reason="Đã nhận được dữ liệu")
    assert ExternalService.objects.get().code in page
    phuc.logout()
    public = text(phuc.get("/dich-vu/ngoai-tinh/"))
    assert "Tra cứu đăng ký doanh nghiệp" in public
    assert "Qua cơ quan đầu mối" in public
    assert "/dich-vu/ngoai-tinh/" in text(phuc.get("/dich-vu/"))


@pytest.mark.law("D49.3")
def test_a_refusal_and_an_overdue_answer_say_what_may_be_done(sign_in):
    case = outside.refused()
    phuc = sign_in("phuc")
    page = text(phuc.get(case.get_absolute_url()))
    assert "bước 3" in page
    begin = f"/vuong-mac/moi/?ve=sharing.outbound:{case.code}"
    assert begin in page
    assert phuc.get(begin).status_code == 200
    about = told.dispute(case)
    case.refresh_from_db()
    assert case.state == "disputed"
    assert about.state == "level_three", "between the province and a ministry the Chairman takes it up at once"


@pytest.mark.law("D35.3")
def test_an_overdue_answer_is_shown(sign_in):
    case = outside.sent()
    phuc = sign_in("phuc")
    assert "quá hạn trả lời" not in text(phuc.get(case.get_absolute_url()))
    with time_machine.travel(outside.AT + timedelta(days=3), tick=False):
        phuc = sign_in("phuc")
        assert "quá hạn trả lời" in text(phuc.get(case.get_absolute_url()))


# ---- the list of services ----


@pytest.mark.law("S14.4")
def test_the_list_is_public_searched_and_leads_to_a_proposal(sign_in, client):
    service = outside.listed()
    assert service.name in text(client.get("/dich-vu/ngoai-tinh/?q=doanh+nghiep&co-quan=BO-TC"))
    assert "Không có dịch vụ nào khớp" in text(client.get("/dich-vu/ngoai-tinh/?q=khong-co-gi"))
    phuc = sign_in("phuc")
    assert f"/ngoai-tinh/di/moi/?dich-vu={service.code}" in text(phuc.get("/dich-vu/ngoai-tinh/"))
    address = f"/ngoai-tinh/di/moi/?dich-vu={service.code}"
    assert service.name in text(phuc.get(address))
    phuc.post(address, {"external": service.code, "service_name": service.name, "items_text": "Mã số"})
    draft = Outbound.objects.get()
    assert (draft.provider, draft.external) == (service.provider, service), "a listed service says who provides it"
    edit = f"{draft.get_absolute_url()}sua/"
    assert draft.service_name in text(phuc.get(edit))
    stale = phuc.post(edit, {"service_name": "Muộn", "version": draft.version + 5})
    assert stale.status_code == 422
    assert "Muộn" in text(stale), "what was typed stays"
    assert phuc.get(f"/dich-vu/ngoai-tinh/{service.code}/").status_code == 404


def test_the_lead_agency_corrects_and_removes(sign_in):
    service = outside.listed()
    minh = sign_in("minh")
    address = f"/dich-vu/ngoai-tinh/{service.code}/"
    values = {
        "name": "Tên mới", "provider": "BO-TC", "purpose": "x", "how_to_ask": "y", "address": "",
        "form": "special",
    }  # fmt: skip
    assert "Đưa khỏi danh sách" in text(minh.get(address))
    assert minh.post(address, values | {"name": ""}).status_code == 422
    assert minh.post(address, values).status_code == 302
    assert "Tên mới" in text(minh.get("/dich-vu/ngoai-tinh/"))
    assert minh.post(f"{address}bo/", {"reason": ""}).status_code == 422
    assert minh.post(f"{address}bo/", {"reason": "Đã ngừng"}).status_code == 302
    assert minh.get(address).status_code == 404


# ---- lists, counts, doors ----


@pytest.mark.law("S17.1đ")
def test_lists_filter_search_and_count(sign_in):
    first = outside.registered()
    second = outside.weighed(case=outside.registered(service=first.service))
    sent = outside.proposed()
    minh = sign_in("minh")
    every = text(minh.get("/ngoai-tinh/den/"))
    assert first.code in every
    assert second.code in every
    agreed = text(minh.get("/ngoai-tinh/den/?trang-thai=agreed"))
    assert second.code in agreed
    assert first.code not in agreed
    found = text(minh.get(f"/ngoai-tinh/den/?q={first.code}"))
    assert second.code not in found
    assert sent.code in text(minh.get("/ngoai-tinh/di/?trang-thai=proposed"))
    assert sent.code not in text(minh.get("/ngoai-tinh/di/?trang-thai=in_use"))
    overview = text(minh.get("/ngoai-tinh/"))
    assert "Thống nhất chia sẻ" in overview
    late = text(minh.get("/ngoai-tinh/den/?qua-han=1"))
    assert first.code not in late
    with time_machine.travel(outside.AT + timedelta(days=3), tick=False):
        assert first.code in text(sign_in("minh").get("/ngoai-tinh/den/?qua-han=1"))
    assert "Bỏ bớt điều kiện lọc" in late
    assert "Đã đề xuất" in overview


def test_other_people_find_nothing(sign_in):
    case, proposal = outside.registered(), outside.proposed()
    for username, addresses in (
        ("hoa", ("/ngoai-tinh/", "/ngoai-tinh/den/", case.get_absolute_url(), proposal.get_absolute_url())),
        ("khanh", (case.get_absolute_url(), "/ngoai-tinh/di/", "/ngoai-tinh/den/moi/", "/ngoai-tinh/co-quan/")),
        ("phuc", (case.get_absolute_url(), f"{case.get_absolute_url()}ban-quet/", "/dich-vu/ngoai-tinh/moi/")),
        ("lan", (proposal.get_absolute_url(), f"{case.get_absolute_url()}sua/", f"{case.get_absolute_url()}ban-quet/")),
    ):
        client = sign_in(username)
        for address in addresses:
            assert client.get(address).status_code == 404, f"{username} {address}"
    client = sign_in("phuc")
    assert client.post(f"{case.get_absolute_url()}buoc/owner_agrees/").status_code == 404
    assert client.post(f"{proposal.get_absolute_url()}buoc/accept/", {}).status_code in {403, 422}


def test_a_list_of_many_asks_few_questions(sign_in):
    case = outside.registered()
    for number in range(1, 80):
        case.pk, case.code = None, f"DT-2026-{number + 1000}"
        case.save(force_insert=True)
    proposal = outside.proposed()
    for number in range(1, 80):
        proposal.pk, proposal.code = None, f"NT-2026-{number + 1000}"
        proposal.save(force_insert=True)
    minh = sign_in("minh")
    for address in ("/ngoai-tinh/", "/ngoai-tinh/den/", "/ngoai-tinh/di/", "/dich-vu/ngoai-tinh/"):
        with CaptureQueriesContext(connection) as asked:
            assert minh.get(address).status_code == 200
        assert len(asked) <= 15, f"{address}: {len(asked)}"
    assert text(minh.get("/ngoai-tinh/den/")).count('href="/ngoai-tinh/den/DT-2026-') == PAGE


def test_pages_speak_english_too(sign_in):
    case, proposal = outside.weighed(owner=False), outside.proposed()
    minh = sign_in("minh")
    minh.cookies["django_language"] = "en"
    for address in ("/ngoai-tinh/", case.get_absolute_url(), proposal.get_absolute_url(), "/dich-vu/ngoai-tinh/"):
        assert minh.get(address).status_code == 200
    assert "Opinions differ" in text(minh.get(case.get_absolute_url()))
