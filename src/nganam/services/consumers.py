"""Who uses a service. The rooms above know; they declare here how to find out, so that nothing looks up.

A service that is about to change or end tells its users, and an appraiser sees whom a change would break.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Consumer:
    """One application that holds a live account: codes and names are public, ``link`` is the officers' page."""

    agency: str
    agency_name: str
    application: str
    account: str
    fields: tuple[str, ...]
    link: str


Finder = Callable[[Any], Iterable[Consumer]]
_finders: dict[str, Finder] = {}


def declare(room: str, finder: Finder) -> None:
    """Say how ``room`` finds the users of a service, from ``apps.ready()``."""
    _finders[room] = finder


def consumers_of(service: Any) -> list[Consumer]:
    """Return every application with a live account of the service, in order of agency."""
    found = [one for finder in _finders.values() for one in finder(service)]
    return sorted(found, key=lambda one: (one.agency_name, one.application))


def broken_by(consumers: Sequence[Consumer], removed: Iterable[str]) -> list[tuple[Consumer, list[str]]]:
    """Return the consumers that hold a field in ``removed``, each with those fields."""
    gone = set(removed)
    return [(one, held) for one in consumers if (held := [name for name in one.fields if name in gone])]
