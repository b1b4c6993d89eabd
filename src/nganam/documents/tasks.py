"""Jobs of the room."""

from datetime import timedelta

from django.utils import timezone

from nganam.documents import files
from nganam.jobs.api import job
from nganam.kernel.actors import system

UNFINISHED_AFTER = timedelta(hours=24)


@job(max_attempts=8, backoff=20)
def keep_letter(code: str) -> str:
    """Draw the PDF of an issued letter and keep it as it is; return the digest it is kept by."""
    from nganam.documents import keeping  # noqa: PLC0415 - it stands above the operations that enqueue this

    paper = keeping.keep_letter(actor=system("worker"), at=timezone.now(), code=code)
    return paper.file.sha256 if paper.file else ""


@job(cron="17 2 * * *", max_attempts=3)
def sweep_unfinished() -> int:
    """Remove uploads that were broken off more than a day ago; return how many."""
    return files.sweep((timezone.now() - UNFINISHED_AFTER).timestamp())
