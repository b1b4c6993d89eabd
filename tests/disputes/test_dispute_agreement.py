"""Special sharing that was not agreed on, and a joining that was refused, are disputed like a refused request."""

import pytest

import scenes
import scenes_agreements as special
import scenes_disputes as told
from nganam.disputes import operations
from nganam.kernel.errors import NotFound
from nganam.sharing.agreements import joining as joinings
from nganam.sharing.agreements import operations as agreements

pytestmark = pytest.mark.django_db


def not_agreed(actor):
    agreement = special.confirmed()
    return agreements.not_agree(
        actor=actor, at=told.AT, agreement=agreement, reason="Không thống nhất phạm vi.", legal_basis="Điều 5 Luật X"
    )


def raised(actor, case):
    about = told.subject(actor, case)
    return operations.open_dispute(actor=actor, at=told.AT, values=told.VALUES, subject=about)


@pytest.mark.law("D37", "D47", "D50")
def test_what_was_not_agreed_on_is_reviewed_again_when_settled_for_the_opener(province, lan, phuc, at):
    agreement = not_agreed(lan)
    dispute = raised(phuc, agreement)
    agreement.refresh_from_db()
    assert (agreement.state, dispute.respondent.code) == ("disputed", "CT-SYT")
    operations.resolve(actor=lan, at=at, dispute=dispute, **told.TERMS)
    agreement.refresh_from_db()
    assert agreement.state == "reviewing"


def test_who_ended_the_talks_may_dispute_but_holds_nothing(province, lan, phuc, at):
    agreement = not_agreed(lan)
    dispute = raised(lan, agreement)
    agreement.refresh_from_db()
    assert (agreement.state, dispute.holds_subject) == ("not_agreed", False)


@pytest.mark.law("D36.4", "D47", "D50")
def test_a_refused_joining_is_held_and_upheld(province, lan, minh, at):
    asked = special.joining()
    refused = joinings.refuse(
        actor=lan, at=at, joining=asked, reason="Chưa đủ điều kiện.", legal_basis="Khoản 1 Điều 7 Luật X"
    )
    dispute = raised(special.TU, refused)
    refused.refresh_from_db()
    assert refused.state == "disputed"
    failed = operations.fail(actor=lan, at=at, dispute=dispute, reason="Giữ nguyên.")
    two = operations.escalate(actor=special.TU, at=at, dispute=failed, reason="Chưa đúng.")
    operations.guide(actor=minh, at=at, dispute=two, **told.TERMS | {"outcome": "against"})
    refused.refresh_from_db()
    assert refused.state == "refused"


def test_who_is_no_party_disputes_nothing(province, lan):
    with pytest.raises(NotFound):
        told.subject(told.TAM, not_agreed(lan))


def test_the_page_leads_to_the_form(province, client, lan):
    agreement = not_agreed(lan)
    assert client.login(username="phuc", password=scenes.PASSWORD)
    address = f"/vuong-mac/moi/?ve=sharing.agreement:{agreement.code}"
    assert address in client.get(agreement.get_absolute_url()).content.decode()
    assert client.get(address).status_code == 200
