"""Tables: applications, and requests with the D35.2 content."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from nganam.agencies.models import Agency
from nganam.cases.models import Case
from nganam.kernel.machine import Machine
from nganam.sharing.requests.workflow import REQUEST


class Application(models.Model):
    """An information system of an agency that calls services (mã và tên ứng dụng, D35.2b)."""

    agency = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="applications", verbose_name=_("Cơ quan")
    )
    code = models.CharField(_("Mã ứng dụng"), max_length=20)
    name = models.CharField(_("Tên ứng dụng"), max_length=200)
    description = models.TextField(_("Ứng dụng dùng vào việc gì"), blank=True)
    contact = models.CharField(_("Liên hệ"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField()

    class Meta:
        """One code per agency."""

        verbose_name = _("Ứng dụng")
        ordering: ClassVar[list[str]] = ["agency__code", "code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agency", "code"], name="sharing_application_code_once")
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.name}"

    @property
    def subject(self) -> str:
        """The application as the gateway knows it: AGENCY/APPLICATION."""
        return f"{self.agency.code}/{self.code}"


class Request(Case):
    """A default connection request (SM1); the provider is the service's agency."""

    MACHINE: ClassVar[Machine] = REQUEST
    CODE_PREFIX: ClassVar[str] = "YC"

    application = models.ForeignKey(Application, models.PROTECT, related_name="requests", verbose_name=_("Ứng dụng"))
    service = models.ForeignKey("services.Service", models.PROTECT, related_name="requests", verbose_name=_("Dịch vụ"))
    purpose = models.TextField(_("Mục đích khai thác"))
    purpose_codes = models.JSONField(_("Mã mục đích"), default=list, blank=True)
    solution = models.TextField(_("Giải pháp sử dụng dữ liệu"))
    fields = models.JSONField(_("Mục tin yêu cầu"), default=list)
    frequency = models.CharField(_("Tần suất khai thác"), max_length=200)
    other = models.TextField(_("Thông tin khác"), blank=True)
    granted_fields = models.JSONField(_("Mục tin được cấp"), default=list, blank=True)
    refusal_reason = models.TextField(_("Lý do từ chối"), blank=True)
    legal_basis = models.TextField(_("Căn cứ pháp lý của việc từ chối"), blank=True)

    class Meta:
        """Newest first."""

        verbose_name = _("Yêu cầu kết nối")
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "service"])]

    def __str__(self) -> str:
        return self.code

    @property
    def withheld(self) -> list[str]:
        """The items asked for that a grant left out; none while nothing is granted."""
        granted = set(self.granted_fields)
        return [name for name in self.fields if name not in granted] if granted else []

    def get_absolute_url(self) -> str:
        """Return the page of the request."""
        return f"/yeu-cau/{self.code}/"

    @property
    def consumer(self) -> Agency:
        """The agency that asks."""
        return self.application.agency

    @property
    def provider(self) -> Agency:
        """The agency that answers."""
        return self.service.provider
