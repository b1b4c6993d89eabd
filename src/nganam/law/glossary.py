"""The glossary: one English word and one code word per legal term, with its meaning in our own words."""

from collections import Counter
from functools import cache
from importlib.resources import files

import msgspec

from nganam.kernel.text import norm, sort_key
from nganam.law.marks import RulesError


class GlossaryTerm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A legal term: ``vi`` in the exact wording, ``code`` the word code uses, ``definition`` Vietnamese, our own."""

    vi: str
    en: str
    code: str
    definition: str
    article: str


def read_terms(text: str) -> tuple[GlossaryTerm, ...]:
    """Read a glossary; raise ``RulesError`` naming the place of what is wrong or the term that stands twice."""
    try:
        found = msgspec.yaml.decode(text, type=tuple[GlossaryTerm, ...])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise RulesError(f"glossary: {error}") from error
    twice = [term for term, count in Counter(norm(one.vi) for one in found).items() if count > 1]
    if twice:
        raise RulesError(f"glossary: stands twice: {', '.join(twice)}")
    return found


@cache
def terms() -> tuple[GlossaryTerm, ...]:
    """Return every term in Vietnamese alphabetical order."""
    text = (files("nganam.law") / "glossary.yaml").read_text(encoding="utf-8")
    return tuple(sorted(read_terms(text), key=lambda one: sort_key(one.vi.lower())))
