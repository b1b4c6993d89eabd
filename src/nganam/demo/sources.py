"""Build the agencies' source systems of the demo on disk (and, if asked, in PostgreSQL), the same for the same seed.

Layout: ``so-y-te/`` (faulty CSV in three forms, diseases), ``cong-an/dan-cu.sqlite``,
``so-tai-chinh/doanh-nghiep.sqlite``, ``so-khcn/mot-cua.sqlite`` (faulty), ``so-giao-duc/truong-hoc.csv``,
``thong-ke/*.csv``, ``contracts/*.yaml``, and ``expected.json`` with the known counts.
"""

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from psycopg import sql

from nganam.demo import facility_file, vn1258
from nganam.demo.contracts import Contract, contract, contracts, indicators
from nganam.demo.dossiers import dossiers, faults_among
from nganam.demo.enterprises import enterprises
from nganam.demo.facts import geojson, new_communes, population_2009, table
from nganam.demo.people import SEED, address, citizens, commune_draw

FORM = 4
"""Raised when the form of the built files changes, so that an older folder is built anew."""

FACILITIES = "so-y-te/co-so-kham-chua-benh.csv"
FACILITIES_V2 = "so-y-te/co-so-kham-chua-benh-v2.csv"
FACILITIES_BOM = "so-y-te/co-so-kham-chua-benh-utf8-bom.csv"
CITIZENS = "cong-an/dan-cu.sqlite"
ENTERPRISES = "so-tai-chinh/doanh-nghiep.sqlite"
DOSSIERS = "so-khcn/mot-cua.sqlite"
SCHOOLS = "so-giao-duc/truong-hoc.csv"
DISEASES = "so-y-te/benh-truyen-nhiem.csv"
CLIMATE = "thong-ke/khi-hau.csv"
POPULATION = "thong-ke/dan-so-xa.csv"
SCHEMA = "nguon_so_y_te"
PEOPLE = 20_000
"""How many citizens the province has unless asked for more."""
TOLD_EVERY = 250_000
Tell = Callable[[str], None]
_SCHEMA_MARK = "Dữ liệu mẫu Ngã Năm"
_PG_TYPES = {"integer": sql.SQL("bigint"), "decimal": sql.SQL("numeric"), "date": sql.SQL("date")}
_SQL_TYPES = {"integer": "INTEGER", "decimal": "NUMERIC", "boolean": "INTEGER"}


@dataclass(frozen=True, slots=True)
class Built:
    """What ``build_sources`` made: the folder, the content of ``expected.json``, and whether it was reused."""

    folder: Path
    expected: dict[str, Any]
    reused: bool

    def path(self, name: str) -> Path:
        """Return the path of one of the module's file names (``FACILITIES``, ``CITIZENS`` and so on)."""
        return self.folder / name


def size_of(folder: Path) -> int | None:
    """Return for how many citizens the sources under ``folder`` were built; None when there are none, or others."""
    known = folder / "expected.json"
    asked = json.loads(known.read_text("utf-8"))["asked"] if known.exists() else {}
    return int(asked["citizens"]) if asked.get("form") == FORM else None


def companies_among(people: int) -> int:
    """Return how many enterprises a province of ``people`` has: one for thirty, and some in the smallest."""
    return max(2_000, people // 30)


def build_sources(
    folder: Path, *, seed: int = SEED, citizens: int = PEOPLE, enterprises: int | None = None, force: bool = False,
    tell: Tell = lambda _text: None,
) -> Built:  # fmt: skip
    """Build every source under ``folder``, or leave it when the same was built there before; ``tell`` hears how far.

    ``expected.json`` is written last: a folder without it was not finished and is built again.
    """
    companies = companies_among(citizens) if enterprises is None else enterprises
    asked = {"form": FORM, "seed": seed, "citizens": citizens, "enterprises": companies}
    known = folder / "expected.json"
    if known.exists() and not force:
        before = json.loads(known.read_text("utf-8"))
        if before["asked"] == asked:
            return Built(folder, before, reused=True)
        known.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    expected = {"asked": asked, "files": _facility_files(folder, seed)}
    expected["files"] |= _registers(folder, seed, citizens, companies, tell) | _clean_files(folder)
    for one in contracts().values():
        _write(folder / "contracts" / f"{one.code}.yaml", one.to_yaml().encode())
    _write(known, json.dumps(expected, ensure_ascii=False, indent=1).encode())
    return Built(folder, expected, reused=False)


def _write(path: Path, content: bytes) -> None:
    """Write beside and rename, so that a loader never meets half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(content)
    beside.replace(path)


def _facility_files(folder: Path, seed: int) -> dict[str, Any]:
    first, second = facility_file.first_version(seed), facility_file.second_version(seed)
    (text, numbers), (text2, numbers2) = facility_file.render(first), facility_file.render(second)
    _write(folder / FACILITIES, vn1258.encode(text))
    _write(folder / FACILITIES_V2, vn1258.encode(text2))
    _write(folder / FACILITIES_BOM, text.encode("utf-8-sig"))
    shape = {"delimiter": ";", "skip_lines": 1, "date_format": facility_file.DAY_FORMAT, "blank_lines": 1}
    counts = facility_file.expected(first, numbers)
    return {
        FACILITIES: {"encoding": "cp1258", **shape, **counts},
        FACILITIES_BOM: {"encoding": "utf-8-sig", **shape, **counts},
        FACILITIES_V2: {
            "encoding": "cp1258",
            **shape,
            **facility_file.expected(second, numbers2),
            "difference": facility_file.difference(first, second),
        },
    }


def write_sqlite(path: Path, one: Contract, rows: Iterable[Sequence[Any]]) -> int:
    """Write a fresh SQLite file with the contract's table and return the number of rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.unlink(missing_ok=True)
    columns = ", ".join(
        f"{column.name} {_SQL_TYPES.get(column.type, 'TEXT')}{' NOT NULL' if column.required else ''}"
        for column in one.columns
    )
    marks = ", ".join("?" * len(one.columns))
    name = one.source["table"]  # from our own contract file
    key = f", PRIMARY KEY ({', '.join(one.key)})" if one.source.get("unique", True) else ""
    with closing(sqlite3.connect(beside)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute(f"CREATE TABLE {name} ({columns}{key})")
        cursor = database.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608 # our own contract
        database.commit()
        count = cursor.rowcount
    beside.replace(path)
    return max(count, 0)


def _texts(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Turn dates into ISO text, as such systems keep them."""
    for row in rows:
        yield tuple(cell if isinstance(cell, int | str) else cell.isoformat() for cell in row)


def _registers(folder: Path, seed: int, people: int, companies: int, tell: Tell) -> dict[str, Any]:
    made = {
        CITIZENS: ("dan-cu", _texts(citizens(people, seed))),
        ENTERPRISES: ("doanh-nghiep", _texts(enterprises(companies, seed))),
        DOSSIERS: ("ho-so-mot-cua", dossiers(people, seed)),
    }
    counts = {
        name: write_sqlite(folder / name, contract(code), _counted(rows, contract(code).unit, tell))
        for name, (code, rows) in made.items()
    }
    refused = {DOSSIERS: faults_among(counts[DOSSIERS])}
    return {name: _expected(rows, refused.get(name, {})) for name, rows in counts.items()}


def _expected(rows: int, refused: dict[str, int]) -> dict[str, Any]:
    rejected = sum(refused.values())
    return {"rows": rows, "accepted": rows - rejected, "rejected": rejected, "by_reason": refused}


def _counted(rows: Iterable[Sequence[Any]], unit: str, tell: Tell) -> Iterator[Sequence[Any]]:
    """Pass rows on and say every so often how many there are: a large province takes minutes."""
    for number, row in enumerate(rows, 1):
        if number % TOLD_EVERY == 0:
            tell(f"đã sinh {number:,} {unit}".replace(",", "."))
        yield row


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    _write(path, out.getvalue().encode())
    return {"encoding": "utf-8", "delimiter": ",", "rows": count, "accepted": count, "rejected": 0}


def _copy(folder: Path, name: str, code: str, source: str) -> dict[str, Any]:
    header = contract(code).names
    return _csv(folder / name, header, ([row[column] for column in header] for row in table(source)))


def _clean_files(folder: Path) -> dict[str, Any]:
    files = {
        SCHOOLS: _copy(folder, SCHOOLS, "truong-hoc", "giao-duc/truong_hoc"),
        DISEASES: _copy(folder, DISEASES, "benh-truyen-nhiem", "y-te/benh_truyen_nhiem_nam"),
        CLIMATE: _csv(folder / CLIMATE, contract("khi-hau").names, _climate()),
        POPULATION: _csv(folder / POPULATION, contract("dan-so-xa").names, _population()),
    }
    for entry in table("thong-ke/bang"):
        name = f"thong-ke/{entry['ma_bang']}.csv"
        files[name] = _csv(folder / name, contract(entry["ma_bang"]).names, _statistics(entry["ma_bang"]))
    return files


def _climate() -> Iterator[list[str]]:
    measures = contract("khi-hau").names[1:]
    for row in table("khi-hau/thang_tram_soc_trang"):
        yield [f"{row['nam']}-{int(row['thang']):02d}-01", *(row[name] for name in measures)]


def _population() -> Iterator[list[Any]]:
    areas = {
        item["properties"]["ma_xa"]: item["properties"]["dien_tich_km2"] for item in geojson("xa_2025")["features"]
    }
    people = population_2009()
    for code, name in new_communes().items():
        area = areas[code]
        yield [code, name, people[code], area or "", round(people[code] / area, 1) if area else ""]


def _statistics(code: str) -> Iterator[list[str]]:
    """Yield one row a year: the indicators in order, then whether any of them is preliminary."""
    names = tuple(indicators(code))
    years: dict[str, dict[str, str]] = {}
    for row in table("thong-ke/so_lieu"):
        if row["ma_bang"] == code:
            year = years.setdefault(row["nam"], {"so_bo": "0"})
            year[row["ma_chi_tieu"]] = row["gia_tri"]
            year["so_bo"] = max(year["so_bo"], row["so_bo"])
    for year_name, cells in sorted(years.items()):
        yield [year_name, *(cells.get(name, "") for name in names), cells["so_bo"]]


def move_citizens(path: Path, *, count: int = 25, seed: int = SEED) -> int:
    """Change the residence of some citizens in the police database, as a day's work would, and return how many.

    The same call again changes nothing more: addresses come from the seed.
    """
    random = Random(f"moves:{seed}")
    with closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT so_dinh_danh FROM cong_dan ORDER BY so_dinh_danh LIMIT ?", (count,)).fetchall()
        for (identifier,) in found:
            commune = commune_draw()(random.random())
            database.execute(
                "UPDATE cong_dan SET ma_xa = ?, dia_chi = ? WHERE so_dinh_danh = ?",
                (commune, address(random, commune), identifier),
            )
        database.commit()
    return len(found)


def load_postgresql(url: str, *, seed: int = SEED, people: int = 20_000, schema: str = SCHEMA) -> dict[str, int]:
    """Create the health department's database as a schema of a PostgreSQL server; return rows by table.

    Replaces a schema of that name only if an earlier call made it.

    Raises:
        ValueError: the schema exists and is somebody else's.
    """
    insured = contract("nguoi-tham-gia-bhyt")
    facilities = contract("co-so-kham-chua-benh")
    with psycopg.connect(url) as connection:
        _fresh_schema(connection, schema)
        return {
            "co_so_kham_chua_benh": _copy_in(
                connection, schema, "co_so_kham_chua_benh", facilities, _facilities_iso(seed)
            ),
            "nguoi_tham_gia_bhyt": _copy_in(connection, schema, "nguoi_tham_gia_bhyt", insured, _insured(seed, people)),
        }


def _fresh_schema(connection: psycopg.Connection[Any], schema: str) -> None:
    mark = connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", (schema,)
    ).fetchone()
    if mark is not None and mark[0] != _SCHEMA_MARK:
        raise ValueError(f"Lược đồ {schema} đã có và không phải do bản mẫu tạo ra; hãy chọn tên khác.")
    name = sql.Identifier(schema)
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
    connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(name, sql.Literal(_SCHEMA_MARK)))


def _copy_in(
    connection: psycopg.Connection[Any], schema: str, name: str, one: Contract, rows: Iterable[Sequence[Any]]
) -> int:
    target = sql.Identifier(schema, name)
    columns = [
        sql.SQL("{} {}").format(sql.Identifier(c.name), _PG_TYPES.get(c.type, sql.SQL("text"))) for c in one.columns
    ]
    key = sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(map(sql.Identifier, one.key)))
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(target, sql.SQL(", ").join([*columns, key])))
    count = 0
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(target)) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _facilities_iso(seed: int) -> Iterator[list[str]]:
    for *cells, opened in facility_file.facilities(seed):
        yield [*cells, "-".join(reversed(opened.split("/")))]


def _insured(seed: int, people: int) -> Iterator[tuple[Any, ...]]:
    """Yield citizens with the facility they registered at: one of their commune, else the provincial hospital."""
    near: dict[str, list[str]] = {}
    for row in table("y-te/co_so_kham_chua_benh"):
        near.setdefault(row["ma_xa"], []).append(row["ma_co_so"])
    random = Random(f"insured:{seed}")
    for one in citizens(people, seed):
        choices = near.get(one.ma_xa, ["94003"])
        facility = choices[int(random.random() * len(choices))]
        yield (
            one.ma_bhxh,
            one.so_dinh_danh,
            one.ho_ten,
            one.gioi_tinh,
            one.ngay_sinh,
            one.ma_xa,
            facility,
            one.du_lieu_gia,
        )
