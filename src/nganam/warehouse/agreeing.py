"""Writes to contracts beside their columns: rules and terms by hand, and whole contracts as ODCS documents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from nganam.cases.requirements import allow
from nganam.kernel.actors import Actor
from nganam.kernel.clock import VIETNAM
from nganam.kernel.errors import Invalid
from nganam.warehouse import contracting, operations, policies
from nganam.warehouse.engine import comparing, odcs
from nganam.warehouse.models import ContractVersion, Table

KEPT = ("title_en", "description", "communes_on", "schedule", "commune_column", "time_column")


@dataclass(frozen=True, slots=True)
class Preview:
    """What an imported document would change, who reads what it takes away, and what of it has no place here."""

    changes: list[comparing.Change]
    readers: list[contracting.Reader]
    unknown: tuple[str, ...]
    name: str


def document(made: ContractVersion) -> str:
    """Return a version of a table's contract as ODCS v3.1.0 in YAML."""
    table, told = made.table, made.contract
    return odcs.to_yaml(
        odcs.Described(
            table.code, told["columns"], told.get("rules", []), told.get("terms", {}), told.get("about", {}),
            version=made.number, status="active" if contracting.present(table) == made else "deprecated",
            domain=table.agency.code, tenant=settings.NGANAM_INSTANCE,
            product=table.database.name if table.database else "", owner=table.agency.name,
            owner_code=table.agency.code, created=made.made_at.astimezone(VIETNAM).isoformat(timespec="seconds"),
        )
    )  # fmt: skip


def change_terms(
    *, actor: Actor, at: datetime, table: Table, rules: Iterable[Mapping[str, str]], terms: Mapping[str, str],
    reason: str = "", seen: str = "",
) -> Table:  # fmt: skip
    """Change a table's quality rules and terms; its columns stay. Raises like :func:`operations.change_table`."""
    return operations.change_table(
        actor=actor, at=at, table=table, columns=table.contract["columns"], title=table.title, reason=reason, seen=seen,
        rules=list(rules), terms=dict(terms), **{name: getattr(table, name) for name in KEPT},
    )  # fmt: skip


def preview(*, actor: Actor, table: Table, text: str) -> Preview:
    """Read an ODCS document against a table's contract; nothing is changed. Raises ``Invalid`` saying what is wrong."""
    allow(policies.may_declare(actor, table.agency.code))
    said = odcs.from_yaml(text)
    draft = Table.objects.select_related("agency", "source").get(pk=table.pk)
    draft.title = said.about.get("title", draft.title)
    values = _values(table, said)
    contracting.try_rules(table, said.columns, values)
    operations.fill_table(draft, said.columns, values)
    changes = comparing.compare(contracting.snapshot(table), contracting.snapshot(draft))
    readers = contracting.readers_of(table, comparing.lost_columns(changes))
    return Preview(changes, readers, said.unknown, "" if said.name == table.code else said.name)


def import_document(
    *, actor: Actor, at: datetime, table: Table, text: str, reason: str, confirmed: bool = False, seen: str = ""
) -> Table:
    """Make an ODCS document the table's contract. Raises like :func:`preview` and :func:`operations.change_table`."""
    allow(policies.may_declare(actor, table.agency.code))
    said = odcs.from_yaml(text)
    return operations.change_table(
        actor=actor, at=at, table=table, columns=said.columns, title=said.about.get("title", table.title),
        reason=reason, confirmed=confirmed, seen=seen, **_values(table, said),
    )  # fmt: skip


def _values(table: Table, said: odcs.Imported) -> dict[str, Any]:
    """Return what a declaration takes besides columns: as the document says, else as the table has it."""
    values = {name: said.about.get(name, getattr(table, name)) for name in KEPT}
    if isinstance(values["communes_on"], str):
        try:
            values["communes_on"] = date.fromisoformat(values["communes_on"])
        except ValueError as error:
            raise Invalid(
                _("Ngày của danh mục mã xã chưa đúng."), fields={"file": ["customProperties.communesOn: YYYY-MM-DD"]}
            ) from error
    names = {one["name"] for one in said.columns}
    for name in ("commune_column", "time_column"):
        if values[name] not in names:
            values[name] = ""
    return values | {"rules": said.rules, "terms": said.terms}
