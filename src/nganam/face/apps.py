"""Registers the room with Django."""

from django.apps import AppConfig


class FaceConfig(AppConfig):
    """Giao diện."""

    name = "nganam.face"
    label = "face"
    verbose_name = "Giao diện"
    default_auto_field = "django.db.models.BigAutoField"
