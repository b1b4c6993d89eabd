"""Tables: disputes, and what the sides said and attached."""

from functools import cached_property
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from nganam.agencies.models import Agency, AgencyKind
from nganam.agencies.queries import lineage
from nganam.cases.models import Case
from nganam.cases.queries import history_of
from nganam.disputes.workflow import DISPUTE
from nganam.kernel.machine import Machine

OUTSIDE = frozenset({AgencyKind.CENTRAL, AgencyKind.OUTSIDE})
"""Kinds of agency over which the Chairman has no power (D48.2, D49.3)."""
FINAL = tuple(state.name for state in DISPUTE.states if state.final)
SIDES = frozenset({"opener", "respondent", "obliged"})
OF_A_SIDE = ("", *(one.name for one in DISPUTE.transitions if set(one.roles) <= SIDES))
"""Moves made for one of the sides; the opening is one."""


class Level(models.IntegerChoices):
    """Where a dispute has got to (D49); it never goes down again."""

    PROVIDER = 1, _("Cấp 1: cơ quan cung cấp")
    LEAD = 2, _("Cấp 2: cơ quan đầu mối cấp tỉnh")
    CHAIRMAN = 3, _("Cấp 3: Chủ tịch UBND tỉnh")
    CENTRAL = 4, _("Trung ương")


class Outcome(models.TextChoices):
    """Whom the settlement favours: a refused request is taken up again unless it goes against the opener."""

    FOR = "for", _("Chấp nhận đề nghị của bên nêu vướng mắc")
    PARTLY = "partly", _("Chấp nhận một phần")
    AGAINST = "against", _("Không chấp nhận")


class Side(models.TextChoices):
    """The two sides."""

    OPENER = "opener", _("Bên nêu vướng mắc")
    RESPONDENT = "respondent", _("Bên kia")


class CentralBody(models.TextChoices):
    """Who settles what the Chairman cannot (D48.3, D48.4)."""

    MINISTRY = "ministry", _("Bộ (kỹ thuật, tiêu chuẩn)")
    PRIME_MINISTER = "prime_minister", _("Thủ tướng Chính phủ (giữa các bộ, tỉnh)")


class Dispute(Case):
    """A difficulty between two agencies (SM4). ``is_error`` marks a report of wrong data that is no dispute yet."""

    MACHINE: ClassVar[Machine] = DISPUTE
    CODE_PREFIX: ClassVar[str] = "VM"

    opener = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="disputes_opened", verbose_name=_("Bên nêu")
    )
    respondent = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="disputes_answered", verbose_name=_("Bên kia")
    )
    lead = models.ForeignKey(
        "agencies.Agency", models.PROTECT, null=True, blank=True, related_name="disputes_led",
        verbose_name=_("Cơ quan đầu mối cấp tỉnh"),
    )  # fmt: skip
    kind = models.CharField(_("Loại vướng mắc"), max_length=20)
    is_error = models.BooleanField(_("Báo sai sót dữ liệu"), default=False)
    object_type = models.CharField(_("Loại việc"), max_length=60, blank=True)
    object_code = models.CharField(_("Mã việc"), max_length=20, blank=True)
    object_title = models.CharField(_("Tên việc"), max_length=300, blank=True)
    summary = models.CharField(_("Trích yếu"), max_length=200)
    content = models.TextField(_("Nội dung"))
    wish = models.TextField(_("Đề nghị"))
    level = models.PositiveSmallIntegerField(_("Cấp"), choices=Level.choices, default=Level.PROVIDER)
    holds_subject = models.BooleanField(_("Việc bị từ chối đang chờ kết quả"), default=False)
    plan = models.TextField(_("Phương án trình Chủ tịch"), blank=True)
    opinions = models.TextField(_("Ý kiến các cơ quan liên quan"), blank=True)
    outcome = models.CharField(_("Kết quả"), max_length=8, choices=Outcome.choices, blank=True)
    settlement = models.TextField(_("Nội dung giải quyết"), blank=True)
    obliged = models.CharField(_("Bên phải thi hành"), max_length=10, choices=Side.choices, blank=True)
    carry_out_by = models.DateField(_("Hạn thi hành"), null=True, blank=True)
    decision = models.CharField(_("Văn bản giải quyết"), max_length=60, blank=True)
    decided_on = models.DateField(_("Ngày văn bản"), null=True, blank=True)
    central_body = models.CharField(_("Gửi trung ương"), max_length=14, choices=CentralBody.choices, blank=True)
    central_name = models.CharField(_("Tên cơ quan trung ương"), max_length=200, blank=True)
    terms = models.TextField(_("Nội dung tự thỏa thuận"), blank=True)
    terms_outcome = models.CharField(_("Kết quả nếu thỏa thuận"), max_length=8, choices=Outcome.choices, blank=True)
    terms_side = models.CharField(_("Bên đề nghị thỏa thuận"), max_length=10, choices=Side.choices, blank=True)
    overdue_told_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        """Newest first; an agency has one open dispute about a thing (reports of errors may be many)."""

        verbose_name = _("Vướng mắc")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["opener", "-created_at"], name="disputes_by_opener"),
            models.Index(fields=["respondent", "-created_at"], name="disputes_by_respondent"),
            models.Index(fields=["state", "level"], name="disputes_by_state"),
            models.Index(fields=["object_type", "object_code"], name="disputes_by_object"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["object_type", "object_code", "opener"],
                condition=Q(is_error=False) & ~Q(object_code="") & ~Q(state__in=FINAL),
                name="disputes_one_open_about_a_thing",
            ),
            models.CheckConstraint(condition=~Q(opener=models.F("respondent")), name="disputes_two_sides"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.summary}"

    def get_absolute_url(self) -> str:
        """Return the page of the dispute."""
        return f"/vuong-mac/{self.code}/"

    @property
    def is_outside(self) -> bool:
        """Say whether a side is another province or a central body: the Chairman writes up, he does not decide."""
        return bool({self.opener.kind, self.respondent.kind} & OUTSIDE)

    @property
    def lead_is_side(self) -> bool:
        """Say whether the agency that handles level 2 is itself one of the sides, now or through what it took over."""
        return self.lead is not None and not {self.opener.code, self.respondent.code}.isdisjoint(
            lineage(self.lead.code)
        )

    @property
    def obliged_agency(self) -> Agency:
        """Return the agency that carries the settlement out: the respondent unless the settlement says otherwise."""
        return self.opener if self.obliged == Side.OPENER else self.respondent

    @property
    def lead_obliged(self) -> bool:
        """Say whether the agency that handles level 2 is the side that carries the settlement out."""
        return self.lead is not None and self.obliged_agency.code in lineage(self.lead.code)

    @cached_property
    def partisans(self) -> frozenset[str]:
        """Return the codes of everybody who has acted for a side: they neither handle nor decide it (local rule)."""
        moved = history_of(self).filter(transition__in=OF_A_SIDE).values_list("actor_code", flat=True)
        return frozenset(moved) | {one.by for one in self.statements.all()}


class Statement(models.Model):
    """What one side said, with the evidence it attached. Rows are only added."""

    dispute = models.ForeignKey(Dispute, models.PROTECT, related_name="statements")
    number = models.PositiveIntegerField(_("Lần"))
    side = models.CharField(_("Bên"), max_length=10, choices=Side.choices)
    agency = models.CharField(_("Cơ quan"), max_length=40)
    by = models.CharField(max_length=150)
    by_name = models.CharField(_("Người nêu"), max_length=200)
    at = models.DateTimeField(_("Lúc"))
    text = models.TextField(_("Ý kiến"))

    class Meta:
        """In order; a number of a dispute is given once."""

        verbose_name = _("Ý kiến")
        ordering: ClassVar[list[str]] = ["dispute", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["dispute", "number"], name="disputes_statement_once")
        ]

    def __str__(self) -> str:
        return f"{self.dispute_id}/{self.number}"


class Evidence(models.Model):
    """A file attached to a statement, under the name its sender gave it."""

    statement = models.ForeignKey(Statement, models.PROTECT, related_name="evidence")
    file = models.ForeignKey("documents.StoredFile", models.PROTECT, related_name="+")
    name = models.CharField(_("Tên tệp"), max_length=255)

    class Meta:
        """In order of sending; the same file stands once in a statement."""

        verbose_name = _("Tài liệu")
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["statement", "file"], name="disputes_evidence_once")
        ]

    def __str__(self) -> str:
        return self.name
