"""Self-settlement and withdrawal: open to the sides as long as nobody has decided (D50.1c)."""

import pytest

import scenes_disputes as told
from nganam.deadlines.queries import clocks_of
from nganam.disputes import operations, saying
from nganam.disputes.models import Dispute
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken, StateMoved
from nganam.sharing.models import Request

pytestmark = pytest.mark.django_db
UNDECIDED = {
    "level_one": told.dispute,
    "unresolved": told.unresolved,
    "level_two": told.at_level_two,
    "level_three": told.at_level_three,
    "central": told.referred,
}
EACH = pytest.mark.parametrize("scene", UNDECIDED.values(), ids=list(UNDECIDED))
TERMS = "Hai bên cùng rà lại mục tin trong tháng 11."


@pytest.mark.law("D50.1")
@EACH
def test_both_sides_confirm_and_it_is_over(province, lan, phuc, at, scene):
    dispute = saying.offer_terms(actor=lan, at=at, dispute=scene(), terms=TERMS)
    done = operations.agree(actor=phuc, at=at, dispute=dispute)
    assert (done.state, done.settlement, done.outcome) == ("agreed", TERMS, "for")
    assert not any(one.is_running for one in clocks_of("disputes.dispute", done.code))
    assert Request.objects.get().state == "received"


def test_terms_that_leave_the_refusal_leave_it(province, lan, phuc, at):
    dispute = saying.offer_terms(actor=phuc, at=at, dispute=told.dispute(), terms=TERMS, outcome="against")
    operations.agree(actor=lan, at=at, dispute=dispute)
    assert Request.objects.get().state == "refused"


@pytest.mark.law("D50.1")
def test_nobody_agrees_with_themselves_or_with_nothing(province, lan, phuc, at):
    dispute = told.dispute()
    for actor in (lan, phuc):
        with pytest.raises(RuleBroken) as refused:
            operations.agree(actor=actor, at=at, dispute=dispute)
        assert refused.value.article == "D50.1c"
    offered = saying.offer_terms(actor=lan, at=at, dispute=dispute, terms=TERMS)
    with pytest.raises(RuleBroken):
        operations.agree(actor=lan, at=at, dispute=offered)


@pytest.mark.parametrize("name", ["minh", "khanh", "hoa", "dung"])
def test_who_is_no_side_neither_offers_nor_agrees_nor_withdraws(province, request, phuc, at, name):
    actor = request.getfixturevalue(name)
    dispute = told.dispute()
    with pytest.raises(NotAllowed):
        saying.offer_terms(actor=actor, at=at, dispute=dispute, terms=TERMS)
    offered = saying.offer_terms(actor=phuc, at=at, dispute=dispute, terms=TERMS)
    with pytest.raises(NotAllowed):
        operations.agree(actor=actor, at=at, dispute=offered)
    with pytest.raises(NotAllowed):
        operations.withdraw(actor=actor, at=at, dispute=offered, reason="x")


def test_who_agrees_agrees_to_the_terms_they_saw(province, lan, phuc, at):
    seen = saying.offer_terms(actor=lan, at=at, dispute=told.dispute(), terms=TERMS)
    version = seen.version
    saying.offer_terms(actor=lan, at=at, dispute=Dispute.objects.get(pk=seen.pk), terms="Khác hẳn.")
    with pytest.raises(StateMoved):
        operations.agree(actor=phuc, at=at, dispute=Dispute.objects.get(pk=seen.pk), version=version)
    with pytest.raises(StateMoved):
        saying.offer_terms(actor=phuc, at=at, dispute=seen, terms="Cũ.", version=version)


@pytest.mark.parametrize(("name", "value"), [("terms", " "), ("outcome", "maybe")])
def test_terms_say_something(province, lan, at, name, value):
    with pytest.raises(Invalid) as refused:
        saying.offer_terms(actor=lan, at=at, dispute=told.dispute(), **{"terms": TERMS} | {name: value})
    assert name in refused.value.fields


def test_once_decided_there_is_nothing_to_agree_or_withdraw(province, lan, phuc, at):
    dispute = told.decided()
    with pytest.raises(RuleBroken):
        saying.offer_terms(actor=lan, at=at, dispute=dispute, terms=TERMS)
    with pytest.raises(StateMoved):
        operations.agree(actor=phuc, at=at, dispute=dispute)
    with pytest.raises(StateMoved):
        operations.withdraw(actor=phuc, at=at, dispute=dispute, reason="x")


@pytest.mark.law("D50.1")
@EACH
def test_the_opener_withdraws_and_the_refusal_stands(province, phuc, at, scene):
    done = operations.withdraw(actor=phuc, at=at, dispute=scene(), reason="Không cần nữa.")
    assert (done.state, done.is_final) == ("withdrawn", True)
    assert not any(one.is_running for one in clocks_of("disputes.dispute", done.code))
    assert Request.objects.get().state == "refused"


def test_the_other_side_does_not_withdraw_it(province, lan, at):
    with pytest.raises(NotAllowed):
        operations.withdraw(actor=lan, at=at, dispute=told.dispute(), reason="x")
