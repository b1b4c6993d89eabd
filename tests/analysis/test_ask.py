"""S19: officers ask the warehouse by groups, with filters; every figure says its version."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from python_calamine import CalamineWorkbook

import scenes
from nganam.analysis.answering import answer, chart
from nganam.analysis.forms import AskForm
from nganam.analysis.scope import get_scope_for, scopes_for
from nganam.kernel.errors import Invalid, NotFound, Unavailable

pytestmark = pytest.mark.django_db


def asked(actor, ref, **parameters):
    scope = get_scope_for(actor, ref, scenes.AT)
    form = AskForm(parameters, scope=scope)
    assert form.is_valid(), form.errors
    return answer(scope, form.ask())


def figures(found):
    return [(*one.names, one.value, one.records) for one in found.lines]


@pytest.mark.parametrize(("question", "expected"), [
    ({"nhom": "ma_xa"}, [("31507", 2, 2), ("31732", 2, 2)]),
    ({"nhom": "ma_xa", "tinh": "tong", "cot": "chi_phi"}, [("31732", 1000.5, 2), ("31507", 300, 2)]),
    ({"nhom": "ma_xa", "tinh": "tong", "cot": "chi_phi", "xep": "nhom"}, [("31507", 300, 2), ("31732", 1000.5, 2)]),
    ({"nhom": "ngay", "theo": "quy"}, [("2026-Q1", 3, 3), ("2026-Q2", 1, 1)]),
    ({"nhom": "luc", "theo": "thang"}, [("2026-01", 1, 1), ("2026-02", 2, 2), ("2026-04", 1, 1)]),
    ({"nhom": "noi_tru"}, [("không", 2, 2), ("có", 1, 1), ("(trống)", 1, 1)]),
    ({"tinh": "trung-binh", "cot": "chi_phi"}, [(1300.5 / 3, 4)]),
    ({"tinh": "dem-khac", "cot": "loai"}, [(3, 4)]),
    ({"tinh": "lon-nhat", "cot": "ngay"}, [("2026-04-04", 4)]),
    ({"nhom": "ma_xa", "nhom2": "loai", "loc1": "chi_phi", "phep1": "co"},
     [("31507", "Khám", 2, 2), ("31732", "Cấp cứu", 1, 1)]),
    ({"loc1": "ngay", "phep1": "tu", "tri1": "20/01/2026", "loc2": "ngay", "phep2": "den", "tri2": "2026-02-03"},
     [(2, 2)]),
    ({"loc1": "loai", "phep1": "chua", "tri1": "CẤP"}, [(1, 1)]),
    ({"loc1": "luc", "phep1": "bang", "tri1": "01/02/2026"}, [(1, 1)]),
    ({"loc1": "luc", "phep1": "den", "tri1": "03/02/2026"}, [(3, 3)]),
    ({"loc1": "luc", "phep1": "khac", "tri1": "03/02/2026"}, [(3, 3)]),
    ({"loc1": "chi_phi", "phep1": "bang", "tri1": "1.000,5"}, [(1, 1)]),
    ({"loc1": "chi_phi", "phep1": "khac", "tri1": "100"}, [(3, 3)]),
    ({"loc1": "noi_tru", "phep1": "bang", "tri1": "có"}, [(1, 1)]),
    ({"loc1": "loai", "phep1": "bang", "tri1": "' OR 1=1 --"}, [(0, 0)]),
])  # fmt: skip
def test_what_is_asked_is_counted(visits, question, expected):
    found = asked(scenes.LAN, "luot-kham", **question)
    assert figures(found) == expected
    assert found.scope.version.number == 1


@pytest.mark.parametrize(("question", "field", "said"), [
    ({"tinh": "tong"}, "cot", "Chọn cột cần tính"),
    ({"tinh": "tong", "cot": "loai"}, "cot", "không phải số"),
    ({"tinh": "nho-nhat", "cot": "loai"}, "cot", "Chỉ số và ngày"),
    ({"nhom": "ma_xa", "nhom2": "ma_xa"}, "nhom2", "hai cột khác nhau"),
    ({"nhom": "khong_co"}, "nhom", ""),
    ({"toi_da": "501"}, "toi_da", ""),
    ({"loc1": "ngay", "phep1": "tu", "tri1": "31/02/2026"}, "tri1", "Ghi một ngày"),
    ({"loc1": "chi_phi", "phep1": "tu", "tri1": "mười"}, "tri1", "Ghi một số"),
    ({"loc1": "loai", "phep1": "tu", "tri1": "K"}, "tri1", "so lớn nhỏ"),
    ({"loc1": "noi_tru", "tri1": "x"}, "tri1", "có hoặc không"),
    ({"loc1": "chi_phi", "phep1": "chua", "tri1": "1"}, "tri1", "Chỉ cột chữ"),
    ({"loc1": "loai"}, "tri1", "Ghi giá trị"),
])  # fmt: skip
def test_what_cannot_be_computed_is_said_at_its_field(visits, question, field, said):
    form = AskForm(question, scope=get_scope_for(scenes.LAN, "luot-kham", scenes.AT))
    assert not form.is_valid()
    assert said in str(form.errors[field])


def test_a_table_of_another_agency_is_not_found_and_the_lead_agency_sees_all(visits):
    assert [one.ref for one in scopes_for(scenes.LAN, scenes.AT)] == ["luot-kham"]
    assert [one.ref for one in scopes_for(scenes.MINH, scenes.AT)] == ["luot-kham"]
    assert scopes_for(scenes.PHUC, scenes.AT) == []
    with pytest.raises(NotFound):
        get_scope_for(scenes.PHUC, "luot-kham", scenes.AT)


def test_an_account_opens_its_items_only_and_hides_groups_of_few(granted):
    (scope,) = scopes_for(scenes.PHUC, scenes.AT)
    assert (scope.ref, [one.name for one in scope.columns]) == (granted.code, ["ma_co_so", "ten_co_so"])
    found = asked(scenes.PHUC, granted.code)
    assert (figures(found), found.hidden) == ([(8, 8)], 0)
    found = asked(scenes.PHUC, granted.code, nhom="ten_co_so")
    assert (figures(found), found.groups, found.hidden) == ([], 2, 2)  # two groups of four: neither is told
    scenes.load(granted.service.table, [(f"{at:05d}", f"Trạm {at % 5 == 0}", "x", "", "") for at in range(8)],
                at=scenes.AT + timedelta(minutes=9))  # fmt: skip
    found = asked(scenes.PHUC, granted.code, nhom="ten_co_so")
    # Six would tell of the two that are left of eight.
    assert (figures(found), found.groups, found.hidden) == ([], 2, 2)
    assert found.is_cut is False
    form = AskForm({"nhom": "dien_thoai"}, scope=scope)
    assert "nhom" in form.errors
    assert "trung-vi" not in dict(form.fields["tinh"].choices)
    # Lan sees her own table whole; the lead agency all but its personal columns.
    lead = get_scope_for(scenes.MINH, granted.service.table.code, scenes.AT)
    assert [one.name for one in lead.columns] == ["ma_co_so", "ten_co_so", "loai", "so_giuong"]
    assert len(asked(scenes.LAN, granted.service.table.code, nhom="ten_co_so").lines) == 2


def test_a_figure_of_few_known_values_is_kept_back(granted):
    """One value among many empty ones is its owner's, whatever it is called."""
    service, table = granted.service, granted.service.table
    service.fields.create(name="so_giuong", title="Số giường", type="integer", position=9)
    granted.granted_fields = [*granted.granted_fields, "so_giuong"]
    granted.save(update_fields=["granted_fields"])
    rows = [(f"{at:05d}", "Trạm", "x", "", "77" if at == 0 else "") for at in range(8)]
    scenes.load(table, rows, at=scenes.AT + timedelta(minutes=9))
    assert figures(asked(scenes.PHUC, granted.code, tinh="tong", cot="so_giuong")) == []
    assert figures(asked(scenes.PHUC, granted.code)) == [(8, 8)]


def test_an_account_asks_the_present_version_and_what_the_service_still_offers(granted):
    with pytest.raises(NotFound):
        get_scope_for(scenes.PHUC, granted.code, scenes.AT, number=1)
    granted.service.fields.filter(name="ten_co_so").delete()
    assert [one.name for one in get_scope_for(scenes.PHUC, granted.code, scenes.AT).columns] == ["ma_co_so"]


def test_records_outside_an_accounts_limit_are_not_counted(granted):
    granted.rows = {"loai": ["Bệnh viện"]}
    granted.save(update_fields=["rows"])
    assert figures(asked(scenes.PHUC, granted.code)) == [(0, 0)]
    granted.rows = {"loai": ["Trạm y tế"]}
    granted.save(update_fields=["rows"])
    assert figures(asked(scenes.PHUC, granted.code)) == [(8, 8)]
    granted.rows = {"cot_da_bo": ["x"]}
    granted.save(update_fields=["rows"])
    assert scopes_for(scenes.PHUC, scenes.AT) == []


def test_an_account_that_is_locked_opens_nothing(granted):
    from nganam.sharing.accounts.operations import move_account

    move_account(actor=scenes.LAN, at=scenes.AT, account=granted, transition="lock", reason="Kiểm tra")
    with pytest.raises(NotFound):
        get_scope_for(scenes.PHUC, granted.code, scenes.AT)


def test_single_records_are_not_asked_for_through_the_back_door(granted):
    scope = get_scope_for(scenes.PHUC, granted.code, scenes.AT)
    form = AskForm({"tinh": "dem"}, scope=scope)
    assert form.is_valid()
    from dataclasses import replace

    with pytest.raises(Invalid, match="giá trị của một người"):
        answer(scope, replace(form.ask(), aggregate="lon-nhat", of=scope.columns[0]))


def test_a_question_that_takes_too_long_is_stopped_in_words(visits, monkeypatch):
    monkeypatch.setattr("nganam.analysis.answering.SECONDS", 0.3)
    monkeypatch.setattr("nganam.analysis.answering.parquet", lambda _files: "range(100000000000) t(ma)")
    with pytest.raises(Unavailable, match="chạy quá"):
        asked(scenes.LAN, "luot-kham", tinh="dem-khac", cot="ma")


def test_a_chart_has_bars_lines_over_time_and_series_for_a_second_group(visits):
    bars = chart(asked(scenes.LAN, "luot-kham", nhom="ma_xa"))
    assert (bars["kind"], bars["horizontal"], bars["x"]) == ("bar", True, ["31507", "31732"])
    line = chart(asked(scenes.LAN, "luot-kham", nhom="ngay", nhom2="loai", theo="quy"))
    assert (line["kind"], line["x"], len(line["series"])) == ("line", ["2026-Q1", "2026-Q2"], 3)
    assert next(one for one in line["series"] if one["name"] == "Khám")["values"] == [2, None]
    assert chart(asked(scenes.LAN, "luot-kham")) is None


def test_the_page_asks_what_its_address_says_and_the_files_say_their_version(visits, browse):
    browser = browse("lan")
    page = browser.get("/phan-tich/").content.decode()
    assert "/phan-tich/hoi/luot-kham/" in page
    page = browser.get("/phan-tich/hoi/luot-kham/?nhom=loai&tinh=tong&cot=chi_phi").content.decode()
    assert "Phiên bản 1" in page
    assert "1.000,5" in page
    assert browser.get("/phan-tich/hoi/luot-kham/?nhom=loai&phien-ban=7").status_code == 404
    assert browser.get("/phan-tich/hoi/luot-kham/?phien-ban=x").status_code == 404
    text = browser.get("/phan-tich/hoi/luot-kham/ket-qua.csv?nhom=loai").content.decode("utf-8-sig")
    assert text.splitlines()[0] == "Loại,Số bản ghi,Số bản ghi,Phiên bản"
    assert "'=HYPERLINK(1),1,1,luot-kham v1" in text
    raw = browser.get("/phan-tich/hoi/luot-kham/ket-qua.xlsx?nhom=loai").content
    book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    assert ["Khám", 2, 2, "luot-kham v1"] in book.get_sheet_by_name("Kết quả").to_python()
    assert ["SHA-256", visits.versions.get().sha256] in book.get_sheet_by_name("Nguồn").to_python()
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist() if "sheet" in name)
    for path in ("ket-qua.pdf", "ket-qua.csv?nhom=khong_co", "ban-do.geojson?nhom=loai"):
        assert browser.get(f"/phan-tich/hoi/luot-kham/{path}").status_code == 404
    for name in ("phuc", "khanh"):
        assert browse(name).get("/phan-tich/hoi/luot-kham/").status_code == 404


def test_communes_are_drawn_where_their_boundaries_are_known(visits, browse, data):
    browser = browse("lan")
    assert browser.get("/phan-tich/hoi/luot-kham/ban-do.geojson?nhom=ma_xa").status_code == 404
    scenes.boundaries(data, ["31507", "31732"])
    drawn = json.loads(browser.get("/phan-tich/hoi/luot-kham/ban-do.geojson?nhom=ma_xa&tinh=tong&cot=chi_phi").content)
    assert {one["properties"]["ma"]: one["properties"]["gia_tri"] for one in drawn["features"]} == {
        "31507": 300, "31732": 1000.5,
    }  # fmt: skip
    page = browser.get("/phan-tich/hoi/luot-kham/?nhom=ma_xa").content.decode()
    assert "/phan-tich/hoi/luot-kham/ban-do.geojson?nhom=ma_xa" in page
