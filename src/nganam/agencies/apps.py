"""Registers the room with Django."""

from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    """Cơ quan."""

    name = "nganam.agencies"
    label = "agencies"
    verbose_name = "Cơ quan"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions, and how its machines are conducted."""
        from nganam.agencies import conduct, events  # noqa: F401, PLC0415 - need the app registry
