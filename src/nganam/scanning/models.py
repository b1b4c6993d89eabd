"""The record of scans: what was looked at, when, by whom, and what kinds were found where. Never what was found."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Result(models.TextChoices):
    """The outcome, gravest last."""

    CLEAN = "clean", _("Không phát hiện")
    NOTICE = "notice", _("Có điểm cần lưu ý")
    PERSONAL = "personal", _("Có dữ liệu cá nhân")
    SECRET = "secret", _("Có dấu hiệu bí mật nhà nước")


class Kind(models.TextChoices):
    """What can be found, in words."""

    DECLARED = "declared", _("Cột khai báo là dữ liệu cá nhân")
    SECRET = "secret", _("Dấu MẬT")
    SECRET_HIGH = "secret_high", _("Dấu TỐI MẬT")
    SECRET_TOP = "secret_top", _("Dấu TUYỆT MẬT")
    SECRET_LABEL = "secret_label", _("Nhãn độ mật")
    SECRET_WHOLE = "secret_whole", _("Ô ghi độ mật")
    CCCD = "cccd", _("Số định danh cá nhân, căn cước")
    OLD_ID = "old_id", _("Số chứng minh nhân dân")
    HEALTH_CARD = "health_card", _("Số thẻ bảo hiểm y tế")
    SOCIAL_INSURANCE = "social_insurance", _("Mã số bảo hiểm xã hội")
    TAX_CODE = "tax_code", _("Mã số thuế")
    PHONE = "phone", _("Số điện thoại")
    EMAIL = "email", _("Thư điện tử")
    PLATE = "plate", _("Biển số xe")
    PERSON_NAME = "person_name", _("Họ tên người")
    PRIVATE_KEY = "private_key", _("Khóa riêng")
    CLOUD_KEY = "cloud_key", _("Khóa truy cập dịch vụ")
    TOKEN = "token", _("Mã truy cập (token)")
    ADDRESS_PASSWORD = "address_password", _("Địa chỉ kết nối kèm mật khẩu")
    PASSWORD_HASH = "password_hash", _("Mật khẩu đã băm")
    PASSWORD_TOLD = "password_told", _("Mật khẩu ghi trong chữ")
    PASSWORD_COLUMN = "password_column", _("Cột mật khẩu, khóa")
    BIRTH_DATE = "birth_date", _("Ngày, năm sinh")


class Scan(models.Model):
    """One scan of one thing. ``findings`` lists column, kind, level and counts only."""

    object_type = models.CharField(_("Loại đối tượng"), max_length=60)
    object_code = models.CharField(_("Mã đối tượng"), max_length=120)
    agency = models.CharField(_("Cơ quan"), max_length=20, blank=True)
    at = models.DateTimeField(_("Lúc"))
    by = models.CharField(_("Người thực hiện"), max_length=150)
    result = models.CharField(_("Kết quả"), max_length=10, choices=Result.choices)
    findings = models.JSONField(_("Phát hiện"), default=list)

    class Meta:
        """Newest first."""

        verbose_name = _("Lượt rà quét")
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["object_type", "object_code", "-at"], name="scanning_object_at"),
            models.Index(fields=["result", "-at"], name="scanning_result_at"),
        ]

    def __str__(self) -> str:
        return f"{self.object_code}: {self.get_result_display()}"

    @property
    def lines(self) -> list[dict[str, object]]:
        """Findings with the kind in words, for pages."""
        names = dict(Kind.choices)
        return [{**one, "name": names.get(one["kind"], one["kind"])} for one in self.findings]
