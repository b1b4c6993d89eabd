"""Who the parties of a machine are, what its guards ask, and how a person reaches a case of it.

A room declares these in ``apps.ready()`` beside its table. ``cases.operations.advance`` asks them, so page, interface
and job meet the same refusals; the steps on a page, the permission matrix and the tests read the same declarations.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from nganam.cases.models import Case
from nganam.documents.models import StoredFile
from nganam.kernel.actors import Actor, Kind
from nganam.kernel.errors import NotAllowed, NotFound, RuleBroken
from nganam.kernel.machine import Machine, Transition

SYSTEM = "system"
Policy = Callable[[Actor, Any], str]
"""Takes the actor and the case; "" when the actor is that party, else the reason why not in Vietnamese."""
Condition = Callable[[Any, Actor, datetime], str]
"""Takes case, actor and instant; "" when the condition holds, else what is missing in Vietnamese."""
Finder = Callable[[Actor, str], Case]
"""Takes the actor and a public code; returns the case or raises ``NotFound`` when it is not theirs."""


Listing = Callable[[Actor], QuerySet[Any]]
"""Takes the actor; returns the cases they may see."""
Deed = Callable[..., object]
"""The operation behind a transition: keyword-only ``actor``, ``at``, the case under its own word, and the inputs."""

Files = Callable[[Any], Iterable[tuple[str, StoredFile]]]
"""Takes the case; returns the files that were sent with it, under the names their senders gave them."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How a case is opened, or its draft changed: the form, and the deed that takes what it says.

    ``about`` names what a new case is opened about (``service``: a code); ``form_class`` is read for its fields,
    ``form(actor=, at=, about=, case=, data=)`` makes a bound one, ``deed(actor=, at=, about=, case=, form=)`` writes.
    """

    form_class: type[Any]
    form: Callable[..., Any]
    deed: Callable[..., Case]
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conduct:
    """What a room says about one of its machines.

    ``word`` is what its operations call the case (``request``); ``moves`` are the deeds behind the transitions that
    somebody makes; ``forms`` the forms of transitions that ask for more than ``needs``, called with ``case=``.
    ``agencies`` says whose officers take part in a case on a day, where the names in ``AGENCY_WORDS`` do not say it
    already; ``done`` whether the actor's side has made a move that every side makes for itself, so that it waits for
    others; ``story`` what happened to a case, where more happens than ``cases.story.story_of`` knows; ``moved_with``
    which other cases the deeds on it move, whose rows are taken with its own (``cases.holding``); ``files`` what was
    sent with it; ``beside`` the relations its parties and guards read, fetched at once where many of them are asked.
    """

    machine: Machine
    parties: Mapping[str, Policy]
    guards: Mapping[str, Condition]
    find: Finder
    listing: Listing
    word: str
    moves: Mapping[str, Deed]
    forms: Mapping[str, Callable[..., Any]]
    opening: Writing | None = None
    editing: Writing | None = None
    agencies: Callable[[Any, date], Iterable[str]] | None = None
    done: Mapping[str, Callable[[Actor, Any], bool]] = field(default_factory=dict)
    story: Callable[[Any], list[Any]] | None = None
    moved_with: Callable[[Any], Iterable[Case | None]] | None = None
    files: Files | None = None
    beside: tuple[str, ...] = ()

    def agencies_of(self, case: Case, day: date) -> frozenset[str]:
        """Return the codes of the agencies whose officers take part in a case on a day."""
        if self.agencies is not None:
            return frozenset(self.agencies(case, day))
        named = (getattr(case, word, None) for word in AGENCY_WORDS)
        return frozenset(one.code for one in named if one is not None)


AGENCY_WORDS = (
    "agency", "owner", "publisher", "provider", "consumer", "opener", "respondent", "proposer", "exploiter",
)  # fmt: skip
"""What the agencies that take part are called on the cases of every room."""
_declared: dict[str, Conduct] = {}


def declare(
    machine: Machine, *, parties: Mapping[str, Policy], find: Finder, listing: Listing, word: str,
    moves: Mapping[str, Deed], guards: Mapping[str, Condition] | None = None,
    forms: Mapping[str, Callable[..., Any]] | None = None, opening: Writing | None = None,
    editing: Writing | None = None, agencies: Callable[[Any, date], Iterable[str]] | None = None,
    done: Mapping[str, Callable[[Actor, Any], bool]] | None = None, story: Callable[[Any], list[Any]] | None = None,
    moved_with: Callable[[Any], Iterable[Case | None]] | None = None, files: Files | None = None,
    beside: tuple[str, ...] = (),
) -> None:  # fmt: skip
    """Say how ``machine`` is conducted, from ``apps.ready()``; ``ValueError`` when table and room do not agree."""
    conduct = Conduct(
        machine,
        dict(parties),
        dict(guards or {}),
        find,
        listing,
        word,
        dict(moves),
        dict(forms or {}),
        opening,
        editing,
        agencies,
        dict(done or {}),
        story,
        moved_with,
        files,
        beside,
    )
    problems = _disagreements(conduct)
    if problems:
        raise ValueError(f"{machine.code}: {'; '.join(problems)}")
    _declared[machine.code] = conduct


def _disagreements(conduct: Conduct) -> list[str]:
    machine = conduct.machine
    roles = {role for one in machine.transitions for role in one.roles} - {SYSTEM}
    made = {one.name for one in machine.transitions if set(one.roles) != {SYSTEM}}
    pairs = (
        ("parties", roles, conduct.parties.keys() & roles),
        ("guards", {one.name for one in machine.guards}, conduct.guards.keys()),
        ("moves", made, conduct.moves.keys()),
        ("forms", conduct.forms.keys() & made, conduct.forms.keys()),
        ("done", conduct.done.keys() & made, conduct.done.keys()),
    )
    return [
        f"{what} of table and room differ: {sorted(set(one) ^ set(two))}"
        for what, one, two in pairs
        if set(one) != set(two)
    ]


def conduct_of(code: str) -> Conduct | None:
    """Return what was declared for the machine ``code``, if anything."""
    return _declared.get(code)


def declared() -> tuple[Conduct, ...]:
    """Return every declaration in order of code."""
    return tuple(_declared[code] for code in sorted(_declared))


def refusal(actor: Actor, case: Case, step: Transition) -> str:
    """Return why the actor is not a party who may make the move, "" when they are (or nothing was declared)."""
    conduct = conduct_of(case.MACHINE.code)
    if conduct is None:
        return ""
    reasons = [_as_party(conduct, role, actor, case) for role in step.roles]
    return "" if "" in reasons else reasons[0]


def _as_party(conduct: Conduct, role: str, actor: Actor, case: Case) -> str:
    if role == SYSTEM:
        return "" if actor.kind is Kind.SYSTEM else _("Hệ thống tự thực hiện bước này.")
    return conduct.parties[role](actor, case)


def unmet(actor: Actor, case: Case, step: Transition, at: datetime) -> list[tuple[str, str]]:
    """Return what keeps the move from being made now: pairs of article and words, in the order of the table."""
    conduct = conduct_of(case.MACHINE.code)
    if conduct is None:
        return []
    asked = ((case.MACHINE.guard(name).article, conduct.guards[name](case, actor, at)) for name in step.guards)
    return [(article, words) for article, words in asked if words]


def is_idle(actor: Actor, case: Case, step: Transition, at: datetime) -> bool:
    """Say whether the move waits for nobody now, whoever may make it."""
    conduct = conduct_of(case.MACHINE.code)
    if step.side or conduct is None:
        return step.side
    if step.name in conduct.done and conduct.done[step.name](actor, case):
        return True
    asked = (name for name in step.guards if case.MACHINE.guard(name).idle)
    return any(conduct.guards[name](case, actor, at) for name in asked)


def check(actor: Actor, case: Case, step: Transition) -> None:
    """Raise ``NotAllowed`` when the actor is no party to the move."""
    reason = refusal(actor, case, step)
    if reason:
        raise NotAllowed(reason)


def check_guards(actor: Actor, case: Case, step: Transition, at: datetime) -> None:
    """Raise ``RuleBroken`` with the article of the first guard that does not hold."""
    for article, words in unmet(actor, case, step, at):
        raise RuleBroken(words, article=article)


def steps_for(actor: Actor, case: Case) -> list[Transition]:
    """Return the moves the actor may make from where the case is now, in the order of the table."""
    leaving, conduct = case.MACHINE.leaving(case.state), conduct_of(case.MACHINE.code)
    if conduct is None:
        return list(leaving)
    # Each party is asked about once, not once for each move: some look into the database.
    held = {
        role for role in {role for one in leaving for role in one.roles} if not _as_party(conduct, role, actor, case)
    }
    return [one for one in leaving if not held.isdisjoint(one.roles)]


def move(actor: Actor, case: Case, transition: str, *, at: datetime, inputs: Mapping[str, Any]) -> object:
    """Make one move by the deed behind it: what every door calls. The system's own moves are nobody's to make."""
    step = case.MACHINE.transition(transition)
    conduct = _declared[case.MACHINE.code]
    deed = conduct.moves.get(transition)
    if deed is None:
        check(actor, case, step)
        raise NotAllowed(_("Hệ thống tự thực hiện bước này."))
    return deed(actor=actor, at=at, **{conduct.word: case}, **inputs)


def find_for(actor: Actor, object_type: str, object_code: str) -> Case:
    """Return the case with this code if it is the actor's to see; raise ``NotFound`` for any other or unknown kind."""
    conduct = conduct_of(object_type)
    if conduct is None:
        raise NotFound(_("Không có hồ sơ này."))
    return conduct.find(actor, object_code)
