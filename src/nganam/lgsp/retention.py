"""Retention of the exchange log: what is older than the usage regulation of its database says is removed (D45.3).

Entries go from bundles and rows; their hashes stay, so that the tree verifies as before. What is removed is first
recorded in the log itself: verification accepts no other gap.
"""

import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.deadlines import terms
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Unavailable
from nganam.kernel.workdays import add_months
from nganam.law.rules import rules_on
from nganam.lgsp import queries
from nganam.lgsp.evidence import log as evidence
from nganam.lgsp.evidence.collector import DEEDS, instant
from nganam.lgsp.evidence.lines import DROPPED
from nganam.lgsp.evidence.sources import sources_of
from nganam.lgsp.evidence.tiles import WIDTH, pack, read_bundle, tile_path
from nganam.lgsp.models import Exchange
from nganam.services.models import Service

TERM = "log_retention"
MONTHS = 24
MOST = 1_000_000
MOST_RANGES = 1500
WAIT = 60.0
Range = tuple[int, int]


def months_for(day: date) -> tuple[int, dict[str, int]]:
    """Return the local term in months, and for each service whose database's regulation says another one, that."""
    length = terms.length_of(TERM, rules_on(day).version)
    rows = Service.objects.exclude(database__log_months=None).values_list("code", "database__log_months")
    return int(length.value), {code: months for code, months in rows if months is not None}


def cutoffs(day: date) -> tuple[datetime, dict[str, datetime]]:
    """Return the instant before which calls are too old: in general, and by service."""
    general, own = months_for(day)
    return _before(day, general), {code: _before(day, months) for code, months in own.items()}


def _before(day: date, months: int) -> datetime:
    return queries.start_of(add_months(day, -months))


def drop_old_entries(*, actor: Actor, at: datetime, wait: float = WAIT) -> int:
    """Remove what is older than its term from evidence and rows; return how many calls that were.

    Raises ``Unavailable`` when the collector does not record the removal within ``wait`` seconds: nothing is removed.
    """
    general, own = cutoffs(local_date(at))
    seqs = _too_old(general, own)
    if not seqs:
        return 0
    ranges = list(_ranges(seq - 1 for seq in seqs))
    folder = queries.data() / evidence.FOLDER
    _wait_for(folder, _put_down(folder, ranges, at), wait)
    for number in sorted({index // WIDTH for start, end in ranges for index in _bundle_starts(start, end)}):
        _blank(folder, number, ranges)
    with transaction.atomic():
        for start, end in ranges:
            Exchange.everything.filter(seq__gt=start, seq__lte=end).delete()
        audit.record(
            actor=actor, at=at, action="lgsp.log.dropped", object_type="lgsp.log", object_code="lgsp",
            details={"calls": len(seqs), "before": general, "by_service": own},
        )  # fmt: skip
    return len(seqs)


def _too_old(general: datetime, own: Mapping[str, datetime]) -> list[int]:
    """Return the rows' numbers; only of full bundles, since the collector still writes the last one."""
    whole = evidence.read_state(queries.data() / evidence.FOLDER).size // WIDTH * WIDTH
    old = Q(at__lt=general) & ~Q(service__in=list(own))
    for code, before in own.items():
        old |= Q(service=code, at__lt=before)
    found = Exchange.everything.filter(old, seq__lte=whole).order_by("seq")
    return list(found.values_list("seq", flat=True)[:MOST])


def _ranges(indexes: Iterable[int]) -> Iterator[Range]:
    start = end = -1
    for index in indexes:
        if index != end:
            if end > start:
                yield start, end
            start = index
        end = index + 1
    if end > start:
        yield start, end


def _bundle_starts(start: int, end: int) -> range:
    return range(start // WIDTH * WIDTH, end, WIDTH)


def _put_down(folder: Path, ranges: list[Range], at: datetime) -> Path:
    """Write the record of what is to go where the collector takes it into the log."""
    said = [
        {"at": instant(at), "kind": DROPPED, "article": "D45.3", "ranges": ranges[first : first + MOST_RANGES]}
        for first in range(0, len(ranges), MOST_RANGES)
    ]
    said[0]["id"] = secrets.token_hex(16)  # a file is known by its first line
    path = folder / DEEDS / f"{at:%Y%m%dT%H%M%S%f}.jsonl"
    evidence.replace(path, b"".join(json.dumps(one).encode() + b"\n" for one in said))
    return path


def _wait_for(folder: Path, path: Path, seconds: float) -> None:
    until = time.monotonic() + seconds
    identity = next(one.identity for one in sources_of(path.parent, "", path.name))
    while evidence.read_state(folder).positions.get(identity) != path.stat().st_size:
        if time.monotonic() > until:
            path.unlink()
            raise Unavailable(
                _("Tiến trình collector không ghi nhận việc xóa nhật ký cũ; chưa xóa gì."),
                hint=_("Kiểm tra tiến trình collector rồi chạy lại việc này."),
            )
        time.sleep(0.1)


def _blank(folder: Path, number: int, ranges: list[Range]) -> None:
    """Take entries out of a full bundle; a bundle with none left is removed."""
    try:
        entries = read_bundle(folder, number, WIDTH)
    except FileNotFoundError:
        return
    first = number * WIDTH
    for start, end in ranges:
        for index in range(max(start, first), min(end, first + WIDTH)):
            entries[index - first] = b""
    path = folder / tile_path("entries", number)
    if any(entries):
        evidence.replace(path, pack(entries))
    else:
        path.unlink()
