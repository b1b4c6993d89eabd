"""Rejected rows: all kept, taken away whole, mended and put back by their line, once."""

import io
import re
from datetime import timedelta

import pytest
import python_calamine
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.warehouse import agreeing, drifting, loading, operations, places, queries
from nganam.warehouse.engine import files, rejected

from .conftest import AT, COLUMNS, LAN, MINH, PHUC, ROWS, WORKER, as_csv

HEAD = ["Dòng gốc", "Cột sai", "Lý do loại", "ma_co_so", "ten_co_so", "ma_xa", "so_giuong", "ngay_hoat_dong"]
BAD = [
    ("00123", "Trùng khóa", "31498", "1", ""),
    ("00300", "", "31498", "1.250", ""),
    ("00301", "=HYPERLINK(1)", "99999", "", ""),
]
"""Lines 5, 6 and 7 of the file."""


@pytest.fixture
def first(load):
    return load(as_csv([*ROWS, *BAD]))


def mend(first, content, name="sua.csv", *, actor=LAN):
    upload = operations.Upload(name, [content])
    made = operations.mend_rows(actor=actor, at=AT + timedelta(hours=1), load=first, upload=upload)
    return loading.run_load(actor=WORKER, now=lambda: AT + timedelta(hours=1), code=made.code)


def lines_of(load):
    return list(queries.rejected_table(load))


def mended_csv(*rows, more=()):
    return as_csv([(str(line), "", "", *cells) for line, *cells in rows], header=[*HEAD, *more])


def names(table):
    return {row["ma_co_so"]: row["ten_co_so"] for row in queries.rows(table)}


@pytest.mark.law("S12.1")
def test_every_rejected_row_is_kept_and_taken_away_under_the_headings_of_its_file(load):
    done = load(as_csv([*ROWS, *((f"x{at}", "", "31498", "", "") for at in range(2500))]))
    assert (done.rejected, done.rejected_rows.count()) == (2500, 1000)
    table = lines_of(done)
    assert table[0] == HEAD
    assert len(table) == 2501
    assert table[-1] == ["2504", "Tên cơ sở", "Thiếu giá trị bắt buộc", "x2499", "", "31498", "", ""]


def test_a_cell_that_would_run_as_a_formula_is_harmless_and_comes_back_as_it_was():
    for cell in ("=1+1", "-5", "'-5", "''=x", "@a", "'nháy", "tên"):
        assert files.as_it_was(files.harmless_cell(cell)) == cell
        assert not re.match(r"[=+\-@\t\r]", files.harmless_cell(cell))


def test_mended_rows_are_put_in_by_key_as_one_version_and_the_rest_is_rejected_again(first, facilities):
    done = mend(first, mended_csv((6, "00300", "Trạm mới", "31498", "1.250", ""), (7, "00301", "Xa", "99998", "", "")))
    assert (done.state, done.accepted, done.rejected, done.mends) == ("committed", 1, 1, first)
    version = queries.current_version(facilities)
    assert (version.number, version.rows, version.added, version.removed) == (2, 4, 1, 0)
    assert queries.rows(facilities, filters={"ma_co_so": "00300"})[0]["so_giuong"] == 1250, "the sign of the first file"
    assert [(one.line, one.reason) for one in queries.rejected_rows(done)] == [(7, "commune")]
    assert queries.mended_of(first) == 1
    later = mend(done, mended_csv((7, "00301", "Xa", "31507", "", "")))  # from the page of the mending
    assert (later.mends, later.accepted, queries.mended_of(first)) == (first, 1, 2)
    assert queries.current_version(facilities).rows == 5


def test_a_line_mended_twice_replaces_its_row_and_an_equal_one_changes_nothing(first, facilities):
    content = mended_csv((6, "00300", "Trạm mới", "31498", "", ""))
    mend(first, content)
    assert mend(first, content).state == "unchanged"
    assert mend(first, mended_csv((6, "00300", "Trạm mới hơn", "31498", "", ""))).state == "committed"
    assert (names(facilities)["00300"], queries.mended_of(first)) == ("Trạm mới hơn", 1)


def test_a_row_never_pushes_out_the_sound_one_it_was_rejected_for(first, facilities):
    done = mend(first, mended_csv((5, "00123", "Trùng khóa", "31498", "1", ""), (6, "00124", "Lấn", "31498", "", "")))
    assert (done.state, done.by_reason) == ("failed", {"taken": 2})
    assert names(facilities)["00123"] == "Trạm y tế Phường 5"
    assert mend(first, mended_csv((5, "00125", "Khóa đúng", "31498", "1", ""))).state == "committed"
    assert names(facilities)["00125"] == "Khóa đúng"


def test_a_workbook_saved_by_excel_keeps_zeros_signs_and_formulas(first, facilities):
    out = io.BytesIO()
    rejected.write_xlsx(out, lines_of(first))
    out.seek(0)
    sheet = python_calamine.CalamineWorkbook.from_filelike(out).get_sheet_by_index(0).to_python()
    assert sheet[2][:5] == ["6", "Tên cơ sở", "Thiếu giá trị bắt buộc", "00300", ""]
    assert sheet[3][4] == "'=HYPERLINK(1)"
    saved = io.BytesIO()  # as Excel saves what was opened from CSV: zeros gone, numbers as numbers
    book = xlsxwriter.Workbook(saved)
    page = book.add_worksheet()
    page.write_row(0, 0, HEAD)
    page.write_row(1, 0, [6, "", "", 300, "Trạm mới", 31498, 1250, ""])
    page.write_row(2, 0, [7, "", "", 301, "'=HYPERLINK(1)", 31507, 12.0, ""])
    book.close()
    assert mend(first, saved.getvalue(), "sua.xlsx").accepted == 2
    assert names(facilities)["00300"] == "Trạm mới"
    assert names(facilities)["00301"] == "=HYPERLINK(1)"
    assert queries.rows(facilities, filters={"ma_co_so": "00300"})[0]["so_giuong"] == 1250


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (mended_csv((4, "00300", "Trạm", "31498", "", "")), "mend_line"),
        (mended_csv(("", "00300", "Trạm", "31498", "", "")), "mend_line"),
        (mended_csv(*[(6, "00300", "Trạm", "31498", "", "")] * 2), "mend_twice"),
    ],
)
def test_rows_of_no_rejected_line_are_told_and_the_table_stays(first, facilities, content, fault):
    done = mend(first, content)
    assert (done.state, done.fault) == ("failed", fault)
    assert done.hint
    assert (queries.current_version(facilities).number, queries.mended_of(first)) == (1, 0)


def test_what_cannot_be_mended_is_refused_before_anything_is_kept(first, load, facilities):
    with pytest.raises(Invalid, match="Dòng gốc"):
        mend(first, as_csv(ROWS))
    for actor in (PHUC, MINH):
        with pytest.raises(NotAllowed):
            mend(first, mended_csv((6, "00300", "a", "31498", "", "")), actor=actor)
    newer = load(as_csv([*ROWS, ("00999", "", "31498", "", "")]), at=AT + timedelta(minutes=5))
    with pytest.raises(RuleBroken, match=newer.code):
        mend(first, mended_csv((6, "00300", "a", "31498", "", "")))
    assert mend(newer, mended_csv((5, "00999", "Mới", "31498", "", ""))).state == "committed"


def test_a_mended_file_teaches_no_columns_and_a_stopped_one_is_admitted(first, load, facilities):
    agreeing.change_terms(
        actor=LAN, at=AT, table=queries.table(facilities.code), terms={},
        rules=[{"name": "Tên", "kind": "sql", "query": "SELECT * FROM rows WHERE ten_co_so = 'Trạm mới'"}],
    )  # fmt: skip
    stopped = mend(first, mended_csv((6, "00300", "Trạm mới", "31498", "", "", "x"), more=["Ghi chú"]))
    assert (stopped.fault, stopped.ignored_columns) == ("quality", ["Ghi chú"])
    with pytest.raises(RuleBroken):
        operations.load_again(actor=LAN, at=AT, load=stopped, asked=stopped.manner)
    later = AT + timedelta(hours=2)
    opened = drifting.admit(actor=LAN, at=later, load=stopped, scope="once", reason="Đúng tên")
    done = loading.run_load(actor=WORKER, now=lambda: later, code=opened.code)
    assert (done.state, done.mends, queries.mended_of(first)) == ("committed", first, 1), done.message
    mend(first, mended_csv((7, "00301", "Trạm", "31507", "", "", "x"), more=["Ghi chú"]))
    head = [*HEAD[3:], "Ghi chú"]
    assert load(as_csv([(*row, "") for row in ROWS], header=head), at=later).fault == "new_columns"


def test_columns_changed_meanwhile_keep_the_table(first, facilities):
    columns = [*facilities.contract["columns"], {"name": "ghi_chu"}]
    operations.change_table(actor=LAN, at=AT, table=facilities, columns=columns, title=facilities.title)
    content = as_csv([("6", "", "", "00300", "Trạm", "31498", "", "", "x")], header=[*HEAD, "ghi_chu"])
    first.refresh_from_db()
    done = mend(queries.get_load_for(LAN, first.code), content)
    assert (done.state, done.fault) == ("failed", "columns_changed")


def test_without_a_key_a_line_is_added_once_and_replaced_by_its_next_mending(load, agencies):
    columns = [{"name": "ten", "required": True}, {"name": "so", "type": "integer"}]
    table = operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code="so-lieu", title="Số liệu", columns=columns
    )
    head = ["ten", "so"]
    first = load(as_csv([("a", "1"), ("a", "1"), ("b", "hai"), ("", "3")], header=head), table=table)

    def again(*rows):
        return mend(first, as_csv([(str(line), "", "", *cells) for line, *cells in rows], header=[*HEAD[:3], *head]))

    def held():
        return sorted((row["ten"], row["so"]) for row in queries.rows(table))

    done = again((4, "a", "1"))
    assert done.state == "committed", (done.fault, done.fault_params, done.by_reason)
    assert held() == [("a", 1)] * 3
    assert again((4, "a", "1")).state == "unchanged"
    again((4, "b", "2"), (5, "c", "3"))
    assert held() == [("a", 1), ("a", 1), ("b", 2), ("c", 3)]
    assert queries.mended_of(first) == 2


def test_a_mending_killed_after_its_commit_is_finished_once(first, facilities, monkeypatch):
    upload = operations.Upload("sua.csv", [mended_csv((6, "00300", "Trạm", "31498", "", ""))])
    code = operations.mend_rows(actor=LAN, at=AT, load=first, upload=upload).code

    def killed(*_given, **_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(loading, "_finish", killed)
        with pytest.raises(KeyboardInterrupt):
            loading.run_load(actor=WORKER, now=lambda: AT, code=code)
    assert queries.mended_of(first) == 0
    loading.repair(actor=WORKER, now=lambda: AT + timedelta(hours=1))
    assert (queries.current_version(facilities).rows, queries.mended_of(first)) == (4, 1)
    assert places.mended(first.mendings.get()).is_file()


def test_lan_mends_on_the_page_of_the_load_and_minh_only_looks(first, run_jobs):
    from nganam.accounts.models import Person

    def page(username):
        client = Client()
        client.force_login(Person.objects.get(username=username))
        return client

    lan, address = page("lan"), first.get_absolute_url()
    assert "Nạp các dòng đã sửa" in lan.get(address).content.decode()
    assert "Nạp các dòng đã sửa" not in page("minh").get(address).content.decode()
    assert page("minh").post(f"{address}dong-da-sua/").status_code == 404
    text = b"".join(lan.get(f"{address}dong-bi-loai.csv").streaming_content).decode()
    assert text.startswith("\ufeffDòng gốc,")
    book = b"".join(lan.get(f"{address}dong-bi-loai.xlsx").streaming_content)
    assert book.startswith(b"PK")
    wrong = lan.post(f"{address}dong-da-sua/", {"file": SimpleUploadedFile("a.csv", as_csv(ROWS))})
    assert (wrong.status_code, "Dòng gốc" in wrong.content.decode()) == (422, True)
    mended = text.replace("00300,", "00300,Trạm mới").replace("99999", "31507")
    sent = lan.post(f"{address}dong-da-sua/", {"file": SimpleUploadedFile("a.csv", mended.encode())})
    assert sent.status_code == 302
    run_jobs()
    told = lan.get(address).content.decode()
    assert "Đã sửa xong 2 trong 3 dòng bị loại" in told
    assert first.code in lan.get(sent["Location"]).content.decode()


def test_rejected_rows_of_a_table_with_personal_data_are_the_owners_and_each_download_is_recorded(
    facilities, load, client
):
    from nganam.accounts.models import Person

    columns = [*COLUMNS, {"name": "so_dinh_danh", "title": "Số định danh", "personal": True}]
    header = [one["name"] for one in columns]
    rules = [
        {"name": "co ten", "kind": "sql", "severity": "warning", "query": "SELECT so_dinh_danh FROM rows"},
        {"name": "la so", "kind": "sql", "severity": "warning",
         "query": "SELECT count(*) FROM rows WHERE (so_dinh_danh || 'x')::INT > 0"},
    ]  # fmt: skip
    operations.change_table(actor=LAN, at=AT, table=facilities, title=facilities.title, columns=columns, rules=rules)
    table = queries.table(facilities.code)
    load(as_csv([("00999", "Cũ", "31498", "1", "", "001200000009")], header=header), table=table)
    rows = [("00123", "Trạm", "31498", "1", "", "001200000001"), ("00999", "", "31498", "1", "", "001200000002")]
    done = load(as_csv(rows, header=header), table=table, at=AT + timedelta(days=1))
    assert (done.rejected, done.lost_keys) == (1, ["00999"])
    assert [bool(one["examples"]) for one in done.checks] == [True, False]
    page, seen = done.get_absolute_url(), {}
    taken = Entry.objects.filter(action="warehouse.rejected.taken")
    for who, status in ((MINH, 403), (LAN, 200)):
        client.force_login(Person.objects.get(username=who.code))
        assert not taken.exists()
        for ending in ("csv", "xlsx"):
            assert client.get(f"{page}dong-bi-loai.{ending}").status_code == status, (who.code, ending)
        seen[who.code] = client.get(page).content.decode()
    words = ("001200000001", "001200000002", "Khóa:")
    assert [word in seen["lan"] for word in words] == [True] * 3
    assert [word in seen["minh"] for word in words] == [False] * 3
    assert "Thiếu giá trị bắt buộc" in seen["minh"], "reasons and counts stay"
    assert "dong-bi-loai." not in seen["minh"]
    assert [(one.actor_code, one.details["format"], one.details["rows"]) for one in taken.order_by("pk")] == [
        ("lan", "csv", 1), ("lan", "xlsx", 1),
    ]  # fmt: skip


def test_rejected_rows_without_personal_data_are_taken_by_the_lead_agency_and_recorded(first, client):
    from nganam.accounts.models import Person

    client.force_login(Person.objects.get(username=MINH.code))
    assert client.get(f"{first.get_absolute_url()}dong-bi-loai.csv").status_code == 200
    assert "=HYPERLINK(1)" in client.get(first.get_absolute_url()).content.decode()
    assert Entry.objects.get(action="warehouse.rejected.taken").details["load"] == first.code
