"""Reads of the queue, for the monitoring pages and the supervisor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult

from nganam.jobs.models import Schedule, WorkerBeat
from nganam.jobs.operations import DEAD_AFTER, Row


@dataclass(frozen=True, slots=True)
class Health:
    """How the background stands: ``oldest_ready_at`` grows old when workers cannot keep up."""

    workers: int
    ready: int
    running: int
    failed: int
    oldest_ready_at: datetime | None


def health(at: datetime) -> Health:
    """Return the state of workers and queue at ``at``."""
    ready = DBTaskResult.objects.ready()
    return Health(
        workers=WorkerBeat.objects.filter(at__gte=at - DEAD_AFTER).count(),
        ready=ready.count(),
        running=DBTaskResult.objects.running().count(),
        failed=DBTaskResult.objects.failed().count(),
        oldest_ready_at=ready.order_by("enqueued_at").values_list("enqueued_at", flat=True).first(),
    )


def waits_for(task: Task[..., Any]) -> bool:
    """Say whether a run of a job waits for a worker already."""
    return DBTaskResult.objects.ready().filter(task_path=task.module_path).exists()


def failed_jobs() -> QuerySet[Row]:
    """Return the jobs that were given up, latest first."""
    return DBTaskResult.objects.failed().order_by("-finished_at")


def schedules() -> QuerySet[Schedule]:
    """Return the schedules, next run first."""
    return Schedule.objects.all()
