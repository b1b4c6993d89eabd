"""Reads of the audit record: entries by filter, and the check of the chain."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from nganam.audit.chain import FIELDS, GENESIS, entry_hash
from nganam.audit.models import Entry, Head

CHUNK = 2_000


def entries(
    *,
    object_type: str = "",
    object_code: str = "",
    actor_code: str = "",
    agency: str = "",
    action: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Entry]:
    """Return entries newest first; ``action`` may be a prefix (``sharing.``), ``since``/``until`` are half-open."""
    wanted = {
        "object_type": object_type, "object_code": object_code, "actor_code": actor_code, "agency": agency,
        "action__startswith": action, "at__gte": since, "at__lt": until,
    }  # fmt: skip
    return Entry.objects.filter(**{name: value for name, value in wanted.items() if value}).order_by("-seq")


@dataclass(frozen=True, slots=True)
class Verification:
    """What the check found: ``problem`` is "" or altered, removed, relinked, truncated, added.

    ``first_bad`` is the number of the first entry that does not hold.
    """

    checked: int
    head: str
    problem: str = ""
    first_bad: int | None = None

    @property
    def ok(self) -> bool:
        """Say whether the whole chain holds."""
        return not self.problem

    @property
    def message(self) -> str:
        """Return the finding in words."""
        values = {"seq": self.first_bad, "count": self.checked}
        return {
            "": _("Chuỗi nhật ký nguyên vẹn: %(count)s mục khớp mã băm."),
            "altered": _("Mục số %(seq)s đã bị sửa: nội dung không khớp mã băm."),
            "removed": _("Thiếu mục số %(seq)s: mục này đã bị xóa hoặc đổi số."),
            "relinked": _("Mục số %(seq)s không nối với mục đứng trước."),
            "truncated": _("Các mục từ số %(seq)s trở đi đã bị cắt bỏ."),
            "added": _("Mục số %(seq)s được thêm vào ngoài hệ thống."),
        }[self.problem] % values


def verify_chain() -> Verification:
    """Check every entry from the first to the head, streaming; stop at the first that does not hold.

    Takes no lock: entries recorded meanwhile lie beyond the head that was read first and are left for the next check.
    """
    head = _head()
    expected, prev = 1, GENESIS
    for entry in _stream(head.seq):
        problem = _problem(entry, expected, prev)
        if problem:
            bad = expected if problem == "removed" else entry.seq
            return Verification(expected - 1, head.hash, problem, bad)
        expected, prev = expected + 1, entry.hash
    return _check_end(head, expected, prev)


def head() -> tuple[int, str]:
    """Return the number and hash of the last entry: what is written down elsewhere to prove nothing was cut."""
    end = _head()
    return end.seq, end.hash or GENESIS


def _head() -> Head:
    return Head.objects.filter(pk=1).first() or Head(pk=1)


def _stream(last: int) -> Iterator[Entry]:
    return Entry.objects.filter(seq__lte=last).order_by("seq").iterator(chunk_size=CHUNK)


def _problem(entry: Entry, expected: int, prev: str) -> str:
    if entry.seq > expected:
        return "removed"
    if entry.seq < expected:
        return "added"
    values = {name: getattr(entry, name) for name in FIELDS}
    if entry_hash(values) != entry.hash:
        return "altered"
    return "" if entry.prev_hash == prev else "relinked"


def _check_end(head: Head, expected: int, prev: str) -> Verification:
    done = expected - 1
    if done < head.seq:
        return Verification(done, head.hash, "truncated", expected)
    if head.seq and head.hash != prev:
        return Verification(done, head.hash, "altered", head.seq)
    # Highest row first, then the head again: whatever was recorded properly meanwhile is at or below that head.
    highest = Entry.objects.aggregate(highest=Max("seq"))["highest"] or 0
    if highest > _head().seq:
        return Verification(done, head.hash, "added", head.seq + 1)
    return Verification(done, head.hash)
