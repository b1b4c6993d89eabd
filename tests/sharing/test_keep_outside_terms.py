"""SM3: whatever waits for somebody has a clock, by law or "nội bộ", of the agency that has to act."""

from datetime import timedelta

import pytest

import scenes
import scenes_outside as outside
from nganam.cases.reminders import remind
from nganam.deadlines import operations as deadlines
from nganam.deadlines.queries import clocks_of, overdue
from nganam.kernel.errors import Invalid, NotAllowed
from nganam.notices.queries import inbox
from nganam.sharing.models import Inbound
from nganam.sharing.outside import inbound, outbound

pytestmark = pytest.mark.django_db
PROVINCE, LEAD, OWNER = "CT-UBND", "CT-SKHCN", "CT-SYT"


@pytest.fixture
def sign_in(client, province):
    def enter(username):
        client.logout()
        assert client.login(username=username, password=scenes.PASSWORD)
        return client

    return enter


def running(case):
    """The local clocks that run for a case, with the agency that has to act."""
    found = clocks_of(case.MACHINE.code, case.code).filter(stopped_at__isnull=True, is_local=True)
    return {one.key: one.agency for one in found}


@pytest.mark.law("S17.3", "D37")
def test_a_special_request_from_outside_has_a_clock_at_every_step_that_waits(province, lan, minh):
    case = outside.registered_special()
    assert running(case) == {"out_of_province": OWNER, "lead_opinion": LEAD}
    case = outside.opine(case, "owner", agrees=True)
    assert running(case) == {"lead_opinion": LEAD}
    case = outside.opine(case, "lead", agrees=True)
    assert running(case) == {"inbound_next": LEAD}
    case = inbound.move_to_agreement(actor=minh, at=outside.AT, inbound=case, reason="Dữ liệu đặc thù")
    assert running(case) == {"inbound_next": LEAD}
    inbound.begin_agreement(actor=minh, at=outside.AT, inbound=case)
    assert running(case) == {}, "the agreement has terms of its own"


@pytest.mark.law("S17.3")
def test_for_default_data_the_one_who_grants_goes_on(province, lan):
    case = outside.weighed()
    assert running(case) == {"inbound_next": OWNER}
    inbound.grant_inbound(actor=lan, at=outside.AT, inbound=case, granted=scenes.REQUEST["fields"])
    assert running(case) == {}


@pytest.mark.law("S17.3")
@pytest.mark.parametrize(("decided", "goes_on"), [("permit", OWNER), ("forbid", LEAD)])
def test_the_chairman_has_a_term_and_then_who_goes_on(province, decided, goes_on):
    case = outside.submitted()
    assert running(case) == {"chairman_outside": PROVINCE}
    case = inbound.decide_inbound(
        actor=outside.KHANH, at=outside.AT, inbound=case, transition=decided, paper="99/QĐ-UBND",
        signed_on=outside.TODAY, reason="Theo ý kiến các bên",
    )  # fmt: skip
    assert running(case) == {"inbound_next": goes_on}


def test_a_submission_given_back_is_the_lead_agencys_again(province, khanh):
    case = inbound.send_back_inbound(actor=khanh, at=outside.AT, inbound=outside.submitted(), reason="Làm rõ")
    assert running(case) == {"inbound_next": LEAD}


def test_two_opinions_against_wait_for_the_answer_and_a_refusal_ends_it(province, minh):
    case = outside.weighed(owner=False, lead=False)
    assert running(case) == {"inbound_next": LEAD}
    case = inbound.refuse_inbound(actor=minh, at=outside.AT, inbound=case, reason="Không", legal_basis="Điều 1")
    assert running(case) == {}


def test_what_is_withdrawn_waits_for_nobody(province, minh):
    case = inbound.withdraw_inbound(actor=minh, at=outside.AT, inbound=outside.submitted(), reason="Đã rút")
    assert running(case) == {}


@pytest.mark.law("S9.3")
def test_a_proposal_waits_for_the_review_and_then_for_the_sending(province, minh, phuc):
    case = outside.proposed()
    assert running(case) == {"outbound_review": LEAD}
    case = outbound.answer_proposal(
        actor=minh, at=outside.AT, outbound=case, transition="return", reason="Bổ sung căn cứ"
    )
    assert running(case) == {}, "a proposal that was given back waits for its own side"
    case = outbound.propose(actor=phuc, at=outside.AT, outbound=case)
    assert running(case) == {"outbound_review": LEAD}


@pytest.mark.law("S9.3")
def test_an_accepted_proposal_is_to_be_sent_within_a_local_term(province):
    assert running(outside.accepted()) == {"outbound_send": LEAD}


@pytest.mark.law("S9.3")
def test_what_was_sent_is_not_waited_for_locally_any_more(province):
    assert running(outside.sent()) == {}


def test_what_was_rejected_waits_for_nobody(province, minh):
    case = outside.proposed()
    case = outbound.answer_proposal(actor=minh, at=outside.AT, outbound=case, transition="reject", reason="Đã có")
    assert running(case) == {}


def test_who_lets_the_term_pass_is_reminded_and_shown_overdue(province, minh, lan):
    case = outside.opine(outside.registered_special(), "owner", agrees=True)
    late = outside.AT + timedelta(days=3)
    assert [(one.key, one.agency) for one in overdue(late)] == [("lead_opinion", LEAD)]
    remind(at=late)
    assert any(case.code in notice.title and "quá hạn" in notice.title for notice in inbox(minh))
    assert not any("quá hạn" in notice.title for notice in inbox(lan))


def test_the_province_chooses_other_days_for_the_next_case(province, lan, minh):
    first = outside.registered_special()
    chosen = {"key": "lead_opinion", "value": 4, "unit": "working_days", "at": outside.AT}
    with pytest.raises(NotAllowed):
        deadlines.change_local_term(actor=lan, **chosen)
    with pytest.raises(Invalid):
        deadlines.change_local_term(actor=minh, **{**chosen, "value": 0})
    deadlines.change_local_term(actor=minh, **chosen)
    second = outside.registered_special(document_number="16/BYT-CNTT")
    due = [clocks_of("sharing.inbound", one.code).get(key="lead_opinion").due_on for one in (first, second)]
    assert due[0] < due[1]
    assert Inbound.objects.count() == len(due)


def test_the_page_shows_the_clock_as_internal(province, sign_in):
    case = outside.registered_special()
    page = sign_in("minh").get(case.get_absolute_url()).content.decode()
    assert "Cơ quan đầu mối cho ý kiến về chia sẻ ngoài tỉnh" in page
    assert "nội bộ" in page
