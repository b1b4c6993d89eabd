"""Tables: stored files by digest, official papers (some issued here, as frozen content), yearly number registers."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class StoredFile(models.Model):
    """A file kept under ``<DATA>/files`` by its SHA-256: the same bytes are kept once."""

    sha256 = models.CharField(_("Mã băm SHA-256"), max_length=64, unique=True)
    size = models.PositiveBigIntegerField(_("Kích thước (byte)"))
    name = models.CharField(_("Tên tệp"), max_length=255)
    media_type = models.CharField(_("Kiểu tệp"), max_length=100)
    stored_at = models.DateTimeField(_("Lưu lúc"))
    stored_by = models.CharField(_("Người lưu"), max_length=150, blank=True)

    class Meta:
        """Newest first."""

        verbose_name = _("Tệp")
        ordering: ClassVar[list[str]] = ["-stored_at"]

    def __str__(self) -> str:
        return self.name


class Paper(models.Model):
    """An official paper with number, date and signer; its scan or electronic original if there is one."""

    class Kind(models.TextChoices):
        """The kinds of paper the regulation's procedures produce; the value stands in the number (12/QĐ-STTTT)."""

        DECISION = "QĐ", _("Quyết định")
        LETTER = "CV", _("Công văn")
        MINUTES = "BB", _("Biên bản")
        NOTICE = "TB", _("Thông báo")
        REPORT = "BC", _("Báo cáo")
        SUBMISSION = "TTr", _("Tờ trình")
        PLAN = "KH", _("Kế hoạch")
        AGREEMENT = "TT", _("Văn bản thống nhất")
        REGULATION = "QC", _("Quy chế")
        OTHER = "VB", _("Văn bản khác")

    code = models.CharField(_("Mã"), max_length=20, unique=True)
    kind = models.CharField(_("Loại văn bản"), max_length=4, choices=Kind.choices)
    number = models.CharField(_("Số, ký hiệu"), max_length=60)
    year = models.PositiveSmallIntegerField(_("Năm"))
    signed_on = models.DateField(_("Ngày ký"))
    agency = models.CharField(_("Cơ quan ban hành"), max_length=40)
    title = models.CharField(_("Trích yếu"), max_length=500)
    signer = models.CharField(_("Người ký"), max_length=200, blank=True)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="papers", verbose_name=_("Tệp")
    )
    registered_at = models.DateTimeField(_("Vào sổ lúc"))
    registered_by = models.CharField(_("Người vào sổ"), max_length=150, blank=True)
    object_type = models.CharField(_("Loại hồ sơ"), max_length=60, blank=True)
    object_code = models.CharField(_("Mã hồ sơ"), max_length=60, blank=True)
    content = models.JSONField(_("Nội dung đã phát hành"), null=True, blank=True, editable=False)
    content_sha256 = models.CharField(_("Mã băm nội dung"), max_length=64, blank=True, editable=False)
    token = models.CharField(_("Mã xác minh"), max_length=32, unique=True, null=True, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(_("Thu hồi lúc"), null=True, blank=True)
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replaces", verbose_name=_("Được thay thế bởi")
    )

    class Meta:
        """Latest signed first; an agency gives a number once a year."""

        verbose_name = _("Văn bản")
        ordering: ClassVar[list[str]] = ["-signed_on", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agency", "year", "number"], name="documents_paper_number_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["object_type", "object_code"], name="documents_paper_object")
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.signed_on:%d/%m/%Y})"

    @property
    def issued_here(self) -> bool:
        """Say whether the platform holds what the paper says and can draw it, not only its number and a scan."""
        return self.content is not None

    @property
    def standing(self) -> str:
        """Return whether the paper still stands: "issued", "replaced" or "withdrawn"."""
        if self.replaced_by_id is not None:
            return "replaced"
        return "withdrawn" if self.withdrawn_at else "issued"


class NumberRegister(models.Model):
    """The last number drawn by an agency for a kind of thing in a year; public codes use it with no agency."""

    agency = models.CharField(_("Cơ quan"), max_length=40, blank=True)
    kind = models.CharField(_("Loại"), max_length=20)
    year = models.PositiveSmallIntegerField(_("Năm"))
    last = models.PositiveIntegerField(_("Số cuối"), default=0)

    class Meta:
        """One row for each agency, kind and year."""

        verbose_name = _("Sổ số")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agency", "kind", "year"], name="documents_register_once")
        ]

    def __str__(self) -> str:
        return f"{self.agency} {self.kind} {self.year}: {self.last}"
