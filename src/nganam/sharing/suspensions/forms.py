"""Forms of suspension and termination: the inputs beyond what the tables need."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.cases.forms import OpeningForm, SignedForm, StepForm
from nganam.cases.models import Case
from nganam.face.templatetags.nganam import label as in_language
from nganam.kernel.machine import Machine
from nganam.law.rules import Word
from nganam.services.models import Service
from nganam.sharing.accounts.models import Account
from nganam.sharing.accounts.workflow import ACCOUNT
from nganam.sharing.evidence import field as evidence_field
from nganam.sharing.suspensions import words
from nganam.sharing.suspensions.maintaining import PLAN
from nganam.sharing.suspensions.workflow import BREACH, MAINTENANCE, TERMINATION

DAY, MOMENT = "%Y-%m-%d", "%Y-%m-%dT%H:%M"


def instant(label: Any, help_text: Any = "", *, required: bool = True) -> forms.DateTimeField:
    """Return a field for a day and time in Vietnam; a value that names its zone keeps it."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    return forms.DateTimeField(label=label, widget=widget, help_text=help_text, required=required)


def text(label: Any, rows: int = 3, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    """Return a field for sentences."""
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, widget=widget, help_text=help_text, required=required)


def choices(found: list[Word]) -> list[tuple[str, str]]:
    """Return the words of a vocabulary as choices, in the reader's language."""
    return [(one.code, in_language(one)) for one in found]


class StopForm(OpeningForm):
    """What a plan of a stop says; ``work`` and ``force`` are published."""

    services: Any = forms.ModelMultipleChoiceField(
        label=_("Dịch vụ"), queryset=None, to_field_name="code", widget=forms.CheckboxSelectMultiple, required=False,
        help_text=_("Chọn một hoặc nhiều dịch vụ cùng tạm ngừng; mỗi dịch vụ có một hồ sơ riêng."),
    )  # fmt: skip
    every = forms.BooleanField(label=_("Mọi dịch vụ đang cung cấp của cơ quan"), required=False)
    ground = forms.ChoiceField(label=_("Lý do tạm ngừng"), widget=forms.RadioSelect)
    work = text(_("Nội dung công việc"), help_text=_("Công khai trên cổng; không ghi tên hay thông tin của cá nhân."))
    force = text(
        _("Sự kiện bất khả kháng"), 2, _("Chỉ khi tạm ngừng vì bất khả kháng: chuyện gì xảy ra, từ lúc nào."),
        required=False,
    )  # fmt: skip
    planned_from = instant(_("Dự kiến tạm ngừng từ"))
    planned_until = instant(_("Dự kiến khôi phục lúc"))
    announce = forms.BooleanField(
        label=_("Thông báo công khai ngay khi lập"), required=False,
        help_text=_("Không chọn thì lưu kế hoạch để thông báo sau; chưa ai được báo."),
    )  # fmt: skip
    signer = SignedForm.base_fields["signer"]

    def __init__(self, *args: Any, services: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if services is None:  # a plan keeps the service it is about
            for name in ("services", "every", "announce", "signer"):
                del self.fields[name]
        else:
            field = self.fields["services"]
            field.queryset = services  # type: ignore[attr-defined]
            field.label_from_instance = self.label_of  # type: ignore[attr-defined]
            field.wanted = True  # type: ignore[attr-defined]
        grounds = words.suspension_grounds(words.newest(), words.FOR_EVERYBODY)
        self.fields["ground"].choices = choices(grounds)  # type: ignore[attr-defined]
        self.initial.setdefault("ground", words.FOR_EVERYBODY[0])

    def plan(self) -> dict[str, Any]:
        """Return the values named in ``PLAN``."""
        return {name: self.cleaned_data[name] for name in PLAN}

    @staticmethod
    def label_of(service: Service) -> str:
        """Return code and name."""
        return f"{service.code} · {service.name}"

    def chosen(self) -> list[Service]:
        """Return the services picked, every one of the agency's when that was asked for."""
        field = self.fields["services"]
        return list(field.queryset if self.cleaned_data["every"] else self.cleaned_data["services"])  # type: ignore[attr-defined]


class BreachForm(OpeningForm):
    """Whose use is looked into, and why."""

    accounts: Any = forms.ModelMultipleChoiceField(
        label=_("Tài khoản"), queryset=None, to_field_name="code", widget=forms.CheckboxSelectMultiple,
        help_text=_("Chọn một hoặc một số bên khai thác; mỗi tài khoản có một hồ sơ riêng."),
    )  # fmt: skip
    suspicion = text(_("Dấu hiệu, nghi vấn"), help_text=_("Chuyện gì, thấy ở đâu, từ lúc nào."))

    def __init__(self, *args: Any, accounts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["accounts"]
        field.queryset = accounts  # type: ignore[attr-defined]
        field.label_from_instance = self.label_of  # type: ignore[attr-defined]

    @staticmethod
    def label_of(account: Account) -> str:
        """Return who calls what."""
        return f"{account.code} · {account.subject} → {account.service.name}"


class _Step(StepForm):
    """A form of one transition of one machine."""

    MACHINE: ClassVar[Machine]
    STEP: ClassVar[str]

    def __init__(self, *args: Any, case: Case, **kwargs: Any) -> None:
        super().__init__(*args, step=self.MACHINE.transition(self.STEP), case=case, **kwargs)
        self.prepare(case)

    def prepare(self, case: Case) -> None:
        """Fill in what depends on the case."""


class _SignedStep(SignedForm, _Step):
    """A form of one transition whose letter somebody signs."""


class StopNoticeForm(_SignedStep):
    """Who signs the notice of a stop."""

    MACHINE, STEP = MAINTENANCE, "announce"


class ExtendForm(_Step):
    """Until when, and why."""

    MACHINE, STEP = MAINTENANCE, "extend"
    planned_until = instant(_("Dự kiến khôi phục lúc"))


class DemandReportForm(_SignedStep):
    """What to report, by when."""

    MACHINE, STEP = BREACH, "demand_report"
    demand = text(_("Nội dung phải báo cáo"), help_text=_("Dùng vào việc gì, ai dùng, lưu ở đâu, đã chuyển cho ai."))
    report_due_on = forms.DateField(label=_("Hạn báo cáo"), widget=forms.DateInput(attrs={"type": "date"}, format=DAY))


class SubmitReportForm(_Step):
    """How the data are used."""

    MACHINE, STEP = BREACH, "submit_report"
    usage_report = text(_("Báo cáo việc sử dụng dữ liệu"), 5)


class DetermineForm(_Step):
    """What was found, when."""

    MACHINE, STEP = BREACH, "determine"
    ground = forms.ChoiceField(label=_("Loại"), widget=forms.RadioSelect)
    finding = text(_("Nội dung vi phạm, nguy cơ"), help_text=_("Trái điều nào của quy chế khai thác; chứng cứ."))
    found_at = instant(
        _("Thời điểm xác định"), _("Bỏ trống nếu là lúc này. Thời hạn thông báo được tính từ thời điểm này."),
        required=False,
    )  # fmt: skip

    def prepare(self, case: Case) -> None:
        """Offer the grounds of the case's own rules."""
        self.fields["ground"].choices = choices(words.suspension_grounds(case.rules, words.FOR_ONE))  # type: ignore[attr-defined]


class NotifyForm(_SignedStep):
    """The two contents of the notice (D43.5); the breach itself stands in the file."""

    MACHINE, STEP = BREACH, "notify"
    handling = text(_("Biện pháp xử lý"), help_text=_("Gửi kèm nội dung vi phạm đã ghi trong hồ sơ."))
    requirements = text(_("Yêu cầu để duy trì, khôi phục kết nối"))


class RemedyForm(_Step):
    """What was done."""

    MACHINE, STEP = BREACH, "report_remedy"
    remedy = text(_("Việc đã khắc phục"), 4)


class _EndForm(_SignedStep):
    """For which ground of D44, and why in this case."""

    ground = forms.ChoiceField(label=_("Căn cứ chấm dứt (Điều 44)"), widget=forms.RadioSelect)
    reason = text(_("Lý do cụ thể"))

    def prepare(self, case: Case) -> None:
        """Offer the grounds of the newest rules: an end is decided by the rules of its day."""
        del case
        self.fields["ground"].choices = choices(words.termination_grounds(words.newest()))  # type: ignore[attr-defined]


class TerminateForm(_EndForm):
    """The end of the sharing after a breach."""

    MACHINE, STEP = BREACH, "terminate"


class RevokeForm(_EndForm):
    """The end of the sharing, from the account's page."""

    MACHINE, STEP = ACCOUNT, "revoke"


class DeletionForm(_Step):
    """What was deleted, when, and what proves it."""

    MACHINE, STEP = TERMINATION, "report_deletion"
    deletion = text(_("Dữ liệu đã xóa, hủy và cách làm"), help_text=_("Cả bản sao lưu và dữ liệu phái sinh."))
    deleted_on = forms.DateField(label=_("Ngày xóa, hủy"), widget=forms.DateInput(attrs={"type": "date"}, format=DAY))
    evidence = forms.CharField(label=_("Bằng chứng: số biên bản, văn bản"), max_length=200)
    file = evidence_field()


ACCOUNT_FORMS: dict[str, Callable[..., StepForm]] = {"revoke": RevokeForm}
MAINTENANCE_FORMS: dict[str, Callable[..., StepForm]] = {"announce": StopNoticeForm, "extend": ExtendForm}
BREACH_FORMS = {
    "demand_report": DemandReportForm,
    "submit_report": SubmitReportForm,
    "determine": DetermineForm,
    "notify": NotifyForm,
    "report_remedy": RemedyForm,
    "terminate": TerminateForm,
}
TERMINATION_FORMS = {"report_deletion": DeletionForm}
