"""Forms of disputes."""

from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from nganam.agencies.models import Agency
from nganam.agencies.queries import agencies_on
from nganam.cases.forms import OpeningForm, StepForm
from nganam.disputes.models import CentralBody, Dispute, Outcome, Side
from nganam.disputes.saying import AT_ONCE, Attached
from nganam.disputes.workflow import DISPUTE
from nganam.face.templatetags.nganam import label
from nganam.law.rules import rules_on


def _text(label_: Any, rows: int = 3, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label_, help_text=help_text, required=required, widget=forms.Textarea(attrs={"rows": rows})
    )


def _day(label_: Any, help_text: Any = "") -> forms.DateField:
    return forms.DateField(label=label_, help_text=help_text, widget=forms.DateInput(attrs={"type": "date"}))


class AgencyField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Agencies by name and code."""

    def label_from_instance(self, obj: Agency) -> str:
        """Return how one is listed."""
        return f"{obj.name} ({obj.code})"


class DisputeForm(OpeningForm):
    """A difficulty of one of the six kinds (D47). Without a thing it is about, the other side is picked."""

    respondent = AgencyField(
        Agency.objects.none(), label=_("Bên kia"), to_field_name="code", empty_label=_("Chọn cơ quan")
    )
    kind = forms.ChoiceField(label=_("Loại vướng mắc"), widget=forms.RadioSelect)
    summary = forms.CharField(label=_("Trích yếu"), max_length=200, help_text=_("Một câu, để nhận ra trong danh sách."))
    content = _text(_("Nội dung vướng mắc"), 5, _("Việc gì xảy ra, từ khi nào, hai bên đã làm gì."))
    wish = _text(_("Đề nghị giải quyết"), 3, _("Bạn đề nghị bên kia làm gì, trước ngày nào."))

    def __init__(self, *args: Any, day: date, agency: str, bound: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = rules_on(day).vocabulary("dispute_kind")
        self.fields["kind"].choices = [(word.code, label(word)) for word in words]  # type: ignore[attr-defined]
        if bound:
            del self.fields["respondent"]
        else:
            others: Any = self.fields["respondent"]
            others.queryset = agencies_on(day).exclude(code=agency).order_by("name")

    def content_given(self) -> dict[str, str]:
        """Return what ``open_dispute`` takes as values."""
        return {name: self.cleaned_data[name] for name in ("kind", "summary", "content", "wish")}


class ErrorForm(OpeningForm):
    """A report of wrong data (D52.2c)."""

    summary = forms.CharField(
        label=_("Mục tin, bản ghi sai"), max_length=200,
        help_text=_("Tên mục tin và mã bản ghi; không ghi dữ liệu cá nhân ở đây."),
    )  # fmt: skip
    content = _text(_("Sai thế nào"), 4, _("Giá trị nhận được, ngày nhận, vì sao biết là sai."))
    wish = _text(_("Giá trị đúng và căn cứ"), 3)

    def content_given(self) -> dict[str, str]:
        """Return what ``report_error`` takes as values."""
        return {name: self.cleaned_data[name] for name in ("summary", "content", "wish")}


class ManyFilesInput(forms.ClearableFileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files at once; cleans to a list."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        """Clean each file by itself."""
        given = data if isinstance(data, list | tuple) else [data]
        return [super(ManyFilesField, self).clean(one, initial) for one in given if one]


class StatementForm(forms.Form):
    """What a side says, with evidence."""

    text = _text(_("Ý kiến"), 4)
    evidence = ManyFilesField(label=_("Tài liệu"), required=False)

    def attached(self) -> list[Attached]:
        """Return the files as ``state_view`` takes them."""
        return [Attached(one.name or "", one) for one in self.cleaned_data["evidence"]]

    def clean_evidence(self) -> list[UploadedFile[bytes]]:
        """Refuse more files than are taken at once."""
        files: list[UploadedFile[bytes]] = self.cleaned_data["evidence"]
        if len(files) > AT_ONCE:
            raise forms.ValidationError(_("Mỗi lần gửi tối đa %(number)s tệp."), params={"number": AT_ONCE})
        return files


class TermsForm(forms.Form):
    """Terms offered to the other side (D50.1c)."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    terms = _text(_("Nội dung thỏa thuận"), 4, _("Mỗi bên làm gì, trước ngày nào."))
    outcome = forms.ChoiceField(
        label=_("Kết quả đối với đề nghị ban đầu"), choices=Outcome.choices, initial=Outcome.FOR
    )


class DisputeStep(StepForm):
    """What a move of a dispute asks for; the reason has a name of its own for each."""

    TRANSITION = ""

    def __init__(self, *args: Any, case: Dispute, **kwargs: Any) -> None:
        super().__init__(*args, step=DISPUTE.transition(self.TRANSITION), case=case, **kwargs)


def _signer() -> forms.CharField:
    return forms.CharField(
        label=_("Người ký văn bản"), required=False, max_length=120,
        help_text=_("Họ và tên người đứng đầu cơ quan; để trống thì văn bản ghi tên bạn, cán bộ đầu mối."),
    )  # fmt: skip


class SettlingForm(DisputeStep):
    """What a settlement says: what is done, by which side, by when, and whom it favours."""

    reason = _text(_("Nội dung giải quyết"), 4)
    outcome = forms.ChoiceField(label=_("Kết quả"), choices=Outcome.choices)
    obliged = forms.ChoiceField(label=_("Bên phải thi hành"), choices=Side.choices)
    carry_out_by = _day(_("Hạn thi hành"))

    def __init__(self, *args: Any, case: Dispute, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        sides: Any = self.fields["obliged"]
        sides.choices = [(Side.RESPONDENT, case.respondent.name), (Side.OPENER, case.opener.name)]
        if case.holds_subject:
            words = _("Việc bị từ chối được xem xét lại, trừ khi không chấp nhận.")
            self.fields["outcome"].help_text = str(words)


class ResolveForm(SettlingForm):
    """Level 1: refusing what is asked is not settling it."""

    TRANSITION = "resolve"
    outcome = forms.ChoiceField(
        label=_("Kết quả"), choices=[one for one in Outcome.choices if one[0] != Outcome.AGAINST]
    )
    signer = _signer()


class FailForm(DisputeStep):
    """Level 1 cannot."""

    TRANSITION = "fail"
    reason = _text(_("Vì sao không giải quyết được"), 4)
    signer = _signer()


class EscalateForm(DisputeStep):
    """To level 2."""

    TRANSITION = "escalate"
    reason = _text(_("Vì sao cần cấp 2 giải quyết"))


class ContestForm(DisputeStep):
    """To level 2 after an answer that does not do."""

    TRANSITION = "contest"
    reason = _text(_("Vì sao chưa thỏa đáng"))


class GuideForm(SettlingForm):
    """Level 2 within its power."""

    TRANSITION = "guide"
    reason = _text(_("Nội dung hướng dẫn"), 4)
    signer = _signer()


class ProposeForm(DisputeStep):
    """Level 2 to the Chairman: the plan and the opinions of others; no plan where the lead agency is a side."""

    TRANSITION = "propose"
    reason = _text(_("Tóm tắt việc đã làm ở cấp 2"))
    plan = _text(_("Phương án giải quyết"), 5)
    opinions = _text(_("Ý kiến các cơ quan liên quan"), 3, _("Cơ quan nào, ngày nào, ý kiến gì."), required=False)
    signer = _signer()

    def __init__(self, *args: Any, case: Dispute, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        if case.lead_is_side:
            del self.fields["plan"], self.fields["opinions"]


def _number(*, drawn: bool) -> forms.CharField:
    """Return the field of a paper's number; ``drawn`` when without one the platform issues the paper."""
    words = _("Bỏ trống: hệ thống phát hành, lấy số tiếp theo trong sổ.") if drawn else _("Ví dụ 15/BKHCN-CĐS.")
    return forms.CharField(label=_("Số, ký hiệu văn bản"), max_length=60, required=not drawn, help_text=words)


def _signed_day() -> forms.DateField:
    field = _day(_("Ngày văn bản"), _("Của văn bản đã ký ở ngoài; bỏ trống nếu hệ thống phát hành."))
    field.required = False
    return field


class DecideForm(SettlingForm):
    """The Chairman's decision."""

    TRANSITION = "decide"
    reason = _text(_("Nội dung quyết định"), 4)
    paper = _number(drawn=True)
    decided_on = _signed_day()


class ReferForm(DisputeStep):
    """To central government: technical matters to the ministry (D48.3), between provinces to the Prime Minister."""

    TRANSITION = "refer"
    reason = _text(_("Nội dung kiến nghị, báo cáo"), 4)
    central_body = forms.ChoiceField(label=_("Nơi nhận"), choices=CentralBody.choices)
    central_name = forms.CharField(label=_("Tên cơ quan nhận"), max_length=200)
    paper = _number(drawn=True)
    decided_on = _signed_day()

    def __init__(self, *args: Any, case: Dispute, **kwargs: Any) -> None:
        super().__init__(*args, case=case, **kwargs)
        self.initial.setdefault("central_body", central_body_for(case))


TECHNICAL = frozenset({"infrastructure", "standards"})


def central_body_for(case: Dispute) -> str:
    """Return who settles such a dispute above the Chairman: D48.3 for technical matters, D48.4 between provinces."""
    return CentralBody.MINISTRY if case.kind in TECHNICAL else CentralBody.PRIME_MINISTER


class ConcludeForm(SettlingForm):
    """What central government concluded."""

    TRANSITION = "conclude"
    reason = _text(_("Nội dung kết luận"), 4)
    paper = _number(drawn=False)
    decided_on = _day(_("Ngày văn bản"))


class ReportForm(DisputeStep):
    """The obliged side's report."""

    TRANSITION = "report"
    reason = _text(_("Đã thi hành những gì, ngày nào"), 4)


class ConfirmForm(DisputeStep):
    """Complied with."""

    TRANSITION = "confirm"
    reason = _text(_("Kết quả kiểm tra"))
    signer = _signer()


class SendBackForm(DisputeStep):
    """Not complied with: what is missing and the new date."""

    TRANSITION = "send_back"
    reason = _text(_("Việc chưa thi hành"))
    carry_out_by = _day(_("Hạn thi hành mới"))
    signer = _signer()


class CorrectForm(DisputeStep):
    """Data corrected."""

    TRANSITION = "correct"
    reason = _text(_("Đã sửa gì, có từ phiên bản dữ liệu nào"))


class ExplainForm(DisputeStep):
    """Data right as they are."""

    TRANSITION = "explain"
    reason = _text(_("Vì sao dữ liệu không sai"))


STEP_FORMS = {
    one.TRANSITION: one
    for one in (
        ResolveForm, FailForm, EscalateForm, ContestForm, GuideForm, ProposeForm, DecideForm, ReferForm, ConcludeForm,
        ReportForm, ConfirmForm, SendBackForm, CorrectForm, ExplainForm,
    )
}  # fmt: skip
"""The moves that ask for more than the table's needs, or ask for it by another name."""
