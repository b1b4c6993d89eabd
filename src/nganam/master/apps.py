"""Registers the room with Django."""

from django.apps import AppConfig


class MasterConfig(AppConfig):
    """Dữ liệu chủ."""

    name = "nganam.master"
    label = "master"
    verbose_name = "Dữ liệu chủ"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions."""
        from nganam.master import events  # noqa: F401, PLC0415 - needs the app registry
