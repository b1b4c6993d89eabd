"""Words for the moves of a case, in the reader's language."""

from collections.abc import Iterable, Mapping

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from nganam.cases.models import Case, History
from nganam.cases.party_names import PARTY_NAMES, name_of
from nganam.cases.story import Event
from nganam.documents import keeping
from nganam.documents.models import Paper
from nganam.face.templatetags.nganam import label
from nganam.kernel.actors import Actor, Role
from nganam.kernel.machine import Machine

register = template.Library()


@register.simple_tag
def move_title(machine: Machine, row: History) -> str:
    """Name a move by its transition; the first row is the opening."""
    if not row.transition:
        return _("Lập hồ sơ")
    step = machine.transition(row.transition)
    return step.en if (get_language() or "").startswith("en") else step.vi


@register.simple_tag
def move_article(machine: Machine, row: History) -> str:
    """Return the clause a move rests on, "" for the opening."""
    return machine.transition(row.transition).article if row.transition else ""


@register.filter
def file_forms(paper: Paper) -> tuple[str, ...]:
    """Return in which forms a paper can be had."""
    return keeping.forms_of(paper)


@register.filter
def file_stem(paper: Paper) -> str:
    """Return the name of a paper's files without an ending."""
    return keeping.file_name(paper)


@register.filter
def states_of(history: Iterable[History]) -> list[str]:
    """Return the states a case went through, in order."""
    return [row.to_state for row in history]


@register.filter
def states_told(story: Iterable[Event]) -> list[str]:
    """Return the states a case went through, as its story tells them."""
    return [event.state for event in story if event.state]


@register.filter
def addressee(code: str, names: Mapping[str, str] | None) -> str:
    """Name an agency or a role of the province that something was addressed to."""
    return label(name_of(code)) if code in PARTY_NAMES else (names or {}).get(code, code)


@register.filter
def party_name(word: str) -> str:
    """Name a party of a case by its word in the tables."""
    return label(name_of(word))


@register.filter
def may_urge(actor: Actor) -> bool:
    """Say whether somebody may urge whoever holds a case."""
    return actor.has(Role.LEAD, Role.CHAIRMAN)


@register.filter
def tone(case: Case) -> str:
    """Return the colour a case's state is shown in: under way, well, stopped, badly ended."""
    return tone_of(case.state)


@register.filter
def tone_of(state: str) -> str:
    """Return the colour a state is shown in, by its name."""
    return TONES.get(state, "info")


TONES = {
    "draft": "neutral", "withdrawn": "neutral", "archived": "neutral", "closed": "neutral", "ended": "neutral",
    "cancelled": "neutral", "cleared": "neutral", "restored": "good",
    "granted": "good", "in_use": "good", "active": "good", "published": "good", "in_force": "good", "settled": "good",
    "suspended": "warn", "locked": "warn", "stopped": "warn", "determined": "warn",
    "notified": "warn", "deleting": "warn", "returned": "warn", "disputed": "warn", "unresolved": "warn",
    "refused": "bad", "terminated": "bad", "revoked": "bad", "rejected": "bad",
    "not_agreed": "bad", "joined": "good", "expired": "warn", "redirected": "neutral", "lapsed": "neutral",
}  # fmt: skip
"""Words stand beside every colour, so the table need not know each state; what it does not know is under way."""
