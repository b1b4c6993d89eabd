"""How jobs are run: one job in this thread, or a whole worker with its threads, heartbeat and orderly stop."""

import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.db import close_old_connections, connection
from django.utils import timezone

from nganam.jobs import operations
from nganam.jobs.operations import Claim

log = structlog.get_logger("nganam.jobs")
POLL = 0.2
THREADS = 2
GRACE = 20.0
LATE = timedelta(seconds=3 * operations.BEAT_EVERY)


def run_one(worker_id: str = "inline") -> bool:
    """Run one ready job in this thread; say whether there was one. A failing job is recorded, never raised."""
    claim = operations.claim(worker_id, at=timezone.now())
    if claim is None:
        return False
    execute(claim)
    return True


def run_pending(limit: int = 10_000) -> int:
    """Run every ready job in this thread and those they enqueue; return how many ran. For tests and commands."""
    done = 0
    while done < limit and run_one():
        done += 1
    return done


def execute(claim: Claim) -> None:
    """Run a claimed job and record what came of it."""
    with structlog.contextvars.bound_contextvars(job=claim.row.task_path, job_id=str(claim.row.pk)):
        started = time.monotonic()
        try:
            value = _call(claim)
            operations.settle(claim, value=value, at=timezone.now())
        except Exception as error:  # noqa: BLE001 - whatever a job raises is its outcome
            log.warning("job failed", attempt=claim.attempt, error=repr(error))
            operations.fail(claim, error, at=timezone.now())
        else:
            log.info("job done", seconds=round(time.monotonic() - started, 3))


def _call(claim: Claim) -> Any:
    packed = claim.row.args_kwargs
    value = claim.row.task.call(*packed["args"], **packed["kwargs"])
    json.dumps(value)  # a result that is no JSON is the job's failure, told here rather than by the database
    return value


class Worker:
    """One worker process: ``THREADS`` threads take jobs, one more beats, reaps and keeps the schedules."""

    def __init__(self, *, threads: int = THREADS, grace: float = GRACE) -> None:
        self.worker_id = f"{socket.gethostname()[:30]}.{os.getpid()}.{secrets.token_hex(4)}"
        self.stopping = threading.Event()
        self.grace = grace
        self._count = threads
        self._threads: list[threading.Thread] = []
        self._held: dict[int, Claim] = {}
        self._started_at = timezone.now()
        self._last_beat = self._started_at

    def run(self) -> None:
        """Work until ``stop``; then let running jobs end, give back those that do not end in time, and leave."""
        self._begin()
        try:
            self.stopping.wait()
        finally:
            self._end()

    def stop(self) -> None:
        """Ask for an orderly stop; asked twice, jobs still running are given back at once."""
        if self.stopping.is_set():
            self.grace = 0.0
        self.stopping.set()

    def _begin(self) -> None:
        at = timezone.now()
        operations.sync_schedules(at=at)
        operations.beat(self.worker_id, started_at=self._started_at, at=at)
        loops: list[Callable[[], None]] = [self._keep_beating, *[self._take_jobs] * self._count]
        self._threads = [threading.Thread(target=loop, daemon=True) for loop in loops]
        for thread in self._threads:
            thread.start()
        self._write_ready(at)
        log.info("worker started", worker=self.worker_id, threads=self._count)

    def _end(self) -> None:
        until = time.monotonic() + self.grace
        while any(thread.is_alive() for thread in self._threads) and time.monotonic() < until and self.grace:
            time.sleep(0.05)
        for claim in list(self._held.values()):
            operations.release(claim, at=timezone.now())
        operations.leave(self.worker_id)
        ready_file().unlink(missing_ok=True)
        log.info("worker stopped", worker=self.worker_id, given_back=len(self._held))

    def _write_ready(self, at: datetime) -> None:
        path = ready_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps({"pid": os.getpid(), "worker": self.worker_id, "at": at.isoformat()}))
        beside.replace(path)

    def _take_jobs(self) -> None:
        while not self.stopping.is_set():
            try:
                busy = self._take_one()
            except Exception:
                log.exception("worker loop")
                close_old_connections()
                self.stopping.wait(1.0)
            else:
                self.stopping.wait(0 if busy else POLL)
        connection.close()

    def _take_one(self) -> bool:
        claim = operations.claim(self.worker_id, at=timezone.now())
        if claim is None:
            return False
        self._held[threading.get_ident()] = claim
        while True:
            try:
                execute(claim)
                break
            except Exception:
                # The job's outcome could not be written (the database is away). Running it again is allowed, so do.
                log.exception("outcome not written", job=claim.row.task_path)
                close_old_connections()
                if self.stopping.wait(1.0):
                    return True
        del self._held[threading.get_ident()]
        close_old_connections()
        return True

    def _keep_beating(self) -> None:
        while not self.stopping.wait(operations.BEAT_EVERY):
            for step in (self._beat, self._reap, self._tick):
                try:
                    step()
                except Exception:
                    log.exception("worker beat", step=step.__name__)
                    close_old_connections()
        connection.close()

    def _beat(self) -> None:
        operations.beat(self.worker_id, started_at=self._started_at, at=timezone.now())

    def _reap(self) -> None:
        """Judge others only when this worker itself beats on time: a locked database makes everybody late."""
        now = timezone.now()
        on_time = now - self._last_beat < LATE
        self._last_beat = now
        if on_time:
            operations.reap(at=now)

    def _tick(self) -> None:
        operations.tick(at=timezone.now())


def ready_file() -> Path:
    """Return the file that exists while a worker takes jobs."""
    return Path(settings.DATA) / "run" / "worker.ready"
