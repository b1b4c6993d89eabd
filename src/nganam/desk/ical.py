"""Deadlines as an iCalendar file (RFC 5545): an event of a whole day for each running clock."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from nganam.deadlines.models import Clock
from nganam.desk.queries import Due
from nganam.face.templatetags.nganam import article_text

PRODUCT = "-//Nga Nam//Thoi han//VI"
NEEDED = ("key", "object_type", "object_code", "agency", "article", "is_local", "vi", "started_at", "due_on")
"""What is read of a clock."""
FOLD = 75
"""Octets of a line, its break left out."""


def calendar(rows: Iterable[Due], *, name: str, names: dict[str, str], address: str) -> str:
    """Write the calendar ``name``; ``names`` are those of agencies, ``address`` is that of the platform."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}", f"NAME:{_text(name)}", "X-WR-TIMEZONE:Asia/Ho_Chi_Minh",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H", "X-PUBLISHED-TTL:PT6H",
    ]  # fmt: skip
    words = _Words.now(names, address)
    for row in rows:
        lines += _event(row, words)
    lines.append("END:VCALENDAR")
    return "\r\n".join([_folded(line) for line in lines]) + "\r\n"


@dataclass(frozen=True, slots=True)
class _Words:
    """What the events of a calendar are worded with: looked up once, not for each of a thousand."""

    names: Mapping[str, str]
    address: str
    host: str
    summary: str
    agency: str
    basis: str
    local: str
    kinds: tuple[str, str]
    articles: dict[str, str]

    @classmethod
    def now(cls, names: Mapping[str, str], address: str) -> "_Words":
        """Return them in the active language."""
        return cls(
            names, address, urlsplit(address).hostname or "nganam", _("Hạn: %(label)s (%(code)s)"),
            _("Cơ quan phải làm: %(agency)s"), _("Căn cứ: %(basis)s"), _("nội bộ"),
            (_text(_("Thời hạn theo quy định")), _text(_("Thời hạn nội bộ"))), {},
        )  # fmt: skip

    def basis_of(self, clock: Clock) -> str:
        """Return what a term rests on."""
        if clock.is_local:
            return self.local
        if clock.article not in self.articles:
            self.articles[clock.article] = article_text(clock.article)
        return self.articles[clock.article]


def _event(row: Due, words: _Words) -> list[str]:
    clock = row.clock
    said = [
        row.title,
        words.agency % {"agency": words.names.get(clock.agency, clock.agency)} if clock.agency else "",
        words.basis % {"basis": words.basis_of(clock)},
        f"{words.address}{row.url}" if row.url else "",
    ]
    lines = [
        "BEGIN:VEVENT",
        f"UID:{_uid(clock)}@{words.host}",
        f"DTSTAMP:{_instant(clock.started_at)}",
        f"DTSTART;VALUE=DATE:{_day(clock.due_on)}",
        f"DTEND;VALUE=DATE:{_day(clock.due_on + timedelta(days=1))}",
        "SUMMARY:" + _text(words.summary % {"label": clock.vi, "code": clock.object_code}),
        f"DESCRIPTION:{_text(chr(10).join(part for part in said if part))}",
        f"CATEGORIES:{words.kinds[clock.is_local]}",
        "TRANSP:TRANSPARENT",
        "STATUS:CONFIRMED",
    ]
    if row.url:
        lines.append(f"URL:{words.address}{row.url}")
    return [*lines, "END:VEVENT"]


def _uid(clock: Clock) -> str:
    """Name a clock the same at every reading, also when its day moves; no number of ours goes out."""
    named = f"{clock.object_type}|{clock.object_code}|{clock.key}|{clock.started_at.astimezone(UTC).isoformat()}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]


def _day(value: date) -> str:
    return value.isoformat().replace("-", "")


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds")[:19].replace("-", "").replace(":", "") + "Z"


def _text(value: str) -> str:
    """Escape a text value (RFC 5545, 3.3.11)."""
    return MEANT.sub(lambda found: ESCAPED.get(found[0], ""), value.replace("\r\n", "\n").replace("\r", "\n"))


MEANT = re.compile(r"[\x00-\x1f\\;,]")
ESCAPED = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
"""What is written for a sign that means something to a calendar; other control signs are left out."""


def _folded(line: str) -> str:
    """Cut a line at 75 octets, never within a letter; each further part begins with a space."""
    # No letter has more than four octets.
    if len(line) * 4 <= FOLD or (line.isascii() and len(line) <= FOLD):
        return line
    octets, start, room = line.encode(), 0, FOLD
    parts = []
    while len(octets) - start > room:
        end = start + room
        while octets[end] & 0xC0 == 0x80:  # noqa: PLR2004 - the middle of a letter in UTF-8
            end -= 1
        parts.append(octets[start:end].decode())
        start, room = end, FOLD - 1
    return "\r\n ".join([*parts, octets[start:].decode()])
