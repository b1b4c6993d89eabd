"""Decisions that hold, and why a new one would contradict them: the chain is told, never followed silently."""

from collections import deque
from collections.abc import Sequence

from django.utils.translation import gettext as _

from nganam.kernel.errors import RuleBroken
from nganam.master.models import Decision, EntitySet


def holding(found: EntitySet) -> list[Decision]:
    """Return the decisions that hold, oldest first."""
    return list(found.decisions.filter(taken_back_at=None).order_by("number"))


def decided(found: EntitySet) -> dict[tuple[str, str], bool]:
    """Return what was decided of each pair."""
    return {(one.left, one.right): one.same for one in holding(found)}


def refuse_contradiction(found: EntitySet, left: str, right: str, *, same: bool) -> None:
    """Raise ``RuleBroken``, naming the decisions, when those that hold say otherwise of the pair."""
    held = holding(found)
    own = next((one for one in held if (one.left, one.right) == (left, right)), None)
    if own is not None:
        raise _refused([own])
    if not same:
        chain = _chain(held, left, right)
        if chain:
            raise _refused(chain)
        return
    for foe in (one for one in held if not one.same):
        for first, last in ((foe.left, foe.right), (foe.right, foe.left)):
            near, far = _chain(held, left, first), _chain(held, right, last)
            if near is not None and far is not None:
                raise _refused([*near, foe, *far])


def _chain(held: Sequence[Decision], start: str, end: str) -> list[Decision] | None:
    """Return the fewest decisions that make two records one thing; [] for a record and itself, None without any."""
    ways: dict[str, list[tuple[str, Decision]]] = {}
    for one in held:
        if one.same:
            ways.setdefault(one.left, []).append((one.right, one))
            ways.setdefault(one.right, []).append((one.left, one))
    reached: dict[str, list[Decision]] = {start: []}
    waiting = deque([start])
    while waiting and end not in reached:
        here = waiting.popleft()
        for there, one in ways.get(here, []):
            if there not in reached:
                reached[there] = [*reached[here], one]
                waiting.append(there)
    return reached.get(end)


def _refused(chain: Sequence[Decision]) -> RuleBroken:
    told = "; ".join(
        (_("quyết định %(n)s (%(by)s): là một") if one.same else _("quyết định %(n)s (%(by)s): khác nhau"))
        % {"n": one.number, "by": one.by}
        for one in sorted(chain, key=lambda one: one.number)
    )
    return RuleBroken(
        _("Trái với quyết định đang có hiệu lực: %(chain)s.") % {"chain": told}, article="nội bộ",
        hint=_("Rút một quyết định trong chuỗi đó trước, nếu nó sai."),
    )  # fmt: skip
