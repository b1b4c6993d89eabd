"""The whole way through the pages: Lan declares, Minh assesses and submits, Khánh issues, Dung reads and downloads."""

import pytest

from nganam.accounts.models import Person
from nganam.catalogue.models import Edition, SharedDatabase

ITEM = {"items-0-name": "Danh sách cơ sở", "items-0-form": "open", "items-0-audience": "Mọi tổ chức, cá nhân"}
FORMSET = {"items-TOTAL_FORMS": "3", "items-INITIAL_FORMS": "0"}
CHOICES = {"phase": "operating", "personal_data": "none"}


@pytest.fixture
def as_(client, province):
    def sign_in(username):
        client.logout()
        client.force_login(Person.objects.get(username=username))
        return client

    return sign_in


def follow(client, path, data=None):
    response = client.post(path, data or {}, follow=True)
    assert response.status_code == 200, response.content.decode()[:2000]
    return response.content.decode()


@pytest.mark.law("S5.1", "S5.2", "S5.3", "D11.3", "D11.4")
def test_from_a_declaration_to_the_public_catalogue(as_, values, client):
    lan = as_("lan")
    page = follow(lan, "/danh-muc/co-so-du-lieu/moi/", {**values, **CHOICES, **FORMSET, **ITEM})
    assert "Cơ sở khám chữa bệnh" in page
    code = SharedDatabase.objects.get().code
    assert "Đã đề xuất" in follow(lan, f"/danh-muc/co-so-du-lieu/{code}/buoc/propose/")

    minh = as_("minh")
    assert code in minh.get("/danh-muc/tham-dinh/").content.decode()
    follow(minh, f"/danh-muc/co-so-du-lieu/{code}/buoc/accept/")
    assert code in minh.get("/danh-muc/dot/moi/").content.decode()
    follow(minh, "/danh-muc/dot/moi/", {"kind": "databases", "title": "Danh mục năm 2026", "codes": [code]})
    edition = Edition.objects.get().code
    follow(minh, f"/danh-muc/dot/{edition}/trinh/", {"number": "05/TTr-SKHCN", "signed_on": "2026-11-02"})
    assert client.get(f"/danh-muc/{edition}/").status_code == 404

    khanh = as_("khanh")
    assert "Ban hành" in khanh.get(f"/danh-muc/dot/{edition}/").content.decode()
    page = follow(khanh, f"/danh-muc/dot/{edition}/ban-hanh/", {"number": "120/QĐ-UBND", "signed_on": "2026-11-03"})
    assert "120/QĐ-UBND" in page
    follow(as_("minh"), f"/danh-muc/dot/{edition}/cong-bo/")

    client.logout()
    assert "120/QĐ-UBND" in client.get("/danh-muc/").content.decode()
    assert "Danh sách cơ sở" in client.get(f"/danh-muc/csdl/{code}/").content.decode()
    assert "SHA-256" in client.get(f"/danh-muc/{edition}/").content.decode()
    file = client.get(f"/danh-muc/{edition}/tai-ve.csv?bom=1")
    assert file.content.startswith(b"\xef\xbb\xbfcode,")
    assert "Mọi tổ chức, cá nhân" in file.content.decode()


def test_what_is_missing_is_said_with_its_article_before_and_when_proposing(as_, declare):
    code = declare(scope="", items=()).code
    lan = as_("lan")
    page = lan.get(f"/danh-muc/co-so-du-lieu/{code}/").content.decode()
    assert "Còn thiếu để gửi đề xuất" in page
    assert "Phạm vi" in page

    page = follow(lan, f"/danh-muc/co-so-du-lieu/{code}/buoc/propose/")

    assert "D11.4b" in page
    assert SharedDatabase.objects.get().state == "draft"


def test_a_faulty_form_keeps_what_was_typed_and_names_the_field(as_, values):
    data = {**values, **CHOICES, **FORMSET, **ITEM, "name": "", "items-0-form": ""}
    page = as_("lan").post("/danh-muc/co-so-du-lieu/moi/", data)
    assert page.status_code == 422
    assert "Toàn thành phố" in page.content.decode()
    assert not SharedDatabase.objects.exists()


def test_an_entry_is_edited_and_its_items_replaced(as_, declare, values):
    code = declare().code
    lan = as_("lan")
    assert "Giấy phép hoạt động" in lan.get(f"/danh-muc/co-so-du-lieu/{code}/sua/").content.decode()
    follow(
        lan,
        f"/danh-muc/co-so-du-lieu/{code}/sua/",
        {**values, **CHOICES, **FORMSET, **ITEM, "items-INITIAL_FORMS": "1", "scope": "Cả vùng"},
    )
    database = SharedDatabase.objects.get()
    assert (database.scope, [one.name for one in database.items.all()]) == ("Cả vùng", ["Danh sách cơ sở"])


@pytest.mark.parametrize("username", ["phuc", "hoa", "khanh", "minh"])
def test_somebody_elses_draft_is_not_found(as_, declare, username):
    code = declare().code
    client = as_(username)
    assert client.get(f"/danh-muc/co-so-du-lieu/{code}/").status_code == 404
    assert client.get(f"/danh-muc/co-so-du-lieu/{code}/sua/").status_code == 404
    assert client.post(f"/danh-muc/co-so-du-lieu/{code}/buoc/propose/").status_code == 404
    assert SharedDatabase.objects.get().state == "draft"


def test_an_unknown_step_is_not_found(as_, declare):
    code = declare().code
    assert as_("lan").post(f"/danh-muc/co-so-du-lieu/{code}/buoc/khong-co/").status_code == 404
    assert as_("lan").post(f"/danh-muc/dot/{code}/buoc/khong-co/").status_code == 404


@pytest.mark.parametrize(
    ("username", "path"),
    [
        ("lan", "/danh-muc/tham-dinh/"),
        ("lan", "/danh-muc/dot/"),
        ("lan", "/danh-muc/dot/moi/"),
        ("khanh", "/danh-muc/dot/moi/"),
        ("hoa", "/danh-muc/co-so-du-lieu/"),
        ("minh", "/danh-muc/co-so-du-lieu/moi/"),
        ("lan", "/danh-muc/dot/DOT-2026-0001/"),
    ],
)
def test_pages_of_other_roles_are_not_there(as_, username, path):
    assert as_(username).get(path).status_code == 404


@pytest.mark.parametrize("path", ["/danh-muc/co-so-du-lieu/", "/danh-muc/dot/", "/danh-muc/tham-dinh/"])
def test_a_visitor_is_sent_to_sign_in(db, client, path):
    assert client.get(path)["Location"] == f"/dang-nhap/?next={path}"


def test_a_decision_of_tomorrow_is_refused_on_the_form(as_, accept, submit):
    edition = submit(accept())
    page = as_("khanh").post(
        f"/danh-muc/dot/{edition.code}/ban-hanh/", {"number": "1/QĐ-UBND", "signed_on": "2999-01-01"}
    )
    assert page.status_code == 422
    assert "Ngày ký không thể ở tương lai." in page.content.decode()
    assert Edition.objects.get().state == "submitted"


def test_the_chairman_sends_an_edition_back_with_a_reason(as_, accept, submit):
    edition = submit(accept())
    follow(as_("khanh"), f"/danh-muc/dot/{edition.code}/buoc/send_back/", {"reason": "Bổ sung quy chế"})
    assert Edition.objects.get().state == "draft"
    minh = as_("minh")
    assert "Bổ sung quy chế" in minh.get(f"/danh-muc/dot/{edition.code}/").content.decode()
    follow(
        minh,
        f"/danh-muc/dot/{edition.code}/sua/",
        {"kind": "databases", "title": "Tên mới", "codes": [SharedDatabase.objects.get().code]},
    )
    assert Edition.objects.get().title == "Tên mới"


def test_a_draft_that_somebody_else_has_changed_is_not_written_over(as_, accept, submit):
    edition = submit(accept())
    follow(as_("khanh"), f"/danh-muc/dot/{edition.code}/buoc/send_back/", {"reason": "Bổ sung quy chế"})
    minh, address = as_("minh"), f"/danh-muc/dot/{edition.code}/sua/"
    seen = minh.get(address).context["form"].initial["version"]
    assert f'name="version" value="{seen}"' in minh.get(address).content.decode()
    sent = {"kind": "databases", "codes": [SharedDatabase.objects.get().code], "version": seen}
    follow(minh, address, {**sent, "title": "Tên thứ nhất"})
    late = minh.post(address, {**sent, "title": "Tên thứ hai"})
    assert "Người khác vừa sửa đợt danh mục này." in late.content.decode()
    assert Edition.objects.get().title == "Tên thứ nhất"


def test_editions_are_compared_on_a_public_page(client, accept, issue):
    first = issue(accept(name="Một"))
    second = issue(accept(name="Hai"), number="121/QĐ-UBND")
    page = client.get(f"/danh-muc/so-sanh/?a={first.code}&b={second.code}").content.decode()
    assert "Hai" in page
    assert "Bỏ" in page
    other = issue(SharedDatabase.objects.get(name="Hai"), kind="default_data", number="122/QĐ-UBND")
    assert client.get(f"/danh-muc/so-sanh/?a={first.code}&b={other.code}").status_code == 422
    assert client.get("/danh-muc/so-sanh/").status_code == 200
    assert client.get("/danh-muc/so-sanh/?a=DOT-2020-0001&b=x").status_code == 404


def test_the_public_catalogue_is_a_page_even_when_nothing_was_issued(db, client):
    assert "Chưa có danh mục nào được ban hành" in client.get("/danh-muc/").content.decode()
