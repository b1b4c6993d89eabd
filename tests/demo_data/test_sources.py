"""The built source systems: faults as counted, forms as promised, the same for the same seed."""

import csv
import hashlib
import io
import os
import sqlite3
import unicodedata
from contextlib import closing
from datetime import datetime

import psycopg
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nganam.demo import contracts, facility_file, facts, sources, vn1258
from nganam.warehouse.engine import checking, contract, databases, landing, reading

VIETNAMESE = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return sources.build_sources(tmp_path_factory.mktemp("nguon"), citizens=300, enterprises=60)


def contents(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def read(built, name, encoding, delimiter=","):
    text = built.path(name).read_bytes().decode(encoding)
    return list(csv.reader(io.StringIO(unicodedata.normalize("NFC", text), newline=""), delimiter=delimiter))


@given(st.text(alphabet=VIETNAMESE + VIETNAMESE.upper() + " 0123456789.,;-"))
def test_any_vietnamese_text_survives_windows_1258(text):
    assert vn1258.decode(vn1258.encode(text)) == text


def test_decomposed_text_is_written_to_1258_as_composed_is():
    assert vn1258.encode(unicodedata.normalize("NFD", "Thuận Hòa, ỳ, Đ")) == vn1258.encode("Thuận Hòa, ỳ, Đ")


def test_letters_outside_the_code_page_are_refused():
    with pytest.raises(UnicodeEncodeError):
        vn1258.encode("ខ្មែរ")


def test_building_twice_gives_the_same_bytes(built, tmp_path):
    again = sources.build_sources(tmp_path / "nguon", citizens=300, enterprises=60)
    assert contents(again.folder) == contents(built.folder)


def test_a_folder_already_built_is_left_alone_and_another_request_builds_anew(tmp_path):
    first = sources.build_sources(tmp_path, citizens=5, enterprises=5)
    assert not first.reused
    sources.move_citizens(first.path(sources.CITIZENS), count=2)
    changed = contents(tmp_path)
    assert sources.build_sources(tmp_path, citizens=5, enterprises=5).reused
    assert contents(tmp_path) == changed
    assert not sources.build_sources(tmp_path, citizens=6, enterprises=5).reused
    assert not sources.build_sources(tmp_path, citizens=6, enterprises=5, force=True).reused


def test_the_facility_file_is_old_windows_with_a_title_and_leading_zeros(built):
    raw = built.path(sources.FACILITIES).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert raw.count(b"\r\n") == raw.count(b"\n")
    rows = read(built, sources.FACILITIES, "cp1258", ";")
    assert rows[0][0].startswith("DANH SÁCH")
    assert tuple(rows[1]) == contracts.contract("co-so-kham-chua-benh").names
    sound = {row[0]: row for row in rows[2:] if len(row) == 7}
    assert sound["94100"][1] == "TYT xã Mỹ Phước"
    assert all(row[4].startswith("02990") and len(row[4]) == 11 for row in sound.values())


@pytest.mark.parametrize("name", [sources.FACILITIES, sources.FACILITIES_V2, sources.FACILITIES_BOM])
def test_each_form_of_the_facility_file_has_the_faults_that_are_stated(built, name):
    stated = built.expected["files"][name]
    communes = facts.units_on(facts.MERGER_ON, "commune")
    found, keys, accepted = [], set(), 0
    lines = vn1258.decode(built.path(name).read_bytes()) if stated["encoding"] == "cp1258" else None
    lines = lines or built.path(name).read_bytes().decode(stated["encoding"])
    for number, line in enumerate(lines.split("\r\n"), start=1):
        if number < 3 or not line:
            continue
        cells = next(csv.reader([line], delimiter=";"))
        reason = fault(cells, keys, communes)
        keys.add(cells[0])
        accepted += not reason
        if reason:
            found.append((number, cells[0], reason))
    assert found == [(row["line"], row["key"], row["reason"]) for row in stated["rejected_rows"]]
    assert accepted == stated["accepted"]
    assert stated["rows"] == accepted + len(found)


def fault(cells, keys, communes):
    if len(cells) != len(facility_file.HEADER):
        return "cells"
    tests = (
        ("duplicate", cells[0] in keys),
        ("missing", not all(cells[:4])),
        ("commune", cells[3] not in communes),
        ("integer", not cells[5].isdigit()),
        ("date", not is_day(cells[6])),
    )
    return next((reason for reason, holds in tests if holds), "")


def is_day(cell):
    try:
        return bool(datetime.strptime(cell, facility_file.DAY_FORMAT))  # noqa: DTZ007 # a day, no clock
    except ValueError:
        return False


def test_the_stated_counts_are_the_promised_ones(built):
    first, second = built.expected["files"][sources.FACILITIES], built.expected["files"][sources.FACILITIES_V2]
    assert (first["rows"], first["accepted"], first["rejected"]) == (146, 136, 10)
    assert first["reasons"] == {
        "cells": 2,
        "commune": 2,
        "date": 2,
        "duplicate": 2,
        "integer": 1,
        "missing": 1,
    }
    assert (second["rows"], second["accepted"], second["rejected"]) == (140, 137, 3)
    assert second["difference"] == {
        "added": ["94911", "94912", "94913"],
        "removed": ["94001", "94019"],
        "changed": ["94003", "94012", "94057", "94100", "94162"],
        "unchanged": 129,
    }


def test_the_registers_hold_the_citizens_and_enterprises_asked_for(built):
    for name, code, count in ((sources.CITIZENS, "dan-cu", 300), (sources.ENTERPRISES, "doanh-nghiep", 60)):
        one = contracts.contract(code)
        with closing(sqlite3.connect(built.path(name))) as database:
            cursor = database.execute(f"SELECT * FROM {one.source['table']} ORDER BY 1")
            assert tuple(column[0] for column in cursor.description) == one.names
            rows = cursor.fetchall()
        assert len(rows) == count == built.expected["files"][name]["rows"]
        assert isinstance(rows[0][0], str)
        assert all(row[-1] == 1 for row in rows)


def test_the_warehouse_finds_exactly_the_stated_faults_among_the_dossiers(built, tmp_path):
    stated = built.expected["files"][sources.DOSSIERS]
    source = databases.Database("Một cửa", "sqlite", str(built.path(sources.DOSSIERS)), "ho_so")
    landed = databases.land_database(source, tmp_path / "landing", limit=10_000_000)
    checked, _shape = check(built, tmp_path, landed, "ho-so-mot-cua")
    assert (checked.read, checked.accepted, checked.rejected) == (
        stated["rows"],
        stated["accepted"],
        stated["rejected"],
    )
    assert dict(checked.by_reason) == {reason: count for reason, count in stated["by_reason"].items() if count}
    assert checked.rejected > 10


def test_a_province_of_another_size_is_told_by_its_sources(built, tmp_path):
    assert sources.size_of(built.folder) == 300
    assert sources.size_of(tmp_path) is None
    assert sources.companies_among(1_200_000) == 40_000


def test_a_large_source_tells_how_far_it_is(monkeypatch):
    monkeypatch.setattr(sources, "TOLD_EVERY", 2_000)
    said = []
    assert len(list(sources._counted([(1,)] * 5_000, "hồ sơ", said.append))) == 5_000
    assert said == ["đã sinh 2.000 hồ sơ", "đã sinh 4.000 hồ sơ"]


def test_moving_citizens_changes_that_many_rows_and_twice_no_more(built, tmp_path):
    copy = tmp_path / "dan-cu.sqlite"
    copy.write_bytes(built.path(sources.CITIZENS).read_bytes())

    def rows():
        with closing(sqlite3.connect(copy)) as database:
            return database.execute("SELECT * FROM cong_dan ORDER BY so_dinh_danh").fetchall()

    before = rows()
    assert sources.move_citizens(copy, count=25) == 25
    after = rows()
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 25
    sources.move_citizens(copy, count=25)
    assert rows() == after


def test_every_contract_fits_the_source_it_describes(built):
    agencies = {agency.code for agency in facts.agencies() if agency.valid_until is None}
    for code, one in contracts.contracts().items():
        assert one.agency in agencies
        assert one.key, code
        assert one.time == "" or one.time in one.names
        assert all(column.type in contracts.TYPES for column in one.columns)
        assert all(column.title and column.title_en for column in one.columns)
        assert not (one.open and any(column.personal for column in one.columns)), code
        assert (built.folder / "contracts" / f"{code}.yaml").exists()
        if one.source["kind"] == "csv":
            skip = one.source["skip_lines"]
            rows = read(built, one.source["file"], one.source["encoding"], one.source["delimiter"])
            assert tuple(rows[skip]) == one.names, code


def test_clean_files_keep_their_types_and_keys(built):
    for code, one in contracts.contracts().items():
        if one.source["kind"] != "csv" or one.source["skip_lines"]:
            continue
        rows = [dict(zip(one.names, row, strict=True)) for row in read(built, one.source["file"], "utf-8")[1:]]
        assert len(rows) == built.expected["files"][one.source["file"]]["rows"]
        assert len({tuple(row[name] for name in one.key) for row in rows}) == len(rows), code
        for column in one.columns:
            for row in rows:
                check_cell(column, row[column.name])


def check_cell(column, cell):
    assert cell or not column.required, column.name
    if cell and column.type in {"integer", "decimal"}:
        assert float(cell) == float(cell)
        assert column.type == "decimal" or "." not in cell
    if column.type == "boolean":
        assert cell in {"0", "1"}


@pytest.mark.parametrize("name", [sources.FACILITIES, sources.FACILITIES_V2, sources.FACILITIES_BOM])
def test_the_warehouse_finds_exactly_the_stated_faults(built, tmp_path, name):
    stated = built.expected["files"][name]
    checked, shape = load(built, tmp_path, name, "co-so-kham-chua-benh")
    assert shape.encoding == stated["encoding"]
    assert (checked.read, checked.accepted, checked.rejected) == (
        stated["rows"],
        stated["accepted"],
        stated["rejected"],
    )
    assert dict(checked.by_reason) == stated["reasons"]
    assert [(one.line, one.cells[0], one.flaws[0].reason, one.flaws[0].column) for one in checked.rejections] == [
        (row["line"], row["key"], row["reason"], row["column"]) for row in stated["rejected_rows"]
    ]
    rows = {row["ma_co_so"]: row for row in pq.read_table(checked.path).to_pylist()}
    assert rows["94100"]["ten_co_so"] == "TYT xã Mỹ Phước"
    assert all(row["dien_thoai"].startswith("02990") for row in rows.values())


def test_the_warehouse_takes_every_row_of_every_clean_file(built, tmp_path):
    for code, one in contracts.contracts().items():
        if one.source["kind"] == "csv" and code != "co-so-kham-chua-benh":
            checked, _ = load(built, tmp_path, one.source["file"], code)
            assert checked.rejected == 0, (code, checked.rejections[:2])
            assert checked.accepted == built.expected["files"][one.source["file"]]["rows"]


def load(built, tmp_path, name, code):
    content = built.path(name).read_bytes()
    return check(built, tmp_path, landing.land_stream([content], name, tmp_path / "landing", limit=10_000_000), code)


def check(built, tmp_path, landed, code):
    declared = contract.from_yaml((built.folder / "contracts" / f"{code}.yaml").read_text("utf-8"))
    communes = facts.units_on(facts.MERGER_ON, "commune")
    shape = reading.inspect(landed, landed.path.name, declared)
    rows = reading.extract(landed, landed.path.name, shape, tmp_path / "rows.parquet")
    return checking.check(rows, shape, declared, tmp_path / "accepted.parquet", communes=communes), shape


@pytest.mark.postgres
def test_the_health_department_can_live_in_postgresql_and_a_strangers_schema_is_spared():
    url = os.environ["NGANAM_DATABASE_URL"]
    schema = "nguon_so_y_te_thu"
    loaded = sources.load_postgresql(url, people=200, schema=schema)
    assert loaded == {"co_so_kham_chua_benh": 136, "nguoi_tham_gia_bhyt": 200}
    assert sources.load_postgresql(url, people=50, schema=schema)["nguoi_tham_gia_bhyt"] == 50
    with psycopg.connect(url) as connection:
        zero = connection.execute(f"SELECT min(so_dinh_danh) FROM {schema}.nguoi_tham_gia_bhyt").fetchone()
        assert zero[0].startswith("0")
        orphans = connection.execute(
            f"SELECT count(*) FROM {schema}.nguoi_tham_gia_bhyt LEFT JOIN {schema}.co_so_kham_chua_benh f "
            "USING (ma_co_so) WHERE f.ma_co_so IS NULL"
        ).fetchone()
        assert orphans == (0,)
        connection.execute(f"COMMENT ON SCHEMA {schema} IS 'của người khác'")
    with pytest.raises(ValueError, match="không phải do bản mẫu"):
        sources.load_postgresql(url, people=5, schema=schema)
    with psycopg.connect(url) as connection:
        connection.execute(f"DROP SCHEMA {schema} CASCADE")
