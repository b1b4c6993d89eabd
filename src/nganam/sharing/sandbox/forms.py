"""Form of test credentials."""

from django import forms
from django.utils.translation import gettext_lazy as _


class TryForm(forms.Form):
    """For which application."""

    application = forms.CharField(label=_("Mã ứng dụng"), max_length=20)
