"""A published service changes by a new version (D25.2): at once, or appraised while the one in force serves."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.http import QueryDict

import scenes
import scenes_services
from nganam.cases import parties
from nganam.deadlines.queries import clocks_of
from nganam.face.paging import page_of
from nganam.kernel.actors import Role
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.lgsp.queries import decision_mark
from nganam.lgsp.reading import decided_serving
from nganam.notices.queries import inbox
from nganam.services import operations, queries, revising
from nganam.services.models import Revision, Service
from nganam.services.openapi import document
from nganam.services.tasks import bring_into_force
from nganam.services.workflow import REVISION, SERVICE
from scenes_services import drafted_version, findings, move

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 10)
"""Five working days after the stories' Tuesday: the local notice to those who use the service."""
ON_THE_DAY = scenes.AT + timedelta(days=7)


def served(service):
    return [one.name for one in decided_serving(scenes.AT, 1).services[service.code].fields]


@pytest.mark.law("D25.1", "S14.3")
def test_what_is_published_becomes_version_one(province):
    service = scenes.published_service()
    (first,) = service.revisions.all()
    assert (first.number, first.state, first.kind, first.in_force_at) == ("1.0", "in_force", "initial", scenes.AT)
    assert first.content["capacity"] == service.capacity
    assert [one["name"] for one in first.content["fields"]] == scenes.FIELDS


@pytest.mark.law("D25.2", "D25.3")
def test_a_minor_change_takes_effect_at_once_and_is_recorded_with_its_term(province, lan, phuc):
    service = scenes.account().service
    service.refresh_from_db()
    revision = drafted_version(service)
    assert (revision.code, revision.kind, revision.state) == ("PB-2026-0002", "minor", "draft")
    mark = decision_mark()
    revision = move(lan, revision, "apply")
    service.refresh_from_db()
    assert (revision.number, revision.state) == ("1.1", "in_force")
    assert service.capacity == scenes_services.REVISED["capacity"]
    assert service.number == "1.1"
    clock = clocks_of(SERVICE.code, service.code).get(key="svc_change")
    assert (clock.article, clock.due_on, clock.stopped_at) == ("D25.2", date(2026, 11, 3), scenes.AT)
    assert service.revisions.get(number="1.0").state == "superseded"
    assert any("1.1" in notice.title for notice in inbox(phuc))
    assert decision_mark() != mark, "the keeper notices"


@pytest.mark.law("S14.1", "D25.2")
def test_a_major_change_is_appraised_while_the_version_in_force_serves(province, lan, minh):
    service = scenes.published_service()
    revision = drafted_version(service, fields=scenes_services.WITHOUT_TELEPHONE)
    assert revision.kind == "major"
    with pytest.raises(RuleBroken, match="thẩm định lại"):
        move(lan, revision, "apply")
    revision = scenes_services.passed(revision)
    assert served(service) == scenes.FIELDS
    assert service.number == "1.0"
    revision = move(lan, revision, "announce", effective_on=date(2026, 11, 3))
    assert served(service) == scenes.FIELDS
    revision = move(lan, revision, "take_effect")
    assert served(service) == scenes_services.WITHOUT_TELEPHONE
    service.refresh_from_db()
    assert (revision.number, service.number) == ("2.0", "2.0")
    made = document(service, gateway_url="http://l.example", token_url="http://p.example/t", instance="VN")
    assert made["info"]["version"] == "2.0"
    assert "dien_thoai" not in made["components"]["schemas"]["Record"]["properties"]


@pytest.mark.law("D25.2", "D25.3")
def test_those_who_use_it_are_warned_of_what_they_lose_before_it_takes_effect(province, lan, phuc):
    service = scenes.account().service
    revision = scenes_services.passed_version(service)
    with pytest.raises(Invalid, match="10/11/2026") as refused:
        move(lan, revision, "announce", effective_on=DAY - timedelta(days=1))
    assert "effective_on" in refused.value.fields
    type(service.accounts.get()).objects.update(granted_fields=["ma_co_so", "dien_thoai"])
    revision = move(lan, revision, "announce", effective_on=DAY)
    (notice,) = [one for one in inbox(phuc) if "thay đổi từ ngày" in one.title]
    assert "10/11/2026" in notice.title
    assert "dien_thoai" in notice.body
    with pytest.raises(RuleBroken, match="10/11/2026"):
        move(lan, revision, "take_effect")


def test_the_announced_day_brings_it_into_force_by_itself(province, lan, monkeypatch):
    service = scenes.account().service
    revision = move(lan, scenes_services.passed_version(service), "announce", effective_on=DAY)
    assert revising.bring_due_into_force(at=ON_THE_DAY - timedelta(days=1)) == []
    monkeypatch.setattr("django.utils.timezone.now", lambda: ON_THE_DAY)
    assert bring_into_force.func() == [revision.code]
    assert bring_into_force.func() == []
    revision.refresh_from_db()
    assert (revision.state, revision.in_force_at) == ("in_force", ON_THE_DAY)


def test_a_version_that_cannot_come_is_told_to_its_provider_and_waits(province, lan):
    service = scenes.published_service()
    revision = move(lan, scenes_services.passed_version(service), "announce", effective_on=date(2026, 11, 3))
    table = service.table
    table.contract["columns"] = [one for one in table.contract["columns"] if one["name"] != "loai"]
    table.save()
    assert revising.bring_due_into_force(at=scenes.AT) == []
    revision.refresh_from_db()
    assert revision.state == "announced"
    assert any("chưa áp dụng được" in notice.title and "loai" in notice.body for notice in inbox(lan))


@pytest.mark.law("D25.3")
def test_a_small_change_made_meanwhile_survives_the_large_one(province, lan):
    service = scenes.published_service()
    large = scenes_services.passed_version(service)
    small = move(lan, drafted_version(service), "apply")
    large = move(lan, large, "announce", effective_on=date(2026, 11, 3))
    large = move(lan, large, "take_effect")
    service.refresh_from_db()
    assert (small.number, large.number) == ("1.1", "2.0")
    assert service.capacity == scenes_services.REVISED["capacity"]


def test_one_version_of_a_kind_is_under_way_at_a_time(province, lan):
    service = scenes.published_service()
    drafted_version(service)
    with pytest.raises(RuleBroken, match="PB-2026-0002"):
        drafted_version(service)
    large = drafted_version(service, fields=scenes_services.WITHOUT_TELEPHONE)
    with pytest.raises(RuleBroken):
        revising.edit_revision(
            actor=lan, at=scenes.AT, revision=large, field_names=scenes.FIELDS, values={"name": "Tên"}, summary="x"
        )


def test_a_draft_is_edited_until_it_is_handed_in_and_may_turn_from_small_to_large(province, lan, phuc):
    service = scenes.published_service()
    revision = drafted_version(service)
    stale = Revision.objects.get(pk=revision.pk)
    values = {"actor": lan, "at": scenes.AT, "summary": "Bỏ điện thoại", "values": {}}
    fewer = {"field_names": scenes_services.WITHOUT_TELEPHONE}
    with pytest.raises(NotAllowed):
        revising.edit_revision(revision=revision, **values | fewer | {"actor": phuc})
    revision = revising.edit_revision(revision=revision, **values, **fewer)
    assert revision.kind == "major"
    with pytest.raises(StateMoved):
        revising.edit_revision(revision=stale, **values, **fewer)
    with pytest.raises(Invalid, match="Chưa có gì thay đổi"):
        revising.edit_revision(revision=revision, **values, field_names=scenes.FIELDS)
    revision = move(lan, revision, "submit")
    with pytest.raises(RuleBroken):
        revising.edit_revision(revision=revision, **values, **fewer)


def test_a_form_sent_twice_drafts_one_version(province, lan):
    service = scenes.published_service()
    values = {"field_names": scenes.FIELDS, "values": scenes_services.REVISED, "summary": "x", "once": "k1"}
    made = [revising.draft_revision(actor=lan, at=scenes.AT, service=service, **values) for _ in range(2)]
    assert made[0] == made[1]
    assert service.revisions.count() == 2


def test_only_the_provider_revises_and_only_what_is_published(province, lan, minh, phuc):
    draft = scenes.declared_service()
    with pytest.raises(RuleBroken, match="đã công khai"):
        drafted_version(draft)
    service = scenes_services.published(draft)
    for actor in (minh, phuc):
        with pytest.raises(NotAllowed):
            revising.draft_revision(
                actor=actor, at=scenes.AT, service=service, field_names=scenes.FIELDS,
                values=scenes_services.REVISED, summary="x",
            )  # fmt: skip
    with pytest.raises(Invalid, match="Chưa có gì thay đổi"):
        drafted_version(service, name=service.name)


@pytest.mark.law("S14.1")
def test_who_drafted_a_version_does_not_appraise_it(province, lan, minh):
    revision = move(lan, drafted_version(fields=scenes_services.WITHOUT_TELEPHONE), "submit")
    disguised = replace(lan, agency="CT-SKHCN", roles=frozenset({Role.LEAD}))
    with pytest.raises(NotAllowed):
        move(disguised, revision, "appraise")
    revision = move(minh, revision, "appraise")
    revision = move(minh, revision, "assess", **findings(personal="unmet"))
    assert move(minh, revision, "return").state == "returned"


def test_a_draft_version_is_its_provider_s_until_it_is_handed_in(province, lan, minh, phuc):
    revision = drafted_version(fields=scenes_services.WITHOUT_TELEPHONE)
    assert queries.get_revision_for(lan, revision.code) == revision
    for actor in (minh, phuc):
        with pytest.raises(NotFound):
            queries.get_revision_for(actor, revision.code)
    move(lan, revision, "submit")
    assert queries.get_revision_for(minh, revision.code) == revision
    assert parties.find_for(minh, "services.revision", revision.code) == revision


def test_an_announced_change_that_is_given_up_is_taken_back_with_those_who_were_told(province, lan, phuc):
    service = scenes.account().service
    revision = move(lan, scenes_services.passed_version(service), "announce", effective_on=DAY)
    assert queries.announced_version(service) == revision
    move(lan, revision, "abandon", reason="Chưa đủ kinh phí")
    assert any("sẽ không áp dụng" in notice.title for notice in inbox(phuc))


@pytest.mark.law("D44")
def test_versions_under_way_fall_with_the_service(province, lan):
    service = scenes.published_service()
    small = drafted_version(service)
    large = move(lan, drafted_version(service, fields=scenes_services.WITHOUT_TELEPHONE), "submit")
    operations.end_service(actor=lan, at=scenes.AT, service=service, reason="Thay thế", ground="unrecoverable")
    for one in (small, large):
        one.refresh_from_db()
        assert one.state == "abandoned"
    assert not clocks_of(REVISION.code, large.code).filter(stopped_at__isnull=True).exists()


def test_a_suspended_service_may_change_too(province, lan):
    service = scenes_services.suspended(scenes.published_service())
    move(lan, drafted_version(service), "apply")
    service.refresh_from_db()
    assert (service.state, service.number) == ("suspended", "1.1")


MOVES = {
    "draft": {"submit", "apply", "first", "abandon", "lapse"},
    "submitted": {"appraise", "lapse"},
    "appraising": {"assess", "pass", "return", "scan", "lapse"},
    "returned": {"submit", "abandon", "lapse"},
    "passed": {"announce", "abandon", "lapse"},
    "announced": {"take_effect", "abandon", "lapse"},
    "in_force": {"supersede"},
    "superseded": set(),
    "abandoned": set(),
}


@pytest.mark.parametrize("state", [one.name for one in REVISION.states])
def test_a_version_moves_as_its_table_says_and_for_its_parties_only(province, phuc, khanh, hoa, state):
    revision = drafted_version()
    assert {one.name for one in REVISION.leaving(state)} == MOVES[state]
    Revision.objects.exclude(pk=revision.pk).delete()
    inputs = {"announce": {"effective_on": DAY}, "assess": findings(), "abandon": {"reason": "x"}}
    for step in REVISION.transitions:
        if step.role == "system":
            continue
        Revision.objects.filter(pk=revision.pk).update(state=state)
        revision.refresh_from_db()
        for actor in (phuc, khanh, hoa, scenes.LAN if step.role == "lead" else scenes.MINH):
            with pytest.raises(NotAllowed):
                move(actor, revision, step.name, **inputs.get(step.name, {}))
        if step.name not in MOVES[state]:
            with pytest.raises((StateMoved, RuleBroken)):
                move(scenes.MINH if step.role == "lead" else scenes.LAN, revision, step.name,
                     **inputs.get(step.name, {}))  # fmt: skip


def test_the_system_s_moves_are_nobody_s(province, lan):
    revision = drafted_version()
    for name in ("first", "lapse"):
        with pytest.raises(NotAllowed):
            move(lan, revision, name)


def test_a_stale_version_of_the_service_is_told(province, lan):
    service = scenes.published_service()
    revision = drafted_version(service)
    seen = revision.version
    move(lan, revision, "abandon", reason="x")
    with pytest.raises((StateMoved, RuleBroken)):
        revising.apply_revision(actor=lan, at=scenes.AT, revision=revision, version=seen)
    assert Service.objects.get().capacity == scenes.DESCRIPTION["capacity"]


def test_versions_are_paged_on_both_pages(province, client):
    service = scenes.published_service()
    (first,) = service.revisions.all()
    for number in range(1, 41):
        Revision.objects.create(
            service=service, code=f"PB-2026-1{number:03}", number=f"0.{number}", state="superseded", kind="minor",
            content=first.content, summary=f"Đổi lần {number}.", rules=first.rules, created_at=scenes.AT,
            updated_at=scenes.AT, in_force_at=scenes.AT - timedelta(days=number), superseded_at=scenes.AT,
        )  # fmt: skip
    public = f"/dich-vu/{service.code}/"
    assert "Đổi lần 29." in client.get(public).text
    assert "Đổi lần 30." not in client.get(public).text
    assert "Đổi lần 40." in client.get(public, {"trang": 2}).text
    assert client.login(username="lan", password=scenes.PASSWORD)
    ours = service.get_absolute_url()
    both = client.get(ours).text, client.get(ours, {"trang": 2}).text
    assert ["Đổi lần 5." in page for page in both].count(True) == 1
    assert all("So sánh hai phiên bản" in page for page in both)
    for page in (client.get(public).text, both[0]):
        assert 'href="?trang=2#phien-ban"' in page, "the next page begins where one was reading"
        assert page.count('id="phien-ban"') == 1


def test_a_short_list_is_read_in_one_query_and_a_long_one_is_paged_as_any(province, django_assert_num_queries):
    service = scenes.published_service()
    with django_assert_num_queries(1):
        page = page_of(queries.public_versions(service), QueryDict("trang=7"), short=True)
        assert [one.number for one in page] == ["1.0"]
    assert (page.number, page.paginator.count, page.paginator.num_pages) == (1, 1, 1)
    nobody = page_of(service.revisions.none(), QueryDict(), short=True)
    assert (list(nobody), nobody.paginator.count) == ([], 0)
