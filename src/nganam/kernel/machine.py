"""State machines as data. A room states its machine in ``workflow.py``; ``nganam.cases`` applies it.

The same tables draw the stepper on the page, the permission matrix in the documentation and the structural tests.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from nganam.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class State:
    """A state of a case with its label in both languages; ``final`` states are never left.

    In a ``rest`` state nothing waits for anybody, as in a final one, but the case may be taken up again.
    """

    name: str
    vi: str
    en: str
    final: bool = False
    rest: bool = False

    @property
    def is_end(self) -> bool:
        """Say whether nobody has anything to do here: the case is over, or rests."""
        return self.final or self.rest


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition a move asks beside state, party and inputs; ``vi`` and ``en`` say what must be true.

    While an ``idle`` one does not hold, its move waits for nobody: it was made already, its day has not come, another
    way is meant. Where any other does not hold, somebody has to see to it.
    """

    name: str
    vi: str
    en: str
    article: str = "nội bộ"
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """One named move of a case; one without a ``target`` leaves it where it is, in whichever state of ``source``.

    ``role`` is the party that may do it (a word of the room's policies: provider, consumer, lead, chairman, system);
    ``provider/lead`` names two of which either may. ``article`` is the clause it rests on, or "nội bộ" for a design
    choice. ``starts`` and ``stops`` are clock keys. ``needs`` lists inputs the transition refuses to go without
    (``reason``, ``legal_basis``, ``paper``), ``guards`` the conditions of the machine it asks, ``papers`` the kinds of
    official paper the deed issues (``QĐ``, ``CV``, ``TB``). A ``side`` step is open without being asked for (to
    withdraw, to give up): it is nobody's waiting work. A ``bulk`` step may be made for several cases at once, since it
    weighs nothing of one case that would have to be looked at first.
    """

    name: str
    source: tuple[str, ...]
    target: str
    role: str
    vi: str
    en: str
    article: str = "nội bộ"
    needs: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    side: bool = False
    bulk: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the parties of whom each may make the move."""
        return tuple(self.role.split("/"))

    def leads_from(self, state: str) -> str:
        """Return where the move leads from ``state``."""
        return self.target or state


class MachineError(NotFound):
    """A state or transition is asked for that the machine does not have: a door answers "not found"."""


@dataclass(frozen=True)
class Machine:
    """A whole machine: ``code`` names it in history and audit (``sharing.request``).

    ``opens`` are the clocks that run from the opening on, where no move leads to the first state.
    """

    code: str
    vi: str
    en: str
    initial: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    guards: tuple[Guard, ...] = ()
    opens: tuple[str, ...] = ()

    @cached_property
    def _states(self) -> dict[str, State]:
        return {state.name: state for state in self.states}

    @cached_property
    def _transitions(self) -> dict[str, Transition]:
        return {transition.name: transition for transition in self.transitions}

    def state(self, name: str) -> State:
        """Return the state called ``name``; raise ``MachineError`` if there is none."""
        try:
            return self._states[name]
        except KeyError as error:
            raise MachineError(f"{self.code}: không có trạng thái {name!r}") from error

    def transition(self, name: str) -> Transition:
        """Return the transition called ``name``; raise ``MachineError`` if there is none."""
        try:
            return self._transitions[name]
        except KeyError as error:
            raise MachineError(f"{self.code}: không có bước {name!r}") from error

    def guard(self, name: str) -> Guard:
        """Return the guard called ``name``; raise ``MachineError`` if there is none."""
        for one in self.guards:
            if one.name == name:
                return one
        raise MachineError(f"{self.code}: không có điều kiện {name!r}")

    def leaving(self, state: str) -> tuple[Transition, ...]:
        """Return the transitions that may be made from ``state``, in table order."""
        return tuple(one for one in self.transitions if state in one.source)

    def reachable(self) -> frozenset[str]:
        """Return every state that can be reached from the initial one."""
        seen: set[str] = set()
        waiting = [self.initial]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting.extend(one.leads_from(name) for one in self.leaving(name))
        return frozenset(seen)

    def running_clocks(self) -> dict[str, frozenset[str]]:
        """Return for each reachable state the clocks that may be running there."""
        running: dict[str, frozenset[str]] = {self.initial: frozenset(self.opens)}
        waiting = [self.initial]
        while waiting:
            name = waiting.pop()
            for one in self.leaving(name):
                after = (running[name] - set(one.stops)) | set(one.starts)
                target = one.leads_from(name)
                before = running.get(target)
                if before is None or not after <= before:
                    running[target] = (before or frozenset()) | after
                    waiting.append(target)
        return running

    def problems(self) -> list[str]:
        """List what is wrong: unknown or unreachable states, exits from final ones, clocks left running."""
        found = list(_duplicates("state", (state.name for state in self.states)))
        found += _duplicates("transition", (one.name for one in self.transitions))
        found += _duplicates("guard", (one.name for one in self.guards))
        names = self._states.keys()
        found += [f"unknown initial state {self.initial!r}"] if self.initial not in names else []
        for one in self.transitions:
            found += [f"{one.name}: unknown state {name!r}" for name in _named(one) if name not in names]
        found += self._guard_problems()
        if found:
            return found
        reachable = self.reachable()
        found += [f"state {name!r} cannot be reached" for name in names if name not in reachable]
        found += [
            f"{one.name} leaves the final state {name!r}"
            for one in self.transitions
            for name in one.source
            if self._states[name].final
        ]
        found += [
            f"clock {key!r} still runs in final state {name!r}"
            for name, keys in self.running_clocks().items()
            for key in sorted(keys)
            if self._states[name].final
        ]
        return found

    def _guard_problems(self) -> list[str]:
        stated = {one.name for one in self.guards}
        asked = {name for one in self.transitions for name in one.guards}
        found = [
            f"{one.name}: unknown guard {name!r}"
            for one in self.transitions
            for name in one.guards
            if name not in stated
        ]
        return found + [f"guard {name!r} is asked by no transition" for name in sorted(stated - asked)]


def _named(one: Transition) -> tuple[str, ...]:
    return (*one.source, one.target) if one.target else one.source


def _duplicates(what: str, names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    twice: list[str] = []
    for name in names:
        if name in seen:
            twice.append(f"{what} {name!r} stands twice")
        seen.add(name)
    return twice
