"""Registers the room with Django."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Cổng dữ liệu."""

    name = "nganam.portal"
    label = "portal"
    verbose_name = "Cổng dữ liệu"
    default_auto_field = "django.db.models.BigAutoField"
