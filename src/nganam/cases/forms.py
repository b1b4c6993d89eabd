"""The inputs of a move, and the moves a page offers: drawn from the table, so a new transition needs no new form."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from nganam.cases import parties
from nganam.cases.models import Case
from nganam.kernel.actors import Actor
from nganam.kernel.machine import Transition


def _text(label: Any, rows: int, help_text: Any = "") -> Callable[[], forms.Field]:
    return lambda: forms.CharField(label=label, help_text=help_text, widget=forms.Textarea(attrs={"rows": rows}))


INPUTS: dict[str, Callable[[], forms.Field]] = {
    "reason": _text(_("Lý do"), 3),
    "legal_basis": _text(_("Căn cứ pháp lý"), 2, _("Điều, khoản của văn bản làm căn cứ.")),
    "paper": lambda: forms.CharField(label=_("Số, ký hiệu văn bản"), max_length=60, help_text=_("Ví dụ 15/QĐ-UBND.")),
}
"""The fields for what ``Transition.needs`` may name; anything else a family asks for by a form of its own."""


class StepForm(forms.Form):
    """What one move needs. ``version`` says which state of the case the officer was looking at."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, step: Transition, case: Case | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{step.name}-%s")
        super().__init__(*args, **kwargs)
        self.step = step
        for name in step.needs:
            if name in INPUTS and name not in self.fields:
                self.fields[name] = INPUTS[name]()
        if case is not None:
            self.initial["version"] = case.version

    def inputs(self) -> dict[str, Any]:
        """Return what was filled in, by the names ``cases.operations.advance`` takes."""
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}


class SignedForm(StepForm):
    """A decision that goes out as a letter."""

    signer = forms.CharField(
        label=_("Người ký văn bản"),
        required=False,
        max_length=120,
        help_text=_("Họ và tên người đứng đầu cơ quan; để trống thì văn bản ghi tên bạn, cán bộ đầu mối."),
    )


class OpeningForm(forms.Form):
    """Carries the key of a form that opens a case (sent twice, it opens one), or the version of the draft changed."""

    once = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("once", uuid4().hex)
        draft = getattr(self, "instance", None)
        if draft is not None and draft.pk:
            self.initial["version"] = draft.version

    @property
    def key(self) -> str:
        """Return the key of this form."""
        return str(self.cleaned_data["once"])

    @property
    def seen(self) -> int | None:
        """Return the version of the draft that the form was filled from."""
        return cast("int | None", self.cleaned_data["version"])


@dataclass(frozen=True, slots=True)
class Offer:
    """A move a page offers: its form, where it is sent, and what still keeps it from being made."""

    step: Transition
    form: forms.Form
    action: str
    unmet: list[tuple[str, str]] = field(default_factory=list)

    @property
    def tone(self) -> str:
        """Return how the button looks: the deeds that end something are told apart."""
        return "danger" if self.step.name in ENDING else "primary"


ENDING = frozenset(
    {"refuse", "revoke", "end", "terminate", "reject", "cancel", "give_up", "leave", "not_agree", "drop_change"}
)


def form_for(case: Case, transition: str, data: Any = None, files: Any = None) -> StepForm:
    """Return the form of a move: the family's own, or the one drawn from the needs; bound when ``data`` is given."""
    step = case.MACHINE.transition(transition)
    conduct = parties.conduct_of(case.MACHINE.code)
    own = conduct.forms.get(transition) if conduct else None
    return cast("StepForm", own(data, files, case=case)) if own else StepForm(data, files, step=step, case=case)


def offers(
    actor: Actor, case: Case, at: datetime, action: str, *, tried: StepForm | None = None, without: Collection[str] = ()
) -> list[Offer]:
    """Return the moves the actor may make now, but those in ``without``, in the order of the table.

    ``action`` is the address with ``%s`` for the transition's name; ``tried`` is a form that was just refused.
    """
    return [
        Offer(
            step,
            tried if tried is not None and tried.step.name == step.name else form_for(case, step.name),
            action % step.name,
            parties.unmet(actor, case, step, at),
        )
        for step in parties.steps_for(actor, case)
        if step.name not in without
    ]


def stray(offered: list[Offer], tried: forms.Form | None) -> forms.Form | None:
    """Return the form that was just refused when its move is no longer offered: its errors must still be seen."""
    return tried if tried is not None and all(one.form is not tried for one in offered) else None
