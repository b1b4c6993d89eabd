"""Every write of the room: start and stop clocks, edit the calendar and the local terms, hand out reminders."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from nganam.audit import operations as audit
from nganam.deadlines import policies, queries, terms
from nganam.deadlines.events import DAY_EDITED, HANDED_OVER, TERM_EDITED
from nganam.deadlines.models import CalendarDay, Clock, LocalTerm
from nganam.kernel.actors import Actor
from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid, NotAllowed
from nganam.kernel.workdays import Calendar

SATURDAY = 5
LISTED = 200


@transaction.atomic
def start_clock(
    *,
    key: str,
    object_type: str,
    object_code: str,
    agency: str,
    at: datetime,
    rules: str,
    actor: Actor,  # noqa: ARG001 - part of the shape of every write; the deed itself is recorded by the case
    length: terms.Length | None = None,
) -> Clock:
    """Start the clock ``key`` of one thing under rule set ``rules``; ``agency`` must do the deed before it is due.

    A clock that already runs is returned as it is: no later deed lengthens a term. ``length`` is given where somebody
    set the day for this one case (``terms.until``).
    """
    length = length or terms.length_of(key, rules)
    due = terms.due_on(length, local_date(at), queries.calendar())
    clock, _made = Clock.objects.get_or_create(
        key=key, object_type=object_type, object_code=object_code, stopped_at=None,
        defaults={
            "agency": agency, "rules": rules, "started_at": at, "due_on": due, "value": length.value,
            "unit": length.unit, "article": length.article, "is_local": length.is_local,
            "vi": length.vi, "en": length.en,
        },
    )  # fmt: skip
    return clock


@transaction.atomic
def stop_clocks(keys: Iterable[str] | None, object_type: str, object_code: str, *, at: datetime) -> int:
    """Stop the running clocks of one thing whose key is in ``keys`` (``None``: all); return how many stopped."""
    running = Clock.objects.filter(object_type=object_type, object_code=object_code, stopped_at__isnull=True)
    chosen = running if keys is None else running.filter(key__in=list(keys))
    return chosen.update(stopped_at=at)


@transaction.atomic
def hand_over_clocks(object_type: str, object_code: str, *, before: str, after: str, actor: Actor, at: datetime) -> int:
    """Let agency ``after`` answer for the running clocks of one thing that ``before`` answered for; return how many.

    Their days stay; the agency that answers from now on is reminded anew. The caller holds the case.
    """
    audit.take_turn()
    running = queries.open_clocks(before).filter(object_type=object_type, object_code=object_code)
    keys = list(running.values_list("key", flat=True))
    running.update(agency=after, warned_at=None, overdue_told_at=None)
    if keys:
        audit.record(
            actor=actor, at=at, action=HANDED_OVER, object_type=object_type, object_code=object_code,
            details={"before": before, "after": after, "keys": keys},
        )  # fmt: skip
    return len(keys)


@transaction.atomic
def edit_day(*, day: date, kind: str, name: str, actor: Actor, at: datetime) -> int:
    """Make ``day`` a day off ("off"), a worked weekend day ("working") or ordinary again (""); return clocks moved.

    Every running clock is computed anew from its start; clocks that stopped keep the date they were judged by.
    """
    reason = policies.may_edit_calendar(actor)
    if reason:
        raise NotAllowed(reason)
    _check_day(day, kind, name)
    before = queries.edited_day(day)
    _write_day(day, kind, name)
    audit.take_turn()  # every deed takes clocks behind the head
    moved = _recompute(queries.calendar())
    details = {
        "day": day, "kind": kind, "name": name, "kind_before": before.kind if before else "",
        "moved_count": len(moved), "moved": moved[:LISTED],
    }  # fmt: skip
    audit.record(
        actor=actor, at=at, action=DAY_EDITED, object_type="deadlines.calendar", object_code=day.isoformat(),
        details=details,
    )  # fmt: skip
    return len(moved)


def _check_day(day: date, kind: str, name: str) -> None:
    errors: dict[str, list[str]] = {}
    if kind not in {"", *CalendarDay.Kind.values}:
        errors["kind"] = [_("Chọn ngày nghỉ, ngày làm bù hoặc ngày thường.")]
    elif kind == CalendarDay.Kind.WORKING and day.weekday() < SATURDAY:
        errors["kind"] = [_("Ngày làm bù phải là thứ Bảy hoặc Chủ nhật; ngày này vốn là ngày làm việc.")]
    if kind and not name.strip():
        errors["name"] = [_("Ghi tên ngày, ví dụ “Nghỉ bù Quốc khánh”.")]
    if errors:
        raise Invalid(
            _("Chưa ghi được ngày vào lịch."), fields=errors, hint=_("Sửa các mục được đánh dấu rồi ghi lại.")
        )


def _write_day(day: date, kind: str, name: str) -> None:
    if not kind:
        CalendarDay.objects.filter(day=day).delete()
        return
    CalendarDay.objects.update_or_create(day=day, defaults={"kind": kind, "name": name.strip()})


def _recompute(calendar: Calendar) -> list[dict[str, str]]:
    """Give every running clock the due date the calendar now says; return what moved."""
    moved: list[dict[str, str]] = []
    for clock in queries.open_clocks().select_for_update().iterator():
        due = terms.due_on(_length(clock), local_date(clock.started_at), calendar)
        if due != clock.due_on:
            moved.append({"key": clock.key, "object": clock.object_code, "from": f"{clock.due_on}", "to": f"{due}"})
            # What was told about the old date is no longer true: both reminders may be due again.
            Clock.objects.filter(pk=clock.pk).update(due_on=due, warned_at=None, overdue_told_at=None)
    return moved


def _length(clock: Clock) -> terms.Length:
    return terms.Length(clock.value, clock.unit, clock.article, is_local=clock.is_local, vi=clock.vi, en=clock.en)


@transaction.atomic
def set_local_term(*, key: str, value: int, unit: str, vi: str, en: str, actor: Actor, at: datetime) -> LocalTerm:
    """Choose the days for a step the law leaves open; clocks already running keep what they started with."""
    reason = policies.may_edit_calendar(actor)
    if reason:
        raise NotAllowed(reason)
    _check_term(value, unit)
    before = LocalTerm.objects.filter(key=key).values("value", "unit").first()
    values = {"value": value, "unit": unit, "vi": vi, "en": en}
    term, _made = LocalTerm.objects.update_or_create(key=key, defaults=values)
    audit.record(
        actor=actor, at=at, action=TERM_EDITED, object_type="deadlines.local_term", object_code=key,
        details={"before": before, "value": value, "unit": unit},
    )  # fmt: skip
    return term


def change_local_term(*, key: str, value: int, unit: str, actor: Actor, at: datetime) -> LocalTerm:
    """Choose other days for a local term there is, under the name it has; ``NotFound`` for any other key."""
    known = queries.local_term(key)
    return set_local_term(key=key, vi=known.vi, en=known.en, value=value, unit=unit, actor=actor, at=at)


def _check_term(value: int, unit: str) -> None:
    errors: dict[str, list[str]] = {}
    if value < 1:
        errors["value"] = [_("Thời hạn phải từ 1 trở lên.")]
    if unit not in LocalTerm.Unit.values:
        errors["unit"] = [_("Chọn ngày làm việc, ngày hoặc tháng.")]
    if errors:
        raise Invalid(
            _("Thời hạn nội bộ chưa hợp lệ."), fields=errors, hint=_("Sửa các mục được đánh dấu rồi ghi lại.")
        )


@dataclass(frozen=True, slots=True)
class Reminder:
    """One thing to tell an agency: the clock is due by the next working day, or it is overdue."""

    clock: Clock
    is_overdue: bool


@transaction.atomic
def take_reminders(*, at: datetime, among: Iterable[Clock] | None = None) -> list[Reminder]:
    """Return each reminder due at ``at`` and mark it taken: the same clock is warned about once and told overdue once.

    The caller sends them in the same transaction, so a reminder is neither lost nor sent twice. ``among`` are the
    clocks whose cases the caller holds: one that has become due since waits for the next time.
    """
    today = local_date(at)
    tomorrow = queries.calendar().add(today, 1)
    late = queries.late_untold(at)
    soon = queries.open_clocks().filter(due_on__gte=today, due_on__lte=tomorrow, warned_at__isnull=True)
    if among is not None:
        late = late.filter(pk__in=[one.pk for one in among])
    audit.take_turn()  # every deed takes clocks behind the head
    taken = [Reminder(clock, is_overdue=True) for clock in late.select_for_update()]
    taken += [Reminder(clock, is_overdue=False) for clock in soon.select_for_update()]
    Clock.objects.filter(pk__in=[one.clock.pk for one in taken if one.is_overdue]).update(overdue_told_at=at)
    Clock.objects.filter(pk__in=[one.clock.pk for one in taken if not one.is_overdue]).update(warned_at=at)
    return taken
