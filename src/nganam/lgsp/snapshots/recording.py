"""Rows of snapshots: what is in force, what caused it, what was refused and who was told."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.audit.models import Entry
from nganam.kernel.actors import Actor, Role
from nganam.lgsp.snapshots import comparing
from nganam.lgsp.snapshots.archive import Kept
from nganam.lgsp.snapshots.models import GatewaySnapshot, SnapshotPin
from nganam.notices import operations as notices

State = GatewaySnapshot.State
MOST_CAUSES = 50
PAGE = "/giam-sat/ban-cau-hinh/"


def in_force() -> GatewaySnapshot | None:
    """Return the snapshot in force."""
    return GatewaySnapshot.objects.filter(state=State.IN_FORCE).first()


def last_good() -> GatewaySnapshot | None:
    """Return the newest snapshot the gateway has served under."""
    return GatewaySnapshot.objects.filter(state__in=[State.IN_FORCE, State.REPLACED]).first()


def next_number() -> int:
    """Return the number of the next snapshot; the caller holds the gateway's lock."""
    last: int | None = GatewaySnapshot.objects.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def was_refused(digest: str) -> bool:
    """Say whether the newest snapshot is this one, and was refused."""
    last = GatewaySnapshot.objects.first()
    return last is not None and last.state == State.REFUSED and last.digest == digest


def pin() -> SnapshotPin | None:
    """Return what the gateway is held to, if it is."""
    return SnapshotPin.objects.filter(is_live=True).select_related("snapshot").first()


@transaction.atomic
def record(kept: Kept, *, restores: int | None, at: datetime, actor: Actor) -> GatewaySnapshot:
    """Write a snapshot down as the one in force."""
    GatewaySnapshot.objects.filter(state=State.IN_FORCE).update(state=State.REPLACED)
    row = _create(kept, State.IN_FORCE, at=at, actor=actor, restores=restores)
    _audit("lgsp.gateway.published", row, at=at, actor=actor)
    return row


@transaction.atomic
def refuse(kept: Kept, *, problem: str, at: datetime, actor: Actor) -> GatewaySnapshot:
    """Write down that Envoy refused a snapshot before it was put anywhere, and tell the lead agency."""
    row = _create(kept, State.REFUSED, at=at, actor=actor, problem=problem)
    _audit("lgsp.snapshot.refused", row, at=at, actor=actor)
    tell(row, at, _("Bản cấu hình LGSP số %(number)s bị từ chối; bản cũ vẫn phục vụ") % {"number": row.number})
    return row


@transaction.atomic
def reject(row: GatewaySnapshot, *, problem: str, at: datetime, actor: Actor) -> SnapshotPin | None:
    """Write down that a running node refused a snapshot, and hold the gateway to the last good one.

    ``None`` when there is no earlier one, or it is held already.
    """
    GatewaySnapshot.objects.filter(pk=row.pk).update(state=State.REJECTED, problem=problem)
    row.refresh_from_db()
    _audit("lgsp.snapshot.rejected", row, at=at, actor=actor)
    tell(row, at, _("Cổng LGSP từ chối bản cấu hình số %(number)s") % {"number": row.number})
    good = last_good()
    if good is None or pin() is not None:
        return None
    return SnapshotPin.objects.create(snapshot=good, reason=problem, pinned_at=at, pinned_by=actor.name)


def tell(row: GatewaySnapshot, at: datetime, title: str) -> None:
    """Tell the lead agency, which runs the gateway."""
    notices.notify(
        at=at, title=title, body=row.problem, link=f"{PAGE}{row.number}/", role=Role.LEAD, event="lgsp.snapshot.refused"
    )


def describe(row: GatewaySnapshot, kept: Kept, before: Kept | None) -> None:
    """Add to a row how much it changed. Apart from :func:`record`, which calls wait for."""
    changed = comparing.compare(before, kept).counts()
    GatewaySnapshot.objects.filter(pk=row.pk).update(counts={**comparing.counts(kept), "changed": changed})


def _create(kept: Kept, state: str, *, at: datetime, actor: Actor, **more: Any) -> GatewaySnapshot:
    since = GatewaySnapshot.objects.aggregate(last=Max("audit_seq"))["last"]
    upto = Entry.objects.aggregate(last=Max("seq"))["last"] or 0
    return GatewaySnapshot.objects.create(
        number=kept.number, at=at, state=state, digest=kept.digest, actor_name=actor.name, audit_seq=upto,
        causes=_causes(since, upto), **more,
    )  # fmt: skip


DECIDING = ("sharing.account", "lgsp.key", "lgsp.platform", "lgsp.open_tier")
"""What deeds can change what the gateway is told, beside those on services."""


def _causes(since: int | None, upto: int) -> list[dict[str, Any]]:
    """Return the recorded deeds since the last snapshot that can have led to this one, the newest first.

    The first snapshot of all has no cause but the start.
    """
    if since is None:
        return []
    rooms = Q(object_type__startswith="services.") | Q(object_type__in=DECIDING)
    pins = Q(action__in=["lgsp.snapshot.rolled_back", "lgsp.snapshot.released", "lgsp.snapshot.rejected"])
    found = Entry.objects.filter(rooms | pins, seq__gt=since, seq__lte=upto).order_by("-seq")[:MOST_CAUSES]
    return [
        {
            "seq": one.seq, "at": one.at.isoformat(), "action": one.action, "object": one.object_code,
            "who": one.actor_name,
        }
        for one in found
    ]  # fmt: skip


def _audit(action: str, row: GatewaySnapshot, *, at: datetime, actor: Actor) -> None:
    details = {"number": row.number, "digest": row.digest, "restores": row.restores, "problem": row.problem[:300]}
    audit.record(
        actor=actor, at=at, action=action, object_type="lgsp.gateway", object_code=str(row.number), details=details
    )
