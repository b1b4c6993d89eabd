"""Tables of the room for erasures: rows that leave a table and its history for good, and what may not come back."""

from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Basis(models.TextChoices):
    """Why rows are erased: a local list."""

    COURT = "court", _("Bản án, quyết định của tòa án")
    AUTHORITY = "authority", _("Quyết định của cơ quan có thẩm quyền")
    SUBJECT = "subject", _("Yêu cầu của chủ thể dữ liệu")
    WRONGLY = "wrongly", _("Dữ liệu thu thập, cung cấp không đúng quy định")


class ErasureState(models.TextChoices):
    """How far an erasure is."""

    PROPOSED = "proposed", _("Chờ người thứ hai xác nhận")
    CONFIRMED = "confirmed", _("Đang xóa")
    CLEANING = "cleaning", _("Đã xóa khỏi các phiên bản, đang dọn tệp")
    DONE = "done", _("Đã xóa")
    WITHDRAWN = "withdrawn", _("Đã rút đề nghị")


class Erasure(models.Model):
    """Rows with certain values in a column, to be gone from every version of a table, what was made of it and received.

    The values are kept sealed while they are needed and then not at all; ``outcome`` tells what left by numbers alone:
    ``{"versions": [{"number", "removed", "rows", "sha256_before", "sha256"}], "without": [number], "files",
    "received", "rejected"}``.
    """

    code = models.CharField(_("Mã"), max_length=20, unique=True, editable=False)
    table = models.ForeignKey("warehouse.Table", models.PROTECT, related_name="erasures", verbose_name=_("Bảng"))
    column = models.CharField(_("Cột"), max_length=63)
    count = models.PositiveIntegerField(_("Số giá trị"))
    key = models.CharField(max_length=40, blank=True, editable=False)
    sealed = models.BinaryField(default=b"", editable=False)
    basis = models.CharField(_("Căn cứ"), max_length=10, choices=Basis.choices)
    paper = models.CharField(_("Số, ký hiệu văn bản"), max_length=200, blank=True)
    paper_on = models.DateField(_("Ngày văn bản"), null=True, blank=True)
    reason = models.CharField(_("Lý do"), max_length=500)
    state = models.CharField(_("Trạng thái"), max_length=10, choices=ErasureState.choices,
                             default=ErasureState.PROPOSED)  # fmt: skip
    proposed_at = models.DateTimeField(_("Đề nghị lúc"))
    proposed_by = models.CharField(_("Người đề nghị"), max_length=200)
    proposer = models.CharField(max_length=100, editable=False)
    decided_at = models.DateTimeField(_("Xác nhận lúc"), null=True, blank=True)
    decided_by = models.CharField(_("Người xác nhận"), max_length=200, blank=True)
    load = models.OneToOneField("warehouse.Load", models.PROTECT, null=True, blank=True, related_name="erasure")
    outcome = models.JSONField(default=dict, editable=False)
    done_at = models.DateTimeField(_("Xóa xong lúc"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("Cho nhận lại lúc"), null=True, blank=True)
    lifted_by = models.CharField(_("Người cho nhận lại"), max_length=200, blank=True)
    lift_reason = models.CharField(_("Lý do cho nhận lại"), max_length=500, blank=True)

    class Meta:
        """Newest first; a table has one erasure under way at a time."""

        verbose_name = _("Xóa dữ liệu theo quyết định")
        ordering: ClassVar[list[str]] = ["-proposed_at", "-pk"]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        """Return the page of the erasure."""
        return reverse("warehouse:erasure", args=[self.code])

    @property
    def is_proposed(self) -> bool:
        """Say whether it waits for a second person."""
        return self.state == ErasureState.PROPOSED

    @property
    def is_effective(self) -> bool:
        """Say whether the rows have left the versions."""
        return self.state in {ErasureState.CLEANING, ErasureState.DONE}

    @property
    def holds_back(self) -> bool:
        """Say whether rows with these values are still refused at the door."""
        return self.is_effective and self.lifted_at is None

    @property
    def removed(self) -> int:
        """Return how many rows left, over all versions."""
        return sum(one["removed"] for one in self.versions)

    @property
    def versions(self) -> list[dict[str, Any]]:
        """Return what became of each version."""
        return list(self.outcome.get("versions", []))


class ErasedValue(models.Model):
    """A value that no row of the table may have again, as a salted digest from which it cannot be read."""

    erasure = models.ForeignKey(Erasure, models.CASCADE, related_name="values_erased")
    digest = models.CharField(max_length=64)

    class Meta:
        """A value once per erasure."""

        verbose_name = _("Giá trị không nhận lại")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["erasure", "digest"], name="warehouse_erased_value_once")
        ]

    def __str__(self) -> str:
        return f"{self.erasure} {self.digest[:8]}"
