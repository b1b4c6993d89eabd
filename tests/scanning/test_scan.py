"""What is a state-secret mark or personal data, what only looks like it, and what a scan leaves behind."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nganam.kernel import identifiers
from nganam.kernel.errors import RuleBroken
from nganam.notices.models import Notice
from nganam.scanning import credentials, operations, queries
from nganam.scanning.models import Kind, Scan
from nganam.scanning.rules import (
    RULES,
    SECRECY,
    ColumnSample,
    Level,
    blocks_opening,
    scan_columns,
    scan_table,
    scan_text,
    secrecy_in,
)

RANDOM = Random(7)
CCCD = [identifiers.synthetic_cccd(RANDOM) for _ in range(50)]
PHONES = [identifiers.synthetic_phone(RANDOM) for _ in range(50)]
NAMES = ["Nguyễn Thị Lan", "Thạch Sà Rươl", "Trần Văn Minh", "LÂM THỊ HÒA", "Danh Phúc", "Kim Sơn"]


def kinds(name, values, title=""):
    return {one.kind for one in scan_columns([ColumnSample(name, title, values=values)])}


@pytest.mark.law("S1.2", "S27")
@pytest.mark.parametrize(
    "text",
    [
        "MẬT",
        "  TUYỆT MẬT\nSố: 12",
        "Độ mật: Tối mật",
        "TOI MAT",
        "hồ sơ\nTỐI  MẬT\n",
        "TÀI LIỆU MẬT",
        "tuyệt mật",
        "Dấu mật: MẬT",
    ],
)
def test_a_mark_of_secrecy_is_found(text):
    assert secrecy_in(scan_text(text))
    assert "bí mật nhà nước" in blocks_opening(scan_text(text))


@pytest.mark.parametrize(
    "text",
    ["Mật độ dân số", "bí mật nhà nước", "Luật Bảo vệ bí mật nhà nước", "MẬT ĐỘ DÂN SỐ", "mật khẩu", "MẬT KHẨU",
     "mật ong",
     "BẢO MẬT", "BÍ MẬT", "Trung Mật", "thân mật", "Độ mật: không", "SƠ MẬT"],
)  # fmt: skip
def test_words_that_only_hold_the_syllable_are_not_marks(text):
    assert not secrecy_in(scan_text(text))


def test_a_column_of_secrecy_levels_is_found_and_a_column_of_honey_is_not():
    assert kinds("do_mat", ["Mật", "thường", "Tối mật"]) == {"secret_label", "secret_whole"}
    assert kinds("san_pham", ["Mật ong", "mật mía"]) == set()


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("so_dinh_danh", CCCD, "cccd"),
        ("x", CCCD, "cccd"),
        ("dien_thoai", PHONES, "phone"),
        ("x", PHONES, "phone"),
        ("the_bhyt", ["HS4949412345678", "DN4790123456789"], "health_card"),
        ("ma_bhxh", ["9412345678", "9412345679"], "social_insurance"),
        ("mst", ["0100109106", "2200176300"], "tax_code"),
        ("email", ["a@b.vn", "c.d@soctrang.gov.vn"], "email"),
        ("bien_so", ["83A-123.45", "83P1-12345"], "plate"),
        ("ho_ten", NAMES, "person_name"),
        ("x", NAMES, "person_name"),
        ("so_cmnd", ["365123456", "365123457"], "old_id"),
        ("ngay_sinh", ["01/02/1990", "1985"], "birth_date"),
    ],
)
def test_a_column_of_personal_data_is_found(name, values, kind):
    assert kind in kinds(name, values)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("ma_xa", ["31498", "31501", "31507"] * 20),
        ("nam", [str(year) for year in range(1995, 2027)]),
        ("kinh_phi", [str(123_456_789_000 + at * 7919) for at in range(200)]),
        ("ma_ho_so", [f"000.00.{at:02d}.H29" for at in range(1, 60)]),
        ("ma_so", [str(10**9 + at * 104729) for at in range(300)]),
        ("ma_truong", [f"94000{at}" for at in range(701, 790)]),
        ("ten_xa", ["Lâm Tân", "Thạch Phú", "Châu Khánh", "Hồ Đắc Kiện", "Trần Hợi", "An Lạc Tây"]),
        ("ten_duong", ["Trần Hưng Đạo", "Lê Lợi", "Nguyễn Huệ", "Phan Chu Trinh", "Hồ Tùng Mậu", "Lý Thường Kiệt"]),
        ("ten_co_so", ["Bệnh viện đa khoa tỉnh Sóc Trăng", "TYT xã Trinh Phú"]),
        ("nhiet_do", ["25.36", "26.14", "27.39"]),
        ("ngay_hoat_dong", ["01/02/1990", "15/03/2004"]),
        ("dien_tich", ["29.0", "588.0"]),
        ("toa_do", ["105.99243", "9.65794"]),
        ("gia_tri", []),
        ("trong", ["", "  "]),
    ],
)
def test_codes_years_amounts_and_places_are_no_personal_data(name, values):
    assert kinds(name, values) == set()


def test_a_telephone_of_an_office_does_not_block_but_beside_a_name_it_does():
    office = [ColumnSample("ten_co_so", values=["Trạm y tế"]), ColumnSample("dien_thoai", values=PHONES)]
    assert blocks_opening(scan_columns(office)) == ""
    person = [ColumnSample("ho_ten", values=NAMES), ColumnSample("dien_thoai", values=PHONES)]
    assert "dien_thoai, ho_ten" in blocks_opening(scan_columns(person))


def test_what_the_contract_declares_personal_blocks_even_when_empty():
    assert blocks_opening(scan_columns([ColumnSample("dan_toc", personal=True, values=[])]))


def test_a_taxpayers_public_number_is_a_notice_only():
    (found,) = scan_columns([ColumnSample("mst", values=["0100109106", "2200176300"])])
    assert found.level is Level.NOTICE
    assert blocks_opening([found]) == ""


def test_identifiers_in_running_text_need_a_word_near_them():
    assert {one.kind for one in scan_text(f"Ông A, căn cước số {CCCD[0]}, điện thoại {PHONES[0]}")} == {"cccd", "phone"}
    assert scan_text(f"Tổng kinh phí {CCCD[0]} đồng, mã {PHONES[0]}") == []


def test_notes_that_hold_identifiers_are_found_in_long_cells():
    notes = ["đã kiểm tra xong, không có gì", f"liên hệ bà Lan, số căn cước {CCCD[0]} để nhận kết quả"]
    (found,) = scan_columns([ColumnSample("ghi_chu", values=notes)])
    assert (found.kind, found.hits, found.seen) == ("cccd", 1, 2)


def test_rows_are_scanned_as_a_table():
    found = scan_table([("so_cccd", "Số CCCD"), ("ma_xa", "Mã xã")], ([one, 31498] for one in CCCD))
    assert [(one.column, one.kind, one.hits) for one in found] == [("so_cccd", "cccd", 50)]
    assert scan_table([("a", "A")], []) == []


@given(st.lists(st.text(max_size=40), max_size=20), st.text(max_size=10))
def test_any_text_can_be_scanned_and_counts_stay_within_bounds(values, name):
    for found in scan_columns([ColumnSample(name, values=values)]):
        assert 0 <= found.hits <= found.seen == sum(bool(value.strip()) for value in values)


def test_every_kind_has_a_name_in_words():
    told = {one.kind for one in RULES} | {kind for kind, _ in SECRECY} | {"declared"}
    told |= {*credentials.PATTERNS, credentials.NAMED_KIND}
    assert told == set(Kind.values)


# ---- what a scan leaves behind ----


@pytest.mark.law("S27", "S10", "D20")
def test_secrecy_refuses_tells_the_police_and_keeps_no_content(province, lan, hoa, at):
    columns = [ColumnSample("noi_dung", values=["Kế hoạch phòng thủ TUYỆT MẬT số 9", "thường"])]
    with pytest.raises(RuleBroken) as refused:
        operations.refuse_unless_open("ke-hoach", columns, actor=lan, at=at)
    assert refused.value.article == "S10"
    kept = Scan.objects.get()
    assert (kept.result, kept.findings[0]["hits"], kept.agency) == ("secret", 1, "CT-SYT")
    everything = json.dumps(kept.findings) + "".join(f"{one.title}{one.body}" for one in Notice.objects.all())
    assert "phòng thủ" not in everything
    from nganam.notices.queries import inbox

    assert inbox(hoa).count() == 1
    assert inbox(lan).count() == 0


def test_a_clean_table_passes_and_the_scan_is_on_record(province, lan, at):
    kept = operations.refuse_unless_open("xa", [ColumnSample("ma_xa", values=["31498"])], actor=lan, at=at)
    assert (kept.result, kept.findings) == ("clean", [])
    assert queries.last_scan("warehouse.table", "xa") == kept
    from nganam.audit.queries import entries

    assert next(one.action for one in entries()) == "scanning.scanned"
    assert Notice.objects.count() == 0


def test_personal_data_refuses_without_telling_the_police(province, lan, at):
    with pytest.raises(RuleBroken):
        operations.refuse_unless_open("dan-cu", [ColumnSample("cccd", values=CCCD)], actor=lan, at=at)
    assert Scan.objects.get().result == "personal"
    assert Notice.objects.count() == 0


def test_text_of_a_thing_is_scanned_too(province, lan, at):
    kept = operations.scan(
        actor=lan, at=at, object_type="services.service", object_code="DV-2026-0001", text="Độ mật: Mật"
    )
    assert kept.result == "secret"
    assert kept.lines[0]["name"] == "Nhãn độ mật"


def test_scans_are_seen_by_the_police_the_lead_and_the_own_agency(province, lan, minh, hoa, phuc, *, dung, at):
    operations.scan(actor=lan, at=at, object_type="x", object_code="y", text="")
    assert [queries.scans_for(actor).count() for actor in (lan, minh, hoa, phuc, dung)] == [1, 1, 1, 0, 0]


def test_the_page_of_scans_opens_for_the_police(province, lan, at, client):
    from nganam.accounts.models import Person

    operations.scan(actor=lan, at=at, object_type="x", object_code="bang-mat", text="TUYỆT MẬT")
    assert client.get("/ra-quet/").status_code == 302
    client.force_login(Person.objects.get(username="hoa"))
    assert "bang-mat" in client.get("/ra-quet/").content.decode()
    assert "bang-mat" in client.get("/ra-quet/?ket-qua=secret").content.decode()
    assert "bang-mat" not in client.get("/ra-quet/?ket-qua=clean").content.decode()
