"""What a list of disputes is asked for, and which moves a page leaves out because they are beside the point."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from nganam.cases import parties
from nganam.disputes import policies, queries
from nganam.disputes.models import Dispute, Level
from nganam.disputes.workflow import DISPUTE
from nganam.kernel.actors import Actor, Role
from nganam.kernel.clock import local_date
from nganam.kernel.machine import Transition
from nganam.law.rules import Word, all_rules, rules, rules_on

MINE, AGAINST, ALL = "toi-neu", "doi-voi-toi", ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for; "" asks for everything."""

    whose: str
    level: str
    kind: str
    state: str
    late: bool
    text: str
    about: str


def asked(given: Mapping[str, str]) -> Asked:
    """Read a list's question from its address; what is no choice asks for everything."""
    return Asked(
        whose=_one_of(given.get("ben", ""), (MINE, AGAINST)),
        level=_one_of(given.get("cap", ""), [str(one) for one in Level.values]),
        kind=given.get("loai", "").strip(),
        state=_one_of(given.get("trang-thai", ""), [one.name for one in DISPUTE.states]),
        late=given.get("qua-han", "") == "1",
        text=given.get("q", "").strip().replace("\x00", "")[:100],
        about=given.get("ve", "").strip().replace("\x00", ""),
    )


def _one_of(word: str, known: Any) -> str:
    return word if word in known else ""


def chosen(actor: Actor, question: Asked, at: datetime) -> QuerySet[Dispute]:
    """Return the disputes an actor may see that match."""
    found = queries.disputes_for(actor)
    if question.whose:
        found = found.filter(queries.opened_by(actor) if question.whose == MINE else queries.raised_against(actor))
    exact = {"level": question.level, "kind": question.kind.replace("\x00", ""), "state": question.state}
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if question.text:
        found = found.filter(Q(code__icontains=question.text) | Q(summary__icontains=question.text))
    if question.about:
        object_type, _colon, object_code = question.about.partition(":")
        found = found.filter(queries.about(object_type, object_code))
    return queries.overdue(found, at) if question.late else found


def choices(actor: Actor, at: datetime) -> dict[str, Any]:
    """Return what the filters offer."""
    return {
        "levels": Level.choices,
        "kinds": rules_on(local_date(at)).vocabulary("dispute_kind"),
        "states": DISPUTE.states,
        "sided": actor.has(Role.FOCAL),
        "mine": MINE,
        "against": AGAINST,
    }


def kind_of(dispute: Dispute) -> Word:
    """Return the kind of a dispute in the words of its own rule set."""
    return next(one for one in rules(dispute.rules).vocabulary("dispute_kind") if one.code == dispute.kind)


def kinds_now() -> tuple[Word, ...]:
    """Return the six kinds in the words of the newest rule set."""
    return all_rules()[-1].vocabulary("dispute_kind")


def steps_for(actor: Actor, dispute: Dispute) -> list[Transition]:
    """Return the moves worth showing to the actor, in the order of the table."""
    left_out = beside_the_point(dispute, policies.side_of(actor, dispute))
    return [one for one in parties.steps_for(actor, dispute) if one.name not in left_out]


def beside_the_point(dispute: Dispute, side: str) -> frozenset[str]:
    """Return the moves a page need not offer although the table has them: they are of another level, or not yet."""
    left_out = set()
    if not dispute.terms or dispute.terms_side == side:
        left_out.add("agree")
    if dispute.is_outside:
        left_out.add("decide")
    if dispute.state == "settled":
        left_out |= {"contest", "appeal"} - {
            {Level.PROVIDER: "contest", Level.LEAD: "appeal"}.get(Level(dispute.level), "")
        }
    return frozenset(left_out)
