"""Cases by the JSON interface: a program may what its officer may, and meets the refusals the pages give."""

from datetime import timedelta

import pytest
from django.test import Client

import scenes
from by_program import JSON, refused
from nganam.accounts import keys
from nganam.accounts.models import ApiKey
from nganam.audit.models import Entry
from nganam.sharing.models import Account, Request

pytestmark = pytest.mark.django_db


def draft(client, service, **more):
    values = {**scenes.REQUEST, "service": service.code, "application": "MCDT"}
    values["fields_asked"] = values.pop("fields")
    return client.post("/api/v1/cases/sharing.request", values | more, **JSON)


@pytest.mark.law("S8.2d", "S9.3", "D35.1", "D35.2", "D35.3", "D40")
def test_a_request_goes_from_draft_to_use_without_a_page(program, lan, phuc):
    service = scenes.published_service()
    scenes.application()
    ours, theirs = program(phuc), program(lan)
    made = draft(ours, service)
    assert made.status_code == 201, made.content.decode()
    code = made.json()["code"]
    path = f"/api/v1/cases/sharing.request/{code}"
    assert made.json()["content"]["service"] == service.code
    assert [one["name"] for one in made.json()["steps"]] == ["send", "withdraw"]
    sent = ours.post(f"{path}/send", {"version": 0}, **JSON).json()
    assert (sent["state"], sent["state_label"]) == ("received", "Đã tiếp nhận")
    (clock,) = sent["clocks"]
    assert (clock["key"], clock["article"], clock["is_local"], clock["agency"]) == (
        "acct_issue", "N194.40.3", False, "CT-SYT",
    )  # fmt: skip
    granted = theirs.post(f"{path}/grant", {"granted": ["ma_co_so"], **scenes.WITHHELD}, **JSON).json()
    assert granted["state"] == "granted"
    assert {"Cấp tài khoản", "Ban hành thông báo 01/TB-SYT"} <= {one["title"] for one in granted["story"]}
    account = Account.objects.get()
    assert account.granted_fields == ["ma_co_so"]
    ours.post(f"/api/v1/cases/sharing.account/{account.code}/hand_over", {}, **JSON)
    used = ours.post(f"{path}/start_use", {"reason": "Đã thử ba bản ghi, đúng."}, **JSON).json()
    assert used["state"] == "in_use"


def test_each_door_gives_the_same_refusals(program, lan, phuc, minh):
    request = scenes.drafted_request(purpose="")
    path = f"/api/v1/cases/sharing.request/{request.code}"
    ours, theirs, lead = program(phuc), program(lan), program(minh)
    said = refused(ours.post(f"{path}/send", {}, **JSON), 422, "invalid")
    assert "purpose" in said["fields"]
    refused(theirs.get(path), 404, "not_found")
    refused(theirs.post(f"{path}/send", {}, **JSON), 404, "not_found")
    ours.put(path, {"application": "MCDT", "purpose": "Mục đích", "solution": "Giải pháp", "frequency": "Hằng ngày",
                    "fields_asked": ["ma_co_so"]}, **JSON)  # fmt: skip
    assert ours.post(f"{path}/send", {}, **JSON).status_code == 200
    refused(lead.post(f"{path}/refuse", {"reason": "x", "legal_basis": "x"}, **JSON), 403, "not_allowed")
    said = refused(theirs.post(f"{path}/refuse", {"reason": "Không thuộc phạm vi"}, **JSON), 422, "invalid")
    assert list(said["fields"]) == ["legal_basis"]
    refused(theirs.post(f"{path}/receive", {}, **JSON), 404, "not_found")
    assert Request.objects.get().state == "received"


def test_a_second_decision_is_told_who_was_first(program, lan):
    request = scenes.sent_request()
    path = f"/api/v1/cases/sharing.request/{request.code}"
    theirs = program(lan)
    assert theirs.post(f"{path}/grant", {"granted": ["ma_co_so"], **scenes.WITHHELD}, **JSON).status_code == 200
    said = refused(
        theirs.post(f"{path}/to_special", {"reason": "Muộn", "legal_basis": "Khoản 1"}, **JSON), 409, "state_moved"
    )
    assert "Nguyễn Thị Lan" in said["detail"]
    assert Account.objects.count() == 1


def test_a_move_on_a_version_that_has_passed_moves_nothing(program, phuc):
    request = scenes.drafted_request()
    path = f"/api/v1/cases/sharing.request/{request.code}"
    refused(program(phuc).post(f"{path}/send", {"version": 7}, **JSON), 409, "state_moved")
    request.refresh_from_db()
    assert request.state == "draft"


def test_a_call_repeated_after_a_timeout_opens_one_case(program, phuc):
    service = scenes.published_service()
    scenes.application()
    ours = program(phuc)
    first, second = (draft(ours, service) for _ in range(2))
    assert first.json()["code"] != second.json()["code"]
    ours.defaults["HTTP_IDEMPOTENCY_KEY"] = "lan-goi-1"
    third, fourth = (draft(ours, service) for _ in range(2))
    assert third.json()["code"] == fourth.json()["code"]
    assert Request.objects.count() == 3


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"granted": ["loai"]}, "granted"),
     ({"granted": ["ma_co_so"], "valid_until": "2020-01-01", **scenes.WITHHELD}, "valid_until"),
     ({"granted": ["ma_co_so"]}, "reason"), ({"granted": ["ma_co_so"], "reason": "Không cần"}, "legal_basis"),
     ({"granted": []}, "granted"), ({"granted": ["ma_co_so"], "la": 1}, "la"), ({"granted": "ma_co_so"}, "granted")],
)  # fmt: skip
def test_what_is_wrong_is_named(program, lan, sent, field):
    request = scenes.sent_request()
    said = refused(
        program(lan).post(f"/api/v1/cases/sharing.request/{request.code}/grant", sent, **JSON), 422, "invalid"
    )
    assert field in said["fields"]
    assert not Account.objects.exists()


def test_only_what_is_the_officers_is_listed(program, lan, phuc, hoa, django_assert_max_num_queries):
    account = scenes.account()
    ours = program(phuc).get("/api/v1/cases").json()
    assert {one["code"] for one in ours} == {account.code, account.request.code}
    assert program(hoa).get("/api/v1/cases").json() == []
    theirs = program(lan)
    with django_assert_max_num_queries(25):
        found = theirs.get("/api/v1/cases?type=sharing.account&state=active").json()
    assert [one["code"] for one in found] == [account.code]
    assert theirs.get("/api/v1/cases?type=sharing.account&state=locked").json() == []
    refused(theirs.get("/api/v1/cases?type=khong.co"), 404, "not_found")
    refused(theirs.get("/api/v1/cases?limit=0"), 422, "invalid")
    refused(theirs.get("/api/v1/cases/sharing.account/TK-2026-9999"), 404, "not_found")


def test_no_number_of_ours_leaves_by_the_interface(program, lan):
    account = scenes.account()
    told = program(lan).get(f"/api/v1/cases/sharing.account/{account.code}").json()
    assert told["content"]["application"] == "CT-X31507/MCDT"
    assert told["content"]["request"] == account.request.code
    assert "id" not in told
    assert "id" not in told["content"]


# -- keys --


def test_without_a_key_or_with_a_wrong_one_nothing_is_there(province, program, phuc):
    program(phuc)
    key = ApiKey.objects.get()
    for text in (
        "",
        "Bearer ",
        "Bearer nn_0.x",
        f"Bearer {key.prefix}.sai",
        "Basic bGFuOmxhbg==",
        f"Bearer {'x' * 500}.y",
    ):
        answer = Client(headers={"authorization": text} if text else {}).get("/api/v1/cases")
        said = refused(answer, 401, "unauthorized")
        assert "Khóa API" in said["hint"]


def test_a_key_is_shown_once_and_ends_by_revocation_by_time_and_with_the_posting(program, phuc, at):
    from datetime import date

    from django.utils import timezone

    from nganam.agencies.models import Posting

    client = program(phuc)
    assert client.get("/api/v1/cases").status_code == 200
    key = ApiKey.objects.get()
    assert key.last_used_at is not None
    assert "nn_" not in str(Entry.objects.filter(action="accounts.api_key.issued").get().details).replace(
        key.prefix, ""
    )
    Posting.objects.filter(person__username="phuc").update(valid_until=date(2026, 1, 1))
    refused(client.get("/api/v1/cases"), 401, "unauthorized")
    Posting.objects.filter(person__username="phuc").update(valid_until=None)
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    refused(client.get("/api/v1/cases"), 401, "unauthorized")
    ApiKey.objects.update(expires_at=timezone.now() + timedelta(days=1))
    key.person.is_active = False
    key.person.save()
    refused(client.get("/api/v1/cases"), 401, "unauthorized")
    key.person.is_active = True
    key.person.save()
    keys.revoke_api_key(actor=phuc, at=at, prefix=key.prefix)
    refused(client.get("/api/v1/cases"), 401, "unauthorized")


def test_the_interface_describes_every_move_and_its_refusals(client, province):
    told = client.get("/api/v1/openapi.json").json()
    grant = told["paths"]["/api/v1/cases/sharing.request/{code}/grant"]["post"]
    assert set(grant["responses"]) >= {"200", "401", "403", "404", "409", "422"}
    assert list(grant["responses"]["409"]["content"]) == ["application/problem+json"]
    schema = told["components"]["schemas"]["SharingRequestGrant"]
    assert set(schema["properties"]) == {"version", "granted", "reason", "legal_basis", "valid_until", "signer"}
    assert "/api/v1/cases/sharing.request/{code}/receive" not in told["paths"]


@pytest.mark.law("S24.2")
def test_a_program_urges_as_its_officer_may_and_the_story_tells_it(program, lan, minh, phuc):
    request = scenes.sent_request()
    path = f"/api/v1/cases/sharing.request/{request.code}"
    lead = program(minh)
    made = lead.post(f"{path}/urge", {"text": "Đề nghị trả lời."}, **JSON)
    assert made.status_code == 201, made.content.decode()
    said = made.json()
    assert (said["type"], said["code"], said["agency"], said["text"]) == (
        "sharing.request", request.code, "CT-SYT", "Đề nghị trả lời.",
    )  # fmt: skip
    refused(lead.post(f"{path}/urge", {"text": "Lần nữa."}, **JSON), 409, "rule_broken")
    refused(program(lan).post(f"{path}/urge", {"text": "x"}, **JSON), 403, "not_allowed")
    refused(lead.post("/api/v1/cases/x/y/urge", {"text": "x"}, **JSON), 404, "not_found")
    refused(lead.post(f"{path}/urge", {"text": " "}, **JSON), 422, "invalid")
    event = program(phuc).get(path).json()["story"][-1]
    assert (event["title"], event["reason"], event["to"]) == ("Đôn đốc", "Đề nghị trả lời.", "CT-SYT")


def test_the_kinds_of_case_of_the_other_rooms_move_by_the_same_deeds(program, lan, minh, khanh):
    import scenes_work

    edition = scenes_work.drafted_edition()
    path = f"/api/v1/cases/catalogue.edition/{edition.code}"
    lead = program(minh)
    refused(lead.post(f"{path}/submit", {"version": 0}, **JSON), 422, "invalid")
    paper = {"number": "5/TTr-SKHCN", "signed_on": "2026-11-03"}
    sent = lead.post(f"{path}/submit", paper, **JSON)
    assert sent.json()["state"] == "submitted", sent.content.decode()
    refused(lead.post(f"{path}/issue", paper, **JSON), 403, "not_allowed")
    decision = {"number": "9/QĐ-UBND", "signed_on": "2026-11-03", "signer": "Lê Quốc Khánh"}
    assert program(khanh).post(f"{path}/issue", decision, **JSON).json()["state"] == "issued"
    point = scenes_work.nominated_focal_point()
    path = f"/api/v1/cases/agencies.focal_point/{point.code}"
    stale = lead.post(f"{path}/approve", {"number": "7/QĐ", "signed_on": "2026-11-03", "version": 5}, **JSON)
    refused(stale, 409, "state_moved")
    done = lead.post(f"{path}/approve", {"number": "7/QĐ", "signed_on": "2026-11-03"}, **JSON)
    assert done.json()["state"] == "in_force", done.content.decode()
    dataset = scenes_work.proposed_dataset()
    path = f"/api/v1/cases/opendata.dataset/{dataset.code}"
    refused(lead.post(f"{path}/assess", {"privacy": "Đã xem"}, **JSON), 422, "invalid")
    assert lead.post(f"{path}/assess", {"privacy": "Đã xem", "safety": "Đã xem"}, **JSON).json()["state"] == "assessed"
