"""Which master data sets read a table: the warehouse asks before a column goes or becomes another."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from nganam.master.models import Member
from nganam.warehouse.contracting import Reader
from nganam.warehouse.models import Table


def readers_of(table: Table, columns: Collection[str]) -> list[Reader]:
    """Return the sets that take one of ``columns`` of the table, or know its records by one.

    With another key every record is another one: its entities end and new codes are given. ``table`` may be changed and
    not saved, so both its keys count.
    """
    saved = Table.objects.filter(pk=table.pk).first() or table
    key = {*saved.shape.key, *table.shape.key}
    found = []
    for one in Member.objects.filter(table=table).select_related("set").order_by("set__code"):
        hit = tuple(name for name in columns if name in {*one.columns.values(), *key})
        if hit:
            found.append(Reader(_("tập dữ liệu chủ"), one.set.code, one.set.title, one.set.get_absolute_url(), hit))
    return found
