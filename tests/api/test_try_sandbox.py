"""Keys to the sandbox by an officer's program: the same deed, the secret told once."""

import pytest

import scenes
from by_program import JSON, done, program_of, refused

pytestmark = pytest.mark.django_db


def test_a_program_gets_lists_and_revokes_a_key(province):
    scenes.application()
    program = program_of(scenes.PHUC)
    answer = program.post("/api/v1/test-credentials", {"application": "MCDT"}, **JSON)
    made = done(answer, 201)
    assert answer["Cache-Control"] == "no-store"
    assert made["application"] == "MCDT"
    assert len(made["client_secret"]) > 30
    (listed,) = done(program.get("/api/v1/test-credentials"))
    assert listed["client_id"] == made["client_id"]
    assert "client_secret" not in listed
    assert done(program_of(scenes.LAN).get("/api/v1/test-credentials")) == []
    address = f"/api/v1/test-credentials/{made['client_id']}/revoke"
    refused(program_of(scenes.LAN).post(address, {}, **JSON), 404, "not_found")
    assert done(program.post(address, {}, **JSON))["revoked_at"]
    refused(program.post(address, {}, **JSON), 409, "state_moved")


def test_an_application_that_is_not_the_agencys_is_not_found(province):
    scenes.application()
    refused(program_of(scenes.LAN).post("/api/v1/test-credentials", {"application": "MCDT"}, **JSON), 404, "not_found")
