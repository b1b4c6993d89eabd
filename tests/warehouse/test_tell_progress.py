"""A running load tells how far it is, a killed one that it has stopped; nobody else's business, and gone at its end."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from nganam.warehouse import loading, operations, places, progress, queries, screening
from nganam.warehouse.engine import checking, lake, reading, replica
from nganam.warehouse.models import Load

from .conftest import AT, LAN, WORKER, as_csv, now


def begun(table):
    return operations.start_load(actor=LAN, at=AT, table=table, upload=operations.Upload("co-so.csv", [as_csv()]))


@pytest.fixture
def lan_at_work(client, agencies):
    from nganam.accounts.models import Person

    client.force_login(Person.objects.get(username="lan"))
    return client


def test_every_step_is_told_in_its_order_while_the_load_runs(facilities, monkeypatch):
    load, seen = begun(facilities), []

    def watch(owner, name):
        real = getattr(owner, name)

        def looked(*args, **values):
            found = progress.of(Load.objects.get(pk=load.pk), at=datetime.now(UTC))
            seen.append((name, found.told.step, found.told.rows, found.is_stale))
            return real(*args, **values)

        monkeypatch.setattr(owner, name, looked)

    for owner, name in (
        (loading, "_landed"), (reading, "extract"), (checking, "check"), (screening, "screen"), (lake, "commit"),
        (replica, "build"), (loading.files, "content_sha256"),
    ):  # fmt: skip
        watch(owner, name)
    ended = loading.run_load(actor=WORKER, now=now, code=load.code)
    assert [(name, step) for name, step, _, _ in seen] == [
        ("_landed", "receive"), ("extract", "read"), ("check", "check"), ("screen", "screen"), ("commit", "commit"),
        ("build", "replica"), ("content_sha256", "digest"),
    ]  # fmt: skip
    assert [rows for *_, rows, _ in seen] == [None, None, None, 3, 3, 3, 3]
    assert not any(stale for *_, stale in seen)
    assert list(progress.STEPS) == ["receive", "read", "check", "screen", "judge", "commit", "replica", "digest"]
    assert progress.of(ended, at=AT) is None
    assert not places.work(load.code).exists()


def test_the_page_of_a_running_load_says_how_far_it_is_and_to_its_people_only(lan_at_work, facilities, client):
    from nganam.accounts.models import Person

    load = begun(facilities)
    page = f"/kho/nap/{load.code}/"
    assert "<progress" not in lan_at_work.get(page).content.decode(), "nothing has been told yet"
    progress.tell(load, "check", at=datetime.now(UTC), rows=None)
    told = lan_at_work.get(page).content.decode()
    assert "Kiểm tra từng dòng theo hợp đồng" in told
    assert "bước 3 / 8" in told
    assert "đã ngừng" not in told
    client.force_login(Person.objects.get(username="phuc"))
    assert client.get(page).status_code == 404


def test_a_broken_or_unwritable_note_holds_nothing_up(facilities, data):
    load = begun(facilities)
    places.work(load.code).mkdir(parents=True)
    (places.work(load.code) / "progress.json").write_bytes(b'{"step":')
    assert progress.of(load, at=AT) is None
    (places.work(load.code) / "progress.new").mkdir()
    assert loading.run_load(actor=WORKER, now=now, code=load.code).state == "committed"


def test_a_load_that_is_alive_is_touched_however_long_a_step_takes(facilities, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.05)
    load = begun(facilities)
    progress.tell(load, "read", at=AT)
    file = places.work(load.code) / "progress.json"
    os.utime(file, (1, 1))
    assert progress.of(load, at=datetime.now(UTC)).is_stale
    with progress.alive(load):
        until = time.monotonic() + 10
        while file.stat().st_mtime < 2 and time.monotonic() < until:
            time.sleep(0.02)
    assert not progress.of(load, at=datetime.now(UTC)).is_stale


KILLED = """
import os, signal, sys
import django
django.setup()
from django.utils import timezone
from nganam.kernel.actors import system
from nganam.warehouse import loading
from nganam.warehouse.engine import checking

checking.check = lambda *args, **values: os.kill(os.getpid(), signal.SIGKILL)
loading.run_load(actor=system("worker"), now=timezone.now, code=sys.argv[1])
"""


@pytest.mark.slow
def test_a_killed_load_says_that_it_stopped_until_the_next_run(committed_db, make_province, client):
    from nganam.accounts.models import Person

    from .conftest import COLUMNS, make_units

    make_province()
    make_units()
    table = operations.declare_table(
        actor=LAN, at=AT, agency="CT-SYT", code="co-so-kham-chua-benh", title="Cơ sở khám chữa bệnh", columns=COLUMNS
    )
    load = begun(table)
    child = subprocess.run([sys.executable, "-c", KILLED, load.code], timeout=120, check=False)
    assert child.returncode == -signal.SIGKILL
    left = Load.objects.get(pk=load.pk)
    soon, later = datetime.now(UTC), datetime.now(UTC) + timedelta(minutes=1)
    assert (progress.of(left, at=soon).told.step, progress.of(left, at=soon).is_stale) == ("check", False)
    assert progress.of(left, at=later).is_stale
    os.utime(places.work(load.code) / "progress.json", (1, 1))
    client.force_login(Person.objects.get(username="lan"))
    assert "Lượt nạp đã ngừng" in client.get(f"/kho/nap/{load.code}/").content.decode()
    assert loading.repair(actor=WORKER, now=lambda: AT + timedelta(minutes=30)) == [load.code]
    assert queries.current_version(table).rows == 3
    assert not places.work(load.code).exists()
