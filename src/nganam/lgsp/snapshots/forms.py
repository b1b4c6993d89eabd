"""Forms of snapshots."""

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.lgsp.snapshots.operations import LONGEST_REASON


class ReasonForm(forms.Form):
    """Why the gateway goes back, or goes on."""

    reason = forms.CharField(
        label=_("Lý do"),
        max_length=LONGEST_REASON,
        help_text=_("Vào nhật ký kiểm toán."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
