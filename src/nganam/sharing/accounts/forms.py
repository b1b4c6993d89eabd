"""Forms of the moves of an account that ask for more than the table's needs."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nganam.agencies.queries import current_successors
from nganam.cases.forms import StepForm
from nganam.kernel.clock import local_date
from nganam.services.models import Service
from nganam.sharing import purposes
from nganam.sharing.accounts.models import Account
from nganam.sharing.accounts.scope import NUMBERS, named, write_rows
from nganam.sharing.accounts.workflow import ACCOUNT


class RenewForm(StepForm):
    """Until when, and why."""

    valid_until = forms.DateField(
        label=_("Có hiệu lực đến trước ngày"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Bỏ trống: lấy thời hạn dài nhất mà dịch vụ cho phép, tính từ hôm nay."),
    )

    def __init__(self, *args: Any, case: Account, **kwargs: Any) -> None:
        super().__init__(*args, step=ACCOUNT.transition("renew"), case=case, **kwargs)


ONLY_APPROVED = _("Trong những mục đích được chấp thuận; ghi vào mã truy cập. Bỏ trống: mọi mục đích được chấp thuận.")
NONE_APPROVED = _(
    "Yêu cầu hoặc thỏa thuận của tài khoản chưa chấp thuận mã mục đích nào: sửa đổi thỏa thuận, hoặc gửi yêu cầu mới "
    "có mã mục đích."
)


def scope_fields(service: Service, approved: Sequence[str] | None = None) -> dict[str, forms.Field]:
    """Return the fields that say how far an account reaches; one left empty sets no limit of its own.

    ``approved`` are the purposes to choose from, ``None``: of the whole list, since who grants approves.
    """
    offered = [(name, name) for name in named(service)]
    fields: dict[str, forms.Field] = {}
    if offered:
        fields["operations"] = forms.MultipleChoiceField(
            label=_("Thao tác được cấp"), choices=offered, widget=forms.CheckboxSelectMultiple
        )
    fields["purpose_code"] = forms.ChoiceField(
        label=_("Mã mục đích"), required=False, help_text=NONE_APPROVED if approved == [] else ONLY_APPROVED,
        choices=purposes.choices(purposes.PURPOSES if approved is None else approved),
    )  # fmt: skip
    fields["rows"] = forms.CharField(
        label=_("Chỉ xem bản ghi có"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Mỗi dòng một cột, ví dụ ma_xa: 31732, 31735. Bỏ trống: mọi bản ghi."),
    )  # fmt: skip
    fields["hours"] = forms.CharField(
        label=_("Chỉ gọi trong giờ"), required=False, max_length=400,
        help_text=_("Ví dụ T2-T6 07:30-17:30; T7 07:30-11:30. Bỏ trống: mọi lúc."),
    )  # fmt: skip
    labels = {
        "rate_per_minute": _("Cuộc gọi mỗi phút"), "burst": _("Cuộc gọi dồn một lúc"),
        "concurrent": _("Cuộc gọi cùng lúc"), "per_day": _("Cuộc gọi mỗi ngày"), "per_month": _("Cuộc gọi mỗi tháng"),
    }  # fmt: skip
    for name, label in labels.items():
        fields[name] = forms.IntegerField(label=label, required=False, min_value=1, max_value=100_000_000)
    fields["rate_per_minute"].help_text = _("Bỏ trống: như dịch vụ, %(rate)s.") % {"rate": service.rate_per_minute}
    return fields


class AdjustForm(StepForm):
    """The whole scope anew, filled in as it is."""

    def __init__(self, *args: Any, case: Account, transition: str = "adjust", **kwargs: Any) -> None:
        super().__init__(*args, step=ACCOUNT.transition(transition), case=case, **kwargs)
        self.fields.update(scope_fields(case.service, purposes.approved(case)))
        self.initial.update({
            "operations": case.granted_operations, "rows": write_rows(case.rows), "hours": case.hours,
            "purpose_code": case.purpose_code, **{name: getattr(case, name) for name in NUMBERS},
        })  # fmt: skip


class TakeOverForm(StepForm):
    """Which of the successors goes on with the account."""

    successor = forms.ChoiceField(label=_("Cơ quan kế tục"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, case: Account, **kwargs: Any) -> None:
        super().__init__(*args, step=ACCOUNT.transition("take_over"), case=case, **kwargs)
        found = current_successors(case.consumer.code, local_date(timezone.now()))
        self.fields["successor"].choices = [(one.code, one.name) for one in found]  # type: ignore[attr-defined]


STEP_FORMS: dict[str, Callable[..., StepForm]] = {
    "renew": RenewForm,
    "adjust": AdjustForm,
    "take_over": TakeOverForm,
    "adjust_new": partial(AdjustForm, transition="adjust_new"),
}
