"""Registers the room with Django."""

from django.apps import AppConfig

from nganam.face import telling


class WarehouseConfig(AppConfig):
    """Kho dữ liệu dùng chung."""

    name = "nganam.warehouse"
    label = "warehouse"
    verbose_name = "Kho dữ liệu dùng chung"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions and local terms, and what its notices say."""
        from nganam.deadlines.terms import declare_local  # noqa: PLC0415
        from nganam.warehouse import events, told  # noqa: F401, PLC0415 - needs the app registry
        from nganam.warehouse.contracting import declare_readers  # noqa: PLC0415
        from nganam.warehouse.terms import FILES  # noqa: PLC0415
        from nganam.warehouse.transforms.readers import reading  # noqa: PLC0415

        telling.sentences(*told.SENTENCES)
        declare_readers(reading)
        declare_local(FILES)
