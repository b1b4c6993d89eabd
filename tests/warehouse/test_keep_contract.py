"""Lan's table has a contract: numbered, compared, asked about before something goes, written and read as ODCS."""

import pytest
import yaml

from nganam.accounts.models import Person
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.warehouse import agreeing, contracting, operations, queries
from nganam.warehouse.contracting import Reader
from nganam.warehouse.engine import odcs
from nganam.warehouse.engine.contract import from_list, to_list
from nganam.warehouse.engine.odcs import Described, broken

from .conftest import AT, COLUMNS, LAN, MINH, PHUC, as_csv

RICH = [
    {"name": "ma", "key": True, "title": "Mã", "pattern": "[0-9]{5}", "aliases": ["Ma so"], "title_en": "Code"},
    {"name": "xa", "type": "commune", "required": True, "classification": "open"},
    {"name": "so", "type": "integer", "minimum": "0", "maximum": "100", "unit": "giường"},
    {"name": "ty_le", "type": "decimal", "minimum": "0.50", "point": ","},
    {"name": "ngay", "type": "date", "minimum": "2000-01-01"},
    {"name": "luc", "type": "datetime", "maximum": "2030-01-01", "description": "Lúc ghi"},
    {"name": "gioi_tinh", "allowed": ["nam", "nữ"], "classification": "sensitive"},
    {"name": "con", "type": "boolean"},
]
RULES = [
    {"name": "Chênh", "kind": "rows", "severity": "warning", "limit": "20"},
    {"name": "Mới", "kind": "freshness", "severity": "error", "column": "ngay", "limit": "30"},
    {"name": "Không âm", "kind": "sql", "severity": "error", "query": "SELECT * FROM rows WHERE so < 0"},
    {"name": "Có dòng", "kind": "sql", "severity": "error", "query": "SELECT count(*) FROM ${object}",
     "operator": "mustBeGreaterThan", "value": "0", "description": "Bảng không rỗng"},
]  # fmt: skip
TERMS = {"usage": "Tra cứu", "limitations": "Không bán", "contact": "yte@tinh.vn", "retention_years": "10"}


def change(table, columns, **more):
    fresh = queries.table(table.code)
    return operations.change_table(actor=LAN, at=AT, table=fresh, title=more.pop("title", table.title),
                                   columns=columns, **more)  # fmt: skip


def numbers(table):
    return [one.number for one in contracting.versions(table)]


@pytest.fixture
def desk(agencies, client):
    client.force_login(Person.objects.get(username="lan"))
    return client


@pytest.fixture
def read_by_a_service(monkeypatch):
    """A room above says that a service reads the number of beds."""

    def asked(table, columns):
        hit = tuple(one for one in columns if one == "so_giuong")
        return [Reader("dịch vụ", "DV-1", "Tra cứu cơ sở", "/dich-vu/quan-ly/DV-1/", hit)] if hit else []

    monkeypatch.setattr(contracting, "_asked", [asked])


def test_versions_are_numbered_by_what_they_do_to_readers(facilities, load):
    first = load(as_csv()).made
    assert first.contract_version.number == "1.0.0"
    worded = [{**one, "title": "Số giường bệnh"} if one["name"] == "so_giuong" else one for one in COLUMNS]
    change(facilities, worded)
    change(facilities, [*worded, {"name": "ghi_chu"}])
    change(facilities, [*worded, {"name": "ghi_chu"}])
    with pytest.raises(Invalid) as refused:
        change(facilities, worded)
    assert "reason" in refused.value.fields
    change(facilities, worded, reason="Không nơi nào dùng")
    retyped = [{**one, "type": "decimal"} if one["name"] == "so_giuong" else one for one in worded]
    change(facilities, retyped, reason="Có nửa giường")
    assert numbers(facilities) == ["3.0.0", "2.0.0", "1.1.0", "1.0.1", "1.0.0"]
    last, gone, added, said, _first = contracting.versions(facilities)
    assert (last.by, last.reason, last.made_at) == (LAN.name, "Có nửa giường", AT)
    assert last.sentences == ["Cột so_giuong, kiểu: “integer” thành “decimal”"]
    assert gone.sentences == ["Bỏ cột ghi_chu (kiểu text)"]
    assert added.sentences == ["Thêm cột ghi_chu (kiểu text)"]
    assert said.sentences == ["Cột so_giuong, tên: “Số giường” thành “Số giường bệnh”"]
    assert len(contracting.compared(_first, last)) == 2
    assert load(as_csv()).made.contract_version == last
    with pytest.raises(NotFound):
        contracting.version(facilities, "9.0.0")


def test_who_reads_a_column_is_named_before_it_goes(facilities, read_by_a_service):
    without = [one for one in COLUMNS if one["name"] != "so_giuong"]
    with pytest.raises(RuleBroken) as refused:
        change(facilities, without, reason="Thôi")
    assert "DV-1 “Tra cứu cơ sở” (so_giuong)" in refused.value.message
    assert numbers(facilities) == ["1.0.0"]
    assert "so_giuong" in queries.table(facilities.code).shape.names
    change(facilities, without, reason="Đã báo", confirmed=True)
    made = contracting.present(facilities)
    assert (made.number, [one["code"] for one in made.readers]) == ("2.0.0", ["DV-1"])


def test_a_page_opened_before_somebody_elses_change_overwrites_nothing(facilities, desk):
    """Both opened the page at 1.0.0: who saves second is told who was first, and loses nothing typed."""
    page = "/kho/co-so-kham-chua-benh/hop-dong/sua/"
    forms = {"quy-tac-TOTAL_FORMS": "0", "quy-tac-INITIAL_FORMS": "0", "seen": "1.0.0"}
    assert 'name="seen" value="1.0.0"' in desk.get(page).content.decode()
    assert 'name="seen" value="1.0.0"' in desk.get("/kho/co-so-kham-chua-benh/sua/").content.decode()
    assert desk.post(page, {**forms, "usage": "Tra cứu"}).status_code == 302
    answer = desk.post(page, {**forms, "usage": "Thống kê"})
    assert answer.status_code == 422
    told = answer.content.decode()
    assert "vừa đổi khai báo của bảng" in told
    assert "Thống kê" in told
    assert queries.table(facilities.code).contract["terms"] == {"usage": "Tra cứu"}
    with pytest.raises(StateMoved):
        agreeing.import_document(
            actor=LAN, at=AT, table=queries.table(facilities.code), reason="", seen="1.0.0",
            text=agreeing.document(contracting.present(facilities)),
        )  # fmt: skip
    assert (
        desk.post(page, {**forms, "seen": contracting.present(facilities).number, "usage": "Thống kê"}).status_code
        == 302
    )


def test_only_the_owner_changes_a_contract(facilities):
    for somebody in (PHUC, MINH):
        with pytest.raises(NotAllowed):
            agreeing.change_terms(actor=somebody, at=AT, table=facilities, rules=[], terms={})
        with pytest.raises(NotAllowed):
            agreeing.import_document(actor=somebody, at=AT, table=facilities, text="", reason="x")


def test_a_contract_goes_out_by_the_official_schema_and_comes_back_as_it_was():
    told = Described(
        "co-so", to_list(from_list(RICH)), RULES, TERMS,
        {"title": "Cơ sở", "title_en": "Facilities", "description": "Mô tả", "communes_on": "2025-07-01"},
        version="1.2.0", domain="CT-SYT", tenant="CT", owner="Sở Y tế", created="2026-11-24T09:00:00+07:00",
    )  # fmt: skip
    text = odcs.to_yaml(told)
    document = yaml.safe_load(text)
    assert list(broken(document)) == []
    assert (document["apiVersion"], document["kind"], document["version"]) == ("v3.1.0", "DataContract", "1.2.0")
    sex = next(one for one in document["schema"][0]["properties"] if one["name"] == "gioi_tinh")
    assert sex["classification"] == "sensitive"
    assert sex["quality"][0]["arguments"] == {"validValues": ["nam", "nữ"]}
    assert {one["property"]: one["value"] for one in document["slaProperties"]} == {"freshness": 30, "retention": 10}
    back = odcs.from_yaml(text)
    assert (back.columns, back.rules, back.terms, back.about) == (told.columns, RULES, TERMS, told.about)
    assert back.unknown == ()


FOREIGN = """
apiVersion: v3.1.0
kind: DataContract
id: x
version: 2.0.0
status: active
price: {priceAmount: 9, priceCurrency: VND}
schema:
- name: co_so
  tags: [y-te]
  properties:
  - {name: ma, logicalType: string, primaryKey: true, criticalDataElement: true}
  - {name: ten, logicalType: string, logicalTypeOptions: {pattern: "^[A-Z]", minLength: 2},
     classification: confidential}
  - {name: luc, logicalType: timestamp}
slaProperties:
- {property: freshness, value: 24, unit: h, element: co_so.luc}
- {property: latency, value: 4, unit: d}
"""


def test_what_a_foreign_document_says_beyond_ours_is_told_by_its_path():
    found = odcs.from_yaml(FOREIGN)
    assert [(one["name"], one["type"], one["classification"]) for one in found.columns] == [
        ("ma", "text", "shared"), ("ten", "text", "personal"), ("luc", "datetime", "shared"),
    ]  # fmt: skip
    assert found.columns[1]["pattern"] == "(?:[A-Z]).*"
    assert found.rules == [
        {"name": "freshness-luc", "kind": "freshness", "severity": "error", "column": "luc", "limit": "1"}
    ]
    assert set(found.unknown) == {
        "price.priceAmount", "price.priceCurrency", "schema[0].tags", "slaProperties[0].property",
        "slaProperties[0].value", "slaProperties[0].unit", "schema[0].properties[ma].criticalDataElement",
        "schema[0].properties[ten].logicalTypeOptions.minLength",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: [", "YAML"),
        ("a: &x [1]\nb: *x", "YAML"),
        ("apiVersion: v2.2.2\nkind: DataContract", "ODCS"),
        (FOREIGN.replace("status: active", "status: 5"), "ODCS"),
        (FOREIGN.replace("logicalType: timestamp", "logicalType: blob"), "ODCS"),
        (FOREIGN.replace("logicalType: timestamp", "logicalType: array"), "Mô tả cột"),
        (FOREIGN.replace("name: luc", "name: Lúc"), "Mô tả cột"),
    ],
)
def test_a_document_that_breaks_the_standard_or_fits_no_table_is_refused_with_its_place(text, word):
    with pytest.raises(Invalid) as refused:
        odcs.from_yaml(text)
    assert word in refused.value.message
    assert refused.value.fields


def test_lan_downloads_edits_and_uploads_her_contract_after_a_preview(desk, facilities, load):
    load(as_csv())
    address = "/kho/co-so-kham-chua-benh/hop-dong/"
    sent = desk.get(f"{address}1.0.0.odcs.yaml")
    assert (sent.status_code, sent["Content-Type"]) == (200, "application/yaml; charset=utf-8")
    text = sent.content.decode()
    edited = text.replace("businessName: Số giường", "businessName: Giường").replace("BIGINT", "INT")
    edited += "price: {priceAmount: 9}\n"
    from django.core.files.uploadedfile import SimpleUploadedFile

    page = desk.post(f"{address}nhap/", {"file": SimpleUploadedFile("a.yaml", edited.encode())}).content.decode()
    assert "Cột so_giuong, tên: “Số giường” thành “Giường”" in page
    assert "price.priceAmount" in page
    assert numbers(facilities) == ["1.0.0"], "a preview changes nothing"
    assert desk.post(f"{address}nhap/", {"text": edited, "reason": ""}).status_code == 422
    done = desk.post(f"{address}nhap/", {"text": edited, "reason": "Gọi cho gọn"})
    assert (done.status_code, done["Location"]) == (302, address)
    assert numbers(facilities) == ["1.0.1", "1.0.0"]
    page = desk.get(f"{address}?tu=1.0.0&den=1.0.1").content.decode()
    assert page.count("Cột so_giuong, tên: “Số giường” thành “Giường”") == 2
    assert "Gọi cho gọn" in page
    without = edited.replace("  - id: so_giuong", "  - id: giuong").replace("name: so_giuong", "name: giuong")
    assert desk.post(f"{address}nhap/", {"text": "a: [", "reason": "x"}).status_code == 422
    assert "Bỏ cột so_giuong" in desk.post(
        f"{address}nhap/", {"file": SimpleUploadedFile("a.yaml", without.encode())}
    ).content.decode()  # fmt: skip


def test_lan_writes_rules_and_terms_on_the_page(desk, facilities):
    address = "/kho/co-so-kham-chua-benh/hop-dong/sua/"
    head = {"quy-tac-TOTAL_FORMS": 2, "quy-tac-INITIAL_FORMS": 0}
    rule = {"quy-tac-0-name": "Không âm", "quy-tac-0-kind": "sql", "quy-tac-0-severity": "error",
            "quy-tac-0-limit": "9"}  # fmt: skip
    page = desk.post(address, {**head, **rule, "quy-tac-0-query": "SELECT * FROM read_csv('/etc/passwd')"})
    assert page.status_code == 422
    assert "quy tắc “Không âm”" in page.content.decode()
    nameless = {**head, **rule, "quy-tac-0-name": "", "quy-tac-0-query": "SELECT 1"}
    assert "Đặt tên cho quy tắc" in desk.post(address, nameless).content.decode()
    sent = {**head, **rule, "quy-tac-0-query": "SELECT * FROM rows WHERE so_giuong < 0", "contact": "a@b.vn"}
    assert desk.post(address, sent).status_code == 302
    assert queries.table(facilities.code).contract["rules"] == [
        {"name": "Không âm", "kind": "sql", "severity": "error", "query": "SELECT * FROM rows WHERE so_giuong < 0"}
    ]
    page = desk.get("/kho/co-so-kham-chua-benh/hop-dong/").content.decode()
    assert "a@b.vn" in page
    assert "Thêm quy tắc Không âm" in page
    dropped = {"quy-tac-TOTAL_FORMS": 1, "quy-tac-INITIAL_FORMS": 1, **rule, "quy-tac-0-query": "SELECT 1",
               "quy-tac-0-DELETE": "on", "contact": "a@b.vn"}  # fmt: skip
    assert desk.post(address, dropped).status_code == 302
    assert "rules" not in queries.table(facilities.code).contract
    change(facilities, COLUMNS[:3] + COLUMNS[4:])
    assert queries.table(facilities.code).contract["terms"] == {"contact": "a@b.vn"}, "terms stay"


def test_a_rule_about_a_column_that_goes_is_told(facilities):
    rules = [{"name": "Không âm", "kind": "sql", "query": "SELECT * FROM rows WHERE so_giuong < 0"}]
    agreeing.change_terms(actor=LAN, at=AT, table=facilities, rules=rules, terms={})
    with pytest.raises(Invalid) as refused:
        change(facilities, COLUMNS[:3] + COLUMNS[4:])
    assert "Không âm" in refused.value.fields["rules"][0]
