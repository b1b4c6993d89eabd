"""What differs between two descriptions, what of it breaks users, and the number of the version that follows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nganam.services import changes
from nganam.services.consumers import Consumer, broken_by
from nganam.services.revising import next_number

BEFORE: dict[str, Any] = {
    "name": "Tra cứu", "capacity": "600", "form": "default", "lookup_columns": ["ma"], "rate_per_minute": 600,
    "usage_term_days": None,
    "fields": [
        {"name": "ma", "title": "Mã", "type": "text"}, {"name": "ten", "title": "Tên", "type": "text"},
    ],
}  # fmt: skip


def major(**changed):
    return changes.is_major(changes.changes_between(BEFORE, {**BEFORE, **changed}))


@pytest.mark.law("D25.2", "S14.1")
@pytest.mark.parametrize(
    ("changed", "is_major"),
    [
        ({"name": "Tên khác"}, False),
        ({"capacity": "1 200"}, False),
        ({"rate_per_minute": 1200}, False),
        ({"rate_per_minute": 60}, True),
        ({"usage_term_days": 30}, True),
        ({"form": "special"}, True),
        ({"lookup_columns": ["ma", "ten"]}, True),
        ({"fields": BEFORE["fields"][:1]}, True),
        ({"fields": [*BEFORE["fields"], {"name": "so", "title": "Số", "type": "integer"}]}, True),
        ({"fields": [BEFORE["fields"][0], {"name": "ten", "title": "Tên", "type": "integer"}]}, True),
    ],
)
def test_what_may_break_a_user_or_shares_more_is_a_major_change(changed, is_major):
    assert major(**changed) is is_major


def test_a_longer_term_than_before_takes_nothing_from_anybody():
    before = {**BEFORE, "usage_term_days": 30}
    assert not changes.is_major(changes.changes_between(before, {**before, "usage_term_days": None}))
    assert not changes.is_major(changes.changes_between(before, {**before, "usage_term_days": 60}))


def test_data_items_that_go_come_and_change_are_told_apart():
    after = {
        "fields": [
            {"name": "ten", "title": "Tên đầy đủ", "type": "text"},
            {"name": "so", "title": "Số", "type": "integer"},
        ]
    }
    found = {one.name: one.kind for one in changes.field_changes(BEFORE, {**BEFORE, **after})}
    assert found == {"ma": "removed", "so": "added", "ten": "changed"}
    assert changes.removed_fields(BEFORE, after) == ["ma"]


def test_who_holds_a_field_that_goes_is_named_with_it():
    users = [
        Consumer("A", "A", "Một cửa", "TK-1", ("ma", "ten"), "/"), Consumer("B", "B", "Báo cáo", "TK-2", ("ten",), "/"),
    ]  # fmt: skip
    assert [(one.account, names) for one, names in broken_by(users, ["ma"])] == [("TK-1", ["ma"])]


TEXTS = st.fixed_dictionaries({
    "name": st.sampled_from(["", "a", "b"]), "capacity": st.sampled_from(["", "x"]),
    "rate_per_minute": st.integers(1, 9),
    "fields": st.sets(st.sampled_from("abcd")).map(lambda names: [{"name": one} for one in sorted(names)]),
})  # fmt: skip


@given(TEXTS, TEXTS, TEXTS)
def test_a_pending_change_keeps_what_others_changed_meanwhile(before, wanted, meanwhile):
    kept = changes.only_changed(before, wanted)
    after = changes.overlaid(meanwhile, kept)
    assert after == {**meanwhile, **{name: wanted[name] for name in kept}}
    assert changes.overlaid(before, kept) == wanted


@given(TEXTS)
def test_the_same_description_differs_in_nothing(content):
    assert changes.changes_between(content, dict(content)) == []
    assert changes.field_changes(content, content) == []


@pytest.mark.parametrize(("kind", "number"), [("minor", "1.5"), ("major", "2.0")])
def test_a_minor_change_counts_after_the_dot_and_a_major_one_before_it(kind, number):
    assert next_number("1.4", kind) == number
