"""Two officers decide the same case at the same moment: exactly one wins, the other is told who did and when."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from nganam.audit.queries import verify_chain
from nganam.cases.models import History
from nganam.cases.operations import advance, open_case
from nganam.deadlines.queries import clocks_of
from nganam.kernel.errors import StateMoved


@pytest.mark.parametrize("round_", range(3))
def test_of_two_at_once_one_wins_and_the_other_learns_who_and_when(  # noqa: PLR0917 - fixtures
    round_, committed_db, probe, lan, minh, phuc, at
):
    probe.objects.all().delete()
    case = advance(open_case(probe(), actor=phuc, at=at), "send", actor=phuc, at=at, clock_agency="CT-SYT")
    ready, outcomes = threading.Barrier(2), {}

    def decide(actor, step, when):
        try:
            mine = probe.objects.get(code=case.code)
            ready.wait(timeout=10)
            outcomes[actor.code] = advance(
                mine, step, actor=actor, at=when, reason="x", legal_basis="x", paper="x", changes={"note": "x"}
            ).state
        except StateMoved as moved:
            outcomes[actor.code] = moved
        finally:
            connection.close()

    threads = [
        threading.Thread(target=decide, args=(lan, "grant", at + timedelta(seconds=1))),
        threading.Thread(target=decide, args=(minh, "refuse", at + timedelta(seconds=2))),
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    (winner,) = (code for code, outcome in outcomes.items() if isinstance(outcome, str))
    (loser,) = (outcome for outcome in outcomes.values() if isinstance(outcome, StateMoved))
    case.refresh_from_db()
    assert (case.state, case.version) == (outcomes[winner], 2)
    by, when = {"lan": (lan.name, at + timedelta(seconds=1)), "minh": (minh.name, at + timedelta(seconds=2))}[winner]
    assert (loser.by, loser.at, loser.state) == (by, when, case.state)
    assert History.objects.filter(object_code=case.code, version=2).count() == 1
    assert clocks_of("probe.case", case.code).get().stopped_at == when
    assert verify_chain().ok
    probe.objects.all().delete()


def test_codes_drawn_at_once_are_all_different_and_leave_no_gap(committed_db, probe, phuc, at):
    probe.objects.all().delete()
    drawn = []

    def draw():
        try:
            drawn.extend(open_case(probe(), actor=phuc, at=at).code for _ in range(5))
        finally:
            connection.close()

    threads = [threading.Thread(target=draw) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(drawn) == [f"TH-2026-{number:04d}" for number in range(1, 16)]
    assert verify_chain().ok
    probe.objects.all().delete()
