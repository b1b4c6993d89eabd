"""Draws an issued letter as PDF/A with typst: the same bytes for the same content.

Texts go in as JSON and are only shown, never compiled; typst sees our one template, our fonts, no network, no clock.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import typst

from nganam import face
from nganam.documents.letters import glyphs, sheet
from nganam.documents.letters.content import Issued
from nganam.kernel.errors import Unavailable

FONTS = Path(face.__file__).parent / "static" / "face" / "built" / "print"
TEMPLATE = Path(__file__).with_name("letter.typ")
STANDARDS: "Final[list[typst.PDFStandard]]" = ["a-2a", "ua-1"]


def render(issued: Issued) -> bytes:
    """Return the letter as PDF/A-2a, tagged for screen readers (PDF/UA-1).

    Raises ``Unavailable`` when the typeface was not built.
    """
    compiler = typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=fonts())
    lines = sheet.sheet(issued)
    day = issued.letter.signed_on
    data = glyphs.printable(
        {
            **asdict(lines),
            "country": sheet.COUNTRY,
            "motto": sheet.MOTTO,
            "confirm": sheet.CONFIRM,
            "day": [day.year, day.month, day.day],
            "name": f"{issued.number} {issued.letter.subject}",
            "shown_address": _broken(lines.address),
            "table": asdict(lines.table) | {"widths": sheet.shares(lines.table)} if lines.table else None,
        },
        FONTS / "Tinos_400Regular.ttf",
    )
    drawn = compiler.compile(
        format="pdf",
        sys_inputs={"sheet": msgspec.json.encode(data).decode(), "qr": sheet.qr(lines.address)},
        pdf_standards=STANDARDS,
        timestamp=datetime(day.year, day.month, day.day, tzinfo=UTC),
    )
    if not isinstance(drawn, bytes):
        raise TypeError("typst gave no single file")
    return drawn


@cache
def fonts() -> typst.Fonts:
    """Return the typeface of letters and nothing of the machine, read once."""
    if not (FONTS / "Tinos_400Regular.ttf").exists():
        raise Unavailable(
            "Chưa có phông chữ của văn bản.", hint="Chạy ./nganam prepare để dựng lại giao diện rồi thử lại."
        )
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def _broken(address: str) -> str:
    """Cut the address into lines at its parts: a break within would be copied with it."""
    return address.replace("/van-ban/xac-minh/", "\n/van-ban/xac-minh/\n")
