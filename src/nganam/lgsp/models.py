"""Tables of the room: signing keys, credentials, certificates, the exchange log."""

from datetime import date, datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from nganam.lgsp.beyond.models import Access, BeyondService, Member, Platform
from nganam.lgsp.open_tier.models import OpenKey, OpenTier
from nganam.lgsp.pushes.models import Push, PushDoor, PushRight
from nganam.lgsp.snapshots.models import GatewaySnapshot, SnapshotPin
from nganam.lgsp.watching.models import FAILED, AlertRule, Incident, IncidentNote, Promise, Tally

__all__ = [
    "Access", "AlertRule", "BeyondService", "CallCount", "Certificate", "Credential", "Delivery", "Exchange", "Failure",
    "GatewaySnapshot", "Incident", "IncidentNote", "Intake", "Member", "OpenKey", "OpenTier", "Platform", "Promise",
    "Push", "PushDoor", "PushRight", "RevokedToken", "SigningKey", "SnapshotPin", "Tally", "UsedAssertion", "Webhook",
]  # fmt: skip


class SigningKey(models.Model):
    """The public part of a token signing key; the private part is a file that only the platform reads."""

    kid = models.CharField(max_length=40, unique=True)
    public = models.JSONField()
    created_at = models.DateTimeField()
    active_from = models.DateTimeField(_("Ký từ"))
    retired_at = models.DateTimeField(_("Ngừng ký từ"), null=True, blank=True)

    class Meta:
        """Newest first."""

        verbose_name = _("Khóa ký")
        ordering: ClassVar[list[str]] = ["-active_from", "-id"]

    def __str__(self) -> str:
        return self.kid


class Credential(models.Model):
    """What an application shows to get a token (D35.3).

    A secret or an API key (kept as a keyed hash), its own public key, or a certificate of the platform's authority.
    """

    class Kind(models.TextChoices):
        """How the application proves itself."""

        SECRET = "secret", _("Mã bí mật")
        KEY = "jwk", _("Khóa công khai (private_key_jwt)")
        CERTIFICATE = "cert", _("Chứng thư TLS (mTLS)")
        API_KEY = "apikey", _("Khóa API (chỉ để đổi lấy mã)")

    account = models.ForeignKey("sharing.Account", models.PROTECT, related_name="credentials")
    kind = models.CharField(_("Loại"), max_length=10, choices=Kind.choices)
    client_id = models.CharField(_("Mã khách (client_id)"), max_length=40, unique=True)
    secret_hash = models.CharField(max_length=64, blank=True)
    public_jwk = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(_("Cấp lúc"))
    created_by = models.CharField(_("Người nhận"), max_length=200)
    valid_until = models.DateField(_("Dùng đến trước ngày"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("Thu hồi lúc"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("Lấy mã lần cuối"), null=True, blank=True)

    class Meta:
        """Newest first; a secret has a hash, a key has a key."""

        verbose_name = _("Khóa truy cập")
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["secret", "apikey"], public_jwk__isnull=True) & ~models.Q(secret_hash="")
                | models.Q(kind="jwk", public_jwk__isnull=False, secret_hash="")
                | models.Q(kind="cert", public_jwk__isnull=True, secret_hash=""),
                name="lgsp_credential_of_its_kind",
            )
        ]

    def __str__(self) -> str:
        return self.client_id

    @property
    def is_live(self) -> bool:
        """Say whether the credential has not been revoked."""
        return self.revoked_at is None

    def is_over(self, day: date) -> bool:
        """Say whether the credential's own days are over."""
        return self.valid_until is not None and day >= self.valid_until


class Certificate(models.Model):
    """A certificate the platform's authority signed for an application; its key is the application's alone.

    It names the application, not an account: with it the application opens each account that allows certificates (a
    credential of that kind). ``serial``, ``fingerprint`` and ``key_digest`` (SHA-256) are lower-case hex.
    """

    application = models.ForeignKey("sharing.Application", models.PROTECT, related_name="certificates")
    serial = models.CharField(_("Số hiệu"), max_length=40, unique=True)
    fingerprint = models.CharField(_("Dấu vân tay SHA-256"), max_length=64, unique=True)
    key_digest = models.CharField(max_length=64, db_index=True)
    identity = models.CharField(_("Định danh"), max_length=200)
    pem = models.TextField()
    issued_at = models.DateTimeField(_("Cấp lúc"))
    issued_by = models.CharField(_("Người nhận"), max_length=200)
    not_after = models.DateTimeField(_("Hết hạn lúc"))
    revoked_at = models.DateTimeField(_("Thu hồi lúc"), null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Newest first."""

        verbose_name = _("Chứng thư TLS")
        ordering: ClassVar[list[str]] = ["-issued_at", "-id"]

    def __str__(self) -> str:
        return f"{self.identity} {self.serial}"

    def is_live(self, at: datetime) -> bool:
        """Say whether it proves anybody at ``at``."""
        return self.revoked_at is None and at < self.not_after


class RevokedToken(models.Model):
    """A token its own client gave up (RFC 7009); refused at the gateway until it would have expired."""

    jti = models.CharField(max_length=64, unique=True)
    client_id = models.CharField(max_length=40)
    revoked_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.jti


class UsedAssertion(models.Model):
    """A signed assertion that has been used; kept until it would expire, so that nobody uses it again."""

    client_id = models.CharField(max_length=40)
    jti = models.CharField(max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        """Once per client, across all processes."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["client_id", "jti"], name="lgsp_assertion_once")
        ]

    def __str__(self) -> str:
        return self.jti


class Failure(models.Model):
    """Failed attempts of one caller at the token endpoint in the present minute."""

    caller = models.CharField(max_length=120, unique=True)
    minute = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.caller


class Intake(models.Model):
    """How far the evidence has been taken into rows: the index of the next entry of the log of this name."""

    log = models.CharField(max_length=200, unique=True)
    following = models.PositiveBigIntegerField(default=0)
    unreadable = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.log


class Counted(models.Manager["Exchange"]):
    """Calls, each once: not those whose own line came after they had been recovered from the journal."""

    def get_queryset(self) -> models.QuerySet["Exchange"]:
        """Leave out the replaced."""
        return super().get_queryset().filter(replaced_by__isnull=True)


class Exchange(models.Model):
    """One call through the gateway, with the five groups of D45, as the evidence's entry ``seq - 1`` says it.

    Rows are only added, until retention removes them (D45.3); they can be made again from the evidence.
    """

    class Form(models.TextChoices):
        """How data was asked for (D45a)."""

        LOOKUP = "lookup", _("Tra cứu theo khóa")
        PAGE = "page", _("Đọc từng trang")
        OTHER = "other", _("Khác")

    seq = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(_("Thời gian"), db_index=True)
    form = models.CharField(_("Hình thức"), max_length=10, choices=Form.choices)
    consumer = models.CharField(_("Bên yêu cầu"), max_length=80, blank=True)
    consumer_agency = models.CharField(_("Cơ quan yêu cầu"), max_length=40, blank=True)
    application = models.CharField(_("Ứng dụng"), max_length=40, blank=True)
    account = models.CharField(_("Tài khoản"), max_length=20, blank=True)
    client_id = models.CharField(max_length=40, blank=True)
    token_id = models.CharField(max_length=64, blank=True)
    client_address = models.CharField(max_length=60, blank=True)
    provider = models.CharField(_("Cơ quan cung cấp"), max_length=40, blank=True)
    service = models.CharField(_("Dịch vụ"), max_length=40, blank=True)
    method = models.CharField(_("Phương thức"), max_length=10)
    path = models.TextField(_("Nội dung yêu cầu"))
    status = models.PositiveSmallIntegerField(_("Trạng thái"))
    fields = models.PositiveIntegerField(_("Số mục tin"), null=True)
    records = models.PositiveIntegerField(_("Số bản ghi"), null=True)
    version = models.PositiveIntegerField(_("Phiên bản dữ liệu"), null=True)
    request_bytes = models.PositiveBigIntegerField(default=0)
    response_bytes = models.PositiveBigIntegerField(_("Byte trả về"), default=0)
    duration_ms = models.PositiveIntegerField(_("Thời gian xử lý (ms)"), default=0)
    request_id = models.CharField(_("Mã yêu cầu"), max_length=64, blank=True, db_index=True)
    message_id = models.CharField(max_length=128, blank=True)
    user_id = models.CharField(max_length=128, blank=True)
    issue = models.CharField(_("Hồ sơ"), max_length=256, blank=True)
    fault = models.CharField(_("Mã lỗi"), max_length=100, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    purpose = models.CharField(_("Mục đích"), max_length=80, blank=True)
    request_digest = models.CharField(_("Mã băm yêu cầu"), max_length=60, blank=True)
    response_digest = models.CharField(_("Mã băm câu trả lời"), max_length=60, blank=True)
    snapshot = models.PositiveBigIntegerField(_("Phiên bản cấu hình"), null=True)
    node = models.CharField(_("Nút cổng"), max_length=64, blank=True)
    is_recovered = models.BooleanField(_("Khôi phục từ nhật ký máy chủ dữ liệu"), default=False)
    replaced_by = models.PositiveBigIntegerField(null=True)
    leaf = models.CharField(_("Mã băm của mục"), max_length=64)

    objects = Counted()
    everything = models.Manager["Exchange"]()

    class Meta:
        """Monitoring asks by party and time."""

        verbose_name = _("Giao dịch chia sẻ")
        ordering: ClassVar[list[str]] = ["-seq"]
        base_manager_name = "everything"
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["service", "at"]),
            models.Index(fields=["provider", "at"]),
            models.Index(fields=["consumer_agency", "at"]),
            # Failures are few among many calls: the last ones of a year are found without reading the others.
            models.Index(fields=["at", "seq"], condition=FAILED, name="lgsp_failed"),
            models.Index(fields=["service", "at"], condition=FAILED, name="lgsp_failed_service"),
            models.Index(fields=["provider", "at"], condition=FAILED, name="lgsp_failed_provider"),
            models.Index(fields=["consumer_agency", "at"], condition=FAILED, name="lgsp_failed_consumer"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.service} {self.status}"


class CallCount(models.Model):
    """How often a consumer has called a service in a day or month; ``told`` is the share it was warned at (80, 100)."""

    class Period(models.TextChoices):
        """What is counted over."""

        DAY = "day", _("Ngày")
        MONTH = "month", _("Tháng")

    period = models.CharField(max_length=5, choices=Period.choices)
    starts_on = models.DateField()
    consumer = models.CharField(max_length=80)
    service = models.CharField(max_length=40)
    calls = models.PositiveBigIntegerField(default=0)
    told = models.PositiveSmallIntegerField(default=0)

    class Meta:
        """One row for each pair and period."""

        verbose_name = _("Số cuộc gọi")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["period", "starts_on", "consumer", "service"], name="lgsp_call_count_once")
        ]

    def __str__(self) -> str:
        return f"{self.consumer} {self.service} {self.starts_on} {self.calls}"


class Webhook(models.Model):
    """Where an account is told of new data. Its secret is a file; ``ref`` names it and is told to nobody."""

    account = models.OneToOneField("sharing.Account", models.PROTECT, related_name="webhook")
    url = models.CharField(_("Địa chỉ nhận"), max_length=300)
    ref = models.UUIDField(unique=True)
    created_at = models.DateTimeField(_("Đăng ký lúc"))
    created_by = models.CharField(_("Người đăng ký"), max_length=200)
    stopped_at = models.DateTimeField(_("Ngừng lúc"), null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.account.code} {self.url}"


class Delivery(models.Model):
    """One message to one webhook: tried until it is taken, then at growing intervals, then left as dead."""

    class State(models.TextChoices):
        """How it stands."""

        WAITING = "waiting", _("Chờ gửi")
        DELIVERED = "delivered", _("Đã nhận")
        DEAD = "dead", _("Không gửi được")

    webhook = models.ForeignKey(Webhook, models.PROTECT, related_name="deliveries")
    message_id = models.CharField(max_length=80)
    kind = models.CharField(_("Loại"), max_length=40)
    payload = models.JSONField()
    state = models.CharField(_("Trạng thái"), max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("Số lần gửi"), default=0)
    next_at = models.DateTimeField(_("Gửi lại lúc"), null=True, blank=True)
    last_error = models.CharField(_("Lỗi lần cuối"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("Tạo lúc"))
    ended_at = models.DateTimeField(_("Xong lúc"), null=True, blank=True)

    class Meta:
        """Newest first; a message goes to a webhook once."""

        verbose_name = _("Thông báo thay đổi")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "next_at"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["webhook", "message_id"], name="lgsp_delivery_once")
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.state}"
