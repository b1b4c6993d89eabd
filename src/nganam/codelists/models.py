"""Code lists, their versions and entries. A published version never changes: a correction is another version."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class ListKind(models.TextChoices):
    """Who makes a list binding. What the province chose for itself is shown as "nội bộ"."""

    NATIONAL = "national", _("Quốc gia")
    BRANCH = "branch", _("Bộ, ngành")
    STANDARD = "standard", _("Tiêu chuẩn")
    LOCAL = "local", _("Nội bộ của tỉnh")


class Keeping(models.TextChoices):
    """Where the entries are kept: here, or with the administrative units of the room below."""

    HERE = "here", _("Phiên bản trong danh mục")
    UNITS = "units", _("Đơn vị hành chính các cấp")
    COMMUNES = "communes", _("Đơn vị hành chính cấp xã")


class CodeList(models.Model):
    """A list of codes shared by all. ``basis`` is the paper that makes it binding, empty for a local choice."""

    code = models.SlugField(_("Mã danh mục"), max_length=63, unique=True)
    title = models.CharField(_("Tên danh mục"), max_length=200)
    title_en = models.CharField(_("Tên tiếng Anh"), max_length=200, blank=True)
    agency = models.ForeignKey("agencies.Agency", models.PROTECT, related_name="code_lists", verbose_name=_("Chủ quản"))
    kind = models.CharField(_("Loại"), max_length=10, choices=ListKind.choices)
    basis = models.CharField(_("Căn cứ pháp lý"), max_length=300, blank=True)
    description = models.TextField(_("Mô tả"), blank=True)
    description_en = models.TextField(_("Mô tả tiếng Anh"), blank=True)
    keeping = models.CharField(_("Nơi giữ mã"), max_length=10, choices=Keeping.choices, default=Keeping.HERE)
    created_at = models.DateTimeField(_("Khai báo lúc"), editable=False)

    class Meta:
        """By title."""

        verbose_name = _("Danh mục dùng chung")
        ordering: ClassVar[list[str]] = ["title", "code"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the officers' page of the list."""
        return reverse("codelists:keep", args=[self.code])

    @property
    def public_url(self) -> str:
        """Return the public page, which does not move."""
        return reverse("codelists:code_list", args=[self.code])


class VersionState(models.TextChoices):
    """A draft may still go; a published version stays as it is."""

    DRAFT = "draft", _("Bản thảo")
    PUBLISHED = "published", _("Đã công bố")


class CodeListVersion(models.Model):
    """All codes of a list from a day on. Of versions from the same day the one with the highest number counts.

    ``valid_until`` is set only where the list itself ends on a day; otherwise the next version ends this one.
    """

    list = models.ForeignKey(CodeList, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("Phiên bản"))
    valid_from = models.DateField(_("Hiệu lực từ ngày"))
    valid_until = models.DateField(_("Hết hiệu lực từ ngày"), null=True, blank=True)
    paper = models.CharField(_("Văn bản nguồn"), max_length=300, blank=True)
    note = models.CharField(_("Ghi chú"), max_length=500, blank=True)
    state = models.CharField(
        _("Trạng thái"), max_length=10, choices=VersionState.choices, default=VersionState.DRAFT, editable=False
    )
    size = models.PositiveIntegerField(_("Số mã"), default=0, editable=False)
    sha256 = models.CharField(_("SHA-256 nội dung"), max_length=64, blank=True, editable=False)
    imported_at = models.DateTimeField(_("Nhập lúc"), editable=False)
    imported_by = models.CharField(_("Người nhập"), max_length=200, editable=False)
    published_at = models.DateTimeField(_("Công bố lúc"), null=True, editable=False)
    published_by = models.CharField(_("Người công bố"), max_length=200, blank=True, editable=False)

    class Meta:
        """Newest first; one draft of a list at a time."""

        verbose_name = _("Phiên bản danh mục")
        ordering: ClassVar[list[str]] = ["list", "-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["list", "number"], name="codelists_version_number_once"),
            models.UniqueConstraint(fields=["list"], condition=Q(state="draft"), name="codelists_one_draft_at_a_time"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="codelists_version_forward",
                violation_error_message=_("Ngày kết thúc phải sau ngày bắt đầu."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.list.code} v{self.number}"

    @property
    def is_draft(self) -> bool:
        """Say whether the version may still go."""
        return self.state == VersionState.DRAFT

    def ends_on(self, following: date | None) -> date | None:
        """Return the day the version ends, when the next one begins on ``following``."""
        days = [one for one in (self.valid_until, following) if one]
        return min(days) if days else None


class CodeEntry(models.Model):
    """One code of a version, as text: zeros in front stay. ``extra`` holds the further columns of the file."""

    version = models.ForeignKey(CodeListVersion, models.CASCADE, related_name="entries")
    code = models.CharField(_("Mã"), max_length=40)
    name = models.CharField(_("Tên"), max_length=300)
    name_en = models.CharField(_("Tên tiếng Anh"), max_length=300, blank=True)
    parent = models.CharField(_("Mã cha"), max_length=40, blank=True)
    position = models.PositiveIntegerField(_("Thứ tự"))
    extra = models.JSONField(_("Thông tin thêm"), default=dict, blank=True)
    folded = models.CharField(max_length=700, editable=False)

    class Meta:
        """In the order of the list; a code once."""

        verbose_name = _("Mã")
        ordering: ClassVar[list[str]] = ["version", "position"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["version", "parent", "position"], name="codelists_entry_tree"),
            models.Index(fields=["code"], name="codelists_entry_code"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "code"], name="codelists_code_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CodeSuccession(models.Model):
    """A code of the version takes over from a code of the version before: all of it, or a part nobody has measured."""

    version = models.ForeignKey(CodeListVersion, models.CASCADE, related_name="successions")
    old = models.CharField(_("Mã cũ"), max_length=40)
    new = models.CharField(_("Mã mới"), max_length=40)

    class Meta:
        """A pair once."""

        verbose_name = _("Kế tục mã")
        ordering: ClassVar[list[str]] = ["version", "old", "new"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "old", "new"], name="codelists_succession_once")
        ]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"
