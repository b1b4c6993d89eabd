"""What changed since a version: keys added, changed and removed, each with the record as it is now.

The replica holds, beside its rows, what each row touched by the last versions was before. The earliest of these is what
the asking one has; its rows now are what they should have. So several versions fold into one change, and one that only
touched what was not granted, or came and went, is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nganam.serving.cursors import Cursor, Value, seal, unseal
from nganam.serving.plans import Plan, quoted
from nganam.serving.problems import bad_request, changes_gone, fields_not_granted
from nganam.serving.replicas import Replica


@dataclass(frozen=True, slots=True)
class ChangeQuestion:
    """Changes asked for: since which version, how many at once, where to go on, which fields (none: all granted)."""

    since: int
    limit: int
    cursor: str = ""
    fields: tuple[str, ...] = ()

    def identity(self, plan: Plan) -> bytes:
        """Return what a cursor is bound to."""
        return repr((plan.consumer, plan.code, "$changes", self.since, self.fields)).encode()


@dataclass(frozen=True, slots=True)
class Changes:
    """A page of changes; ``next_since`` is what to ask from when all pages have been taken over."""

    found: list[dict[str, Any]]
    following: str
    next_since: int


def read_changes(plan: Plan, shown: Plan, replica: Replica, question: ChangeQuestion, secret: bytes) -> Changes:
    """Return a page of changes in key order; raise ``Refused``: 410 when they are not kept so far back.

    A newer version may come between two pages: the later ones tell of it. ``next_since`` stays the version of the first
    page, so that what the newer one did to keys of earlier pages is told the next time.
    """
    named = replica.named
    _check(plan, replica, question)
    last: tuple[Value, ...] = ()
    begun: Value = named.version
    if question.cursor:
        *keys, begun = unseal(question.cursor, question.identity(plan), secret).last
        last = tuple(keys)
        if len(last) != len(named.key):
            raise bad_request("Con trỏ thuộc về cấu trúc cũ của bảng.", "Đọc lại từ trang đầu.")
    sql, values = _sql(plan, shown, named.key, last, question)
    with replica.bounded() as base:
        rows = base.execute(sql, values).fetchall()
    page = rows[: question.limit]
    following = ""
    if len(rows) > question.limit:
        following = seal(Cursor((*page[-1][: len(named.key)], begun)), question.identity(plan), secret)
    return Changes([_change(shown, named.key, row) for row in page], following, int(begun or 0))


def _check(plan: Plan, replica: Replica, question: ChangeQuestion) -> None:
    named = replica.named
    offered = {field.name for field in plan.service.fields}
    if not named.key or not offered.issuperset(named.key):
        raise bad_request(
            "Dịch vụ không chia sẻ khóa của bảng nên không theo dõi thay đổi được.", "Đọc lại toàn bộ từng trang."
        )
    if hidden := [name for name in named.key if name not in plan.names]:
        raise fields_not_granted(hidden)
    if question.since > named.version:
        raise bad_request(
            f"Chưa có phiên bản {question.since}; phiên bản hiện tại là {named.version}.",
            "Lấy since từ trường next_since của lần hỏi trước, hoặc từ version của trang đầu khi đọc toàn bộ.",
            version=named.version,
        )
    if named.changes_since is None or question.since < named.changes_since:
        raise changes_gone(named.changes_since, named.version)


def _sql(
    plan: Plan, shown: Plan, key: Sequence[str], last: tuple[Value, ...], question: ChangeQuestion
) -> tuple[str, list[Any]]:
    """Return the query and its values: the key, whether it was and is within the scope, and the row as it is."""
    names = ", ".join(quoted(name) for name in key)
    needed = ", ".join(quoted(name) for name in dict.fromkeys((*key, *shown.names, *sorted(plan.grant.where))))
    behind = f" AND ({names}) > ({', '.join('?' * len(last))})" if last else ""
    # Of the columns beside min() SQLite takes those of the row that has it: what the key was before the first change.
    earliest = f"SELECT {needed}, _was, min(_version) FROM changes WHERE _version > ?{behind} GROUP BY {names}"  # noqa: S608 - names come from the snapshot
    was, values_was = _within(plan, "c")
    now, values_now = _within(plan, "r")
    keys = ", ".join(f"c.{quoted(name)} AS k{place}" for place, name in enumerate(key))
    columns = ", ".join(f"r.{quoted(name)} AS r{place}" for place, name in enumerate(shown.names))
    differs = " OR ".join(f"c.{quoted(name)} IS NOT r.{quoted(name)}" for name in shown.names)
    same = " AND ".join(f"r.{quoted(name)} = c.{quoted(name)}" for name in key)
    compared = (
        f"SELECT {keys}, (c._was AND {was}) AS was, (r.{quoted(key[0])} IS NOT NULL AND {now}) AS now, "  # noqa: S608 - as above
        f"({differs}) AS differs, {columns} FROM ({earliest}) c LEFT JOIN rows r ON {same}"
    )
    order = ", ".join(f"k{place}" for place in range(len(key)))
    sql = f"SELECT * FROM ({compared}) WHERE was <> now OR (was AND differs) ORDER BY {order} LIMIT ?"  # noqa: S608 - as above
    return sql, [*values_was, *values_now, question.since, *last, question.limit + 1]


def _within(plan: Plan, of: str) -> tuple[str, list[Any]]:
    """Return the granted scope as a condition on the rows called ``of``, 0 or 1."""
    conditions, values = plan.scope_sql(f"{of}.")
    return f"coalesce({' AND '.join(conditions)}, 0)" if conditions else "1", [*values]


def _change(shown: Plan, key: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    width = len(key)
    was, now = row[width], row[width + 1]
    return {
        "change": "removed" if not now else "changed" if was else "added",
        "key": dict(zip(key, row[:width], strict=True)),
        "data": shown.record(row[width + 3 :]) if now else None,
    }
