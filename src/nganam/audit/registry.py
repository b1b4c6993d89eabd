"""The registry of audit actions: every deed has a code and a label in both languages before it can be recorded."""

from dataclasses import dataclass

from nganam.kernel.machine import Machine


@dataclass(frozen=True, slots=True)
class Action:
    """One kind of deed: ``code`` is ``room.thing.verb_in_the_past``; labels are shown on the audit page."""

    code: str
    vi: str
    en: str


class UnknownAction(LookupError):
    """A deed is recorded under a code no room registered: a programming error, never an answer to a person."""


_actions: dict[str, Action] = {}


def register(*actions: Action) -> None:
    """Register ``actions``; registering the same action again is harmless, another label for a code is an error."""
    for action in actions:
        known = _actions.setdefault(action.code, action)
        if known != action:
            raise ValueError(f"audit action {action.code!r} is registered twice with different labels")


def register_machine(machine: Machine) -> None:
    """Register ``<machine>.opened`` and one action for each transition of ``machine``."""
    register(Action(f"{machine.code}.opened", f"{machine.vi}: Mở hồ sơ", f"{machine.en}: Opened"))
    register(
        *(
            Action(f"{machine.code}.{one.name}", f"{machine.vi}: {one.vi}", f"{machine.en}: {one.en}")
            for one in machine.transitions
        )
    )


def action(code: str) -> Action:
    """Return the registered action; raise ``UnknownAction`` if no room registered it."""
    try:
        return _actions[code]
    except KeyError as error:
        raise UnknownAction(f"audit action {code!r} is not registered; add it to the room's events.py") from error


def actions() -> tuple[Action, ...]:
    """Return every registered action in order of code."""
    return tuple(_actions[code] for code in sorted(_actions))
