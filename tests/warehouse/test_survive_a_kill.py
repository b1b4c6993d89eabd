"""``kill -9`` at any step of a load: the next start finishes it, and never makes two versions of one load."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from nganam.warehouse import loading, operations, places, progress, queries
from nganam.warehouse.engine import lake, replica
from nganam.warehouse.models import Load, Version

from .conftest import AT, COLUMNS, LAN, WORKER, as_csv, make_units, now

LATER = AT + timedelta(minutes=30)
ROWS = [(f"{at:06d}", f"Cơ sở {at}", "31498", str(at), "01/02/2003") for at in range(3000)]
RUN = """
import os, signal, sys
import django
django.setup()
from django.utils import timezone
from nganam.kernel.actors import system
from nganam.warehouse import loading
from nganam.warehouse.engine import checking, lake, reading, replica

step, code = sys.argv[1:]
places = {
    "extract": (reading, "extract"), "check": (checking, "check"), "outcome": (loading, "_keep_outcome"),
    "commit": (lake, "commit"), "replica": (replica, "build"), "finish": (loading, "_end"),
}
name, when = step.split("-")
owner, attribute = places[name]
real = getattr(owner, attribute)

def killed(*args, **kwargs):
    if when == "after":
        real(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, attribute, killed)
loading.run_load(actor=system("worker"), now=timezone.now, code=code)
"""
STEPS = {
    "extract-before": "read",
    "check-after": "check",
    "outcome-after": "check",
    "commit-before": "write",
    "commit-after": "write",
    "replica-after": "replica",
    "finish-before": "record",
}
"""Where it is killed, and the step it is then told to be at."""


def die_at(step, code):
    child = subprocess.run(
        [sys.executable, "-c", RUN, step, code], capture_output=True, text=True, timeout=120, check=False
    )
    assert child.returncode == -signal.SIGKILL, child.stderr


@pytest.fixture
def table(committed_db, make_province):
    make_province()
    make_units()
    return operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code="co-so", title="Cơ sở", columns=COLUMNS)


def start(table, rows):
    return operations.start_load(actor=LAN, at=AT, table=table, upload=operations.Upload("a.csv", [as_csv(rows)])).code


@pytest.mark.slow
def test_a_load_killed_at_each_step_is_finished_once_by_repair(table):
    for number, step in enumerate(STEPS, 1):
        rows = [*ROWS, (f"x{step}", step, "31498", "", "")]
        code = start(table, rows)
        die_at(step, code)
        killed = Load.objects.get(code=code)
        assert killed.state == "checking", step
        told = progress.of(killed, at=timezone.now())
        assert (told.step, told.is_stale) == (STEPS[step], False)
        assert progress.of(killed, at=timezone.now() + progress.STALE).is_stale
        assert queries.rows(table, limit=1) or number == 1  # readers are served meanwhile
        assert loading.repair(actor=WORKER, now=lambda: LATER) == [code]
        done = Load.objects.get(code=code)
        assert (done.state, done.accepted) == ("committed", len(rows)), step
        version = queries.current_version(table)
        assert (version.number, version.rows, version.load.code) == (number, len(rows), code), step
        assert replica.current(places.replicas(table))["version"] == number
        assert [one.load for one in lake.history(places.lake(table))].count(code) == 1, step
        assert not (places.work(code)).exists()
    assert Version.objects.count() == len(STEPS)
    assert loading.repair(actor=WORKER, now=lambda: LATER) == []


@pytest.mark.slow
def test_while_one_process_loads_another_leaves_it_alone(table, tmp_path):
    code = start(table, ROWS)
    hold = RUN.replace("os.kill(os.getpid(), signal.SIGKILL)", "import time; print('here', flush=True); time.sleep(60)")
    child = subprocess.Popen([sys.executable, "-c", hold, "check-before", code], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "here\n"
        assert loading.repair(actor=WORKER, now=lambda: LATER) == []
        running = loading.run_load(actor=WORKER, now=now, code=code)
        assert running.state == "checking"
        told = progress.of(running, at=timezone.now())  # of another process, in the midst of its work
        assert (told.step, told.read, told.is_stale) == ("check", len(ROWS), False)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert loading.repair(actor=WORKER, now=lambda: LATER) == [code]
    assert queries.current_version(table).number == 1


def test_a_replica_that_is_missing_is_built_again(load, facilities):
    load(as_csv())
    for path in places.replicas(facilities).iterdir():
        path.unlink()
    assert len(queries.rows(facilities)) == 3  # from the lake meanwhile
    loading.repair(actor=WORKER, now=now)
    assert replica.current(places.replicas(facilities))["version"] == 1


def test_unfinished_landing_files_of_killed_processes_are_cleaned(data, db):
    left = places.landing() / ".tmp" / "half"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    old = time.time() - 7200
    os.utime(left, (old, old))
    fresh = left.with_name("fresh")
    fresh.write_text("being written")
    loading.repair(actor=WORKER, now=now)
    assert not left.exists()
    assert fresh.exists()


def test_a_forgotten_load_is_run_by_repair(facilities):
    upload = operations.Upload("a.csv", [as_csv()])
    code = operations.start_load(actor=LAN, at=AT, table=facilities, upload=upload).code
    assert loading.repair(actor=WORKER, now=now) == []
    assert loading.repair(actor=WORKER, now=lambda: LATER) == [code]
    assert Load.objects.get(code=code).state == "committed"


def test_an_error_after_the_lake_took_it_is_no_failure_but_left_to_be_finished(facilities, monkeypatch):
    upload = operations.Upload("a.csv", [as_csv()])
    code = operations.start_load(actor=LAN, at=AT, table=facilities, upload=upload).code

    def broken(*args, **kwargs):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(replica, "build", broken)
        with pytest.raises(OSError, match="disk full"):
            loading.run_load(actor=WORKER, now=now, code=code)
    assert Load.objects.get(code=code).state == "checking"
    assert loading.repair(actor=WORKER, now=now) == [code]
    assert Version.objects.get().load.code == code


def test_a_load_that_cannot_be_finished_does_not_hold_up_the_others(facilities, agencies, monkeypatch):
    other = operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code="khac", title="Khác", columns=COLUMNS)
    first, second = (
        operations.start_load(actor=LAN, at=AT, table=one, upload=operations.Upload("a.csv", [as_csv()])).code
        for one in (facilities, other)
    )
    real = lake.find_commit

    def broken(path, load):
        if load == first:
            raise OSError("log unreadable")
        return real(path, load)

    with monkeypatch.context() as patch:
        patch.setattr(lake, "find_commit", broken)
        assert loading.repair(actor=WORKER, now=lambda: LATER) == [second]
    assert Load.objects.get(code=first).state == "checking"
    assert loading.repair(actor=WORKER, now=lambda: LATER) == [first]


def test_an_unexpected_error_fails_the_load_in_words_and_keeps_the_table(load, facilities, monkeypatch):
    from nganam.warehouse.engine import checking

    load(as_csv())

    def broken(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(checking, "check", broken)
    done = load(as_csv([("1", "a", "31498", "", "")]))
    assert (done.state, done.fault) == ("failed", "unexpected")
    assert done.message
    assert done.hint
    assert queries.current_version(facilities).number == 1
