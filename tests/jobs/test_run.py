"""Enqueue, run, retry, give up, reap, schedule: with the clock in hand."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from nganam.jobs import api, operations, queries
from nganam.jobs.models import Schedule, WorkerBeat
from nganam.jobs.runner import execute, run_one, run_pending

pytestmark = pytest.mark.django_db


def only():
    return DBTaskResult.objects.get()


def test_a_job_runs_once_and_keeps_its_result(jobs, tmp_path):
    jobs.note.enqueue(str(tmp_path), text="một")
    assert run_pending() == 1
    assert run_one() is False
    row = only()
    assert (row.status, row.return_value, len(row.worker_ids)) == ("SUCCESSFUL", {"text": "một"}, 1)
    assert (tmp_path / "notes").read_text() == "một\n"


def test_a_job_enqueued_in_a_transaction_that_fails_never_runs(jobs, tmp_path):
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - the deed before the failure is the point
        jobs.note.enqueue(str(tmp_path))
        _ = 1 / 0
    assert run_pending() == 0


def test_a_failing_job_rests_longer_each_time_and_succeeds_in_the_end(jobs, tmp_path):
    jobs.flaky.enqueue(str(tmp_path), 2)
    for attempt, rest in ((1, 10), (2, 20)):
        before = timezone.now()
        assert run_one()
        row = only()
        assert (row.status, len(row.worker_ids)) == ("READY", attempt)
        assert "máy chủ bận" in row.traceback
        assert rest * 0.8 <= (row.run_after - before).total_seconds() <= rest * 1.2 + 5
        assert run_one() is False
        DBTaskResult.objects.update(run_after=timezone.now())
    assert run_one()
    assert (only().status, only().return_value) == ("SUCCESSFUL", "ok")


def test_a_job_that_keeps_failing_is_given_up_and_stays_to_be_looked_at(jobs, tmp_path):
    jobs.flaky.enqueue(str(tmp_path), 99)
    for _ in range(3):
        assert run_one()
        DBTaskResult.objects.update(run_after=timezone.now())
    assert run_one() is False
    assert list(queries.failed_jobs()) == [only()]
    assert only().exception_class_path == "builtins.ConnectionError"
    assert operations.prune(at=timezone.now() + timedelta(days=365)) == 0


def test_a_result_that_is_no_json_and_a_job_that_is_gone_are_failures(jobs):
    jobs.broken.enqueue()
    assert run_one()
    assert only().exception_class_path == "builtins.TypeError"
    DBTaskResult.objects.update(status="READY", task_path="probe_jobs.gone")
    assert run_one()
    assert (only().status, only().exception_class_path) == ("FAILED", "builtins.ImportError")


def test_two_workers_never_take_the_same_job(jobs, tmp_path):
    jobs.note.enqueue(str(tmp_path))
    now = timezone.now()
    assert operations.claim("a", at=now).attempt == 1
    assert operations.claim("b", at=now) is None


def test_a_lost_workers_job_goes_to_another_and_the_lost_one_cannot_spoil_it(jobs, tmp_path):
    jobs.note.enqueue(str(tmp_path))
    began = timezone.now()
    operations.beat("a", started_at=began, at=began)
    lost = operations.claim("a", at=began)
    assert operations.reap(at=began + timedelta(seconds=5)) == 0
    later = began + timedelta(seconds=10)
    operations.beat("b", started_at=later, at=later)
    assert operations.reap(at=later) == 1
    assert only().status == "READY"
    DBTaskResult.objects.update(run_after=timezone.now())
    second = operations.claim("b", at=later)
    assert operations.settle(lost, value="cũ", at=later) is False
    assert operations.fail(lost, ValueError("cũ"), at=later) is False
    assert operations.settle(second, value="mới", at=later) is True
    assert (only().status, only().return_value) == ("SUCCESSFUL", "mới")


def test_a_living_workers_long_job_is_left_alone(jobs, tmp_path):
    jobs.note.enqueue(str(tmp_path))
    began = timezone.now()
    operations.claim("a", at=began)
    much_later = began + timedelta(hours=1)
    operations.beat("a", started_at=began, at=much_later)
    assert operations.reap(at=much_later) == 0
    assert only().status == "RUNNING"


def test_a_job_that_kills_its_workers_is_given_up(jobs, tmp_path):
    jobs.note.enqueue(str(tmp_path))
    now = timezone.now() - timedelta(hours=1)
    for _ in range(operations.LOST_ATTEMPTS):
        assert operations.claim("w", at=now)
        now += timedelta(seconds=20)
        assert operations.reap(at=now) == 1
    assert (only().status, only().exception_class_path) == ("FAILED", "nganam.jobs.WorkerLost")


def test_a_stopping_worker_gives_back_what_it_cannot_finish(jobs, tmp_path):
    jobs.note.enqueue(str(tmp_path))
    held = operations.claim("a", at=timezone.now())
    assert operations.release(held, at=timezone.now())
    assert run_pending() == 1


def test_a_finished_attempt_is_settled_once(jobs, tmp_path):
    jobs.note.enqueue(str(tmp_path))
    held = operations.claim("a", at=timezone.now())
    execute(held)
    execute(held)  # a worker that could not write the outcome runs it again: nothing is settled twice
    assert only().status == "SUCCESSFUL"


def test_a_schedule_runs_in_vietnamese_time_once_for_each_slot(jobs):
    at = datetime(2026, 11, 3, 2, tzinfo=UTC)
    operations.sync_schedules(at=at)
    row = Schedule.objects.get(task_path="probe_jobs.nightly")
    assert row.next_run_at == datetime(2026, 11, 3, 20, tzinfo=UTC)  # 3:00 on the 4th in Vietnam
    assert str(row) == "probe_jobs.nightly 0 3 * * *"
    Schedule.objects.exclude(pk=row.pk).delete()
    assert operations.tick(at=at + timedelta(hours=17)) == 0
    assert operations.tick(at=at + timedelta(hours=18)) == 1
    assert operations.tick(at=at + timedelta(hours=18)) == 0
    assert run_pending() == 1
    row.refresh_from_db()
    assert row.next_run_at == datetime(2026, 11, 4, 20, tzinfo=UTC)
    assert row.last_run_at == at + timedelta(hours=18)


def test_slots_missed_while_nothing_ran_are_made_up_by_one_run(jobs):
    at = datetime(2026, 11, 3, 2, tzinfo=UTC)
    operations.sync_schedules(at=at)
    Schedule.objects.exclude(task_path="probe_jobs.nightly").delete()
    assert operations.tick(at=at + timedelta(days=10)) == 1
    assert operations.tick(at=at + timedelta(days=10, minutes=1)) == 0


def test_schedules_follow_the_code(jobs, monkeypatch):
    at = datetime(2026, 11, 3, 2, tzinfo=UTC)
    operations.sync_schedules(at=at)
    kept = Schedule.objects.get(pk="probe_jobs.nightly")
    operations.sync_schedules(at=at + timedelta(days=1))
    assert Schedule.objects.get(pk="probe_jobs.nightly").next_run_at == kept.next_run_at
    api._crons["probe_jobs.nightly"] = "0 4 * * *"
    operations.sync_schedules(at=at)
    assert Schedule.objects.get(pk="probe_jobs.nightly").next_run_at == kept.next_run_at + timedelta(hours=1)
    del api._crons["probe_jobs.nightly"]
    operations.sync_schedules(at=at)
    assert not Schedule.objects.filter(pk="probe_jobs.nightly").exists()
    assert set(api.schedules()) == {one.pk for one in queries.schedules()}


def test_a_wrong_cron_expression_stops_the_start_not_the_night():
    with pytest.raises(ValueError, match="every night"):
        api.job(cron="every night")


def test_the_rest_between_attempts_grows_up_to_its_cap():
    policy = api.Policy(max_attempts=99, backoff=5)
    assert 4 <= policy.delay(1) <= 6
    assert 8 <= policy.delay(2) <= 12
    assert policy.delay(1000) <= 3600 * 1.2
    assert api.policy("nobody.knows").max_attempts == 1


def test_health_counts_workers_and_jobs(jobs, tmp_path):
    at = timezone.now()
    assert queries.health(at).workers == 0
    operations.beat("a", started_at=at, at=at)
    operations.beat("a", started_at=at, at=at)
    jobs.note.enqueue(str(tmp_path))
    jobs.broken.enqueue()
    operations.claim("a", at=at)
    found = queries.health(timezone.now())
    assert (found.workers, found.ready, found.running, found.failed) == (1, 1, 1, 0)
    assert found.oldest_ready_at is not None
    assert str(WorkerBeat.objects.get()) == "a"
    operations.leave("a")
    assert queries.health(at).workers == 0


def test_finished_jobs_are_forgotten_after_thirty_days(jobs, tmp_path):
    from nganam.jobs.tasks import prune_finished

    jobs.note.enqueue(str(tmp_path))
    run_pending()
    assert operations.prune(at=timezone.now() + timedelta(days=29)) == 0
    DBTaskResult.objects.update(finished_at=timezone.now() - timedelta(days=31))
    assert prune_finished.call() == 1
