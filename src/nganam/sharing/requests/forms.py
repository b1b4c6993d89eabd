"""Forms of applications and default requests."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.cases.forms import OpeningForm, SignedForm, StepForm
from nganam.cases.models import Case
from nganam.face.templatetags.nganam import article_text
from nganam.law.rules import all_rules
from nganam.services.models import Service, ServiceField
from nganam.sharing import purposes
from nganam.sharing.accounts.forms import scope_fields
from nganam.sharing.accounts.scope import usual
from nganam.sharing.refusing import asks_basis
from nganam.sharing.requests import queries
from nganam.sharing.requests.content import WRITTEN
from nganam.sharing.requests.models import Application, Request
from nganam.sharing.requests.workflow import REQUEST

LAST_VERSION = 2**31 - 1
"""The largest number the database holds: one beyond it is refused by the form."""
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
    description = forms.CharField(
        label=_("Ứng dụng dùng vào việc gì"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    contact = forms.CharField(
        label=_("Liên hệ"), max_length=200, required=False,
        help_text=_("Ai vận hành ứng dụng: họ tên hoặc đơn vị, điện thoại, thư điện tử công vụ."),
    )  # fmt: skip


class ApplicationEditForm(forms.Form):
    """What may be said anew of a system; its code stays."""

    name = forms.CharField(label=_("Tên ứng dụng"), max_length=200)
    description = forms.CharField(
        label=_("Ứng dụng dùng vào việc gì"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    contact = forms.CharField(
        label=_("Liên hệ"), max_length=200, required=False,
        help_text=_("Ai vận hành ứng dụng: họ tên hoặc đơn vị, điện thoại, thư điện tử công vụ."),
    )  # fmt: skip
    version = forms.IntegerField(min_value=0, max_value=LAST_VERSION, required=False, widget=forms.HiddenInput)


class RequestForm(OpeningForm, forms.ModelForm):  # type: ignore[type-arg]
    """The content of D35.2; every data item is ticked by itself."""

    fields_asked = forms.MultipleChoiceField(
        label=_("Mục tin yêu cầu"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Chỉ chọn những mục tin thật cần cho mục đích; mục tin cá nhân được đánh dấu."),
    )

    purpose_codes = purposes.field()

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
        self.order_fields(["application", "purpose", "purpose_codes", "solution"])
        self._prefill_application(application)
        self._say_what_sending_needs()
        if self.instance.pk:
            self.initial["fields_asked"] = self.instance.fields
            self.initial["purpose_codes"] = self.instance.purpose_codes

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
        """Return the values named in ``WRITTEN``."""
        values = {**self.cleaned_data, "fields": self.cleaned_data["fields_asked"]}
        return {name: values[name] for name in WRITTEN}

    def chosen_application(self) -> Application:
        """Return the application picked."""
        return self.cleaned_data["application"]  # type: ignore[no-any-return]


class WithholdingForm(SignedForm):
    """Which of the asked items are granted; who leaves some out says why, and on what legal basis."""

    granted = forms.MultipleChoiceField(label=_("Mục tin được cấp"), widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(
        label=_("Lý do không cấp các mục tin còn lại"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Bắt buộc khi không cấp đủ các mục tin được yêu cầu."),
    )  # fmt: skip
    legal_basis = forms.CharField(
        label=_("Căn cứ pháp lý không cấp các mục tin còn lại"), required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_(
            "Bắt buộc cùng với lý do (hồ sơ từ 19/08/2025): điều, khoản của văn bản hạn chế việc chia sẻ các mục tin "
            "ấy."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("reason", "legal_basis"):
            # Wanted as soon as one item is left out: "optional" would say the contrary of the hint.
            self.fields[name].wanted = True  # type: ignore[attr-defined]


class GrantForm(WithholdingForm):
    """Which of the asked fields are granted, until when, and how far: operations, rows, hours, rate and quotas."""

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
        self.fields.update(scope_fields(case.service, case.purpose_codes or None))
        self.initial.setdefault("operations", usual(case.service))
        self.order_fields(["granted", "reason", "legal_basis", "valid_until"])


class RefusalForm(SignedForm):
    """Reason of a negative answer, and its legal basis where the rules of the case ask for one."""

    move: ClassVar[str] = "refuse"
    legal_basis = forms.CharField(
        label=_("Căn cứ pháp lý"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Điều, khoản của văn bản hạn chế việc chia sẻ dữ liệu này."),
    )

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition(self.move), case=case, **kwargs)
        self.fields["legal_basis"].required = asks_basis(case)
        self.order_fields(["reason", "legal_basis", "signer"])


class SpecialForm(RefusalForm):
    """Why the data are special, and what restricts sharing them by default."""

    move = "to_special"


class StartUseForm(StepForm):
    """The record of the test (local practice)."""

    reason = forms.CharField(
        label=_("Biên bản kiểm thử"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Ai thử, ngày nào, gọi gì, kết quả ra sao."),
    )

    def __init__(self, *args: Any, case: Request, **kwargs: Any) -> None:
        super().__init__(*args, step=REQUEST.transition("start_use"), case=case, **kwargs)


STEP_FORMS = {"grant": GrantForm, "refuse": RefusalForm, "to_special": SpecialForm, "start_use": StartUseForm}
"""The moves that ask for more than the table's needs."""
