"""A source is tried with a clear answer and seen before a contract; never its secret."""

import sqlite3

import pytest

from nganam.audit.models import Entry
from nganam.kernel.errors import NotAllowed, NotFound, RuleBroken
from nganam.warehouse import operations, places, queries, sourcing, trying
from nganam.warehouse.engine import survey
from nganam.warehouse.models import Source

from .conftest import AT, LAN, MINH, PHUC, as_csv, own_postgresql

PEOPLE = [
    ("00123", "Nguyễn Văn An", "31507", 1250, "2004-03-15"), ("00124", "Trần Thị Bình", "31507", 10, "2011-12-01"),
    ("00125", "Lê Văn Cường", "31507", None, "2012-01-31"), ("00126", "Phạm Thị Dung", "31507", 5, "2013-05-01"),
    ("00127", "Võ Minh Đức", "31507", 7, "2014-06-01"),
]  # fmt: skip


@pytest.fixture
def folder(data, monkeypatch):
    path = data / "nguon"
    path.mkdir()
    monkeypatch.setenv("NGANAM_SOURCES_DIR", str(path))
    with sqlite3.connect(path / "nhan-su.sqlite") as base:
        base.execute("CREATE TABLE nhan_su (ma TEXT, ho_ten TEXT, ma_xa TEXT, so INTEGER, ngay TEXT)")
        base.executemany("INSERT INTO nhan_su VALUES (?,?,?,?,?)", PEOPLE)
    return path


def declare(kind="sqlite", ref="nhan-su.sqlite", **values):
    values = {"relation": "nhan_su"} | values
    return sourcing.declare_source(
        actor=LAN, at=AT, agency="CT-SYT", kind=kind, name="Nhân sự", secret_ref=ref, **values
    )


def tried(source, actor=LAN):
    trying.try_source(actor=actor, at=AT, source=queries.get_source_for(actor, source.code))
    return Source.objects.get(pk=source.pk)


def test_what_the_columns_seem_to_be_is_kept_and_personal_values_are_masked(agencies, folder):
    found = tried(declare())
    assert (found.fault, found.seen_rows, found.tried_by) == ("", 5, "Lan")
    told = {one["title"]: one for one in found.seen}
    assert [(one["title"], one["type"], one["key"], one["personal"]) for one in found.seen] == [
        ("ma", "text", True, False), ("ho_ten", "text", True, True), ("ma_xa", "commune", False, False),
        ("so", "integer", False, False), ("ngay", "date", True, False),
    ]  # fmt: skip
    assert (told["so"]["minimum"], told["so"]["maximum"], told["so"]["empty"]) == ("5", "1250", 1)
    assert told["ho_ten"]["samples"][0].startswith("N•")
    assert told["ho_ten"]["minimum"] == ""
    assert "Nguyễn" not in str(found.seen)
    assert Entry.objects.filter(action="warehouse.source.tried", object_code=found.code).exists()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ("00123", "text"), ("012345678901", "text"), ("123456789012", "text"), ("1.250", "integer"), ("0,5", "decimal"),
        ("31/12/2020", "date"), ("2026-11-27T08:05:01", "datetime"), ("có", "boolean"), ("31507", "commune"),
        ("99999", "integer"), ("", "text"), ("31507x", "text"),
    ],
)  # fmt: skip
def test_types_are_proposed_so_that_no_identifier_loses_a_zero(values, kind):
    assert survey.survey(["a"], [[values]], {"31507"})[0]["type"] == kind


def test_files_are_tried_as_they_are_and_faults_are_told(agencies, folder):
    (folder / "a.json").write_bytes(b'[{"ma":"001","x":{"y":1.5}},{"ma":"002"}]')
    found = tried(declare("file", "a.json", relation=""))
    assert [(one["title"], one["type"]) for one in found.seen] == [("ma", "text"), ("x.y", "decimal")]
    (folder / "a.json").write_bytes(b'[{"ma":')
    again = tried(found)
    assert again.fault == "broken_json"
    assert again.seen == found.seen, "what was seen before stays"
    (folder / "a.json").unlink()
    gone = tried(found)
    assert (gone.fault, str(folder) in gone.message) == ("source_file_missing", False)


def test_a_sqlite_file_that_is_none_and_a_table_that_is_not_there_are_told(agencies, folder):
    (folder / "nhan-su.sqlite").write_bytes(as_csv() * 20)
    source = declare()
    assert tried(source).fault == "source_not_database"
    (folder / "nhan-su.sqlite").unlink()
    sqlite3.connect(folder / "nhan-su.sqlite").close()
    assert tried(source).fault == "source_table"


@pytest.fixture(scope="module")
def postgresql():
    """A database with a table its account may read and one it may not."""
    fill = """CREATE TABLE nhan_su (ma text, so int); CREATE TABLE kin (ma text);
    INSERT INTO nhan_su VALUES ('001', 1), ('002', 2); GRANT SELECT ON nhan_su TO {account}"""
    with own_postgresql("mat-khau-1", fill) as (name, host, port):
        yield name, f"{host}:{port}"


def test_a_real_postgresql_answers_or_says_what_is_in_the_way(agencies, postgresql, monkeypatch):
    name, server = postgresql
    good = f"postgresql://{name}:mat-khau-1@{server}/{name}"
    cases = {
        "": (good, "nhan_su"),
        # A server may take any password from its own machine; an account that it does not know it refuses everywhere.
        "source_password": (good.replace("//nganam", "//khong_ai"), "nhan_su"),
        "source_database": (good.rpartition("/")[0] + "/nganam_khong_co", "nhan_su"),
        "source_refused": (good.replace(server, "127.0.0.1:1"), "nhan_su"),
        "source_host": (good.replace(server, "khong-co.invalid"), "nhan_su"),
        "source_table": (good, "khong_co"),
        "source_right": (good, "kin"),
    }
    source = declare("postgresql", "NGANAM_SOURCE_THU")
    for fault, (address, relation) in cases.items():
        monkeypatch.setenv("NGANAM_SOURCE_THU", address)
        Source.objects.filter(pk=source.pk).update(relation=relation)
        found = tried(source)
        assert found.fault == fault, found.message
        told = f"{found.message} {found.hint} {found.fault_params} {found.seen}"
        assert not [word for word in ("mat-khau", name, *server.split(":")) if word in told]


def test_only_the_owners_focal_officer_tries_or_changes_a_source(agencies, folder):
    source = declare()
    with pytest.raises(NotFound):
        queries.get_source_for(PHUC, source.code)
    for deed in (trying.try_source, sourcing.change_source):
        for actor in (MINH, PHUC):
            with pytest.raises(NotAllowed):
                deed(actor=actor, at=AT, source=source)
    assert Source.objects.get(pk=source.pk).tried_at is None


def test_a_changed_place_is_tried_anew_and_not_while_it_is_read(agencies, folder):
    source = tried(declare())
    sourcing.change_source(actor=LAN, at=AT, source=source, name="Tên mới")
    assert Source.objects.get(pk=source.pk).seen, "a name changes nothing about the place"
    sourcing.change_source(actor=LAN, at=AT, source=source, query="SELECT ma FROM nhan_su;", relation="")
    found = Source.objects.get(pk=source.pk)
    assert (found.seen, found.tried_at, found.query) == ([], None, "SELECT ma FROM nhan_su")
    columns = [{"name": "ma", "key": True}]
    table = operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code="nhan-su", title="Nhân sự", columns=columns, source=found
    )
    operations.start_load(actor=LAN, at=AT, table=table)
    with pytest.raises(RuleBroken):
        sourcing.change_source(actor=LAN, at=AT, source=found, name="Tên khác")


def test_by_the_page_a_source_is_declared_tried_and_its_columns_fill_a_table(agencies, folder, client, lan):
    from nganam.accounts.models import Person

    client.force_login(Person.objects.get(username="lan"))
    said = {"kind": "sqlite", "name": "Nhân sự", "secret_ref": "nhan-su.sqlite", "relation": "nhan_su"}
    page = client.post("/kho/nguon/moi/", said)["Location"]
    assert "Chưa thử lần nào" in client.get(page).content.decode()
    client.post(f"{page}thu/")
    told = client.get(page).content.decode()
    assert "Kết nối được" in told
    assert "Nguyễn Văn An" not in told
    columns = client.get(f"/kho/bang/moi/?nguon={page.split('/')[-2]}").context["columns"]
    filled = [one.initial for one in columns.forms if one.initial]
    assert [(one["name"], one["type"], one["key"], one["personal"]) for one in filled[:3]] == [
        ("ma", "text", True, False), ("ho_ten", "text", False, True), ("ma_xa", "commune", False, False),
    ]  # fmt: skip
    assert client.post(f"{page}sua/", said | {"name": "Nhân sự 2"}).status_code == 302
    assert client.get("/kho/nguon/NG-2026-9999/").status_code == 404
    assert places.sources() == folder


def test_passwords_and_keys_are_masked_and_their_range_is_not_told():
    digest = "$2b$12$" + "Ab3" * 17 + "Zz"
    link = "postgresql://kho:Bi-Mat-9@may/kho"
    seen = survey.survey(["mat_khau", "a", "b", "ma"], [["Hoa-Sen-2026", "x", link, "001"], ["", digest, "y", "002"]])
    assert [one["personal"] for one in seen] == [True, True, True, False]
    assert not [word for word in ("Hoa-Sen-2026", digest, "Bi-Mat-9") if word in str(seen)]
    assert [(one["minimum"], one["maximum"]) for one in seen] == [("", "")] * 3 + [("001", "002")]
    assert seen[0]["samples"] == ("H•••••••••",)
