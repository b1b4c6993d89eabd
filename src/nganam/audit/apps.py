"""Registers the room with Django."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Nhật ký nghiệp vụ."""

    name = "nganam.audit"
    label = "audit"
    verbose_name = "Nhật ký nghiệp vụ"
    default_auto_field = "django.db.models.BigAutoField"
