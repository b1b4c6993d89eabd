"""A replica that is damaged or older than promised takes itself out of service and is built anew from the lake."""

import asyncio
import json
import sqlite3
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest

from nganam.audit import queries as audit
from nganam.kernel.clock import FixedClock
from nganam.serving import withdrawn
from nganam.serving.app import Server
from nganam.serving.secret import shared_secret
from nganam.serving.snapshot import Field, Grant, Service, Snapshot, write_snapshot
from nganam.warehouse import loading, places, soundness
from nganam.warehouse.engine import replica

from .conftest import AT, COLUMNS, LAN, WORKER, as_csv

pytestmark = pytest.mark.django_db
CODE, CALLER = "DV-2026-0001", "CT-A/TOAN"


@pytest.fixture
def servers(data, facilities):
    """Two data servers of one folder; each is asked for a record, or for a page, as the gateway would."""
    fields = (Field("ma_co_so"), Field("ten_co_so"))
    service = Service("VN/GOV/CT-SYT/KHO/" + CODE, facilities.code, fields, ("ma_co_so",), ())
    path = data / "serving" / "snapshot.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    grant = Grant("TK-1", ("ma_co_so", "ten_co_so"))
    path.write_bytes(write_snapshot(Snapshot(1, AT, {CODE: service}, {CALLER: {CODE: grant}})))
    gate = shared_secret(data).encode()

    def asked(server):
        def call(rest="/00012"):
            time.sleep(0.06)  # as long as a server trusts what it saw of a file
            path, headers = f"/{CODE}{rest}", [(b"x-lgsp-consumer", CALLER.encode()), (b"x-lgsp-gate", gate)]
            scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
                     "headers": headers}  # fmt: skip
            answer = asyncio.run(server.answer(scope))
            headers = {name.decode(): value.decode() for name, value in answer.headers}
            return SimpleNamespace(status=answer.status, json=json.loads(answer.body), headers=headers)

        return call

    return [asked(Server(data, FixedClock(AT))) for _number in range(2)]


def many(count=400):
    return as_csv([(f"{n:05d}", f"Trạm y tế số {n}", "31498", str(n), "15/03/2004") for n in range(1, count)])


def file_of(table):
    return places.replicas(table) / replica.current(places.replicas(table))["file"]


def spoil(path, begin=8192):
    """Write over all pages but the first ones, as a failing disk would: the file opens, its rows are not there."""
    with path.open("r+b") as file:
        file.seek(begin)
        file.write(b"\xa5" * (path.stat().st_size - begin))


def repair():
    loading.repair(actor=WORKER, now=lambda: AT)


def refused(answer):
    assert (answer.status, answer.json["code"], answer.headers["retry-after"]) == (503, "unavailable", "5")
    return answer.json["detail"]


def test_a_replica_damaged_while_it_is_served_goes_out_for_every_server_and_comes_back(load, facilities, servers):
    load(many())
    first, second = servers
    assert [one().status for one in servers] == [200, 200]
    spoil(file_of(facilities))
    first("/00399")  # may come from what the system still holds of the file
    assert "bị hỏng" in refused(first("/"))
    assert "bị hỏng" in refused(second()), "told by the other server's mark"
    assert withdrawn.why_out(file_of(facilities)) == "damaged"
    repair()
    assert [one().json["data"]["ten_co_so"] for one in servers] == ["Trạm y tế số 12"] * 2
    assert not (places.replicas(facilities) / withdrawn.MARK).exists()
    assert soundness.is_out(facilities) is False


@pytest.mark.parametrize("content", [b"", b"this is no database" * 1000])
def test_a_file_that_is_no_replica_goes_out_when_it_is_opened(load, facilities, servers, content):
    load(many())
    file_of(facilities).write_bytes(content)
    refused(servers[0]())
    assert withdrawn.why_out(file_of(facilities)) == "damaged"
    repair()
    assert servers[0]().status == 200


def test_a_changed_byte_is_found_at_night_by_the_digest_and_recorded(load, facilities, servers):
    load(many())
    path = file_of(facilities)
    content = path.read_bytes()
    path.write_bytes(content.replace("Trạm y tế số 123".encode(), "Xrạm y tế số 123".encode()))
    assert servers[0]("/00123").json["data"]["ten_co_so"] == "Xrạm y tế số 123", "nobody notices by reading"
    assert loading.verify_replicas(actor=WORKER, now=lambda: AT) == [facilities.code]
    assert servers[0]("/00123").json["data"]["ten_co_so"] == "Trạm y tế số 123"
    (entry,) = audit.entries(object_type="warehouse.table", object_code=facilities.code).filter(
        action="warehouse.replica.withdrawn"
    )
    assert entry.details == {"file": "v1.sqlite", "why": "damaged"}
    assert loading.verify_replicas(actor=WORKER, now=lambda: AT) == []


def test_what_cannot_be_built_anew_goes_out_once_it_is_older_than_promised(load, facilities, servers, monkeypatch):
    load(many(20))
    path, old = file_of(facilities), (places.replicas(facilities) / "current.json").read_bytes()
    kept = path.read_bytes()
    load(many(30))
    (places.replicas(facilities) / "current.json").write_bytes(old)  # as a restored backup has it
    path.write_bytes(kept)
    with monkeypatch.context() as full:
        full.setattr(replica, "build", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        loading.repair(actor=WORKER, now=lambda: AT + timedelta(minutes=9))
        assert servers[0]().status == 200
        loading.repair(actor=WORKER, now=lambda: AT + timedelta(minutes=11))
        assert "quá cũ" in refused(servers[0]())
        loading.repair(actor=WORKER, now=lambda: AT + timedelta(minutes=12))
    loading.repair(actor=WORKER, now=lambda: AT + timedelta(minutes=13))
    assert (servers[0]().status, servers[0]().headers["x-lgsp-version"]) == (200, "2")


def test_one_table_that_cannot_be_built_or_marked_keeps_no_other_from_it(load, facilities, monkeypatch):
    from nganam.warehouse import operations

    first = operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code="aa-bang-truoc", title="AA", columns=COLUMNS
    )
    for table in (first, facilities):
        load(many(20), table=table)
        file_of(table).unlink()
    told = places.replicas(first) / "current.json"
    told.write_text(told.read_text().replace('"version": 1', '"version": 0'))
    real = replica.build

    def full(folder, *said, **more):
        if folder == places.replicas(first):
            raise OSError(28, "No space left on device")
        return real(folder, *said, **more)

    def nothing_more(*_said, **_more):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(replica, "build", full)
        broken.setattr(withdrawn, "withdraw", nothing_more)
        loading.repair(actor=WORKER, now=lambda: AT + timedelta(minutes=11))
    assert sqlite3.connect(file_of(facilities)).execute("SELECT count(*) FROM rows").fetchone() == (19,)
    told.write_text("no JSON")
    repair()
    assert sqlite3.connect(file_of(first)).execute("SELECT count(*) FROM rows").fetchone() == (19,)


def test_a_mark_that_is_gone_holds_nothing_back_though_a_file_stands_where_the_other_stood(
    load, facilities, servers
):  # fmt: skip
    load(many(20))
    old = file_of(facilities)
    withdrawn.withdraw(old, withdrawn.DAMAGED, at=AT)
    refused(servers[0]())
    kept = old.with_name("kept")
    kept.hardlink_to(old)
    repair()
    assert servers[0]().status == 200
    kept.replace(file_of(facilities))  # the file system gives its place to a later version
    current = places.replicas(facilities) / "current.json"
    current.write_text(current.read_text() + " ")
    assert servers[0]().status == 200


def test_a_damaged_sandbox_copy_is_made_again(load, facilities):
    from nganam.warehouse import sandbox

    sandbox.ensure_copy(facilities, at=AT)
    folder = sandbox.place(facilities)
    path = folder / replica.current(folder)["file"]
    assert not sandbox.ensure_copy(facilities, at=AT)
    withdrawn.withdraw(path, withdrawn.DAMAGED, at=AT)
    assert sandbox.ensure_copy(facilities, at=AT)
    assert not withdrawn.why_out(folder / replica.current(folder)["file"])


def test_a_fault_that_is_not_the_files_withdraws_nothing(load, facilities, servers, monkeypatch):
    load(many(20))
    from nganam.serving import replicas

    def busy(_named):
        error = sqlite3.OperationalError("unable to open database file")
        error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(replicas, "_open", busy)
        refused(servers[0]())
    assert withdrawn.why_out(file_of(facilities)) == ""
    assert servers[0]().status == 200


def test_a_replica_built_before_digests_counts_as_sound(load, facilities):
    load(many(20))
    path = places.replicas(facilities) / "current.json"
    told = json.loads(path.read_bytes())
    del told["sha256"]
    path.write_text(json.dumps(told))
    assert loading.verify_replicas(actor=WORKER, now=lambda: AT) == []
