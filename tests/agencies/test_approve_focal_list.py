"""SM9: an agency names one officer, the lead agency records the decision, the public sees the contact."""

from datetime import date

import pytest

from nganam.agencies import operations, queries
from nganam.agencies.models import FocalPoint
from nganam.agencies.workflow import FOCAL_POINT
from nganam.cases.queries import history_of
from nganam.documents.models import Paper
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved

CONTACT = {
    "full_name": "Nguyễn Thị Lan",
    "position": "Chuyên viên Phòng Nghiệp vụ Y",
    "function": "Đầu mối quản lý, chia sẻ dữ liệu của Sở",
    "phone": "0299 3 821 000",
    "email": "lan@soyte.invalid",
    "expertise": "Kỹ sư công nghệ thông tin",
}


def nominate(actor, at, agency="CT-SYT", **changes):
    return operations.nominate_focal_point(actor=actor, at=at, agency=agency, values=CONTACT | changes)


def approve(actor, at, *points, number="15/QĐ-UBND", day=date(2026, 11, 2)):
    return operations.approve_focal_list(
        actor=actor, at=at, codes=[one.code for one in points], number=number, signed_on=day, signer="Lê Quốc Khánh"
    )


def test_the_machine_is_sound():
    assert FOCAL_POINT.problems() == []


@pytest.mark.law("S20.1b", "S20.3", "S20.4", "D7.1", "D7.2")
def test_a_nominated_officer_becomes_public_with_the_decision(province, at, lan, minh):
    point = nominate(lan, at)
    assert not queries.focal_points().exists()

    [approved] = approve(minh, at, point)

    shown = queries.focal_point_of("CT-SYT")
    assert shown == approved
    assert (shown.decision_number, shown.valid_from) == ("15/QĐ-UBND", date(2026, 11, 2))
    assert Paper.objects.get(code=shown.paper).agency == "CT-UBND"
    assert [one.transition for one in history_of(shown)] == ["", "approve"]


@pytest.mark.law("D7.1", "S20.2")
@pytest.mark.parametrize("field", sorted(CONTACT))
def test_a_missing_field_is_named(province, at, lan, field):
    with pytest.raises(Invalid) as refused:
        nominate(lan, at, **{field: " "})
    assert list(refused.value.fields) == [field]
    if field != "expertise":
        assert "D7.1" in refused.value.fields[field][0]


@pytest.mark.law("S20.1b")
def test_one_officer_of_an_agency_is_nominated_at_a_time(province, at, lan):
    nominate(lan, at)
    with pytest.raises(RuleBroken) as refused:
        nominate(lan, at, full_name="Người Khác")
    assert refused.value.article == "S20.1b"


def test_nobody_nominates_for_another_agency_or_one_that_is_gone(province, at, lan, phuc, minh):
    with pytest.raises(NotAllowed):
        nominate(phuc, at)
    with pytest.raises(RuleBroken):
        nominate(minh, at, agency="ST-SYT")


@pytest.mark.law("S20.2", "S22")
def test_a_successor_takes_over_on_the_day_the_old_one_ends(province, at, lan, minh):
    [old] = approve(minh, at, nominate(lan, at))
    new = nominate(lan, at, full_name="Trần Thị Mai")

    approve(minh, at, new, number="16/QĐ-UBND", day=date(2026, 11, 3))

    old.refresh_from_db()
    assert (old.state, old.valid_until) == ("ended", date(2026, 11, 3))
    assert queries.focal_point_of("CT-SYT").full_name == "Trần Thị Mai"
    assert FocalPoint.objects.filter(agency__code="CT-SYT", state="in_force").count() == 1


@pytest.mark.law("S20.3")
def test_the_list_needs_number_and_a_date_not_in_the_future(province, at, lan, minh):
    point = nominate(lan, at)
    with pytest.raises(Invalid) as refused:
        approve(minh, at, point, number=" ", day=date(2026, 11, 4))
    assert sorted(refused.value.fields) == ["number", "signed_on"]
    with pytest.raises(Invalid):
        approve(minh, at)


def test_only_the_lead_agency_approves(province, at, lan):
    with pytest.raises(NotAllowed):
        approve(lan, at, nominate(lan, at))


def test_a_nomination_approved_once_cannot_be_approved_again(province, at, lan, minh):
    point = nominate(lan, at)
    approve(minh, at, point)
    with pytest.raises(StateMoved):
        approve(minh, at, point, number="16/QĐ-UBND")
    assert not Paper.objects.filter(number="16/QĐ-UBND").exists()


def test_a_returned_nomination_is_mended_and_sent_again(province, at, lan, minh):
    point = nominate(lan, at)
    with pytest.raises(Invalid):
        operations.move_focal_point(actor=minh, at=at, point=point, transition="return")
    operations.move_focal_point(actor=minh, at=at, point=point, transition="return", reason="Không có chuyên môn")
    operations.edit_focal_point(actor=lan, at=at, point=point, values=CONTACT | {"expertise": "Thống kê"})
    operations.move_focal_point(actor=lan, at=at, point=point, transition="resubmit")
    assert (point.state, point.expertise) == ("nominated", "Thống kê")


def test_an_officer_in_force_is_not_replaced_by_editing(province, at, lan, minh):
    [point] = approve(minh, at, nominate(lan, at))
    operations.edit_focal_point(actor=lan, at=at, point=point, values=CONTACT | {"phone": "0299 3 821 001"})
    with pytest.raises(RuleBroken):
        operations.edit_focal_point(actor=lan, at=at, point=point, values=CONTACT | {"full_name": "Khác"})


def test_what_is_not_theirs_is_not_found(province, at, lan, phuc, hoa):
    point = nominate(lan, at)
    for stranger in (phuc, hoa):
        with pytest.raises(NotFound):
            queries.get_focal_point_for(stranger, point.code)


@pytest.mark.law("S20.4")
def test_the_day_of_posting_on_the_national_portal_is_recorded_for_approved_ones_only(province, at, lan, minh):
    point = nominate(lan, at)
    with pytest.raises(RuleBroken):
        operations.record_national_posting(actor=minh, at=at, point=point, on=date(2026, 11, 3))
    [point] = approve(minh, at, point)
    operations.record_national_posting(actor=minh, at=at, point=point, on=date(2026, 11, 3))
    assert queries.focal_point_of("CT-SYT").national_on == date(2026, 11, 3)


def test_an_agency_that_ends_has_no_focal_officer_left(province, at, lan, minh):
    [point] = approve(minh, at, nominate(lan, at))
    operations.close_agency(actor=minh, at=at, agency="CT-SYT", until=date(2026, 12, 1))
    point.refresh_from_db()
    assert point.state == "ended"
