"""Registers the room with Django."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """Thống kê, báo cáo."""

    name = "nganam.reporting"
    label = "reporting"
    verbose_name = "Thống kê, báo cáo"
    default_auto_field = "django.db.models.BigAutoField"
