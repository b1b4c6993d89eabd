"""Public codes of cases: ``YC-2026-0042``. Integer keys never leave the database; these do."""

import re
from typing import NamedTuple

_CODE = re.compile(r"([A-Z][A-Z0-9]{1,9})-([1-9][0-9]{3})-([0-9]{4}|[1-9][0-9]{4,8})", re.ASCII)


class PublicCode(NamedTuple):
    """The parts of a public code; ``str()`` writes it."""

    prefix: str
    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}-{self.number:04d}"


def public_code(prefix: str, year: int, number: int) -> str:
    """Return the code of the ``number``-th case of ``year``; ``ValueError`` on bad parts."""
    code = str(PublicCode(prefix, year, number))
    parse_code(code)
    return code


def parse_code(text: str) -> PublicCode:
    """Return the parts of a code written exactly as ``public_code`` writes it; raise ``ValueError`` otherwise."""
    found = _CODE.fullmatch(text)
    if found is None or int(found[3]) == 0:
        raise ValueError(f"not a public code: {text!r}")
    return PublicCode(found[1], int(found[2]), int(found[3]))
