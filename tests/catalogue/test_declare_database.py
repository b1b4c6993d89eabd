"""An agency declares a database with every D11.4 field and proposes it; the lead agency assesses."""

import pytest

from nganam.audit.models import Entry
from nganam.catalogue import operations, queries
from nganam.catalogue.models import SharedDatabase
from nganam.catalogue.workflow import DATABASE
from nganam.kernel.errors import Invalid, NotAllowed, NotFound, RuleBroken, StateMoved

OPEN = {"name": "Danh sách cơ sở", "form": "open", "audience": "Mọi tổ chức, cá nhân"}
REQUIRED = {
    "purpose": "D11.4b",
    "scope": "D11.4b",
    "content": "D11.4b",
    "collection": "D11.4c",
    "updating": "D11.4c",
    "sources": "D11.4c",
}


def move(actor, at, database, transition, reason=""):
    return operations.move_database(actor=actor, at=at, database=database, transition=transition, reason=reason)


def test_the_machine_is_sound():
    assert DATABASE.problems() == []


@pytest.mark.law("S5.3", "S21.2", "D11.4")
def test_a_complete_entry_is_proposed_and_accepted(declare, at, lan, minh):
    database = declare()
    assert (database.code, database.state, database.owner.code) == ("CSDL-2026-0001", "draft", "CT-SYT")

    move(lan, at, database, "propose")
    assert [one.code for one in queries.to_assess()] == [database.code]
    move(minh, at, database, "accept")

    assert database.state == "accepted"
    assert database.received_at == at
    assert Entry.objects.filter(action="catalogue.database.accept", object_code=database.code).count() == 1


@pytest.mark.law("D11.4")
@pytest.mark.parametrize("field", sorted(REQUIRED))
def test_a_missing_field_of_d11_4_is_named_with_its_article_when_proposing(declare, at, lan, field):
    database = declare(**{field: " "})

    with pytest.raises(Invalid) as refused:
        move(lan, at, database, "propose")

    assert list(refused.value.fields) == [field]
    assert REQUIRED[field] in refused.value.fields[field][0]
    assert SharedDatabase.objects.get().state == "draft"


@pytest.mark.law("D11.4")
def test_an_entry_without_data_items_is_refused_with_its_article(declare, at, lan):
    with pytest.raises(Invalid) as refused:
        move(lan, at, declare(items=()), "propose")
    assert "D11.4d" in refused.value.fields["items"][0]


@pytest.mark.law("D11.4")
@pytest.mark.parametrize("gap", ["name", "form", "audience"])
def test_a_data_item_needs_name_form_and_audience(declare, gap):
    with pytest.raises(Invalid, match="Hạng mục 1"):
        declare(items=[OPEN | {gap: ""}])


def test_an_item_has_one_form_for_one_audience(declare):
    declare(items=[OPEN, OPEN | {"audience": "Công an"}])
    with pytest.raises(Invalid, match="trùng"):
        declare(items=[OPEN, OPEN | {"form": "special"}], name="Tên khác")


@pytest.mark.law("D34.1")
def test_an_item_shared_by_default_states_why_before_the_entry_is_proposed(declare, at, lan):
    item = OPEN | {"form": "default", "ground": ""}
    other = OPEN | {"name": "Giấy phép"}
    database = declare(items=[item, other])
    with pytest.raises(RuleBroken) as refused:
        move(lan, at, database, "propose")
    assert (refused.value.article, item["name"] in refused.value.message) == ("D34.1", True)

    changed = [item | {"ground": "code_list"}, other]
    database = operations.edit_database(actor=lan, at=at, database=database, values={}, items=changed)
    assert move(lan, at, database, "propose").state == "proposed"
    assert [one["ground_name"] for one in queries.copy_of(database)["items"]] == ["Dữ liệu danh mục dùng chung", ""]


@pytest.mark.law("D34.1")
@pytest.mark.parametrize(("form", "ground"), [("open", "master"), ("special", "common"), ("default", "popular")])
def test_a_ground_is_one_of_the_law_and_only_for_default_data(declare, form, ground):
    with pytest.raises(Invalid, match="Hạng mục 1"):
        declare(items=[OPEN | {"form": form, "ground": ground}])


def test_a_name_stands_once_for_an_owner(declare):
    declare()
    with pytest.raises(Invalid) as refused:
        declare()
    assert "name" in refused.value.fields


def test_only_a_focal_officer_declares_and_only_the_lead_agency_accepts(declare, at, lan, minh, khanh, hoa):
    for actor in (minh, khanh, hoa):
        with pytest.raises(NotAllowed):
            declare(actor=actor)
    database = declare()
    move(lan, at, database, "propose")
    for actor in (lan, khanh):
        with pytest.raises(NotAllowed):
            move(actor, at, database, "accept")


def test_what_is_not_theirs_is_not_found(declare, lan, phuc, hoa, minh):
    database = declare()
    for stranger in (phuc, hoa, minh):  # a draft is the owner's alone
        with pytest.raises(NotFound):
            queries.get_database_for(stranger, database.code)
    assert queries.get_database_for(lan, database.code) == database


def test_the_successor_of_the_owner_acts_for_what_it_inherited(province, at, lan, declare):
    database = declare()
    SharedDatabase.objects.update(owner=operations.agencies.agency("ST-SYT"))
    database = queries.get_database_for(lan, database.code)
    operations.edit_database(actor=lan, at=at, database=database, values={"scope": "Toàn thành phố Cần Thơ"})
    assert database.scope == "Toàn thành phố Cần Thơ"


def test_returning_needs_a_reason_and_the_owner_mends_it(declare, values, at, lan, minh):
    database = declare()
    move(lan, at, database, "propose")
    with pytest.raises(Invalid):
        move(minh, at, database, "return")
    move(minh, at, database, "return", "Nêu rõ nguồn dữ liệu")
    operations.edit_database(actor=lan, at=at, database=database, values=values | {"sources": "HIS"}, items=[OPEN])
    move(lan, at, database, "propose")
    assert (database.sources, database.items.count()) == ("HIS", 1)


def test_a_proposed_entry_is_not_edited(declare, values, at, lan):
    database = declare()
    move(lan, at, database, "propose")
    with pytest.raises(RuleBroken):
        operations.edit_database(actor=lan, at=at, database=database, values=values)


def test_of_two_who_edit_the_second_is_told(declare, at, lan):
    database = declare()
    stale = SharedDatabase.objects.get()
    operations.edit_database(actor=lan, at=at, database=database, values={"scope": "Một"})
    with pytest.raises(StateMoved):
        operations.edit_database(actor=lan, at=at, database=stale, values={"scope": "Hai"})
    assert SharedDatabase.objects.get().scope == "Một"


def test_the_system_step_is_nobodys_button(declare, accept, at, minh, lan):
    database = accept()
    for actor in (minh, lan):
        assert "list" not in [one.name for one in queries.database_steps_for(actor, database)]
        with pytest.raises(NotAllowed):
            move(actor, at, database, "list")
