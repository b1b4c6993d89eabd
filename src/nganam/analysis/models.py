"""Table of saved questions."""

from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Question(models.Model):
    """A question somebody keeps: ``ref`` is what it asks (a table's code, or an account's), ``asked`` its parameters.

    It holds no answer: each time it is opened it is asked anew, within what the one who opens it may see.
    """

    code = models.CharField(_("Mã"), max_length=20, unique=True, editable=False)
    title = models.CharField(_("Tên câu hỏi"), max_length=200)
    ref = models.CharField(_("Hỏi trên"), max_length=63)
    asked = models.JSONField(_("Câu hỏi"))
    agency = models.ForeignKey("agencies.Agency", models.PROTECT, related_name="+", verbose_name=_("Cơ quan"))
    by_code = models.CharField(_("Người lưu"), max_length=150)
    by_name = models.CharField(_("Tên người lưu"), max_length=200)
    is_shared = models.BooleanField(_("Dùng chung trong cơ quan"), default=False)
    is_pinned = models.BooleanField(_("Trên bảng điều khiển"), default=False)
    created_at = models.DateTimeField(_("Lưu lúc"))

    class Meta:
        """By title; a title once for a person at an agency."""

        verbose_name = _("Câu hỏi phân tích")
        ordering: ClassVar[list[str]] = ["title", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agency", "by_code", "title"], name="analysis_title_once"),
            models.CheckConstraint(
                condition=models.Q(is_pinned=False) | models.Q(is_shared=True), name="analysis_pinned_is_shared"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        """Return the address at which the question is asked again."""
        return reverse("analysis:question", args=[self.code])

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the question as the form takes it."""
        return dict(self.asked)
