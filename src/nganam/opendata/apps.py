"""Registers the room with Django."""

from django.apps import AppConfig


class OpendataConfig(AppConfig):
    """Dữ liệu mở."""

    name = "nganam.opendata"
    label = "opendata"
    verbose_name = "Dữ liệu mở"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions, and how its machines are conducted."""
        from nganam.opendata import conduct, events, readers  # noqa: F401, PLC0415 - need the app registry
        from nganam.warehouse.contracting import declare_readers  # noqa: PLC0415 - as above

        declare_readers(readers.readers_of)
