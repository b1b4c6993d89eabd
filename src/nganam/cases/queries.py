"""Reads of cases: their history, the machines there are, the way to a case's page."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.apps import apps
from django.db.models import QuerySet

from nganam.audit import queries as audit
from nganam.cases.models import Case, History
from nganam.kernel.machine import Machine


def history_of(case: Case) -> QuerySet[History]:
    """Return the moves of a case, first to last."""
    return history_of_code(case.MACHINE.code, case.code)


def history_of_code(object_type: str, object_code: str) -> QuerySet[History]:
    """Return the moves of the case with this code, first to last."""
    return History.objects.filter(object_type=object_type, object_code=object_code).order_by("version")


def last_move(case: Case) -> History | None:
    """Return the latest move of a case, or ``None`` for one that was never opened."""
    return history_of(case).last()


def came_from(case: Case) -> str:
    """Return the state a case left for the one it is in, "" when it has been in no other."""
    entered = history_of(case).filter(to_state=case.state).exclude(from_state=case.state).last()
    return entered.from_state if entered else ""


def last_touch(case: Case) -> tuple[str, datetime | None]:
    """Return who last moved or edited a case, and when: what the audit record says of it."""
    entry = audit.entries(object_type=case.MACHINE.code, object_code=case.code).first()
    return (entry.actor_name, entry.at) if entry else ("", None)


def case_models() -> dict[str, type[Case]]:
    """Return every kind of case by the code of its machine."""
    found = (model for model in apps.get_models() if issubclass(model, Case))
    return {model.MACHINE.code: model for model in found}


def cases_named(names: Iterable[tuple[str, str]]) -> list[Case]:
    """Return the cases there are of these kinds and public codes."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for kind, code in names:
        wanted[kind].add(code)
    models = case_models()
    rows = (models[kind]._default_manager.filter(code__in=codes) for kind, codes in wanted.items() if kind in models)  # noqa: SLF001 - Django's public way to a model's manager
    return [case for found in rows for case in found]


def machines() -> tuple[Machine, ...]:
    """Return every machine in order of code."""
    return tuple(model.MACHINE for _code, model in sorted(case_models().items()))


def link_to(object_type: str, object_code: str) -> str:
    """Return the address of a case's page, "" when its kind has no page or the case is not there."""
    model = case_models().get(object_type)
    if model is None or not hasattr(model, "get_absolute_url"):
        return ""
    case = model._default_manager.filter(code=object_code).first()  # noqa: SLF001 - Django's public way to the manager
    return str(case.get_absolute_url()) if case else ""
