"""Registers the room with Django."""

from django.apps import AppConfig


class LgspConfig(AppConfig):
    """LGSP."""

    name = "nganam.lgsp"
    label = "lgsp"
    verbose_name = "LGSP"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the audit actions and the local term."""
        from nganam.deadlines.terms import LocalDefault, declare_local  # noqa: PLC0415
        from nganam.face import telling  # noqa: PLC0415
        from nganam.lgsp import events  # noqa: F401, PLC0415 - registering is the import's effect
        from nganam.lgsp.retention import MONTHS, TERM  # noqa: PLC0415
        from nganam.lgsp.watching.operations import SENTENCES  # noqa: PLC0415

        telling.sentences(*SENTENCES)
        declare_local(
            LocalDefault(TERM, MONTHS, "Lưu nhật ký chia sẻ dữ liệu", "Keep the exchange log", unit="months"),
        )
