"""Derived tables as readers of the tables they are computed from: asked before a column there goes or changes."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from nganam.warehouse.contracting import Reader
from nganam.warehouse.models import Table
from nganam.warehouse.transforms import planning


def reading(table: Table, columns: Collection[str]) -> list[Reader]:
    """Return the derived tables whose models read one of these columns of the table."""
    found = []
    for one in planning.models_now():
        stems = [each for held in one.origins.values() for each in held] + one.deciding
        used = {each["column"] for each in stems if each["table"] == table.code} & set(columns)
        if used:
            made = one.table
            found.append(
                Reader(_("bảng dẫn xuất"), made.code, made.title, made.get_absolute_url(), tuple(sorted(used)))
            )
    return found
