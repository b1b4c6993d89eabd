"""A small served table, and a client that calls the application as the gateway does."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nganam.kernel.clock import FixedClock
from nganam.serving.app import Server
from nganam.serving.secret import shared_secret
from nganam.serving.snapshot import Field, Grant, Service, Snapshot, write_snapshot

NOON = datetime(2026, 11, 24, 5, tzinfo=UTC)
SCHOOL = "CT-SGDDT/HSHT"
HEALTH = "CT-SYT/HIS"


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)


def replica(data: Path, version: int, rows: list[tuple[Any, ...]]) -> None:
    folder = data / "replicas" / "co-so-kham"
    folder.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(folder / f"v{version}.sqlite")) as base:
        base.execute(
            "CREATE TABLE rows (ma TEXT PRIMARY KEY, ten TEXT, huyen TEXT, giuong INTEGER, cong_lap INTEGER)"
            " WITHOUT ROWID"
        )
        base.executemany("INSERT INTO rows VALUES (?,?,?,?,?)", rows)
        base.commit()
    told = {"version": version, "file": f"v{version}.sqlite", "key": ["ma"], "columns": []}
    put(folder / "current.json", json.dumps(told).encode())


ROWS = [
    (f"{number:04d}", f"Trạm y tế số {number}", "Mỹ Tú" if number % 2 else "Kế Sách", number * 5, number % 3 == 0)
    for number in range(1, 251)
]
FIELDS = (Field("ma"), Field("ten"), Field("huyen"), Field("giuong", "integer"), Field("cong_lap", "boolean"))


PORTAL = "https://dulieu.example.vn"


def snapshot(number: int = 1, grants: dict[str, dict[str, Grant]] | None = None) -> Snapshot:
    service = Service("VN/GOV/CT-SYT/KHO/DV-2026-0001", "co-so-kham", FIELDS, ("ma",), ("huyen", "giuong", "cong_lap"))
    by_district = Service("VN/GOV/CT-SYT/KHO/DV-2026-0002", "co-so-kham", FIELDS, ("huyen",), ("huyen",))
    if grants is None:
        grants = {
            SCHOOL: {
                "DV-2026-0001": Grant(
                    "TK-2026-0001", ("ma", "ten", "cong_lap"), until=datetime(2026, 12, 1, tzinfo=UTC)
                ),
                "DV-2026-0002": Grant("TK-2026-0003", ("ma",)),
            },
            HEALTH: {"DV-2026-0001": Grant("TK-2026-0002", ("ma", "giuong"), where={"huyen": ("Mỹ Tú",)})},
        }
    return Snapshot(number, NOON, {"DV-2026-0001": service, "DV-2026-0002": by_district}, grants, portal=PORTAL)


def publish(data: Path, new: Snapshot) -> None:
    put(data / "serving" / "snapshot.json", write_snapshot(new))


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def call(data: Path, clock: FixedClock) -> Callable[..., Reply]:
    replica(data, 1, ROWS)
    publish(data, snapshot())
    server = Server(data, clock)
    gate = shared_secret(data).encode()

    def ask(
        address: str, consumer: str = SCHOOL, method: str = "GET", headers: list[tuple[bytes, bytes]] | None = None
    ) -> Reply:
        path, _, query = address.partition("?")
        sent = [(b"x-lgsp-consumer", consumer.encode()), (b"x-lgsp-gate", gate), (b"x-request-id", b"yc-1")]
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
        }
        answer = asyncio.run(server.answer({**scope, "headers": sent if headers is None else headers}))
        named = {name.decode(): value.decode() for name, value in answer.headers}
        return Reply(answer.status, named, answer.body)

    return ask


@pytest.fixture
def serving_files() -> SimpleNamespace:
    """The writers of files, for tests that change them while the server runs."""
    return SimpleNamespace(put=put, replica=replica, publish=publish, snapshot=snapshot)
