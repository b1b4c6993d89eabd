"""Recording a deed: what is kept, what is refused, and that the database refuses to forget."""

import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from nganam.audit import registry
from nganam.audit.chain import GENESIS, entry_hash, plain
from nganam.audit.models import Entry, Head
from nganam.audit.operations import record, take_turn
from nganam.audit.queries import entries, head, verify_chain
from nganam.kernel.actors import system
from nganam.kernel.machine import Machine, State, Transition

registry.register(
    registry.Action("test.thing.done", "Làm một việc", "Did a thing"),
    registry.Action("test.thing.undone", "Bỏ một việc", "Undid a thing"),
)


def deed(actor, at, **more):
    given = {"action": "test.thing.done", "object_type": "test.thing", "object_code": "VT-1", **more}
    return record(actor=actor, at=at, **given)


@pytest.mark.django_db
def test_a_turn_is_waited_for_and_writes_no_entry(lan, at):
    with transaction.atomic():
        take_turn()
        assert not Entry.objects.exists()
        assert deed(lan, at).seq == 1
    assert head()[0] == 1


@pytest.mark.django_db
def test_an_entry_keeps_who_when_what_and_follows_the_one_before(lan, minh, at):
    first = deed(lan, at, details={"số": 1})
    second = deed(minh, at, agency="CT-SYT")
    assert (first.seq, first.prev_hash, first.agency) == (1, GENESIS, "CT-SYT")
    assert (second.seq, second.prev_hash, second.agency) == (2, first.hash, "CT-SYT")
    assert (second.actor_code, second.actor_name, second.actor_kind) == ("minh", "Trần Văn Minh", "person")
    assert head() == (2, second.hash)
    assert str(first) == "1 test.thing.done VT-1"
    assert str(Head.objects.get()) == f"2 {second.hash}"


@pytest.mark.django_db
def test_an_unregistered_action_is_a_programming_error_and_leaves_nothing(lan, at):
    with pytest.raises(registry.UnknownAction, match=r"test\.thing\.guessed"):
        deed(lan, at, action="test.thing.guessed")
    assert head() == (0, GENESIS)


@pytest.mark.django_db
def test_a_deed_that_fails_takes_its_entry_with_it(lan, at):
    deed(lan, at)
    with pytest.raises(registry.UnknownAction), transaction.atomic():  # noqa: PT012 - the deed before the failing one is the point
        deed(lan, at)
        deed(lan, at, action="test.thing.guessed")
    assert head()[0] == 1
    assert deed(lan, at).seq == 2
    assert verify_chain().ok


@pytest.mark.django_db
def test_the_chain_starts_again_where_the_head_row_is_missing(lan, at):
    from nganam.audit import guards

    with guards.suspended(connection):
        Head.objects.all().delete()
    assert head() == (0, GENESIS)
    assert deed(lan, at).seq == 1
    assert verify_chain().ok


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_entry SET actor_name = 'x'",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_head",
        "INSERT OR REPLACE INTO audit_entry SELECT * FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_head",
    ],
)
def test_the_database_itself_refuses_to_change_or_forget(sql, lan, at):
    if ("TRUNCATE" in sql) != (connection.vendor == "postgresql") and ("TRUNCATE" in sql or "OR REPLACE" in sql):
        pytest.skip("the other database's words")
    deed(lan, at)
    with (
        pytest.raises(DatabaseError, match=r"append-only|is kept"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert Entry.objects.get().actor_name == "Nguyễn Thị Lan"
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Entry.objects.update(actor_name="x")


@pytest.mark.django_db
def test_entries_are_found_by_thing_person_agency_action_and_time(lan, minh, at):
    deed(lan, at)
    deed(minh, at.replace(hour=3), action="test.thing.undone", object_code="VT-2")
    assert [one.seq for one in entries()] == [2, 1]
    assert [one.seq for one in entries(object_type="test.thing", object_code="VT-2")] == [2]
    assert [one.seq for one in entries(actor_code="lan")] == [1]
    assert [one.seq for one in entries(agency="CT-SKHCN")] == [2]
    assert [one.seq for one in entries(action="test.thing.un")] == [2]
    assert [one.seq for one in entries(since=at.replace(hour=3))] == [2]
    assert [one.seq for one in entries(until=at.replace(hour=3))] == [1]


@pytest.mark.django_db
def test_an_entry_shows_its_label_in_the_language_in_force_and_its_code_when_the_room_is_gone(lan, at):
    from django.utils import translation

    entry = deed(lan, at)
    assert entry.label == "Làm một việc"
    with translation.override("en"):
        assert entry.label == "Did a thing"
    with translation.override(None):
        assert entry.label == "Làm một việc"
    assert Entry(action="gone.room.done").label == "gone.room.done"


def test_an_action_has_one_label_only():
    registry.register(registry.Action("test.thing.done", "Làm một việc", "Did a thing"))
    with pytest.raises(ValueError, match="twice"):
        registry.register(registry.Action("test.thing.done", "Khác", "Other"))
    codes = [one.code for one in registry.actions()]
    assert codes == sorted(codes)


def test_a_machine_registers_its_opening_and_each_transition():
    machine = Machine(
        "test.case", "Hồ sơ thử", "Test case", "a", (State("a", "A", "A"), State("b", "B", "B", final=True)),
        (Transition("go", ("a",), "b", "lead", "Đi", "Go"),),
    )  # fmt: skip
    registry.register_machine(machine)
    assert registry.action("test.case.opened").vi == "Hồ sơ thử: Mở hồ sơ"
    assert registry.action("test.case.go").en == "Test case: Go"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text() | st.dates() | st.datetimes()
    | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3) | st.tuples(inner),
    max_leaves=8,
)  # fmt: skip


@given(JSON)
def test_what_is_recorded_is_plain_json_already(value):
    assert plain(plain(value)) == plain(value)


def test_instants_sets_and_decimals_become_text_in_one_order():
    given = {"at": datetime(2026, 1, 1, tzinfo=UTC), "set": {"b", "a"}, "sum": Decimal("1.50"), 3: 1e16}
    assert plain(given) == {
        "at": "2026-01-01T00:00:00.000000+00:00", "set": ["a", "b"], "sum": "1.50", "3": 10**16,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kept"), [("inf", "inf"), ("-inf", "-inf"), ("nan", "nan"), ("0.5", 0.5), ("-2", -2)]
)
def test_a_number_that_json_cannot_hold_becomes_its_name(value, kept):
    assert plain({"x": [float(value)]}) == {"x": [kept]}
    assert isinstance(plain(float(value)), type(kept))


@pytest.mark.django_db
def test_whatever_the_details_hold_the_chain_verifies_after_the_round_trip(lan, at):
    # One transaction, many values: Hypothesis draws them, the database keeps them, the hash must still fit.
    @given(JSON, st.text(max_size=20))
    def recorded(value, name):
        entry = deed(lan, at, details={"value": value}, object_code=f"VT-{name}")
        kept = Entry.objects.get(pk=entry.pk)
        values = {field.name: getattr(kept, field.name) for field in Entry._meta.fields}
        assert entry_hash(values) == kept.hash

    recorded()
    assert verify_chain().ok


def test_a_naive_instant_is_refused(lan):
    values = {"seq": 1, "at": datetime(2026, 1, 1), "prev_hash": "", "details": {}}
    rest = ("actor_kind", "actor_code", "actor_name", "agency", "action", "object_type", "object_code")
    with pytest.raises(ValueError, match="aware"):
        entry_hash({**dict.fromkeys(rest, ""), **values})


def test_many_threads_make_one_chain_without_gap_or_fork(committed_db, at):
    def write(number):
        try:
            for _ in range(5):
                deed(system(f"w{number}"), at)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    found = verify_chain()
    assert found.ok
    assert found.checked == 20
