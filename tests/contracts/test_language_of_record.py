"""What is written down is Vietnamese, whatever the language of the page it was caused from."""

import ast
import importlib
import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, override

from nganam.audit.models import Entry
from nganam.cases.models import History
from nganam.documents.models import Paper
from nganam.face import telling
from nganam.notices.models import Mail, Notice

pytestmark = pytest.mark.once
SOURCE = Path(telling.__file__).parents[1]
HELPERS = {"scenes_letters", "scenes_signing", "scenes_upstreams"}
SCENES = sorted({path.stem for path in Path(__file__).parents[1].glob("scenes*.py")} - HELPERS)
SECRET = {"token", "address"}


def deeds(module: str) -> list[tuple[str, Callable[[], Any]]]:
    """Return the scenes of a module that need nothing to begin with."""
    found = inspect.getmembers(importlib.import_module(module), inspect.isfunction)
    return [
        (name, deed)
        for name, deed in found
        if deed.__module__ == module
        and deed.__annotations__.get("return") is not None
        and all(one.default is not one.empty for one in inspect.signature(deed).parameters.values())
    ]


def written() -> list[tuple[str, ...]]:
    """Return every text of the record in order."""
    rows: list[tuple[str, ...]] = [(one.event, one.title, one.body) for one in Notice.objects.order_by("pk")]
    rows += [("mail", one.subject, one.body) for one in Mail.objects.order_by("pk")]
    rows += [(one.transition, one.reason, one.legal_basis) for one in History.objects.order_by("pk")]
    rows += [(one.action, _plain(one.details)) for one in Entry.objects.order_by("seq")]
    rows += [(one.object_type, one.title, _plain(one.content)) for one in Paper.objects.order_by("pk")]
    return rows


def _plain(value: Any) -> str:
    known = {name: one for name, one in (value or {}).items() if name not in SECRET and "sha256" not in name}
    return json.dumps(known, ensure_ascii=False, sort_keys=True, default=str)


def told_in(language: str, deed: Callable[[], Any], folder: Path) -> list[tuple[str, ...]]:
    folder.mkdir()
    settings.DATA = folder  # the fixture ``data`` puts it back
    with override(language), transaction.atomic():
        deed()
        found = written()
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("module", SCENES)
def test_the_record_is_the_same_in_whichever_language_one_acts(province: None, tmp_path: Path, module: str) -> None:
    count = 0
    for name, deed in deeds(module):
        english, vietnamese = (told_in(one, deed, tmp_path / f"{name}-{one}") for one in ("en", "vi"))
        assert english == vietnamese, name
        count += len(vietnamese)
    assert count, "the scenes write nothing: this test would prove nothing"


def kept_sentences():
    """Yield each sentence with places to fill in that the code writes down, and the file it stands in."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = getattr(node, "func", None)
            if getattr(called, "id", getattr(called, "attr", "")) == "kept" and isinstance(node.args[0], ast.Constant):
                text = node.args[0].value
                if "%(" in text and re.search(r"\w", telling.SLOT.sub("", text)):
                    yield path.relative_to(SOURCE), text


def test_every_sentence_written_down_filled_in_is_told_in_english_too():
    found = list(kept_sentences())
    assert len(found) > 30
    unknown = [(str(path), text) for path, text in found if text not in telling._sentences]
    assert unknown == [], "name it among the sentences of its room (told.py), else English readers see it in Vietnamese"
    with override("en"):
        assert [text for _path, text in found if gettext(text) == text] == []


def test_a_sentence_filled_in_is_recognised():
    with override("en"):
        assert telling.retold("Có hiệu lực đến trước ngày 03/11/2026.") != "Có hiệu lực đến trước ngày 03/11/2026."
        assert "03/11/2026" in telling.retold("Có hiệu lực đến trước ngày 03/11/2026.")
