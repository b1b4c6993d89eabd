"""A page of a list of cases: by state, by code, overdue only; the whole view is in the address."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict

from nganam.deadlines.queries import overdue
from nganam.face.paging import page_of
from nganam.kernel.machine import Machine, State

LONGEST = 40
STATE, TEXT, LATE = "trang-thai", "q", "qua-han"


@dataclass(frozen=True, slots=True)
class CaseList:
    """What a list shows: the page, and what was asked for."""

    page: Page[Any]
    states: tuple[State, ...]
    state: str
    text: str
    late: bool


def listed(rows: QuerySet[Any], machine: Machine, asked: QueryDict, at: datetime) -> CaseList:
    """Narrow ``rows`` (cases of ``machine`` somebody may see) to what the address asks for, and cut the page."""
    state = asked.get(STATE, "")
    state = state if state in {one.name for one in machine.states} else ""
    text, late = asked.get(TEXT, "").strip()[:LONGEST].replace("\0", ""), LATE in asked
    if state:
        rows = rows.filter(state=state)
    if text:
        rows = rows.filter(code__icontains=text)
    if late:
        clocks = overdue(at).filter(object_type=machine.code, object_code=OuterRef("code"))
        rows = rows.filter(Exists(clocks))
    return CaseList(page_of(rows, asked), machine.states, state, text, late)
