"""Each column says how it may be shared; who only knows the older word “personal” still learns what must not leave."""

import pytest

from nganam.demo.contracts import contracts as demo_contracts
from nganam.kernel.errors import Invalid
from nganam.warehouse import operations
from nganam.warehouse.engine.contract import CLASSES, Column, from_list, from_yaml, to_list

from .conftest import AT, LAN


def classes(columns):
    return [(one.classification, one.personal) for one in from_list(columns).columns]


@pytest.mark.law("ND13")
def test_basic_and_sensitive_personal_data_are_told_apart_and_both_are_personal():
    assert CLASSES == ("open", "shared", "personal", "sensitive")
    columns = [{"name": name, "classification": name} for name in CLASSES]
    assert classes(columns) == [("open", False), ("shared", False), ("personal", True), ("sensitive", True)]
    told = to_list(from_list(columns))
    assert [(one["classification"], one["personal"]) for one in told] == classes(columns)


def test_an_older_declaration_with_the_word_personal_alone_means_basic_personal_data():
    assert classes([{"name": "a", "personal": True}, {"name": "b"}]) == [("personal", True), ("shared", False)]
    assert Column("a", personal=True).classification == "personal"


def test_a_column_cannot_be_personal_and_open_at_once():
    with pytest.raises(Invalid) as refused:
        from_list([{"name": "a", "personal": True, "classification": "open"}])
    assert "dữ liệu cá nhân" in refused.value.fields["columns"][0]
    with pytest.raises(Invalid, match="Mô tả cột"):
        from_yaml("- {name: a, classification: secret}")
    assert classes([{"name": "a", "personal": False, "classification": "sensitive"}]) == [("sensitive", True)]


def test_a_table_with_a_sensitive_column_holds_personal_data(agencies):
    columns = [{"name": "ma", "key": True}, {"name": "dan_toc", "classification": "sensitive"}]
    table = operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code="b", title="B", columns=columns)
    assert table.has_personal
    assert table.contract["columns"][1] == {
        "name": "dan_toc", "title": "dan_toc", "type": "text", "required": False, "key": False, "personal": True,
        "classification": "sensitive",
    }  # fmt: skip


def test_the_demo_contracts_name_their_sensitive_columns():
    citizens = next(one for one in demo_contracts().values() if one.sensitive)
    told = {one["name"]: one["classification"] for one in citizens.as_list()}
    assert {told[name] for name in citizens.sensitive} == {"sensitive"}
    assert from_list(citizens.as_list())
