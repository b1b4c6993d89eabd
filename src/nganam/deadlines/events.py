"""Audit actions of the room."""

from nganam.audit.registry import Action, register

DAY_EDITED = "deadlines.calendar.edited"
TERM_EDITED = "deadlines.local_term.edited"
HANDED_OVER = "deadlines.clock.handed_over"

register(
    Action(DAY_EDITED, "Sửa lịch làm việc", "Edited the working calendar"),
    Action(TERM_EDITED, "Sửa thời hạn nội bộ", "Edited a local term"),
    Action(HANDED_OVER, "Chuyển thời hạn sang cơ quan khác", "Handed terms over to another agency"),
)
