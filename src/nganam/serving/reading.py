"""The two questions a service answers: one record by key, and a page of records by filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nganam.serving.cursors import Cursor, seal, unseal
from nganam.serving.plans import Plan, quoted
from nganam.serving.problems import ambiguous_key, bad_request, record_absent, record_not_granted
from nganam.serving.replicas import Replica

DEFAULT_PAGE = 100
MAX_VALUE = 200
ROWID = ("rowid",)


@dataclass(frozen=True, slots=True)
class PageQuestion:
    """A page asked for: filters as (column, value), how many, and where to go on."""

    filters: tuple[tuple[str, str], ...] = ()
    limit: int = DEFAULT_PAGE
    cursor: str = ""

    def identity(self, plan: Plan) -> bytes:
        """Return what a cursor is bound to."""
        return repr((plan.consumer, plan.code, self.filters)).encode()


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


def read_page(plan: Plan, replica: Replica, question: PageQuestion, secret: bytes) -> tuple[list[dict[str, Any]], str]:
    """Return the records of a page in key order, and the cursor of the next page ("" when this is the last).

    Keyset, not offset: the thousandth page costs what the first does, and rows added meanwhile shift nothing.
    """
    order = replica.named.key or ROWID
    conditions, values = plan.scope_sql()
    for name, text in question.filters:
        conditions.append(f"{quoted(name)} = ?")
        values.append(plan.bound(name, text))  # type: ignore[arg-type]  # sqlite binds either
    keys = ", ".join(quoted(name) for name in order)
    if question.cursor:
        last = unseal(question.cursor, question.identity(plan), secret).last
        if len(last) != len(order):
            raise bad_request("Con trỏ thuộc về cấu trúc cũ của bảng.", "Đọc lại từ trang đầu.")
        conditions.append(f"({keys}) > ({', '.join('?' * len(order))})")
        values += last  # type: ignore[arg-type]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    sql = f"SELECT {plan.columns}, {keys} FROM rows{where} ORDER BY {keys} LIMIT ?"  # noqa: S608 - names come from the snapshot
    rows = replica.connection.execute(sql, [*values, question.limit + 1]).fetchall()
    page = rows[: question.limit]
    more = len(rows) > question.limit
    following = seal(Cursor(tuple(page[-1][-len(order) :])), question.identity(plan), secret) if more else ""
    return [plan.record(row) for row in page], following
