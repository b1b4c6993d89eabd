"""Quality rules of a table's contract, judged over the accepted rows before anything is committed."""

from pathlib import Path

from nganam.warehouse import places, queries
from nganam.warehouse.engine import lake
from nganam.warehouse.engine import rules as ruling
from nganam.warehouse.engine.faults import fault
from nganam.warehouse.models import Admission, Load, Table
from nganam.warehouse.transforms import testing


def judge(load: Load, accepted: Path) -> None:
    """Run the rules of the load's table, and the tests of its model, over ``accepted``; keep what they found.

    Raises ``Invalid`` (quality) when a rule of severity error is broken and no decision of this load admits it.
    """
    table = load.table
    rules = ruling.from_plain(table.contract.get("rules", []), table.shape)
    present = queries.current_version(table)
    at, before = load.started_at or load.created_at, present.rows if present else None
    setting = ruling.Setting(at, before, _others(rules), personal=table.has_personal)
    found = [*(ruling.run(rules, accepted, setting) if rules else ()), *testing.judge(load, accepted)]
    if not found:
        return
    Load.objects.filter(pk=load.pk).update(checks=[one.as_plain() for one in found])
    decision = Admission.objects.filter(load=load).first()
    admitted = decision.allows("rules") if decision else []
    broken = [one.name for one in found if not one.passed and one.severity == "error" and one.name not in admitted]
    if broken:
        raise fault("quality", rules=broken)


def _others(rules: tuple[ruling.Rule, ...]) -> dict[str, list[Path]]:
    """Return the Parquet files of the present version of each table that rules refer to."""
    found = {}
    for table in Table.objects.filter(code__in={one.table for one in rules if one.kind == "reference"}):
        version = queries.current_version(table)
        if version is not None:
            found[table.code] = [Path(one) for one in lake.files(places.lake(table), version.delta_version)]
    return found
