"""Records pushed at the door of a table: kept before they are acknowledged, once however often they come."""

import asyncio
import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from nganam.serving import pushing, spool
from nganam.serving.app import Server
from nganam.serving.secret import shared_secret
from nganam.serving.snapshot import Push, write_snapshot

DOOR = "DAY-co-so-kham"
SENDER, OTHER = "CT-SYT/HIS", "CT-SGDDT/HSHT"
RECORD = {"ma": "0001", "ten": "Trạm y tế Mỹ Tú", "giuong": 5}


@pytest.fixture
def push(data, clock, serving_files) -> Callable[..., SimpleNamespace]:
    told = serving_files.snapshot()
    door = Push(f"VN/GOV/CT-SYT/KHO/{DOOR}", "co-so-kham", ("ma", "ten", "giuong"), ("ma",), (SENDER,))
    serving_files.put(
        data / "serving" / "snapshot.json", write_snapshot(msgspec.structs.replace(told, pushes={DOOR: door}))
    )
    place(data).mkdir(parents=True)  # as the worker does
    server, gate = Server(data, clock), shared_secret(data).encode()

    def ask(
        body: Any = None, rest: str = "", *, method: str = "POST", consumer: str = SENDER,
        kind: str = "application/json", key: str = "", twice: bool = False,
    ) -> SimpleNamespace:  # fmt: skip
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        headers = [
            (b"x-lgsp-consumer", consumer.encode()), (b"x-lgsp-gate", gate), (b"content-type", kind.encode()),
            (b"x-road-id", b"m-7"),
        ]  # fmt: skip
        if key:
            headers += [(b"idempotency-key", key.encode())]
        if twice:
            headers += [(b"idempotency-key", b"another-key-1")]
        if body is not None:
            headers += [(b"content-length", str(len(content)).encode())]
        path = f"/{DOOR}{rest}"
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
                 "headers": headers}  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        answer = asyncio.run(server.answer(scope, receive))
        return SimpleNamespace(
            status=answer.status, json=json.loads(answer.body) if answer.body else None,
            headers={name.decode(): value.decode() for name, value in answer.headers},
        )  # fmt: skip

    return ask


def place(data):
    return spool.folder(data, DOOR)


def test_a_pushed_record_is_on_the_disk_before_it_is_acknowledged(push, data):
    answer = push(RECORD)
    assert answer.status == 202
    assert (answer.json["state"], answer.json["records"]) == ("waiting", 1)
    assert answer.headers["location"] == f"/r1/VN/GOV/CT-SYT/KHO/{DOOR}/{answer.json['receipt']}"
    ((head, path),) = spool.waiting(place(data))
    assert (head.consumer, head.records, head.message_id) == (SENDER, 1, "m-7")
    assert head.digest == answer.headers["x-lgsp-request-digest"] == answer.json["digest"]
    assert [json.loads(one) for one in spool.read_records(path)] == [RECORD]
    assert not list((place(data) / spool.BESIDE).iterdir())
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_the_journal_names_the_door_and_how_many_records_came(push, data):
    push([RECORD, {**RECORD, "ma": "0002"}])
    (line,) = [json.loads(one) for path in (data / "serving" / "journal").iterdir() for one in path.open()]
    assert (line["serviceCode"], line["records"], line["statusCode"], line["restMethod"]) == (DOOR, "2", 202, "POST")
    assert "Mỹ Tú" not in json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps([RECORD, {**RECORD, "ma": "0002"}], indent=2).encode(), "application/json; charset=utf-8"),
        (b"\xef\xbb\xbf" + json.dumps([RECORD, {**RECORD, "ma": "0002"}]).encode(), "application/json"),
        (b'{"ma":"0001","ten":"a","giuong":1}\r\n\n{"ma":"0002","ten":null,"giuong":null}\n', "application/x-ndjson"),
    ],
)
def test_a_batch_comes_as_a_list_or_one_record_a_line(push, data, body, kind):
    assert push(body, kind=kind).json["records"] == 2
    ((_head, path),) = spool.waiting(place(data))
    assert [json.loads(one)["ma"] for one in spool.read_records(path)] == ["0001", "0002"]


def test_numbers_are_kept_as_they_were_sent(push, data):
    push(b'{"ma":"0001","ten":"a","giuong": 12345678901234567890.10}')
    ((_head, path),) = spool.waiting(place(data))
    assert spool.read_records(path) == [b'{"ma":"0001","ten":"a","giuong":12345678901234567890.10}']


@pytest.mark.parametrize(
    ("body", "kind", "status", "said"),
    [
        (b"", "application/json", 400, "Không có bản ghi nào"),
        (b"[]", "application/json", 400, "Không có bản ghi nào"),
        (b"{", "application/json", 400, "Bản ghi 1 không phải JSON"),
        (b"[1", "application/json", 400, "Nội dung không phải JSON"),
        (b'"a"', "application/json", 400, "Bản ghi 1 không phải JSON"),
        (b'\xff{"ma":1}', "application/json", 400, "không phải JSON"),
        (b"[" * 5000, "application/json", 400, "không phải JSON"),
        (b"ma,ten\n1,2", "text/csv", 415, "text/csv"),
        (b'{"ma":"1","ten":"a"}', "application/json", 400, "thiếu mục: giuong"),
        (b'{"ma":"1","ten":"a","giuong":1,"khac":2}', "application/json", 400, "có mục lạ: khac"),
        (b'{"ma":"1","ten":{"a":1},"giuong":1}', "application/json", 400, "“ten” phải là một giá trị"),
        (b'{"ma":"1","ten":"a","giuong":1,"ma":"2"}', "application/json", 400, "ghi hai lần"),
        (b'{"ma":null,"ten":"a","giuong":1}', "application/json", 400, "thiếu giá trị của khóa: ma"),
        (b'{"ma":"1","ten":"' + b"a" * 70_000 + b'","giuong":1}', "application/json", 413, "dài quá 64 KiB"),
    ],
)
def test_what_is_no_record_of_the_table_is_refused_whole(push, data, body, kind, status, said):
    answer = push(body, kind=kind)
    assert answer.status == status, answer.json
    assert said in answer.json["detail"]
    assert answer.json["hint"]
    assert not list(place(data).iterdir())


def test_too_many_records_are_refused(push, data):
    line = b'{"ma":"1","ten":null,"giuong":null}\n'
    assert push(line * (pushing.MOST_RECORDS + 1), kind="application/x-ndjson").status == 413
    assert push(b" " * (8 * 1024 * 1024 + 2)).status == 413
    assert not list(place(data).iterdir())


def test_the_same_key_and_content_get_the_same_receipt(push, data):
    first, second = push(RECORD, key="lan-day-0001"), push(RECORD, key="lan-day-0001")
    assert (first.status, second.status) == (202, 200)
    assert first.json == second.json
    assert second.headers["idempotency-replayed"] == "true"
    assert len(spool.waiting(place(data))) == 1
    assert push(RECORD, key="lan-day-0002").json["receipt"] != first.json["receipt"]
    assert push(RECORD).json["receipt"] != push(RECORD).json["receipt"]


def test_the_same_key_with_other_content_is_refused(push, data):
    push(RECORD, key="lan-day-0001")
    answer = push({**RECORD, "giuong": 6}, key="lan-day-0001")
    assert (answer.status, answer.json["code"]) == (422, "idempotency_key_used")
    assert len(spool.waiting(place(data))) == 1


@pytest.mark.parametrize("key", ["ngan", "có dấu và trống", "a" * 129])
def test_a_key_that_is_none_is_refused(push, key):
    assert push(RECORD, key=key).status == 400


def test_two_keys_are_refused(push):
    assert push(RECORD, key="lan-day-0001", twice=True).status == 400


def test_a_receipt_tells_what_the_worker_has_written_to_its_sender_alone(push, data):
    receipt = push(RECORD, key="lan-day-0001").json["receipt"]
    assert push(rest=f"/{receipt}", method="GET").json["state"] == "waiting"
    said = pushing.Said(receipt, "loaded", "2026-11-24T05:00:00Z", 1, "sha-256=:x:", version=3, accepted=1)
    spool.tell(place(data), receipt, msgspec.json.encode(pushing.Kept(SENDER, said)))
    (place(data) / spool.WAITING / receipt).unlink()
    answer = push(rest=f"/{receipt}", method="GET")
    assert (answer.json["state"], answer.json["version"], answer.json["accepted"]) == ("loaded", 3, 1)
    assert push(rest=f"/{receipt}", method="GET", consumer=OTHER).status == 404
    again = push(RECORD, key="lan-day-0001")
    assert again.status == 422, "another digest than the one that was told"


@pytest.mark.parametrize("receipt", ["0" * 32, "abc", "..%2f..%2fsecret", "A" * 32, ""])
def test_a_receipt_that_is_none_is_not_found(push, receipt):
    assert push(rest=f"/{receipt}", method="GET").status == (404 if receipt else 405)


def test_who_has_no_right_pushes_nothing(push, data):
    answer = push(RECORD, consumer=OTHER)
    assert (answer.status, answer.json["code"]) == (403, "not_granted")
    assert not list(place(data).iterdir())


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(push, method):
    assert push(RECORD, method=method).status == 405


def test_when_too_many_wait_the_sender_is_told_to_come_back(push, data, monkeypatch):
    monkeypatch.setattr(spool, "MOST_WAITING", 2)
    push(RECORD)
    push(RECORD)
    answer = push(RECORD)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert len(spool.waiting(place(data))) == 2


def test_what_cannot_be_written_is_not_acknowledged(push, data):
    (place(data) / spool.WAITING).write_text("a file where the folder would be")
    answer = push(RECORD)
    assert (answer.status, answer.json["code"]) == (503, "unavailable")


def _push_all_the_time(folder, pipe):
    number = 0
    while True:
        number += 1
        head = spool.Head(f"{number:032x}", SENDER, f"{number:09d}", 1, 10, "d")
        spool.keep(folder, head, [json.dumps({"ma": number}).encode()])
        os.write(pipe, f"{number}\n".encode())


def test_no_acknowledged_push_is_lost_when_the_server_is_killed(data):
    acknowledged = 0
    for round_ in range(5):
        folder = place(data) / f"r{round_}"
        folder.mkdir(parents=True)
        out, into = os.pipe()
        process = multiprocessing.get_context("fork").Process(target=_push_all_the_time, args=(folder, into))
        process.start()
        os.close(into)
        time.sleep(0.05 + 0.03 * round_)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        with os.fdopen(out) as told:
            last = len(told.read().splitlines())
        kept = spool.waiting(folder)
        assert last <= len(kept) <= last + 1
        for number, (head, path) in enumerate(kept, 1):
            assert (head.receipt, spool.read_records(path)) == (f"{number:032x}", [b'{"ma": %d}' % number])
        acknowledged += last
    assert acknowledged > 10


def test_where_no_worker_takes_what_is_pushed_nothing_is_acknowledged(push, data):
    place(data).rmdir()
    answer = push(RECORD)
    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    assert not place(data).exists()


def test_a_nearly_full_disk_or_door_takes_no_more(push, data, monkeypatch):
    monkeypatch.setattr(spool, "MOST_BYTES", 100)
    assert push(RECORD).status == 202
    assert push(RECORD).status == 503
    monkeypatch.setattr(spool, "MOST_BYTES", 3000)
    assert push(RECORD).status == 202
    monkeypatch.setattr(spool, "LEAST_FREE", 2**60)
    assert push(RECORD).status == 503


def test_a_key_taken_by_the_worker_between_two_looks_is_not_lost(push, data, monkeypatch):
    receipt = push(RECORD, key="lan-day-0001").json["receipt"]
    (head, path), real = spool.waiting(place(data))[0], spool.keep

    def taken_meanwhile(folder, new, records):
        said = pushing.Said(receipt, "loaded", head.at, 1, head.digest)
        spool.tell(folder, receipt, msgspec.json.encode(pushing.Kept(SENDER, said)))
        return real(folder, new, records)

    path.unlink()
    monkeypatch.setattr(spool, "keep", taken_meanwhile)
    answer = push({**RECORD, "giuong": 7}, key="lan-day-0001")
    assert (answer.status, answer.json["code"]) == (422, "idempotency_key_used")


def test_asking_for_a_receipt_shares_no_records(push):
    answer = push([RECORD, {**RECORD, "ma": "0002"}])
    assert answer.headers["x-lgsp-records"] == "2"
    assert "x-lgsp-records" not in push(rest=f"/{answer.json['receipt']}", method="GET").headers


def test_of_two_that_send_the_same_push_at_once_one_is_kept(data):
    place(data).mkdir(parents=True)
    heads = [spool.Head("a" * 32, SENDER, "1", 1, 10, digest) for digest in ("d1", "d2")]
    first = spool.keep(place(data), heads[0], [b"{}"])
    second = spool.keep(place(data), heads[1], [b"{}"])
    assert (first, second) == (heads[0], heads[0])
