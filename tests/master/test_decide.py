"""An officer decides about a pair; decisions hold over runs, never contradict silently, and can be taken back."""

import pytest

from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken
from nganam.master import operations, queries
from nganam.master.models import Decision

from .conftest import AT, LAN, MINH, PHUC, digest_of, entity_of

pytestmark = [pytest.mark.django_db]
A = ("so-dang-ky", "A1")
B = ("phong-kham", "B4")
C = ("so-dang-ky", "A4")


def decide(found, one, other, *, same, reason="Đã gọi điện", actor=LAN):
    pair = (digest_of(*one), digest_of(*other))
    return operations.decide(actor=actor, at=AT, code=found.code, pair=pair, same=same, reason=reason)


@pytest.fixture
def matched(people, match):
    match(people)
    return people


def test_different_holds_over_later_runs_against_any_score(matched, match):
    assert entity_of(matched, "so-dang-ky", "A1") == entity_of(matched, "phong-kham", "B1")
    decide(matched, A, ("phong-kham", "B1"), same=False)
    for _again in range(2):
        match(matched)
        assert entity_of(matched, "so-dang-ky", "A1") != entity_of(matched, "phong-kham", "B1")


def test_a_decided_pair_waits_no_more(matched):
    assert len(queries.waiting(matched)) == 1
    made = decide(matched, B, C, same=False)
    assert queries.waiting(matched) == []
    operations.take_back(actor=LAN, at=AT, code=matched.code, number=made.number)
    assert len(queries.waiting(matched)) == 1


def test_one_and_one_and_not_one_is_refused_with_the_chain(matched):
    decide(matched, A, B, same=True)
    decide(matched, B, C, same=True)
    with pytest.raises(RuleBroken) as told:
        decide(matched, A, C, same=False)
    assert "quyết định 1 (Lan): là một; quyết định 2 (Lan): là một" in told.value.message
    assert Decision.objects.count() == 2


def test_what_joins_two_that_were_decided_apart_is_refused_with_the_chain(matched):
    decide(matched, A, B, same=True)
    decide(matched, A, C, same=False)
    with pytest.raises(RuleBroken) as told:
        decide(matched, B, C, same=True)
    assert "quyết định 1 (Lan): là một; quyết định 2 (Lan): khác nhau" in told.value.message


def test_a_pair_is_decided_once_until_it_is_taken_back(matched):
    made = decide(matched, B, C, same=True)
    with pytest.raises(RuleBroken):
        decide(matched, C, B, same=False)
    operations.take_back(actor=LAN, at=AT, code=matched.code, number=made.number)
    with pytest.raises(RuleBroken):
        operations.take_back(actor=LAN, at=AT, code=matched.code, number=made.number)
    assert decide(matched, C, B, same=False).number == 2


def test_a_decision_needs_a_reason_and_two_records_of_the_set(matched):
    with pytest.raises(Invalid, match="lý do"):
        decide(matched, B, C, same=True, reason=" ")
    with pytest.raises(Invalid):
        decide(matched, B, B, same=True)
    with pytest.raises(Invalid):
        decide(matched, B, ("so-dang-ky", "A77"), same=True)


def test_only_the_owners_officer_decides(matched):
    with pytest.raises(NotAllowed):
        decide(matched, B, C, same=True, actor=MINH)
    with pytest.raises(NotFound):
        decide(matched, B, C, same=True, actor=PHUC)
