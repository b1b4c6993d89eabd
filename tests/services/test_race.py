"""Two officers at once: one wins, the other is told who was first, and nothing is done twice."""

import threading
from dataclasses import replace

from django.db import connection

import scenes
import scenes_services
from nganam.documents.models import Paper
from nganam.kernel.errors import StateMoved
from nganam.services import appraising
from scenes_services import findings, move


def test_of_two_who_decide_at_once_one_wins_and_one_number_is_drawn(committed_db, make_province):
    make_province()
    service = move(scenes.MINH, scenes_services.appraising(), "assess", **findings())
    deciders = [scenes.MINH, replace(scenes.MINH, code="tam", name="Lê Thị Tâm")]
    start, outcomes = threading.Barrier(2), []

    def decide(actor):
        try:
            mine = type(service).objects.get(pk=service.pk)
            start.wait(timeout=10)
            outcomes.append(appraising.pass_appraisal(actor=actor, at=scenes.AT, case=mine).state)
        except StateMoved as refused:
            outcomes.append(refused.by)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(one,)) for one in deciders]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert "passed" in outcomes
    assert len(outcomes) == 2
    assert Paper.objects.count() == 1
    assert set(outcomes) & {"Trần Văn Minh", "Lê Thị Tâm"}
