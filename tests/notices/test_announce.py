"""The outbox: an event stands or falls with its deed and reaches each reaction once."""

import importlib
import sys

import pytest
from django.db import transaction
from django_tasks_db.models import DBTaskResult

from nganam.jobs.runner import run_pending
from nganam.notices import operations, queries
from nganam.notices.models import OutboxEvent

pytestmark = pytest.mark.django_db
REACTIONS = """
from nganam.jobs.api import job
seen = []

@job()
def first(code, payload):
    seen.append(("first", code, payload))

@job()
def second(code, payload):
    seen.append(("second", code, payload))
"""


@pytest.fixture
def reactions(tmp_path, monkeypatch, settings):
    """Return the module of two jobs that react to ``test.thing.done``."""
    (tmp_path / "probe_reactions.py").write_text(REACTIONS)
    monkeypatch.syspath_prepend(tmp_path)
    settings.NGANAM_SUBSCRIPTIONS = {"test.thing.done": ("probe_reactions.first", "probe_reactions.second")}
    sys.modules.pop("probe_reactions", None)
    yield importlib.import_module("probe_reactions")
    sys.modules.pop("probe_reactions", None)


def announce(at):
    return operations.announce("test.thing.done", at=at, object_type="t", object_code="VT-1", payload={"to": "sent"})


def test_each_reaction_is_called_with_the_code_and_the_payload(reactions, at):
    event = announce(at)
    assert list(queries.waiting_events()) == [event]
    assert reactions.seen == []
    run_pending()
    assert reactions.seen == [("first", "VT-1", {"to": "sent"}), ("second", "VT-1", {"to": "sent"})]
    assert not queries.waiting_events().exists()
    assert str(event) == "test.thing.done VT-1"


def test_a_deed_that_fails_announces_nothing(reactions, at):
    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012 - the deed before the failure is the point
        announce(at)
        _ = 1 / 0
    run_pending()
    assert reactions.seen == []
    assert not OutboxEvent.objects.exists()


def test_an_event_delivered_twice_calls_each_reaction_once(reactions, at):
    event = announce(at)
    assert operations.dispatch(event.ref, at=at) == 2
    assert operations.dispatch(event.ref, at=at) == 0
    run_pending()
    assert len(reactions.seen) == 2


def test_a_reaction_that_cannot_be_found_leaves_the_event_waiting_and_calls_none(reactions, settings, at):
    settings.NGANAM_SUBSCRIPTIONS = {"test.thing.done": ("probe_reactions.first", "probe_reactions.missing")}
    event = announce(at)
    with pytest.raises(ImportError):
        operations.dispatch(event.ref, at=at)
    assert queries.waiting_events().exists()
    assert DBTaskResult.objects.count() == 1  # the dispatch itself


def test_an_event_nobody_waits_for_is_kept_and_needs_no_job(settings, at):
    event = operations.announce("test.thing.unheard", at=at, object_type="t", object_code="VT-1")
    assert (event.dispatched_at, event.payload) == (at, {})
    assert not DBTaskResult.objects.exists()


def test_the_table_of_the_platform_names_real_jobs():
    from django.utils.module_loading import import_string

    from nganam.site.subscriptions import TABLE

    for event, paths in TABLE.items():
        assert queries.reactions(event) == tuple(paths)
        for path in paths:
            assert hasattr(import_string(path), "enqueue"), path
