"""SM2 through the pages, by people who sign in: the whole story, and what each page refuses."""

import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

import scenes
import scenes_agreements as ours
from nganam.accounts.models import Person
from nganam.agencies.operations import name_posting
from nganam.kernel.actors import system
from nganam.kernel.clock import local_date
from nganam.services.models import Service
from nganam.sharing.agreements import signing
from nganam.sharing.models import Account, Agreement, AgreementVersion, Application, Joining

pytestmark = pytest.mark.django_db
TEXT = {**ours.TEXT, "fields_agreed": ours.TEXT["fields"], "note": "Bản đầu", "valid_until": "2090-01-01"}
TEXT.pop("fields")
ASKED = {**ours.ASKED, "fields_asked": ours.ASKED["fields"], "application": "MCDT"}
ASKED.pop("fields")


@pytest.fixture
def sign_in(client, province):
    person = Person.objects.create_user("tu", password=scenes.PASSWORD, full_name="Trương Tú")
    name_posting(
        actor=system("test"), at=ours.AT, person=person, agency="CT-STC", role="focal", valid_from=date(2025, 7, 1)
    )

    def enter(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    return enter


def page(client, path, status=200):
    got = client.get(path)
    assert got.status_code == status, (path, got.status_code)
    return got.content.decode()


def post(client, path, values=None, status=302):
    got = client.post(path, values or {})
    assert got.status_code == status, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", got.content.decode()))[-3000:]
    return got


def step(client, code, name, values=None, status=302):
    return post(client, f"/thoa-thuan/{code}/buoc/{name}/", values, status)


def agreed(client, code, digest):
    return step(client, code, "agree", {"digest": digest})


def signed(client, code, digest, who):
    return post(
        client,
        f"/thoa-thuan/{code}/ky/",
        {"digest": digest, "signer": who, "position": "Thủ trưởng", "confirmed": "on"},
    )


@pytest.mark.law(
    "S11", "D36", "D36.1", "D36.4", "D37", "D37.1", "D37.2", "D37.3", "D37.4", "D38", "D38.11", "D39", "D34.2", "D44"
)
def test_the_whole_story_of_special_data(sign_in):
    service = ours.special_service()
    scenes.application()
    # Phúc comes from the public page of the service, asks and sends.
    phuc = sign_in("phuc")
    assert f"/thoa-thuan/moi/?dich-vu={service.code}" in page(phuc, f"/dich-vu/{service.code}/")
    assert "Vì sao chia sẻ mặc định không đáp ứng" in page(phuc, f"/thoa-thuan/moi/?dich-vu={service.code}")
    post(phuc, f"/thoa-thuan/moi/?dich-vu={service.code}", {**ASKED, "why": ""})
    code = Agreement.objects.get().code
    here = f"/thoa-thuan/{code}/"
    assert "Yêu cầu còn thiếu" in page(phuc, here)
    post(phuc, f"{here}sua/", ASKED)
    step(phuc, code, "submit")
    # Lan finds it must be special, and records the review.
    lan = sign_in("lan")
    assert code in page(lan, "/thoa-thuan/")
    step(lan, code, "confirm_special", {"reason": ""}, 422)
    step(lan, code, "confirm_special", {"reason": "Có dữ liệu cá nhân."})
    step(lan, code, "review", ours.REVIEW)
    assert "nội bộ" in page(lan, here)
    # Both draft: Phúc saves, Lan amends, Phúc agrees to the very version he was shown.
    phuc = sign_in("phuc")
    assert ours.ASKED["purpose"] in page(phuc, f"{here}soan-thao/"), "the first draft starts from what was asked"
    post(phuc, f"{here}soan-thao/", TEXT)
    lan = sign_in("lan")
    seen = Agreement.objects.get().version
    post(
        lan,
        f"{here}soan-thao/",
        {**TEXT, "storage": "Lưu tối đa 60 ngày; không tạo dữ liệu phái sinh.", "version": seen},
    )
    compared = page(lan, f"{here}so-sanh/")
    assert re.search(r"<del>.*?30 .*?</del>", compared, re.DOTALL)
    assert re.search(r"<ins>.*?60 .*?</ins>", compared, re.DOTALL)
    assert "[bỏ: " in compared, "a reader who sees no colour hears what was removed"
    phuc = sign_in("phuc")
    one, two = AgreementVersion.objects.all()
    step(phuc, code, "agree", {"digest": one.digest}, 422)
    agreed(phuc, code, two.digest)
    # Both sign; it is in force and the account is there.
    assert two.digest in page(phuc, f"{here}ky/")
    post(phuc, f"{here}ky/", {"digest": two.digest, "signer": "A", "position": "B"}, 422)
    signed(phuc, code, two.digest, "Lý Văn Chủ Tịch")
    lan = sign_in("lan")
    signed(lan, code, two.digest, "Trần Thị Giám Đốc")
    account = Account.objects.get()
    shown = page(lan, here)
    assert "Có hiệu lực" in shown
    assert account.code in shown
    assert code in page(lan, f"/tai-khoan-ket-noi/{account.code}/")
    assert two.digest in page(lan, f"{here}ban/2/")
    # A third agency finds it by name, asks to join, and is taken in by an amendment all sign.
    tu = sign_in("tu")
    page(tu, here, 404)
    assert code in page(tu, "/thoa-thuan/dang-hieu-luc/")
    post(tu, "/ung-dung/", {"code": "NSNN", "name": "Ngân sách"})
    page(tu, f"{here}de-nghi-tham-gia/")
    post(tu, f"{here}de-nghi-tham-gia/", {"application": "NSNN", "purpose": "Đối chiếu ngân sách.", "once": "k"})
    asked = Joining.objects.get()
    assert "Đã đề nghị" in page(tu, f"/thoa-thuan/tham-gia/{asked.code}/")
    lan = sign_in("lan")
    assert asked.code in page(lan, "/thoa-thuan/")
    post(lan, f"/thoa-thuan/tham-gia/{asked.code}/buoc/accept/")
    three = AgreementVersion.objects.last()
    for name in ("phuc", "tu"):
        step(sign_in(name), code, "agree_change", {"digest": three.digest})
    for name in ("phuc", "tu", "lan"):
        signed(sign_in(name), code, three.digest, f"Thủ trưởng {name}")
    assert Account.objects.count() == 2
    # Minh reviews it for default sharing.
    minh = sign_in("minh")
    assert code in page(minh, "/thoa-thuan/xet-chuyen-mac-dinh/?loc=tat-ca")
    assert code not in page(minh, "/thoa-thuan/xet-chuyen-mac-dinh/")
    step(minh, code, "review_default", {"outcome": "keep", "reason": "Chỉ hai cơ quan cần."})
    assert "Giữ chia sẻ đặc thù" in page(minh, here)
    # Lan ends it; both exploiting parties delete, the file is closed.
    step(sign_in("lan"), code, "terminate", {"ground": "ended", "reason": "Ngừng dịch vụ."})
    assert {one.state for one in Account.objects.all()} == {"revoked"}
    for name in ("phuc", "tu"):
        client = sign_in(name)
        assert ours.TEXT["deletion"] in page(client, f"{here}xoa-du-lieu/")
        evidence = SimpleUploadedFile("bien-ban.txt", b"Da xoa\n", content_type="text/plain")
        post(
            client, f"{here}xoa-du-lieu/",
            {"deleted_on": f"{local_date(timezone.now()):%Y-%m-%d}", "text": "Đã xóa bảng.", "file": evidence},
        )  # fmt: skip
    lan = sign_in("lan")
    kept = Agreement.objects.get().deletions.first().file
    assert b"".join(lan.get(f"{here}tep/{kept.sha256}/").streaming_content) == b"Da xoa\n"
    step(lan, code, "confirm_deletion")
    story = page(lan, here)
    assert Agreement.objects.get().state == "closed"
    for told in ("Lưu một bản dự thảo", "Các bên thống nhất", "Có hiệu lực", "Mở sửa đổi", "Chấm dứt thỏa thuận",
                 "Xác nhận đã xóa"):  # fmt: skip
        assert told in story, told


def test_what_a_side_typed_is_not_lost_when_the_other_saved_meanwhile(sign_in):
    found = ours.drafting()
    here = f"/thoa-thuan/{found.code}/"
    seen = found.version
    ours.save(found, ours.PHUC)
    lan = sign_in("lan")
    mine = {**TEXT, "other": "Báo cáo mỗi quý.", "version": seen}
    shown = post(lan, f"{here}soan-thao/", mine, 422).content.decode()
    assert "Thạch Phúc đã lưu bản số 1" in shown
    assert "Báo cáo mỗi quý." in shown
    assert "<ins>" in shown, "what differs from the version just saved is marked"
    again = re.search(r'name="version" value="(\d+)"', shown)[1]
    post(lan, f"{here}soan-thao/", {**mine, "version": again})
    assert [one.number for one in AgreementVersion.objects.all()] == [1, 2]


@pytest.mark.law("D36.1")
def test_default_sharing_is_offered_with_everything_filled_in(sign_in):
    found = ours.submitted()
    Service.objects.update(form="default")
    service = Service.objects.get()
    lan = sign_in("lan")
    step(lan, found.code, "to_default", {"default_service": service.code, "reason": "Đã có dịch vụ mặc định."})
    phuc = sign_in("phuc")
    link = f"/yeu-cau/moi/?dich-vu={service.code}&amp;tu={found.code}"
    assert link in page(phuc, f"/thoa-thuan/{found.code}/")
    form = page(phuc, link.replace("&amp;", "&"))
    assert ours.ASKED["purpose"] in form
    assert re.search(r'value="dien_thoai"[^>]*checked', form)


@pytest.mark.law("D36")
def test_the_form_of_default_requests_leads_special_data_to_their_own(sign_in):
    service = ours.special_service()
    got = sign_in("phuc").get(f"/yeu-cau/moi/?dich-vu={service.code}")
    assert got["Location"] == f"/thoa-thuan/moi/?dich-vu={service.code}"


def test_no_agreement_offers_a_dispute_to_the_sides_and_to_who_is_not_taken_in(sign_in):
    found = ours.drafting()
    lan = sign_in("lan")
    step(lan, found.code, "not_agree", {"reason": "Không an toàn."}, 422)
    step(lan, found.code, "not_agree", {"reason": "Không an toàn.", "legal_basis": "Điều 7 Luật X"})
    dispute = "/vuong-mac/moi/?ve=sharing.agreement:"
    assert f"{dispute}{found.code}" in page(sign_in("phuc"), f"/thoa-thuan/{found.code}/")
    assert dispute not in page(sign_in("minh"), f"/thoa-thuan/{found.code}/")


@pytest.mark.law("D36.4")
def test_who_is_not_taken_in_reads_why_and_may_open_a_dispute(sign_in):
    asked = ours.joining()
    here = f"/thoa-thuan/tham-gia/{asked.code}/"
    lan = sign_in("lan")
    post(lan, f"{here}buoc/refuse/", {"reason": ""}, 422)
    basis = "Khoản 1 Điều 7 Luật X"
    post(lan, f"{here}buoc/refuse/", {"reason": "Mục đích không phù hợp.", "legal_basis": basis})
    shown = page(sign_in("tu"), here)
    assert "Mục đích không phù hợp." in shown
    assert f"/vuong-mac/moi/?ve=sharing.joining:{asked.code}" in shown
    page(sign_in("hoa"), here, 404)


def test_an_authority_gets_the_agreement_on_request(sign_in):
    found = ours.in_force()
    here = f"/thoa-thuan/{found.code}/"
    page(sign_in("hoa"), here, 404)
    lan = sign_in("lan")
    page(lan, f"{here}gui-co-quan/")
    post(lan, f"{here}gui-co-quan/", {"agency": "CT-CA", "basis": ""}, 422)
    post(lan, f"{here}gui-co-quan/", {"agency": "CT-CA", "basis": "Công văn 12"})
    shown = page(sign_in("hoa"), here)
    assert "Công văn 12" in shown
    assert "Việc có thể làm" not in shown
    assert found.code in page(sign_in("hoa"), "/thoa-thuan/")


def test_pages_of_deeds_open_only_when_the_deed_can_be_done(sign_in):
    found = ours.in_force()
    here = f"/thoa-thuan/{found.code}/"
    lan = sign_in("lan")
    for path in ("soan-thao/", "ky/"):
        page(lan, f"{here}{path}", 409)
    page(lan, f"{here}xoa-du-lieu/", 403)
    page(lan, f"{here}sua/", 403)
    page(sign_in("phuc"), f"{here}sua/", 409)
    lan = sign_in("lan")
    for path in ("ban/7/", f"tep/{'0' * 64}/"):
        page(lan, f"{here}{path}", 404)
    assert "Chưa có hai bản" in page(lan, f"{here}so-sanh/")
    page(lan, f"{here}de-nghi-tham-gia/")
    post(lan, f"{here}de-nghi-tham-gia/", {"application": "X", "purpose": "x"}, 422)
    page(lan, "/thoa-thuan/moi/?dich-vu=DV-2026-0099", 404)
    for path in ("soan-thao/", "ky/", "xoa-du-lieu/"):
        page(sign_in("minh"), f"{here}{path}", 403)
        page(sign_in("hoa"), f"{here}{path}", 404)
    page(sign_in("minh"), f"/thoa-thuan/moi/?dich-vu={found.service.code}", 403)
    page(sign_in("hoa"), here, 404)


def test_the_list_is_filtered_by_state_and_words(sign_in):
    found = ours.submitted()
    lan = sign_in("lan")
    for query, there in (
        ("?trang-thai=checking", True), ("?trang-thai=closed", False), (f"?q={found.code}", True),
        ("?q=TN-2020", False), ("?qua-han=1", True), ("?trang-thai=la&trang=99", True),
    ):  # fmt: skip
        assert (found.code in page(lan, f"/thoa-thuan/{query}")) == there, query


def test_pages_cost_the_same_whatever_the_number(sign_in, django_assert_max_num_queries):
    found = ours.in_force()
    for number in range(30):
        copy = Agreement.objects.get(pk=found.pk)
        copy.pk, copy.code, copy.in_force = None, f"TN-2026-1{number:03}", None
        copy.save(force_insert=True)
        for party in found.parties.all():
            party.pk, party.agreement = None, copy
            party.save(force_insert=True)
    minh = sign_in("minh")
    for path in ("/thoa-thuan/", "/thoa-thuan/dang-hieu-luc/", "/thoa-thuan/xet-chuyen-mac-dinh/?loc=tat-ca"):
        page(minh, path)
        with django_assert_max_num_queries(15):
            page(minh, path)


@pytest.mark.parametrize("who", ["lan", "phuc", "minh"])
@pytest.mark.parametrize("scene", ["submitted", "drafting", "signing", "in_force", "amending", "deleting"])
def test_a_case_page_costs_few_queries(sign_in, django_assert_max_num_queries, scene, who):
    found = getattr(ours, scene)()
    if scene == "amending":
        found = ours.save(found, ours.LAN, ours.LATER, other="Thêm.")
    client = sign_in(who)
    page(client, f"/thoa-thuan/{found.code}/")
    with django_assert_max_num_queries(15):
        page(client, f"/thoa-thuan/{found.code}/")


def test_a_chairman_signs_for_the_committee(sign_in):
    from nganam.agencies.models import Agency

    found = ours.signing()
    found.parties.filter(side="consumer").update(agency=Agency.objects.get(code="CT-UBND"))
    AgreementVersion.objects.update(parties=["CT-SYT", "CT-UBND"])
    khanh = sign_in("khanh")
    signed(khanh, found.code, AgreementVersion.objects.get().digest, "Lê Quốc Khánh")
    assert signing.queries.not_signed_yet(ours.fresh(found)) == ["Sở Y tế thành phố Cần Thơ"]
    assert Application.objects.exists()
