"""Forms of the register."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.cases.forms import OpeningForm, SignedForm, StepForm
from nganam.face.templatetags.nganam import label
from nganam.law.rules import all_rules, rules
from nganam.services import checklist
from nganam.services.content import DESCRIPTION, Thing, content_ahead, names_in
from nganam.services.models import Finding, Revision, Service, Source
from nganam.services.policies import open_appraisal
from nganam.services.upstreams.reading import write_operation
from nganam.services.workflow import SERVICE

COLUMN_CHOICES = ("fields_offered", "lookup_columns", "filter_columns")


class ServiceForm(OpeningForm, forms.ModelForm):  # type: ignore[type-arg]
    """The description of D24.3 over one source; data items, and a system's operations, are ticked one by one."""

    fields_offered = forms.MultipleChoiceField(label=_("Mục tin chia sẻ"), widget=forms.CheckboxSelectMultiple)
    lookup_columns = forms.MultipleChoiceField(
        label=_("Cột khóa tra cứu"), widget=forms.CheckboxSelectMultiple, required=False
    )
    filter_columns = forms.MultipleChoiceField(
        label=_("Cột được lọc"), widget=forms.CheckboxSelectMultiple, required=False
    )
    operations = forms.MultipleChoiceField(
        label=_("Thao tác"), widget=forms.CheckboxSelectMultiple, required=False,
        help_text=_("Chỉ những thao tác này gọi được qua LGSP; từng tài khoản được cấp từng thao tác."),
    )  # fmt: skip

    class Meta:
        """Fields of the description, in the order of the page."""

        model = Service
        fields = DESCRIPTION
        widgets = {
            name: forms.Textarea(attrs={"rows": 3})
            for name in (
                "description", "parameters", "technical_docs", "structure", "capacity", "access_notes", "no_data",
                "not_permitted",
            )
        }  # fmt: skip

    def __init__(self, *args: Any, source: Source, rules_version: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = source.contract["columns"]
        self._offered = {write_operation(one): one for one in source.contract.get("operations", [])}
        choices = [(one["name"], self._label_of(one)) for one in columns]
        for name in COLUMN_CHOICES:
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        for name, key in (("form", "sharing_form"), ("method", "sharing_method")):
            words = [(word.code, word.vi) for word in rules(rules_version).vocabulary(key) if word.code != "open"]
            self.fields[name] = forms.ChoiceField(label=self.fields[name].label, choices=words)
        self._ask_as_the_source_answers()
        if self.instance.pk:
            self.initial["fields_offered"] = [field.name for field in self.instance.fields.all()]
        else:
            self.initial.setdefault("lookup_columns", [one["name"] for one in columns if one.get("key")])

    def _ask_as_the_source_answers(self) -> None:
        """A table is asked by columns, an agency's system by its operations: each form has the one or the other."""
        if not self._offered:
            del self.fields["operations"]
            return
        del self.fields["lookup_columns"], self.fields["filter_columns"]
        self.fields["operations"].required = True
        self.fields["operations"].choices = [(line, line) for line in self._offered]  # type: ignore[attr-defined]
        chosen = self.initial.get("operations") or [one for one in self._offered.values() if one["method"] == "GET"]
        self.initial["operations"] = [write_operation(one) for one in chosen]

    def clean_operations(self) -> list[dict[str, Any]]:
        """Return the operations ticked, as the system describes them."""
        return [self._offered[line] for line in self.cleaned_data["operations"]]

    @staticmethod
    def _label_of(column: dict[str, Any]) -> str:
        """Return a column's title and name, with a mark on personal data."""
        name = f"{column.get('title') or column['name']} ({column['name']})"
        return str(_("%(title)s — dữ liệu cá nhân") % {"title": name}) if column.get("personal") else name

    @property
    def key(self) -> str:
        """Return the key of this form: sent twice, it opens one case."""
        return str(self.cleaned_data["once"])

    def description(self) -> dict[str, Any]:
        """Return the values of the description."""
        return {name: self.cleaned_data[name] for name in DESCRIPTION if name in self.cleaned_data}


class RevisionForm(ServiceForm):
    """A new version: the description in force to be changed, and why."""

    summary = forms.CharField(
        label=_("Lý do, nội dung thay đổi"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Các cơ quan đang khai thác đọc câu này."),
    )
    field_order = ("summary",)

    def __init__(self, *args: Any, service: Service, revision: Revision | None = None, **kwargs: Any) -> None:
        content = content_ahead(revision or service)
        initial = {**content, "fields_offered": names_in(content), "summary": revision.summary if revision else ""}
        super().__init__(
            *args, source=service.source, rules_version=service.rules, initial={**initial, **kwargs.pop("initial", {})},
            **kwargs,
        )  # fmt: skip
        if revision is not None:
            self.initial["version"] = revision.version


class ChecklistForm(StepForm):
    """Finding and remark for every line of the checklist; it may be saved unfinished."""

    def __init__(self, *args: Any, case: Thing, **kwargs: Any) -> None:
        super().__init__(*args, step=SERVICE.transition("assess"), case=case, **kwargs)
        appraisal = open_appraisal(case)
        found = {one.line: one for one in appraisal.findings.all()} if appraisal else {}
        for line in checklist.LINES:
            self.fields[line.code] = forms.ChoiceField(
                label=_("Kết quả"), required=False, choices=Finding.Result.choices, widget=forms.RadioSelect
            )
            self.fields[f"{line.code}_remark"] = forms.CharField(
                label=_("Ý kiến"), required=False, widget=forms.Textarea(attrs={"rows": 2})
            )
            if line.code in found:
                self.initial[line.code] = found[line.code].result
                self.initial[f"{line.code}_remark"] = found[line.code].remark


class DecideForm(StepForm):
    """What the appraiser says beside the findings."""

    conclusion = forms.CharField(
        label=_("Ý kiến chung"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kết quả từng mục của phiếu thẩm định được ghi vào văn bản."),
    )

    def __init__(self, *args: Any, case: Thing, transition: str, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition(transition), case=case, **kwargs)


class TestForm(StepForm):
    """The record of the test on the LGSP (local practice)."""

    tested_on = forms.DateField(label=_("Ngày kiểm thử"), widget=forms.DateInput(attrs={"type": "date"}))
    tester = forms.CharField(label=_("Người kiểm thử"), max_length=200)
    calls = forms.IntegerField(label=_("Số cuộc gọi thử"), min_value=1, max_value=1_000_000)
    result = forms.CharField(
        label=_("Kết quả kiểm thử"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Gọi gì, nhận gì; cả trường hợp không có dữ liệu và không được phép."),
    )

    def __init__(self, *args: Any, case: Service, **kwargs: Any) -> None:
        super().__init__(*args, step=SERVICE.transition("mark_ready"), case=case, **kwargs)


class NationalForm(StepForm):
    """When the service was entered in the national register, and under which code."""

    listed_on = forms.DateField(label=_("Ngày đăng"), widget=forms.DateInput(attrs={"type": "date"}))
    reference = forms.CharField(label=_("Mã hoặc địa chỉ trên hệ thống quốc gia"), max_length=120)

    def __init__(self, *args: Any, case: Service, **kwargs: Any) -> None:
        super().__init__(*args, step=SERVICE.transition("list_nationally"), case=case, **kwargs)


class EndForm(SignedForm):
    """For which ground of D44 the service ends, and who signs the letters to its users."""

    ground = forms.ChoiceField(label=_("Căn cứ chấm dứt (Điều 44)"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Lý do"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Tài khoản cấp theo yêu cầu bị thu hồi, yêu cầu chưa trả lời được đóng, mỗi bên nhận một văn bản; các bên "
            "của thỏa thuận được báo để sửa đổi hoặc chấm dứt."
        ),
    )
    field_order = ("ground", "reason", "signer")

    def __init__(self, *args: Any, case: Service, **kwargs: Any) -> None:
        super().__init__(*args, step=SERVICE.transition("end"), case=case, **kwargs)
        grounds = all_rules()[-1].vocabulary("termination_ground")
        self.fields["ground"].choices = [(one.code, label(one)) for one in grounds]  # type: ignore[attr-defined]


class AnnounceForm(StepForm):
    """From which day a version is in force."""

    effective_on = forms.DateField(
        label=_("Áp dụng từ ngày"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Các cơ quan đang khai thác được báo ngay; thời hạn báo trước là nội bộ."),
    )

    def __init__(self, *args: Any, case: Revision, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition("announce"), case=case, **kwargs)


class UploadForm(forms.Form):
    """A spreadsheet of services."""

    file = forms.FileField(label=_("Tệp khai báo dịch vụ"))


StepForms = dict[str, Callable[..., Any]]
APPRAISAL_FORMS: StepForms = {
    "assess": ChecklistForm,
    "pass": partial(DecideForm, transition="pass"),
    "return": partial(DecideForm, transition="return"),
}
SERVICE_FORMS: StepForms = {**APPRAISAL_FORMS, "mark_ready": TestForm, "list_nationally": NationalForm, "end": EndForm}
REVISION_FORMS: StepForms = {**APPRAISAL_FORMS, "announce": AnnounceForm}
"""The moves that ask for more than the table's needs."""
