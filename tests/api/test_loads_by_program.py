"""How a load is and how far it has come, by an officer's program: what the page tells, to the same people."""

import json

import pytest

import scenes
from by_program import done, program_of
from nganam.warehouse import places
from nganam.warehouse.models import Load

pytestmark = pytest.mark.django_db
PATH = "/api/v1/loads/NAP-2026-0001"


def test_a_load_that_runs_tells_how_far_it_is_and_one_that_ended_does_not(province):
    scenes.loaded_table()
    lan = program_of(scenes.LAN)
    ended = done(lan.get(PATH))
    assert (ended["state"], ended["progress"]) == ("committed", None)
    assert ended["read"] == ended["accepted"] + ended["rejected"]
    load = Load.objects.get()
    Load.objects.filter(pk=load.pk).update(state="checking")
    at = "2020-01-01T00:00:00+00:00"
    said = {"step": "check", "steps": ["read", "check"], "read": 7, "done": 0, "whole": 0, "unit": ""}
    times = dict.fromkeys(("started_at", "step_at", "moved_at", "alive_at"), at)
    places.work(load.code).mkdir(parents=True)
    places.progress(load).write_text(json.dumps({**said, **times}), encoding="utf-8")
    told = done(lan.get(PATH))["progress"]
    assert (told["step"], told["name"], told["number"], told["read"]) == ("check", "Kiểm tra từng dòng", 2, 7)
    assert told["is_stale"], "no sign of life since then"


def test_a_load_of_another_agency_is_not_found(province):
    scenes.loaded_table()
    assert program_of(scenes.PHUC).get(PATH).status_code == 404
    assert program_of(scenes.LAN).get("/api/v1/loads/NAP-2026-9999").status_code == 404
