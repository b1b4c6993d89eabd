"""Tables: notices to people, the outbox of events, mails."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """An in-app notice to one person, or to everybody of an agency, of a role, or of a role at an agency."""

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(_("Lúc"), db_index=True)
    title = models.CharField(_("Tiêu đề"), max_length=300)
    body = models.TextField(_("Nội dung"), blank=True)
    link = models.CharField(_("Liên kết"), max_length=500, blank=True)
    person = models.CharField(_("Mã người nhận"), max_length=150, blank=True)
    agency = models.CharField(_("Cơ quan nhận"), max_length=40, blank=True)
    role = models.CharField(_("Vai trò nhận"), max_length=20, blank=True)
    event = models.CharField(_("Sự kiện"), max_length=100, blank=True)

    class Meta:
        """Newest first; a notice is addressed to somebody."""

        verbose_name = _("Thông báo")
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~models.Q(person="", agency="", role=""), name="notices_notice_addressed")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "agency", "role", "-at"], name="notices_notice_inbox")
        ]

    def __str__(self) -> str:
        return self.title


class Read(models.Model):
    """That a person has read a notice: one notice to an agency is read by each of its people."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="reads")
    person = models.CharField(_("Mã người đọc"), max_length=150)
    at = models.DateTimeField(_("Đọc lúc"))

    class Meta:
        """Once for each person."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["person", "notice"], name="notices_read_once")
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.notice_id}"


class OutboxEvent(models.Model):
    """What a room announced, written in the transaction of the deed; handed to the reactions afterwards."""

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(_("Lúc"))
    event = models.CharField(_("Sự kiện"), max_length=100)
    object_type = models.CharField(_("Loại đối tượng"), max_length=60)
    object_code = models.CharField(_("Mã đối tượng"), max_length=120)
    payload = models.JSONField(_("Nội dung"), default=dict)
    dispatched_at = models.DateTimeField(_("Đã giao lúc"), null=True, blank=True)

    class Meta:
        """Oldest first."""

        verbose_name = _("Sự kiện chờ giao")
        ordering: ClassVar[list[str]] = ["pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["at"], condition=models.Q(dispatched_at__isnull=True), name="notices_outbox_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.object_code}"


class Mail(models.Model):
    """A mail to send, sent, or given up."""

    class State(models.TextChoices):
        """Where the mail stands."""

        WAITING = "waiting", _("Chờ gửi")
        SENT = "sent", _("Đã gửi")
        FAILED = "failed", _("Không gửi được")

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(_("Lúc"))
    to = models.EmailField(_("Người nhận"))
    subject = models.CharField(_("Tiêu đề"), max_length=300)
    body = models.TextField(_("Nội dung"))
    state = models.CharField(_("Trạng thái"), max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("Số lần gửi"), default=0)
    sent_at = models.DateTimeField(_("Gửi lúc"), null=True, blank=True)
    error = models.CharField(_("Lỗi"), max_length=300, blank=True)

    class Meta:
        """Newest first."""

        verbose_name = _("Thư")
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.to}: {self.subject}"
