"""Registers the room with Django."""

from django.apps import AppConfig


class LgspConfig(AppConfig):
    """LGSP."""

    name = "nganam.lgsp"
    label = "lgsp"
    verbose_name = "LGSP"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the audit actions and the local terms."""
        from nganam.deadlines.terms import declare_local  # noqa: PLC0415
        from nganam.face import telling  # noqa: PLC0415
        from nganam.lgsp import events  # noqa: F401, PLC0415 - registering is the import's effect
        from nganam.lgsp.open_tier import operations as open_tier  # noqa: PLC0415
        from nganam.lgsp.terms import EVERY  # noqa: PLC0415
        from nganam.lgsp.watching.operations import SENTENCES  # noqa: PLC0415

        telling.sentences(
            *SENTENCES, *open_tier.TOLD.values(), "Hết hạn ngày %(day)s; đặt chứng thư mới trước ngày đó."
        )
        declare_local(open_tier.TERM, *EVERY)
