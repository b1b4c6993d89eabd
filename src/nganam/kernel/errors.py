"""Typed errors. They become words for people in one place only (``nganam.face.problems``).

Messages are Vietnamese source strings that say what is wrong; ``hint`` says what to do about it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

FieldErrors = Mapping[str, Sequence[str]]


class NganamError(Exception):
    """A refusal with a stable code, a message and a hint in Vietnamese.

    ``code`` is what machines compare, ``status`` the HTTP status a door answers with.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Có lỗi xảy ra"

    def __init__(self, message: str, *, hint: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = dict(details or {})


class Invalid(NganamError):
    """What was sent does not have the required form; ``fields`` says which field and why."""

    code = "invalid"
    status = 422
    title = "Thông tin chưa hợp lệ"

    def __init__(
        self,
        message: str,
        *,
        fields: FieldErrors | None = None,
        hint: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.fields = {name: list(texts) for name, texts in (fields or {}).items()}


class NotFound(NganamError):
    """The thing does not exist, or is not the actor's to see: both look the same."""

    code = "not_found"
    status = 404
    title = "Không tìm thấy"


class NotAllowed(NganamError):
    """The actor may see the thing but may not do this deed to it."""

    code = "not_allowed"
    status = 403
    title = "Không được phép"


class RuleBroken(NganamError):
    """The deed would break a rule of law or a local rule; ``article`` names it (``D35.2``, ``nội bộ``)."""

    code = "rule_broken"
    status = 409
    title = "Trái quy định"

    def __init__(self, message: str, *, article: str, hint: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, hint=hint, details=details)
        self.article = article


class StateMoved(NganamError):
    """Somebody else moved the case first; says who, when and where it is now."""

    code = "state_moved"
    status = 409
    title = "Hồ sơ đã chuyển trạng thái"

    def __init__(self, message: str, *, state: str, by: str = "", at: datetime | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint, details={"state": state, "by": by, "at": at.isoformat() if at else None})
        self.state = state
        self.by = by
        self.at = at


class Unavailable(NganamError):
    """Something outside does not answer (a source, the gateway); trying again later may work."""

    code = "unavailable"
    status = 503
    title = "Tạm thời không thực hiện được"
