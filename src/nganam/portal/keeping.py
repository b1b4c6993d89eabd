"""Views of a release, worked out once: a release never changes, so they are kept beside its files."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings

from nganam.opendata.models import Release


def folder(release: Release) -> Path:
    """Return the folder of what is kept about a release."""
    return Path(settings.DATA) / "opendata" / release.dataset.slug / f"v{release.number}" / "views"


def kept_file(release: Release, name: str, make: Callable[[], Any]) -> Path:
    """Return the file with what ``make`` answers as JSON, made the first time it is asked for."""
    path = folder(release) / name
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        waiting = path.with_name(f".{uuid4().hex}.tmp")
        waiting.write_text(json.dumps(make(), ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        waiting.replace(path)
    return path


def kept(release: Release, name: str, make: Callable[[], Any]) -> Any:
    """Return what is kept under ``name``, worked out the first time it is asked for."""
    return json.loads(kept_file(release, name, make).read_bytes())
