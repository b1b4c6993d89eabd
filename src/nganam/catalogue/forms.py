"""Forms of the catalogue. What the law requires is checked when an entry is proposed; a draft may have gaps."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.cases.forms import StepForm
from nganam.catalogue.models import Edition, SharedDatabase, SharingForm
from nganam.catalogue.operations import DESCRIPTION
from nganam.catalogue.workflow import EDITION
from nganam.face.templatetags.nganam import article_text, label
from nganam.kernel.machine import Transition
from nganam.law.rules import rules

LONG = ("purpose", "scope", "content", "collection", "updating", "sources", "legal_basis", "master_data", "code_lists",
        "usage_term", "gaps")  # fmt: skip


class WantedField(forms.CharField):
    """A field the law wants before the entry is proposed; a draft may leave it empty."""

    def validate(self, value: Any) -> None:
        """Let an empty value through: ``operations.move_database`` refuses the proposal instead."""
        del value


class DatabaseForm(forms.ModelForm):  # type: ignore[type-arg]
    """The content of D11.4 and what the workflows need besides."""

    class Meta:
        """The fields in the order of the page."""

        model = SharedDatabase
        fields = DESCRIPTION
        widgets = {
            **{name: forms.Textarea(attrs={"rows": 3}) for name in LONG},
            "regulation_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    use_required_attribute = False

    def __init__(self, *args: Any, rules_version: str, **kwargs: Any) -> None:
        """Mark the fields that the rule set requires with their article."""
        super().__init__(*args, **kwargs)
        required = {one.name: one for one in rules(rules_version).required("catalogue.entry") if one.level == "L"}
        self.by_law = [name for name in self.fields if name in required]
        for name in self.by_law:
            if self.fields[name].required:
                continue
            plain = self.fields[name]
            help_text = _("Bắt buộc khi gửi đề xuất (%(article)s).") % {"article": article_text(required[name].article)}
            self.fields[name] = WantedField(label=plain.label, widget=plain.widget, help_text=help_text)

    def fields_by_law(self) -> list[forms.BoundField]:
        """Return the fields of D11.4."""
        return [self[name] for name in self.by_law]

    def other_fields(self) -> list[forms.BoundField]:
        """Return the fields that the workflows and the users of the data need besides."""
        return [self[name] for name in self.fields if name not in self.by_law]

    def description(self) -> dict[str, Any]:
        """Return the values for the operation."""
        return {name: self.cleaned_data[name] for name in DESCRIPTION}


class ItemForm(forms.Form):
    """One data item for one audience; an empty row is no item."""

    name = forms.CharField(label=_("Hạng mục dữ liệu"), max_length=200, required=False)
    form = forms.ChoiceField(label=_("Hình thức chia sẻ"), choices=[("", "–"), *SharingForm.choices], required=False)
    audience = forms.CharField(label=_("Đối tượng khai thác, sử dụng"), max_length=200, required=False)
    ground = forms.ChoiceField(label=_("Căn cứ chia sẻ mặc định"), required=False)

    def __init__(self, *args: Any, rules_version: str, **kwargs: Any) -> None:
        """Offer the grounds of the rule set."""
        super().__init__(*args, **kwargs)
        words = [(one.code, label(one)) for one in rules(rules_version).vocabulary("default_ground")]
        self.fields["ground"].choices = [("", "–"), *words]  # type: ignore[attr-defined]  # a choice field


ItemFormSet = forms.formset_factory(ItemForm, extra=3, max_num=200, absolute_max=200)


def items_of(rows: Any) -> list[Mapping[str, str]]:
    """Return the rows of a valid ``ItemFormSet`` that hold anything."""
    return [row.cleaned_data for row in rows if any(row.cleaned_data.values())]


class EditionForm(forms.Form):
    """A draft edition: which list, its title and its databases."""

    kind = forms.ChoiceField(label=_("Loại danh mục"), choices=Edition.Kind.choices)
    title = forms.CharField(label=_("Tên đợt"), max_length=300)
    codes = forms.MultipleChoiceField(label=_("Cơ sở dữ liệu"), widget=forms.CheckboxSelectMultiple, required=False)

    proposals = forms.MultipleChoiceField(
        label=_("Đề xuất chuyển mặc định được đưa vào đợt này"), widget=forms.CheckboxSelectMultiple, required=False,
        help_text=_("Từ kỳ xét thỏa thuận đặc thù (khoản 2 Điều 34). Đề xuất không chọn chờ đợt sau."),
    )  # fmt: skip

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, databases: Any, proposals: Any = (), **kwargs: Any) -> None:
        """Offer ``databases``, each named with its owner, and the ``proposals`` that wait."""
        super().__init__(*args, **kwargs)
        choices = [(one.code, f"{one.name} · {one.owner.label} ({one.code})") for one in databases]
        self.fields["codes"].choices = choices  # type: ignore[attr-defined]  # a choice field
        waiting = [(one.source, f"{one.name} · {one.owner.label} ({one.source}): {one.reason}") for one in proposals]
        self.fields["proposals"].choices = waiting  # type: ignore[attr-defined]  # a choice field


class PaperForm(forms.Form):
    """Number and date of the paper that carries a move."""

    number = forms.CharField(label=_("Số, ký hiệu văn bản"), max_length=60)
    signed_on = forms.DateField(label=_("Ngày ký"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class PaperStepForm(StepForm):
    """The paper a move of an edition rests on."""

    number = PaperForm.base_fields["number"]
    signed_on = PaperForm.base_fields["signed_on"]

    def __init__(self, *args: Any, step: Transition, case: Edition, **kwargs: Any) -> None:
        super().__init__(*args, step=step, case=case, **kwargs)
        del self.fields["paper"]  # its number and day are asked for: the deed registers it


class SubmitForm(PaperStepForm):
    """The tờ trình."""

    def __init__(self, *args: Any, case: Edition, **kwargs: Any) -> None:
        super().__init__(*args, step=EDITION.transition("submit"), case=case, **kwargs)


class IssueForm(PaperStepForm):
    """The decision."""

    signer = forms.CharField(label=_("Người ký"), max_length=200, required=False)

    def __init__(self, *args: Any, case: Edition, **kwargs: Any) -> None:
        super().__init__(*args, step=EDITION.transition("issue"), case=case, **kwargs)


EDITION_FORMS = {"submit": SubmitForm, "issue": IssueForm}
"""The moves that ask for more than the table's needs."""
