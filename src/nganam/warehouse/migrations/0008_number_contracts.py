"""Contracts that were declared before they had versions get them."""

from dataclasses import asdict
from typing import Any, ClassVar

from django.db import migrations

from nganam.warehouse.engine import comparing
from nganam.warehouse.engine.contract import from_list, to_list


def number_contracts(apps: Any, schema_editor: Any) -> None:
    """Give every table the versions its contract has had, as far as its data tell; say of each column what it is."""
    kept = apps.get_model("warehouse", "ContractVersion").objects
    for table in apps.get_model("warehouse", "Table").objects.all():
        table.contract = {**table.contract, "columns": _said(table.contract)}
        table.save(update_fields=["contract"])
        about = {name: str(getattr(table, name)) for name in ABOUT if getattr(table, name)}
        last = None
        stages = [(one, one.contract, one.committed_at) for one in table.versions.order_by("number")]
        for data, contract, at in [*stages, (None, table.contract, None)]:
            told = {"columns": _said(contract), "rules": [], "terms": {}, "about": about}
            changes = comparing.compare(last.contract, told) if last else []
            if last is None or changes:
                number = comparing.next_number((last.major, last.minor, last.patch), changes) if last else (1, 0, 0)
                last = kept.create(
                    table=table, major=number[0], minor=number[1], patch=number[2], contract=told,
                    changes=[asdict(one) for one in changes], by="Hệ thống",
                    made_at=(at or table.created_at) if last is None else (at or last.made_at),
                )
            if data is not None:
                data.contract_version = last
                data.save(update_fields=["contract_version"])


ABOUT = ("title", "title_en", "description", "communes_on", "schedule", "commune_column", "time_column")


def _said(contract: Any) -> list[dict[str, Any]]:
    return to_list(from_list(contract["columns"]))


class Migration(migrations.Migration):
    """Number the contracts there are."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("warehouse", "0007_contracts")]
    operations: ClassVar[list[migrations.RunPython]] = [
        migrations.RunPython(number_contracts, migrations.RunPython.noop)
    ]
