"""Dated rule sets: statutory terms, required fields, vocabularies and flags, read from ``rulesets/<date>.yaml``.

A case keeps the rule set in force on the day it was received (``Case.rules``). A later file ``extends`` an earlier one
and states only what changed: a term, silence or flag restated by its key, a form field by form and name, a vocabulary
as a whole; ``uncertain`` lists what carries over although nobody has yet read whether it does.
"""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal, TypeVar

import msgspec
from msgspec.structs import replace

from nganam.law.articles import LOCAL, article
from nganam.law.marks import RulesError, Verified

Unit = Literal["working_days", "days", "months", "before_date"]
Level = Literal["L", "P", "O"]
Stage = Literal["declare", "publish"]

_ITEM = TypeVar("_ITEM")
_PART = TypeVar("_PART", "RequiredField", "Word")
_DAY_OF_YEAR = re.compile(r"(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2}")
LEAP_YEAR = "2028"


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number the law states: ``value`` counts ``unit``.

    For ``before_date`` it is the first day too late, ``MM-DD`` or ``YYYY-MM-DD``. ``starts_vi`` says from what it is
    counted; ``is_notice`` terms are counted back from the planned event. ``verified`` is V when the text was read, V2
    when only a secondary source was, R-… when it is recalled, and ``unverified`` when nobody knows.
    """

    key: str
    value: int | str
    unit: Unit
    article: str
    source: str
    verified: Verified
    vi: str
    en: str
    starts_vi: str
    starts_en: str
    is_notice: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if self.unit == "before_date":
            _check_date(self.key, self.value)
        elif not isinstance(self.value, int) or self.value < 0:
            raise ValueError(f"{self.key}: {self.unit} needs a whole number from 0 up")

    @property
    def is_verified(self) -> bool:
        """Say whether the legal text itself was read."""
        return self.verified == "V"


class Silence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step for which the law states no term: days shown for it are a local choice ("nội bộ")."""

    key: str
    vi: str
    en: str
    articles: tuple[str, ...]
    note: str = ""


class RequiredField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field of a form. ``level`` L: required by the text; P: needed to run the legal workflow; O: optional.

    ``stage`` says when it must be there: on declaring, or only once the thing is published. A mark is stated only
    where it is not that of the article.
    """

    name: str
    vi: str
    en: str
    article: str
    level: Level = "L"
    stage: Stage = "declare"
    stated: Verified | None = msgspec.field(default=None, name="verified")

    @property
    def verified(self) -> Verified | None:
        """Say how far the text that asks for it was read; ``None`` for a local choice, which has none."""
        return _mark(self.stated, self.article)


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One word of a legal vocabulary, in the order of the text; marked as a required field is."""

    code: str
    vi: str
    en: str
    article: str
    stated: Verified | None = msgspec.field(default=None, name="verified")

    @property
    def verified(self) -> Verified | None:
        """Say how far the text that has it was read; ``None`` for a local choice, which has none."""
        return _mark(self.stated, self.article)


class Flag(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A yes or no of the law (or of our reading of it, then ``article`` is "nội bộ"); marked as a required field is."""

    name: str
    value: bool
    article: str
    vi: str
    en: str
    stated: Verified | None = msgspec.field(default=None, name="verified")

    @property
    def verified(self) -> Verified | None:
        """Say how far the text was read; ``None`` for a local choice, which has none."""
        return _mark(self.stated, self.article)


class Uncertain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What carries over from the earlier rule set although its survival was not read.

    Of the named forms and vocabularies these are the fields and words whose legal text another one has replaced; the
    others rest on texts that stay.
    """

    note: str
    terms: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    vocabularies: tuple[str, ...] = ()


class RuleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of ``rulesets`` as written."""

    version: str
    in_force_from: date
    vi: str
    en: str
    extends: str = ""
    terms: tuple[Term, ...] = ()
    silences: tuple[Silence, ...] = ()
    flags: tuple[Flag, ...] = ()
    forms: dict[str, tuple[RequiredField, ...]] = {}
    vocabularies: dict[str, tuple[Word, ...]] = {}
    uncertain: Uncertain = Uncertain("")


class RuleSet(msgspec.Struct, frozen=True, dict=True):
    """The rules in force from a day on, whole: what earlier sets said and later ones did not change is in here."""

    version: str
    in_force_from: date
    vi: str
    en: str
    terms: tuple[Term, ...]
    silences: tuple[Silence, ...]
    flags: tuple[Flag, ...]
    forms: Mapping[str, tuple[RequiredField, ...]]
    vocabularies: Mapping[str, tuple[Word, ...]]

    @cached_property
    def _terms(self) -> dict[str, Term]:
        return {one.key: one for one in self.terms}

    @cached_property
    def _flags(self) -> dict[str, Flag]:
        return {one.name: one for one in self.flags}

    def term(self, key: str) -> Term:
        """Return the statutory term ``key``; raise ``RulesError`` (a ``LookupError``) where the law states none."""
        return _look_up(self._terms, key, f"{self.version}: no statutory term")

    def is_silent_on(self, key: str) -> bool:
        """Say whether the law is known to state no term for ``key``."""
        return any(one.key == key for one in self.silences)

    def required(self, form: str) -> tuple[RequiredField, ...]:
        """Return every field of ``form`` in the order of the text, of all levels."""
        return _look_up(self.forms, form, f"{self.version}: no form")

    def missing(
        self, form: str, values: Mapping[str, object], *, levels: Sequence[Level] = ("L",), stage: Stage = "declare"
    ) -> tuple[RequiredField, ...]:
        """Return the fields of ``levels`` that must be there at ``stage`` and are absent, ``None``, blank or empty."""
        stages = ("declare",) if stage == "declare" else ("declare", "publish")
        wanted = (one for one in self.required(form) if one.level in levels and one.stage in stages)
        return tuple(one for one in wanted if _is_empty(values.get(one.name)))

    def vocabulary(self, name: str) -> tuple[Word, ...]:
        """Return the words of the vocabulary ``name``."""
        return _look_up(self.vocabularies, name, f"{self.version}: no vocabulary")

    def flag(self, name: str) -> bool:
        """Return the yes or no called ``name``."""
        return _look_up(self._flags, name, f"{self.version}: no flag").value


def _mark(stated: Verified | None, code: str) -> Verified | None:
    return stated or (None if code == LOCAL else article(code).read)


def _check_date(key: str, value: int | str) -> None:
    if not isinstance(value, str) or not _DAY_OF_YEAR.fullmatch(value):
        raise ValueError(f"{key}: before_date needs MM-DD or YYYY-MM-DD")
    date.fromisoformat(value if value.count("-") > 1 else f"{LEAP_YEAR}-{value}")


def _is_empty(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (hasattr(value, "__len__") and len(value) == 0)


def _look_up(known: Mapping[str, _ITEM], key: str, problem: str) -> _ITEM:
    try:
        return known[key]
    except KeyError as error:
        raise RulesError(f"{problem} {key!r}") from error


def read_rules(text: str, name: str) -> RuleFile:
    """Read one rule file; ``name`` is said in errors. Raises ``RulesError`` naming the place of what is wrong."""
    try:
        found = msgspec.yaml.decode(text, type=RuleFile)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise RulesError(f"{name}: {error}") from error
    if found.version != found.in_force_from.isoformat():
        raise RulesError(f"{name}: version {found.version!r} is not the day it comes into force")
    for what, keys in _keys_of(found):
        twice = _duplicates(keys)
        if twice:
            raise RulesError(f"{name}: {what} stands twice: {', '.join(map(str, twice))}")
    return found


def _keys_of(found: RuleFile) -> Iterable[tuple[str, list[Hashable]]]:
    yield "term or silence", [*(one.key for one in found.terms), *(one.key for one in found.silences)]
    yield "flag", [flag.name for flag in found.flags]
    yield "form field", [(form, field.name) for form, fields in found.forms.items() for field in fields]
    yield "word", [(name, word.code) for name, words in found.vocabularies.items() for word in words]


def _duplicates(keys: Iterable[Hashable]) -> list[Hashable]:
    seen: set[Hashable] = set()
    return [key for key in keys if key in seen or seen.add(key)]  # type: ignore[func-returns-value]


def assemble(found: Iterable[RuleFile]) -> tuple[RuleSet, ...]:
    """Put files together, each on the one it extends, in order of date. Raises ``RulesError`` on what does not fit."""
    done: dict[str, RuleSet] = {}
    for one in sorted(found, key=lambda each: each.in_force_from):
        if one.version in done:
            raise RulesError(f"{one.version}: two files of one version")
        if one.extends and one.extends not in done:
            raise RulesError(f"{one.version}: extends {one.extends!r}, which is no earlier rule set")
        done[one.version] = _on_top(done.get(one.extends), one)
    return tuple(done.values())


def _on_top(base: RuleSet | None, found: RuleFile) -> RuleSet:
    """Return ``base`` with what ``found`` restates; a restated key keeps its place, a new one goes to the end."""
    old = base or RuleSet("", found.in_force_from, "", "", (), (), (), {}, {})
    stated = {one.key for one in found.terms}
    return RuleSet(
        version=found.version,
        in_force_from=found.in_force_from,
        vi=found.vi,
        en=found.en,
        terms=_merge(_doubted(old.terms, found), {one.key: one for one in found.terms}, "key"),
        silences=_merge(
            tuple(one for one in old.silences if one.key not in stated), {one.key: one for one in found.silences}, "key"
        ),
        flags=_merge(old.flags, {one.name: one for one in found.flags}, "name"),
        forms=_merged_forms(_doubted_parts(old.forms, found.uncertain.forms, found), found),
        vocabularies={
            **_doubted_parts(old.vocabularies, found.uncertain.vocabularies, found),
            **found.vocabularies,
        },
    )


def _doubted(terms: tuple[Term, ...], found: RuleFile) -> tuple[Term, ...]:
    """Return the carried terms, those in ``uncertain`` marked, those now silent left out."""
    unknown = set(found.uncertain.terms) - {one.key for one in terms}
    if unknown:
        raise RulesError(f"{found.version}: uncertain terms that no earlier set has: {', '.join(sorted(unknown))}")
    silent = {one.key for one in found.silences}
    note = found.uncertain.note
    return tuple(
        replace(one, verified="unverified", note=note) if one.key in found.uncertain.terms else one
        for one in terms
        if one.key not in silent
    )


def _doubted_parts(
    old: Mapping[str, tuple[_PART, ...]], doubted: Sequence[str], found: RuleFile
) -> dict[str, tuple[_PART, ...]]:
    """Return the carried forms or vocabularies, what in the doubted ones rests on a replaced text marked."""
    day = found.in_force_from
    idle = [name for name in doubted if not any(_is_replaced(one, day) for one in old.get(name, ()))]
    if idle:
        raise RulesError(f"{found.version}: nothing uncertain in, or no earlier set has: {', '.join(idle)}")
    return {
        name: tuple(replace(one, stated="unverified") if _is_replaced(one, day) else one for one in parts)
        if name in doubted
        else parts
        for name, parts in old.items()
    }


def _is_replaced(one: RequiredField | Word, day: date) -> bool:
    return one.article != LOCAL and article(one.article).is_replaced_on(day)


def _merged_forms(
    carried: Mapping[str, tuple[RequiredField, ...]], found: RuleFile
) -> dict[str, tuple[RequiredField, ...]]:
    stated = {
        form: _merge(carried.get(form, ()), {one.name: one for one in fields}, "name")
        for form, fields in found.forms.items()
    }
    return {**carried, **stated}


def _merge(old: tuple[_ITEM, ...], new: Mapping[str, _ITEM], key: str) -> tuple[_ITEM, ...]:
    names = [getattr(one, key) for one in old]
    kept = [new.get(name, one) for name, one in zip(names, old, strict=True)]
    return (*kept, *(one for name, one in new.items() if name not in names))


@cache
def all_rules() -> tuple[RuleSet, ...]:
    """Return every rule set in order of date."""
    folder = files("nganam.law") / "rulesets"
    paths = sorted((one for one in folder.iterdir() if one.name.endswith(".yaml")), key=lambda one: one.name)
    return assemble(read_rules(one.read_text(encoding="utf-8"), one.name) for one in paths)


@cache
def rules(version: str) -> RuleSet:
    """Return the rule set ``version`` (``2025-08-19``); raise ``RulesError`` if there is none."""
    return _look_up({one.version: one for one in all_rules()}, version, "no rule set")


def rules_on(day: date) -> RuleSet:
    """Return the rule set in force on ``day``; raise ``RulesError`` for a day before the first one."""
    in_force = [one for one in all_rules() if one.in_force_from <= day]
    if not in_force:
        raise RulesError(f"no rule set was in force on {day.isoformat()}")
    return in_force[-1]
