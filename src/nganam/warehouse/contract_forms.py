"""Forms of contracts: quality rules, terms, an ODCS document, a decision about drift."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.warehouse.engine import odcs
from nganam.warehouse.engine import rules as ruling
from nganam.warehouse.models import Scope, Table

KIND_LABELS = {
    "rows": _("Số dòng không chênh quá (%) so với phiên bản hiện tại"),
    "freshness": _("Dữ liệu mới nhất không cũ hơn (ngày)"),
    "reference": _("Giá trị phải có trong bảng khác"),
    "sql": _("Câu SQL trên các dòng (rows)"),
}
SEVERITY_LABELS = {"error": _("Lỗi: dừng lượt nạp"), "warning": _("Cảnh báo: vẫn nạp")}
OPERATOR_LABELS = {
    "": _("không trả về dòng nào"),
    "mustBe": "=",
    "mustNotBe": "≠",
    "mustBeGreaterThan": ">",
    "mustBeGreaterOrEqualTo": "≥",
    "mustBeLessThan": "<",
    "mustBeLessOrEqualTo": "≤",
}


class RuleForm(forms.Form):
    """One quality rule. A form without a name is left out."""

    name = forms.CharField(label=_("Tên quy tắc"), max_length=100, required=False)
    kind = forms.ChoiceField(label=_("Loại"), choices=tuple(KIND_LABELS.items()), required=False)
    severity = forms.ChoiceField(label=_("Khi không đạt"), choices=tuple(SEVERITY_LABELS.items()), required=False)
    limit = forms.CharField(
        label=_("Mức"), max_length=12, required=False, help_text=_("Số phần trăm hoặc số ngày; dùng với hai loại đầu.")
    )
    column = forms.ChoiceField(label=_("Cột"), required=False, help_text=_("Cột thời gian hoặc cột tham chiếu."))
    table = forms.ChoiceField(label=_("Bảng được tham chiếu"), required=False)
    target = forms.CharField(label=_("Cột của bảng đó (tên máy)"), max_length=63, required=False)
    query = forms.CharField(
        label=_("Câu SELECT"), required=False, max_length=ruling.LONGEST_QUERY,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("Đọc từ rows, ví dụ: SELECT * FROM rows WHERE so_giuong < 0. Câu này không đọc được gì khác."),
    )  # fmt: skip
    operator = forms.ChoiceField(label=_("Kết quả phải"), choices=tuple(OPERATOR_LABELS.items()), required=False)
    value = forms.CharField(label=_("Số so sánh"), max_length=30, required=False)
    description = forms.CharField(label=_("Giải thích"), max_length=500, required=False)

    def __init__(self, *args: Any, table: Table, tables: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns: Any = self.fields["column"]
        columns.choices = [("", "–"), *((one.name, one.title) for one in table.shape.columns)]
        others: Any = self.fields["table"]
        others.choices = [("", "–"), *tables]

    def clean(self) -> None:
        """Refuse a rule that is filled in but has no name: it would be dropped without a word."""
        filled = [name for name in FILLED if self.cleaned_data.get(name)]
        if filled and not self.cleaned_data.get("name") and "name" not in self.errors:
            self.add_error("name", _("Đặt tên cho quy tắc, hoặc để trống cả các ô khác."))

    def rule(self) -> dict[str, str]:
        """Return the filled parts that belong to the rule's kind; {} for an empty form or one to be dropped."""
        said = self.cleaned_data
        if not said.get("name") or said.get("DELETE"):
            return {}
        wanted = {"name", "kind", "severity", "description", *PARTS.get(said["kind"], ())}
        return {name: value for name, value in said.items() if value and name in wanted}


PARTS = {
    "rows": ("limit",), "freshness": ("limit", "column"), "reference": ("column", "table", "target"),
    "sql": ("query", "operator", "value"),
}  # fmt: skip
FILLED = ("limit", "column", "table", "target", "query", "value", "description")
RuleFormSet = forms.formset_factory(
    RuleForm, extra=2, max_num=ruling.MOST_RULES, absolute_max=ruling.MOST_RULES + 5, can_delete=True,
    can_delete_extra=False,
)  # fmt: skip


class TermsForm(forms.Form):
    """What the contract says beside columns and rules."""

    usage = forms.CharField(
        label=_("Mục đích sử dụng"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    limitations = forms.CharField(
        label=_("Giới hạn sử dụng"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    contact = forms.CharField(
        label=_("Nơi hỗ trợ"), max_length=200, required=False, help_text=_("Thư điện tử hoặc số điện thoại.")
    )
    retention_years = forms.IntegerField(
        label=_("Số năm lưu giữ"), min_value=1, max_value=1000, required=False,
        help_text=_("Phiên bản cũ tự xóa khi đã được thay quá số năm này; để trống là giữ mãi."),
    )  # fmt: skip
    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Lý do thay đổi"), max_length=500, required=False)

    def terms(self) -> dict[str, str]:
        """Return the terms as the contract holds them."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value and name != "reason"}


class ContractFileForm(forms.Form):
    """An ODCS document to look at before it is taken."""

    file = forms.FileField(
        label=_("Tệp hợp đồng (ODCS v3.1)"), widget=forms.FileInput(attrs={"accept": ".yaml,.yml"}),
        error_messages={"required": _("Chọn tệp hợp đồng.")},
    )  # fmt: skip

    def text(self) -> str:
        """Return what the file says; one byte more than the limit is enough to be refused as too large."""
        return str(self.cleaned_data["file"].read(odcs.LARGEST + 1).decode("utf-8-sig", "replace"))


class ContractTextForm(forms.Form):
    """A document that has been looked at, to be taken now."""

    text = forms.CharField(widget=forms.HiddenInput, max_length=odcs.LARGEST, strip=False)
    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Lý do thay đổi"), max_length=500, error_messages={"required": _("Ghi lý do thay đổi.")}
    )
    confirmed = forms.BooleanField(
        label=_("Tôi đã xem nơi đang đọc các cột bị bỏ hoặc đổi, và vẫn thay đổi"), required=False
    )


class ContractIn(forms.Form):
    """A document as programs send it; ``dry_run`` only tells what it would change."""

    text = forms.CharField(label=_("Hợp đồng ODCS v3.1 dạng YAML"), max_length=odcs.LARGEST, strip=False)
    reason = forms.CharField(label=_("Lý do thay đổi"), max_length=500, required=False)
    confirmed = forms.BooleanField(label=_("Xác nhận dù có nơi đang đọc"), required=False)
    seen = forms.CharField(label=_("Số hợp đồng đã xem"), max_length=40, required=False)
    dry_run = forms.BooleanField(label=_("Chỉ xem trước"), required=False)


class AdmitForm(forms.Form):
    """A decision to load what was stopped at the door."""

    scope = forms.ChoiceField(
        label=_("Phạm vi"), choices=Scope.choices, initial=Scope.ONCE, widget=forms.RadioSelect,
        error_messages={"required": _("Chọn phạm vi của quyết định.")},
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Lý do"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Ghi lý do chấp nhận.")},
    )  # fmt: skip

    def __init__(self, *args: Any, always: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not always:
            scope: Any = self.fields["scope"]
            scope.choices = [one for one in Scope.choices if one[0] != Scope.ALWAYS]
