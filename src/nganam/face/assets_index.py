"""Addresses of built files that are asked for on every page."""

from functools import cache

from django.conf import settings
from django.templatetags.static import static

SPRITE = "face/built/icons.svg"


@cache
def _hashed() -> str:
    return static(SPRITE)


def sprite() -> str:
    """Return the address of the icon sprite (looked up once: a page draws dozens of icons)."""
    return static(SPRITE) if settings.DEBUG else _hashed()
