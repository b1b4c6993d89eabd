"""Tables: the door of a table that takes pushed records, who may push there, and the receipts."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

__all__ = ["Push", "PushDoor", "PushRight"]
UNSETTLED = ("", "received", "checking")
"""What was told of a push while something is still to come."""


class PushDoor(models.Model):
    """Where a table takes pushed records: ``/r1/…/KHO/<code>``. It stays when nobody may push any more."""

    code = models.CharField(_("Mã"), max_length=40, unique=True, editable=False)
    table = models.OneToOneField(
        "warehouse.Table", models.PROTECT, related_name="push_door", verbose_name=_("Bảng"), editable=False
    )
    opened_at = models.DateTimeField(_("Mở lúc"), editable=False)
    opened_by = models.CharField(_("Người mở"), max_length=200, editable=False)

    class Meta:
        """By code."""

        verbose_name = _("Cửa đẩy dữ liệu")
        ordering: ClassVar[list[str]] = ["code"]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        """Return the page of the table's door."""
        return reverse("lgsp:pushes", args=[self.table.code])


class PushRight(models.Model):
    """An application of the table's owner may push records into it. One that has ended stays, for the record."""

    door = models.ForeignKey(PushDoor, models.PROTECT, related_name="rights", verbose_name=_("Cửa đẩy dữ liệu"))
    application = models.ForeignKey(
        "sharing.Application", models.PROTECT, related_name="push_rights", verbose_name=_("Ứng dụng")
    )
    reason = models.CharField(_("Lý do"), max_length=500)
    granted_at = models.DateTimeField(_("Mở lúc"), editable=False)
    granted_by = models.CharField(_("Người mở"), max_length=200, editable=False)
    ended_at = models.DateTimeField(_("Đóng lúc"), null=True, blank=True, editable=False)
    ended_by = models.CharField(_("Người đóng"), max_length=200, blank=True, editable=False)
    end_reason = models.CharField(_("Lý do đóng"), max_length=500, blank=True, editable=False)

    class Meta:
        """Newest first; an application has one right at a door at a time."""

        verbose_name = _("Quyền đẩy dữ liệu")
        ordering: ClassVar[list[str]] = ["-granted_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["door", "application"], condition=Q(ended_at__isnull=True), name="lgsp_push_right_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.application} → {self.door}"

    @property
    def is_live(self) -> bool:
        """Say whether the application may push now."""
        return self.ended_at is None


class Push(models.Model):
    """A push the worker has taken: its receipt, and which lines of a load's file are its records.

    ``told`` is the state of the load the sender was last told of, "" before the first time.
    """

    receipt = models.CharField(_("Biên nhận"), max_length=32, unique=True, editable=False)
    door = models.ForeignKey(PushDoor, models.PROTECT, related_name="pushes", editable=False)
    load = models.ForeignKey("warehouse.Load", models.PROTECT, related_name="pushes", verbose_name=_("Lượt nạp"))
    consumer = models.CharField(_("Bên gửi"), max_length=80, editable=False)
    at = models.DateTimeField(_("Nhận lúc"), editable=False)
    records = models.PositiveIntegerField(_("Số bản ghi"), editable=False)
    size = models.PositiveIntegerField(_("Kích thước"), editable=False)
    digest = models.CharField(_("Mã băm nội dung"), max_length=80, editable=False)
    message_id = models.CharField(_("Mã thông điệp"), max_length=128, blank=True, editable=False)
    request_id = models.CharField(_("Mã yêu cầu"), max_length=64, blank=True, editable=False)
    first_line = models.PositiveIntegerField(default=0, editable=False)
    last_line = models.PositiveIntegerField(default=0, editable=False)
    accepted = models.PositiveIntegerField(_("Nhận"), null=True, blank=True, editable=False)
    rejected = models.PositiveIntegerField(_("Bị loại"), null=True, blank=True, editable=False)
    told = models.CharField(max_length=20, blank=True, editable=False)

    class Meta:
        """Newest first."""

        verbose_name = _("Lần đẩy dữ liệu")
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["door", "-at"], name="lgsp_push_by_door"),
            models.Index(fields=["door"], condition=Q(told__in=UNSETTLED), name="lgsp_push_unsettled"),
        ]

    def __str__(self) -> str:
        return self.receipt

    @property
    def written(self) -> int:
        """Return how many of its records are in the load's file."""
        return self.last_line - self.first_line + 1 if self.last_line else 0
