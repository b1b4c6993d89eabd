"""Several services stopped in one deed: each its own file and notice, all or none, each user told once (D43)."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

import scenes
import scenes_accounts as suspensions
from nganam.accounts import keys
from nganam.audit.queries import verify_chain
from nganam.documents.models import Paper
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.notices.models import Notice
from nganam.services.models import Service
from nganam.sharing.models import Maintenance
from nganam.sharing.suspensions import maintaining

pytestmark = pytest.mark.django_db
NEW = "/tam-ngung/quan-ly/dich-vu/moi/"


@pytest.fixture
def services(province):
    """Give three services of Sở Y tế; Phúc's commune uses the first two."""
    first = scenes.account().service
    codes = ("benh-vien", "nha-thuoc")
    second, third = (scenes.published_service(scenes.loaded_table(code=code)) for code in codes)
    suspensions.second_account(second)
    return [first, second, third]


@pytest.fixture
def sign_in(client, province):
    with time_machine.travel(scenes.AT, tick=False):

        def go(username):
            client.logout()
            assert client.login(username=username, password=scenes.PASSWORD)
            return client

        yield go


def told(event="announce"):
    return Notice.objects.filter(event=f"sharing.maintenance.{event}")


def plan(services, at, actor=scenes.LAN, **changes):
    values = suspensions.PLAN | changes
    return maintaining.plan_stops(actor=actor, at=at, services=services, values=values, announce=True)


@pytest.mark.law("D43.1", "D43.3")
def test_each_service_has_its_file_and_notice_and_each_user_hears_once(services, at):
    assert {one.state for one in plan(services, at)} == {"announced"}
    kept = list(Maintenance.objects.order_by("code"))
    assert [one.code for one in kept] == ["BT-2026-0001", "BT-2026-0002", "BT-2026-0003"]
    assert {one.state for one in kept} == {"announced"}
    assert {one.service for one in kept} == set(services)
    papers = Paper.objects.filter(object_type="sharing.maintenance")
    assert {one.object_code for one in papers} == {one.code for one in kept}
    assert [(one.agency, one.role) for one in told().order_by("agency")] == [("", "lead"), ("CT-X31507", "")]
    used = {one.code for one in kept if one.service in services[:2]}
    notice = told().get(agency="CT-X31507")
    assert {line.split(" · ")[0] for line in notice.body.splitlines()} == used
    assert "và 1 đợt khác: thông báo tạm ngừng dịch vụ" in notice.title
    assert len(told().get(role="lead").body.splitlines()) == 3
    assert verify_chain().ok


def test_without_an_announcement_they_are_plans_nobody_hears_of(services, at):
    maintaining.plan_stops(actor=scenes.LAN, at=at, services=services, values=suspensions.PLAN)
    assert [one.state for one in Maintenance.objects.all()] == ["draft"] * 3
    assert not told().exists()


@pytest.mark.law("D43.4")
def test_force_majeure_stops_them_all_at_once_and_is_told_once(services, at):
    plan(services, at, **suspensions.FORCED)
    assert {one.state for one in Maintenance.objects.all()} == {"stopped"}
    assert {one.state for one in Service.objects.all()} == {"suspended"}
    assert told("stop").filter(agency="CT-X31507").count() == 1


@pytest.mark.law("D43.3")
def test_all_or_none_and_the_refusal_names_the_service(services, at):
    standing = suspensions.announced_stop(services[1])
    before = told().count()
    with pytest.raises(RuleBroken) as caught:
        plan(services, at)
    assert f"{services[1].code} {services[1].name}: Đã có đợt tạm ngừng {standing.code}" in caught.value.message
    assert list(Maintenance.objects.all()) == [standing]
    assert told().count() == before
    assert Paper.objects.filter(object_type="sharing.maintenance").count() == 1


def test_only_ones_own_services_and_not_none(services, at):
    with pytest.raises(NotAllowed):
        plan(services, at, actor=scenes.PHUC)
    with pytest.raises(Invalid) as caught:
        plan([], at)
    assert set(caught.value.fields) == {"services"}
    late = {"planned_from": at + timedelta(days=2), "planned_until": at + timedelta(days=3)}
    with pytest.raises(Invalid) as caught:
        plan(services, at, **late)
    assert set(caught.value.fields) == {"planned_from"}
    assert not Maintenance.objects.exists()


VALUES = {
    "ground": "maintenance", "work": "Nâng cấp máy chủ.", "force": "", "planned_from": "2026-11-13T22:00",
    "planned_until": "2026-11-14T04:00", "once": "k",
}  # fmt: skip


def test_the_page_ticks_several_or_all(services, sign_in):
    lan = sign_in("lan")
    page = lan.get(NEW).content.decode()
    for one in services:
        assert f'name="services" value="{one.code}"' in page
    none = lan.post(NEW, VALUES)
    assert none.status_code == 422
    assert "Chọn từ 1 đến" in none.content.decode()
    two = lan.post(NEW, VALUES | {"services": [one.code for one in services[:2]], "announce": "on"}, follow=True)
    assert "Đã lập 2 hồ sơ tạm ngừng." in two.content.decode()
    assert {one.service for one in Maintenance.objects.all()} == set(services[:2])
    lan.post(
        NEW,
        VALUES | {"every": "on", "once": "m", "planned_from": "2026-12-13T22:00", "planned_until": "2026-12-14T04:00"},
    )
    assert Maintenance.objects.filter(state="draft").count() == 3
    foreign = sign_in("phuc").post(NEW, VALUES | {"services": [services[0].code], "once": "n"})
    assert foreign.status_code == 422
    assert Maintenance.objects.count() == 5


def test_a_program_stops_several_in_one_call(services):
    with time_machine.travel(scenes.AT, tick=False):
        _key, text = keys.issue_api_key(actor=scenes.LAN, at=scenes.AT, name="Bảo trì", days=30)
        program = Client(headers={"authorization": f"Bearer {text}"})
        sent = {name: value for name, value in VALUES.items() if name != "once"}
        sent |= {"services": [one.code for one in services], "announce": True}
        key = {"headers": {"Idempotency-Key": "k-1"}}
        answers = [
            program.post("/api/v1/cases/sharing.maintenance", sent, content_type="application/json", **key)
            for _twice in range(2)
        ]
        assert [one.status_code for one in answers] == [201, 201], answers[0].content.decode()
        assert answers[0].json()["code"] == answers[1].json()["code"]
        assert [one.state for one in Maintenance.objects.all()] == ["announced"] * 3
        assert told().filter(agency="CT-X31507").count() == 1
        wrong = program.post(
            "/api/v1/cases/sharing.maintenance", sent | {"services": ["DV-2026-9999"]}, content_type="application/json"
        )
        assert (wrong.status_code, set(wrong.json()["fields"])) == (422, {"services"})
