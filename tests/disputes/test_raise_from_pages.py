"""A difficulty is raised from the page of the thing in dispute, whichever of the six kinds it is (D47, D49)."""

import pytest

import scenes
import scenes_accounts as suspensions
import scenes_outside
from nganam.disputes.subjects import subject_for
from nganam.kernel.clock import local_date

pytestmark = pytest.mark.django_db
SCENES = {
    "breach": suspensions.notified_breach,
    "termination": suspensions.ended_sharing,
    "stop": suspensions.announced_stop,
    "inbound": scenes_outside.connected,
    "service": scenes.published_service,
}
OFFERED = {
    "breach": {"lan", "phuc"}, "termination": {"lan", "phuc"}, "stop": {"phuc"}, "inbound": {"lan"},
    "service": {"phuc"},
}  # fmt: skip
"""Who is a side of it, and knows another."""


def page_of(case):
    return f"/dich-vu/{case.code}/" if case.MACHINE.code == "services.service" else case.get_absolute_url()


@pytest.mark.law("D47", "D49.1", "S23")
@pytest.mark.parametrize("name", SCENES)
def test_its_page_offers_it_to_who_can_raise_it_and_to_nobody_else(province, client, request, name):
    case = SCENES[name]()
    address = f"/vuong-mac/moi/?ve={case.MACHINE.code}:{case.code}"
    for who in ("lan", "phuc", "minh"):
        client.logout()
        assert client.login(username=who, password=scenes.PASSWORD)
        shown = client.get(page_of(case))
        assert (shown.status_code == 200 and address in shown.content.decode()) == (who in OFFERED[name]), who
        if who in OFFERED[name]:
            assert client.get(address).status_code == 200
            found = subject_for(request.getfixturevalue(who), f"{case.MACHINE.code}:{case.code}", local_date(scenes.AT))
            assert found.other is not None


def test_a_visitor_of_a_service_is_offered_none(province, client):
    shown = client.get(page_of(scenes.published_service())).content.decode()
    assert "/vuong-mac/moi/" not in shown


def test_a_suspicion_nobody_was_told_of_is_not_raised(province, client):
    assert client.login(username="lan", password=scenes.PASSWORD)
    shown = client.get(suspensions.suspected_breach().get_absolute_url()).content.decode()
    assert "/vuong-mac/moi/" not in shown
