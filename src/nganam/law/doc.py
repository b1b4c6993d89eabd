"""Renders the law as pages of the documentation: ``docs/glossary.md`` and ``docs/law/rulesets.md``."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypeVar

from nganam.law import glossary
from nganam.law.articles import LOCAL, cite, instruments
from nganam.law.rules import RuleSet, Term, all_rules

_ITEM = TypeVar("_ITEM")
_WRITTEN = "Sinh bằng `./nganam docs` từ src/nganam/law; không sửa tay. *Generated; do not edit.*"
_MARKS = (
    "V: the text was read. V2: only a secondary source was. R-high, R-med, R-low: recalled, with that confidence. "
    "unverified: nobody has read whether it holds. –: a local choice, which has no text."
)
_UNITS = {"working_days": "working days", "days": "calendar days", "months": "months", "before_date": ""}


def documents() -> dict[str, str]:
    """Return the text of each generated page by its path below ``docs``."""
    return {"glossary.md": glossary_page(), "law/rulesets.md": rulesets_page()}


def glossary_page() -> str:
    """Return the glossary as Markdown."""
    rows = ((one.vi, one.en, f"`{one.code}`", one.definition, _cite(one.article)) for one in glossary.terms())
    head = [
        "# Glossary", "", _WRITTEN, "",
        "One English word and one code word per legal term. Definitions are ours, not the official wording.", "",
    ]  # fmt: skip
    return _page([*head, *_table(("Tiếng Việt", "English", "Code", "Nghĩa", "Căn cứ"), rows)])


def rulesets_page() -> str:
    """Return every rule set as Markdown: terms, silences, flags, forms and vocabularies."""
    lines = [
        "# Rule sets", "", _WRITTEN, "",
        "A case keeps the rule set in force on the day it was received.",
        "A later set extends the earlier one; under it stands only what it changed or made uncertain.", "",
        f"Marks: {_MARKS}", "",
    ]  # fmt: skip
    before: RuleSet | None = None
    for one in all_rules():
        lines += _rule_set(one, before)
        before = one
    lines += [
        "## Legal texts cited",
        "",
        *_table(("Code", "Văn bản", "Text", "Since", "Until", "Read"), _instrument_rows()),
    ]
    return _page(lines)


def _rule_set(one: RuleSet, before: RuleSet | None) -> list[str]:
    """Return the section of ``one``: whole, or only what differs from the set ``before`` it."""
    lines = [f"## {one.version}", "", f"{one.vi}.", "", f"{one.en}.", ""]
    terms = map(_term_row, _new(one.terms, before.terms if before else ()))
    lines += _part("Terms", ("Key", "Thời hạn", "Value", "Tính từ", "Article", "Mark", "Note"), terms)
    silences = _new(one.silences, before.silences if before else ())
    silent = [(f"`{each.key}`", each.vi, ", ".join(each.articles), each.note) for each in silences]
    lines += _part("Where the law states no term", ("Key", "Việc", "Articles", "Note"), silent)
    flags = _new(one.flags, before.flags if before else ())
    said = [(f"`{each.name}`", each.vi, str(each.value).lower(), each.article, each.verified or "–") for each in flags]
    lines += _part("Flags", ("Flag", "Nội dung", "Value", "Article", "Mark"), said)
    for form, fields in one.forms.items():
        new = _new(fields, before.forms.get(form, ()) if before else ())
        asked = [
            (f"`{each.name}`", each.vi, each.article, each.level, each.stage, each.verified or "–") for each in new
        ]
        lines += _part(f"Form `{form}`", ("Field", "Nội dung", "Article", "Level", "By", "Mark"), asked)
    for name, words in one.vocabularies.items():
        told = _new(words, before.vocabularies.get(name, ()) if before else ())
        spelt = [(f"`{each.code}`", each.vi, each.en, each.article, each.verified or "–") for each in told]
        lines += _part(f"Vocabulary `{name}`", ("Code", "Tiếng Việt", "English", "Article", "Mark"), spelt)
    return lines


def _new(items: Sequence[_ITEM], known: Sequence[_ITEM]) -> list[_ITEM]:
    return [one for one in items if one not in known]


def _part(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = list(rows)
    return [f"### {title}", "", *_table(head, lines)] if lines else []


def _term_row(term: Term) -> Sequence[str]:
    value = f"{'at least ' if term.is_notice else ''}{term.value} {_UNITS[term.unit]}".strip()
    value = f"before {term.value}" if term.unit == "before_date" else value
    return (f"`{term.key}`", term.vi, value, term.starts_vi, term.article, term.verified, term.note)


def _instrument_rows() -> Iterable[Sequence[str]]:
    return ((f"`{one.prefix}`", one.vi, one.en, _day(one.since), _day(one.until), one.read) for one in instruments())


def _day(day: date | None) -> str:
    return day.isoformat() if day else "–"


def _cite(code: str) -> str:
    return LOCAL if code == LOCAL else f"{code}: {cite(code)}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return [*lines, ""]


def _page(lines: Sequence[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"
