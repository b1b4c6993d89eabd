"""Number and sign as Decree 30/2020 writes them (Appendix I, part II, section 3)."""

from nganam.documents.models import Paper


def number_and_sign(number: int, *, kind: str, agency_sign: str, unit_sign: str = "") -> str:
    """Return ``12/QĐ-SKHCN``, for a công văn ``15/SKHCN-CNTT``; a number under ten gets its zero."""
    if kind == Paper.Kind.LETTER:
        return f"{number:02d}/{agency_sign}" + (f"-{unit_sign}" if unit_sign else "")
    return f"{number:02d}/{kind}-{agency_sign}"
