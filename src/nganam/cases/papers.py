"""The papers of a case: who may see the case may have its letters."""

from django.db.models import QuerySet

from nganam.cases import parties
from nganam.cases.models import Case
from nganam.documents import queries
from nganam.documents.models import Paper
from nganam.face.doors import not_found
from nganam.kernel.actors import Actor
from nganam.kernel.errors import NotFound


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
