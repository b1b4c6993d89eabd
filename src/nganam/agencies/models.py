"""Agencies over time. Nothing is deleted: an agency ends on a day and names its successors.

Every period is half-open: ``valid_from`` is the first day, ``valid_until`` the first day on which it no longer holds.
"""

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nganam.agencies.workflow import FOCAL_POINT
from nganam.cases.models import Case
from nganam.kernel.machine import Machine


def held_on(day: date, prefix: str = "") -> Q:
    """Return the condition that a period (of the row, or of the relation ``prefix``) holds on ``day``."""
    return Q(**{f"{prefix}valid_from__lte": day}) & (
        Q(**{f"{prefix}valid_until__isnull": True}) | Q(**{f"{prefix}valid_until__gt": day})
    )


def _forward(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
        name=name,
        violation_error_message=_("Ngày kết thúc phải sau ngày bắt đầu."),
    )


class Period(models.Model):
    """A half-open period of days; ``valid_until`` empty means still in force."""

    valid_from = models.DateField(_("Hiệu lực từ ngày"))
    valid_until = models.DateField(_("Hết hiệu lực từ ngày"), null=True, blank=True)

    class Meta:
        """Carries no table."""

        abstract = True

    def holds(self, day: date) -> bool:
        """Say whether the period holds on ``day``."""
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


class AgencyKind(models.TextChoices):
    """Sorts of agency bound by the regulation (S2.1) and those outside the province (S17)."""

    PROVINCE = "province", _("UBND tỉnh, thành phố")
    OFFICE = "office", _("Văn phòng")
    DEPARTMENT = "department", _("Sở, cơ quan tương đương sở")
    POLICE = "police", _("Công an")
    DISTRICT = "district", _("UBND huyện, thị xã, thành phố")
    COMMUNE = "commune", _("UBND xã, phường, thị trấn")
    CENTRAL = "central", _("Cơ quan trung ương")
    OUTSIDE = "outside", _("Cơ quan ngoài tỉnh")
    OTHER = "other", _("Tổ chức khác")


class Duty(models.TextChoices):
    """What the regulation gives to one agency of the province at a time."""

    LEAD = "lead", _("Đầu mối cấp tỉnh, vận hành LGSP")
    PROVINCE = "province", _("Ủy ban nhân dân tỉnh, thành phố")
    POLICE = "police", _("Bảo đảm an ninh mạng, rà quét bí mật nhà nước")
    FINANCE = "finance", _("Kinh phí")


class AdminUnit(Period):
    """An administrative unit. The official code of an old commune may be given again to a new one: the day decides."""

    class Kind(models.TextChoices):
        """Levels; districts exist only before 1 July 2025."""

        PROVINCE = "province", _("Tỉnh, thành phố")
        DISTRICT = "district", _("Huyện, thị xã, thành phố thuộc tỉnh")
        COMMUNE = "commune", _("Xã, phường, thị trấn")

    code = models.CharField(_("Mã đơn vị hành chính"), max_length=10)
    name = models.CharField(_("Tên"), max_length=120)
    kind = models.CharField(_("Cấp"), max_length=10, choices=Kind.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("Trực thuộc")
    )
    province_code = models.CharField(_("Mã tỉnh"), max_length=2, db_index=True)

    class Meta:
        """One unit of a level holds a code from a day on."""

        verbose_name = _("Đơn vị hành chính")
        ordering: ClassVar[list[str]] = ["code", "valid_from"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            _forward("agencies_unit_forward"),
            models.UniqueConstraint(fields=["kind", "code", "valid_from"], name="agencies_unit_code_from_once"),
            models.UniqueConstraint(
                fields=["kind", "code"], condition=Q(valid_until__isnull=True), name="agencies_unit_code_open_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class UnitSuccession(models.Model):
    """One unit took over the territory (or part) of another on a day."""

    predecessor = models.ForeignKey(AdminUnit, models.PROTECT, related_name="successions_out")
    successor = models.ForeignKey(AdminUnit, models.PROTECT, related_name="successions_in")
    on = models.DateField(_("Từ ngày"))
    basis = models.CharField(_("Căn cứ"), max_length=200, blank=True)

    class Meta:
        """A pair stands once and no unit succeeds itself."""

        verbose_name = _("Kế tục đơn vị hành chính")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="agencies_unit_succession_once"),
            models.CheckConstraint(condition=~Q(predecessor=F("successor")), name="agencies_unit_succession_two_units"),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor} → {self.successor}"


class Agency(Period):
    """An agency (S2). ``code`` is the public code of the platform and never changes or is given again."""

    code = models.CharField(_("Mã cơ quan"), max_length=20, unique=True)
    name = models.CharField(_("Tên cơ quan"), max_length=200)
    short_name = models.CharField(_("Tên ngắn"), max_length=100, blank=True)
    kind = models.CharField(_("Loại"), max_length=12, choices=AgencyKind.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("Trực thuộc")
    )
    unit = models.ForeignKey(
        AdminUnit, models.PROTECT, null=True, blank=True, related_name="agencies", verbose_name=_("Địa bàn")
    )
    note = models.CharField(_("Ghi chú nguồn"), max_length=300, blank=True)
    folded = models.CharField(_("Dạng tìm kiếm"), max_length=400, blank=True, editable=False)

    class Meta:
        """Listed by code."""

        verbose_name = _("Cơ quan")
        verbose_name_plural = _("Cơ quan")
        ordering: ClassVar[list[str]] = ["code"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["kind", "valid_from"], name="agencies_kind_from")]
        constraints: ClassVar[list[models.BaseConstraint]] = [_forward("agencies_agency_forward")]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The short name where there is one."""
        return self.short_name or self.name


class AgencyDuty(Period):
    """A duty of the regulation held by one agency for a period: Sở TTTT, then Sở KHCN, is the lead agency."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="duties")
    duty = models.CharField(_("Nhiệm vụ"), max_length=10, choices=Duty.choices)
    basis = models.CharField(_("Căn cứ"), max_length=200, blank=True)

    class Meta:
        """One agency holds a duty at a time."""

        verbose_name = _("Nhiệm vụ theo quy chế")
        ordering: ClassVar[list[str]] = ["duty", "valid_from"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            _forward("agencies_duty_forward"),
            models.UniqueConstraint(fields=["duty", "valid_from"], name="agencies_duty_from_once"),
            models.UniqueConstraint(
                fields=["duty"], condition=Q(valid_until__isnull=True), name="agencies_duty_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_duty_display()}: {self.agency}"


class AgencyCode(Period):
    """An identifier of an agency in one scheme for a period; codes of merged provinces were closed in 2025."""

    class Scheme(models.TextChoices):
        """Schemes of agency identifiers."""

        QCVN102 = "QCVN102", _("QCVN 102:2016/BTTTT")
        QD20 = "QD20", _("Quyết định 20/2020/QĐ-TTg")
        LOCAL = "LOCAL", _("Mã nội bộ")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="codes")
    scheme = models.CharField(_("Bộ mã"), max_length=8, choices=Scheme.choices)
    value = models.CharField(_("Mã"), max_length=40)

    class Meta:
        """Of one scheme an agency has one code and a code one agency at a time (D9, QĐ 20/2020)."""

        verbose_name = _("Mã định danh")
        ordering: ClassVar[list[str]] = ["scheme", "valid_from"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            _forward("agencies_code_forward"),
            models.UniqueConstraint(fields=["scheme", "value", "valid_from"], name="agencies_code_value_from_once"),
            models.UniqueConstraint(
                fields=["scheme", "value"], condition=Q(valid_until__isnull=True), name="agencies_code_value_open_once"
            ),
            models.UniqueConstraint(
                fields=["agency", "scheme"],
                condition=Q(valid_until__isnull=True),
                name="agencies_code_agency_open_once",
            ),
        ]

    def __str__(self) -> str:
        return self.value


class Succession(models.Model):
    """One agency took over the work of another on a day, on a legal basis."""

    predecessor = models.ForeignKey(Agency, models.PROTECT, related_name="successions_out")
    successor = models.ForeignKey(Agency, models.PROTECT, related_name="successions_in")
    on = models.DateField(_("Từ ngày"))
    basis = models.CharField(_("Căn cứ"), max_length=300, blank=True)

    class Meta:
        """A pair stands once and no agency succeeds itself."""

        verbose_name = _("Kế tục cơ quan")
        ordering: ClassVar[list[str]] = ["on", "predecessor__code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="agencies_succession_once"),
            models.CheckConstraint(condition=~Q(predecessor=F("successor")), name="agencies_succession_two_agencies"),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor.code} → {self.successor.code}"


class PostingRole(models.TextChoices):
    """Roles of ``nganam.kernel.actors.Role`` in Vietnamese."""

    FOCAL = "focal", _("Cán bộ đầu mối")
    LOOKUP = "lookup", _("Chuyên viên tra cứu")
    LEAD = "lead", _("Cơ quan đầu mối cấp tỉnh")
    CHAIRMAN = "chairman", _("Lãnh đạo UBND tỉnh, thành phố")
    POLICE = "police", _("Công an")
    FINANCE = "finance", _("Tài chính")
    ADMIN = "admin", _("Quản trị hệ thống")


class Posting(Period):
    """A person holds a role at an agency for a period. Permissions come from here only."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="postings")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="postings")
    role = models.CharField(_("Vai trò"), max_length=10, choices=PostingRole.choices)
    basis = models.CharField(_("Căn cứ"), max_length=200, blank=True)

    class Meta:
        """One person holds one role at one agency once at a time."""

        verbose_name = _("Phân công")
        ordering: ClassVar[list[str]] = ["agency__code", "role", "valid_from"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            _forward("agencies_posting_forward"),
            models.UniqueConstraint(
                fields=["person", "agency", "role", "valid_from"], name="agencies_posting_from_once"
            ),
            models.UniqueConstraint(
                fields=["person", "agency", "role"],
                condition=Q(valid_until__isnull=True),
                name="agencies_posting_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.get_role_display()} · {self.agency.code}"


class FocalPoint(Case):
    """The officer an agency names for data (SM9) with the contact that D7.1 wants published."""

    MACHINE: ClassVar[Machine] = FOCAL_POINT
    CODE_PREFIX: ClassVar[str] = "DM"

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="focal_points", verbose_name=_("Cơ quan"))
    full_name = models.CharField(_("Họ và tên"), max_length=120)
    position = models.CharField(_("Vị trí, chức vụ"), max_length=200)
    function = models.CharField(_("Chức năng, nhiệm vụ"), max_length=500)
    phone = models.CharField(_("Điện thoại công vụ"), max_length=20)
    email = models.EmailField(_("Thư điện tử công vụ"))
    expertise = models.CharField(_("Chuyên môn"), max_length=200)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="focal_points",
        verbose_name=_("Tài khoản"),
    )
    decision_number = models.CharField(_("Số quyết định phê duyệt"), max_length=60, blank=True)
    decision_on = models.DateField(_("Ngày quyết định"), null=True, blank=True)
    paper = models.CharField(_("Văn bản"), max_length=40, blank=True)
    valid_from = models.DateField(_("Hiệu lực từ ngày"), null=True, blank=True)
    valid_until = models.DateField(_("Hết hiệu lực từ ngày"), null=True, blank=True)
    national_on = models.DateField(_("Đăng trên Cổng dữ liệu quốc gia ngày"), null=True, blank=True)

    class Meta:
        """One officer of an agency in force (S20.1b: "một cán bộ")."""

        verbose_name = _("Đầu mối dữ liệu")
        ordering: ClassVar[list[str]] = ["agency__code", "-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["agency"], condition=Q(state="in_force"), name="agencies_one_focal_point_in_force"
            ),
            models.UniqueConstraint(
                fields=["agency"],
                condition=Q(state__in=["nominated", "returned"]),
                name="agencies_one_nomination_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.full_name} · {self.agency.label}"

    def get_absolute_url(self) -> str:
        """Return the officers' page of the case."""
        return f"/dau-moi/ho-so/{self.code}/"
