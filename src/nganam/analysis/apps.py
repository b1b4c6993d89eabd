"""Registers the room with Django."""

from django.apps import AppConfig


class AnalysisConfig(AppConfig):
    """Phân tích dữ liệu."""

    name = "nganam.analysis"
    label = "analysis"
    verbose_name = "Phân tích dữ liệu"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions."""
        from nganam.analysis import events  # noqa: F401, PLC0415 - needs the app registry
