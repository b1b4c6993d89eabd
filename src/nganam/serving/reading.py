"""The questions a service answers record by record: by key, by several keys, and a page of records by filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nganam.serving.cursors import Cursor, Value, seal, unseal
from nganam.serving.ordering import Order, beyond, comparable, order_sql, whole
from nganam.serving.plans import Plan, quoted
from nganam.serving.problems import Refused, ambiguous_key, bad_request, record_absent, record_not_granted
from nganam.serving.replicas import Replica

DEFAULT_PAGE = 100
MAX_VALUE = 200
ROWID = ("rowid",)
OPERATORS = {"": "=", "gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}
INSTANT = "datetime"
WHOLE_SECOND = len("2026-01-31T08:00:00")
TOLD_APART = frozenset({"data_absent", "data_not_permitted", "ambiguous_key"})
"""What may be said of one of several keys; anything else refuses the whole question."""
Filter = tuple[str, str, str]
"""Column, operator ("" equal) and value as written."""


@dataclass(frozen=True, slots=True)
class Within:
    """What else is to hold of the records of a page: conditions over the rows as SQL, and their values."""

    conditions: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()


EVERYWHERE = Within()


@dataclass(frozen=True, slots=True)
class PageQuestion:
    """A page asked for: filters, order, which fields (none: all granted), how many, and where to go on."""

    filters: tuple[Filter, ...] = ()
    limit: int = DEFAULT_PAGE
    cursor: str = ""
    order: Order = ()
    fields: tuple[str, ...] = ()

    def identity(self, plan: Plan, within: Within = EVERYWHERE) -> bytes:
        """Return what a cursor is bound to."""
        more = () if within == EVERYWHERE else (within,)
        return repr((plan.consumer, plan.code, self.filters, self.order, *more)).encode()


def look_up(plan: Plan, replica: Replica, key: Sequence[str]) -> dict[str, Any]:
    """Return the record with this key; raise ``Refused``: absent (404), not permitted (403), not unique (409)."""
    wanted = plan.service.lookup
    if not wanted:
        raise bad_request("Dịch vụ này không tra cứu theo khóa.", "Đọc từng trang có lọc.")
    if len(key) != len(wanted):
        listed = ", ".join(wanted)
        raise bad_request(f"Khóa gồm {len(wanted)} phần: {listed}.", "Viết các phần cách nhau bằng dấu phẩy.")
    values = [plan.bound(name, text) for name, text in zip(wanted, key, strict=True)]
    rows = replica.connection.execute(plan.lookup_sql, values).fetchall()
    if not rows:
        raise record_absent()
    if len(rows) > 1:
        raise ambiguous_key(plan.filters() or wanted)
    if not plan.permits(rows[0]):
        raise record_not_granted()
    return plan.record(rows[0])


def look_up_each(plan: Plan, replica: Replica, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Return what there is to say of each key, in the order asked: ``result`` is ``data`` or why there is none."""
    several = len(plan.service.lookup) > 1
    with replica.bounded():  # a key without an index reads the table for each
        return [_one_of(plan, replica, key, key.split(",") if several else (key,)) for key in keys]


def _one_of(plan: Plan, replica: Replica, key: str, parts: Sequence[str]) -> dict[str, Any]:
    result, record = "data", None
    try:
        record = look_up(plan, replica, parts)
    except Refused as refused:
        if refused.code not in TOLD_APART:
            raise
        result = refused.code
    return {"key": key, "result": result, "data": record}


def filter_sql(plan: Plan, filters: Sequence[Filter]) -> tuple[list[str], list[Any]]:
    """Return the granted scope and the filters as conditions and their values; raise ``Refused`` for a bad value."""
    conditions, scope = plan.scope_sql()
    values: list[Any] = [*scope]
    for name, operator, text in filters:
        value = plan.bound(name, text)
        if operator and plan.service.type_of(name) == INSTANT:
            bare = str(value).rstrip("Z")
            wider, bound = (">=", bare) if operator.startswith("g") else ("<=", f"{bare[:WHOLE_SECOND]}Z")
            # Said of the column itself as well, more widely: by this an index is used.
            conditions += [f"{comparable(name, (name,))} {OPERATORS[operator]} ?", f"{quoted(name)} {wider} ?"]
            values += [bare, bound]
        else:
            conditions.append(f"{quoted(name)} {OPERATORS[operator]} ?")
            values.append(value)
    return conditions, values


def where_sql(conditions: Sequence[str]) -> str:
    """Return conditions as the end of a query."""
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def read_page(
    plan: Plan, shown: Plan, replica: Replica, question: PageQuestion, secret: bytes, within: Within = EVERYWHERE
) -> tuple[list[dict[str, Any]], str]:
    """Return the records of a page in order, and the cursor of the next page ("" when this is the last).

    ``shown`` is the plan narrowed to the fields asked for. Keyset, not offset: the thousandth page costs what the first
    does, and rows added meanwhile shift nothing.
    """
    order = whole(question.order, replica.named.key or ROWID)
    conditions, values = _conditions(plan, question, within)
    identity = question.identity(plan, within)
    # The plain order is the key's own, by its index; it only has to be one and the same.
    instants = [name for name, _ in order if plan.service.type_of(name) == INSTANT] if question.order else ()
    keys = ", ".join(comparable(name, instants) for name, _ in order)
    if question.cursor:
        last = unseal(question.cursor, identity, secret).last
        if len(last) != len(order):
            raise bad_request("Con trỏ thuộc về cấu trúc cũ của bảng.", "Đọc lại từ trang đầu.")
        if question.order:
            further, bound = beyond(order, last, instants)
        else:
            further, bound = [f"({keys}) > ({', '.join('?' * len(order))})"], [*last]
        conditions += further
        values += bound
    rest = f"{where_sql(conditions)} ORDER BY {order_sql(order, instants)} LIMIT ?"
    sql = f"SELECT {shown.columns}, {keys} FROM rows{rest}"  # noqa: S608 - names come from the snapshot
    with replica.bounded() as base:
        rows = base.execute(sql, [*values, question.limit + 1]).fetchall()
    page = rows[: question.limit]
    more = len(rows) > question.limit
    following = seal(Cursor(tuple(page[-1][-len(order) :])), identity, secret) if more else ""
    return [shown.record(row) for row in page], following


def count_up_to(plan: Plan, replica: Replica, question: PageQuestion, within: Within, most: int) -> int | None:
    """Return how many records the question has on all its pages, ``None`` where there are more than ``most``."""
    conditions, values = _conditions(plan, question, within)
    sql = f"SELECT count(*) FROM (SELECT 1 FROM rows{where_sql(conditions)} LIMIT ?)"  # noqa: S608 - names come from the snapshot
    with replica.bounded() as base:
        found = int(base.execute(sql, [*values, most + 1]).fetchall()[0][0])
    return found if found <= most else None


def _conditions(plan: Plan, question: PageQuestion, within: Within) -> tuple[list[str], list[Any]]:
    conditions, values = filter_sql(plan, question.filters)
    return [*conditions, *within.conditions], [*values, *within.values]
