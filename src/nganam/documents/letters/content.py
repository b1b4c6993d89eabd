"""What an official letter says, as data: everything needed to draw it again, and nothing else."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
LAYOUT = 1
"""Which drawing the content was made for; a renderer keeps drawing the old ones."""
_ARTICLE_HEAD = re.compile(r"^\s*Điều\s+\d+\s*[.:]\s*", re.IGNORECASE)
_BREAKS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
# Marks that turn the direction of writing could make a letter read otherwise than it is stored.
_TURNS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """The agency a letter comes from, as its head names it; ``agencies.letterhead.issuer_of`` makes one.

    ``sign`` is the abbreviation in the number (``SKHCN`` in 12/QĐ-SKHCN); ``superior`` the line above the name.
    """

    code: str
    name: str
    sign: str
    place: str
    superior: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs: ``title`` is "GIÁM ĐỐC", ``prefix`` "KT. GIÁM ĐỐC" or "TM. ỦY BAN NHÂN DÂN" on the line above it."""

    title: str
    name: str
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A plain table under the text; every row has as many cells as the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter before it has a number. Texts are plain: nothing in them is markup, a line break is a line break.

    ``kind`` is a ``Paper.Kind``; ``subject`` the trích yếu without "V/v"; ``recipients`` the "Kính gửi"; ``basis`` the
    "Căn cứ …" paragraphs; ``authority`` who decides ("GIÁM ĐỐC SỞ …", above the basis of a decision); ``articles`` are
    numbered here ("Điều 1."); ``copies`` the lines of "Nơi nhận". Order on the page: basis, body, articles, table.
    """

    kind: str
    issuer: Issuer
    signed_on: date
    subject: str
    signer: Signer
    recipients: tuple[str, ...] = ()
    authority: str = ""
    basis: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    table: Table | None = None
    copies: tuple[str, ...] = ("Như trên", "Lưu: VT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A letter with its number and the address that confirms it: what is frozen and what renderers draw."""

    letter: Letter
    number: str
    address: str
    layout: int = LAYOUT


def paragraphs(text: str) -> tuple[str, ...]:
    """Return the non-empty lines of a text that somebody typed, for ``body`` or ``articles``."""
    return tuple(line for line in (one.strip() for one in _BREAKS.sub("\n", text).split("\n")) if line)


def tidied(letter: Letter) -> Letter:
    """Return the letter with NFC texts, no control characters, no blank paragraphs, articles without a number."""
    return _tidied(replace(letter, articles=tuple(_ARTICLE_HEAD.sub("", one) for one in letter.articles)))


def tidy_text(text: str) -> str:
    """Return the text in NFC without control characters and turns of direction, blanks trimmed."""
    text = unicodedata.normalize("NFC", _BREAKS.sub("\n", text).replace("\t", " "))
    kept = (one for one in text if one == "\n" or (one not in _TURNS and unicodedata.category(one) not in {"Cc", "Cs"}))
    return "".join(kept).strip()


def _tidied(value: T) -> T:
    """Tidy every text within a dataclass of this file; a tuple of texts loses its blank ones, cells stay."""
    changes: dict[str, Any] = {}
    for one in fields(value):  # type: ignore[arg-type]  # only called with dataclasses
        found = getattr(value, one.name)
        if isinstance(found, str):
            changes[one.name] = tidy_text(found)
        elif isinstance(found, tuple | list):
            changes[one.name] = _tidied_tuple(found, keep=isinstance(value, Table))
        elif is_dataclass(found):
            changes[one.name] = _tidied(found)
    return replace(value, **changes)  # type: ignore[type-var]  # as above


def _tidied_tuple(found: Iterable[Any], *, keep: bool) -> tuple[Any, ...]:
    tidy = (tidy_text(one) if isinstance(one, str) else _tidied_tuple(one, keep=True) for one in found)
    return tuple(one for one in tidy if one or keep)


def frozen(issued: Issued) -> dict[str, Any]:
    """Return the content as it is stored."""
    return dict(msgspec.json.decode(canonical(issued)))


def thawed(content: Mapping[str, Any]) -> Issued:
    """Return the letter that was stored; ``msgspec.ValidationError`` when the content has another shape."""
    return msgspec.convert(content, Issued)


def canonical(content: Issued | Mapping[str, Any]) -> bytes:
    """Return the one way the content is written: JSON in UTF-8 with sorted names, no blanks."""
    return msgspec.json.encode(content, order="sorted")


def digest(content: Issued | Mapping[str, Any]) -> str:
    """Return the SHA-256 of the content as ``canonical`` writes it."""
    return hashlib.sha256(canonical(content)).hexdigest()
