"""Jobs of the room. A job is a door: it reads the clock itself."""

from typing import Any

from django.utils import timezone

from nganam.jobs.api import job
from nganam.services import closing, revising, sandbox
from nganam.services.upstreams import operations as upstreams


@job(cron="4 0 * * *", max_attempts=3)
def bring_into_force() -> list[str]:
    """Bring every version whose announced day has come into force, just after midnight in Vietnam."""
    return revising.bring_due_into_force(at=timezone.now())


@job(max_attempts=5, backoff=5)
def follow_agency_end(code: str, payload: dict[str, Any]) -> list[str]:  # noqa: ARG001 - a reaction gets both
    """React to the end of an agency: end what it provided, if its day has come and nobody takes over."""
    return closing.end_services_of_closed(at=timezone.now())


@job(cron="2 0 * * *", max_attempts=5, backoff=60)
def end_services_of_closed() -> list[str]:
    """End, just after midnight, what agencies provided whose last day was yesterday."""
    return closing.end_services_of_closed(at=timezone.now())


@job(cron="* * * * *", max_attempts=1)
def look_up_upstreams() -> list[str]:
    """Ask every minute what the names of agencies' systems mean: the gateway follows a move, and no rebinding."""
    return upstreams.look_up_again(at=timezone.now())


@job(max_attempts=3, backoff=2)
def make_sandbox(code: str, payload: dict[str, Any]) -> list[str]:  # noqa: ARG001 - a reaction gets both
    """React to a publication or a new version: make the sandbox copies that are missing or outdated."""
    return sandbox.ensure_copies(at=timezone.now())


@job(cron="* * * * *", max_attempts=1)
def keep_sandboxes() -> list[str]:
    """Make again every minute the sandbox copies whose table has another contract by now, or that were lost."""
    return sandbox.ensure_copies(at=timezone.now())
