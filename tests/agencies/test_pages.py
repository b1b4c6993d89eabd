"""Focal points, postings and the agency acted for, through the pages."""

from datetime import date

import pytest

from nganam.accounts.models import Person
from nganam.agencies import operations, queries
from nganam.agencies.models import FocalPoint, Posting
from nganam.audit.models import Entry

CONTACT = {
    "full_name": "Nguyễn Thị Lan",
    "position": "Chuyên viên",
    "function": "Đầu mối dữ liệu",
    "phone": "0299 3 821 000",
    "email": "lan@soyte.invalid",
    "expertise": "Công nghệ thông tin",
}


@pytest.fixture
def as_(client, province):
    def sign_in(username):
        client.logout()
        client.force_login(Person.objects.get(username=username))
        return client

    return sign_in


def follow(client, path, data=None):
    response = client.post(path, data or {}, follow=True)
    assert response.status_code == 200, response.content.decode()[:1500]
    return response.content.decode()


@pytest.mark.law("S20.1b", "S20.3", "S20.4", "D7.1")
def test_from_nomination_to_both_portals(as_):
    follow(as_("lan"), "/dau-moi/cu/", CONTACT)
    point = FocalPoint.objects.get()

    minh = as_("minh")
    assert point.code in minh.get("/dau-moi/phe-duyet/").content.decode()
    decision = {"codes": [point.code], "number": "15/QĐ-UBND", "signed_on": "2026-11-02"}
    assert "15/QĐ-UBND" in follow(minh, "/dau-moi/phe-duyet/", decision)
    page = follow(minh, f"/dau-moi/ho-so/{point.code}/quoc-gia/", {"on": "2026-11-03"})

    assert "03/11/2026" in page
    assert queries.focal_point_of("CT-SYT").full_name == "Nguyễn Thị Lan"


def test_a_form_with_gaps_names_them_and_keeps_the_rest(as_):
    page = as_("lan").post("/dau-moi/cu/", CONTACT | {"email": "khong"})
    assert page.status_code == 422
    assert "Chuyên viên" in page.content.decode()
    assert not FocalPoint.objects.exists()


def test_a_nomination_is_returned_mended_and_withdrawn(as_):
    follow(as_("lan"), "/dau-moi/cu/", CONTACT)
    code = FocalPoint.objects.get().code
    follow(as_("minh"), f"/dau-moi/ho-so/{code}/buoc/return/", {"reason": "Thiếu chuyên môn"})
    lan = as_("lan")
    assert "Thiếu chuyên môn" in lan.get(f"/dau-moi/ho-so/{code}/").content.decode()
    follow(lan, f"/dau-moi/ho-so/{code}/sua/", CONTACT | {"expertise": "Thống kê"})
    follow(lan, f"/dau-moi/ho-so/{code}/buoc/withdraw/")
    assert FocalPoint.objects.get().state == "withdrawn"
    assert lan.post(f"/dau-moi/ho-so/{code}/buoc/khong-co/").status_code == 404


def test_what_is_not_theirs_is_not_found(as_):
    follow(as_("lan"), "/dau-moi/cu/", CONTACT)
    code = FocalPoint.objects.get().code
    assert as_("phuc").get(f"/dau-moi/ho-so/{code}/").status_code == 404
    assert as_("phuc").post(f"/dau-moi/ho-so/{code}/buoc/withdraw/").status_code == 404
    assert as_("hoa").get("/dau-moi/ho-so/").status_code == 404
    assert as_("lan").get("/dau-moi/phe-duyet/").status_code == 404
    assert as_("lan").post(f"/dau-moi/ho-so/{code}/quoc-gia/", {"on": "2026-11-03"}).status_code == 404


def test_a_focal_officer_nominates_for_the_own_agency_whatever_the_address_says(as_):
    follow(as_("phuc"), "/dau-moi/cu/?co-quan=CT-SYT", CONTACT)
    assert FocalPoint.objects.get().agency.code == "CT-X31507"


@pytest.mark.law("S9.7")
def test_the_lead_agency_names_and_ends_a_posting(as_):
    Person.objects.create_user("tu", full_name="Lý Văn Tư")
    minh = as_("minh")
    new = {"person": "tu", "agency": "CT-SYT", "role": "lookup", "valid_from": "2026-11-01", "basis": "QĐ 1"}
    assert "Lý Văn Tư" in follow(minh, "/phan-cong/?co-quan=CT-SYT", new)

    refused = minh.post("/phan-cong/?co-quan=CT-SYT", new)
    assert refused.status_code == 422
    assert minh.post("/phan-cong/", new | {"role": "admin"}).status_code == 422

    follow(minh, "/phan-cong/ket-thuc/", new)
    assert Posting.objects.get(person__username="tu").valid_until is not None
    assert minh.post("/phan-cong/ket-thuc/", new | {"valid_from": "x"}).status_code == 404


def test_postings_are_not_for_focal_officers(as_):
    assert as_("lan").get("/phan-cong/").status_code == 404
    assert as_("lan").post("/phan-cong/ket-thuc/").status_code == 404


def test_a_person_of_two_agencies_chooses_which_one_to_act_for(as_, at, quantri):
    operations.name_posting(
        actor=quantri,
        at=at,
        person=Person.objects.get(username="lan"),
        agency="CT-STC",
        role="finance",
        valid_from=date(2026, 1, 1),
    )
    lan = as_("lan")

    answer = lan.post("/chon-co-quan/", {"agency": "CT-STC", "next": "/tai-khoan/"})

    assert answer["Location"] == "/tai-khoan/"
    assert "CT-STC" in lan.get("/tai-khoan/").content.decode()
    assert lan.get("/dau-moi/ho-so/").status_code == 404
    assert Entry.objects.filter(action="agencies.acting.chosen", object_code="CT-STC").count() == 1


def test_nobody_chooses_an_agency_without_a_posting_or_is_sent_elsewhere(as_):
    lan = as_("lan")
    assert lan.post("/chon-co-quan/", {"agency": "CT-CA"}).status_code == 404
    assert lan.post("/chon-co-quan/", {"agency": "CT-SYT", "next": "https://xau.example/"})["Location"] == (
        "/ban-lam-viec/"
    )
    assert lan.get("/chon-co-quan/").status_code == 405


@pytest.mark.parametrize("path", ["/dau-moi/ho-so/", "/dau-moi/cu/", "/phan-cong/"])
def test_a_visitor_is_sent_to_sign_in(db, client, path):
    assert client.get(path)["Location"] == f"/dang-nhap/?next={path}"
