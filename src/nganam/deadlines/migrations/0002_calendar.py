"""Loads the shipped calendar of days off and swapped working days, 2024-2028."""

from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from nganam.deadlines.reference import load_calendar


def load(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Fill the calendar."""
    load_calendar(apps.get_model("deadlines", "CalendarDay"))


class Migration(migrations.Migration):
    """Follows the tables; going back leaves the days to the table's own removal."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("deadlines", "0001_initial")]
    operations: ClassVar[list[migrations.RunPython]] = [migrations.RunPython(load, migrations.RunPython.noop)]
