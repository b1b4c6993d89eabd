"""What stands at the head and foot of an agency's letters."""

import csv
from datetime import date

import pytest

import scenes_letters
from nganam.agencies import queries
from nganam.agencies.letterhead import issuer_of, place_in, sign_of, signer_of
from nganam.agencies.models import Agency
from nganam.site.env import ROOT

ON = date(2026, 11, 3)


def demo_agencies():
    text = (ROOT / "src/nganam/demo/data/co-quan/co_quan.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def head(code, on=ON):
    found = issuer_of(queries.agency(code), on)
    return found.superior, found.name, found.sign, found.place


def test_each_kind_of_agency_has_its_head(province):
    assert head("CT-SKHCN") == ("UBND thành phố Cần Thơ", "Sở Khoa học và Công nghệ", "SKHCN", "Cần Thơ")
    assert head("CT-UBND") == ("", "Ủy ban nhân dân\nthành phố Cần Thơ", "UBND", "Cần Thơ")
    assert head("CT-X31507") == ("", "Ủy ban nhân dân\nphường Sóc Trăng", "UBND", "Sóc Trăng")
    assert head("CT-CA") == ("Bộ Công an", "Công an thành phố Cần Thơ", "CA", "Cần Thơ")


def test_the_province_of_the_day_stands_above_a_department(province):
    day = date(2025, 5, 1)
    assert head("ST-SYT", day) == ("UBND tỉnh Sóc Trăng", "Sở Y tế", "SYT", "Sóc Trăng")
    assert head("ST-X31498", day)[3] == "Phường 5"


def test_every_agency_of_the_demo_can_sign_a_letter(province, minh):
    for row in demo_agencies():
        agency = Agency(code=row["code"], name=row["name"], short_name=row["short_name"], kind=row["kind"])
        assert scenes_letters.paper(minh, scenes_letters.decision(issuer=issuer_of(agency, ON))).number.startswith(
            "01/"
        )


def test_a_short_name_that_can_stand_in_a_number_is_the_sign():
    def sign(short_name):
        return sign_of(Agency(code="CT-SNNMT", name="Sở", short_name=short_name, kind="department"))

    assert [sign("SNN&MT"), sign("SNgV"), sign("Sở NN"), sign("")] == ["SNN&MT", "SNgV", "SNNMT", "SNNMT"]
    assert sign_of(Agency(code="BTC", name="Bộ Tài chính", kind="central")) == "BTC"


@pytest.mark.parametrize(
    ("kind", "how", "lines"),
    [
        ("department", {}, ("", "GIÁM ĐỐC")),
        ("department", {"deputy": True}, ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC")),
        ("department", {"title": "Q. GIÁM ĐỐC"}, ("", "Q. GIÁM ĐỐC")),
        ("office", {}, ("", "CHÁNH VĂN PHÒNG")),
        ("commune", {}, ("TM. Ủy ban nhân dân", "CHỦ TỊCH")),
    ],
)
def test_the_head_or_a_deputy_signs_by_kind_of_agency(kind, how, lines):
    found = signer_of(Agency(code="X-Y", name="Z", kind=kind), "Lan", **how)
    assert (found.prefix, found.title, found.name) == (*lines, "Lan")


def test_the_place_is_read_from_a_committees_name():
    assert place_in("UBND xã An Thạnh") == "An Thạnh"
    assert place_in("Ủy ban nhân dân thị trấn Kế Sách, huyện Kế Sách") == "Kế Sách"
    assert place_in("") == ""
