"""Table of connection accounts."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from nganam.agencies.models import Agency
from nganam.cases.models import Case
from nganam.kernel.machine import Machine
from nganam.services.models import Service
from nganam.sharing.accounts.workflow import ACCOUNT

OVER = ("revoked", "archived")
"""States in which an account will never call again."""


class Account(Case):
    """A connection account (SM10): one live account per application and service (D40).

    It comes from a granted default request or from an agreement on special data.
    """

    MACHINE: ClassVar[Machine] = ACCOUNT
    CODE_PREFIX: ClassVar[str] = "TK"

    application = models.ForeignKey(
        "sharing.Application", models.PROTECT, related_name="accounts", verbose_name=_("Ứng dụng")
    )
    service = models.ForeignKey("services.Service", models.PROTECT, related_name="accounts", verbose_name=_("Dịch vụ"))
    request = models.OneToOneField(
        "sharing.Request", models.PROTECT, null=True, blank=True, related_name="account", verbose_name=_("Yêu cầu")
    )
    agreement = models.ForeignKey(
        "sharing.Agreement", models.PROTECT, null=True, blank=True, related_name="accounts",
        verbose_name=_("Thỏa thuận đặc thù"),
    )  # fmt: skip
    granted_fields = models.JSONField(_("Mục tin được cấp"), default=list)
    valid_until = models.DateField(_("Có hiệu lực đến trước ngày"), null=True, blank=True)
    granted_operations = models.JSONField(_("Thao tác được cấp"), default=list, blank=True)
    rows = models.JSONField(_("Bản ghi được xem"), default=dict, blank=True)
    hours = models.CharField(_("Giờ được gọi"), max_length=400, blank=True)
    purpose_code = models.CharField(_("Mã mục đích"), max_length=10, blank=True)
    rate_per_minute = models.PositiveIntegerField(_("Cuộc gọi mỗi phút"), null=True, blank=True)
    burst = models.PositiveIntegerField(_("Cuộc gọi dồn một lúc"), null=True, blank=True)
    concurrent = models.PositiveIntegerField(_("Cuộc gọi cùng lúc"), null=True, blank=True)
    per_day = models.PositiveIntegerField(_("Cuộc gọi mỗi ngày"), null=True, blank=True)
    per_month = models.PositiveIntegerField(_("Cuộc gọi mỗi tháng"), null=True, blank=True)
    restricted_at = models.DateTimeField(_("Thu hẹp thao tác lúc"), null=True, blank=True, editable=False)
    synced_at = models.DateTimeField(_("Đồng bộ lần cuối"), null=True, blank=True, editable=False)
    reminded = models.JSONField(_("Đã nhắc"), default=dict, blank=True, editable=False)

    class Meta:
        """Newest first; at most one account of a pair that is not over."""

        verbose_name = _("Tài khoản kết nối")
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["application", "service"],
                condition=~models.Q(state__in=["archived", "revoked"]),
                name="sharing_one_live_account",
            ),
            models.CheckConstraint(
                condition=models.Q(request__isnull=False, agreement__isnull=True)
                | models.Q(request__isnull=True, agreement__isnull=False),
                name="sharing_account_one_origin",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        """Return the page of the account."""
        return f"/tai-khoan-ket-noi/{self.code}/"

    @property
    def subject(self) -> str:
        """The calling application as the gateway knows it: AGENCY/APPLICATION."""
        return self.application.subject

    @property
    def consumer(self) -> Agency:
        """The agency whose application calls."""
        return self.application.agency

    @property
    def provider(self) -> Agency:
        """The agency whose data are called."""
        return self.service.provider


class DelegationQuerySet(models.QuerySet["Delegation"]):
    """Delegations by what they cover."""

    def in_force(self, service: Service) -> "DelegationQuerySet":
        """Return the delegations that cover a service: of its database, or of everything its provider owns."""
        covered = models.Q(database__isnull=True) | models.Q(database=service.database_id)
        return self.filter(covered, provider=service.provider_id, ended_at__isnull=True)

    def covering(self, day: date) -> "DelegationQuerySet":
        """Return those whose own days include ``day``."""
        return self.filter(models.Q(valid_until__isnull=True) | models.Q(valid_until__gt=day), valid_from__lte=day)


class Delegation(models.Model):
    """An owner leaves the issuing of accounts to the operator of the LGSP (D40.2): for one database, or for all."""

    code = models.CharField(_("Mã"), max_length=20, unique=True, editable=False)
    provider = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="delegations", verbose_name=_("Cơ quan chủ quản")
    )
    database = models.ForeignKey(
        "catalogue.SharedDatabase", models.PROTECT, null=True, blank=True, related_name="delegations",
        verbose_name=_("Cơ sở dữ liệu"),
    )  # fmt: skip
    paper = models.CharField(_("Văn bản ủy quyền"), max_length=60)
    valid_from = models.DateField(_("Từ ngày"))
    valid_until = models.DateField(_("Đến trước ngày"), null=True, blank=True)
    created_at = models.DateTimeField(_("Ghi nhận lúc"))
    ended_at = models.DateTimeField(_("Kết thúc lúc"), null=True, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        """Newest first; one in force for a database, and one for everything."""

        verbose_name = _("Ủy quyền cấp tài khoản")
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["provider", "database"], condition=models.Q(ended_at__isnull=True),
                name="sharing_delegation_of_database_once",
            ),
            models.UniqueConstraint(
                fields=["provider"], condition=models.Q(ended_at__isnull=True, database__isnull=True),
                name="sharing_delegation_of_all_once",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.code} {self.paper}"
