"""Agencies open, bear codes, end and are succeeded; the past stays readable."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from nganam.agencies import operations, queries
from nganam.agencies.models import Agency, AgencyCode, Posting
from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, StateMoved

DAY = date(2026, 11, 3)


def open_one(actor, at, code="CT-SMOI", **more):
    values = {"name": "Sở Mới", "kind": "department", "valid_from": date(2026, 1, 1)} | more
    return operations.open_agency(actor=actor, at=at, code=code, **values)


@pytest.mark.law("S2.1")
def test_the_lead_agency_records_a_new_agency_and_it_can_be_found_without_marks(province, at, minh):
    open_one(minh, at, name="Sở Nông nghiệp và Môi trường", short_name="SNN&MT")

    assert [one.code for one in queries.find_agencies(DAY, text="nong nghiep")] == ["CT-SMOI"]
    assert [one.code for one in queries.find_agencies(DAY, text="NÔNG NGHIỆP")] == ["CT-SMOI"]
    assert not queries.find_agencies(date(2025, 12, 31), text="nong nghiep").exists()
    assert Entry.objects.filter(action="agencies.agency.opened", object_code="CT-SMOI").exists()


def test_a_code_is_never_given_again_even_after_the_agency_ended(province, at, minh):
    with pytest.raises(Invalid) as refused:
        open_one(minh, at, code="ST-SYT")
    assert "code" in refused.value.fields


def test_a_focal_officer_may_not_keep_the_register(province, at, lan):
    with pytest.raises(NotAllowed):
        open_one(lan, at)
    with pytest.raises(NotAllowed):
        operations.close_agency(actor=lan, at=at, agency="CT-SYT", until=DAY)


def test_an_agency_ends_with_a_successor_and_its_codes_and_postings_end_with_it(province, at, minh):
    open_one(minh, at)
    operations.assign_code(
        actor=minh, at=at, agency="CT-SYT", scheme="QD20", value="H13.29", valid_from=date(2025, 7, 1)
    )

    ended = operations.close_agency(
        actor=minh, at=at, agency="CT-SYT", until=date(2026, 12, 1), successors=["CT-SMOI"], basis="NQ thử nghiệm"
    )

    assert ended.holds(date(2026, 11, 30))
    assert not ended.holds(date(2026, 12, 1))
    assert AgencyCode.objects.get(value="H13.29").valid_until == date(2026, 12, 1)
    assert Posting.objects.get(person__username="lan").valid_until == date(2026, 12, 1)
    assert [one.code for one in queries.current_successors("ST-SYT", date(2026, 12, 2))] == ["CT-SMOI"]
    assert queries.lineage("CT-SMOI") == {"CT-SMOI", "CT-SYT", "ST-SYT"}


def test_an_agency_cannot_end_twice_nor_before_it_began_nor_succeed_itself(province, at, minh):
    with pytest.raises(StateMoved):
        operations.close_agency(actor=minh, at=at, agency="ST-SYT", until=DAY)
    with pytest.raises(Invalid):
        operations.close_agency(actor=minh, at=at, agency="CT-SYT", until=date(2025, 7, 1))
    with pytest.raises(Invalid):
        operations.close_agency(actor=minh, at=at, agency="CT-SYT", until=DAY, successors=["CT-SYT"])
    with pytest.raises(Invalid):
        operations.close_agency(actor=minh, at=at, agency="CT-SYT", until=DAY, successors=["ST-SYT"])


def test_a_new_code_ends_the_old_one_on_the_same_day(province, at, minh):
    def give(value, day):
        return operations.assign_code(actor=minh, at=at, agency="CT-SYT", scheme="QD20", value=value, valid_from=day)

    give("H13.29", date(2025, 7, 1))
    give("H13.30", date(2026, 1, 1))

    assert queries.agency_by_code("QD20", "H13.29", date(2025, 12, 31)).code == "CT-SYT"
    assert queries.agency_by_code("QD20", "H13.30", date(2026, 1, 1)).code == "CT-SYT"
    with pytest.raises(NotFound):
        queries.agency_by_code("QD20", "H13.29", date(2026, 1, 1))


def test_two_agencies_cannot_bear_one_code_at_a_time(province, at, minh):
    def give(agency, day):
        return operations.assign_code(
            actor=minh, at=at, agency=agency, scheme="QCVN102", value="000.00.29.H13", valid_from=day
        )

    give("CT-SYT", date(2025, 7, 1))
    with pytest.raises(Invalid, match="Sở Y tế"):
        give("CT-STC", date(2026, 1, 1))
    with pytest.raises(Invalid):
        give("CT-SYT", date(2025, 7, 1))


def test_the_database_itself_refuses_two_open_codes(province, at):
    agency = Agency.objects.get(code="CT-SYT")
    AgencyCode.objects.create(agency=agency, scheme="QD20", value="H13.1", valid_from=date(2025, 7, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        AgencyCode.objects.create(agency=agency, scheme="QD20", value="H13.2", valid_from=date(2026, 7, 1))
    with pytest.raises(IntegrityError), transaction.atomic():
        AgencyCode.objects.create(
            agency=agency, scheme="LOCAL", value="A", valid_from=date(2026, 7, 1), valid_until=date(2026, 7, 1)
        )


def test_a_code_of_the_wrong_form_is_refused_with_an_example(province, at, minh):
    with pytest.raises(Invalid, match=r"000\.18\.29\.H51"):
        operations.assign_code(
            actor=minh, at=at, agency="CT-SYT", scheme="QCVN102", value="H13", valid_from=date(2025, 7, 1)
        )


def test_the_lead_duty_passes_from_one_agency_to_the_next_without_a_gap(province, at, minh):
    operations.assign_duty(actor=minh, at=at, agency="CT-STC", duty="lead", valid_from=date(2026, 11, 10))

    assert queries.lead_agency(date(2026, 11, 9)).code == "CT-SKHCN"
    assert queries.lead_agency(date(2026, 11, 10)).code == "CT-STC"
    with pytest.raises(NotFound):
        queries.lead_agency(date(2021, 1, 1))


def test_the_tree_and_the_page_of_an_agency_are_those_of_the_day(province, at, minh):
    open_one(minh, at, code="CT-PHONG", kind="office", parent="CT-SYT")

    roots = {branch.agency.code: branch for branch in queries.agency_tree(DAY)}
    page = queries.agency_page("CT-SYT", DAY)

    assert [one.agency.code for one in roots["CT-SYT"].children] == ["CT-PHONG"]
    assert [one.code for one in page.predecessors] == ["ST-SYT"]
    assert page.exists
    assert not queries.agency_page("ST-SYT", DAY).exists
    with pytest.raises(NotFound):
        queries.agency_page("KHONG-CO", DAY)
