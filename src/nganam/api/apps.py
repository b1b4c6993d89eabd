"""Registers the room with Django."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """API."""

    name = "nganam.api"
    label = "api"
    verbose_name = "API"
    default_auto_field = "django.db.models.BigAutoField"
