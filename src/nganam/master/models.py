"""Tables of the room: digests of records, codes and counts. A record's values are in the run's files alone."""

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nganam.master.engine.attributes import OF_KIND
from nganam.master.words import KINDS, attribute

PERCENT = (MinValueValidator(0), MaxValueValidator(100))


class EntitySet(models.Model):
    """A kind of thing and the tables that know it. ``trusted`` is ``{attribute: table code}``; else the first table."""

    code = models.CharField(_("Mã"), max_length=20, unique=True, editable=False)
    title = models.CharField(_("Tên tập"), max_length=200)
    kind = models.CharField(_("Loại"), max_length=10, choices=list(KINDS.items()))
    agency = models.ForeignKey("agencies.Agency", models.PROTECT, related_name="+", verbose_name=_("Cơ quan"))
    join_from = models.FloatField(_("Ghép từ điểm khớp (%)"), default=99, validators=PERCENT)
    review_from = models.FloatField(_("Đưa xem xét từ điểm khớp (%)"), default=50, validators=PERCENT)
    trusted = models.JSONField(_("Nguồn tin cậy"), default=dict)
    created_at = models.DateTimeField(_("Khai báo lúc"))
    created_by = models.CharField(_("Người khai báo"), max_length=200)

    class Meta:
        """By title; a title once for an agency."""

        verbose_name = _("Tập dữ liệu chủ")
        ordering: ClassVar[list[str]] = ["title", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agency", "title"], name="master_title_once"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the page of the set."""
        return reverse("master:set", args=[self.code])

    @property
    def attributes(self) -> list[tuple[str, str]]:
        """Return the attributes of its kind with their names."""
        return [(one, attribute(self.kind, one)) for one in OF_KIND[self.kind]]


class Member(models.Model):
    """A table of a set: ``columns`` says which column is which attribute."""

    set = models.ForeignKey(EntitySet, models.CASCADE, related_name="members")
    table = models.ForeignKey("warehouse.Table", models.PROTECT, related_name="+", verbose_name=_("Bảng"))
    position = models.PositiveSmallIntegerField(_("Thứ tự tin cậy"))
    columns = models.JSONField(_("Cột"), default=dict)

    class Meta:
        """The most trusted first; a table once."""

        verbose_name = _("Bảng của tập")
        ordering: ClassVar[list[str]] = ["position", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["set", "table"], name="master_table_once"),
        ]

    def __str__(self) -> str:
        return f"{self.set.code} {self.table.code}"

    @property
    def taken(self) -> frozenset[str]:
        """Return the columns it takes that the table has today, those of the key too."""
        return frozenset({*self.columns.values(), *self.table.shape.key}).intersection(self.table.shape.names)

    @property
    def is_personal(self) -> bool:
        """Say whether a column it takes is personal today."""
        return any(one.personal for one in self.table.shape.columns if one.name in self.taken)

    @property
    def titles(self) -> list[tuple[str, str]]:
        """Return the attributes it has, and the titles of their columns."""
        titles = {one.name: one.title or one.name for one in self.table.shape.columns}
        return [(name, titles.get(self.columns[one], self.columns[one])) for one, name in self.set.attributes
                if one in self.columns]  # fmt: skip


class RunState(models.TextChoices):
    """How far a run is."""

    WAITING = "waiting", _("Chờ ghép")
    RUNNING = "running", _("Đang ghép")
    DONE = "done", _("Đã ghép")
    FAILED = "failed", _("Không ghép được")


class Run(models.Model):
    """One matching of a set: on which versions, by which model, with what outcome. All numbers, no values.

    ``versions`` is ``{table code: {"number", "generation", "key", "columns", "personal"}}``: by ``columns`` as the
    member was then, ``personal`` if a column of these was; ``outcome`` counts; ``model`` is what the matcher used.
    """

    set = models.ForeignKey(EntitySet, models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField(_("Lần ghép"))
    state = models.CharField(_("Trạng thái"), max_length=8, choices=RunState.choices, default=RunState.WAITING)
    asked_at = models.DateTimeField(_("Yêu cầu lúc"))
    by = models.CharField(_("Người yêu cầu"), max_length=200)
    versions = models.JSONField(_("Phiên bản"), default=dict)
    outcome = models.JSONField(_("Kết quả"), default=dict)
    model = models.JSONField(_("Mô hình"), default=dict)
    fault = models.CharField(_("Lỗi"), max_length=500, blank=True)
    starts = models.PositiveSmallIntegerField(_("Số lần bắt đầu"), default=0)
    started_at = models.DateTimeField(_("Bắt đầu lúc"), null=True, blank=True)
    ended_at = models.DateTimeField(_("Xong lúc"), null=True, blank=True)

    class Meta:
        """Newest first; a set has one under way at a time."""

        verbose_name = _("Lần ghép")
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["set", "number"], name="master_run_number_once"),
            models.UniqueConstraint(
                fields=["set"], condition=Q(state__in=["waiting", "running"]), name="master_one_run_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.set.code} {self.number}"

    @property
    def is_under_way(self) -> bool:
        """Say whether the worker has it, or will."""
        return self.state in {RunState.WAITING, RunState.RUNNING}


class Series(models.Model):
    """The last number given to an entity of a kind."""

    prefix = models.CharField(max_length=4, unique=True)
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        """One row a kind."""

        verbose_name = _("Dãy mã")

    def __str__(self) -> str:
        return f"{self.prefix} {self.last}"


class Entity(models.Model):
    """One thing under the province's code. ``merged_into``: what it is now; ``ended_at``: no record is left."""

    set = models.ForeignKey(EntitySet, models.CASCADE, related_name="entities")
    code = models.CharField(_("Mã"), max_length=20, unique=True)
    number = models.PositiveBigIntegerField(editable=False)
    records = models.PositiveIntegerField(_("Số bản ghi"), default=0)
    conflicts = models.PositiveIntegerField(_("Số mục khác nhau giữa các nguồn"), default=0)
    made_in = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+")
    merged_into = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="absorbed")
    ended_at = models.DateTimeField(_("Thôi dùng lúc"), null=True, blank=True)

    class Meta:
        """By number."""

        verbose_name = _("Đối tượng")
        ordering: ClassVar[list[str]] = ["number"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["set", "ended_at", "number"], name="master_entity_live"),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        """Return the page of the entity."""
        return reverse("master:entity", args=[self.set.code, self.code])


class Membership(models.Model):
    """Which entity a record is of; the record is a keyed digest."""

    set = models.ForeignKey(EntitySet, models.CASCADE, related_name="+")
    record = models.CharField(max_length=32)
    entity = models.ForeignKey(Entity, models.CASCADE, related_name="memberships")

    class Meta:
        """A record is of one entity."""

        verbose_name = _("Bản ghi của đối tượng")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["set", "record"], name="master_record_once"),
        ]

    def __str__(self) -> str:
        return f"{self.record[:8]} {self.entity_id}"


class Decision(models.Model):
    """An officer's word on two records: one thing (``same``) or two. Holds until it is taken back."""

    set = models.ForeignKey(EntitySet, models.CASCADE, related_name="decisions")
    number = models.PositiveIntegerField(_("Quyết định số"))
    left = models.CharField(max_length=32)
    right = models.CharField(max_length=32)
    same = models.BooleanField(_("Là một"))
    reason = models.CharField(_("Lý do"), max_length=500)
    by = models.CharField(_("Người quyết định"), max_length=200)
    at = models.DateTimeField(_("Lúc"))
    taken_back_at = models.DateTimeField(_("Rút lúc"), null=True, blank=True)
    taken_back_by = models.CharField(_("Người rút"), max_length=200, blank=True)

    class Meta:
        """Newest first; one that holds for a pair."""

        verbose_name = _("Quyết định về cặp bản ghi")
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["set", "number"], name="master_decision_number_once"),
            models.UniqueConstraint(
                fields=["set", "left", "right"], condition=Q(taken_back_at=None), name="master_one_decision_a_pair"
            ),
            models.CheckConstraint(condition=Q(left__lt=models.F("right")), name="master_left_before_right"),
        ]

    def __str__(self) -> str:
        return f"{self.set.code} {self.number}"

    @property
    def details(self) -> dict[str, Any]:
        """Return what the audit says of it: digests, no values."""
        return {"decision": self.number, "same": self.same, "left": self.left, "right": self.right}
