"""Tables: platforms, the services they offer us, who of ours may call them, who of theirs calls in."""

from datetime import datetime
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

__all__ = ["Access", "BeyondService", "Member", "Platform"]


class Platform(models.Model):
    """A platform beyond the province. Its secrets are files of the gateway or of the platform's keys, never here.

    What is empty is not known. ``addresses`` are the checked addresses of each host name, as the gateway connects;
    ``reminded_days`` is the nearest stage at which the end of our certificate was told; ``public_jwk`` is the key that
    signs our assertions, its private part a file.
    """

    class Kind(models.TextChoices):
        """How we speak to it."""

        XROAD = "xroad", _("X-Road REST (chứng thư mTLS, X-Road-Client)")
        OAUTH = "oauth", _("REST có mã truy cập OAuth 2.0 (client_credentials)")

    class Proof(models.TextChoices):
        """How we prove ourselves at its token endpoint."""

        KEY = "private_key_jwt", _("Khóa của LGSP ký (private_key_jwt)")
        SECRET = "client_secret", _("Mã bí mật (consumer key, consumer secret)")

    class Naming(models.TextChoices):
        """Where a certificate that comes in names its holder."""

        URI = "uri", _("URI trong SAN của chứng thư")
        DNS = "dns", _("Tên miền trong SAN của chứng thư")
        SUBJECT = "subject", _("Chủ thể (subject) của chứng thư")

    code = models.CharField(_("Mã nền tảng"), max_length=20, unique=True, editable=False)
    title = models.CharField(_("Tên nền tảng"), max_length=200, unique=True)
    kind = models.CharField(_("Kiểu kết nối"), max_length=10, choices=Kind.choices, default=Kind.XROAD)
    instance = models.CharField(_("Mã instance"), max_length=40, blank=True)
    endpoints = models.JSONField(_("Địa chỉ"), default=list, blank=True)
    ca = models.TextField(_("Chứng thư gốc của nền tảng (PEM)"), blank=True)
    client = models.CharField(_("Định danh của LGSP tỉnh tại nền tảng (X-Road-Client)"), max_length=200, blank=True)
    token_url = models.CharField(_("Địa chỉ lấy mã truy cập"), max_length=300, blank=True)
    client_id = models.CharField(_("Mã khách (client_id, consumer key)"), max_length=200, blank=True)
    proof = models.CharField(_("Cách chứng minh"), max_length=20, choices=Proof.choices, blank=True)
    scope = models.CharField(_("Phạm vi (scope)"), max_length=300, blank=True)
    timeout_seconds = models.PositiveSmallIntegerField(
        _("Thời gian chờ (giây)"), default=20, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    concurrent = models.PositiveSmallIntegerField(
        _("Cuộc gọi cùng lúc"), default=64, validators=[MinValueValidator(1), MaxValueValidator(1000)]
    )
    incoming_host = models.CharField(_("Tên miền bên ngoài gọi vào"), max_length=200, blank=True)
    incoming_ca = models.TextField(_("Chứng thư gốc được tin khi gọi vào (PEM)"), blank=True)
    incoming_naming = models.CharField(
        _("Nơi chứng thư nêu bên gọi"), max_length=10, choices=Naming.choices, blank=True
    )
    incoming_platform = models.CharField(_("Tên trong chứng thư của chính nền tảng"), max_length=300, blank=True)
    note = models.TextField(_("Căn cứ, nguồn của các giá trị"), blank=True)
    certificate_until = models.DateTimeField(_("Chứng thư của LGSP hết hạn lúc"), null=True, blank=True, editable=False)
    reminded_days = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    secret_at = models.DateTimeField(_("Mã bí mật đặt lúc"), null=True, blank=True, editable=False)
    public_jwk = models.JSONField(null=True, blank=True, editable=False)
    token_until = models.DateTimeField(_("Mã truy cập dùng đến"), null=True, blank=True, editable=False)
    token_after = models.DateTimeField(null=True, blank=True, editable=False)
    token_fault = models.CharField(_("Lỗi lấy mã truy cập"), max_length=300, blank=True, editable=False)
    outgoing_at = models.DateTimeField(_("Gọi ra từ"), null=True, blank=True, editable=False)
    incoming_at = models.DateTimeField(_("Nhận vào từ"), null=True, blank=True, editable=False)
    addresses = models.JSONField(default=dict, blank=True, editable=False)
    resolved_at = models.DateTimeField(_("Kiểm tra địa chỉ lúc"), null=True, blank=True, editable=False)
    fault = models.CharField(_("Lỗi địa chỉ"), max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(_("Khai báo lúc"), editable=False)
    updated_at = models.DateTimeField(_("Sửa lúc"), editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        """By code; a name is called into once."""

        verbose_name = _("Nền tảng ngoài tỉnh")
        ordering: ClassVar[list[str]] = ["code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["incoming_host"], condition=~models.Q(incoming_host=""), name="lgsp_platform_host_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        """Return the operator's page."""
        return reverse("lgsp:platform", args=[self.code])


class BeyondService(models.Model):
    """A service of a platform as our gateway offers it: at its own X-Road address, with the operations named here."""

    code = models.CharField(_("Mã"), max_length=20, unique=True, editable=False)
    platform = models.ForeignKey(Platform, models.PROTECT, related_name="services", verbose_name=_("Nền tảng"))
    external = models.ForeignKey(
        "sharing.ExternalService", models.PROTECT, related_name="beyond", verbose_name=_("Dịch vụ ngoài tỉnh")
    )
    identifier = models.CharField(_("Định danh (CLASS/MEMBER/SUBSYSTEM/SERVICE)"), max_length=200)
    base = models.CharField(_("Đường dẫn tại nền tảng"), max_length=300, blank=True)
    operations = models.JSONField(_("Thao tác"), default=list)
    rate_per_minute = models.PositiveIntegerField(_("Giới hạn cuộc gọi mỗi phút"), default=600)
    entered_at = models.DateTimeField(_("Đưa vào lúc"))
    updated_at = models.DateTimeField(_("Sửa lúc"))
    ended_at = models.DateTimeField(_("Ngừng lúc"), null=True, blank=True)
    end_reason = models.TextField(_("Lý do ngừng"), blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        """By platform and identifier, each in use once."""

        verbose_name = _("Dịch vụ của nền tảng ngoài tỉnh")
        ordering: ClassVar[list[str]] = ["platform__code", "identifier", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["platform", "identifier"], condition=models.Q(ended_at__isnull=True),
                name="lgsp_beyond_identifier_once",
            ),
            models.UniqueConstraint(
                fields=["external"], condition=models.Q(ended_at__isnull=True), name="lgsp_beyond_external_once"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} {self.identifier}"


class Access(models.Model):
    """An application of the province may call a service beyond it, by an approved proposal; one opens one at a time."""

    service = models.ForeignKey(BeyondService, models.PROTECT, related_name="accesses", verbose_name=_("Dịch vụ"))
    outbound = models.ForeignKey(
        "sharing.Outbound", models.PROTECT, related_name="accesses", verbose_name=_("Đề xuất ngoài tỉnh")
    )
    opened_at = models.DateTimeField(_("Mở lúc"))
    opened_by = models.CharField(_("Người mở"), max_length=200)
    ended_at = models.DateTimeField(_("Đóng lúc"), null=True, blank=True)
    end_reason = models.TextField(_("Lý do đóng"), blank=True)

    class Meta:
        """Newest first."""

        verbose_name = _("Quyền gọi dịch vụ ngoài tỉnh")
        ordering: ClassVar[list[str]] = ["-opened_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["outbound"], condition=models.Q(ended_at__isnull=True), name="lgsp_access_outbound_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.outbound_id} {self.service_id}"


class Member(models.Model):
    """An application of an outside agency that calls in through a platform; what it reaches its accounts say."""

    platform = models.ForeignKey(Platform, models.PROTECT, related_name="members", verbose_name=_("Nền tảng"))
    application = models.ForeignKey(
        "sharing.Application", models.PROTECT, related_name="memberships", verbose_name=_("Ứng dụng")
    )
    client = models.CharField(_("Định danh tại nền tảng (X-Road-Client)"), max_length=200)
    named = models.CharField(_("Tên trong chứng thư"), max_length=300, blank=True)
    admitted_at = models.DateTimeField(_("Ghi nhận lúc"))
    admitted_by = models.CharField(_("Người ghi nhận"), max_length=200)
    ended_at = models.DateTimeField(_("Ngừng lúc"), null=True, blank=True)
    end_reason = models.TextField(_("Lý do ngừng"), blank=True)

    class Meta:
        """Newest first; on a platform a name is one member's, and an application one member."""

        verbose_name = _("Bên gọi từ nền tảng ngoài tỉnh")
        ordering: ClassVar[list[str]] = ["-admitted_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["platform", "client"], condition=models.Q(ended_at__isnull=True), name="lgsp_member_client_once"
            ),
            models.UniqueConstraint(
                fields=["platform", "named"], condition=models.Q(ended_at__isnull=True) & ~models.Q(named=""),
                name="lgsp_member_named_once",
            ),
            models.UniqueConstraint(
                fields=["platform", "application"], condition=models.Q(ended_at__isnull=True),
                name="lgsp_member_application_once",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.platform_id} {self.client}"

    def is_live(self, at: datetime) -> bool:
        """Say whether it may call at ``at``."""
        return self.ended_at is None or at < self.ended_at
