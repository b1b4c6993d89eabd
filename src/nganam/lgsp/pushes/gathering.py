"""What becomes of pushes: those that wait go into a load together, and each sender is told what became of its own.

Safe to kill at any moment: a push is in the spool until its receipt is a row, written in one transaction with the
load; a file whose receipt is a row already has been taken. A table's pushes are taken in the order they came, and
loaded by the same load as any file: checked, scanned, judged, one version or none.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
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
from nganam.lgsp import terms
from nganam.lgsp.pushes import operations, policies
from nganam.lgsp.pushes.models import Push, PushDoor
from nganam.lgsp.queries import plain
from nganam.serving import spool
from nganam.serving.pushing import Kept, Said
from nganam.warehouse import partial, places, queries
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
ENDED = frozenset({"loaded", "unchanged", "failed"})
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
        with places.alone(place / ".lock") as alone:  # makes the door's folder: without it nothing is kept there
            try:
                load = _tend(door, place, actor=actor, at=now()) if alone else None
            except NganamError as error:
                log.warning("pushes_not_taken", door=door.code, why=error.message)
                continue
            except Exception:  # those at other doors are not to wait for that
                log.exception("pushes_not_taken", door=door.code)
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
    if (mixed := _failed_together(door)) is not None:
        return _load_alone(mixed, actor=actor, at=at)
    if operations.why_not(door.table) is not None:
        return None
    # By other rules than the present rows were checked by nothing is put among them: what waits goes on waiting.
    partial.refuse_other_columns(door.table)
    return _take(door, place, actor=actor, at=at)


def _to_try_again(door: PushDoor) -> Load | None:
    """Return the last load when it failed by a fault of ours and is to be tried again; those after it wait."""
    last = door.table.loads.first()
    if last is None or last.way != Way.PUSH or last.state != "failed" or last.fault != "unexpected":
        return None
    is_there = landing.landed_path(places.landing(), last.landing_sha).is_file()
    return last if is_there and _tries(last) <= len(RESTS) else None


def _tries(load: Load) -> int:
    """Return how often in a row the same records have failed."""
    tries = 0
    for one in load.table.loads.all()[: len(RESTS) + 1]:
        if one.landing_sha != load.landing_sha or one.state != "failed":
            break
        tries += 1
    return tries


# -- several that failed together --


def _failed_together(door: PushDoor) -> Push | None:
    """Return the next push of a load that failed for what was in it, when others were in it too: each is tried alone.

    A finding or a broken rule in the records of one sender is nothing to the records of the others.
    """
    failed = Push.objects.filter(door=door, load__state="failed", told="failed").exclude(load__fault="unexpected")
    for push in failed.select_related("load").order_by("pk")[:LATELY]:
        path = landing.landed_path(places.landing(), push.load.landing_sha)
        if path.is_file() and push.written and push.written < _count_lines(path):
            return push
    return None


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _line in file)


def _load_alone(push: Push, *, actor: Actor, at: datetime) -> Load:
    path = landing.landed_path(places.landing(), push.load.landing_sha)
    with path.open("rb") as file:
        lines = list(islice(file, push.first_line - 1, push.last_line))
    push.first_line, push.last_line = 1, len(lines)
    batch = Batch([push], [[one.rstrip(b"\n") for one in lines]])
    return _open(push.door, batch, _landed(push.door, batch), actor=actor, at=at, again=True)


# -- taking --


@dataclass(slots=True)
class Batch:
    """The pushes one load takes: their files, and what is written down of each."""

    pushes: list[Push] = field(default_factory=list)
    records: list[list[bytes]] = field(default_factory=list)

    def add(self, push: Push, records: list[bytes]) -> None:
        """Put a push behind the others, and note which lines are its own."""
        before = sum(map(len, self.records))
        push.first_line, push.last_line = before + 1, before + len(records)
        self.pushes.append(push)
        self.records.append(records)

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
    batch, keys = Batch(), Keys(door.table.shape.key)
    for head, path in waiting[:MOST_TOLD]:
        if head.receipt in taken:  # by a worker that was killed before it took the file away
            path.unlink(missing_ok=True)
            continue
        records = [_as_declared(one, door.table.shape.names) for one in spool.read_records(path)]
        if batch.is_full or not keys.take(records):
            break
        batch.add(_of(head, door), records)
    if not batch.pushes:
        return None
    load = _open(door, batch, _landed(door, batch), actor=actor, at=at)
    tell(door, place)
    return load


class Keys:
    """The keys of the records taken so far. Of one key a load has one record: two pushes of it are two loads.

    So the newer replaces the older only if it is sound; by keys as they were sent, which the check reads more broadly.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._seen: set[tuple[str, ...]] = set()

    def take(self, records: Sequence[bytes]) -> bool:
        """Note the keys of a push, unless one of them is there already; twice within a push is the sender's mistake."""
        keys = {self._key(one) for one in records}
        if keys & self._seen:
            return False
        self._seen |= keys
        return True

    def _key(self, record: bytes) -> tuple[str, ...]:
        found = msgspec.json.decode(record, type=dict[str, Any])
        return tuple(str(found.get(name)).strip() for name in self._names)


def _as_declared(record: bytes, names: Sequence[str]) -> bytes:
    """Return a record with the columns the table has now: it was acknowledged, though its declaration has changed."""
    found = msgspec.json.decode(record, type=dict[str, msgspec.Raw])
    if found.keys() == set(names):
        return record
    return msgspec.json.encode({name: found.get(name, msgspec.Raw(b"null")) for name in names})


def _landed(door: PushDoor, batch: Batch) -> landing.Landed:
    lines = (one + b"\n" for records in batch.records for one in records)
    limit = settings.NGANAM_UPLOAD_LIMIT * 20
    landed = landing.land_stream(lines, f"{door.code}.jsonl", places.landing(), limit=limit)
    return replace(landed, kind="jsonl")  # whatever a value in it looks like


def _of(head: spool.Head, door: PushDoor) -> Push:
    return Push(
        receipt=head.receipt, door=door, consumer=head.consumer[:80], at=datetime.fromisoformat(head.at),
        records=head.records, size=head.size, digest=head.digest[:80], message_id=plain(head.message_id, 128),
        request_id=plain(head.request_id, 64),
    )  # fmt: skip


def _open(
    door: PushDoor, batch: Batch, landed: landing.Landed, *, actor: Actor, at: datetime, again: bool = False
) -> Load:
    senders = list(dict.fromkeys(one.consumer for one in batch.pushes))
    more = f" (+{len(senders) - 1})" if len(senders) > 1 else ""
    load = Load(
        table=door.table, by=f"LGSP: {senders[0]}{more}"[:200], name=f"{door.code}.jsonl", way=Way.PUSH,
        asked={"encoding": "utf-8"}, landing_sha=landed.sha256, landing_size=landed.size, file_kind=landed.kind,
    )  # fmt: skip
    try:
        with transaction.atomic():
            load = open_load(load, actor=actor, at=at)
            for one in batch.pushes:
                one.load, one.told = load, ""
            if again:
                Push.objects.bulk_update(batch.pushes, ["load", "told", "first_line", "last_line"])
            else:
                Push.objects.bulk_create(batch.pushes, batch_size=500)
    except NganamError:  # somebody else was first; what lies there without a load nobody would erase
        if not Load.objects.filter(landing_sha=landed.sha256).exists():
            landed.path.unlink(missing_ok=True)
        raise
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
        figures = {"accepted": said.accepted, "rejected": said.rejected} if said.state in ENDED else {}
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
        taken = len(lines) - len(wrong) if self.state in {"loaded", "unchanged"} else 0
        figures = {"accepted": taken, "rejected": len(wrong)} if self.state in ENDED else {}
        return Said(
            push.receipt, self.state, push.at.isoformat(), push.records, push.digest, self.message, self.load.code,
            self.version, **figures, errors=list(self._errors(push, wrong)),
        )  # fmt: skip

    def _errors(self, push: Push, wrong: Sequence[int]) -> Iterator[dict[str, Any]]:
        for line in wrong[:MOST_ERRORS]:
            for flaw in self.flaws[line]:
                yield {
                    "record": line - push.first_line + 1, "column": flaw.get("column", ""),
                    "reason": flaw.get("reason", ""),
                    "message": str(faults.short_reason(flaw.get("reason", ""), gettext)),
                }  # fmt: skip


def _outcome(load: Load) -> Outcome:
    again = _to_try_again(load.table.push_door) if load.fault == "unexpected" else None
    state = "loading" if again == load else STATES.get(load.state, load.state)
    message = MESSAGES.get(state) or f"{load.message} {load.hint}".strip()
    made = getattr(load, "made", None)
    path = places.rejected(load)
    found = rejected.rows(path) if load.is_final and load.rejected and path.is_file() else ()
    return Outcome(load, state, message, made.number if made else 0, {one.line: one.flaws for one in found})


def forget_old(*, at: datetime) -> int:
    """Remove receipts older than they are kept for (a local term), rows and files; return how many rows."""
    old = Push.objects.filter(at__lt=at - terms.span(terms.PUSHES.key)).exclude(told__in=("", "received", "checking"))
    removed = 0
    for door in PushDoor.objects.all():
        place = spool.folder(Path(settings.DATA), door.code)
        rows = old.filter(door=door)
        for receipt in list(rows.values_list("receipt", flat=True)):
            (place / spool.TOLD / f"{receipt}.json").unlink(missing_ok=True)
            removed += Push.objects.filter(receipt=receipt).delete()[0]
        for left in (place / spool.BESIDE).glob("*"):  # of a writer that was killed
            with suppress(FileNotFoundError):  # a writer that is not killed tidies up itself
                if at.timestamp() - left.stat().st_mtime > timedelta(hours=1).total_seconds():
                    left.unlink()
    return removed
