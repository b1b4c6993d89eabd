"""Forms of agreements: what is asked, the twelve items, signing, joining, deletion."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nganam.agencies.models import Agency
from nganam.cases.forms import OpeningForm, SignedForm, StepForm
from nganam.face.templatetags.nganam import article_text
from nganam.law.rules import RequiredField, Word, rules
from nganam.services.models import Service, ServiceField
from nganam.sharing import evidence, purposes
from nganam.sharing.agreements import content, queries
from nganam.sharing.agreements.models import Agreement, DefaultReview, Joining
from nganam.sharing.outside.models import Inbound
from nganam.sharing.requests.forms import FREQUENCIES, RefusalForm, RequestForm
from nganam.sharing.requests.models import Application
from nganam.sharing.requests.queries import applications_of

SHORT = 2
ITEM_ROWS = 4


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def _date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _label(one: RequiredField | Word) -> str:
    return one.en if (get_language() or "vi").startswith("en") else one.vi


def _offer_applications(field: Any, agency: str) -> None:
    field.queryset, field.to_field_name = applications_of(agency), "code"


class AskForm(OpeningForm):
    """What an agency asks for: data, purpose, and why sharing by default does not serve (D36.1).

    For an agency outside the province (``inbound``) the application is the one it named, and somebody represents it.
    """

    application = forms.ModelChoiceField(Application.objects.none(), label=_("Ứng dụng sẽ khai thác"))
    wanted = forms.CharField(
        label=_("Dữ liệu đề nghị chia sẻ"), widget=_area(3), required=False, max_length=5000,
        help_text=_("Nêu dữ liệu gì, phạm vi nào, của thời gian nào."),
    )  # fmt: skip
    fields_asked = forms.MultipleChoiceField(
        label=_("Mục tin của dịch vụ"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Chỉ chọn những mục tin thật cần; mục tin cá nhân được đánh dấu."),
    )  # fmt: skip
    purpose = forms.CharField(label=_("Mục đích khai thác"), widget=_area(3), required=False, max_length=5000)
    purpose_codes = purposes.field()
    why = forms.CharField(
        label=_("Vì sao chia sẻ mặc định không đáp ứng"), widget=_area(3), required=False, max_length=5000,
        help_text=_("Chia sẻ đặc thù chỉ dùng khi chia sẻ mặc định không đáp ứng được (khoản 1 Điều 36)."),
    )  # fmt: skip
    solution = forms.CharField(label=_("Giải pháp sử dụng dữ liệu"), widget=_area(3), required=False, max_length=5000)
    frequency = forms.ChoiceField(label=_("Tần suất khai thác"), required=False, choices=[("", "–"), *FREQUENCIES])
    representative = forms.CharField(
        label=_("Người đại diện của cơ quan ngoài tỉnh, chức vụ"), required=False, max_length=200,
        help_text=_("Chỉ với cơ quan ngoài tỉnh; ghi trong phần các bên của thỏa thuận."),
    )  # fmt: skip

    def __init__(
        self, *args: Any, agency: str, service: Service | None, inbound: Inbound | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if inbound is None:
            del self.fields["representative"]
            _offer_applications(self.fields["application"], agency)
        else:
            del self.fields["application"]
            self._keep_frequency(inbound.frequency)
            self.order_fields(["representative"])
        if service is None:
            del self.fields["fields_asked"]
        else:
            self.fields["fields_asked"].choices = [  # type: ignore[attr-defined]
                (one.name, RequestForm.label_of(one)) for one in service.fields.all()
            ]
        for name in ("wanted", "purpose", "why"):
            self.fields[name].wanted = True  # type: ignore[attr-defined]  # a draft may be kept unfinished

    def _keep_frequency(self, said: str) -> None:
        """Offer what the outside agency wrote in its own words."""
        field: Any = self.fields["frequency"]
        if said not in dict(field.choices):
            field.choices = [*field.choices, (said, said)]

    @classmethod
    def for_outside(cls, data: Any, inbound: Inbound) -> "AskForm":
        """Return the form of an outside agency's agreement, filled with what its request said."""
        said = content.asked_from_outside(inbound)
        initial = {**said, "fields_asked": said["fields"]}
        return cls(data, agency=inbound.requester.code, service=inbound.service, inbound=inbound, initial=initial)

    @classmethod
    def for_draft(cls, data: Any, agreement: Agreement) -> "AskForm":
        """Return the form of a draft that was begun."""
        initial = {name: getattr(agreement, name) for name in content.ASKED if name != "fields"}
        initial |= {"fields_asked": agreement.fields, "application": agreement.application.code}
        initial |= {"version": agreement.version, "representative": agreement.representative}
        form = cls(
            data, agency=agreement.consumer.code, service=agreement.service, inbound=agreement.inbound, initial=initial
        )
        if agreement.inbound is None:
            form.fields["application"].disabled = True
        return form

    def asked(self) -> dict[str, Any]:
        """Return the values ``content.ASKED`` names."""
        values = {**self.cleaned_data, "fields": self.cleaned_data.get("fields_asked", [])}
        return {name: values[name] for name in (*content.ASKED, "representative") if name in values}


class ToDefaultForm(SignedForm):
    """Which default service serves what was asked."""

    default_service = forms.ChoiceField(label=_("Dịch vụ mặc định đáp ứng được"))

    def __init__(self, *args: Any, case: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition("to_default"), case=case, **kwargs)
        chosen = [(one.code, f"{one.code} · {one.name}") for one in queries.default_services(case)]
        self.fields["default_service"].choices = chosen  # type: ignore[attr-defined]


class ReviewForm(StepForm):
    """The four things D37.1 has reviewed."""

    needs = forms.CharField(label=_("Nhu cầu"), widget=_area(SHORT), max_length=5000)
    regulations = forms.CharField(
        label=_("Quy định liên quan"), widget=_area(SHORT), max_length=5000,
        help_text=_("Văn bản cho phép, hạn chế hoặc đặt điều kiện cho việc chia sẻ."),
    )  # fmt: skip
    conditions = forms.CharField(label=_("Điều kiện chia sẻ"), widget=_area(SHORT), max_length=5000)
    tasks = forms.CharField(label=_("Việc mỗi bên phải làm"), widget=_area(SHORT), max_length=5000)

    def __init__(self, *args: Any, case: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition("review"), case=case, **kwargs)


class NotAgreeForm(SignedForm):
    """Reason, and the legal basis the provider needs to refuse."""

    legal_basis = forms.CharField(
        label=_("Căn cứ pháp lý"), widget=_area(SHORT), required=False,
        help_text=_("Bắt buộc khi cơ quan cung cấp từ chối: điều, khoản hạn chế việc chia sẻ dữ liệu này."),
    )  # fmt: skip

    def __init__(self, *args: Any, case: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition("not_agree"), case=case, **kwargs)


def _item() -> forms.CharField:
    return forms.CharField(required=False, max_length=content.ITEM_LENGTH, widget=_area(ITEM_ROWS))


class TextForm(StepForm):
    """The twelve items of D38 with the fields and days that are acted on; a text may be saved unfinished.

    Labels, articles and order are those of the agreement's rule set.
    """

    parties = _item()
    data_content = _item()
    places = _item()
    term = _item()
    method = _item()
    processing = _item()
    limits = _item()
    commitment = _item()
    security = _item()
    storage = _item()
    deletion = _item()
    other = _item()
    fields_agreed = forms.MultipleChoiceField(
        label=_("Mục tin được chia sẻ"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Tài khoản kết nối được mở đúng với những mục tin này."),
    )  # fmt: skip
    effective_on = forms.DateField(
        label=_("Có hiệu lực từ ngày"), required=False, widget=_date_input(),
        help_text=_("Bỏ trống thì có hiệu lực từ ngày bên cuối cùng ký."),
    )  # fmt: skip
    valid_until = forms.DateField(
        label=_("Có hiệu lực đến trước ngày"), required=False, widget=_date_input(),
        help_text=_("Bỏ trống nếu không giới hạn; tài khoản kết nối có cùng thời hạn."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Ghi chú cho bên kia"), required=False, max_length=500, widget=_area(SHORT),
        help_text=_("Đã sửa gì, vì sao."),
    )  # fmt: skip

    step_name = "save"

    def __init__(self, *args: Any, case: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition(self.step_name), case=case, **kwargs)
        self.items = content.items_of(case)
        for number, one in enumerate(self.items, 1):
            field = self.fields[one.name]
            field.label, field.help_text = f"{number}. {_label(one)}", article_text(one.article)
            field.wanted = True  # type: ignore[attr-defined]  # needed to agree, not to save
        self.order_fields(self._order())
        if case.service is None:
            del self.fields["fields_agreed"]
        else:
            self.fields["fields_agreed"].choices = [  # type: ignore[attr-defined]
                (one.name, RequestForm.label_of(one)) for one in case.service.fields.all()
            ]
        base = base_of(case)
        self.initial.update(base, fields_agreed=base.get("fields", []))

    def _order(self) -> list[str]:
        """Put what is acted on behind the item it belongs to."""
        behind = {"data_content": ("fields_agreed",), "term": content.DATES}
        return [name for one in self.items for name in (one.name, *behind.get(one.name, ()))]

    def text(self) -> dict[str, Any]:
        """Return what was written as a text of the agreement."""
        values = self.cleaned_data
        said = {one.name: values[one.name] for one in self.items}
        return {**said, "fields": values.get("fields_agreed", []), **{name: values[name] for name in content.DATES}}

    def inputs(self) -> dict[str, Any]:
        """Return what ``drafting.save_version`` takes."""
        seen = {"version": self.cleaned_data["version"]} if self.cleaned_data.get("version") is not None else {}
        return {**seen, "content": self.text(), "note": self.cleaned_data["note"]}


class ChangeTextForm(TextForm):
    """The same for an amendment."""

    step_name = "save_change"


def base_of(agreement: Agreement) -> dict[str, Any]:
    """Return the text a side starts from: the one on the table, the one in force, the last one, or what was asked."""
    version = queries.on_table(agreement) or agreement.in_force or queries.latest(agreement)
    return dict(version.content) if version else content.first_content(agreement, list(agreement.parties.all()))


class AgreeForm(StepForm):
    """Names the version agreed to: of two who act at once nobody agrees to a text they have not seen."""

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    step_name = "agree"

    def __init__(self, *args: Any, case: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition(self.step_name), case=case, **kwargs)
        del self.initial["version"]  # that another party agreed meanwhile changes nothing; the digest says it all
        version = queries.on_table(case)
        self.initial["digest"] = version.digest if version else ""


class AgreeChangeForm(AgreeForm):
    """The same for an amendment."""

    step_name = "agree_change"


class SignForm(AgreeForm):
    """Who signs, and the digest of what is signed: by a deed on the platform, or by a signed PDF."""

    step_name = "sign"
    signer = forms.CharField(label=_("Người ký"), max_length=200)
    position = forms.CharField(
        label=_("Chức vụ"), max_length=200, help_text=_("Ví dụ: Giám đốc; Phó Chủ tịch UBND phường.")
    )
    file = forms.FileField(
        label=_("Tệp PDF đã ký số"), required=False, widget=forms.FileInput(attrs={"accept": ".pdf"}),
        help_text=_("Tải văn bản PDF về, ký số đúng tệp ấy rồi tải lên. Bỏ trống thì ghi nhận bằng xác nhận này."),
    )  # fmt: skip
    confirmed = forms.BooleanField(
        label=_("Tôi xác nhận người nêu trên đã ký, hoặc tôi là người ký, đúng bản có mã băm ghi ở đây.")
    )

    def inputs(self) -> dict[str, Any]:
        """Return what ``signing.sign`` takes."""
        return {name: value for name, value in super().inputs().items() if name != "confirmed"}


class SignChangeForm(SignForm):
    """The same for an amendment."""

    step_name = "sign_change"


class ReviewDefaultForm(StepForm):
    """The outcome of a review for default sharing (D34.2)."""

    outcome = forms.ChoiceField(label=_("Kết quả xét"), choices=DefaultReview.Outcome.choices, widget=forms.RadioSelect)

    def __init__(self, *args: Any, case: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition("review_default"), case=case, **kwargs)
        self.order_fields(["outcome", "reason"])


class ConnectForm(StepForm):
    """Which fields of which service serve an agreement that was made before there was a service."""

    names = forms.MultipleChoiceField(label=_("Dịch vụ và mục tin"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, case: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition("connect"), case=case, **kwargs)
        if case.service is not None:
            del self.fields["names"]
            return
        offered = ServiceField.objects.filter(service__in=queries.services_to_connect(case)).select_related("service")
        self.fields["names"].choices = [  # type: ignore[attr-defined]
            (f"{one.service.code}:{one.name}", f"{one.service.code} · {RequestForm.label_of(one)}")
            for one in offered.order_by("service__code", "position")
        ]


class TerminateForm(SignedForm):
    """On which ground of D44, and why."""

    ground = forms.ChoiceField(label=_("Căn cứ chấm dứt"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, case: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition("terminate"), case=case, **kwargs)
        words = rules(case.rules).vocabulary("termination_ground")
        self.fields["ground"].choices = [(one.code, _label(one)) for one in words]  # type: ignore[attr-defined]
        self.order_fields(["ground", "reason", "signer"])


class LeaveForm(SignedForm):
    """Why the party leaves; the notice to the others says it."""

    def __init__(self, *args: Any, case: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition("leave"), case=case, **kwargs)


class DeletionForm(StepForm):
    """How the data were deleted or destroyed (D38.11)."""

    deleted_on = forms.DateField(label=_("Ngày xóa, hủy xong"), widget=_date_input())
    text = forms.CharField(
        label=_("Đã xóa, hủy những gì, bằng cách nào, ai chứng kiến"), widget=_area(4), max_length=5000
    )

    file = evidence.field()

    def __init__(self, *args: Any, case: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition("report_deletion"), case=case, **kwargs)


class ReturnDeletionForm(StepForm):
    """Whose report is returned."""

    agency = forms.ChoiceField(label=_("Báo cáo của"))

    def __init__(self, *args: Any, case: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition("return_deletion"), case=case, **kwargs)
        _offer_reports(self.fields["agency"], case, [one.agency for one in queries.standing_deletions(case)])


class AcceptDeletionForm(StepForm):
    """Of which party that left the report is accepted."""

    agency = forms.ChoiceField(label=_("Báo cáo của"))

    def __init__(self, *args: Any, case: Agreement, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition("accept_deletion"), case=case, **kwargs)
        gone = {one.agency.code for one in queries.leavers(case)}
        told = [one.agency for one in queries.standing_deletions(case) if one.agency in gone]
        _offer_reports(self.fields["agency"], case, told)


def _offer_reports(field: Any, case: Agreement, codes: Sequence[str]) -> None:
    names = queries.agency_names_in(case)
    field.choices = [(code, names.get(code, code)) for code in codes]


class AcceptJoiningForm(SignedForm):
    """Who signs the answer that an agency is taken in."""

    def __init__(self, *args: Any, case: Joining, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition("accept"), case=case, **kwargs)


class JoinForm(OpeningForm):
    """What a third agency says when it asks to join (D36.4)."""

    application = forms.ModelChoiceField(Application.objects.none(), label=_("Ứng dụng sẽ khai thác"))
    purpose = forms.CharField(label=_("Mục đích khai thác"), widget=_area(4), max_length=5000)

    def __init__(self, *args: Any, agency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_applications(self.fields["application"], agency)


class AuthorityForm(forms.Form):
    """To whom the agreement is sent on request (D36)."""

    agency = forms.ChoiceField(label=_("Cơ quan yêu cầu"))
    basis = forms.CharField(label=_("Văn bản yêu cầu, căn cứ"), max_length=1000)

    def __init__(self, *args: Any, agencies: Sequence[Agency], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].choices = [("", "–"), *((one.code, one.name) for one in agencies)]  # type: ignore[attr-defined]


STEP_FORMS = {
    "to_default": ToDefaultForm,
    "review": ReviewForm,
    "not_agree": NotAgreeForm,
    "save": TextForm,
    "save_change": ChangeTextForm,
    "agree": AgreeForm,
    "agree_change": AgreeChangeForm,
    "sign": SignForm,
    "sign_change": SignChangeForm,
    "review_default": ReviewDefaultForm,
    "connect": ConnectForm,
    "terminate": TerminateForm,
    "leave": LeaveForm,
    "report_deletion": DeletionForm,
    "accept_deletion": AcceptDeletionForm,
    "return_deletion": ReturnDeletionForm,
}
"""The moves that ask for more than the table's needs."""
JOINING_FORMS = {"accept": AcceptJoiningForm, "refuse": RefusalForm}
