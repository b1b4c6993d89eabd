"""Atom feeds (RFC 4287): written by hand, for they are a dozen lines."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from django.http import HttpResponse

from nganam.portal.reuse import address


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a feed: the page it leads to, in words; ``mark`` tells entries of one page apart."""

    path: str
    title: str
    summary: str
    author: str
    published: datetime
    updated: datetime
    mark: str = ""

    def xml(self) -> str:
        """Return the entry's element."""
        page = address(self.path)
        return (
            f"<entry><id>{escape(page + self.mark)}</id><title>{escape(self.title)}</title>"
            f"<link href={quoteattr(page)}/>"
            f"<published>{self.published.isoformat()}</published><updated>{self.updated.isoformat()}</updated>"
            f"<author><name>{escape(self.author)}</name></author><summary>{escape(self.summary)}</summary></entry>\n"
        )


def atom(title: str, entries: Iterable[Entry], *, here: str, page: str, updated: datetime) -> HttpResponse:
    """Return the feed found at ``here`` of what the ``page`` shows."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>{escape(address(here))}</id><title>{escape(title)}</title><updated>{updated.isoformat()}</updated>\n"
        f'<link rel="self" href={quoteattr(address(here))}/><link href={quoteattr(address(page))}/>\n'
        f"{''.join(one.xml() for one in entries)}</feed>\n"
    )
    return HttpResponse(text, content_type="application/atom+xml; charset=utf-8")
