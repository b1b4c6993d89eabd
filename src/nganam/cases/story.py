"""The story of a case in plain words: moves, deeds beside them, papers, what was told of terms; first to last."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from nganam.audit import queries as audit
from nganam.audit.models import Entry
from nganam.cases.models import Case, History
from nganam.cases.papers import papers_of
from nganam.cases.queries import history_of
from nganam.deadlines.models import Clock
from nganam.deadlines.queries import clocks_of
from nganam.documents.models import Paper
from nganam.kernel.machine import Machine, MachineError


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a case; ``agency`` is a public code, ``state`` the one a move led to.

    ``to`` is the agency (or the role of the province) that was told; ``changed`` names what an edit changed.
    """

    title: str
    at: datetime
    who: str
    agency: str = ""
    article: str = ""
    reason: str = ""
    note: str = ""
    legal_basis: str = ""
    paper: str = ""
    state: str = ""
    to: str = ""
    changed: str = ""


def record_of(case: Case) -> dict[str, Any]:
    """Return what a case's page shows below its content, each read once: ``papers``, ``clocks`` and ``story``."""
    papers, clocks = list(papers_of(case)), list(clocks_of(case.MACHINE.code, case.code))
    return {"papers": papers, "clocks": clocks, "story": story_of(case, papers, clocks)}


def story_of(case: Case, papers: Iterable[Paper] | None = None, clocks: Iterable[Clock] | None = None) -> list[Event]:
    """Return everything recorded about a case that its parties may read, in order of time.

    ``papers`` and ``clocks`` are the case's when the page has read them already.
    """
    moves = [_moved(case.MACHINE, row) for row in history_of(case)]
    issued = [_issued(paper) for paper in (papers_of(case) if papers is None else papers)]
    return sorted([*moves, *_deeds(case), *issued, *_told(case, clocks)], key=lambda event: event.at)


def _told(case: Case, clocks: Iterable[Clock] | None) -> Iterator[Event]:
    """Yield what was told of the case's terms: that one was about to end, that one had."""
    for clock in clocks_of(case.MACHINE.code, case.code) if clocks is None else clocks:
        values = {"label": clock.label, "date": f"{clock.due_on:%d/%m/%Y}"}
        for at, words in (
            (clock.warned_at, _("Nhắc sắp hết hạn: %(label)s, đến hết %(date)s")),
            (clock.overdue_told_at, _("Báo quá hạn: %(label)s, hạn cuối %(date)s")),
        ):
            if at is not None:
                yield Event(title=words % values, at=at, who=_("Hệ thống"), to=clock.agency, article=clock.article)


def _moved(machine: Machine, row: History) -> Event:
    title, article = _named(machine, row.transition)
    asked = _asks_reason(machine, row.transition)
    return Event(
        title=title, at=row.at, who=row.actor_name, agency=row.agency, article=article,
        reason=row.reason if asked else "", note="" if asked else row.reason,
        legal_basis=row.legal_basis, paper=row.paper, state=row.to_state,
    )  # fmt: skip


def _asks_reason(machine: Machine, transition: str) -> bool:
    """Say whether what stands as the reason of a move is one; where none is asked for, it is a note."""
    return not transition or all(one.name != transition or "reason" in one.needs for one in machine.transitions)


def _issued(paper: Paper) -> Event:
    title = _("Ban hành %(kind)s %(number)s") % {"kind": paper.get_kind_display().lower(), "number": paper.number}
    return Event(title=title, at=paper.registered_at, who=paper.signer, agency=paper.agency)


def _named(machine: Machine, transition: str) -> tuple[str, str]:
    """Return what a move is called and its clause; a move the table no longer has keeps its own name."""
    if not transition:
        return _("Lập hồ sơ"), ""
    try:
        step = machine.transition(transition)
    except MachineError:
        return transition, ""
    return (step.en if _english() else step.vi), step.article


def _deeds(case: Case) -> list[Event]:
    """Return the recorded deeds on the case that are no moves: those the history tells already are left out."""
    machine = case.MACHINE
    moves = {f"{machine.code}.{name}" for name in ("opened", *(one.name for one in machine.transitions))}
    entries = audit.entries(object_type=machine.code, object_code=case.code).reverse()
    return [_done(case, entry) for entry in entries if entry.action not in moves]


def _done(case: Case, entry: Entry) -> Event:
    said = entry.details if isinstance(entry.details, dict) else {}
    return Event(
        title=entry.label, at=entry.at, who=entry.actor_name, agency=entry.agency,
        reason=str(said.get("reason", "")), paper=str(said.get("number", "")), to=str(said.get("addressee", "")),
        changed=_names(case, said.get("changed")),
    )  # fmt: skip


def _names(case: Case, changed: Any) -> str:
    """Name the fields that an edit changed as their form does; what is no field of the case is left out."""
    fields = {one.name: one for one in case._meta.fields}  # noqa: SLF001 - Django's public way to a model's fields
    named = (fields[name].verbose_name for name in changed or () if name in fields)
    return ", ".join(str(name) for name in named)


def _english() -> bool:
    return (get_language() or "vi").startswith("en")
