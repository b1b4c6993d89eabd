"""Forms of watching."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.lgsp.watching.operations import LONGEST_NOTE
from nganam.lgsp.watching.rules import SET, USES, Rule


class NoteForm(forms.Form):
    """What an officer writes about an incident."""

    note = forms.CharField(
        label=_("Nội dung"), max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Việc đã tìm thấy, đã làm. Các bên của sự cố đều đọc được."),
    )  # fmt: skip


class RuleForm(forms.Form):
    """The thresholds of a rule."""

    is_on = forms.BooleanField(label=_("Bật"), required=False)
    minutes = forms.IntegerField(label=_("Xét trong (phút)"), min_value=1, max_value=1440)
    least = forms.IntegerField(label=_("Ít nhất (cuộc gọi)"), min_value=0, max_value=1_000_000)
    threshold = forms.IntegerField(label=_("Ngưỡng"), min_value=0, max_value=1000)
    calm_minutes = forms.IntegerField(label=_("Đóng sau khi yên (phút)"), min_value=0, max_value=1440)

    def __init__(self, *args: Any, rule: Rule | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SET if rule else ():
            if name not in USES.get(rule.key if rule else "", SET):
                self.fields[name].widget = forms.HiddenInput()
        if rule and rule.unit:
            self.fields["threshold"].label = f"{self.fields['threshold'].label} ({rule.unit})"


class PromiseForm(forms.Form):
    """What a provider promises in figures."""

    availability = forms.DecimalField(
        label=_("Tỷ lệ sẵn sàng (%)"), max_digits=6, decimal_places=3, min_value=0, max_value=100,
        help_text=_("Phần cuộc gọi không gặp lỗi của nền tảng hay hệ thống nguồn, tính trong 30 ngày."),
    )  # fmt: skip
    p95_ms = forms.IntegerField(
        label=_("95% câu trả lời không quá (ms)"), min_value=1, max_value=300_000,
        help_text=_("Đo tại cổng LGSP, từ lúc nhận yêu cầu đến lúc gửi xong câu trả lời."),
    )  # fmt: skip
