"""Two at once: of two decisions one is made; of two disputes about one thing one is opened."""

import threading

import pytest
from django.db import connection

import scenes_disputes as told
from nganam.disputes import operations, saying
from nganam.disputes.models import Dispute, Statement
from nganam.documents.models import Paper
from nganam.kernel.errors import NganamError, RuleBroken, StateMoved


def at_once(*deeds):
    """Do the deeds in threads that begin together; return what each came to."""
    ready, outcomes = threading.Barrier(len(deeds)), {}

    def run(place, deed):
        try:
            mine = deed()
            ready.wait(timeout=10)
            outcomes[place] = mine()
        except NganamError as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(deeds)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return [outcomes[place] for place in range(len(deeds))]


def looked_at(code, deed):
    """Read the dispute first, act on what was read later."""

    def prepare():
        mine = Dispute.objects.select_related("opener", "respondent", "lead").get(code=code)
        return lambda: deed(mine)

    return prepare


@pytest.mark.law("D49.2")
def test_of_guidance_and_submission_at_once_one_is_made_and_one_number_drawn(committed_db, make_province, at):
    make_province()
    code = told.at_level_two(told.against()).code
    before = Paper.objects.count()
    outcomes = at_once(
        looked_at(code, lambda one: operations.guide(actor=told.MINH, at=at, dispute=one, **told.TERMS)),
        looked_at(code, lambda one: operations.propose(actor=told.MINH, at=at, dispute=one, reason="x", plan="x")),
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["Dispute", "StateMoved"]
    (lost,) = (one for one in outcomes if isinstance(one, StateMoved))
    assert lost.by == told.MINH.name
    assert Paper.objects.count() == before + 1


def test_of_withdrawal_and_answer_at_once_one_stands(committed_db, make_province, at):
    make_province()
    code = told.against().code
    outcomes = at_once(
        looked_at(code, lambda one: operations.withdraw(actor=told.PHUC, at=at, dispute=one, reason="x")),
        looked_at(code, lambda one: operations.fail(actor=told.LAN, at=at, dispute=one, reason="x")),
    )
    done = [one for one in outcomes if isinstance(one, Dispute)]
    # A withdrawal may follow the answer, since it read the case only once: then it is refused, never merged.
    assert len(done) == 1
    assert Dispute.objects.get(code=code).state == done[0].state


def test_of_two_disputes_about_one_refusal_one_is_opened(committed_db, make_province, at):
    make_province()
    request = told.refused_request()

    def raised():
        about = told.subject(told.PHUC, request)
        return lambda: operations.open_dispute(actor=told.PHUC, at=at, values=told.VALUES, subject=about)

    outcomes = at_once(raised, raised)
    assert Dispute.objects.count() == 1
    assert sum(isinstance(one, Dispute) for one in outcomes) == 1
    assert sum(isinstance(one, RuleBroken | StateMoved) for one in outcomes) == 1


def test_statements_made_at_once_get_numbers_one_after_the_other(committed_db, make_province, at):
    make_province()
    code = told.against().code
    speakers = (told.PHUC, told.LAN, told.PHUC)
    outcomes = at_once(
        *(
            looked_at(code, lambda one, by=by: saying.state_view(actor=by, at=at, dispute=one, text="x"))
            for by in speakers
        )
    )
    assert all(isinstance(one, Statement) for one in outcomes), outcomes
    assert sorted(Statement.objects.values_list("number", flat=True)) == [1, 2, 3]
