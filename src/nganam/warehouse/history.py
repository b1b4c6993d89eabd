"""Reads of any committed version: which one, its rows, the files made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from nganam.audit.operations import record
from nganam.cases.requirements import allow
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, NotFound
from nganam.warehouse import choosing, places, policies, queries
from nganam.warehouse.engine import lake
from nganam.warehouse.engine.contract import Column
from nganam.warehouse.models import Version, VersionFile

DEEPEST = 100_000
"""Rows to be passed over at most: who wants all of a table takes a file."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a version in key order, with the columns the actor may read."""

    version: Version
    columns: tuple[Column, ...]
    rows: list[dict[str, Any]]


def version_for(actor: Actor, code: str, *, number: int | None = None, as_of: datetime | None = None) -> Version:
    """Return the version with this number, else the one that was present at an instant, else the newest.

    Raises ``NotFound`` for a table or version that is not the actor's or does not exist, ``Invalid`` for both at once.
    """
    if number is not None and as_of is not None:
        told = _("Chọn số phiên bản hoặc thời điểm, không chọn cả hai.")
        raise Invalid(told, fields={"as_of": [told]})
    if number is not None:
        return queries.get_version_for(actor, code, number)
    found = queries.get_table_for(actor, code).versions.select_related("load", "table__agency")
    if as_of is not None:
        found = found.filter(committed_at__lte=as_of)
    version = found.order_by("-number").first()
    if version is None:
        raise NotFound(_("Bảng chưa có phiên bản nào vào lúc đó."), hint=_("Chọn một thời điểm sau lần nạp đầu tiên."))
    return version


def rows_for(
    actor: Actor, version: Version, *, filters: Mapping[str, str], limit: int, offset: int, shown: Sequence[str] = ()
) -> Rows:
    """Return rows of a version with these values, ``limit`` (at most 1 000) from ``offset``.

    Who may take files of the table reads its rows. Personal columns are read by the owner's officer: others do not get
    them, and are refused to filter by them.
    """
    choice = _chosen(actor, version, shown, filters)
    if offset > DEEPEST:
        told = _("Chỉ đọc được %(most)s dòng đầu theo cách này.") % {"most": DEEPEST}
        raise Invalid(told, fields={"offset": [told]}, hint=_("Thêm điều kiện, hoặc tạo một tệp của phiên bản."))
    names, where = choice.shape.names, choice.where
    found = queries.rows(version.table, version=version, limit=limit, offset=offset, filters=where, shown=names)
    return Rows(version, choice.shape.columns, found)


@transaction.atomic
def note_read(*, actor: Actor, at: datetime, found: Rows, filters: Mapping[str, str], offset: int) -> None:
    """Record that a program read rows with personal columns, or by them: names of columns only, never a value."""
    version, names = found.version, [one.name for one in found.columns]
    personal = version.personal & {*names, *filters}
    if not personal:
        return
    record(
        actor=actor, at=at, action="warehouse.rows.read", object_type="warehouse.table",
        object_code=version.table.code, agency=version.table.agency.code,
        details={
            "version": version.number, "personal": sorted(personal), "columns": len(names),
            "filtered_by": sorted(filters), "rows": len(found.rows), "offset": offset,
        },
    )  # fmt: skip


def count_for(actor: Actor, version: Version, *, filters: Mapping[str, str]) -> int:
    """Return how many rows of a version have these values; refuses as :func:`rows_for` does."""
    where = _chosen(actor, version, (), filters).where
    return lake.matching(places.lake(version.table), version.delta_version, where) if where else version.rows


def _chosen(actor: Actor, version: Version, shown: Sequence[str], filters: Mapping[str, str]) -> choosing.Choice:
    agency = version.table.agency.code
    allow(policies.may_take(actor, agency))
    visible = [one.name for one in policies.visible(actor, version)]
    choice = choosing.choose(version.shape, shown or visible, filters)
    if not {*choice.shape.names, *choice.where} <= set(visible):
        allow(policies.may_take_personal(actor, agency))
    return choice


def files_for(actor: Actor, version: Version) -> QuerySet[VersionFile]:
    """Return the files made or asked of a version that the actor may take, newest first."""
    found = version.files.select_related("version__table__agency")
    agency = version.table.agency.code
    if policies.may_take(actor, agency):
        return found.none()
    if not policies.may_take_personal(actor, agency):
        return found
    personal = version.personal
    held = found.values_list("pk", "columns", "filters")
    return found.filter(pk__in=[pk for pk, columns, filters in held if not personal & {*columns, *filters}])


def get_file_for(actor: Actor, table: str, number: int, code: str) -> VersionFile:
    """Return a file of a version the actor may take; not theirs is not found."""
    found = files_for(actor, queries.get_version_for(actor, table, number)).filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có tệp này."), hint=_("Các tệp đã tạo có ở trang của phiên bản."))
    return found


def versions_for(actor: Actor, code: str) -> QuerySet[Version]:
    """Return the versions of a table the actor may see, newest first."""
    versions: QuerySet[Version] = queries.get_table_for(actor, code).versions.all()
    return versions
