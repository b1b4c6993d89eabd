"""What a run does: read the versions, match, join, write the files beside, rename, give codes. Safe to kill and repeat.

One process at a time matches a set: it holds a lock file, which the kernel frees when the process dies. Files of a run
that did not end are removed by the next start; until a run is done, the pages read the one before.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit.operations import record
from nganam.face.telling import kept
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, NganamError
from nganam.master import deciding, operations, places, policies, queries, words
from nganam.master.coding import give_codes
from nganam.master.engine import files, joining, matching
from nganam.master.engine import records as engine
from nganam.master.engine.golden import conflicts
from nganam.master.engine.records import Record
from nganam.master.models import EntitySet, Member, Run, RunState
from nganam.warehouse import places as warehouse
from nganam.warehouse.engine import lake
from nganam.warehouse.models import Version

Now = Callable[[], datetime]
MOST_RECORDS = 100_000
"""Records of a set that a run takes: they are matched in memory (nội bộ)."""
MOST_STARTS = 2
"""Starts of a run: what was killed as often takes more memory or time than there is, and would be killed again."""
FORGOTTEN = timedelta(minutes=10)
log = structlog.get_logger(__name__)


def run(*, actor: Actor, now: Now, code: str, number: int) -> Run:
    """Bring a run to its end; one that has ended, or that another process has, is left as it is."""
    one = Run.objects.select_related("set__agency").get(set__code=code, number=number)
    with warehouse.alone(places.lock(one.set)) as alone:
        one.refresh_from_db()
        if not alone or not one.is_under_way:
            return one
        one.state, one.started_at, one.starts = RunState.RUNNING, now(), one.starts + 1
        one.save(update_fields=["state", "started_at", "starts"])
        try:
            _refuse_a_loop(one)
            _run(one, actor=actor, now=now)
        except NganamError as error:
            _fail(one, f"{error.message} {error.hint}".strip(), actor=actor, at=now())
        except Exception:
            log.exception("matching_failed", set=code, run=number)
            _fail(one, kept(words.UNEXPECTED), actor=actor, at=now())
        finally:
            places.clear_scratch(one.set)
        return one


def _refuse_a_loop(one: Run) -> None:
    if one.starts > MOST_STARTS:
        raise Invalid(
            _("Việc ghép đã %(times)s lần bị dừng giữa chừng.") % {"times": one.starts - 1},
            hint=_("Có thể máy thiếu bộ nhớ: chia tập theo địa bàn hoặc bớt bảng, rồi ghép lại."),
        )


def repair(*, actor: Actor, now: Now) -> list[str]:
    """Finish what killed processes left, and make anew what an erasure made unreadable; return what was done."""
    done: list[str] = []
    left = Run.objects.filter(state=RunState.RUNNING) | Run.objects.filter(
        state=RunState.WAITING, asked_at__lt=now() - FORGOTTEN
    )
    done += [
        str(one)
        for one in list(left.select_related("set"))
        if not run(actor=actor, now=now, code=one.set.code, number=one.number).is_under_way
    ]
    return done + [found.code for found in EntitySet.objects.select_related("agency") if follow(found, actor, now())]


def follow(found: EntitySet, actor: Actor, at: datetime) -> bool:
    """Drop a set's files that may hold what was erased since, or what it takes no more; ask for a run; say if it did.

    A set whose files are gone (they are not backed up by need) is matched anew too. While a run is in progress nothing
    is touched: its files are not there yet, and the next minute looks at what it left.
    """
    with warehouse.alone(places.lock(found)) as alone:
        if not alone:
            return False
        places.clear_scratch(found)
        return _follow(found, actor, at)


def _follow(found: EntitySet, actor: Actor, at: datetime) -> bool:
    one = queries.last_done(found)
    if one is None:
        return False
    if places.run(one).is_dir() and not (
        queries.is_erased_since(one) or queries.is_left_since(one, queries.members(found))
    ):
        places.keep_only(found, one)  # a process killed at its very end left the run before
        return False
    gone = places.keep_only(found)
    with transaction.atomic():
        held = EntitySet.objects.select_for_update(of=("self",)).select_related("agency").get(pk=found.pk)
        is_new = queries.active_run(held) is None and not _has_failed_since(held)
        if is_new:
            operations.open_run(held, actor=actor, at=at)
        if gone:
            _note(held, "files.dropped", actor=actor, at=at, details={"run": one.number})
    return bool(gone) or is_new


def _has_failed_since(found: EntitySet) -> bool:
    """Say whether the last run failed: it would fail again each minute; its page says why."""
    last = found.runs.first()
    return last is not None and last.state == RunState.FAILED


def match_new_versions(*, actor: Actor, at: datetime) -> list[str]:
    """Ask for a run of every set whose tables have other versions than its last run; return their codes."""
    started = []
    for found in EntitySet.objects.select_related("agency"):
        one, members = queries.last_done(found), queries.members(found)
        if one is None or not queries.is_behind(one, members, queries.newest(members)):
            continue
        with transaction.atomic():
            EntitySet.objects.select_for_update().get(pk=found.pk)
            if queries.active_run(found):  # an officer's, perhaps asked for since the set was looked at
                continue
            operations.open_run(found, actor=actor, at=at)
        started.append(found.code)
    return started


def _run(one: Run, *, actor: Actor, now: Now) -> None:
    found = one.set
    members = queries.members(found)
    now_held = queries.newest(members)
    versions = [(now_held[one.table.code], one) for one in members if one.table.code in now_held]
    records = _records(one, versions)
    spelled = engine.table(records, found.kind)
    decided = deciding.decided(found)
    pairs, model = matching.match(spelled, found.review_from / 100, places.scratch(one))
    numbers = dict(zip(spelled["record"].to_pylist(), spelled["identifier"].to_pylist(), strict=True))
    joined = joining.join(
        [each.record for each in records], numbers, pairs, decided,
        joining.Thresholds(found.join_from / 100, found.review_from / 100),
    )  # fmt: skip
    _write(one, records, pairs, joined)
    groups = _grouped(records, joined.group)
    names = [name for name, _title in found.attributes]
    counts = {group: (len(mine), conflicts(mine, found.kind, names)) for group, mine in groups.items()}
    before = queries.last_done(found)
    with transaction.atomic():
        EntitySet.objects.select_for_update().get(pk=found.pk)
        one.versions = {
            version.table.code: {"number": version.number, "generation": version.table.generation,
                                 "key": list(version.shape.key), "columns": dict(member.columns),
                                 "personal": _is_personal(version, member)}
            for version, member in versions
        }  # fmt: skip
        if before is None or queries.is_erased_since(before):
            _forget_decisions(found, joined.group)
        given = give_codes(one, joined.group, counts, at=now())
        one.outcome = _outcome(records, groups, joined, counts) | given
        one.model, one.state, one.ended_at = asdict(model), RunState.DONE, now()
        one.save(update_fields=["versions", "outcome", "model", "state", "ended_at"])
        details = {"run": one.number, "versions": {code: told["number"] for code, told in one.versions.items()},
                   "entities": len(groups), "records": len(records)}  # fmt: skip
        _note(found, "run.done", actor=actor, at=now(), details=details)
    places.keep_only(found, one)


def _records(one: Run, versions: Sequence[tuple[Version, Member]]) -> list[Record]:
    total = sum(version.rows for version, _member in versions)
    if not total:
        raise Invalid(_("Các bảng của tập chưa có dòng nào."), hint=_("Nạp dữ liệu vào bảng rồi ghép lại."))
    if total > MOST_RECORDS:
        told = {"total": total, "most": MOST_RECORDS}
        raise Invalid(
            _("Tập có %(total)s bản ghi; mỗi lần ghép nhiều nhất %(most)s bản ghi (nội bộ).") % told,
            hint=_("Chia tập theo địa bàn hoặc bớt bảng."),
        )
    return engine.read([_member(*each) for each in versions], places.salt(), places.scratch(one))


def _is_personal(version: Version, member: Member) -> bool:
    return not version.personal.isdisjoint({*version.shape.key, *member.columns.values()})


def _member(version: Version, member: Member) -> engine.Member:
    shape, table, columns = version.shape, version.table, dict(member.columns)
    why = policies.may_match(member, [table.code] if _is_personal(version, member) else [])
    if why:
        told = _("Bảng “%(table)s” không còn được vào tập này.") % {"table": table.title}
        raise Invalid(f"{told} {why}", hint=_("Bỏ bảng khỏi tập, hoặc bỏ các cột dữ liệu cá nhân của bảng."))
    # As the version has them and as the table is declared today: the latter says what is personal.
    if not shape.key or set(columns.values()) - set(shape.names) or not {*shape.key, *columns.values()} <= member.taken:
        raise Invalid(
            _("Phiên bản mới nhất của bảng “%(table)s” thiếu cột khóa hoặc cột đã chọn.") % {"table": table.title},
            hint=_("Chọn lại cột của bảng ở trang của tập."),
        )
    paths = lake.files(warehouse.lake(table), version.delta_version)
    return engine.Member(table.code, tuple(paths), shape.key, columns)


def _write(one: Run, records: Sequence[Record], pairs: Sequence[matching.Pair], joined: joining.Joined) -> None:
    target = places.run(one)
    beside = target.with_name(target.name + places.UNFINISHED)
    for old in (beside, target):
        shutil.rmtree(old, ignore_errors=True)
    beside.mkdir(parents=True)
    files.write_records(beside / places.RECORDS, records, one.set.kind)
    files.write_pairs(beside / places.PAIRS, pairs, joined.verdicts)
    beside.rename(target)


def _grouped(records: Sequence[Record], group: Mapping[str, str]) -> dict[str, list[Record]]:
    made: dict[str, list[Record]] = {}
    for one in records:
        made.setdefault(group[one.record], []).append(one)
    return made


def _outcome(
    records: Sequence[Record], groups: Mapping[str, Sequence[Record]], joined: joining.Joined,
    counts: Mapping[str, tuple[int, int]],
) -> dict[str, Any]:  # fmt: skip
    return {
        "records": len(records), "entities": len(groups),
        "joined": sum(1 for mine in groups.values() if len(mine) > 1),
        "conflicts": sum(1 for _size, differing in counts.values() if differing),
        "by_tables": dict(Counter(len({one.table for one in mine}) for mine in groups.values())),
        "by_table": dict(Counter(one.table for one in records)),
        "pairs": dict(Counter(joined.verdicts.values())),
    }  # fmt: skip


def _forget_decisions(found: EntitySet, group: Mapping[str, str]) -> None:
    """After an erasure nothing is kept that was said of records which are gone."""
    gone = [one.pk for one in found.decisions.all() if one.left not in group or one.right not in group]
    found.decisions.filter(pk__in=gone).delete()


def _fail(one: Run, why: str, *, actor: Actor, at: datetime) -> None:
    for left in (places.run(one), places.run(one).with_name(places.run(one).name + places.UNFINISHED)):
        shutil.rmtree(left, ignore_errors=True)
    with transaction.atomic():
        one.state, one.fault, one.ended_at = RunState.FAILED, why[:500], at
        one.save(update_fields=["state", "fault", "ended_at"])
        _note(one.set, "run.failed", actor=actor, at=at, details={"run": one.number})


def _note(found: EntitySet, deed: str, *, actor: Actor, at: datetime, details: dict[str, Any]) -> None:
    record(
        actor=actor, at=at, action=f"master.{deed}", object_type="master.set", object_code=found.code,
        agency=found.agency.code, details=details,
    )  # fmt: skip
