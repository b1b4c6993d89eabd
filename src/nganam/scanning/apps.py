"""Registers the room with Django."""

from django.apps import AppConfig

from nganam.face import telling


class ScanningConfig(AppConfig):
    """Rà quét."""

    name = "nganam.scanning"
    label = "scanning"
    verbose_name = "Rà quét"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions, and what its notices say."""
        from nganam.scanning import events  # noqa: F401, PLC0415 - needs the app registry

        telling.sentences("Phát hiện dấu hiệu bí mật nhà nước trong “%(code)s”")
