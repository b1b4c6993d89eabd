"""The translations: found in code and templates with Babel, no gettext programs.

Vietnamese is written in the code; ``locale/en`` holds English. ``locale/vi`` holds only what libraries say in English.
"""

import ast
import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import yaml
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parents[1]
LOCALE = PACKAGE / "locale"
ENGLISH = LOCALE / "en/LC_MESSAGES/django.po"
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "kept": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
    "system": (2,),  # the name of an actor of the platform's own, told on pages
}
CALLS = set(KEYWORDS) - {"system"}
SLOT = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}|(?<!%)%([sd])")
DAY = re.compile(r"\d\d/\d\d/\d{4}")
ATTRIBUTE = re.compile(r":[\w-]+=\"_\(|:[\w-]+='_\(")
# One date for ever: a catalogue that was not translated anew has not changed.
DATED = datetime(2026, 1, 1, tzinfo=UTC)
NOTE = "# English of Ngã Năm. `./nganam messages update` brings it up to the code; translations stay."
Texts = tuple[str, ...]


def extract_messages(root: Path = PACKAGE) -> Catalog:
    """Collect every message of the Python files and templates under ``root``, with the files it stands in."""
    catalog = _empty()
    for path in sorted([*root.rglob("*.py"), *root.glob("*/templates/**/*.html")]):
        name = path.relative_to(root).as_posix()
        for _line, message, comments, context in _messages(path):
            catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    for name, text in _kept_texts(root):
        catalog.add(text, locations=[(name, 0)])
    return catalog


def _kept_texts(root: Path) -> Iterator[tuple[str, str]]:
    """Yield what pages tell of our own data files: notes of the rule sets, names of holidays."""
    for path in sorted(root.glob("law/rulesets/*.yaml")):
        for text in _notes(yaml.safe_load(path.read_text(encoding="utf-8"))):
            yield path.relative_to(root).as_posix(), text
    for path in sorted(root.glob("deadlines/data/*.csv")):
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        for row in csv.DictReader(lines):
            if not DAY.search(row["name"]):
                yield path.relative_to(root).as_posix(), row["name"]


def _notes(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (str(text) for name, text in value.items() if name == "note" and text)
        yield from (note for part in value.values() for note in _notes(part))
    elif isinstance(value, list):
        yield from (note for part in value for note in _notes(part))


def update_po(root: Path = PACKAGE, po: Path = ENGLISH) -> int:
    """Bring the English catalogue up to the code, keeping translations; return how many messages wait for one."""
    catalog = _read(po)
    catalog.update(extract_messages(root), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    catalog.creation_date = catalog.revision_date = DATED
    po.parent.mkdir(parents=True, exist_ok=True)
    beside = po.with_suffix(".po.new")
    with beside.open("wb") as out:
        write_po(out, catalog, width=120, sort_output=True, include_lineno=False)
    beside.replace(po)
    return sum(1 for message in catalog if message.id and not _translated(message))


def compile_mo(locale: Path = LOCALE) -> Path:
    """Compile every ``.po`` to the ``.mo`` beside it; return the folder."""
    for po in sorted(locale.glob("*/LC_MESSAGES/*.po")):
        beside = po.with_suffix(".mo.new")
        with beside.open("wb") as out:
            write_mo(out, _read(po, po.parts[-3]))
        beside.replace(po.with_suffix(".mo"))
    return locale


def problems(root: Path = PACKAGE, po: Path = ENGLISH) -> list[str]:
    """List messages without a right English translation, and ``_()`` written where no extractor can see it."""
    have = _read(po)
    found: list[str] = []
    for message in extract_messages(root):
        if message.id:
            found += [f"{_where(message)}: {fault}" for fault in _faults(message, have)]
    for path in sorted(root.glob("*/templates/**/*.html")):
        if ATTRIBUTE.search(path.read_text(encoding="utf-8")):
            found.append(f"{path.relative_to(root)}: _() in a component's attribute; write {{% trans %}} in it instead")
    for path in sorted(root.rglob("*.py")):
        found += [f"{path.relative_to(root)}:{line}: {UNSEEN}" for line in _unseen(path.read_text(encoding="utf-8"))]
    return found


UNSEEN = "_() inside an f-string, where no extractor sees it; translate a whole sentence with %(name)s instead"


def _unseen(source: str) -> list[int]:
    """Return the lines of translation calls inside f-strings."""
    strings = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr))
    calls = (node for text in strings for node in ast.walk(text) if isinstance(node, ast.Call))
    return sorted({call.lineno for call in calls if _translates(call)})


def _translates(node: ast.Call) -> bool:
    if not node.args or not isinstance(node.args[0], ast.Constant):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in CALLS


def _faults(message: Message, have: Catalog) -> Iterator[str]:
    source = _texts(message.id)
    known = have.get(source[0], context=message.context)
    if known is None:
        yield f"not in the catalogue: {source[0]!r}"
        return
    english = _texts(known.string)
    if not _translated(known):
        yield f"not translated: {source[0]!r}"
    elif known.fuzzy:
        yield f"translation not confirmed (fuzzy): {source[0]!r}"
    elif any(_slots(text) != _slots(source[-1]) for text in english):
        yield f"placeholders differ: {source[0]!r} and {english[0]!r}"


def _translated(message: Message) -> bool:
    texts = _texts(message.string)
    return bool(texts) and all(texts)


def _slots(text: str) -> list[str]:
    return sorted(match.group(0) for match in SLOT.finditer(text))


def _texts(value: str | list[str] | Texts | None) -> Texts:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _where(message: Message) -> str:
    return message.locations[0][0] if message.locations else "?"


def _messages(path: Path) -> Iterator[tuple[int, str | Texts, list[str], str | None]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        # Template text has become runs of X, whose indentation Python's tokenizer would take for blocks.
        source = "\n".join(line.strip() for line in templatize(source, origin=str(path)).splitlines())
    yield from extract("python", io.BytesIO(source.encode()), KEYWORDS, ("Translators:",), {"encoding": "utf-8"})


def _empty(language: str = "en") -> Catalog:
    people = "the people of Ngã Năm"
    return Catalog(
        locale=language, domain="django", project="nganam", version="1", charset="utf-8", fuzzy=False,
        header_comment=NOTE, last_translator=people, language_team=people, msgid_bugs_address="none",
        creation_date=DATED, revision_date=DATED,
    )  # fmt: skip


def _read(po: Path, language: str = "en") -> Catalog:
    if not po.exists():
        return _empty(language)
    with po.open("rb") as source:
        return read_po(source, locale=language, domain="django")
