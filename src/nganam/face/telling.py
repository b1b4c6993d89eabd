"""Tells English readers what the platform itself wrote down in Vietnamese.

Notices, names of the platform's own actors, notes of the rules and names of holidays are kept as text in Vietnamese,
the language of the record. What is one of our own sentences is recognised and said in English; what a person wrote
stays as they wrote it. Rooms name their sentences and words when they start (``apps.ready``).
"""

import re
from collections.abc import Callable, Iterable
from functools import cache

from django.utils.translation import gettext as _

from nganam.face.formats import english

SLOT = re.compile(r"%\((\w+)\)s")
Pairs = Iterable[tuple[str, str]]
_sentences: list[str] = []
_sources: list[Callable[[], Pairs]] = []


def kept(text: str) -> str:
    """Return a sentence as it is written down: in Vietnamese, whatever the language of the page it was caused from.

    Notices, reasons the platform gives and words of the record go through this and not through ``gettext``.
    """
    return text


def sentences(*texts: str) -> None:
    """Make sentences known that are written down filled in: ``"Nhận %(accepted)s dòng."``, marked ``gettext_noop``."""
    _sentences.extend(text for text in texts if text not in _sentences)
    _patterns.cache_clear()


def words(source: Callable[[], Pairs]) -> None:
    """Make words known that have both languages in the code (states, moves, terms): pairs of Vietnamese and English."""
    _sources.append(source)
    _known.cache_clear()


def retold(text: object) -> str:
    """Return a kept text in the reader's language as far as it is ours: whole, as a sentence, or after its code."""
    kept = str(text or "")
    return _in_english(kept) if kept and english() else kept


def _in_english(text: str) -> str:
    whole = _known().get(text) or _(text)
    if whole != text:
        return whole
    for pattern, sentence in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return _(sentence) % {name: _in_english(value) for name, value in found.groupdict().items()}
    subject, colon, said = text.rpartition(": ")
    known = (_known().get(said) or _(said)) if colon and said else said
    return f"{subject}: {known}" if colon and known != said else text


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(_pattern(sentence), sentence) for sentence in _sentences]


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = SLOT.split(sentence)  # text, name, text, name, … text
    written = [
        f"(?P<{part}>.+?)" if place % 2 else re.escape(part.replace("%%", "%")) for place, part in enumerate(parts)
    ]
    return re.compile("".join(written), re.DOTALL)


@cache
def _known() -> dict[str, str]:
    return {vi: en for source in reversed(_sources) for vi, en in source()}
