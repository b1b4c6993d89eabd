"""A machine's table is checked: states exist and are reached, final ones are never left, no clock is left running."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nganam.kernel.machine import Guard, Machine, MachineError, State, Transition

DRAFT, SENT, DONE = (
    State("draft", "Nháp", "Draft"),
    State("sent", "Đã gửi", "Sent"),
    State("done", "Xong", "Done", final=True),
)


def move(
    name: str, source: tuple[str, ...], target: str, starts: tuple[str, ...] = (), stops: tuple[str, ...] = ()
) -> Transition:
    return Transition(name, source, target, "provider", "Việc", "Deed", starts=starts, stops=stops)


def machine(
    *transitions: Transition, states: tuple[State, ...] = (DRAFT, SENT, DONE), initial: str = "draft"
) -> Machine:
    return Machine("test.case", "Thử", "Test", initial, states, transitions)


GOOD = machine(
    move("send", ("draft",), "sent", starts=("acct_issue",)),
    move("remind", ("sent",), "sent"),
    move("finish", ("sent",), "done", stops=("acct_issue",)),
    move("withdraw", ("draft", "sent"), "done", stops=("acct_issue",)),
)


def test_a_sound_machine_has_no_problems() -> None:
    assert GOOD.problems() == []
    assert GOOD.reachable() == {"draft", "sent", "done"}
    assert GOOD.running_clocks() == {"draft": frozenset(), "sent": {"acct_issue"}, "done": frozenset()}


def test_a_move_without_a_target_stays_wherever_it_is_made() -> None:
    noted = machine(
        move("send", ("draft",), "sent", starts=("slow",)),
        move("note", ("draft", "sent"), "", starts=("open_update",)),
        move("finish", ("sent",), "done", stops=("slow", "open_update")),
    )
    assert noted.problems() == []
    assert [noted.transition("note").leads_from(name) for name in ("draft", "sent")] == ["draft", "sent"]
    assert noted.transition("send").leads_from("draft") == "sent"
    assert noted.running_clocks()["sent"] == {"slow", "open_update"}


def test_a_clock_that_the_opening_starts_runs_in_the_first_state_until_a_move_stops_it() -> None:
    asked = Machine(
        "room.asked", "Đề nghị", "Request", "draft", GOOD.states, (
            move("send", ("draft",), "sent"), move("finish", ("sent",), "done", stops=("acct_issue",)),
        ), opens=("acct_issue",),
    )  # fmt: skip
    assert asked.running_clocks() == {"draft": {"acct_issue"}, "sent": {"acct_issue"}, "done": frozenset()}
    forgotten = Machine(
        "room.asked", "Đề nghị", "Request", "draft", GOOD.states,
        (move("send", ("draft",), "sent"), move("finish", ("sent",), "done")), opens=("acct_issue",),
    )  # fmt: skip
    assert forgotten.problems() == ["clock 'acct_issue' still runs in final state 'done'"]


def test_states_and_transitions_are_found_by_name() -> None:
    assert GOOD.state("sent") is SENT
    assert GOOD.transition("send").target == "sent"
    assert [one.name for one in GOOD.leaving("sent")] == ["remind", "finish", "withdraw"]
    assert GOOD.leaving("done") == ()


@pytest.mark.parametrize("ask", [GOOD.state, GOOD.transition])
def test_an_unknown_name_is_an_error_that_says_it(ask: Callable[[str], object]) -> None:
    with pytest.raises(MachineError, match=r"test\.case: .*'lost'"):
        ask("lost")


def test_guards_are_found_by_name_and_must_be_stated_and_asked() -> None:
    complete = Guard("complete", "Đủ nội dung", "Complete", "D35.2")
    asks = replace(move("send", ("draft",), "done"), guards=("complete",))
    sound = replace(machine(asks, states=(DRAFT, DONE)), guards=(complete,))
    assert sound.problems() == []
    assert sound.guard("complete") is complete
    with pytest.raises(MachineError, match="'lost'"):
        sound.guard("lost")
    assert replace(sound, guards=()).problems() == ["send: unknown guard 'complete'"]
    unasked = replace(sound, guards=(complete, complete, Guard("other", "Khác", "Other")))
    assert unasked.problems() == ["guard 'complete' stands twice", "guard 'other' is asked by no transition"]


def test_either_party_of_a_role_may_and_a_rest_is_an_end() -> None:
    assert replace(move("send", ("draft",), "sent"), role="provider/lead").roles == ("provider", "lead")
    assert [one.is_end for one in (DRAFT, DONE, State("rest", "Nghỉ", "Rest", rest=True))] == [False, True, True]


def test_names_stand_once() -> None:
    twice = machine(
        move("send", ("draft",), "sent"), move("send", ("sent",), "done"), states=(DRAFT, DRAFT, SENT, DONE)
    )
    assert twice.problems() == ["state 'draft' stands twice", "transition 'send' stands twice"]


def test_unknown_states_are_found() -> None:
    bad = machine(move("send", ("draft",), "lost"), move("finish", ("gone",), "done"), initial="start")
    assert bad.problems() == [
        "unknown initial state 'start'", "send: unknown state 'lost'", "finish: unknown state 'gone'",
    ]  # fmt: skip


def test_a_state_nobody_reaches_is_found() -> None:
    assert machine(move("send", ("draft",), "done")).problems() == ["state 'sent' cannot be reached"]


def test_a_final_state_is_never_left() -> None:
    bad = machine(move("send", ("draft",), "sent"), move("end", ("sent",), "done"), move("reopen", ("done",), "sent"))
    assert bad.problems() == ["reopen leaves the final state 'done'"]


def test_a_clock_that_outlives_its_case_is_found() -> None:
    bad = machine(
        move("send", ("draft",), "sent", starts=("acct_issue",)),
        move("finish", ("sent",), "done", stops=("acct_issue",)),
        move("drop", ("sent",), "done"),
    )
    assert bad.problems() == ["clock 'acct_issue' still runs in final state 'done'"]


def test_a_clock_carried_round_a_loop_is_found() -> None:
    bad = machine(
        move("send", ("draft",), "sent"),
        move("back", ("sent",), "draft", starts=("slow",)),
        move("finish", ("sent",), "done"),
    )
    assert bad.problems() == ["clock 'slow' still runs in final state 'done'"]


def test_a_clock_restarted_on_the_same_move_keeps_running() -> None:
    again = machine(
        move("send", ("draft",), "sent", starts=("open_update",)),
        move("update", ("sent",), "sent", starts=("open_update",), stops=("open_update",)),
        move("end", ("sent",), "done", stops=("open_update",)),
    )
    assert again.problems() == []
    assert again.running_clocks()["sent"] == {"open_update"}


NAMES = st.sampled_from(["draft", "sent", "done"])
TARGETS = st.sampled_from(["draft", "sent", "done", ""])
MOVES = st.lists(
    st.tuples(NAMES, TARGETS, st.frozensets(st.sampled_from("ab")), st.frozensets(st.sampled_from("ab"))), max_size=8
)


@given(MOVES)
def test_walking_the_table_meets_only_what_the_checks_foresee(
    moves: list[tuple[str, str, frozenset[str], frozenset[str]]],
) -> None:
    any_machine = machine(
        *(move(f"t{n}", (a,), b, tuple(starts), tuple(stops)) for n, (a, b, starts, stops) in enumerate(moves))
    )
    running = any_machine.running_clocks()
    assert running.keys() == any_machine.reachable()
    for state, clocks in running.items():
        for one in any_machine.leaving(state):
            assert (clocks - set(one.stops)) | set(one.starts) <= running[one.leads_from(state)]
