"""Vietnamese text: one spelling, folding for search, collation for lists, highlighting of hits.

Two habits of Vietnamese typing make equal words unequal: combining marks (NFD) and the place of the tone mark
(``hoà`` or ``hòa``). ``norm`` settles both; ``fold`` drops the marks altogether, as people do when they search.
"""

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# U+00D0/U+00F0 (eth) look like Đ/đ and stand in files converted from older Vietnamese encodings.
_ETH = str.maketrans({"Ð": "Đ", "ð": "đ"})
_TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")  # level, huyền, hỏi, ngã, sắc, nặng: dictionary order
_SHAPES = ("\u0306", "\u0302", "\u031b")  # breve (ă), circumflex (â ê ô), horn (ơ ư): they make another letter
_SHAPE_RANK = {
    ("a", "\u0306"): "1", ("a", "\u0302"): "2", ("e", "\u0302"): "1",
    ("o", "\u0302"): "1", ("o", "\u031b"): "2", ("u", "\u031b"): "1",
}  # fmt: skip
_NUMBER_WIDTH = 12
_MARK_OPEN, _MARK_CLOSE, _CUT = "<mark>", "</mark>", "…"


def _toned(letter: str) -> str:
    """Return ``letter`` with each of the five written tones."""
    return "".join(unicodedata.normalize("NFC", letter + tone) for tone in _TONES[1:])


def _split_tone(char: str) -> tuple[str, str]:
    """Return a precomposed vowel without its tone, and the tone."""
    parts = unicodedata.normalize("NFD", char)
    tone = next(one for one in parts if one in _TONES)
    return unicodedata.normalize("NFC", parts.replace(tone, "")), tone


# An open syllable in oa, oe, uy carries its tone on the first vowel (hòa, ủy), any other on the second (hoàn, quý).
_LATE = re.compile(rf"(?:(o)([{_toned('a')}{_toned('e')}])|(?<!q)(u)([{_toned('y')}]))(?!\w)")
_EARLY = re.compile(rf"(?:([{_toned('o')}])([ae])|([{_toned('u')}])(y))(?=\w)|(?<=q)([{_toned('u')}])(y)")


def _earlier(found: re.Match[str]) -> str:
    first, second = (one for one in found.groups() if one)
    plain, tone = _split_tone(second)
    return unicodedata.normalize("NFC", first + tone) + plain


def _later(found: re.Match[str]) -> str:
    first, second = (one for one in found.groups() if one)
    plain, tone = _split_tone(first)
    return plain + unicodedata.normalize("NFC", second + tone)


def norm(text: str) -> str:
    """Return ``text`` in NFC and lower case with tone marks in one place (``HOÀ`` and ``Hòa`` become ``hòa``)."""
    lower = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_ETH).lower())
    return _LATE.sub(_earlier, _EARLY.sub(_later, lower))


def fold(text: str) -> str:
    """Return ``text`` in lower case without any mark, ``đ`` as ``d``: ``Đồng Tháp`` becomes ``dong thap``."""
    lower = _unmarked(text.translate(_ETH)).lower()
    return _unmarked(lower).replace("đ", "d")


def _unmarked(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text) if unicodedata.category(one) != "Mn")


def search_words(text: str) -> list[str]:
    """Return the words of ``text`` as they are searched: folded runs of letters and digits, nothing else."""
    return [word for part in text.split() for word in _search_words(part)]


@lru_cache(maxsize=65_536)
def _search_words(part: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", fold(part)))


def slug(text: str) -> str:
    """Return a part of an address: folded, ASCII letters and digits joined by hyphens (``""`` if nothing is left)."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")


def sort_key(text: str) -> str:
    """Return a key that sorts by code point as a Vietnamese list does.

    Letters first (a ă â b c d đ e ê …), then tones (level, huyền, hỏi, ngã, sắc, nặng), then lower before upper case.
    Whole numbers sort by value, so ``Phường 2`` stands before ``Phường 10``. Equal keys mean the same text in NFC.
    """
    composed = unicodedata.normalize("NFC", text)
    letters: list[str] = []
    tones: list[str] = []
    cases: list[str] = []
    for token in re.findall(r"[0-9]+|[^0-9]", composed):
        letter, tone = _weigh(token)
        letters.append(letter)
        tones.append(tone)
        cases.append("1" if token != token.lower() else "0")
    return "\t".join(("".join(letters), "".join(tones), "".join(cases), composed))


def _weigh(token: str) -> tuple[str, str]:
    """Return the primary weight of one character or number and the rank of its tone."""
    if token[0] in "0123456789":
        return (token.lstrip("0") or "0").zfill(_NUMBER_WIDTH), "0"
    if token.isspace():
        return " ", "0"
    parts = unicodedata.normalize("NFD", token.translate(_ETH).lower())
    base, marks = parts[0], parts[1:]
    tone = next((mark for mark in marks if mark in _TONES), "")
    if base == "đ":
        return "d1", "0"
    if not base.isalpha():
        return base, "0"
    shape = next((mark for mark in marks if mark in _SHAPES), "")
    return base + _SHAPE_RANK.get((base, shape), "0"), str(_TONES.index(tone))


def highlight(text: str, terms: Iterable[str], width: int = 0) -> str:
    """Return HTML of ``text`` with each of ``terms`` in ``<mark>`` where it stands as whole words; all else escaped.

    Terms match with or without accents; the text keeps its own spelling. With ``width`` > 0 a longer text is cut to
    about that many characters around the first hit, at word ends, with ``…`` for what was left out.
    """
    spans = _hits(text, terms)
    start, end = _window(text, spans, width)
    pieces: list[str] = [_CUT if start > 0 else ""]
    at = start
    for left, right in spans:
        if left < at or right > end:
            continue
        pieces += [html.escape(text[at:left]), _MARK_OPEN, html.escape(text[left:right]), _MARK_CLOSE]
        at = right
    return "".join([*pieces, html.escape(text[at:end]), _CUT if end < len(text) else ""])


def _hits(text: str, terms: Iterable[str]) -> list[tuple[int, int]]:
    """Return the offsets in ``text`` of what matches, in order, without overlaps (the longest at each place)."""
    wanted = sorted({fold(term).strip() for term in terms} - {""}, key=lambda one: (-len(one), one))
    if not wanted:
        return []
    folded, offsets = _folded_with_offsets(text)
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, wanted)) + r")(?!\w)")
    return [(offsets[one.start()], offsets[one.end()]) for one in pattern.finditer(folded)]


def _folded_with_offsets(text: str) -> tuple[str, list[int]]:
    """Return folded text and, for each place in it (and its end), the place in ``text``.

    A mark that stands alone folds to nothing and so stays with the letter before it.
    """
    folded: list[str] = []
    offsets: list[int] = []
    for place, char in enumerate(text):
        plain = fold(char)
        folded.append(plain)
        offsets.extend([place] * len(plain))
    return "".join(folded), [*offsets, len(text)]


def _window(text: str, spans: list[tuple[int, int]], width: int) -> tuple[int, int]:
    """Return the part of ``text`` to show: all of it, or about ``width`` characters around the first hit."""
    if width <= 0 or len(text) <= width:
        return 0, len(text)
    first, first_end = spans[0] if spans else (0, 0)
    start = max(0, min(first - width // 3, len(text) - width))
    end = max(start + width, first_end)
    if start > 0:
        start = next((place + 1 for place in range(start, first) if text[place].isspace()), start)
    if end < len(text):
        end = next((place for place in range(end, max(first_end, start), -1) if text[place].isspace()), end)
    return start, min(end, len(text))
