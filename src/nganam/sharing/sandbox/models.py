"""Table of test credentials."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class TestCredential(models.Model):
    """What an application shows to get a token for the sandbox, and for nothing else; its secret is a keyed hash.

    It comes from no grant: there is nothing behind it but rows that are nobody's.
    """

    __test__ = False  # no test class, whatever its name says to a test runner

    application = models.ForeignKey(
        "sharing.Application", models.PROTECT, related_name="test_credentials", verbose_name=_("Ứng dụng")
    )
    client_id = models.CharField(_("Mã khách (client_id)"), max_length=40, unique=True)
    secret_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(_("Cấp lúc"))
    created_by = models.CharField(_("Người nhận"), max_length=200)
    expires_at = models.DateTimeField(_("Hết hạn lúc"))
    revoked_at = models.DateTimeField(_("Thu hồi lúc"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("Lấy mã lần cuối"), null=True, blank=True)

    class Meta:
        """Newest first."""

        verbose_name = _("Khóa thử nghiệm")
        ordering: ClassVar[list[str]] = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.client_id

    def is_live(self, at: datetime) -> bool:
        """Say whether it gets tokens at ``at``."""
        return self.revoked_at is None and at < self.expires_at
