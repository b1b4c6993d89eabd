"""Table of the models: each change of a derived table's SQL is one numbered version, never changed."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class ModelVersion(models.Model):
    """How the rows of a derived table are made, as it was declared once; the newest one holds.

    ``lineage`` is ``parsing.Parsed`` as plain data: the inputs and what each column stems from. ``tests`` are
    ``[{"name", "query", "severity"}]``; ``lowered`` says by column why it has a lower class than what it stems from.
    With ``is_stopped`` the table is no derived one from then on.
    """

    table = models.ForeignKey("warehouse.Table", models.PROTECT, related_name="model_versions")
    number = models.PositiveIntegerField(_("Phiên bản mô hình"))
    sql = models.TextField(_("Câu SQL"), blank=True)
    description = models.TextField(_("Mô tả"), blank=True)
    tests = models.JSONField(_("Kiểm thử"), default=list, blank=True)
    lowered = models.JSONField(_("Lý do hạ phân loại"), default=dict, blank=True)
    lineage = models.JSONField(_("Nguồn gốc các cột"), default=dict, blank=True)
    is_stopped = models.BooleanField(_("Thôi là bảng dẫn xuất"), default=False)
    by = models.CharField(_("Người khai báo"), max_length=200)
    reason = models.CharField(_("Lý do"), max_length=500, blank=True)
    made_at = models.DateTimeField(_("Từ lúc"))

    class Meta:
        """Newest first; a number once per table."""

        verbose_name = _("Phiên bản mô hình")
        ordering: ClassVar[list[str]] = ["table", "-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["table", "number"], name="warehouse_model_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.table.code} m{self.number}"

    @property
    def names(self) -> dict[str, str]:
        """Return the inputs: by the name the SQL has for each its table's code."""
        return dict(self.lineage.get("names", {}))

    @property
    def inputs(self) -> list[str]:
        """Return the codes of the tables it reads, each once, in order."""
        return sorted(set(self.names.values()))

    @property
    def origins(self) -> dict[str, list[dict[str, Any]]]:
        """Return by column of the table the columns of inputs it stems from."""
        return dict(self.lineage.get("columns", {}))

    @property
    def deciding(self) -> list[dict[str, Any]]:
        """Return the columns of inputs that decide which rows there are."""
        return list(self.lineage.get("deciding", []))
