"""The words that notices of cases are made of, in both languages: from the tables, not written twice."""

from collections.abc import Iterator

from nganam.cases.queries import machines
from nganam.law.rules import all_rules


def of_machines() -> Iterator[tuple[str, str]]:
    """Yield the Vietnamese and English name of every move and state; where both are called alike, the state's."""
    for machine in machines():
        yield from ((one.vi, one.en) for one in machine.transitions)
    for machine in machines():
        yield from ((one.vi, one.en) for one in machine.states)


def of_terms() -> Iterator[tuple[str, str]]:
    """Yield the names of the statutory terms; the newest rule set's words win."""
    for rules in all_rules():
        yield from ((term.vi, term.en) for term in rules.terms)
