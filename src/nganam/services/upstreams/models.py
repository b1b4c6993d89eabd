"""Table of agencies' own systems."""

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Upstream(models.Model):
    """An agency's REST or SOAP system that services are answered by. Its credential is a file of the gateway, not here.

    ``contract`` is ``{"columns", "operations", "records", "envelope", "soap"}``; ``addresses`` the checked addresses of
    each host name, as the gateway connects to them.
    """

    class Answers(models.TextChoices):
        """How far the platform can see what the system answers."""

        JSON = "json", _("JSON, lọc theo mục tin được cấp")
        WHOLE = "whole", _("Chuyển nguyên, không lọc (SOAP, tệp)")

    code = models.CharField(_("Mã hệ thống"), max_length=20, unique=True, editable=False)
    agency = models.ForeignKey("agencies.Agency", models.PROTECT, related_name="upstreams", verbose_name=_("Cơ quan"))
    database = models.ForeignKey(
        "catalogue.SharedDatabase", models.PROTECT, null=True, blank=True, related_name="upstreams",
        verbose_name=_("Cơ sở dữ liệu dùng chung"),
    )  # fmt: skip
    title = models.CharField(_("Tên hệ thống"), max_length=200)
    endpoints = models.JSONField(_("Địa chỉ"), default=list)
    answers = models.CharField(_("Câu trả lời"), max_length=10, choices=Answers.choices, default=Answers.JSON)
    contract = models.JSONField(_("Thao tác và mục tin"), default=dict)
    headers = models.JSONField(_("Đầu mục gửi kèm"), default=dict, blank=True)
    credential_header = models.CharField(_("Đầu mục mang khóa"), max_length=60, blank=True)
    credential_prefix = models.CharField(_("Tiền tố trước khóa"), max_length=40, blank=True)
    credential_at = models.DateTimeField(_("Khóa đặt lúc"), null=True, blank=True, editable=False)
    ca = models.TextField(_("Chứng thư của cơ quan chứng thực riêng (PEM)"), blank=True)
    timeout_seconds = models.PositiveSmallIntegerField(_("Thời gian chờ (giây)"), default=15)
    concurrent = models.PositiveSmallIntegerField(_("Cuộc gọi cùng lúc"), default=64)
    failures = models.PositiveSmallIntegerField(_("Số lỗi liền trước khi tạm bỏ một địa chỉ"), default=5)
    health_path = models.CharField(_("Đường dẫn kiểm tra sức khỏe"), max_length=200, blank=True)
    large = models.BooleanField(_("Nhận nội dung gửi lên tới 32 MiB"), default=False)
    addresses = models.JSONField(default=dict, blank=True, editable=False)
    resolved_at = models.DateTimeField(_("Kiểm tra địa chỉ lúc"), null=True, blank=True, editable=False)
    fault = models.CharField(_("Lỗi địa chỉ"), max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(_("Khai báo lúc"), editable=False)
    updated_at = models.DateTimeField(_("Sửa lúc"), editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        """By code; a name once per agency."""

        verbose_name = _("Hệ thống của cơ quan")
        ordering: ClassVar[list[str]] = ["code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agency", "title"], name="services_upstream_title_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        """Return the officers' page."""
        return reverse("services:upstream", args=[self.code])
