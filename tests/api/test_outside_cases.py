"""Sharing beyond the province by the JSON interface: the same forms, deeds and refusals as the pages."""

import base64

import pytest

import scenes
import scenes_outside as outside
from by_program import JSON
from nganam.sharing.models import Inbound, Outbound

pytestmark = pytest.mark.django_db
INTO = "/api/v1/cases/sharing.inbound"
OUT = "/api/v1/cases/sharing.outbound"


def registration(service, **more):
    asked = {name: value for name, value in outside.ASKED.items() if name != "fields"}
    return {
        **asked, "service": service.code if service else "", "provider": "", "requester": "BO-YT",
        "document_on": "2026-10-30", "received_on": "2026-11-02", "items": outside.ASKED["fields"], **more,
    }  # fmt: skip


@pytest.mark.law("S17.1", "S17.3", "S9.3")
def test_a_request_from_outside_is_registered_opined_on_and_granted(program, lan, minh):
    ours, theirs = program(minh), program(lan)
    outside.ministry()
    service = scenes.published_service()
    scan = {"name": "cv.pdf", "content": base64.b64encode(b"%PDF-1.7\n").decode()}
    key = {"headers": {"Idempotency-Key": "k-1"}}
    made = ours.post(INTO, registration(service, scan=scan), **JSON, **key)
    assert made.status_code == 201, made.content.decode()
    again = ours.post(INTO, registration(service, scan=scan), **JSON, **key)
    assert again.json()["code"] == made.json()["code"]
    path = f"{INTO}/{made.json()['code']}"
    assert {one["key"] for one in made.json()["clocks"]} == {"acct_issue", "out_of_province", "lead_opinion"}
    early = theirs.post(f"{path}/grant", {"granted": ["ma_co_so"]}, **JSON)
    assert (early.status_code, early.json()["code"]) == (409, "state_moved")
    assert theirs.post(f"{path}/lead_agrees", {}, **JSON).status_code == 403
    bare = theirs.post(f"{path}/owner_disagrees", {"reason": "x"}, **JSON)
    assert bare.json()["fields"].keys() == {"legal_basis"}
    assert theirs.post(f"{path}/owner_agrees", {}, **JSON).json()["state"] == "opinions"
    assert ours.post(f"{path}/lead_agrees", {}, **JSON).json()["state"] == "agreed"
    granted = theirs.post(f"{path}/grant", {"granted": ["ma_co_so"], **scenes.WITHHELD}, **JSON)
    assert granted.json()["state"] == "granted"


def test_only_the_lead_agency_registers_and_puts_right(program, lan, minh):
    service, theirs = scenes.published_service(), program(lan)
    outside.ministry()
    assert theirs.post(INTO, registration(service), **JSON).status_code == 403
    assert not Inbound.objects.exists()
    ours = program(minh)
    wrong = ours.post(INTO, registration(service, received_on="2099-01-01"), **JSON)
    assert "received_on" in wrong.json()["fields"]
    code = ours.post(INTO, registration(service), **JSON).json()["code"]
    content = {name: value for name, value in outside.ASKED.items() if name not in {
        "channel", "document_number", "document_on", "fields"
    }}  # fmt: skip
    fixed = ours.put(f"{INTO}/{code}", {**content, "purpose": "Đúng", "items": ["ma_co_so"]}, **JSON)
    assert fixed.json()["content"]["purpose"] == "Đúng"
    assert fixed.json()["content"]["fields"] == ["ma_co_so"]
    assert theirs.put(f"{INTO}/{code}", {**content, "items": ["ma_co_so"]}, **JSON).status_code == 403


@pytest.mark.law("S9.3")
def test_a_proposal_is_drafted_changed_and_reviewed(program, phuc, minh):
    outside.ministry("BO-TC", "Bộ Tài chính")
    ours, theirs = program(phuc), program(minh)
    values = {name: value for name, value in outside.PROPOSED.items() if name != "fields"}
    made = ours.post(OUT, {**values, "items_text": "Mã số doanh nghiệp"}, **JSON)
    assert made.status_code == 201, made.content.decode()
    path = f"{OUT}/{made.json()['code']}"
    assert theirs.get(path).status_code == 404, "a draft is its agency's"
    changed = ours.put(path, {**values, "items_text": "Mã số doanh nghiệp\nTên", "provider": "BO-TC"}, **JSON)
    assert changed.json()["content"]["provider"] == "BO-TC"
    assert ours.post(f"{path}/propose", {}, **JSON).json()["state"] == "proposed"
    half = theirs.post(f"{path}/accept", {"provider": "BO-TC", "form": "default"}, **JSON)
    assert half.json()["fields"].keys() >= {"catalogue", "duplicate"}
    assert theirs.post(f"{path}/accept", {"provider": "BO-TC", **outside.REVIEW}, **JSON).json()["state"] == "accepted"
    assert Outbound.objects.get().review["catalogue"] == outside.REVIEW["catalogue"]
