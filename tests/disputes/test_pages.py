"""The same deeds through the pages, by people who sign in: SM4 from the refused request through all three levels."""

import re

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

import scenes
import scenes_disputes as told
from nganam.disputes.models import Dispute, Evidence
from nganam.sharing.models import Request

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SETTLING = {"outcome": "for", "obliged": "respondent", "carry_out_by": "2026-12-31"}


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(told.AT, tick=False):
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


def press(client, dispute, step, **values):
    """Send a step's form as the page holds it, with the version the page shows."""
    shown = text(client.get(f"/vuong-mac/{dispute.code}/"))
    assert f"/vuong-mac/{dispute.code}/buoc/{step}/" in shown, step
    version = re.search(rf'name="version" value="(\d+)" id="{step}-version"', shown)
    assert version, "the form carries the version it was drawn for"
    sent = client.post(f"/vuong-mac/{dispute.code}/buoc/{step}/", {"version": version[1], **values})
    assert sent.status_code == 302, text(sent)
    dispute.refresh_from_db()
    return dispute.state


@pytest.mark.law("S23", "D47", "D48.1", "D48.2", "D49.1", "D49.2", "D50.2", "D50.3", "D51.1a")
def test_from_the_refusal_through_three_levels_to_the_closed_file(sign_in):
    request = told.refused_request()
    phuc = sign_in("phuc")
    offered = text(phuc.get(f"/yeu-cau/{request.code}/"))
    address = f"/vuong-mac/moi/?ve=sharing.request:{request.code}"
    assert address in offered
    assert "Sở Y tế thành phố Cần Thơ" in text(phuc.get(address))
    once = re.search(r'name="once" value="(\w+)"', text(phuc.get(address)))[1]
    opened = phuc.post(address, told.VALUES | {"once": once})
    dispute = Dispute.objects.get()
    assert opened["Location"] == f"/vuong-mac/{dispute.code}/"
    assert phuc.post(address, told.VALUES | {"once": once})["Location"] == opened["Location"]
    assert f"/vuong-mac/?ve=sharing.request:{request.code}" in text(phuc.get(f"/yeu-cau/{request.code}/"))

    lan = sign_in("lan")
    assert dispute.code in text(lan.get("/vuong-mac/?ben=doi-voi-toi"))
    file = SimpleUploadedFile("cong-van.pdf", PDF, "application/pdf")
    lan.post(f"/vuong-mac/{dispute.code}/y-kien/", {"text": "Xem công văn đính kèm.", "evidence": [file]})
    assert press(lan, dispute, "fail", reason="Giữ nguyên ý kiến.") == "unresolved"

    phuc = sign_in("phuc")
    page = text(phuc.get(f"/vuong-mac/{dispute.code}/"))
    assert "Xem công văn đính kèm." in page
    download = phuc.get(f"/vuong-mac/{dispute.code}/tep/{Evidence.objects.get().file.sha256}/")
    assert b"".join(download.streaming_content) == PDF
    assert download["Content-Disposition"].startswith("attachment")
    assert press(phuc, dispute, "escalate", reason="Căn cứ không đúng.") == "level_two"

    khanh = sign_in("khanh")
    assert khanh.get(f"/vuong-mac/{dispute.code}/").status_code == 404, "it has not reached him"
    minh = sign_in("minh")
    assert dispute.code in text(minh.get("/vuong-mac/?cap=2"))
    assert press(minh, dispute, "propose", reason="Đã nghe hai bên.", plan="Cấp ba mục tin.") == "level_three"

    khanh = sign_in("khanh")
    assert "Cấp ba mục tin." in text(khanh.get(f"/vuong-mac/{dispute.code}/"))
    decision = {"reason": "Cấp ba mục tin.", "paper": "15/QĐ-UBND", "decided_on": "2026-11-03"}
    assert press(khanh, dispute, "decide", **SETTLING, **decision) == "settled"
    assert Request.objects.get().state == "received"

    assert press(sign_in("lan"), dispute, "report", reason="Đã cấp tài khoản.") == "reported"
    back = {"reason": "Mới cấp hai mục tin.", "carry_out_by": "2026-12-15"}
    assert press(sign_in("minh"), dispute, "send_back", **back) == "settled"
    assert press(sign_in("lan"), dispute, "report", reason="Đã cấp đủ.") == "reported"
    assert press(sign_in("khanh"), dispute, "confirm", reason="Đã tuân thủ.") == "closed"
    story = text(sign_in("phuc").get(f"/vuong-mac/{dispute.code}/"))
    for words in ("Giữ nguyên ý kiến.", "15/QĐ-UBND", "Mới cấp hai mục tin.", "Đã tuân thủ."):
        assert words in story


@pytest.mark.law("D48.3", "D49.3")
def test_the_chairman_refers_and_the_conclusion_is_recorded(sign_in):
    dispute = told.at_level_three()
    paper = {"paper": "", "decided_on": "2026-11-03"}
    given = {"reason": "Vượt thẩm quyền.", "central_body": "ministry", "central_name": "Bộ Khoa học và Công nghệ"}
    assert press(sign_in("khanh"), dispute, "refer", **given, **paper) == "central"
    paper = {"paper": "77/BKHCN-CĐS", "decided_on": "2026-11-03", "reason": "Chấp nhận."}
    assert press(sign_in("minh"), dispute, "conclude", **SETTLING, **paper) == "settled"


@pytest.mark.law("D50.1")
def test_terms_are_offered_on_one_page_and_agreed_to_on_the_other(sign_in):
    dispute = told.dispute()
    lan = sign_in("lan")
    version = {"version": dispute.version}
    assert "/buoc/agree/" not in text(lan.get(f"/vuong-mac/{dispute.code}/"))
    lan.post(f"/vuong-mac/{dispute.code}/thoa-thuan/", version | {"terms": "Rà lại mục tin.", "outcome": "for"})
    assert "/buoc/agree/" not in text(lan.get(f"/vuong-mac/{dispute.code}/")), "nobody agrees with themselves"
    assert press(sign_in("phuc"), dispute, "agree") == "agreed"


def test_stale_terms_are_refused_with_what_was_typed(sign_in):
    dispute = told.dispute()
    stale = {"version": 99, "terms": "Rà lại mục tin.", "outcome": "for"}
    page = sign_in("lan").post(f"/vuong-mac/{dispute.code}/thoa-thuan/", stale)
    assert page.status_code == 422
    assert "Rà lại mục tin." in text(page)


@pytest.mark.law("D52.2", "D51.2")
def test_an_error_is_reported_from_the_account_and_corrected(sign_in):
    account = scenes.account()
    phuc = sign_in("phuc")
    address = f"/vuong-mac/bao-sai-sot/?ve=sharing.account:{account.code}"
    assert address in text(phuc.get(f"/tai-khoan-ket-noi/{account.code}/"))
    assert phuc.get(address).status_code == 200
    phuc.post(address, told.ERROR)
    report = Dispute.objects.get()
    lan = sign_in("lan")
    assert address not in text(lan.get(f"/tai-khoan-ket-noi/{account.code}/"))
    assert press(lan, report, "correct", reason="Đã sửa từ phiên bản 2.") == "error_answered"
    assert press(sign_in("phuc"), report, "accept") == "closed"


@pytest.mark.law("D49.1", "D51.1a")
def test_an_overdue_request_offers_a_dispute_to_its_sender_only(sign_in):
    request = scenes.sent_request()
    offer = f"/vuong-mac/moi/?ve=sharing.request:{request.code}"
    assert offer not in text(sign_in("phuc").get(f"/yeu-cau/{request.code}/"))
    with time_machine.travel(told.LATE, tick=False):
        page = text(sign_in("phuc").get(f"/yeu-cau/{request.code}/"))
        assert offer in page
        assert "Quá hạn không có nghĩa là đồng ý" in page
        for other in ("lan", "minh"):
            assert offer not in text(sign_in(other).get(f"/yeu-cau/{request.code}/"))


def test_without_a_thing_the_other_side_is_picked(sign_in):
    phuc = sign_in("phuc")
    page = text(phuc.get("/vuong-mac/moi/"))
    assert "Sở Y tế thành phố Cần Thơ (CT-SYT)" in page
    assert "CT-X31507)" not in page, "not one's own agency"
    assert phuc.post("/vuong-mac/moi/", told.VALUES).status_code == 422
    phuc.post("/vuong-mac/moi/", told.VALUES | {"respondent": "CT-SYT"})
    assert Dispute.objects.get().respondent.code == "CT-SYT"


def test_a_thing_of_others_cannot_be_disputed(sign_in):
    request = told.refused_request()
    for who in ("minh", "khanh", "hoa"):
        assert sign_in(who).get(f"/vuong-mac/moi/?ve=sharing.request:{request.code}").status_code == 404
    for reference in ("sharing.request:YC-2026-9999", "sharing.request", "x:y", ":"):
        assert sign_in("phuc").get("/vuong-mac/moi/", {"ve": reference}).status_code == 404
        assert sign_in("phuc").get("/vuong-mac/bao-sai-sot/", {"ve": reference}).status_code == 404


def test_others_find_neither_the_page_nor_the_files(sign_in):
    dispute = told.dispute()
    file = SimpleUploadedFile("a.pdf", PDF)
    sign_in("phuc").post(f"/vuong-mac/{dispute.code}/y-kien/", {"text": "x", "evidence": [file]})
    sha256 = Evidence.objects.get().file.sha256
    for who in ("khanh", "hoa", "quantri"):
        client = sign_in(who)
        assert client.get(f"/vuong-mac/{dispute.code}/").status_code == 404
        assert client.get(f"/vuong-mac/{dispute.code}/tep/{sha256}/").status_code == 404
        assert client.post(f"/vuong-mac/{dispute.code}/buoc/fail/", {"reason": "x"}).status_code == 404
        assert client.post(f"/vuong-mac/{dispute.code}/y-kien/", {"text": "x"}).status_code == 404
        assert client.post(f"/vuong-mac/{dispute.code}/thoa-thuan/", {"terms": "x"}).status_code == 404
    minh = sign_in("minh")
    assert minh.get(f"/vuong-mac/{dispute.code}/tep/{sha256}/").status_code == 200
    assert minh.get(f"/vuong-mac/{dispute.code}/tep/{'0' * 64}/").status_code == 404


def test_evidence_that_is_none_is_refused_and_what_was_typed_stays(sign_in):
    dispute = told.dispute()
    wrong = SimpleUploadedFile("virus.pdf", b"MZ" + b"\x00" * 64)
    page = sign_in("phuc").post(f"/vuong-mac/{dispute.code}/y-kien/", {"text": "Xem tệp này.", "evidence": [wrong]})
    assert page.status_code == 422
    assert "Xem tệp này." in text(page)
    assert "virus.pdf" in text(page)
    many = [SimpleUploadedFile(f"{number}.pdf", PDF) for number in range(6)]
    page = sign_in("phuc").post(f"/vuong-mac/{dispute.code}/y-kien/", {"text": "Xem.", "evidence": many})
    assert "tối đa 5 tệp" in text(page)
    assert not Evidence.objects.exists()


def test_a_refused_step_keeps_what_was_typed(sign_in):
    dispute = told.dispute()
    wrong = SETTLING | {"reason": "Cấp lại.", "carry_out_by": "2020-01-01"}
    page = sign_in("lan").post(f"/vuong-mac/{dispute.code}/buoc/resolve/", wrong)
    assert page.status_code == 422
    assert "Cấp lại." in text(page)
    assert "Hạn thi hành không thể ở trước hôm nay." in text(page)


def test_an_unknown_step_is_not_found(sign_in):
    dispute = told.dispute()
    assert sign_in("lan").post(f"/vuong-mac/{dispute.code}/buoc/nothing/", {}).status_code == 404


def test_level_two_is_offered_with_what_still_keeps_it(sign_in):
    dispute = told.dispute()
    assert "Cấp 1 còn trong thời hạn giải quyết." in text(sign_in("phuc").get(f"/vuong-mac/{dispute.code}/"))


def test_the_pages_speak_english(sign_in):
    dispute = told.at_level_three()
    client = sign_in("khanh")
    client.cookies["django_language"] = "en"
    assert "Decide" in text(client.get(f"/vuong-mac/{dispute.code}/"))
    assert "Difficulties in connecting and sharing data" in text(client.get("/vuong-mac/"))
