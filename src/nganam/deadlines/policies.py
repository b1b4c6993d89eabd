"""Who may do what in the room: "" when allowed, else the reason."""

from django.utils.translation import gettext as _

from nganam.kernel.actors import Actor, Role


def may_edit_calendar(actor: Actor) -> str:
    """The lead agency keeps the working calendar and the local terms."""
    return "" if actor.has(Role.LEAD) else _("Chỉ cơ quan đầu mối được sửa lịch làm việc và thời hạn nội bộ.")
