"""Every state machine of the house is sound, speaks both languages, and rests on articles and terms that exist."""

import pytest

from all_cases import CASES
from all_cases import OF_A_MACHINE as OF_A_CASE
from nganam.deadlines.queries import clocks_of
from nganam.deadlines.terms import declared
from nganam.kernel.machine import Machine, Transition
from nganam.law.articles import LOCAL, article
from nganam.law.rules import all_rules
from nganam.site.documents import machines

NEEDS = {"reason", "legal_basis", "paper"}
MACHINES = machines()
MOVES = [(machine, one) for machine in MACHINES for one in machine.transitions]
OF_A_MACHINE = pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.code)
OF_A_MOVE = pytest.mark.parametrize(
    ("machine", "move"), MOVES, ids=[f"{machine.code}.{one.name}" for machine, one in MOVES]
)


def test_the_rooms_state_their_machines() -> None:
    assert {"sharing.request", "services.service", "opendata.dataset", "disputes.dispute"} <= {
        one.code for one in MACHINES
    }


@OF_A_MACHINE
def test_its_table_contradicts_nothing(machine: Machine) -> None:
    assert machine.problems() == []


@OF_A_MACHINE
def test_it_is_named_after_its_room_and_says_what_it_is(machine: Machine) -> None:
    room, _, thing = machine.code.partition(".")
    assert room
    assert thing
    assert machine.vi != machine.en


@OF_A_MACHINE
def test_each_state_has_a_label_in_both_languages_of_its_own(machine: Machine) -> None:
    for labels in ([one.vi for one in machine.states], [one.en for one in machine.states]):
        assert all(label.strip() for label in labels)
        assert len(set(labels)) == len(labels)


@OF_A_MACHINE
def test_only_a_final_state_has_no_way_out(machine: Machine) -> None:
    assert [one.name for one in machine.states if not one.final and not machine.leaving(one.name)] == []


@OF_A_MOVE
def test_each_move_has_a_label_in_both_languages_and_somebody_who_may(machine: Machine, move: Transition) -> None:
    assert move.vi.strip()
    assert move.en.strip()
    assert move.role.strip()
    assert move.source
    assert set(move.needs) <= NEEDS


@OF_A_MOVE
def test_each_move_rests_on_an_article_or_says_it_is_local(machine: Machine, move: Transition) -> None:
    assert move.article == LOCAL or article(move.article).summary


@OF_A_MOVE
def test_each_clock_is_of_the_law_or_known_to_be_local(machine: Machine, move: Transition) -> None:
    stated = {one.key for rule_set in all_rules() for one in rule_set.terms}
    silent = {one.key for rule_set in all_rules() for one in rule_set.silences}
    local = {one.key for one in declared()}
    assert {*move.starts, *move.stops, *machine.opens} <= stated | silent | local


@pytest.mark.django_db
@OF_A_CASE
def test_a_case_runs_no_clock_from_its_opening_that_its_table_does_not_know(province, code: str) -> None:
    case = CASES[code]()
    running = set(clocks_of(code, case.code).filter(stopped_at__isnull=True).values_list("key", flat=True))
    assert running <= case.MACHINE.running_clocks()[case.state]
    assert case.state != case.MACHINE.initial or set(case.MACHINE.opens) <= running
