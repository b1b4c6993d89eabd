"""The abstract case every workflow room builds on, and the history of states."""

from typing import ClassVar

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from nganam.kernel.machine import Machine, State


class Case(models.Model):
    """A thing that moves through a machine. Rooms subclass it with ``MACHINE`` and ``CODE_PREFIX``.

    ``state`` and ``version`` are written by ``cases.operations.advance`` only; ``rules`` is the rule set the case is
    judged by for its whole life. A subclass gives ``get_absolute_url`` so reminders can lead to its page.
    """

    MACHINE: ClassVar[Machine]
    CODE_PREFIX: ClassVar[str]

    code = models.CharField(_("Mã"), max_length=20, unique=True, editable=False)
    state = models.CharField(_("Trạng thái"), max_length=40, editable=False)
    rules = models.CharField(_("Phiên bản quy định"), max_length=10, editable=False)
    received_at = models.DateTimeField(_("Tiếp nhận lúc"), null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("Tạo lúc"), editable=False)
    updated_at = models.DateTimeField(_("Cập nhật lúc"), editable=False)

    class Meta:
        """Carries no table."""

        abstract = True

    def __str__(self) -> str:
        return self.code

    @property
    def machine(self) -> Machine:
        """Return the machine the case moves through."""
        return self.MACHINE

    @property
    def current(self) -> State:
        """Return the state the case is in, with its labels."""
        return self.MACHINE.state(self.state)

    @cached_property
    def opened_by(self) -> str:
        """Return the code of the actor who opened the case: who may not decide on it, whatever they are called now."""
        first = History.objects.filter(object_type=self.MACHINE.code, object_code=self.code, version=0)
        return first.values_list("actor_code", flat=True).first() or ""

    @property
    def is_final(self) -> bool:
        """Say whether the case has come to an end."""
        return self.current.final

    @property
    def title(self) -> str:
        """Return what the case is about in a few words: lists and reminders show it beside the code."""
        return str(self).removeprefix(self.code).strip()


class History(models.Model):
    """One move of a case: from where to where, by whom, when, why, under which rule set. Rows are only added."""

    object_type = models.CharField(_("Loại hồ sơ"), max_length=60)
    object_code = models.CharField(_("Mã hồ sơ"), max_length=20)
    version = models.PositiveIntegerField(_("Lần chuyển"))
    transition = models.CharField(_("Bước"), max_length=40, blank=True)
    from_state = models.CharField(_("Từ trạng thái"), max_length=40, blank=True)
    to_state = models.CharField(_("Đến trạng thái"), max_length=40)
    actor_kind = models.CharField(max_length=10)
    actor_code = models.CharField(_("Mã người thực hiện"), max_length=150, blank=True)
    actor_name = models.CharField(_("Người thực hiện"), max_length=200)
    agency = models.CharField(_("Cơ quan"), max_length=40, blank=True)
    at = models.DateTimeField(_("Lúc"))
    reason = models.TextField(_("Lý do"), blank=True)
    legal_basis = models.TextField(_("Căn cứ pháp lý"), blank=True)
    paper = models.CharField(_("Văn bản"), max_length=60, blank=True)
    rules = models.CharField(_("Phiên bản quy định"), max_length=10)

    class Meta:
        """In order of the moves; a version of a case is reached once, whoever tries."""

        verbose_name = _("Lịch sử hồ sơ")
        ordering: ClassVar[list[str]] = ["object_type", "object_code", "version"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["object_type", "object_code", "version"], name="cases_history_once")
        ]

    def __str__(self) -> str:
        return f"{self.object_code} {self.version} {self.to_state}"


class Submission(models.Model):
    """A form or call that opened a case, by the key it carries: sent again, it leads to the same case."""

    key = models.CharField(_("Khóa"), max_length=200, unique=True)
    object_type = models.CharField(_("Loại hồ sơ"), max_length=60)
    object_code = models.CharField(_("Mã hồ sơ"), max_length=20)
    at = models.DateTimeField(_("Lúc"), db_index=True)

    def __str__(self) -> str:
        return f"{self.key} {self.object_code}"


class Urge(models.Model):
    """That the lead agency or the Chairman urged a case on a day: once a day, whoever does it."""

    object_type = models.CharField(_("Loại hồ sơ"), max_length=60)
    object_code = models.CharField(_("Mã hồ sơ"), max_length=20)
    on = models.DateField(_("Ngày"))
    at = models.DateTimeField(_("Lúc"))
    by = models.CharField(_("Người đôn đốc"), max_length=200)
    agency = models.CharField(_("Cơ quan được đôn đốc"), max_length=40, blank=True)
    role = models.CharField(_("Vai trò được đôn đốc"), max_length=20, blank=True)
    text = models.TextField(_("Nội dung"))

    class Meta:
        """Newest first."""

        verbose_name = _("Đôn đốc")
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["object_type", "object_code", "on"], name="cases_urge_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.object_code} {self.on:%d/%m/%Y}"


class Turn(models.IntegerChoices):
    """Whose step is next, as one seat sees it. A number, not two flags: SQLite finds a bare flag by no index."""

    NOBODYS = 0, _("Không còn việc")
    MINE = 1, _("Đến lượt mình")
    OTHERS = 2, _("Đang chờ bên khác")


class Seat(models.Model):
    """A case on the desk of one agency, or of one role of the province: what lists of every kind of case read.

    A copy that ``cases.seats`` keeps: it says nothing that machine, parties and listing of the case do not say, so that
    a desk of twenty thousand cases of any number of kinds is one indexed query.
    """

    object_type = models.CharField(_("Loại hồ sơ"), max_length=60)
    object_code = models.CharField(_("Mã hồ sơ"), max_length=20)
    agency = models.CharField(_("Cơ quan"), max_length=40, blank=True)
    role = models.CharField(_("Vai trò"), max_length=20)
    parties = models.CharField(_("Các bên"), max_length=200, blank=True)
    state = models.CharField(_("Trạng thái"), max_length=40)
    turn = models.PositiveSmallIntegerField(_("Đến lượt"), choices=Turn.choices, default=Turn.NOBODYS)
    step = models.CharField(_("Bước đang chờ"), max_length=40, blank=True)
    opened_at = models.DateTimeField(_("Lập lúc"))
    since = models.DateTimeField(_("Từ lúc"))
    title = models.CharField(_("Nội dung"), max_length=200, blank=True)
    link = models.CharField(_("Trang"), max_length=200, blank=True)

    class Meta:
        """One seat of an agency or role at a case; ``step`` is "" when the next step is somebody else's turn.

        The indexes answer: newest first, whose turn, how many of each kind and state, these cases among mine.
        """

        verbose_name = _("Hồ sơ trên bàn làm việc")
        ordering: ClassVar[list[str]] = ["-since", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["object_type", "object_code", "agency", "role"], name="cases_seat_once")
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["role", "agency", "-since", "-id"], name="cases_seat_list"),
            models.Index(fields=["role", "agency", "turn", "object_type"], name="cases_seat_turn"),
            models.Index(fields=["role", "agency", "object_type", "state"], name="cases_seat_kind"),
            models.Index(fields=["role", "agency", "object_code"], name="cases_seat_code"),
        ]

    def __str__(self) -> str:
        return f"{self.object_code} {self.agency or self.role}"
