"""Deeds that are no move of a case, by an officer's own program: the deed and the refusals of the pages."""

import pytest

import scenes
import scenes_accounts
import scenes_agreements
import scenes_outside as outside
import scenes_services
from by_program import JSON, done, refused
from nganam.audit.models import Entry
from nganam.catalogue.models import SharedDatabase
from nganam.deadlines.models import CalendarDay, LocalTerm
from nganam.services.models import Revision, Service
from nganam.sharing.models import Application, Delegation, ExternalService, Outbound

pytestmark = pytest.mark.django_db
API = "/api/v1"


# ---- applications ----


@pytest.mark.law("D35.2")
def test_an_application_is_registered_once_and_seen_by_its_agency_only(program, phuc, lan, hoa):
    ours, values = program(phuc), {"code": "QLHS", "name": "Quản lý hồ sơ"}
    made = done(ours.post(f"{API}/applications", values, **JSON), 201)
    assert (made["code"], made["subject"]) == ("QLHS", "CT-X31507/QLHS")
    assert done(ours.get(f"{API}/applications")) == [made]
    assert done(program(lan).get(f"{API}/applications")) == []
    again = refused(ours.post(f"{API}/applications", values, **JSON), 422, "invalid")
    assert list(again["fields"]) == ["code"]
    wrong = refused(ours.post(f"{API}/applications", {**values, "code": "thường"}, **JSON), 422, "invalid")
    assert "chữ in hoa" in wrong["fields"]["code"][0]
    refused(ours.post(f"{API}/applications", {**values, "agency": "CT-SYT"}, **JSON), 422, "invalid")
    refused(program(hoa).get(f"{API}/cases/sharing.request/YC-2026-0001"), 404, "not_found")
    assert Application.objects.count() == 1


def test_who_is_no_focal_officer_registers_nothing(program, khanh):
    theirs = program(khanh)
    refused(theirs.post(f"{API}/applications", {"code": "QLHS", "name": "x"}, **JSON), 403, "not_allowed")
    assert done(theirs.get(f"{API}/applications")) == []


# ---- delegations ----


@pytest.mark.law("D40.2")
def test_a_delegation_is_recorded_seen_by_both_sides_and_ended_by_either(program, lan, minh, phuc):
    ours, operator, other = program(lan), program(minh), program(phuc)
    values = {"paper": "12/QĐ-SYT", "valid_from": "2026-11-01"}
    made = done(ours.post(f"{API}/delegations", values, **JSON), 201)
    assert (made["provider"], made["database"], made["ended_at"]) == ("CT-SYT", "", None)
    assert done(operator.get(f"{API}/delegations")) == [made]
    assert done(other.get(f"{API}/delegations")) == []
    said = refused(ours.post(f"{API}/delegations", values, **JSON), 409, "rule_broken")
    assert said["article"] == "D40.2"
    refused(operator.post(f"{API}/delegations", values, **JSON), 403, "not_allowed")
    end = f"{API}/delegations/{made['code']}/end"
    refused(other.post(end), 404, "not_found")
    assert done(operator.post(end))["ended_at"] is not None
    refused(ours.post(end), 409, "state_moved")


@pytest.mark.law("D40.2")
def test_a_delegation_names_its_database_by_code_and_only_one_of_its_own(program, lan, phuc):
    import scenes_work

    database = scenes_work.drafted_database()
    values = {"paper": "12/QĐ-SYT", "valid_from": "2026-11-01", "database": database.code}
    wrong = refused(program(phuc).post(f"{API}/delegations", values, **JSON), 422, "invalid")
    assert list(wrong["fields"]) == ["database"]
    by_key = program(lan).post(f"{API}/delegations", values | {"database": str(database.pk)}, **JSON)
    refused(by_key, 422, "invalid")
    made = done(program(lan).post(f"{API}/delegations", values, **JSON), 201)
    assert made["database"] == database.code
    assert Delegation.objects.get().database == SharedDatabase.objects.get()


# ---- outside the province ----


@pytest.mark.law("S14.4", "S9.2")
def test_an_outside_service_is_listed_corrected_and_removed_by_the_lead_agency(program, lan, minh):
    lead, theirs = program(minh), program(lan)
    agency = {"code": "BO-TC", "name": "Bộ Tài chính", "kind": "central", "valid_from": "2020-01-01"}
    refused(theirs.post(f"{API}/outside-agencies", agency, **JSON), 403, "not_allowed")
    assert done(lead.post(f"{API}/outside-agencies", agency, **JSON), 201)["code"] == "BO-TC"
    assert [one["code"] for one in done(theirs.get(f"{API}/outside-agencies"))] == ["BO-TC"]
    values = {"name": "Tra cứu", "provider": "BO-TC", "purpose": "x", "how_to_ask": "y", "form": "default"}
    refused(theirs.post(f"{API}/outside-services", values, **JSON), 403, "not_allowed")
    inside = refused(lead.post(f"{API}/outside-services", values | {"provider": "CT-SYT"}, **JSON), 422, "invalid")
    assert list(inside["fields"]) == ["provider"]
    made = done(lead.post(f"{API}/outside-services", values, **JSON), 201)
    path = f"{API}/outside-services/{made['code']}"
    changed = done(lead.put(path, values | {"name": "Tra cứu doanh nghiệp"}, **JSON))
    assert changed["name"] == "Tra cứu doanh nghiệp"
    refused(theirs.put(path, values, **JSON), 403, "not_allowed")
    assert list(refused(lead.post(f"{path}/remove", {}, **JSON), 422, "invalid")["fields"]) == ["reason"]
    assert done(lead.post(f"{path}/remove", {"reason": "Ngừng"}, **JSON))["removal_reason"] == "Ngừng"
    refused(lead.post(f"{path}/remove", {"reason": "Ngừng"}, **JSON), 404, "not_found")
    actions = Entry.objects.filter(object_type="sharing.external").order_by("seq").values_list("action", flat=True)
    assert [one.rpartition(".")[2] for one in actions] == ["listed", "changed", "removed"]


@pytest.mark.law("S14.4")
def test_an_outside_service_is_tied_to_the_proposal_it_was_found_by(program, minh):
    case = outside.used()
    values = {"name": "Tra cứu", "provider": case.provider.code, "purpose": "x", "how_to_ask": "y", "form": "default"}
    lead = program(minh)
    refused(lead.post(f"{API}/outside-services", values | {"outbound": "DX-2026-9999"}, **JSON), 404, "not_found")
    done(lead.post(f"{API}/outside-services", values | {"outbound": case.code}, **JSON), 201)
    assert Outbound.objects.get().external == ExternalService.objects.get()


@pytest.mark.law("S17.1")
def test_the_scan_of_a_document_is_sent_to_who_sees_the_case(program, minh, lan, phuc):
    import base64

    outside.ministry()
    asked = {name: value for name, value in outside.ASKED.items() if name != "fields"}
    scan = {"name": "cv.pdf", "content": base64.b64encode(b"%PDF-1.7\n").decode()}
    service = scenes.published_service()
    values = {
        **asked, "service": service.code, "provider": "", "requester": "BO-YT", "received_on": "2026-11-02",
        "items": outside.ASKED["fields"],
    }  # fmt: skip
    path = f"{API}/cases/sharing.inbound"
    with_scan, without = (
        f"{path}/{done(program(minh).post(path, values | more, **JSON), 201)['code']}/scan"
        for more in ({"scan": scan}, {"document_number": "5/BYT"})
    )
    sent = program(lan).get(with_scan)
    assert b"".join(sent.streaming_content) == b"%PDF-1.7\n"
    assert (sent["Content-Type"], "cv.pdf" in sent["Content-Disposition"]) == ("application/pdf", True)
    refused(program(phuc).get(with_scan), 404, "not_found")
    refused(program(lan).get(without), 404, "not_found")


# ---- agreements ----


@pytest.mark.law("D36", "D38.2")
def test_the_texts_of_an_agreement_are_read_by_its_sides_and_it_is_sent_to_who_asks(program, lan, hoa, phuc):
    agreement = scenes_agreements.in_force()
    path = f"{API}/cases/sharing.agreement/{agreement.code}"
    texts = done(program(lan).get(f"{path}/versions"))
    assert texts[-1]["digest"] == agreement.versions.last().digest
    assert set(texts[-1]["agreed"]) == set(texts[-1]["signed"]) == {"CT-SYT", "CT-X31507"}
    assert texts[-1]["content"]["fields"]
    police = program(hoa)
    refused(police.get(f"{path}/versions"), 404, "not_found")
    refused(police.post(f"{path}/authorities", {"agency": "CT-CA", "basis": "x"}, **JSON), 404, "not_found")
    empty = refused(program(lan).post(f"{path}/authorities", {"agency": hoa.agency}, **JSON), 422, "invalid")
    assert list(empty["fields"]) == ["basis"]
    sent = done(program(lan).post(f"{path}/authorities", {"agency": hoa.agency, "basis": "12/CV"}, **JSON), 201)
    assert (sent["agency"], sent["basis"]) == (hoa.agency, "12/CV")
    assert len(done(police.get(f"{path}/versions"))) == len(texts)
    refused(police.get(f"{path}/files/{'0' * 64}"), 404, "not_found")


# ---- services ----


def description(**changes):
    values = {name: value for name, value in scenes.DESCRIPTION.items() if value not in (None, "")}
    return {**values, "no_data": "Không có.", "not_permitted": "Không được phép.", "fields_offered": scenes.FIELDS,
            **changes}  # fmt: skip


@pytest.mark.law("S14.1", "D24.3")
def test_a_service_is_declared_corrected_and_handed_in_without_a_page(program, lan, phuc):
    table, ours = scenes.loaded_table(), program(lan)
    path = f"{API}/cases/services.service"
    values = description(table=table.code)
    once = {"headers": {"Idempotency-Key": "khai-1"}}
    made, again = (done(ours.post(path, values, **JSON, **once), 201) for _ in range(2))
    assert made["code"] == again["code"]
    assert made["state"] == "draft"
    refused(program(phuc).post(path, values, **JSON), 404, "not_found")
    bad = refused(ours.post(path, values | {"fields_offered": ["khong_co"]}, **JSON), 422, "invalid")
    assert list(bad["fields"]) == ["fields_offered"]
    one = f"{path}/{made['code']}"
    changed = done(ours.put(one, description(name="Tên mới", version=made["version"]), **JSON))
    assert (changed["content"]["name"], changed["version"]) == ("Tên mới", made["version"] + 1)
    refused(ours.put(one, description(name="Muộn", version=made["version"]), **JSON), 409, "state_moved")
    assert done(ours.post(f"{one}/submit", {}, **JSON))["state"] == "submitted"
    late = refused(ours.put(one, description(), **JSON), 409, "rule_broken")
    assert late["article"] == "S14.1"
    assert Service.objects.get().name == "Tên mới"


@pytest.mark.law("D25.2")
def test_a_version_is_drafted_changed_and_applied_without_a_page(program, lan, phuc):
    service, ours = scenes.published_service(), program(lan)
    path = f"{API}/cases/services.revision"
    same = {"no_data": service.no_data, "not_permitted": service.not_permitted}
    values = description(service=service.code, summary="Mô tả rõ hơn.", description="Mô tả đầy đủ.", **same)
    made = done(ours.post(path, values, **JSON), 201)
    assert (made["state"], made["content"]["kind"], made["content"]["service"]) == ("draft", "minor", service.code)
    refused(program(phuc).post(path, values, **JSON), 404, "not_found")
    refused(ours.post(path, values, **JSON), 409, "rule_broken")
    one = f"{path}/{made['code']}"
    draft = description(summary="Nêu cả bệnh viện.", description="Gồm cả bệnh viện.", **same)
    done(ours.put(one, draft | {"version": made["version"]}, **JSON))
    refused(ours.put(one, draft | {"version": made["version"]}, **JSON), 409, "state_moved")
    assert done(ours.post(f"{one}/apply", {}, **JSON))["content"]["number"] == "1.1"
    assert Revision.objects.get(code=made["code"]).content["description"] == "Gồm cả bệnh viện."


def test_an_officer_who_saw_an_older_draft_on_the_page_does_not_write_over_a_newer(province, client):
    version = scenes_services.drafted_version()
    page = f"{version.get_absolute_url()}sua/"
    assert client.login(username="lan", password=scenes.PASSWORD)
    assert f'name="version" value="{version.version}"' in client.get(page).content.decode()
    sent = description(summary="Muộn", description="Mới", version="7")
    answer = client.post(page, sent)
    assert "Người khác vừa sửa" in answer.content.decode()
    version.refresh_from_db()
    assert version.summary == "Nâng cấp hạ tầng."
    client.post(page, sent | {"version": str(version.version)})
    version.refresh_from_db()
    assert version.summary == "Muộn"


# ---- breaches: several at once ----


@pytest.mark.law("D43.2")
def test_files_are_opened_on_several_accounts_at_once(program, lan):
    first = scenes.account()
    second = scenes_accounts.second_account(first.service)
    values = {"accounts": [first.code, second.code], "suspicion": "Gọi bất thường."}
    done(program(lan).post(f"{API}/cases/sharing.breach", values, **JSON), 201)
    listed = done(program(lan).get(f"{API}/cases?type=sharing.breach"))
    assert len(listed) == 2


# ---- calendar and local terms ----


def test_the_calendar_is_read_by_all_officers_and_written_by_the_lead_agency(program, minh, lan):
    lead, theirs = program(minh), program(lan)
    day = {"day": "2027-09-03", "kind": "off", "name": "Nghỉ bù Quốc khánh"}
    refused(theirs.post(f"{API}/calendar", day, **JSON), 403, "not_allowed")
    request = scenes.sent_request()
    assert done(lead.post(f"{API}/calendar", day, **JSON)) == {"day": "2027-09-03", "kind": "off", "moved": 0}
    assert day in done(theirs.get(f"{API}/calendar/2027"))
    start = request.received_at.date().isoformat()
    assert done(lead.post(f"{API}/calendar", day | {"day": "2026-11-04"}, **JSON))["moved"] == 1, start
    wrong = refused(lead.post(f"{API}/calendar", day | {"kind": "working"}, **JSON), 422, "invalid")
    assert list(wrong["fields"]) == ["kind"]
    assert done(lead.post(f"{API}/calendar", {"day": "2027-09-03", "kind": ""}, **JSON))["kind"] == ""
    assert not CalendarDay.objects.filter(day="2027-09-03").exists()


def test_a_local_term_is_changed_under_the_name_it_has(program, minh, lan):
    lead = program(minh)
    term = LocalTerm.objects.create(key="opinion", value=2, vi="Cho ý kiến", en="Opinion", unit="days")
    path = f"{API}/local-terms/{term.key}"
    refused(program(lan).put(path, {"value": 4, "unit": term.unit}, **JSON), 403, "not_allowed")
    changed = done(lead.put(path, {"value": 4, "unit": term.unit}, **JSON))
    assert changed == {"key": term.key, "vi": term.vi, "en": term.en, "value": 4, "unit": term.unit}
    assert changed in done(lead.get(f"{API}/local-terms"))
    refused(lead.put(f"{API}/local-terms/khong-co", {"value": 4, "unit": term.unit}, **JSON), 404, "not_found")
    assert list(refused(lead.put(path, {"value": 0, "unit": "x"}, **JSON), 422, "invalid")["fields"]) == [
        "value", "unit",
    ]  # fmt: skip


# ---- the desk ----


@pytest.mark.law("S24.2", "S16.2")
def test_what_waits_is_listed_and_what_is_late_is_urged_for_several_at_once(program, lan, minh, phuc):
    from datetime import timedelta

    request = scenes.sent_request(at=scenes.AT - timedelta(days=60))
    key = f"sharing.request:{request.code}"
    (mine,) = done(program(lan).get(f"{API}/desk/cases?whose=mine&type=sharing.request"))
    assert (mine["code"], mine["step"], mine["lies_with"]) == (request.code, "grant", ["CT-SYT"])
    assert mine["due"] is not None
    assert done(program(lan).get(f"{API}/desk/cases?whose=mine&state=draft")) == []
    assert [one["code"] for one in done(program(phuc).get(f"{API}/desk/cases?whose=others&due=late"))] == [request.code]
    lead, theirs = program(minh), program(lan)
    (late,) = done(lead.get(f"{API}/desk/overdue?agency=CT-SYT&type=sharing.request"))
    assert (late["code"], late["agency"], late["urged"]) == (request.code, "CT-SYT", False)
    refused(theirs.get(f"{API}/desk/overdue"), 404, "not_found")
    refused(theirs.post(f"{API}/desk/urges", {"cases": [key], "text": "x"}, **JSON), 404, "not_found")
    refused(lead.post(f"{API}/desk/urges", {"cases": [key], "text": " "}, **JSON), 422, "invalid")
    sent = {"cases": [key, "sharing.request:YC-2026-9999"], "text": "Đề nghị trả lời."}
    yes, no = done(lead.post(f"{API}/desk/urges", sent, **JSON))
    assert (yes["is_done"], no["is_done"], no["words"] != "") == (True, False, True)
    assert done(lead.get(f"{API}/desk/overdue"))[0]["urged"]


def test_one_move_is_made_for_several_cases_each_with_its_own_refusal(program, lan, phuc):
    from nganam.cases.parties import declared

    bulk = [(one.machine.code, step.name) for one in declared() for step in one.machine.transitions if step.bulk]
    assert bulk, "there is a move to try"
    ours = program(phuc)
    refused(ours.post(f"{API}/desk/moves", {"move": "sharing.request:grant", "cases": ["x:y"]}, **JSON), 404,
            "not_found")  # fmt: skip
    refused(ours.post(f"{API}/desk/moves", {"move": "sharing.request:khong-co", "cases": ["x:y"]}, **JSON), 404,
            "not_found")  # fmt: skip
    kind, step = bulk[0]
    refused(ours.post(f"{API}/desk/moves", {"move": f"{kind}:{step}", "cases": []}, **JSON), 422, "invalid")
    (no,) = done(ours.post(f"{API}/desk/moves", {"move": f"{kind}:{step}", "cases": [f"{kind}:K-1"]}, **JSON))
    assert not no["is_done"]


def test_what_has_the_wrong_shape_is_told_in_vietnamese_in_the_shape_of_every_refusal(program, phuc):
    ours, address = program(phuc), f"{API}/applications"
    refused(ours.post(address, "{hỏng", **JSON), 400, "bad_request")
    refused(ours.post(address, [1], **JSON), 422, "invalid")
    said = refused(ours.post(address, {"code": 5, "khac": 1}, **JSON), 422, "invalid")
    assert said["fields"]["code"] == ["Phải là chuỗi ký tự."]
    assert said["fields"]["khac"][0].startswith("Không có mục này")
    said = refused(ours.get(f"{address}?limit=mai&offset=-1"), 422, "invalid")
    assert said["fields"] == {"limit": ["Phải là số nguyên."], "offset": ["Không được nhỏ hơn 0."]}
    said = refused(ours.delete(address), 405, "method_not_allowed")
    assert (said["detail"], said["hint"]) == ("Địa chỉ này không nhận phương thức DELETE.", "Dùng: GET, POST.")
    kind = ours.post(f"{API}/cases/sharing.account/TK-1/credentials", {"kind": "x"}, **JSON)
    assert refused(kind, 422, "invalid")["fields"]["kind"] == ["Chọn một trong: 'secret', 'jwk', 'cert', 'apikey'."]


def test_a_nul_is_refused_wherever_it_stands(program, phuc, minh):
    for path, sent in (
        ("applications", {"code": "QLHS", "name": "a\0b"}),
        ("delegations", {"paper": "1", "valid_from": "2026-11-01", "database": "a\0b"}),
        ("desk/moves", {"move": "a:b", "cases": ["a:\0"]}),
        ("desk/moves", {"move": "a:\0", "cases": ["a:b"]}),
    ):
        said = refused(program(phuc).post(f"{API}/{path}", sent, **JSON), 422, "invalid")
        assert "NUL" in str(said["fields"])
        phuc_keys(phuc)


def phuc_keys(actor):
    """Take the keys away again: an officer has ten at most."""
    from nganam.accounts.models import ApiKey

    ApiKey.objects.filter(person__username=actor.code).delete()
