"""Words of the desk in the reader's language."""

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from nganam.audit import registry
from nganam.desk.bulk import possible
from nganam.desk.worklist import LATE, LATER, ME, NEVER, OTHERS, SOON, Work

register = template.Library()


def _english() -> bool:
    return (get_language() or "").startswith("en")


@register.filter
def action_label(code: str) -> str:
    """Name an audit action; an action whose room is gone keeps its code."""
    try:
        action = registry.action(code)
    except registry.UnknownAction:
        return code
    return action.en if _english() else action.vi


@register.filter
def whose_label(whose: str) -> str:
    """Name one of the three lists of cases."""
    return {ME: _("Chờ tôi xử lý"), OTHERS: _("Tôi đang chờ")}.get(whose) or _("Tất cả")


@register.filter
def due_label(due: str) -> str:
    """Name a stretch of due days."""
    return {
        LATE: _("Quá hạn"),
        SOON: _("Sắp đến hạn"),
        LATER: _("Còn lâu hơn"),
        NEVER: _("Không có thời hạn"),
    }[due]


@register.filter
def can_be_marked(work: Work) -> bool:
    """Say whether something can be done for the case together with others."""
    return bool(possible(work))
