"""Registers the room with Django."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Thông báo."""

    name = "nganam.notices"
    label = "notices"
    verbose_name = "Thông báo"
    default_auto_field = "django.db.models.BigAutoField"
