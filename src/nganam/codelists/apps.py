"""Registers the room with Django."""

from django.apps import AppConfig


class CodelistsConfig(AppConfig):
    """Danh mục dùng chung."""

    name = "nganam.codelists"
    label = "codelists"
    verbose_name = "Danh mục dùng chung"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions."""
        from nganam.codelists import events  # noqa: F401, PLC0415 - needs the app registry
