"""The gateway's snapshots and nodes for the operator's own programs, by the same deeds as the pages."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from nganam.api.auth import OfficerKey
from nganam.api.schemas import REFUSALS
from nganam.kernel.errors import NotAllowed, NotFound
from nganam.lgsp import policies
from nganam.lgsp.snapshots import operations, queries, recording, watching
from nganam.lgsp.snapshots.models import GatewaySnapshot, SnapshotPin

MOST = 100
router = Router(auth=OfficerKey(), tags=["Bản cấu hình LGSP"])


class SnapshotOut(Schema):
    """A snapshot; ``restores`` is the older one it follows, ``causes`` the recorded deeds that led to it."""

    number: int
    at: datetime
    state: str
    digest: str
    published_by: str
    restores: int | None
    counts: dict[str, Any]
    causes: list[dict[str, Any]]
    problem: str


class ChangeOut(Schema):
    """A member that changed."""

    name: str
    before: str
    after: str


class DifferenceOut(Schema):
    """A thing that was added, removed or changed."""

    kind: str
    code: str
    changes: list[ChangeOut]


class ComparisonOut(Schema):
    """How the later snapshot differs from the earlier."""

    earlier: int
    later: int
    services: list[DifferenceOut]
    grants: list[DifferenceOut]
    denials: list[DifferenceOut]
    limits: list[DifferenceOut]
    keys: list[DifferenceOut]


class NodeOut(Schema):
    """A node: ``current`` when it serves exactly what was published; else ``behind`` and ``refused`` name the files."""

    name: str
    running: bool
    live: bool
    current: bool
    snapshot: int | None
    wanted: int | None
    behind: list[str] = []
    refused: list[str] = []
    rejected: int = 0


class NodesOut(Schema):
    """Every node of the gateway and every data server; ``held_to`` is the snapshot all are held to, if they are."""

    held_to: int | None
    gateways: list[NodeOut]
    servers: list[NodeOut]


class PinOut(Schema):
    """The gateway held to a snapshot, until ``released_at``."""

    snapshot: int
    reason: str
    pinned_at: datetime
    pinned_by: str
    released_at: datetime | None
    released_by: str


class ReasonIn(Schema):
    """Why."""

    reason: str = Field(max_length=operations.LONGEST_REASON)


class SnapshotWindow(Schema):
    """Which part of the list, newest first."""

    limit: int = Field(20, ge=1, le=MOST)
    offset: int = Field(0, ge=0, le=100_000)


def _told(one: GatewaySnapshot) -> dict[str, Any]:
    shown = ("number", "at", "state", "digest", "restores", "counts", "causes", "problem")
    return {**{name: getattr(one, name) for name in shown}, "published_by": one.actor_name}


def _pin(pin: SnapshotPin) -> dict[str, Any]:
    shown = ("reason", "pinned_at", "pinned_by", "released_at", "released_by")
    return {**{name: getattr(pin, name) for name in shown}, "snapshot": pin.snapshot.number}


@router.get(
    "/gateway/snapshots", response={200: list[SnapshotOut], **REFUSALS}, operation_id="gateway_snapshots",
    summary="Các bản cấu hình LGSP",
)  # fmt: skip
def snapshots(request: HttpRequest, window: Query[SnapshotWindow]) -> list[dict[str, Any]]:
    """List the snapshots, newest first; only the operator of the gateway has any."""
    found = queries.snapshots_for(request.actor)[window.offset : window.offset + window.limit]
    return [_told(one) for one in found]


@router.get(
    "/gateway/snapshots/{number}", response={200: SnapshotOut, **REFUSALS}, operation_id="gateway_snapshot",
    summary="Một bản cấu hình LGSP",
)  # fmt: skip
def snapshot(request: HttpRequest, number: int) -> dict[str, Any]:
    """Return one snapshot."""
    return _told(queries.get_snapshot_for(request.actor, number))


@router.get(
    "/gateway/snapshots/{earlier}/compare/{number}", response={200: ComparisonOut, **REFUSALS},
    operation_id="gateway_compare", summary="So sánh hai bản cấu hình LGSP",
)  # fmt: skip
def compare(request: HttpRequest, earlier: int, number: int) -> dict[str, Any]:
    """Return how two snapshots differ, in full; secrets are masked."""
    first, second = (queries.get_snapshot_for(request.actor, one) for one in (earlier, number))
    found = queries.comparison(first, second)
    if found is None:
        raise NotFound("Tệp của một trong hai bản không còn giữ.")
    return {"earlier": first.number, "later": second.number, **asdict(found)}


@router.get(
    "/gateway/nodes", response={200: NodesOut, **REFUSALS}, operation_id="gateway_nodes", summary="Các nút của LGSP"
)
def nodes(request: HttpRequest) -> dict[str, Any]:
    """Ask every node what it serves."""
    refusal = policies.may_change_snapshot(request.actor)
    if refusal:
        raise NotAllowed(refusal)
    pin = recording.pin()
    gateways = [
        {
            "name": one.node.name, "running": one.health.running, "live": one.health.live, "current": one.current,
            "snapshot": one.health.snapshot, "wanted": one.wanted, "behind": list(one.behind),
            "refused": list(one.refused), "rejected": one.health.rejected,
        }
        for one in watching.node_states()
    ]  # fmt: skip
    servers = [
        {"name": one.address, "running": one.running, "live": one.running, "current": one.current,
         "snapshot": one.snapshot, "wanted": one.wanted}
        for one in watching.server_states()
    ]  # fmt: skip
    return {"held_to": pin.snapshot.number if pin else None, "gateways": gateways, "servers": servers}


@router.post(
    "/gateway/snapshots/{number}/roll-back", response={200: PinOut, **REFUSALS}, operation_id="gateway_roll_back",
    summary="Quay lại một bản cấu hình LGSP",
)  # fmt: skip
def roll_back(request: HttpRequest, number: int, sent: ReasonIn) -> dict[str, Any]:
    """Hold the gateway to a snapshot; nothing withdrawn since comes back."""
    found = queries.get_snapshot_for(request.actor, number)
    return _pin(operations.roll_back(found, actor=request.actor, at=request.at, reason=sent.reason))


@router.post(
    "/gateway/release", response={200: PinOut, **REFUSALS}, operation_id="gateway_release",
    summary="Bỏ giữ bản cấu hình LGSP",
)  # fmt: skip
def release(request: HttpRequest, sent: ReasonIn) -> dict[str, Any]:
    """Let the gateway follow the decisions again."""
    return _pin(operations.release(actor=request.actor, at=request.at, reason=sent.reason))
