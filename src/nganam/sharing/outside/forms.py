"""Forms of sharing beyond the province: what opens a case, and the moves that ask for more than the table's needs."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.agencies.models import Agency, AgencyKind
from nganam.agencies.queries import OUTSIDE_KINDS
from nganam.cases.forms import OpeningForm, StepForm
from nganam.law.rules import rules
from nganam.services.models import Service
from nganam.sharing.outside import external, inbound, outbound, queries
from nganam.sharing.outside.connecting import asks_for_ndop
from nganam.sharing.outside.models import Channel, ExternalService, Form, Inbound, Outbound, Route
from nganam.sharing.outside.workflow import INBOUND, OUTBOUND
from nganam.sharing.requests.forms import ApplicationForm, RequestForm, WithholdingForm
from nganam.sharing.requests.models import Application
from nganam.sharing.requests.queries import applications_of


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _words(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def _lines(text: str) -> list[str]:
    """Return the lines that say something, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _signer() -> forms.CharField:
    return forms.CharField(
        label=_("Người ký văn bản"), max_length=120, required=False,
        help_text=_("Họ và tên người đứng đầu cơ quan; để trống thì văn bản ghi tên bạn."),
    )  # fmt: skip


class AgencyForm(forms.Form):
    """An agency outside the province that the register does not know yet."""

    code = forms.RegexField(
        r"^[A-Z][A-Z0-9-]{1,19}$", label=_("Mã cơ quan"), help_text=_("Ví dụ BO-TC, AG-SYT; không đổi về sau."),
        error_messages={"invalid": _("Mã chỉ gồm chữ in hoa không dấu, chữ số và dấu gạch nối, bắt đầu bằng chữ.")},
    )  # fmt: skip
    name = forms.CharField(label=_("Tên cơ quan"), max_length=200)
    short_name = forms.CharField(label=_("Tên ngắn"), max_length=100, required=False)
    kind = forms.ChoiceField(
        label=_("Loại"), choices=[(one.value, one.label) for one in AgencyKind if one in OUTSIDE_KINDS]
    )
    valid_from = forms.DateField(label=_("Có từ ngày"), widget=_day())


# ---- requests from outside ----


class TargetForm(forms.Form):
    """What an outside agency asks for: a published service, or data of an owner that no service shares."""

    service = forms.ModelChoiceField(
        label=_("Dịch vụ được yêu cầu"), queryset=Service.objects.none(), to_field_name="code", required=False,
        empty_label="–",
    )  # fmt: skip
    provider = forms.ModelChoiceField(
        label=_("hoặc dữ liệu chưa có dịch vụ của cơ quan"), queryset=Agency.objects.none(), to_field_name="code",
        required=False, empty_label="–",
    )  # fmt: skip

    def __init__(self, *args: Any, services: Any, providers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("service", services), ("provider", providers)):
            field: Any = self.fields[name]
            field.queryset, field.wanted = rows, True

    def clean(self) -> dict[str, Any]:
        """One of the two says what is asked for."""
        said = super().clean() or {}
        if not self.errors and not (said.get("service") or said.get("provider")):
            self.add_error(None, _("Chọn dịch vụ được yêu cầu, hoặc cơ quan chủ quản của dữ liệu."))
        return said


class ContentForm(OpeningForm):
    """The content of D35.2: items ticked by one when a service is asked for, else written one a line."""

    application_code = forms.RegexField(
        r"^[A-Z][A-Z0-9-]{1,19}$", label=_("Mã ứng dụng"), help_text=_("Ứng dụng sẽ gọi dịch vụ."),
        error_messages={"invalid": ApplicationForm.base_fields["code"].error_messages["invalid"]},
    )  # fmt: skip
    application_name = forms.CharField(label=_("Tên ứng dụng"), max_length=200)
    representative = forms.CharField(
        label=_("Người đại diện của cơ quan ngoài tỉnh, chức vụ"), max_length=200, required=False,
        help_text=_("Ghi trong thỏa thuận, nếu là dữ liệu đặc thù."),
    )  # fmt: skip
    purpose = forms.CharField(label=_("Mục đích khai thác"), widget=_words(3))
    solution = forms.CharField(label=_("Giải pháp sử dụng dữ liệu"), widget=_words(3))
    items = forms.MultipleChoiceField(
        label=_("Mục tin yêu cầu"), widget=forms.CheckboxSelectMultiple,
        help_text=_("Chỉ những mục tin văn bản nêu; mục tin cá nhân được đánh dấu."),
    )  # fmt: skip
    items_text = forms.CharField(label=_("Mục tin yêu cầu"), widget=_words(4), help_text=_("Mỗi dòng một mục tin."))
    frequency = forms.CharField(label=_("Tần suất khai thác"), max_length=200)
    other = forms.CharField(label=_("Thông tin khác"), widget=_words(2), required=False)

    def __init__(self, *args: Any, service: Service | None = None, case: Inbound | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if service is None:
            del self.fields["items"]
        else:
            del self.fields["items_text"]
            labels = [(one.name, RequestForm.label_of(one)) for one in service.fields.all()]
            self.fields["items"].choices = labels  # type: ignore[attr-defined]  # a choice field
        if case is not None:
            self.initial.update({name: getattr(case, name) for name in inbound.WRITTEN if name != "fields"})
            self.initial.update({"items": case.fields, "items_text": "\n".join(case.fields), "version": case.version})

    def asked(self) -> list[str]:
        """Return the items asked for: names of the service's fields, or what was written."""
        data = self.cleaned_data
        return list(data["items"]) if "items" in data else _lines(data.get("items_text", ""))

    def content(self) -> dict[str, Any]:
        """Return the values named in ``inbound.WRITTEN``."""
        return {name: self.asked() if name == "fields" else self.cleaned_data[name] for name in inbound.WRITTEN}


class InboundForm(ContentForm):
    """A request that came from outside: from whom, how, when, and what it asks (S17.1, D35.2)."""

    requester = forms.ModelChoiceField(
        label=_("Cơ quan ngoài tỉnh"), queryset=Agency.objects.none(), to_field_name="code", empty_label="–"
    )
    channel = forms.ChoiceField(label=_("Nhận qua"), choices=Channel.choices)
    document_number = forms.CharField(label=_("Số, ký hiệu văn bản hoặc mã hồ sơ"), max_length=60)
    document_on = forms.DateField(label=_("Ngày văn bản"), widget=_day())
    received_on = forms.DateField(
        label=_("Ngày tỉnh nhận được"), widget=_day(), help_text=_("Thời hạn trả lời tính từ ngày này.")
    )
    scan = forms.FileField(
        label=_("Bản quét văn bản"), required=False, help_text=_("PDF, PNG hoặc JPEG, tối đa 20 MB."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg"}),
    )  # fmt: skip
    field_order = ("requester", "channel", "document_number", "document_on", "received_on", "scan")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["requester"].queryset = queries.outside_agencies()  # type: ignore[attr-defined]  # a model choice

    def values(self) -> dict[str, Any]:
        """Return what ``register_inbound`` takes as ``values``."""
        head = {name: self.cleaned_data[name] for name in ("channel", "document_number", "document_on")}
        return {**head, **self.content()}

    def scanned(self) -> inbound.Scan | None:
        """Return the scan that was uploaded, if one was."""
        upload = self.cleaned_data["scan"]
        return inbound.Scan(upload.name, upload) if upload else None


class _Basis(StepForm):
    """A reason, and the legal basis where the rules of the case ask for one (N194.16)."""

    legal_basis = forms.CharField(
        label=_("Căn cứ pháp lý"), widget=_words(2),
        help_text=_("Điều, khoản của văn bản hạn chế việc chia sẻ dữ liệu này."),
    )  # fmt: skip
    move: ClassVar[str]

    def __init__(self, *args: Any, case: Inbound, **kwargs: Any) -> None:
        super().__init__(*args, step=INBOUND.transition(self.move), case=case, **kwargs)
        self.fields["legal_basis"].required = rules(case.rules).flag("refusal_legal_basis")
        self.order_fields(["reason", "legal_basis"])


class OwnerDisagreesForm(_Basis):
    """Why the owner does not agree."""

    move = "owner_disagrees"


class LeadDisagreesForm(_Basis):
    """Why the lead agency does not agree."""

    move = "lead_disagrees"


class RefuseForm(_Basis):
    """The answer to the outside agency, begun from what was said against the sharing."""

    signer = _signer()
    move = "refuse"

    def __init__(self, *args: Any, case: Inbound, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        against = [one for one in case.opinions.all() if not one.agrees]
        for name in ("reason", "legal_basis"):
            said = dict.fromkeys(getattr(one, name) for one in against if getattr(one, name))
            self.initial.setdefault(name, "\n".join(said))


class RefuseEndedForm(RefuseForm):
    """The answer that the service asked for has ended."""

    move = "refuse_ended"


class _Agrees(StepForm):
    """An opinion in favour; what it is tied to may be said."""

    reason = forms.CharField(label=_("Ý kiến, điều kiện kèm theo"), required=False, widget=_words(2))
    move: ClassVar[str]

    def __init__(self, *args: Any, case: Inbound, **kwargs: Any) -> None:
        super().__init__(*args, step=INBOUND.transition(self.move), case=case, **kwargs)


class OwnerAgreesForm(_Agrees):
    """The owner agrees."""

    move = "owner_agrees"


class LeadAgreesForm(_Agrees):
    """The lead agency agrees."""

    move = "lead_agrees"


class _Signed(StepForm):
    """A paper: drawn here with the next number, or signed elsewhere, then its number and day."""

    signed_on = forms.DateField(
        label=_("Ngày ký"), widget=_day(), required=False, help_text=_("Bỏ trống thì ghi hôm nay.")
    )
    signer = _signer()
    move: ClassVar[str]

    def __init__(self, *args: Any, case: Inbound, **kwargs: Any) -> None:
        super().__init__(*args, step=INBOUND.transition(self.move), case=case, **kwargs)
        paper = self.fields["paper"]
        paper.required, paper.help_text = False, _("Bỏ trống để nền tảng soạn văn bản và lấy số tiếp theo trong sổ.")
        self.order_fields(["reason", "paper", "signed_on", "signer"])


class SubmitForm(_Signed):
    """The tờ trình to the Chairman."""

    move = "submit"

    def __init__(self, *args: Any, case: Inbound, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        self.fields["reason"].label = _("Nội dung trình: ý kiến các bên và đề xuất")
        self.fields["paper"].label = _("Số tờ trình")


class PermitForm(_Signed):
    """The Chairman's permission."""

    reason = forms.CharField(label=_("Nội dung, điều kiện kèm theo"), required=False, widget=_words(2))
    move = "permit"


class ForbidForm(_Signed):
    """The Chairman's refusal."""

    move = "forbid"


class GrantForm(WithholdingForm):
    """Which of the asked items are granted, why not the others, and until when."""

    valid_until = forms.DateField(
        label=_("Có hiệu lực đến trước ngày"), required=False, widget=_day(),
        help_text=_("Bỏ trống nếu không giới hạn thời hạn."),
    )  # fmt: skip

    def __init__(self, *args: Any, case: Inbound, **kwargs: Any) -> None:
        super().__init__(*args, step=INBOUND.transition("grant"), case=case, **kwargs)
        titles = {one.name: RequestForm.label_of(one) for one in case.service.fields.all()} if case.service else {}
        self.fields["granted"].choices = [(name, titles.get(name, name)) for name in case.fields]  # type: ignore[attr-defined]
        self.initial.setdefault("granted", case.fields)
        self.order_fields(["granted", "reason", "legal_basis", "valid_until", "signer"])


class AgreementForm(StepForm):
    """Why the data need an agreement, as the letter says."""

    signer = _signer()

    def __init__(self, *args: Any, case: Inbound, **kwargs: Any) -> None:
        super().__init__(*args, step=INBOUND.transition("to_agreement"), case=case, **kwargs)
        self.order_fields(["reason", "signer"])


class _Route(StepForm):
    """By what the two sides are connected (S17.4, D46), and the record of set-up and test."""

    route = forms.ChoiceField(label=_("Đường kết nối"), choices=Route.choices)
    finding = forms.CharField(
        label=_("Xác định của bên vận hành trung gian"), required=False, widget=_words(2),
        help_text=_("Chỉ khi kết nối trực tiếp: ai xác định trung gian chưa sẵn sàng hoặc không đáp ứng, ngày nào."),
    )  # fmt: skip
    ndop_checked = forms.BooleanField(
        label=_("Đã đối chiếu: dữ liệu này không thuộc diện bắt buộc chia sẻ qua NDOP"), required=False,
        help_text=_("Từ 22/10/2025 dữ liệu bắt buộc chia sẻ phải qua NDOP (Nghị định 278/2025/NĐ-CP)."),
    )  # fmt: skip

    def __init__(self, *args: Any, case: Inbound | Outbound, move: str, **kwargs: Any) -> None:
        super().__init__(*args, step=case.MACHINE.transition(move), case=case, **kwargs)
        self.fields["reason"].label = _("Biên bản cấu hình, kiểm thử")
        self.fields["reason"].help_text = _("Ai làm, ngày nào, cấu hình gì, thử ra sao.")
        if not asks_for_ndop(case):
            del self.fields["ndop_checked"]


class ConnectForm(_Route):
    """The connection of an outside agency."""

    def __init__(self, *args: Any, case: Inbound, **kwargs: Any) -> None:
        super().__init__(*args, case=case, move="connect", **kwargs)


INBOUND_FORMS = {
    "owner_agrees": OwnerAgreesForm,
    "owner_disagrees": OwnerDisagreesForm,
    "lead_agrees": LeadAgreesForm,
    "lead_disagrees": LeadDisagreesForm,
    "submit": SubmitForm,
    "permit": PermitForm,
    "forbid": ForbidForm,
    "grant": GrantForm,
    "to_agreement": AgreementForm,
    "refuse": RefuseForm,
    "refuse_ended": RefuseEndedForm,
    "connect": ConnectForm,
}
"""The moves that ask for more than the table's needs."""


# ---- proposals to use outside data ----


class ProposalForm(OpeningForm):
    """What a unit of the province wants from outside (D35.2); a draft may be kept unfinished."""

    external = forms.ModelChoiceField(
        label=_("Dịch vụ trong danh sách ngoài tỉnh"), queryset=ExternalService.objects.none(), to_field_name="code",
        required=False, empty_label="–",
    )  # fmt: skip
    provider = forms.ModelChoiceField(
        label=_("Cơ quan cung cấp ngoài tỉnh"), queryset=Agency.objects.none(), to_field_name="code", required=False,
        empty_label="–",
    )  # fmt: skip
    provider_name = forms.CharField(
        label=_("Tên cơ quan cung cấp nếu chưa có trong danh sách"), max_length=200, required=False
    )
    service_name = forms.CharField(label=_("Mã và tên dịch vụ, dữ liệu cần khai thác"), max_length=300)
    application = forms.ModelChoiceField(
        label=_("Ứng dụng sẽ dùng"),
        queryset=Application.objects.none(),
        to_field_name="code",
        required=False,
        empty_label="–",
    )
    purpose = forms.CharField(label=_("Mục đích khai thác"), widget=_words(3), required=False)
    solution = forms.CharField(label=_("Giải pháp sử dụng dữ liệu"), widget=_words(3), required=False)
    items_text = forms.CharField(
        label=_("Mục tin cần khai thác"), widget=_words(4), required=False, help_text=_("Mỗi dòng một mục tin.")
    )
    frequency = forms.CharField(label=_("Tần suất khai thác"), max_length=200, required=False)
    basis = forms.CharField(
        label=_("Căn cứ pháp lý của nhu cầu"), widget=_words(2), required=False,
        help_text=_("Điều, khoản giao nhiệm vụ cần dữ liệu này."),
    )  # fmt: skip
    other = forms.CharField(label=_("Thông tin khác"), widget=_words(2), required=False)

    def __init__(self, *args: Any, agency: str, case: Outbound | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["external"].queryset = queries.external_services()  # type: ignore[attr-defined]  # a model choice
        self.fields["provider"].queryset = queries.outside_agencies()  # type: ignore[attr-defined]  # a model choice
        self.fields["application"].queryset = applications_of(agency)  # type: ignore[attr-defined]  # a model choice
        for name in ("purpose", "solution", "items_text", "frequency"):
            self.fields[name].wanted = True  # type: ignore[attr-defined]  # read by the field component
        if case is not None:
            self.initial.update({name: getattr(case, name) for name in outbound.WRITTEN if name != "fields"})
            self.initial.update({"items_text": "\n".join(case.fields), "version": case.version})

    def values(self) -> dict[str, Any]:
        """Return the values named in ``outbound.WRITTEN``; a listed service says who provides it."""
        data = {**self.cleaned_data, "fields": _lines(self.cleaned_data["items_text"])}
        if data["external"] is not None and data["provider"] is None:
            data["provider"] = data["external"].provider
        return {name: data[name] for name in outbound.WRITTEN}


class AcceptForm(StepForm):
    """The recorded review of a proposal: three questions, who provides, in which form."""

    provider = forms.ModelChoiceField(
        label=_("Cơ quan cung cấp"), queryset=Agency.objects.none(), to_field_name="code", empty_label="–"
    )
    form = forms.ChoiceField(label=_("Hình thức chia sẻ"), choices=Form.choices)
    catalogue = forms.CharField(
        label=_("Có trong danh mục của quốc gia, bộ, ngành không?"), widget=_words(2),
        help_text=_("Tên danh mục, mã dịch vụ; hoặc đã tra cứu ở đâu mà không thấy."),
    )  # fmt: skip
    legal_basis = forms.CharField(label=_("Căn cứ pháp lý để được cung cấp"), widget=_words(2))
    duplicate = forms.CharField(
        label=_("Có trùng với kết nối, đề xuất đã có không?"), widget=_words(2),
        help_text=_("Đã đối chiếu với kho dùng chung và các đề xuất khác."),
    )  # fmt: skip

    def __init__(self, *args: Any, case: Outbound, **kwargs: Any) -> None:
        super().__init__(*args, step=OUTBOUND.transition("accept"), case=case, **kwargs)
        self.fields["provider"].queryset = queries.outside_agencies()  # type: ignore[attr-defined]  # a model choice
        known = case.external.form if case.external else case.form
        named = case.provider or queries.outside_agencies().filter(name__iexact=case.provider_name.strip()).first()
        provider = named.code if named else ""
        self.initial.update({"provider": provider, "form": known, "legal_basis": case.basis})


class SendForm(StepForm):
    """By what way, under what number and on which day the request went out."""

    channel = forms.ChoiceField(label=_("Gửi qua"), choices=Channel.choices)
    sent_on = forms.DateField(label=_("Ngày gửi"), widget=_day(), help_text=_("Thời hạn của bên cung cấp tính từ đây."))
    signer = _signer()
    move: ClassVar[str] = "send"

    def __init__(self, *args: Any, case: Outbound, **kwargs: Any) -> None:
        super().__init__(*args, step=OUTBOUND.transition(self.move), case=case, **kwargs)
        self.fields["paper"].label = _("Số văn bản hoặc mã hồ sơ")
        self.fields["paper"].required = False
        self.fields["paper"].help_text = _(
            "Gửi bằng văn bản: bỏ trống để nền tảng soạn công văn và lấy số. Gửi trên cổng quốc gia: ghi mã hồ sơ."
        )
        self.order_fields(["channel", "paper", "sent_on", "signer"])


class SendSpecialForm(SendForm):
    """The same for special data, for which no term runs."""

    move: ClassVar[str] = "send_special"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sent_on"].help_text = ""


class _Answer(StepForm):
    """The provider's answer: number and day."""

    answered_on = forms.DateField(label=_("Ngày trả lời"), widget=_day())
    move: ClassVar[str]

    def __init__(self, *args: Any, case: Outbound, **kwargs: Any) -> None:
        super().__init__(*args, step=OUTBOUND.transition(self.move), case=case, **kwargs)
        self.fields["paper"].label = _("Số văn bản hoặc thông báo trả lời")
        self.fields["paper"].help_text = ""
        self.order_fields(["paper", "answered_on", "reason", "legal_basis"])


class RecordGrantForm(_Answer):
    """The provider granted the data."""

    account_reference = forms.CharField(label=_("Mã tài khoản được cấp"), max_length=200, required=False)
    move: ClassVar[str] = "record_grant"


class RecordRefusalForm(_Answer):
    """The provider refused, and why."""

    legal_basis = forms.CharField(
        label=_("Căn cứ pháp lý bên cung cấp nêu"), widget=_words(2), required=False,
        help_text=_("Bỏ trống nếu bên cung cấp không nêu: đó là điểm có thể kiến nghị."),
    )  # fmt: skip
    move: ClassVar[str] = "record_refusal"


class ConfigureForm(_Route):
    """The set-up of the LGSP for outside data."""

    def __init__(self, *args: Any, case: Outbound, **kwargs: Any) -> None:
        super().__init__(*args, case=case, move="configure", **kwargs)


class ReturnForm(StepForm):
    """Why a proposal is given back; the answer goes out as a letter."""

    signer = _signer()
    move: ClassVar[str] = "return"

    def __init__(self, *args: Any, case: Outbound, **kwargs: Any) -> None:
        super().__init__(*args, step=OUTBOUND.transition(self.move), case=case, **kwargs)
        self.order_fields(["reason", "signer"])


class RejectForm(ReturnForm):
    """Why a proposal is not taken up."""

    move = "reject"


OUTBOUND_FORMS = {
    "accept": AcceptForm,
    "return": ReturnForm,
    "reject": RejectForm,
    "send": SendForm,
    "send_special": SendSpecialForm,
    "record_grant": RecordGrantForm,
    "record_refusal": RecordRefusalForm,
    "configure": ConfigureForm,
}
"""The moves that ask for more than the table's needs."""


# ---- services known outside ----


class ExternalForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the province is told of a service outside it (S14.4)."""

    class Meta:
        """Fields of the form."""

        model = ExternalService
        fields = external.WRITTEN
        widgets: ClassVar[dict[str, Any]] = {"purpose": _words(3), "how_to_ask": _words(3)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        provider: Any = self.fields["provider"]
        provider.queryset, provider.to_field_name = queries.outside_agencies(), "code"
        self.fields["address"].assume_scheme = "https"  # type: ignore[attr-defined]  # an address field


class RemoveForm(forms.Form):
    """Why a service leaves the list."""

    reason = forms.CharField(label=_("Lý do đưa khỏi danh sách"), widget=_words(2))


def proposal_of(service: ExternalService) -> dict[str, Any]:
    """Return what a proposal for a listed service begins with."""
    return {
        "external": service.code, "provider": service.provider.code, "service_name": f"{service.code} {service.name}",
    }  # fmt: skip
