"""Tests of a model: statements that must return no row, run over the rows about to be committed and the inputs."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from nganam.kernel.clock import local_date
from nganam.kernel.errors import Invalid
from nganam.warehouse import places
from nganam.warehouse.engine import rules as ruling
from nganam.warehouse.models import Load
from nganam.warehouse.transforms import running

MOST = 20


def checked(tests: Sequence[Mapping[str, Any]], views: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return tests as they are kept; raise ``Invalid`` under ``tests`` naming those that are wrong or do not run."""
    made = [_rule(one) for one in tests]
    names = [one.name for one in made]
    found = [_("tên “%(name)s” dùng hai lần") % {"name": one} for one in sorted(set(names)) if names.count(one) > 1]
    if len(made) > MOST:
        found.append(_("nhiều nhất %(most)s kiểm thử") % {"most": MOST})
    until = time.monotonic() + ruling.TRIALS
    for one in made if not found else ():
        wrong = _wrong(one, views, until - time.monotonic())
        found += [_("kiểm thử “%(name)s”: %(why)s") % {"name": one.name, "why": wrong}] if wrong else []
    if found:
        raise Invalid(_("Kiểm thử của mô hình chưa đúng."), fields={"tests": found})
    return [{"name": one.name, "query": one.query, "severity": one.severity} for one in made]


def _wrong(rule: ruling.Rule, views: Mapping[str, Any], seconds: float) -> str:
    if not rule.name:
        return _("chưa đặt tên")
    if rule.severity not in ruling.SEVERITIES:
        return _("mức phải là error hoặc warning")
    if not rule.query or len(rule.query) > ruling.LONGEST_QUERY:
        return _("cần một câu SELECT, không quá %(most)s ký tự") % {"most": ruling.LONGEST_QUERY}
    return ruling.try_query(rule, views, seconds)


def _rule(test: Mapping[str, Any]) -> ruling.Rule:
    told = {name: str(test.get(name) or "").strip() for name in ("name", "query", "severity")}
    return ruling.Rule(told["name"], "sql", told["severity"] or "error", query=told["query"])


def judge(load: Load, accepted: Path) -> list[ruling.Outcome]:
    """Run the tests of a load's model over ``accepted`` (Parquet); nothing for a load that has none.

    No row and no value is told of what reads personal columns: who sees the load may not see these.
    """
    import pyarrow.dataset as sets  # noqa: PLC0415 - only a model needs it

    model = load.model
    if model is None or not model.tests:
        return []
    held = running.versions(load)
    views = running.views_of(load.table, model, held, day=local_date(load.created_at))
    views[running.ROWS] = sets.dataset(accepted)
    personal = load.table.has_personal or any(one.personal for one in held.values())
    found = ruling.run_queries([_rule(one) for one in model.tests], views, places.work(load.code), personal=personal)
    return [replace(one, examples=()) if personal else one for one in found]
