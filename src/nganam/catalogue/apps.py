"""Registers the room with Django."""

from django.apps import AppConfig

from nganam.face import telling


class CatalogueConfig(AppConfig):
    """Danh mục CSDL dùng chung."""

    name = "nganam.catalogue"
    label = "catalogue"
    verbose_name = "Danh mục CSDL dùng chung"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions, its sentences, and how its machines are conducted."""
        from nganam.catalogue import conduct, events, told  # noqa: F401, PLC0415 - need the app registry

        telling.sentences(*told.SENTENCES)
