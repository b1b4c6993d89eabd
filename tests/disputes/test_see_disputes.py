"""Who sees which dispute; the list by side, level, kind, state, lateness; few queries whatever its size."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import scenes
import scenes_disputes as told
from nganam.cases.reminders import remind
from nganam.desk.worklist import ME, OTHERS, Desk, Wanted, works
from nganam.disputes import listing, operations, queries
from nganam.disputes.models import Dispute
from nganam.kernel.errors import NotFound

pytestmark = pytest.mark.django_db


def codes(actor, at=told.AT, **given):
    return [one.code for one in listing.chosen(actor, listing.asked(given), at)]


def test_the_sides_and_the_lead_agency_see_it_and_nobody_else(province, lan, phuc, minh, hoa, dung):
    dispute = told.dispute()
    for actor in (lan, phuc, minh):
        assert queries.get_dispute_for(actor, dispute.code) == dispute
    for actor in (told.TAM, told.KHANH, hoa, dung):
        with pytest.raises(NotFound):
            queries.get_dispute_for(actor, dispute.code)


@pytest.mark.law("D48.2")
def test_the_chairman_sees_what_has_reached_him_and_goes_on_seeing_it(province, khanh, at):
    dispute = told.at_level_two()
    with pytest.raises(NotFound):
        queries.get_dispute_for(khanh, dispute.code)
    reached = operations.propose(actor=told.MINH, at=at, dispute=dispute, reason="x", plan="x")
    decided = operations.decide(actor=khanh, at=at, dispute=reached, **told.TERMS, decided_on=at.date())
    assert queries.get_dispute_for(khanh, decided.code).state == "settled"


def test_the_list_is_chosen_by_side(province, lan, phuc, minh):
    mine = told.against()
    theirs = told.against("CT-X31507", actor=lan)
    assert codes(phuc, ben="toi-neu") == [mine.code]
    assert codes(phuc, ben="doi-voi-toi") == [theirs.code]
    assert set(codes(phuc)) == set(codes(minh)) == {mine.code, theirs.code}
    assert codes(minh, ben="toi-neu") == []


def test_the_list_is_chosen_by_level_kind_state_lateness_thing_and_words(province, minh):
    first = told.at_level_two(told.against(kind="standards", summary="Chuẩn XML"))
    second = told.dispute(scenes.account(), kind="plan")
    assert codes(minh, cap="2") == codes(minh, loai="standards") == codes(minh, q="xml") == [first.code]
    assert codes(minh, **{"trang-thai": "level_one"}) == [second.code]
    assert codes(minh, q=second.code) == codes(minh, ve=f"sharing.account:{second.object_code}") == [second.code]
    assert codes(minh, **{"qua-han": "1"}) == []
    assert set(codes(minh, at=told.LATE, **{"qua-han": "1"})) == {first.code, second.code}


def test_nonsense_in_the_address_asks_for_everything(province, minh):
    dispute = told.against()
    assert codes(minh, cap="9", **{"trang-thai": "x", "ben": "y", "q": "\x00"}) == [dispute.code]


def test_an_heir_sees_what_its_predecessor_was_a_side_of(province, lan):
    dispute = told.against()
    Dispute.objects.update(respondent=predecessor())
    assert queries.get_dispute_for(lan, dispute.code)


def predecessor():
    from nganam.agencies.models import Agency

    return Agency.objects.get(code="ST-SYT")


def test_a_list_and_a_page_take_few_queries(province, client, at):
    dispute = told.at_level_three(told.against())
    for number in range(60):
        told.against(summary=f"Vướng mắc {number}")
    client.login(username="phuc", password=scenes.PASSWORD)
    for address in ("/vuong-mac/", f"/vuong-mac/{dispute.code}/"):
        client.get(address)
        with CaptureQueriesContext(connection) as taken:
            assert client.get(address).status_code == 200
        assert len(taken) <= 15, [one["sql"][:100] for one in taken]


def waits(actor):
    rows = Desk(actor, told.AT).rows(Wanted(whose=ME, kind="disputes.dispute"))
    return [(work.code, work.step.name) for work in works(rows)]


def test_it_waits_on_the_desk_of_whose_turn_it_is(province, lan, phuc, minh, khanh, at):
    dispute = told.against()
    assert (waits(lan), waits(phuc), waits(minh)) == ([(dispute.code, "resolve")], [], [])
    assert dispute.code in [work.code for work in works(Desk(phuc, at).rows(Wanted(whose=OTHERS)))]
    remind(at=told.LATE)
    assert waits(phuc) == [(dispute.code, "escalate")]
    two = told.at_level_two(dispute)
    assert (waits(lan), waits(phuc), waits(minh)) == ([], [], [(two.code, "guide")])
    three = operations.propose(actor=minh, at=at, dispute=two, reason="x", plan="x")
    assert (waits(minh), waits(khanh)) == ([], [(three.code, "decide")])
    settled = operations.decide(actor=khanh, at=at, dispute=three, **told.TERMS, decided_on=at.date())
    assert (waits(lan), waits(khanh), waits(phuc)) == ([(settled.code, "report")], [], [])
    told.reported(settled)
    assert (waits(lan), waits(minh), waits(khanh)) == ([], [(settled.code, "confirm")], [(settled.code, "confirm")])


def test_a_desk_full_of_disputes_takes_few_queries(province, minh):
    for number in range(8):
        told.at_level_two(told.against(summary=f"Vướng mắc {number}"))
    with CaptureQueriesContext(connection) as few:
        assert len(queries.waiting_for(minh)) == 8
        for one in queries.waiting_for(minh):
            listing.steps_for(minh, one)
    assert len(few) <= 8, [one["sql"][:100] for one in few]
