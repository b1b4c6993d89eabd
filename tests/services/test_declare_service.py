"""A service is declared with the description of D24.3, by the provider, over its own table."""

import pytest

import scenes
import scenes_services
from nganam.kernel.errors import Invalid, NotAllowed, RuleBroken
from nganam.services import operations
from nganam.services.models import Service

pytestmark = pytest.mark.django_db


@pytest.mark.law("S8.2b", "D24.3")
def test_a_provider_declares_a_service_with_its_fields_and_clauses(province):
    service = scenes.declared_service()
    assert service.code == "DV-2026-0001"
    assert service.state == "draft"
    assert [field.name for field in service.fields.all()] == scenes.FIELDS
    assert service.fields.get(name="dien_thoai").personal


@pytest.mark.law("D24.3")
@pytest.mark.parametrize("missing", ["parameters", "technical_docs", "structure", "capacity"])
def test_a_missing_part_of_the_description_is_named_with_its_article(province, missing):
    with pytest.raises(Invalid) as refused:
        scenes.declared_service(**{missing: " "})
    assert "D2" in refused.value.fields[missing][0]
    assert not Service.objects.exists()


def test_a_column_the_table_does_not_have_is_refused(province):
    with pytest.raises(Invalid) as refused:
        scenes.declared_service(lookup_columns=["khong_co"])
    assert "khong_co" in refused.value.fields["lookup_columns"][0]


def test_another_agency_cannot_declare_over_the_table(province, phuc, minh, at):
    table = scenes.loaded_table()
    for actor in (phuc, minh):
        with pytest.raises(NotAllowed):
            operations.declare_service(
                actor=actor, at=at, source=table, field_names=scenes.FIELDS, values=scenes.DESCRIPTION
            )


def test_a_submitted_description_is_not_edited_any_more(province, lan, at):
    service = scenes.declared_service()
    service = operations.edit_service(
        actor=lan, at=at, service=service, field_names=["ma_co_so"], values={"name": "Tên mới"}
    )
    assert service.name == "Tên mới"
    assert service.fields.count() == 1
    service = scenes_services.submitted(service)
    with pytest.raises(RuleBroken):
        operations.edit_service(actor=lan, at=at, service=service, field_names=["ma_co_so"], values={"name": "Khác"})


@pytest.mark.parametrize("names", [[], ["khong_co"], ["ma_co_so", "khong_co"]])
def test_an_edit_asks_for_fields_of_the_table_as_a_declaration_does(province, lan, at, names):
    service = scenes.declared_service()
    with pytest.raises(Invalid) as refused:
        operations.edit_service(actor=lan, at=at, service=service, field_names=names, values={"name": "Tên mới"})
    assert "fields" in refused.value.fields
    service.refresh_from_db()
    assert service.name == scenes.DESCRIPTION["name"]
    assert service.fields.count() == len(scenes.FIELDS)
