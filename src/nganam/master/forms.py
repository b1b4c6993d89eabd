"""Forms of the room: shape only; what a set may hold is for the operations."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from nganam.master import words
from nganam.master.engine.attributes import OF_KIND
from nganam.master.models import EntitySet, Member
from nganam.warehouse.models import Table

SAME, DIFFERENT = "same", "different"


class SetForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a set is of."""

    class Meta:
        """Fields of the page, in its order."""

        model = EntitySet
        fields = ("title", "kind", "join_from", "review_from")
        help_texts: ClassVar[dict[str, Any]] = {
            "title": gettext_lazy("Ví dụ: Người bệnh của tỉnh, Doanh nghiệp."),
            "join_from": gettext_lazy("Cặp có điểm khớp từ mức này được ghép (nội bộ)."),
            "review_from": gettext_lazy("Cặp từ mức này đến dưới mức ghép chờ cán bộ xem xét (nội bộ)."),
        }

    def _post_clean(self) -> None:
        """Leave limits and uniqueness to the operation, which says what to do."""


class ChangeForm(forms.Form):
    """The name, thresholds and trusted tables of a set."""

    title = forms.CharField(label=gettext_lazy("Tên tập"), max_length=200)
    join_from = forms.FloatField(label=gettext_lazy("Ghép từ điểm khớp (%)"), min_value=0, max_value=100)
    review_from = forms.FloatField(label=gettext_lazy("Đưa xem xét từ điểm khớp (%)"), min_value=0, max_value=100)

    def __init__(self, data: Any, *, found: EntitySet, members: Iterable[Member]) -> None:
        first = {"title": found.title, "join_from": found.join_from, "review_from": found.review_from}
        trusted = {f"trusted_{name}": table for name, table in found.trusted.items()}
        super().__init__(data, initial=first | trusted)
        members = list(members)
        for name, title in found.attributes:
            having = [(one.table.code, one.table.title) for one in members if name in one.columns]
            self.fields[f"trusted_{name}"] = forms.ChoiceField(
                label=_("Nguồn tin cậy của mục “%(name)s”") % {"name": title}, required=False,
                choices=[("", _("Theo thứ tự bảng của tập")), *having],
            )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Return what the operation takes."""
        told = dict(self.cleaned_data)
        trusted = {name.removeprefix("trusted_"): told.pop(name) for name in list(told) if name.startswith("trusted_")}
        return told | {"trusted": trusted}


class MemberForm(forms.Form):
    """Which column of a table is which attribute."""

    def __init__(self, *args: Any, found: EntitySet, table: Table, **options: Any) -> None:
        super().__init__(*args, **options)
        columns = [(one.name, f"{one.title or one.name} ({one.name})") for one in table.shape.columns]
        for name in OF_KIND[found.kind]:
            self.fields[name] = forms.ChoiceField(
                label=words.attribute(found.kind, name), required=name == "name",
                choices=[("", _("Bảng không có")), *columns],
            )  # fmt: skip


class DecideForm(forms.Form):
    """An officer's word on a pair. A choice, not two buttons: Enter in the reason would press the first of them."""

    verdict = forms.ChoiceField(
        label=gettext_lazy("Hai bản ghi này"), widget=forms.RadioSelect,
        choices=[(SAME, gettext_lazy("Cùng một")), (DIFFERENT, gettext_lazy("Khác nhau"))],
        error_messages={"required": gettext_lazy("Chọn cùng một hay khác nhau.")},
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("Lý do"), max_length=500)


class SearchForm(forms.Form):
    """What a list of entities is narrowed by."""

    q = forms.CharField(required=False, max_length=200)
    khac = forms.BooleanField(required=False)
