"""The check of the chain finds every kind of forgery and names the first bad entry."""

import importlib
from io import StringIO
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from nganam.audit import guards, registry
from nganam.audit.chain import FIELDS, entry_hash
from nganam.audit.models import Entry, Head
from nganam.audit.operations import record
from nganam.audit.queries import verify_chain

registry.register(registry.Action("test.thing.done", "Làm một việc", "Did a thing"))
pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(lan, at):
    """Return five entries of a chain whose guards are lifted: the forger owns the database."""
    made = [
        record(actor=lan, at=at, action="test.thing.done", object_type="t", object_code=f"VT-{number}")
        for number in range(1, 6)
    ]
    with guards.suspended(connection):
        yield made


def rehash(seq, **changes):
    Entry.objects.filter(pk=seq).update(**changes)
    entry = Entry.objects.get(pk=seq)
    Entry.objects.filter(pk=seq).update(hash=entry_hash({name: getattr(entry, name) for name in FIELDS}))


def found():
    result = verify_chain()
    assert result.message
    return result.problem, result.first_bad


def test_an_untouched_chain_holds(chain):
    result = verify_chain()
    assert result.ok
    assert (result.checked, result.head) == (5, chain[-1].hash)
    assert "5 mục" in result.message


def test_an_empty_chain_holds():
    assert verify_chain().ok


@pytest.mark.parametrize("field", ["at", "actor_name", "agency", "details", "object_code", "hash"])
def test_an_altered_entry_is_found_whatever_was_altered(field, chain, at):
    value = {"at": at.replace(hour=5), "details": {"x": 1}}.get(field, "x")
    Entry.objects.filter(pk=3).update(**{field: value})
    assert found() == ("altered", 3)


def test_an_altered_entry_with_a_new_hash_breaks_the_link_after_it(chain):
    rehash(3, actor_name="Người khác")
    assert found() == ("relinked", 4)


def test_a_last_entry_with_a_new_hash_does_not_fit_the_head(chain):
    rehash(5, actor_name="Người khác")
    assert found() == ("altered", 5)


def test_a_removed_entry_leaves_a_gap(chain):
    Entry.objects.filter(pk=2).delete()
    assert found() == ("removed", 2)


def test_a_cut_tail_is_found_by_the_head(chain):
    Entry.objects.filter(pk__gte=4).delete()
    assert found() == ("truncated", 4)


def test_a_wiped_record_is_found_by_the_head(chain):
    Entry.objects.all().delete()
    assert found() == ("truncated", 1)


def test_swapped_entries_are_found(chain):
    Entry.objects.filter(pk=2).update(seq=99)
    Entry.objects.filter(pk=3).update(seq=2)
    Entry.objects.filter(pk=99).update(seq=3)
    assert found() == ("altered", 2)


def test_swapped_entries_with_new_hashes_are_found(chain):
    Entry.objects.filter(pk=2).update(seq=99)
    Entry.objects.filter(pk=3).update(seq=2)
    rehash(2)
    Entry.objects.filter(pk=99).update(seq=3)
    rehash(3)
    assert found() == ("relinked", 2)


def test_entries_slipped_in_before_the_first_or_after_the_head_are_found(chain):
    last = Entry.objects.get(pk=5)
    last.seq, last.prev_hash = 6, last.hash
    last.save(force_insert=True)
    assert found() == ("added", 6)
    Entry.objects.filter(pk=6).delete()
    last.seq = 0
    last.save(force_insert=True)
    assert found() == ("added", 0)


def test_a_head_set_back_shows_the_entries_after_it(chain):
    Head.objects.update(seq=4, hash=chain[3].hash)
    assert found() == ("added", 5)


def test_entries_recorded_while_the_check_runs_do_not_disturb_it(chain, lan, at, monkeypatch):
    from nganam.audit import queries

    seen = queries._stream

    def recording_meanwhile(last):
        record(actor=lan, at=at, action="test.thing.done", object_type="t", object_code="VT-6")
        return seen(last)

    monkeypatch.setattr(queries, "_stream", recording_meanwhile)
    result = verify_chain()
    assert result.ok
    assert result.checked == 5


def test_the_command_prints_the_finding_and_fails_on_a_forgery(chain):
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert "nguyên vẹn" in out.getvalue()
    Entry.objects.filter(pk=3).update(actor_name="x")
    with pytest.raises(CommandError, match="số 3"):
        call_command("verify_audit")


def test_the_migration_can_be_undone_and_done_again(chain):
    migration = importlib.import_module("nganam.audit.migrations.0002_guards")
    editor = SimpleNamespace(connection=connection)
    guards.install(connection)
    migration.remove(None, editor)
    migration.install(apps, editor)
    migration.remove(None, editor)
