"""Table of the room for connections entered on a source's page."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Connection(models.Model):
    """Where a source's server is, and the sealed password to it: a row of its own, gone when it is needed no more.

    ``sealed`` opens for the source, kind, server, port and user it was given for, and for nothing else.
    """

    source = models.OneToOneField("warehouse.Source", models.CASCADE, related_name="connection")
    server = models.CharField(_("Máy chủ"), max_length=253)
    port = models.PositiveIntegerField(_("Cổng"))
    database = models.CharField(_("Cơ sở dữ liệu"), max_length=64)
    user = models.CharField(_("Tên đăng nhập"), max_length=128)
    key = models.CharField(_("Khóa giữ mật khẩu"), max_length=40, editable=False)
    sealed = models.BinaryField(_("Mật khẩu đã mã hóa"), editable=False)
    set_at = models.DateTimeField(_("Mật khẩu đặt lúc"), editable=False)
    set_by = models.CharField(_("Người đặt mật khẩu"), max_length=200, editable=False)

    class Meta:
        """By source."""

        verbose_name = _("Kết nối của nguồn")
        ordering: ClassVar[list[str]] = ["source"]

    def __str__(self) -> str:
        return self.place

    @property
    def place(self) -> str:
        """Return server and port in one form."""
        return f"[{self.server}]:{self.port}" if ":" in self.server else f"{self.server}:{self.port}"
