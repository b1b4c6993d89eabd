"""One deed for several cases: each case is its own deed, with its own refusal; the others go on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from nganam.agencies.urging import urge
from nganam.cases import parties
from nganam.cases.models import Case
from nganam.cases.operations import must_be_open
from nganam.cases.seats import link_of
from nganam.desk.worklist import Work, machines
from nganam.kernel.actors import Actor
from nganam.kernel.errors import Invalid, NganamError, NotFound, RuleBroken
from nganam.kernel.machine import Machine, Transition

MOST = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a deed on one case: ``words`` say why not, "" when it was done."""

    code: str
    url: str
    words: str

    @property
    def is_done(self) -> bool:
        """Say whether the deed was done."""
        return not self.words


@dataclass(frozen=True, slots=True)
class Choice:
    """A move that may be made for several cases at once, for the list of what can be done."""

    machine: Machine
    step: Transition

    @property
    def key(self) -> str:
        """Return what names the move among all kinds of case."""
        return f"{self.machine.code}:{self.step.name}"


def choices(works: Iterable[Work]) -> list[Choice]:
    """Return the moves that may be made at once for some of the cases a page shows."""
    found: dict[str, Choice] = {}
    for work in works:
        for step in possible(work):
            choice = Choice(work.kind, step)
            found.setdefault(choice.key, choice)
    return list(found.values())


def possible(work: Work) -> list[Transition]:
    """Return the moves of a shown case that may be made at once with others, by the parties its reader is."""
    return [one for one in work.kind.leaving(work.state.name) if one.bulk and work.parties.intersection(one.roles)]


def move_all(
    *, actor: Actor, at: datetime, move: str, keys: Iterable[str], inputs: Mapping[str, str] | None = None
) -> list[Outcome]:
    """Make one move (``kind:transition``) for each case named (``kind:code``)."""
    machine, step = _asked(move)

    def deed(case: Case) -> object:
        if case.MACHINE is not machine:
            raise RuleBroken(
                _("Bước này không dành cho loại hồ sơ “%(kind)s”.") % {"kind": case.MACHINE.vi}, article="nội bộ"
            )
        # What was chosen is done, not what the deed would make of a case that has gone on meanwhile.
        must_be_open(case, step.name)
        return parties.move(actor, case, step.name, at=at, inputs=inputs or {})

    return [_one(actor, key, lambda kind, code: deed(parties.find_for(actor, kind, code))) for key in _few(keys)]


def _asked(move: str) -> tuple[Machine, Transition]:
    kind, _mark, name = move.partition(":")
    machine = machines().get(kind)
    if machine is None or not machine.transition(name).bulk:
        raise NotFound(_("Không có việc này để làm cho nhiều hồ sơ."))
    return machine, machine.transition(name)


def urge_all(*, actor: Actor, at: datetime, keys: Iterable[str], text: str) -> list[Outcome]:
    """Urge whoever holds each of the cases named (``kind:code``)."""
    if not text.strip():
        said = _("Ghi nội dung đôn đốc.")
        raise Invalid(said, fields={"text": [said]})

    def deed(kind: str, code: str) -> object:
        return urge(actor=actor, at=at, object_type=kind, object_code=code, text=text)

    return [_one(actor, key, deed) for key in _few(keys)]


def _few(keys: Iterable[str]) -> list[str]:
    chosen = list(dict.fromkeys(key.replace("\0", "") for key in keys))  # PostgreSQL takes no NUL to look for
    if not chosen:
        raise Invalid(_("Chưa chọn hồ sơ nào."), hint=_("Đánh dấu các hồ sơ trong danh sách rồi làm lại."))
    if len(chosen) > MOST:
        raise Invalid(_("Mỗi lần làm tối đa %(most)s hồ sơ.") % {"most": MOST}, hint=_("Bỏ bớt hồ sơ rồi làm lại."))
    return chosen


def _one(actor: Actor, key: str, deed: Callable[[str, str], Any]) -> Outcome:
    kind, _mark, code = key.partition(":")
    words = ""
    try:
        deed(kind, code)
    except NganamError as error:
        words = f"{error.message} {error.hint}".strip()
    return Outcome(code[:40], _page(actor, kind, code), words)


def _page(actor: Actor, kind: str, code: str) -> str:
    """Return the page of a case that is the actor's to see, "" for any other."""
    try:
        return link_of(parties.find_for(actor, kind, code))
    except NotFound:
        return ""
