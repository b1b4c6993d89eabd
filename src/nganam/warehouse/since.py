"""Loads that read of a source only what has changed since the last one, and when they must read it whole again.

How far a source was read stands in the load itself: it counts once the load has ended well, which is written in one
transaction with the version.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from nganam.warehouse import places, queries
from nganam.warehouse.engine import cursors, landing
from nganam.warehouse.models import Load, Source, Table, Way
from nganam.warehouse.ruling import ruled


def plan(table: Table, *, at: datetime, whole: bool = False) -> tuple[Way, dict[str, Any]]:
    """Return how the table's source is to be read next, and after which cursor.

    Whole when nothing tells how far it was read, when the rows the table has now are not the source's or were checked
    by other rules, when the source has been declared to be elsewhere since, and when the last whole reading is older
    than the table allows: deleted rows leave only so.
    """
    if not table.cursor:
        return Way.WHOLE, {}
    ended = table.loads.filter(state__in=queries.ENDED_WELL)
    last_whole = ended.filter(way=Way.WHOLE).first()
    last = ended.filter(source=table.source, cursor__column=table.cursor).first()
    present = queries.current_version(table)
    if whole or last is None or last_whole is None or not last.cursor.get("until") or present is None:
        return Way.WHOLE, {"column": table.cursor}
    old = at - last_whole.created_at >= timedelta(days=table.compare_days)
    foreign = last_whole.source != table.source or not last_whole.cursor.get("until")
    moved = table.source is None or {one.cursor.get("place") for one in (last, last_whole)} != {_place(table.source)}
    if old or foreign or moved or ruled(present.shape) != ruled(table.shape):
        return Way.WHOLE, {"column": table.cursor}
    return Way.SINCE, {"column": table.cursor, "after": last.cursor["until"]}


def land(load: Load, source: Source, *, at: datetime, told: Callable[[int], None]) -> landing.Landed:
    """Read the source as planned and note how far; ``told`` hears how many rows came.

    Raises what ``cursors.reach`` and ``databases`` raise.
    """
    from nganam.warehouse.engine import databases  # noqa: PLC0415 - SQLAlchemy: only a database source needs it

    table, place = load.table, places.database(source)
    said = load.cursor
    reach = cursors.reach(place, said["column"], after=said.get("after", ""), overlap=table.cursor_overlap, at=at)
    if reach.since:
        place = cursors.since(place, said["column"], reach.since)
    landed = databases.land_database(place, places.landing(), limit=settings.NGANAM_UPLOAD_LIMIT * 20, told=told)
    load.cursor = {**said, "since": reach.since, "until": reach.until, "place": _place(source)}
    Load.objects.filter(pk=load.pk).update(cursor=load.cursor)
    return landed


def _place(source: Source) -> str:
    """Return a digest of where a source is and what is read of it: a cursor says nothing about another place."""
    said = [source.kind, source.secret_ref, source.relation, source.query]
    if source.entered is not None:
        said += [source.entered.place, source.entered.database]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
