"""The lake: whatever two versions hold, the difference, the change feed and the replica agree with plain Python."""

import shutil
import sqlite3
from contextlib import closing

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nganam.kernel.errors import Invalid
from nganam.warehouse import queries
from nganam.warehouse.engine import contract, files, lake, profile, replica

from .conftest import as_csv

KEYED = contract.from_list(
    [
        {"name": "a", "key": True},
        {"name": "order", "type": "integer", "key": True},
        {"name": "t"},
        {"name": "so", "type": "decimal"},
        {"name": "ngay", "type": "date"},
        {"name": "luc", "type": "datetime"},
        {"name": "co", "type": "boolean"},
    ]
)
LOOSE = contract.from_list([{"name": "t"}, {"name": "n", "type": "integer"}])
VALUES = st.tuples(
    st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.dates(),
    st.none() | st.datetimes(),
    st.none() | st.booleans(),
)
STATES = st.dictionaries(st.tuples(st.sampled_from("abc'\"é"), st.integers(0, 3)), VALUES, max_size=12)
QUICK = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def save(path, shape, rows):
    schema = pa.schema(
        [pa.field(f.name, pa.timestamp("us") if pa.types.is_timestamp(f.type) else f.type) for f in shape.schema()]
    )
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    pq.write_table(pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema), path)
    return path


@QUICK
@given(st.lists(STATES.filter(bool), min_size=1, max_size=3))
def test_each_version_holds_its_rows_and_the_difference_is_what_changed(tmp_path, states):
    folder = tmp_path / "lake"
    shutil.rmtree(folder, ignore_errors=True)
    before, last = {}, None
    for number, state in enumerate(states):
        path = save(tmp_path / "rows.parquet", KEYED, [(*key, *values) for key, values in sorted(state.items())])
        made = lake.commit(folder, path, KEYED, load=f"NAP-{number}")
        added, removed = state.keys() - before.keys(), before.keys() - state.keys()
        changed = {key for key in state.keys() & before.keys() if state[key] != before[key]}
        if not (added or removed or changed):
            assert made is None
            continue
        assert (made.difference.added, made.difference.changed, made.difference.removed) == tuple(
            len(keys) for keys in (added, changed, removed)
        )
        held = {
            (row["a"], row["order"]): (
                row["t"], row["so"], row["ngay"], row["luc"].replace(tzinfo=None) if row["luc"] else None, row["co"]
            )
            for row in lake.read(folder, made.delta_version).to_pylist()
        }  # fmt: skip
        assert held == state
        told = lake.changes(folder, KEYED, before=last, after=made.delta_version)
        assert {(one.kind, (one.after or one.before)["a"], (one.after or one.before)["order"]) for one in told} == (
            {("added", *key) for key in added}
            | {("changed", *key) for key in changed}
            | {("removed", *key) for key in removed}
        )
        assert lake.commit(folder, path, KEYED, load=f"NAP-{number}") == made
        assert lake.count(folder, made.delta_version) == len(state)
        before, last = state, made.delta_version


@QUICK
@given(
    st.lists(
        st.lists(st.tuples(st.none() | st.sampled_from("xyz"), st.none() | st.integers(0, 2)), min_size=1, max_size=8),
        min_size=2,
        max_size=2,
    )
)
def test_rows_without_a_key_are_compared_one_by_one(tmp_path, states):
    from collections import Counter

    folder = tmp_path / "lake"
    shutil.rmtree(folder, ignore_errors=True)
    first = lake.commit(folder, save(tmp_path / "1.parquet", LOOSE, states[0]), LOOSE, load="NAP-1")
    made = lake.commit(folder, save(tmp_path / "2.parquet", LOOSE, states[1]), LOOSE, load="NAP-2")
    old, new = Counter(states[0]), Counter(states[1])
    if old == new:
        assert made is None
        return
    assert (made.difference.added, made.difference.changed, made.difference.removed) == (
        (new - old).total(),
        0,
        (old - new).total(),
    )
    told = Counter(
        one.kind for one in lake.changes(folder, LOOSE, before=first.delta_version, after=made.delta_version)
    )
    assert (told["added"], told["removed"]) == (made.difference.added, made.difference.removed)


@QUICK
@given(STATES.filter(bool))
def test_the_replica_equals_the_lake_row_for_row(tmp_path, state):
    folder, place = tmp_path / "lake", tmp_path / "replica"
    shutil.rmtree(folder, ignore_errors=True)
    path = save(tmp_path / "rows.parquet", KEYED, [(*key, *values) for key, values in sorted(state.items())])
    made = lake.commit(folder, path, KEYED, load="NAP-1")
    built = replica.build(place, KEYED, 1, lake.stream(folder, KEYED, made.delta_version), indexes=["t", "khong_co"])
    with closing(replica.connect(built)) as base:
        held = {(row["a"], row["order"]): tuple(row) for row in base.execute("SELECT * FROM rows")}
    read = {
        (row["a"], row["order"]): tuple(map(replica.as_stored, row.values())) for row in lake.read(folder).to_pylist()
    }
    assert held == read


def rows_of(number):
    return [(f"{at:05d}", at, "x", 1.5, None, None, True) for at in range(number)]


def test_a_small_change_writes_only_itself_to_the_change_feed(tmp_path):
    from deltalake import DeltaTable

    rows = rows_of(1000)
    lake.commit(tmp_path / "t", save(tmp_path / "1", KEYED, rows), KEYED, load="NAP-1")
    changed = [(*rows[0][:2], "y", *rows[0][3:]), *rows[2:], ("99999", 1, "z", None, None, None, None)]
    made = lake.commit(tmp_path / "t", save(tmp_path / "2", KEYED, changed), KEYED, load="NAP-2")
    feed = pa.table(DeltaTable(str(tmp_path / "t")).load_cdf(starting_version=made.delta_version)).to_pylist()
    assert sorted((one["_change_type"], one["a"]) for one in feed) == [
        ("delete", "00001"), ("insert", "99999"), ("update_postimage", "00000"), ("update_preimage", "00000"),
    ]  # fmt: skip


def test_an_older_version_is_read_as_it_was_and_figures_stay_with_the_commit(tmp_path):
    first = lake.commit(
        tmp_path / "t", save(tmp_path / "1", KEYED, rows_of(3)), KEYED, load="NAP-1", figures={"read": 5}
    )
    lake.commit(tmp_path / "t", save(tmp_path / "2", KEYED, rows_of(2)), KEYED, load="NAP-2")
    assert lake.read(tmp_path / "t", first.delta_version).num_rows == 3
    assert [(one.load, one.rows, dict(one.figures)) for one in lake.history(tmp_path / "t")] == [
        ("NAP-2", 2, {}),
        ("NAP-1", 3, {"read": 5}),
    ]
    assert lake.history(tmp_path / "none") == []


def test_old_replicas_are_pruned_and_the_newest_two_stay(tmp_path):
    batch = pa.RecordBatch.from_pylist([{"t": "a", "n": 1}], schema=LOOSE.schema())
    for number in (1, 2, 3):
        replica.build(tmp_path / "r", LOOSE, number, [batch])
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == ["current.json", "v2.sqlite", "v3.sqlite"]
    assert replica.current(tmp_path / "r")["version"] == 3


def test_a_replica_that_fails_leaves_the_current_one(tmp_path):
    batch = pa.RecordBatch.from_pylist([{"t": "a", "n": 1}], schema=LOOSE.schema())
    replica.build(tmp_path / "r", LOOSE, 1, [batch])

    def broken():
        yield batch
        raise OSError

    with pytest.raises(OSError):
        replica.build(tmp_path / "r", LOOSE, 2, broken())
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == ["current.json", "v1.sqlite"]


def test_a_replica_is_only_read(tmp_path):
    path = replica.build(tmp_path, LOOSE, 1, [])
    with closing(replica.connect(path)) as base, pytest.raises(sqlite3.OperationalError):
        base.execute("INSERT INTO rows VALUES ('a', 1)")


def test_a_look_up_by_key_uses_the_primary_key(tmp_path):
    path = replica.build(tmp_path, KEYED, 1, [])
    with closing(replica.connect(path)) as base:
        plan = base.execute('EXPLAIN QUERY PLAN SELECT * FROM rows WHERE a = ? AND "order" = ?', ("a", 1)).fetchone()[3]
    assert "USING PRIMARY KEY" in plan


def test_the_profile_counts_and_never_lists_personal_values(tmp_path):
    shape = contract.from_list(
        [{"name": "ten", "personal": True}, {"name": "so", "type": "integer"}, {"name": "luc", "type": "datetime"}]
    )
    from datetime import datetime

    rows = [(f"Người {at}", at, datetime(2020, 1, 1)) for at in range(40)] + [(None, None, None)]
    lake.commit(tmp_path / "t", save(tmp_path / "1", shape, rows), shape, load="NAP-1")
    names, numbers, moments = profile.profile(lake.files(tmp_path / "t"), shape)
    assert (names.empty, names.minimum, names.top) == (1, None, ())
    assert (numbers.minimum, numbers.maximum, sum(count for _, _, count in numbers.bins)) == (0, 39, 40)
    assert moments.top == [("2020-01-01T00:00:00Z", 40)]
    assert round(numbers.empty_share, 3) == round(1 / 41, 3)


def test_forms_a_table_cannot_take_are_refused(tmp_path):
    for kind in ("geojson", "pdf"):
        with pytest.raises(Invalid):
            files.write([], LOOSE, kind, tmp_path / "f" / "x")
    assert not list((tmp_path / "f").iterdir())
    assert files.formats_for(LOOSE, rows=2_000_000, geometries=True) == ("csv", "json", "parquet")


def test_coordinates_make_points(tmp_path):
    import json

    shape = contract.from_list(
        [{"name": "ten"}, {"name": "kinh_do", "type": "decimal"}, {"name": "vi_do", "type": "decimal"}]
    )
    batch = pa.RecordBatch.from_pylist(
        [{"ten": "a", "kinh_do": 105.9, "vi_do": 9.6}, {"ten": "b"}], schema=shape.schema()
    )
    written = files.write([batch], shape, "geojson", tmp_path / "x.geojson")
    found = json.loads(written.path.read_text())["features"]
    assert [one["geometry"] for one in found] == [{"type": "Point", "coordinates": [105.9, 9.6]}, None]


def test_a_workbook_keeps_zeros_long_numbers_and_formulas_as_they_are(tmp_path):
    import python_calamine

    shape = contract.from_list([{"name": "ma"}, {"name": "n", "type": "integer"}, {"name": "ngay", "type": "date"}])
    from datetime import date

    rows = [{"ma": "007", "n": 10**17, "ngay": date(1850, 1, 1)}, {"ma": "=1+1", "n": 5, "ngay": date(2020, 1, 2)}]
    files.write([pa.RecordBatch.from_pylist(rows, schema=shape.schema())], shape, "xlsx", tmp_path / "x.xlsx")
    read = python_calamine.CalamineWorkbook.from_path(str(tmp_path / "x.xlsx")).get_sheet_by_index(0).to_python()
    assert read == [["ma", "n", "ngay"], ["007", "1" + "0" * 17, "1850-01-01"], ["=1+1", 5.0, date(2020, 1, 2)]]


def test_a_sample_for_the_scan_holds_every_column(load, facilities):
    assert queries.sample_columns(facilities) == []
    load(as_csv())
    found = {one.name: one for one in queries.sample_columns(facilities)}
    assert sorted(found["ma_co_so"].values) == ["00123", "00124", "00200"]
    assert sorted(found["so_giuong"].values) == ["", "10", "1250"]
