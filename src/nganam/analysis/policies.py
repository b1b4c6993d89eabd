"""Who may do what with questions. Each answer is "" when allowed, else the reason in Vietnamese."""

from django.utils.translation import gettext as _

from nganam.analysis.models import Question
from nganam.kernel.actors import Actor, Role

ANALYSTS = (Role.FOCAL, Role.LEAD, Role.ADMIN)


def may_keep(actor: Actor) -> str:
    """Officers keep questions for themselves, at the agency they act for."""
    if actor.is_person and actor.agency and actor.has(*ANALYSTS):
        return ""
    return _("Chỉ cán bộ của một cơ quan được lưu câu hỏi.")


def may_change(actor: Actor, question: Question) -> str:
    """Only who saved a question changes or removes it."""
    if actor.is_person and (question.by_code, question.agency.code) == (actor.code, actor.agency):
        return ""
    return _("Chỉ người lưu câu hỏi được sửa hoặc xóa.")


def may_query(actor: Actor) -> str:
    """Analysts query by SQL the tables they see whole."""
    return "" if actor.is_person and actor.has(*ANALYSTS) else _("Chỉ cán bộ đầu mối được hỏi bằng SQL.")
