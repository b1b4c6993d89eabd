"""The worker's loops in this process: when the database is away, when it is late, when a step fails."""

import json
import threading
import time
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from nganam.jobs import operations, runner
from nganam.jobs.models import WorkerBeat
from nganam.jobs.runner import Worker, ready_file


def own_job():
    """Return the test's own job: a minute that passes meanwhile brings the rooms' scheduled ones."""
    return DBTaskResult.objects.exclude(task_path__startswith="nganam.").get()


def until(what, seconds=10):
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.02)
    return what()


@pytest.fixture
def running(committed_db, jobs, monkeypatch):
    """Run a worker in a thread of this process; stopped afterwards."""
    monkeypatch.setattr(operations, "BEAT_EVERY", 0.05)
    worker = Worker(threads=1, grace=3)

    def work():
        worker.run()
        connection.close()

    thread = threading.Thread(target=work)

    def start():
        thread.start()
        assert until(ready_file().exists)
        return worker

    yield start
    worker.stop()
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert not ready_file().exists()


def test_it_says_that_it_is_ready_takes_jobs_and_beats(running, jobs, tmp_path):
    worker = running()
    assert json.loads(ready_file().read_text())["worker"] == worker.worker_id
    jobs.note.enqueue(str(tmp_path))
    assert until(lambda: own_job().status == "SUCCESSFUL")
    first = WorkerBeat.objects.get().at
    assert until(lambda: WorkerBeat.objects.get().at > first)


def test_a_loop_that_cannot_reach_the_database_goes_on_when_it_is_back(running, jobs, tmp_path, monkeypatch):
    claim, refusals = operations.claim, iter([OperationalError("away")])

    def away_once(*args, **more):
        for error in refusals:
            raise error
        return claim(*args, **more)

    monkeypatch.setattr(operations, "claim", away_once)
    jobs.note.enqueue(str(tmp_path))
    running()
    assert until(lambda: own_job().status == "SUCCESSFUL")


def test_an_outcome_that_cannot_be_written_is_tried_again(running, jobs, tmp_path, monkeypatch):
    settle, fail, refusals = operations.settle, operations.fail, iter([OperationalError("away")] * 2)

    def away(original):
        def write(*args, **more):
            for error in refusals:
                raise error
            return original(*args, **more)

        return write

    monkeypatch.setattr(operations, "settle", away(settle))
    monkeypatch.setattr(operations, "fail", away(fail))
    jobs.note.enqueue(str(tmp_path))
    running()
    assert until(lambda: own_job().status == "SUCCESSFUL")
    assert (tmp_path / "notes").read_text() == "x\nx\n"


def test_a_worker_told_to_stop_while_the_database_is_away_gives_the_job_back(running, jobs, tmp_path, monkeypatch):
    def away(*_args, **_more):
        raise OperationalError("away")

    monkeypatch.setattr(operations, "settle", away)
    monkeypatch.setattr(operations, "fail", away)
    jobs.note.enqueue(str(tmp_path))
    worker = running()
    assert until((tmp_path / "notes").exists)
    worker.stop()
    assert until(lambda: not ready_file().exists())
    assert own_job().status == "READY"


def test_a_beat_that_fails_does_not_stop_the_next(running, monkeypatch):
    ticks = []

    def tick(*, at):
        ticks.append(at)
        raise OperationalError("away")

    monkeypatch.setattr(operations, "tick", tick)
    running()
    assert until(lambda: len(ticks) > 2)


def test_a_worker_that_was_late_itself_judges_nobody(committed_db, monkeypatch):
    reaped = []
    monkeypatch.setattr(operations, "reap", lambda *, at: reaped.append(at))
    worker = Worker()
    worker._last_beat = timezone.now() - timedelta(seconds=30)
    worker._reap()
    assert reaped == []
    worker._reap()
    assert len(reaped) == 1
    assert runner.LATE < operations.DEAD_AFTER


@pytest.mark.django_db
def test_a_job_taken_between_the_look_and_the_claim_is_nobodys_loss(jobs, tmp_path, monkeypatch):
    jobs.note.enqueue(str(tmp_path))
    looked = DBTaskResult.objects.ready

    def taken_meanwhile():
        found = looked()
        monkeypatch.setattr(found, "exists", lambda: bool(DBTaskResult.objects.update(status="RUNNING")))
        return found

    monkeypatch.setattr(DBTaskResult.objects, "ready", taken_meanwhile)
    assert operations.claim("a", at=timezone.now()) is None
