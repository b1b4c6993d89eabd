"""The stepper is drawn from the machine's own table."""

import pytest

from nganam.face import steps
from nganam.face.showcase import SAMPLE
from nganam.services.workflow import REVISION, SERVICE
from nganam.sharing.requests.workflow import REQUEST


def drawn(state, visited=()):
    return [(step["name"], step["status"]) for step in steps.steps(SAMPLE, state, visited)]


def test_a_case_under_way_shows_what_was_what_is_and_what_comes():
    assert drawn("sent") == [
        ("Đang soạn", "done"),
        ("Đã gửi", "now"),
        ("Đã đồng ý", "todo"),
        ("Đang kết nối", "todo"),
    ]


def test_a_finished_case_has_nothing_ahead():
    assert drawn("running")[-1] == ("Đang kết nối", "done")


def test_an_end_off_the_usual_way_is_marked():
    assert drawn("refused") == [("Đang soạn", "done"), ("Đã gửi", "done"), ("Bị từ chối", "bad")]


def test_the_history_is_believed_over_the_table():
    assert drawn("sent", ("draft", "sent", "draft", "sent"))[:2] == [("Đang soạn", "done"), ("Đã gửi", "now")]


def test_a_side_step_is_not_the_way_on():
    assert [one["name"] for one in steps.steps(SERVICE, "ready")][-2:] == ["Sẵn sàng kết nối", "Đã công khai"]
    assert steps.steps(SERVICE, "published")[-1] == {"name": "Đã công khai", "status": "done", "note": ""}


@pytest.mark.parametrize("machine", [SERVICE, REVISION, REQUEST], ids=lambda one: one.code)
def test_the_usual_way_ends_where_nothing_was_refused_or_given_up(machine):
    assert steps.usual_way(machine)[-1] in {"published", "in_force", "in_use"}


@pytest.mark.parametrize("state", [state.name for state in SAMPLE.states])
def test_every_state_can_be_drawn_once(state):
    names = [name for name, _status in drawn(state)]
    assert len(names) == len(set(names))
    assert SAMPLE.problems() == []
