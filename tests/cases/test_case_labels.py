"""The words for a case's moves."""

import pytest
from django.utils import translation

from nganam.cases.operations import advance, open_case
from nganam.cases.queries import history_of
from nganam.cases.templatetags.case_labels import move_article, move_title, states_of, states_told, tone


@pytest.mark.django_db
def test_a_move_is_named_in_the_readers_language_with_its_clause(probe, phuc, at):
    case = advance(open_case(probe(), actor=phuc, at=at), "send", actor=phuc, at=at)
    opened, sent = history_of(case)
    assert move_title(case.machine, opened) == "Lập hồ sơ"
    assert move_title(case.machine, sent) == "Gửi"
    with translation.override("en"):
        assert move_title(case.machine, sent) == "Send"
    assert (move_article(case.machine, opened), move_article(case.machine, sent)) == ("", "D35.1")
    assert states_of([opened, sent]) == ["draft", "sent"]


def test_a_state_has_a_tone_and_an_unknown_one_is_under_way(probe):
    assert tone(probe(state="refused")) == "bad"
    assert tone(probe(state="đâu đó")) == "info"


def test_the_states_told_are_those_of_the_moves():
    from datetime import UTC, datetime

    from nganam.cases.story import Event

    when = datetime(2026, 11, 3, tzinfo=UTC)
    story = [
        Event("Lập", when, "Lan", state="draft"),
        Event("Ghi chú", when, "Lan"),
        Event("Gửi", when, "Lan", state="sent"),
    ]
    assert states_told(story) == ["draft", "sent"]
