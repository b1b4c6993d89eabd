"""Retention of the exchange log: what is older than the usage regulation of its database says is removed (D45.3).

Entries go from bundles and rows; their hashes stay, so that the tree verifies as before. What is removed is first
recorded in the log itself: verification accepts no other gap.
"""

import json
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
from django.db import transaction
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
from nganam.lgsp.evidence.lines import DROPPED, UNREADABLE
from nganam.lgsp.evidence.sources import sources_of
from nganam.lgsp.evidence.tiles import WIDTH, pack, read_bundle, tile_path
from nganam.lgsp.models import Exchange
from nganam.lgsp.terms import CALLS
from nganam.services.models import Service

MOST = 1_000_000
MOST_RANGES = 1500
WAIT = 60.0
Range = tuple[int, int]


def months_for(day: date) -> tuple[int, dict[str, int]]:
    """Return the local term in months, and for each service whose database's regulation says another one, that."""
    length = terms.length_of(CALLS.key, rules_on(day).version)
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
    """Return the entries' numbers from 1; only of full bundles, since the collector still writes the last one.

    The entries themselves are asked, not the rows: calls of the sandbox have none. They came in the order of their
    time, so the first bundle in which nothing can be old is the last to look at; a straggler goes the next time.
    """
    folder, latest = queries.data() / evidence.FOLDER, max([general, *own.values()])
    found: list[int] = []
    for number in range(evidence.read_state(folder).size // WIDTH):
        times = _times_in(folder, number)
        if times and all(at >= latest for _index, at, _code in times):
            break
        found += [index + 1 for index, at, code in times if at < own.get(code, general)]
        if len(found) >= MOST:
            break
    return found[:MOST]


class _Dated(msgspec.Struct):
    at: str = ""
    kind: str = ""
    serviceCode: str = ""  # noqa: N815 - the log's name


_dated = msgspec.json.Decoder(_Dated).decode


def _times_in(folder: Path, number: int) -> list[tuple[int, datetime, str]]:
    """Return index, time and service of a bundle's calls; what is none of them (unreadable, a removal) stays."""
    try:
        entries = read_bundle(folder, number, WIDTH)
    except FileNotFoundError:
        return []
    found = []
    for index, entry in enumerate(entries, number * WIDTH):
        with suppress(ValueError):
            said = _dated(entry)
            if said.kind not in {UNREADABLE, DROPPED}:
                found.append((index, datetime.fromisoformat(said.at).astimezone(UTC), said.serviceCode))
    return found


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
