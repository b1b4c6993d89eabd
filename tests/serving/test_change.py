"""What changes while the server runs: snapshots, versions, and files that cannot be read."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from nganam.serving.app import PAGE_THREADS, Server
from nganam.serving.replicas import Replicas
from nganam.serving.secret import shared_secret
from nganam.serving.snapshot import Grant
from nganam.serving.watched import EVERY, Watched


def test_a_new_version_is_served_within_a_moment(call, data, serving_files):
    assert call("/DV-2026-0001/0001").json["version"] == 1
    serving_files.replica(data, 2, [("0001", "Trạm y tế đổi tên", "Mỹ Tú", 9, 1)])
    time.sleep(EVERY + 0.05)
    reply = call("/DV-2026-0001/0001")
    assert (reply.json["version"], reply.json["data"]["ten"]) == (2, "Trạm y tế đổi tên")


def test_a_withdrawn_grant_stops_the_next_calls(call, data, serving_files):
    assert call("/DV-2026-0001/0001").status == 200
    serving_files.publish(data, serving_files.snapshot(2, grants={}))
    time.sleep(EVERY + 0.05)
    assert call("/DV-2026-0001/0001").json["code"] == "not_granted"


@pytest.fixture
def running(data, serving_files, clock):
    """A server over the small table, and the scope of a call to it."""
    serving_files.replica(data, 1, [("0001", "Trạm y tế số 1", "Mỹ Tú", 5, 1)])
    serving_files.publish(data, serving_files.snapshot(1))
    headers = [(b"x-lgsp-consumer", b"CT-SGDDT/HSHT"), (b"x-lgsp-gate", shared_secret(data).encode())]

    def scope(path):
        return {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "headers": headers}

    return Server(data, clock), scope


def evidence(data, answer):
    """Return the status, and the snapshot as the header and as the journal's last line name it."""
    lines = [json.loads(line) for path in (data / "serving" / "journal").iterdir() for line in path.open()]
    return answer.status, dict(answer.headers)[b"x-lgsp-snapshot"].decode(), lines[-1]["servingSnapshot"]


@pytest.mark.parametrize("path", ["/DV-2026-0001/0001", "/DV-2026-0001/", "/DV-2026-0001/$batch?key=0001"])
def test_the_evidence_names_the_snapshot_that_granted_the_answer(running, data, serving_files, monkeypatch, path):
    server, scope = running
    opened = Replicas.open

    def overtaken(self, table):
        serving_files.publish(data, serving_files.snapshot(2, grants={}))
        time.sleep(EVERY + 0.02)
        return opened(self, table)

    monkeypatch.setattr(Replicas, "open", overtaken)
    path, _, query = path.partition("?")
    asked = {**scope(path), "query_string": query.encode()}
    assert evidence(data, asyncio.run(server.answer(asked))) == (200, "1", "1")
    assert evidence(data, asyncio.run(server.answer(asked))) == (403, "2", "2")


@pytest.mark.law("D35.3")
@pytest.mark.parametrize(
    ("fields", "status", "names"), [((), 403, None), (("ma", "giuong"), 200, {"ma": "0001", "giuong": 5})]
)
def test_who_waited_for_a_place_is_answered_as_granted_then(running, data, serving_files, fields, status, names):
    server, scope = running
    grants = {"CT-SGDDT/HSHT": {"DV-2026-0001": Grant("TK-2026-0001", fields)}} if fields else {}

    async def waiting():
        async with AsyncExitStack() as places:
            for _ in range(PAGE_THREADS):
                await places.enter_async_context(server._page_slots)
            asked = asyncio.create_task(server.answer(scope("/DV-2026-0001/")))
            await asyncio.sleep(0.01)
            serving_files.publish(data, serving_files.snapshot(2, grants))
            await asyncio.sleep(EVERY + 0.02)
        return await asked

    answer = asyncio.run(waiting())
    assert evidence(data, answer) == (status, "2", "2")
    assert names is None or json.loads(answer.body)["data"] == [names]


def test_a_broken_snapshot_leaves_the_old_one_serving(call, data, serving_files):
    call("/DV-2026-0001/0001")
    serving_files.put(data / "serving" / "snapshot.json", b'{"format": 7')
    time.sleep(EVERY + 0.05)
    assert call("/DV-2026-0001/0001").status == 200
    serving_files.put(
        data / "serving" / "snapshot.json",
        b'{"format":7,"number":1,"published_at":"2026-01-01T00:00:00Z","services":{},"grants":{}}',
    )
    time.sleep(EVERY + 0.05)
    assert call("/DV-2026-0001/0001").status == 200


def test_a_table_without_a_replica_is_unavailable(call, data):
    (data / "replicas" / "co-so-kham" / "current.json").unlink()
    reply = call("/DV-2026-0001/0001")
    assert (reply.status, reply.json["code"]) == (503, "unavailable")
    assert reply.headers["retry-after"] == "5"


def test_a_replica_that_is_no_database_is_unavailable(call, data):
    (data / "replicas" / "co-so-kham" / "v1.sqlite").write_bytes(b"not a database" * 100)
    assert call("/DV-2026-0001/0001").status == 503


def test_a_server_without_a_snapshot_says_so(data):
    server = Server(data)
    headers = [(b"x-lgsp-consumer", b"A/B"), (b"x-lgsp-gate", shared_secret(data).encode())]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/DV-1",
        "raw_path": b"/DV-1",
        "query_string": b"",
        "headers": headers,
    }
    assert asyncio.run(server.answer(scope)).status == 503
    assert asyncio.run(server.answer({**scope, "raw_path": b"/healthz"})).status == 503


def test_a_watched_file_that_vanishes_keeps_its_value(tmp_path: Path):
    path = tmp_path / "x"
    path.write_text("1")
    watched = Watched(path, lambda one: int(one.read_text()), every=0)
    assert watched.value() == 1
    path.unlink()
    assert watched.value() == 1
