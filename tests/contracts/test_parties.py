"""Who may make which move of which machine: asked of the real policies for every member of the cast, in every state.

``golden/permissions.txt`` is the answer as last agreed; ``NGANAM_GOLDEN=write`` writes it anew, to be read in the diff.
"""

import os
from pathlib import Path

import pytest
from django.db import transaction

from all_cases import CASES, CAST, DECLARED, OF_A_MACHINE, machine_of, put
from nganam.cases import operations, parties
from nganam.cases.models import Case
from nganam.kernel.errors import NganamError, NotAllowed, RuleBroken, StateMoved
from nganam.kernel.machine import Transition

pytestmark = pytest.mark.once
GOLDEN = Path(__file__).parent / "golden" / "permissions.txt"


def who_may(case: Case, step: Transition) -> list[str]:
    return [name for name, actor in CAST.items() if not parties.refusal(actor, case, step)]


def test_every_declared_machine_has_a_scene() -> None:
    assert {one.machine.code for one in parties.declared()} <= set(CASES)


@pytest.mark.django_db
@OF_A_MACHINE
def test_every_move_is_somebodys_and_a_visitors_never(province, code: str) -> None:
    case = CASES[code]()
    for step in case.MACHINE.transitions:
        allowed = who_may(put(case, step.source[0]), step)
        assert allowed, step.name
        assert "Khách" not in allowed
        assert ("Hệ thống" in allowed) == ("system" in step.roles), step.name


@pytest.mark.django_db
@OF_A_MACHINE
def test_a_move_is_refused_to_everybody_else_and_from_every_other_state(province, at, code: str) -> None:
    case = CASES[code]()
    for step in case.MACHINE.transitions:
        for state in case.MACHINE.states:
            now = put(case, state.name)
            for actor in CAST.values():
                if parties.refusal(actor, now, step):
                    expected: type[NganamError] = NotAllowed
                elif state.name not in step.source:
                    expected = StateMoved
                else:
                    continue
                with pytest.raises(expected):
                    operations.advance(now, step.name, actor=actor, at=at, reason="x", legal_basis="x", paper="x")
                now = type(case).objects.get(pk=case.pk)
                assert now.state == state.name


@pytest.mark.django_db
@OF_A_MACHINE
def test_steps_on_the_page_are_those_the_table_allows(province, code: str) -> None:
    case = CASES[code]()
    for state in case.MACHINE.states:
        now = put(case, state.name)
        for actor in CAST.values():
            offered = {one.name for one in parties.steps_for(actor, now)}
            assert offered == {
                one.name for one in case.MACHINE.leaving(state.name) if not parties.refusal(actor, now, one)
            }


@pytest.mark.django_db
@OF_A_MACHINE
def test_the_systems_moves_are_nobodys_to_make(province, at, code: str) -> None:
    case = CASES[code]()
    for step in case.MACHINE.transitions:
        if set(step.roles) != {"system"}:
            continue
        now = put(case, step.source[0])
        with pytest.raises((NotAllowed, RuleBroken)):
            parties.move(CAST["Minh (đầu mối tỉnh)"], now, step.name, at=at, inputs={})


@pytest.mark.django_db
def test_who_may_make_which_move_is_as_agreed(province) -> None:
    lines = []
    for code in DECLARED:
        machine = machine_of(code)
        lines.append(f"{code}: {machine.vi}")
        with transaction.atomic():  # each machine has a province of its own
            case = CASES[code]()
            for step in machine.transitions:
                allowed = ", ".join(who_may(put(case, step.source[0]), step))
                lines.append(f"  {step.name}: {step.vi} [{step.role}] → {allowed}")
            transaction.set_rollback(True)
    text = "\n".join(lines) + "\n"
    if os.environ.get("NGANAM_GOLDEN") == "write":
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")
