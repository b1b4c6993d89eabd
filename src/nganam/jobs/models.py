"""Tables beside the queue of ``django_tasks_db``: heartbeats of workers and schedules."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class WorkerBeat(models.Model):
    """A worker process and when it last said it lives."""

    worker_id = models.CharField(max_length=64, primary_key=True)
    started_at = models.DateTimeField(_("Khởi động lúc"))
    at = models.DateTimeField(_("Báo sống lúc"), db_index=True)

    class Meta:
        """Latest first."""

        verbose_name = _("Tiến trình nền")
        ordering: ClassVar[list[str]] = ["-at"]

    def __str__(self) -> str:
        return self.worker_id


class Schedule(models.Model):
    """When a job declared with ``cron`` runs next (cron is read in Vietnamese time)."""

    task_path = models.CharField(max_length=200, primary_key=True)
    cron = models.CharField(_("Lịch"), max_length=60)
    next_run_at = models.DateTimeField(_("Lần chạy tới"), db_index=True)
    last_run_at = models.DateTimeField(_("Lần chạy trước"), null=True, blank=True)

    class Meta:
        """In order of the next run."""

        verbose_name = _("Lịch công việc")
        ordering: ClassVar[list[str]] = ["next_run_at"]

    def __str__(self) -> str:
        return f"{self.task_path} {self.cron}"
