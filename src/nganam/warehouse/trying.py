"""Trying a source: connect, read its first rows, say what they seem to be or what is in the way.

Nothing of it is kept but what its columns are and a few samples; those that look personal are masked.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from nganam.agencies.queries import unit_codes_on
from nganam.audit.operations import record
from nganam.cases.requirements import allow
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import NganamError
from nganam.warehouse import apis, places, policies
from nganam.warehouse.engine import landing, reading, rest
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.engine.survey import MOST_ROWS, survey
from nganam.warehouse.models import Source, SourceKind

log = structlog.get_logger(__name__)
SECONDS = 15
LONGEST_PAUSE = 2.0
PEEKED = 100 * landing.MEGABYTE


@dataclass(frozen=True, slots=True)
class Answer:
    """What a try gave: columns and how many rows were seen, or the fault."""

    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: int | None = None
    fault: str = ""
    params: dict[str, Any] = field(default_factory=dict)


def try_source(*, actor: Actor, at: datetime, source: Source) -> Source:
    """Connect to a source and look at its first rows; the answer is kept with it, good or bad, and audited.

    What was seen before stays when this try fails. The source is asked outside the transaction.
    """
    allow(policies.may_declare(actor, source.agency.code))
    return _keep(source, _asked(source, at), actor=actor, at=at)


@transaction.atomic
def _keep(source: Source, answer: Answer, *, actor: Actor, at: datetime) -> Source:
    source.tried_at, source.tried_by = at, actor.name
    source.fault, source.fault_params = answer.fault, answer.params
    if not answer.fault:
        source.seen, source.seen_rows = answer.columns, answer.rows
    source.save(update_fields=["tried_at", "tried_by", "fault", "fault_params", "seen", "seen_rows"])
    record(
        actor=actor, at=at, action="warehouse.source.tried", object_type="warehouse.source", object_code=source.code,
        agency=source.agency.code, details={"fault": answer.fault} if answer.fault else {"rows": answer.rows},
    )  # fmt: skip
    return source


def _asked(source: Source, at: datetime) -> Answer:
    try:
        titles, rows = _look(source)
    except NganamError as error:
        return Answer(fault=str(error.details.get("fault", "unexpected")), params=dict(error.details.get("params", {})))
    except Exception:
        log.exception("source_not_tried", source=source.code)
        return Answer(fault="source_down", params={"name": source.name})
    return Answer(survey(titles, rows, unit_codes_on(local_date(at))), len(rows))


def _look(source: Source) -> tuple[list[str], list[list[str]]]:
    if source.kind == SourceKind.REST:
        return _look_at_api(source)
    if source.kind != SourceKind.FILE:
        from nganam.warehouse.engine import databases  # noqa: PLC0415 - SQLAlchemy: only a database source needs it

        return databases.peek(places.database(source), MOST_ROWS, seconds=SECONDS)
    path = places.source_file(source)
    if not path.is_file():
        raise fault("source_file_missing", name=source.name, file=path.name)
    size, limit = path.stat().st_size, settings.NGANAM_UPLOAD_LIMIT
    if size > limit:
        raise fault("too_large", name=source.name, limit_mb=limit // landing.MEGABYTE)
    return _first_rows(landing.Landed("", size, path, landing.sniff(path, source.name)), source.name)


def _first_rows(landed: landing.Landed, name: str) -> tuple[list[str], list[list[str]]]:
    shape = reading.inspect(landed, name)
    rows = [cells for _line, cells in islice(reading.rows_of(landed, name, shape), MOST_ROWS)]
    return list(shape.header), rows


def _look_at_api(source: Source) -> tuple[list[str], list[list[str]]]:
    """Read as many pages as hold the first rows; they lie in a folder of their own until they have been looked at."""
    places.work("").mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="thu-", dir=places.work("")) as folder:
        reader = apis.reader(source, rest.Limits(seconds=SECONDS, look_seconds=SECONDS))
        landed = rest.land_rest(reader, Path(folder), limit=PEEKED, most=MOST_ROWS, wait=_wait)
        return _first_rows(landed, f"{source.name}.ndjson")


def _wait(seconds: float) -> None:
    """Wait for a busy server less long than a load does: somebody looks at the page meanwhile."""
    time.sleep(min(seconds, LONGEST_PAUSE))
