"""Which services read a table: the warehouse asks before a column goes or becomes another."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from nganam.services.models import Service
from nganam.warehouse.contracting import Reader
from nganam.warehouse.models import Table

OVER = ("ended", "abandoned")


def readers_of(table: Table, columns: Collection[str]) -> list[Reader]:
    """Return the services over ``table`` that give out, look up or filter by one of ``columns``."""
    found = Service.objects.filter(table=table).exclude(state__in=OVER).prefetch_related("fields").order_by("code")
    readers = []
    for service in found:
        read = {one.name for one in service.fields.all()} | {*service.lookup_columns, *service.filter_columns}
        hit = tuple(name for name in columns if name in read)
        if hit:
            readers.append(Reader(_("dịch vụ"), service.code, service.name, service.get_absolute_url(), hit))
    return readers
