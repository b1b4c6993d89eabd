"""Which open dataset is made from a table: the warehouse asks before a column goes or becomes another."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from nganam.opendata.models import Dataset
from nganam.warehouse.contracting import Reader
from nganam.warehouse.models import Table

PUBLIC = "published"


def readers_of(table: Table, columns: Collection[str]) -> list[Reader]:
    """Return the published dataset over ``table``: its releases hold every column."""
    return [
        Reader(_("tập dữ liệu mở"), one.code, one.title, one.get_absolute_url(), tuple(columns))
        for one in Dataset.objects.filter(table=table, state=PUBLIC)
    ]
