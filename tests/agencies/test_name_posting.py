"""Who acts comes from postings: held, ended, chosen."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from nganam.accounts.models import Person
from nganam.agencies import operations, queries
from nganam.agencies.models import Agency, Posting
from nganam.kernel.actors import VISITOR, Role
from nganam.kernel.errors import Invalid, NotAllowed, StateMoved

DAY = date(2026, 11, 3)


def name(actor, at, person, agency="CT-SYT", role="lookup", day=DAY, **more):
    return operations.name_posting(actor=actor, at=at, person=person, agency=agency, role=role, valid_from=day, **more)


@pytest.fixture
def tu(province):
    return Person.objects.create_user("tu", password="mat-khau-dai-2026", full_name="Lý Văn Tư")


def test_a_visitor_is_nobody_and_a_person_without_a_posting_has_no_role(tu, at):
    assert queries.actor_for(AnonymousUser(), at) is VISITOR
    actor = queries.actor_for(tu, at)
    assert (actor.code, actor.agency, actor.roles) == ("tu", "", frozenset())


def test_a_posting_gives_its_role_from_its_first_day_until_the_day_it_ends(tu, at, minh):
    posting = name(minh, at, tu)
    assert queries.actor_for(tu, at).roles == {Role.LOOKUP}
    assert not queries.actor_for(tu, at - timedelta(days=1)).roles

    operations.end_posting(actor=minh, at=at, posting=posting, until=date(2026, 11, 4))

    assert queries.actor_for(tu, at).roles == {Role.LOOKUP}
    assert not queries.actor_for(tu, at + timedelta(days=1)).roles


def test_of_several_agencies_the_chosen_one_counts_and_a_foreign_choice_is_ignored(tu, at, quantri):
    name(quantri, at, tu, agency="CT-SYT", role="focal", day=date(2026, 1, 1))
    name(quantri, at, tu, agency="CT-STC", role="finance", day=date(2026, 2, 1))

    assert queries.actor_for(tu, at).agency == "CT-SYT"
    assert queries.actor_for(tu, at, "CT-STC").roles == {Role.FINANCE}
    assert queries.actor_for(tu, at, "CT-CA").agency == "CT-SYT"
    assert [one.code for one in queries.acting_choices(tu, at)] == ["CT-SYT", "CT-STC"]


def test_a_closed_account_is_a_visitor_at_once(tu, at, minh):
    name(minh, at, tu)
    tu.is_active = False
    assert queries.actor_for(tu, at) is VISITOR


@pytest.mark.law("S9.7")
def test_the_lead_agency_names_focal_officers_but_not_administrators_or_itself(tu, at, minh):
    name(minh, at, tu, role="focal")
    with pytest.raises(NotAllowed):
        name(minh, at, tu, role="admin")
    with pytest.raises(NotAllowed):
        name(minh, at, Person.objects.get(username="minh"), role="focal", agency="CT-SKHCN")


def test_a_focal_officer_names_nobody(tu, at, lan):
    with pytest.raises(NotAllowed):
        name(lan, at, tu)


def test_the_same_role_is_not_held_twice_at_a_time(tu, at, minh):
    name(minh, at, tu)
    with pytest.raises(Invalid):
        name(minh, at, tu, day=date(2026, 12, 1))
    agency = Agency.objects.get(code="CT-SYT")
    with pytest.raises(IntegrityError), transaction.atomic():
        Posting.objects.create(person=tu, agency=agency, role="lookup", valid_from=date(2027, 1, 1))


def test_nobody_is_posted_to_an_agency_that_is_gone(tu, at, minh):
    with pytest.raises(Invalid, match="không tồn tại"):
        name(minh, at, tu, agency="ST-SYT")


def test_a_posting_ends_once(tu, at, minh):
    posting = name(minh, at, tu)
    operations.end_posting(actor=minh, at=at, posting=posting, until=date(2026, 11, 10))
    with pytest.raises(StateMoved):
        operations.end_posting(actor=minh, at=at, posting=posting, until=date(2026, 11, 11))


def test_people_with_a_role_are_those_of_the_day(province):
    assert [one.username for one in queries.people_with_role("CT-SYT", "focal", DAY)] == ["lan"]
    assert queries.people_with_role("CT-SYT", "focal", date(2025, 6, 30)) == []


@pytest.mark.law("S2.1")
def test_a_role_for_the_whole_province_goes_with_the_duty_of_the_agency(tu, at, quantri, province):
    name(quantri, at, tu, agency="CT-SKHCN", role="lead")
    name(quantri, at, tu, agency="CT-SKHCN", role="lookup")
    name(quantri, at, tu, agency="CT-SYT", role="lead")
    assert queries.actor_for(tu, at, "CT-SKHCN").roles == {Role.LEAD, Role.LOOKUP}
    assert not queries.actor_for(tu, at, "CT-SYT").roles

    operations.assign_duty(actor=quantri, at=at, agency="CT-SYT", duty="lead", valid_from=date(2026, 12, 1))

    later = at + timedelta(days=30)
    assert queries.actor_for(tu, later, "CT-SKHCN").roles == {Role.LOOKUP}
    assert queries.actor_for(tu, later, "CT-SYT").roles == {Role.LEAD}
