"""SM6: an appraised service is put on the LGSP, tested, published within one working day of being ready, and ended."""

from datetime import date, timedelta

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

import scenes
import scenes_services
from nganam.audit.models import Entry
from nganam.cases.queries import history_of
from nganam.deadlines.models import Clock
from nganam.deadlines.queries import clocks_of
from nganam.kernel.actors import system
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved
from nganam.notices.queries import inbox
from nganam.services import operations, queries
from nganam.services.models import Service
from nganam.services.openapi import document
from nganam.services.workflow import SERVICE
from scenes_services import move

pytestmark = pytest.mark.django_db


def clock(service, key):
    return clocks_of(SERVICE.code, service.code).get(key=key)


@pytest.mark.law("S8.2a", "S14.1", "S14.2", "S14.3", "D24.2", "D25.1", "S9.1")
def test_a_service_is_appraised_put_on_the_lgsp_tested_and_published(province, lan, minh):
    service = scenes.published_service()
    assert service.state == "published"
    assert (service.ready_at, service.published_at) == (scenes.AT, scenes.AT)
    states = [row.to_state for row in history_of(service)]
    assert states == [
        "draft", "submitted", "appraising", "appraising", "passed", "deploying", "testing", "ready", "published",
    ]  # fmt: skip
    assert queries.listed_service(service.code) == service
    assert any(service.code in notice.title for notice in inbox(minh))
    assert any(service.code in notice.title for notice in inbox(lan))


@pytest.mark.law("S21.4", "D25.1")
def test_the_day_to_publish_starts_when_the_service_is_ready_and_is_the_provider_s(province):
    service = scenes_services.ready()
    running = clock(service, "svc_publish")
    assert (running.due_on, running.article, running.agency) == (date(2026, 11, 4), "D25.1", "CT-SYT")
    service = move(scenes.LAN, service, "publish")
    assert clock(service, "svc_publish").stopped_at == scenes.AT


@pytest.mark.law("S14.1", "S14.2")
def test_the_terms_the_law_leaves_open_are_local(province):
    service = scenes_services.submitted()
    appraisal = clock(service, "appraisal")
    assert (appraisal.is_local, appraisal.article, appraisal.agency) == (True, "nội bộ", "CT-SKHCN")
    service = scenes_services.passed(service)
    assert clock(service, "appraisal").stopped_at == scenes.AT
    service = move(scenes.MINH, service, "deploy")
    assert clock(service, "lgsp_deploy").is_local


MOVES = {
    "draft": ("submit", "abandon"),
    "submitted": ("appraise",),
    "appraising": ("assess", "pass", "return", "scan"),
    "returned": ("submit", "abandon"),
    "passed": ("deploy", "send_back", "abandon"),
    "deploying": ("start_test", "send_back", "abandon"),
    "testing": ("mark_ready", "fail_test", "send_back", "abandon"),
    "ready": ("publish", "send_back", "abandon"),
    "published": ("list_nationally", "suspend", "end"),
    "suspended": ("resume", "end"),
    "ended": (),
    "abandoned": (),
}


MORE = {
    "assess": scenes_services.findings(), "mark_ready": scenes_services.TEST,
    "list_nationally": scenes_services.NATIONAL, "end": {"ground": "ended"},
}  # fmt: skip


@pytest.mark.parametrize("state", [one.name for one in SERVICE.states])
def test_every_move_is_refused_from_every_other_state(province, state):
    service = scenes.declared_service()
    for step in SERVICE.transitions:
        if step.name in MOVES[state] or "system" in step.roles:
            continue
        Service.objects.filter(pk=service.pk).update(state=state)
        service.refresh_from_db()
        actor = scenes.MINH if step.role in {"lead", "operator"} else scenes.LAN
        inputs = {"reason": "x"} if step.needs else {}
        with pytest.raises(StateMoved):
            move(actor, service, step.name, **inputs, **MORE.get(step.name, {}))
    assert {one.name for one in SERVICE.leaving(state)} == set(MOVES[state])


@pytest.mark.parametrize("state", [one.name for one in SERVICE.states])
def test_every_move_is_refused_to_who_is_no_party_to_it(province, phuc, khanh, hoa, state):
    lan, minh = scenes.LAN, scenes.MINH
    service = scenes.declared_service()
    Service.objects.filter(pk=service.pk).update(state=state)
    service.refresh_from_db()
    members = {"provider": lan.code, "lead": minh.code, "operator": minh.code}
    for step in SERVICE.leaving(state):
        for actor in (lan, minh, phuc, khanh, hoa):
            if actor.code in {members.get(role) for role in step.roles}:
                continue
            with pytest.raises(NotAllowed):
                move(actor, service, step.name, **({"reason": "x"} if step.needs else {}), **MORE.get(step.name, {}))


def test_an_unknown_step_is_not_found(province, lan):
    with pytest.raises(NotFound):
        move(lan, scenes.declared_service(), "bay")


@pytest.mark.law("S14.2")
def test_ready_needs_the_record_of_a_test_that_was_made(province, minh):
    service = scenes_services.on_test()
    with pytest.raises(Invalid) as refused:
        move(minh, service, "mark_ready", **scenes_services.TEST | {"tested_on": date(2026, 11, 4)})
    assert "tested_on" in refused.value.fields
    service = move(minh, service, "mark_ready", **scenes_services.TEST)
    assert service.test_record == {
        "on": "2026-11-03", "by": "Trần Văn Minh", "calls": 12, "result": "12 cuộc gọi đúng cấu trúc.",
    }  # fmt: skip


@pytest.mark.law("S14.2")
def test_a_test_that_fails_is_made_again_and_a_wrong_description_goes_back(province, lan, minh):
    service = move(minh, scenes_services.on_test(), "fail_test", reason="Sai kiểu ngày")
    assert service.state == "deploying"
    service = move(minh, service, "start_test")
    service = move(minh, service, "send_back", reason="Khóa tra cứu không phải là duy nhất")
    assert service.state == "returned"
    assert not clocks_of(SERVICE.code, service.code).filter(stopped_at__isnull=True).exists()
    assert scenes_services.submitted(service).state == "submitted"


@pytest.mark.law("D26")
def test_the_entry_in_the_national_register_is_recorded_with_day_code_and_who(province, lan, minh):
    service = scenes.published_service()
    with pytest.raises(Invalid):
        move(lan, service, "list_nationally", listed_on=date(2026, 11, 4), reference="QG-1")
    service = move(minh, service, "list_nationally", **scenes_services.NATIONAL)
    assert (service.national_on, service.national_ref) == (date(2026, 11, 3), "QG-000123")
    assert service.national_by == minh.name
    assert service.state == "published"


@pytest.mark.law("D43")
def test_only_a_decided_suspension_stops_a_service_and_its_end_lets_it_go_on(province, lan, minh):
    service = scenes.published_service()
    for actor in (lan, minh):
        with pytest.raises(NotAllowed):
            operations.suspend_service(actor=actor, at=scenes.AT, service=service, reason="x")
    service = scenes_services.suspended(service)
    assert service.state == "suspended"
    later = scenes.AT + timedelta(hours=3)
    service = operations.resume_service(actor=system("sharing"), at=later, service=service)
    assert service.state == "published"
    (gap,) = queries.interruptions(service)
    assert (gap.since, gap.until, gap.reason) == (scenes.AT, later, "Bảo trì")


@pytest.mark.law("D44")
def test_the_users_of_a_service_that_ends_are_told(province, lan, phuc):
    service = scenes.account().service
    service.refresh_from_db()
    with pytest.raises(Invalid):
        move(lan, service, "end", reason=" ", ground="ended")
    with pytest.raises(Invalid) as caught:
        move(lan, service, "end", reason="Thay bằng dịch vụ khác", ground="chán")
    assert list(caught.value.fields) == ["ground"]
    move(lan, service, "end", reason="Thay bằng dịch vụ khác", ground="ended", signer="Nguyễn Văn A")
    assert (service.end_ground, service.end_signer) == ("ended", "Nguyễn Văn A")
    assert any("ngừng cung cấp" in notice.title for notice in inbox(phuc))
    assert service.is_final


def test_a_draft_that_is_given_up_is_no_ended_service(province, lan, minh):
    service = move(lan, scenes.declared_service(), "abandon", reason="Khai nhầm bảng")
    assert service.state == "abandoned"
    with pytest.raises(NotFound):
        queries.get_service_for(minh, service.code)


def test_a_draft_is_not_found_by_others_nor_by_the_public(province, lan, minh, phuc):
    service = scenes.declared_service()
    assert queries.get_service_for(lan, service.code)
    for actor in (minh, phuc):
        with pytest.raises(NotFound):
            queries.get_service_for(actor, service.code)
    with pytest.raises(NotFound):
        queries.listed_service(service.code)


@pytest.mark.law("D24.1", "D24.3")
def test_the_openapi_document_is_valid_lists_the_fields_and_says_its_version(province):
    service = scenes.published_service()
    made = document(service, gateway_url="http://lgsp.example", token_url="http://portal.example/t", instance="VN")
    validate(made)
    assert set(made["components"]["schemas"]["Record"]["properties"]) == set(scenes.FIELDS)
    assert made["servers"][0]["url"] == f"http://lgsp.example/r1/VN/GOV/CT-SYT/KHO/{service.code}"
    assert made["info"]["version"] == "1.0"
    assert made["paths"]["/{key}"]["get"]["responses"]["404"]["description"] == service.no_data


@pytest.mark.law("S14.1", "D24.3")
def test_the_rules_of_the_day_of_receipt_hold_from_then_on(province):
    service = scenes.declared_service()
    type(service).objects.update(rules="2020-05-25")
    service.refresh_from_db()
    service = scenes_services.submitted(service)
    assert (service.rules, service.received_at) == ("2025-10-22", scenes.AT)


@pytest.mark.law("D24.3")
def test_what_was_emptied_behind_the_form_is_not_handed_in(province, lan):
    service = scenes.declared_service()
    Service.objects.update(structure=" ")
    service.refresh_from_db()
    with pytest.raises((Invalid, RuleBroken)):
        move(lan, service, "submit")


def test_each_move_leaves_its_mark_in_the_audit(province):
    service = scenes.published_service()
    said = Entry.objects.filter(object_code=service.code).values_list("action", flat=True)
    assert {"services.service.submit", "services.service.pass", "services.service.publish"} <= set(said)


@pytest.mark.law("S14.1", "D25.1")
def test_what_is_ready_can_still_be_sent_back_and_the_term_to_publish_stops(province, lan, minh):
    service = scenes_services.ready()
    with pytest.raises(NotAllowed):
        move(lan, service, "send_back", reason="x")
    with pytest.raises(Invalid):
        move(minh, service, "send_back", reason=" ")
    service = move(minh, service, "send_back", reason="Mô tả chưa khớp dịch vụ đang chạy.")
    assert (service.state, clock(service, "svc_publish").stopped_at) == ("returned", scenes.AT)
    assert any("Trả lại" in notice.title for notice in inbox(lan))


@pytest.mark.parametrize("scene", ["passed", "ready"])
def test_the_provider_gives_up_what_passed_and_the_lead_agency_is_told(province, lan, minh, scene):
    service = getattr(scenes_services, scene)()
    with pytest.raises(NotAllowed):
        move(minh, service, "abandon", reason="x")
    service = move(lan, service, "abandon", reason="Không còn cần.")
    assert (service.state, service.is_final) == ("abandoned", True)
    assert not Clock.objects.filter(object_code=service.code, stopped_at__isnull=True).exists()
    assert any("Bỏ bản khai" in notice.title for notice in inbox(minh))


@pytest.mark.law("D24.1", "D24.3", "TT13")
@pytest.mark.parametrize("found", [False, True])
def test_the_openapi_document_names_every_question_with_examples_that_fit_it(province, found):
    service = scenes.published_service()
    if found:
        scenes.make_findable(service)
    made = document(service, gateway_url="http://lgsp.example", token_url="http://portal.example/t", instance="VN")
    offered = {"/{key}", "/$batch", "/", "/$changes", "/$aggregate"}
    at = f"/$features/collections/{service.code}"
    layer = {"/$features", "/$features/conformance", "/$features/api", "/$features/collections"}
    layer |= {at, f"{at}/items", f"{at}/items/{{featureId}}"}
    assert set(made["paths"]) == offered | ({"/$search", "/$near", *layer} if found else set())
    schemas = {"components": {"schemas": made["components"]["schemas"]}}
    for path, told in made["paths"].items():
        (said,) = told["get"]["responses"]["200"]["content"].values()
        OAS31Validator({**schemas, **said["schema"]}).validate(said["example"])
        for one in told["get"]["parameters"]:
            if "example" in one:
                OAS31Validator(one["schema"]).validate(one["example"])
        assert {"304", "400", "401", "403", "405", "429", "503"} <= set(told["get"]["responses"]), path
        assert {"ETag", "x-lgsp-version"} <= set(told["get"]["responses"]["200"]["headers"])
    assert "410" in made["paths"]["/$changes"]["get"]["responses"]
    named = {one["name"] for one in made["paths"]["/"]["get"]["parameters"]}
    assert {"fields", "sort", "limit", "cursor", *service.filter_columns} <= named


def test_a_service_that_does_not_share_the_key_of_its_table_offers_no_changes(province):
    service = scenes.published_service()
    service.fields.filter(name="ma_co_so").delete()
    made = document(service, gateway_url="http://lgsp.example", token_url="http://portal.example/t", instance="VN")
    assert "/$changes" not in made["paths"]
