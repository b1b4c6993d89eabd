"""Lan loads the list of facilities: what is taken, what is rejected and why, what a second load changes."""

import json

import pytest

from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.warehouse import files, loading, operations, places, queries
from nganam.warehouse.engine import lake, replica
from nganam.warehouse.models import Load, RejectedRow, Version

from .conftest import AT, COLUMNS, DUNG, LAN, MINH, PHUC, ROWS, WORKER, as_csv, now


@pytest.mark.law("S12.1", "S3.2")
def test_a_load_becomes_version_1_with_leading_zeros_and_dates(load, facilities):
    done = load(as_csv())
    assert (done.state, done.read, done.accepted, done.rejected) == ("committed", 3, 3, 0)
    version = queries.current_version(facilities)
    assert (version.number, version.rows, version.added, version.changed, version.removed) == (1, 3, 3, 0, 0)
    first = queries.rows(facilities)[0]
    assert first == {
        "ma_co_so": "00123",
        "ten_co_so": "Trạm y tế Phường 5",
        "ma_xa": "31498",
        "so_giuong": 10,
        "ngay_hoat_dong": "2004-03-15",
    }
    assert queries.rows(facilities)[1]["so_giuong"] == 1250


def test_the_replica_names_its_version_key_and_instant(load, facilities):
    load(as_csv())
    told = replica.current(places.replicas(facilities))
    assert (told["version"], told["file"], told["key"]) == (1, "v1.sqlite", ["ma_co_so"])
    assert told["as_of"].startswith("2026-11-24T02:00:03")


def test_rejected_rows_are_kept_with_line_column_reason_and_cells(load):
    rows = [
        *ROWS,
        ("00123", "Trùng", "31498", "1", ""),
        ("00300", "", "31498", "1", ""),
        ("00301", "Xa lạ", "99999", "", ""),
    ]
    done = load(as_csv(rows))
    kept = {row.line: row for row in queries.rejected_rows(done)}
    assert {line: (row.column, row.reason) for line, row in kept.items()} == {
        5: ("", "duplicate"),
        6: ("ten_co_so", "missing"),
        7: ("ma_xa", "commune"),
    }
    assert kept[5].told == [{"column": "", "text": "Trùng khóa với dòng 2; dòng 2 được giữ"}]
    assert kept[7].cells == ["00301", "Xa lạ", "99999", "", ""]
    assert done.by_reason == {"duplicate": 1, "missing": 1, "commune": 1}


def test_loading_the_same_again_commits_nothing(load, facilities):
    load(as_csv())
    before = places.lake(facilities).stat().st_mtime_ns, lake.history(places.lake(facilities))
    again = load(as_csv(list(reversed(ROWS))))
    assert again.state == "unchanged"
    assert lake.history(places.lake(facilities)) == before[1]
    assert facilities.versions.count() == 1


@pytest.mark.law("S12.1")
def test_a_changed_source_commits_version_2_with_the_difference(load, facilities):
    load(as_csv())
    changed = [ROWS[0], (*ROWS[1][:3], "1.300", ROWS[1][4]), ("00999", "Bệnh viện mới", "31507", "5", "")]
    assert load(as_csv(changed)).state == "committed"
    version = queries.current_version(facilities)
    assert (version.number, version.added, version.changed, version.removed) == (2, 1, 1, 1)
    found = {one.kind: one for one in queries.changes(version)}
    assert found["changed"].columns == ("so_giuong",)
    assert (found["changed"].before["so_giuong"], found["changed"].after["so_giuong"]) == (1250, 1300)
    assert found["added"].after["ma_co_so"] == "00999"
    assert found["removed"].before["ma_co_so"] == "00200"
    first = facilities.versions.get(number=1)
    assert [row["ma_co_so"] for row in queries.rows(facilities, version=first)] == ["00123", "00124", "00200"]


def test_rows_can_be_filtered_and_paged(load, facilities):
    load(as_csv())
    assert [row["ma_co_so"] for row in queries.rows(facilities, filters={"ma_xa": "31501"})] == ["00124"]
    assert [row["ma_co_so"] for row in queries.rows(facilities, limit=1, offset=1)] == ["00124"]
    with pytest.raises(Invalid):
        queries.rows(facilities, filters={"khong_co": 1})


def test_a_second_load_of_a_busy_table_is_refused_by_name(facilities):
    upload = operations.Upload("a.csv", [as_csv()])
    first = operations.start_load(actor=LAN, at=AT, table=facilities, upload=upload)
    with pytest.raises(RuleBroken) as refused:
        operations.start_load(actor=LAN, at=AT, table=facilities, upload=upload)
    assert first.code in refused.value.message
    assert Load.objects.count() == 1


def test_the_database_itself_refuses_two_loads_under_way(facilities, monkeypatch):
    upload = operations.Upload("a.csv", [as_csv()])
    operations.start_load(actor=LAN, at=AT, table=facilities, upload=upload)
    monkeypatch.setattr(queries, "active_load", lambda table: None)
    with pytest.raises(RuleBroken):
        operations.start_load(actor=LAN, at=AT, table=facilities, upload=upload)


@pytest.mark.parametrize("actor", [PHUC, MINH, DUNG])
def test_only_the_owners_focal_officer_loads(facilities, actor):
    with pytest.raises(NotAllowed):
        operations.start_load(actor=actor, at=AT, table=facilities, upload=operations.Upload("a.csv", [as_csv()]))
    assert not Load.objects.exists()


def test_a_load_run_twice_makes_one_version(load, facilities):
    done = load(as_csv())
    assert loading.run_load(actor=WORKER, now=now, code=done.code).state == "committed"
    assert Version.objects.count() == 1


def test_when_every_row_is_rejected_the_table_stays(load, facilities):
    load(as_csv())
    done = load(as_csv([("", "x", "31498", "", ""), ("", "y", "31498", "", "")]))
    assert (done.state, done.fault, done.rejected) == ("failed", "all_rejected", 2)
    assert RejectedRow.objects.filter(load=done).count() == 2
    assert queries.current_version(facilities).number == 1


def test_more_than_a_thousand_rejected_rows_are_counted_but_not_all_kept(load):
    rows = [*ROWS, *((f"x{at}", "", "31498", "", "") for at in range(1500))]
    done = load(as_csv(rows))
    assert (done.rejected, RejectedRow.objects.filter(load=done).count()) == (1500, 1000)


def test_every_form_is_written_the_same_twice(load, facilities, tmp_path):
    load(as_csv())
    version = queries.current_version(facilities)
    kinds = ["csv", "xlsx", "json", "parquet"]
    first = {kind: files.distribution(version, kind, tmp_path / "a").sha256 for kind in kinds}
    second = {kind: files.distribution(version, kind, tmp_path / "b").sha256 for kind in kinds}
    assert first == second
    assert (tmp_path / "a" / "co-so-kham-chua-benh.csv").read_bytes().startswith(b"\xef\xbb\xbfma_co_so,")
    assert json.loads((tmp_path / "a" / "co-so-kham-chua-benh.json").read_text())[0]["ma_co_so"] == "00123"
    assert not list((tmp_path / "a").glob(".*"))


def test_communes_are_drawn_when_their_boundaries_are_known(load, facilities, data, tmp_path):
    load(as_csv())
    assert files.formats_of(queries.current_version(facilities)) == ("csv", "xlsx", "json", "parquet")
    (data / "boundaries").mkdir()
    shape = {"type": "Point", "coordinates": [105.9, 9.6]}
    content = {"features": [{"properties": {"ma_xa": "31498"}, "geometry": shape}]}
    (data / "boundaries" / "xa.geojson").write_text(json.dumps(content))
    assert "geojson" in files.formats_of(queries.current_version(facilities))
    path = files.write_distribution(queries.current_version(facilities), "geojson", tmp_path)
    features = json.loads(path.read_text())["features"]
    assert [one["geometry"] for one in features] == [shape, None, None]


def test_a_changed_contract_reloads_the_table_under_it(load, facilities):
    load(as_csv())
    columns = [*COLUMNS, {"name": "ghi_chu", "title": "Ghi chú"}]
    operations.change_table(actor=LAN, at=AT, table=facilities, columns=columns, title=facilities.title)
    rows = [(*row, "mới") for row in ROWS]
    done = load(as_csv(rows, header=[one["name"] for one in columns]))
    assert done.state == "committed"
    version = queries.current_version(facilities)
    assert (version.number, version.changed) == (2, 3)
    assert queries.rows(facilities)[0]["ghi_chu"] == "mới"
    assert "ghi_chu" not in queries.rows(facilities, version=facilities.versions.get(number=1))[0]


def test_lineage_runs_from_the_received_file_to_the_version(load, facilities):
    load(as_csv())
    steps = queries.lineage(queries.current_version(facilities))
    assert [one.kind for one in steps] == ["landing", "load", "version"]
    assert len(steps[0].detail) == 64


def test_every_step_is_in_the_audit_record(load):
    from nganam.audit.queries import verify_chain
    from nganam.cases.queries import history_of

    done = load(as_csv())
    assert [one.to_state for one in history_of(done)] == ["received", "checking", "committed"]
    assert verify_chain().ok


def test_a_column_may_be_called_as_the_cells_are(agencies, load):
    """Cells are c0, c1 … while a load is checked; a table's own c0 is another thing."""
    from nganam.warehouse import operations

    columns = [{"name": "c1", "key": True}, {"name": "c0", "type": "integer"}]
    table = operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code="o", title="Ô", columns=columns)
    ended = load(b"c1,c0\r\nx,1\r\ny,hai\r\n", table=table)
    assert (ended.accepted, ended.rejected, ended.by_reason) == (1, 1, {"integer": 1})
    assert queries.rows(table) == [{"c1": "x", "c0": 1}]
