"""Registers the room with Django."""

from django.apps import AppConfig


class LineageConfig(AppConfig):
    """Dòng dữ liệu."""

    name = "nganam.lineage"
    label = "lineage"
    verbose_name = "Dòng dữ liệu"
    default_auto_field = "django.db.models.BigAutoField"
