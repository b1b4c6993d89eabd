"""Tables of suspension and termination: stops of a service, breaches of an account, ends of an account."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from nganam.agencies.models import Agency
from nganam.cases.models import Case
from nganam.kernel.machine import Machine
from nganam.services.models import Service
from nganam.sharing.accounts.models import Account
from nganam.sharing.suspensions.workflow import BREACH, MAINTENANCE, TERMINATION


class Maintenance(Case):
    """A stop of a service for everybody: planned (D43.1a) or forced (D43.1b). ``work`` and ``force`` are published."""

    MACHINE: ClassVar[Machine] = MAINTENANCE
    CODE_PREFIX: ClassVar[str] = "BT"

    service = models.ForeignKey("services.Service", models.PROTECT, related_name="stops", verbose_name=_("Dịch vụ"))
    ground = models.CharField(_("Lý do tạm ngừng"), max_length=20)
    work = models.TextField(_("Nội dung công việc"))
    force = models.TextField(_("Sự kiện bất khả kháng"), blank=True)
    planned_from = models.DateTimeField(_("Dự kiến tạm ngừng từ"))
    planned_until = models.DateTimeField(_("Dự kiến khôi phục lúc"))
    announced_at = models.DateTimeField(_("Thông báo lúc"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("Tạm ngừng lúc"), null=True, blank=True)
    restored_at = models.DateTimeField(_("Khôi phục lúc"), null=True, blank=True)

    class Meta:
        """Newest first; a service is stopped once at a time; due stops are looked for every minute."""

        verbose_name = _("Đợt tạm ngừng dịch vụ")
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "planned_from"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["service"], condition=models.Q(state="stopped"), name="sharing_one_stop_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(planned_until__gt=models.F("planned_from")), name="sharing_stop_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        """Return the officers' page."""
        return f"/tam-ngung/quan-ly/dich-vu/{self.code}/"

    @property
    def title(self) -> str:
        """Return what is stopped."""
        return self.service.name

    @property
    def provider(self) -> Agency:
        """The agency whose service stops."""
        return self.service.provider

    @property
    def is_forced(self) -> bool:
        """Say whether nobody could announce it before (D43.1b)."""
        return self.ground == "force_majeure"


class OfAccount(Case):
    """A case about one connection account: its parties are the account's."""

    class Meta:
        """Carries no table."""

        abstract = True

    account: models.ForeignKey[Account, Account]

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> str:
        """Return whose use of what it is about."""
        return f"{self.account.application.name} → {self.account.service.name}"

    @property
    def service(self) -> Service:
        """The service that is used."""
        return self.account.service

    @property
    def consumer(self) -> Agency:
        """The agency that uses it."""
        return self.account.consumer

    @property
    def provider(self) -> Agency:
        """The agency that provides it."""
        return self.account.provider


class Breach(OfAccount):
    """A breach of the usage regulation by one user, or a risk to safety that comes from it (D43.2, D43.5, D51.1b)."""

    MACHINE: ClassVar[Machine] = BREACH
    CODE_PREFIX: ClassVar[str] = "VP"

    account = models.ForeignKey(
        "sharing.Account", models.PROTECT, related_name="breaches", verbose_name=_("Tài khoản kết nối")
    )
    suspicion = models.TextField(_("Dấu hiệu, nghi vấn"), blank=True)
    demand = models.TextField(_("Nội dung phải báo cáo"), blank=True)
    report_due_on = models.DateField(_("Hạn báo cáo"), null=True, blank=True)
    usage_report = models.TextField(_("Báo cáo việc sử dụng dữ liệu"), blank=True)
    ground = models.CharField(_("Loại"), max_length=20, blank=True)
    found_at = models.DateTimeField(_("Thời điểm xác định"), null=True, blank=True)
    breach = models.TextField(_("Nội dung vi phạm, nguy cơ"), blank=True)
    handling = models.TextField(_("Biện pháp xử lý"), blank=True)
    requirements = models.TextField(_("Yêu cầu để duy trì, khôi phục kết nối"), blank=True)
    notified_at = models.DateTimeField(_("Thông báo lúc"), null=True, blank=True)
    remedy = models.TextField(_("Việc đã khắc phục"), blank=True)

    class Meta:
        """Newest first; one open file about an account."""

        verbose_name = _("Hồ sơ vi phạm, nguy cơ")
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["account"], condition=~models.Q(state__in=["cleared", "restored", "terminated"]),
                name="sharing_one_open_breach",
            )
        ]  # fmt: skip

    def get_absolute_url(self) -> str:
        """Return the page of the file."""
        return f"/tam-ngung/quan-ly/vi-pham/{self.code}/"


class Termination(OfAccount):
    """The end of sharing with one user (D44): the ground, who was told, and what became of the data received (D42)."""

    MACHINE: ClassVar[Machine] = TERMINATION
    CODE_PREFIX: ClassVar[str] = "CD"

    account = models.ForeignKey(
        "sharing.Account", models.PROTECT, related_name="terminations", verbose_name=_("Tài khoản kết nối")
    )
    ground = models.CharField(_("Căn cứ chấm dứt"), max_length=20)
    explanation = models.TextField(_("Lý do cụ thể"))
    told = models.JSONField(_("Đã thông báo cho"), default=list)
    deletion = models.TextField(_("Dữ liệu đã xóa, hủy và cách làm"), blank=True)
    deleted_on = models.DateField(_("Ngày xóa, hủy"), null=True, blank=True)
    evidence = models.CharField(_("Bằng chứng: số biên bản, văn bản"), max_length=200, blank=True)

    class Meta:
        """Newest first; an account ends once."""

        verbose_name = _("Hồ sơ chấm dứt chia sẻ")
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account"], name="sharing_account_ends_once")
        ]

    def get_absolute_url(self) -> str:
        """Return the page of the file."""
        return f"/tam-ngung/quan-ly/cham-dut/{self.code}/"


class DeletionEvidence(models.Model):
    """A file that came with a report of deletion (D42). Rows are only added: a returned report keeps its file."""

    termination = models.ForeignKey(Termination, models.PROTECT, related_name="files")
    file = models.ForeignKey("documents.StoredFile", models.PROTECT, related_name="+")
    by = models.CharField(_("Người báo"), max_length=200)
    at = models.DateTimeField(_("Báo lúc"))

    class Meta:
        """In order of time."""

        verbose_name = _("Tệp chứng cứ xóa, hủy dữ liệu")
        ordering: ClassVar[list[str]] = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.termination_id} {self.file_id}"
