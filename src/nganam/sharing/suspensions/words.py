"""Grounds of suspension and termination as the rule set names them (D43, D44)."""

from nganam.kernel.errors import Invalid
from nganam.law.rules import Word, all_rules, rules

FOR_EVERYBODY = ("maintenance", "force_majeure")
FOR_ONE = ("breach", "risk")


def newest() -> str:
    """Return the newest rule set: forms offer its words, deeds check those of the case's own."""
    return all_rules()[-1].version


def suspension_grounds(version: str, codes: tuple[str, ...]) -> list[Word]:
    """Return the grounds among ``codes``, in the order of the text."""
    return [one for one in rules(version).vocabulary("suspension_ground") if one.code in codes]


def termination_grounds(version: str) -> list[Word]:
    """Return the grounds of D44, a to d."""
    return list(rules(version).vocabulary("termination_ground"))


def word_of(words: list[Word], code: str) -> Word | None:
    """Return the word with this code."""
    return next((one for one in words if one.code == code), None)


def check_ground(words: list[Word], code: str, text: str) -> None:
    """Raise ``Invalid`` on the field ``ground`` when ``code`` is none of ``words``."""
    if word_of(words, code) is None:
        raise Invalid(text, fields={"ground": [text]})
