"""A letter line by line as Appendix I of Decree 30/2020 sets it out; both renderers draw this and decide no wording."""

import io
from dataclasses import dataclass
from datetime import date

import segno

from nganam.documents.letters.content import Issued, Letter, Table
from nganam.documents.models import Paper

COUNTRY = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"
CONFIRM = "Quét mã để xác minh văn bản"
FONT = "Tinos"
"""Metrics of Times New Roman."""
TITLES = {
    Paper.Kind.DECISION: "QUYẾT ĐỊNH",
    Paper.Kind.MINUTES: "BIÊN BẢN",
    Paper.Kind.NOTICE: "THÔNG BÁO",
    Paper.Kind.REPORT: "BÁO CÁO",
    Paper.Kind.SUBMISSION: "TỜ TRÌNH",
    Paper.Kind.PLAN: "KẾ HOẠCH",
    Paper.Kind.AGREEMENT: "VĂN BẢN THỐNG NHẤT",
    Paper.Kind.REGULATION: "QUY CHẾ",
    Paper.Kind.OTHER: "VĂN BẢN",
}
"""Names on paper: Vietnamese whatever the language of the page it was asked from. A công văn carries none."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph; ``head`` ("Điều 1.") stands before it in bold."""

    text: str
    head: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of a letter in the order they are read."""

    superior: str
    issuer: str
    number: str
    about: str
    place_and_date: str
    title: str
    subject: str
    recipients: tuple[str, ...]
    authority: str
    basis: tuple[str, ...]
    resolved: str
    blocks: tuple[Block, ...]
    table: Table | None
    signer: tuple[str, ...]
    signer_name: str
    copies: tuple[str, ...]
    address: str


def sheet(issued: Issued) -> Sheet:
    """Return the lines of an issued letter."""
    letter = issued.letter
    plain = letter.kind == Paper.Kind.LETTER
    decides = letter.kind == Paper.Kind.DECISION
    return Sheet(
        superior=letter.issuer.superior.upper(),
        issuer=letter.issuer.name.upper(),
        number=f"Số: {issued.number}",
        about=f"V/v {letter.subject}" if plain else "",
        place_and_date=f"{letter.issuer.place}, {day_in_words(letter.signed_on)}",
        title="" if plain else TITLES[Paper.Kind(letter.kind)],
        subject="" if plain else letter.subject,
        recipients=tuple(_ends(letter.recipients)),
        authority=letter.authority.upper(),
        basis=tuple(_ends(letter.basis)),
        resolved="QUYẾT ĐỊNH:" if decides else "",
        blocks=_blocks(letter),
        table=letter.table,
        signer=tuple(line.upper() for line in (letter.signer.prefix, letter.signer.title) if line),
        signer_name=letter.signer.name,
        copies=tuple(f"- {line}" for line in _ends(letter.copies)),
        address=issued.address,
    )


def day_in_words(day: date) -> str:
    """Return ``ngày 05 tháng 02 năm 2026``: days under ten and the first two months carry a zero."""
    month = f"{day.month:02d}" if day.month <= 2 else str(day.month)  # noqa: PLR2004 - Appendix I, part II, section 4
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def shares(table: Table) -> list[int]:
    """Return how much room each column needs beside the others, after its longest cell: a number needs little."""
    columns = zip(table.head, *table.rows, strict=True)
    return [min(max(6, *(len(cell) for cell in column)), 40) for column in columns]


def qr(address: str) -> str:
    """Return the QR code of an address as an SVG picture, the same for the same address."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=0, xmldecl=False, svgns=True, nl=False)
    return out.getvalue().decode("ascii")


def qr_picture(address: str) -> bytes:
    """Return the QR code as a PNG picture, for documents that take no SVG."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="png", border=0, scale=8)
    return out.getvalue()


def _blocks(letter: Letter) -> tuple[Block, ...]:
    found = [Block(line) for text in letter.body for line in text.split("\n")]
    for place, text in enumerate(letter.articles, start=1):
        first, *others = text.split("\n")
        found += [Block(first, f"Điều {place}."), *map(Block, others)]
    if found and letter.table is None:
        found[-1] = Block(f"{found[-1].text.rstrip(' .;/')}./.", found[-1].head)
    return tuple(found)


def _ends(lines: tuple[str, ...]) -> list[str]:
    """End each line with a semicolon and the last with a full stop, whatever they ended with."""
    bare = [line.removeprefix("- ").rstrip(" .;,") for line in lines]
    return [f"{line};" for line in bare[:-1]] + [f"{line}." for line in bare[-1:]]
