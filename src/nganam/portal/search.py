"""Search over datasets, services, databases and agencies: typed with or without marks, by prefix, with one slip.

Every text is indexed twice: normalised as written and folded. A rebuild writes a new folder and then swaps the pointer
file, so readers never see half an index and a killed rebuild leaves the old one in place. One process rebuilds at a
time, and reads what there is only then: of two rebuilds the later one holds the newer things.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import tantivy
from tantivy import Occur, Query

from nganam.kernel.text import fold, norm

WORDS = re.compile(r"\w+")
KINDS = ("dataset", "service", "database", "agency")
FACETS = ("kind", "agency", "theme")
FEW = 1
"""Below this many hits the query is asked again allowing one wrong letter."""
MEMORY = 30_000_000
FUZZY_FROM = 4
"""Shorter words differ from too many others by one letter: học, hội, hộc."""


@dataclass(frozen=True)
class Document:
    """One thing that can be found; ``body`` is all other text worth finding it by."""

    kind: str
    code: str
    url: str
    title: str
    summary: str
    body: str
    agency: str
    theme: str = ""


@dataclass(frozen=True)
class Hit:
    """One found thing, as the results page shows it."""

    kind: str
    code: str
    url: str
    title: str
    summary: str
    agency: str
    theme: str


@dataclass(frozen=True)
class Results:
    """A page of hits, how many there are in all, and the count of each facet value among them."""

    total: int
    hits: list[Hit]
    facets: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    corrected: bool = False


@lru_cache(maxsize=1)
def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("title", "body", "title_folded", "body_folded"):
        builder.add_text_field(name, stored=False)
    for name in FACETS:
        builder.add_text_field(name, stored=True, tokenizer_name="raw", fast=True)
    for name in ("code", "url", "shown", "summary"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def rebuild(documents: Iterable[Document], folder: Path) -> int:
    """Index everything anew and swap it in; returns how many documents there are.

    ``documents`` is read when the rebuild's turn has come; give a generator that reads the database.
    """
    with _alone(folder):
        number = max((int(one.name) for one in folder.iterdir() if one.name.isdigit()), default=0) + 1
        beside = folder / str(number)
        beside.mkdir()
        count = _write(documents, beside)
        _swap(folder, str(number))
    return count


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process rebuilds; the kernel frees the lock of one that dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(documents: Iterable[Document], folder: Path) -> int:
    writer = tantivy.Index(_schema(), path=str(folder)).writer(MEMORY, 1)
    count = 0
    for document in documents:
        writer.add_document(_row(document))
        count += 1
    writer.commit()
    writer.wait_merging_threads()
    return count


def _row(one: Document) -> tantivy.Document:
    row = tantivy.Document()
    for name, text in (("title", one.title), ("body", f"{one.summary} {one.body} {one.code}")):
        row.add_text(name, norm(text))
        row.add_text(f"{name}_folded", fold(text))
    for name, text in (("kind", one.kind), ("agency", one.agency), ("theme", one.theme), ("code", one.code)):
        row.add_text(name, text)
    for name, text in (("url", one.url), ("shown", one.title), ("summary", one.summary)):
        row.add_text(name, text)
    return row


def _swap(folder: Path, name: str) -> None:
    pointer = folder / ".current"
    with pointer.open("w", encoding="ascii") as out:
        out.write(name)
        out.flush()
        os.fsync(out.fileno())
    before = _named(folder)
    pointer.replace(folder / "current")
    for old in folder.iterdir():
        # The one before stays: a reader may have read the pointer and not yet opened the folder.
        if old.is_dir() and old.name.isdigit() and old.name not in {name, before}:
            shutil.rmtree(old, ignore_errors=True)


def _named(folder: Path) -> str:
    """Return the name of the index in force, "" before the first."""
    try:
        return (folder / "current").read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


@lru_cache(maxsize=4)
def _open(path: str) -> tantivy.Index:
    return tantivy.Index.open(path)


def _searcher(folder: Path) -> tantivy.Searcher | None:
    name = _named(folder)
    return _open(str(folder / name)).searcher() if name else None


def search(
    text: str, folder: Path, *, filters: dict[str, str] | None = None, limit: int = 20, offset: int = 0
) -> Results:
    """Find what matches all words of ``text``; no words means everything. ``filters`` are facet values."""
    searcher = _searcher(folder)
    if searcher is None:
        return Results(0, [])
    query = _query(text, filters or {}, slip=False)
    total = _count(searcher, query)
    corrected = total < FEW and bool(WORDS.findall(text))
    if corrected:
        slipped = _query(text, filters or {}, slip=True)
        more = _count(searcher, slipped)
        corrected = more > total
        query, total = (slipped, more) if corrected else (query, total)
    found = searcher.search(query, limit, offset=offset)
    hits = [_hit(searcher.doc(address)) for _score, address in found.hits]
    return Results(total, hits, _facets(searcher, query), corrected)


def _count(searcher: tantivy.Searcher, query: Query) -> int:
    found: Any = searcher.search(query, 1)
    return int(found.count or 0)


def answers(questions: tuple[tuple[str, str], ...], folder: Path) -> list[tuple[str, str]]:
    """Return those of ``questions`` (question, words to find) that the index answers; kept until it is rebuilt."""
    name = _named(folder)
    return list(_answered(str(folder / name), questions)) if name else []


@lru_cache(maxsize=8)
def _answered(path: str, questions: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    searcher = _open(path).searcher()
    return tuple(one for one in questions if _count(searcher, _query(one[1], {}, slip=False)))


def _hit(row: tantivy.Document) -> Hit:
    def first(name: str) -> str:
        return str(row.get_first(name) or "")

    return Hit(
        first("kind"), first("code"), first("url"), first("shown"), first("summary"), first("agency"), first("theme")
    )


def _facets(searcher: tantivy.Searcher, query: Query) -> dict[str, list[tuple[str, int]]]:
    asked: dict[str, Any] = {name: {"terms": {"field": name, "size": 50}} for name in FACETS}
    answer = searcher.aggregate(query, asked)
    return {name: [(one["key"], one["doc_count"]) for one in answer[name]["buckets"] if one["key"]] for name in FACETS}


def _query(text: str, filters: dict[str, str], *, slip: bool) -> Query:
    plain, folded = WORDS.findall(norm(text)), WORDS.findall(fold(text))
    marked = plain != folded
    clauses: list[tuple[Occur, Query]] = []
    for place, word in enumerate(folded):
        as_written = plain[place] if marked and place < len(plain) else ""
        clauses.append((Occur.Must, _word(word, as_written, last=place == len(folded) - 1, slip=slip)))
    clauses += _phrases(plain if marked else [], folded)
    for name, value in filters.items():
        clauses.append((Occur.Must, Query.const_score_query(Query.term_query(_schema(), name, value), 0.0)))
    return Query.boolean_query(clauses) if clauses else Query.all_query()


def _word(word: str, as_written: str, *, last: bool, slip: bool) -> Query:
    schema = _schema()
    ways = [(3.0, Query.term_query(schema, "title_folded", word)), (1.0, Query.term_query(schema, "body_folded", word))]
    if as_written and as_written != word:
        ways += [
            (6.0, Query.term_query(schema, "title", as_written)),
            (2.0, Query.term_query(schema, "body", as_written)),
        ]
    if last and len(word) > 1:
        start = re.escape(word) + ".*"
        ways += [
            (0.8, Query.regex_query(schema, "title_folded", start)),
            (0.3, Query.regex_query(schema, "body_folded", start)),
        ]
    if slip and len(word) >= FUZZY_FROM:
        ways += [
            (0.7, Query.fuzzy_term_query(schema, "title_folded", word, 1, True, False)),
            (0.3, Query.fuzzy_term_query(schema, "body_folded", word, 1, True, False)),
        ]
    return Query.boolean_query([(Occur.Should, Query.boost_query(query, weight)) for weight, query in ways])


def _phrases(plain: Sequence[str], folded: Sequence[str]) -> list[tuple[Occur, Query]]:
    ways = [(8.0, "title_folded", folded), (3.0, "body_folded", folded), (12.0, "title", plain), (5.0, "body", plain)]
    return [
        (Occur.Should, Query.boost_query(Query.phrase_query(_schema(), name, list(words)), weight))
        for weight, name, words in ways
        if len(words) > 1
    ]
