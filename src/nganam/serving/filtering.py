"""Lets the granted part of a JSON answer through: what is not named is left out, what is not as described refused."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from nganam.serving import problems
from nganam.serving.plans import Plan
from nganam.serving.snapshot import Remote

Tree = Mapping[str, Any]
PLAIN = (str, int, float, bool, type(None))
encode = msgspec.json.Encoder().encode


def filtered(content: bytes, remote: Remote, plan: Plan) -> tuple[bytes, int]:
    """Return the granted part of an answer and how many records it holds; raise ``Refused``."""
    try:
        said = msgspec.json.decode(content)
        return _filtered(said, remote, plan)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise problems.answer_unusable("trả lời JSON không đọc được") from error


def _filtered(said: Any, remote: Remote, plan: Plan) -> tuple[bytes, int]:
    way = tuple(part for part in remote.records.split(".") if part)
    records = _at(said, way)
    kept = _records(records, plan)
    made = _around(said, way, remote.envelope, kept)
    return encode(made), len(kept) if isinstance(kept, list) else 1


def _at(said: Any, way: tuple[str, ...]) -> Any:
    for part in way:
        if not isinstance(said, dict) or part not in said:
            raise problems.answer_unusable("trả lời không đúng cấu trúc đã mô tả")
        said = said[part]
    return said


def _around(said: Any, way: tuple[str, ...], envelope: tuple[str, ...], kept: Any) -> Any:
    """Return the records in their place, with the plain members of the envelope beside them."""
    if not way:
        return kept
    beside = {name: said[name] for name in envelope if name in said and isinstance(said[name], PLAIN)}
    return {**beside, way[0]: _around(said[way[0]], way[1:], (), kept)}


def _records(found: Any, plan: Plan) -> Any:
    tree = grown(plan.names)
    if isinstance(found, list):
        return [_pruned(one, tree) for one in found if _permits(one, plan)]
    if found is None:
        return None
    if not _permits(found, plan):
        raise problems.record_not_granted()
    return _pruned(found, tree)


@lru_cache(maxsize=1024)
def grown(names: tuple[str, ...]) -> Tree:
    """Return dotted names as a tree; a leaf lets all below it through."""
    tree: dict[str, Any] = {}
    for name in sorted(names):  # a shorter name comes first, and lets all through that longer ones name
        *way, last = name.split(".")
        at: dict[str, Any] | None = tree
        for part in way:
            at = None if at is None else at.setdefault(part, {})
        if at is not None:
            at[last] = None
    return tree


def _pruned(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [_pruned(one, tree) for one in value]
    if not isinstance(value, dict):
        raise problems.answer_unusable("trả lời không đúng cấu trúc đã mô tả")
    kept: dict[str, Any] = {}
    for name, below in tree.items():
        if name in value:
            inner = value[name]
            kept[name] = inner if below is None or inner is None else _pruned(inner, below)
    return kept


def _permits(record: Any, plan: Plan) -> bool:
    return all(_value(record, name) in allowed for name, allowed in plan.grant.where.items())


def _value(record: Any, name: str) -> str | None:
    for part in name.split("."):
        if not isinstance(record, dict) or part not in record:
            return None
        record = record[part]
    if isinstance(record, bool):
        return "true" if record else "false"
    return str(record) if isinstance(record, str | int) else None
