"""Takes the rows a deed moves: all of them at its beginning and in one order, before the head of the record.

Every deed ends at the one head of the record. Whoever holds the head and then waits for the row of a second case waits
for ever, on PostgreSQL, for the one who holds that row and wants the head. So a machine declares which other cases its
deeds move (``Conduct.moved_with``), ``open_case`` and ``advance`` take these rows with their own, and every deed takes
rows in the same order. Only a deed that writes elsewhere before its first move calls ``hold`` itself.
"""

from collections import defaultdict
from collections.abc import Iterable

from django.db import connection, transaction

from nganam.cases import parties
from nganam.cases.models import Case


def hold(*held: Case) -> None:
    """Let nobody else move these cases, nor those that move with them, until this transaction ends."""
    while not _taken(held):
        pass


def _taken(held: tuple[Case, ...]) -> bool:
    """Take the rows in order; when more have to be taken by then, let go of these and say so."""
    wanted = _keys(held)
    if not _others_write():
        _take(wanted)
        return True
    with transaction.atomic():  # a savepoint: what is taken in it is let go with it
        _take(wanted)
        # While we waited another case may have joined these: its row may belong before some we took.
        grown = bool(_keys(held) - wanted)
        transaction.set_rollback(grown)
    return not grown


def _others_write() -> bool:
    """Say whether others write while we do: on SQLite whoever writes has the whole database."""
    return connection.features.has_select_for_update


def _keys(held: Iterable[Case]) -> set[tuple[type[Case], int]]:
    return {(type(case), case.pk) for case in family(held) if case.pk is not None}


def _take(wanted: set[tuple[type[Case], int]]) -> None:
    keys: dict[type[Case], set[int]] = defaultdict(set)
    for model, key in wanted:
        keys[model].add(key)
    for model in sorted(keys, key=lambda one: place_of(one, 0)):
        # No key of a row changes, so whoever writes a row that points to one of these does not wait.
        rows = model._default_manager.select_for_update(of=("self",), no_key=True)  # noqa: SLF001 - Django's public way to a model's manager
        list(rows.filter(pk__in=keys[model]).order_by("pk").values_list("pk"))


def place_of(model: type[Case], pk: int) -> tuple[str, int]:
    """Return the place of a row in the order in which every deed takes rows."""
    return (model.MACHINE.code, pk)


def family(cases: Iterable[Case]) -> list[Case]:
    """Return the cases and all that a deed on one of them may move."""
    found: dict[tuple[str, int | None], Case] = {}
    waiting = list(cases)
    while waiting:
        case = waiting.pop()
        key = (case.MACHINE.code, case.pk)
        if key not in found:
            found[key] = case
            waiting += moved_with(case)
    return list(found.values())


def moved_with(case: Case) -> list[Case]:
    """Return the other cases a deed on this one may move, as its machine declares them."""
    conduct = parties.conduct_of(case.MACHINE.code)
    if conduct is None or conduct.moved_with is None:
        return []
    return [one for one in conduct.moved_with(case) if one is not None]
