"""What changes while the server runs: snapshots, versions, and files that cannot be read."""

import asyncio
import time
from pathlib import Path

from nganam.serving.app import Server
from nganam.serving.secret import shared_secret
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
