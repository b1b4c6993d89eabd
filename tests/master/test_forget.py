"""An erasure in a table leaves nothing in a set over it: the files go at once, the next run has no such record."""

import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import F

from nganam.kernel.errors import Unavailable
from nganam.master import operations, places, queries, running
from nganam.master.engine import files, matching, records
from nganam.master.models import Decision, Membership, Run

from .conftest import AT, LAN, WORKER, digest_of

pytestmark = [pytest.mark.django_db]
GONE = "Đặng Quốc Việt"


def erase(table):
    from nganam.warehouse import erasing, loading

    made = erasing.propose(actor=LAN, at=AT, table=table, values=[GONE], column="ho_ten", basis="subject",
                           reason="Chủ thể yêu cầu")  # fmt: skip
    load = erasing.confirm(actor=replace(LAN, code="hoa", name="Hoa"), at=AT, erasure=made)
    loading.run_load(actor=WORKER, now=lambda: AT + timedelta(hours=1), code=load.code)


def test_files_go_and_the_next_run_knows_nothing_of_it(people, match):
    match(people)
    pair = (digest_of("phong-kham", "B4"), digest_of("so-dang-ky", "A4"))
    operations.decide(actor=LAN, at=AT, code=people.code, pair=pair, same=True, reason="Tên mới: Việt")
    entity = people.entities.first()
    erase(people.members.get(table__code="phong-kham").table)
    with pytest.raises(Unavailable):  # at once, before any job has run
        queries.whole(people, entity)
    assert running.repair(actor=WORKER, now=lambda: AT + timedelta(hours=2)) == [people.code]
    assert not list(places.folder(people).glob("run-*"))
    assert running.repair(actor=WORKER, now=lambda: AT + timedelta(hours=3))  # it waited longer than ten minutes
    assert queries.last_done(people).number == 2
    assert not Membership.objects.filter(record=pair[0]).exists()
    assert not Decision.objects.exists()
    left = list((Path(settings.DATA) / "master").rglob("*.parquet"))
    assert left
    assert queries.searched(people, GONE).count() == 0


def test_files_that_are_gone_are_made_again(people, match):
    one = match(people)
    shutil.rmtree(places.run(one))
    assert running.repair(actor=WORKER, now=lambda: AT) == [people.code]
    assert running.repair(actor=WORKER, now=lambda: AT) == []  # it is under way
    assert Run.objects.filter(state="waiting").count() == 1


def test_the_files_of_a_run_in_progress_stay(people, match):
    from nganam.warehouse import places as warehouse

    match(people)
    erase(people.members.get(table__code="phong-kham").table)
    asked = operations.start_run(actor=LAN, at=AT, code=people.code)
    Run.objects.filter(pk=asked.pk).update(state="running")
    half = places.run(asked).with_name("run-2.tmp")
    half.mkdir(parents=True)
    with warehouse.alone(places.lock(people)):  # as the process that matches holds it
        assert running.repair(actor=WORKER, now=lambda: AT) == []
        assert half.is_dir()
    assert running.repair(actor=WORKER, now=lambda: AT) == [f"{people.code} 2"]
    assert [one.name for one in places.folder(people).glob("run-*")] == ["run-2"]


def test_the_files_of_the_run_before_go_when_a_process_was_killed_at_its_end(people, match):
    one = match(people)
    shutil.copytree(places.run(one), places.run(one).with_name("run-0"))
    assert running.repair(actor=WORKER, now=lambda: AT) == []
    assert [left.name for left in places.folder(people).glob("run-*")] == ["run-1"]


def test_a_run_whose_process_was_killed_is_finished(people):
    asked = operations.start_run(actor=LAN, at=AT, code=people.code)
    Run.objects.filter(pk=asked.pk).update(state="running")
    half = places.run(asked).with_name("run-1.tmp")
    half.mkdir(parents=True)
    assert running.repair(actor=WORKER, now=lambda: AT + timedelta(hours=1)) == [f"{people.code} 1"]
    assert queries.last_done(people).number == 1
    assert not half.exists()


def test_the_engine_spills_into_a_folder_that_goes_with_the_run(people, match, monkeypatch):
    places_of, told = [(matching, "duck"), (records, "duck"), (files, "duck")], []

    def spying(opened):
        @contextmanager
        def spy(*args, **named):
            with opened(*args, **named) as base:
                told.append(base.execute("SELECT current_setting('temp_directory')").fetchall()[0][0])
                yield base

        return spy

    for module, name in places_of:
        monkeypatch.setattr(module, name, spying(getattr(module, name)))
    left = Path(settings.DATA) / "work" / f"{people.code}-0"
    left.mkdir(parents=True)
    (left / "duckdb_temp_storage-0.tmp").write_bytes(b"Nguyen Van An")
    one = match(people)
    assert set(told) == {str(Path(settings.DATA) / "work" / f"{people.code}-1")}
    assert not list((Path(settings.DATA) / "work").glob(f"{people.code}-*"))
    told.clear()
    queries.searched(people, "an")
    assert {Path(each).parent for each in told} == {places.run(one)}
    left.mkdir()
    running.repair(actor=WORKER, now=lambda: AT)
    assert not left.exists()


def test_a_run_whose_process_was_killed_again_and_again_is_given_up(people):
    asked = operations.start_run(actor=LAN, at=AT, code=people.code)
    for _killed in range(2):
        Run.objects.filter(pk=asked.pk).update(state="waiting", starts=F("starts") + 1)
    assert running.repair(actor=WORKER, now=lambda: AT + timedelta(hours=1)) == [f"{people.code} 1"]
    asked.refresh_from_db()
    assert asked.state == "failed"
    assert "2 lần bị dừng giữa chừng" in asked.fault
    assert operations.start_run(actor=LAN, at=AT, code=people.code).number == 2


def test_a_run_that_cannot_be_says_why(people):
    from nganam.warehouse.models import Table

    asked = operations.start_run(actor=LAN, at=AT, code=people.code)
    member = people.members.first()
    member.columns = {**member.columns, "phone": "cot_da_bo"}
    member.save()
    one = running.run(actor=WORKER, now=lambda: AT, code=people.code, number=asked.number)
    assert one.state == "failed"
    assert "thiếu cột khóa hoặc cột đã chọn" in one.fault
    assert Table.objects.count() == 2


def test_a_run_asked_for_meanwhile_stops_no_other_set(people, match, load, monkeypatch):
    other = operations.declare_set(actor=LAN, at=AT, agency="CT-SYT", title="Ở phòng khám", kind="person")
    member = people.members.get(table__code="phong-kham")
    operations.add_member(actor=LAN, at=AT, code=other.code, table=member.table, columns=member.columns)
    for found in (people, other):
        match(found)
    load("phong-kham", [("B7", "Võ Én", "", "2001-02-03", "Nữ", "")])

    def atomic():
        if not queries.active_run(people):  # an officer presses the button just before the set is held
            operations.open_run(people, actor=LAN, at=AT)
        return transaction.atomic()

    monkeypatch.setattr(running, "transaction", SimpleNamespace(atomic=atomic))
    assert running.match_new_versions(actor=WORKER, at=AT) == [other.code]
    assert people.runs.count() == 2


def test_new_versions_are_matched_at_night(people, match, load):
    match(people)
    assert running.match_new_versions(actor=WORKER, at=AT) == []
    load("phong-kham", [("B7", "Võ Én", "", "2001-02-03", "Nữ", "")])
    assert running.match_new_versions(actor=WORKER, at=AT) == [people.code]
    assert running.match_new_versions(actor=WORKER, at=AT) == []
