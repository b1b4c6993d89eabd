"""The appraisal sheet as a page shows it: each line with what the platform knows, what was found, what is asked."""

from dataclasses import dataclass
from typing import Any

from django.forms import BoundField, Form

from nganam.cases.forms import Offer
from nganam.services import checklist
from nganam.services.content import Thing
from nganam.services.evidence import Fact, evidence_of
from nganam.services.policies import appraisals_of, open_appraisal


@dataclass(frozen=True, slots=True)
class Asked:
    """One line to fill in: its facts and its two fields."""

    line: checklist.Line
    facts: list[Fact]
    result: BoundField
    remark: BoundField


def parts(thing: Thing, offered: list[Offer]) -> dict[str, Any]:
    """Return the pieces of a page about an appraisal: the sheet apart from the other moves, and the past appraisals."""
    sheet = next((one for one in offered if one.step.name == "assess"), None)
    return {
        "offers": [one for one in offered if one.step.name != "assess"],
        "sheet": sheet,
        "lines": _lines(thing, sheet.form) if sheet else [],
        "appraisals": appraisals_of(thing),
    }


def _lines(thing: Thing, form: Form) -> list[Asked]:
    facts = evidence_of(thing, open_appraisal(thing))
    return [
        Asked(one, facts[one.code], form[one.code], form[f"{one.code}_remark"])
        for one in checklist.LINES
    ]  # fmt: skip
