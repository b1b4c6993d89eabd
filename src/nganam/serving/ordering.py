"""The order of a page and how it goes on: columns asked for, then the key, so that no two records change places."""

from collections.abc import Collection, Sequence

from nganam.serving.cursors import Value
from nganam.serving.plans import quoted

Order = tuple[tuple[str, bool], ...]
"""Columns with whether each is descending."""


def whole(asked: Order, key: Sequence[str]) -> Order:
    """Return the order with the key behind it."""
    named = {name for name, _ in asked}
    return (*asked, *((name, False) for name in key if name not in named))


def comparable(name: str, instants: Collection[str]) -> str:
    """Return a column as SQL that is ordered as its values are.

    An instant is text with or without parts of a second before its "Z", and a point sorts before a "Z".
    """
    return f"rtrim({quoted(name)}, 'Z')" if name in instants else quoted(name)


def order_sql(order: Order, instants: Collection[str] = ()) -> str:
    """Return the order as SQL. SQLite puts what is empty first, and last where the order is descending."""
    return ", ".join(comparable(name, instants) + (" DESC" if descending else "") for name, descending in order)


def beyond(order: Order, last: Sequence[Value], instants: Collection[str] = ()) -> tuple[list[str], list[Value]]:
    """Return what holds of the records behind the one with the values ``last``, as conditions and their values.

    ``last`` are values as ``comparable`` gives them.
    """
    conditions: list[str] = []
    ways: list[str] = []
    values: list[Value] = []
    name, descending = order[0]
    if last[0] is not None and not descending:
        # Said on its own as well: by it an index is entered in the middle, by the alternatives below it is not. It
        # holds of instants with their "Z" too.
        conditions.append(f"{quoted(name)} >= ?")
        values.append(last[0])
    for place, (name, descending) in enumerate(order):
        further, bound = _further(comparable(name, instants), last[place], descending=descending)
        if further:
            ways.append(" AND ".join([*(f"{comparable(one, instants)} IS ?" for one, _ in order[:place]), further]))
            values += [*last[:place], *bound]
    return [*conditions, f"({' OR '.join(ways)})" if ways else "0"], values


def _further(column: str, value: Value, *, descending: bool) -> tuple[str, list[Value]]:
    if value is None:
        return ("" if descending else f"{column} IS NOT NULL"), []
    return (f"({column} < ? OR {column} IS NULL)" if descending else f"{column} > ?"), [value]
