"""How a table shows itself where there is little room: every cell told apart by its label, or scrolled with a cue.

Three shapes. ``fit``: few narrow columns, a table at any width. ``stack``: on a narrow place each row is a block of
lines "label: value", so no column is hidden. ``scroll``: many short cells to be compared (rows of data, series of
figures); the first column stays, and a shade shows that there is more. The component chooses unless the page says.
"""

import re
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

FIT, STACK, SCROLL = "fit", "stack", "scroll"
FEW = 3
HEAD = re.compile(r"<thead\b.*?</thead>", re.DOTALL)
HEADING = re.compile(r"<th\b([^>]*)>(.*?)</th>", re.DOTALL)
UNSEEN = re.compile(r"<svg\b.*?</svg>|<[^>]+>", re.DOTALL)
TAG = re.compile(r"<(thead|tbody|tr|th|td)\b([^>]*)>(\s*(?=</t[dh]>))?")
FIGURE = re.compile(r'class="[^"]*\bnum\b')


@dataclass(frozen=True, slots=True)
class Table:
    """A table's shape and its rows, with what the shape needs put on each cell."""

    kind: str
    rows: SafeString


def shaped(rows: str, kind: str = "") -> Table:
    """Return the rows of a table, given as HTML with its ``thead``, in the shape asked for or the one that suits."""
    head = HEAD.search(rows)
    headings = HEADING.findall(head[0]) if head else []
    chosen = kind or _suiting([bool(FIGURE.search(attributes)) for attributes, _words in headings])
    if chosen != STACK:
        return Table(chosen, mark_safe(rows))  # noqa: S308 - the slot of a component, escaped where it was written
    labels = [_label(words) for _attributes, words in headings]
    return Table(chosen, mark_safe(_labelled(rows, labels)))  # noqa: S308 - as above; labels are escaped already


def _suiting(figures: list[bool]) -> str:
    if not figures:
        return FIT
    if all(figures[1:]):
        return FIT if len(figures) <= FEW else SCROLL
    return STACK


def _label(words: str) -> str:
    return " ".join(UNSEEN.sub(" ", words).split()).replace('"', "&quot;")


def _labelled(rows: str, labels: list[str]) -> str:
    """Put its column's label on each cell, and the roles that a stacked table would lose with its display."""
    in_head, column = False, 0

    def one(found: re.Match[str]) -> str:
        nonlocal in_head, column
        name, attributes = found[1], found[2]
        if name in {"thead", "tbody"}:
            in_head = name == "thead"
            return f'<{name}{attributes} role="rowgroup">'
        if name == "tr":
            column = 0
            return f'<tr{attributes} role="row">'
        column += 1
        if in_head:
            return f'<th{attributes} role="columnheader">'
        role = "rowheader" if name == "th" else "cell"
        label = "" if "colspan" in attributes else labels[column - 1] if column <= len(labels) else ""
        told = f' data-label="{label}"' if label else ""
        return f'<{name}{attributes} role="{role}"{told}>'

    return TAG.sub(one, rows)
