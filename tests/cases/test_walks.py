"""Random machines and random walks: the history always tells the states, ends are ends, no clock outlives its case."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nganam.audit import registry
from nganam.cases.models import History
from nganam.cases.operations import advance, open_case
from nganam.cases.queries import history_of
from nganam.deadlines.queries import clocks_of
from nganam.kernel.errors import StateMoved
from nganam.kernel.machine import Machine, State, Transition

KEYS = ("acct_issue", "svc_publish", "dispute_l1")
NAMES = ("s0", "s1", "s2", "s3", "s4")


@st.composite
def machines(draw):
    """Draw a machine whose table may forget to stop clocks: the engine must not."""
    count = draw(st.integers(2, len(NAMES)))
    names = NAMES[:count]
    finals = set(draw(st.lists(st.sampled_from(names[1:]), max_size=2)))
    open_ones = [name for name in names if name not in finals]
    keys = st.lists(st.sampled_from(KEYS), max_size=2, unique=True)
    transitions = tuple(
        Transition(
            f"t{number}", tuple(draw(st.lists(st.sampled_from(open_ones), min_size=1, max_size=3, unique=True))),
            draw(st.sampled_from((*names, ""))), "lead", "x", "x", starts=tuple(draw(keys)), stops=tuple(draw(keys)),
        )
        for number in range(draw(st.integers(1, 6)))
    )  # fmt: skip
    code = f"walk.m{abs(hash((names, tuple(sorted(finals)), transitions)))}"
    states = tuple(State(name, name, name, final=name in finals) for name in names)
    return Machine(code, "Thử", "Probe", "s0", states, transitions)


@pytest.mark.django_db
def test_every_walk_through_every_machine_keeps_its_promises(probe, lan, minh, at):
    @settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    @given(machines(), st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=12))
    def walk(machine, steps):
        registry.register_machine(machine)
        drawn = probe()
        drawn.MACHINE = machine
        case = open_case(drawn, actor=lan, at=at)
        now, path = at, ["s0"]
        for index, is_minh in steps:
            step = machine.transitions[index % len(machine.transitions)]
            now += timedelta(hours=7)
            before = (case.state, case.version, History.objects.count())
            if case.state in step.source:
                advance(case, step.name, actor=minh if is_minh else lan, at=now)
                path.append(step.leads_from(path[-1]))
            else:
                with pytest.raises(StateMoved):
                    advance(case, step.name, actor=lan, at=now)
                assert (case.state, case.version, History.objects.count()) == before
            check(case, machine, path)

    walk()


def check(case, machine, path):
    moves = list(history_of(case))
    assert [one.to_state for one in moves] == path
    assert [one.from_state for one in moves] == ["", *path[:-1]]
    assert [one.version for one in moves] == list(range(len(path)))
    assert (case.state, case.version) == (path[-1], len(path) - 1)
    assert not any(machine.state(name).final for name in path[:-1])
    running = {one.key for one in clocks_of(machine.code, case.code) if one.is_running}
    if case.is_final:
        assert not running
    assert running <= machine.running_clocks()[case.state]
