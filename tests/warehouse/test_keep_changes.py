"""Changes of the last versions: kept in the replica, asked of the data server as a caller does, page by page."""

import asyncio
import json
from datetime import timedelta
from types import SimpleNamespace

import pytest

from nganam.kernel.clock import FixedClock
from nganam.serving.app import Server
from nganam.serving.secret import shared_secret
from nganam.serving.snapshot import Field, Grant, Service, Snapshot, write_snapshot
from nganam.warehouse import loading, places
from nganam.warehouse.engine import history, lake, replica

from .conftest import AT, WORKER, as_csv, now

pytestmark = pytest.mark.django_db
CODE = "DV-2026-0001"
ALL = ("ma_co_so", "ten_co_so", "ma_xa", "so_giuong", "ngay_hoat_dong")
WHOLE, SCOPED, NARROW, BLIND = "CT-A/TOAN", "CT-A/XA", "CT-A/HEP", "CT-A/KHONG"
A, B, C = ("00123", "00124", "00200")


def row(key, name="Trạm", commune="31498", beds="10"):
    return (key, name, commune, beds, "15/03/2004")


@pytest.fixture
def ask(data, facilities):
    """Ask the data server for changes of Lan's table in the name of one of four callers."""
    fields = tuple(Field(name, "integer" if name == "so_giuong" else "text") for name in ALL)
    service = Service("VN/GOV/CT-SYT/KHO/" + CODE, facilities.code, fields, ("ma_co_so",), ("ma_xa",))
    grants = {
        WHOLE: Grant("TK-1", ALL), SCOPED: Grant("TK-2", ALL, where={"ma_xa": ("31498",)}),
        NARROW: Grant("TK-3", ("ma_co_so", "ten_co_so")), BLIND: Grant("TK-4", ("ten_co_so",)),
    }  # fmt: skip
    path = data / "serving" / "snapshot.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    told = Snapshot(1, AT, {CODE: service}, {who: {CODE: grant} for who, grant in grants.items()})
    path.write_bytes(write_snapshot(told))
    server, gate = Server(data, FixedClock(AT)), shared_secret(data).encode()

    def call(question, who=WHOLE):
        # Each call looks at the files anew: a load has just ended.
        server._replicas._named.clear()
        headers = [(b"x-lgsp-consumer", who.encode()), (b"x-lgsp-gate", gate)]
        path = f"/{CODE}/$changes"
        scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
                 "query_string": question.encode(), "headers": headers}  # fmt: skip
        answer = asyncio.run(server.answer(scope))
        headers_back = {name.decode(): value.decode() for name, value in answer.headers}
        return SimpleNamespace(status=answer.status, json=json.loads(answer.body), headers=headers_back)

    return call


def told(reply):
    assert reply.status == 200, reply.json
    return [(one["change"], one["key"]["ma_co_so"], (one["data"] or {}).get("ten_co_so")) for one in reply.json["data"]]


def test_what_was_added_changed_and_removed_is_told_with_the_row_as_it_is_now(load, ask):
    load(as_csv([row(A), row(B), row(C)]))
    load(as_csv([row(A, "Tên mới"), row(C), row("00300", "Mới")]))
    reply = ask("since=1")
    assert told(reply) == [("changed", A, "Tên mới"), ("removed", B, None), ("added", "00300", "Mới")]
    assert (reply.json["since"], reply.json["next_since"], reply.json["version"], reply.json["next"]) == (1, 2, 2, None)
    assert (reply.headers["x-lgsp-version"], reply.headers["x-lgsp-records"]) == ("2", "3")
    assert reply.json["data"][0]["data"]["so_giuong"] == 10
    assert told(ask("since=2")) == []


def test_several_versions_fold_into_one_change_and_what_came_and_went_is_none(load, ask):
    load(as_csv([row(A), row(B)]))
    load(as_csv([row(A, "Lần hai"), row(C)]))
    load(as_csv([row(A), row(B, "Trở lại"), row("00300")]))
    assert told(ask("since=1")) == [("changed", B, "Trở lại"), ("added", "00300", "Trạm")]
    assert told(ask("since=2")) == [
        ("changed", A, "Trạm"), ("added", B, "Trở lại"), ("removed", C, None), ("added", "00300", "Trạm"),
    ]  # fmt: skip


@pytest.mark.law("D35.3")
def test_a_row_that_leaves_the_granted_scope_reads_as_removed_and_one_that_enters_as_added(load, ask):
    load(as_csv([row(A), row(B, commune="31501"), row(C, commune="31501")]))
    load(as_csv([row(A, commune="31501"), row(B), row(C, "Đổi", commune="31501")]))
    assert told(ask("since=1", SCOPED)) == [("removed", A, None), ("added", B, "Trạm")]


@pytest.mark.law("D35.3")
def test_a_change_of_what_was_not_granted_is_not_told_and_without_the_key_nothing_is(load, ask):
    load(as_csv([row(A, beds="1"), row(B)]))
    load(as_csv([row(A, beds="2"), row(B, "Đổi")]))
    assert told(ask("since=1", NARROW)) == [("changed", B, "Đổi")]
    assert told(ask("since=1&fields=ma_co_so,so_giuong")) == [("changed", A, None)]
    refused = ask("since=1", BLIND)
    assert (refused.status, refused.json["code"]) == (403, "fields_not_granted")


def test_pages_go_on_when_a_newer_version_comes_between_and_nothing_is_missed(load, ask):
    load(as_csv([row(A), row(B), row(C)]))
    load(as_csv([row(A, "v2"), row(B, "v2"), row(C, "v2")]))
    first = ask("since=1&limit=1")
    assert told(first) == [("changed", A, "v2")]
    assert ask(f"since=1&limit=1&cursor={first.json['next']}", NARROW).status == 400
    load(as_csv([row(A, "v3"), row(B, "v2")]))
    second = ask(f"since=1&limit=5&cursor={first.json['next']}")
    assert told(second) == [("changed", B, "v2"), ("removed", C, None)]
    assert (second.json["version"], second.json["next_since"]) == (3, 2)
    assert told(ask("since=2")) == [("changed", A, "v3"), ("removed", C, None)]


def test_what_is_not_kept_is_gone_and_what_never_was_is_wrong(load, ask, monkeypatch):
    monkeypatch.setattr(history, "VERSIONS_KEPT", 2)
    for number in range(1, 5):
        load(as_csv([row(A, f"v{number}"), row(B)]))
    gone = ask("since=1")
    assert (gone.status, gone.json["code"], gone.json["oldest"], gone.json["version"]) == (410, "changes_gone", 2, 4)
    assert "Đọc lại toàn bộ" in gone.json["hint"]
    assert told(ask("since=2")) == [("changed", A, "v4")]
    for wrong in ("since=5", "since=0", "since=x", "", "since=" + "9" * 400, "since=2&ma_xa=1", "since=2&limit=0"):
        assert ask(wrong).status == 400, wrong
    assert ask("since=" + "9" * 5000).status == 414  # longer than the log keeps


def test_a_version_that_changed_too_much_or_its_columns_is_a_beginning(load, ask, facilities, monkeypatch):
    load(as_csv([row(A), row(B)]))
    with monkeypatch.context() as patch:
        patch.setattr(history, "MOST_CHANGES", 1)
        load(as_csv([row(A, "Hai"), row(B, "Hai")]))
    assert (ask("since=1").status, told(ask("since=2"))) == (410, [])
    columns = [*facilities.contract["columns"], {"name": "ghi_chu", "title": "Ghi chú", "type": "text"}]
    facilities.contract = {"columns": columns}
    facilities.save()
    facilities.__dict__.pop("shape", None)
    header = [*ALL, "ghi_chu"]
    load(as_csv([(*row(A, "Ba"), "x"), (*row(B), "y")], header=header))
    assert (ask("since=2").status, told(ask("since=3"))) == (410, [])


def test_a_replica_that_is_missing_or_older_than_the_feed_is_built_again_with_the_same_changes(load, ask, facilities):
    load(as_csv([row(A), row(B)]))
    load(as_csv([row(A, "Hai"), row(C)]))
    load(as_csv([row(A, "Ba"), row(C)]))
    before = told(ask("since=1"))
    folder = places.replicas(facilities)
    for path in folder.iterdir():
        path.unlink()
    loading.repair(actor=WORKER, now=now)
    assert told(ask("since=1")) == before
    old = json.loads((folder / "current.json").read_bytes())
    del old["changes_since"]
    (folder / "current.json").write_text(json.dumps(old))
    assert ask("since=1").json["code"] == "changes_gone"
    loading.repair(actor=WORKER, now=now)
    assert told(ask("since=1")) == before


def test_a_damaged_replica_is_not_copied_from_the_lake_is_read_instead(load, ask, facilities):
    load(as_csv([row(A), row(B)]))
    load(as_csv([row(A, "Hai"), row(B)]))
    path = places.replicas(facilities) / "v2.sqlite"
    path.write_bytes(path.read_bytes()[:5000])
    load(as_csv([row(A, "Hai"), row(B, "Ba")]))
    assert told(ask("since=1")) == [("changed", A, "Hai"), ("changed", B, "Ba")]


def test_changes_that_cannot_be_read_any_more_do_not_keep_the_rows_from_being_served(
    load, ask, facilities, monkeypatch
):
    load(as_csv([row(A)]))

    def broken(*args, **kwargs):
        yield from ()
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(lake, "befores", broken)
        load(as_csv([row(A, "Hai"), row(B)]))
    assert (ask("since=1").status, told(ask("since=2"))) == (410, [])
    load(as_csv([row(A, "Hai")]), at=AT + timedelta(minutes=1))
    assert told(ask("since=2")) == [("removed", B, None)]
    assert replica.current(places.replicas(facilities))["changes_since"] == 2
