"""Form of test credentials."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.sharing.requests.models import Application


class TryForm(forms.Form):
    """For which application."""

    application = forms.CharField(label=_("Ứng dụng"), max_length=20)

    def choose_from(self, applications: Iterable[Application]) -> None:
        """Let a person choose; a program sends the code."""
        choices = [(one.code, f"{one.code} · {one.name}") for one in applications]
        self.fields["application"].widget = forms.Select(choices=choices)
