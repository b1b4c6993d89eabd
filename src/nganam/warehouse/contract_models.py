"""Tables of the room around contracts: their numbered versions, and decisions to admit what drifted from them."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nganam.warehouse.engine import comparing


class ContractVersion(models.Model):
    """A table's contract as it was declared once, numbered by what it does to readers; never changed.

    ``contract`` is ``{"columns", "rules", "terms", "about"}``; ``changes`` say in what it differs from the one before,
    ``readers`` who was known to read what it takes away.
    """

    table = models.ForeignKey("warehouse.Table", models.PROTECT, related_name="contract_versions")
    major = models.PositiveIntegerField(default=1)
    minor = models.PositiveIntegerField(default=0)
    patch = models.PositiveIntegerField(default=0)
    contract = models.JSONField(_("Hợp đồng dữ liệu"))
    changes = models.JSONField(_("Thay đổi"), default=list)
    readers = models.JSONField(_("Nơi đang đọc cột bị bỏ hoặc đổi"), default=list)
    by = models.CharField(_("Người khai báo"), max_length=200)
    reason = models.CharField(_("Lý do"), max_length=500, blank=True)
    made_at = models.DateTimeField(_("Từ lúc"))

    class Meta:
        """Newest first; a number once per table."""

        verbose_name = _("Phiên bản hợp đồng dữ liệu")
        ordering: ClassVar[list[str]] = ["table", "-major", "-minor", "-patch"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["table", "major", "minor", "patch"], name="warehouse_contract_number_once")
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Return the number as it is written: 1.2.0."""
        return f"{self.major}.{self.minor}.{self.patch}"

    @property
    def told(self) -> list[comparing.Change]:
        """Return in what it differs from the version before."""
        return [comparing.Change(**one) for one in self.changes]

    @property
    def sentences(self) -> list[str]:
        """Say in what it differs from the version before, in the active language."""
        return [one.tell(gettext) for one in self.told]


class Scope(models.TextChoices):
    """How long a decision holds."""

    ONCE = "once", _("Chỉ lượt nạp này")
    ALWAYS = "always", _("Từ nay về sau")


class Admission(models.Model):
    """A decision to load what was stopped at the door: which drift was admitted, why, by whom, and for how long."""

    stopped = models.ForeignKey("warehouse.Load", models.PROTECT, related_name="admissions")
    load = models.OneToOneField("warehouse.Load", models.PROTECT, related_name="admission")
    scope = models.CharField(_("Phạm vi"), max_length=6, choices=Scope.choices)
    drift = models.JSONField(_("Sai khác được chấp nhận"), default=dict)
    reason = models.CharField(_("Lý do"), max_length=500)
    by = models.CharField(_("Người quyết định"), max_length=200)
    decided_at = models.DateTimeField(_("Lúc"))

    class Meta:
        """Newest first."""

        verbose_name = _("Quyết định chấp nhận sai khác")
        ordering: ClassVar[list[str]] = ["-decided_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.stopped} → {self.load}"

    def allows(self, kind: str) -> list[Any]:
        """Return what of one kind (``columns``, ``types``, ``rules``) was admitted."""
        return list(self.drift.get(kind, []))
