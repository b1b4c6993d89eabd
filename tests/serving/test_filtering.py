"""What of an agency's answer goes through: granted items of permitted records, and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nganam.serving.filtering import filtered, grown
from nganam.serving.plans import plan
from nganam.serving.problems import Refused
from nganam.serving.snapshot import Field, Grant, Remote, Service


def through(said: Any, fields=("id", "ten"), where=None, **remote: Any) -> Any:
    offered = tuple(Field(name) for name in ("id", "ten", "cccd", "xa", "dia_chi", "dia_chi.thon", "dia_chi.so"))
    service = Service("", "", offered, remote=Remote((), **remote))
    chosen = plan("A/B", "DV", service, Grant("TK", tuple(fields), where=where or {}))
    return json.loads(filtered(json.dumps(said).encode(), service.remote or Remote(()), chosen)[0])


def test_records_below_an_envelope_keep_plain_members_only():
    said = {"tong": 2, "mat": {"k": 1}, "ghi_chu": "x", "kq": {"items": [{"id": 1, "cccd": "2"}, {"id": 3}], "khac": 1}}
    assert through(said, records="kq.items", envelope=("tong", "mat")) == {
        "tong": 2, "kq": {"items": [{"id": 1}, {"id": 3}]},
    }  # fmt: skip


def test_nested_items_are_granted_one_by_one():
    said = {"id": 1, "dia_chi": [{"thon": "a", "so": 1}, {"thon": "b", "so": 2}]}
    assert through(said, ("dia_chi.thon",)) == {"dia_chi": [{"thon": "a"}, {"thon": "b"}]}
    assert through(said, ("dia_chi",)) == {"dia_chi": said["dia_chi"]}
    assert through(said, ("dia_chi", "dia_chi.thon")) == {"dia_chi": said["dia_chi"]}


def test_rows_outside_the_scope_are_left_out_of_lists_and_refused_alone():
    people = [
        {"id": 1, "xa": "31732"},
        {"id": 2, "xa": "31735"},
        {"id": 3},
        {"id": 4, "xa": None},
        {"id": 5, "xa": ["31732"]},
    ]
    assert through(people, where={"xa": ("31732",)}) == [{"id": 1}]
    with pytest.raises(Refused) as refused:
        through(people[1], where={"xa": ("31732",)})
    assert refused.value.code == "data_not_permitted"


@pytest.mark.parametrize(
    "said", ["text", 5, ["a"], [["a"]], {"kq": 1}, [{"id": 1}, 2], {"id": {"id": 1}, "dia_chi": "x"}]
)
def test_what_is_not_as_described_is_refused(said):
    with pytest.raises(Refused):
        through(said, ("id", "dia_chi.thon"), records="kq" if isinstance(said, dict) and "kq" in said else "")


def test_an_empty_answer_is_empty():
    assert through(None) is None
    assert through([]) == []
    assert through({}) == {}


NAMES = st.sampled_from(["id", "ten", "cccd", "xa", "dia_chi", "dia_chi.thon", "dia_chi.so"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "thon", "so", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip
RECORDS = st.dictionaries(st.sampled_from(["id", "ten", "cccd", "xa", "dia_chi", "khac"]), VALUES, max_size=6)


def leaves(value: Any, way: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if isinstance(value, dict):
        return {one for name, inner in value.items() for one in leaves(inner, (*way, name))} | (
            {way} if not value else set()
        )
    if isinstance(value, list):
        return {one for inner in value for one in leaves(inner, way)}
    return {way}


@given(st.lists(RECORDS, max_size=5), st.sets(NAMES, min_size=1), st.none() | st.sampled_from(["a", "b", "1"]))
def test_nothing_ungranted_ever_goes_through(people, granted, commune):
    where = {} if commune is None else {"xa": (commune,)}
    try:
        found = through(people, tuple(granted), where)
    except Refused:
        return
    for one in found:
        for way in leaves(one):
            assert any(
                way[: len(parts)] == parts or parts[: len(way)] == way
                for parts in (tuple(n.split(".")) for n in granted)
            )
    permitted = [
        one
        for one in people
        if commune is None or (str(one.get("xa")) == commune and isinstance(one.get("xa"), str | int))
    ]
    assert len(found) <= len(permitted) + sum(isinstance(one.get("xa"), bool) for one in people)


def test_a_tree_of_names():
    assert grown(("a.b", "a.c", "d")) == {"a": {"b": None, "c": None}, "d": None}
    assert grown(("a.b", "a")) == {"a": None}
