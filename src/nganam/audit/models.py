"""Tables of the audit record. Rows are only ever added; the database itself refuses changes (see ``guards``)."""

from typing import ClassVar

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from nganam.audit import registry


class Entry(models.Model):
    """One deed: who, when, what, to which thing; ``hash`` covers every field and the entry before it."""

    seq = models.BigIntegerField(_("Số thứ tự"), primary_key=True)
    at = models.DateTimeField(_("Thời điểm"), db_index=True)
    actor_kind = models.CharField(_("Loại chủ thể"), max_length=10)
    actor_code = models.CharField(_("Mã người thực hiện"), max_length=150, blank=True)
    actor_name = models.CharField(_("Người thực hiện"), max_length=200)
    agency = models.CharField(_("Cơ quan"), max_length=40, blank=True, db_index=True)
    action = models.CharField(_("Hành vi"), max_length=100, db_index=True)
    object_type = models.CharField(_("Loại đối tượng"), max_length=60)
    object_code = models.CharField(_("Mã đối tượng"), max_length=120)
    details = models.JSONField(_("Chi tiết"), default=dict)
    prev_hash = models.CharField(_("Mã băm mục trước"), max_length=64)
    hash = models.CharField(_("Mã băm"), max_length=64)

    class Meta:
        """In order of the chain."""

        verbose_name = _("Mục nhật ký")
        ordering: ClassVar[list[str]] = ["seq"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["object_type", "object_code", "seq"], name="audit_entry_object"),
            models.Index(fields=["actor_code", "seq"], name="audit_entry_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.action} {self.object_code}"

    @property
    def label(self) -> str:
        """Return the action's label in the language in force; the bare code when its room is gone."""
        try:
            known = registry.action(self.action)
        except registry.UnknownAction:
            return self.action
        return known.en if (translation.get_language() or "vi").startswith("en") else known.vi


class Head(models.Model):
    """The end of the chain (one row): locked while an entry is added, so entries never fork."""

    id = models.SmallIntegerField(primary_key=True)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        """One row only."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(id=1), name="audit_head_single")
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.hash}"
