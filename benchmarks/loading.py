"""200 000 rows of CSV into the warehouse: read, check, commit, digest, replica; the engine alone and through a load.

The floor is DuckDB reading the same file as text into one Parquet file: no contract, no list of rejected rows, no
version, no look-ups. The peer for the replica is the script people write: Python's csv into SQLite with a key. A load
runs on a copy of the demo's database in a folder of its own; the same file is then loaded again, which must commit
nothing. CPU counts all threads.
"""

import csv
import os
import resource
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import measure

ROWS = 200_000


def run(demo: measure.Platform) -> measure.Result:
    """Measure the engine, whole loads and the floor in turn."""
    with tempfile.TemporaryDirectory(dir=demo.folder, prefix=".bench-") as name:
        folder = Path(name)
        open_copy(demo, folder)
        source = write_source(folder / "dan-cu.csv")
        asked = columns()
        numbers = count(1)
        cases = {
            "DuckDB csv → parquet": lambda: _timed(lambda: _floor(source, folder / "floor.parquet")),
            "csv → sqlite3 script": lambda: _timed(lambda: script(source, folder / "script.sqlite")),
            "engine": lambda: _engine(source, folder / "engine", asked),
            "start_load + run_load": lambda: _whole(source, asked, next(numbers)),
        }
        ratios = [("cpu_s", "engine", "DuckDB csv → parquet"), ("cpu_s", "start_load + run_load", "engine")]
        size = source.stat().st_size / 1e6
        result = measure.rounds(f"Load of {ROWS} rows, 10 columns, {size:.0f} MB of CSV", cases, ratios=ratios)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        result.notes.append(f"Peak memory of the measuring process, Django and all cases included: {peak:.0f} MB.")
        return result


def open_copy(demo: measure.Platform, folder: Path) -> None:
    """Set Django up on a copy of the demo's database: its agencies and people, none of its tables' files."""
    with closing(demo.database()) as base, closing(sqlite3.connect(folder / "nganam.sqlite3")) as copy:
        base.backup(copy)
    os.environ |= {"NGANAM_DATA": str(folder), "NGANAM_DEMO": "1", "DJANGO_SETTINGS_MODULE": "nganam.site.settings"}
    import django

    django.setup()


def write_source(path: Path, rows: int = ROWS) -> Path:
    """Write so many made-up citizens."""
    from nganam.demo.people import Citizen, citizens

    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(Citizen._fields)
        writer.writerows(citizens(rows))
    return path


def columns() -> list[dict[str, Any]]:
    """Return the columns of the demo's table of citizens."""
    from nganam.demo.facts import DATA
    from nganam.warehouse.engine import contract

    return contract.to_list(contract.from_yaml((DATA / "hop-dong" / "dan-cu.yaml").read_text(encoding="utf-8")))


def _timed(deed: Callable[[], object]) -> measure.Figures:
    with watch() as figures:
        deed()
    return figures | {"rows_per_s": ROWS / figures["seconds"]}


@contextmanager
def watch() -> Iterator[measure.Figures]:
    """Yield figures that hold seconds and CPU seconds once the block has ended."""
    figures: measure.Figures = {}
    began, used = time.perf_counter(), time.process_time()
    yield figures
    figures |= {"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - used}


def _floor(source: Path, target: Path) -> None:
    import duckdb

    with duckdb.connect() as base:
        base.execute("SET threads=2; SET memory_limit='1GB'")
        rows = f"SELECT * FROM read_csv('{source}', all_varchar=true)"
        base.execute(f"COPY ({rows}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def script(source: Path, target: Path) -> None:
    """Do what people do without a warehouse: rows into a table with a key and one index."""
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(target)) as base, source.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        names = next(rows)
        base.execute(f"CREATE TABLE rows ({', '.join(names)}, PRIMARY KEY ({names[0]})) WITHOUT ROWID")
        base.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * len(names))})", rows)
        base.execute("CREATE INDEX by_commune ON rows (ma_xa)")
        base.commit()


def _engine(source: Path, folder: Path, columns: list[dict[str, Any]]) -> measure.Figures:
    """Do the steps of a load one by one, each timed."""
    from nganam.warehouse.engine import checking, files, lake, landing, reading, replica
    from nganam.warehouse.engine.contract import from_list

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    contract, communes, steps, held = from_list(columns), _communes(), {}, {}

    def step(name: str, deed: Callable[[], Any]) -> Any:
        with watch() as figures:
            made = deed()
        steps[name] = figures["seconds"]
        return made

    def stream(done: lake.Commit) -> Iterator[Any]:
        return lake.stream(folder / "lake", contract, done.delta_version)

    with watch() as whole, source.open("rb") as file:
        chunks = iter(lambda: file.read(1 << 20), b"")
        held["landed"] = step("land", lambda: landing.land_stream(chunks, "x.csv", folder / "landing", limit=10**9))
        shape = step("inspect", lambda: reading.inspect(held["landed"], "x.csv", contract))
        rows = step("read", lambda: reading.extract(held["landed"], "x.csv", shape, folder / "rows.parquet"))
        target = folder / "accepted.parquet"
        checked = step("check", lambda: checking.check(rows, shape, contract, target, communes=communes))
        done = step("commit", lambda: lake.commit(folder / "lake", checked.path, contract, load="NAP-1"))
        step("replica", lambda: replica.build(folder / "replicas", contract, 1, stream(done), indexes=["ma_xa"]))
        step("digest", lambda: files.content_sha256(stream(done), contract))
    if checked.accepted != ROWS:
        raise SystemExit(f"the engine took {checked.accepted} of {ROWS} rows: {dict(checked.by_reason)}")
    return whole | {"rows_per_s": ROWS / whole["seconds"]} | {f"{name}_s": value for name, value in steps.items()}


def _communes() -> frozenset[str]:
    from nganam.agencies.queries import unit_codes_on
    from nganam.kernel.clock import local_date

    return unit_codes_on(local_date(datetime.now(UTC)))


def _whole(source: Path, columns: list[dict[str, Any]], number: int) -> measure.Figures:
    """Upload and load into a new table as a person and the worker do, then the same file again."""
    actor, table = declare(columns, number)
    with watch() as first:
        load(actor, table, source, "committed")
    with watch() as again:
        load(actor, table, source, "unchanged")
    return first | {"rows_per_s": ROWS / first["seconds"], "again_s": again["seconds"], "again_cpu_s": again["cpu_s"]}


def declare(columns: list[dict[str, Any]], number: int) -> tuple[Any, Any]:
    """Return who loads, and a new table."""
    from nganam.kernel.actors import Actor, Kind, Role
    from nganam.warehouse import operations

    actor = Actor(Kind.PERSON, "bench", "Bench", "CT-CA", frozenset({Role.FOCAL}))
    table = operations.declare_table(
        actor=actor, at=datetime.now(UTC), agency="CT-CA", code=f"bench-{number}", title=f"Bench {number}",
        columns=columns, commune_column="ma_xa",
    )  # fmt: skip
    return actor, table


def load(actor: Any, table: Any, source: Path, state: str) -> None:
    """Upload a file and run its load to its end, which must be ``state``."""
    from nganam.kernel.actors import system
    from nganam.warehouse import loading, operations

    with source.open("rb") as file:
        upload = operations.Upload(source.name, iter(lambda: file.read(1 << 20), b""))
        started = operations.start_load(actor=actor, at=datetime.now(UTC), table=table, upload=upload)
    ended = loading.run_load(actor=system("worker"), now=lambda: datetime.now(UTC), code=started.code)
    if ended.state != state:
        raise SystemExit(f"the load ended as {ended.state} ({ended.message}), not {state}")


if __name__ == "__main__":
    measure.main("loading", run)
