"""Pairs of records that may be one thing, with the evidence of each: exact rules, then splink's probabilistic model.

Repeatable: the sample for ``u`` is drawn by digests, one thread sums, and what is learnt is rounded before it is used.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from nganam.master.engine.attributes import IDENTIFIER
from nganam.master.engine.levels import LEVELS, comparison, level_of
from nganam.warehouse.engine.duck import duck

if TYPE_CHECKING:
    from splink import Linker

LEARNS_FROM: Final = 2000
"""Records from which a set learns its own frequencies; below, the declared ones stand (nội bộ)."""
SEED: Final = 7
SAMPLED_PAIRS: Final = 1_000_000
DIGITS: Final = 6
AT_ONCE: Final = 10_000
STRICT: Final = (
    "l.identifier = r.identifier", "l.name_bag = r.name_bag AND l.date = r.date",
    "l.name_bag = r.name_bag AND l.phone = r.phone", "l.name_bag = r.name_bag AND l.commune = r.commune",
)  # fmt: skip
"""Blocks of records that are mostly one thing: what levels they show is learnt from two of them."""
ENOUGH: Final = 2
RECALL: Final = 0.8
"""How many of the true pairs the first two find, as declared: from this follows the chance of two random records."""
DECLARED, LEARNT = "declared", "learnt"
SMALLEST, LARGEST = 1e-7, 1 - 1e-7
BLOCKS: Final = (
    ("identifier",), ("phone",), ("name_bag", "date_year"), ("name_ends", "date_year"), ("date", "name_last"),
    ("name_bag", "commune"), ("date", "commune", "sex"),
)  # fmt: skip
WITHOUT_DATE: Final = (("name_bag",), ("name_ends", "commune"), ("name_last", "commune"))
"""Pairs are compared that share one of these; of sets without dates, of these too."""
PARTS: Final = {"name_bag": "name", "name_ends": "name", "name_last": "name", "date_year": "date"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a pair agrees in one attribute, and how much that weighs: bits for (+) or against (−) being one thing."""

    attribute: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records with what speaks for their being one thing; ``left`` < ``right``."""

    left: str
    right: str
    probability: float
    weight: float
    evidence: tuple[Evidence, ...]

    def level(self, attribute: str) -> str:
        """Return how the pair agrees in an attribute; "missing" where it is not compared."""
        return next((one.level for one in self.evidence if one.attribute == attribute), "missing")

    @property
    def is_exact(self) -> bool:
        """Say whether they have the same identifier, and nothing else says that they are two."""
        against = self.level("name") == "differs" and self.level("date") in {"differs", "missing", "year"}
        return self.level("identifier") == "same" and not against


@dataclass(frozen=True, slots=True)
class Model:
    """The model a run used: where its frequencies come from, the chance of two random records, each level's m and u."""

    origin: str
    prior: float
    levels: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def match(records: pa.Table, least: float, scratch: Path | None = None) -> tuple[list[Pair], Model]:
    """Return the pairs with the same identifier or at least this probability, in order, and the model used.

    The engine may spill to ``scratch``, which is the caller's to remove.
    """
    compared = [one for one in LEVELS if _is_held(records, one)]
    if records.num_rows < 2 or not compared:  # noqa: PLR2004 - a pair
        return [], Model(DECLARED, 0.0)
    # splink speaks of the records' values in its log.
    logging.getLogger("splink").setLevel(logging.CRITICAL)
    blocks = _blocks(compared)
    learnt = _learn(records, compared, blocks, scratch) if records.num_rows >= LEARNS_FROM else None
    settings = learnt or _settings(compared, blocks, prior=_prior(records))
    with duck(scratch, alone=True) as base:  # the setting is the engine's
        base.execute("SET threads=1")
        found = _predict(_linker(base, records, settings), compared, settings, least)
        pairs = [_pair(row, compared) for row in found]
    kept = [one for one in pairs if one.probability >= least or one.level("identifier") == "same"]
    return sorted(kept, key=lambda one: (one.left, one.right)), _model(settings, learnt is not None)


def _predict(
    linker: "Linker", compared: Sequence[str], settings: Mapping[str, Any], least: float
) -> Iterator[dict[str, Any]]:
    """Score the pairs that share a block; give out those that may be kept, with what a pair needs.

    Most pairs of a block are of strangers: of 100 000 records there are millions, which stay in the engine.
    """
    names = ["record_l", "record_r", "match_probability", "match_weight"]
    names += [f"{part}_{one}" for one in compared for part in ("gamma", "mw")]
    names += [
        f"mw_tf_adj_{one['output_column_name']}"
        for one in settings["comparisons"]
        if any("tf_adjustment_column" in level for level in one["comparison_levels"])
    ]
    wanted = f"match_probability >= {least - 10**-DIGITS}"  # as it is before it is rounded
    if IDENTIFIER in compared:
        wanted += f" OR gamma_{IDENTIFIER} = {len(LEVELS[IDENTIFIER]) - 1}"  # the same: splink counts from the worst
    found = linker.inference.predict().as_duckdbpyrelation().filter(wanted).select(", ".join(names))
    for batch in found.to_arrow_reader(AT_ONCE):
        yield from batch.to_pylist()


def _linker(base: Any, records: pa.Table, settings: dict[str, Any]) -> "Linker":
    from splink import DuckDBAPI, Linker  # noqa: PLC0415 - only a run needs it: a second to import

    return Linker(DuckDBAPI(base).register(records), settings, log_level=None)


def _is_held(records: pa.Table, attribute: str) -> bool:
    column = records.column({"name": "name_plain"}.get(attribute, attribute))
    return int(column.null_count) < len(column)


def _blocks(compared: Sequence[str]) -> list[str]:
    rules = [*BLOCKS, *(() if "date" in compared else WITHOUT_DATE)]
    able = [rule for rule in rules if all(PARTS.get(one, one) in compared for one in rule)]
    return [" AND ".join(f"l.{one} = r.{one}" for one in rule) for rule in able]


def _prior(records: pa.Table) -> float:
    """Return the declared chance that two random records are one thing: every other record has a twin."""
    return min(0.5, 1 / int(records.num_rows))


def _settings(compared: Sequence[str], blocks: Sequence[str], *, prior: float, learnt: bool = False) -> dict[str, Any]:
    return {
        "link_type": "dedupe_only", "unique_id_column_name": "record",
        "probability_two_random_records_match": prior,
        "blocking_rules_to_generate_predictions": list(blocks),
        "comparisons": [comparison(one, learnt=learnt) for one in compared],
        "retain_intermediate_calculation_columns": True, "retain_matching_columns": True,
    }  # fmt: skip


def _learn(
    records: pa.Table, compared: Sequence[str], blocks: Sequence[str], scratch: Path | None
) -> dict[str, Any] | None:
    """Return settings with frequencies learnt from the records themselves; None where they show too few pairs.

    A block says nothing of what it is made by, so two are needed. A block in which a level never occurs among alike
    records ends in an error that leaves splink's model half done: what was learnt before it stands, the next is tried.
    """
    from splink.internals.exceptions import SplinkException  # noqa: PLC0415 - see _linker

    strict: list[Any] = [one for one in STRICT if all(PARTS.get(part, part) in compared for part in _parts(one))]
    with duck(scratch, alone=True) as base:
        base.execute("SET threads=1")
        linker = _linker(base, records, _settings(compared, blocks, prior=_prior(records), learnt=True))
        with suppress(SplinkException, ValueError):
            linker.training.estimate_probability_two_random_records_match(strict[:2], recall=RECALL)
        linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED)
        learnt, done = linker.misc.save_model_to_json(), 0
        for rule in strict:
            try:
                linker.training.estimate_parameters_using_expectation_maximisation(rule, fix_u_probabilities=True)
            except (SplinkException, ValueError):
                linker = _linker(base, records, learnt)
                continue
            learnt, done = linker.misc.save_model_to_json(), done + 1
            if done == ENOUGH:
                break
        return _settled(learnt, compared, blocks) if done else None


def _parts(rule: str) -> list[str]:
    return [word.removeprefix("l.") for word in rule.split() if word.startswith("l.")]


def _settled(learnt: Mapping[str, Any], compared: Sequence[str], blocks: Sequence[str]) -> dict[str, Any]:
    """Return learnt frequencies rounded; those of levels the records never showed stay as declared."""
    settings = _settings(compared, blocks, prior=_round(learnt["probability_two_random_records_match"]), learnt=True)
    by_name = {one["output_column_name"]: one["comparison_levels"] for one in learnt["comparisons"]}
    for made in settings["comparisons"]:
        for level, found in zip(made["comparison_levels"], by_name[made["output_column_name"]], strict=True):
            for name in ("m_probability", "u_probability"):
                if isinstance(found.get(name), float) and name in level:
                    level[name] = _round(found[name])
    return settings


def _round(value: float) -> float:
    return min(LARGEST, max(SMALLEST, float(f"{value:.{DIGITS}g}")))


def _pair(row: Mapping[str, Any], compared: Sequence[str]) -> Pair:
    left, right = sorted((row["record_l"], row["record_r"]))
    evidence = tuple(Evidence(one, level_of(one, row[f"gamma_{one}"]), _weight(row, one)) for one in compared)
    return Pair(left, right, round(row["match_probability"], DIGITS), round(row["match_weight"], 2), evidence)


def _weight(row: Mapping[str, Any], attribute: str) -> float:
    common = row.get(f"mw_tf_adj_{attribute}") or 0.0
    return round(float(row[f"mw_{attribute}"]) + float(common), 2)


def _model(settings: Mapping[str, Any], learnt: bool) -> Model:  # noqa: FBT001 - one place
    levels = {
        one["output_column_name"]: [
            {"level": level["label_for_charts"], "m": level["m_probability"], "u": level["u_probability"]}
            for level in one["comparison_levels"][1:]
        ]
        for one in settings["comparisons"]
    }
    return Model(LEARNT if learnt else DECLARED, settings["probability_two_random_records_match"], levels)


def as_json(evidence: Sequence[Evidence]) -> str:
    """Return evidence as the run's file keeps it."""
    return json.dumps([[one.attribute, one.level, one.weight] for one in evidence])
