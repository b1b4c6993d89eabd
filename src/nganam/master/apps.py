"""Registers the room with Django."""

from django.apps import AppConfig


class MasterConfig(AppConfig):
    """Dữ liệu chủ."""

    name = "nganam.master"
    label = "master"
    verbose_name = "Dữ liệu chủ"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions, and which columns of tables its sets read."""
        from nganam.master import events, readers  # noqa: F401, PLC0415 - need the app registry
        from nganam.warehouse.contracting import declare_readers  # noqa: PLC0415 - as above

        declare_readers(readers.readers_of)
