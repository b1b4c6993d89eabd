"""The papers of a case: who may see the case may have its letters."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from nganam.cases import parties
from nganam.cases.models import Case
from nganam.documents import keeping, media, queries
from nganam.documents.models import Paper, StoredFile
from nganam.face.doors import not_found
from nganam.kernel.actors import Actor
from nganam.kernel.errors import NotFound

FORMATS = {"pdf": (keeping.pdf_of, media.PDF), "docx": (keeping.docx_of, media.DOCX)}
"""The forms a letter can be had in: what draws it, and its media type."""


def papers_of(case: Case) -> QuerySet[Paper]:
    """Return the papers of a case, first to last, for ``cases/papers.html``; the case was found for somebody before."""
    return queries.papers_of(case.MACHINE.code, case.code)


def get_paper_for(actor: Actor, code: str) -> Paper:
    """Return a paper of a case the actor may see; no such paper and no such right look the same."""
    try:
        paper = queries.paper(code)
        parties.find_for(actor, paper.object_type, paper.object_code)
    except NotFound as error:
        raise not_found() from error
    return paper


def files_of(case: Case) -> list[tuple[str, StoredFile]]:
    """Return the files sent with a case under the names their senders gave them; the case was found before."""
    conduct = parties.conduct_of(case.MACHINE.code)
    return list(conduct.files(case)) if conduct and conduct.files else []


def file_of(case: Case, sha256: str) -> tuple[str, StoredFile]:
    """Return a file of the case by its digest; ``NotFound`` for one of anything else."""
    found = next(((name, stored) for name, stored in files_of(case) if stored.sha256 == sha256), None)
    if found is None:
        raise NotFound(_("Hồ sơ không có tệp này."))
    return found
