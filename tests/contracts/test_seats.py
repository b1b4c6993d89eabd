"""The seats say of every case, in every state, what its parties and its listing say of every member of the cast."""

import pytest

from all_cases import CASES, CAST, OF_A_MACHINE, put
from nganam.cases import parties, seats
from nganam.cases.models import Seat
from nganam.kernel.actors import Role

PROVINCE = {name: actor for name, actor in CAST.items() if actor.is_person and not actor.has(Role.LOOKUP)}


def seat_of(actor, case):
    """Return the seat an actor of one role has at a case, if any."""
    agency = actor.agency if actor.has(Role.FOCAL) else ""
    (role,) = actor.roles
    return Seat.objects.filter(
        object_type=case.MACHINE.code, object_code=case.code, agency=agency, role=str(role)
    ).first()


def waiting(actor, case, at):
    """Return the names of the steps somebody may make that are work: no idle step, nothing of a case at rest."""
    if case.current.is_end:
        return []
    return [one.name for one in parties.steps_for(actor, case) if not parties.is_idle(actor, case, one, at)]


@pytest.mark.django_db
@OF_A_MACHINE
def test_a_case_waits_for_those_of_its_agencies_who_can_take_it_further(province, at, code: str) -> None:
    case = CASES[code]()
    for state in case.MACHINE.states:
        now = put(case, state.name)
        seats.write(now, at=at)
        for name, actor in PROVINCE.items():
            seat, can = seat_of(actor, now), waiting(actor, now, at)
            seen = parties.conduct_of(code).listing(actor).filter(pk=now.pk).exists()
            if actor.has(Role.FOCAL):
                assert (seat.step if seat else "") == (can[0] if can and seen else ""), (state.name, name)
            else:
                assert seat is None or seat.step in {"", *can}, (state.name, name)
            assert seen or seat is None, (state.name, name)


@pytest.mark.django_db
@OF_A_MACHINE
def test_nothing_waits_unseen_while_somebody_could_take_it_further(province, at, code: str) -> None:
    case = CASES[code]()
    for state in case.MACHINE.states:
        now = put(case, state.name)
        seats.write(now, at=at)
        listing = parties.conduct_of(code).listing
        could = [
            name for name, actor in PROVINCE.items()
            if waiting(actor, now, at) and listing(actor).filter(pk=now.pk).exists()
        ]  # fmt: skip
        turns = Seat.objects.filter(object_code=now.code).exclude(step="")
        assert turns.exists() or not could, (state.name, could)


@pytest.mark.django_db
@OF_A_MACHINE
def test_a_side_step_is_never_the_only_way_on(code: str) -> None:
    machine = parties.conduct_of(code).machine
    for state in machine.states:
        ways = machine.leaving(state.name)
        assert state.is_end or any(not one.side for one in ways), state.name
