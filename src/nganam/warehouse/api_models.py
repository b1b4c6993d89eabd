"""Table of the room for JSON APIs that are sources: where, how pages follow each other, and a sealed key."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class PagingKind(models.TextChoices):
    """How a program asks for the next page; the names are those of ``engine.rest``."""

    NONE = "none", _("Không chia trang")
    PAGE = "page", _("Số trang (?page=2)")
    OFFSET = "offset", _("Vị trí bắt đầu (?offset=100)")
    CURSOR = "cursor", _("Con trỏ trong câu trả lời")
    NEXT = "next", _("Địa chỉ trang sau trong câu trả lời")
    LINK = "link", _("Đầu mục Link: rel=next (RFC 8288)")


class AuthKind(models.TextChoices):
    """How a call proves who it is."""

    NONE = "none", _("Không cần khóa")
    BEARER = "bearer", _("Mã truy cập (Bearer)")
    HEADER = "header", _("Khóa trong một đầu mục")
    BASIC = "basic", _("Tên đăng nhập và mật khẩu (Basic)")


class Api(models.Model):
    """What a source of kind ``rest`` is read by; ``sealed`` opens for its source, server and way to prove, only."""

    source = models.OneToOneField("warehouse.Source", models.CASCADE, related_name="api")
    address = models.CharField(_("Địa chỉ"), max_length=300)
    records = models.CharField(_("Chỗ của danh sách bản ghi"), max_length=200, blank=True)
    params = models.JSONField(_("Tham số"), default=list, blank=True)
    paging = models.CharField(_("Cách chia trang"), max_length=8, choices=PagingKind.choices, default=PagingKind.NONE)
    param = models.CharField(_("Tham số của trang"), max_length=100, blank=True)
    first = models.PositiveIntegerField(_("Trang hoặc vị trí đầu tiên"), default=1)
    size_param = models.CharField(_("Tham số cỡ trang"), max_length=100, blank=True)
    size = models.PositiveIntegerField(_("Cỡ trang"), default=0)
    next_path = models.CharField(_("Chỗ của con trỏ hoặc địa chỉ trang sau"), max_length=200, blank=True)
    auth = models.CharField(_("Cách xác thực"), max_length=8, choices=AuthKind.choices, default=AuthKind.NONE)
    auth_name = models.CharField(_("Tên đầu mục hoặc tên đăng nhập"), max_length=128, blank=True)
    key = models.CharField(max_length=40, blank=True, editable=False)
    sealed = models.BinaryField(default=b"", editable=False)
    set_at = models.DateTimeField(_("Khóa đặt lúc"), null=True, editable=False)
    set_by = models.CharField(_("Người đặt khóa"), max_length=200, blank=True, editable=False)

    class Meta:
        """By source."""

        verbose_name = _("API của nguồn")
        ordering: ClassVar[list[str]] = ["source"]

    def __str__(self) -> str:
        return self.address
