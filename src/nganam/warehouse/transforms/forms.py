"""Forms of models: the SQL with its tests, a zip of models, a reason."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.warehouse.contract_forms import SEVERITY_LABELS
from nganam.warehouse.engine import rules as ruling
from nganam.warehouse.transforms.testing import MOST

LONGEST = 20_000


class ModelForm(forms.Form):
    """A model: one SELECT, what it is for, and why columns have a lower class than what they stem from."""

    sql = forms.CharField(
        label=_("Câu SELECT"), max_length=LONGEST, strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "autocapitalize": "none", "class": "code"}),
        help_text=_(
            "Ghi mã bảng với gạch dưới (co_so_y_te) hoặc trong dấu nháy kép; đặt tên cột bằng AS như tên máy của bảng "
            "này."
        ),
    )  # fmt: skip
    description = forms.CharField(
        label=_("Mô tả"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    lowered = forms.CharField(
        label=_("Lý do hạ phân loại (nội bộ)"), max_length=5000, required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text=_("Chỉ khi một cột có phân loại thấp hơn cột mà nó được tính ra. Mỗi dòng: tên cột: lý do."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Lý do thay đổi"), max_length=500, required=False)
    seen = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    def clean_lowered(self) -> dict[str, str]:
        """Return the reasons by column."""
        lines = [one for one in self.cleaned_data["lowered"].splitlines() if one.strip()]
        if any(":" not in one for one in lines):
            raise forms.ValidationError(_("Mỗi dòng ghi tên cột, dấu hai chấm, rồi lý do."))
        return {name.strip(): why.strip() for name, _colon, why in (one.partition(":") for one in lines)}


class TestForm(forms.Form):
    """One test of a model. A form without a name is left out."""

    __test__ = False
    name = forms.CharField(label=_("Tên kiểm thử"), max_length=100, required=False)
    severity = forms.ChoiceField(label=_("Khi có dòng"), choices=tuple(SEVERITY_LABELS.items()), required=False)
    query = forms.CharField(
        label=_("Câu SELECT không được trả về dòng nào"), required=False, max_length=ruling.LONGEST_QUERY,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "class": "code"}),
        help_text=_("Đọc từ rows (các dòng sắp tạo phiên bản) và các bảng đầu vào."),
    )  # fmt: skip

    def clean(self) -> None:
        """Refuse a test that is filled in but has no name: it would be dropped without a word."""
        if self.cleaned_data.get("query") and not self.cleaned_data.get("name") and "name" not in self.errors:
            self.add_error("name", _("Đặt tên cho kiểm thử, hoặc để trống cả câu SELECT."))

    def test(self) -> dict[str, str]:
        """Return the test; {} for an empty form or one to be dropped."""
        said = self.cleaned_data
        if not said.get("name") or said.get("DELETE"):
            return {}
        return {name: said[name] for name in ("name", "severity", "query")}


TestFormSet = forms.formset_factory(
    TestForm, extra=1, max_num=MOST, absolute_max=MOST + 5, can_delete=True, can_delete_extra=False
)


class StopForm(forms.Form):
    """Why a table is to be no derived one any more."""

    reason = forms.CharField(label=_("Lý do"), max_length=500)


class PackForm(forms.Form):
    """A zip of models, as the page gives it."""

    file = forms.FileField(label=_("Tệp .zip"), help_text=_("Mỗi mô hình một tệp .sql, như tệp tải về từ trang này."))


def initial_model(model: Any) -> dict[str, Any]:
    """Return what the form of a model begins with."""
    if model is None:
        return {}
    lowered = "\n".join(f"{column}: {why}" for column, why in model.lowered.items())
    return {"sql": model.sql, "description": model.description, "lowered": lowered}
