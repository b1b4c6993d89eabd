"""Compares two texts of an agreement: by lines, then sentences, then words."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Any

LEVELS = (
    re.compile(r"\n|[^\n]+"),
    re.compile(r"[^.;:!?]*[.;:!?]+\s*|[^.;:!?]+"),
    re.compile(r"\w+\s*|[^\w\s]\s*|\s+"),
)
"""Lines, sentences, words: each level cuts a text into parts that together are the text."""
CLOSE = 0.3
"""Below this likeness two passages are shown one after the other: a mesh of single words cannot be read."""
MOST = 500
"""Parts compared at once. The matcher's time grows with their square and more: 4 000 words took minutes."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text: ``kind`` is "same", "added" or "removed"."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One item as it was and is; ``pieces`` read in order give both."""

    name: str
    label: str
    article: str
    pieces: tuple[Piece, ...]

    @property
    def changed(self) -> bool:
        """Say whether anything differs."""
        return any(one.kind != "same" for one in self.pieces)


def compare(
    old: Mapping[str, Any], new: Mapping[str, Any], rows: Sequence[tuple[str, str, str]], titles: Mapping[str, str]
) -> list[Change]:
    """Return one ``Change`` for each of ``rows`` (name, label, article); ``titles`` put data fields into words."""
    return [
        Change(name, label, article, pieces(in_words(old.get(name), titles), in_words(new.get(name), titles)))
        for name, label, article in rows
    ]


def in_words(value: object, titles: Mapping[str, str]) -> str:
    """Return a value of a text as people read it: fields by their titles, days as day/month/year."""
    if isinstance(value, list | tuple):
        return "".join(f"{titles.get(name, name)}\n" for name in value)
    text = str(value or "")
    return f"{date.fromisoformat(text):%d/%m/%Y}" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else text


def pieces(old: str, new: str) -> tuple[Piece, ...]:
    """Return the runs of both texts in order: without "removed" they are ``new``, without "added" ``old``."""
    return tuple(_joined(_compared(old, new, LEVELS)))


def _compared(old: str, new: str, levels: Sequence[re.Pattern[str]]) -> Iterator[Piece]:
    """Compare by the parts of the first level; what differs is compared by those of the next."""
    if not levels or not old or not new:
        yield from (Piece("removed", old), Piece("added", new))
        return
    before, after = levels[0].findall(old), levels[0].findall(new)
    start, end = _shared_ends(before, after)
    yield Piece("same", "".join(before[:start]))
    yield from _middle(before[start : len(before) - end], after[start : len(after) - end], levels)
    yield Piece("same", "".join(before[len(before) - end :]))


def _shared_ends(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """Return how many parts at the beginning and at the end are the same: most edits leave little between them."""
    most = min(len(before), len(after))
    start = next((place for place in range(most) if before[place] != after[place]), most)
    rest = most - start
    end = next((place for place in range(rest) if before[-1 - place] != after[-1 - place]), rest)
    return start, end


def _middle(before: list[str], after: list[str], levels: Sequence[re.Pattern[str]]) -> Iterator[Piece]:
    if len(before) == len(after) and len(levels) > 1:
        for left, right in zip(before, after, strict=True):
            yield from _different(left, right, levels)
        return
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    apart = max(len(before), len(after)) > MOST or (len(levels) == 1 and matcher.ratio() < CLOSE)
    if apart:
        yield from (Piece("removed", "".join(before)), Piece("added", "".join(after)))
        return
    for _kind, i1, i2, j1, j2 in matcher.get_opcodes():
        yield from _different("".join(before[i1:i2]), "".join(after[j1:j2]), levels)


def _different(left: str, right: str, levels: Sequence[re.Pattern[str]]) -> Iterator[Piece]:
    if left == right:
        yield Piece("same", left)
    else:
        yield from _compared(left, right, levels[1:])


def _joined(found: Iterable[Piece]) -> Iterator[Piece]:
    """Drop empty runs and put neighbours of one kind together."""
    waiting: Piece | None = None
    for one in found:
        if not one.text:
            continue
        if waiting is not None and waiting.kind == one.kind:
            waiting = Piece(one.kind, waiting.text + one.text)
            continue
        if waiting is not None:
            yield waiting
        waiting = one
    if waiting is not None:
        yield waiting
