"""Whether a dataset is as fresh as promised: the three-month term of S10.4 against the last update or confirmation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import DateField, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nganam.deadlines.models import Clock
from nganam.opendata.models import Dataset

SOON = timedelta(days=14)
STATES = {
    "moi": gettext_lazy("Đúng hạn cập nhật"),
    "sap-den-han": gettext_lazy("Sắp đến hạn cập nhật"),
    "qua-han": gettext_lazy("Quá hạn cập nhật"),
}
SHOWN: Mapping[str, tuple[str, str]] = {
    "moi": ("good", "circle-check"),
    "sap-den-han": ("warn", "clock"),
    "qua-han": ("bad", "triangle-alert"),
}


@dataclass(frozen=True, slots=True)
class Freshness:
    """The light of a dataset, always said in words beside its colour."""

    state: str
    due_on: date | None
    checked_at: datetime | None

    @property
    def tone(self) -> str:
        """Colour of the badge."""
        return SHOWN[self.state][0]

    @property
    def icon(self) -> str:
        """Icon of the badge."""
        return SHOWN[self.state][1]

    @property
    def text(self) -> str:
        """The light in words."""
        return str(STATES[self.state])

    @property
    def advice(self) -> str:
        """What the light means to somebody about to use the data."""
        return {
            "moi": _("Cơ quan đã cập nhật hoặc xác nhận dữ liệu còn đúng trong kỳ này."),
            "sap-den-han": _("Cơ quan sắp phải cập nhật hoặc xác nhận dữ liệu còn đúng."),
            "qua-han": _("Cơ quan chưa cập nhật hay xác nhận đúng hạn; hãy kiểm tra trước khi dùng."),
        }[self.state]


def freshness(dataset: Dataset, today: date) -> Freshness:
    """Return the light of a dataset read with ``with_due``."""
    due: date | None = getattr(dataset, "due_on", None)
    return Freshness(_state(due, today), due, dataset.checked_at)


def _state(due: date | None, today: date) -> str:
    if due is None or due > today + SOON:
        return "moi"
    return "qua-han" if due < today else "sap-den-han"


def with_due(found: QuerySet[Dataset]) -> QuerySet[Dataset]:
    """Add ``due_on``, the last day of the running update clock, to each dataset."""
    clock: QuerySet[Clock, Any] = Clock.objects.filter(
        key="open_update", object_type=Dataset.MACHINE.code, object_code=OuterRef("code"), stopped_at__isnull=True
    )
    return found.annotate(due_on=Subquery(clock.values("due_on")[:1], output_field=DateField()))


def in_state(state: str, today: date) -> Q:
    """Return the condition that datasets of ``with_due`` have this light."""
    if state == "qua-han":
        return Q(due_on__lt=today)
    if state == "sap-den-han":
        return Q(due_on__gte=today, due_on__lte=today + SOON)
    return Q(due_on__isnull=True) | Q(due_on__gt=today + SOON)
