"""Forms of open data."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.cases.forms import StepForm
from nganam.face.templatetags.nganam import label
from nganam.kernel.text import slug as make_slug
from nganam.law.rules import all_rules
from nganam.opendata.models import Dataset
from nganam.opendata.operations import CONTENT
from nganam.opendata.workflow import DATASET
from nganam.warehouse.models import Table


def themes() -> list[tuple[str, str]]:
    """Return the themes of the newest rule set in the reader's language."""
    return [(word.code, label(word)) for word in all_rules()[-1].vocabulary("open_theme")]


FREQUENCIES = [
    ("monthly", _("Hằng tháng")),
    ("quarterly", _("Hằng quý")),
    ("annual", _("Hằng năm")),
    ("irregular", _("Khi có thay đổi")),
]


class DatasetForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the portal tells the public about a dataset."""

    slug = forms.SlugField(
        label=_("Địa chỉ"), max_length=120, help_text=_("Chữ thường không dấu, nối bằng gạch ngang.")
    )
    theme = forms.ChoiceField(label=_("Chủ đề"), choices=themes)
    frequency = forms.ChoiceField(label=_("Tần suất cập nhật"), choices=FREQUENCIES)
    keywords = forms.CharField(label=_("Từ khóa"), required=False, help_text=_("Cách nhau bằng dấu phẩy."))

    class Meta:
        """Fields of the page, in its order."""

        model = Dataset
        fields = CONTENT
        widgets = {name: forms.Textarea(attrs={"rows": 3}) for name in ("description", "description_en", "source_note")}

    def __init__(self, *args: Any, table: Table, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("title", table.title)
        self.initial.setdefault("description", table.description)
        self.initial.setdefault("slug", make_slug(table.title)[:120])

    def clean_keywords(self) -> list[str]:
        """Split the list at commas."""
        return [word.strip() for word in self.cleaned_data["keywords"].split(",") if word.strip()]

    def content(self) -> dict[str, Any]:
        """Return the values named in ``CONTENT``."""
        return {name: self.cleaned_data[name] for name in CONTENT if name in self.cleaned_data}


class ReviewForm(forms.Form):
    """The two reviews of D20, written by the one who made them."""

    privacy = forms.CharField(
        label=_("Đánh giá dữ liệu cá nhân, khả năng tái định danh"), widget=forms.Textarea(attrs={"rows": 3})
    )
    safety = forms.CharField(label=_("Đánh giá an toàn, an ninh"), widget=forms.Textarea(attrs={"rows": 3}))


class AssessForm(StepForm):
    """The two reviews of D20, as the move asks for them."""

    privacy = ReviewForm.base_fields["privacy"]
    safety = ReviewForm.base_fields["safety"]

    def __init__(self, *args: Any, case: Dataset, **kwargs: Any) -> None:
        super().__init__(*args, step=DATASET.transition("assess"), case=case, **kwargs)


STEP_FORMS = {"assess": AssessForm}
"""The moves that ask for more than the table's needs."""


class ReasonForm(forms.Form):
    """A reason, where a step needs one."""

    reason = forms.CharField(label=_("Lý do"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
