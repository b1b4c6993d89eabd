"""Tables of the register: services with their data items, versions, appraisals, and spreadsheets of drafts."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nganam.agencies.models import Agency
from nganam.cases.models import Case
from nganam.kernel.machine import Machine
from nganam.services import checklist
from nganam.services.upstreams.models import Upstream
from nganam.services.workflow import REVISION, SERVICE
from nganam.warehouse.models import Table

__all__ = [
    "Appraisal", "Finding", "ImportFile", "Revision", "RevisionKind", "Service", "ServiceField", "Source", "Upstream",
]  # fmt: skip
NO_DATA = "Không có bản ghi: HTTP 404, mã data_absent. Mục tin không có giá trị: null."
NOT_PERMITTED = (
    "Có bản ghi nhưng ngoài phạm vi được cấp: HTTP 403, mã data_not_permitted. "
    "Mục tin không được cấp không nằm trong câu trả lời."
)
LIVE = ("published", "suspended")
"""States in which a service has a version in force and is on the LGSP."""
PENDING = ("draft", "submitted", "appraising", "returned", "passed", "announced")
"""States of a version that may still come into force."""


Source = Table | Upstream
"""What answers a service: both have ``code``, ``title``, ``database``, ``agency`` and a ``contract`` of columns."""


class Service(Case):
    """A data-sharing service with the description of D24.3; its state is SM6's."""

    MACHINE: ClassVar[Machine] = SERVICE
    CODE_PREFIX: ClassVar[str] = "DV"

    name = models.CharField(_("Tên dịch vụ"), max_length=300)
    name_en = models.CharField(_("Tên tiếng Anh"), max_length=300, blank=True)
    provider = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="services", verbose_name=_("Cơ quan cung cấp")
    )
    database = models.ForeignKey(
        "catalogue.SharedDatabase",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="services",
        verbose_name=_("Cơ sở dữ liệu nguồn"),
    )
    table = models.ForeignKey(
        "warehouse.Table", models.PROTECT, null=True, blank=True, related_name="services",
        verbose_name=_("Bảng trong kho"),
    )  # fmt: skip
    upstream = models.ForeignKey(
        "services.Upstream", models.PROTECT, null=True, blank=True, related_name="services",
        verbose_name=_("Hệ thống của cơ quan"),
    )  # fmt: skip
    subsystem = models.CharField(_("Phân hệ"), max_length=40, default="KHO")
    description = models.TextField(_("Mục đích, nội dung chia sẻ"))
    form = models.CharField(_("Hình thức chia sẻ"), max_length=20, default="default")
    method = models.CharField(_("Phương thức chia sẻ"), max_length=20, default="query")
    parameters = models.TextField(_("Thông số của dịch vụ"))
    technical_docs = models.TextField(_("Tài liệu kỹ thuật"))
    structure = models.TextField(_("Cấu trúc dữ liệu trao đổi, tiêu chuẩn áp dụng"))
    no_data = models.TextField(_("Trả lời khi không có dữ liệu"), default=NO_DATA)
    not_permitted = models.TextField(_("Trả lời khi có dữ liệu nhưng không được phép"), default=NOT_PERMITTED)
    capacity = models.TextField(_("Khả năng đáp ứng kết nối"))
    access_notes = models.TextField(_("Thông tin khác hỗ trợ truy cập, kết nối, sử dụng"), blank=True)
    lookup_columns = models.JSONField(_("Cột khóa tra cứu"), default=list)
    filter_columns = models.JSONField(_("Cột được lọc"), default=list)
    operations = models.JSONField(_("Thao tác"), default=list, blank=True)
    rate_per_minute = models.PositiveIntegerField(_("Giới hạn cuộc gọi mỗi phút"), default=600)
    usage_term_days = models.PositiveIntegerField(_("Thời hạn sử dụng (ngày)"), null=True, blank=True)
    test_record = models.JSONField(_("Biên bản kiểm thử"), default=dict, blank=True)
    ready_at = models.DateTimeField(_("Sẵn sàng từ"), null=True, blank=True)
    published_at = models.DateTimeField(_("Công khai từ"), null=True, blank=True)
    national_on = models.DateField(_("Đăng trên hệ thống quốc gia ngày"), null=True, blank=True)
    national_ref = models.CharField(_("Mã trên hệ thống quốc gia"), max_length=120, blank=True)
    national_by = models.CharField(_("Người ghi nhận"), max_length=200, blank=True)
    end_ground = models.CharField(_("Căn cứ chấm dứt"), max_length=20, blank=True)
    end_signer = models.CharField(_("Người ký văn bản chấm dứt"), max_length=120, blank=True)
    end_told_at = models.DateTimeField(_("Báo cho bên phải xử lý lúc"), null=True, blank=True)
    imported_from = models.ForeignKey(
        "services.ImportFile", models.PROTECT, null=True, blank=True, related_name="services",
        verbose_name=_("Nhập từ tệp"),
    )  # fmt: skip

    class Meta:
        """Newest first; the register is read by state and provider."""

        verbose_name = _("Dịch vụ chia sẻ dữ liệu")
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "provider"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(table__isnull=False, upstream__isnull=True) | Q(table__isnull=True, upstream__isnull=False),
                name="services_one_source",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def source(self) -> Source:
        """What answers: a table of the warehouse, or an agency's own system; both say their columns alike."""
        found = self.table or self.upstream
        if found is None:
            raise AssertionError("a service has a source")
        return found

    def get_absolute_url(self) -> str:
        """Return the officers' page."""
        return f"/dich-vu/quan-ly/{self.code}/"

    @property
    def is_open(self) -> bool:
        """Say whether calls may be made now."""
        return self.state == "published"

    @property
    def number(self) -> str:
        """Return the number of the version in force, "0.1" before there is one."""
        found = self.revisions.filter(state="in_force").values_list("number", flat=True).first()
        return found or "0.1"

    @property
    def code_lists(self) -> dict[str, str]:
        """Return the shared code list of each data item that holds codes of one, as the table's contract names it."""
        columns = self.table.contract["columns"] if self.table else ()
        return {str(one["name"]): str(one["codelist"]) for one in columns if one.get("codelist")}


class ServiceField(models.Model):
    """One data item (mục tin) a service offers; copied from the table's contract at declaration."""

    service = models.ForeignKey(Service, models.CASCADE, related_name="fields")
    name = models.SlugField(_("Tên trường"), max_length=80)
    title = models.CharField(_("Tên mục tin"), max_length=200)
    title_en = models.CharField(_("Tên tiếng Anh"), max_length=200, blank=True)
    type = models.CharField(_("Kiểu"), max_length=20)
    personal = models.BooleanField(_("Dữ liệu cá nhân"), default=False)
    description = models.TextField(_("Mô tả"), blank=True)
    position = models.PositiveSmallIntegerField(_("Thứ tự"))

    class Meta:
        """In the order of the contract, each name once."""

        verbose_name = _("Mục tin")
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["service", "name"], name="services_field_once")
        ]

    def __str__(self) -> str:
        return self.name


class RevisionKind(models.TextChoices):
    """What a version changes: the first one, what breaks nobody, or what was appraised again."""

    INITIAL = "initial", _("Lần đầu")
    MINOR = "minor", _("Thay đổi nhỏ")
    MAJOR = "major", _("Thay đổi lớn")


class Revision(Case):
    """A version of a service's description (D25.2). ``changes`` holds the parts that differ until it takes effect.

    ``content`` is the whole description, frozen when the version comes into force. ``number`` is drawn then: a minor
    change raises what stands after the dot, a major one what stands before it.
    """

    MACHINE: ClassVar[Machine] = REVISION
    CODE_PREFIX: ClassVar[str] = "PB"

    service = models.ForeignKey(Service, models.PROTECT, related_name="revisions", verbose_name=_("Dịch vụ"))
    kind = models.CharField(_("Loại thay đổi"), max_length=10, choices=RevisionKind.choices)
    number = models.CharField(_("Phiên bản"), max_length=12, blank=True)
    summary = models.TextField(_("Lý do, nội dung thay đổi"))
    changes = models.JSONField(_("Phần thay đổi"), default=dict)
    content = models.JSONField(_("Bản mô tả"), default=dict, blank=True)
    announced_at = models.DateTimeField(_("Báo trước lúc"), null=True, blank=True)
    effective_on = models.DateField(_("Áp dụng từ ngày"), null=True, blank=True)
    in_force_at = models.DateTimeField(_("Có hiệu lực lúc"), null=True, blank=True)
    superseded_at = models.DateTimeField(_("Được thay thế lúc"), null=True, blank=True)

    class Meta:
        """Newest first; one in force, one pending of each kind, a number once."""

        verbose_name = _("Phiên bản dịch vụ")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["state", "effective_on"])]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["service"], condition=Q(state="in_force"), name="services_one_version_in_force"
            ),
            models.UniqueConstraint(
                fields=["service", "kind"], condition=Q(state__in=PENDING), name="services_one_version_pending"
            ),
            models.UniqueConstraint(
                fields=["service", "number"], condition=~Q(number=""), name="services_version_number_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.service.name} {self.number}".strip()

    def get_absolute_url(self) -> str:
        """Return the officers' page."""
        return reverse("services:revision", args=[self.service.code, self.code])

    @property
    def provider(self) -> Agency:
        """The agency whose service it is."""
        return self.service.provider

    @property
    def table(self) -> Table | None:
        """The table the service reads, ``None`` when an agency's system answers."""
        return self.service.table

    @property
    def is_pending(self) -> bool:
        """Say whether the version may still come into force."""
        return self.state in PENDING


class Appraisal(models.Model):
    """One appraisal of a service, or of its new version (S14.1): findings line by line, then the outcome.

    ``evidence`` is what the platform showed when it was decided; ``number`` that of the paper.
    """

    class Outcome(models.TextChoices):
        """How an appraisal ends."""

        PASSED = "passed", _("Đạt")
        RETURNED = "returned", _("Trả lại")

    service = models.ForeignKey(Service, models.PROTECT, related_name="appraisals")
    revision = models.ForeignKey(Revision, models.PROTECT, null=True, blank=True, related_name="appraisals")
    appraiser = models.CharField(_("Mã người thẩm định"), max_length=150)
    appraiser_name = models.CharField(_("Người thẩm định"), max_length=200)
    started_at = models.DateTimeField(_("Bắt đầu lúc"))
    decided_at = models.DateTimeField(_("Kết luận lúc"), null=True, blank=True)
    outcome = models.CharField(_("Kết luận"), max_length=10, choices=Outcome.choices, blank=True)
    conclusion = models.TextField(_("Ý kiến chung"), blank=True)
    number = models.CharField(_("Số văn bản"), max_length=60, blank=True)
    evidence = models.JSONField(_("Căn cứ hệ thống ghi nhận"), default=dict, blank=True)

    class Meta:
        """Oldest first; one under way for a thing."""

        verbose_name = _("Phiếu thẩm định")
        ordering: ClassVar[list[str]] = ["started_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["service"], condition=Q(revision__isnull=True, decided_at__isnull=True),
                name="services_one_appraisal_of_service",
            ),
            models.UniqueConstraint(
                fields=["revision"], condition=Q(decided_at__isnull=True), name="services_one_appraisal_of_version"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.service.code} {self.get_outcome_display()}"


class Finding(models.Model):
    """What the appraiser found on one line of the checklist."""

    class Result(models.TextChoices):
        """What can be found."""

        MET = checklist.MET, _("Đạt")
        UNMET = checklist.UNMET, _("Chưa đạt")
        NOT_ASKED = checklist.NOT_ASKED, _("Không áp dụng")

    appraisal = models.ForeignKey(Appraisal, models.CASCADE, related_name="findings")
    line = models.CharField(_("Mục"), max_length=20)
    result = models.CharField(_("Kết quả"), max_length=10, choices=Result.choices)
    remark = models.TextField(_("Ý kiến"), blank=True)

    class Meta:
        """A line has one finding in an appraisal."""

        verbose_name = _("Kết quả thẩm định từng mục")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["appraisal", "line"], name="services_finding_once")
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.result}"

    @property
    def of_line(self) -> checklist.Line:
        """Return the line of the checklist."""
        return checklist.line(self.line)


class ImportFile(models.Model):
    """A spreadsheet of drafts: checked when it is opened, and turned into drafts once, all or none."""

    code = models.CharField(_("Mã"), max_length=20, unique=True)
    agency = models.ForeignKey("agencies.Agency", models.PROTECT, related_name="+", verbose_name=_("Cơ quan"))
    file = models.ForeignKey("documents.StoredFile", models.PROTECT, related_name="+", verbose_name=_("Tệp"))
    name = models.CharField(_("Tên tệp"), max_length=255)
    uploaded_at = models.DateTimeField(_("Tải lên lúc"))
    uploaded_by = models.CharField(_("Người tải lên"), max_length=200)
    drafted_at = models.DateTimeField(_("Tạo bản khai lúc"), null=True, blank=True)
    drafted_by = models.CharField(_("Người tạo bản khai"), max_length=200, blank=True)

    class Meta:
        """Newest first; the same bytes from the same agency are one import."""

        verbose_name = _("Tệp nhập dịch vụ")
        ordering: ClassVar[list[str]] = ["-uploaded_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agency", "file"], name="services_import_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def get_absolute_url(self) -> str:
        """Return the page that previews it."""
        return reverse("services:import_file", args=[self.code])
