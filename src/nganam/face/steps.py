"""Steps of a case drawn from its machine: the same table that moves the case draws the page."""

from nganam.face import formats
from nganam.kernel.machine import Machine, State


def steps(machine: Machine, state: str, visited: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """Return states as ``{name, status, note}``: done ones, the present one, then the usual way to an end.

    ``visited`` are state names in the order of the history; without them the shortest way there is taken as gone.
    """
    gone = [name for name in dict.fromkeys(visited or shortest_way(machine, state)) if name != state]
    found = [_step(machine.state(name), "done") for name in gone]
    found.append(_step(machine.state(state), _status(machine, state)))
    return found + [_step(machine.state(name), "todo") for name in usual_way(machine, state)[1:] if name not in gone]


def shortest_way(machine: Machine, state: str) -> list[str]:
    """Return the states from the start to ``state`` by the fewest moves, both included."""
    ways = [[machine.initial]]
    seen = {machine.initial}
    for way in ways:
        if way[-1] == state:
            return way
        ahead = [name for name in _ahead(machine, way[-1]) if name not in seen]
        seen.update(ahead)
        ways.extend([*way, name] for name in dict.fromkeys(ahead))
    return [state]


def usual_way(machine: Machine, start: str = "") -> list[str]:
    """Return the states met when the first possible transition is always taken, up to an end; it never goes back.

    A side step (sent back, given up) is on the way only where nothing else leads on.
    """
    way = [start or machine.initial]
    while True:
        ahead = [name for name in _ahead(machine, way[-1]) if name not in way]
        if not ahead or machine.state(way[-1]).is_end:
            return way
        way.append(ahead[0])


def _ahead(machine: Machine, state: str) -> list[str]:
    leaving = sorted(machine.leaving(state), key=lambda one: one.side)
    return [one.leads_from(state) for one in leaving]


def _status(machine: Machine, state: str) -> str:
    if not machine.state(state).is_end:
        return "now"
    way = usual_way(machine)
    if state == way[-1]:
        return "done"
    return "now" if state in way and not machine.state(state).final else "bad"


def _step(state: State, status: str) -> dict[str, str]:
    return {"name": state.en if formats.english() else state.vi, "status": status, "note": ""}
