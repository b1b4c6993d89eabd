"""SM11 for everybody: a stop is planned, announced in time, made, ended; force majeure is told at once (D43)."""

from datetime import UTC, date, datetime, timedelta

import pytest

import scenes
import scenes_accounts as suspensions
from nganam.deadlines.models import Clock
from nganam.deadlines.operations import edit_day
from nganam.kernel.actors import system
from nganam.kernel.clock import VIETNAM
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.notices.models import Notice
from nganam.services.models import Service
from nganam.services.operations import end_service, suspend_service
from nganam.sharing.models import Maintenance
from nganam.sharing.suspensions import maintaining

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(province):
    return scenes.account()


def noon(day):
    return datetime(day.year, day.month, day.day, 12, tzinfo=VIETNAM).astimezone(UTC)


@pytest.mark.law("D43.1", "D43.3")
def test_a_stop_announced_in_time_is_told_to_every_user_and_made_when_its_time_comes(account, at):
    stop = suspensions.announced_stop(account.service)
    assert (stop.code, stop.state, stop.announced_at) == ("BT-2026-0001", "announced", at)
    told = Notice.objects.filter(event="sharing.maintenance.announce")
    assert {(one.agency, one.role) for one in told} == {("CT-X31507", ""), ("", "lead")}
    assert "dự kiến khôi phục 04:00 14/11/2026" in told.first().body
    assert maintaining.stop_due(at=suspensions.STOP_FROM - timedelta(seconds=1)) == 0
    assert maintaining.stop_due(at=suspensions.STOP_FROM) == 1
    assert maintaining.stop_due(at=suspensions.STOP_FROM) == 0
    stop.refresh_from_db()
    assert (stop.state, stop.stopped_at) == ("stopped", suspensions.STOP_FROM)
    assert Service.objects.get().state == "suspended"


@pytest.mark.law("D43.3")
def test_the_service_is_restored_by_hand_and_promise_and_fact_are_kept(account, lan):
    stop = suspensions.announced_stop(account.service)
    maintaining.stop_due(at=suspensions.STOP_FROM)
    stop.refresh_from_db()
    late = suspensions.STOP_UNTIL + timedelta(minutes=20)
    stop = maintaining.restore_service(actor=lan, at=late, stop=stop)
    assert (stop.state, stop.restored_at - stop.planned_until) == ("restored", timedelta(minutes=20))
    assert Service.objects.get().state == "published"
    clock = Clock.objects.get(key="maintenance_restore")
    assert (clock.due_on, clock.article, clock.is_local) == (date(2026, 11, 14), "D43.3", False)
    assert clock.stopped_at == late


@pytest.mark.law("D43.3", "BLDS147")
@pytest.mark.parametrize(
    ("announced", "earliest"),
    [
        (date(2026, 11, 3), date(2026, 11, 13)),
        (date(2026, 2, 4), date(2026, 2, 14)),  # 5 6 9 10 11 12 13 February: the eve of Tết is not reached
        (date(2026, 2, 5), date(2026, 2, 24)),  # the seventh day is Monday 23, after Tết 2026
        (date(2026, 2, 6), date(2026, 2, 25)),
        (date(2027, 1, 25), date(2027, 2, 4)),  # the last morning before Tết 2027
        (date(2027, 1, 26), date(2027, 2, 12)),  # the seventh day is Thursday 11, after Tết 2027
        (date(2026, 12, 31), date(2027, 1, 13)),  # New Year's Day is off
        (date(2026, 11, 7), date(2026, 11, 18)),  # announced on a Saturday
    ],
)
def test_seven_working_days_pass_between_notice_and_stop(account, lan, announced, earliest):
    said_at, first = noon(announced), noon(earliest).replace(hour=0) - timedelta(hours=7)
    with pytest.raises(Invalid) as caught:
        suspensions.planned_stop(
            account.service, at=said_at, planned_from=first - timedelta(minutes=1), planned_until=first
        )
    (words,) = caught.value.fields["planned_from"]
    assert f"{earliest:%d/%m/%Y}" in words
    assert "07 ngày làm việc" in words
    stop = suspensions.planned_stop(
        account.service, at=said_at, planned_from=first, planned_until=first + timedelta(hours=2)
    )
    assert maintaining.announce_stop(actor=lan, at=said_at, stop=stop).state == "announced"


@pytest.mark.law("D43.3")
def test_a_plan_that_waited_too_long_is_not_announced_any_more(account, lan, at):
    stop = suspensions.planned_stop(account.service)
    next_day = at + timedelta(days=1)
    with pytest.raises(RuleBroken) as caught:
        maintaining.announce_stop(actor=lan, at=next_day, stop=stop)
    assert caught.value.article == "D43.3"
    assert "sớm nhất được tạm ngừng từ ngày 14/11/2026" in str(caught.value)
    later = {"planned_from": suspensions.STOP_FROM + timedelta(days=1)}
    later["planned_until"] = later["planned_from"] + timedelta(hours=1)
    stop = maintaining.edit_stop(actor=lan, at=next_day, stop=stop, values=later)
    assert maintaining.announce_stop(actor=lan, at=next_day, stop=stop).state == "announced"


def test_the_calendar_as_it_stands_decides(account, lan, minh, at):
    stop = suspensions.planned_stop(account.service)
    edit_day(day=date(2026, 11, 9), kind="off", name="Nghỉ bù", actor=minh, at=at)
    with pytest.raises(RuleBroken, match="14/11/2026"):
        maintaining.announce_stop(actor=lan, at=at, stop=stop)


@pytest.mark.law("D43.1", "D43.4")
def test_force_majeure_is_told_and_acts_at_once_with_its_reason(account, lan, at):
    with pytest.raises(Invalid) as caught:
        suspensions.planned_stop(account.service, **suspensions.FORCED | {"force": " "})
    assert caught.value.fields["force"] == ["Phải nêu sự kiện bất khả kháng."]
    stop = suspensions.planned_stop(account.service, **suspensions.FORCED)
    stop = maintaining.announce_stop(actor=lan, at=at, stop=stop)
    assert (stop.state, stop.announced_at, stop.stopped_at) == ("stopped", at, at)
    assert Service.objects.get().state == "suspended"
    assert Notice.objects.filter(agency="CT-X31507", event="sharing.maintenance.announce").exists()


def test_force_majeure_that_is_yet_to_come_waits_for_its_hour(account, lan, at):
    soon = {"planned_from": at + timedelta(hours=2), "planned_until": at + timedelta(hours=4)}
    stop = suspensions.planned_stop(account.service, **suspensions.FORCED | soon)
    stop = maintaining.announce_stop(actor=lan, at=at, stop=stop)
    assert stop.state == "announced"
    with pytest.raises(RuleBroken, match="Chưa đến thời điểm"):
        maintaining.stop_service(actor=lan, at=at, stop=stop)
    assert maintaining.stop_service(actor=lan, at=at + timedelta(hours=2), stop=stop).state == "stopped"


@pytest.mark.law("D43.3")
def test_a_later_restoration_is_promised_anew_and_told(account, lan):
    stop = suspensions.announced_stop(account.service)
    maintaining.stop_due(at=suspensions.STOP_FROM)
    stop.refresh_from_db()
    now = suspensions.STOP_UNTIL
    with pytest.raises(Invalid):
        maintaining.extend_stop(actor=lan, at=now, stop=stop, reason="Chậm", planned_until=now)
    later = now + timedelta(days=2)
    stop = maintaining.extend_stop(actor=lan, at=now, stop=stop, reason="Ổ đĩa hỏng.", planned_until=later)
    assert (stop.state, stop.planned_until) == ("stopped", later)
    assert Notice.objects.filter(agency="CT-X31507", event="sharing.maintenance.extend").exists()
    running = Clock.objects.get(key="maintenance_restore", stopped_at__isnull=True)
    assert running.due_on == date(2026, 11, 16)


def test_a_plan_is_given_up_silently_and_an_announced_one_is_taken_back_aloud(account, lan, at):
    first = suspensions.planned_stop(account.service)
    assert maintaining.cancel_stop(actor=lan, at=at, stop=first, reason="Hoãn").state == "cancelled"
    assert not Notice.objects.filter(event="sharing.maintenance.cancel").exists()
    second = suspensions.announced_stop(account.service)
    maintaining.cancel_stop(actor=lan, at=at, stop=second, reason="Hoãn")
    assert Notice.objects.filter(agency="CT-X31507", event="sharing.maintenance.cancel").exists()
    assert maintaining.stop_due(at=suspensions.STOP_FROM) == 0


def test_two_stops_of_a_service_do_not_overlap(account, lan, at):
    suspensions.announced_stop(account.service)
    other = suspensions.planned_stop(account.service)
    with pytest.raises(RuleBroken, match="BT-2026-0001"):
        maintaining.announce_stop(actor=lan, at=at, stop=other)
    apart = {"planned_from": suspensions.STOP_UNTIL, "planned_until": suspensions.STOP_UNTIL + timedelta(hours=1)}
    other = maintaining.edit_stop(actor=lan, at=at, stop=other, values=apart)
    assert maintaining.announce_stop(actor=lan, at=at, stop=other).state == "announced"


@pytest.mark.law("D43", "D43.3")
def test_nobody_stops_a_service_but_by_an_announced_stop(account, lan, minh, phuc, at):
    for actor in (lan, minh):
        with pytest.raises(NotAllowed):
            suspend_service(actor=actor, at=at, service=account.service, reason="Bảo trì")
    for actor in (minh, phuc):
        with pytest.raises(NotAllowed):
            maintaining.plan_stop(actor=actor, at=at, service=account.service, values=suspensions.PLAN)
    stop = suspensions.planned_stop(account.service)
    with pytest.raises(StateMoved):
        maintaining.stop_service(actor=lan, at=suspensions.STOP_FROM, stop=stop)


def test_a_plan_says_what_why_and_until_when(account, lan, at):
    for name, wrong in (("ground", "breach"), ("work", " "), ("planned_until", suspensions.STOP_FROM)):
        with pytest.raises(Invalid) as caught:
            suspensions.planned_stop(account.service, **{name: wrong})
        assert name in caught.value.fields
    past = suspensions.FORCED | {"planned_from": at - timedelta(days=2), "planned_until": at - timedelta(days=1)}
    with pytest.raises(Invalid):
        suspensions.planned_stop(account.service, **past)


def test_a_stop_of_a_service_that_ended_closes_by_itself(account, lan, at):
    stop = suspensions.announced_stop(account.service)
    end_service(actor=lan, at=at, service=account.service, reason="Thay dịch vụ khác", ground="ended")
    assert maintaining.stop_due(at=at) == 1
    stop.refresh_from_db()
    assert stop.state == "cancelled"


def test_of_two_who_announce_one_wins(account, lan, at):
    stop = suspensions.planned_stop(account.service)
    seen = Maintenance.objects.get(pk=stop.pk)
    maintaining.announce_stop(actor=lan, at=at, stop=stop)
    with pytest.raises(StateMoved):
        maintaining.announce_stop(actor=lan, at=at, stop=seen)
    with pytest.raises(StateMoved):
        maintaining.edit_stop(actor=lan, at=at, stop=Maintenance.objects.get(pk=stop.pk), values={"work": "Khác"})


def test_sent_twice_it_is_planned_once(account, lan, at):
    values = {"actor": lan, "at": at, "service": account.service, "values": suspensions.PLAN, "once": "k1"}
    assert maintaining.plan_stop(**values) == maintaining.plan_stop(**values)


def test_a_stop_that_somebody_else_suspended_waits(account, at):
    suspensions.announced_stop(account.service)
    suspend_service(actor=system("test"), at=at, service=account.service, reason="x")
    assert maintaining.stop_due(at=suspensions.STOP_FROM) == 0
