"""Who does a deed. An actor is passed to every operation; there is no ambient user."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What sort of actor it is."""

    PERSON = "person"
    MACHINE = "machine"
    SYSTEM = "system"
    VISITOR = "visitor"


class Role(StrEnum):
    """Roles of the platform. A person holds them at an agency for a period."""

    FOCAL = "focal"
    LOOKUP = "lookup"
    LEAD = "lead"
    CHAIRMAN = "chairman"
    POLICE = "police"
    FINANCE = "finance"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor at a moment: ``code`` identifies, ``agency`` is the public code of the agency acted for ("" if none)."""

    kind: Kind
    code: str
    name: str
    agency: str = ""
    roles: frozenset[Role] = field(default_factory=frozenset)

    def has(self, *roles: Role) -> bool:
        """Say whether the actor holds one of ``roles``."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_person(self) -> bool:
        """Say whether this is a signed-in person."""
        return self.kind is Kind.PERSON


VISITOR = Actor(Kind.VISITOR, "", "Khách")


def system(code: str, name: str = "Hệ thống") -> Actor:
    """Return the actor for a job of the platform itself, e.g. ``system("worker")``."""
    return Actor(Kind.SYSTEM, code, name)
