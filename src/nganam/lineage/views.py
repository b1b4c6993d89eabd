"""Pages of lineage: around a table or one of its columns, and what breaks when a source stops."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from nganam.face.doors import Audience, door
from nganam.lineage import drawing, queries
from nganam.lineage.words import KINDS
from nganam.warehouse import queries as warehouse
from nganam.warehouse.views import OFFICERS


@require_safe
@door(Audience.OFFICER, roles=OFFICERS)
def table(request: HttpRequest, table: str) -> HttpResponse:
    """Show where a table comes from and what depends on it; ``?cot=`` tells of one column."""
    found = warehouse.get_table_for(request.actor, table)
    column = request.GET.get("cot", "")
    story = queries.of_known_table(request.actor, found, request.at, column=column)
    context = {
        "table": found, "title": found.title, "column": found.shape.column(column) if column else None,
        "mapped": [] if column else story.columns,
    }  # fmt: skip
    return render(request, "lineage/table.html", context | _told(story))


@require_safe
@door(Audience.OFFICER, roles=OFFICERS)
def source(request: HttpRequest, code: str) -> HttpResponse:
    """Show what depends on a source: what breaks when it stops, the most used first."""
    found = warehouse.get_source_for(request.actor, code)
    story = queries.of_known_source(request.actor, found, request.at)
    affected = [{"kind": kind, "name": str(KINDS[kind]), "nodes": nodes} for kind, nodes in story.affected]
    context = {"source": found, "title": found.name, "affected": affected}
    return render(request, "lineage/source.html", context | _told(story))


def _told(story: queries.Story) -> dict[str, object]:
    return {
        "story": story, "picture": drawing.draw(story.graph, story.focus.id, fields=bool(story.column)),
        "kinds": KINDS, "days": queries.DAYS,
    }  # fmt: skip
