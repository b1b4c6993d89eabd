"""What grows with a table: loading it, loading it again, 10 000 changed rows, a record by key, a page, a group-by.

Each at every size of ``NGANAM_BENCH_ROWS`` (200000,1200000), with the exponent: 1 is "twice the rows, twice the cost",
0 "as dear as ever". Beside it, in the same run: the script people write (csv into SQLite), a plain Starlette handler
and, where ``datasette`` is on the path, Datasette on the very same file, and DuckDB over one Parquet file. Loads are
whole: uploaded, checked, scanned, versioned, the look-up file built.
"""

import csv
import json
import math
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import loading
import measure

SIZES = tuple(int(one) for one in os.environ.get("NGANAM_BENCH_ROWS", "200000,1200000").split(","))
CHANGED = 10_000
ALONE, CROWD, CALLERS, KEYS = 400, 1600, 8, 2000
ROUNDS = 3
SERVICE, CONSUMER = "DV-2026-9001", "VN/GOV/CT-BENCH/BENCH"
FIELDS = ("so_dinh_danh", "ho_ten", "gioi_tinh", "ngay_sinh")
GROUPED = "SELECT ma_xa, gioi_tinh, count(*) FROM {} GROUP BY ALL"


def run(demo: measure.Platform) -> measure.Result:
    """Measure every size in turn."""
    with tempfile.TemporaryDirectory(dir=demo.folder, prefix=".bench-") as name:
        folder = Path(name)
        loading.open_copy(demo, folder)
        _load_once(folder)
        cases: dict[str, measure.Figures] = {}
        for number, size in enumerate(SIZES, 1):
            for what, figures in _one_size(folder, size, number).items():
                cases[f"{what}, {_spaced(size)}"] = figures
        result = measure.Result(f"What grows with a table of {', '.join(map(str, SIZES))} rows", cases, rounds=1)
        result.ratios |= _against_peers(cases)
        result.notes += _exponents(cases)
        return result


def _one_size(folder: Path, size: int, number: int) -> dict[str, measure.Figures]:
    source = loading.write_source(folder / "dan-cu.csv", size)
    found = _loads(folder, source, number)
    table = folder / "replicas" / f"bench-{number}"
    replica = table / json.loads((table / "current.json").read_bytes())["file"]
    found |= _answers(folder, number, replica)
    found |= _groups(folder, f"bench-{number}")
    (folder / "script.sqlite").unlink(missing_ok=True)
    return found


def _load_once(folder: Path) -> None:
    """Load a few rows: what is imported and compiled by the first load of a process is no part of the figures."""
    actor, table = loading.declare(loading.columns(), 0)
    loading.load(actor, table, loading.write_source(folder / "vai-dong.csv", 1000), "committed")


def _spaced(size: int) -> str:
    return f"{size:,}".replace(",", " ")


def _loads(folder: Path, source: Path, number: int) -> dict[str, measure.Figures]:
    actor, table = loading.declare(loading.columns(), number)
    found = {}
    for name, file, state in (
        ("load", source, "committed"),
        ("same file again", source, "unchanged"),
        ("10 000 changed", _changed(source), "committed"),
    ):
        with loading.watch() as figures:
            loading.load(actor, table, file, state)
        found[name] = figures
    with loading.watch() as figures:
        loading.script(source, folder / "script.sqlite")
    return found | {"script csv → sqlite3": figures}


def _changed(source: Path) -> Path:
    """Write the file with the names of 10 000 people changed, spread over all of it."""
    target = source.with_name("doi.csv")
    with source.open(encoding="utf-8", newline="") as old, target.open("w", encoding="utf-8", newline="") as new:
        rows, out = csv.reader(old), csv.writer(new)
        head = next(rows)
        out.writerow(head)
        place = head.index("ho_ten")
        wanted = set(random.Random(7).sample(range(_lines(source) - 1), CHANGED))
        for number, row in enumerate(rows):
            if number in wanted:
                row[place] += " Mới"
            out.writerow(row)
    return target


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _answers(folder: Path, number: int, replica: Path) -> dict[str, measure.Figures]:
    """Ask for records by key and for pages of a commune, from the data server and from the peers on its very file."""
    keys, commune = _sample(replica)
    with _serving(folder, number) as ours, _starlette(replica) as plain, _datasette(replica) as datasette:
        asked = {
            "serving": (*ours, f"/{SERVICE}/{{}}", f"/{SERVICE}/?ma_xa={commune}&limit=100"),
            "Starlette": (*plain, "/rows/{}", f"/rows/?ma_xa={commune}&limit=100"),
        }
        if datasette:
            table = f"/{replica.stem}/rows"
            asked["Datasette"] = (
                *datasette,
                f"{table}/{{}}.json?_shape=array&_nocount=1",
                f"{table}.json?ma_xa={commune}&_size=100&_nocount=1&_nofacet=1&_nosuggest=1",
            )
        cases = {}
        for who, (leader, port, headers, one, page) in asked.items():
            share = 10 if who == "Datasette" else 1  # a tenth of the questions: it takes tens of milliseconds for each
            by_key = [measure.request(one.format(key), headers) for key in keys]
            cases[f"key, {who}"] = _case(leader, port, by_key, share)
            cases[f"page of 100, {who}"] = _case(leader, port, [measure.request(page, headers)], share)
        return measure.rounds("", cases, count=ROUNDS).cases


def _case(leader: int, port: int, asked: list[bytes], share: int) -> measure.Case:
    measure.drive(port, asked, 20)
    alone, crowd = ALONE // share, CROWD // share
    return lambda: measure.served({"server": leader}, port, asked, alone=alone, crowd=crowd, c=CALLERS)


def _sample(replica: Path) -> tuple[list[str], str]:
    with closing(sqlite3.connect(f"file:{replica}?mode=ro&immutable=1", uri=True)) as base:
        keys = [row[0] for row in base.execute("SELECT so_dinh_danh FROM rows")]
        commune = base.execute("SELECT ma_xa FROM rows GROUP BY 1 ORDER BY count(*) DESC LIMIT 1").fetchone()[0]
    return random.Random(5).sample(keys, min(KEYS, len(keys))), str(commune)


@contextmanager
def _serving(folder: Path, number: int) -> Iterator[tuple[int, int, dict[str, str]]]:
    """Run the data server with one service over the table."""
    from nganam.serving.secret import shared_secret
    from nganam.serving.snapshot import Field, Grant, Service, Snapshot, write_snapshot

    fields = tuple(Field(one) for one in FIELDS)
    service = Service("", f"bench-{number}", fields, ("so_dinh_danh",), ("ma_xa",))
    grants = {CONSUMER: {SERVICE: Grant("TK-2026-9001", FIELDS)}}
    (folder / "serving").mkdir(exist_ok=True)
    told = write_snapshot(Snapshot(number, datetime.now(UTC), {SERVICE: service}, grants))
    (folder / "serving" / "snapshot.json").write_bytes(told)
    port = measure.free_port()
    command = measure.granian("asgi", "nganam.serving.app:application", port)
    gate = {"x-lgsp-consumer": CONSUMER, "x-lgsp-gate": shared_secret(folder)}
    with measure.server(command, port, env={"NGANAM_DATA": str(folder)}) as leader:
        yield leader, port, gate


@contextmanager
def _starlette(replica: Path) -> Iterator[tuple[int, int, dict[str, str]]]:
    port = measure.free_port()
    env = {"PEER_REPLICA": str(replica), "PEER_COLUMNS": ",".join(FIELDS), "PEER_KEY": "so_dinh_danh"}
    with measure.server(measure.granian("asgi", "starlette_lookup:application", port), port, env=env) as leader:
        yield leader, port, {}


@contextmanager
def _datasette(replica: Path) -> Iterator[tuple[int, int, dict[str, str]] | None]:
    found = shutil.which("datasette")
    if found is None:
        yield None
        return
    port = measure.free_port()
    command = [
        found,
        "serve",
        "--immutable",
        str(replica),
        "--port",
        str(port),
        "--setting",
        "sql_time_limit_ms",
        "9000",
    ]
    with measure.server(command, port) as leader:
        yield leader, port, {}


def _groups(folder: Path, code: str) -> dict[str, measure.Figures]:
    """Count by commune and sex over the committed version, and over one plain Parquet file of the same rows."""
    from nganam.warehouse.engine import lake
    from nganam.warehouse.engine.duck import duck, parquet
    from nganam.warehouse.models import Version

    version = Version.objects.filter(table__code=code).latest("number")
    files = parquet(lake.files(folder / "lake" / code, version.delta_version))
    plain = folder / "plain.parquet"
    with duck() as base:
        base.execute(f"COPY (SELECT * FROM {files}) TO '{plain}' (FORMAT parquet)")
        told = {}
        for name, source in (("group-by, version", files), ("group-by, one Parquet", f"read_parquet('{plain}')")):
            base.execute(GROUPED.format(source)).fetchall()
            with loading.watch() as figures:
                base.execute(GROUPED.format(source)).fetchall()
            told[name] = figures
    return told


def _against_peers(cases: dict[str, measure.Figures]) -> dict[str, float]:
    found = {}
    for ours, peer, figure in (
        ("load", "script csv → sqlite3", "cpu_s"),
        ("key, serving", "key, Starlette", "cpu_ms"),
        ("key, serving", "key, Datasette", "cpu_ms"),
        ("page of 100, serving", "page of 100, Datasette", "cpu_ms"),
        ("group-by, version", "group-by, one Parquet", "cpu_s"),
    ):
        for name, figures in cases.items():
            what, _, size = name.rpartition(", ")
            other = cases.get(f"{peer}, {size}")
            if what == ours and other and other[figure]:
                found[f"{figure}, {size}: {ours} / {peer}"] = figures[figure] / other[figure]
    return found


def _exponents(cases: dict[str, measure.Figures]) -> list[str]:
    """Tell for each thing how its CPU grows: the slope of the line through the sizes, both by their logarithms."""
    known: dict[str, list[tuple[float, float]]] = {}
    for name, figures in cases.items():
        what, _, size = name.rpartition(", ")
        cpu = figures.get("cpu_s") or figures.get("cpu_ms") or 0
        if cpu:
            known.setdefault(what, []).append((math.log(int(size.replace(" ", ""))), math.log(cpu)))
    return [f"exponent of {what}: {_slope(points):.2f}" for what, points in known.items() if len(points) > 1]


def _slope(points: list[tuple[float, float]]) -> float:
    x, y = (sum(one[i] for one in points) / len(points) for i in (0, 1))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)


if __name__ == "__main__":
    measure.main("warehouse/growth", run)
