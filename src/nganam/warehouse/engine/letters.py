"""Vietnamese as it was written before Unicode: TCVN3 (ABC fonts), VNI and VISCII, told apart and turned into Unicode.

Such text still comes in two ways: as bytes (old files), and as Unicode that only looks right in the old font
(workbooks, where a cell set in .VnTime holds ``Thµnh phè`` for ``Thành phố``). Both are read alike here: byte by byte,
each of Latin-1 or of Windows-1252. Which of them a text is, is asked of its words: read rightly, nearly all are
Vietnamese syllables.

Tables: TCVN 5712:1993 and RFC 1456 (VISCII), as in glibc; VNI is a base letter followed by a mark.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

TCVN3, VNI, VISCII = "tcvn3", "vni", "viscii"
NAMES: Final = {TCVN3: "TCVN3 (ABC)", VNI: "VNI", VISCII: "VISCII"}
LATIN: Final = "latin-1"
ENOUGH: Final = 0.75
"""Of the words with marks so many must be syllables: names of people and places of other languages are among them."""
MOST_WORDS: Final = 5_000
FEWEST_WORDS: Final = 8
"""Text that is Unicode is not taken for old letters by a few signs."""

_TCVN = (
    "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ\u00a0ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệ"
    "ìỉỄẾỒĩíịòỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"
)
_VISCII = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư"
    "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_TCVN_LOW = dict(
    zip((0x01, 0x02, 0x04, 0x05, 0x06, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17), "ÚỤỪỬỮỨỰỲỶỸÝỴ", strict=True)
)
_VISCII_LOW = {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}
_TONES = {"\u0300": "ø", "\u0301": "ù", "\u0309": "û", "\u0303": "õ", "\u0323": "ï"}
_ROOFED = {"": "â", "\u0300": "à", "\u0301": "á", "\u0309": "å", "\u0303": "ã", "\u0323": "ä"}
_BOWLED = {"": "ê", "\u0300": "è", "\u0301": "é", "\u0309": "ú", "\u0303": "ü", "\u0323": "ë"}
_VNI_ALONE = {"ơ": "ô", "ư": "ö", "đ": "ñ", "ỉ": "æ", "ĩ": "ó", "ị": "ò", "ỵ": "î", "ì": "ì", "í": "í"}


def _composed(letter: str, tone: str) -> str:
    return unicodedata.normalize("NFC", letter + tone)


def _vni_pairs() -> dict[str, str]:
    """Return what VNI writes, and the letter it stands for, in small and capital letters."""
    found = {_VNI_ALONE[one]: one for one in _VNI_ALONE}
    for base, letter in zip("aeouyôö", "aeouyơư", strict=True):
        found |= {base + mark: _composed(letter, tone) for tone, mark in _TONES.items()}
    found |= {base + mark: _composed(base + "\u0302", tone) for base in "aeo" for tone, mark in _ROOFED.items()}
    found |= {"a" + mark: _composed("a\u0306", tone) for tone, mark in _BOWLED.items()}
    capital = {written.upper(): letter.upper() for written, letter in found.items()}
    mixed = {written[0].upper() + written[1:]: letter.upper() for written, letter in found.items() if len(written) > 1}
    return {**mixed, **capital, **found}


def _bytes_of(code: int) -> set[str]:
    """Return the characters that a byte may have become: of Latin-1, and of Windows-1252."""
    one = bytes([code])
    return {one.decode(LATIN), one.decode("cp1252", errors="ignore") or one.decode(LATIN)}


def _table(high: str, low: dict[int, str]) -> dict[int, str]:
    codes = {128 + place: letter for place, letter in enumerate(high)} | low
    return {ord(seen): letter for code, letter in codes.items() for seen in _bytes_of(code)}


_PAIRS = _vni_pairs()
_VNI_WRITTEN = re.compile("|".join(sorted(map(re.escape, _PAIRS), key=len, reverse=True)))


def _from_vni(text: str) -> str:
    return _VNI_WRITTEN.sub(lambda found: _PAIRS[found[0]], text)


def _by(table: dict[int, str]) -> Callable[[str], str]:
    return lambda text: unicodedata.normalize("NFC", text.translate(table))


_READ: Final[dict[str, Callable[[str], str]]] = {
    TCVN3: _by(_table(_TCVN, _TCVN_LOW)), VISCII: _by(_table(_VISCII, _VISCII_LOW)), VNI: _from_vni,
}  # fmt: skip
_LOW = re.compile("[\x01-\x06\x11-\x1e]")
_SEEN = frozenset(seen for code in range(128, 256) for seen in _bytes_of(code))


def to_unicode(text: str, letters: str) -> str:
    """Turn text in old letters into Unicode; what holds a letter they do not have is Unicode already and stays.

    >>> to_unicode("Thµnh phè", TCVN3), to_unicode("Thaønh phoá", VNI)
    ('Thành phố', 'Thành phố')
    """
    if text.isascii() and (letters == VNI or not _LOW.search(text)):
        return text
    if any(char not in _SEEN for char in text if not char.isascii()):
        return text
    return _READ[letters](text)


def of_text(texts: Iterable[str]) -> str:
    """Return the old letters that texts are in; "" when they are Unicode, or nothing shows."""
    words = _marked(texts)
    unicode = share_of_syllables(words)
    best, share = max(
        ((one, share_of_syllables(to_unicode(word, one) for word in words)) for one in (TCVN3, VNI)), key=_share
    )
    return best if len(words) >= FEWEST_WORDS and share >= ENOUGH and unicode < share / 2 else ""


def of_bytes(texts: Iterable[str], codepage: Callable[[str], str]) -> str:
    """Return the old letters of texts that were read as Latin-1; "" when ``codepage`` reads them better, or as well.

    ``codepage`` reads them as Windows-1258.
    """
    words = _marked(texts)
    as_page = share_of_syllables(map(codepage, words))
    shares = [(one, share_of_syllables(to_unicode(word, one) for word in words)) for one in (TCVN3, VISCII, VNI)]
    best, share = max(shares, key=_share)
    return best if words and share >= ENOUGH and share > as_page else ""


def _share(told: tuple[str, float]) -> float:
    return told[1]


def _marked(texts: Iterable[str]) -> list[str]:
    """Return the words of texts that are more than ASCII, a good many at most."""
    found: list[str] = []
    for text in texts:
        if text.isascii():
            continue
        found += [word for word in text.split() if not word.isascii()]
        if len(found) >= MOST_WORDS:
            break
    return found


# -- syllables --

_ONSET = "(?:ngh|ng|nh|gh|gi|ch|kh|ph|th|tr|qu|[bcdđghklmnpqrstvx])?"
_RHYMES = (
    "a(?:ch?|i|m|n[gh]?|o|p|t|u|y)?", "ă(?:c|m|ng?|p|t)", "â(?:c|m|ng?|p|t|u|y)", "e(?:c|m|ng?|o|p|t)?",
    "ê(?:ch?|m|n[gh]?|p|t|u)?", "i(?:a|ch|m|nh?|p|t|u)?", "iê(?:c|m|ng?|p|t|u)", "o(?:c|i|m|ng?|p|t)?",
    "oa(?:ch?|i|m|n[gh]?|o|p|t|y)?", "oă(?:c|m|ng?|t)", "oe(?:n|o|t)?", "oo(?:c|ng)", "ô(?:c|i|m|ng?|p|t)?",
    "ơ(?:i|m|n|p|t)?", "u(?:a|c|i|m|ng?|p|t)?", "uâ(?:ng?|t|y)", "uê(?:ch|nh)?", "uô(?:c|i|m|ng?|p|t)", "uơ",
    "uy(?:a|ch|nh?|p|t|u)?", "uyê(?:n|t)", "ư(?:a|c|i|m|ng?|t|u)?", "ươ(?:c|i|m|ng?|p|t|u)", "y(?:ch|nh|t)?",
    "yê(?:m|ng?|t|u)",
)  # fmt: skip
_SYLLABLE = re.compile(f"{_ONSET}(?:{'|'.join(_RHYMES)})")
_WORD = re.compile(r"[^\W\d_]+")
_TONE = re.compile("[\u0300\u0301\u0309\u0303\u0323]")


def share_of_syllables(words: Iterable[str]) -> float:
    """Return which share of the words that are more than ASCII are Vietnamese syllables; 0 when there are none."""
    asked = [part for word in words for part in _parts(word)]
    return sum(map(_is_syllable, asked)) / len(asked) if asked else 0.0


def _parts(word: str) -> list[str]:
    """Return the parts of a word that are more than ASCII; a sign among letters makes a part of its own."""
    composed = unicodedata.normalize("NFC", word)
    strange = [char for char in composed if not (char.isascii() or char.isalpha()) and char not in "–—“”‘’…"]
    return [part for part in _WORD.findall(composed) if not part.isascii()] + strange


@lru_cache(maxsize=20_000)
def _is_syllable(part: str) -> bool:
    if not (part.islower() or part.isupper() or part.istitle()):
        return False
    plain = unicodedata.normalize("NFD", part.lower())
    bare = unicodedata.normalize("NFC", _TONE.sub("", plain))
    return len(_TONE.findall(plain)) <= 1 and bool(_SYLLABLE.fullmatch(bare))
