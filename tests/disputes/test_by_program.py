"""The same deeds by an officer's own program: one form, one deed, the same refusals."""

import base64

import pytest

import scenes
import scenes_disputes as told
from by_program import JSON, done, program_of, refused

pytestmark = pytest.mark.django_db
PATH = "/api/v1/cases/disputes.dispute"


@pytest.fixture
def program(province):
    """Return the function that gives a member of the cast a program with a key of theirs."""
    return program_of


@pytest.mark.law("D47", "D49.1", "D49.2")
def test_a_refusal_is_disputed_answered_and_taken_up_without_a_page(program, lan, phuc, minh):
    request = told.refused_request()
    ours, theirs, lead = program(phuc), program(lan), program(minh)
    made = ours.post(PATH, told.VALUES | {"subject": f"sharing.request:{request.code}"}, **JSON)
    assert made.status_code == 201, made.content.decode()
    said = made.json()
    assert (said["state"], said["content"]["respondent"], said["content"]["kind"]) == ("level_one", "CT-SYT", "rights")
    path = f"{PATH}/{said['code']}"
    assert theirs.post(f"{path}/fail", {"reason": "Giữ nguyên."}, **JSON).json()["state"] == "unresolved"
    assert ours.post(f"{path}/escalate", {"reason": "Chưa đúng."}, **JSON).json()["state"] == "level_two"
    terms = told.TERMS | {"carry_out_by": "2099-12-31"}
    assert lead.post(f"{path}/guide", terms, **JSON).json()["state"] == "settled"


def test_the_refusals_are_those_of_the_pages(program, lan, phuc):
    request = told.refused_request()
    ours, theirs = program(phuc), program(lan)
    empty = ours.post(PATH, {"subject": f"sharing.request:{request.code}"}, **JSON)
    assert empty.status_code == 422
    assert {"kind", "summary", "content", "wish"} <= set(empty.json()["fields"])
    assert ours.post(PATH, told.VALUES | {"subject": "sharing.request:YC-2026-9999"}, **JSON).status_code == 404
    made = ours.post(PATH, told.VALUES | {"subject": "", "respondent": "CT-SYT"}, **JSON).json()
    path = f"{PATH}/{made['code']}"
    assert ours.post(f"{path}/fail", {"reason": "x"}, **JSON).status_code == 403
    assert ours.post(f"{path}/escalate", {"reason": "x"}, **JSON).json()["article"] == "D49.1"
    assert theirs.post(f"{path}/resolve", {"reason": "x", "outcome": "against"}, **JSON).status_code == 422


@pytest.mark.law("D52.2c", "D51.2d")
def test_wrong_data_are_reported_once_and_answered(program, lan, phuc):
    account, ours, theirs = scenes.account(), program(phuc), program(lan)
    values = told.ERROR | {"subject": f"sharing.account:{account.code}"}
    once = {"headers": {"Idempotency-Key": "sai-1"}}
    made, again = (done(ours.post("/api/v1/data-errors", values, **JSON, **once), 201) for _ in range(2))
    assert made["code"] == again["code"]
    assert (made["state"], made["content"]["is_error"]) == ("error_reported", True)
    empty = refused(ours.post("/api/v1/data-errors", {"subject": values["subject"]}, **JSON), 422, "invalid")
    assert {"summary", "content", "wish"} == set(empty["fields"])
    refused(ours.post("/api/v1/data-errors", values | {"subject": "sharing.account:TK-1"}, **JSON), 404, "not_found")
    wrong_side = refused(theirs.post("/api/v1/data-errors", values, **JSON), 409, "rule_broken")
    assert wrong_side["article"] == "D52.2c"
    path = f"{PATH}/{made['code']}"
    assert done(theirs.post(f"{path}/correct", {"reason": "Đã sửa tên trạm."}, **JSON))["state"] == "error_answered"
    assert done(ours.post(f"{path}/accept", {}, **JSON))["story"][-1]["title"]


@pytest.mark.law("D50.1c")
def test_the_sides_say_something_with_evidence_and_settle_it_between_them(program, lan, phuc, hoa):
    case = told.against()
    ours, theirs, path = program(phuc), program(lan), f"{PATH}/{case.code}"
    picture = {"name": "anh.pdf", "content": base64.b64encode(b"%PDF-1.7\nx").decode()}
    said = done(ours.post(f"{path}/statements", {"text": "Xem tài liệu.", "evidence": [picture]}, **JSON), 201)
    (file,) = said["evidence"]
    assert (said["number"], said["side"], said["agency"], file["name"]) == (1, "opener", "CT-X31507", "anh.pdf")
    assert done(theirs.get(f"{path}/statements")) == [said]
    told_in_story = next(one for one in done(theirs.get(path))["story"] if one["reason"] == "Xem tài liệu.")
    assert told_in_story["title"] == "Ý kiến của bên nêu vướng mắc"
    sent = theirs.get(f"{path}/evidence/{file['sha256']}")
    assert b"".join(sent.streaming_content) == b"%PDF-1.7\nx"
    assert sent["Content-Type"] == "application/pdf"
    for address in ("statements", f"evidence/{file['sha256']}"):
        refused(program(hoa).get(f"{path}/{address}"), 404, "not_found")
    refused(theirs.get(f"{path}/evidence/{'0' * 64}"), 404, "not_found")
    assert list(refused(ours.post(f"{path}/statements", {}, **JSON), 422, "invalid")["fields"]) == ["text"]
    many = refused(ours.post(f"{path}/statements", {"text": "x", "evidence": [picture] * 6}, **JSON), 422, "invalid")
    assert list(many["fields"]) == ["evidence"]
    version = done(theirs.get(path))["version"]
    stale = {"terms": "Cấp lại.", "outcome": "for", "version": version + 1}
    refused(theirs.post(f"{path}/terms", stale, **JSON), 409, "state_moved")
    offered = done(theirs.post(f"{path}/terms", stale | {"version": version}, **JSON))
    assert (offered["content"]["terms"], offered["content"]["terms_side"]) == ("Cấp lại.", "respondent")
    refused(ours.post(f"{path}/terms", {"terms": " ", "outcome": "for"}, **JSON), 422, "invalid")
    assert done(ours.post(f"{path}/agree", {}, **JSON))["content"]["settlement"] == "Cấp lại."
    refused(ours.post(f"{path}/statements", {"text": "Muộn"}, **JSON), 403, "not_allowed")
