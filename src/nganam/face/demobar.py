"""The bar that says "made-up people": it goes with the data, whichever command serves them."""

from pathlib import Path

from django.conf import settings

MARK = "demo-data"
WORDS = (
    "Người và doanh nghiệp trong thư mục dữ liệu này do máy sinh. People and enterprises in this folder are made up.\n"
)


def mark() -> bool:
    """Mark the data folder as one of made-up people, for good; return whether it was not yet."""
    place = Path(settings.DATA) / MARK
    if place.exists():
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(WORDS, encoding="utf-8")
    return True


def is_shown() -> bool:
    """Say whether every page has the bar: by ``NGANAM_DEMO``, or because the data folder is marked."""
    return bool(settings.NGANAM_DEMO) or (Path(settings.DATA) / MARK).exists()
