"""Whether what is served is what was built, and not older than promised; what is not goes out of service."""

from datetime import datetime, timedelta

import structlog

from nganam.audit.operations import record
from nganam.kernel.actors import Actor
from nganam.serving import withdrawn
from nganam.warehouse import places
from nganam.warehouse.engine import replica
from nganam.warehouse.models import Table

PROMISE = timedelta(minutes=10)
"""How long after a version was made an older one may still be served (nội bộ)."""
log = structlog.get_logger(__name__)


def is_out(table: Table) -> bool:
    """Say whether the present replica of a table has been taken out of service."""
    told = replica.current(places.replicas(table))
    return told is not None and bool(withdrawn.why_out(places.replicas(table) / told["file"]))


def withdraw_if_damaged(table: Table, *, actor: Actor, at: datetime) -> bool:
    """Compare the replica with its digest; take it out of service when it differs. Return whether it did."""
    folder = places.replicas(table)
    told = replica.current(folder)
    if told is None or replica.is_sound(folder) or replica.current(folder) != told:
        return False
    return _withdraw(table, told["file"], withdrawn.DAMAGED, actor=actor, at=at)


def withdraw_if_stale(table: Table, *, actor: Actor, at: datetime) -> bool:
    """Take a replica out of service that is older than the table's version by more than is promised."""
    version, told = table.versions.first(), replica.current(places.replicas(table))
    if version is None or told is None or told["version"] >= version.number or at - version.committed_at < PROMISE:
        return False
    return _withdraw(table, told["file"], withdrawn.STALE, actor=actor, at=at)


def _withdraw(table: Table, file: str, why: str, *, actor: Actor, at: datetime) -> bool:
    path = places.replicas(table) / file
    if withdrawn.why_out(path):
        return False
    withdrawn.withdraw(path, why, at=at)
    log.error("replica_withdrawn", table=table.code, file=file, why=why)
    record(
        actor=actor, at=at, action="warehouse.replica.withdrawn", object_type="warehouse.table",
        object_code=table.code, agency=table.agency.code, details={"file": file, "why": why},
    )  # fmt: skip
    return True
