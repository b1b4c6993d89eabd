"""Every read of saved questions."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from nganam.analysis.models import Question
from nganam.kernel.actors import Actor
from nganam.kernel.errors import NotFound


def questions_for(actor: Actor) -> QuerySet[Question]:
    """Return the officer's own questions and those shared in the agency they act for."""
    found = Question.objects.select_related("agency")
    if not actor.is_person or not actor.agency:
        return found.none()
    return found.filter(Q(by_code=actor.code) | Q(is_shared=True), agency__code=actor.agency)


def get_question_for(actor: Actor, code: str) -> Question:
    """Return a question the officer may open; not theirs is not found."""
    found = questions_for(actor).filter(code=code).first()
    if found is None:
        raise NotFound(_("Không có câu hỏi này."), hint=_("Xem danh sách ở trang Phân tích."))
    return found
