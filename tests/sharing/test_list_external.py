"""The list of services outside the province that the lead agency provides to everybody (S9.2, S14.4)."""

import pytest

import scenes_outside as outside
from nganam.agencies.models import Agency
from nganam.audit.models import Entry
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, StateMoved
from nganam.sharing.models import ExternalService, Outbound
from nganam.sharing.outside import external, queries

pytestmark = pytest.mark.django_db


@pytest.mark.law("S14.4", "S9.2")
def test_a_service_is_listed_and_found_with_or_without_marks(province):
    made = outside.listed()
    assert made.code == "DVN-2026-0001"
    for text in ("doanh nghiệp", "dang ky", "bo tai chinh", "DVN-2026"):
        assert list(queries.external_services(text=text)) == [made]
    assert not queries.external_services(text="đất đai").exists()
    assert list(queries.external_services(provider="BO-TC")) == [made]
    assert not queries.external_services(provider="BO-YT").exists()
    assert [one.code for one in queries.external_providers()] == ["BO-TC"]


@pytest.mark.law("S14.4")
def test_a_service_found_by_a_proposal_is_tied_to_it(province, minh, at):
    case = outside.used()
    made = external.list_service(
        actor=minh, at=at, outbound=case,
        values={
            "name": "Tra cứu", "provider": case.provider, "purpose": "x", "how_to_ask": "y", "address": "",
            "form": "default",
        },
    )  # fmt: skip
    assert Outbound.objects.get().external == made


def test_only_the_lead_agency_keeps_the_list(province, lan, phuc, at):
    made = outside.listed()
    values = {
        "name": "x",
        "provider": made.provider,
        "purpose": "x",
        "how_to_ask": "x",
        "address": "",
        "form": "default",
    }
    for actor in (lan, phuc):
        with pytest.raises(NotAllowed):
            external.list_service(actor=actor, at=at, values=values)
        with pytest.raises(NotAllowed):
            external.change_service(actor=actor, at=at, service=made, values=values)
        with pytest.raises(NotAllowed):
            external.remove_service(actor=actor, at=at, service=made, reason="x")


def test_a_service_of_the_province_is_not_on_it(province):
    with pytest.raises(Invalid) as refused:
        outside.listed(provider=Agency.objects.get(code="CT-SYT"))
    assert "provider" in refused.value.fields


def test_what_the_list_says_is_corrected_and_found_anew(province, minh, at):
    made = outside.listed()
    values = {name: getattr(made, name) for name in external.WRITTEN}
    external.change_service(actor=minh, at=at, service=made, values=values | {"name": "Thuế của doanh nghiệp"})
    assert queries.external_services(text="thuế").get().name == "Thuế của doanh nghiệp"
    with pytest.raises(Invalid):
        external.change_service(
            actor=minh, at=at, service=made, values=values | {"provider": Agency.objects.get(code="CT-SYT")}
        )


def test_a_service_is_taken_off_with_a_reason_and_kept(province, minh, at):
    made = outside.listed()
    with pytest.raises(Invalid):
        external.remove_service(actor=minh, at=at, service=made, reason=" ")
    external.remove_service(actor=minh, at=at, service=made, reason="Bên cung cấp đã ngừng")
    assert not queries.external_services().exists()
    with pytest.raises(NotFound):
        queries.external_service(made.code)
    assert ExternalService.objects.get().removal_reason == "Bên cung cấp đã ngừng"
    with pytest.raises(StateMoved):
        external.remove_service(actor=minh, at=at, service=made, reason="lần nữa")
    actions = Entry.objects.filter(object_type="sharing.external").values_list("action", flat=True)
    assert list(actions.order_by("seq")) == ["sharing.external.listed", "sharing.external.removed"]
