"""Tables: tallies of calls, what providers promise, the lead agency's thresholds, incidents and their notes."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

WAITED_MS = 1000
"""Milliseconds after which a caller that hung up has met a service that does not answer."""
FAILED = models.Q(status__gte=500) | models.Q(status=0, duration_ms__gte=WAITED_MS)
"""Which rows of calls failed, as ``tallying.outcome`` says it of one call; rows are indexed by it."""


class Tally(models.Model):
    """What a consumer's calls of a service came to in a minute, hour, day or month of Vietnam, or ever.

    ``failed`` are faults of the platform and of the system behind it; ``stopped`` were refused because the service was
    in an announced stop, and count for nobody's availability. ``durations`` are those of answered calls, as counts by
    bucket (``buckets``), ``milliseconds`` their sum. Rows are made in the transaction of the exchange log.
    """

    class Grain(models.TextChoices):
        """How long a row is."""

        MINUTE = "minute", _("Phút")
        HOUR = "hour", _("Giờ")
        DAY = "day", _("Ngày")
        MONTH = "month", _("Tháng")
        TOTAL = "total", _("Tất cả")

    grain = models.CharField(max_length=6, choices=Grain.choices)
    starts_at = models.DateTimeField()
    provider = models.CharField(max_length=40, blank=True)
    service = models.CharField(max_length=40, blank=True)
    consumer = models.CharField(max_length=80, blank=True)
    consumer_agency = models.CharField(max_length=40, blank=True)
    calls = models.PositiveBigIntegerField(default=0)
    answered = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    stopped = models.PositiveBigIntegerField(default=0)
    records = models.PositiveBigIntegerField(default=0)
    request_bytes = models.PositiveBigIntegerField(default=0)
    response_bytes = models.PositiveBigIntegerField(default=0)
    milliseconds = models.PositiveBigIntegerField(default=0)
    durations = models.JSONField(default=dict)

    class Meta:
        """One row for each pair and time; pages read one grain from an instant on."""

        verbose_name = _("Số liệu cuộc gọi")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["grain", "starts_at", "service", "consumer", "provider"], name="lgsp_tally_once"
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["service", "grain", "starts_at"], name="lgsp_tally_service")
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.consumer} {self.grain} {self.starts_at:%Y-%m-%dT%H:%M}"


class Promise(models.Model):
    """What a provider promises of a service in figures; the declaration says it in words (D24.3, ``capacity``)."""

    service = models.OneToOneField("services.Service", models.PROTECT, related_name="promise")
    availability = models.DecimalField(_("Tỷ lệ sẵn sàng (%)"), max_digits=6, decimal_places=3)
    p95_ms = models.PositiveIntegerField(_("95% câu trả lời không quá (ms)"))
    changed_at = models.DateTimeField(_("Ghi lúc"))
    changed_by = models.CharField(_("Người ghi"), max_length=200)

    def __str__(self) -> str:
        return f"{self.service_id} {self.availability} {self.p95_ms}"


class AlertRule(models.Model):
    """A rule of alerting as the lead agency has set it: a local choice. A rule nobody changed has no row."""

    key = models.CharField(max_length=20, primary_key=True)
    is_on = models.BooleanField(_("Bật"), default=True)
    minutes = models.PositiveIntegerField(_("Xét trong (phút)"))
    least = models.PositiveIntegerField(_("Ít nhất (cuộc gọi)"))
    threshold = models.PositiveIntegerField(_("Ngưỡng"))
    calm_minutes = models.PositiveIntegerField(_("Đóng sau khi yên (phút)"))
    changed_at = models.DateTimeField(_("Sửa lúc"))
    changed_by = models.CharField(_("Người sửa"), max_length=200)

    def __str__(self) -> str:
        return self.key


class Incident(models.Model):
    """Something went wrong with one thing, by one rule: open from ``opened_at``, over at ``closed_at``.

    ``seen_at`` is when the rule last held; ``figures`` say what it saw at opening.
    """

    code = models.CharField(_("Mã"), max_length=20, unique=True)
    rule = models.CharField(_("Quy tắc"), max_length=20)
    service = models.CharField(_("Dịch vụ"), max_length=40, blank=True)
    provider = models.CharField(_("Bên cung cấp"), max_length=40, blank=True)
    consumer = models.CharField(_("Bên sử dụng"), max_length=80, blank=True)
    consumer_agency = models.CharField(max_length=40, blank=True)
    began_at = models.DateTimeField(_("Bắt đầu khoảng"))
    opened_at = models.DateTimeField(_("Mở lúc"), db_index=True)
    seen_at = models.DateTimeField(_("Còn thấy lúc"))
    closed_at = models.DateTimeField(_("Hết lúc"), null=True, blank=True)
    figures = models.JSONField(default=dict)
    acknowledged_at = models.DateTimeField(_("Nhận xử lý lúc"), null=True, blank=True)
    acknowledged_by = models.CharField(_("Người nhận"), max_length=200, blank=True)

    class Meta:
        """Newest first; a rule has one open incident of a thing."""

        verbose_name = _("Sự cố")
        ordering: ClassVar[list[str]] = ["-opened_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["provider", "-opened_at"], name="lgsp_incident_provider"),
            models.Index(fields=["consumer_agency", "-opened_at"], name="lgsp_incident_consumer"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["rule", "service", "consumer"], condition=models.Q(closed_at__isnull=True),
                name="lgsp_incident_open_once",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        """Return the page of the incident."""
        return f"/giam-sat/su-co/{self.code}/"

    @property
    def is_open(self) -> bool:
        """Say whether it is not over."""
        return self.closed_at is None


class IncidentNote(models.Model):
    """What an officer wrote about an incident; only added."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="notes")
    at = models.DateTimeField(_("Lúc"))
    by = models.CharField(_("Người ghi"), max_length=200)
    agency = models.CharField(_("Cơ quan"), max_length=40)
    text = models.TextField(_("Nội dung"))

    class Meta:
        """Oldest first."""

        verbose_name = _("Ghi chú sự cố")
        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.by}"
