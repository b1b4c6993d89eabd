"""Registers the room with Django."""

from django.apps import AppConfig

from nganam.face import telling


class CasesConfig(AppConfig):
    """Hồ sơ."""

    name = "nganam.cases"
    label = "cases"
    verbose_name = "Hồ sơ"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the audit actions; let kept notices be told in English: by the words of machines and clocks."""
        from nganam.cases import events, reminders, words  # noqa: F401, PLC0415 - after the models

        telling.words(words.of_machines)
        telling.words(words.of_terms)
        telling.sentences(*reminders.SENTENCES)
