"""Watches the nodes: which snapshot each has taken; goes back to the last good one when a running node refuses."""

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor
from nganam.lgsp import gateway, publishing, queries, swapping
from nganam.lgsp.gateway import Health, Node
from nganam.lgsp.snapshots import recording
from nganam.serving.snapshot import read_snapshot

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node beside what it is to have: ``behind`` names the files it has not taken yet."""

    node: Node
    health: Health
    wanted: int
    behind: tuple[str, ...]
    refused: tuple[str, ...]
    at: str = ""
    """When what it is to have was published."""

    @property
    def current(self) -> bool:
        """Say whether the node serves exactly what was published."""
        return self.health.live and not self.behind


@dataclass(frozen=True, slots=True)
class ServerState:
    """A data server: whether it answers, and the snapshot it serves beside the one it is to."""

    address: str
    running: bool
    snapshot: int | None
    wanted: int | None

    @property
    def current(self) -> bool:
        """Say whether it serves what was published."""
        return self.running and self.snapshot == self.wanted


def node_states() -> list[NodeState]:
    """Ask every node."""
    return [_state(node) for node in gateway.nodes(queries.data())]


def _state(node: Node) -> NodeState:
    health, told = gateway.health(queries.data(), node.name), gateway.published(node.folder)
    behind = tuple(health.behind(told.get("versions", {}))) if health.running else ()
    return NodeState(
        node, health, int(told.get("number", 0)), behind, _refused(health, told, behind), told.get("at", "")
    )


def _refused(health: Health, told: Mapping[str, Any], behind: tuple[str, ...]) -> tuple[str, ...]:
    """Return the files a node has refused, not those it is still reading: its count of refusals has grown.

    A node that started after the publication counts from nothing.
    """
    ran_before = health.started < told.get("written", 0.0)
    before: Mapping[str, int] = told.get("refused", {}) if ran_before else {}
    return tuple(name for name in behind if health.refused.get(name, 0) > before.get(name, 0))


def server_states() -> list[ServerState]:
    """Ask every data server the nodes send to."""
    listen = gateway.listening(queries.data())
    wanted = _told_number()
    return [_asked(host, port, wanted) for host, port in listen.data_servers()]


def _told_number() -> int | None:
    try:
        return read_snapshot(queries.data() / publishing.TOLD).number
    except (OSError, ValueError):
        return None


def _asked(host: str, port: int, wanted: int | None) -> ServerState:
    address = f"{host}:{port}"
    try:
        with closing(http.client.HTTPConnection(host, port, timeout=0.5)) as link:
            link.request("GET", "/healthz")
            told = json.loads(link.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return ServerState(address, running=False, snapshot=None, wanted=wanted)
    return ServerState(address, running=True, snapshot=told.get("snapshot"), wanted=wanted)


def go_back_if_refused(*, at: datetime, actor: Actor = publishing.KEEPER) -> bool:
    """Hold the gateway to the last good snapshot when a running node refuses the one in force; say whether it was."""
    states = node_states()
    if all(one.current for one in states):
        gateway.confirm(queries.data(), min(one.at for one in states))
    refusing = [one for one in states if one.refused]
    if not refusing:
        return False
    with swapping.held(queries.data() / gateway.FOLDER):
        row = recording.in_force()
        # Asked again under the lock: another may have gone back meanwhile.
        refusing = [one for one in node_states() if one.refused and row and one.wanted == row.number]
        if row is None or not refusing:
            return False
        files = "; ".join(f"{one.node.name}: {', '.join(one.refused)}" for one in refusing)
        problem = _("Envoy đang chạy từ chối: %(files)s. Xem log/gateway*.log.") % {"files": files}
        log.error("snapshot_rejected", number=row.number, files=files)
        recording.reject(row, problem=problem, at=at, actor=actor)
    publishing.publish_snapshot(at=at, actor=actor)
    return True
