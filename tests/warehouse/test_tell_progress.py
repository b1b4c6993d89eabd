"""While a load runs, those who may see it are told at which step it is, how far, since when, and when it last moved."""

import json
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import pytest
from django.test import Client

from nganam.kernel.errors import NotFound
from nganam.warehouse import loading, operations, places, progress, queries, sourcing
from nganam.warehouse.engine import databases
from nganam.warehouse.models import Load

from .conftest import AT, LAN, PHUC, WORKER, as_csv

MANY = [(f"{at:06d}", f"Cơ sở {at}", "31498", str(at), "01/02/2003") for at in range(50_000)]
SECOND = timedelta(seconds=1)


def start(table, content, name="co-so.csv"):
    return operations.start_load(actor=LAN, at=AT, table=table, upload=operations.Upload(name, [content])).code


def watched(code):
    """Run a load; return what a reader saw each time the load looked at the clock, which goes on by a second then."""
    seen, at = [], [AT]

    def now():
        if threading.current_thread().name == "progress":  # signs of life: this reader has a connection of its own
            return at[0]
        told = progress.of(queries.get_load_for(LAN, code), at=at[0])
        if told and told not in seen:
            seen.append(told)
        at[0] += SECOND
        return at[0]

    load = loading.run_load(actor=WORKER, now=now, code=code)
    return load, seen


def steps_of(seen):
    return list(dict.fromkeys(one.step for one in seen))


def test_a_reader_sees_the_steps_in_order_and_rows_and_bytes_grow(facilities):
    content = as_csv(MANY)
    load, seen = watched(start(facilities, content))
    assert load.state == "committed"
    assert steps_of(seen) == ["read", "check", "scan", "judge", "write", "replica", "record"]
    assert [one.number for one in seen] == sorted(one.number for one in seen)
    assert {one.steps for one in seen} == {tuple(progress.STEPS)[1:]}
    reading = [one for one in seen if one.step == "read"]
    assert [one.read for one in reading] == [None, 20_000, 40_000, 50_000]
    assert {(one.unit, one.whole) for one in reading} == {("bytes", len(content))}
    assert 0 == reading[0].done < reading[1].done < reading[2].done < reading[3].done == len(content)
    served = [one for one in seen if one.step in progress.SERVED]
    assert {(one.unit, one.whole, one.read) for one in served} == {("rows", 50_000, 50_000)}
    assert max(one.done for one in served) >= 40_000
    assert all(one.started_at <= one.step_at <= one.moved_at <= one.alive_at for one in seen)
    assert not any(one.is_stale for one in seen)


def test_what_was_told_is_gone_when_the_load_has_ended_well_or_not(facilities):
    load, _seen = watched(start(facilities, as_csv()))
    assert not places.progress(load).exists()
    assert not places.work(load.code).exists()
    failed, seen = watched(start(facilities, as_csv([("1", "Không có xã", "00000", "", "")])))
    assert (failed.state, failed.fault, steps_of(seen)) == ("failed", "all_rejected", ["read", "check"])
    assert not places.progress(failed).exists()
    assert progress.of(failed, at=AT) is None


def test_a_source_is_received_first_and_its_rows_are_guessed_from_the_version_before(facilities, load):
    load(as_csv())
    places.sources().mkdir(parents=True, exist_ok=True)
    rows = [dict(zip(("ma_co_so", "ten_co_so", "ma_xa", "so_giuong", "ngay_hoat_dong"), one, strict=True))
            for one in MANY[:2]]  # fmt: skip
    (places.sources() / "co-so.json").write_text(json.dumps(rows), encoding="utf-8")
    source = sourcing.declare_source(
        actor=LAN, at=AT, agency="CT-SYT", kind="file", name="Cơ sở", secret_ref="co-so.json"
    )
    facilities.source = source
    facilities.save()
    ended, seen = watched(operations.start_load(actor=LAN, at=AT, table=facilities).code)
    assert ended.state == "committed"
    assert steps_of(seen)[:3] == ["receive", "read", "check"]
    assert seen[0].unit == "bytes"
    reading = next(one for one in seen if one.step == "read")
    assert (reading.unit, reading.whole) == ("estimate", 3)
    assert "ước theo phiên bản trước" in reading.text


def test_rows_of_a_database_are_counted_while_they_come_and_told_no_fewer_when_they_are_read(facilities, load):
    load(as_csv())
    places.sources().mkdir(parents=True, exist_ok=True)
    rows = MANY[: 2 * databases.BATCH + 1]
    with closing(sqlite3.connect(places.sources() / "co-so.sqlite")) as base, base:
        base.execute("CREATE TABLE co_so (ma_co_so, ten_co_so, ma_xa, so_giuong, ngay_hoat_dong)")
        base.executemany("INSERT INTO co_so VALUES (?, ?, ?, ?, ?)", rows)
    facilities.source = sourcing.declare_source(
        actor=LAN, at=AT, agency="CT-SYT", kind="sqlite", name="Cơ sở", secret_ref="co-so.sqlite", relation="co_so"
    )
    facilities.save()
    ended, seen = watched(operations.start_load(actor=LAN, at=AT, table=facilities).code)
    assert ended.state == "committed"
    receiving = [one for one in seen if one.step == "receive"]
    assert [one.done for one in receiving] == [0, databases.BATCH, 2 * databases.BATCH]
    assert {(one.unit, one.whole) for one in receiving} == {("estimate", 3)}
    counted = [one.read for one in seen if one.read is not None]
    assert counted == sorted(counted)
    assert counted[-1] == len(rows)


def test_a_restoration_has_fewer_steps(facilities, load):
    first = load(as_csv())
    load(as_csv(MANY[:10]))
    code = operations.restore_version(actor=LAN, at=AT, version=first.made, reason="Nhầm tệp").code
    _load, seen = watched(code)
    assert steps_of(seen) == list(progress.RESTORED)


@pytest.fixture
def told(tmp_path):
    """A teller with a clock that stands still until it is moved, and what a reader finds."""
    at = [AT]
    path = tmp_path / "progress.json"
    teller = progress.Teller(path, now=lambda: at[0], steps=("read", "check"), beat=60)
    return teller, at, lambda: json.loads(path.read_text(encoding="utf-8"))


def test_it_is_written_once_a_second_at_most_and_at_each_step(told):
    teller, at, found = told
    with teller.telling():
        teller.begin("read", whole=100, unit="rows")
        for done in range(50):
            teller.move(done, read=done)
        assert found()["done"] == 0
        at[0] += SECOND
        teller.move(51, read=51)
        assert (found()["done"], found()["read"]) == (51, 51)
        teller.begin("check")
        assert (found()["step"], found()["done"], found()["read"]) == ("check", 0, 51)


def test_a_long_step_that_does_not_move_still_gives_signs_of_life(tmp_path):
    at, path, beaten = [AT], tmp_path / "progress.json", threading.Event()

    def now():
        if threading.current_thread().name == "progress":
            at[0] += progress.STALE
            beaten.set()
        return at[0]

    teller = progress.Teller(path, now=now, steps=("check",), beat=0.01)
    with teller.telling():
        teller.begin("check")
        assert beaten.wait(10)
        teller.move(1)  # waits for the writing that was under way
        said = json.loads(path.read_text(encoding="utf-8"))
        assert said["alive_at"] > AT.isoformat()
    assert not path.exists()
    assert not any(one.name == "progress" for one in threading.enumerate())


def test_no_load_fails_because_it_cannot_say_how_far_it_is(tmp_path):
    (tmp_path / "file").write_text("no folder")
    teller = progress.Teller(tmp_path / "file" / "progress.json", now=lambda: AT, steps=("read",))
    with teller.telling():
        teller.begin("read")
        teller.move(3, read=3)


def left(facilities, said=None):
    """Leave a load as a killed process does."""
    code = start(facilities, as_csv())
    Load.objects.filter(code=code).update(state="checking", started_at=AT)
    load = Load.objects.get(code=code)
    told = {
        "step": "read", "steps": ["read", "check"], "read": 20_000, "done": 1_000, "whole": 4_000, "unit": "bytes",
        "started_at": AT.isoformat(), "step_at": AT.isoformat(), "moved_at": AT.isoformat(), "alive_at": AT.isoformat(),
    }  # fmt: skip
    places.work(code).mkdir(parents=True)
    places.progress(load).write_text(json.dumps({**told, **(said or {})}) if said != {} else "{", encoding="utf-8")
    return load


def test_what_a_killed_process_left_is_stale_after_a_minute_and_gone_with_the_next_attempt(facilities):
    load = left(facilities)
    assert not progress.of(load, at=AT + 59 * SECOND).is_stale
    assert progress.of(load, at=AT + 60 * SECOND).is_stale
    assert loading.repair(actor=WORKER, now=lambda: AT + 90 * SECOND) == [load.code]
    assert not places.work(load.code).exists()


@pytest.mark.parametrize("said", [{}, {"step": "fly"}, {"steps": ["read", "fly"]}, {"moved_at": "once"}])
def test_what_cannot_be_understood_is_nothing(facilities, said):
    assert progress.of(left(facilities, said), at=AT) is None


@pytest.fixture
def page_of(facilities):
    from nganam.accounts.models import Person

    def page(who, path, **headers):
        client = Client()
        client.force_login(Person.objects.get(username=who))
        return client.get(path, headers=headers)

    return page


def test_the_page_of_the_load_and_of_its_table_tell_it_and_ask_again(facilities, page_of):
    load = left(facilities)
    for path, part in ((load.get_absolute_url(), "luot-nap"), (facilities.get_absolute_url(), "dang-nap")):
        whole = page_of("lan", path).content.decode()
        assert '<progress id="tien-do" value="1000" max="4000"></progress>' in whole
        assert '<label for="tien-do">Đọc các dòng</label>' in whole
        assert "1 kB / 4 kB" in whole
        assert "20.000" in whole
        assert "09:00:00 24/11/2026" in whole
        assert '<noscript><meta http-equiv="refresh"' in whole
        part_only = page_of("lan", path, hx_request="true").content.decode()
        assert part_only.lstrip().startswith(f'<div id="{part}"')
        assert "hx-trigger" in part_only
        assert "<html" not in part_only


def test_the_pages_say_when_it_is_stale(facilities, page_of):
    old = (AT - timedelta(days=4000)).isoformat()
    load = left(facilities, {"alive_at": old})
    for path in (load.get_absolute_url(), facilities.get_absolute_url()):
        assert "Chưa nhích từ 09:00:00 24/11/2026; worker sẽ làm lại" in page_of("lan", path).content.decode()


def test_the_pages_say_that_it_waits_or_that_nothing_is_known_yet(facilities, page_of):
    load = Load.objects.get(code=start(facilities, as_csv()))
    assert "Đang chờ worker, từ 09:00:00 24/11/2026." in page_of("lan", load.get_absolute_url()).content.decode()
    Load.objects.filter(pk=load.pk).update(state="checking")
    assert "Chưa có tin về tiến trình" in page_of("lan", facilities.get_absolute_url()).content.decode()


def test_the_part_of_the_tables_page_says_how_it_ended_and_asks_no_more(facilities, load, page_of):
    done = load(as_csv())
    part = page_of("lan", facilities.get_absolute_url(), hx_request="true").content.decode()
    assert f"Lượt nạp {done.code} đã kết thúc: Đã tạo phiên bản." in part
    assert "hx-trigger" not in part


def test_another_agency_is_told_nothing(facilities, page_of):
    load = left(facilities)
    for path in (load.get_absolute_url(), facilities.get_absolute_url()):
        assert page_of("phuc", path).status_code == 404
        assert page_of("phuc", path, hx_request="true").status_code == 404
    with pytest.raises(NotFound):
        queries.get_load_for(PHUC, load.code)
