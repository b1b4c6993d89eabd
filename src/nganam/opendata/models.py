"""Tables of open data: datasets, their releases and the files of each release."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from nganam.cases.models import Case
from nganam.kernel.machine import Machine
from nganam.opendata.workflow import DATASET


class Dataset(Case):
    """An open dataset over one warehouse table."""

    MACHINE: ClassVar[Machine] = DATASET
    CODE_PREFIX: ClassVar[str] = "DLM"

    slug = models.SlugField(_("Địa chỉ"), max_length=120, unique=True)
    title = models.CharField(_("Tiêu đề"), max_length=300)
    title_en = models.CharField(_("Tiêu đề tiếng Anh"), max_length=300, blank=True)
    description = models.TextField(_("Mô tả"))
    description_en = models.TextField(_("Mô tả tiếng Anh"), blank=True)
    table = models.OneToOneField(
        "warehouse.Table", models.PROTECT, related_name="dataset", verbose_name=_("Bảng trong kho")
    )
    publisher = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="datasets", verbose_name=_("Cơ quan ban hành")
    )
    creator = models.CharField(_("Người tạo"), max_length=200)
    theme = models.CharField(_("Chủ đề"), max_length=40)
    keywords = models.JSONField(_("Từ khóa"), default=list, blank=True)
    frequency = models.CharField(_("Tần suất cập nhật"), max_length=20, default="quarterly")
    contact = models.CharField(_("Đầu mối phản hồi"), max_length=200)
    source_note = models.TextField(_("Nguồn, cách trích dẫn"))
    privacy_review = models.TextField(_("Đánh giá dữ liệu cá nhân, khả năng tái định danh"), blank=True)
    safety_review = models.TextField(_("Đánh giá an toàn, an ninh"), blank=True)
    reviewed_at = models.DateTimeField(_("Đánh giá lúc"), null=True, blank=True)
    reviewed_by = models.CharField(_("Người đánh giá"), max_length=200, blank=True)
    published_at = models.DateTimeField(_("Công bố lúc"), null=True, blank=True)
    checked_at = models.DateTimeField(_("Cập nhật hoặc xác nhận gần nhất"), null=True, blank=True)

    class Meta:
        """Newest first."""

        verbose_name = _("Bộ dữ liệu mở")
        ordering: ClassVar[list[str]] = ["-published_at", "-created_at"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "theme"])]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        """Return the officers' page."""
        return f"/du-lieu-mo/{self.code}/"


class Release(models.Model):
    """One published state of a dataset: numbered 1, 2, 3 …, bound to a warehouse version, never changed."""

    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="releases")
    number = models.PositiveIntegerField(_("Phiên bản"))
    version = models.ForeignKey("warehouse.Version", models.PROTECT, related_name="releases")
    prepared_at = models.DateTimeField(_("Chuẩn bị lúc"))
    published_at = models.DateTimeField(_("Công bố lúc"), null=True, blank=True)

    class Meta:
        """Newest first; numbers and versions once per dataset."""

        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["dataset", "number"], name="opendata_release_number_once"),
            models.UniqueConstraint(fields=["dataset", "version"], name="opendata_release_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset.slug} v{self.number}"


class Distribution(models.Model):
    """One file of a release. ``path`` is relative to the data folder."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="distributions")
    format = models.CharField(_("Định dạng"), max_length=10)
    path = models.CharField(max_length=300)
    size = models.BigIntegerField(_("Dung lượng (byte)"))
    sha256 = models.CharField(_("Mã kiểm tra SHA-256"), max_length=64)
    rows = models.BigIntegerField(_("Số dòng"))

    class Meta:
        """One file per format."""

        ordering: ClassVar[list[str]] = ["format"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["release", "format"], name="opendata_format_once")
        ]

    def __str__(self) -> str:
        return f"{self.release} {self.format}"


class Download(models.Model):
    """Downloads counted per dataset, format and day; who downloads is not kept (D17: no identification)."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="downloads")
    format = models.CharField(max_length=10)
    on = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        """One counter per dataset, format and day."""

        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["dataset", "format", "on"], name="opendata_download_counter")
        ]

    def __str__(self) -> str:
        return f"{self.dataset.slug} {self.format} {self.on}"
