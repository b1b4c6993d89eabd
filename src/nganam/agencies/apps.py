"""Registers the room with Django."""

from django.apps import AppConfig

from nganam.face import telling


class AgenciesConfig(AppConfig):
    """Cơ quan."""

    name = "nganam.agencies"
    label = "agencies"
    verbose_name = "Cơ quan"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions, its sentences, and how its machines are conducted."""
        from nganam.agencies import conduct, events, told  # noqa: F401, PLC0415 - need the app registry

        telling.sentences(*told.SENTENCES)
