"""Articles the platform cites: what each says in our own words, how it is cited, and whether its text was read.

Codes: ``S10.4`` (regulation of the province), ``D35.2đ`` (Decree 47/2020: Article 35, clause 2, point đ), ``N194.16``,
``N278.15``, ``GDDT43``, ``TT24``. ``nội bộ`` is no article: it marks a local choice.
"""

import re
from datetime import date
from functools import cache
from importlib.resources import files

import msgspec

from nganam.law.marks import RulesError, Verified

LOCAL = "nội bộ"
_PARTS = re.compile(r"\.?(?P<article>[1-9][0-9]*)(?:\.(?P<clause>[1-9][0-9]*))?(?P<point>[a-zđ])?")


class Instrument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A legal text as it stands in ``articles.yaml``: ``articles`` maps what follows the prefix to a summary.

    ``since`` is the day it came into force, or was signed where that day was not found (no day: a draft); ``until``
    the day from which another text replaces it.
    """

    prefix: str
    vi: str
    en: str
    read: Verified
    articles: dict[str, str]
    since: date | None = None
    until: date | None = None
    marks: dict[str, Verified] = {}


class Article(msgspec.Struct, frozen=True):
    """An article, clause or point: ``summary`` in Vietnamese in our own words, ``read`` as the rule sets' marks.

    ``since`` and ``until`` are the days of its legal text.
    """

    code: str
    summary: str
    read: Verified
    citation_vi: str
    citation_en: str
    instrument_vi: str
    since: date | None = None
    until: date | None = None

    def is_replaced_on(self, day: date) -> bool:
        """Say whether another text had taken the place of this one's by ``day``."""
        return self.until is not None and self.until <= day


def read_instruments(text: str) -> tuple[Instrument, ...]:
    """Read the file of articles; raise ``RulesError`` naming the place of what is wrong."""
    try:
        found = msgspec.yaml.decode(text, type=tuple[Instrument, ...])
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise RulesError(f"articles: {error}") from error
    for one in found:
        bad = [key for key in one.articles if key and not _PARTS.fullmatch(key)]
        bad += [key for key in one.marks if key not in one.articles]
        if bad:
            raise RulesError(f"articles: {one.prefix}: not an article, or marked but absent: {', '.join(bad)}")
    return found


@cache
def instruments() -> tuple[Instrument, ...]:
    """Return every legal text cited."""
    return read_instruments((files("nganam.law") / "articles.yaml").read_text(encoding="utf-8"))


def _join(prefix: str, key: str) -> str:
    """Return the code: ``D`` + ``35.3``, but ``N194`` + ``.`` + ``16`` where the prefix ends in a digit."""
    return f"{prefix}.{key}" if key and prefix[-1].isdigit() else prefix + key


@cache
def articles() -> dict[str, Article]:
    """Return every listed article by code, in the order of the file."""
    return {
        _join(one.prefix, key): _article(one, key, _join(one.prefix, key), summary)
        for one in instruments()
        for key, summary in one.articles.items()
    }


@cache
def article(code: str) -> Article:
    """Return the article of ``code``; a point (``D35.2đ``) has its clause's summary and its own citation.

    Raises ``RulesError`` (a ``LookupError``) for a code that is not listed, ``nội bộ`` among them.
    """
    known = articles()
    if code in known:
        return known[code]
    for one in instruments():
        key = code.removeprefix(one.prefix).removeprefix(".")
        if _join(one.prefix, key) == code and key[-1:].isalpha() and key[:-1] in one.articles:
            return _article(one, key, code, one.articles[key[:-1]])
    raise RulesError(f"no article {code!r}")


def cite(code: str, language: str = "vi") -> str:
    """Return how ``code`` is cited (``khoản 3 Điều 35 Nghị định 47/2020/NĐ-CP``); ``nội bộ`` is said to be no law."""
    if code == LOCAL:
        return "Local choice, not law" if language == "en" else "Quy định nội bộ, không phải luật"
    found = article(code)
    return found.citation_en if language == "en" else found.citation_vi


def _article(instrument: Instrument, key: str, code: str, summary: str) -> Article:
    mark = instrument.marks.get(key, instrument.read)
    vi, en = _citations(instrument, key)
    return Article(code, summary, mark, vi, en, instrument.vi, instrument.since, instrument.until)


def _citations(instrument: Instrument, key: str) -> tuple[str, str]:
    found = _PARTS.fullmatch(key)
    if found is None:
        return instrument.vi, instrument.en
    number, clause, point = found["article"], found["clause"], found["point"]
    vi = f"Điều {number} {instrument.vi}"
    en = f"Article {number}"
    if clause:
        vi, en = f"khoản {clause} {vi}", f"{en}({clause})"
    if point:
        vi, en = f"điểm {point} {vi}", f"{en}({point})"
    return vi, f"{en}, {instrument.en}"
