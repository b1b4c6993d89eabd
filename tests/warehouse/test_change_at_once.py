"""Two change one table at once, or one changes it while a load begins: one is first, the other is told by whom."""

from dataclasses import replace
from functools import partial

import pytest

from at_once import together
from nganam.kernel.errors import Invalid, RuleBroken, StateMoved
from nganam.warehouse import agreeing, contracting, operations, queries
from nganam.warehouse.models import Load
from nganam.warehouse.transforms import operations as models
from nganam.warehouse.transforms import planning

from .conftest import AT, COLUMNS, LAN, as_csv, make_units

MAI = replace(LAN, code="mai", name="Lý Mai")


@pytest.fixture
def table(committed_db, make_province):
    make_province()
    make_units()
    return operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code="co-so", title="Cơ sở", columns=COLUMNS)


def told(deed):
    """Do the deed and return what was refused, None when it was done."""
    try:
        deed()
    except (RuleBroken, StateMoved) as refused:
        return refused
    return None


def change(actor, mine, added):
    columns = [*COLUMNS, {"name": added}]
    return operations.change_table(actor=actor, at=AT, table=mine, title="Cơ sở", columns=columns)


def test_of_two_who_change_a_table_at_once_one_is_told_who_was_first(table):
    first, second, third = (queries.table("co-so") for _copy in range(3))
    answers = together(
        lambda: told(partial(change, LAN, first, "cua_lan")), lambda: told(partial(change, MAI, second, "cua_mai"))
    )
    (refused,) = (one for one in answers if one is not None)
    made = contracting.present(table)
    assert isinstance(refused, StateMoved)
    assert (refused.by, refused.state) == (made.by, "1.1.0")
    stands = [one["name"] for one in queries.table("co-so").contract["columns"]]
    assert stands == [one["name"] for one in made.contract["columns"]]
    assert [one.number for one in contracting.versions(table)] == ["1.1.0", "1.0.0"]
    with pytest.raises(StateMoved):  # rules and terms are changed on the same row
        agreeing.change_terms(actor=MAI, at=AT, table=third, rules=[], terms={"usage": "Tra cứu"})


def test_four_models_saved_at_once_make_no_ring(table):
    columns = [{"name": "ma", "key": True}]
    every = [
        operations.declare_table(actor=LAN, at=AT, agency="CT-SYT", code=f"vong-{one}", title="Vòng", columns=columns)
        for one in range(4)
    ]

    def save(place):
        sql = f"SELECT ma FROM vong_{(place + 1) % 4}"
        try:
            models.save_model(actor=LAN, at=AT, table=every[place], sql=sql)
        except Invalid as refused:
            return refused
        return None

    answers = together(*(partial(save, place) for place in range(4)))
    (refused,) = (one for one in answers if one is not None)
    assert "vòng" in refused.message
    assert len(planning.places()) == 3


def test_a_change_and_the_opening_of_a_load_wait_for_each_other(table):
    first, second = queries.table("co-so"), queries.table("co-so")
    upload = operations.Upload("co-so.csv", [as_csv()])
    changed, loaded = together(
        lambda: told(partial(change, LAN, first, "ghi_chu")),
        lambda: told(partial(operations.start_load, actor=MAI, at=AT, table=second, upload=upload)),
    )
    assert loaded is None
    assert Load.objects.count() == 1
    was_first = changed is None
    assert (
        was_first == (contracting.present(table).number == "1.1.0") == ("ghi_chu" in queries.table("co-so").shape.names)
    )
    if not was_first:
        assert "chưa xong" in changed.message
