"""Forms of applications and default requests."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.cases.forms import OpeningForm, StepForm
from nganam.face.templatetags.nganam import article_text
from nganam.law.rules import all_rules, rules
from nganam.services.models import Service, ServiceField
from nganam.sharing.accounts.forms import scope_fields
from nganam.sharing.accounts.scope import usual
from nganam.sharing.requests import queries
from nganam.sharing.requests.content import CONTENT
from nganam.sharing.requests.models import Application, Request
from nganam.sharing.requests.workflow import REQUEST

FREQUENCIES = [
    (_("Theo từng hồ sơ phát sinh"), _("Theo từng hồ sơ phát sinh")),
    (_("Hằng ngày"), _("Hằng ngày")),
    (_("Hằng tuần"), _("Hằng tuần")),
    (_("Hằng tháng"), _("Hằng tháng")),
]


class ApplicationForm(forms.Form):
    """Code and name of a system (D35.2b)."""

    code = forms.RegexField(
        r"^[A-Z][A-Z0-9-]{1,19}$",
        label=_("Mã ứng dụng"),
        help_text=_("2–20 ký tự: chữ in hoa không dấu, chữ số, dấu gạch nối; ví dụ QLHS."),
        error_messages={"invalid": _("Mã chỉ gồm chữ in hoa không dấu, chữ số và dấu gạch nối, bắt đầu bằng chữ.")},
    )
    name = forms.CharField(label=_("Tên ứng dụng"), max_length=200)


class RequestForm(OpeningForm, forms.ModelForm):  # type: ignore[type-arg]
    """The content of D35.2; every data item is ticked by itself."""

    fields_asked = forms.MultipleChoiceField(
        label=_("Mục tin yêu cầu"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Chỉ chọn những mục tin thật cần cho mục đích; mục tin cá nhân được đánh dấu."),
    )

    class Meta:
        """Fields of the form, in the order of D35.2."""

        model = Request
        fields = ("application", "purpose", "solution", "frequency", "other")
        widgets = {
            "purpose": forms.Textarea(attrs={"rows": 3}),
            "solution": forms.Textarea(attrs={"rows": 3}),
            "other": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(self, *args: Any, agency: str, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service = service
        application: Any = self.fields["application"]
        application.queryset, application.to_field_name = queries.applications_of(agency), "code"
        self.fields["fields_asked"].choices = [(one.name, self.label_of(one)) for one in service.fields.all()]  # type: ignore[attr-defined]
        self._prefill_application(application)
        self._say_what_sending_needs()
        if self.instance.pk:
            self.initial["fields_asked"] = self.instance.fields

    @property
    def has_applications(self) -> bool:
        """Say whether the agency has registered an application to ask for."""
        application: Any = self.fields["application"]
        return bool(application.queryset.exists())

    def _prefill_application(self, field: Any) -> None:
        """Choose the agency's only application; show a draft's by its code, which is what the choices carry."""
        if self.instance.pk:
            self.initial["application"] = self.instance.application.code
            return
        codes = list(field.queryset.values_list("code", flat=True)[:2])
        if len(codes) == 1:
            self.initial.setdefault("application", codes[0])

    def _say_what_sending_needs(self) -> None:
        """A draft may be kept unfinished, so nothing here is required; but none of it is optional either."""
        for one in all_rules()[-1].required("sharing.request"):
            field = self.fields.get("fields_asked" if one.name == "fields" else one.name)
            if field is None or one.level != "L":
                continue
            needed = _("Bắt buộc khi gửi (%(article)s).") % {"article": article_text(one.article)}
            field.required, field.wanted = False, True  # type: ignore[attr-defined]  # read by the field component
            field.help_text = f"{needed} {field.help_text}".strip()

    @staticmethod
    def label_of(field: ServiceField) -> str:
        """Return an item's title, with a mark on personal data."""
        return str(_("%(title)s — dữ liệu cá nhân") % {"title": field.title}) if field.personal else field.title

    def content(self) -> dict[str, Any]:
        """Return the values named in ``CONTENT``."""
        values = {**self.cleaned_data, "fields": self.cleaned_data["fields_asked"]}
        return {name: values[name] for name in CONTENT}

    def chosen_application(self) -> Application:
        """Return the application picked."""
        return self.cleaned_data["application"]  # type: ignore[no-any-return]


class SignedForm(StepForm):
    """A decision that goes out as a letter."""

    signer = forms.CharField(
        label=_("Người ký văn bản"),
        required=False,
        max_length=120,
        help_text=_("Họ và tên người đứng đầu cơ quan; để trống thì văn bản ghi tên bạn, cán bộ đầu mối."),
    )


class GrantForm(SignedForm):
    """Which of the asked fields are granted, until when, and how far: operations, rows, hours, rate and quotas."""

    granted = forms.MultipleChoiceField(label=_("Mục tin được cấp"), widget=forms.CheckboxSelectMultiple)
    valid_until = forms.DateField(
        label=_("Có hiệu lực đến trước ngày"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Bỏ trống nếu không giới hạn thời hạn."),
    )

    def __init__(self, *args: Any, case: Request, **kwargs: Any) -> None:
        super().__init__(*args, step=REQUEST.transition("grant"), case=case, **kwargs)
        titles = {one.name: one for one in case.service.fields.all()}
        self.fields["granted"].choices = [  # type: ignore[attr-defined]
            (name, RequestForm.label_of(titles[name]) if name in titles else name) for name in case.fields
        ]
        self.initial.setdefault("granted", case.fields)
        self.fields.update(scope_fields(case.service))
        self.initial.setdefault("operations", usual(case.service))


class RefuseForm(SignedForm):
    """Reason of a refusal, and its legal basis where the rules of the case ask for one."""

    legal_basis = forms.CharField(
        label=_("Căn cứ pháp lý"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Điều, khoản của văn bản hạn chế việc chia sẻ dữ liệu này."),
    )

    def __init__(self, *args: Any, case: Request, **kwargs: Any) -> None:
        super().__init__(*args, step=REQUEST.transition("refuse"), case=case, **kwargs)
        self.fields["legal_basis"].required = rules(case.rules).flag("refusal_legal_basis")


class SpecialForm(SignedForm):
    """Why the data are special."""

    def __init__(self, *args: Any, case: Request, **kwargs: Any) -> None:
        super().__init__(*args, step=REQUEST.transition("to_special"), case=case, **kwargs)


class StartUseForm(StepForm):
    """The record of the test (local practice)."""

    reason = forms.CharField(
        label=_("Biên bản kiểm thử"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Ai thử, ngày nào, gọi gì, kết quả ra sao."),
    )

    def __init__(self, *args: Any, case: Request, **kwargs: Any) -> None:
        super().__init__(*args, step=REQUEST.transition("start_use"), case=case, **kwargs)


STEP_FORMS = {"grant": GrantForm, "refuse": RefuseForm, "to_special": SpecialForm, "start_use": StartUseForm}
"""The moves that ask for more than the table's needs."""
