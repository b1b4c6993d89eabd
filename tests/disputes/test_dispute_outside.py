"""A refusal from outside the province goes to the Chairman at once (D49.3) and is taken up again when settled."""

import pytest

import scenes
import scenes_disputes as told
import scenes_outside as outside
from nganam.agencies.queries import agency
from nganam.deadlines.queries import clocks_of
from nganam.disputes import operations
from nganam.kernel.errors import Invalid
from nganam.sharing.outside.models import Outbound

pytestmark = pytest.mark.django_db


def disputed(case=None, **more):
    refused = case or outside.refused()
    about = told.subject(told.PHUC, refused)
    return operations.open_dispute(actor=told.PHUC, at=told.AT, values=told.VALUES, subject=about, **more)


@pytest.mark.law("D49.3", "D48.4", "D50")
def test_the_chairman_writes_up_and_the_proposal_is_sent_again_when_central_government_agrees(province):
    dispute = disputed()
    assert dispute.respondent.code == "BO-TC"
    assert (dispute.state, dispute.is_outside, dispute.holds_subject) == ("level_three", True, True)
    assert Outbound.objects.get().state == "disputed"
    concluded = operations.conclude(
        actor=told.MINH, at=told.AT, dispute=told.referred(dispute), **told.TERMS, paper="9/TTg-KSTT",
        decided_on=told.AT.date(),
    )  # fmt: skip
    assert concluded.state == "settled"
    again = Outbound.objects.get()
    assert (again.state, again.refusal_reason) == ("waiting", "")
    clock = clocks_of("sharing.outbound", again.code).last()
    assert (clock.key, clock.is_running, clock.agency) == ("acct_issue", True, "CT-SKHCN")


def test_withdrawn_the_refusal_stands(province, phuc, at):
    dispute = disputed()
    operations.withdraw(actor=phuc, at=at, dispute=dispute, reason="Không cần nữa.")
    assert Outbound.objects.get().state == "refused"


def test_an_outside_agency_the_register_does_not_know_has_to_be_picked(province):
    outside.refused()
    Outbound.objects.update(provider=None)
    with pytest.raises(Invalid) as refused:
        disputed(Outbound.objects.get())
    assert "respondent" in refused.value.fields
    assert Outbound.objects.get().state == "refused"
    outside.ministry()
    dispute = disputed(Outbound.objects.get(), respondent=agency("BO-YT"))
    assert (dispute.respondent.code, dispute.holds_subject) == ("BO-YT", True)


def test_the_page_of_the_refused_proposal_leads_to_the_form(province, client):
    refused = outside.refused()
    assert client.login(username="phuc", password=scenes.PASSWORD)
    page = client.get(refused.get_absolute_url()).content.decode()
    address = f"/vuong-mac/moi/?ve=sharing.outbound:{refused.code}"
    assert address in page.replace("%3A", ":").replace("%3D", "=").replace("&amp;", "&")
    form = client.get(address)
    assert form.status_code == 200
    assert "Bộ Tài chính" in form.content.decode()
    client.post(address, told.VALUES)
    refused.refresh_from_db()
    assert refused.state == "disputed"
