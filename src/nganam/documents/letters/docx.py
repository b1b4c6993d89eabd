"""Draws an issued letter as DOCX, to be worked on further: the same lines as the PDF, the same bytes each time."""

import io
import zipfile
from collections.abc import Iterable
from datetime import datetime, time

from docx import Document
from docx.document import Document as Page
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table as Grid
from docx.table import _Cell as Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from nganam.documents.letters import sheet
from nganam.documents.letters.content import Issued
from nganam.documents.letters.content import Table as Wanted

FONT = "Times New Roman"
"""Named as the decree does: DOCX carries no typeface, and machines without this one take a twin."""
WIDTH = Mm(160)
LEFT = Mm(69)
INDENT = Mm(10)
THUMBNAIL = "/thumbnail"


def render(issued: Issued) -> bytes:
    """Return the letter as DOCX."""
    lines = sheet.sheet(issued)
    page = _page(issued)
    _head(page, lines)
    _name(page, lines)
    _recipients(page, lines.recipients)
    _text(page, lines)
    if lines.table is not None:
        _table(page, lines.table)
    _foot(page, lines)
    out = io.BytesIO()
    page.save(out)
    return _same_bytes(out.getvalue())


def _page(issued: Issued) -> Page:
    """Return an empty A4 page with the margins, the typeface, the properties and the page number of a letter."""
    page = Document()
    _properties(page, issued)
    style = page.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(14)
    kinds = style.element.get_or_add_rPr().get_or_add_rFonts()
    for kind in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        kinds.set(qn(kind), FONT)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "vi-VN")
    style.element.get_or_add_rPr().append(language)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(0)
    section = page.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.right_margin = Mm(22), Mm(20), Mm(20)
    section.left_margin, section.header_distance = Mm(30), Mm(10)
    section.different_first_page_header_footer = True
    _page_number(section.header.paragraphs[0])
    return page


def _properties(page: Page, issued: Issued) -> None:
    known, day = page.core_properties, datetime.combine(issued.letter.signed_on, time())
    known.title, known.author = f"{issued.number} {issued.letter.subject}"[:255], issued.letter.issuer.name[:255]
    known.last_modified_by, known.comments, known.language = "", "", "vi-VN"
    known.created = known.modified = day
    known.revision = 1
    package = page.part.package
    for name in [name for name, one in package.rels.items() if one.reltype.endswith(THUMBNAIL)]:
        package.rels.pop(name)


def _page_number(paragraph: Paragraph) -> None:
    paragraph.alignment = ALIGN.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)  # noqa: SLF001 - python-docx has no word for fields


def _head(page: Page, lines: sheet.Sheet) -> None:
    table = _columns(page, (LEFT, WIDTH - LEFT), rows=2)
    agency, country = table.rows[0].cells
    for text, bold in ((lines.superior, False), (lines.issuer, True)):
        if text:
            _line(agency, text, size=12, bold=bold)
    _rule(agency, Mm(22), LEFT)
    _line(country, sheet.COUNTRY, size=12, bold=True)
    _line(country, sheet.MOTTO, size=13.5, bold=True)
    _rule(country, Mm(59), WIDTH - LEFT)
    number, day = table.rows[1].cells
    _line(number, lines.number, size=13).paragraph_format.space_before = Pt(6)
    if lines.about:
        _line(number, lines.about, size=12.5).paragraph_format.space_before = Pt(6)
    _line(day, lines.place_and_date, size=13.5, italic=True).paragraph_format.space_before = Pt(6)


def _name(page: Page, lines: sheet.Sheet) -> None:
    if lines.title:
        _line(page, lines.title, bold=True).paragraph_format.space_before = Pt(18)
        _line(page, lines.subject, bold=True)
        _rule(page, Mm(32), WIDTH)


def _recipients(page: Page, recipients: tuple[str, ...]) -> None:
    if not recipients:
        return
    first = f"Kính gửi: {recipients[0]}" if len(recipients) == 1 else "Kính gửi:"
    opening = _line(page, first)
    opening.paragraph_format.space_before = Pt(14)
    if len(recipients) > 1:
        opening.alignment, opening.paragraph_format.left_indent = ALIGN.LEFT, Mm(25)
        for one in recipients:
            below = _line(page, f"- {one}")
            below.alignment, below.paragraph_format.left_indent = ALIGN.LEFT, Mm(48)
    page.paragraphs[-1].paragraph_format.space_after = Pt(8)


def _text(page: Page, lines: sheet.Sheet) -> None:
    if lines.authority:
        authority = _line(page, lines.authority, bold=True)
        authority.paragraph_format.space_before, authority.paragraph_format.space_after = Pt(12), Pt(8)
    for one in lines.basis:
        _paragraph(page, sheet.Block(one), italic=True)
    if lines.resolved:
        resolved = _line(page, lines.resolved, bold=True)
        resolved.paragraph_format.space_before, resolved.paragraph_format.space_after = Pt(12), Pt(8)
    for block in lines.blocks:
        _paragraph(page, block)


def _paragraph(page: Page, block: sheet.Block, *, italic: bool = False) -> None:
    made = page.add_paragraph()
    made.alignment = ALIGN.JUSTIFY
    made.paragraph_format.first_line_indent, made.paragraph_format.space_after = INDENT, Pt(6)
    if block.head:
        made.add_run(f"{block.head} ").bold = True
    made.add_run(block.text).italic = italic


def _table(page: Page, table: Wanted) -> None:
    if table.title:
        title = _line(page, table.title, size=13, bold=True)
        title.paragraph_format.space_before = title.paragraph_format.space_after = Pt(6)
        title.paragraph_format.keep_with_next = True
    grid = page.add_table(rows=0, cols=len(table.head), style="Table Grid")
    grid.alignment, grid.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    shares = sheet.shares(table)
    for column, share in zip(grid.columns, shares, strict=True):
        column.width = WIDTH * share // sum(shares)
    _row(grid.add_row().cells, table.head, bold=True)
    repeated = OxmlElement("w:tblHeader")
    grid.rows[0]._tr.get_or_add_trPr().append(repeated)  # noqa: SLF001 - python-docx has no word for a repeated head
    for row in table.rows:
        _row(grid.add_row().cells, row)


def _row(cells: Iterable[Cell], texts: Iterable[str], *, bold: bool = False) -> None:
    for cell, text in zip(cells, texts, strict=True):
        line = _line(cell, text, size=13, bold=bold)
        line.alignment = ALIGN.CENTER if bold else ALIGN.LEFT


def _foot(page: Page, lines: sheet.Sheet) -> None:
    page.add_paragraph()
    copies, signer = _columns(page, (WIDTH // 2, WIDTH // 2)).rows[0].cells
    if lines.copies:
        _left(_line(copies, "Nơi nhận:", size=12, bold=True, italic=True))
        for one in lines.copies:
            _left(_line(copies, one, size=11))
    picture = _left(copies.add_paragraph())
    picture.paragraph_format.space_before = Pt(8)
    picture.add_run().add_picture(io.BytesIO(sheet.qr_picture(lines.address)), width=Mm(18))
    _left(_line(copies, f"{sheet.CONFIRM}\n{lines.address}", size=8))
    for one in lines.signer:
        _line(signer, one, bold=True)
    _line(signer, lines.signer_name, bold=True).paragraph_format.space_before = Mm(26)


def _columns(page: Page, widths: tuple[int, int], rows: int = 1) -> Grid:
    """Add a table without lines, whose cells begin without a paragraph of their own."""
    table: Grid = page.add_table(rows=rows, cols=2)
    table.autofit = False
    margins = OxmlElement("w:tblCellMar")
    for side in ("w:left", "w:right"):
        margin = OxmlElement(side)
        margin.set(qn("w:w"), "0")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.append(margins)  # noqa: SLF001 - python-docx has no word for margins of cells
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))  # noqa: SLF001 - no word for it either
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = width
    return table


def _left(paragraph: Paragraph) -> Paragraph:
    paragraph.alignment = ALIGN.LEFT
    return paragraph


def _line(where: Page | Cell, text: str, *, size: float = 14, bold: bool = False, italic: bool = False) -> Paragraph:
    """Add a centred line; the paragraph every cell begins with is used first."""
    first = where.paragraphs[0] if isinstance(where, Cell) else None
    made = first if first is not None and not first.runs and len(where.paragraphs) == 1 else where.add_paragraph()
    made.alignment = ALIGN.CENTER
    run: Run = made.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    return made


def _rule(where: Page | Cell, length: int, width: int) -> None:
    """Draw a line of ``length`` in the middle of ``width``: the lower border of an empty low paragraph."""
    made = where.add_paragraph()
    made.paragraph_format.left_indent = made.paragraph_format.right_indent = (width - length) // 2
    made.paragraph_format.line_spacing = Pt(4)
    border = OxmlElement("w:pBdr")
    below = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "auto")):
        below.set(qn(f"w:{name}"), value)
    border.append(below)
    made._p.get_or_add_pPr().insert_element_before(  # noqa: SLF001 - python-docx has no word for borders
        border, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _same_bytes(made: bytes) -> bytes:
    """Pack the parts again under one date: python-docx stamps them with the time of the day."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in parts.namelist():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            packed.writestr(entry, parts.read(name))
    return out.getvalue()
