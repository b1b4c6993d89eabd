"""Windows-1258, in which old Vietnamese office files are still written.

The code page has no letters carrying both a shape (â ă ê ô ơ ư) and a tone, nor some plain ones (ì ò õ ý): there the
tone mark follows the letter as a character of its own. Python's codec does not compose or decompose: NFC text fails.
"""

import unicodedata

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")


def _letter(letter: str) -> bytes:
    try:
        return letter.encode("cp1258")
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", letter)
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
        return (base + "".join(part for part in parts if part in _TONES)).encode("cp1258")


def encode(text: str) -> bytes:
    """Return ``text`` in Windows-1258; raises ``UnicodeEncodeError`` for letters it cannot hold (Khmer, Chinese)."""
    return b"".join(map(_letter, unicodedata.normalize("NFC", text)))


def decode(data: bytes) -> str:
    """Return the text of Windows-1258 bytes, composed (NFC)."""
    return unicodedata.normalize("NFC", data.decode("cp1258"))
