"""SM11 by real requests in parallel: stops of services, files on breaches, ends of sharing."""

from datetime import timedelta

import pytest
from django.utils import timezone

import scenes
import scenes_accounts as suspensions
from at_once import refused, second_officers, signed_in, statuses, together, twin
from nganam.audit.queries import verify_chain
from nganam.cases.models import History
from nganam.deadlines.models import Clock
from nganam.documents.models import Paper
from nganam.notices.models import Notice
from nganam.sharing.models import Breach, Maintenance, Termination
from nganam.sharing.suspensions import maintaining

FAR = timedelta(days=40)


@pytest.fixture
def stage(committed_db, make_province):
    """Give a province in a database that commits, with two officers at Sở Y tế and two at the commune."""
    make_province()
    second_officers()


def plan(service=None, *, hours=0):
    now = timezone.now()
    begin = now + FAR + timedelta(hours=hours)
    values = {"planned_from": begin, "planned_until": begin + timedelta(hours=6)}
    return suspensions.planned_stop(service, at=now, **values)


def winner_of(case, *, since):
    return History.objects.get(object_type=case.MACHINE.code, object_code=case.code, version=since + 1).actor_name


def told(answers, case, *, since):
    assert statuses(answers) == [302, 422]
    assert f"{winner_of(case, since=since)} đã chuyển hồ sơ lúc" in refused(answers)
    assert verify_chain().ok


@pytest.mark.law("D43.3")
@pytest.mark.parametrize("round_", range(3))
def test_of_an_announcement_and_a_cancellation_at_once_one_is_made(stage, round_):
    stop = plan()
    lan, mai, seen = signed_in("lan"), signed_in("mai"), {"version": stop.version}
    path = f"{stop.get_absolute_url()}buoc"
    answers = together(
        lambda: lan.post(f"{path}/announce/", seen), lambda: mai.post(f"{path}/cancel/", seen | {"reason": "Hoãn."})
    )
    told(answers, stop, since=seen["version"])
    stop.refresh_from_db()
    assert Paper.objects.filter(kind="TB", agency="CT-SYT").count() == (stop.state == "announced")


@pytest.mark.parametrize("round_", range(3))
def test_of_two_stops_of_one_service_announced_at_once_one_is(stage, round_):
    first = plan()
    second = plan(first.service, hours=1)
    lan, mai = signed_in("lan"), signed_in("mai")
    answers = together(
        *(
            lambda who=who, stop=stop: who.post(f"{stop.get_absolute_url()}buoc/announce/", {"version": stop.version})
            for who, stop in ((lan, first), (mai, second))
        )
    )
    assert statuses(answers) == [302, 422]
    announced = Maintenance.objects.get(state="announced")
    assert f"Đã có đợt tạm ngừng {announced.code} trong thời gian này" in refused(answers)
    assert Paper.objects.filter(kind="TB", agency="CT-SYT").count() == 1


def test_a_service_is_restored_or_the_restoration_put_off_not_both(stage):
    now = timezone.now()
    stop = suspensions.planned_stop(at=now, **suspensions.FORCED | {
        "planned_from": now, "planned_until": now + timedelta(hours=5),
    })  # fmt: skip
    stop = maintaining.announce_stop(actor=scenes.LAN, at=now, stop=stop)
    lan, mai, seen = signed_in("lan"), signed_in("mai"), {"version": stop.version}
    later = f"{now + timedelta(hours=30):%Y-%m-%dT%H:%M}"
    path = f"{stop.get_absolute_url()}buoc"
    answers = together(
        lambda: lan.post(f"{path}/restore/", seen),
        lambda: mai.post(f"{path}/extend/", seen | {"planned_until": later, "reason": "Chưa xong."}),
    )
    told(answers, stop, since=seen["version"])
    stop.refresh_from_db()
    running = Clock.objects.filter(object_code=stop.code, stopped_at__isnull=True)
    assert running.count() == (stop.state == "stopped")
    assert stop.service.state == {"stopped": "suspended", "restored": "published"}[stop.state]


def test_a_plan_sent_twice_at_once_is_one_plan(stage):
    service = scenes.published_service()
    lan = signed_in("lan")
    address = f"/tam-ngung/quan-ly/dich-vu/moi/?dich-vu={service.code}"
    begin = timezone.now() + FAR
    values = {
        "once": lan.get(address).context["form"].initial["once"], "services": [service.code], "ground": "maintenance",
        "work": "Nâng cấp máy chủ.", "planned_from": f"{begin:%Y-%m-%dT%H:%M}",
        "planned_until": f"{begin + timedelta(hours=6):%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    answers = together(lambda: lan.post(address, values), lambda: twin(lan).post(address, values))
    assert statuses(answers) == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Maintenance.objects.count() == 1


def test_stops_of_several_services_sent_twice_at_once_are_announced_once(stage):
    account = scenes.account()
    other = scenes.published_service(scenes.loaded_table(code="benh-vien"))
    lan = signed_in("lan")
    address = "/tam-ngung/quan-ly/dich-vu/moi/"
    begin = timezone.now() + FAR
    values = {
        "once": lan.get(address).context["form"].initial["once"], "services": [account.service.code, other.code],
        "ground": "maintenance", "work": "Nâng cấp máy chủ.", "announce": "on",
        "planned_from": f"{begin:%Y-%m-%dT%H:%M}", "planned_until": f"{begin + timedelta(hours=6):%Y-%m-%dT%H:%M}",
    }  # fmt: skip
    answers = together(lambda: lan.post(address, values), lambda: twin(lan).post(address, values))
    assert statuses(answers) == [302, 302]
    assert [one.state for one in Maintenance.objects.all()] == ["announced", "announced"]
    assert Paper.objects.filter(object_type="sharing.maintenance").count() == 2
    assert Notice.objects.filter(event="sharing.maintenance.announce", agency="CT-X31507").count() == 1
    assert verify_chain().ok


@pytest.mark.law("D43.2")
@pytest.mark.parametrize("round_", range(3))
def test_of_a_demand_and_a_finding_at_once_one_is_made(stage, round_):
    breach = suspensions.suspected_breach()
    lan, mai, seen = signed_in("lan"), signed_in("mai"), {"version": breach.version}
    path = f"{breach.get_absolute_url()}buoc"
    due = f"{timezone.now() + timedelta(days=9):%Y-%m-%d}"
    answers = together(
        lambda: lan.post(f"{path}/demand_report/", seen | {"demand": "Báo cáo.", "report_due_on": due}),
        lambda: mai.post(f"{path}/determine/", seen | {"ground": "breach", "finding": "Trái Điều 8 quy chế."}),
    )
    told(answers, breach, since=seen["version"])
    assert Clock.objects.filter(object_code=breach.code, stopped_at__isnull=True).count() == 1


@pytest.mark.law("D43.2")
@pytest.mark.parametrize("round_", range(3))
def test_a_suspension_by_the_file_and_a_lock_of_the_account_at_once_lock_once(stage, round_):
    breach = suspensions.notified_breach()
    lan, mai, account = signed_in("lan"), signed_in("mai"), breach.account
    answers = together(
        lambda: lan.post(f"{breach.get_absolute_url()}buoc/suspend/", {"version": breach.version}),
        lambda: mai.post(
            f"{account.get_absolute_url()}buoc/lock/", {"version": account.version, "reason": "Nghi lộ khóa."}
        ),
    )
    assert statuses(answers) == [302, 422]
    assert "đã chuyển hồ sơ lúc" in refused(answers)
    account.refresh_from_db()
    breach.refresh_from_db()
    assert (account.state, breach.state) == ("locked", "suspended")
    assert History.objects.filter(object_code=account.code, transition="lock").count() == 1
    assert verify_chain().ok


def test_two_files_on_one_account_opened_at_once_are_one(stage):
    account = scenes.account()
    lan, mai = signed_in("lan"), signed_in("mai")
    path = f"/tam-ngung/quan-ly/vi-pham/moi/?tai-khoan={account.code}"
    values = {"accounts": [account.code], "suspicion": "Tra cứu ngoài giờ."}
    answers = together(lambda: lan.post(path, values), lambda: mai.post(path, values))
    assert statuses(answers) == [302, 422]
    assert Breach.objects.count() == 1
    assert Breach.objects.get().code in refused(answers), "the other is told which file there is"


@pytest.mark.law("D42")
@pytest.mark.parametrize("round_", range(3))
def test_a_deletion_is_accepted_or_returned_not_both(stage, round_):
    from datetime import date

    from nganam.sharing.suspensions import terminating

    end = terminating.report_deletion(
        actor=scenes.PHUC, at=scenes.AT, termination=suspensions.ended_sharing(), deletion="Xóa bảng.",
        deleted_on=date(2026, 11, 3), evidence="BB 01",
    )  # fmt: skip
    lan, mai, seen = signed_in("lan"), signed_in("mai"), {"version": end.version}
    path = f"{end.get_absolute_url()}buoc"
    answers = together(
        lambda: lan.post(f"{path}/accept_deletion/", seen),
        lambda: mai.post(f"{path}/return_deletion/", seen | {"reason": "Thiếu bản sao lưu."}),
    )
    told(answers, end, since=seen["version"])
    end.refresh_from_db()
    running = Clock.objects.filter(object_code=end.code, stopped_at__isnull=True)
    assert running.count() == (end.state == "deleting")


def test_a_report_of_deletion_sent_twice_at_once_is_kept_once(stage):
    from django.core.files.uploadedfile import SimpleUploadedFile

    end = suspensions.ended_sharing()
    phuc = signed_in("phuc")
    path = f"{end.get_absolute_url()}buoc/report_deletion/"
    values = {"deletion": "Xóa bảng.", "deleted_on": "2026-11-03", "evidence": "BB 01", "version": end.version}
    answers = together(
        *(
            lambda one=one: one.post(path, values | {"file": SimpleUploadedFile("bb.txt", b"Da huy.\n")})
            for one in (phuc, twin(phuc))
        )
    )
    assert statuses(answers) == [302, 422]
    end.refresh_from_db()
    assert (end.state, end.files.count(), Termination.objects.count()) == ("deleted", 1, 1)
    assert "Thạch Phúc đã chuyển hồ sơ lúc" in refused(answers)
