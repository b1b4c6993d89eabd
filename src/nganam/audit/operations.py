"""The one write of the room: add an entry to the chain."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from nganam.audit import registry
from nganam.audit.chain import GENESIS, entry_hash, plain, plain_text
from nganam.audit.models import Entry, Head
from nganam.kernel.actors import Actor


@transaction.atomic
def record(
    *,
    actor: Actor,
    at: datetime,
    action: str,
    object_type: str,
    object_code: str,
    agency: str = "",
    details: Mapping[str, Any] | None = None,
) -> Entry:
    """Add one entry to the chain, in the caller's transaction: the deed and its record stand or fall together.

    ``agency`` defaults to the agency the actor acts for. An unregistered ``action`` raises ``UnknownAction``.
    """
    registry.action(action)
    values: dict[str, Any] = {
        "at": at,
        "actor_kind": str(actor.kind),
        "actor_code": plain_text(actor.code),
        "actor_name": plain_text(actor.name),
        "agency": agency or actor.agency,
        "action": action,
        "object_type": object_type,
        "object_code": plain_text(object_code),
        "details": plain(details or {}),
    }
    return _append(values)


def take_turn() -> None:
    """Wait for the head of the chain, for a deed that takes something else every deed may want before it records.

    The order is: rows of cases, the head, then all the rest (clocks, registers of numbers). Call it in a transaction.
    """
    _locked_head()


def _append(values: dict[str, Any]) -> Entry:
    head = _locked_head()
    values |= {"seq": head.seq + 1, "prev_hash": head.hash or GENESIS}
    entry = Entry(**values, hash=entry_hash(values))
    entry.save(force_insert=True)
    Head.objects.filter(pk=head.pk).update(seq=entry.seq, hash=entry.hash)
    return entry


def _locked_head() -> Head:
    """Return the head under a row lock; SQLite holds its one write lock already (``IMMEDIATE``)."""
    held = Head.objects.select_for_update(no_key=True)
    found = held.filter(pk=1).first()
    if found is None:
        Head.objects.get_or_create(pk=1)
        found = held.get(pk=1)
    return found
