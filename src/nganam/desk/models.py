"""Tables of the desk: what an officer set up for themselves. Nothing here says anything of a case."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Place(models.TextChoices):
    """The lists a view of one's own may be of; the value is the name of the page."""

    CASES = "desk:cases", _("Hồ sơ")
    OVERSIGHT = "desk:oversight", _("Đôn đốc")


class SavedView(models.Model):
    """A list as somebody wants to see it again: its filters, under a name of their own."""

    person = models.ForeignKey("accounts.Person", models.CASCADE, related_name="saved_views")
    name = models.CharField(_("Tên"), max_length=60)
    place = models.CharField(_("Trang"), max_length=20, choices=Place.choices, default=Place.CASES)
    query = models.CharField(_("Bộ lọc"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("Lưu lúc"))

    class Meta:
        """By name; one person's names differ."""

        verbose_name = _("Bộ lọc đã lưu")
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "name"], name="desk_saved_view_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class Feed(models.Model):
    """An address at which a calendar program reads an officer's deadlines; its secret is kept as a hash only."""

    person = models.ForeignKey("accounts.Person", models.CASCADE, related_name="feeds")
    agency = models.CharField(_("Làm việc cho cơ quan"), max_length=40)
    name = models.CharField(_("Dùng cho"), max_length=80)
    prefix = models.CharField(_("Đầu mã"), max_length=20, unique=True)
    hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(_("Tạo lúc"))
    last_used_at = models.DateTimeField(_("Đọc lần cuối"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("Thu hồi lúc"), null=True, blank=True)

    class Meta:
        """Newest first."""

        verbose_name = _("Lịch thời hạn")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.prefix


class DigestChoice(models.Model):
    """How often somebody wants their work by mail; without a row: every working day."""

    class Often(models.TextChoices):
        """How often."""

        DAILY = "daily", _("Mỗi ngày làm việc")
        WEEKLY = "weekly", _("Ngày làm việc đầu tuần")
        NEVER = "never", _("Không gửi")

    person = models.OneToOneField("accounts.Person", models.CASCADE, related_name="digest_choice")
    often = models.CharField(_("Thư tóm tắt công việc"), max_length=6, choices=Often.choices, default=Often.DAILY)

    def __str__(self) -> str:
        return self.often


class Digest(models.Model):
    """That somebody was sent the mail of a day: once, however often the job runs."""

    person = models.ForeignKey("accounts.Person", models.CASCADE, related_name="digests")
    on = models.DateField(_("Ngày"))

    class Meta:
        """Once a day."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "on"], name="desk_digest_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.on:%d/%m/%Y}"
