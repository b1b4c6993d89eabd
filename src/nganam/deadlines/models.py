"""Tables: days that differ from the week, local terms, running clocks."""

from typing import ClassVar

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _


def _in_force(vi: str, en: str) -> str:
    return en if (translation.get_language() or "vi").startswith("en") else vi


class CalendarDay(models.Model):
    """A day that differs from the ordinary week: a weekday off, or a weekend day worked in exchange."""

    class Kind(models.TextChoices):
        """What the day is."""

        OFF = "off", _("Ngày nghỉ")
        WORKING = "working", _("Ngày làm bù")

    day = models.DateField(_("Ngày"), unique=True)
    kind = models.CharField(_("Loại"), max_length=8, choices=Kind.choices)
    name = models.CharField(_("Tên"), max_length=120)

    class Meta:
        """In order of date."""

        verbose_name = _("Ngày trong lịch")
        ordering: ClassVar[list[str]] = ["day"]

    def __str__(self) -> str:
        return f"{self.day:%d/%m/%Y} {self.name}"


class LocalTerm(models.Model):
    """A number of days chosen locally for a step the law leaves open; always shown as "nội bộ"."""

    class Unit(models.TextChoices):
        """How the days are counted."""

        WORKING_DAYS = "working_days", _("ngày làm việc")
        DAYS = "days", _("ngày")
        MONTHS = "months", _("tháng")

    key = models.SlugField(_("Khóa"), max_length=60, unique=True)
    value = models.PositiveSmallIntegerField(_("Số lượng"))
    unit = models.CharField(_("Đơn vị"), max_length=12, choices=Unit.choices, default=Unit.WORKING_DAYS)
    vi = models.CharField(_("Tên bước"), max_length=200)
    en = models.CharField(_("Tên tiếng Anh"), max_length=200)

    class Meta:
        """In order of key."""

        verbose_name = _("Thời hạn nội bộ")
        ordering: ClassVar[list[str]] = ["key"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(value__gte=1), name="deadlines_local_term_positive")
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def label(self) -> str:
        """Return the step's name in the language in force."""
        return _in_force(self.vi, self.en)


class Clock(models.Model):
    """One running or stopped clock of one thing; ``due_on`` is the last day on which the deed is in time."""

    key = models.CharField(_("Khóa"), max_length=60)
    object_type = models.CharField(_("Loại đối tượng"), max_length=60)
    object_code = models.CharField(_("Mã đối tượng"), max_length=120)
    agency = models.CharField(_("Cơ quan phải làm"), max_length=40, blank=True)
    rules = models.CharField(_("Phiên bản quy định"), max_length=10)
    value = models.CharField(_("Thời hạn"), max_length=10)
    unit = models.CharField(_("Đơn vị"), max_length=12)
    article = models.CharField(_("Căn cứ"), max_length=60)
    is_local = models.BooleanField(_("Nội bộ"), default=False)
    vi = models.CharField(_("Tên thời hạn"), max_length=200)
    en = models.CharField(_("Tên tiếng Anh"), max_length=200)
    started_at = models.DateTimeField(_("Bắt đầu"))
    due_on = models.DateField(_("Hạn"))
    stopped_at = models.DateTimeField(_("Dừng"), null=True, blank=True)
    warned_at = models.DateTimeField(_("Đã nhắc sắp hết hạn"), null=True, blank=True)
    overdue_told_at = models.DateTimeField(_("Đã báo quá hạn"), null=True, blank=True)

    class Meta:
        """Nearest due first; a key runs at most once for one thing."""

        verbose_name = _("Đồng hồ thời hạn")
        ordering: ClassVar[list[str]] = ["due_on", "started_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["key", "object_type", "object_code"],
                condition=models.Q(stopped_at__isnull=True),
                name="deadlines_clock_runs_once",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["object_type", "object_code"], name="deadlines_clock_object"),
            models.Index(
                fields=["agency", "due_on"], condition=models.Q(stopped_at__isnull=True), name="deadlines_clock_open"
            ),
            models.Index(
                fields=["due_on", "started_at"], condition=models.Q(stopped_at__isnull=True),
                name="deadlines_clock_nearest",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.object_code} {self.key} {self.due_on:%d/%m/%Y}"

    @property
    def label(self) -> str:
        """Return the clock's name in the language in force."""
        return _in_force(self.vi, self.en)

    @property
    def is_running(self) -> bool:
        """Say whether the clock has not been stopped."""
        return self.stopped_at is None
