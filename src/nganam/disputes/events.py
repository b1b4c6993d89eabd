"""Audit actions of the room."""

from nganam.audit import registry
from nganam.disputes.workflow import DISPUTE

STATED = "disputes.statement.made"
TERMS_OFFERED = "disputes.dispute.terms_offered"

registry.register_machine(DISPUTE)
registry.register(
    registry.Action(STATED, "Nêu ý kiến, gửi tài liệu về vướng mắc", "Stated a view or sent evidence on a dispute"),
    registry.Action(TERMS_OFFERED, "Đề nghị nội dung tự thỏa thuận", "Offered terms of a settlement"),
)
