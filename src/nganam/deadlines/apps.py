"""Registers the room with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_noop

from nganam.face import telling


class DeadlinesConfig(AppConfig):
    """Thời hạn."""

    name = "nganam.deadlines"
    label = "deadlines"
    verbose_name = "Thời hạn"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions, and how days of the calendar are called."""
        from nganam.deadlines import events  # noqa: F401, PLC0415 - needs the app registry

        telling.sentences(gettext_noop("Ngày nghỉ (thay cho ngày %(date)s)"))
