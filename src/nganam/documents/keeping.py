"""The files of an issued letter: the PDF that is held as it was first drawn, the DOCX drawn when asked for.

What was handed out must be recognised years later, also after typst or the template changed: so the first drawing is
kept. Until the job has kept it, it is drawn anew, which by then gives the same bytes.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from nganam.documents import media, queries
from nganam.documents.letters import pdf
from nganam.documents.models import Paper
from nganam.documents.operations import MEGABYTE, store_file
from nganam.kernel.actors import Actor
from nganam.kernel.text import slug

LARGEST = 50 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a file somebody holds relates to the PDF of a letter.

    ``same``: byte for byte. ``extended``: it begins with that PDF, and something (as a rule a digital signature) was
    added after it. ``sha256`` is that of the file compared.
    """

    same: bool
    extended: bool
    sha256: str


def keep_letter(*, actor: Actor, at: datetime, code: str) -> Paper:
    """Draw the PDF of an issued letter and keep it; harmless to repeat. Call it outside a transaction."""
    paper = queries.paper(code)
    if paper.file is None and paper.issued_here:
        drawn = BytesIO(pdf.render(queries.issued(paper)))
        kept = store_file(
            f"{file_name(paper)}.pdf", drawn, actor=actor, at=at, allowed_types={media.PDF}, limit=LARGEST
        )
        Paper.objects.filter(pk=paper.pk, file=None).update(file=kept)
        paper.refresh_from_db()
    return paper


def file_name(paper: Paper) -> str:
    """Return the name of the paper's files without an ending: ``12-qd-skhcn`` for 12/QĐ-SKHCN."""
    return slug(paper.number) or paper.code.lower()


def forms_of(paper: Paper) -> tuple[str, ...]:
    """Return in which forms the paper can be had: a letter as PDF and DOCX, one signed elsewhere as its scan."""
    if paper.issued_here:
        return ("pdf", "docx")
    return ("pdf",) if paper.file is not None and paper.file.media_type == media.PDF else ()


def pdf_of(paper: Paper) -> bytes:
    """Return the PDF of a letter, or the PDF kept of a paper signed elsewhere; ``NotFound`` when there is none."""
    if paper.file is None or "pdf" not in forms_of(paper):
        return pdf.render(queries.issued(paper))
    if paper.issued_here:
        queries.issued(paper)  # refuses content that was changed
    with queries.open_file(paper.file.sha256) as held:
        return held.read()


def docx_of(paper: Paper) -> bytes:
    """Return the letter as DOCX, to be worked on further; ``NotFound`` for a paper signed elsewhere."""
    from nganam.documents.letters import docx  # noqa: PLC0415 - 66 ms that most processes never need

    return docx.render(queries.issued(paper))


def compare(paper: Paper, content: bytes) -> Comparison:
    """Say whether ``content`` is the PDF of the letter."""
    own = pdf_of(paper)
    same = hmac.compare_digest(own, content)
    return Comparison(same, not same and content.startswith(own), hashlib.sha256(content).hexdigest())
