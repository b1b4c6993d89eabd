"""Tables of snapshots: one row for each publication, and who holds the gateway to an older one."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class GatewaySnapshot(models.Model):
    """One publication: its number, its digest over all files, what caused it, and what became of it."""

    class State(models.TextChoices):
        """What became of a snapshot."""

        IN_FORCE = "in_force", _("Đang hiệu lực")
        REPLACED = "replaced", _("Đã thay")
        REFUSED = "refused", _("Bị từ chối trước khi áp dụng")
        REJECTED = "rejected", _("Bị cổng từ chối, đã quay lại")

    number = models.PositiveBigIntegerField(_("Số"), unique=True)
    at = models.DateTimeField(_("Thời gian"))
    state = models.CharField(_("Trạng thái"), max_length=10, choices=State.choices)
    digest = models.CharField(_("Mã băm"), max_length=64)
    actor_name = models.CharField(_("Người công bố"), max_length=200)
    restores = models.PositiveBigIntegerField(_("Theo bản"), null=True)
    causes = models.JSONField(_("Do"), default=list)
    audit_seq = models.PositiveBigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    problem = models.TextField(_("Lý do từ chối"), blank=True)

    class Meta:
        """Newest first; one in force."""

        verbose_name = _("Bản cấu hình LGSP")
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="in_force"), name="lgsp_snapshot_one_in_force"
            )
        ]

    def __str__(self) -> str:
        return str(self.number)

    @property
    def was_good(self) -> bool:
        """Say whether the gateway has served under it."""
        return self.state in {self.State.IN_FORCE, self.State.REPLACED}


class SnapshotPin(models.Model):
    """The gateway is held to an older snapshot until somebody lets it go on."""

    snapshot = models.ForeignKey(GatewaySnapshot, models.PROTECT, related_name="pins")
    reason = models.TextField(_("Lý do"))
    pinned_at = models.DateTimeField(_("Từ lúc"))
    pinned_by = models.CharField(_("Người giữ"), max_length=200)
    is_live = models.BooleanField(default=True)
    released_at = models.DateTimeField(_("Bỏ lúc"), null=True)
    released_by = models.CharField(_("Người bỏ"), max_length=200, blank=True)

    class Meta:
        """Newest first; one at a time."""

        verbose_name = _("Giữ bản cấu hình")
        ordering: ClassVar[list[str]] = ["-pinned_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["is_live"], condition=models.Q(is_live=True), name="lgsp_snapshot_one_pin")
        ]

    def __str__(self) -> str:
        return f"{self.snapshot} {self.reason}"
