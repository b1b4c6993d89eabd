"""Registers the room with Django."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Danh mục CSDL dùng chung."""

    name = "nganam.catalogue"
    label = "catalogue"
    verbose_name = "Danh mục CSDL dùng chung"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions, and how its machines are conducted."""
        from nganam.catalogue import conduct, events  # noqa: F401, PLC0415 - need the app registry
