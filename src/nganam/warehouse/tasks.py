"""Jobs of the room: run a load, make a file, finish what was left, load by schedule.

A job is a door: it reads the clock itself.
"""

from datetime import datetime, time, timedelta
from typing import Any

import structlog
from django.utils import timezone

from nganam.jobs.api import job
from nganam.kernel.actors import system
from nganam.kernel.clock import VIETNAM
from nganam.kernel.errors import NganamError
from nganam.warehouse import loading, operations, queries, retaining, taking
from nganam.warehouse.engine.faults import OUTSIDE
from nganam.warehouse.models import Table
from nganam.warehouse.transforms import operations as models

RESTS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=45))
"""How long after each failure a scheduled load is tried again when its source is away: a local choice."""
log = structlog.get_logger(__name__)
WORKER = system("worker", "Kho dữ liệu")


@job(max_attempts=3)
def run(code: str) -> str:
    """Run one load to its end; return the state it is in then."""
    return loading.run_load(actor=WORKER, now=timezone.now, code=code).state


@job(cron="* * * * *")
def repair() -> list[str]:
    """Finish loads whose process was killed; return their codes."""
    return loading.repair(actor=WORKER, now=timezone.now)


@job(cron="37 1 * * *", max_attempts=3)
def verify_replicas() -> list[str]:
    """Compare what is served with what was built; mend what differs and return those tables."""
    return loading.verify_replicas(actor=WORKER, now=timezone.now)


@job(max_attempts=3)
def make_file(pk: int) -> str:
    """Make one file of a version; return the state it is in then."""
    return taking.make_file(actor=WORKER, now=timezone.now, pk=pk, patience=taking.PATIENCE).state


@job(cron="* * * * *")
def resume_files() -> int:
    """Make files whose maker was killed; return how many."""
    return taking.resume(actor=WORKER, now=timezone.now)


@job(cron="51 2 * * *", max_attempts=3)
def remove_unused_files() -> int:
    """Remove files of versions long unused; return how many."""
    return taking.remove_unused(actor=WORKER, at=timezone.now())


@job(cron="21 3 * * *", max_attempts=3)
def remove_old_versions() -> dict[str, int]:
    """Remove versions whose years of retention are over; return how many by table."""
    return retaining.remove_old(actor=WORKER, now=timezone.now)


@job(cron="* * * * *")
def run_models() -> list[str]:
    """Start the models that are due; return their loads' codes."""
    return models.run_due(actor=WORKER, at=timezone.now())


@job(max_attempts=3)
def follow_load(_code: str, _payload: dict[str, Any]) -> list[str]:
    """React to the end of a load: what is made from its table is due now, or waits no longer."""
    return models.run_due(actor=WORKER, at=timezone.now())


@job(max_attempts=3)
def tell_of_erasure(code: str, payload: dict[str, Any]) -> int:
    """React to an erasure in a table: the owners of what is computed from it look after their versions."""
    return models.tell_of_erasure(at=timezone.now(), erasure=code, table=payload["table"], rows=payload["rows"])


@job(cron="* * * * *")
def scheduled() -> list[str]:
    """Start the loads that are due today, or whose source was away when they were tried; return their codes."""
    at = timezone.now()
    started = []
    for table in Table.objects.exclude(schedule="").filter(source__isnull=False).select_related("source", "agency"):
        if _is_due(table, at):
            try:
                started.append(operations.start_load(actor=WORKER, at=at, table=table).code)
            except NganamError as error:
                log.warning("scheduled_load_not_started", table=table.code, why=error.message)
    return started


def _is_due(table: Table, at: datetime) -> bool:
    local = at.astimezone(VIETNAM)
    due = datetime.combine(local.date(), time.fromisoformat(table.schedule), VIETNAM)
    return local >= due and not queries.active_load(table) and _is_wanted(table, due, at)


def _is_wanted(table: Table, due: datetime, at: datetime) -> bool:
    """Say whether nothing was loaded since ``due``, or what the schedule tried failed outside and its rest is over."""
    tried = list(queries.loads_since(table, due)[: len(RESTS) + 1])
    if not tried:
        return True
    last, alone = tried[0], all(one.by == WORKER.name and one.fault in OUTSIDE for one in tried)
    rest = RESTS[len(tried) - 1] if len(tried) <= len(RESTS) else None
    return alone and rest is not None and last.ended_at is not None and at >= last.ended_at + rest
