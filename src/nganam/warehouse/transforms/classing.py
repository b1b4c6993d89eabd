"""Classes of a derived table's columns: none lower than what it stems from, unless somebody says why (nội bộ).

A figure over many rows (a count, a sum, a mean) tells no single person's value: personal data become data shared
between agencies, and these may be open. The smallest, the largest, any one, a list of them remain what they were.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from nganam.kernel.errors import Invalid
from nganam.warehouse.engine.contract import CLASSES, PERSONAL, Contract
from nganam.warehouse.models import Table, Version
from nganam.warehouse.transforms import planning
from nganam.warehouse.transforms.models import ModelVersion


@dataclass(frozen=True, slots=True)
class Floor:
    """The lowest class a column may have without a reason, and the columns (``table.column``) that ask for it."""

    column: str
    classification: str
    because: tuple[str, ...]


def floors(model: ModelVersion, read: Iterable[Version] = ()) -> dict[str, Floor]:
    """Return the floor of each column of a derived table, by what its inputs declare.

    ``read`` are the versions a run stands on; else the newest ones count.
    """
    tables = list(Table.objects.filter(code__in=model.inputs))
    newest = (one.versions.select_related("table").first() for one in tables)
    versions = list(read) or [one for one in newest if one is not None]
    return floors_of(model.origins, classes_of([*tables, *versions]))


def classes_of(held: Iterable[Table | Version]) -> dict[str, dict[str, str]]:
    """Return the classes of columns by table; of what a version was declared as and what holds now, the stricter."""
    found: dict[str, dict[str, str]] = {}
    for one in held:
        own = found.setdefault(one.code if isinstance(one, Table) else one.table.code, {})
        for each in one.shape.columns:
            own[each.name] = max(own.get(each.name, "open"), each.classification, key=CLASSES.index)
    return found


def floors_of(
    origins: Mapping[str, Iterable[Mapping[str, str]]], classes: Mapping[str, Mapping[str, str]]
) -> dict[str, Floor]:
    """Return floors by column from what each stems from; a column nobody declares counts as the strictest."""
    found = {}
    for name, stems in origins.items():
        asked: dict[str, list[str]] = {}
        for one in stems:
            own = classes.get(one["table"], {}).get(one["column"], CLASSES[-1])
            floor = _lowered(own) if one["kind"] == "AGGREGATION" else own
            asked.setdefault(floor, []).append(f"{one['table']}.{one['column']}")
        if asked:
            most = max(asked, key=CLASSES.index)
            found[name] = Floor(name, most, tuple(asked[most]))
    return found


def _lowered(classification: str) -> str:
    return "shared" if classification in PERSONAL else "open"


def too_low(shape: Contract, found: Mapping[str, Floor], lowered: Mapping[str, str]) -> list[Floor]:
    """Return the floors under which a column lies without a reason."""
    return [
        found[one.name]
        for one in shape.columns
        if one.name in found and not lowered.get(one.name)
        and CLASSES.index(one.classification) < CLASSES.index(found[one.name].classification)
    ]  # fmt: skip


def refuse(shape: Contract, found: Mapping[str, Floor], lowered: Mapping[str, str], *, field: str) -> None:
    """Raise ``Invalid`` under ``field`` naming the columns whose class is lower than what they stem from."""
    low = too_low(shape, found, lowered)
    if not low:
        return
    told = _(
        "cột “%(column)s” tính ra từ %(because)s nên ít nhất phải phân loại %(class)s; nâng phân loại trong hợp đồng, "
        "hoặc ghi lý do hạ ở trang Mô hình (nội bộ)"
    )
    said = [
        told % {"column": one.column, "because": ", ".join(one.because), "class": one.classification} for one in low
    ]
    raise Invalid(_("Phân loại cột thấp hơn nguồn gốc của nó."), fields={field: said})


def refuse_declaration(table: Table, shape: Contract) -> None:
    """Hold a changed declaration of a derived table against its model; a table that is not derived is free.

    Raises ``Invalid`` for a source or a daily load, and for a column of a lower class than what it stems from.
    """
    model = planning.model_of(table)
    if model is not None and (table.source or table.schedule):
        told = _("Bảng dẫn xuất lấy dữ liệu từ mô hình, không có nguồn hay giờ nạp.")
        raise Invalid(told, fields={"source" if table.source else "schedule": [told]})
    if model is not None:
        refuse(shape, floors(model), model.lowered, field="columns")
