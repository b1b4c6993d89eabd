"""Registers the room with Django."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Bàn làm việc."""

    name = "nganam.desk"
    label = "desk"
    verbose_name = "Bàn làm việc"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions and its local terms."""
        from nganam.deadlines.terms import declare_local  # noqa: PLC0415 - needs the app registry
        from nganam.desk import events, terms  # noqa: F401, PLC0415

        declare_local(terms.SOON, terms.PAST)
