"""Contracts of tables and decisions about drift, by an officer's program: the same deeds, the same refusals."""

import pytest

import scenes
from by_program import JSON, done, program_of, refused
from nganam.warehouse import contracting, queries

pytestmark = pytest.mark.django_db
PATH = "/api/v1/tables/co-so-kham-chua-benh/contract"


def test_a_contract_is_read_tried_and_taken_by_a_program(province):
    table = scenes.loaded_table()
    lan = program_of(scenes.LAN)
    answer = lan.get(PATH)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "apiVersion: v3.1.0" in text
    assert lan.get(PATH, headers={"if-none-match": answer["ETag"]}).status_code == 304
    changed = text.replace("Số giường", "Số giường bệnh") if "Số giường" in text else text
    changed = changed.replace("businessName: Loại", "businessName: Loại cơ sở")
    tried = done(lan.put(PATH, {"text": changed, "dry_run": True}, **JSON))
    assert (tried["taken"], tried["number"]) == (False, "1.0.0")
    assert tried["changes"]
    taken = done(lan.put(PATH, {"text": changed, "reason": "Gọi cho đúng"}, **JSON))
    assert (taken["taken"], taken["number"]) == (True, "1.0.1")
    assert [one["number"] for one in done(lan.get(f"{PATH}/versions"))] == ["1.0.1", "1.0.0"]
    assert "version: 1.0.0" in lan.get(f"{PATH}/versions/1.0.0").content.decode()
    assert contracting.present(queries.table(table.code)).reason == "Gọi cho đúng"


def test_what_is_wrong_and_what_is_not_theirs_is_refused(province):
    scenes.loaded_table()
    lan, phuc, minh = (program_of(one) for one in (scenes.LAN, scenes.PHUC, scenes.MINH))
    assert phuc.get(PATH).status_code == 404
    assert phuc.put(PATH, {"text": "x"}, **JSON).status_code == 404
    text = minh.get(PATH).content.decode()
    assert minh.put(PATH, {"text": text.replace("Loại", "Khác"), "reason": "x"}, **JSON).status_code == 403
    refused(lan.put(PATH, {"text": "kind: [", "reason": "x"}, **JSON), 422, "invalid")
    assert lan.get(f"{PATH}/versions/9.9.9").status_code == 404
    answer = lan.post("/api/v1/loads/NAP-2026-0001/admission", {"scope": "once", "reason": "x"}, **JSON)
    assert "không dừng vì sai khác" in refused(answer, 409, "rule_broken")["detail"]
