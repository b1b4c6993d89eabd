"""Before a column goes, who reads it is named: the service that gives it out, the open data made from the table."""

import pytest

import scenes
from nganam.kernel.errors import RuleBroken
from nganam.warehouse import operations, queries

pytestmark = pytest.mark.django_db


def without(code, name, **more):
    table = queries.table(code)
    kept = [one for one in table.contract["columns"] if one["name"] != name]
    return operations.change_table(
        actor=scenes.LAN, at=scenes.AT, table=table, title=table.title, columns=kept, reason="Thôi thu thập", **more
    )


def test_a_service_that_gives_out_or_filters_by_a_column_is_named(province):
    service = scenes.published_service()
    code = service.table.code
    with pytest.raises(RuleBroken) as refused:
        without(code, "dien_thoai")
    assert f"{service.code} “{service.name}” (dien_thoai)" in refused.value.message
    without(code, "so_giuong")  # the service gives it to nobody
    assert "loai" in queries.table(code).shape.names
    without(code, "loai", confirmed=True)
    assert "loai" not in queries.table(code).shape.names


def test_open_data_made_from_the_table_are_named_for_any_column(province, data):
    dataset = scenes.published_dataset()
    with pytest.raises(RuleBroken) as refused:
        without(dataset.table.code, "so_giuong")
    assert f"{dataset.code} “{dataset.title}” (so_giuong)" in refused.value.message
