"""Adds the swap of New Year 2026 that the shipped calendar lacked: Friday 2 January off, Saturday 10 January worked.

No clock is computed anew: the platform's first version is of November 2026, after both days.
"""

from datetime import date
from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from nganam.deadlines.reference import load_calendar

SWAPPED = (date(2026, 1, 2), date(2026, 1, 10))


def load(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Add the two days, unless somebody entered them already."""
    load_calendar(apps.get_model("deadlines", "CalendarDay"), SWAPPED)


class Migration(migrations.Migration):
    """Follows the first load; going back leaves the two days, which were true before it too."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("deadlines", "0002_calendar")]
    operations: ClassVar[list[migrations.RunPython]] = [migrations.RunPython(load, migrations.RunPython.noop)]
