"""Registers the room with Django."""

from django.apps import AppConfig

from nganam.face import telling


class ServicesConfig(AppConfig):
    """Dịch vụ chia sẻ dữ liệu."""

    name = "nganam.services"
    label = "services"
    verbose_name = "Dịch vụ chia sẻ dữ liệu"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions and local terms, and how its machines are conducted."""
        from nganam.deadlines.terms import LocalDefault, declare_local  # noqa: PLC0415 - needs the app registry
        from nganam.services import conduct, events, openapi_tables, readers, told  # noqa: F401, PLC0415 - as above
        from nganam.warehouse.contracting import declare_readers  # noqa: PLC0415 - as above

        declare_local(
            LocalDefault("appraisal", 5, "Thẩm định dịch vụ chia sẻ dữ liệu", "Appraise a data-sharing service"),
            LocalDefault("lgsp_deploy", 3, "Triển khai, kiểm thử dịch vụ trên LGSP", "Deploy and test on the LGSP"),
            LocalDefault(
                "svc_change_notice",
                5,
                "Báo trước thay đổi lớn của dịch vụ",
                "Notice before a major change of a service",
            ),
        )
        declare_readers(readers.readers_of)
        telling.sentences(*openapi_tables.SENTENCES, *told.SENTENCES)
