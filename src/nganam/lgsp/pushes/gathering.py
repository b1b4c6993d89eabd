"""What becomes of pushes: those that wait go into a load together, and each sender is told what became of its own.

Safe to kill at any moment: a push is in the spool until its receipt is a row, written in one transaction with the
load; a file whose receipt is a row already has been taken. A table's pushes are taken in the order they came, and
loaded by the same load as any file: checked, scanned, judged, one version or none.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext

from nganam.cases.requirements import allow
from nganam.kernel.actors import Actor
from nganam.kernel.errors import NganamError
from nganam.lgsp.pushes import policies
from nganam.lgsp.pushes.models import Push, PushDoor
from nganam.serving import spool
from nganam.serving.pushing import Kept, Said
from nganam.warehouse import places, queries
from nganam.warehouse.engine import faults, landing, rejected
from nganam.warehouse.models import Load, Way
from nganam.warehouse.operations import open_load, resume

Now = Callable[[], datetime]
log = structlog.get_logger(__name__)
MOST_RECORDS, MOST_BYTES = 200_000, 64 * 1024 * 1024
"""What one load takes at most, and one push more."""
MOST_TOLD, MOST_ERRORS, LATELY = 1_000, 20, 20
RESTS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
"""How long after each fault of ours (a full disk) the same records are tried again: a local choice."""
KEPT_DAYS = timedelta(days=90)
STATES = {"received": "loading", "checking": "loading", "committed": "loaded"}
MESSAGES = {
    "loading": "Đang nạp vào kho.",
    "loaded": "Đã nạp; bảng có phiên bản mới.",
    "unchanged": "Đã kiểm tra; dữ liệu của bảng không đổi.",
}


def gather(*, actor: Actor, now: Now) -> list[str]:
    """Tell what has become of pushes and load what waits; return the codes of the loads begun.

    One process at a time does it for a table; another finds nothing to do.
    """
    begun = []
    for door in PushDoor.objects.select_related("table__agency"):
        place = spool.folder(Path(settings.DATA), door.code)
        with places.alone(place / ".lock") as alone:
            try:
                load = _tend(door, place, actor=actor, at=now()) if alone else None
            except NganamError as error:
                log.warning("pushes_not_taken", door=door.code, why=error.message)
                continue
        if load is not None:
            begun.append(load.code)
    return begun


def _tend(door: PushDoor, place: Path, *, actor: Actor, at: datetime) -> Load | None:
    allow(policies.may_grant(actor, door.table))
    tell(door, place)
    if queries.active_load(door.table):
        return None
    failed = _to_try_again(door)
    if failed is not None:
        is_due = failed.ended_at is None or at >= failed.ended_at + RESTS[_tries(failed) - 1]
        return resume(actor=actor, at=at, load=failed) if is_due else None
    return _take(door, place, actor=actor, at=at)


def _to_try_again(door: PushDoor) -> Load | None:
    """Return the last load when it failed by a fault of ours and is to be tried again; those after it wait."""
    last = door.table.loads.first()
    if last is None or last.way != Way.PUSH or last.state != "failed" or last.fault != "unexpected":
        return None
    return last if _tries(last) <= len(RESTS) else None


def _tries(load: Load) -> int:
    """Return how often in a row the same records have failed."""
    tries = 0
    for one in load.table.loads.all()[: len(RESTS) + 1]:
        if one.landing_sha != load.landing_sha or one.state != "failed":
            break
        tries += 1
    return tries


# -- taking --


@dataclass(slots=True)
class Batch:
    """The pushes one load takes: their files, and what is written down of each."""

    pushes: list[Push] = field(default_factory=list)
    records: list[list[bytes]] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Say whether no more goes in."""
        sizes = sum(one.size for one in self.pushes)
        return sum(one.records for one in self.pushes) >= MOST_RECORDS or sizes >= MOST_BYTES


def _take(door: PushDoor, place: Path, *, actor: Actor, at: datetime) -> Load | None:
    waiting = spool.waiting(place)
    taken = set(
        Push.objects.filter(door=door, receipt__in=[head.receipt for head, _path in waiting][:MOST_TOLD])
        .values_list("receipt", flat=True)
    )  # fmt: skip
    batch = Batch()
    for head, path in waiting[:MOST_TOLD]:
        if head.receipt in taken:  # by a worker that was killed before it took the file away
            path.unlink(missing_ok=True)
        elif not batch.is_full:
            batch.pushes.append(_of(head, door))
            batch.records.append(spool.read_records(path))
    if not batch.pushes:
        return None
    lines = _lines(batch, door.table.shape.key)
    landed = landing.land_stream(
        (one + b"\n" for one in lines), f"{door.code}.jsonl", places.landing(), limit=settings.NGANAM_UPLOAD_LIMIT * 20
    )
    load = _open(door, batch, landed, actor=actor, at=at)
    tell(door, place)
    return load


def _of(head: spool.Head, door: PushDoor) -> Push:
    return Push(
        receipt=head.receipt, door=door, consumer=head.consumer[:80], at=datetime.fromisoformat(head.at),
        records=head.records, size=head.size, digest=head.digest[:80], message_id=_plain(head.message_id, 128),
        request_id=_plain(head.request_id, 64),
    )  # fmt: skip


def _plain(text: str, most: int) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:most]


def _lines(batch: Batch, key: Sequence[str]) -> list[bytes]:
    """Return the records to load, of those with one key in several pushes only that of the last; note their places.

    Twice within one push is the sender's mistake, which the check tells.
    """
    later: set[tuple[str, ...]] = set()
    for push, records in reversed(list(zip(batch.pushes, batch.records, strict=True))):
        keys = [_key(one, key) for one in records]
        push.superseded = [number for number, one in enumerate(keys, 1) if one in later]
        later.update(keys)
    lines: list[bytes] = []
    for push, records in zip(batch.pushes, batch.records, strict=True):
        gone = set(push.superseded)
        kept = [one for number, one in enumerate(records, 1) if number not in gone]
        if kept:
            push.first_line, push.last_line = len(lines) + 1, len(lines) + len(kept)
        lines += kept
    return lines


def _key(record: bytes, names: Sequence[str]) -> tuple[str, ...]:
    found = msgspec.json.decode(record, type=dict[str, Any])
    return tuple(str(found.get(name)).strip() for name in names)


def _open(door: PushDoor, batch: Batch, landed: landing.Landed, *, actor: Actor, at: datetime) -> Load:
    senders = list(dict.fromkeys(one.consumer for one in batch.pushes))
    more = f" (+{len(senders) - 1})" if len(senders) > 1 else ""
    load = Load(
        table=door.table, by=f"LGSP: {senders[0]}{more}"[:200], name=f"{door.code}.jsonl", way=Way.PUSH,
        asked={"encoding": "utf-8"}, landing_sha=landed.sha256, landing_size=landed.size, file_kind=landed.kind,
    )  # fmt: skip
    with transaction.atomic():
        load = open_load(load, actor=actor, at=at)
        for one in batch.pushes:
            one.load = load
        Push.objects.bulk_create(batch.pushes, batch_size=500)
    return load


# -- telling --


def tell(door: PushDoor, place: Path) -> int:
    """Write receipts anew where something has come of them, and take what is told out of the spool; return how many."""
    _follow(door)
    news = Push.objects.filter(door=door).exclude(told=F("load__state")).select_related("load__table")
    outcomes: dict[int, Outcome] = {}
    told = 0
    for push in news.order_by("pk")[:MOST_TOLD]:
        load = push.load
        outcome = outcomes.get(load.pk) or outcomes.setdefault(load.pk, _outcome(load))
        said = outcome.of(push)
        spool.tell(place, push.receipt, msgspec.json.encode(Kept(push.consumer, said)))
        (place / spool.WAITING / push.receipt).unlink(missing_ok=True)
        figures = {"accepted": said.accepted, "rejected": said.rejected} if load.is_final else {}
        Push.objects.filter(pk=push.pk).update(told=load.state, **figures)
        told += 1
    return told


def _follow(door: PushDoor) -> None:
    """Let receipts of a failed load follow to the one that loads the same records again."""
    again = Load.objects.filter(table=door.table, way=Way.PUSH, pushes=None).order_by("-pk")
    for load in reversed(again[:LATELY]):
        failed = Push.objects.filter(door=door, load__landing_sha=load.landing_sha, load__state="failed")
        failed.filter(load__pk__lt=load.pk).update(load=load, told="")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a load stands: its state in the receipts' words, its version, and the flaws of rejected lines."""

    load: Load
    state: str
    message: str
    version: int
    flaws: dict[int, list[dict[str, Any]]]

    def of(self, push: Push) -> Said:
        """Return what the receipt of one push says."""
        lines = range(push.first_line, push.last_line + 1) if push.last_line else range(0)
        wrong = [line for line in lines if line in self.flaws]
        is_done = self.state in {"loaded", "unchanged"}
        return Said(
            push.receipt, self.state, push.at.isoformat(), push.records, push.digest, self.message, self.load.code,
            self.version, accepted=len(lines) - len(wrong) if is_done else 0, rejected=len(wrong),
            superseded=len(push.superseded), errors=list(self._errors(push, wrong)),
        )  # fmt: skip

    def _errors(self, push: Push, wrong: Sequence[int]) -> Iterator[dict[str, Any]]:
        gone = set(push.superseded)
        numbers = [number for number in range(1, push.records + 1) if number not in gone]
        for line in wrong[:MOST_ERRORS]:
            for flaw in self.flaws[line]:
                yield {
                    "record": numbers[line - push.first_line], "column": flaw.get("column", ""),
                    "reason": flaw.get("reason", ""),
                    "message": str(faults.short_reason(flaw.get("reason", ""), gettext)),
                }  # fmt: skip


def _outcome(load: Load) -> Outcome:
    state = STATES.get(load.state, load.state)
    message = MESSAGES.get(state) or f"{load.message} {load.hint}".strip()
    made = getattr(load, "made", None)
    path = places.rejected(load)
    found = rejected.rows(path) if load.is_final and load.rejected and path.is_file() else ()
    return Outcome(load, state, message, made.number if made else 0, {one.line: one.flaws for one in found})


def forget_old(*, at: datetime) -> int:
    """Remove receipts older than they are kept for (nội bộ), rows and files; return how many rows."""
    old = Push.objects.filter(at__lt=at - KEPT_DAYS).exclude(told__in=("", "received", "checking"))
    removed = 0
    for door in PushDoor.objects.all():
        place = spool.folder(Path(settings.DATA), door.code)
        rows = old.filter(door=door)
        for receipt in list(rows.values_list("receipt", flat=True)):
            (place / spool.TOLD / f"{receipt}.json").unlink(missing_ok=True)
            removed += Push.objects.filter(receipt=receipt).delete()[0]
        for left in (place / spool.BESIDE).glob("*"):  # of a writer that was killed
            if at.timestamp() - left.stat().st_mtime > timedelta(hours=1).total_seconds():
                left.unlink(missing_ok=True)
    return removed
