"""Registers the room with Django."""

from django.apps import AppConfig

from nganam.face import telling


class DisputesConfig(AppConfig):
    """Vướng mắc."""

    name = "nganam.disputes"
    label = "disputes"
    verbose_name = "Vướng mắc"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the room's audit actions, its local terms, and how its machine is conducted."""
        from nganam.deadlines.terms import LocalDefault, declare_local  # noqa: PLC0415 - needs the app registry
        from nganam.disputes import conduct, events, told  # noqa: F401, PLC0415 - need the app registry

        telling.sentences(*told.SENTENCES)
        # D51.2d says "correct errors" and no number of days.
        # D50.2 says to carry the settlement out and no number of days: whoever settles sets the day.
        declare_local(
            LocalDefault("data_error", 5, "Sửa hoặc giải thích sai sót dữ liệu", "Correct or explain a data error"),
            LocalDefault("dispute_carry_out", 10, "Thi hành kết quả giải quyết", "Carry out the settlement"),
        )
