"""Tables of the open tier: which services are in it, and the keys that raise its limit."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class OpenTier(models.Model):
    """A service offered to everybody: the fields, the limits, who offered, opened and closed it. Never removed."""

    class State(models.TextChoices):
        """How it stands."""

        OFFERED = "offered", _("Chờ duyệt")
        OPEN = "open", _("Đang mở")
        CLOSED = "closed", _("Đã đóng")

    code = models.CharField(_("Mã"), max_length=20, unique=True, editable=False)
    service = models.ForeignKey(
        "services.Service", models.PROTECT, related_name="open_tiers", verbose_name=_("Dịch vụ")
    )
    state = models.CharField(_("Trạng thái"), max_length=10, choices=State.choices, default=State.OFFERED)
    fields = models.JSONField(_("Mục tin mở"), default=list)
    per_minute = models.PositiveIntegerField(_("Cuộc gọi mỗi phút của một địa chỉ, không khóa"), default=30)
    per_minute_together = models.PositiveIntegerField(_("Cuộc gọi mỗi phút của mọi địa chỉ, không khóa"), default=600)
    key_per_minute = models.PositiveIntegerField(_("Cuộc gọi mỗi phút của một khóa"), default=300)
    key_per_day = models.PositiveIntegerField(_("Cuộc gọi mỗi ngày của một khóa"), default=20_000)
    note = models.TextField(_("Lý do mở"))
    offered_at = models.DateTimeField(_("Đề nghị lúc"))
    offered_by = models.CharField(_("Người đề nghị"), max_length=200)
    offered_by_code = models.CharField(max_length=150)
    opened_at = models.DateTimeField(_("Mở lúc"), null=True, blank=True)
    opened_by = models.CharField(_("Người duyệt"), max_length=200, blank=True)
    closed_at = models.DateTimeField(_("Đóng lúc"), null=True, blank=True)
    closed_by = models.CharField(_("Người đóng"), max_length=200, blank=True)
    close_reason = models.TextField(_("Lý do đóng"), blank=True)

    class Meta:
        """Newest first; a service has one that is not closed."""

        verbose_name = _("Tầng mở")
        ordering: ClassVar[list[str]] = ["-offered_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["service"], condition=~models.Q(state="closed"), name="lgsp_one_open_tier"
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} {self.service_id}"

    def get_absolute_url(self) -> str:
        """Return the officers' page of the service's tier."""
        return f"/tang-mo/{self.service.code}/"

    @property
    def is_open(self) -> bool:
        """Say whether it was opened and not closed."""
        return self.state == self.State.OPEN


class OpenKey(models.Model):
    """A key of the open tier. The key itself is a signed text that is kept nowhere; ``code`` stands in it."""

    code = models.CharField(_("Mã khóa"), max_length=40, unique=True)
    holder = models.CharField(_("Người nhận"), max_length=200)
    holder_code = models.CharField(max_length=150, db_index=True)
    agency = models.CharField(_("Cơ quan"), max_length=40, blank=True)
    purpose = models.CharField(_("Dùng cho"), max_length=200)
    created_at = models.DateTimeField(_("Cấp lúc"))
    expires_at = models.DateTimeField(_("Hết hạn lúc"))
    revoked_at = models.DateTimeField(_("Thu hồi lúc"), null=True, blank=True)
    revoked_by = models.CharField(_("Người thu hồi"), max_length=200, blank=True)

    class Meta:
        """Newest first."""

        verbose_name = _("Khóa truy cập mở")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.code

    def is_live(self, at: datetime) -> bool:
        """Say whether it raises the limit at ``at``."""
        return self.revoked_at is None and at < self.expires_at
