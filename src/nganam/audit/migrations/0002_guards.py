"""Append-only in the database itself: triggers refuse UPDATE, DELETE and TRUNCATE; the head row is made here."""

from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from nganam.audit import guards


def install(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the head row and the triggers."""
    apps.get_model("audit", "Head").objects.get_or_create(pk=1)
    guards.install(editor.connection)


def remove(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers."""
    guards.remove(editor.connection)


class Migration(migrations.Migration):
    """Follows the tables."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("audit", "0001_initial")]
    operations: ClassVar[list[migrations.RunPython]] = [migrations.RunPython(install, remove)]
