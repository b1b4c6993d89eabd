"""Registers the room with Django."""

from django.apps import AppConfig

from nganam.face import telling


class SharingConfig(AppConfig):
    """Chia sẻ dữ liệu."""

    name = "nganam.sharing"
    label = "sharing"
    verbose_name = "Chia sẻ dữ liệu"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions and local terms, and how its machines are conducted."""
        from nganam.deadlines.terms import declare_local  # noqa: PLC0415 - these need the app registry
        from nganam.sharing import conduct, events, told  # noqa: F401, PLC0415
        from nganam.sharing.accounts.reminders import STAGES  # noqa: PLC0415
        from nganam.sharing.accounts.succeeding import TAKEOVER  # noqa: PLC0415
        from nganam.sharing.agreements import terms  # noqa: F401, PLC0415 - as above
        from nganam.sharing.agreements.defaulting import LISTED  # noqa: PLC0415
        from nganam.sharing.outside.terms import TERMS as OUTSIDE  # noqa: PLC0415
        from nganam.sharing.sandbox.operations import TERM  # noqa: PLC0415
        from nganam.sharing.suspensions.terms import TERMS  # noqa: PLC0415

        declare_local(*STAGES, *TERMS, *OUTSIDE, TERM, TAKEOVER)
        telling.sentences(
            "Tài khoản %(code)s", "%(code)s: bị từ chối, gửi để biết", "%(code)s: bị từ chối một phần, gửi để biết",
            LISTED, *told.SENTENCES,
        )  # fmt: skip
