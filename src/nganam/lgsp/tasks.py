"""Jobs of the room."""

from typing import Any

from django.utils import timezone

from nganam.jobs.api import job
from nganam.lgsp import certificates, operations, quotas, tokens
from nganam.lgsp.beyond import operations as platforms
from nganam.lgsp.publishing import KEEPER
from nganam.lgsp.pushes import gathering
from nganam.lgsp.snapshots.operations import forget_snapshots
from nganam.lgsp.watching import health, tallying
from nganam.lgsp.watching import operations as watching
from nganam.lgsp.webhooks import operations as webhooks


@job(max_attempts=5, backoff=1)
def compile_gateway(code: str, payload: dict[str, Any]) -> list[str]:  # noqa: ARG001 - a reaction gets both
    """React to a decision: publish; return the files replaced. The keeper would find it too, within a second."""
    return list(operations.publish_snapshot(at=timezone.now()).files)


@job(max_attempts=3)
def ingest() -> int:
    """Take in the exchange log now; the keeper does it all the time."""
    return operations.ingest_log(at=timezone.now())


@job(cron="23 7 * * *", max_attempts=3)
def remind_of_certificates() -> int:
    """Tell agencies of certificates that end within a month."""
    at = timezone.now()
    return certificates.remind_of_ends(at=at) + platforms.remind_of_ends(at=at)


@job(cron="37 3 * * *", max_attempts=3, backoff=300)
def drop_old_log() -> int:
    """Remove what of the exchange log is older than its term (D45.3)."""
    return operations.drop_old_entries(actor=KEEPER, at=timezone.now())


@job(cron="17 3 * * *", max_attempts=3)
def forget_old() -> int:
    """Remove used assertions that have expired, files of snapshots past their time, and counts of periods long past."""
    at = timezone.now()
    used = tokens.forget_old(at=at) + forget_snapshots(at=at) + gathering.forget_old(at=at)
    return used + quotas.forget_old(at=at) + webhooks.forget_old(at=at) + tallying.forget_old(at=at)


@job(cron="11 * * * *", max_attempts=3)
def look_up_platforms() -> list[str]:
    """Ask every hour what the names of platforms beyond the province mean."""
    return platforms.look_up_again(at=timezone.now())


@job(max_attempts=5, backoff=1)
def push_change(code: str, payload: dict[str, Any]) -> int:  # noqa: ARG001 - a reaction gets both
    """React to a new version of a table: write the messages and send them at once."""
    at = timezone.now()
    made = webhooks.tell_of_version(code, at=at)
    if made:
        webhooks.deliver_due(at=timezone.now())
    return made


@job(cron="* * * * *")
def deliver_webhooks() -> int:
    """Send the messages that are due, every minute."""
    return webhooks.deliver_due(at=timezone.now())


@job(cron="* * * * *")
def gather_pushes() -> list[str]:
    """Load what was pushed and tell what became of it; the keeper asks for it as soon as there is something."""
    return gathering.gather(actor=KEEPER, now=timezone.now)


@job(cron="* * * * *")
def watch() -> list[int]:
    """Judge by the rules every minute: open incidents and close them; return how many of each."""
    platform, at = health.lasting_trouble(), timezone.now()
    return list(watching.judge(at=at, platform=platform, is_late=health.is_late(at)))
