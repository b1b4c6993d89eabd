"""Writes to the queue: claim, run, settle, retry, reap, tick. Times are arguments; the worker reads the clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from traceback import format_exception
from typing import Any

import structlog
from croniter import croniter
from django.db import transaction
from django.utils.module_loading import import_string
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from nganam.jobs import api
from nganam.jobs.models import Schedule, WorkerBeat
from nganam.kernel.clock import VIETNAM

Row = DBTaskResult[Any, Any]
log = structlog.get_logger("nganam.jobs")
BEAT_EVERY = 2.0
DEAD_AFTER = timedelta(seconds=9)
LOST_ATTEMPTS = 3
LOST = "nganam.jobs.WorkerLost"
KEEP_FINISHED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in the hands of one worker; ``started_at`` tells this attempt from any later one."""

    row: Row
    started_at: datetime

    @property
    def attempt(self) -> int:
        """Return the number of this attempt, from 1."""
        return len(self.row.worker_ids)


def claim(worker_id: str, *, at: datetime) -> Claim | None:
    """Take the most urgent ready job for ``worker_id``, or return ``None``; two workers never take the same one."""
    if not DBTaskResult.objects.ready().exists():  # a read first: an idle worker takes no write lock
        return None
    with transaction.atomic():
        row = DBTaskResult.objects.ready().select_for_update(skip_locked=True).first()
        if row is None:
            return None
        worker_ids = [*row.worker_ids, worker_id]
        DBTaskResult.objects.filter(pk=row.pk).update(
            status=TaskResultStatus.RUNNING, started_at=at, worker_ids=worker_ids
        )
    row.status, row.started_at, row.worker_ids = TaskResultStatus.RUNNING, at, worker_ids
    return Claim(row, at)


def settle(claim: Claim, *, value: object, at: datetime) -> bool:
    """Record success; say ``False`` when the job was taken away meanwhile (this worker was thought lost)."""
    return _finish(
        claim, status=TaskResultStatus.SUCCESSFUL, return_value=value, finished_at=at,
        exception_class_path="", traceback="",
    )  # fmt: skip


def fail(claim: Claim, error: BaseException, *, at: datetime) -> bool:
    """Record a failed attempt: the job rests and is tried again, or is given up. One write, so no retry is lost."""
    path = f"{type(error).__module__}.{type(error).__qualname__}"
    trace = "".join(format_exception(error))
    plan = api.policy(claim.row.task_path)
    if claim.attempt >= plan.max_attempts:
        return _finish(
            claim, status=TaskResultStatus.FAILED, finished_at=at, exception_class_path=path, traceback=trace
        )
    later = at + timedelta(seconds=plan.delay(claim.attempt))
    return _finish(claim, status=TaskResultStatus.READY, run_after=later, exception_class_path=path, traceback=trace)


def release(claim: Claim, *, at: datetime) -> bool:
    """Give a job back untouched, at once: the worker is stopping and cannot finish it."""
    return _finish(claim, status=TaskResultStatus.READY, run_after=at)


def _finish(claim: Claim, **changes: object) -> bool:
    mine = DBTaskResult.objects.filter(pk=claim.row.pk, status=TaskResultStatus.RUNNING, started_at=claim.started_at)
    return bool(mine.update(**changes))


def beat(worker_id: str, *, started_at: datetime, at: datetime) -> None:
    """Say that the worker lives."""
    WorkerBeat.objects.update_or_create(worker_id=worker_id, defaults={"started_at": started_at, "at": at})


def leave(worker_id: str) -> None:
    """Take the worker off the list: an orderly stop."""
    WorkerBeat.objects.filter(worker_id=worker_id).delete()


@transaction.atomic
def reap(*, at: datetime) -> int:
    """Give jobs of workers that stopped beating to the others; return how many.

    A job that lost its worker ``LOST_ATTEMPTS`` times is given up: it may be what kills them.
    """
    since = at - DEAD_AFTER
    alive = set(WorkerBeat.objects.filter(at__gte=since).values_list("worker_id", flat=True))
    taken = 0
    for row in DBTaskResult.objects.running().filter(started_at__lt=since).select_for_update(skip_locked=True):
        if not row.worker_ids or row.worker_ids[-1] not in alive:
            taken += _take_back(row, at)
    WorkerBeat.objects.filter(at__lt=at - 60 * DEAD_AFTER).delete()
    return taken


def _take_back(row: Row, at: datetime) -> int:
    attempts = len(row.worker_ids)
    again = attempts < max(LOST_ATTEMPTS, api.policy(row.task_path).max_attempts)
    log.warning("worker lost", task=row.task_path, id=str(row.pk), attempts=attempts, again=again)
    changes: dict[str, object] = {"status": TaskResultStatus.READY, "run_after": at}
    if not again:
        changes = {"status": TaskResultStatus.FAILED, "finished_at": at, "exception_class_path": LOST}
    lost = DBTaskResult.objects.filter(pk=row.pk, status=TaskResultStatus.RUNNING, started_at=row.started_at)
    return lost.update(**changes)


def next_slot(cron: str, after: datetime) -> datetime:
    """Return the first instant after ``after`` that ``cron`` names in Vietnamese time."""
    found: datetime = croniter(cron, after.astimezone(VIETNAM)).get_next(datetime)
    return found


@transaction.atomic
def sync_schedules(*, at: datetime) -> None:
    """Make the schedule table say what the code declares: new and changed ones from now, undeclared ones gone."""
    declared = api.schedules()
    Schedule.objects.exclude(task_path__in=declared).delete()
    kept = {row.task_path: row.cron for row in Schedule.objects.select_for_update()}
    for path, cron in declared.items():
        if kept.get(path) != cron:
            values = {"cron": cron, "next_run_at": next_slot(cron, at)}
            Schedule.objects.update_or_create(task_path=path, defaults=values)


@transaction.atomic
def tick(*, at: datetime) -> int:
    """Enqueue every job whose slot has come and set its next one, together: a slot runs exactly once.

    Slots missed while no worker ran are made up by a single run.
    """
    started = 0
    for row in Schedule.objects.select_for_update(skip_locked=True).filter(next_run_at__lte=at):
        import_string(row.task_path).enqueue()
        Schedule.objects.filter(pk=row.pk).update(next_run_at=next_slot(row.cron, at), last_run_at=at)
        started += 1
    return started


def prune(*, at: datetime) -> int:
    """Forget finished jobs older than ``KEEP_FINISHED``; failed ones stay for somebody to look at."""
    old = DBTaskResult.objects.successful().filter(finished_at__lt=at - KEEP_FINISHED)
    return old.delete()[0]
