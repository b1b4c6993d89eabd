"""Tables of the room: sources, tables with their contracts, loads with what they rejected, committed versions."""

from functools import cached_property
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from nganam.cases.models import Case
from nganam.kernel.machine import Machine
from nganam.scanning.models import Kind
from nganam.warehouse.api_models import Api
from nganam.warehouse.connection_models import Connection
from nganam.warehouse.contract_models import Admission, ContractVersion, Scope
from nganam.warehouse.engine import contract as contracts
from nganam.warehouse.engine import faults, letters
from nganam.warehouse.engine.manner import Asked
from nganam.warehouse.erasure_models import ErasedValue, Erasure
from nganam.warehouse.transforms.models import ModelVersion
from nganam.warehouse.workflow import LOAD

__all__ = [
    "SERVERS", "SIGN_NAMES", "Admission", "Api", "Connection", "ContractVersion", "ErasedValue", "Erasure",
    "FindingAdmission", "Load", "ModelVersion", "RejectedRow", "Scope", "Source", "SourceKind", "Table", "Version",
    "sign_name",
]  # fmt: skip
SIGN_NAMES = {
    ",": _("Dấu phẩy (,)"),
    ".": _("Dấu chấm (.)"),
    ";": _("Dấu chấm phẩy (;)"),
    "\t": _("Tab"),
    "|": _("Gạch đứng (|)"),
}


FILE_KINDS = {
    "csv": _("CSV (UTF-8, cho máy đọc)"),
    "csv_excel": _("CSV cho Excel (UTF-8 có BOM)"),
    "xlsx": _("XLSX (Excel)"),
    "json": "JSON",
    "ndjson": _("NDJSON (mỗi dòng một bản ghi)"),
    "parquet": "Parquet",
    "datapackage": _("Data Package (ZIP: CSV và mô tả cột)"),
    "geojson": "GeoJSON",
    "gpkg": "GeoPackage",
}
"""The forms in which a version can be taken away."""
RECEIVED_KINDS = (
    ("csv", "CSV"), ("xlsx", "XLSX"), ("json", "JSON"), ("jsonl", "NDJSON"), ("geojson", "GeoJSON"), ("xml", "XML"),
    ("shp", "Shapefile"), ("gpkg", "GeoPackage"),
)  # fmt: skip


def sign_name(sign: str) -> str:
    """Name a sign that sets columns or decimals apart."""
    return str(SIGN_NAMES.get(sign, sign))


class SourceKind(models.TextChoices):
    """What a source is."""

    SQLITE = "sqlite", _("Tệp cơ sở dữ liệu SQLite")
    POSTGRESQL = "postgresql", _("Cơ sở dữ liệu PostgreSQL")
    MYSQL = "mysql", _("Cơ sở dữ liệu MySQL, MariaDB")
    FILE = "file", _("Tệp dữ liệu trong thư mục nguồn")
    REST = "rest", _("API REST (JSON)")


SERVERS = frozenset({SourceKind.POSTGRESQL, SourceKind.MYSQL})
"""Kinds of source that are reached over the network."""


class Source(models.Model):
    """Where an agency's data comes from. ``secret_ref`` names where the connection is kept; it is never the secret.

    For a database server it is the name of an environment variable that holds the address, or empty when the connection
    was entered and is kept, sealed, as a ``Connection``; for files it is the path under the folder of sources. A JSON
    API has none: where it is and its sealed key are an ``Api``.
    """

    code = models.CharField(_("Mã nguồn"), max_length=20, unique=True, editable=False)
    agency = models.ForeignKey("agencies.Agency", models.PROTECT, related_name="sources", verbose_name=_("Cơ quan"))
    kind = models.CharField(_("Loại nguồn"), max_length=12, choices=SourceKind.choices)
    name = models.CharField(_("Tên nguồn"), max_length=200)
    system = models.CharField(_("Hệ thống thông tin"), max_length=200, blank=True)
    secret_ref = models.CharField(_("Nơi giữ kết nối"), max_length=200, blank=True)
    relation = models.CharField(_("Bảng"), max_length=200, blank=True)
    query = models.TextField(_("Câu truy vấn"), blank=True)
    created_at = models.DateTimeField(_("Khai báo lúc"), editable=False)
    tried_at = models.DateTimeField(_("Thử kết nối lúc"), null=True, blank=True, editable=False)
    tried_by = models.CharField(_("Người thử"), max_length=200, blank=True, editable=False)
    fault = models.CharField(_("Lỗi kết nối"), max_length=30, blank=True, editable=False)
    fault_params = models.JSONField(default=dict, blank=True, editable=False)
    seen = models.JSONField(_("Các cột đã thấy"), default=list, blank=True, editable=False)
    seen_rows = models.PositiveIntegerField(_("Số dòng đã xem"), null=True, blank=True, editable=False)

    class Meta:
        """By agency and name; a name once per agency."""

        verbose_name = _("Nguồn dữ liệu")
        ordering: ClassVar[list[str]] = ["agency__code", "name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agency", "name"], name="warehouse_source_name_once")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the officers' page of the source."""
        return reverse("warehouse:source", args=[self.code])

    @property
    def entered(self) -> Connection | None:
        """Return the connection that was entered for it, if any."""
        return getattr(self, "connection", None)

    @property
    def message(self) -> str:
        """Say what the last try ran into, in the active language; "" when nothing."""
        return faults.describe(self.fault, self.fault_params, gettext)[0] if self.fault else ""

    @property
    def hint(self) -> str:
        """Say what to do about it."""
        return faults.describe(self.fault, self.fault_params, gettext)[1] if self.fault else ""


class Table(models.Model):
    """A table of the warehouse. ``contract`` is ``{"columns": [...], "rules": [...], "terms": {...}}``.

    ``engine.contract`` reads the columns, ``engine.rules`` the rules; terms say usage, limits, contact, retention.
    """

    code = models.SlugField(_("Mã bảng"), max_length=63, unique=True)
    title = models.CharField(_("Tên bảng"), max_length=300)
    title_en = models.CharField(_("Tên tiếng Anh"), max_length=300, blank=True)
    description = models.TextField(_("Mô tả"), blank=True)
    agency = models.ForeignKey("agencies.Agency", models.PROTECT, related_name="tables", verbose_name=_("Cơ quan"))
    database = models.ForeignKey(
        "catalogue.SharedDatabase",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tables",
        verbose_name=_("Cơ sở dữ liệu dùng chung"),
    )
    source = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, related_name="tables", verbose_name=_("Nguồn")
    )
    contract = models.JSONField(_("Mô tả cột"))
    commune_column = models.CharField(_("Cột mã xã"), max_length=63, blank=True)
    time_column = models.CharField(_("Cột thời gian"), max_length=63, blank=True)
    communes_on = models.DateField(_("Mã xã theo danh mục ngày"), null=True, blank=True)
    has_personal = models.BooleanField(_("Có dữ liệu cá nhân"), default=False)
    schedule = models.CharField(_("Nạp hằng ngày lúc"), max_length=5, blank=True)
    cursor = models.CharField(_("Cột con trỏ của nguồn"), max_length=63, blank=True)
    cursor_overlap = models.PositiveIntegerField(_("Đọc lùi lại"), default=0)
    compare_days = models.PositiveSmallIntegerField(_("So toàn bộ sau số ngày"), default=7)
    personal_stops = models.BooleanField(_("Dừng nạp khi có dữ liệu cá nhân ngoài cột khai báo"), default=False)
    generation = models.PositiveIntegerField(_("Lần ghi lại hồ dữ liệu"), default=0, editable=False)
    created_at = models.DateTimeField(_("Khai báo lúc"), editable=False)

    class Meta:
        """By title."""

        verbose_name = _("Bảng dữ liệu")
        ordering: ClassVar[list[str]] = ["title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the officers' page of the table."""
        return reverse("warehouse:table", args=[self.code])

    @cached_property
    def shape(self) -> contracts.Contract:
        """Return the contract as the engine uses it."""
        return contracts.from_list(self.contract["columns"])


class Way(models.TextChoices):
    """How much of a table a load brings."""

    WHOLE = "whole", _("Cả bảng")
    SINCE = "since", _("Phần mới từ con trỏ")
    MEND = "mend", _("Các dòng đã sửa")
    PUSH = "push", _("Bản ghi được đẩy tới")


class Load(Case):
    """One run from a source, an upload or a model to a version, or to the reason why not.

    ``inputs`` of a model's run are ``{"versions": {table: number}, "contract": digest}`` (``transforms.planning``).
    """

    MACHINE: ClassVar[Machine] = LOAD
    CODE_PREFIX: ClassVar[str] = "NAP"

    table = models.ForeignKey(Table, models.PROTECT, related_name="loads", verbose_name=_("Bảng"))
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True, related_name="loads")
    restores = models.ForeignKey(
        "warehouse.Version", models.PROTECT, null=True, blank=True, related_name="restorations",
        verbose_name=_("Khôi phục phiên bản"),
    )  # fmt: skip
    model = models.ForeignKey(
        "warehouse.ModelVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="loads",
        verbose_name=_("Mô hình"),
    )
    inputs = models.JSONField(_("Phiên bản đầu vào"), default=dict, blank=True)
    way = models.CharField(_("Phạm vi nạp"), max_length=8, choices=Way.choices, default=Way.WHOLE)
    mends = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="mendings", verbose_name=_("Sửa lượt nạp")
    )
    mended = models.BigIntegerField(_("Số dòng bị loại đã sửa xong"), default=0)
    cursor = models.JSONField(_("Con trỏ"), default=dict, blank=True)
    findings = models.JSONField(_("Phát hiện khi rà quét"), default=list, blank=True)
    scanned = models.BigIntegerField(_("Số dòng đã rà"), null=True, blank=True)
    reason = models.CharField(_("Lý do"), max_length=500, blank=True)
    name = models.CharField(_("Tệp hoặc nguồn"), max_length=255)
    by = models.CharField(_("Người nạp"), max_length=200)
    landing_sha = models.CharField(_("SHA-256 của tệp nhận được"), max_length=64, blank=True)
    landing_size = models.BigIntegerField(_("Kích thước tệp nhận được"), null=True, blank=True)
    file_kind = models.CharField(_("Dạng tệp"), max_length=10, choices=RECEIVED_KINDS, blank=True)
    encoding = models.CharField(_("Bảng mã"), max_length=20, blank=True)
    delimiter = models.CharField(_("Dấu phân cách"), max_length=1, blank=True)
    header_line = models.PositiveIntegerField(_("Dòng tiêu đề"), null=True, blank=True)
    asked = models.JSONField(_("Cách đọc đã chọn"), default=dict, blank=True)
    found = models.JSONField(_("Cách đọc đã nhận ra"), default=dict, blank=True)
    ignored_columns = models.JSONField(_("Cột không dùng"), default=list)
    read = models.BigIntegerField(_("Số dòng đọc"), null=True, blank=True)
    accepted = models.BigIntegerField(_("Số dòng nhận"), null=True, blank=True)
    rejected = models.BigIntegerField(_("Số dòng loại"), null=True, blank=True)
    by_reason = models.JSONField(_("Số dòng loại theo lý do"), default=dict)
    lost = models.BigIntegerField(_("Số bản ghi mất vì dòng bị loại"), default=0)
    lost_keys = models.JSONField(_("Khóa của các bản ghi đó"), default=list)
    checks = models.JSONField(_("Kết quả quy tắc chất lượng"), default=list, blank=True)
    fault = models.CharField(_("Lỗi"), max_length=30, blank=True)
    fault_params = models.JSONField(default=dict)
    started_at = models.DateTimeField(_("Bắt đầu lúc"), null=True, blank=True)
    ended_at = models.DateTimeField(_("Xong lúc"), null=True, blank=True)

    class Meta:
        """Newest first; a table has one load under way at a time."""

        verbose_name = _("Lượt nạp")
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["table"], condition=Q(state__in=["received", "checking"]), name="warehouse_one_load_at_a_time"
            )
        ]

    def get_absolute_url(self) -> str:
        """Return the page of the load."""
        return reverse("warehouse:load", args=[self.code])

    @property
    def is_whole(self) -> bool:
        """Say whether the load brings the whole table: what is not in it leaves."""
        return self.way == Way.WHOLE

    @property
    def message(self) -> str:
        """Say what went wrong, in the active language; "" when nothing did."""
        return faults.describe(self.fault, self.fault_params, gettext)[0] if self.fault else ""

    @property
    def hint(self) -> str:
        """Say what to do about it."""
        return faults.describe(self.fault, self.fault_params, gettext)[1] if self.fault else ""

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Rejected rows by reason in words, most frequent first."""
        told = [(faults.short_reason(code, gettext), count) for code, count in self.by_reason.items()]
        return sorted(told, key=lambda one: -one[1])

    @property
    def encoding_name(self) -> str:
        """Name the encoding as people know it, and the old letters that stood in it."""
        names = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8 (BOM)", "utf-16": "UTF-16", "cp1258": "Windows-1258"}
        old = letters.NAMES.get(self.found.get("letters", ""), "")
        if old and self.encoding in {letters.LATIN, ""}:
            return old
        name = names.get(self.encoding, "" if self.file_kind == "xlsx" else self.encoding)
        return f"{name}, {old}" if old else name

    @property
    def manner(self) -> Asked:
        """Return how the loader asked for the file to be read."""
        missing = self.asked.get("missing")
        return Asked(**{**self.asked, "missing": None if missing is None else tuple(missing)})

    @property
    def signs(self) -> list[tuple[str, str]]:
        """Return the decimal sign of each number column, by the column's title."""
        titles = {one.name: one.title for one in self.table.shape.columns}
        return [(titles.get(name, name), sign_name(sign)) for name, sign in self.found.get("points", {}).items()]

    @property
    def found_in_rows(self) -> list[dict[str, Any]]:
        """Return what the scan found, the kind in words and the column's title."""
        titles = {one.name: one.title for one in self.table.shape.columns}
        names = dict(Kind.choices)
        return [
            one | {"title": titles.get(one["column"], one["column"]), "name": names.get(one["kind"], one["kind"])}
            for one in self.findings
        ]

    @property
    def delimiter_name(self) -> str:
        """Name the delimiter: a tab is nothing to look at."""
        return sign_name(self.delimiter)

    @property
    def emptied(self) -> list[tuple[str, int]]:
        """Return how many cells held a sign for "no value", by the column's title."""
        titles = {one.name: one.title for one in self.table.shape.columns}
        return [(titles.get(name, name), count) for name, count in self.found.get("emptied", {}).items()]


class FindingAdmission(models.Model):
    """A kind of finding that the owner lets into a column of its table, for a reason: a local choice."""

    table = models.ForeignKey(Table, models.PROTECT, related_name="finding_admissions")
    column = models.CharField(_("Cột"), max_length=63)
    kind = models.CharField(_("Loại"), max_length=30)
    reason = models.CharField(_("Lý do"), max_length=500)
    by = models.CharField(_("Người chấp nhận"), max_length=200)
    at = models.DateTimeField(_("Lúc"))
    load = models.ForeignKey(Load, models.PROTECT, related_name="finding_admissions")

    class Meta:
        """By column; a kind in a column once."""

        verbose_name = _("Phát hiện được chấp nhận")
        ordering: ClassVar[list[str]] = ["table", "column", "kind"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["table", "column", "kind"], name="warehouse_admitted_once")
        ]

    def __str__(self) -> str:
        return f"{self.table.code}.{self.column}: {self.kind}"

    @property
    def kind_name(self) -> str:
        """Name the kind in words."""
        return str(dict(Kind.choices).get(self.kind, self.kind))


class RejectedRow(models.Model):
    """A row that was not taken, with its line, its flaws and its cells; the first 1 000 of a load, for its page.

    All of them are in a file (``places.rejected``).
    """

    load = models.ForeignKey(Load, models.CASCADE, related_name="rejected_rows")
    line = models.PositiveBigIntegerField(_("Dòng"))
    column = models.CharField(_("Cột"), max_length=63, blank=True)
    reason = models.CharField(_("Lý do"), max_length=12)
    flaws = models.JSONField(default=list)
    cells = models.JSONField(_("Các ô"), default=list)

    class Meta:
        """In the order of the file; a line once."""

        verbose_name = _("Dòng bị loại")
        ordering: ClassVar[list[str]] = ["line"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["load", "line"], name="warehouse_rejected_line_once")
        ]

    def __str__(self) -> str:
        return f"{self.load} {self.line}: {self.reason}"

    @property
    def told(self) -> list[dict[str, Any]]:
        """Flaws with the column's title and the reason in words."""
        titles = {one.name: one.title for one in self.load.table.shape.columns}
        return [
            {
                "column": titles.get(one["column"], one["column"]),
                "text": faults.reason(one["reason"], one["params"], gettext),
            }
            for one in self.flaws
        ]


class KeptVersions(models.Manager["Version"]):
    """The versions that can be read: those whose years of retention are over are told of, not read."""

    def get_queryset(self) -> models.QuerySet["Version"]:
        """Return them."""
        return super().get_queryset().filter(removed_at=None)


class Version(models.Model):
    """A committed state of a table, numbered 1, 2, 3 …; changed by an erasure only. ``sha256`` digests the rows.

    Versions that are alike without the rows an erasure took may share a ``delta_version``.
    """

    table = models.ForeignKey(Table, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("Phiên bản"))
    delta_version = models.PositiveBigIntegerField(_("Phiên bản trong hồ"))
    rows = models.BigIntegerField(_("Số dòng"))
    added = models.BigIntegerField(_("Thêm"))
    changed = models.BigIntegerField(pgettext_lazy("thay đổi", "Sửa"))
    removed = models.BigIntegerField(_("Bớt"))
    load = models.OneToOneField(Load, models.PROTECT, related_name="made")
    contract = models.JSONField(_("Mô tả cột khi tạo"))
    contract_version = models.ForeignKey(
        "warehouse.ContractVersion", models.PROTECT, null=True, blank=True, related_name="data_versions",
        verbose_name=_("Hợp đồng dữ liệu"),
    )  # fmt: skip
    committed_at = models.DateTimeField(_("Tạo lúc"))
    sha256 = models.CharField(_("SHA-256 nội dung"), max_length=64)
    removed_at = models.DateTimeField(_("Hết thời hạn lưu giữ, đã xóa lúc"), null=True, blank=True, editable=False)

    objects: ClassVar[KeptVersions] = KeptVersions()
    every: ClassVar[models.Manager["Version"]] = models.Manager()

    class Meta:
        """Newest first; a number once per table."""

        base_manager_name = "every"

        verbose_name = _("Phiên bản dữ liệu")
        ordering: ClassVar[list[str]] = ["table", "-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["table", "number"], name="warehouse_version_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.table.code} v{self.number}"

    @cached_property
    def shape(self) -> contracts.Contract:
        """Return the contract under which the version was committed."""
        return contracts.from_list(self.contract["columns"])

    @property
    def personal(self) -> frozenset[str]:
        """Name the personal columns: so declared when the version was made, or today, which closes what is there."""
        today = {one.name for one in self.table.shape.columns if one.personal}
        return frozenset(one.name for one in self.shape.columns if one.personal or one.name in today)


class FileState(models.TextChoices):
    """How far a file of a version is."""

    WAITING = "waiting", _("Chờ tạo")
    MAKING = "making", _("Đang tạo")
    READY = "ready", _("Sẵn sàng")
    FAILED = "failed", _("Không tạo được")
    REMOVED = "removed", _("Đã dọn")


class VersionFile(models.Model):
    """A file of a version, or of a part of it: asked for, made once, kept under an address that stays.

    ``code`` digests what was asked for, so that the same wish has one row, one file and one address. ``filters`` holds
    values rows must have, by column, as JSON says them. ``held`` counts the rows written so far.
    """

    version = models.ForeignKey(Version, models.PROTECT, related_name="files")
    code = models.CharField(_("Mã tệp"), max_length=16)
    format = models.CharField(_("Dạng tệp"), max_length=12)
    columns = models.JSONField(_("Các cột"), default=list)
    filters = models.JSONField(_("Điều kiện"), default=dict)
    has_personal = models.BooleanField(_("Có dữ liệu cá nhân"), default=False)
    state = models.CharField(_("Trạng thái"), max_length=8, choices=FileState.choices, default=FileState.WAITING)
    asked_at = models.DateTimeField(_("Yêu cầu lúc"))
    asked_by = models.CharField(_("Người yêu cầu"), max_length=200)
    held = models.BigIntegerField(_("Số dòng đã ghi"), default=0)
    fault = models.CharField(_("Lỗi"), max_length=500, blank=True)
    rows = models.BigIntegerField(_("Số dòng"), null=True, blank=True)
    size = models.BigIntegerField(_("Dung lượng (byte)"), null=True, blank=True)
    sha256 = models.CharField(_("SHA-256 của tệp"), max_length=64, blank=True)
    made_at = models.DateTimeField(_("Tạo xong lúc"), null=True, blank=True)
    used_at = models.DateTimeField(_("Tải lần cuối lúc"), null=True, blank=True)

    class Meta:
        """Newest first; one row for one wish."""

        verbose_name = _("Tệp của phiên bản")
        ordering: ClassVar[list[str]] = ["-asked_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "code"], name="warehouse_file_once")
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.format} {self.code}"

    def get_absolute_url(self) -> str:
        """Return the page of the file."""
        return reverse("warehouse:version_file", args=[self.version.table.code, self.version.number, self.code])

    @property
    def is_ready(self) -> bool:
        """Say whether it can be taken."""
        return self.state == FileState.READY

    @property
    def is_under_way(self) -> bool:
        """Say whether the worker has it, or will."""
        return self.state in {FileState.WAITING, FileState.MAKING}

    @property
    def kind(self) -> str:
        """Name the format as people know it."""
        return str(FILE_KINDS[self.format])

    @property
    def titles(self) -> list[str]:
        """Return the titles of the columns it holds."""
        return [one.title for one in self.version.shape.columns if one.name in self.columns]

    @property
    def holds_personal(self) -> bool:
        """Say whether it holds, or is chosen by, columns that are personal by now; ``has_personal``: when asked for."""
        return bool(self.version.personal & {*self.columns, *self.filters})

    @property
    def has_all_columns(self) -> bool:
        """Say whether it holds every column of the version."""
        return len(self.columns) == len(self.version.shape.columns)

    @property
    def is_whole(self) -> bool:
        """Say whether it holds all of the version."""
        return self.has_all_columns and not self.filters

    @property
    def conditions(self) -> list[tuple[str, str]]:
        """Return what its rows have in common: titles of columns and values in words."""
        titles = {one.name: one.title for one in self.version.shape.columns}
        return [(titles.get(name, name), str(value)) for name, value in self.filters.items()]
