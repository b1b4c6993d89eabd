"""How two values of an attribute agree, from best to worst, with what is declared about each level.

``m`` is how often records of one thing agree so, ``u`` how often two of different things do. Both are declared here for
small sets and for levels a set never shows; larger sets learn their own (``matching``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Level:
    """One level: its word, its condition, the declared frequencies; ``common`` corrects for common names."""

    code: str
    sql: str
    m: float
    u: float
    common: str = ""


SUBSET: Final = "(list_has_all(name_words_l, name_words_r) OR list_has_all(name_words_r, name_words_l))"
OVERLAP: Final = "len(list_intersect({0}_l, {0}_r)) / len(list_distinct(list_concat({0}_l, {0}_r)))"
ONE_OFF: Final = "damerau_levenshtein({0}_l, {0}_r) = 1"
LEVELS: Final[Mapping[str, tuple[Level, ...]]] = {
    "name": (
        Level("same", "name_full_l = name_full_r", 0.72, 0.0008, "name_plain"),
        Level("unmarked", "name_plain_l = name_plain_r", 0.12, 0.0008, "name_plain"),
        Level("order", "name_bag_l = name_bag_r", 0.04, 0.0003),
        Level("shortened", f"name_ends_l = name_ends_r AND {SUBSET}", 0.06, 0.002),
        Level("near", "jaro_winkler_similarity(name_plain_l, name_plain_r) >= 0.93", 0.03, 0.005),
        Level("differs", "ELSE", 0.03, 0.99),
    ),
    "identifier": (
        Level("same", "identifier_l = identifier_r", 0.93, 0.00001),
        Level("near", f"{ONE_OFF.format('identifier')} AND length(identifier_l) > 5", 0.04, 0.00005),
        Level("differs", "ELSE", 0.03, 0.99994),
    ),
    "date": (
        Level("same", "date_l = date_r AND date_whole_l", 0.85, 0.00005),
        Level("swapped", "date_l = date_swapped_r", 0.04, 0.00005),
        Level("year", "date_year_l = date_year_r AND NOT (date_whole_l AND date_whole_r)", 0.06, 0.0015),
        Level("near", ONE_OFF.format("date"), 0.03, 0.0015),
        Level("differs", "ELSE", 0.02, 0.997),
    ),
    "sex": (Level("same", "sex_l = sex_r", 0.98, 0.5), Level("differs", "ELSE", 0.02, 0.5)),
    "phone": (
        Level("same", "phone_l = phone_r", 0.7, 0.0001),
        Level("near", ONE_OFF.format("phone"), 0.03, 0.0001),
        Level("differs", "ELSE", 0.27, 0.9998),
    ),
    "commune": (Level("same", "commune_l = commune_r", 0.85, 0.02), Level("differs", "ELSE", 0.15, 0.98)),
    "address": (
        Level("same", "address_l = address_r", 0.5, 0.001),
        Level("near", f"{OVERLAP.format('address')} >= 0.6", 0.3, 0.01),
        Level("differs", "ELSE", 0.2, 0.989),
    ),
}  # fmt: skip
HELD: Final = {"name": "name_plain", "date": "date"}
"""The spelling that is null where an attribute is missing, where it is not named as the attribute."""


def comparison(attribute: str, *, learnt: bool) -> dict[str, Any]:
    """Return an attribute's levels as splink takes them, with the declared frequencies.

    Only a set that is large enough to learn from knows which names are common.
    """
    held = HELD.get(attribute, attribute)
    missing = {"sql_condition": f"{held}_l IS NULL OR {held}_r IS NULL", "label_for_charts": "missing",
               "is_null_level": True}  # fmt: skip
    return {
        "output_column_name": attribute,
        "comparison_levels": [missing, *(_level(one, learnt=learnt) for one in LEVELS[attribute])],
        "comparison_description": attribute,
    }


def _level(one: Level, *, learnt: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "sql_condition": one.sql,
        "label_for_charts": one.code,
        "m_probability": one.m,
        "u_probability": one.u,
    }
    if one.common and learnt:
        made |= {"tf_adjustment_column": one.common, "tf_adjustment_weight": 1.0, "tf_minimum_u_value": 0.0001}
    return made


def level_of(attribute: str, gamma: int) -> str:
    """Return the word of the level a pair is at: splink counts from the worst, -1 is missing."""
    return "missing" if gamma < 0 else LEVELS[attribute][len(LEVELS[attribute]) - 1 - gamma].code
