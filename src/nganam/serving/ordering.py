"""The order of a page and how it goes on: columns asked for, then the key, so that no two records change places."""

from collections.abc import Sequence

from nganam.serving.cursors import Value
from nganam.serving.plans import quoted

Order = tuple[tuple[str, bool], ...]
"""Columns with whether each is descending."""


def whole(asked: Order, key: Sequence[str]) -> Order:
    """Return the order with the key behind it."""
    named = {name for name, _ in asked}
    return (*asked, *((name, False) for name in key if name not in named))


def order_sql(order: Order) -> str:
    """Return the order as SQL. SQLite puts what is empty first, and last where the order is descending."""
    return ", ".join(quoted(name) + (" DESC" if descending else "") for name, descending in order)


def beyond(order: Order, last: Sequence[Value]) -> tuple[list[str], list[Value]]:
    """Return what holds of the records behind the one with the values ``last``, as conditions and their values."""
    conditions: list[str] = []
    ways: list[str] = []
    values: list[Value] = []
    name, descending = order[0]
    if last[0] is not None and not descending:
        # Said on its own as well: by it an index is entered in the middle, by the alternatives below it is not.
        conditions.append(f"{quoted(name)} >= ?")
        values.append(last[0])
    for place, (name, descending) in enumerate(order):
        further, bound = _further(quoted(name), last[place], descending=descending)
        if further:
            ways.append(" AND ".join([*(f"{quoted(one)} IS ?" for one, _ in order[:place]), further]))
            values += [*last[:place], *bound]
    return [*conditions, f"({' OR '.join(ways)})" if ways else "0"], values


def _further(column: str, value: Value, *, descending: bool) -> tuple[str, list[Value]]:
    if value is None:
        return ("" if descending else f"{column} IS NOT NULL"), []
    return (f"({column} < ? OR {column} IS NULL)" if descending else f"{column} > ?"), [value]
