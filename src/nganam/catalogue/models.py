"""Tables of the catalogue: database entries with the content of D11.4, their data items, and issued editions."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from nganam.cases.models import Case
from nganam.catalogue.workflow import DATABASE, EDITION
from nganam.kernel.machine import Machine


class Phase(models.TextChoices):
    """Where the database itself stands (SM5), whatever the state of its entry."""

    PLANNED = "planned", _("Dự kiến xây dựng")
    BUILDING = "building", _("Đang xây dựng")
    OPERATING = "operating", _("Vận hành")
    UPGRADING = "upgrading", _("Nâng cấp")
    STOPPED = "stopped", _("Ngừng")


class PersonalData(models.TextChoices):
    """Kinds of personal data held (Luật 91/2025/QH15)."""

    NONE = "none", _("Không có")
    BASIC = "basic", _("Dữ liệu cá nhân cơ bản")
    SENSITIVE = "sensitive", _("Dữ liệu cá nhân nhạy cảm")


class SharingForm(models.TextChoices):
    """Forms of sharing of a data item (D11.4d)."""

    OPEN = "open", _("Dữ liệu mở")
    DEFAULT = "default", _("Chia sẻ mặc định")
    SPECIAL = "special", _("Chia sẻ đặc thù")


class SharedDatabase(Case):
    """An entry of the catalogue: the content of D11.4 and what D22, D40-D45 ask. ``owner`` is the chủ quản."""

    MACHINE: ClassVar[Machine] = DATABASE
    CODE_PREFIX: ClassVar[str] = "CSDL"

    owner = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="databases", verbose_name=_("Cơ quan chủ quản")
    )
    name = models.CharField(_("Tên cơ sở dữ liệu"), max_length=300)
    name_en = models.CharField(_("Tên tiếng Anh"), max_length=300, blank=True)
    purpose = models.TextField(_("Mục đích"), blank=True)
    scope = models.TextField(_("Phạm vi"), blank=True)
    content = models.TextField(_("Nội dung"), blank=True)
    collection = models.TextField(_("Cơ chế thu thập"), blank=True)
    updating = models.TextField(_("Cơ chế cập nhật"), blank=True)
    sources = models.TextField(_("Nguồn dữ liệu"), blank=True)
    operator = models.CharField(_("Đơn vị vận hành"), max_length=200, blank=True)
    legal_basis = models.TextField(_("Căn cứ pháp lý"), blank=True)
    phase = models.CharField(_("Hiện trạng"), max_length=10, choices=Phase.choices, default=Phase.OPERATING)
    plan_year = models.PositiveSmallIntegerField(_("Năm kế hoạch xây dựng, nâng cấp"), null=True, blank=True)
    personal_data = models.CharField(
        _("Dữ liệu cá nhân"), max_length=10, choices=PersonalData.choices, default=PersonalData.NONE
    )
    master_data = models.TextField(_("Dữ liệu chủ"), blank=True)
    code_lists = models.TextField(_("Danh mục dùng chung sử dụng"), blank=True)
    regulation_number = models.CharField(_("Số quy chế khai thác, sử dụng"), max_length=60, blank=True)
    regulation_on = models.DateField(_("Ngày ban hành quy chế"), null=True, blank=True)
    regulation_link = models.URLField(_("Địa chỉ công bố quy chế"), blank=True)
    usage_term = models.TextField(_("Thời hạn sử dụng dữ liệu theo phương thức"), blank=True)
    log_months = models.PositiveSmallIntegerField(_("Thời gian lưu nhật ký (tháng)"), null=True, blank=True)
    needs_authentication = models.BooleanField(_("Cần xác thực khi khai thác"), default=True)
    gaps = models.TextField(_("Nội dung chưa đáp ứng Chương III Nghị định 47/2020/NĐ-CP"), blank=True)

    class Meta:
        """Newest first; a name once per owner among live entries."""

        verbose_name = _("Cơ sở dữ liệu dùng chung")
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "owner"], name="catalogue_database_state")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                condition=~Q(state__in=["retired", "abandoned"]),
                name="catalogue_database_name_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def get_absolute_url(self) -> str:
        """Return the officers' page of the entry."""
        return f"/danh-muc/co-so-du-lieu/{self.code}/"


class DataItem(models.Model):
    """One data item of a database for one audience: mở, mặc định or đặc thù (D11.4d).

    ``ground`` is a word of the vocabulary ``default_ground``: why an item is shared by default (D34.1).
    """

    database = models.ForeignKey(SharedDatabase, models.CASCADE, related_name="items")
    name = models.CharField(_("Hạng mục dữ liệu"), max_length=200)
    form = models.CharField(_("Hình thức chia sẻ"), max_length=10, choices=SharingForm.choices)
    audience = models.CharField(_("Đối tượng khai thác, sử dụng"), max_length=200)
    ground = models.CharField(_("Căn cứ chia sẻ mặc định"), max_length=20, blank=True)
    position = models.PositiveSmallIntegerField(_("Thứ tự"))

    class Meta:
        """In the order entered; an item has one form for one audience."""

        verbose_name = _("Hạng mục dữ liệu")
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["database", "name", "audience"], name="catalogue_item_once")
        ]

    def __str__(self) -> str:
        return self.name


class Edition(Case):
    """An edition of one of the two lists the Chairman issues: shared databases (D11.3) or default data (D34.2)."""

    MACHINE: ClassVar[Machine] = EDITION
    CODE_PREFIX: ClassVar[str] = "DOT"

    class Kind(models.TextChoices):
        """Which list."""

        DATABASES = "databases", _("Danh mục cơ sở dữ liệu dùng chung")
        DEFAULT_DATA = "default_data", _("Danh mục dữ liệu chia sẻ mặc định")

    kind = models.CharField(_("Loại danh mục"), max_length=12, choices=Kind.choices)
    title = models.CharField(_("Tên đợt"), max_length=300)
    submission_number = models.CharField(_("Số tờ trình"), max_length=60, blank=True)
    submission_on = models.DateField(_("Ngày tờ trình"), null=True, blank=True)
    decision_number = models.CharField(_("Số quyết định"), max_length=60, blank=True)
    decision_on = models.DateField(_("Ngày quyết định"), null=True, blank=True)
    paper = models.CharField(_("Văn bản"), max_length=40, blank=True)
    issued_at = models.DateTimeField(_("Ban hành lúc"), null=True, blank=True)
    published_at = models.DateTimeField(_("Công bố lúc"), null=True, blank=True)
    previous = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="next", verbose_name=_("Thay thế đợt")
    )
    digest = models.CharField(_("Mã băm nội dung"), max_length=64, blank=True)

    class Meta:
        """Newest first; one draft or submission of a list at a time; a decision number once."""

        verbose_name = _("Đợt danh mục")
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(state__in=["draft", "submitted"]), name="catalogue_one_edition_open"
            ),
            models.UniqueConstraint(fields=["kind"], condition=Q(state="published"), name="catalogue_one_published"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the officers' page of the edition."""
        return f"/danh-muc/dot/{self.code}/"


class EditionEntry(models.Model):
    """One database in an edition; ``frozen`` is written when the edition is issued and never changes."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="entries")
    database = models.ForeignKey(SharedDatabase, models.PROTECT, related_name="entries")
    position = models.PositiveSmallIntegerField(_("Thứ tự"))
    frozen: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)

    class Meta:
        """In the order of the list; a database once."""

        verbose_name = _("Mục trong danh mục")
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["edition", "database"], name="catalogue_entry_once")
        ]

    def __str__(self) -> str:
        return f"{self.edition.code} {self.database.code}"


class DefaultProposal(models.Model):
    """What a review of special data found fit for the default list (D34.2): listed until an edition takes it up.

    ``source`` is the case whose review said so; ``edition`` the one it is to be taken up in, or was.
    """

    source_type = models.CharField(_("Loại hồ sơ"), max_length=60)
    source = models.CharField(_("Mã hồ sơ"), max_length=40)
    name = models.CharField(_("Dữ liệu"), max_length=200)
    owner = models.ForeignKey("agencies.Agency", models.PROTECT, related_name="+", verbose_name=_("Cơ quan chủ quản"))
    database = models.ForeignKey(
        SharedDatabase, models.PROTECT, null=True, blank=True, related_name="default_proposals",
        verbose_name=_("Cơ sở dữ liệu"),
    )  # fmt: skip
    reason = models.TextField(_("Lý do"))
    person_name = models.CharField(_("Người đề xuất"), max_length=200)
    proposed_at = models.DateTimeField(_("Đề xuất lúc"))
    edition = models.ForeignKey(
        Edition, models.PROTECT, null=True, blank=True, related_name="proposals", verbose_name=_("Đợt danh mục")
    )
    taken_at = models.DateTimeField(_("Vào danh mục lúc"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("Thôi đề xuất lúc"), null=True, blank=True)
    told_at = models.DateTimeField(_("Đã báo lúc"), null=True, blank=True)

    class Meta:
        """Oldest first; one open for each source."""

        verbose_name = _("Đề xuất chuyển chia sẻ mặc định")
        ordering: ClassVar[list[str]] = ["proposed_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["source_type", "source"], condition=Q(taken_at__isnull=True, dropped_at__isnull=True),
                name="catalogue_proposal_open_once",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.source} {self.name}"
