"""Contracts of tables through time: what a change does to whom, its number, and the version that is written of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, NotFound, RuleBroken
from nganam.warehouse.engine import comparing
from nganam.warehouse.engine import contract as shapes
from nganam.warehouse.engine import rules as ruling
from nganam.warehouse.models import ContractVersion, Table

ABOUT = ("title", "title_en", "description", "communes_on", "schedule", "commune_column", "time_column")
TERMS = ("usage", "limitations", "contact", "retention_years")


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads a table: its kind in words, code, name and page, and which of the columns asked about it reads."""

    kind: str
    code: str
    name: str
    link: str
    columns: tuple[str, ...]


Asked = Callable[[Table, Collection[str]], Sequence[Reader]]
_asked: list[Asked] = []


def declare_readers(asked: Asked) -> None:
    """Let a room above say who reads a table; it is asked before a column goes or changes."""
    if asked not in _asked:
        _asked.append(asked)


def readers_of(table: Table, columns: Collection[str]) -> list[Reader]:
    """Return everything known to read one of these columns of the table."""
    return [one for asked in _asked for one in asked(table, columns)] if columns else []


def snapshot(table: Table) -> dict[str, Any]:
    """Return the whole contract of a table as plain data: columns, rules, terms, and the words about the table."""
    about = {name: getattr(table, name) for name in ABOUT}
    return {
        "columns": shapes.to_list(shapes.from_list(table.contract["columns"])),
        "rules": list(table.contract.get("rules", [])),
        "terms": dict(table.contract.get("terms", {})),
        "about": {name: str(value) for name, value in about.items() if value},
    }


def fill(table: Table, shape: shapes.Contract, values: Mapping[str, Any]) -> None:
    """Put rules and terms into a table's contract; those it has stay where ``values`` say nothing of them.

    Raises ``Invalid`` naming what is wrong, also with a rule that no longer fits the columns. Queries are not run here,
    inside the transaction of a deed: :func:`try_rules` does so before it.
    """
    rules = values.get("rules", table.contract.get("rules", []))
    terms = values.get("terms", table.contract.get("terms", {}))
    made = ruling.from_plain(rules, shape) if rules else ()
    _check_references(table, made)
    terms = {name: str(terms[name]).strip() for name in TERMS if str(terms.get(name) or "").strip()}
    years = terms.get("retention_years", "1")
    if not (years.isascii() and years.isdigit()):  # it is counted with at night
        raise Invalid(_("Số năm lưu giữ chưa đúng."), fields={"retention_years": [_("Ghi một số nguyên.")]})
    said = {"rules": ruling.to_plain(made), "terms": terms}
    table.contract = {"columns": table.contract["columns"], **{name: one for name, one in said.items() if one}}


def try_rules(table: Table | None, columns: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> None:
    """Run the queries of the rules :func:`fill` would put into the contract over no rows, before anything is locked.

    Raises ``Invalid`` naming those that do not run, or take too long.
    """
    rules = values.get("rules", table.contract.get("rules", []) if table else [])
    if rules:
        ruling.from_plain(rules, shapes.from_list(list(columns)), trial=True)


def _check_references(table: Table, made: Sequence[ruling.Rule]) -> None:
    """Refuse a rule that looks into another agency's table: its outcome would tell what stands there."""
    for one in made:
        if one.kind != "reference":
            continue
        other = Table.objects.filter(code=one.table, agency=table.agency).first()
        if other is None or one.target not in other.shape.names:
            told = _("quy tắc “%(rule)s”: cơ quan không có bảng “%(table)s” với cột “%(column)s”") % {
                "rule": one.name, "table": one.table, "column": one.target,
            }  # fmt: skip
            raise Invalid(_("Quy tắc chất lượng chưa đúng."), fields={"rules": [told]})


def weigh(
    table: Table, before: Mapping[str, Any], *, reason: str, confirmed: bool
) -> tuple[list[comparing.Change], list[Reader]]:
    """Return in what a changed (unsaved) table differs from ``before``, and who reads what goes or becomes another.

    Raises ``RuleBroken`` naming these readers unless ``confirmed``, ``Invalid`` when such a change has no reason.
    """
    changes = comparing.compare(before, snapshot(table))
    lost = comparing.lost_columns(changes)
    readers = readers_of(table, lost)
    if readers and not confirmed:
        told = "; ".join(f"{one.kind} {one.code} “{one.name}” ({', '.join(one.columns)})" for one in readers)
        raise RuleBroken(
            _("Cột bị bỏ hoặc đổi kiểu, đổi khóa đang được đọc bởi: %(readers)s.") % {"readers": told},
            article="nội bộ",
            hint=_("Báo cho nơi đang đọc, rồi đánh dấu xác nhận và lưu lại."),
        )
    if lost and not reason and (readers or table.versions.exists()):
        raise Invalid(
            _("Cần lý do thay đổi."),
            fields={"reason": [_("Bỏ cột, đổi kiểu hoặc đổi khóa của bảng đã có dữ liệu thì phải ghi lý do.")]},
        )
    return changes, readers


def note(
    table: Table,
    changes: Sequence[comparing.Change],
    *,
    actor: Actor,
    at: datetime,
    reason: str = "",
    readers: Sequence[Reader] = (),
) -> ContractVersion:
    """Write the table's contract down as its next version; the one there is, when nothing has changed."""
    last = present(table)
    if last is not None and not changes:
        return last
    number = comparing.next_number((last.major, last.minor, last.patch), changes) if last else (1, 0, 0)
    return ContractVersion.objects.create(
        table=table, major=number[0], minor=number[1], patch=number[2], contract=snapshot(table),
        changes=[asdict(one) for one in changes] if last else [], readers=[_kept(one) for one in readers],
        by=actor.name, reason=reason[:500], made_at=at,
    )  # fmt: skip


def _kept(reader: Reader) -> dict[str, Any]:
    return {"code": reader.code, "name": reader.name, "link": reader.link, "columns": list(reader.columns)}


def present(table: Table) -> ContractVersion | None:
    """Return the contract in force."""
    return table.contract_versions.first()


def in_force(table: Table) -> ContractVersion:
    """Return the contract in force; raise ``NotFound`` for a table entered beside the operations."""
    found = present(table)
    if found is None:
        raise NotFound(_("Bảng chưa có hợp đồng dữ liệu."))
    return found


def versions(table: Table) -> QuerySet[ContractVersion]:
    """Return all versions of a table's contract, newest first."""
    return table.contract_versions.all()


def version(table: Table, number: str) -> ContractVersion:
    """Return a version by its number (1.2.0); raise ``NotFound``."""
    parts = number.split(".")
    found = None
    if len(parts) == 3 and all(one.isascii() and one.isdigit() and len(one) < 9 for one in parts):  # noqa: PLR2004 - major.minor.patch
        found = table.contract_versions.filter(major=parts[0], minor=parts[1], patch=parts[2]).first()
    if found is None:
        raise NotFound(_("Bảng không có hợp đồng phiên bản %(number)s.") % {"number": number})
    return found


def compared(older: ContractVersion, newer: ContractVersion) -> list[comparing.Change]:
    """Return in what two versions of a contract differ."""
    return comparing.compare(older.contract, newer.contract)
