"""Lineage for an officer's programs: the graph both ways, and loads as OpenLineage run events."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from nganam.api.auth import OfficerKey
from nganam.api.schemas import MOST, REFUSALS
from nganam.face.templatetags.nganam import label
from nganam.kernel.errors import Invalid
from nganam.lineage import openlineage, queries
from nganam.lineage.graph import Link, Node

router = Router(auth=OfficerKey(), tags=["Dòng dữ liệu"])


class LineageFieldOut(Schema):
    """A column, data item or heading; ``is_assumed``: nothing recorded says what it is called there."""

    name: str
    title: str
    type: str
    classification: str
    is_assumed: bool


class LineageNodeOut(Schema):
    """A thing that holds or gets data; ``calls`` of the last 30 days (of a dataset its downloads)."""

    id: str
    kind: str
    code: str
    title: str
    agency: str
    state: str
    is_wrong: bool
    version: str
    classification: str
    calls: int | None
    fields: list[LineageFieldOut]


class LineageLinkOut(Schema):
    """Data go from ``upper`` to ``lower``; pairs of fields, and of those that only filter or are asked by."""

    upper: str
    lower: str
    pairs: list[tuple[str, str]]
    filters: list[tuple[str, str]]
    is_meant: bool


class LineageOut(Schema):
    """The graph around ``focus``; what it comes from and what depends on it are ids of nodes, the most used first."""

    focus: str
    column: str
    upstream: list[str]
    downstream: list[str]
    nodes: list[LineageNodeOut]
    links: list[LineageLinkOut]


class ColumnAsked(Schema):
    """Which column to tell of; none: the whole table."""

    column: str = Field("", max_length=63)


class RunEventOut(Schema):
    """An OpenLineage RunEvent, 2-0-2."""

    eventType: str  # noqa: N815 - the standard's names
    eventTime: str  # noqa: N815
    producer: str
    schemaURL: str  # noqa: N815
    run: dict[str, Any]
    job: dict[str, Any]
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]


class EventsOut(Schema):
    """Events of some loads; ``next`` is the ``after`` for those behind them, "" when there are no more now."""

    events: list[RunEventOut]
    next: str


class EventsAsked(Schema):
    """Which loads: ended at ``since`` or later, behind the load ``after``; two events each."""

    since: datetime | None = Field(None, description="Thời điểm có múi giờ, ví dụ 2026-11-24T09:00:00+07:00")
    after: str = Field("", max_length=40)
    limit: int = Field(20, ge=1, le=MOST)


@router.get(
    "/lineage/tables/{table}", response={200: LineageOut, **REFUSALS}, summary="Dòng dữ liệu của một bảng hoặc một cột"
)
def table_lineage(request: HttpRequest, table: str, asked: Query[ColumnAsked]) -> dict[str, Any]:
    """Return where a table of the caller's agency, or one of its columns, comes from and what depends on it."""
    return _told(queries.of_table(request.actor, table, request.at, column=asked.column))


@router.get("/lineage/sources/{source}", response={200: LineageOut, **REFUSALS}, summary="Những gì phụ thuộc một nguồn")
def source_lineage(request: HttpRequest, source: str) -> dict[str, Any]:
    """Return what breaks when a source of the caller's agency stops."""
    return _told(queries.of_source(request.actor, source, request.at))


@router.get(
    "/lineage/loads/{code}", response={200: list[RunEventOut], **REFUSALS}, summary="Một lượt nạp theo OpenLineage"
)
def load_events(request: HttpRequest, code: str) -> list[dict[str, Any]]:
    """Return the OpenLineage run events of a load: START, and COMPLETE or FAIL once it has ended."""
    return openlineage.events_of_load(request.actor, code)


@router.get("/lineage/events", response={200: EventsOut, **REFUSALS}, summary="Các lượt nạp theo OpenLineage")
def lineage_events(request: HttpRequest, asked: Query[EventsAsked]) -> dict[str, Any]:
    """List the run events of ended loads from an instant on, for harvesting; ask again with ``after`` = ``next``."""
    if asked.since is not None and asked.since.tzinfo is None:
        told = _("Thời điểm cần múi giờ, ví dụ 2026-11-24T09:00:00+07:00.")
        raise Invalid(told, fields={"since": [told]})
    found = list(openlineage.ended_for(request.actor, since=asked.since, after=asked.after)[: asked.limit + 1])
    loads = found[: asked.limit]
    return {
        "events": [event for load in loads for event in openlineage.events(load)],
        "next": loads[-1].code if len(found) > len(loads) else "",
    }


def _told(story: queries.Story) -> dict[str, Any]:
    return {
        "focus": story.focus.id, "column": story.column,
        "upstream": [one.id for one in story.upstream], "downstream": [one.id for one in story.downstream],
        "nodes": [_node(one) for one in story.graph.nodes.values()],
        "links": [_link(one) for one in story.graph.links],
    }  # fmt: skip


def _node(one: Node) -> dict[str, Any]:
    shown = ("id", "kind", "code", "title", "agency", "is_wrong", "version", "classification", "calls", "fields")
    return {name: getattr(one, name) for name in shown} | {"state": label(one.state)}


def _link(one: Link) -> dict[str, Any]:
    return {
        "upper": one.upper, "lower": one.lower, "pairs": sorted(one.pairs), "filters": sorted(one.filters),
        "is_meant": one.is_meant,
    }  # fmt: skip
