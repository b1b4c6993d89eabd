"""Jobs of the room. A job is a door: it reads the clock itself."""

from typing import Any

from django.utils import timezone

from nganam.jobs.api import job
from nganam.kernel.actors import system
from nganam.master import running

WORKER = system("worker", "Dữ liệu chủ")


@job(max_attempts=3)
def run(code: str, number: int) -> str:
    """Match a set; return the state its run is in then."""
    return running.run(actor=WORKER, now=timezone.now, code=code, number=number).state


@job(cron="* * * * *")
def repair() -> list[str]:
    """Finish runs whose process was killed; drop files that may hold what was erased and match anew."""
    return running.repair(actor=WORKER, now=timezone.now)


@job(cron="37 4 * * *", max_attempts=3)
def match_new_versions() -> list[str]:
    """Match sets whose tables have new versions; return their codes."""
    return running.match_new_versions(actor=WORKER, at=timezone.now())


@job(max_attempts=3)
def follow_erasure(_erasure: str, _payload: dict[str, Any]) -> list[str]:
    """Drop the files of sets over a table from which rows were erased, and match anew, without waiting a minute."""
    return running.repair(actor=WORKER, now=timezone.now)
