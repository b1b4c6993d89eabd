"""Every address of the platform, and an example of each."""

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

SAMPLES = {
    "int": "1",
    "str": "KHONG-CO",
    "slug": "khong-co",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "path": "khong/co",
}


def patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every address and its pattern."""
    for one in (resolver or get_resolver()).url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one, prefix + str(one.pattern))
        else:
            yield prefix + str(one.pattern), one


def sample(route: str) -> str | None:
    """Return an address that matches, with made-up parts; ``None`` when it cannot be made up."""

    def part(match: re.Match[str]) -> str:
        return SAMPLES.get(match["converter"] or "str", SAMPLES["str"])

    return None if "(?P" in route else "/" + re.sub(r"<(?:(?P<converter>\w+):)?\w+>", part, route)
