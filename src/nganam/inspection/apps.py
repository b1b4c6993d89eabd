"""Registers the room with Django."""

from django.apps import AppConfig


class InspectionConfig(AppConfig):
    """Kiểm tra, đánh giá."""

    name = "nganam.inspection"
    label = "inspection"
    verbose_name = "Kiểm tra, đánh giá"
    default_auto_field = "django.db.models.BigAutoField"
