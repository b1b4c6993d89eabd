"""Audit actions of the room."""

from nganam.audit.registry import Action, register

FEED_ISSUED, FEED_REVOKED = "desk.feed.issued", "desk.feed.revoked"

register(
    Action(FEED_ISSUED, "Tạo lịch thời hạn", "Made a calendar of deadlines"),
    Action(FEED_REVOKED, "Thu hồi lịch thời hạn", "Revoked a calendar of deadlines"),
)
