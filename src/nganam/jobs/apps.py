"""Registers the room with Django."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Công việc nền."""

    name = "nganam.jobs"
    label = "jobs"
    verbose_name = "Công việc nền"
    default_auto_field = "django.db.models.BigAutoField"
