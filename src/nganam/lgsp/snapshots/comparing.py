"""How two snapshots differ, in words an officer reads: services, grants, denials, limits, keys. No secret is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from nganam.lgsp.snapshots.archive import Kept

SECRET = ("secret", "password", "token", "credential", "private")
HIDDEN = "•••"
LIMITS = ("rate_per_minute",)
Things = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One member that changed: before and after; both "" for a thing that came or went."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that came (``added``), went (``removed``) or changed."""

    kind: str
    code: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the later snapshot differs from the earlier one, by what is compared."""

    services: tuple[Difference, ...]
    grants: tuple[Difference, ...]
    denials: tuple[Difference, ...]
    limits: tuple[Difference, ...]
    keys: tuple[Difference, ...]

    @property
    def sections(self) -> dict[str, tuple[Difference, ...]]:
        """Return the sections by name, in order."""
        return {name: getattr(self, name) for name in ("services", "grants", "denials", "limits", "keys")}

    @property
    def is_empty(self) -> bool:
        """Say whether both tell the same."""
        return not any(self.sections.values())

    def counts(self) -> dict[str, int]:
        """Return how many things differ in each section."""
        return {name: len(found) for name, found in self.sections.items()}


def compare(before: Kept | None, after: Kept) -> Comparison:
    """Return how ``after`` differs from ``before``; with no earlier one everything was added."""
    return Comparison(**{name: _differences(of(before) if before else {}, of(after)) for name, of in PARTS.items()})


def counts(kept: Kept) -> dict[str, int]:
    """Return how many services, grants and denials a snapshot has."""
    return {name: len(PARTS[name](kept)) for name in ("services", "grants", "denials")}


def _differences(before: Things, after: Things) -> tuple[Difference, ...]:
    found = []
    for code in sorted({*before, *after}):
        if code not in before:
            found.append(Difference("added", code, _changes(None, after[code])))
        elif code not in after:
            found.append(Difference("removed", code))
        elif before[code] != after[code]:
            found.append(Difference("changed", code, _changes(before[code], after[code])))
    return tuple(found)


def _changes(was: Any, now: Any) -> tuple[Change, ...]:
    before, after = _members(was), _members(now)
    names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return tuple(Change(name, _words(name, before.get(name)), _words(name, after.get(name))) for name in names)


def _members(thing: Any) -> dict[str, Any]:
    """Return a thing as members; only what differs is taken apart, since there may be 100 000 grants."""
    return {} if thing is None else dict(msgspec.to_builtins(thing))


def _words(name: str, value: object) -> str:
    if value is None or value in ("", (), [], {}):
        return ""
    if any(word in name.lower() for word in SECRET):
        return HIDDEN
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | set) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return msgspec.json.encode(_hidden(value), order="deterministic").decode()


def _hidden(value: Any) -> Any:
    """Hide what stands under a name that sounds like a secret, however deep."""
    if isinstance(value, dict):
        return {
            name: HIDDEN if any(word in str(name).lower() for word in SECRET) else _hidden(one)
            for name, one in value.items()
        }
    return [_hidden(one) for one in value] if isinstance(value, list | tuple) else value


def _services(kept: Kept) -> Things:
    told = {one.code: msgspec.to_builtins(one) for one in kept.gateway.services}
    at_gate = {code: {name: value for name, value in one.items() if name not in LIMITS} for code, one in told.items()}
    served = {code: msgspec.to_builtins(one) for code, one in kept.told.services.items()}
    return {code: {**at_gate.get(code, {}), **_served(served.get(code))} for code in {*at_gate, *served}}


def _served(told: Any) -> dict[str, Any]:
    if told is None:
        return {"served": False}
    return {**told, "fields": [one["name"] for one in told["fields"]], "served": True}


def _grants(kept: Kept) -> Things:
    return {
        f"{consumer} → {service}": one for consumer, held in kept.told.grants.items() for service, one in held.items()
    }


def _denials(kept: Kept) -> Things:
    accounts = {f"{one.account} → {one.service}": one for one in kept.gateway.denied_accounts}
    closed = {one.service: {"callers": one.callers} for one in kept.gateway.closed}
    gone = [f"{one.platform}: {one.named or '*'}" for one in kept.gateway.dismissed]
    return {**accounts, **_by_name(kept.gateway.denied_clients), **closed, **_by_name(gone)}


def _by_name(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    return {name: {} for name in names}


def _limits(kept: Kept) -> Things:
    of_services = {one.code: {name: getattr(one, name) for name in LIMITS} for one in kept.gateway.services}
    return {**of_services, "*": {"body_limit": kept.gateway.body_limit}}


def _keys(kept: Kept) -> Things:
    return _by_name(str(one.get("kid", "")) for one in kept.gateway.keys)


PARTS = {"services": _services, "grants": _grants, "denials": _denials, "limits": _limits, "keys": _keys}
